"""People like nobody else, planted in landing: no value of theirs is on any surface but where it may be.

Surfaces: every table but landing's and those that the registry lets hold identifiers, what commands say, logs, dbt's
target folder, the documentation, the report, and the export of curated. Values are looked for plain and encoded.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest
from lakehouse import PROJECT, Lakehouse
from support import canaries

from stedi.generate import generate_landing
from stedi.searching import Needles

COMMANDS = (
    ["stedi", "run"],
    ["stedi", "export-curated", "{folder}/curated"],
    ["dbt.cli.main", "docs", "generate", "--static"],
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Lakehouse:
    """A lakehouse with canaries, and what each command said of it."""
    folder = tmp_path_factory.mktemp("canaries")
    generate_landing(folder / "landing", customers=30, days=1)
    canaries.plant(folder / "landing")
    lakehouse = Lakehouse(folder, str(folder / "landing"))
    (folder / "said").mkdir()
    for number, command in enumerate(COMMANDS):
        module, *arguments = [part.format(folder=folder) for part in command]
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=PROJECT, env=lakehouse.environment, capture_output=True
        )
        (folder / "said" / f"{number}.txt").write_bytes(done.stdout + done.stderr)
        assert done.returncode == 0, f"{command}: {done.stdout.decode()[-2000:]}"
    return lakehouse


@pytest.fixture(scope="module")
def needles() -> Needles:
    return canaries.needles()


def surfaces(lakehouse: Lakehouse) -> dict[str, bytes]:
    """Every file but landing, vault and the database; every table of a database but the restricted ones, as text."""
    kept = (Path(lakehouse.landing), lakehouse.vault)
    databases = [lakehouse.database, *lakehouse.folder.rglob("curated.duckdb")]
    found = {}
    for path in lakehouse.folder.rglob("*"):
        if path.is_file() and path not in databases and not any(folder in path.parents for folder in kept):
            found[str(path.relative_to(lakehouse.folder))] = path.read_bytes()
    for path in databases:
        with duckdb.connect(str(path), read_only=True) as db:
            for schema, table in db.execute("select schema_name, table_name from duckdb_tables()").fetchall():
                if schema != "stedi_landing" and table not in canaries.restricted():
                    rows = db.table(f"{schema}.{table}").fetchall()
                    found[f"{path.name}: {schema}.{table}"] = as_text(rows)
    for path in lakehouse.folder.rglob("*.parquet"):
        found[str(path.relative_to(lakehouse.folder))] += as_text(duckdb.read_parquet(str(path)).fetchall())
    return found


def as_text(rows: list[tuple]) -> bytes:
    return "\n".join(str(value) for row in rows for value in row).encode()


def test_no_canary_is_seen(world: Lakehouse, needles: Needles) -> None:
    assert [name for name, content in surfaces(world).items() if needles.found_in(content)] == []


def test_every_kind_of_surface_is_there(world: Lakehouse) -> None:
    found = surfaces(world)
    for name in (
        *("logs/dbt.log", "target/manifest.json", "target/run_results.json", "target/static_index.html", "report.html"),
        *("curated/machine_learning_curated.parquet", "curated.duckdb: stedi_curated.customers_curated", "said/0.txt"),
        *("stedi.duckdb: stedi_audit.removal", "stedi.duckdb: stedi_staging.machine_learning_curated_parts"),
        *("stedi.duckdb: stedi_staging.stg_accelerometer", "stedi.duckdb: stedi_audit.landing_file"),
    ):
        assert name in found


def test_the_canaries_went_through_the_pipeline(world: Lakehouse, needles: Needles) -> None:
    """The control of the whole: where they may be, they are."""
    everything = "select * from stedi_{}"
    seen = {
        table: needles.found_in(as_text(world.query(everything.format(table))))
        for table in ("staging.stg_customer", "trusted.customer_trusted")
    }
    assert {value for person in canaries.CANARIES[:2] for value in person} <= seen["staging.stg_customer"]
    assert set(canaries.CANARIES[0]) <= seen["trusted.customer_trusted"]
    assert not seen["trusted.customer_trusted"] & set(canaries.CANARIES[1])
    rejected = world.query("select count(*) from stedi_staging.stg_customer where rejection_reason is not null")[0][0]
    assert rejected >= 3
    assert world.query("select count(*) from stedi_curated.machine_learning_curated where distance_from_object = 7")[0][
        0
    ]


ENCODINGS = {
    "plain": str.encode,
    "upper": lambda value: value.upper().encode(),
    "lower": lambda value: value.lower().encode(),
    "hex": lambda value: value.encode().hex().encode(),
    "base64": lambda value: base64.b64encode(b"x" + value.encode()),
    "url": lambda value: quote(value, safe="").encode(),
    "utf-16": lambda value: value.encode("utf-16-le"),
    "json": lambda value: value.encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_each_value_would_be_seen_however_it_is_encoded(needles: Needles, encoding: str) -> None:
    missed = [
        value
        for person in canaries.CANARIES
        for value in person
        if value not in needles.found_in(b"<" + ENCODINGS[encoding](value) + b">")
    ]
    assert missed == []


@pytest.mark.parametrize("place", ["logs/dbt.log", "target/compiled/x.sql", "said/9.txt", "curated/notes.txt"])
def test_a_canary_in_a_file_would_be_seen(world: Lakehouse, needles: Needles, place: str) -> None:
    path = world.folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_bytes() if path.exists() else None
    path.write_bytes((before or b"") + canaries.CANARIES[0][1].encode())
    try:
        assert needles.found_in(surfaces(world)[place])
    finally:
        path.unlink() if before is None else path.write_bytes(before)


def test_a_canary_in_a_table_would_be_seen(world: Lakehouse, needles: Needles) -> None:
    with duckdb.connect(str(world.database)) as db:
        db.execute("create table stedi_audit.planted as select ? as serial_number", [canaries.CANARIES[2][4]])
    try:
        assert needles.found_in(surfaces(world)["stedi.duckdb: stedi_audit.planted"])
    finally:
        with duckdb.connect(str(world.database)) as db:
            db.execute("drop table stedi_audit.planted")
