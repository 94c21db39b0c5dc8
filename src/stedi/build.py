"""``stedi run``: everything a first run needs, then ``dbt build``, then what came out of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunner
from rich.console import Console
from rich.table import Table

from stedi.errors import StediError
from stedi.generate import generate_landing
from stedi.vault import ensure_key

ZONES = ("landing", "staging", "trusted", "curated", "audit")


def prepare(landing: str | None, vault: Path) -> None:
    """Make what a build on ``local`` needs and is not there yet: profile, landing data, vault key.

    ``landing`` is what the user asked for; only where they asked for nothing is synthetic data made.
    Raises ``StediError`` outside the project's folder.
    """
    if not Path("dbt_project.yml").exists():
        raise StediError("no dbt_project.yml here: run this in the project's folder")
    if not Path("profiles.yml").exists():
        shutil.copy("profiles.yml.example", "profiles.yml")
    default = Path("data/landing")
    if not landing and not default.exists():
        generate_landing(default)
    ensure_key(vault)


def build() -> bool:
    """``dbt build`` on the target of the profile; whether everything passed.

    Without the unit tests, which say nothing of the data at hand.
    """
    return dbtRunner().invoke(["build", "--exclude-resource-type", "unit_test"]).success


def summarise(database: Path, console: Console) -> None:
    """Print the rows of every relation by zone, and the outcome of every landing line."""
    # Not read-only: dbt, in this process, still has the database open for writing.
    with duckdb.connect(str(database)) as connection:
        for zone in ZONES:
            console.print(_zone_table(connection, zone))
        outcomes = Table("entity", "outcome", title="what became of every landing line")
        outcomes.add_column("lines", justify="right")
        for entity, outcome, lines in connection.execute(
            "select entity, outcome, row_count from stedi_audit.row_outcome order by entity, row_count desc, outcome"
        ).fetchall():
            outcomes.add_row(entity, outcome, f"{lines:,}")
        console.print(outcomes)
    console.print(f"DuckDB database: {database}", soft_wrap=True)


def _zone_table(connection: duckdb.DuckDBPyConnection, zone: str) -> Table:
    table = Table("relation", title="landing, blank lines included" if zone == "landing" else zone)
    table.add_column("rows", justify="right")
    relations = connection.execute(
        "select table_name from information_schema.tables where table_schema = ? "
        "and not regexp_matches(table_name, '_(lines|not_utf8|parts|states)$') order by table_name",
        [f"stedi_{zone}"],
    ).fetchall()
    for (relation,) in relations:
        rows = connection.execute(f'select count(*) from "stedi_{zone}"."{relation}"').fetchone()  # noqa: S608
        table.add_row(f"stedi_{zone}.{relation}", f"{rows[0] if rows else 0:,}")
    return table


def database_path() -> Path:
    """The DuckDB database of target ``local``."""
    return Path(os.environ.get("STEDI_DUCKDB", "data/stedi.duckdb"))
