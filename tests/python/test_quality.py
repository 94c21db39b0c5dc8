"""Quality alarms, and the tests that only warn: landing that is wrong though every rule was kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from lakehouse import Lakehouse

NOON = 1_750_075_200_000  # 2025-06-16 12:00 UTC


def customer(email: str, device: str, updated: int, *, name: str = "Ann", consents: bool = True) -> str:
    share = {"shareWithResearchAsOfDate": NOON} if consents else {}
    record = {"customerName": name, "email": email, "serialNumber": device, "lastUpdateDate": updated}
    return json.dumps(record | share)


def land(folder: Path, entity: str, lines: Iterable[str]) -> None:
    path = folder / entity / "landing" / "a.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture(scope="module")
def malformed(tmp_path_factory: pytest.TempPathFactory) -> Lakehouse:
    """100 step lines, of which 60 are malformed, and customers for every other test to warn of; not built."""
    folder = tmp_path_factory.mktemp("quality")
    landing = folder / "landing"
    steps = [{"sensorReadingTime": NOON + n, "serialNumber": "dev-1", "distanceFromObject": 5} for n in range(40)]
    land(landing, "step_trainer", [*map(json.dumps, steps), *["{"] * 60])
    reading = {"user": "ann@example.org", "timestamp": NOON, "x": 1, "y": 0, "z": 0}
    land(landing, "accelerometer", [json.dumps(reading)])
    land(
        landing,
        "customer",
        [
            customer("ann@example.org", "dev-1", NOON),
            # refused later with Ann's device, and with her name; and earlier, which says nothing
            customer("ann.b@example.org", "dev-1", NOON + 1, name="Ann B.", consents=False),
            customer("bob@example.org", "dev-2", NOON, name="Bob"),
            customer("bob.c@example.org", "dev-3", NOON + 1, name=" bob", consents=False),
            customer("cem@example.org", "dev-4", NOON, name="Cem"),
            customer("cem.d@example.org", "dev-4", NOON - 1, name="Cem D.", consents=False),
            # two in doubt, and e-mails that are none
            *(customer(f"{name}@example.org", name, NOON, name=name) for name in ("dan", "eve")),
            *(f'{{"email": "{name}@example.org"}}' for name in ("dan", "eve")),
            *(customer(text, "dev-9", NOON) for text in ("nobody", "a b@example.org", "@")),
            customer(" ", "dev-9", NOON),
        ],
    )
    return Lakehouse(folder, str(landing))


def test_a_landing_with_too_many_malformed_lines_fails_and_builds_all_the_same(malformed: Lakehouse) -> None:
    failed = malformed.build(check=False)
    assert failed.returncode == 1
    assert re.findall(r"\d FAIL \d+ (\w+)", failed.stdout) == ["no_quality_alarm_is_an_error"]
    alarms = "select alarm, subject, measured, level from stedi_audit.quality_alarm where level <> 'ok' order by all"
    found = [
        ("rejected_lines_of_entity", "step_trainer", 60.0),
        ("rejected_lines_of_file", "step_trainer/landing/a.json", 60.0),
    ]
    assert [row for row in malformed.query(alarms) if row[3] == "error"] == [(*row, "error") for row in found]
    assert "SKIP=0" in failed.stdout
    assert malformed.counts()["machine_learning_curated"] == 0  # Ann's device is shared

    warned = malformed.build("--vars", "rejected_percent_error: 60")
    warned_of = [row for row in malformed.query(alarms) if row[3] != "not_measured"]
    assert {row[3] for row in warned_of} == {"warn"} and set(found) < {row[:3] for row in warned_of}
    warnings = {name: int(count) for count, name in re.findall(r"\d WARN (\d+) (\w+)", warned.stdout)}
    assert warnings == {
        "no_quality_alarm_warns": len(warned_of),
        "stg_customer_has_no_rejected_lines": 6,
        "stg_customer_reads_every_email": 3,
        "int_consent_has_nobody_in_doubt": 2,
        "customer_trusted_has_nobody_who_looks_like_who_refused": 2,
    }


def healthy(people: int = 15) -> dict[str, list]:
    """Documents by entity: people who consent, each with a device, an acceleration and a step at its time."""
    names = [f"p{number}" for number in range(people)]
    record = {"lastUpdateDate": NOON, "shareWithResearchAsOfDate": NOON, "registrationDate": NOON}
    return {
        "customer": [
            record
            | {"customerName": name, "email": f"{name}@example.org", "serialNumber": name, "birthDay": "1980-01-01"}
            for name in names
        ],
        "accelerometer": [{"user": f"{name}@example.org", "timestamp": NOON, "x": 1, "y": 0, "z": 0} for name in names],
        "step_trainer": [{"sensorReadingTime": NOON, "serialNumber": name, "distanceFromObject": 5} for name in names],
    }


class Landing:
    """A landing of its own, built again after each change, and what the build says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "landing"
        self.lakehouse = Lakehouse(folder, str(self.folder))

    def build(self, documents: dict[str, list], *variables: str) -> tuple[dict[tuple[str, str], tuple], str]:
        """The alarms of a build of these documents, (alarm, subject) to (measured, level), and its output."""
        for entity, found in documents.items():
            land(self.folder, entity, [one if isinstance(one, str) else json.dumps(one) for one in found])
        done = self.lakehouse.build(*variables, check=False)
        rows = self.lakehouse.query(
            "select alarm, subject, measured, level from stedi_audit.quality_alarm where level in ('warn', 'error')"
        )
        assert done.returncode == any(row[3] == "error" for row in rows), done.stdout
        return {(alarm, subject): found for alarm, subject, *found in map(tuple, rows)}, done.stdout


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Landing:
    return Landing(tmp_path_factory.mktemp("alarms"))


