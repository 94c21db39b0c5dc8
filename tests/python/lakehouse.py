"""A lakehouse of its own for a test: landing, vault, database and dbt's files in one folder."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import struct
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from forked import Dbt
from support import truth

from stedi.vault import ensure_key, key_file, read_key

PROJECT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 1)
"""What the reference is told of the time: after everything that lands in tests, but for what is to be of the future."""
ZONE_OF = {
    relation: zone
    for zone, relations in {
        "staging": ("stg_customer", "stg_accelerometer", "stg_step_trainer", "int_consent"),
        "trusted": ("customer_trusted", "accelerometer_trusted", "step_trainer_trusted"),
        "curated": ("customers_curated", "machine_learning_curated"),
        "audit": ("row_outcome",),
    }.items()
    for relation in relations
}


KEY = "0badcafe" * 8 + "\n"
"""Always the same: pseudonyms, and so who is in which split, follow from it."""


@dataclass
class Lakehouse:
    """One database under ``folder``, built from ``landing`` (a folder or an ``s3://`` URL)."""

    folder: Path
    landing: str
    project: Path = PROJECT
    env: dict[str, str] = field(default_factory=dict)
    target: str = "local"

    def __post_init__(self) -> None:
        profiles = self.folder / "profiles"
        profiles.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.project / "profiles.yml.example", profiles / "profiles.yml")
        if not key_file(self.vault).exists():
            ensure_key(self.vault).write_text(KEY)

    @property
    def vault(self) -> Path:
        return self.folder / "vault"

    @property
    def database(self) -> Path:
        return self.folder / "stedi.duckdb"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command on this lakehouse."""
        own = {
            "STEDI_LANDING": self.landing,
            "STEDI_VAULT": str(self.vault),
            "STEDI_DUCKDB": str(self.database),
            "DBT_PROFILES_DIR": str(self.folder / "profiles"),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_USE_COLORS": "false",
        }
        return os.environ | own | self.env

    def start(self, *arguments: str) -> Dbt:
        """Start dbt as a process (and group) of its own."""
        return Dbt([*arguments, "--target", self.target], cwd=self.project, env=self.environment)

    def dbt(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run dbt to its end; with ``check``, a failure shows dbt's output."""
        process = self.start(*arguments)
        stdout, stderr = process.communicate()
        if check:
            assert process.returncode == 0, stdout + stderr
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def build(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`dbt build` without the unit tests, which have a test of their own."""
        return self.dbt("build", "--exclude-resource-type", "unit_test", *arguments, check=check)

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def rows(self, relation: str) -> list[tuple]:
        columns = ", ".join(truth.COLUMNS[relation])
        return self.query(f"select {columns} from stedi_{ZONE_OF[relation]}.{relation}")

    def counts(self) -> dict[str, int]:
        return {
            relation: self.query(f"select count(*) from stedi_{zone}.{relation}")[0][0]
            for relation, zone in ZONE_OF.items()
            if relation not in ("row_outcome", "int_consent")
        }

    def expected(self, **variables) -> dict[str, list[tuple]]:
        """The truth for this landing folder now."""
        erased = truth.erased_by(self.vault)
        landed = landed_by(self.database)
        return truth.expected(
            Path(self.landing), read_key(self.vault), now=NOW, erased=erased, landed=landed, **variables
        )


def landed_by(database: Path) -> dict[str, datetime]:
    """When each file landed that is read, as the audit of a database has it; nothing where there is none."""
    if not database.exists():
        return {}
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select source_file, landed_at from stedi_audit.landing_file where status = 'read'"
        ).fetchall()
    return dict(rows)


def copy_project(folder: Path) -> None:
    """Copy the dbt project, and nothing else of the repository, into `folder`."""
    for name in ("models", "analyses", "macros", "seeds", "tests/generic"):
        shutil.copytree(PROJECT / name, folder / name)
    for name in ("dbt_project.yml", "profiles.yml.example", "selectors.yml"):
        shutil.copy(PROJECT / name, folder / name)


def make_newer(database: Path) -> None:
    """Make a database one of a version of DuckDB that is to come: number and checksum of its first block."""
    content = bytearray(database.read_bytes())
    content[12:20] = struct.pack("<Q", 999)
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", content[8:4096]):
        checksum ^= word * 0xBF58476D1CE4E5B9 % 2**64
    content[:8] = struct.pack("<Q", checksum)
    database.write_bytes(content)


FAILS = (r"\Z", "\nwhere no_such_column = 1\n")
"""What makes a model fail, for `edited`."""


@contextlib.contextmanager
def edited(manifest: Any, edits: dict[str, tuple[str, str]]) -> Iterator[Any]:
    """A parsed project with changes in some of its models and macros: by id, a pattern and its replacement."""
    found = {name: manifest.nodes.get(name) or manifest.macros[name] for name in edits}
    texts = {name: "raw_code" if name in manifest.nodes else "macro_sql" for name in edits}
    before = {name: getattr(found[name], texts[name]) for name in edits}
    for name, (pattern, replacement) in edits.items():
        text, count = re.subn(pattern, replacement, before[name])
        assert count, f"{name} no longer has {pattern!r}: the change would be none"
        setattr(found[name], texts[name], text)
    try:
        yield manifest
    finally:
        for name, text in before.items():
            setattr(found[name], texts[name], text)


def left_behind(query: Callable[[str], list[tuple]]) -> dict[str, int]:
    """Rows of people who are not in customer_trusted, by relation of trusted and curated."""
    relations = query(
        "select table_schema || '.' || table_name from information_schema.columns "
        "where table_schema in ('stedi_trusted', 'stedi_curated') and column_name = 'participant_id'"
    )
    assert len(relations) == 6
    found = {
        name: query(
            f"select count(*) from {name} where participant_id not in "
            "(select participant_id from stedi_trusted.customer_trusted)"
        )[0][0]
        for (name,) in relations
    }
    return {name: count for name, count in found.items() if count}


def assert_same_rows(relation: str, actual: list[tuple], expected: list[tuple]) -> None:
    """Compare as multisets; says how many rows differ and in which columns, not values: some are personal data."""
    missing = Counter(expected) - Counter(actual)
    extra = Counter(actual) - Counter(expected)
    width = len(next(iter(missing or extra), ()))
    differ = [n for n in range(width) if Counter(row[n] for row in actual) != Counter(row[n] for row in expected)]
    names = truth.COLUMNS.get(relation, range(width))
    assert not missing and not extra, (
        f"{relation}: {missing.total()} rows missing, {extra.total()} too many, of {len(expected)} expected; "
        f"columns whose values differ: {', '.join(str(names[n]) for n in differ) or 'none, only their combination'}"
    )
