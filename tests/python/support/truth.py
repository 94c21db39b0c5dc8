"""The reference: what each table must hold, worked out from the landing files in plain Python.

It follows docs/rules.md and shares no code with the SQL, so that a mistake in one shows up as a
difference from the other.

Everywhere here a datetime is naive and in UTC, `loaded_at` is a file's modification time in whole
seconds, `source_file` is relative to the landing root, and rows are tuples in the order of `COLUMNS`.
"""

import base64
import gzip
import hmac
import json
import math
import os
import re
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
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
    named_participants: str | None
    named_devices: str | None
    consent_date_is_unreadable: bool | None
    document_id: str
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


CUSTOMER = Customer._fields[: Customer._fields.index("named_participants")]
"""The typed columns of a customer record."""

COLUMNS: dict[str, tuple[str, ...]] = {
    # Engines differ in how they write what is not UTF-8, and so in document_id.
    "stg_customer": tuple(name for name in Customer._fields if name != "document_id"),
    "stg_accelerometer": Accelerometer._fields,
    "stg_step_trainer": StepTrainer._fields,
    "int_consent": ("participant_id", "state", "consented_since"),
    "customer_trusted": (*CUSTOMER, "consented_since", "loaded_at"),
    "accelerometer_trusted": (*Accelerometer._fields[:-3], "loaded_at"),
    "step_trainer_trusted": ("participant_id", *StepTrainer._fields[:-3], "loaded_at"),
    "customers_curated": ("participant_id", "age_band", "registration_month", "consent_month"),
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


class Erased(NamedTuple):
    """Who was erased, and what has to be known of it."""

    participants: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    shared_devices: frozenset[str] = frozenset()
    objections: Mapping[str, datetime] = MappingProxyType({})
    """Participant to when something landed that stood against them."""
    landed: Mapping[tuple[str, datetime], datetime] = MappingProxyType({})
    """When files first landed that were written again: by `source_file` and the time they have now."""


NOBODY = Erased()


def erased_by(vault: Path) -> Erased:
    """The erasure list of a vault."""
    path = vault / "erasure" / "list.txt"
    kinds: dict[str, list[list[str]]] = defaultdict(list)
    for line in path.read_text().splitlines() if path.exists() else ():
        kind, *rest = line.split("\1")
        kinds[kind].append(rest)
    names = {kind: frozenset(name for name, *_ in rows) for kind, rows in kinds.items()}
    return Erased(
        names.get("participant", frozenset()),
        names.get("device", frozenset()),
        names.get("shared_device", frozenset()),
        {name: datetime.fromisoformat(at) for name, at, _ in kinds["objection"]},
        {
            (name, datetime.fromisoformat(until)): datetime.fromisoformat(at)
            for name, at, until in kinds["file"]
            if until
        },
    )


def expected(
    landing: Path,
    key: bytes,
    *,
    now: datetime,
    erased: Erased = NOBODY,
    landed: Mapping[str, datetime] = MappingProxyType({}),
    consent_scope: str = "all_readings",
    ml_join: str = "same_participant",
    k_anonymity: int = 5,
    minimum_age: int = 0,
) -> dict[str, list[tuple]]:
    """What every relation of `COLUMNS` must hold after a build that starts at `now`.

    Args:
        landing: the landing root, with `customer/landing` and so on; a missing folder is empty.
        key: the vault key, 32 bytes, and 32 more for each rotation.
        now: the start of the build; taken as UTC when it has no zone.
        erased: the erasure list.
        landed: by `source_file` when files landed, where that is known to be another time than their own.
        consent_scope: `all_readings` or `since_consent`.
        ml_join: `same_participant` or `timestamp_only`.
        k_anonymity: the fewest people who may share age band and both months.
        minimum_age: years on the consent date; 0 lets everybody in.

    Returns:
        Relation name to its rows, in no particular order.

    Raises:
        ValueError: `consent_scope`, `ml_join` or `k_anonymity` is none of its values.
    """
    return derive(
        stage(landing, key, erased, landed),
        now=now,
        erased=erased,
        consent_scope=consent_scope,
        ml_join=ml_join,
        k_anonymity=k_anonymity,
        minimum_age=minimum_age,
    )


# Reading a line

MOST_BYTES = 1_000_000
"""A longer document is malformed."""
LONGEST_LINE = 32 * 1024 * 1024
"""A file with a longer line is not read."""

CUSTOMER_FIELDS = (
    "customerName",
    "email",
    "phone",
    "birthDay",
    "serialNumber",
    "registrationDate",
    "lastUpdateDate",
    "shareWithResearchAsOfDate",
    "shareWithPublicAsOfDate",
    "shareWithFriendsAsOfDate",
)


class Line(NamedTuple):
    """A document: `raw` is without what may stand around it."""

    path: tuple[str, ...]
    loaded_at: datetime
    raw: bytes

    @property
    def text(self) -> str:
        return self.raw.decode(errors="replace")

    @property
    def is_too_long(self) -> bool:
        return len(self.raw) > MOST_BYTES


def lines(folder: Path) -> Iterator[Line]:
    """Every document below `folder`; of a file that is not read, none."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(("_", ".")))
        for name in sorted(names):
            path = Path(where, name)
            if name.startswith(("_", ".")) or (content := _content(path)) is None:
                continue
            found = content.replace(b"\r", b"\n").split(b"\n")
            if max(map(len, found)) > LONGEST_LINE:
                continue
            loaded_at = EPOCH + timedelta(seconds=path.stat().st_mtime_ns // 1_000_000_000)
            for raw in found:
                if stripped := _strip(raw):
                    if stripped.endswith(b","):
                        stripped = _strip(stripped[:-1])
                    for document in documents(stripped):
                        yield Line(path.relative_to(folder).parts, loaded_at, document)


_PACKED = (
    b"\x1f\x8b",
    b"BZh",
    b"\x28\xb5\x2f\xfd",
    b"\xfd7zXZ",
    b"PK\3\4",
    b"PAR1",
    b"\xff\x06\0\0sNaPpY",
    b"7z\xbc",
    b"\x04\x22\x4d\x18",
)
"""How content begins that is packed, or no text."""
_OTHER_NAMES = re.compile(
    r"(?i).*\.(zst|bz2|xz|zip|lz4|lzo|lzo_deflate|snappy|deflate|br|7z|rar|tar|tgz|parquet|orc|avro)"
)


def _content(path: Path) -> bytes | None:
    """The bytes of a file, unpacked; None where they cannot be had, or are no text."""
    if not path.is_file() or _OTHER_NAMES.fullmatch(path.name):
        return None
    try:
        content = path.read_bytes()
        if path.name.endswith(".gz"):
            content = gzip.decompress(content)
        return None if content.startswith(_PACKED) or _is_zlib(content) else content
    except (OSError, EOFError, zlib.error):
        return None


def _is_zlib(content: bytes) -> bool:
    try:
        return content[:1] == b"x" and bool(zlib.decompressobj().decompress(content))
    except zlib.error:
        return False


def documents(line: bytes) -> list[bytes]:
    """The documents of a line: several objects, or the objects of an array; otherwise the line.

    A bracket counts where it stands outside a string.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return [line]
    is_array = text.startswith("[")
    found, begin, depth, in_string, escaped = [], None, 0, False, False
    between = [""]
    for at, letter in enumerate(text):
        if in_string:
            in_string = escaped or letter != '"'
            escaped = letter == "\\" and not escaped
        elif letter == '"':
            in_string = True
        if in_string:
            if depth == is_array:
                return [line]
            continue
        if letter in "{[":
            if depth == is_array and not (is_array and at == 0):
                begin = at
            depth += 1
        if depth == is_array and begin is None:
            between[-1] += letter
        if letter in "}]":
            depth -= 1
            if depth == is_array and begin is not None:
                found.append(text[begin : at + 1])
                between.append("")
                begin = None
    if (
        depth
        or in_string
        or not found
        or not all(parse(document.encode(), half=True) is not None for document in found)
    ):
        return [line]
    if is_array:
        try:
            whole = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return [line]
        return [d.encode() for d in found] if len(whole) == len(found) else [line]
    middle = set("".join(between[1:-1]))
    return (
        [d.encode() for d in found]
        if not between[0] and not between[-1] and middle <= set(" \t\v\f,\ufeff")
        else [line]
    )


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _strip(line: bytes) -> bytes:
    while True:
        shorter = line.strip(b" \t\r\n").removeprefix(_BYTE_ORDER_MARK).removesuffix(_BYTE_ORDER_MARK)
        if shorter == line:
            return line
        line = shorter


class Document(list):
    """A JSON object: its names and values as they stand, repeated ones too."""

    def text(self, name: str) -> str | None:
        """The first value of that name, as text; None where it has none."""
        value = next((value for key, value in self if key == name), None)
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else None

    def repeats_one_of(self, names: Iterable[str]) -> bool:
        """Whatever the case of a name, and with white space, `_` and `-` in it."""
        count = Counter(lower("".join(c for c in key if c not in f"_-{WHITE_SPACE}")) for key, _ in self)
        return any(count[name.lower()] > 1 for name in names)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(
    object_pairs_hook=Document,
    parse_int=str,
    parse_float=str,
    parse_constant=_refuse,
)


def parse(line: bytes, *, half: bool = False) -> Document | None:
    """The object that is all of a line, numbers as text; None when malformed. `half` a surrogate pair is none."""
    try:
        text = line.decode()
        document = _DECODER.decode(text)
        if not half and "\\ud" in text.lower():
            # Half of a surrogate pair is no character, wherever in the document it stands.
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, Document) else None


