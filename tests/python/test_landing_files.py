"""Landing files as Python finds them, without dbt."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import boto3
import duckdb
import pytest
from moto import mock_aws

from stedi.landing import write_marker
from stedi.landing_files import LONGEST, LandingError, file_state, inspect, list_s3, look, source_file

KEY = b"k" * 32
WHERE = "customer/landing"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / WHERE).mkdir(parents=True)
    return tmp_path / WHERE


def looked(folder: Path, known: list[tuple[str, int, int]] | None = None) -> dict[str, dict]:
    """The files below a landing folder by name, as `look` finds them."""
    found = look(str(folder.parents[1]), WHERE, KEY, known or [])
    return {file["source_file"].removeprefix(f"{WHERE}/"): file for file in found["files"]}


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
        "i.zst",
        "j.PARQUET",
        "fifo",
        "dangling",
        "linked",
    }


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


def test_a_file_that_is_known_is_not_read_again_unless_its_size_time_or_place_is_another(folder: Path) -> None:
    path = folder / "a.json"
    path.write_bytes(b"{}\n")
    file = looked(folder)["a.json"]
    known = [(file["path"], file["size"], file["modified"])]
    assert "line_count" not in looked(folder, known)["a.json"]
    path.write_bytes(b"{}\n{}\n")
    os.utime(path, (file["modified"], file["modified"]))
    assert looked(folder, known)["a.json"]["line_count"] == 2
    path.write_bytes(b"{}\n")
    os.utime(path, (file["modified"] + 1, file["modified"] + 1))
    assert looked(folder, known)["a.json"]["line_count"] == 1
    os.utime(path, (file["modified"], file["modified"]))
    folder.parents[1].rename(folder.parents[1].with_name("moved"))
    moved = folder.parents[1].with_name("moved") / WHERE
    assert looked(moved, known)["a.json"]["line_count"] == 1


def test_lines_that_duckdb_would_lose_are_kept(folder: Path) -> None:
    longest = b"x" * LONGEST
    secret = b'{"email": "ann@example.org", "serialNumber": "s-1", "more": "'
    (folder / "a").write_bytes(
        b"good\n\nnot \xff utf-8\r\r\n" + longest + b"\n" + longest + b"x\n" + secret + b"y" * 5_000_000 + b'"}'
    )
    found = looked(folder)["a"]
    assert found["line_count"] == 5
    assert found["kept"][0] == "not UTF-8: not \N{REPLACEMENT CHARACTER} utf-8"
    assert found["kept"][1] == "too long: "
    assert "ann@example.org" in found["kept"][2]
    assert '"s-1"' in found["kept"][2]
    assert len(found["kept"][2]) < 5000


def test_a_line_across_chunks_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes((b"x" * 699_999 + b"\n") * 10 + "ü".encode() * 10)
    found = inspect(str(path))
    assert (found.line_count, found.kept) == (11, [])


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
    assert look(str(root), WHERE, KEY, [])["is_synthetic"] is False
    write_marker(root, {"seed": 1})
    assert look(str(root), WHERE, KEY, [])["is_synthetic"] is True


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LandingError, match=r"customer/landing: No such file or directory$"):
        look(str(tmp_path), WHERE, KEY, [])


def test_the_state_of_a_file_follows_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"{}\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert file_state(str(path)) == "3 1700000000"
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
