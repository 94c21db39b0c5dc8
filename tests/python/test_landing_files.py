"""Landing files as Python finds them, without dbt."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import re
import tracemalloc
import unicodedata
import zlib
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
import duckdb
import pytest
from moto import mock_aws
from support import hostile, truth

from stedi.landing import write_marker
from stedi.landing_files import (
    LONGEST,
    SHORT,
    Kept,
    Known,
    LandingError,
    LandingFile,
    document_text,
    file_state,
    inspect,
    landed_at,
    list_s3,
    look,
    source_file,
)

KEY = b"k" * 32
WHERE = "customer/landing"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / WHERE).mkdir(parents=True)
    return tmp_path / WHERE


def looked(folder: Path, known: dict[str, Known] | None = None) -> dict[str, dict]:
    """The files below a landing folder by name, as `look` finds them."""
    lines = io.BytesIO()
    found = look(str(folder.parents[1]), WHERE, KEY, known or {}, kept=lines, fields=["email", "timestamp"])
    kept = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert found["longest"] == max(map(len, lines.getvalue().splitlines(keepends=True)), default=0)
    return {
        file["source_file"].removeprefix(f"{WHERE}/"): file
        | {"kept": [line["line"] for line in kept if line["path"] == file["path"]]}
        for file in found["files"]
    }


def test_files_in_folders_of_the_hour_are_read_and_what_is_no_landing_is_ignored(folder: Path) -> None:
    for name in ("2026/11/24/20/a.json", "b.json.gz", "c", "_d/e.json", "f/_g.json", ".h", "i.zst", "j.PARQUET"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(gzip.compress(b"{}\n") if name.endswith(".gz") else b"{}\n")
    os.mkfifo(folder / "fifo")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "linked").symlink_to(folder / "2026")
    (folder / "link").symlink_to(folder / "c")
    (folder / "empty").mkdir()
    found = looked(folder)
    assert {name for name, file in found.items() if file["status"] == "read"} == {
        "2026/11/24/20/a.json",
        "b.json.gz",
        "c",
        "link",
    }
    assert {name for name, file in found.items() if file["status"] == "ignored" and file["reason"]} == {
        "_d",
        "f/_g.json",
        ".h",
        "fifo",
        "dangling",
        "linked",
    }
    assert {name for name, file in found.items() if file["status"] == "unreadable"} == {"i.zst", "j.PARQUET"}


PACKED = {
    "a.json": gzip.compress(b"{}\n"),
    "b.GZ": gzip.compress(b"{}\n"),
    "c.json.gzip": gzip.compress(b"{}\n"),
    "d.json.gz": gzip.compress(gzip.compress(b"{}\n")),
    "e.json": bz2.compress(b"{}\n"),
    "f.json.gz": bz2.compress(b"{}\n"),
    "g.json": zlib.compress(b"{}\n" * 9),
    "h.json": lzma.compress(b"{}\n"),
    "i.json": b"\x28\xb5\x2f\xfd" + bytes(range(99)),
    "j.json": b"PAR1" + bytes(range(99)),
    "k.json": b"\xff\x06\0\0sNaPpY" + bytes(range(99)),
    "l.json": b"PK\3\4" + bytes(range(99)),
    "m.json.gz": gzip.compress(b"PAR1" + bytes(range(99))),
    "n.json.snappy": b'{"email": "ann@example.org"}\n',
    "o.json.Bz2": b"{}\n",
    "p.json": b"{}\n" + b"x" * (32 << 20) + b"y\n",
    "q.json.gz": gzip.compress(b"x" * (32 << 20) + b"y", 1),
}


def test_bytes_decide_what_is_a_landing_file(folder: Path) -> None:
    for name, content in PACKED.items():
        (folder / name).write_bytes(content)
    plain = {
        "text.GZ": b"{}\n",
        "text": b"\xef\xbb\xbf{}\n",
        "utf-16": "{}\n".encode("utf-16"),
        "binary": bytes(range(256)),
    }
    for name, content in plain.items():
        (folder / name).write_bytes(content)
    found = looked(folder)
    assert {name for name, file in found.items() if file["status"] != "unreadable"} == set(plain)
    assert all(found[name]["reason"] and not found[name]["kept"] for name in PACKED)
    assert found["a.json"]["reason"] == "gzip, not plain text: only gzip is read packed, under a name that ends in .gz"
    assert found["d.json.gz"]["reason"] == "gzip within gzip: a file is packed once"
    assert "33,554,432 bytes" in found["q.json.gz"]["reason"]


def test_a_file_landed_as_it_was_noted_and_no_earlier_than_it_was_missing() -> None:
    file = LandingFile("/l/a", "a", 3, 1_000, "3 1000 1000")
    noted = Known(file.state, 500, True)
    assert landed_at(file, None, {}, None, now=2_000) == 1_000
    assert landed_at(file, None, {}, 1_500, now=2_000) == 1_500
    assert landed_at(file, noted, {}, 1_500, now=2_000) == 500
    assert landed_at(file, noted._replace(state="3 1000 999"), {}, 1_500, now=2_000) == 1_500
    assert landed_at(file, noted._replace(state="x"), {("a", 1_000): 700}, 1_500, now=2_000) == 700
    assert landed_at(file, None, {}, None, now=900) == 900
    assert landed_at(file, None, {}, 1_500, now=1_200) == 1_200


def test_a_gzip_that_does_not_end_well_is_unreadable(folder: Path) -> None:
    whole = gzip.compress(b"{}\n" * 10_000)
    (folder / "cut.gz").write_bytes(whole[:-10])
    (folder / "trailing.gz").write_bytes(whole + b"more")
    (folder / "wrong.gz").write_bytes(b"{}\n")
    (folder / "two.gz").write_bytes(whole + whole)
    (folder / "empty.gz").write_bytes(b"")
    found = looked(folder)
    for name in ("cut.gz", "trailing.gz", "wrong.gz"):
        assert found[name]["status"] == "unreadable"
        assert found[name]["reason"].startswith("not a whole gzip file: ")
        assert found[name]["kept"] == []
    assert (found["two.gz"]["line_count"], found["empty.gz"]["line_count"]) == (20_000, 0)


def header(flags: int, fields: bytes = b"") -> bytes:
    """A gzip file of two lines with these in its header."""
    plain = gzip.compress(b"{}\n{}\n")
    return plain[:3] + bytes([flags]) + plain[4:10] + fields + plain[10:]


@pytest.mark.parametrize(
    ("content", "is_odd"),
    [
        (header(0), False),
        (header(8, b"a.json\0"), False),
        (header(4, b"\2\0xx"), False),
        (header(1), True),
        (header(16, b"a comment\0"), True),
        (header(0) + b"\0" * 512, True),
        (gzip.compress(b"{}\n") + b"\0" + gzip.compress(b"{}\n"), True),
        (gzip.compress(b"{}") + gzip.compress(b"\n{}\n"), True),
        (gzip.compress(b"") * 20_000 + header(0), True),
    ],
    ids=["plain", "name", "extra", "text", "comment", "padded", "zeros between", "two members", "empty members"],
)
def test_lines_of_a_gzip_that_duckdb_may_not_read_to_its_end_are_kept(
    folder: Path, content: bytes, is_odd: bool
) -> None:
    (folder / "a.json.gz").write_bytes(content)
    found = looked(folder)["a.json.gz"]
    assert (found["status"], found["line_count"]) == ("read", 2)
    assert (found["is_whole"], found["kept"]) == (is_odd, ["{}", "{}"] if is_odd else [])
    if not is_odd:
        assert len(duckdb.sql(f"from read_csv('{found['path']}', header = false)")) == 2


def too_deep(folder: Path) -> str:
    """Make folders so deep that not even root can read all of them; the path of the deepest below the first."""
    names = ["deep" * 60] * 20
    at = os.open(folder, os.O_RDONLY)
    for name in names:
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    return "/".join(names)


def test_a_folder_that_cannot_be_read_keeps_nothing_else_from_being_read(folder: Path) -> None:
    deep = too_deep(folder)
    (folder / "a.json").write_bytes(b"{}\n")
    found = looked(folder)
    assert found.pop("a.json")["status"] == "read"
    ((name, file),) = found.items()
    assert deep.startswith(name)
    assert (file["status"], file["reason"]) == ("unreadable", "cannot be read: File name too long")


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_file_that_may_not_be_read_is_unreadable(folder: Path) -> None:
    (folder / "shut.json").write_bytes(b"{}\n")
    (folder / "shut.json").chmod(0)
    assert looked(folder)["shut.json"]["reason"] == "Permission denied"


def test_a_file_that_is_known_is_not_read_again_unless_it_is_another(folder: Path) -> None:
    path = folder / "a.json"
    path.write_bytes(b"{}\n")
    file = looked(folder)["a.json"]
    known = {f"{WHERE}/a.json": Known(file["state"], file["landed"], True)}
    assert "line_count" not in looked(folder, known)["a.json"]
    assert "line_count" in looked(folder, {name: one._replace(is_read=False) for name, one in known.items()})["a.json"]
    seconds = path.stat().st_mtime
    path.write_bytes(b"[]\n")
    # With as many bytes and the same time, it is still another file.
    os.utime(path, (seconds, seconds))
    assert looked(folder, known)["a.json"]["line_count"] == 1
    folder.parents[1].rename(folder.parents[1].with_name("moved"))
    moved = folder.parents[1].with_name("moved") / WHERE
    known = {name: one._replace(state=looked(moved)["a.json"]["state"]) for name, one in known.items()}
    assert "line_count" not in looked(moved, known)["a.json"]


def test_lines_that_duckdb_would_lose_are_kept(folder: Path) -> None:
    longest = b"x" * LONGEST
    secret = b'{"email": "ann@example.org", "serialNumber": "s-1", "more": "'
    (folder / "a").write_bytes(
        b"good\n\nnot \xff utf-8\r\r\n" + longest + b"\n" + longest + b"x\n" + secret + b"y" * 5_000_000 + b'"}'
    )
    found = looked(folder)["a"]
    assert found["line_count"] == 5
    assert found["is_whole"]
    assert len(found["kept"]) == 5
    [secretive] = [line for line in found["kept"] if "ann@example.org" in line]
    assert secretive.startswith("no document: ")
    assert '"s-1"' in secretive
    assert len(secretive) < 5000
    digest, longer = (sha256(text).hexdigest() for text in (longest, longest + b"x"))
    odd = [line for line in found["kept"] if line.startswith("not UTF-8: ")]
    assert ["not \N{REPLACEMENT CHARACTER} utf-8" in line and "not ÿ utf-8" in line for line in odd] == [True]
    assert set(found["kept"]) - {secretive, *odd} == {"good", f"no document: {digest} ", f"no document: {longer} "}


def test_a_line_across_chunks_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes((b"x" * 699_999 + b"\n") * 10 + "ü".encode() * 10)
    kept: list[str] = []
    found = inspect(str(path), Kept(kept.append))
    assert (found.line_count, kept) == (11, [])


@pytest.mark.parametrize("place", [-50, -25, -1, 0, 500_000, 3_000_000])
def test_whoever_is_named_in_a_line_of_any_length_is_found(tmp_path: Path, place: int) -> None:
    """Also where two reads of the file meet."""
    name = b'"email": "ann@example.org", "serialNumber": "s-1"'
    line = bytearray(b"x" * 5_000_000)
    line[(1 << 20) + place : (1 << 20) + place + len(name)] = name
    (tmp_path / "a").write_bytes(b"{}\n" + line + b"\r\n{}\n" + line + b"x")
    kept: list[str] = []
    assert inspect(str(tmp_path / "a"), Kept(kept.append, is_whole=True)).line_count == 4
    long = [text for text in kept if text != "{}"]
    assert len(set(long)) == 2
    assert all("ann@example.org" in text and 'serialNumber": "s-1"' in text for text in long)
    assert all(len(text) < 20_000 for text in long)
    kept.clear()
    assert inspect(str(tmp_path / "a"), Kept(kept.append, is_whole=True, searched=False)).line_count == 4
    assert all(len(text) < 100 for text in kept)


def test_documents_of_a_line_are_kept_one_by_one(folder: Path) -> None:
    one, two = '{"email": "a@b", "n": "}{"}', '{"email":"c@d","deep":[{"x":[{}, {}]},{"y":1}]}'
    (folder / "a").write_text(f"{one}{two} ,\t{one},\r[{two},{one}]\n\n{one}{two[:-1]}\n[{one} {two}]")
    found = looked(folder)["a"]
    assert found["kept"] == [one, two, one, two, one, f"{one}{two[:-1]}", f"[{one} {two}]"]
    assert (found["line_count"], found["is_whole"]) == (7, True)


@pytest.mark.parametrize(("separator", "most"), [(b"\n", 8), (b" ", 200)], ids=["lines", "one line"])
def test_a_large_file_needs_little_memory(tmp_path: Path, separator: bytes, most: int) -> None:
    record = b'{"serialNumber": "s-1", "user": "ann@example.org"}'
    (tmp_path / "a").write_bytes((record + separator) * 200_000)
    tracemalloc.start()
    try:
        inspect(str(tmp_path / "a"), Kept(lambda line: None, is_whole=True, searched=False))
        assert tracemalloc.get_traced_memory()[1] < most * 1_000_000
    finally:
        tracemalloc.stop()


FIELDS = ["email", "timestamp"]


@pytest.mark.parametrize(
    ("line", "short"),
    [
        ('{"email": "a@b", "more": "%s"}', '{"email": "a@b"}'),
        ('\ufeff {"more": "%s", "email": "a@b"} ,\t', '{"email": "a@b"}'),
        (
            '{"more": "%s", "timeStamp": 1.50, "timestamp": -0, "timestamp": null}',
            '{"timeStamp": 1.50, "timestamp": -0, "timestamp": null}',
        ),
        ('{"email": {"email": "%s"}, "timestamp": ["%s"]}', '{"email": {}, "timestamp": []}'),
        ('{"\\u0065mail": "\\u00e9@\\ud83d\\ude00\\u0000", "more": "%s"}', '{"email": "é@\U0001f600\\u0000"}'),
        ('{"email": true, "more": "%s", "timestamp": 1e400}', '{"email": true, "timestamp": 1e400}'),
        ('{"timestamp": ' + "9" * 900 + ', "more": "%s"}', '{"timestamp": ' + "9" * 900 + "}"),
        ('{"E-Mail": 1, "more": "%s", "time_stamp": 2}', '{"E-Mail": 1, "time_stamp": 2}'),
        ('{"more": "%s"}', "{}"),
        (" \t\ufeff" * 1000, " "),
        ('{"email": "a@b", "more": "%s"', None),
        ('{"email": "a@b", "more": "%s"} x', None),
        ('{"email": "a@b", "more": "%s",}', None),
        ('["%s"]', None),
        ('"%s"', None),
        ('{"more": "%s", "timestamp": NaN}', None),
        ('{"more": "%s", "timestamp": -Infinity}', None),
        ('{"more": "%s", "timestamp": 01}', None),
        ('{"more": "%s", "other": "\\ud800"}', None),
        ('{"more": "%s\x01"}', None),
        ('{"more": ' + "[" * 100_000 + "]" * 100_000 + "}", None),
    ],
)
def test_of_a_long_line_is_kept_what_staging_asks_for(line: str, short: str | None) -> None:
    padding = "y" * 3000
    line, expected = line.replace("%s", padding), short and short.replace("%s", padding)
    text = document_text(line.encode(), Kept(print, fields=FIELDS, searched=False))
    if expected is None:
        assert text.startswith("no document: ")
        return
    assert text == expected
    if expected != " ":
        values = "select json_value($line, ['$.email', '$.timestamp', '$.timeStamp'])"
        of_line = duckdb.execute(values, {"line": line.strip("\ufeff \t,")}).fetchall()
        assert duckdb.execute(values, {"line": expected}).fetchall() == of_line


def test_a_value_too_long_for_one_is_none() -> None:
    long = f'{{"email": "{"x" * 2_000}@b", "timestamp": {"9" * 2_000}}}'
    assert document_text(long.encode(), Kept(print, fields=FIELDS, searched=False)) == '{"email": [], "timestamp": []}'


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ('"mail": "ann@b"', "ann@b"),
        ('"other": {"deep": [1.50, {"e": "ann\ufe6bb"}]}', "ann@b"),
        ('"ann\uff20b": 1', "ann@b"),
        ('"email": {"e": "ann@b"}', "ann@b"),
        ('"email": null, "email": ["ann@b"]', "ann@b"),
        ('"it": {"serialNumber": "s-1"}', "s-1"),
        ('"note": "his serial number is s-1"', "s-1"),
        ('"note": "\\u005cu0061nn\\u005cu0040b"', "ann@b"),
        ('"data": "eyJtYWlsIjogImFubkBiIn0="', "ann@b"),
    ],
)
def test_whoever_is_named_in_a_long_document_stays_named(member: str, said: str) -> None:
    padding = "y" * 3000
    short = document_text(f'{{"more": "{padding}", {member}}}'.encode(), Kept(print, fields=FIELDS))
    told = json.loads(short)[""]
    assert re.match("[0-9a-f]{64} ", told)
    assert said in unicodedata.normalize("NFKC", told)
    assert len(short) < 4000


def lengthened(raw: bytes, *, before: bool) -> bytes:
    """A line with a long member more, or where it has no braces with a long text."""
    padding = b'"more": "' + b"y" * 3000 + b'"'
    if before:
        head, brace, rest = raw.partition(b"{")
        return head + brace + padding + b", " + rest if brace else padding + raw
    head, brace, rest = raw.rpartition(b"}")
    return head + b", " + padding + brace + rest if brace else raw + b" " + padding


@pytest.mark.parametrize("before", [True, False], ids=["before", "behind"])
@pytest.mark.parametrize(
    "name", sorted(name for name in hostile.REJECTED | hostile.NO_YES if not name.startswith("mark-"))
)
def test_a_hostile_line_says_the_same_when_it_is_long(name: str, before: bool) -> None:
    made = (hostile.REJECTED | hostile.NO_YES)[name](hostile.Person(name, 1, {}))
    raw = made if isinstance(made, bytes) else hostile.line(made)
    kept = Kept(print, fields=[field.lower() for field in truth.CUSTOMER_FIELDS])
    for line in re.split(rb"[\r\n]+", raw):
        if not 100 < len(line) < SHORT:
            continue
        long = lengthened(line, before=before)
        wholes = lines_of(long)
        if len(wholes) > 1:
            continue
        [whole] = wholes
        [short] = lines_of(document_text(long, kept).encode())
        assert truth.emails_in(" ".join(truth.readings(short.raw))) >= truth.emails_in(
            " ".join(truth.readings(whole.raw))
        )
        assert truth.serial_numbers_in(short.raw) >= truth.serial_numbers_in(whole.raw)
        told, asked = truth.parse(short.raw), truth.parse(whole.raw)
        assert (told is None) == (asked is None)
        if told is not None and asked is not None:
            assert told.repeats_one_of(truth.CUSTOMER_FIELDS) == asked.repeats_one_of(truth.CUSTOMER_FIELDS)
            assert [told.text(name) for name in truth.CUSTOMER_FIELDS] == [
                asked.text(name) for name in truth.CUSTOMER_FIELDS
            ]


def lines_of(content: bytes) -> list[truth.Line]:
    with TemporaryDirectory() as folder:
        (Path(folder) / "a").write_bytes(content)
        return list(truth.lines(Path(folder)))


def test_a_file_with_a_long_line_is_kept_as_a_whole(folder: Path) -> None:
    padding = "y" * SHORT
    lines = ['{"email": "a@b", "z": 1}', f'{{"email": "c@d", "z": "{padding}"}}', f'["e@f", "{padding}"', "", "x"]
    (folder / "a").write_text("\n".join(lines))
    (folder / "b").write_text("\n".join(line for line in lines if len(line) <= SHORT))
    found = looked(folder)
    first, second, third, last = found["a"]["kept"]
    assert (first, last) == (lines[0], "x")
    assert second.startswith('{"email": "c@d", "": "')
    assert third.startswith("no document: ")
    assert "e@f" in third
    assert len(third) < 1000
    assert (found["a"]["line_count"], found["b"]["line_count"]) == (4, 2)
    assert (found["a"]["is_whole"], found["b"]["is_whole"], found["b"]["kept"]) == (True, False, [])


NAMES = (
    "what?",
    "what",
    "w*",
    "a[b]",
    "ab",
    "a{b,c}",
    "a\\b",
    "a#b",
    "a%20b",
    "it's",
    "a=1",
    "line=1",
    "~a",
    "a,b",
    "$HOME",
)


def test_no_name_is_a_pattern(tmp_path: Path) -> None:
    """Each name as a file, a folder and a landing root: DuckDB reads that one file, or is not asked to."""
    for root in NAMES:
        for place in (f"{root}/{WHERE}/{root}", f"plain/{WHERE}/{root}/part", f"plain/{WHERE}/{root}.json"):
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / place).write_text(place + "\n")
    read = 0
    for root in (*NAMES, "plain"):
        for file in looked(tmp_path / root / WHERE).values():
            path = file["path"]
            place = path.removeprefix(f"{tmp_path}/")
            if file["is_whole"]:
                assert file["kept"] == [place]
                continue
            read += 1
            quoted = path.replace("'", "''")
            assert duckdb.sql(
                f"select * from read_csv(['{quoted}'], columns = {{'line': 'varchar'}}, header = false, "
                "auto_detect = false, filename = true, hive_partitioning = false, delim = '\\x02', quote = '', "
                "escape = '', new_line = '\\n')"
            ).fetchall() == [(place, path)]
    assert read == 3 * 11


@pytest.mark.parametrize("name", ["ann@example.org.json", "ann%40example.org", "Ann Smith", "café", "a\nb", "\udcff"])
def test_what_names_a_person_in_a_path_is_a_pseudonym(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"{}\n")
    (file,) = looked(folder).values()
    assert name not in file["path"]
    assert file["source_file"].startswith(f"{WHERE}/~")
    assert file["kept"] == ["{}"]
    assert source_file(f"{WHERE}/{name}", b"another" * 4) != file["source_file"]
    assert source_file(f"plain/{name}/plain", KEY).split("/")[::2] == ["plain", "plain"]


def test_generated_data_are_told_from_real(folder: Path) -> None:
    root = folder.parents[1]
    assert look(str(root), WHERE, KEY, {}, kept=io.BytesIO())["is_synthetic"] is False
    write_marker(root, {"seed": 1})
    assert look(str(root), WHERE, KEY, {}, kept=io.BytesIO())["is_synthetic"] is True


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LandingError, match=r"customer/landing: No such file or directory$"):
        look(str(tmp_path), WHERE, KEY, {}, kept=io.BytesIO())


def test_the_state_of_a_file_follows_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"{}\n")
    before = file_state(str(path))
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1))
    assert file_state(str(path)) not in ("", before)
    path.unlink()
    assert file_state(str(path)) == ""


def test_of_the_folders_of_the_hour_only_later_ones_are_asked_for() -> None:
    since = "2026/11/24/20"
    older = ["2025/12/31/23/a", "2026/11/24/19/a", "2026/11/24/20", "2026/01/notes"]
    asked = [
        "1",
        "2026",
        "2026/11/24/20/a",
        "2026/11/24/21/a",
        "2026/notes",
        "2027/01/01/00/a",
        "20260/a",
        "by_hand/2025/a",
        "z",
    ]
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="landing")
        for name in older + asked:
            s3.put_object(Bucket="landing", Key=f"{WHERE}/{name}", Body=b"{}")
        prefixes = []
        s3.meta.events.register("provide-client-params.s3.ListObjectsV2", lambda params, **_: prefixes.append(params))
        names = [path.removeprefix(f"s3://landing/{WHERE}/") for path, *_ in list_s3(s3, "s3://landing", WHERE, since)]
        assert sorted(names) == sorted(asked)
        assert len(prefixes) == 5  # what lies directly there, two years, two folders of other names
        everything = [path.removeprefix(f"s3://landing/{WHERE}/") for path, *_ in list_s3(s3, "s3://landing", WHERE)]
        assert sorted(everything) == sorted(older + asked)
