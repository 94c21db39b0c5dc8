"""Landing files as a build finds them: which are there, which are read, and what is odd in them.

An engine reads the lines (it is fast). What it must not decide is settled here first, for each new file: a name is
never a pattern, bytes that are neither plain text nor gzip under a name that ends in .gz are no landing file, and when
a file landed is what the last build knew of it. For DuckDB one pass over each new file also takes out the lines that it
would drop, or not find the memory for, which are handed over one by one: those that are not UTF-8, all of a file with
long lines or with several documents in a line, and all of a gzip that it may not read to its end.
Works on a folder and on ``s3://``.
"""

from __future__ import annotations

import json
import os
import re
import stat
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from itertools import chain, pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

from stedi import landing
from stedi.documents import STRICT, Number, Object, documents_in
from stedi.naming import is_utf8, readable
from stedi.unpacking import kind_of
from stedi.vault import pseudonym

CHUNK = 1 << 20
PACKED_CHUNK = 1 << 16
"""Of a gzip file less is read at once: what follows a member is copied for the next, and there may be thousands."""
LONGEST = 1_000_000
"""Bytes of a document (docs/rules.md). DuckDB drops lines from some 2,000,000 bytes on."""
LONGEST_LINE = 32 << 20
"""Bytes of a line: Athena reads no file with a longer one."""
SHORT = 2_000
"""Bytes of a document such as sensors and the website send. Of a longer one DuckDB gets what staging asks for: it has
2,048 lines in memory at once, however long they are, and several times over while it reads them."""
LONGEST_VALUE = 1_000
"""Characters of a value that is a value (docs/rules.md)."""
AT = re.compile("[@\ufe6b\uff20]")
SERIAL_NUMBER = re.compile("serial[ _-]?number", re.IGNORECASE)
NO_DOCUMENT = "no document: "
"""Before what is kept of a long line that is no document, or of one that is too long."""
NOT_UTF8 = "not UTF-8: "
"""Before a line whose bytes had to be replaced, so that it can never pass for JSON."""
SEVERAL = re.compile(rb"\}(?:[ \t\v\f,]|\xef\xbb\xbf)*\{|(?:^|[\r\n])(?:[ \t]|\xef\xbb\xbf)*\[")
"""What stands in a line of several documents."""
OTHER_FORMATS = re.compile(
    r"\.(zst|bz2|xz|zip|lz4|lzo|lzo_deflate|snappy|deflate|br|7z|rar|tar|tgz|parquet|orc|avro)$", re.IGNORECASE
)
"""Names by which an engine takes a file for something else, whatever is in it."""
ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")
"""Storage classes of S3 whose objects cannot be read at once."""
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


class Found(NamedTuple):
    """What is listed below a landing folder."""

    path: str
    size: int  # bytes
    modified: int  # seconds since 1970 UTC
    state: str  # another text once it is another file: size, times or, on S3, ETag
    reason: str | None = None  # why it is not read
    is_unreadable: bool = False  # that is an error, not a choice


class Known(NamedTuple):
    """What the last build noted of a file."""

    state: str
    landed: int  # seconds since 1970 UTC
    is_read: bool
    has_lines_kept: bool = False


