"""A lakehouse of its own for a test: landing, vault, database and dbt's files in one folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
from forked import Dbt
from support import truth

from stedi.vault import ensure_key, read_key

PROJECT = Path(__file__).resolve().parents[2]
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
        ensure_key(self.vault)

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
        return truth.expected(Path(self.landing), read_key(self.vault), now=datetime(2026, 1, 1), **variables)


def copy_project(folder: Path) -> None:
    """Copy the dbt project, and nothing else of the repository, into `folder`."""
    for name in ("models", "analyses", "macros", "seeds", "tests/generic"):
        shutil.copytree(PROJECT / name, folder / name)
    for name in ("dbt_project.yml", "profiles.yml.example", "selectors.yml"):
        shutil.copy(PROJECT / name, folder / name)


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
