"""Landing files as `local` finds them: which are there, which are read, and what is odd in them.

DuckDB reads the lines (it is fast). What it must not decide is settled here first, in one pass over each new file: a
name is never a pattern, a gzip that does not end well is no file, and the lines that DuckDB would drop, or not find the
memory for, are handed over one by one: those that are not UTF-8, all of a file with long lines, and all of a gzip that
it may not read to its end.
Works on a folder and on ``s3://``.
"""

from __future__ import annotations

import json
import os
import re
import stat
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from stedi import landing
from stedi.vault import pseudonym

CHUNK = 1 << 20
PACKED_CHUNK = 1 << 16
"""Of a gzip file less is read at once: what follows a member is copied for the next, and there may be thousands."""
LONGEST = 1_000_000
"""Bytes of a line that may be a document (docs/rules.md). DuckDB drops lines from some 2,000,000 bytes on."""
SHORT = 2_000
"""Bytes of a line such as sensors and the website send. Of a longer one DuckDB gets what staging asks for: it has 2,048
lines in memory at once, however long they are, and several times over while it reads them."""
OVERLAP = 2_000
"""Bytes in which a name lies, and that by which it is known as one."""
TOO_LONG = "too long: "
"""Before what is kept of a longer line: all that is ever looked for in a line that is no document."""
AT = re.compile(r"[@\ufe6b\uff20]|\\u0040|\\ufe6b|\\uff20", re.IGNORECASE)
SERIAL_NUMBER = re.compile("serial[ _-]?number", re.IGNORECASE)
NO_DOCUMENT = "no document: "
"""The same, of a line that is long, and not JSON."""
NOT_UTF8 = "not UTF-8: "
"""Before a line whose bytes had to be replaced, so that it can never pass for JSON."""
OTHER_FORMATS = re.compile(r"\.(zst|bz2|xz|zip|lz4|snappy|deflate|br|7z|rar|tar|tgz|parquet|orc|avro)$", re.IGNORECASE)
PERSONAL = re.compile(r"@|%40|[^!-~]")
"""What a part of a path may hold when it names a person: an e-mail, or what is no visible ASCII."""
GZIP_FLAGS = (0, 4, 8, 12)
"""What DuckDB knows of a gzip file's header: a name and an extra field."""
SHUT = "cannot be read: "
"""Begins why a folder is not looked into, or a name not told for a folder or a file."""
YEAR = re.compile("[0-9]{4}/")
"""The folder that a year's folders of the hour lie in."""
PATTERN = re.compile(r"[*?\[\\]")
S3_PATTERN = re.compile(r"[*?\[\]{}#%\\]")
"""What DuckDB takes for a pattern in a path, the folders included, or on S3 for an option."""


@dataclass(frozen=True)
class LandingFile:
    """A name below an entity's landing folder, and whether its lines are to be read."""

    path: str
    source_file: str  # relative to the landing root, without personal data
    size: int  # bytes
    modified: int  # seconds since 1970 UTC
    reason: str | None = None  # why it is not read

    @property
    def is_whole(self) -> bool:
        """Whether DuckDB must not see the name, because it names a person or reads as a pattern."""
        pattern = S3_PATTERN if self.path.startswith("s3://") else PATTERN
        return not self.path.endswith(self.source_file) or bool(pattern.search(self.path))


@dataclass
class Inspection:
    """What one pass over a file found."""

    reason: str | None = None  # why it is unreadable
    line_count: int = 0  # lines that are not empty
    is_odd_gzip: bool = False  # of several members, padded, or with a header that DuckDB does not know
    has_long_lines: bool = False


@dataclass(frozen=True)
class Kept:
    """What is kept of a file for DuckDB."""

    keep: Callable[[str], None]  # gets each line
    is_whole: bool = False  # every line, not odd ones alone
    fields: Collection[str] = ()  # of a long line that is a document
    searched: bool = True  # of any long line, what may name somebody


class _Object(list[tuple[str, Any]]):
    """A JSON object: its names and values, with their repeats."""


class _Number(str):
    """A JSON number as it is spelled."""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


