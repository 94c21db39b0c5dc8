"""The Makefile notices an environment that was made in another folder: none of its programs starts."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from lakehouse import PROJECT


def planned(folder: Path) -> str:
    """What `make run` would do, typed by a person: no part of the make that runs the tests."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", "-n", "run"], cwd=folder, env=env, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("first_lines", ["#!{}/python3.11\n", '#!/bin/sh\n\'\'\'exec\' "{}/python3.11" "$0" "$@"\n'])
def test_a_moved_clone_makes_its_environment_anew(tmp_path: Path, first_lines: str) -> None:
    clone = tmp_path / "clone"
    (clone / ".venv" / "bin").mkdir(parents=True)
    shutil.copytree(PROJECT / "requirements", clone / "requirements")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(PROJECT / name, clone / name)
    for path in (clone / "pyproject.toml", *(clone / "requirements").iterdir()):
        os.utime(path, (0, 0))
    (clone / ".venv" / "bin" / "pip").write_text(first_lines.format(clone / ".venv" / "bin"))
    (clone / ".venv" / "run.stamp").touch()
    assert planned(clone) == ".venv/bin/stedi run\n"
    moved = clone.rename(tmp_path / "moved")
    plan = planned(moved)
    assert ".venv was made in another folder, and is made anew" in plan
    assert "-m venv --clear .venv" in plan