@dataclass(frozen=True)
class LandingFile:
    """A name below an entity's landing folder, and whether its lines are to be read."""

    path: str
    source_file: str  # relative to the landing root, without personal data
    size: int  # bytes
    modified: int  # seconds since 1970 UTC
    state: str
    reason: str | None = None  # why it is not read
    is_unreadable: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether its name says nothing of a person."""
        return self.path.endswith(self.source_file)

    @property
    def is_whole(self) -> bool:
        """Whether DuckDB must not see the name, because it names a person or reads as a pattern."""
        pattern = S3_PATTERN if self.path.startswith("s3://") else PATTERN
        return not self.path.endswith(self.source_file) or bool(pattern.search(self.path))


@dataclass
class Inspection:
    """What one pass over a file found."""

    reason: str | None = None  # why it is unreadable
    line_count: int = 0  # lines that are not empty; of what is kept whole the documents
    is_odd_gzip: bool = False  # of several members, padded, or with a header that DuckDB does not know
    has_long_lines: bool = False
    has_several: bool = False  # documents in a line, perhaps

    @property
    def is_odd(self) -> bool:
        """Whether DuckDB must not read it itself."""
        return self.is_odd_gzip or self.has_long_lines or self.has_several


@dataclass(frozen=True)
class Kept:
    """What is kept of a file for DuckDB."""

    keep: Callable[[str], None]  # gets each line
    is_whole: bool = False  # every line, not odd ones alone
    fields: Collection[str] = ()  # of a long line that is a document
    searched: bool = True  # of any long line, what may name somebody


class LandingError(Exception):
    """Landing cannot be listed; the text says why, in one line."""


class NoFolderError(LandingError):
    """There is no folder for the entity."""


def look(
    root: str,
    location: str,
    key: bytes,
    known: Mapping[str, Known],
    landed: Mapping[tuple[str, int], int] = MappingProxyType({}),
    *,
    kept: BinaryIO,
    listed_before: int | None = None,
    is_moved: bool = False,
    required: bool = True,
    fields: Collection[str] = (),
    searched: bool = True,
) -> dict[str, Any]:
    """What lies below ``root/location`` now, and what is in the files that are not ``known`` as they are.

    Args:
        root: a folder, or ``s3://bucket``.
        location: an entity's folder below it, such as ``customer/landing``.
        key: the vault key, under which parts of names that may be personal data become pseudonyms.
        known: by source_file what the last build noted.
        landed: when files landed that were written again since (`erasure_list.landed_times`).
        kept: gets the lines that DuckDB must not read itself of files that are ``read``, as JSON objects of path and
            line, one a line.
        listed_before: when landing was last listed (seconds since 1970 UTC).
        is_moved: whether landing lay elsewhere then: a file of the same size and time is the same, and is read again.
        required: whether the folder must be there.
        fields: the fields of a document that staging asks for, in lower case; of a long line nothing else is kept.
        searched: whether staging looks for names in lines that it rejects.

    Returns:
        The root in full, whether it is_synthetic, and files, with for each: path (a made-up one where the name must
        not be seen), source_file, size, state, landed (seconds), status (``read``, ``unreadable`` or ``ignored``),
        reason, is_whole, and, unless known, line_count. And the bytes of the longest object in ``kept``.

    Raises:
        LandingError: there is no such folder and it is required, or it cannot be read.
    """
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
        before = known.get(file.source_file)
        if is_moved and before and size_and_time(before.state) == size_and_time(file.state):
            before = before._replace(state=file.state, is_read=False)
        one: dict[str, Any] = {
            "path": f"{root}/{file.source_file}" if file.is_whole else file.path,
            "source_file": file.source_file,
            "size": file.size,
            "state": file.state,
            "landed": landed_at(file, before, landed, listed_before),
            "status": "unreadable" if file.is_unreadable else "ignored" if file.reason else "read",
            "reason": file.reason,
            "is_whole": file.is_whole,
        }
        if not file.reason and not (before and before.is_read and before.state == file.state):
            begin = kept.tell()
            of_file = Kept(partial(keep, one["path"]), file.is_whole, fields, searched)
            seen = inspect(file.path, of_file)
            if seen.is_odd and not file.is_whole:
                kept.truncate(kept.seek(begin))
                seen = inspect(file.path, replace(of_file, is_whole=True))
                one["is_whole"] = True
            one["line_count"] = seen.line_count
            if seen.reason:
                kept.truncate(kept.seek(begin))
                one |= {"status": "unreadable", "reason": seen.reason}
        found.append(one)
    return {"root": root, "is_synthetic": is_synthetic(root), "files": found, "longest": longest}


def landed_at(
    file: LandingFile,
    before: Known | None,
    landed: Mapping[tuple[str, int], int],
    listed_before: int | None,
    now: float | None = None,
) -> int:
    """When a file landed, in seconds since 1970 UTC.

    As the last build noted it, while the file is what it was; and as an erasure noted it that wrote it again. A file
    that was not there when landing was last listed landed no earlier than that, whatever its own time says; and none
    landed after now.
    """
    if before and before.state == file.state:
        return before.landed
    if (written := landed.get((file.source_file, file.modified))) is not None:
        return written
    return min(max(file.modified, listed_before or file.modified), int(time.time() if now is None else now))


def file_state(path: str) -> str:
    """The state of a landing file now; empty where there is none of that name."""
    try:
        if path.startswith("s3://"):
            bucket, key = _bucket_and_key(path)
            head = _s3().head_object(Bucket=bucket, Key=key)
            return _state_of_object(head["ContentLength"], int(head["LastModified"].timestamp()), head["ETag"])
        return _state_of_file(Path(path).stat())
    except Exception:  # not there, or not to be seen: the view over it says so
        return ""


def size_and_time(state: str) -> str:
    """What of a state a copy has too."""
    return state.rpartition(" ")[0]


def _state_of_file(status: os.stat_result) -> str:
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _state_of_object(size: int, modified: int, etag: str) -> str:
    tag = etag.strip('"')
    return f"{size} {modified} {tag}"


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
        LandingFile(
            found.path,
            source_file(found.path[start:], key),
            found.size,
            found.modified,
            found.state,
            found.reason,
            found.is_unreadable,
        )
        for found in found_below(root, location, required=required)
    ]


def found_below(root: str, location: str, s3: Any = None, *, required: bool = True) -> list[Found]:
    """What `list_files` gives, with the names as they are."""
    listed = list_s3(s3 or _s3(), root, location) if root.startswith("s3://") else _list_folder(Path(root) / location)
    start = len(f"{root.rstrip('/')}/{location}/")
    found = []
    try:
        for one in listed:
            if is_passed_over(one.path[start:]):
                one = one._replace(reason="its name, or its folder's, begins with _ or .", is_unreadable=False)
            elif one.reason is None and OTHER_FORMATS.search(one.path):
                one = one._replace(reason="only plain text and .gz are read", is_unreadable=True)
            found.append(one)
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
    """What stands for a part of a path that may name a person, in a domain of its own: it is nobody's pseudonym."""
    return f"~{pseudonym(key, b'name ' + part.encode(errors='surrogateescape'))}"