# Reading a value


# str.strip() would also take U+001C to U+001F, which Unicode does not call white space.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def lower(text: str) -> str:
    """Each character in its simple lower case."""
    # Character by character, because str.lower() looks at a sigma's neighbours; and dotted capital
    # I is the one character whose full lower case differs from its simple one.
    return "".join("i" if c == "\u0130" else c.lower() for c in text)


def compatible(text: str) -> str:
    """Without format characters, in Unicode NFKC."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", "".join(c for c in text if unicodedata.category(c) != "Cf"))


LONGEST_NAME = 1_000
"""Characters of an e-mail, a serial number or a name; a longer text is none."""


@lru_cache(maxsize=100_000)
def serial_number(value: str | None) -> str | None:
    """Trimmed and in lower case; None when nothing is left."""
    if value is None or len(value) > LONGEST_NAME:
        return None
    return lower(value.strip(WHITE_SPACE)) or None


@lru_cache(maxsize=100_000)
def email_address(value: str | None) -> str | None:
    """The e-mail that a text is, in the spelling that names a participant; None when it is none."""
    if value is None or len(value) > LONGEST_NAME:
        return None
    text = compatible(value).rstrip(WHITE_SPACE)
    if text.count("@") != 1:
        return None
    if text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1]
    text = text.strip(WHITE_SPACE)
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0].strip(WHITE_SPACE)
    account, at, domain = text.partition("@")
    if not (account and at and domain) or any(c in WHITE_SPACE for c in text):
        return None
    text = lower(text)
    return text if (is_letter(text[0]) or text[0] in "_+-!#$%&/=?^~.") and is_letter(text[-1]) else None


def is_letter(character: str) -> bool:
    """A letter, a digit or a mark."""
    return unicodedata.category(character)[0] in "LNM"


def whole_number(value: str | None) -> int | None:
    """Digits with an optional sign, and perhaps a point and zeros, within 64 bits."""
    match = re.fullmatch(r"([+-]?)0*([0-9]{1,19})(?:\.0+)?", value or "")
    number = int(match[1] + match[2]) if match else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def time(value: str | None) -> datetime | None:
    """Milliseconds since 1970 that lie in `TIMES`."""
    number = whole_number(value)
    return EPOCH + timedelta(milliseconds=number) if number is not None and number in TIMES else None


def _is_unreadable_date(value: str | None) -> bool:
    """Whether a text is there that should be a time and is none; zero and `false` say that there is no date."""
    said = (value or "").strip(WHITE_SPACE)
    return time(value) is None and said != "false" and not re.fullmatch(r"[+-]?0*(\.0*)?", said)


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


def short(value: str | None) -> str | None:
    return value if value is not None and len(value) <= LONGEST_NAME else None


def day(value: str | None) -> date | None:
    """`YYYY-MM-DD`, a day that exists."""
    match = re.fullmatch("([0-9]{4})-([0-9]{2})-([0-9]{2})", value or "")
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


# Whom a rejected customer line names

# What JSON lets a backslash begin, a half of a surrogate pair excepted; and any other backslash.
_ESCAPE = re.compile(
    r"""(
        \\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}
        | \\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}
        | \\[\\/bfnrt]
    ) | \\""",
    re.VERBOSE,
)
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")
_QUOTE = "\ue000"  # stands for a double quote, which a text inside a JSON string cannot have
_SELDOM = ("'‘’", "{}/*!#$%^~`", "|=&?")  # what few e-mails have before their `@`, the likeliest first
_SERIAL_NUMBER = re.compile(
    rf"""serial[ _-]?number["{_QUOTE}']?[{WHITE_SPACE}]*[:=][{WHITE_SPACE}]*"""
    rf"""(?:["{_QUOTE}]([^"{_QUOTE}]*)["{_QUOTE}]|["{_QUOTE}']?([^{WHITE_SPACE}"{_QUOTE}',}}\]]+))""",
    re.IGNORECASE,
)
_BASE64 = re.compile("[A-Za-z0-9+/_-]{16,}")
_LINE_OF_BASE64 = re.compile("([A-Za-z0-9+/_-]{60,76}) +")


