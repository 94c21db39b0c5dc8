"""The search behind a certificate: each field of a person, in each encoding, in each packing, is found."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import os
import quopri
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest

from stedi import unpacking
from stedi.searching import Needles
from stedi.unpacking import kind_of, pack, unpack

FIELDS = {
    "e-mail": "ann.archer@example.org",
    "name": "Ann Ärcher",
    "phone": "555-0100-77",
    "serial number": "trainer-ann-1",
    "name in other letters": "Анна Петрова",
}
OF_OTHERS = ("joann.archer@example.org", "Joann Ärchery", "1555-0100-778", "trainer-ann-12")
"""Of people in whose values those of hers stand."""

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "in other case": lambda text: text.upper().encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(f"?>?>{text}".encode()),
    "base64 with line ends": lambda text: base64.encodebytes(f"{'y' * 50} {text} {'z' * 50}".encode()),
    "base64 of UTF-16": lambda text: base64.b64encode(text.encode("utf-16")),
    "base64 of a document": lambda text: json.dumps(
        {"rawData": base64.b64encode(json.dumps({"value": text}).encode()).decode()}
    ).encode(),
    "base64 in a document, escaped": lambda text: (
        '{"rawData": "' + base64.b64encode(f"???~~~ {text}".encode()).decode().replace("/", "\\/") + '"}'
    ).encode(),
    "base64 of base64": lambda text: base64.b64encode(base64.b64encode(text.encode())),
    "base64 of gzip": lambda text: base64.b64encode(gzip.compress(text.encode())),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "hexadecimal of base64": lambda text: base64.b64encode(text.encode()).hex().upper().encode(),
    "URL": lambda text: quote(text, safe="").encode(),
    "URL in a URL": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()).replace(b"@", b"=40"),
    "HTML": lambda text: "".join(f"&#{ord(letter)};" for letter in text).encode(),
    "JSON": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text).encode(),
    "JSON in JSON in JSON": lambda text: json.dumps(
        json.dumps(json.dumps("".join(f"\\u{ord(letter):04x}" for letter in text)))
    ).encode(),
    "UTF-16 LE": lambda text: text.encode("utf-16-le"),
    "UTF-16 BE": lambda text: text.encode("utf-16-be"),
    "Latin-1": lambda text: text.encode("latin-1", errors="xmlcharrefreplace"),
}


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", content)
    return file.getvalue()


def tarred(content: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("a.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


STREAMS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip of several members": lambda content: (
        gzip.compress(content[:5]) + gzip.compress(content[5:], mtime=1) + bytes(9)
    ),
    "zlib": zlib.compress,
    "deflate": lambda content: zlib.compress(content, wbits=-zlib.MAX_WBITS),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda content: lzma.compress(content, lzma.FORMAT_ALONE),
}
PACKINGS = STREAMS | {"zip": zipped, "tar": tarred}


@pytest.fixture(scope="module")
def needles() -> Needles:
    return Needles(FIELDS.values(), encoded=True)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_each_field_is_found_in_each_encoding_wherever_it_stands(needles: Needles, encoding: str) -> None:
    encode = ENCODINGS[encoding]
    missed = [
        (field, whole, around)
        for (field, text), whole, around in product(FIELDS.items(), (False, True), ((b"<", b">"), (b'{"k": "', b'"}')))
        if text not in needles.found_in(around[0] + encode(text) + around[1], whole=whole)
    ]
    assert missed == []


@pytest.mark.parametrize("encoding", [name for name in ENCODINGS if name.startswith(("base64", "hexadecimal"))])
def test_letters_beside_an_encoded_form_hide_nothing(needles: Needles, encoding: str) -> None:
    missed = [
        (field, before, after)
        for (field, text), before, after in product(FIELDS.items(), (b"x", b"xy", b"id123"), (b"y", b"abcd"))
        if text not in needles.found_in(before + ENCODINGS[encoding](text) + after, whole=True)
    ]
    assert missed == []


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_is_a_part_of_the_value_of_another_is_theirs(needles: Needles, encoding: str) -> None:
    for text in OF_OTHERS:
        content = b'{"k": "' + ENCODINGS[encoding](f"<{text}>") + b'"}'
        assert needles.found_in(content, whole=True) == set(), text
        assert needles.spans(content) == [], text


@pytest.mark.parametrize(("outer", "inner"), [*product(PACKINGS, PACKINGS)])
def test_each_packing_is_looked_into_and_one_in_another(needles: Needles, outer: str, inner: str) -> None:
    content = "\n".join(FIELDS.values()).encode() + ENCODINGS["base64 of a document"](FIELDS["e-mail"])
    packed = PACKINGS[outer](PACKINGS[inner](content))
    found = unpack(packed)
    assert found.problem is None
    assert found.is_text
    assert set().union(*(needles.found_in(one, whole=True) for one in found.contents)) == set(FIELDS.values())
    if {outer, inner} <= STREAMS.keys():
        assert found.text == content
        assert unpack(pack(found.kinds, content)) == unpack(pack(found.kinds, content))
        assert unpack(pack(found.kinds, content)).text == content
        assert unpack(pack(found.kinds, content)).kinds == found.kinds == [outer.split()[0], inner.split()[0]]
    else:
        assert found.text is None


def test_what_is_in_parquet_is_read_also_its_bytes(needles: Needles, tmp_path: Path) -> None:
    for value, codec in product(("?::varchar", "[?]", "encode(?)", "{'a': ?}"), ("zstd", "snappy")):
        path = tmp_path / "p.parquet"
        with duckdb.connect() as db:
            db.execute("create table t as select " + value + " as v", [FIELDS["e-mail"]])
            db.execute(f"copy t to '{path}' (codec {codec})")
        found = unpack(path.read_bytes())
        assert found.problem is None
        assert any(needles.found_in(content, whole=True) for content in found.contents[1:]), value


def test_what_nobody_can_look_into_is_told() -> None:
    line = b'{"email": "ann@example.org"}\n'
    encrypted = bytearray(zipped(line))
    for at in (encrypted.find(b"PK\x01\x02") + 8, 6):
        encrypted[at] |= 1
    deep = line
    for _ in range(unpacking.DEPTH + 1):
        deep = gzip.compress(deep)
    problems = {
        b"\x28\xb5\x2f\xfd\x04\x00": "its kind is zstd",
        b"\x04\x22\x4d\x18" + line: "its kind is lz4",
        b"\xff\x06\0\0sNaPpY": "its kind is snappy",
        b"7z\xbc\xaf\x27\x1c" + line: "its kind is 7z",
        b"Rar!\x1a\x07\x01" + line: "its kind is rar",
        b"ORC\x11" + line: "its kind is ORC",
        b"PAR1" + line: "a damaged Parquet file",
        bytes(encrypted): "an encrypted zip file",
        zipped(line)[:-30]: "a damaged zip file",
        gzip.compress(line * 999)[:-20]: "a gzip file that is broken",
        bz2.compress(os.urandom(99))[:-9]: "a bzip2 file that is broken",
        gzip.compress(gzip.compress(bytes(1 << 28))): "it becomes too large when it is unpacked",
        bz2.compress(bytes(1 << 27)): "it becomes too large when it is unpacked",
        deep: "it is packed too often",
        gzip.compress(b"\x28\xb5\x2f\xfd" + line): "its kind is zstd",
    }
    assert {content: unpack(content).problem for content in problems} == problems
    assert not unpack(os.urandom(4096)).is_text
    # Text is no packing, however it begins.
    for text in (
        line,
        b"",
        b"x^2 is a square",
        b"BZhello",
        b"ORCA",
        b"PKW\n",
        b'\x01{"email": "a"}',
        "Übung".encode("utf-16"),
    ):
        assert (kind_of(text), unpack(text).problem, unpack(text).text) == (None, None, text)
    # What follows a packing, and what stands before, is not lost.
    for content in (gzip.compress(line) + line.upper(), b"before" + gzip.compress(line.upper())):
        assert line.upper() in unpack(content).contents
        assert unpack(content).text is None