STRICT = json.JSONDecoder(object_pairs_hook=_Object, parse_float=_Number, parse_int=_Number, parse_constant=_refuse)
"""RFC 8259 alone."""


class LandingError(Exception):
    """Landing cannot be listed; the text says why, in one line."""


class NoFolderError(LandingError):
    """There is no folder for the entity."""


def look(
    root: str,
    location: str,
    key: bytes,
    known: Iterable[tuple[str, int, int]],
    landed: Mapping[tuple[str, int], int] = MappingProxyType({}),
    *,
    kept: BinaryIO,
    required: bool = True,
    fields: Collection[str] = (),
    searched: bool = True,
) -> dict[str, Any]:
    """What lies below ``root/location`` now, and what is in the files that are not ``known``.

    Args:
        root: a folder, or ``s3://bucket``.
        location: an entity's folder below it, such as ``customer/landing``.
        key: the vault key, under which parts of names that may be personal data become pseudonyms.
        known: path, size and time of the files that were found readable before, as they were given then.
        landed: when files landed that were written again since (`erasure_list.landed_times`).
        kept: gets the lines that DuckDB must not read itself of files that are ``read``, as JSON objects of path and
            line, one a line.
        required: whether the folder must be there.
        fields: the fields of a document that staging asks for, in lower case; of a long line nothing else is kept.
        searched: whether staging looks for names in lines that it rejects.

    Returns:
        The root in full, whether it is_synthetic, and files, with for each: path (a made-up one where the name must
        not be seen), source_file, size, modified, status (``read``, ``unreadable`` or ``ignored``), reason, is_whole,
        and, unless known, line_count. And the bytes of the longest object in ``kept``.

    Raises:
        LandingError: there is no such folder and it is required, or it cannot be read.
    """
    there = set(known)
    found = []
    longest = 0

    def keep(path: str, text: str) -> None:
        nonlocal longest
        line = json.dumps({"path": path, "line": text}, ensure_ascii=False).encode() + b"\n"
        longest = max(longest, len(line))
        kept.write(line)

    if not root.startswith("s3://"):
        root = str(Path(root).resolve())
    for file in list_files(root, location, key, required=required):
        modified = landed.get((file.source_file, file.modified), file.modified)
        one: dict[str, Any] = {
            "path": f"{root}/{file.source_file}" if file.is_whole else file.path,
            "source_file": file.source_file,
            "size": file.size,
            "modified": modified,
            "status": "read" if not file.reason else "unreadable" if file.reason.startswith(SHUT) else "ignored",
            "reason": file.reason,
            "is_whole": file.is_whole,
        }
        if not file.reason and (one["path"], file.size, modified) not in there:
            begin = kept.tell()
            of_file = Kept(partial(keep, one["path"]), file.is_whole, fields, searched)
            seen = inspect(file.path, of_file)
            if (seen.is_odd_gzip or seen.has_long_lines) and not file.is_whole:
                kept.truncate(kept.seek(begin))
                seen = inspect(file.path, replace(of_file, is_whole=True))
                one["is_whole"] = True
            one["line_count"] = seen.line_count
            if seen.reason:
                kept.truncate(kept.seek(begin))
                one |= {"status": "unreadable", "reason": seen.reason}
        found.append(one)
    return {"root": root, "is_synthetic": is_synthetic(root), "files": found, "longest": longest}


def file_state(path: str) -> str:
    """Size and time of a landing file now, with a space between; empty where there is none of that name."""
    try:
        if path.startswith("s3://"):
            bucket, key = _bucket_and_key(path)
            head = _s3().head_object(Bucket=bucket, Key=key)
            return f"{head['ContentLength']} {int(head['LastModified'].timestamp())}"
        status = Path(path).stat()
    except Exception:  # not there, or not to be seen: the view over it says so
        return ""
    return f"{status.st_size} {status.st_mtime_ns // 1_000_000_000}"


def is_synthetic(root: str, s3: Any = None) -> bool:
    """Whether the marker of generated data lies in a landing root."""
    if not root.startswith("s3://"):
        return landing.is_synthetic(Path(root))
    from botocore.exceptions import ClientError

    bucket, key = _bucket_and_key(f"{root}/{landing.MARKER}")
    try:
        (s3 or _s3()).head_object(Bucket=bucket, Key=key)
    except ClientError:
        return False
    return True


