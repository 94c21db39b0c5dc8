"""The reference: what each table must hold, worked out from the landing files in plain Python.

It follows docs/rules.md and shares no code with the SQL, so that a mistake in one shows up as a
difference from the other.

Everywhere here a datetime is naive and in UTC, `loaded_at` is a file's modification time in whole
seconds, `source_file` is relative to the landing root, and rows are tuples in the order of `COLUMNS`.
"""

import gzip
import hmac
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

EPOCH = datetime(1970, 1, 1)
TIMES = range(946_684_800_000, 4_102_444_800_000 + 1)
"""Milliseconds since 1970 that count as a time: 2000-01-01 to 2100-01-01, both included."""


class Customer(NamedTuple):
    """A line of `customer/landing`; what could not be read is None."""

    participant_id: str | None
    device_id: str | None
    customer_name: str | None
    email: str | None
    phone: str | None
    birth_day: date | None
    serial_number: str | None
    registration_date: datetime | None
    last_update_date: datetime | None
    share_with_research_as_of_date: datetime | None
    share_with_public_as_of_date: datetime | None
    share_with_friends_as_of_date: datetime | None
    source_file: str
    loaded_at: datetime
    rejection_reason: str | None


class Accelerometer(NamedTuple):
    """A line of `accelerometer/landing`; what could not be read is None."""

    participant_id: str | None
    reading_time: datetime | None
    x: float | None
    y: float | None
    z: float | None
    source_file: str
    loaded_at: datetime
    rejection_reason: str | None


class StepTrainer(NamedTuple):
    """A line of `step_trainer/landing`; what could not be read is None."""

    device_id: str | None
    sensor_reading_time: datetime | None
    distance_from_object: int | None
    source_file: str
    loaded_at: datetime
    rejection_reason: str | None


class Staged(NamedTuple):
    """Every line of the three landing folders."""

    customer: list[Customer]
    accelerometer: list[Accelerometer]
    step_trainer: list[StepTrainer]


COLUMNS: dict[str, tuple[str, ...]] = {
    "stg_customer": Customer._fields,
    "stg_accelerometer": Accelerometer._fields,
    "stg_step_trainer": StepTrainer._fields,
    "customer_trusted": (*Customer._fields[:-3], "loaded_at"),
    "accelerometer_trusted": (*Accelerometer._fields[:-3], "loaded_at"),
    "step_trainer_trusted": ("participant_id", *StepTrainer._fields[:-3], "loaded_at"),
    "customers_curated": (
        "participant_id",
        "age_band",
        "registration_month",
        "consent_date",
        "accelerometer_readings",
        "step_trainer_readings",
        "first_reading_time",
        "last_reading_time",
    ),
    "machine_learning_curated": (
        "participant_id",
        "sensor_reading_time",
        "distance_from_object",
        "x",
        "y",
        "z",
        "dataset_split",
    ),
    "row_outcome": ("entity", "outcome", "row_count"),
}


def expected(
    landing: Path,
    key: bytes,
    *,
    now: datetime,
    consent_scope: str = "all_readings",
    ml_join: str = "same_participant",
    k_anonymity: int = 5,
) -> dict[str, list[tuple]]:
    """What every relation of `COLUMNS` must hold after a build that starts at `now`.

    Args:
        landing: the landing root, with `customer/landing` and so on; a missing folder is empty.
        key: the vault key, 32 bytes.
        now: the start of the build; taken as UTC when it has no zone.
        consent_scope: `all_readings` or `since_consent`.
        ml_join: `same_participant` or `timestamp_only`.
        k_anonymity: the fewest people who may share age band and registration month.

    Returns:
        Relation name to its rows, in no particular order.
    """
    return derive(
        stage(landing, key),
        now=now,
        consent_scope=consent_scope,
        ml_join=ml_join,
        k_anonymity=k_anonymity,
    )


# Reading a line


