"""`stedi rotate-key`: everybody has another pseudonym, nothing is left of the old, and whoever was erased stays so."""

from __future__ import annotations

import contextlib
import hmac
import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from lakehouse import PROJECT
from rich.console import Console
from support.drawing import NOON, lines
from test_erase import ANN, Killed, ann, dies, dies_after, fill, pseudonyms, record, within
from test_erase import run as erase
from test_incremental import MANIFESTS, World

from stedi import duckdb_lake, lake, rotate, stores
from stedi.erase import Order
from stedi.errors import StediError
from stedi.settings import load_settings
from stedi.vault import key_file, read_key

DIGITS = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")

DEATHS: dict[str, tuple[Any, str]] = {
    "before anything": (duckdb_lake.DuckDBLake, "write_secret"),
    "before the list": (rotate.KeyRotation, "_switch"),
    "before the certificates": (stores.Folder, "write"),
    "before the key": (duckdb_lake.DuckDBLake, "write_secret"),
    "before landing": (rotate.KeyRotation, "_rename_landing"),
    "before the list loses the old names": (rotate.KeyRotation, "_written_again"),
    "before the build": (duckdb_lake.DuckDBLake, "rebuild"),
    "before the ledgers": (duckdb_lake.DuckDBLake, "clean"),
    "before the end": (rotate.KeyRotation, "_verify"),
}
"""What is not called any more, in the order of the steps."""
CALLS = {"before the certificates": 2, "before the key": 1}
"""How often it is called before, if it is."""


def run(world: World, *, execute: bool = True) -> str:
    """`stedi rotate-key` in this process on a world's database; what it said."""
    said = io.StringIO()
    with within(world):
        manifest = MANIFESTS["{}"]
        rotate.rotate_key(load_settings(PROJECT), Order((), execute=execute), Console(file=said, width=200), manifest)
    return said.getvalue()


def names(world: World) -> set[str]:
    """The pseudonyms of the tables, by their columns; of files' names, and of the list."""
    found = set(pseudonyms(world))
    relations = lake.relations(lake.as_written(MANIFESTS["{}"]), lake.read_registry(PROJECT))
    with world.database() as db:
        for relation in relations:
            for column in (*relation.columns, "source_file"):
                with contextlib.suppress(Exception):
                    rows = db.execute(f"select distinct {column} from {relation.schema}.{relation.name}").fetchall()
                    found |= {name for (text,) in rows for name in DIGITS.findall(text or "")}
    return found