def list_files(root: str, location: str, key: bytes, *, required: bool = True) -> list[LandingFile]:
    """Everything below ``root/location`` that a person would call a file, in order of its path; raises as `look`."""
    start = len(root.rstrip("/")) + 1
    return [
        LandingFile(path, source_file(path[start:], key), size, modified, reason)
        for path, size, modified, reason in found_below(root, location, required=required)
    ]


def found_below(
    root: str, location: str, s3: Any = None, *, required: bool = True
) -> list[tuple[str, int, int, str | None]]:
    """Path, size (bytes), time (seconds since 1970 UTC) and why it is not read, of what `list_files` gives."""
    listed = list_s3(s3 or _s3(), root, location) if root.startswith("s3://") else _list_folder(Path(root) / location)
    start = len(f"{root.rstrip('/')}/{location}/")
    found = []
    try:
        for path, size, modified, reason in listed:
            if is_passed_over(path[start:]):
                reason = "its name, or its folder's, begins with _ or ."
            elif reason is None and OTHER_FORMATS.search(path):
                reason = "only plain text and .gz are read"
            found.append((path, size, modified, reason))
    except NoFolderError:
        if required:
            raise
    return sorted(found)


def is_passed_over(path: str) -> bool:
    """Whether Athena passes over a path below a table's folder, for an underscore or a dot before one of its names."""
    return any(part.startswith(("_", ".")) for part in path.split("/"))


def source_file(relative: str, key: bytes) -> str:
    """A path below the landing root, without what may name a person in it (docs/rules.md, Files)."""
    return "/".join(hidden(part, key) if PERSONAL.search(part) else part for part in relative.split("/"))


def shown(name: str) -> str:
    """A path for people to read, with nothing in the place of parts that may name a person."""
    return "/".join("~" if PERSONAL.search(part) else part for part in name.split("/"))


def hidden(part: str, key: bytes) -> str:
    """What stands for a part of a path that may name a person."""
    return f"~{pseudonym(key, part.encode(errors='surrogateescape'))}"


def inspect(path: str, kept: Kept | None = None, *, s3: Any = None) -> Inspection:
    """Read a file from end to end, and keep of it what is asked for.

    Needs a few MB of memory, however long the file and its lines are, unless there are many names in one of the lines.
    """
    found = Inspection()
    try:
        with _open(path, s3) as raw:
            if path.endswith(".gz"):
                chunks = _unpacked(iter(partial(raw.read, PACKED_CHUNK), b""), found)
            else:
                chunks = iter(partial(raw.read, CHUNK), b"")
            for lines in _pieces(chunks, found, kept):
                _look_at(lines, found, kept)
    except (EOFError, zlib.error) as error:
        return Inspection(reason=f"not a whole gzip file: {error}")
    except OSError as error:
        return Inspection(reason=error.strerror or str(error))
    return found


def _unpacked(chunks: Iterator[bytes], found: Inspection) -> Iterator[bytes]:
    """The content of a gzip file.

    DuckDB stops without a word where a member ends with what it has read, refuses zeros behind one, and headers that
    others take. `gzip` reads all of them and does not tell.

    Raises:
        EOFError, zlib.error: the file is not whole.
    """
    packed = next(chunks, b"")
    while packed:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS + 16)
        found.is_odd_gzip |= len(packed) < 4 or packed[3] not in GZIP_FLAGS
        while not member.eof:
            if not packed and not (packed := next(chunks, b"")):
                raise EOFError("it ends before its end is marked")
            yield member.decompress(packed, CHUNK)
            packed = member.unconsumed_tail
        packed = member.unused_data or next(chunks, b"")
        found.is_odd_gzip |= bool(packed)
        while packed and not (packed := packed.lstrip(b"\0")):
            packed = next(chunks, b"")


