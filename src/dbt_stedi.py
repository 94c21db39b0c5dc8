"""Checks before any dbt command in this project, on either target: dbt loads modules named ``dbt_*`` by itself.

Everything here ends in one line that says what to do, before dbt opens a connection or writes a file.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from functools import cache, partial
from pathlib import Path
from typing import Any

import click
import duckdb
from dbt.flags import get_flags
from dbt.plugins.manager import dbtPlugin
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.exceptions import DbtRuntimeError

from stedi.engine_errors import without_values
from stedi.erasure_list import NAME, Entry, landed_times, read_list
from stedi.errors import StediError
from stedi.settings import check_paths

BUILDS = ("run", "build")
QUERIES = (*BUILDS, "test", "freshness", "run-operation", "show", "generate")

INTERRUPTED = "interrupted: what this command left half done, the next `dbt build` puts right"


class StediPlugin(dbtPlugin):
    """Runs once for each dbt command, after profile and project are loaded."""

    def initialize(self) -> None:
        """Make files private, keep rows out of logs, and look at what the command needs."""
        if self.project_name != "stedi":
            return
        flags = get_flags()
        command = str(getattr(flags, "WHICH", ""))
        project = Path(str(flags.PROJECT_DIR or ".")).resolve()
        try:
            check_paths(project)
        except StediError as error:
            raise DbtRuntimeError(str(error)) from None
        # Whatever dbt writes from here on is for its owner only.
        os.umask(0o077)
        _make_private(getattr(flags, "LOG_PATH", None), project / (getattr(flags, "TARGET_PATH", None) or "target"))
        _keep_out_of_logs()
        if command in BUILDS and (flags.EMPTY or getattr(flags, "SAMPLE", None)):
            raise DbtRuntimeError(
                "--empty and --sample would take people out of the tables: leave them away "
                "(`dbt compile` shows the SQL, and a small landing folder gives small tables)"
            )
        _check_variables(flags)
        threads = getattr(flags, "THREADS", None)
        if threads is not None and threads < 1:
            raise DbtRuntimeError(f"--threads is {threads}; it must be at least 1")
        if command == "serve":
            _check_port(int(flags.PORT), str(flags.HOST))
        credentials = _credentials()
        if credentials is not None and credentials.type:  # `dbt deps` and the like have none
            _keep_values_out_of_errors(credentials.type)
        if credentials is not None and credentials.type == "duckdb" and ":" not in credentials.path:
            # Paths in the environment are relative to the project, wherever one stands.
            credentials.path = str(project / credentials.path)
        if credentials is not None and credentials.type == "athena" and command in QUERIES:
            _read_service_models_once()
            check_athena(credentials)
            _let_macros_look_at_landing(credentials)


def check_athena(credentials: Any) -> None:
    """Look for the bucket and the workgroup, which dbt-athena would miss in the middle of a build.

    Raises:
        DbtRuntimeError: one of them is not there, or cannot be looked for.
    """
    from stedi.account import look_for_bucket, look_for_workgroup, named_bucket

    try:
        bucket = named_bucket(os.environ.get("STEDI_BUCKET"))
        session = _session(credentials)
        look_for_bucket(session, bucket)
        look_for_workgroup(session, credentials.work_group)
    except StediError as error:
        raise DbtRuntimeError(str(error)) from None


def _let_macros_look_at_landing(credentials: Any) -> None:
    """Give the adapter what SQL on Athena lacks.

    ``look_at_landing``: what lies in landing (`stedi.athena_landing`). ``note_landing``: keeps that for the next build.
    ``passed_over``: what the last build noted as unreadable. ``error_of``: what a query fails with, for the macro that
    goes on all the same. ``why_unreadable``: Athena does not always name the file that it cannot read.
    """
    from dbt.adapters.athena import AthenaAdapter

    from stedi import athena_landing
    from stedi.vault import KEY, parse_key

    def s3() -> Any:
        return _session(credentials).client("s3")

    def noted(root: str, place: str) -> bytes | None:
        return _object(s3(), root, f"{place}/list.txt")

    def look_at_landing(
        _: AthenaAdapter, root: str, places: list[list[str]], place: str, listed_before: int | None
    ) -> athena_landing.Landing:
        client = s3()
        key = parse_key(_object(client, root, f"vault/{KEY}") or b"", f"{root}/vault/{KEY}")
        return athena_landing.look(
            client,
            root,
            key,
            [athena_landing.Place(*one) for one in places],
            noted=noted(root, place),
            landed=landed_times(_erasure_list(client, root)),
            listed_before=listed_before,
        )

    def note_landing(_: AthenaAdapter, root: str, place: str, objects: list[athena_landing.LandingObject]) -> None:
        content = athena_landing.written(objects)
        if content != noted(root, place):
            s3().put_object(Bucket=root.removeprefix("s3://"), Key=f"{place}/list.txt", Body=content)

    def passed_over(_: AthenaAdapter, root: str, place: str) -> list[str | tuple[str, str]]:
        return athena_landing.passed_over(athena_landing.read_noted(noted(root, place)))

    def set_aside(_: AthenaAdapter, found: athena_landing.LandingObject, reason: str | None) -> None:
        found.reason = reason

    def set_ranges(_: AthenaAdapter, found: athena_landing.Landing) -> str | None:
        return athena_landing.set_ranges(found)

    def error_of(adapter: AthenaAdapter, sql: str) -> str | None:
        try:
            adapter.execute(sql)
        except DbtRuntimeError as error:
            return str(error.msg)
        return None

    def why_unreadable(_: AthenaAdapter, path: str) -> str | None:
        return athena_landing.why_unreadable(s3(), path)

    methods = (look_at_landing, note_landing, passed_over, set_aside, set_ranges, error_of, why_unreadable)
    for method in methods:
        setattr(AthenaAdapter, method.__name__, method)
    AthenaAdapter._available_ = AthenaAdapter._available_ | {method.__name__ for method in methods}


def _object(s3: Any, root: str, key: str) -> bytes | None:
    """The bytes of an object; None where there is none."""
    from botocore.exceptions import ClientError

    try:
        return bytes(s3.get_object(Bucket=root.removeprefix("s3://"), Key=key)["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise DbtRuntimeError(f"{root}/{key} cannot be read: {error}") from None


def _erasure_list(s3: Any, root: str) -> list[Entry]:
    try:
        return read_list(_object(s3, root, f"vault/{NAME}"))
    except ValueError as error:
        raise DbtRuntimeError(str(error)) from None


def _session(credentials: Any) -> Any:
    from stedi.account import session_of

    return session_of(credentials.region_name, credentials.aws_profile_name)


def _read_service_models_once() -> None:
    """dbt-athena opens a session for each node, and botocore reads its megabytes of JSON again for each session."""
    from botocore.loaders import JSONFileLoader

    load_file = JSONFileLoader.load_file
    load_once = cache(lambda path: load_file(JSONFileLoader(), path))
    setattr(JSONFileLoader, "load_file", lambda _, path: load_once(path))  # noqa: B010


def _check_variables(flags: Any) -> None:
    """A variable of a mistaken name would leave the rule as it is, and nobody would know."""
    project = _loaded("project")
    given = getattr(flags, "VARS", None) or {}
    if project is not None:
        known = project.vars.to_dict()
        for name in given:
            if name not in known:
                near = get_close_matches(str(name), known, n=1)
                meant = f"; did you mean {near[0]}?" if near else f": there are {', '.join(sorted(known))}"
                raise DbtRuntimeError(f"there is no variable {name}{meant}")


def _credentials() -> Any:
    return getattr(_loaded("profile"), "credentials", None)


def _loaded(what: str) -> Any:
    """What dbt has loaded for this command: the profile or the project."""
    context = click.get_current_context(silent=True)
    return (context.obj or {}).get(what) if context else None


def _make_private(*folders: str | os.PathLike[str] | None) -> None:
    for folder in folders:
        for path in (Path(folder), Path(folder) / "dbt.log") if folder else ():
            # Somebody else's folder, or one on a disk without permissions, is none of our business.
            with suppress(OSError):
                path.chmod(0o700 if path.is_dir() else 0o600)


def _keep_out_of_logs() -> None:
    """Rows that `dbt show` shows are for the screen only, and Ctrl-C is one line."""
    for logger in get_event_manager().loggers:
        logger.filter = partial(_is_logged, logger.filter, logger.name == "file_log")


def _is_logged(is_wanted: Callable[[Any], bool], is_file: bool, event: Any) -> bool:
    name = event.info.name
    if name == "ShowNode" and is_file:
        return False
    if name == "MainStackTrace" and event.data.stack_trace.rstrip().endswith("KeyboardInterrupt"):
        return False
    if name == "MainEncounteredError" and not event.data.exc:  # dbt has no words for it
        event.info.msg = INTERRUPTED
    return is_wanted(event)


def _keep_values_out_of_errors(engine: str) -> None:
    """Where an engine's error enters dbt: what dbt logs, shows and writes of it comes from there."""
    from dbt.adapters.factory import get_adapter_class_by_name

    manager: Any = get_adapter_class_by_name(engine).ConnectionManager
    if not hasattr(manager.exception_handler, "keeps_values_out"):
        manager.exception_handler = _keeping_values_out(manager.exception_handler)


def _keeping_values_out(handler: Callable[..., Any]) -> Callable[..., Any]:
    @contextmanager
    def keeping(manager: Any, sql: str, *arguments: Any) -> Iterator[None]:
        with handler(manager, sql, *arguments):
            try:
                yield
            except Exception as error:
                told, full = without_values(error, sql), str(getattr(error, "msg", error))
                if told == full:
                    raise
                if sys.stderr.isatty():
                    click.echo(full, err=True)
                raise (type(error) if isinstance(error, duckdb.Error) else RuntimeError)(told) from None

    setattr(keeping, "keeps_values_out", True)  # noqa: B010
    return keeping


def _check_port(port: int, host: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host or "127.0.0.1", port))
        except OSError as error:
            raise DbtRuntimeError(f"port {port} cannot be used: {error.strerror}. Choose another with --port") from None


plugins = [StediPlugin]
