"""The release rules of curated beside pyCANON, which shares no code with them, on the rows of a build."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

import duckdb
import pytest
from lakehouse import PROJECT, Lakehouse

COLUMNS = ("age_band", "registration_month", "consent_month")
SETS = [known for size in (1, 2, 3) for known in combinations(COLUMNS, size)]
HIDDEN = [(("age_band", "registration_month"), "consent_month")]
"""Of the columns, two that are known and one that is not."""
TESTS = ("customers_curated_is_k_anonymous", "machine_learning_curated_is_k_anonymous_by_what_joins_to_it")
ORACLE = Path(sys.prefix) / "pycanon"


def pycanon(*tables: list[tuple]) -> list[list[float]]:
    """Of each table k by each of `SETS`, then l and t of what is `HIDDEN`."""
    assert ORACLE.is_dir(), "pyCANON is not installed: make dev"
    done = subprocess.run(
        [sys.executable, PROJECT / "tests/python/support/anonymity.py"],
        input=json.dumps({"columns": COLUMNS, "sets": SETS, "hidden": HIDDEN, "tables": tables}),
        env=os.environ | {"PYTHONPATH": str(ORACLE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Curated:
    """The two curated tables of a build, in a database of their own that a test may change."""

    def __init__(self, built: Lakehouse) -> None:
        self.compiled = {
            name: next((built.folder / "target/compiled").rglob(f"{name}.sql")).read_text() for name in TESTS
        }
        self.connection = duckdb.connect()
        self.connection.execute("attach ':memory:' as stedi")
        self.connection.execute("create schema stedi.stedi_curated")
        self.connection.execute(f"attach '{built.database}' as built (read_only)")
        for table, columns in (("customers_curated", "*"), ("machine_learning_curated", "distinct participant_id")):
            self.connection.execute(
                f"create table stedi.stedi_curated.{table} as select {columns} from built.stedi_curated.{table}"
            )

    def query(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def people(self, *, in_training_set: bool) -> list[tuple]:
        among = "select participant_id from stedi.stedi_curated.machine_learning_curated"
        where = f" where participant_id in ({among})" if in_training_set else ""
        return self.query(f"select {', '.join(COLUMNS)} from stedi.stedi_curated.customers_curated{where}")

    def failures(self, name: str) -> int:
        """As dbt counts them."""
        return len(self.query(self.compiled[name]))

    def smallest_groups(self, name: str) -> list[int]:
        """What the test measures by each of `SETS`, whether it fails or not."""
        measured, _, _ = self.compiled[name].rpartition("\nwhere")
        found = dict(self.connection.sql(measured).project("known, smallest_group").fetchall())
        return [found[", ".join(known)] for known in SETS]


def equals(group: tuple[str, ...]) -> list[str]:
    return [f"{column} = '{value}'" for column, value in zip(COLUMNS, group, strict=True)]


@pytest.fixture
def curated(built: Lakehouse) -> Curated:
    return Curated(built)


def test_the_release_rules_find_what_pycanon_finds_and_so_does_the_page(curated: Curated) -> None:
    people, trained_on = (curated.people(in_training_set=among) for among in (False, True))
    assert len(people) > len(trained_on) > 50
    found = [curated.smallest_groups(name) for name in TESTS]
    assert [curated.failures(name) for name in TESTS] == [0, 0]

    # all but one of the smallest group go to another
    [(large, _), *_, (small, size)] = Counter(people).most_common()
    curated.query(
        f"update stedi.stedi_curated.customers_curated set {', '.join(equals(large))} where participant_id in (select "
        f"participant_id from stedi.stedi_curated.customers_curated where {' and '.join(equals(small))} "
        f"limit {size - 1})"
    )
    spoilt = curated.smallest_groups(TESTS[0])
    assert spoilt[-1] == 1
    assert curated.failures(TESTS[0]) > 0

    *answers, of_spoilt = pycanon(people, trained_on, curated.people(in_training_set=False))
    assert [answer[: len(SETS)] for answer in answers] == found
    assert of_spoilt[: len(SETS)] == spoilt
    diversity, closeness = answers[0][len(SETS) :]
    page = " ".join((PROJECT / "docs" / "privacy.md").read_text().split())
    assert f"*l* = {diversity:.0f}, *t* = {closeness}" in page


def test_who_is_alone_in_the_training_set_is_noticed_though_not_in_customers_curated(curated: Curated) -> None:
    group = min(Counter(curated.people(in_training_set=True)).items(), key=lambda group: group[1])[0]
    curated.query(
        "delete from stedi.stedi_curated.machine_learning_curated where participant_id in (select participant_id "
        f"from stedi.stedi_curated.customers_curated where {' and '.join(equals(group))} order by 1 offset 1)"
    )
    assert [curated.failures(name) > 0 for name in TESTS] == [False, True]
    assert curated.smallest_groups(TESTS[1])[-1] == 1
