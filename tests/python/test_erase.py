"""`stedi erase`: nothing is left of a person, everything of everybody else, and nobody comes back."""

from __future__ import annotations

import base64
import bz2
import contextlib
import gzip
import hmac
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from codecs import BOM_UTF8 as BOM
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import boto3
import pytest
from lakehouse import PROJECT, ZONE_OF, assert_same_rows
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count
from objects import Objects
from rich.console import Console
from support import truth
from support.drawing import HOUR, NOON, acceleration, customer, lines, step
from test_incremental import ALSO, MANIFESTS, World
from test_operations import new_queries
from test_parity import Pair

from athena_local.pytest_plugin import RunningAthena
from stedi import athena_lake, cli, duckdb_lake, erase, lake, stores
from stedi.erase_landing import Documents
from stedi.erasure_list import NAME
from stedi.errors import StediError
from stedi.searching import BLOCK, Needles
from stedi.settings import load_settings
from stedi.unpacking import unpack
from stedi.vault import ensure_key, problem_of

ANN = "ann.archer@example.org"
TEXTS = (ANN, "Ann Ärcher", "555-0100-77", "trainer-ann-1")
"""What of Ann must be nowhere: e-mail, name, phone and serial number."""
OTHERS = ("bob", "cem", "dan", "eve", "fay")


def record(name: str, *, consent: int | None = NOON, updated: int = NOON, **more: Any) -> dict:
    full = customer(f"{name}@example.org", f"trainer-{name}", updated, consent, name.title())
    return full | {"phone": f"555-0200-{name}"} | more


def ann(**more: Any) -> dict:
    return record("ann") | dict(zip(("email", "customerName", "phone", "serialNumber"), TEXTS, strict=True)) | more