def spellings(raw: bytes) -> list[str]:
    """Bytes read as UTF-8, and where they are not that or hold NUL, in other ways."""
    found = [raw.decode(errors="replace")]
    try:
        raw.decode()
    except UnicodeDecodeError:
        found.append(windows_1252(raw))
    if len(found) == 2 or 0 in raw:
        for order in ("little", "big"):
            pairs = zip(raw[::2], raw[1::2], strict=False)
            units = b"".join(int.from_bytes(bytes(pair), order).to_bytes(2, "big") for pair in pairs)
            found.append(units.decode("utf-16-be", errors="replace"))
    return found


def windows_1252(raw: bytes) -> str:
    """What that encoding leaves open is as in Latin-1."""
    return "".join(bytes([b]).decode("cp1252", errors="ignore") or chr(b) for b in raw)


def unescaped(text: str) -> str:
    """A text with its escapes decoded until nothing changes; a backslash that begins none is dropped."""
    for _ in range(8):
        before = text
        text = text.replace("\0", "").replace('\\"', " ").replace('"', _QUOTE)
        text = json.loads(f'"{_ESCAPE.sub(lambda found: found[1] or "", _CONTROL.sub(" ", text))}"')
        if text == before:
            return text
    return text


def unpacked(text: str) -> list[str]:
    """What stands in a text in base64 and in hexadecimal digits, where it is text."""
    text = _LINE_OF_BASE64.sub(r"\1", text)
    found = [bytes.fromhex(digits) for digits in re.findall("(?:[0-9A-Fa-f]{2}){8,}", text)]
    for run in _BASE64.findall(text):
        whole = run[:-1] if len(run) % 4 == 1 else run
        found.append(base64.urlsafe_b64decode(whole.replace("+", "-").replace("/", "_") + "==="))
    texts = []
    for raw in found:
        utf_8, *others = spellings(raw)
        if 0 in raw:
            texts += others[-2:]
        elif not others:
            texts.append(utf_8)
        elif sum(b > 127 for b in raw) * 4 <= len(raw):
            texts.append(others[0])
    return [t for t in texts if not any(unicodedata.category(c) == "Cc" and c not in "\t\n\r" for c in t)]


