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
    assert malformed.query(alarms) == [(*row, "error") for row in found]
    assert "SKIP=0" in failed.stdout
    assert malformed.counts()["machine_learning_curated"] == 0  # Ann's device is shared

    warned = malformed.build("--vars", "rejected_percent_error: 60")
    assert malformed.query(alarms) == [(*row, "warn") for row in found]
    warnings = {name: int(count) for count, name in re.findall(r"\d WARN (\d+) (\w+)", warned.stdout)}
    assert warnings == {
        "no_quality_alarm_warns": 2,
        "stg_customer_has_no_rejected_lines": 6,
        "stg_customer_reads_every_email": 3,
        "int_consent_has_nobody_in_doubt": 2,
        "customer_trusted_has_nobody_who_looks_like_who_refused": 2,
    }
