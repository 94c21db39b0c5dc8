"""A landing that grows on Local Athena or in a folder, and what a build of each change costs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

RATE = 100  # milliseconds between readings: ten a second
HOUR = 3_600_000
START = 1_749_999_600_000
"""2025-06-15 15:00 UTC in epoch milliseconds; the first reading."""


def email(person: int) -> str:
    return f"runner.{person}@example.org"


def serial_number(person: int) -> str:
    return f"device-{person:06}"


def customers(people: Iterable[int], *, updated: int = START, consents: bool = True) -> bytes:
    """One record for each, as it lands."""
    share = {"shareWithResearchAsOfDate": START - 86_400_000} if consents else {}
    return _lines(
        {
            "customerName": f"Runner {person}",
            "email": email(person),
            "phone": f"555-01{person:04}",
            "birthDay": "1980-01-01",
            "serialNumber": serial_number(person),
            "registrationDate": START - 10 * 86_400_000,
            "lastUpdateDate": updated,
        }
        | share
        for person in people
    )


def accelerations(people: Iterable[int], hour: int, count: int) -> bytes:
    """`count` readings of each person from the start of an hour on."""
    begin = START + HOUR * hour
    return _lines(
        {"user": email(person), "timestamp": begin + RATE * n, "x": n % 17 / 8, "y": n % 5 / 4, "z": -(n % 11) / 2}
        for person in people
        for n in range(count)
    )


def steps(people: Iterable[int], hour: int, count: int) -> bytes:
    """The step readings at every third of those times."""
    begin = START + HOUR * hour
    return _lines(
        {"sensorReadingTime": begin + RATE * n, "serialNumber": serial_number(person), "distanceFromObject": n % 250}
        for person in people
        for n in range(0, count, 3)
    )


def write(folder: Path, entity: str, name: str, lines: bytes) -> None:
    """A new landing file."""
    path = folder / entity / "landing" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lines)
    os.utime(path, (START // 1000, START // 1000))


def _lines(documents: Iterable[dict]) -> bytes:
    return "".join(json.dumps(document) + "\n" for document in documents).encode()
