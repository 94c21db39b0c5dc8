"""Synthetic landing data, the same for the same arguments, with what real data has wrong with it.

Customers: several records over time; consent given later, withdrawn, given again; records of the same update date of
which one consents; consent dates that are zero, in the future or text; people without consent, without readings, with
step readings only; a device named by two people; a changed device; e-mails that differ in case and spaces; names and
e-mails outside ASCII; births in 1399 and on days that do not exist.

Lines: repeats within and across files; readings of unknown people and devices; commas and CR at the end; byte order
marks; blank, truncated, doubled and foreign lines; NaN; bytes that are not UTF-8; fields missing, nested, unknown or
named twice; numbers as text; times spelled `timeStamp`, out of range or with a fraction; measurements that are none.

Signals: in a session a person stands for a moment and then walks, with a gait of their own (`stedi.gait`) and never
quite as fast as the day before. Both sensors read at the same moments, close enough for every step to be seen; the
phone reads twice at some; now and then a sensor loses readings. Readings have noise, and are rounded.

Files: plain and gzipped, one of zero bytes, and two that must not be read (`_ignored.json`, `.hidden.json`).
"""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

from faker import Faker
from rich.console import Console
from rich.progress import Progress

from stedi.errors import StediError
from stedi.gait import Gait, gait_of
from stedi.landing import MARKER, find_not_generated, is_synthetic, write_marker
from stedi.settings import ENTITIES

START = 1_740_787_200_000
"""Midnight of the first day of readings, 2025-03-01, in epoch milliseconds."""
MINUTE, DAY = 60_000, 86_400_000
FUTURE = 4_083_955_200_000
"""A consent date that has not come: 2099-06-01."""
READINGS = 32
"""Moments of a session at which both sensors read."""
SPACING = 120
"""Milliseconds from one to the next: four or five in a step."""
STANDING = 500
"""Milliseconds for which a person stands still at first, or up to a step's more."""
LOST = 2
"""Readings that a sensor loses, in a quarter of its sessions."""
DISTANCE_NOISE = 1.5
"""Standard deviation of a measured distance."""


@dataclass(frozen=True)
class Person:
    """A customer: the e-mail and device of their readings, how they walk, and their records in order of time."""

    number: int
    email: str
    serial_number: str
    gait: Gait
    records: tuple[dict, ...]


MOST_CUSTOMERS = 1_000_000
MOST_DAYS = 3_650


@dataclass(frozen=True)
class Generated:
    """What was written."""

    customers: int
    days: int
    seed: int
    files: int
    """Files to be read as landing."""
    lines: int
    """Lines in them."""

    def __str__(self) -> str:
        """What was written, as it is told."""
        return (
            f"{self.customers:,} synthetic customer{'s' * (self.customers > 1)} over {self.days:,} "
            f"day{'s' * (self.days > 1)}, seed {self.seed}: {self.lines:,} lines in {self.files:,} files"
        )


def generate_landing(
    out: Path, *, customers: int = 200, days: int = 3, seed: int = 1, force: bool = False
) -> Generated:
    """Write landing data of `customers` people over `days` days to `out`, all of it or nothing.

    With `force`, generated data in `out` are replaced, if they are marked and nobody changed or added anything.

    Raises:
        StediError: `out` holds anything else, or cannot be written.
    """
    if not 1 <= customers <= MOST_CUSTOMERS or not 1 <= days <= MOST_DAYS:
        raise StediError(f"--customers is from 1 to {MOST_CUSTOMERS:,}, and --days from 1 to {MOST_DAYS:,}")
    # A folder that is a link stays one: what it points to is written.
    folder = out.resolve()
    replaces = _is_replaced(out, folder, force)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
            draft = Path(beside) / "new"
            draft.mkdir()
            lines = _write(draft, customers, days, random.Random(seed), seed)  # noqa: S311
            files = _mark(draft, {"seed": seed, "customers": customers, "days": days})
            if replaces:
                _replace(out, folder, draft)
            else:
                draft.rename(folder)  # fails unless `folder` is absent or empty
    except OSError as error:
        raise StediError(f"cannot write landing data to {out}: {error.strerror}") from None
    return Generated(customers=customers, days=days, seed=seed, files=files, lines=lines)