def lines(folder: Path) -> Iterator[tuple[str, datetime, bytes]]:
    """File name, landing time and bytes of every line of `folder` that is not blank."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.startswith(("_", ".")) or not path.is_file():
            continue
        loaded_at = EPOCH + timedelta(seconds=path.stat().st_mtime_ns // 1_000_000_000)
        with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as file:
            for raw in file:
                # A carriage return alone ends a line too, to both engines.
                for part in raw.split(b"\r") if b"\r" in raw else [raw]:
                    if line := _strip(part):
                        yield path.name, loaded_at, line


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _strip(line: bytes) -> bytes:
    while True:
        shorter = line.strip(b" \t\r\n").removeprefix(_BYTE_ORDER_MARK).removesuffix(_BYTE_ORDER_MARK)
        if shorter == line:
            return line
        line = shorter


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(
    object_pairs_hook=lambda pairs: dict(reversed(pairs)),  # the first of repeated names counts
    parse_int=str,
    parse_float=str,
    parse_constant=_refuse,
)
_PAIRS = json.JSONDecoder(object_pairs_hook=list)


def parse(line: bytes) -> dict[str, Any] | None:
    """The object on a line that has been stripped, numbers as text; None when malformed."""
    if line.endswith(b","):
        line = _strip(line[:-1])
    try:
        text = line.decode()
        document = _DECODER.decode(text)
        if "\\ud" in text.lower():
            # Half of a surrogate pair is no character, wherever in the document it stands.
            json.dumps(_PAIRS.decode(text), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


# Reading a value


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return None


# str.strip() would also take U+001C to U+001F, which Unicode does not call white space.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


@lru_cache(maxsize=100_000)
def normalise(value: str | None) -> str | None:
    """An e-mail or serial number, trimmed and in lower case; None when nothing is left."""
    if value is None:
        return None
    # Character by character, because str.lower() looks at a sigma's neighbours; and dotted capital
    # I is the one character whose full lower case differs from its simple one.
    return "".join("i" if c == "\u0130" else c.lower() for c in value.strip(WHITE_SPACE)) or None


def whole_number(value: str | None) -> int | None:
    """Digits with an optional sign, within 64 bits."""
    match = re.fullmatch("([+-]?)0*([0-9]{1,19})", value or "")
    number = int(match[1] + match[2]) if match else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def time(value: str | None) -> datetime | None:
    """Milliseconds since 1970 that lie in `TIMES`."""
    number = whole_number(value)
    return EPOCH + timedelta(milliseconds=number) if number is not None and number in TIMES else None


def measurement(value: str | None) -> float | None:
    """A decimal number, with or without exponent, that is finite as a double."""
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", value or ""):
        return None
    number = float(value) + 0.0  # minus zero becomes zero
    return number if math.isfinite(number) else None


def distance(value: str | None) -> int | None:
    """A whole number from 0 to 2147483647."""
    number = whole_number(value)
    return number if number is not None and 0 <= number < 2**31 else None


def day(value: str | None) -> date | None:
    """`YYYY-MM-DD`, a day that exists."""
    match = re.fullmatch("([0-9]{4})-([0-9]{2})-([0-9]{2})", value or "")
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


# Staging


def stage(landing: Path, key: bytes) -> Staged:
    """Every line under `landing` as a typed row, good or bad; `key` makes the pseudonyms.

    Raises:
        OSError: a file cannot be read, or one that ends in `.gz` is not gzipped.
    """

    @cache
    def pseudonym(value: str | None) -> str | None:
        if value is None:
            return None
        return hmac.digest(key, value.encode(), "sha256").hex()[:32]

    return Staged(
        _rows(landing, "customer", lambda fields: _customer(fields, pseudonym), Customer),
        _rows(
            landing,
            "accelerometer",
            lambda fields: _accelerometer(fields, pseudonym),
            Accelerometer,
        ),
        _rows(landing, "step_trainer", lambda fields: _step_trainer(fields, pseudonym), StepTrainer),
    )


Pseudonym = Callable[[str | None], str | None]


def _rows(landing: Path, entity: str, read: Callable[[dict], tuple], row: Callable) -> list:
    """`row`s of what `read` makes of each line: the typed columns and the rejection reason."""
    rows = []
    folder = f"{entity}/landing"
    for name, loaded_at, line in lines(landing / folder):
        fields = parse(line)
        *columns, reason = read({} if fields is None else fields)
        reason = "malformed_json" if fields is None else reason
        rows.append(row(*columns, f"{folder}/{name}", loaded_at, reason))
    return rows


def _first(**absent: Any) -> str | None:
    """The name of the first argument that is None."""
    return next((reason for reason, value in absent.items() if value is None), None)


def _customer(fields: dict[str, Any], pseudonym: Pseudonym) -> tuple:
    text = {name: _text(value) for name, value in fields.items()}.get
    email, serial_number = normalise(text("email")), normalise(text("serialNumber"))
    last_update_date = time(text("lastUpdateDate"))
    return (
        pseudonym(email),
        pseudonym(serial_number),
        text("customerName"),
        email,
        text("phone"),
        day(text("birthDay")),
        serial_number,
        time(text("registrationDate")),
        last_update_date,
        time(text("shareWithResearchAsOfDate")),
        time(text("shareWithPublicAsOfDate")),
        time(text("shareWithFriendsAsOfDate")),
        _first(
            missing_email=email,
            missing_serial_number=serial_number,
            invalid_timestamp=last_update_date,
        ),
    )


def _accelerometer(fields: dict[str, Any], pseudonym: Pseudonym) -> tuple:
    participant_id = pseudonym(normalise(_text(fields.get("user"))))
    spelled = _text(fields.get("timestamp"))
    reading_time = time(_text(fields.get("timeStamp")) if spelled is None else spelled)
    axes = tuple(measurement(_text(fields.get(axis))) for axis in "xyz")
    reason = _first(
        missing_email=participant_id,
        invalid_timestamp=reading_time,
        invalid_measurement=None if None in axes else axes,
    )
    return participant_id, reading_time, *axes, reason


def _step_trainer(fields: dict[str, Any], pseudonym: Pseudonym) -> tuple:
    device_id = pseudonym(normalise(_text(fields.get("serialNumber"))))
    reading_time = time(_text(fields.get("sensorReadingTime")))
    centimetres = distance(_text(fields.get("distanceFromObject")))
    reason = _first(
        missing_serial_number=device_id,
        invalid_timestamp=reading_time,
        invalid_measurement=centimetres,
    )
    return device_id, reading_time, centimetres, reason


# Trusted, curated, audit


def derive(
    staged: Staged,
    *,
    now: datetime,
    consent_scope: str = "all_readings",
    ml_join: str = "same_participant",
    k_anonymity: int = 5,
) -> dict[str, list[tuple]]:
    """The same as `expected`, from lines that have been read already.

    Raises:
        ValueError: `consent_scope` or `ml_join` is none of its values.
    """
    if consent_scope not in ("all_readings", "since_consent"):
        raise ValueError(f"consent_scope: {consent_scope}")
    if ml_join not in ("same_participant", "timestamp_only"):
        raise ValueError(f"ml_join: {ml_join}")
    if now.tzinfo:
        now = now.astimezone(UTC).replace(tzinfo=None)
    outcomes: Counter[tuple[str, str]] = Counter()

    customers = _once("customer", staged.customer, outcomes)
    records: dict[str, list[tuple]] = defaultdict(list)
    owners: dict[str, set[str]] = defaultdict(set)
    for columns, loaded_at in customers.items():
        participant_id, device_id = columns[:2]
        records[participant_id].append((*columns, loaded_at))
        owners[device_id].add(participant_id)

    trusted: dict[str, TrustedCustomer] = {}
    for participant_id, candidates in records.items():
        deciding = min(map(TrustedCustomer._make, candidates), key=lambda r: _precedence(r, now))
        outcomes["customer", "superseded"] += len(candidates) - 1
        if consents(deciding, now):
            trusted[participant_id] = deciding
            outcomes["customer", "trusted"] += 1
        else:
            outcomes["customer", "no_consent"] += 1

    def consent_reason(participant_id: str, reading_time: datetime) -> str | None:
        if participant_id not in trusted:
            return "no_consent"
        since = trusted[participant_id].share_with_research_as_of_date
        early = consent_scope == "since_consent" and reading_time < since
        return "before_consent" if early else None

    accelerometer = []
    for columns, loaded_at in _once("accelerometer", staged.accelerometer, outcomes).items():
        participant_id, reading_time = columns[:2]
        if participant_id not in records:
            outcome = "unknown_customer"
        else:
            outcome = consent_reason(participant_id, reading_time) or "trusted"
        outcomes["accelerometer", outcome] += 1
        if outcome == "trusted":
            accelerometer.append((*columns, loaded_at))
    measured = {row[0] for row in accelerometer}

    step_trainer = []
    for columns, loaded_at in _once("step_trainer", staged.step_trainer, outcomes).items():
        device_id, reading_time = columns[:2]
        owner, *others = owners.get(device_id, (None,))
        if owner is None:
            outcome = "unknown_device"
        elif others:
            outcome = "ambiguous_device"
        else:
            outcome = consent_reason(owner, reading_time) or (
                "trusted" if owner in measured else "no_accelerometer_data"
            )
        outcomes["step_trainer", outcome] += 1
        if outcome == "trusted":
            step_trainer.append((owner, *columns, loaded_at))

    curated = {name: row for name, row in trusted.items() if name in measured}
    return {
        "stg_customer": list(staged.customer),
        "stg_accelerometer": list(staged.accelerometer),
        "stg_step_trainer": list(staged.step_trainer),
        "customer_trusted": list(trusted.values()),
        "accelerometer_trusted": accelerometer,
        "step_trainer_trusted": step_trainer,
        "customers_curated": _curate(curated, accelerometer, step_trainer, k_anonymity),
        "machine_learning_curated": _pair(accelerometer, step_trainer, ml_join),
        "row_outcome": [(*name, count) for name, count in outcomes.items() if count],
    }


TrustedCustomer = NamedTuple("TrustedCustomer", [(name, Any) for name in COLUMNS["customer_trusted"]])
"""A customer record that was read well: the columns of `customer_trusted`."""


def _once(entity: str, rows: Iterable[tuple], outcomes: Counter[tuple[str, str]]) -> dict[tuple, datetime]:
    """Typed columns of each different good row, and when it first landed; counts the other rows."""
    earliest: dict[tuple, datetime] = {}
    for *columns, _source_file, loaded_at, reason in rows:
        columns = tuple(columns)
        if reason:
            outcomes[entity, reason] += 1
        elif columns in earliest:
            outcomes[entity, "repeat"] += 1
            earliest[columns] = min(loaded_at, earliest[columns])
        else:
            earliest[columns] = loaded_at
    return earliest


def consents(record: TrustedCustomer | Customer, now: datetime) -> bool:
    """Whether the person lets research use the readings, by this record, at `now`."""
    since = record.share_with_research_as_of_date
    return since is not None and since <= now


def _precedence(record: TrustedCustomer, now: datetime) -> tuple:
    """A participant's deciding record is the one for which this is least."""
    tie_breakers = (
        record.serial_number,
        record.customer_name,
        record.phone,
        record.birth_day,
        record.registration_date,
        record.share_with_public_as_of_date,
        record.share_with_friends_as_of_date,
        record.loaded_at,
    )
    return (
        EPOCH - record.last_update_date,
        consents(record, now),
        EPOCH - (record.share_with_research_as_of_date or datetime.min),
        *((value is not None, value) for value in tie_breakers),
    )