def _pieces(chunks: Iterable[bytes], found: Inspection, kept: Kept | None) -> Iterator[bytes]:
    """Pieces of a file that end where a line ends. A line too long for that is counted and kept here."""
    rest = b""
    told: list[str] | None = None  # of a line that is too long and has not ended yet
    for chunk in chunks:
        chunk = rest + chunk
        if told is not None:
            ends = [at for at in (chunk.find(b"\n"), chunk.find(b"\r")) if at >= 0]
            line, chunk = (chunk[: min(ends)], chunk[min(ends) :]) if ends else (chunk, b"")
            told.append(_told(line, kept))
            if not ends:
                rest = line[-OVERLAP:]
                continue
            _end_too_long(told, found, kept)
            told = None
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
        if end:
            yield chunk[:end]
        rest = chunk[end:]
        if len(rest) > LONGEST:
            told, rest = [_told(rest, kept)], rest[-OVERLAP:]
    if told is None:
        yield rest
    else:
        _end_too_long(told, found, kept)


def _end_too_long(told: list[str], found: Inspection, kept: Kept | None) -> None:
    found.line_count += 1
    found.has_long_lines = True
    if kept:
        kept.keep(TOO_LONG + " , ".join(filter(None, told)))


def _look_at(lines: bytes, found: Inspection, kept: Kept | None) -> None:
    """Whole lines: count them, and keep what is to be kept."""
    parts = (lines.replace(b"\r", b"\n") if b"\r" in lines else lines).split(b"\n")
    found.line_count += len(parts) - parts.count(b"")
    longest = max(map(len, parts))
    found.has_long_lines |= longest > SHORT
    if not kept or (not kept.is_whole and lines.isascii() and longest <= LONGEST):
        return
    for part in filter(None, parts):
        if kept.is_whole or len(part) > LONGEST or not _is_utf8(part):
            kept.keep(line_text(part) if len(part) <= SHORT else long_line_text(part, kept))


def line_text(part: bytes) -> str:
    """A line as the engine sees it."""
    text = part.decode(errors="replace")
    if len(part) > LONGEST:
        return TOO_LONG + _telling(text)
    return text if _is_utf8(part) else NOT_UTF8 + text


def long_line_text(part: bytes, kept: Kept) -> str:
    """What is kept of a line longer than SHORT; two lines that differ stay different where they are searched."""
    if len(part) > LONGEST:
        return TOO_LONG + _told(part, kept)
    blank = " \t\r\ufeff"
    line = part.decode(errors="replace").strip(blank)
    if line.endswith(","):
        line = line[:-1].strip(blank)
    if not line:
        return " "
    is_utf8 = _is_utf8(part)
    if is_utf8 and (document := _shortened(line, kept)):
        return document
    digest = sha256(line.encode()).hexdigest()
    return f"{NO_DOCUMENT if is_utf8 else NOT_UTF8}{digest} {_told(part, kept)}"


def _told(part: bytes, kept: Kept | None) -> str:
    return _telling(part.decode(errors="replace")) if kept and kept.searched else ""


def _shortened(line: str, kept: Kept) -> str | None:
    """A document with the fields that are kept, and whatever else may name somebody; None where a line is no document.

    A field that is named twice stays so.
    """
    try:
        pairs = STRICT.decode(line)
        json.dumps(pairs, ensure_ascii=False).encode()  # refuses half a surrogate pair
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, _Object):
        return None
    members = []
    for name, value in pairs:
        member = f"{json.dumps(name, ensure_ascii=False)}: {_spelled(value, kept.searched)}"
        if name.lower() in kept.fields or (kept.searched and (AT.search(member) or SERIAL_NUMBER.search(member))):
            members.append(member)
    if kept.searched:
        members.append(f'"": "{sha256(line.encode()).hexdigest()}"')
    return "{" + ", ".join(members) + "}"


