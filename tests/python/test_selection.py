"""No part of a build is without its customers: what lies unread may be a withdrawal."""

from __future__ import annotations

from pathlib import Path

import changing
import pytest
from lakehouse import Lakehouse, left_behind

ANN, BEN = range(2)
PARTS = [
    ["run", "-s", "stg_accelerometer+", "stg_step_trainer+"],
    ["run", "-s", "customers_curated"],
    ["run", "-s", "tag:trusted"],
    ["run", "-s", "row_outcome"],
    ["run", "--exclude", "customer_trusted"],
    ["run", "--full-refresh", "-s", "machine_learning_curated"],
    ["build", "-s", "machine_learning_curated"],
]


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    """Two people, built, and then a withdrawal of the first and new readings of both that nobody has read."""
    landing = tmp_path / "landing"
    changing.write(landing, "customer", "1.json", changing.customers([ANN, BEN]))
    changing.write(landing, "accelerometer", "1.json", changing.accelerations([ANN, BEN], 0, 6))
    changing.write(landing, "step_trainer", "1.json", changing.steps([ANN, BEN], 0, 6))
    found = Lakehouse(tmp_path, str(landing))
    found.dbt("run")
    changing.write(
        landing, "customer", "2.json", changing.customers([ANN], updated=changing.START + changing.HOUR, consents=False)
    )
    changing.write(landing, "accelerometer", "2.json", changing.accelerations([ANN, BEN], 1, 6))
    changing.write(landing, "step_trainer", "2.json", changing.steps([ANN, BEN], 1, 6))
    return found


def people(lakehouse: Lakehouse) -> int:
    return lakehouse.query("select count(*) from stedi_trusted.customer_trusted")[0][0]


def refused(lakehouse: Lakehouse, *arguments: str) -> str:
    """What a refusal says; nothing has changed."""
    before = lakehouse.counts()
    done = lakehouse.dbt(*arguments, check=False)
    assert done.returncode != 0, done.stdout
    (line,) = [line for line in done.stdout.splitlines() if "add " in line and "to --select" in line]
    assert lakehouse.counts() == before
    return line


def test_a_part_of_the_project_is_not_built_while_a_withdrawal_lies_unread(lakehouse: Lakehouse) -> None:
    for part in PARTS:
        line = refused(lakehouse, *part)
        assert "customer landing has 1 file(s) that were not read" in line
        assert "customer_trusted" in line or part[2] == "tag:trusted", line
    missing = refused(lakehouse, *PARTS[0]).partition("add ")[2].partition(" to --select")[0].split()
    # What it says does it.
    lakehouse.dbt(*PARTS[0], *missing)
    assert people(lakehouse) == 1
    assert left_behind(lakehouse.query) == {}
    assert lakehouse.counts()["accelerometer_trusted"] == 12


def test_what_was_read_is_decided_before_other_tables_are_built(lakehouse: Lakehouse) -> None:
    lakehouse.dbt("run", "-s", "stg_customer")
    line = refused(lakehouse, "run", "-s", "accelerometer_trusted")
    assert "read by stg_customer and not yet by" in line
    lakehouse.dbt("run", "-s", "int_consent", "customer_trusted")
    lakehouse.dbt("run", "-s", "accelerometer_trusted")
    assert left_behind(lakehouse.query) == {}


def test_a_changed_file_is_as_unread_and_stays_so_until_it_is_read(lakehouse: Lakehouse, tmp_path: Path) -> None:
    lakehouse.dbt("run")
    path = tmp_path / "landing/customer/landing/1.json"
    path.write_bytes(changing.customers([BEN], updated=changing.START + changing.HOUR, consents=False))
    for _ in range(2):
        line = refused(lakehouse, "run", "-s", "customers_curated")
        assert "customer landing, or the erasure list, is not as it was read" in line
    lakehouse.dbt("run")
    assert people(lakehouse) == 0
    assert left_behind(lakehouse.query) == {}


def test_with_nothing_unread_any_part_is_built(lakehouse: Lakehouse) -> None:
    lakehouse.dbt("run")
    for part in PARTS[:3]:
        lakehouse.dbt(*part)
    lakehouse.dbt("run", "-s", "stg_accelerometer")
