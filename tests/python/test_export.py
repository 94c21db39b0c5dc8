"""`stedi export-curated`: curated, all of it, and nothing else."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from lakehouse import ZONE_OF, Lakehouse, assert_same_rows
from support import truth
from typer.testing import CliRunner

from stedi.cli import app
from stedi.errors import StediError
from stedi.export import DATABASE, export_curated
from stedi.summary import Built

CURATED = sorted(name for name, zone in ZONE_OF.items() if zone == "curated")


def where(database: Path) -> Built:
    relations = tuple((zone, name) for name, zone in ZONE_OF.items())
    return Built(adapter="duckdb", target=None, schema="stedi", database=database, relations=relations)


@pytest.fixture
def copy(built: Lakehouse, tmp_path: Path) -> Path:
    path = tmp_path / "stedi.duckdb"
    shutil.copy(built.database, path)
    return path


def test_curated_is_all_there_and_nothing_else(built: Lakehouse, tmp_path: Path) -> None:
    folder = tmp_path / "curated"
    written = export_curated(where(built.database), folder)
    assert [line.partition(":")[0] for line in written] == CURATED
    assert {path.name for path in folder.iterdir()} == {DATABASE, *(f"{name}.parquet" for name in CURATED)}
    with duckdb.connect(str(folder / DATABASE), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        assert sorted(tables) == [("stedi_curated", name) for name in CURATED]
        for name in CURATED:
            columns = ", ".join(truth.COLUMNS[name])
            rows = built.rows(name)
            assert rows, f"{name} is empty: the test would show nothing"
            for place in (f"stedi_curated.{name}", f"'{folder / name}.parquet'"):
                assert_same_rows(name, connection.execute(f"select {columns} from {place}").fetchall(), rows)


def test_a_folder_that_is_there_is_left_alone(built: Lakehouse, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(StediError, match="mine is there already"):
        export_curated(where(built.database), tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_tables_of_a_build_that_died_are_not_exported(copy: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update stedi_audit.relation_state set taken_by = 'a dead build'")
    with pytest.raises(StediError, match="the last build has not ended"):
        export_curated(where(copy), tmp_path / "curated")
    assert not list(tmp_path.glob("*curated*"))


def test_what_cannot_be_exported_is_one_line(built: Lakehouse, copy: Path, tmp_path: Path) -> None:
    with pytest.raises(StediError, match="the role that reads curated alone"):
        export_curated(replace(where(copy), database=None), tmp_path / "curated")
    with pytest.raises(StediError, match="there is no database"):
        export_curated(where(tmp_path / "nothing.duckdb"), tmp_path / "curated")
    with duckdb.connect(str(copy)) as connection:
        connection.execute("drop schema stedi_audit cascade")
    with pytest.raises(StediError, match="has no tables of this project"):
        export_curated(where(copy), tmp_path / "curated")
    copy.write_bytes(b"not a database")
    with pytest.raises(StediError, match="cannot be read as a DuckDB database of this version"):
        export_curated(where(copy), tmp_path / "curated")
    assert not list(tmp_path.glob("*curated*"))


def test_it_is_a_command(built: Lakehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in built.environment.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["export-curated", str(tmp_path / "curated")])
    assert done.exit_code == 0, done.output
    assert [line.split(":")[0] for line in done.output.splitlines()] == [f"wrote {name}" for name in CURATED]
    assert (tmp_path / "curated" / DATABASE).stat().st_mode & 0o077 == 0