def _spelled(value: Any, whole: bool) -> str:
    """A value as JSON; unless it is wanted ``whole`` an object or an array is empty."""
    if isinstance(value, _Number):
        return value
    if isinstance(value, _Object):
        members = (
            f"{json.dumps(name, ensure_ascii=False)}: {_spelled(below, whole)}" for name, below in value if whole
        )
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_spelled(below, whole) for below in value if whole) + "]"
    return json.dumps(value, ensure_ascii=False)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _telling(text: str) -> str:
    """The stretches around each `@` and after each serial number of a text, which may be very long."""
    text = text.replace("\0", "")
    stretches = [f"{a[-400:]}@{b[:400]}" for a, b in pairwise(AT.split(text))]
    after: list[tuple[int, int]] = []
    for found in SERIAL_NUMBER.finditer(text):
        begin = after.pop()[0] if after and found.start() <= after[-1][1] else found.start()
        after.append((begin, found.end() + 1500))
    stretches += [text[begin:end] for begin, end in after]
    return " , ".join(stretches)


def _list_folder(folder: Path) -> Iterator[tuple[str, int, int, str | None]]:
    try:
        entries = _entries_of(folder)
    except OSError as error:
        is_none = isinstance(error, FileNotFoundError)
        raise (NoFolderError if is_none else LandingError)(f"{folder}: {error.strerror}") from None
    yield from _list_entries(entries)


def _entries_of(folder: Path | str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _list_entries(entries: list[os.DirEntry[str]]) -> Iterator[tuple[str, int, int, str | None]]:
    for entry in entries:
        try:
            status = entry.stat()
        except OSError as error:
            yield entry.path, 0, 0, f"{'cannot be looked at: ' if entry.is_symlink() else SHUT}{error.strerror}"
            continue
        modified = status.st_mtime_ns // 1_000_000_000
        if stat.S_ISDIR(status.st_mode):
            if entry.is_symlink() or entry.name.startswith(("_", ".")):
                yield entry.path, 0, modified, "a link to a folder is not followed"
                continue
            try:
                below = _entries_of(entry.path)
            except OSError as error:
                yield entry.path, 0, modified, f"{SHUT}{error.strerror}"
            else:
                yield from _list_entries(below)
        elif stat.S_ISREG(status.st_mode):
            yield entry.path, status.st_size, modified, None
        else:
            yield entry.path, 0, modified, "not a regular file"


def list_s3(s3: Any, root: str, location: str, since: str | None = None) -> Iterator[tuple[str, int, int, str | None]]:
    """Path, size in bytes, time (seconds since 1970 UTC) and no reason, of each object there; raises as `look`.

    With ``since``, an hour such as ``2026/11/24/20``, what lies below a folder of a year and sorts before it is left
    out, and S3 is not asked for it. Everything else is listed.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, prefix = _bucket_and_key(f"{root}/{location}/")
    pages = s3.get_paginator("list_objects_v2").paginate

    def folders() -> Iterator[dict[str, Any]]:
        below = []
        for page in pages(Bucket=bucket, Prefix=prefix, Delimiter="/"):
            yield page
            below += [found["Prefix"] for found in page.get("CommonPrefixes", [])]
        for folder in below:
            if not YEAR.fullmatch(folder.removeprefix(prefix)):
                yield from pages(Bucket=bucket, Prefix=folder)
            elif folder[:-1] >= f"{prefix}{since}"[: len(folder) - 1]:
                yield from pages(Bucket=bucket, Prefix=folder, StartAfter=f"{prefix}{since}")

    try:
        for page in folders() if since else pages(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                if not item["Key"].endswith("/"):
                    modified = int(item["LastModified"].timestamp())
                    yield f"s3://{bucket}/{item['Key']}", item["Size"], modified, None
    except (BotoCoreError, ClientError) as error:
        raise LandingError(f"{root}/{location}: {error}") from None


def _open(path: str, s3: Any) -> Any:
    if not path.startswith("s3://"):
        return Path(path).open("rb")
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = _bucket_and_key(path)
    try:
        return (s3 or _s3()).get_object(Bucket=bucket, Key=key)["Body"]
    except (BotoCoreError, ClientError) as error:
        raise OSError(str(error)) from None


def _bucket_and_key(url: str) -> tuple[str, str]:
    # Not urlsplit for the key: `?` and `#` are letters of a name here.
    bucket = urlsplit(url).netloc
    return bucket, url[len(f"s3://{bucket}/") :]


def _s3() -> Any:
    import boto3

    return boto3.client("s3")
