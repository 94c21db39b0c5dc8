"""Landing objects as target `athena` finds them: which are there, when they landed, and which Athena must not meet.

S3 is asked, not Athena, which would open every object to say which there are. Of a new object the first bytes are read
here: what is neither plain text nor gzip under a name that ends in .gz never reaches the engine. What was found is
noted in one object, which Athena reads as the table `landing_file` of the audit.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import repeat
from typing import Any, NamedTuple

from stedi.erasure_list import seconds_of
from stedi.landing_files import (
    LONGEST_LINE,
    OTHER_FORMATS,
    PACKED_CHUNK,
    PERSONAL,
    YEAR,
    Inspection,
    Known,
    LandingFile,
    inspect,
    is_passed_over,
    landed_at,
    list_s3,
    looked_into,
    source_file,
)

AT_ONCE = 16
"""Objects whose first bytes are read at the same time."""
COLUMNS = (
    *("entity", "source_file", "status", "reason", "size", "landed_at", "state"),
    *("line_count", "read_state", "read_landed_at", "path", "is_whole"),
)
"""Of the table `landing_file`, as models/audit/sources.yml has them."""
TO = " .. "
"""Between the two paths of a range, in the place of a path that may name a person."""


class Place(NamedTuple):
    """Where an entity lands; with ``since`` older folders of the hour are not listed (`list_s3`)."""

    entity: str
    location: str
    since: str | None = None


@dataclass
class LandingObject:
    """One object, as macros see it."""

    entity: str
    name: str  # relative to the root, without personal data
    path: str
    size: int  # bytes
    landed_at: datetime  # UTC, whole seconds
    state: str
    is_plain: bool  # the name says nothing of a person
    is_listed: bool = True
    is_new: bool = False  # not as the last build noted it
    reason: str | None = None  # why it is unreadable
    read_state: str = ""  # when it could last be read
    range: tuple[str, str] | None = None  # in which it lies, of what is unreadable and has no plain name

    @property
    def is_doubtful(self) -> bool:
        """Whether only all of its bytes say that the engine can read it."""
        return self.is_new and not self.reason and (self.path.endswith(".gz") or self.size > LONGEST_LINE)

    @property
    def another_time_than(self) -> int | None:
        """The object's own time, in seconds since 1970 UTC, where it landed at another."""
        written = int(self.state.split()[1])
        return written if _time(written) != self.landed_at else None

    @property
    def is_changed(self) -> bool:
        """Whether it was read, and is another file now."""
        return self.is_listed and not self.reason and self.read_state not in ("", self.state)


@dataclass
class Landing:
    """What was found."""

    objects: list[LandingObject] = field(default_factory=list)
    gone: int = 0
    """Objects that were read and are not there any more."""


def look(
    s3: Any,
    root: str,
    key: bytes,
    places: Iterable[Place],
    *,
    noted: bytes | None = None,
    landed: Mapping[tuple[str, int], int],
    listed_before: int | None = None,
) -> Landing:
    """The objects of these places, with what the last build `noted` of them; `landed` as in `landing_files.look`.

    Raises:
        LandingError: S3 does not list them.
    """
    found = Landing()
    known = {(row["entity"], row["source_file"]): row for row in read_noted(noted)}
    for place in places:
        names = set()
        for one in list_s3(s3, root, place.location, place.since):
            path = one.path.removeprefix(f"{root}/")
            if not one.size or is_passed_over(path.removeprefix(f"{place.location}/")):
                continue
            name = source_file(path, key)
            names.add(name)
            row = known.get((place.entity, name))
            before = Known(row["state"], seconds_of(row["landed_at"][:19]), row["status"] == "read") if row else None
            file = LandingFile(one.path, name, one.size, one.modified, one.state, one.reason, one.is_unreadable)
            reason = "only plain text and .gz are read" if OTHER_FORMATS.search(path) else one.reason
            is_new = not (before and before.state == one.state and before.is_read)
            time = landed_at(file, before, landed, listed_before)
            is_rewritten = landed.get((name, one.modified)) is not None
            read_state = row["read_state"] if row and not is_rewritten else ""
            found.objects.append(
                LandingObject(
                    place.entity,
                    name,
                    one.path,
                    one.size,
                    _time(time),
                    one.state,
                    name == path,
                    True,
                    is_new,
                    reason,
                    read_state,
                )
            )
        for (entity, name), row in known.items():
            if entity == place.entity and name not in names:
                if _is_listed(name.removeprefix(f"{place.location}/"), place.since):
                    found.gone += row["read_state"] != ""
                else:
                    found.objects.append(_unlisted(entity, row))
    new = [candidate for candidate in found.objects if candidate.is_new and not candidate.reason]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        reasons = pool.map(why_no_text, repeat(s3), [candidate.path for candidate in new])
        for candidate, reason in zip(new, reasons, strict=True):
            candidate.reason = reason
    return found