def readings(raw: bytes) -> list[str]:
    """All that a document says, read in every way that counts."""
    found = [unescaped(text) for text in spellings(raw)]
    packed = [unescaped(inner) for text in found for inner in unpacked(text)]
    return [*found, *packed, *(unescaped(inner) for text in packed for inner in unpacked(text))]


def emails_in(text: str) -> set[str]:
    """The e-mails of a text that has been made readable."""
    text = compatible(text)
    texts = [text]
    if not text.isascii():
        texts.append("".join(" " if c >= "\u2e80" and c != _QUOTE else c for c in text))
        texts.append("".join(c if c < "\u0250" or "\u1e00" <= c <= "\u1eff" or c == _QUOTE else " " for c in text))
    found = set()
    for before, after in pairwise(" ".join(texts).split("@")):
        before, after = before[-320:], after[:320]
        if _QUOTE in before and _QUOTE in after:
            found.add(f"{before.rpartition(_QUOTE)[2]}@{after.partition(_QUOTE)[0]}")
        for allowed in range(len(_SELDOM) + 1):
            account = _ending(before, "._+-" + "".join(_SELDOM[:allowed]))
            domain = _beginning(after, ".-")
            found |= {f"{account}@{domain}", f"{_from_a_letter(account)}@{domain}"}
        found.add(f"{_ending(before, '._+-')}@{_beginning(after, '._+-')}")
    return {email for email in map(email_address, found) if email}


def _ending(text: str, marks: str) -> str:
    """The longest end of a text of letters and these marks."""
    at = len(text)
    while at and (is_letter(text[at - 1]) or text[at - 1] in marks):
        at -= 1
    return text[at:]


def _beginning(text: str, marks: str) -> str:
    """The longest beginning of a text of letters and these marks that ends with a letter."""
    found = ""
    for at, c in enumerate(text):
        if is_letter(c):
            found = text[: at + 1]
        elif c not in marks:
            break
    return found


def _from_a_letter(text: str) -> str:
    return next((text[at:] for at, c in enumerate(text) if is_letter(c)), "")