def dataset_split(participant_id: str) -> str:
    """`train` (80 %), `validation` or `test` (10 % each)."""
    if participant_id < "c" * 32:
        return "train"
    return "validation" if participant_id < "e" + "6" * 31 else "test"


def _pair(accelerometer: list[tuple], step_trainer: list[tuple], ml_join: str) -> list[tuple]:
    """Rows of `machine_learning_curated`."""

    def key(participant_id: str, reading_time: datetime) -> tuple:
        return reading_time, participant_id if ml_join == "same_participant" else None

    axes = defaultdict(list)
    for participant_id, reading_time, x, y, z, _ in accelerometer:
        axes[key(participant_id, reading_time)].append((x, y, z))
    return [
        (participant_id, reading_time, centimetres, *xyz, dataset_split(participant_id))
        for participant_id, _, reading_time, centimetres, _ in step_trainer
        for xyz in axes.get(key(participant_id, reading_time), ())
    ]


def _curate(
    customers: dict[str, TrustedCustomer],
    accelerometer: list[tuple],
    step_trainer: list[tuple],
    k: int,
) -> list[tuple]:
    """Rows of `customers_curated`."""
    readings = Counter(row[0] for row in accelerometer)
    steps = Counter(row[0] for row in step_trainer)
    times = defaultdict(list)
    for row in accelerometer:
        times[row[0]].append(row[1])
    for row in step_trainer:
        times[row[0]].append(row[2])
    bands = generalise({name: (row.birth_day, row.registration_date) for name, row in customers.items()}, k)
    return [
        (
            name,
            *bands[name],
            row.share_with_research_as_of_date.date(),
            readings[name],
            steps[name],
            min(times[name]),
            max(times[name]),
        )
        for name, row in customers.items()
    ]


