"""dbt in a process of its own that imports nothing and parses what changed: less than half the cost of a command."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import tempfile
from functools import cache
from hashlib import md5
from itertools import pairwise
from pathlib import Path
from typing import IO

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["dbt.cli.main", "dbt.adapters.duckdb.impl", "dbt.adapters.athena.impl"])


@cache
def parsed() -> tempfile.TemporaryDirectory[str]:
    """What dbt keeps of a parsed project, by target and variables. Not made on import: forked processes import too."""
    return tempfile.TemporaryDirectory(prefix="parsed.")


class Dbt:
    """A running dbt command, in a group of its own; what tests need of ``subprocess.Popen``."""

    def __init__(self, arguments: list[str], *, cwd: Path, env: dict[str, str]) -> None:
        self.args = ["dbt", *arguments]
        self._parsed = Path(env["DBT_TARGET_PATH"]) / "partial_parse.msgpack"
        given = [value for option, value in pairwise(arguments) if option in ("--vars", "--target")]
        self._known = Path(parsed().name) / md5(repr(given).encode()).hexdigest()
        if self._known.exists():
            self._parsed.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self._known, self._parsed)
        self._written = [tempfile.NamedTemporaryFile("r") for _ in range(2)]  # noqa: SIM115
        outputs = [file.name for file in self._written]
        self._process = FORKS.Process(target=_run, args=(arguments, str(cwd), env, outputs))
        self._process.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """As of Popen: negative when a signal ended it."""
        return self._process.exitcode

    def communicate(self) -> tuple[str, str]:
        """Wait for the end; what was written to stdout and to stderr."""
        self._process.join()
        if not self._known.exists() and self.returncode == 0 and self._parsed.exists():
            shutil.copy(self._parsed, self._known)
        return tuple(_read(file) for file in self._written)


def _read(file: IO[str]) -> str:
    with file:
        return file.read()


def _run(arguments: list[str], cwd: str, env: dict[str, str], outputs: list[str]) -> None:
    os.setsid()
    for stream, output in zip((sys.stdout, sys.stderr), outputs, strict=True):
        os.dup2(os.open(output, os.O_WRONLY | os.O_APPEND), stream.fileno())
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["dbt", *arguments]

    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.artifacts.resources import FileHash
    from dbt.cli.main import cli
    from dbt.parser.manifest import ManifestLoader

    # The path of the database does not change what is parsed, but dbt would parse everything again.
    state_check = ManifestLoader.build_manifest_state_check

    def of_any_database(loader: ManifestLoader) -> object:
        state = state_check(loader)
        state.profile_hash = FileHash.from_contents("")
        return state

    ManifestLoader.build_manifest_state_check = of_any_database
    try:
        cli(arguments)
    finally:
        # Python does this at its own end, which a forked process does not have.
        if DuckDBConnectionManager._ENV:
            DuckDBConnectionManager._ENV.close()