def serial_numbers_in(raw: bytes) -> set[str]:
    """The serial numbers of a document's text, as it stands and as it can be read."""
    texts = [raw.decode(errors="replace").replace("\0", ""), f" {_QUOTE} ".join(readings(raw))]
    found = {quoted or bare for text in texts for quoted, bare in _SERIAL_NUMBER.findall(text)}
    return {number for number in map(serial_number, found) if number}


# Staging

Pseudonym = Callable[[str | bytes | None], str | None]


def stage(
    landing: Path, key: bytes, erased: Erased = NOBODY, landed: Mapping[str, datetime] = MappingProxyType({})
) -> Staged:
    """Every line under `landing` as a typed row, good or bad; `key` makes the pseudonyms."""

    @cache
    def pseudonym(value: str | bytes | None) -> str | None:
        if value is None:
            return None
        value = value.encode() if isinstance(value, str) else value
        for start in range(0, len(key), 32):
            value = hmac.digest(key[start : start + 32], value, "sha256").hex()[:32].encode()
        return value.decode()

    def rows(entity: str, row: Callable, read: Callable[[Line, Pseudonym], tuple]) -> list:
        found = []
        for line in lines(landing / entity / "landing"):
            *columns, reason = read(line, pseudonym)
            path = "/".join([entity, "landing", *(_part(part, pseudonym) for part in line.path)])
            loaded_at = landed.get(path) or erased.landed.get((path, line.loaded_at), line.loaded_at)
            found.append(_without_erased(row(*columns, path, loaded_at, reason), erased))
        return found

    return Staged(
        rows("customer", Customer, _customer),
        rows("accelerometer", Accelerometer, _accelerometer),
        rows("step_trainer", StepTrainer, _step_trainer),
    )


def _without_erased(row: Any, erased: Erased) -> Any:
    """The row; of somebody who was erased, nothing but where it stood; where it names others too, these alone."""
    nothing = type(row)(*[None] * len(row))._replace(
        source_file=row.source_file, loaded_at=row.loaded_at, rejection_reason="erased"
    )
    if isinstance(row, StepTrainer):
        return nothing if row.device_id in erased.devices else row
    if row.participant_id in erased.participants:
        return nothing
    if isinstance(row, Accelerometer) or not row.rejection_reason:
        return row
    people = _hidden(row.named_participants, erased.participants)
    devices = _hidden(row.named_devices, erased.devices)
    if (people or devices) == "erased":
        return nothing
    return row._replace(named_participants=people, named_devices=devices)


def _hidden(names: str | None, erased: frozenset[str]) -> str | None:
    return names and " ".join(sorted({"erased" if name in erased else name for name in names.split()}))


def _part(name: str, pseudonym: Pseudonym) -> str:
    """A part of a file's path, or its pseudonym where it may be personal."""
    raw = os.fsencode(name)
    if re.fullmatch(rb"[!-~]+", raw) and b"@" not in raw and b"%40" not in raw:
        return name
    return f"~{pseudonym(b'name ' + raw)}"


def _first(**absent: Any) -> str | None:
    """The name of the first argument that is None."""
    return next((reason for reason, value in absent.items() if value is None), None)


def _customer(line: Line, pseudonym: Pseudonym) -> tuple:
    parsed = None if line.is_too_long else parse(line.raw)
    is_malformed = parsed is None or parsed.repeats_one_of(CUSTOMER_FIELDS)
    text = Document().text if is_malformed else parsed.text
    email, number = email_address(text("email")), serial_number(text("serialNumber"))
    last_update_date = time(text("lastUpdateDate"))
    reason = "malformed_json"
    if not is_malformed:
        reason = _first(missing_email=email, missing_serial_number=number, invalid_timestamp=last_update_date)
    people, devices = set(), set()
    if reason:
        people = {email} if email else emails_in(f" {_QUOTE} ".join(readings(line.raw)))
        devices = {number} if number else serial_numbers_in(line.raw)
    return (
        pseudonym(email),
        pseudonym(number),
        short(text("customerName")),
        email,
        short(text("phone")),
        day(text("birthDay")),
        number,
        time(text("registrationDate")),
        last_update_date,
        time(text("shareWithResearchAsOfDate")),
        time(text("shareWithPublicAsOfDate")),
        time(text("shareWithFriendsAsOfDate")),
        " ".join(sorted(map(pseudonym, people))) or None,
        " ".join(sorted(map(pseudonym, devices))) or None,
        _is_unreadable_date(text("shareWithResearchAsOfDate")),
        pseudonym(line.text),
        reason,
    )


