"""`stedi run`, as `make run` calls it, in a copy of the project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lakehouse import copy_project


def stedi(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("STEDI_", "DBT_"))}
    command = [sys.executable, "-c", "from stedi.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_first_run_makes_everything_and_shows_it(tmp_path: Path) -> None:
    copy_project(tmp_path)
    done = stedi(tmp_path, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    for shown in ("stedi_curated.machine_learning_curated", "unknown_customer", "data/stedi.duckdb"):
        assert shown in done.stdout
    for made in ("profiles.yml", "data/landing", "data/vault/pseudonym_key/key.hex", "data/stedi.duckdb"):
        assert (tmp_path / made).exists()


def test_outside_the_project_one_line_says_so(tmp_path: Path) -> None:
    done = stedi(tmp_path, "run")
    assert done.returncode == 1
    assert done.stderr.strip() == "stedi: no dbt_project.yml here: run this in the project's folder"


def test_a_refusal_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    done = stedi(tmp_path, "generate", "--out", ".", "--force")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "something else than landing data" in done.stderr
