"""`stedi erase`: nothing is left of a person, everything of everybody else, and nobody comes back."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from lakehouse import PROJECT, ZONE_OF, assert_same_rows
from rich.console import Console
from support import truth
from support.drawing import HOUR, NOON, acceleration, customer, lines, step
from test_incremental import ALSO, MANIFESTS, World

from stedi import duckdb_lake, erase, lake, stores
from stedi.errors import StediError
from stedi.searching import BLOCK, Needles
from stedi.settings import load_settings

ANN = "ann.archer@example.org"
TEXTS = (ANN, "Ann Ärcher", "555-0100-77", "trainer-ann-1")
"""What of Ann must be nowhere: e-mail, name, phone and serial number."""
OTHERS = ("bob", "cem", "dan", "eve", "fay")


def record(name: str, *, consent: int | None = NOON, updated: int = NOON, **more: Any) -> dict:
    full = customer(f"{name}@example.org", f"trainer-{name}", updated, consent, name.title())
    return full | {"phone": f"555-0200-{name}"} | more


def ann(**more: Any) -> dict:
    return record("ann") | dict(
        zip(("email", "customerName", "phone", "serialNumber"), TEXTS, strict=True)
    ) | more


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
            '{"customerName": "Ann \\u00c4rcher"'.encode(),
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
        lines(*(acceleration(p, NOON + n * HOUR // 2) for p in people for n in range(3)), b'{"user": "ann.archer@example.org"'),
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


def run(world: World, *emails: str, arguments: str = "", name: str = "kept") -> tuple[bool, str]:
    """`stedi erase` in this process on a database; whether there was anybody, and what it said."""
    environment = {
        "STEDI_LANDING": str(world.folder / "landing"),
        "STEDI_VAULT": str(world.folder / "vault"),
        "STEDI_DUCKDB": str(world.folder / name / "stedi.duckdb"),
        "DBT_PROFILES_DIR": str(world.folder / "profiles"),
        "DBT_TARGET_PATH": str(world.folder / "target"),
        "DBT_LOG_PATH": str(world.folder / "logs"),
    }
    said = io.StringIO()
    here = Path.cwd()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(None):
        for key, value in environment.items():
            patch.setenv(key, value)
        order = erase.Order(emails, execute="--execute" in arguments, replay="--replay" in arguments)
        try:
            done = erase.erase(
                load_settings(PROJECT), order, Console(file=said, width=200), MANIFESTS[json.dumps(world.variables)]
            )
        finally:
            duckdb_lake.close_database()
            os.chdir(here)
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
    """The rows that name none of the pseudonyms, of tables whose rows are of one person each."""
    relations = [*(r for r in (*ZONE_OF, *ALSO) if r not in ("row_outcome", "stg_customer", "stg_device"))]
    return {
        relation: sorted(
            (row for row in tables[relation] if not set(gone) & {str(value) for value in row}), key=repr
        )
        for relation in relations
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
    assert "erased: 1 person" in said
    assert ANN not in said
    gone = pseudonyms(world)
    assert len(gone) == 2
    assert places(world, (*TEXTS, *gone)) == set()
    assert log.read_text().startswith("one line\n")
    # Others are as they were: Fay and Eve in doubt, Dan's device nobody's, Gus's record read as ever.
    assert others(world.tables(), gone) == others(before, gone)
    world.build()
    assert world.differences() == []
    assert others(world.tables(), gone) == others(before, gone)
    world.build("kept", "--full-refresh")
    assert others(world.tables(), gone) == others(before, gone)
    assert world.differences() == []
    left = b"".join(path.read_bytes() for path in (world.folder / "landing").rglob("*") if path.suffix != ".gz")
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