def _sensor_document(line: Line) -> tuple[Callable[[str], str | None], str | None]:
    """How to read a field of a line, and `malformed_json` where there is nothing to read."""
    document = None if line.is_too_long else parse(line.raw)
    return (Document().text, "malformed_json") if document is None else (document.text, None)


def _accelerometer(line: Line, pseudonym: Pseudonym) -> tuple:
    text, malformed = _sensor_document(line)
    participant_id = pseudonym(email_address(text("user")))
    spelled = text("timestamp")
    reading_time = time(text("timeStamp") if spelled is None else spelled)
    axes = tuple(measurement(text(axis)) for axis in "xyz")
    reason = malformed or _first(
        missing_email=participant_id,
        invalid_timestamp=reading_time,
        invalid_measurement=None if None in axes else axes,
    )
    return participant_id, reading_time, *axes, reason


def _step_trainer(line: Line, pseudonym: Pseudonym) -> tuple:
    text, malformed = _sensor_document(line)
    device_id = pseudonym(serial_number(text("serialNumber")))
    reading_time = time(text("sensorReadingTime"))
    centimetres = distance(text("distanceFromObject"))
    reason = malformed or _first(
        missing_serial_number=device_id,
        invalid_timestamp=reading_time,
        invalid_measurement=centimetres,
    )
    return device_id, reading_time, centimetres, reason


# Consent

Record = NamedTuple("Record", [*((name, Any) for name in CUSTOMER), ("loaded_at", datetime), ("landed_in", Any)])
"""A good customer record; an exact repeat is the same, `loaded_at` its first landing, `landed_in` in which files."""


class RejectedLine(NamedTuple):
    """A rejected customer line, once however often it landed."""

    loaded_at: datetime
    participants: frozenset[str]
    devices: frozenset[str]


class Consent(NamedTuple):
    """What a participant's records come to."""

    state: str
    deciding: Record | None = None
    since: datetime | None = None
    objections: frozenset[str] = frozenset()


def shares(record: Record, now: datetime) -> bool:
    """Whether the person lets research use the readings, by this record, at `now`."""
    since = record.share_with_research_as_of_date
    return since is not None and since <= now


def consents_of(
    records: Iterable[Record],
    rejected: Iterable[RejectedLine],
    now: datetime,
    erased: Erased = NOBODY,
    minimum_age: int = 0,
) -> dict[str, Consent]:
    """The consent of every participant with a good record."""
    own: dict[str, list[Record]] = defaultdict(list)
    refusals_at: dict[tuple, list[Record]] = defaultdict(list)
    for record in records:
        own[record.participant_id].append(record)
        if not shares(record, now):
            refusals_at[_address_of(record)].append(record)
    naming: dict[str, list[RejectedLine]] = defaultdict(list)
    for line in rejected:
        for participant_id in line.participants:
            naming[participant_id].append(line)

    for participant_id, landed in erased.objections.items():
        naming[participant_id].append(RejectedLine(landed, frozenset({participant_id}), frozenset()))

    found = {}
    for participant_id, candidates in own.items():
        addresses = {_address_of(record) for record in candidates}
        elsewhere = [r for a in addresses for r in refusals_at[a] if r.participant_id != participant_id]
        found[participant_id] = _consent(candidates, naming[participant_id], elsewhere, now, minimum_age)
    return found


def _address_of(record: Record) -> tuple[str, str | None]:
    """What a person who comes with another e-mail still has: the device and the name."""
    words = re.split(f"[{WHITE_SPACE}]+", compatible(record.customer_name or ""))
    return record.serial_number, lower(" ".join(filter(None, words))) or None