def _is_replaced(out: Path, folder: Path, force: bool) -> bool:
    """Whether `folder` (`out`, as somebody spelled it) holds generated data to be replaced, and not nothing.

    Raises `StediError` where it holds anything that may be real, or was not to be replaced.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise StediError(f"{out} is no folder: choose another one")
        if folder == Path.cwd() or folder in Path.cwd().parents:
            raise StediError(f"{out} is the folder you stand in, or above it: choose another one, or go elsewhere")
        if not folder.exists() or not any(folder.iterdir()):
            return False
        if not is_synthetic(folder):
            raise StediError(
                f"{out} holds data that `stedi generate` did not write: choose another folder with --out, "
                "or delete it by hand"
            )
        if not force:
            raise StediError(
                f"{out} holds generated data: replace it with --force, or choose another folder with --out"
            )
        _refuse_strangers(out, folder)
        return True
    except OSError as error:
        raise StediError(f"cannot read {out}: {error.strerror}") from None


def _refuse_strangers(out: Path, folder: Path) -> None:
    name = find_not_generated(folder)
    if name is not None:
        raise StediError(
            f"{out} holds {name}, which `stedi generate` did not write: choose another folder with --out, "
            "or move that file elsewhere"
        )


def _replace(out: Path, folder: Path, draft: Path) -> None:
    """Put `draft` in the place of the generated data in `folder`, which are deleted last."""
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent)) / folder.name
    folder.rename(old)
    try:
        _refuse_strangers(out, old)  # once more: files may have come while `draft` was written
        draft.rename(folder)
    except BaseException:
        if not folder.exists():
            old.rename(folder)
            old.parent.rmdir()
        raise
    shutil.rmtree(old.parent)


def _mark(root: Path, facts: dict[str, int]) -> int:
    """Mark `root` as generated; how many of its files are read as landing."""
    write_marker(root, {"generator": "stedi generate", "version": version("stedi"), **facts})
    os.utime(root / MARKER, (START // 1000, START // 1000))
    return sum(path.is_file() for path in root.rglob("[!_.]*"))


def _write(root: Path, customers: int, days: int, rng: random.Random, seed: int) -> int:
    """Write the data below `root`; how many lines."""
    people = list(_people(customers, rng, seed))
    folders = {}
    for entity in ENTITIES:
        folders[entity] = root / entity / "landing"
        folders[entity].mkdir(parents=True)
    records = [_json(record) for person in people for record in person.records]
    half = len(records) // 2
    lines = _save(folders["customer"] / "customer-1.json", records[:half])
    lines += _save(folders["customer"] / "customer-2.json.gz", [line + b"," for line in records[half:]])
    lines += _save(folders["customer"] / "customer-odd.json", [*records[:5], *_odd_customers(people[0])])
    console = Console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        again: list[bytes] = []  # some of a day's lines come again on the next
        for day in progress.track(range(days), description="days of readings"):
            again, written = _write_day(folders, people, day, rng, again)
            lines += written
    first = people[0]
    time = START + 20 * MINUTE
    lines += _save(folders["accelerometer"] / "accelerometer-odd.json", _odd_accelerations(first, time))
    lines += _save(folders["step_trainer"] / "step_trainer-odd.json", _odd_steps(first, time))
    for entity, folder in folders.items():
        (folder / f"{entity}-empty.json").touch()
        for name in ("_ignored.json", ".hidden.json"):
            (folder / name).write_bytes(b"not for reading\n")
        # The order in which files landed must not depend on how fast they were written.
        for hours, path in enumerate(sorted(folder.iterdir())):
            landed = START // 1000 + hours * 3600
            os.utime(path, (landed, landed))
    return lines


def _people(customers: int, rng: random.Random, seed: int) -> Iterator[Person]:
    fake = Faker(["en_US", "de_DE", "fr_FR", "pl_PL"])
    fake.seed_instance(seed)
    previous = ""
    for number in range(customers):
        account = "jürgen" if number % 40 == 7 else rng.choice(["ada", "bo", "cleo", "dan", "eve"])
        email = f"{account}.{number}@example.{rng.choice(['com', 'org', 'net'])}"
        # The 25th of every 25 shares the device of the one before.
        own = f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}-{number:012x}"
        serial_number = previous if number % 25 == 24 else own
        previous = serial_number
        person = {
            "customerName": fake.name(),
            "email": email,
            "phone": f"555{rng.randrange(10**7):07}",
            "birthDay": _birth_day(number, rng),
            "serialNumber": serial_number,
            "registrationDate": START - rng.randrange(1, 120) * DAY,
        }
        yield Person(number, email, serial_number, gait_of(seed, number), tuple(_records(number, person)))


def _birth_day(number: int, rng: random.Random) -> str:
    odd = {3: "1399-01-01", 4: "2001-02-30", 5: "", 6: "17 May 1980"}.get(number % 50)
    born = date(1940, 1, 1) + timedelta(days=rng.randrange(25_000))
    return born.isoformat() if odd is None else odd


def _records(number: int, person: dict) -> Iterator[dict]:
    """A person's records, in one of twelve stories of consent."""
    joined = person["registrationDate"]
    plain = person | {"lastUpdateDate": joined}
    shares = plain | {"shareWithResearchAsOfDate": joined, "shareWithPublicAsOfDate": joined}
    later, last = {"lastUpdateDate": START + 2 * DAY}, {"lastUpdateDate": START + 3 * DAY}
    since = {"shareWithResearchAsOfDate": START + 10 * MINUTE}
    stories: dict[int, list[dict]] = {
        0: [shares],
        1: [plain],
        2: [plain, plain | later | since],
        3: [shares, plain | later],
        4: [shares, plain | later, shares | last | since],
        5: [shares | later, plain | later],
        6: [plain | {"shareWithResearchAsOfDate": 0}],
        7: [plain | {"shareWithResearchAsOfDate": FUTURE}],
        8: [plain | {"shareWithResearchAsOfDate": "yes, since May"}],
        9: [shares, shares | later | {"serialNumber": f"new-{person['serialNumber']}"}],
        10: [shares, shares | later | {"email": f" {person['email'].upper()}\u00a0"}],
        11: [
            shares | {"registrationDate": "unknown"} | since,
            plain | {"lastUpdateDate": joined - DAY},
        ],
    }
    yield from stories[number % 12]