def test_a_healthy_landing_has_no_alarm_and_children_are_counted_and_kept_out(landing: Landing) -> None:
    documents = healthy()
    born = ("2025-01-01", "2014-01-01", "2009-06-17", "2009-06-16", None, "1980-02-30")
    for record, day in zip(documents["customer"], born, strict=False):
        record["birthDay"] = day
    documents["customer"][6]["customerName"] = "Same Name"
    documents["customer"][7]["customerName"] = " same NAME"
    alarms, said = landing.build(documents)
    # which split a few people are in is chance
    assert {alarm for alarm, _ in alarms} <= {"small_split"}
    assert "in trusted, of the documents that landed: 15 of 15 accelerometer, 15 of 15 customer, 15 of 15 step" in said
    warned = re.findall(r"\d WARN (\d+) (customer_trusted_has_nobody_\w+)", said)
    assert {name: int(count) for count, name in warned} == {
        "customer_trusted_has_nobody_below_16": 3,
        "customer_trusted_has_nobody_twice": 2,
    }
    _, said = landing.build(documents, "--vars", "minimum_age: 16")
    assert re.search("PASS customer_trusted_has_nobody_below_16", said)
    assert landing.lakehouse.counts()["customer_trusted"] == 10
    outcomes = "select entity, row_count from stedi_audit.row_outcome where outcome = 'below_minimum_age' order by 1"
    assert landing.lakehouse.query(outcomes) == [("accelerometer", 5), ("customer", 5), ("step_trainer", 5)]


def test_clocks_that_never_meet_are_told_with_how_far_they_are_apart(landing: Landing) -> None:
    documents = healthy()
    for reading in documents["step_trainer"]:
        reading["sensorReadingTime"] += 3
    alarms, _ = landing.build(documents)
    assert alarms == {
        ("unpaired_readings", "machine_learning_curated"): [15, "warn"],
        ("nearest_acceleration", "machine_learning_curated"): [3, "warn"],
        ("empty_table", "machine_learning_curated"): [1, "warn"],
    }


def test_of_a_landing_nobody_can_use_all_that_is_wrong_is_told_however_small_it_is(landing: Landing) -> None:
    documents = healthy(30)
    for record in documents["customer"]:
        record["serialNumber"] = "p1"
    # the first two are there and cannot be read
    for record, date in zip(documents["customer"], ["2025-06-16", "yes", "0", 0, "", False, None], strict=False):
        record["shareWithResearchAsOfDate"] = date
    documents["customer"] += ["{cut", '{"email": "p1@example.org"}']
    customers = landing.folder / "customer" / "landing"
    customers.mkdir(parents=True, exist_ok=True)
    (customers / "b.json").write_text('{"who": "somebody"}\n')
    (customers / "_c.json").write_text("{}")
    alarms, said = landing.build(documents | {"accelerometer": ["{", "}"]})
    assert alarms == {
        ("nothing_read_of_entity", "accelerometer"): [2, "error"],
        ("nothing_read_of_file", "accelerometer/landing/a.json"): [2, "warn"],
        ("nothing_read_of_file", "customer/landing/b.json"): [1, "warn"],
        ("nameless_lines", "customer"): [pytest.approx(200 / 33), "warn"],
        ("nameless_lines_of_file", "customer/landing/a.json"): [pytest.approx(100 / 32), "warn"],
        ("nameless_lines_of_file", "customer/landing/b.json"): [100, "error"],
        ("unread_customer_files", "customer"): [1, "warn"],
        ("unreadable_consent_dates", "customer"): [8, "warn"],
        ("readings_of_nobody", "step_trainer"): [100, "warn"],
        ("empty_table", "accelerometer_trusted"): [1, "warn"],
        ("empty_table", "step_trainer_trusted"): [1, "warn"],
        ("empty_table", "customers_curated"): [1, "warn"],
        ("empty_table", "machine_learning_curated"): [1, "warn"],
    }
    assert "in trusted, of the documents that landed: 0 of 2 accelerometer, 23 of 33 customer, 0 of 30 step" in said