def _consent(
    own: list[Record], rejected: list[RejectedLine], elsewhere: list[Record], now: datetime, minimum_age: int
) -> Consent:
    """One participant's consent, from their good records, the rejected lines that name them, and the refusing records
    of others with their device and name."""
    begun = [record for record in own if record.last_update_date <= now]
    if not begun:
        return Consent("no_consent")
    deciding = min(begun, key=lambda record: _precedence(record, now))
    if not shares(deciding, now):
        return Consent("no_consent", deciding)

    decided = deciding.last_update_date
    consents = [r for r in own if r.last_update_date == decided and shares(r, now)]
    landed = max(r.loaded_at for r in consents)
    landed_in = {file for r in consents if r.loaded_at == landed for file in r.landed_in}
    refusals = [record for record in own if not shares(record, now)]
    objections = set()
    for record in refusals:
        if record.last_update_date > now:
            if record.loaded_at >= landed:
                objections.add("future_refusal")
        elif decided - record.last_update_date <= timedelta(hours=26):
            is_elsewhere = len(landed_in | record.landed_in) > 1
            if record.loaded_at > landed or (record.loaded_at == landed and is_elsewhere):
                objections.add("late_refusal")
    if any(line.loaded_at >= landed for line in rejected):
        objections.add("rejected_line")
    for record in elsewhere:
        if record.last_update_date > decided and (record.last_update_date <= now or record.loaded_at >= landed):
            objections.add("new_address")
    if objections:
        return Consent("in_doubt", deciding, objections=frozenset(objections))
    if minimum_age and any(_is_too_young(r, minimum_age) for r in own if r.last_update_date == decided):
        return Consent("below_minimum_age", deciding)

    since = [
        deciding.share_with_research_as_of_date,
        *(r.last_update_date for r in [*refusals, *elsewhere] if r.last_update_date <= decided),
        *(r.loaded_at for r in refusals if r.last_update_date > now),
        *(line.loaded_at for line in rejected),
    ]
    return Consent("consents", deciding, max(since))


def _is_too_young(record: Record, minimum_age: int) -> bool:
    """Whether somebody was younger on the consent date, or how old cannot be told."""
    age = age_at(record.birth_day, record.share_with_research_as_of_date)
    return age is None or age < minimum_age


def _precedence(record: Record, now: datetime) -> tuple:
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
        shares(record, now),
        EPOCH - (record.share_with_research_as_of_date or datetime.min),
        *((value is not None, value) for value in tie_breakers),
    )


# Trusted, curated, audit


def derive(
    staged: Staged,
    *,
    now: datetime,
    erased: Erased = NOBODY,
    consent_scope: str = "all_readings",
    ml_join: str = "same_participant",
    k_anonymity: int = 5,
    minimum_age: int = 0,
) -> dict[str, list[tuple]]:
    """The same as `expected`, from lines that have been read already."""
    if consent_scope not in ("all_readings", "since_consent"):
        raise ValueError(f"consent_scope: {consent_scope}")
    if ml_join not in ("same_participant", "timestamp_only"):
        raise ValueError(f"ml_join: {ml_join}")
    if k_anonymity < 2:
        raise ValueError(f"k_anonymity: {k_anonymity}")
    if now.tzinfo:
        now = now.astimezone(UTC).replace(tzinfo=None)
    outcomes: Counter[tuple[str, str]] = Counter()

    typed = ((*row[: len(CUSTOMER)], *row[-3:]) for row in staged.customer)
    once = _once("customer", typed, outcomes)
    files: dict[tuple, set[str]] = defaultdict(set)
    for row in staged.customer:
        if not row.rejection_reason and row.loaded_at == once[row[: len(CUSTOMER)]]:
            files[row[: len(CUSTOMER)]].add(row.source_file)
    records = [Record(*columns, landed, frozenset(files[columns])) for columns, landed in once.items()]
    rejected = _rejected(staged.customer)
    consents = consents_of(records, rejected, now, erased, minimum_age)
    for record in records:
        outcomes["customer", _customer_outcome(record, consents[record.participant_id], now)] += 1
    trusted = {name: consent for name, consent in consents.items() if consent.state == "consents"}
    owners = _owners(records, rejected)
    owners |= dict.fromkeys((erased.devices | erased.shared_devices) & owners.keys())

    def consent_reason(participant_id: str, reading_time: datetime) -> str | None:
        consent = consents[participant_id]
        if consent.state != "consents":
            return consent.state
        early = consent_scope == "since_consent" and reading_time < consent.since
        return "before_consent" if early else None

    accelerometer = []
    for columns, loaded_at in _once("accelerometer", staged.accelerometer, outcomes).items():
        participant_id, reading_time = columns[:2]
        if participant_id not in consents:
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
        owner = owners.get(device_id)
        if device_id not in owners:
            outcome = "unknown_device"
        elif owner is None:
            outcome = "ambiguous_device"
        else:
            outcome = consent_reason(owner, reading_time) or (
                "trusted" if owner in measured else "no_accelerometer_data"
            )
        outcomes["step_trainer", outcome] += 1
        if outcome == "trusted":
            step_trainer.append((owner, *columns, loaded_at))

    document_id = Customer._fields.index("document_id")
    curated = {name: consent.deciding for name, consent in trusted.items() if name in measured}
    return {
        "stg_customer": [(*row[:document_id], *row[document_id + 1 :]) for row in staged.customer],
        "stg_accelerometer": list(staged.accelerometer),
        "stg_step_trainer": list(staged.step_trainer),
        "int_consent": [(name, consent.state, consent.since) for name, consent in consents.items()],
        "customer_trusted": [(*c.deciding[:-2], c.since, c.deciding.loaded_at) for c in trusted.values()],
        "accelerometer_trusted": accelerometer,
        "step_trainer_trusted": step_trainer,
        "customers_curated": _curate(curated, k_anonymity),
        "machine_learning_curated": _pair(accelerometer, step_trainer, ml_join),
        "row_outcome": [(*name, count) for name, count in outcomes.items() if count],
    }


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