def places(world: World, wanted: set[str]) -> set[str]:
    """Where one of the names stands, found without the project's own search: files, and tables as text."""
    found = {
        path.relative_to(world.folder).as_posix()
        for path in world.folder.rglob("*")
        if path.is_file() and wanted & set(DIGITS.findall(path.read_bytes().decode("latin-1") + "\n" + path.name))
    }
    with world.database() as db:
        for schema, table in db.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            rows = db.execute(f"select columns(*)::varchar from {schema}.{table}").fetchall()
            if wanted & set(DIGITS.findall(repr(rows))):
                found.add(f"{schema}.{table}")
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Ann was erased, Cem has withdrawn, a file is named after somebody."""
    world = World(tmp_path_factory.mktemp("rotate"))
    fill(world)
    world.land("customer", lines(record("kim")), name="from kim@example.org")
    world.build()
    world.land("customer", lines(record("cem", consent=None, updated=NOON + 9)))
    world.build()
    assert erase(world, ANN, arguments="--execute")[0]
    return world


def test_killed_at_any_step_the_next_run_completes_it_and_nothing_is_left(world: World) -> None:
    """One after the other in one world: each death leaves more done than the one before."""
    before, key = world.tables(), read_key(world.folder / "vault")
    old = names(world)
    assert {"stedi_staging.stg_customer", "stedi_audit.removal", "vault/erasure/list.txt"} <= places(world, old)
    assert any(place.startswith("vault/erasures/certificates/") for place in places(world, old))
    removals = "select participant_id, relation, reason, row_count from stedi_audit.removal order by all"
    first_landings = "select document_id, min(landed_at) from stedi_audit.customer_document group by document_id"
    with world.database() as db:
        removed = db.execute(removals).fetchall()
        landed = db.execute(first_landings).fetchall()
    assert "nothing was changed" in run(world, execute=False)
    assert read_key(world.folder / "vault") == key

    for death, (holder, name) in DEATHS.items():
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
            instead = dies_after(CALLS[death], getattr(holder, name)) if death in CALLS else dies
            patch.setattr(holder, name, instead)
            run(world)
        is_rotated = read_key(world.folder / "vault") != key
        assert is_rotated == (list(DEATHS).index(death) > list(DEATHS).index("before the key")), death
        if death != "before anything":
            with pytest.raises(StediError, match="rotat"):
                erase(world, "bob@example.org", arguments="--execute")
        if death == "before the key":
            # The list has everybody twice, and Ann lands again.
            assert len(pseudonyms(world)) == 4
            world.land("customer", lines(ann(lastUpdateDate=NOON + 99), record("jim")))
            world.build()
            with world.database() as db:
                rows = db.execute("select sum(row_count) from stedi_audit.row_outcome where outcome = 'erased'")
                assert rows.fetchall() == [(1,)]
            old |= names(world) - set(pseudonyms(world))
        if death == "before the build":
            assert len(pseudonyms(world)) == 2
        if death == "before the list loses the old names":
            with pytest.raises(AssertionError, match="where it was rotated, `stedi rotate-key --execute`"):
                world.build()

    assert "it is completed" in run(world)
    assert not (world.folder / "vault" / rotate.OPEN).exists()
    rotated = read_key(world.folder / "vault")
    assert rotated[:32] == key
    assert len(rotated) == 64

    def after(name: str) -> str:
        return hmac.digest(rotated[32:], name.encode(), "sha256").hex()[:32]

    assert places(world, old) == set()
    with world.database() as db:
        rows = db.execute(removals).fetchall()
        assert {(after(document), time) for document, time in landed} < set(db.execute(first_landings).fetchall())
        once = "select count(*) = count(distinct document_id) from stedi_audit.customer_document"
        assert db.execute(once).fetchall() == [(True,)]
    assert [row for row in rows if row[0] in {after(name) for name, *_ in removed}] == sorted(
        (after(row[0]), *row[1:]) for row in removed
    )
    assert len(rows) == len(removed)
    people = {row[0] for row in before["customer_trusted"]}
    assert {after(name) for name in people} < {row[0] for row in world.tables()["customer_trusted"]}
    assert world.differences() == []
    # Ann stays erased, and others can be.
    assert erase(world, "bob@example.org", arguments="--execute")[0]
    assert len(pseudonyms(world)) == 4
    assert places(world, {after(name) for name in people} & set(pseudonyms(world))) <= {
        "vault/erasure/list.txt", *(p for p in places(world, set(pseudonyms(world))) if "certificates" in p),
    }  # fmt: skip


def test_a_list_of_another_key_is_refused(world: World) -> None:
    """Nothing but the list tells a new database that the vault's key is not the one it should be."""
    shutil.copytree(world.folder / "vault", world.folder / "kept-vault")
    key_file(world.folder / "vault").write_text("ab" * 32)
    with pytest.raises(AssertionError, match="erasure list was written under another key"):
        world.build("another")
    shutil.rmtree(world.folder / "vault")
    (world.folder / "kept-vault").rename(world.folder / "vault")
    world.build("another")


def test_the_key_is_not_rotated_while_somebody_is_being_erased(world: World) -> None:
    open_request = world.folder / "vault" / "erasures" / "open.json"
    open_request.write_text("{}")
    with pytest.raises(StediError, match=r"a request of erasure is not certified yet: `stedi erase --execute` first"):
        run(world)
    open_request.unlink()


def test_a_database_of_before_the_rotation_is_brought_to_its_key(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.land("customer", lines(record("kim"), record("lee")))
    world.build()
    old = names(world)
    shutil.copytree(world.folder / "kept", tmp_path.parent / "backup")
    run(world)
    rotated = read_key(world.folder / "vault")
    shutil.rmtree(world.folder / "kept")
    shutil.move(tmp_path.parent / "backup", world.folder / "kept")
    with pytest.raises(StediError, match="was rotated since these tables were built"):
        erase(world, "kim@example.org")
    assert places(world, old)
    run(world)
    assert read_key(world.folder / "vault") == rotated
    assert places(world, old) == set()
    assert world.differences() == []
