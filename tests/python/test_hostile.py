"""The reference against the catalogue of hostile and clumsy updates."""

from __future__ import annotations

import bz2
import gzip
import re
from collections import Counter
from pathlib import Path

import changing
import pytest
from lakehouse import NOW, ZONE_OF, Lakehouse, assert_same_rows
from querying import Athena
from support import hostile, truth
from test_parity import Pair

from athena_local.pytest_plugin import RunningAthena
from stedi.vault import pseudonym, read_key

KEY = bytes(range(32))
COLD, HIDDEN = "cold.json", f"{changing.email(0)}.json"
OTHER_KINDS = {
    "cut.json.bz2": bz2.compress(b"{}\n" * 999)[:-9],
    "text.json.snappy": b'{"email": "another@example.org"}\n' * 90,
    "another@example.org.json.bz2": b"{}\n",
}
NOT_READ = "select source_file, reason from stedi_audit.landing_file where status = 'unreadable' order by 1"
READ_LANDING = (
    "customer_trusted_has_only_consenting_participants",
    "customer_landing_counts_the_same_as_its_lines",
    "stg_customer_has_every_landing_line",
    "stg_customer_reads_every_email",
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple]]:
    landing = tmp_path_factory.mktemp("hostile")
    hostile.write(landing)
    return truth.expected(landing, KEY, now=NOW)


def test_each_case_comes_out_as_it_must(tables: dict[str, list[tuple]]) -> None:
    assert hostile.differences(tables, KEY) == []


def test_before_anything_happens_everybody_is_in_and_the_catalogue_notices(tmp_path: Path) -> None:
    hostile.write(tmp_path, with_updates=False)
    before = truth.expected(tmp_path, KEY, now=NOW)
    out = {case.name for case in hostile.CASES if case.begins.get("lastUpdateDate") == hostile.FUTURE}
    assert len(before["customer_trusted"]) == len(hostile.CASES) - len(out)
    changed = {c.name for c in hostile.CASES if c.outcome != hostile.TRUSTED or not c.steps_are_theirs}
    assert {text.partition(":")[0] for text in hostile.differences(before, KEY)} == changed - out


def test_what_must_be_rejected_is_and_what_must_be_good_is(tables: dict[str, list[tuple]]) -> None:
    """Otherwise a case would show something else than it says."""
    named = truth.COLUMNS["stg_customer"].index("named_participants")
    rejected = Counter(name for row in tables["stg_customer"] for name in (row[named] or "").split())
    good = Counter(row[0] for row in tables["stg_customer"] if not row[-1])
    people = {person.name: hostile.participant_id(person, KEY) for person in hostile.people()}
    assert [name for name in hostile.REJECTED if not rejected[people[name]] or good[people[name]] != 1] == []
    assert [name for name in hostile.SPELLINGS if rejected[people[name]] or good[people[name]] != 2] == []
    assert [name for name in hostile.NO_YES if rejected[people[name]] or good[people[name]] != 2] == []


def test_no_two_cases_are_about_one_person() -> None:
    people = hostile.people()
    assert len(people) >= 100
    for values in (
        {truth.email_address(person.email) for person in people},
        {truth.serial_number(person.serial_number) for person in people},
        {person.first_reading for person in people},
    ):
        assert len(values) == len(people)
    assert all(spell(f"{name}@example.org") != f"{name}@example.org" for name, spell in hostile.SPELLINGS.items())


def test_duckdb_judges_each_case_as_it_must(tmp_path: Path) -> None:
    hostile.write(tmp_path / "landing")
    lakehouse = Lakehouse(tmp_path, str(tmp_path / "landing"))
    # In this landing most lines are bad, and people are few: the build says so, as it must.
    lakehouse.build("--exclude", "no_quality_alarm_is_an_error")
    key = read_key(lakehouse.vault)
    found = {relation: lakehouse.rows(relation) for relation in ZONE_OF}
    assert hostile.differences(found, key) == []
    expected = truth.expected(tmp_path / "landing", key, now=NOW)
    for relation in ZONE_OF:
        assert_same_rows(relation, found[relation], expected[relation])


@pytest.mark.athena
def test_athena_judges_each_case_as_it_must(local_athena: RunningAthena, tmp_path: Path) -> None:
    hostile.write(tmp_path / "landing")
    broken = [f"{entity}/landing/broken.json.gz" for entity in ("accelerometer", "customer", "step_trainer")]
    for name, content in zip(broken, (b"not gzip", gzip.compress(b"{}\n" * 999)[:-9], b"\x1f\x8b"), strict=True):
        (tmp_path / "landing" / name).write_bytes(content)
    for name, content in OTHER_KINDS.items():
        (tmp_path / "landing" / "customer" / "landing" / name).write_bytes(content)
    # S3 dates an object when it is uploaded: hours become seconds, which is all that the rules compare.
    pair = Pair(local_athena, tmp_path, tmp_path / "landing", in_order_of_time=True)
    s3, bucket = local_athena.client("s3"), pair.athena.env["STEDI_BUCKET"]
    s3.put_object(Bucket=bucket, Key=f"customer/landing/{COLD}", Body=b"{}", StorageClass="GLACIER")
    s3.put_object(Bucket=bucket, Key=f"customer/landing/{HIDDEN}", Body=changing.customers([0]))
    pair.athena.dbt("run")
    # Each of these reads all of a landing table.
    done = pair.athena.dbt("test", "--select", *READ_LANDING, "every_landing_file_can_be_read", check=False)
    unread = len(broken) + len(OTHER_KINDS) + 1
    assert re.findall(r"FAIL (\d+) (\w+) \.", done.stdout) == [(str(unread), "every_landing_file_can_be_read")]
    assert " ERROR=1 " in done.stdout
    noted = Athena(local_athena).do(NOT_READ).rows
    key = read_key(pair.local.vault)
    assert len(noted) == unread
    reasons = {name: reason for name, reason in noted if reason.startswith("not a whole gzip file: ")}
    assert list(reasons) == broken
    [cold] = [reason for name, reason in noted if name.endswith(COLD)]
    assert "GLACIER" in cold
    assert not any("@" in name for name, _ in noted)
    person = pseudonym(key, changing.email(0).encode())
    assert person in {row[0] for row in pair.iceberg_rows("customer_trusted")}
    found = {relation: pair.iceberg_rows(relation) for relation in ZONE_OF}
    assert hostile.differences(found, key) == []
    pair.local.dbt("run")
    pair.assert_equal()

    # One arrives whole, one goes; the third is set aside still. A website writes the one object of a customer again.
    gone = changing.customers([0], updated=changing.START + 1, consents=False)
    s3.put_object(Bucket=bucket, Key=f"customer/landing/{HIDDEN}", Body=gone)
    s3.put_object(Bucket=bucket, Key=broken[1], Body=gzip.compress(b"{}\n" * 999))
    s3.delete_object(Bucket=bucket, Key=broken[2])
    pair.athena.dbt("run")
    assert Athena(local_athena).do(NOT_READ).rows == [row for row in noted if row[0] not in broken[1:]]
    pair.local.dbt("run")
    pair.assert_equal()
    assert person not in {row[0] for row in pair.iceberg_rows("customer_trusted")}