def inspect(path: str, kept: Kept | None = None, *, s3: Any = None) -> Inspection:
    """Read a file from end to end, and keep of it what is asked for.

    Needs a few MB of memory, however long the file is, and a few times the longest line.
    """
    found = Inspection()
    try:
        with _open(path, s3) as raw:
            chunks = iter(partial(raw.read, PACKED_CHUNK if path.endswith(".gz") else CHUNK), b"")
            chunks, problem = looked_into(path, chunks, found)
            if problem:
                return Inspection(reason=problem)
            for lines in _pieces(chunks):
                _look_at(lines, found, kept)
    except (EOFError, zlib.error) as error:
        return Inspection(reason=f"not a whole gzip file: {error}")
    except _LongLineError:
        return Inspection(reason=f"it has a line of more than {LONGEST_LINE:,} bytes, which Athena does not read")
    except OSError as error:
        return Inspection(reason=error.strerror or str(error))
    return found


def looked_into(path: str, chunks: Iterator[bytes], found: Inspection) -> tuple[Iterator[bytes], str | None]:
    """The content of a file, and why it is none that is read.

    Raises:
        EOFError, zlib.error: it is not a whole gzip file.
    """
    first = next(chunks, b"")
    kind = kind_of(first[:PACKED_CHUNK])
    chunks = chain([first], chunks) if first else iter(())
    if not path.endswith(".gz"):
        return (
            chunks,
            f"{kind}, not plain text: only gzip is read packed, under a name that ends in .gz" if kind else None,
        )
    if kind not in (None, "gzip"):
        return chunks, f"{kind}, not gzip as its name says"
    chunks = _unpacked(chunks, found)
    first = next(chunks, b"")
    kind = kind_of(first[:PACKED_CHUNK])
    return chain([first], chunks), f"{kind} within gzip: a file is packed once" if kind else None


