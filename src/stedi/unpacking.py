"""What bytes are packed as, and what is in them. Bytes decide, names do not.

Everything that Python's library unpacks is unpacked until nothing unpacks, and DuckDB reads Parquet. What cannot be
looked into is told, never passed over: other kinds, what is damaged or encrypted, and what would become too large.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

DEPTH = 8
"""How many packings may lie in one another."""
ROOM = 1 << 26
"""Bytes that may come out of any content, however small; and"""
RATIO = 200
"""how many for each byte of it. JSON of a sensor is packed to a tenth."""
LARGEST = 1 << 32
"""Bytes that may come out of any content, however large."""
FED = 1 << 16
"""Bytes that are unpacked at once."""
PIECE = 1 << 20
"""Bytes that come out at once."""
ROWS = 20_000
"""Rows of Parquet that are read at once."""

STREAMS = ("gzip", "zlib", "deflate", "bzip2", "xz", "lzma")
"""Kinds that hold one content, and can be packed again."""
ARCHIVES = ("zip", "tar", "Parquet", "Avro")
"""Kinds that hold several."""
MAGIC = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"PK\3\4", "zip"),
    (b"PK\5\6", "zip"),
    (b"PAR1", "Parquet"),
    (b"Obj\1", "Avro"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x02\x21\x4c\x18", "lz4"),
    (b"\xff\x06\0\0sNaPpY", "snappy"),
    (b"\x82SNAPPY\0", "snappy"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"PARE", "encrypted Parquet"),
    (b"LZIP", "lzip"),
    (b"\x89LZO\0", "lzo"),
    (b"\x1f\x9d", "compress"),
    (b"MSCF", "cab"),
    (b"Salted__", "encrypted by openssl"),
    (b"age-encryption.org", "encrypted by age"),
)
SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
"""How a frame of zstd or lz4 may begin that is passed over."""
ORC = re.compile(rb"ORC[\0-\x08\x0a-\x1f\x80-\xff]")
BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
LZMA = re.compile(rb"[\0-\xe0][\0-\xff]{3}[\0-\x40](?:\xff{8}|[\0-\xff]{5}\0{3})", re.DOTALL)
WITHIN = re.compile(rb"\x1f\x8b\x08[\0-\x1f]|BZh[1-9]1AY&SY|\xfd7zXZ\0|PK\x03\x04", re.DOTALL)
"""What may begin in the middle of a content."""
CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"
"""What hardly stands in a text."""

Error = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)


@dataclass
class Unpacked:
    """What was found in a content."""

    contents: list[bytes] = field(default_factory=list)
    """The content itself, and all that is in it, packed or not."""
    kinds: list[str] = field(default_factory=list)
    """As what the `text` is packed, from the outside in."""
    text: bytes | None = None
    """What is in it, where `pack` can make such a content of it again."""
    problem: str | None = None
    """Why not all of it could be looked into."""
    is_text: bool = True
    """Whether people could read all that is in it; what nobody can read may be packed in a way that nobody knows."""


class _TooLargeError(Exception):
    """It is, or is made to look like, more than anybody should unpack."""


def kind_of(content: bytes) -> str | None:
    """What bytes are packed as; None where they are not, as far as anybody can tell."""
    for magic, kind in MAGIC:
        if content.startswith(magic) and (kind != "bzip2" or BZIP2.match(content)):
            return kind
    if SKIPPABLE.match(content):
        return "zstd"
    if ORC.match(content):
        return "ORC"
    if _is_tar(content):
        return "tar"
    if b"PK\5\6" in content[-(1 << 16) - 22 :] and zipfile.is_zipfile(io.BytesIO(content)):
        return "zip"
    if len(content) > 2 and content[0] & 0x8F == 8 and (content[0] << 8 | content[1]) % 31 == 0 and not content[1] & 32:
        return "zlib" if _begins_as("zlib", content) else None
    if LZMA.match(content) and _begins_as("lzma", content):
        return "lzma"
    # Text begins as many a thing by chance; packed bytes are no text.
    return "deflate" if not is_text(content) and _begins_as("deflate", content) else None


def is_text(content: bytes) -> bool:
    """Whether people could read it, in UTF-8, Latin-1 or UTF-16."""
    if _is_mostly_text(content):
        return True
    if b"\0" not in content:
        return False
    for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        for start in (0, 1):
            text = content[start:].decode(encoding, errors="ignore")
            # What is no UTF-16 looks like letters from everywhere.
            plain = text.encode("ascii", errors="ignore")
            if _is_mostly_text(plain) and len(plain) * 4 > len(text):
                return True
    return False


def unpack(content: bytes, *, room: int = ROOM) -> Unpacked:
    """Unpack until nothing unpacks. At most `room` bytes come out, or `RATIO` times the content."""
    return _Unpacking(min(LARGEST, max(room, RATIO * len(content)))).look(content)


def pack(kinds: list[str], text: bytes) -> bytes:
    """The opposite of `unpack`, for a content of these `kinds`. The time of compression is no use to anybody."""
    for kind in reversed(kinds):
        text = _PACK[kind](text)
    return text


class _Unpacking:
    """One content, and all that is in it."""

    def __init__(self, room: int) -> None:
        self.left = room
        self.found = Unpacked()

    def look(self, content: bytes) -> Unpacked:
        try:
            self._look(content, DEPTH, is_straight=True)
        except _TooLargeError:
            self._tell("it becomes too large when it is unpacked")
        except RecursionError:
            self._tell("it is packed too often")
        if self.found.problem:
            self.found.text = None
        return self.found

    def _tell(self, problem: str) -> None:
        self.found.problem = self.found.problem or problem

    def _spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise _TooLargeError

    def _look(self, content: bytes, depth: int, *, is_straight: bool) -> None:
        """`is_straight`: nothing but streams are around it."""
        self.found.contents.append(content)
        kind = kind_of(content)
        if kind is None:
            if is_straight:
                self.found.text = content
            self.found.is_text = self.found.is_text and is_text(content)
            self._look_within(content, depth)
        elif not depth:
            self._tell("it is packed too often")
        elif kind in STREAMS:
            self._look_into_stream(kind, content, depth, is_straight)
        elif kind in ARCHIVES:
            try:
                for inner in _INNER[kind](self, content):
                    self._look(inner, depth - 1, is_straight=False)
            except (*Error, NotImplementedError, RuntimeError, zipfile.BadZipFile, tarfile.TarError, duckdb.Error):
                self._tell(f"a damaged {kind} file")
        else:
            self._tell(f"its kind is {kind}")

    def _look_into_stream(self, kind: str, content: bytes, depth: int, is_straight: bool) -> None:
        at, pieces, problem = 0, [], None
        while at < len(content):
            piece, at, problem = _member(kind, content, at, self._spend)
            pieces.append(piece)
            if problem or kind not in ("gzip", "bzip2", "xz"):
                break
            at += len(content[at:]) - len(content[at:].lstrip(b"\0")) if content[at : at + 1] == b"\0" else 0
            if kind_of(content[at : at + 16]) != kind:
                break
        text = b"".join(pieces)
        if problem:
            self._tell(f"a {kind} file that is broken")
        elif at < len(content):
            # What follows would be lost if it was packed again.
            is_straight = False
            self._look(content[at:], depth - 1, is_straight=False)
        if is_straight:
            self.found.kinds.append(kind)
        self._look(text, depth - 1, is_straight=is_straight)

    def _look_within(self, content: bytes, depth: int) -> None:
        """What begins somewhere in a content that is not packed itself."""
        for begin in WITHIN.finditer(content, 1):
            inner = content[begin.start() :]
            kind = kind_of(inner[: 1 << 10]) if depth else None
            if kind in STREAMS:
                text, _, _ = _member(kind, content, begin.start(), self._spend)
                if text:
                    self.found.text = None
                    self._look(text, depth - 1, is_straight=False)
            elif kind == "zip" and zipfile.is_zipfile(io.BytesIO(inner)):
                self.found.text = None
                self._look(inner, depth - 1, is_straight=False)

    def zip(self, content: bytes) -> Iterator[bytes]:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                yield member.filename.encode(errors="surrogateescape")
                if member.flag_bits & 1:
                    self._tell("an encrypted zip file")
                elif not member.is_dir():
                    with archive.open(member) as file:
                        yield self._read(file)

    def tar(self, content: bytes) -> Iterator[bytes]:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:", ignore_zeros=True) as archive:
            for member in archive:
                yield f"{member.name}\n{member.linkname}\n{member.uname}".encode(errors="surrogateescape")
                file = archive.extractfile(member) if member.isfile() else None
                if file:
                    yield self._read(file)

    def parquet(self, content: bytes) -> Iterator[bytes]:
        db = _duckdb()
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            Path(file.name).write_bytes(content)
            table = f"read_parquet('{file.name}', hive_partitioning = false)"
            columns = db.execute(f"describe from {table}").fetchall()
            # Bytes of a blob are written as hexadecimal digits, and found as such.
            chosen = ", ".join(
                f"hex({_name(column)})" if kind == "BLOB" else f"{_name(column)}::varchar"
                for column, kind, *_ in columns
            )
            cursor = db.execute(
                f"select string_agg(concat_ws(chr(10), {chosen}), chr(10)) "
                f"from (select *, (row_number() over ()) // {ROWS} as piece from {table}) group by piece"
            )
            while row := cursor.fetchone():
                text = (row[0] or "").encode(errors="surrogateescape")
                self._spend(len(text))
                yield text

    def avro(self, content: bytes) -> Iterator[bytes]:
        """The blocks of an Avro file (Avro specification, object container files)."""
        file = io.BytesIO(content[4:])
        codec = b"null"
        while count := _long(file):
            if count < 0:
                _long(file)
            for _ in range(abs(count)):
                name, value = file.read(_long(file)), file.read(_long(file))
                codec = value if name == b"avro.codec" else codec
                yield value
        kind = {b"deflate": "deflate", b"bzip2": "bzip2", b"xz": "xz", b"null": ""}.get(codec)
        if kind is None:
            self._tell(f"its kind is Avro of {codec.decode(errors='replace')}")
            return
        file.read(16)
        while file.tell() < len(content) - 4:
            _long(file)
            block = file.read(_long(file))
            if kind:
                block, _, problem = _member(kind, block, 0, self._spend)
                if problem:
                    raise ValueError(problem)
            yield block
            file.read(16)

    def _read(self, file: Any) -> bytes:
        pieces = []
        while piece := file.read(PIECE):
            self._spend(len(piece))
            pieces.append(piece)
        return b"".join(pieces)


_INNER: dict[str, Callable[[_Unpacking, bytes], Iterator[bytes]]] = {
    "zip": _Unpacking.zip,
    "tar": _Unpacking.tar,
    "Parquet": _Unpacking.parquet,
    "Avro": _Unpacking.avro,
}
_OPEN: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS + 16),
    "zlib": lambda: zlib.decompressobj(zlib.MAX_WBITS),
    "deflate": lambda: zlib.decompressobj(-zlib.MAX_WBITS),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=1 << 30),
    "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=1 << 30),
}
_PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda text: gzip.compress(text, mtime=0),
    "zlib": zlib.compress,
    "deflate": lambda text: zlib.compress(text, wbits=-zlib.MAX_WBITS),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda text: lzma.compress(text, lzma.FORMAT_ALONE),
}


def _member(kind: str, content: bytes, at: int, spend: Callable[[int], None]) -> tuple[bytes, int, str | None]:
    """What is in the stream that begins at a place, as far as it can be had; where it ends; and what is wrong."""
    view = memoryview(content)
    member = _OPEN[kind]()
    pieces: list[bytes] = []
    try:
        while not member.eof:
            given = view[at : at + FED] if getattr(member, "needs_input", True) else view[:0]
            pieces.append(member.decompress(given, PIECE))
            taken = len(given) - len(getattr(member, "unconsumed_tail", b"")) - len(member.unused_data)
            at += taken
            spend(len(pieces[-1]))
            if not (taken or pieces[-1] or member.eof):
                raise EOFError("it ends before its end is marked")
    except Error as error:
        return b"".join(pieces), at, f"{error}"
    return b"".join(pieces), at, None


def _begins_as(kind: str, content: bytes) -> bool:
    """Whether this could be such a stream, which no magic says: something comes out, and its end is not wrong."""
    member = _OPEN[kind]()
    try:
        text = member.decompress(content[:FED], PIECE)
    except Error:
        return False
    if kind == "deflate":
        return bool(text) and (not member.eof or len(member.unused_data) == 0) and len(content) > 8
    return bool(text) or bool(member.eof)


def _is_mostly_text(content: bytes) -> bool:
    return (len(content) - len(content.translate(None, CONTROLS))) * 20 <= len(content)


def _is_tar(content: bytes) -> bool:
    if len(content) < tarfile.BLOCKSIZE or content[0] == 0:
        return False
    try:
        tarfile.TarInfo.frombuf(content[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    """One for all files: to open one takes ten times as long as to read a small file."""
    return duckdb.connect()


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _long(file: io.BytesIO) -> int:
    """A whole number as Avro writes it: zigzag, seven bits a byte."""
    number = shift = 0
    while True:
        byte = file.read(1)
        if not byte:
            raise EOFError
        number |= (byte[0] & 0x7F) << shift
        shift += 7
        if not byte[0] & 0x80:
            return (number >> 1) ^ -(number & 1)
