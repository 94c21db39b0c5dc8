"""`stedi export-curated`: the curated zone on its own, for people who may not see the others."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from stedi.duckdb_plugin import why_not
from stedi.errors import StediError
from stedi.progress import number_of, one_line
from stedi.summary import Built

DATABASE = "curated.duckdb"


def export_curated(built: Built, folder: Path) -> list[str]:
    """Write `folder` with a Parquet file of each curated table, and a DuckDB file that holds all of them.

    The folder is written whole or not at all. The files are for their owner alone; who gets them is the owner's to say.

    Returns:
        What was written: of each table its name and how many rows.

    Raises:
        StediError: the tables cannot be read, are not those of a build that ended, or the folder cannot be written.
    """
    if built.database is None:
        raise StediError(
            "on Athena there is nothing to export: let people in with the role that reads curated alone (docs/aws.md)"
        )
    if not built.database.is_file():
        raise StediError(f"there is no database {built.database}: build it first (stedi run)")
    if folder.exists():
        raise StediError(f"{folder} is there already: name a folder that is not, or remove it")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=folder.parent, prefix=f".{folder.name}.", ignore_cleanup_errors=True
        ) as beside:
            written = _write(built, Path(beside))
            Path(beside).rename(folder)
    except OSError as error:
        raise StediError(f"{folder} cannot be written: {error.strerror}") from None
    except duckdb.Error as error:
        raise StediError(f"the curated tables cannot be written to {folder}: {one_line(str(error))}") from None
    return written


def _write(built: Built, folder: Path) -> list[str]:
    schema = f"{built.schema}_curated"
    try:
        tables = duckdb.connect(str(built.database), read_only=True)
    except duckdb.Error as error:
        raise StediError(why_not(str(built.database), str(error))) from None
    written = []
    with tables, duckdb.connect(str(folder / DATABASE)) as exported:
        _check_that_the_build_ended(tables, built)
        exported.execute(f"create schema {schema}")
        for name in sorted(name for zone, name in built.relations if zone == "curated"):
            file = str(folder / f"{name}.parquet")
            tables.table(f"{schema}.{name}").order("all").write_parquet(file, compression="zstd")
            rows = exported.read_parquet(file)
            rows.to_table(f"{schema}.{name}")
            written.append(f"{name}: {number_of(rows.shape[0], 'rows')}")
    return written


def _check_that_the_build_ended(tables: duckdb.DuckDBPyConnection, built: Built) -> None:
    """A build that died may have left people in curated who have withdrawn."""
    try:
        died = tables.table(f"{built.schema}_audit.relation_state").filter("taken_by is not null").shape[0]
        ended = tables.table(f"{built.schema}_audit.build").shape[0]
    except duckdb.CatalogException:
        raise StediError(f"{built.database} has no tables of this project: build it first (stedi run)") from None
    if died or not ended:
        raise StediError(
            "the last build has not ended, so people who have withdrawn may still be in: build again first (stedi run)"
        )
