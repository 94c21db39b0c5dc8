"""`stedi report`: one HTML page about the tables of the last build, for those who must answer for them or use them.

The page stands by itself: no script, and nothing that is loaded. It shows aggregates, and three minutes of one
participant's signal under their pseudonym.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import yaml
from dbt.contracts.graph.manifest import Manifest

from stedi.errors import StediError
from stedi.lake import REPORT, target_folder
from stedi.report.asking import MissingTableError, Questions, opened
from stedi.report.checks import read_results
from stedi.settings import Settings
from stedi.summary import Built, program


def default_path(built: Built, settings: Settings) -> Path:
    """Where the report of a build is written: beside its DuckDB database, or in the project's `data`."""
    return (built.database or settings.project / "data" / "stedi").with_name(REPORT)


def write_report(manifest: Manifest, built: Built, settings: Settings, out: Path, *, in_build: bool = False) -> None:
    """Write the report of the tables of `built` to `out`, whole or not at all, readable by its owner only.

    `in_build` where dbt has built the tables in this process.

    Raises:
        StediError: there are no tables to report on, they cannot be read, or `out` cannot be written.
    """
    _check_place(out)
    try:
        # Drawing needs what the other commands do not.
        from stedi.report.page import render
    except ImportError as error:
        raise StediError(f"the report needs {error.name}, which is not installed: `make run` installs it") from None
    again = f"{program('stedi', settings)} run" if built.database else "dbt build"
    if built.target:
        again += f" --target {built.target}"
    try:
        with opened(built, in_build=in_build) as fetch:
            builds = Questions(manifest, fetch, {}).answer("builds")
            if not builds:
                raise MissingTableError("nothing was built to its end")
            results = read_results(target_folder(settings), builds[0]["build_id"], manifest)
            variables = _variables(settings.project) | results.variables
            now = datetime.now(UTC).replace(tzinfo=None)
            page = render(Questions(manifest, fetch, variables), builds, results, variables, settings, built, now)
    except MissingTableError as error:
        raise StediError(
            f"nothing to report on yet, or tables of another version ({error}): `{again}` builds them"
        ) from None
    _write(out, page)


def _variables(project: Path) -> dict:
    return yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8")).get("vars") or {}


def _check_place(out: Path) -> None:
    if out.is_dir():
        raise StediError(f"cannot write the report to {out}: it is a folder; say --out {out / 'report.html'}")
    if not out.parent.is_dir():
        raise StediError(f"cannot write the report to {out}: there is no folder {out.parent}")


def _write(out: Path, page: str) -> None:
    beside = None
    try:
        # Readable by its owner only, whatever the umask.
        handle, beside = tempfile.mkstemp(prefix=f".{out.name}-", dir=out.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        Path(beside).replace(out)
        beside = None
    except OSError as error:
        raise StediError(f"cannot write the report to {out}: {error.strerror}") from None
    finally:
        if beside:
            with suppress(OSError):
                Path(beside).unlink()