class _LongLineError(Exception):
    """No engine would read the file."""


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


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of a file that end where a line ends.

    Raises:
        _LongLineError: a line is longer than `LONGEST_LINE`.
    """
    rest: list[bytes] = []
    size = 0
    for chunk in chunks:
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
        first = min((at for at in (chunk.find(b"\n"), chunk.find(b"\r")) if at >= 0), default=len(chunk))
        if size + first > LONGEST_LINE:
            raise _LongLineError
        if end:
            yield b"".join([*rest, chunk[:end]])
            rest, size = [], 0
        rest.append(chunk[end:])
        size += len(chunk) - end
    if size > LONGEST_LINE:
        raise _LongLineError
    yield b"".join(rest)


def _look_at(lines: bytes, found: Inspection, kept: Kept | None) -> None:
    """Whole lines: count them, and keep what is to be kept."""
    parts = (lines.replace(b"\r", b"\n") if b"\r" in lines else lines).split(b"\n")
    longest = max(map(len, parts))
    found.has_long_lines |= longest > SHORT
    found.has_several |= bool(SEVERAL.search(lines))
    if not kept or not kept.is_whole:
        found.line_count += len(parts) - parts.count(b"")
    if not kept or (not kept.is_whole and lines.isascii()):
        return
    for part in filter(None, parts):
        if kept.is_whole:
            documents = _documents_of(part)
            found.line_count += len(documents)
            for document in documents:
                kept.keep(document_text(document, kept))
        elif not is_utf8(part):
            kept.keep(document_text(part, kept))


def _documents_of(part: bytes) -> list[bytes]:
    """The documents of a line; itself where it is none, or one."""
    if not SEVERAL.search(part) or not is_utf8(part):
        return [part]
    return [document.encode() for document in documents_in(trimmed(part.decode()))]


def trimmed(line: str) -> str:
    """A line without what may stand around its document."""
    blank = " \t\r\ufeff"
    line = line.strip(blank)
    return line[:-1].strip(blank) if line.endswith(",") else line


def document_text(raw: bytes, kept: Kept | None = None) -> str:
    """A document as the engine sees it: of a long one, what staging asks for; two that differ stay different."""
    if not is_utf8(raw):
        return f"{NOT_UTF8}{_digest(raw)} {readable(raw) if len(raw) <= SHORT else _telling(raw, kept)}"
    if len(raw) <= SHORT or kept is None:
        return raw.decode()
    line = trimmed(raw.decode())
    if not line:
        return " "
    document = _shortened(line, raw, kept) if len(raw) <= LONGEST else None
    return document or f"{NO_DOCUMENT}{_digest(line.encode())} {_telling(raw, kept)}"


def line_text(part: bytes) -> str:
    """A line as the rules of staging are asked about it, whole."""
    return document_text(part)


def _digest(raw: bytes) -> str:
    return sha256(raw).hexdigest()


def _shortened(line: str, raw: bytes, kept: Kept) -> str | None:
    """A document with the fields that are kept, and whatever else may name somebody; None where a line is no document.

    A field that is named twice stays so.
    """
    try:
        pairs = STRICT.decode(line)
        json.dumps(pairs, ensure_ascii=False).encode()  # refuses half a surrogate pair
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, Object):
        return None
    members = [
        f"{json.dumps(name, ensure_ascii=False)}: {_spelled(value)}"
        for name, value in pairs
        if re.sub(r"[\s_-]", "", name).lower() in kept.fields
    ]
    if kept.searched:
        members.append(f'"": {json.dumps(f"{_digest(line.encode())} {_telling(raw, kept)}", ensure_ascii=False)}')
    return "{" + ", ".join(members) + "}"


def _spelled(value: Any) -> str:
    """A value as JSON; an object or an array is empty, and what is too long for a value is one."""
    if isinstance(value, Object):
        return "{}"
    if isinstance(value, list) or (isinstance(value, str) and len(value) > LONGEST_VALUE):
        return "[]"
    return value if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def _telling(raw: bytes, kept: Kept | None) -> str:
    """All that staging ever looks for in a document that it rejects, which may be very long: the stretches around each
    `@` of all that it says, and after each serial number."""
    if not kept or not kept.searched:
        return ""
    said = readable(raw)
    stretches = [f"{a[-400:]}@{b[:400]}" for a, b in pairwise(AT.split(said))]
    for text in (raw.decode(errors="replace").replace("\0", ""), said):
        after: list[tuple[int, int]] = []
        for found in SERIAL_NUMBER.finditer(text):
            begin = after.pop()[0] if after and found.start() <= after[-1][1] else found.start()
            after.append((begin, found.end() + 1500))
        stretches += [text[begin:end] for begin, end in after]
    return " , ".join(stretches)


def _list_folder(folder: Path) -> Iterator[Found]:
    try:
        entries = _entries_of(folder)
    except OSError as error:
        is_none = isinstance(error, FileNotFoundError)
        raise (NoFolderError if is_none else LandingError)(f"{folder}: {error.strerror}") from None
    yield from _list_entries(entries)


def _entries_of(folder: Path | str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _list_entries(entries: list[os.DirEntry[str]]) -> Iterator[Found]:
    for entry in entries:
        try:
            status = entry.stat()
        except OSError as error:
            is_link = entry.is_symlink()
            reason = f"{'cannot be looked at: ' if is_link else SHUT}{error.strerror}"
            yield Found(entry.path, 0, 0, "", reason, not is_link)
            continue
        modified = status.st_mtime_ns // 1_000_000_000
        state = _state_of_file(status)
        if stat.S_ISDIR(status.st_mode):
            if entry.is_symlink() or entry.name.startswith(("_", ".")):
                yield Found(entry.path, 0, modified, state, "a link to a folder is not followed")
                continue
            try:
                below = _entries_of(entry.path)
            except OSError as error:
                yield Found(entry.path, 0, modified, state, f"{SHUT}{error.strerror}", True)
            else:
                yield from _list_entries(below)
        elif stat.S_ISREG(status.st_mode):
            yield Found(entry.path, status.st_size, modified, state)
        else:
            yield Found(entry.path, 0, modified, state, "not a regular file")


def list_s3(s3: Any, root: str, location: str, since: str | None = None) -> Iterator[Found]:
    """Each object there; raises as `look`. The reason is that of an object which S3 does not give at once.

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
                    state = _state_of_object(item["Size"], modified, item["ETag"])
                    is_archived = item.get("StorageClass") in ARCHIVED
                    reason = f"in storage class {item['StorageClass']}: restore it first" if is_archived else None
                    yield Found(f"s3://{bucket}/{item['Key']}", item["Size"], modified, state, reason, is_archived)
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