def _rejected(rows: Iterable[Customer]) -> list[RejectedLine]:
    found: dict[str, RejectedLine] = {}
    for row in rows:
        if row.rejection_reason:
            seen = found.get(row.document_id)
            landed = min(row.loaded_at, seen.loaded_at) if seen else row.loaded_at
            people, devices = ((names or "").split() for names in (row.named_participants, row.named_devices))
            found[row.document_id] = RejectedLine(landed, frozenset(people), frozenset(devices))
    return list(found.values())


def _owners(records: Iterable[Record], rejected: Iterable[RejectedLine]) -> dict[str, str | None]:
    """Whose each device is that a good record names; None where that cannot be said."""
    people: dict[str, set[str]] = defaultdict(set)
    for record in records:
        people[record.device_id].add(record.participant_id)
    owners = {device_id: min(names) if len(names) == 1 else None for device_id, names in people.items()}
    for line in rejected:
        for device_id in line.devices & owners.keys():
            if line.participants != {owners[device_id]}:
                owners[device_id] = None
    return owners


def _customer_outcome(record: Record, consent: Consent, now: datetime) -> str:
    """The outcome of a good record, its first landing."""
    if record.last_update_date > now:
        return "future_dated" if shares(record, now) else "no_consent"
    if record is not consent.deciding:
        return "superseded"
    return "trusted" if consent.state == "consents" else consent.state


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


def _curate(customers: dict[str, Record], k: int) -> list[tuple]:
    """Rows of `customers_curated`."""
    people = {
        name: (row.birth_day, row.registration_date, row.share_with_research_as_of_date)
        for name, row in customers.items()
    }
    return [(name, *described) for name, described in generalise(people, k).items()]


def age_at(birth_day: date | None, registration_date: datetime | None) -> int | None:
    """Whole years from birth to registration or another time; None outside 0 to 120 or without dates."""
    if birth_day is None or registration_date is None:
        return None
    before_birthday = (registration_date.month, registration_date.day) < (
        birth_day.month,
        birth_day.day,
    )
    age = registration_date.year - birth_day.year - before_birthday
    return age if 0 <= age <= 120 else None


Described = tuple[str, str, str]
"""Age band, registration month and consent month."""


def _coarsen(age: int | None, registered: datetime | None, consented: datetime | None, level: int) -> Described:
    """What is said of a person at a level of the table in docs/rules.md."""

    def band(years: int) -> str:
        if age is None:
            return "unknown"
        return f"{age // years * years}-{age // years * years + years - 1}"

    def month(time: datetime | None) -> str:
        if time is None:
            return "unknown"
        return (f"{time:%Y-%m}", f"{time:%Y}-Q{(time.month + 2) // 3}", f"{time:%Y}")[level]

    if level == 3:
        return "all", "all", "all"
    return (band(10), band(20), "all")[level], month(registered), month(consented)


def generalise(people: dict[str, tuple[date | None, datetime | None, datetime | None]], k: int) -> dict[str, Described]:
    """What is said of each person, the same of at least `k` where there are so many.

    Args:
        people: participant_id to day of birth, time of registration and time of consent.
        k: the fewest people of whom the same is said.
    """
    groups: dict[tuple[int, str, str, str], list[str]] = {}
    left = list(people)
    for level in range(3):
        found = defaultdict(list)
        for name in left:
            birth_day, registered, consented = people[name]
            found[level, *_coarsen(age_at(birth_day, registered), registered, consented, level)].append(name)
        groups |= {group: names for group, names in found.items() if len(names) >= k}
        left = [name for names in found.values() if len(names) < k for name in names]
    for group in sorted(groups, key=lambda group: (len(groups[group]), group)):
        if not 0 < len(left) < k:
            break
        left += groups.pop(group)
    described = {name: tuple(group[1:]) for group, names in groups.items() for name in names}
    return described | dict.fromkeys(left, ("all", "all", "all"))
