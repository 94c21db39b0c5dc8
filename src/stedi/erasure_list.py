"""The erasure list of a vault: who was erased, by pseudonym, and what the engines have to know of it.

`<vault>/erasure/list.txt`, a line an entry, its four texts apart by U+0001, so that Athena reads the folder as a table.
models/staging/sources.yml says what each kind of entry means. No names, no e-mails.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

FOLDER = "erasure"
NAME = f"{FOLDER}/list.txt"
"""Where the list is, below the vault."""

CERTIFICATES = "erasures/certificates"
"""Where a certificate is for each request of the list that is done, below the vault."""

TIME = "%Y-%m-%d %H:%M:%S"

PEOPLE = ("participant", "device")
"""The kinds of entries whose rows must be nowhere."""

PSEUDONYMOUS = (*PEOPLE, "shared_device", "objection")
"""The kinds of entries that are listed by a pseudonym."""

KINDS = (*PSEUDONYMOUS, "file", "request", "key")
"""All kinds of entries."""


class Entry(NamedTuple):
    """One row of the list; times are text, UTC, in whole seconds."""

    kind: str
    listed: str
    at_time: str
    until_time: str | None = None


def time_text(seconds: int) -> str:
    """Seconds since 1970 UTC as the list has them."""
    return datetime.fromtimestamp(seconds, UTC).strftime(TIME)


def seconds_of(text: str) -> int:
    """The opposite of `time_text`."""
    return int(datetime.strptime(text, TIME).replace(tzinfo=UTC).timestamp())


def read_list(content: bytes | None) -> list[Entry]:
    """The entries of a list; none of one that is not there.

    Raises:
        ValueError: the list is damaged; nobody may be taken for not erased because of it.
    """
    found = []
    try:
        for line in (content or b"").decode().splitlines():
            kind, listed, at_time, until_time = line.split("\x01")
            if kind not in KINDS or not listed:
                raise ValueError(line)
            for time in (at_time, *filter(None, [until_time])):
                seconds_of(time)
            found.append(Entry(kind, listed, at_time, until_time or None))
    except ValueError:
        raise ValueError(f"the vault's erasure list {NAME} is damaged: restore it from its backup") from None
    return found


def write_list(entries: Iterable[Entry]) -> bytes:
    """A list as bytes: each kind and name once, the later entry wins; in order, so that equal lists are equal bytes."""
    latest = {(entry.kind, entry.listed): entry for entry in entries}
    return b"".join(
        "\x01".join([*entry[:3], entry[3] or ""]).encode() + b"\n" for entry in sorted(latest.values(), key=str)
    )


def landed_times(entries: Iterable[Entry]) -> dict[tuple[str, int], int]:
    """When files landed that were written again: by name below the landing root and time of now, in seconds."""
    return {
        (entry.listed, seconds_of(entry.until_time)): seconds_of(entry.at_time)
        for entry in entries
        if entry.kind == "file" and entry.until_time
    }