def _write_day(
    folders: dict[str, Path], people: list[Person], day: int, rng: random.Random, again: list[bytes]
) -> tuple[list[bytes], int]:
    """Write one day; the lines that come again on the next, and how many were written."""
    accelerations: list[bytes] = []
    steps: list[bytes] = []
    for person in people:
        if person.number % 10 == 9:
            continue  # has no readings
        # Two neighbours measure at the same moments, which a join on time alone would mix up.
        measured = _measure(person, START + day * DAY + person.number // 2 * MINUTE, day, rng)
        accelerations += measured[0]
        steps += measured[1]
    suffix = ".json.gz" if day % 3 == 1 else ".json"
    written = _save(folders["accelerometer"] / f"accelerometer-{day:04}{suffix}", accelerations + again)
    written += _save(folders["step_trainer"] / f"step_trainer-{day:04}{suffix}", steps + steps[:7])
    return [line.rstrip(b",\r") for line in accelerations[:40]], written


def _measure(person: Person, begin: int, day: int, rng: random.Random) -> tuple[list[bytes], list[bytes]]:
    """The lines of a session that begins at a time: accelerations, and step readings."""
    accelerations: list[bytes] = []
    steps: list[bytes] = []
    spelling = b"timeStamp" if day % 3 == 0 else b"timestamp"
    ending = (b"", b",", b"\r")[day % 3]
    # By hand: nearly all lines are these, and the encoder would take longer than all the rest.
    acceleration = b'{"user":%b,"%b":%%d,"x":%%a,"y":%%a,"z":%%a}%b' % (_json(person.email), spelling, ending)
    step = b'{"sensorReadingTime":%%d,"serialNumber":%b,"distanceFromObject":%%d}%b' % (
        _json(person.serial_number),
        ending,
    )
    first_strike = STANDING + rng.random() * MINUTE / person.gait.cadence
    pace = rng.gauss(1, 0.01)
    # One sensor loses some, in every other session.
    lost = rng.randrange(READINGS)
    loser = {0: "trainer", 2: "phone"}.get((person.number + day) % 4)
    for number in range(READINGS):
        time = begin + number * SPACING
        seconds = (number * SPACING - first_strike) / 1000 * pace
        is_lost = 0 <= number - lost < LOST
        if not (is_lost and loser == "trainer"):
            distance = rng.gauss(person.gait.distance(seconds), DISTANCE_NOISE)
            steps.append(step % (time, round(distance)))
        # Every tenth leaves the phone at home.
        if person.number % 10 == 8 or (is_lost and loser == "phone"):
            continue
        felt = person.gait.acceleration(seconds)
        for _ in range(2 if number % 16 == 0 else 1):
            # Plus zero makes zero of minus zero.
            x, y, z = (round(rng.gauss(value, person.gait.noise), 2) + 0.0 for value in felt)
            accelerations.append(acceleration % (time, x, y, z))
            if rng.random() < 0.01:
                accelerations.append(accelerations[-1])
    return accelerations, steps


def _odd_customers(person: Person) -> list[bytes]:
    record = dict(person.records[0])
    other = record | {"email": "odd@example.com", "serialNumber": "odd-1"}
    return [
        *_odd_lines(_json(other)),
        _json({k: v for k, v in other.items() if k != "email"}),
        _json(other | {"email": "\u2003"}),
        _json({k: v for k, v in other.items() if k != "serialNumber"}),
        _json(other | {"lastUpdateDate": "yesterday"}),
        _json(other | {"lastUpdateDate": 0}),
        _json(other | {"customerName": {"first": "Odd"}, "phone": None, "extra": [1, {"a": 2}]}),
    ]


def _odd_accelerations(person: Person, time: int) -> list[bytes]:
    good = {"user": person.email, "timestamp": time, "x": 1, "y": 0, "z": 0}
    changes: list[dict] = [
        {"user": "nobody@example.com"},
        {"user": " " + person.email.upper() + "\u00a0"},
        {"user": None},
        {"user": [person.email]},
        {"timestamp": None, "timeStamp": time + 1},
        {"timestamp": str(time + 2)},
        {"timestamp": f"{time}.0"},
        {"timestamp": time + 0.5},
        {"timestamp": 946_684_799_999},
        {"timestamp": 4_102_444_800_001},
        {"timestamp": -time},
        {"x": "0.5", "y": "-1e-1", "z": ".25"},
        {"x": -0.0},
        {"x": "NaN"},
        {"x": "1e400"},
        {"y": "east"},
        {"z": None},
        {"z": {"value": 1}},
        {"device": {"model": "Fernando, }", "tags": ["inf", []]}},
    ]
    return [*_odd_lines(_json(good)), *(_json(good | change) for change in changes)]


def _odd_steps(person: Person, time: int) -> list[bytes]:
    good = {
        "sensorReadingTime": time,
        "serialNumber": person.serial_number,
        "distanceFromObject": 200,
    }
    changes: list[dict] = [
        {"serialNumber": "nobody's"},
        {"serialNumber": f"\t{person.serial_number.upper()} "},
        {"serialNumber": ""},
        {"sensorReadingTime": "soon"},
        {"sensorReadingTime": 1},
        {"distanceFromObject": "+201"},
        {"distanceFromObject": -1},
        {"distanceFromObject": 2.5},
        {"distanceFromObject": 2**31},
        {"distanceFromObject": None},
    ]
    return [*_odd_lines(_json(good)), *(_json(good | change) for change in changes)]


def _odd_lines(good: bytes) -> list[bytes]:
    """A good line in every disguise that is allowed, and in some that are not."""
    return [
        good,
        b"\xef\xbb\xbf" + good,
        b"  " + good + b" , \r",
        b"",
        b" \t\r",
        good[:-1] + b',"q":"},]","q":NaN}',
        good[:-1] + b',"user":"twice@example.com","serialNumber":"twice","distanceFromObject":1}',
        good[: len(good) // 2],
        good + good,
        b"[" + good + b"]",
        good[:-1] + b",}",
        good[:-1] + b',"note":"\xff\xfe"}',
        good[:-1] + b',"note":"\\ud800"}',
        good[:-1] + b',"note":"a\tb"}',
        b"null",
        b"# no json",
        b",",
    ]


def _json(document: dict | str) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _save(path: Path, lines: list[bytes]) -> int:
    """Write `lines` to a file, gzipped where its name says so; how many."""
    content = b"".join(line + b"\n" for line in lines)
    with path.open("wb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
                packed.write(content)
        else:
            file.write(content)
    return len(lines)
