"""The public starter data on Athena: known answers, and ten of its people erased."""

from __future__ import annotations

from functools import partial

import pytest
from lakehouse import ZONE_OF
from test_erase import OnAthena, others
from test_lakehouse import KNOWN, LINES, variables
from test_parity import Pair

from athena_local.pytest_plugin import RunningAthena
from stedi.erasure_list import NAME

pytestmark = pytest.mark.athena


@pytest.fixture(scope="module")
def pair(local_athena: RunningAthena, tmp_path_factory: pytest.TempPathFactory, real_landing) -> Pair:
    return Pair(local_athena, tmp_path_factory.mktemp("real"), real_landing)


def test_known_answers(pair: Pair) -> None:
    """The third variant, timestamp_only, is one condition of one model, which the unit tests run on Athena too."""
    for variant, build in {"since_consent": partial(pair.athena.dbt, "run"), "default": pair.athena.build}.items():
        build(*variables(variant))
        counts = {
            relation: len(pair.iceberg_rows(relation))
            for relation in ZONE_OF
            if relation not in ("row_outcome", "int_consent")
        }
        assert {name: counts.pop(name) for name in LINES} == LINES
        assert tuple(counts.values()) == KNOWN[variant]
    pair.local.dbt("run")
    pair.assert_equal()


def test_ten_people_are_erased(pair: Pair) -> None:
    """And what both engines then build from nothing is the same."""
    if not pair.local.database.exists():
        pair.athena.dbt("run")
        pair.local.dbt("run")
    on = OnAthena(pair)
    chosen = pair.local.query(
        "select email, customer_name, serial_number, participant_id, device_id from stedi_staging.stg_customer "
        "where email in (select distinct email from stedi_trusted.customer_trusted order by 1 limit 10)"
    )
    texts = tuple({value for row in chosen for value in row})
    before = {relation: pair.iceberg_rows(relation) for relation in ZONE_OF}
    assert on.objects.holding(texts) >= {"customer", "accelerometer", "step_trainer", "lake"}
    said = on.stedi("erase", "-", "--execute", emails={row[0] for row in chosen})
    assert "erased: 10 participants" in said
    assert not [text for text in texts if text in said]
    gone = on.erased()
    assert len(gone) == 20
    assert on.objects.holding(texts) == set()
    after = {relation: pair.iceberg_rows(relation) for relation in ZONE_OF}
    assert others(after, gone) == others(before, gone)
    assert len(after["customer_trusted"]) == len(before["customer_trusted"]) - 10

    (pair.local.vault / NAME).parent.mkdir()
    (pair.local.vault / NAME).write_bytes(on.listed())
    pair.local.database.unlink()
    pair.local.dbt("run")
    pair.assert_equal()