def age_at(birth_day: date | None, registration_date: datetime | None) -> int | None:
    """Whole years from birth to registration; None outside 0 to 120 or without dates."""
    if birth_day is None or registration_date is None:
        return None
    before_birthday = (registration_date.month, registration_date.day) < (
        birth_day.month,
        birth_day.day,
    )
    age = registration_date.year - birth_day.year - before_birthday
    return age if 0 <= age <= 120 else None


def _coarsen(age: int | None, registered: datetime | None, level: int) -> tuple[str, str]:
    """Age band and registration month at a level of the table in docs/rules.md."""

    def band(years: int) -> str:
        if age is None:
            return "unknown"
        return f"{age // years * years}-{age // years * years + years - 1}"

    if level == 3:
        return "all", "all"
    month = "unknown"
    if registered:
        quarter = (registered.month + 2) // 3
        month = (f"{registered:%Y-%m}", f"{registered:%Y}-Q{quarter}", f"{registered:%Y}")[level]
    return (band(10), band(20), "all")[level], month


def generalise(people: dict[str, tuple[date | None, datetime | None]], k: int) -> dict[str, tuple[str, str]]:
    """Age band and registration month of each person, shared by at least `k` where there are so many.

    Args:
        people: participant_id to day of birth and time of registration.
        k: the fewest people a pair may have.
    """
    groups: dict[tuple[int, str, str], list[str]] = {}
    left = list(people)
    for level in range(3):
        found = defaultdict(list)
        for name in left:
            birth_day, registered = people[name]
            pair = _coarsen(age_at(birth_day, registered), registered, level)
            found[level, *pair].append(name)
        groups |= {group: names for group, names in found.items() if len(names) >= k}
        left = [name for names in found.values() if len(names) < k for name in names]
    for group in sorted(groups, key=lambda group: (len(groups[group]), group)):
        if not 0 < len(left) < k:
            break
        left += groups.pop(group)
    bands = {name: (band, month) for (_, band, month), names in groups.items() for name in names}
    return bands | dict.fromkeys(left, ("all", "all"))
