"""`stedi run`: everything a first run needs, then `dbt build`, then what came out of it."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb
import yaml
from dbt.adapters.factory import get_adapter_by_type
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt_common.exceptions import DbtBaseException
from rich.console import Console

from stedi.alarms import WARNING_TEST
from stedi.errors import StediError
from stedi.generate import generate_landing
from stedi.pipes import CLOSED, EXIT_STATUS
from stedi.progress import BuildProgress, count_name, counted, number_of, one_line
from stedi.report import default_path, write_report
from stedi.settings import Settings, drop_empty
from stedi.summary import Built, program, show, show_next_steps
from stedi.vault import ensure_key_of, key_file

BUILDABLE = ("model", "seed", "snapshot")
"""The resource types that become a relation."""

FAILED = ("error", "fail", "runtime error", "partial success")
"""The statuses of what did not work."""


@dataclass(frozen=True)
class Options:
    """What goes to dbt as it was typed, and whether dbt speaks for itself."""

    target: str | None = None
    full_refresh: bool = False
    variables: str | None = None
    verbose: bool = False

    def arguments(self) -> list[str]:
        """The options as dbt's."""
        arguments = ["--target", self.target] if self.target else []
        if self.variables is not None:
            arguments += ["--vars", self.variables]
        # The log file has everything all the same.
        quiet = ["--log-level", "none", "--log-level-file", "debug", "--no-use-colors"]
        return arguments if self.verbose else arguments + quiet


def run(settings: Settings, options: Options, out: Console, err: Console) -> bool:
    """Build on the target asked for and show what came out; whether everything was built and passed.

    The process goes to the project's folder and stays there: DuckDB needs its database where it was opened.

    Raises:
        StediError: nothing could be built; the text is what dbt says.
        KeyboardInterrupt: dbt was interrupted, and has let go of its connections.
    """
    progress = BuildProgress(out, err, silent=options.verbose)
    manifest, built = read_project(settings, options, out, progress)
    arguments = options.arguments()
    if built.database:
        _make_landing_and_key(settings, built.database, out)
    # Unit tests say nothing of the data at hand.
    command = ["build", "--exclude-resource-type", "unit_test", *arguments]
    began = time.monotonic()
    with progress.build(zones_of(manifest)):
        done = invoke([*command, "--full-refresh"] if options.full_refresh else command, progress.hear, manifest)
    results = getattr(done.result, "results", [])
    counts = _count(results) + Counter({"warnings": progress.warnings})
    verdict = f"{counted(counts) or 'nothing was built'} in {time.monotonic() - began:.0f} s"
    told = [] if options.verbose else results  # dbt has told them
    if built.database:
        # Among the tables, the alarms are shown one by one.
        told = [result for result in told if (result.node.name, str(result.status)) != (WARNING_TEST, "warn")]
    if done.success:
        _show_results(told, err)
        out.print(f"{'ok, with warnings' if counts['warnings'] else 'ok'}: {verdict}", style="bold green")
        _show_tables(built, settings, _became(results), out, err)
        show_next_steps(built, settings, out)
        _report(manifest, built, settings, out, err)
    else:
        if counts["relations built"]:
            out.print("\nthe tables as they stand; those that were not built now are of an earlier run")
            _show_tables(built, settings, _became(results), out, err)
            _report(manifest, built, settings, out, err)
        _show_results(told, err)
        _show_failure(results, verdict, settings, options, err)
    return done.success


def read_project(settings: Settings, options: Options, out: Console, progress: BuildProgress) -> tuple[Manifest, Built]:
    """The project as dbt reads it, and where it puts its relations on the target asked for.

    Makes a profile where there is none, and goes to the project's folder, as `run` does.

    Raises:
        StediError: dbt cannot read the project, or its profile.
    """
    os.chdir(settings.project)
    drop_empty()
    _make_profile(settings, out)
    with nullcontext() if options.verbose else out.status("dbt reads the project"):
        manifest = cast(Manifest, invoke(["parse", *options.arguments()], progress.hear).result)
    return manifest, _built(manifest, settings, options)


def zones_of(manifest: Manifest) -> dict[str, tuple[str, bool]]:
    """The zone of each node that `run` builds, and whether it is a test; a test is in the zone of what it tests."""
    zones = {source.unique_id: source.source_name for source in manifest.sources.values()}
    zones |= {node.unique_id: str(node.config.schema) for node in manifest.nodes.values() if _is_relation(node)}
    built = {node.unique_id: (zones[node.unique_id], False) for node in manifest.nodes.values() if _is_relation(node)}
    for node in manifest.nodes.values():
        if node.resource_type == "test":
            tested = getattr(node, "attached_node", None) or next(iter(node.depends_on.nodes), "")
            built[node.unique_id] = (zones.get(tested, "project"), True)
    return built


def _is_relation(node: Any) -> bool:
    return node.resource_type in BUILDABLE


def invoke(
    arguments: list[str], hear: Callable[[Any], None] = lambda _: None, manifest: Manifest | None = None
) -> dbtRunnerResult:
    """Run a command of dbt in this process.

    Raises:
        StediError: dbt could not do it; the text is what it says.
        KeyboardInterrupt: dbt was interrupted, and has let go of its connections.
        SystemExit: nobody reads the output any more; dbt has let go of its connections.
    """
    done = dbtRunner(manifest=manifest, callbacks=[hear]).invoke(arguments)
    error = done.exception
    if CLOSED.is_set():  # which dbt may have taken for the failure of a hook
        raise SystemExit(EXIT_STATUS)
    if isinstance(error, KeyboardInterrupt | SystemExit):
        raise error
    if error is not None:
        known = isinstance(error, DbtBaseException | duckdb.Error)
        raise StediError(one_line(str(error)) if known else f"dbt ended with {type(error).__name__}: {error}")
    return done


