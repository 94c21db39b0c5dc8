"""Three people whose every value is like nobody else's: where one is seen, personal data has got out."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from lakehouse import PROJECT

from stedi.searching import Needles

REGISTRY = PROJECT / "seeds" / "personal_data.csv"
IDENTIFIERS = ("name", "email", "phone", "birth_day", "serial_number")
CONSENTED = {"shareWithResearchAsOfDate": 1_700_000_000_000}
CANARIES = [
    (
        "Xanthippe Quillfeather",
        "xq.quillfeather@canary-one.example",
        "+99 7001 8812345",
        "1931-07-29",
        "QX-77-one",
    ),
    ("Zbigniew Östervåg", "zb+oestervaag@canary-two.example", "+99 7002 8854321", "1933-05-23", "QX-77-two"),
    ("Ngaio O'Wyrmholt", "ngaio.wyrmholt@canary-three.example", "+99 7003 8811223", "1937-11-13", "QX-77-three"),
]
"""Name, e-mail, phone, birth day, serial number. The first consents, the second withdrew, the third is rejected."""


def plant(landing: Path) -> None:
    """Write landing files of the canaries, one of them with an e-mail in its name."""
    records, readings, steps = [], [], []
    for person, (name, email, phone, birth_day, serial) in enumerate(CANARIES):
        record = {"customerName": name, "email": email, "phone": phone, "birthDay": birth_day, "serialNumber": serial}
        record |= {
            "registrationDate": 1_690_000_000_000,
            "lastUpdateDate": 1_700_000_000_000,
            "nickname": name,
            "friends": [{"email": email}],
        }
        if person == 2:
            record["registrationDate"] = name  # rejected for it
        records.append(json.dumps(record | CONSENTED))
        if person == 1:
            records.append(json.dumps(record | {"lastUpdateDate": 1_710_000_000_000}))
        if person == 2:
            records.append(json.dumps(record)[:-9])  # cut
        for at in range(1_705_000_000_000, 1_705_000_030_000, 1000):
            readings.append(json.dumps({"user": email, "timestamp": at, "x": 1.0, "y": 0.5, "z": -0.5}))
            steps.append(json.dumps({"sensorReadingTime": at, "serialNumber": serial, "distanceFromObject": 7}))
    steps.append(
        json.dumps({"sensorReadingTime": CANARIES[0][1], "serialNumber": CANARIES[0][4], "distanceFromObject": 7})
    )
    named = f"{CANARIES[1][1]}.json"
    for entity, file, lines in (
        ("customer", "canaries.json", records),
        ("accelerometer", named, readings),
        ("step_trainer", "canaries.json", steps),
    ):
        path = landing / entity / "landing" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def needles() -> Needles:
    """A search for every value of the canaries, and for the parts of names that are theirs alone; also encoded."""
    values = [value for person in CANARIES for value in person]
    return Needles([*values, "quillfeather", "oestervaag", "Östervåg", "wyrmholt"], encoded=True)


def restricted() -> set[str]:
    """The relations that hold identifiers on purpose, as the registry has it."""
    with REGISTRY.open(newline="") as file:
        return {
            row["relation"]
            for row in csv.DictReader(file)
            if row["kind"] in IDENTIFIERS and row["treatment"] in ("landed", "kept")
        }