def fill(world: World) -> None:
    """Ann in every way in which a person gets into landing, and others whose records hang on hers."""
    world.land(
        "customer",
        lines(
            ann(),
            ann(email=" ANN.Archer@Example.org", lastUpdateDate=NOON - 5),
            *(record(name) for name in OTHERS),
            # Dan's device is Ann's too
            ann(serialNumber="trainer-dan", lastUpdateDate=NOON - 6),
            # Fay refused as somebody with Ann's e-mail: the same name, the same device, a later date
            ann(serialNumber="trainer-fay", customerName="Fay", consent=None, lastUpdateDate=NOON + 7)
            | {"shareWithResearchAsOfDate": None},
            record("gus", note={"referredBy": f"by {ANN}"}, contact=[TEXTS[2]]),
        ),
    )
    world.land(
        "customer",
        lines(
            b'{"email": "ann.archer@example.org", "phone"',
            # Eve may have withdrawn with this
            b'{"email": "ann.archer\\u0040example.org", {"email": "eve@example.org"}',
            b"\xff\xfe call 555-0100-77",
            rb'{"customerName": "Ann \u00c4rcher"',
            b'{"email": {"is": "ann.archer@example.org"}, "email": 5}',
            b"serial-number: TRAINER-ANN-1",
            b'{"email": "ann.archer@example.org", "lastUpdateDate": "x", "serialNumber": "trainer-ann-1"}',
            record("hal"),
        ),
        zipped=True,
    )
    # She consents all the same
    world.land("customer", lines(ann(lastUpdateDate=NOON + 20)))
    people = [ANN, "Mailto:ANN.ARCHER@example.org", *(f"{name}@example.org" for name in (*OTHERS, "gus", "hal"))]
    world.land(
        "accelerometer",
        lines(
            *(acceleration(p, NOON + n * HOUR // 2) for p in people for n in range(3)),
            b'{"user": "ann.archer@example.org"',
        ),
    )
    devices = ["trainer-ann-1", *(f"trainer-{name}" for name in (*OTHERS, "gus", "hal"))]
    world.land(
        "step_trainer",
        b"".join(lines(step(d, NOON + n * HOUR // 2)) for n in range(3) for d in devices).replace(b"\n", b"\r\n"),
        name=f"from {ANN}",
    )
    folder = world.folder / "landing" / "customer" / "landing"
    for name in ("_kept.json", ".old.json"):
        (folder / name).write_bytes(lines(ann(), record("ida")))


@contextlib.contextmanager
def standing_in(environment: dict[str, str]) -> Iterator[None]:
    """The environment of a command in this process, which prints nothing."""
    here = Path.cwd()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(None):
        for key, value in environment.items():
            patch.setenv(key, value)
        try:
            yield
        finally:
            duckdb_lake.close_database()
            os.chdir(here)


def within(world: World, name: str = "kept") -> contextlib.AbstractContextManager[None]:
    """The environment of a command on a world's database."""
    return standing_in(world.environment(name))


def run(world: World, *emails: str, arguments: str = "", name: str = "kept") -> tuple[bool, str]:
    """`stedi erase` in this process on a database; whether there was anybody, and what it said."""
    said = io.StringIO()
    accepted = tuple(arguments.split("--accept-unread ")[1:])
    flags = {name: f"--{name.replace('_', '-')}" in arguments for name in ("execute", "replay", "also_unknown")}
    order = erase.Order(emails, accept_unread=accepted, **flags)
    with within(world, name):
        manifest = MANIFESTS[json.dumps(world.variables)]
        done = erase.erase(load_settings(PROJECT), order, Console(file=said, width=200), manifest)
    return done, said.getvalue()


def places(world: World, texts: tuple[str, ...] = TEXTS) -> set[str]:
    """Where one of the texts stands, found without the project's own search: files, unpacked, and tables as text."""
    found = set()
    wanted = [form.encode() for text in texts for form in (text.lower(), json.dumps(text.lower())[1:-1])]
    for path in world.folder.rglob("*"):
        if not path.is_file() or path.is_relative_to(world.folder / "vault"):
            continue
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        content += os.fsencode(path.relative_to(world.folder))
        if any(form in content.decode(errors="replace").lower().replace("\\u0040", "@").encode() for form in wanted):
            found.add(path.relative_to(world.folder).as_posix())
    with world.database() as db:
        for schema, table in db.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            rows = repr(db.execute(f"select columns(*)::varchar from {schema}.{table}").fetchall()).lower()
            if any(form.decode() in rows for form in wanted):
                found.add(f"{schema}.{table}")
    return found


def pseudonyms(world: World) -> tuple[str, ...]:
    listed = truth.erased_by(world.folder / "vault")
    return (*listed.participants, *listed.devices)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Ann among others, built; tests copy it."""
    world = World(tmp_path_factory.mktemp("erase"))
    fill(world)
    world.build()
    return world


@pytest.fixture
def world(template: World, tmp_path: Path) -> World:
    shutil.copytree(template.folder, tmp_path / "world", symlinks=True)
    copy = World.__new__(World)
    copy.__dict__ = template.__dict__ | {"folder": tmp_path / "world", "anew": None, "edits": {}, "variables": {}}
    # The database knows the landing that it was built from.
    with copy.database() as db:
        db.execute("update stedi_audit.landing set landing = ?", [str((copy.folder / "landing").resolve())])
    return copy


def others(tables: dict[str, list[tuple]], gone: tuple[str, ...]) -> dict[str, list[tuple]]:
    """The rows that name somebody, and none of the pseudonyms, of tables whose rows are of one person each."""
    return {
        relation: sorted((r for r in rows if r[0] is not None and not set(gone) & set(map(str, r))), key=repr)
        for relation, rows in tables.items()
        if relation in {**ZONE_OF, **ALSO} and relation not in ("row_outcome", "stg_customer", "stg_device")
    }


def test_nothing_of_a_person_is_left_and_everything_of_others(world: World) -> None:
    log = world.folder / "logs" / "dbt.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text(f"one line\nanother of {ANN}\n")
    (world.folder / "target" / "run.sql").write_text(f"select '{ANN}'")
    with world.database() as db:
        db.execute("create schema stedi_dbt_test__audit")
        db.execute("create table stedi_dbt_test__audit.failures as select ? as email", [ANN])
    before = world.tables()
    with world.database() as db:
        states = dict(db.execute("select participant_id, state from stedi_staging.int_consent").fetchall())
        names = dict(db.execute("select email, participant_id from stedi_staging.stg_customer").fetchall())
    assert states[names["fay@example.org"]] == states[names["eve@example.org"]] == "in_doubt"
    there = places(world)
    assert {"stedi_staging.stg_customer", "stedi_trusted.customer_trusted", "logs/dbt.log", "target/run.sql"} <= there
    assert len([place for place in there if place.startswith("landing/")]) == 7

    done, said = run(world, ANN, arguments="--execute")
    assert done
    assert "erased: 1 participant;" in said
    assert ANN not in said
    gone = pseudonyms(world)
    assert len(gone) == 2
    assert places(world, (*TEXTS, *gone)) == set()
    assert log.read_text().startswith("one line\n")
    # Others are as they were: Fay and Eve in doubt, Dan's device nobody's, Gus's record read as ever.
    assert others(world.tables(), gone) == others(before, gone)
    assert world.differences() == []
    world.build()
    assert others(world.tables(), gone) == others(before, gone)
    world.build("kept", "--full-refresh")
    assert others(world.tables(), gone) == others(before, gone)
    files = [path for path in (world.folder / "landing").rglob("*") if path.is_file() and path.suffix != ".gz"]
    left = b"".join(path.read_bytes() for path in files)
    assert b'"note": {"referredBy": "erased"}, "contact": ["erased"]' in left
    assert b"ida@example.org" in left
    assert b'"trainer-bob", "distanceFromObject": 5}\r\n' in left

    certificate = json.loads(next((world.folder / "vault" / "erasures" / "certificates").glob("*.json")).read_text())
    assert sorted([*certificate["participants"], *certificate["devices"]]) == sorted(gone)
    assert certificate["removed"]["tables"]["stedi_trusted.customer_trusted"] == 1
    assert certificate["removed"]["landing"]["accelerometer"] == 7
    assert min(certificate["checked_bytes"].values()) > 0
    assert not any(text in json.dumps(certificate, ensure_ascii=False) for text in TEXTS)
    for path in (world.folder / "vault" / "erasures").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert not (world.folder / "vault" / erase.OPEN).exists()


def test_a_dry_run_changes_nothing_and_an_unknown_person_is_told(world: World) -> None:
    def state() -> dict[Path, tuple[int, bytes]]:
        kept = ("landing", "vault", "kept")
        return {
            path: (path.stat().st_mtime_ns, path.read_bytes())
            for name in kept
            for path in (world.folder / name).rglob("*")
            if path.is_file()
        }

    before = state()
    done, said = run(world, ANN, "nobody@example.org")
    assert done
    assert "entry 2 is unknown" in said
    assert "nothing was changed" in said
    assert "landing customer/landing/_kept.json: 1 document" in said
    assert "table stedi_trusted.customer_trusted: 1 row" in said
    assert state() == before
    done, said = run(world, "nobody@example.org", arguments="--execute")
    assert not done
    assert "nobody to erase: nothing was changed" in said
    assert state() == before
    with pytest.raises(StediError, match="entry 1 is no e-mail"):
        run(world, "nobody", arguments="--execute")
    assert state() == before
    for place, leads_to in {"customer/landing/link.json": "vault/pseudonym_key/key.hex", "linked": "vault"}.items():
        link = world.folder / "landing" / place
        link.symlink_to(world.folder / leads_to)
        with pytest.raises(StediError, match=f"^landing {place} is a link, and nobody is erased where it leads"):
            run(world, ANN, arguments="--execute")
        link.unlink()
    (world.folder / "vault").rename(world.folder / "elsewhere")
    with pytest.raises(StediError, match="cannot read the vault key"):
        run(world, ANN, arguments="--execute")
    shutil.copytree(world.folder / "elsewhere", world.folder / "vault")
    (world.folder / "vault" / "pseudonym_key" / "key.hex").write_text("ab" * 32)
    with pytest.raises(StediError, match="is not the one that these tables were built with"):
        run(world, ANN, arguments="--execute")
    shutil.rmtree(world.folder / "vault")
    (world.folder / "elsewhere").rename(world.folder / "vault")
    with pytest.raises(StediError, match="there is no build yet"):
        run(world, ANN, arguments="--execute", name="another")
    assert state() == before


class Killed(BaseException):
    """The process dies here."""


def dies(*_: Any, **__: Any) -> None:
    raise Killed


def dies_after(count: int, function: Callable) -> Callable:
    """A function that is called so often, and then no more."""
    calls = []

    def called(*arguments: Any, **named: Any) -> Any:
        if len(calls) == count:
            raise Killed
        calls.append(1)
        return function(*arguments, **named)

    return called


DEATHS: dict[str, list[tuple[Any, str, Callable]]] = {
    "before the list": [(erase.Erasure, "list", dies)],
    "before landing": [(erase.Erasure, "clean_landing", dies)],
    "between two objects": [(stores.Folder, "replace", dies_after(2, stores.Folder.replace))],
    "after an object, before the list knows": [
        (erase.Erasure, "note_written", dies_after(1, erase.Erasure.note_written))
    ],
    "before the build": [(duckdb_lake.DuckDBLake, "rebuild", dies)],
    "before the new database": [(duckdb_lake.DuckDBLake, "_write_anew", dies)],
    "before the certificate": [(erase.Erasure, "certify", dies)],
}


def test_killed_at_any_step_the_next_run_completes_it(world: World) -> None:
    """One after the other in one world: each death leaves more done than the one before."""
    before = world.tables()
    for death, patches in DEATHS.items():
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
            for holder, name, instead in patches:
                patch.setattr(holder, name, instead)
            run(world, ANN, arguments="--execute")
        assert not list((world.folder / "vault").rglob("certificates/*")), death
        if death == "before landing":
            # Her lines are still there, and yet she is nowhere in what a build makes of them.
            world.build()
            with world.database() as db:
                outcomes = db.execute("select sum(row_count) from stedi_audit.row_outcome where outcome = 'erased'")
                assert outcomes.fetchall()[0][0] > 10
                open_requests = "select measured, level from stedi_audit.quality_alarm where alarm = 'erasure_overdue'"
                assert db.execute(open_requests).fetchall() == [(0.0, "ok")]
    # Without being told again who it is.
    done, said = run(world, arguments="--execute")
    assert done
    assert "it is completed with this one" in said
    gone = pseudonyms(world)
    assert places(world, (*TEXTS, *gone)) == set()
    assert others(world.tables(), gone) == others(before, gone)
    assert world.differences() == []
    assert not (world.folder / "vault" / erase.OPEN).exists()
    assert [path.suffix for path in sorted((world.folder / "vault").rglob("certificates/*"))] == [".json", ".txt"]


def test_whoever_was_erased_does_not_come_back(world: World) -> None:
    old = world.folder / "backup"
    shutil.copytree(world.folder / "kept", old)
    run(world, ANN, arguments="--execute")
    gone = pseudonyms(world)
    shutil.move(old, world.folder.parent / "backup")
    listed = (world.folder / "vault" / "erasure" / "list.txt").read_bytes()

    # A late file, and a build from nothing
    # of a name that is hidden, so that its lines are kept aside
    late = lines(ann(lastUpdateDate=NOON + 99), b'{"email": "ann.archer@example.org"', record("jim"))
    world.land("customer", late, name="von März")
    world.land("accelerometer", lines(acceleration(ANN, NOON + 9), acceleration("jim@example.org", NOON + 9)))
    world.land("step_trainer", lines(step("TRAINER-ANN-1", NOON + 9)))
    for arguments in ((), ("--full-refresh",)):
        world.build("kept", *arguments)
        with world.database() as db:
            rows = db.execute(
                "select entity, row_count from stedi_audit.row_outcome where outcome = 'erased' order by 1"
            )
            assert rows.fetchall() == [("accelerometer", 1), ("customer", 2), ("step_trainer", 1)]
        assert {place for place in places(world, (*TEXTS, *gone)) if not place.startswith("landing/")} == set()

    assert world.differences() == []
    # The database of before the erasure, as from a backup
    shutil.rmtree(world.folder / "kept")
    shutil.move(world.folder.parent / "backup", world.folder / "kept")
    assert "stedi_trusted.customer_trusted" in places(world)
    done, _ = run(world, arguments="--replay --execute")
    assert done
    assert places(world, (*TEXTS, *gone)) == set()
    assert len(list((world.folder / "vault").rglob("certificates/*.json"))) == 2
    # Twice is once
    done, _ = run(world, ANN, arguments="--execute")
    assert done
    assert places(world, (*TEXTS, *gone)) == set()
    assert pseudonyms(world) == gone
    kinds = [line.split(b"\1")[:2] for line in listed.splitlines() if not line.startswith((b"request", b"file"))]
    now = (world.folder / "vault" / "erasure" / "list.txt").read_bytes()
    assert [line.split(b"\1")[:2] for line in now.splitlines() if not line.startswith((b"request", b"file"))] == kinds


def test_what_is_left_or_changes_is_told_and_nobody_certified(world: World) -> None:
    with world.database() as db:
        db.execute("create table main.mine as select ? as note", [f"call {ANN} back"])
    with pytest.raises(StediError, match=r"still in main\.mine.*done so far: writing the request down"):
        run(world, ANN, arguments="--execute")
    with world.database() as db:
        db.execute("drop table main.mine")
    assert not list((world.folder / "vault").rglob("certificates/*"))

    late = world.folder / "landing" / "customer" / "landing" / "late.json"
    late.write_bytes(lines(ann(), record("kim")))
    replace = stores.Folder.replace

    def changes(folder: stores.Folder, was: stores.Stored, name: str, content: bytes) -> int:
        late.write_bytes(late.read_bytes() + lines(record("lee")))
        return replace(folder, was, name, content)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores.Folder, "replace", changes)
        with pytest.raises(StediError, match=r"late\.json changed while it was read"):
            run(world, arguments="--execute")
    assert b"lee@example.org" in late.read_bytes()
    assert not list((world.folder / "landing").rglob(f"*{stores.DRAFT}"))

    broken = world.folder / "landing" / "accelerometer" / "landing" / "cut.json.gz"
    broken.write_bytes(gzip.compress(lines(*(acceleration(ANN, NOON + n) for n in range(500))))[:-20])
    with pytest.raises(StediError, match=r"cut\.json\.gz is a gzip file that is broken, and holds somebody"):
        run(world, arguments="--execute")
    broken.unlink()
    assert run(world, arguments="--execute")[0]
    assert places(world, (*TEXTS, *pseudonyms(world))) == set()
    assert lines(record("kim"), record("lee")) == late.read_bytes()


def test_a_planted_byte_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search behind the certificate, on every surface; one run of the command, and then its search alone."""
    runs: list[tuple[erase.Erasure, Any]] = []
    certify = erase.Erasure.certify

    def remembered(erasure: erase.Erasure, subjects: Any) -> None:
        certify(erasure, subjects)
        runs.append((erasure, subjects))

    monkeypatch.setattr(erase.Erasure, "certify", remembered)
    run(world, ANN, arguments="--execute")
    (erasure, subjects) = runs[0]
    surfaces = {
        "logs/planted.log": TEXTS[2].encode("utf-16-le"),
        "target/planted.json": base64.b64encode(b"x" + ANN.encode()),
        "landing/customer/landing/_planted.json": b"555-0100-77",
        "landing/step_trainer/landing/planted.json.gz": gzip.compress(b"trainer-ann-1"),
        "landing/planted/ann.archer%40example.org": b"",
        "vault/planted.txt": pseudonyms(world)[0].encode(),
        "kept/stedi.duckdb.planted": TEXTS[1].upper().encode(),
    }
    with within(world):
        erasure.verify(subjects)
        for name, content in surfaces.items():
            path = world.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"y" * 99 + b"\n" + content + b"\n" if not name.endswith(".gz") else content)
            with pytest.raises(StediError, match="still in"):
                erasure.verify(subjects)
            path.unlink()
        erasure.verify(subjects)
        with world.database() as db:
            db.execute("create table stedi_audit.planted as select [?] as texts", [ANN])
        with pytest.raises(StediError, match=r"still in stedi_audit\.planted"):
            erasure.verify(subjects)


def test_what_is_packed_encoded_or_beside_others_is_taken_out(world: World) -> None:
    """Bytes decide, not names; a document goes, not its line; and nobody is certified over what nobody looked into."""
    folder = world.folder / "landing" / "customer" / "landing"
    hers = json.dumps(ann(lastUpdateDate=NOON + 1))
    mia, nia, ora = (json.dumps(record(name)) for name in ("mia", "nia", "ora"))
    code = base64.b64encode(hers.encode()).decode()
    text = lines(ann(), record("kim"))
    packed = {
        "twice.json": (gzip.compress(gzip.compress(text)), ["gzip", "gzip"]),
        "zlib.json": (zlib.compress(text), ["zlib"]),
        "bzip2.parquet": (bz2.compress(text), ["bzip2"]),
        "members.GZ": (gzip.compress(text[:9]) + gzip.compress(text[9:]), ["gzip"]),
    }
    for name, (content, _) in packed.items():
        (folder / name).write_bytes(content)
    plain = folder / "several.json"
    plain.write_text(
        f"{mia}{hers} {nia}\n [{hers}, {mia},{hers}]\n{hers}{hers}\n"
        f'{{"errorCode": "x", "rawData": "{code}"}}\n{ora[:-1]}, "rawData": "{code}"}}\n'
        f'{ora[:-1]}, "url": "?a={quote(quote(ANN, safe=""), safe="")}"}}\n'
    )
    wide = folder / "wide.json"
    wide.write_bytes(f"{hers}\n{mia}\n".encode("utf-16"))
    empty = [world.folder / "landing" / name for name in (f"mail to {ANN}", f"customer/landing/of {ANN}/and {ANN}")]
    for place in empty:
        place.mkdir(parents=True)
    (empty[1].parent / "late.json").write_bytes(lines(record("kim")))
    planted = world.folder / "target" / "planted.txt"
    planted.write_bytes(bz2.compress(b"x" * 99 + ANN.encode()))

    archive = folder / "archive.json"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.json", text)
    with pytest.raises(StediError, match=r"archive\.json is packed so that it cannot be written again.*delete it, or"):
        run(world, ANN, arguments="--execute")
    archive.unlink()
    unread = folder / "unread.json"
    unread.write_bytes(b"\x28\xb5\x2f\xfd\x04\x00")
    before = plain.read_bytes()
    with pytest.raises(
        StediError, match=r"^customer/landing/unread\.json cannot be looked into: its kind is zstd\. De"
    ):
        run(world, ANN, arguments="--execute")
    assert plain.read_bytes() == before

    done, said = run(world, ANN, arguments="--execute --accept-unread customer/landing/unread.json")
    assert done
    assert "cannot be looked into: customer/landing/unread.json: its kind is zstd" in said
    certificate = json.loads(next((world.folder / "vault" / "erasures" / "certificates").glob("*.json")).read_text())
    assert certificate["accepted_unread"] == ["customer/landing/unread.json"]
    for name, (_, kinds) in packed.items():
        found = unpack((folder / name).read_bytes())
        assert (found.kinds, found.text) == (kinds, lines(record("kim"))), name
    assert plain.read_text() == (
        f'{mia} {nia}\n [{mia}]\n{ora[:-1]}, "rawData": "erased"}}\n{ora[:-1]}, "url": "erased"}}\n'
    )
    assert wide.read_bytes() == f"{mia}\n".encode("utf-16")
    assert not [path for path in (world.folder / "landing").rglob("*") if ANN in path.name]
    assert not planted.exists()
    assert places(world, (*TEXTS, *pseudonyms(world))) == set()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_document_is_cut_out_and_the_others_stay_as_they_are_spelled(encoding: str) -> None:
    """Documents are named by their digit; a line ends in any way."""
    one, two, three = '{"a": 1, "ä": {"b": []}}', '{ "a":2}', '{"a": 3}'
    cases = {
        f"{one}{two} {three}\r\nx": (f"{two} {three}\r\nx", f"{one} {three}\r\nx", f"{one}{two}\r\nx"),
        f" {one}, {two},\n{three}\n": (f" {two},\n{three}\n", f" {one},\n{three}\n", f" {one}, {two},\n"),
        f"[{one} , {two},{three} ],\r": (f"[{two},{three} ],\r", f"[{one},{three} ],\r", f"[{one} , {two} ],\r"),
        f"[{one}]\n[{two}]\n\n{three}": (f"[{two}]\n\n{three}", f"[{one}]\n\n{three}", f"[{one}]\n[{two}]\n\n"),
    }
    for text, without in cases.items():
        documents = Documents(text.encode(encoding))
        assert documents.without(set(), {}) == text.encode(encoding)
        for digit, left in zip("123", without, strict=True):
            theirs = {number for number, said in enumerate(documents.texts) if re.search(f'"a": ?{digit}', said)}
            assert len(theirs) == 1, (text, documents.texts)
            assert documents.without(theirs, {}).removeprefix(BOM) == left.encode(encoding).removeprefix(BOM), (
                text,
                digit,
            )
        number = next(n for n, said in enumerate(documents.texts) if '"a":2' in said)
        assert documents.without(set(), {number: "{}"}) == text.replace(two, "{}").encode(encoding)


def test_people_of_whom_nothing_has_landed_are_kept_out_where_that_is_asked_for(world: World) -> None:
    done, said = run(world, "zoe@example.org", arguments="--execute")
    assert not done
    assert "nothing will keep out what lands of them later. To list them all the same: --also-unknown" in said
    done, said = run(world, "zoe@example.org", arguments="--execute --also-unknown")
    assert done
    assert "entry 1 is unknown" in said
    assert len(pseudonyms(world)) == 1
    world.land("customer", lines(record("zoe")))
    world.build()
    assert {place for place in places(world, ("zoe@example.org",)) if not place.startswith("landing/")} == set()
    with world.database() as db:
        rows = db.execute("select entity, row_count from stedi_audit.row_outcome where outcome = 'erased'")
        assert rows.fetchall() == [("customer", 1)]


def test_a_list_that_others_can_write_is_refused_like_a_key(tmp_path: Path) -> None:
    ensure_key(tmp_path / "vault")
    certificates = tmp_path / "vault" / "erasures" / "certificates"
    certificates.mkdir(parents=True)
    (tmp_path / "vault" / NAME).parent.mkdir()
    (tmp_path / "vault" / NAME).write_bytes(b"")
    places = [tmp_path / "vault" / NAME, (tmp_path / "vault" / NAME).parent, certificates, certificates.parent]
    for place in places:
        place.chmod(0o755 if place.is_dir() else 0o600)
    assert problem_of(tmp_path / "vault")[0] is None
    for place in places:
        mode = place.stat().st_mode
        for others in (0o020, 0o002):
            place.chmod(mode | others)
            assert f"others can write the vault's {place}: check who was erased" in (
                problem_of(tmp_path / "vault")[0] or ""
            )
        place.chmod(mode)


def test_a_request_is_read_as_spreadsheets_write_it(tmp_path: Path) -> None:
    file = tmp_path / "requests.txt"
    asked = ("ann@example.org", "bob@example.org")
    for header, encoding in product(
        ("", "E-Mail\r\n", "email\n", '"Email address"\n'), ("utf-8-sig", "utf-16", "utf-8")
    ):
        file.write_text(header + "\n".join(asked), encoding=encoding)
        assert cli._read_emails(tmp_path, file.name) == asked, (header, encoding)
    for content, problem in (
        ("\n".join(asked).encode("utf-16-le"), "if it is in UTF-16, save it with a byte order mark, or in UTF-8"),
        (b"\xe4nn@example.org", "is no text in UTF-8, and none in UTF-16 with a byte order mark"),
        (b"email\n", "has no e-mail in it"),
    ):
        file.write_bytes(content)
        with pytest.raises(StediError, match=problem):
            cli._read_emails(tmp_path, file.name)


def test_a_thousand_people_are_found_in_one_pass() -> None:
    texts = [f"person.{n}@example.org" for n in range(4000)]
    needles = Needles(texts)
    data = b" " * (BLOCK - 8) + b" ".join(text.upper().encode() for text in texts)
    assert needles.found_in(data) == needles.found_in(data, whole=True) == set(texts)
    assert not Needles(["ann@example.org"]).found_in(b"joann@example.org, ann@example.org.uk", whole=True)
    assert not Needles(["Bo Li"]).texts


def test_a_relation_that_nobody_could_be_erased_from_is_refused(world: World) -> None:
    manifest = lake.as_written(MANIFESTS["{}"])
    registry = lake.read_registry(PROJECT)
    assert lake.uncovered(manifest, registry) == []
    covered = {relation.name for relation in lake.relations(manifest, registry)}
    with world.database() as db:
        keys = db.execute(
            "select distinct table_name from duckdb_columns() "
            "where column_name in ('participant_id', 'device_id', 'document_id')"
        ).fetchall()
    assert {name for (name,) in keys} == covered
    manifest["nodes"]["model.stedi.stg_device"]["config"]["materialized"] = "incremental"
    registry.append(registry[-1] | {"zone": "audit", "relation": "build", "field": "landing"})
    assert lake.uncovered(manifest, registry) == ["audit.build", "staging.stg_device"]


def test_ten_people_of_the_real_landing(real_landing: Path, tmp_path: Path) -> None:
    world = World(tmp_path)
    shutil.rmtree(tmp_path / "landing")
    shutil.copytree(real_landing, tmp_path / "landing")
    world.build()
    with world.database() as db:
        chosen = "from stedi_staging.stg_customer where email in (select distinct email {} order by 1 limit 10)"
        chosen = chosen.format("from stedi_trusted.customer_trusted")
        rows = db.execute(f"select email, customer_name, serial_number, participant_id, device_id {chosen}").fetchall()
    texts = tuple({value for row in rows for value in row})
    before = world.tables()
    assert "landing/step_trainer/landing/step_trainer-1691348232038.json" in places(world, texts)
    done, said = run(world, *{row[0] for row in rows}, arguments="--execute")
    assert done
    assert "erased: 10 participants" in said
    assert places(world, texts) == set()
    gone = pseudonyms(world)
    assert len(gone) == 20
    assert others(world.tables(), gone) == others(before, gone)
    assert world.differences() == []


class Bucketed(NamedTuple):
    """The bucket of an account in this process."""

    s3: Any
    lake: athena_lake.AthenaLake


@pytest.fixture
def bucketed(template: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucketed]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name, value in {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="my-bucket", ObjectLockEnabledForBucket=True)
        settings = load_settings(PROJECT, {"STEDI_BUCKET": "my-bucket"})
        yield Bucketed(s3, athena_lake.AthenaLake(settings, MANIFESTS["{}"], []))


def test_a_bucket_that_lets_nothing_go_is_refused_before_anything_is_changed(bucketed: Bucketed) -> None:
    with pytest.raises(StediError, match=r"^bucket my-bucket has object lock, so that nothing can be removed from it"):
        bucketed.lake.check(will_write=True)
    with pytest.raises(StediError, match=r"^there is no vault key at s3://my-bucket/vault/pseudonym_key/key\.hex"):
        bucketed.lake.check(will_write=False)
    # What is held back all the same: S3 says so, and it is not taken for removed.
    until = datetime.now(UTC) + timedelta(days=1)
    held = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
    bucketed.s3.put_object(Bucket="my-bucket", Key="held.json", Body=b"1", **held)
    bucketed.s3.put_object(Bucket="my-bucket", Key="held.json", Body=b"2")
    with pytest.raises(StediError, match=r"^held\.json: S3 refuses to remove it: AccessDenied$"):
        bucketed.lake.landing.forget_versions()
    assert len(bucketed.lake.landing.older_versions()) == 1


def test_two_projects_in_one_bucket_are_refused(bucketed: Bucketed) -> None:
    glue = boto3.client("glue", region_name="us-east-1")
    for schema in ("stedi_staging", "other_staging"):
        place = {"StorageDescriptor": {"Location": f"s3://my-bucket/lake/{schema}/stg_customer"}}
        glue.create_database(DatabaseInput={"Name": schema})
        glue.create_table(DatabaseName=schema, TableInput={"Name": "stg_customer", **place})
    with pytest.raises(StediError, match=r"^bucket my-bucket holds tables of another project too, in other_staging: "):
        bucketed.lake.check(will_write=False)
    glue.delete_table(DatabaseName="other_staging", Name="stg_customer")
    with pytest.raises(StediError, match="there is no vault key"):
        bucketed.lake.check(will_write=False)


def test_ledgers_lose_and_rename_people_whatever_their_columns(world: World) -> None:
    """A ledger whose rows name several people in one value, as the registry may come to have it."""
    with world.database() as db:
        db.execute("create table stedi_audit.document (document_id varchar, named_participants varchar)")
        db.execute("insert into stedi_audit.document values ('1', 'aa bb'), ('2', 'bb'), ('3', 'cc aa'), ('4', null)")
    with within(world):
        one = duckdb_lake.DuckDBLake(load_settings(PROJECT), MANIFESTS["{}"], [])
        ledger = lake.Relation("stedi_audit", "document", ("named_participants",), True)
        one._relations.append(ledger)
        one.clean({"cc"}, Needles([]), lake.Renamed({"aa": "dd", "bb": "ee"}, "2026-01-01"))
        assert one.count({"dd"}) == {"stedi_audit.document": 1}
    with world.database() as db:
        rows = db.execute("from stedi_audit.document order by all").fetchall()
    assert rows == [("1", "dd ee"), ("2", "ee"), ("4", None)]


def test_an_object_that_is_written_again_keeps_what_s3_says_of_it(bucketed: Bucketed) -> None:
    said = {
        "ContentType": "application/x-ndjson",
        "ContentEncoding": "gzip",
        "StorageClass": "STANDARD_IA",
        "Metadata": {"sent-by": "the website"},
        "CacheControl": "no-store",
    }
    names = ("customer/landing/a.json", "customer/landing/b.json")
    for name in names[:1]:
        bucketed.s3.put_object(Bucket="my-bucket", Key=name, Body=b"1", Tagging="team=web&cost+centre=a%2Bb", **said)
    for was, name in ((names[0], names[0]), names):
        (stored,) = bucketed.lake.landing.files(was)
        bucketed.lake.landing.replace(stored, name, b"2")
        head = bucketed.s3.head_object(Bucket="my-bucket", Key=name)
        assert {key: head.get(key) for key in said} == said
        tags = bucketed.s3.get_object_tagging(Bucket="my-bucket", Key=name)["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "web", "cost centre": "a+b"}
        assert bucketed.lake.landing.read(name) == b"2"


def test_a_permission_that_is_missing_is_told_in_one_line(bucketed: Bucketed) -> None:
    iam = boto3.client("iam", region_name="us-east-1")
    iam.create_user(UserName="pipeline")
    reads = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [reads]})
    iam.put_user_policy(UserName="pipeline", PolicyName="reads", PolicyDocument=policy)
    key = iam.create_access_key(UserName="pipeline")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    bucket = stores.Bucket(boto3.client("s3", region_name="us-east-1", **keys), "my-bucket")
    bucketed.s3.put_object(Bucket="my-bucket", Key="customer/landing/a.json", Body=b"1")
    (stored,) = bucket.files()

    @set_initial_no_auth_action_count(0)
    def try_to_write() -> None:
        for method, *content in ((bucket.replace, stored.name, b"2"), (bucket.write, b"2"), (bucket.delete,)):
            first = stored if method == bucket.replace else stored.name
            with pytest.raises(StediError, match=r"^customer/landing/a\.json: S3 refuses: .*AccessDenied"):
                method(first, *content)

    try_to_write()
    assert bucket.read(stored.name) == b"1"


class OnAthena:
    """A lakehouse on Local Athena from which people are erased, and every version of every object of its bucket."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.s3 = pair.running.client("s3")
        self.bucket = pair.athena.env["STEDI_BUCKET"]
        # Before anything is read: an object of a bucket without versions has the same version for ever.
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.objects = Objects(self.s3, self.bucket)

    def stedi(self, *arguments: str, emails: Iterable[str] = ()) -> str:
        """A command as it is typed, and what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "stedi", *arguments, "--target", "athena"],
            cwd=PROJECT, env=self.pair.athena.environment, input="\n".join(emails), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def dies(self, emails: tuple[str, ...], patches: dict[str, list[tuple[Any, str, Callable]]]) -> None:
        """`stedi erase --execute` in this process, which dies once for each of these."""
        order, silent = erase.Order(emails, execute=True, target="athena"), Console(file=io.StringIO())
        with standing_in(self.pair.athena.environment):
            settings = load_settings(PROJECT)
            manifest = erase.read_project(settings, order, silent)
            for death, holders in patches.items():
                with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
                    for holder, name, instead in holders:
                        patch.setattr(holder, name, instead)
                    erase.erase(settings, order, silent, manifest)
                assert not self.certificates(), death

    def certificates(self) -> list[str]:
        return [key for key, _ in self.objects.versions() if "certificates/" in key and key.endswith(".json")]

    def listed(self) -> bytes:
        """The erasure list as it is now."""
        return self.s3.get_object(Bucket=self.bucket, Key=f"vault/{NAME}")["Body"].read()

    def erased(self) -> tuple[str, ...]:
        """The pseudonyms on the erasure list."""
        vault = self.pair.folder.folder / "list"
        (vault / NAME).parent.mkdir(parents=True, exist_ok=True)
        (vault / NAME).write_bytes(self.listed())
        listed = truth.erased_by(vault)
        return (*listed.participants, *listed.devices)

    def backup(self) -> Callable[[], None]:
        """Copy tables and catalog; what is returned puts them back."""
        glue = self.pair.running.client("glue")
        content = {key: content for key, content in self.objects.content().items() if key.startswith("lake/")}
        tables = self.pair.tables()
        known = ("Name", "Description", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")

        def restore() -> None:
            for key, value in content.items():
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=value)
            for table in tables.values():
                glue.delete_table(DatabaseName=table["DatabaseName"], Name=table["Name"])
                glue.create_table(
                    DatabaseName=table["DatabaseName"],
                    TableInput={name: table[name] for name in known if name in table},
                )

        return restore


DEATHS_ON_ATHENA: dict[str, list[tuple[Any, str, Callable]]] = {
    "before the list": DEATHS["before the list"],
    "before landing": DEATHS["before landing"],
    "between two objects": [(stores.Bucket, "replace", dies_after(2, stores.Bucket.replace))],
    "after an object, before the list knows": DEATHS["after an object, before the list knows"],
    "before the build": [(athena_lake.AthenaLake, "rebuild", dies)],
    "before older versions go": [(stores.Bucket, "forget_versions", dies)],
    "before the certificate": DEATHS["before the certificate"],
}


@pytest.mark.athena
def test_on_athena_nothing_is_left_and_nobody_comes_back(local_athena: RunningAthena, tmp_path: Path) -> None:
    """Every version of every object of the bucket is read, before and after; the command dies at each step before."""
    (tmp_path / "made").mkdir()
    made = World(tmp_path / "made")
    fill(made)
    pair = Pair(local_athena, tmp_path, made.folder / "landing", in_order_of_time=True)
    on = OnAthena(pair)
    s3, bucket, holding = on.s3, on.bucket, on.objects.holding
    pair.athena.dbt("run")
    s3.put_object(Bucket=bucket, Key="athena-results/old.csv", Body=f'"{ANN}"'.encode())
    # Of these only an older version holds her, as where an erasure died after it had written an object again.
    for key in ("customer/landing/deleted.json", "customer/landing/written-again.json"):
        s3.put_object(Bucket=bucket, Key=key, Body=lines(ann()))
    s3.delete_object(Bucket=bucket, Key="customer/landing/deleted.json")
    s3.put_object(Bucket=bucket, Key="customer/landing/written-again.json", Body=b"")
    relations = ("int_consent", "customer_trusted", "accelerometer_trusted", "machine_learning_curated")
    before = {relation: pair.iceberg_rows(relation) for relation in relations}
    restore = on.backup()

    assert holding(TEXTS) == {"customer", "accelerometer", "step_trainer", "lake", "athena-results"}
    said = on.stedi("erase", "-", emails=[ANN])
    assert "this was a dry run" in said
    assert "table stedi_trusted.customer_trusted: 1 row" in said
    assert "vault/erasure/list.txt" not in on.objects.content()
    on.dies((ANN,), DEATHS_ON_ATHENA)
    # Without being told again who it is.
    said += on.stedi("erase", "--execute")
    assert "it is completed with this one" in said
    assert "erased: 1 participant; certificate: s3://" in said
    assert ANN not in said
    gone = on.erased()
    assert len(gone) == 2
    left = {relation: [r for r in before[relation] if not set(gone) & set(map(str, r))] for relation in relations}

    def nothing_is_left() -> None:
        assert holding((*TEXTS, *gone)) == set()
        assert not [key for key in on.objects.content() if "open.json" in key or "asked" in key]
        for relation in relations:
            assert_same_rows(relation, pair.iceberg_rows(relation), left[relation])

    nothing_is_left()
    # The tables of before the erasure, as from a backup.
    restore()
    assert "lake" in holding(TEXTS)
    assert "erased: 1 participant" in on.stedi("erase", "--replay", "--execute")
    nothing_is_left()
    assert len(on.certificates()) == 2
    # An ordinary build has nothing to do but to see that the request is certified, and a late file brings nobody back.
    changed = re.findall(r"(\w+) +\.* *\[(?:changed|built anew|new files) in", pair.athena.dbt("run").stdout)
    assert set(changed) <= {"quality_alarm"}
    s3.put_object(Bucket=bucket, Key="accelerometer/landing/late.json", Body=lines(acceleration(ANN, NOON + 1)))
    pair.athena.dbt("run")
    assert ("accelerometer", "erased", 1) in pair.iceberg_rows("row_outcome")
    # With another key she is still known, and the others have other names.
    before = {relation: pair.iceberg_rows(relation) for relation in relations}
    old = set(re.findall(r"\b[0-9a-f]{32}\b", repr(before))) | set(gone)
    assert len(old) > 10
    assert "lake" in holding(tuple(old))
    key = s3.get_object(Bucket=bucket, Key="vault/pseudonym_key/key.hex")["Body"].read().decode().strip()
    assert "rotated: " in on.stedi("rotate-key", "--execute")
    assert holding(tuple(old)) == set()
    kept = on.objects.content()
    assert not [key for key in kept if "open.json" in key or "asked" in key]
    assert not [key for key, content in kept.items() if any(name.encode() in content for name in old)]
    keys = s3.get_object(Bucket=bucket, Key="vault/pseudonym_key/key.hex")["Body"].read().decode().strip()
    assert keys[:64] == key
    assert len(keys) == 128

    def after(value: Any) -> Any:
        return hmac.digest(bytes.fromhex(keys[64:]), value.encode(), "sha256").hex()[:32] if value in old else value

    for relation in relations[:3]:
        rows = [tuple(map(after, row)) for row in before[relation]]
        assert_same_rows(relation, pair.iceberg_rows(relation), rows)
    assert ("accelerometer", "erased", 1) in pair.iceberg_rows("row_outcome")
    pair.athena.dbt("test", "--select", "nobody_who_was_erased_is_anywhere")
    statements = [query["Query"] for query in new_queries(local_athena, set())]
    assert not [sql for sql in statements if any(text.lower() in sql.lower() for text in TEXTS)]