def _built(manifest: Manifest, settings: Settings, options: Options) -> Built:
    """Where the build puts its relations, by the profile that dbt has read."""
    adapter = manifest.metadata.adapter_type or ""
    credentials = get_adapter_by_type(adapter).config.credentials
    path = getattr(credentials, "path", "") if adapter == "duckdb" else ""
    return Built(
        adapter=adapter,
        target=options.target,
        schema=credentials.schema,
        database=settings.project / path if path and ":" not in path else None,
        relations=tuple(
            (str(node.config.schema), node.alias) for node in manifest.nodes.values() if _is_relation(node)
        ),
    )


def _make_profile(settings: Settings, out: Console) -> None:
    """Copy the example profile, unless dbt finds one without it."""
    profile = settings.project / "profiles.yml"
    if profile.exists() or os.environ.get("DBT_PROFILES_DIR") or _has_profile(Path.home() / ".dbt" / "profiles.yml"):
        return
    try:
        shutil.copyfile(settings.project / "profiles.yml.example", profile)
    except OSError as error:
        raise StediError(f"cannot write {profile}: {error.strerror}") from None
    out.print(f"wrote {settings.shown(profile)}: a copy of profiles.yml.example", soft_wrap=True)


def _has_profile(path: Path) -> bool:
    try:
        profiles = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return False
    return isinstance(profiles, dict) and "stedi" in profiles


def _make_landing_and_key(settings: Settings, database: Path, out: Console) -> None:
    """Make what a build on DuckDB needs; synthetic landing data only where nobody named a landing."""
    landing = settings.default_landing
    if not settings.landing_is_given and not (landing.is_dir() and any(landing.iterdir())):
        out.print(f"wrote {settings.shown(landing)}: {generate_landing(landing)}", soft_wrap=True)
    key = key_file(settings.vault)
    if ensure_key_of(settings.vault, database):
        out.print(
            f"wrote {settings.shown(key)}: the key behind every pseudonym; keep a copy of it, and keep it secret",
            soft_wrap=True,
        )
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StediError(f"cannot make the folder of the database {database}: {error.strerror}") from None


def _became(results: list[Any]) -> dict[str, str]:
    """What became of each relation in a build: unchanged, changed, new files, built anew, or not built."""
    return {
        result.node.alias: "not built" if str(result.status) in (*FAILED, "skipped") else code
        for result in results
        if _is_relation(result.node)
        for code in [str(result.adapter_response.get("code") or "")]
    }


def _show_tables(built: Built, settings: Settings, became: dict[str, str], out: Console, err: Console) -> None:
    try:
        show(built, settings, out, became)
    except duckdb.Error as error:
        err.print(f"warning: the tables cannot be shown: {one_line(str(error))}", style="yellow", soft_wrap=True)


def _report(manifest: Manifest, built: Built, settings: Settings, out: Console, err: Console) -> None:
    """Write the report of a build on DuckDB, where that costs nothing; without it, the build is what it is."""
    if built.database is None:
        return
    path = default_path(built, settings)
    try:
        with out.status("the report is written"):
            write_report(manifest, built, settings, path, in_build=True)
    except StediError as error:
        err.print(f"warning: no report was written: {error}", style="yellow", soft_wrap=True)
    else:
        out.print(f"report    {settings.shown(path)}", soft_wrap=True)


def _count(results: list[Any]) -> Counter[str]:
    """The results of a build by what became of each, as `counted` says them."""
    counts: Counter[str] = Counter()
    for result in results:
        kind = result.node.resource_type
        if _is_relation(result.node) or kind == "test":
            counts[count_name(str(result.status), kind == "test")] += 1
    return counts


def _show_results(results: list[Any], err: Console) -> None:
    """Show each warning and each failure of a build, in a line."""
    for result in results:
        if str(result.status) == "warn":
            err.print(f"warning: {result.node.name}: {_found(result)}", style="yellow", soft_wrap=True)
        elif str(result.status) in FAILED:
            err.print(f"failed: {result.node.name}: {_found(result)}", style="red", soft_wrap=True)


def _found(result: Any) -> str:
    if not result.failures:
        return f"{one_line(result.message or '')} ({result.node.original_file_path})"
    description = " ".join((result.node.description or "").split())
    return number_of(result.failures, "rows") + (f": {description}" if description else "")


def _show_failure(results: list[Any], verdict: str, settings: Settings, options: Options, err: Console) -> None:
    """Show what to do about a build that failed, and the verdict last."""
    tests = [result.node.name for result in results if str(result.status) == "fail"]
    if tests:
        target = f" --target {shlex.quote(options.target)}" if options.target else ""
        dbt = program("dbt", settings)
        err.print(f"see the rows that a test found: {dbt} show{target} --select {tests[0]}", soft_wrap=True)
    err.print(
        f"failed: {verdict}; put right what is named above and run this again, with -v for dbt's own lines",
        style="bold red",
        soft_wrap=True,
    )