def why_no_text(s3: Any, path: str) -> str | None:
    """Why the first bytes of an object are not those of a landing file."""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    try:
        head = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{PACKED_CHUNK - 1}")["Body"].read()
    except Exception as error:  # an archived object, a missing permission
        if type(error).__module__.split(".")[0] != "botocore":
            raise
        return " ".join(str(error).split())
    try:
        return looked_into(path, iter([head]), Inspection())[1]
    except (EOFError, zlib.error) as error:
        return f"not a whole gzip file: {error}" if len(head) < PACKED_CHUNK else None


def why_unreadable(s3: Any, path: str) -> str | None:
    """Why an object cannot be read to its end."""
    return inspect(path, s3=s3).reason


def set_ranges(found: Landing) -> str | None:
    """Find for what is unreadable and must not be named a range of names in which nothing else lies.

    Athena passes over a file by a condition on its path, and a path that may name a person stands in no query. A range
    needs the beginning of the name alone, as far as it differs from its neighbours.

    Returns:
        Why a file cannot be passed over; None where all can.
    """
    paths = sorted((one.path for one in found.objects if one.is_listed), key=lambda path: path.encode())
    bad = {one.path for one in found.objects if one.reason}
    for one in found.objects:
        if one.reason and not one.is_plain and one.is_listed:
            at = paths.index(one.path)
            before = next((path for path in reversed(paths[:at]) if path not in bad), "")
            after = next((path for path in paths[at + 1 :] if path not in bad), "\x7f")
            lower, upper = _shortest_above(before, one.path), _shortest_above(one.path, after)
            folder = f"s3://{one.path[5:].partition('/')[0]}/"
            if any(PERSONAL.search(bound.removeprefix(folder)) for bound in (lower, upper) if bound != "\x7f"):
                return (
                    f"a landing file of {one.entity} cannot be read ({one.reason}). Its name is not told because it "
                    "may be personal data, and Athena cannot pass over it beside another of nearly that name: take the "
                    "file out, or upload it again"
                )
            one.range = (lower, upper)
    return None


def written(objects: Iterable[LandingObject]) -> bytes:
    """What was found as `landing_file` has it."""
    lines = []
    for one in sorted(objects, key=lambda one: (one.entity, one.name)):
        path = one.path if one.is_plain else TO.join(one.range) if one.range else ""
        status, reason = ("unreadable", one.reason) if one.reason else ("read", "")
        read_state = one.read_state if one.reason else one.state
        landed = f"{one.landed_at:%Y-%m-%d %H:%M:%S}"
        values = [
            one.entity,
            one.name,
            status,
            reason or "",
            str(one.size),
            landed,
            one.state,
            "",
            read_state,
            "",
            path,
            "",
        ]
        lines.append("\x01".join(values))
    return "".join(f"{line}\n" for line in lines).encode()


def read_noted(content: bytes | None) -> list[dict[str, str]]:
    """The rows of `landing_file`."""
    lines = (content or b"").decode().splitlines()
    return [dict(zip(COLUMNS, line.split("\x01"), strict=True)) for line in lines]


def passed_over(rows: Iterable[Mapping[str, str]]) -> list[str | tuple[str, str]]:
    """The paths, and ranges of paths, of what is unreadable."""
    paths = [row["path"] for row in rows if row["status"] == "unreadable" and row["path"]]
    return [tuple(path.split(TO, 1)) if TO in path else path for path in paths]  # type: ignore[misc]


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _is_listed(name: str, since: str | None) -> bool:
    """Whether `list_s3` lists a name below a location."""
    return not since or not YEAR.match(name) or name > since


def _unlisted(entity: str, row: Mapping[str, str]) -> LandingObject:
    landed = datetime.fromisoformat(row["landed_at"])
    reason = row["reason"] if row["status"] == "unreadable" else None
    bounds = tuple(row["path"].split(TO, 1)) if TO in row["path"] else None
    return LandingObject(
        entity,
        row["source_file"],
        row["path"],
        int(row["size"]),
        landed,
        row["state"],
        bounds is None and bool(row["path"]),
        False,
        False,
        reason,
        row["read_state"],
        bounds,  # type: ignore[arg-type]
    )


def _shortest_above(below: str, text: str) -> str:
    """The shortest beginning of a text that sorts after another one, which sorts before the text."""
    raw = text.encode()
    for length in range(1, len(raw) + 1):
        if raw[:length] > below.encode():
            return raw[:length].decode(errors="ignore") or text
    return text
