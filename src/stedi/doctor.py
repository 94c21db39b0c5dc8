"""`stedi doctor`: whether everything that a build needs is there and fits together; a line for each thing.

Nothing is changed, but for one small object that is put below `athena-results/` and deleted.
"""

from __future__ import annotations

import os
import platform
from argparse import Namespace
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import duckdb
from botocore.exceptions import ClientError
from dbt.config.runtime import load_profile, load_project
from dbt.flags import set_from_args
from dbt_common.context import set_invocation_context
from dbt_common.exceptions import DbtBaseException
from packaging.specifiers import SpecifierSet
from rich.console import Console

from stedi.account import (
    DENIED,
    GRANTS,
    KEY,
    LAKE_FORMATION,
    NOT_THERE,
    RESULTS,
    code_of,
    look_for_bucket,
    look_for_workgroup,
    named_bucket,
    session_of,
    telling,
)
from stedi.duckdb_plugin import opened, why_not
from stedi.entities import entities, landing_tables
from stedi.errors import StediError
from stedi.lake import check_key
from stedi.landing_files import LandingError, found_below, is_synthetic, list_files
from stedi.progress import number_of, one_line
from stedi.settings import ZONES, Settings, drop_empty
from stedi.summary import program
from stedi.vault import key_file, problem_of, read_key

ENGINE = "Athena engine version 3"
SHOWN = ("dbt-core", "dbt-duckdb", "duckdb", "dbt-athena")
"""The packages whose versions are told where all is well."""
EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
"""Whom Lake Formation calls everybody that IAM allows."""
KEY_SIZES = (64, 65, 66)
"""Bytes of the key's file: its digits, and a line's end."""


def doctor(settings: Settings, target: str | None, out: Console) -> bool:
    """Look at everything that a build on a target needs; whether nothing is wrong."""
    drop_empty()
    looks = Looks(out)
    profile = looks.at("profile", lambda: _profile(settings, target))
    adapter = profile.credentials.type if profile else target if target == "athena" else "duckdb"
    looks.at("project", lambda: _project(settings, profile), needs=profile)
    looks.at("versions", lambda: _versions(settings, adapter))
    if adapter == "athena":
        _look_at_athena(looks, settings, profile)
    else:
        _look_at_duckdb(looks, settings, profile)
    if looks.wrong:
        out.print(f"{number_of(looks.wrong, 'things')} wrong; docs/troubleshooting.md says more", style="bold red")
    else:
        out.print("ok: nothing is wrong", style="bold green")
    return not looks.wrong


class Looks:
    """Looks at one thing after the other, and says how each is."""

    def __init__(self, out: Console) -> None:
        """`out` is where it is said."""
        self.wrong = 0
        """How many things are wrong."""
        self._out = out

    def at(self, what: str, look: Callable[[], tuple[Any, str]], *, needs: Any = True) -> Any:
        """What `look` gives before its text; None where it raises, or where what it needs is not there."""
        if not needs:
            self._say("-", what, "not looked at: it needs what is wrong above", "dim")
            return None
        try:
            found, text = look()
        except StediError as error:
            self.wrong += 1
            self._say("wrong", what, " ".join(str(error).split()), "red")
            return None
        self._say("ok", what, text, None)
        return found or True

    def _say(self, state: str, what: str, text: str, style: str | None) -> None:
        self._out.print(f"{state:<6}{what:<12}{text}", style=style, soft_wrap=True)


def _profile(settings: Settings, target: str | None) -> tuple[Any, str]:
    """As dbt reads it, and from where."""
    given = os.environ.get("DBT_PROFILES_DIR")
    folders = [Path(given)] if given else [settings.project, Path.home() / ".dbt"]
    path = next((folder / "profiles.yml" for folder in folders if (folder / "profiles.yml").is_file()), None)
    if path is None:
        raise StediError(
            f"there is no profiles.yml in {' or '.join(settings.shown(folder) for folder in folders)}: "
            "cp profiles.yml.example profiles.yml, in the project's folder"
        )
    set_invocation_context(os.environ)
    set_from_args(Namespace(PROFILES_DIR=str(path.parent), PROJECT_DIR=str(settings.project)), None)
    try:
        profile = load_profile(str(settings.project), {}, target_override=target)
    except DbtBaseException as error:
        raise StediError(
            f"{settings.shown(path)}: {one_line(str(error))} (profiles.yml.example is as it should be)"
        ) from None
    return profile, f"{settings.shown(path)}, target {profile.target_name}"


def _project(settings: Settings, profile: Any) -> tuple[Any, str]:
    try:
        load_project(str(settings.project), version_check=True, profile=profile, cli_vars={})
    except DbtBaseException as error:
        raise StediError(one_line(str(error))) from None
    return True, settings.shown(settings.project / "dbt_project.yml")


def _versions(settings: Settings, adapter: str) -> tuple[Any, str]:
    """Python's and every package's version, against what the lock files have."""
    python, wanted = platform.python_version(), metadata("stedi")["Requires-Python"]
    if wanted and python not in SpecifierSet(wanted):
        raise StediError(f"this is Python {python}, and stedi needs {wanted}: make .venv anew with such a Python")
    locks = [
        settings.project / "requirements" / f"{name}.txt" for name in ("run", "athena")[: 1 + (adapter == "athena")]
    ]
    differing = []
    for line in (line for lock in locks if lock.is_file() for line in lock.read_text(encoding="utf-8").split()):
        name, _, locked = line.partition("==")
        found = _version(name)
        if found != locked:
            differing.append(f"{name} is {found or 'not installed'} instead of {locked}")
    if differing:
        more = f" and {len(differing) - 1:,} more" if differing[1:] else ""
        files = " ".join(f"--requirement requirements/{lock.name}" for lock in locks)
        raise StediError(f"{differing[0]}{more}: {program('pip', settings)} install --no-deps {files}")
    shown = [f"{name} {found}" for name in SHOWN if (found := _version(name))]
    return True, ", ".join([f"python {python}", *shown])


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _look_at_duckdb(looks: Looks, settings: Settings, profile: Any) -> None:
    path = settings.project / profile.credentials.path if profile else settings.database
    schema = profile.credentials.schema if profile else "stedi"
    database = looks.at("database", lambda: _database(path, schema, settings))
    built = database if isinstance(database, Built) else None
    looks.at("vault", lambda: _vault(settings, path, built))
    looks.at("landing", lambda: _landing(settings, built))


class Built(NamedTuple):
    """What a database says that it was built from, in `stedi_audit`."""

    landing: str
    is_synthetic: bool | None
    fingerprint: str
    """Of the vault key."""
    files: frozenset[tuple[str, int]]
    """Name and size (bytes) of each landing file that was read."""


def _database(path: Path, schema: str, settings: Settings) -> tuple[Built | None, str]:
    shown = settings.shown(path)
    if ":" in str(path):
        raise StediError(f"{path} is no file: set STEDI_DUCKDB to one")
    if not path.exists():
        return None, f"{shown}: none yet; `stedi run` makes one"
    if not path.is_file() or not os.access(path, os.W_OK):
        raise StediError(why_not(str(path), ""))
    with opened(path) as connection:
        try:
            connection.execute(f'use "{schema}_audit"')
            rows = connection.execute(
                "select landing, is_synthetic, key_fingerprint from landing order by noted_at desc limit 1"
            ).fetchall()
            files = connection.execute("select source_file, size from landing_file where status = 'read'").fetchall()
        except duckdb.CatalogException:
            rows = []
    if not rows:
        return None, f"{shown}: nothing was built in it yet; `stedi run` does"
    landing, is_generated, fingerprint = rows[0]
    return Built(landing, is_generated, fingerprint, frozenset(files)), f"{shown}, built from {landing}"


def _vault(settings: Settings, database: Path, built: Built | None) -> tuple[Any, str]:
    path = key_file(settings.vault)
    if not path.exists() and not database.exists():
        return True, f"{settings.shown(path)}: none yet; `stedi run` makes one"
    problem, warning = problem_of(settings.vault)
    if problem or warning:
        raise StediError(problem or warning)
    check_key(read_key(settings.vault), built.fingerprint if built else None, str(settings.vault))
    return True, f"{settings.shown(path)}, for its owner only" + (", the database's key" if built else "")


def _landing(settings: Settings, built: Built | None) -> tuple[Any, str]:
    folder = settings.landing_folder
    is_empty = folder is not None and not (folder.is_dir() and any(folder.iterdir()))
    if folder and is_empty and not settings.landing_is_given and built is None:
        return True, f"{settings.shown(folder)}: none yet; `stedi run` makes synthetic data"
    root = str(folder.resolve()) if folder else settings.landing.rstrip("/")
    says = "set STEDI_LANDING to the landing folder or s3:// URL; for synthetic data leave it unset, and `stedi run`"
    counts = _files(root, settings, says)
    generated = is_synthetic(root)
    if built and (built.is_synthetic != generated or (built.landing != root and not _has(root, built.files, settings))):
        raise StediError(
            f"{_of_kind(root, generated)} is not what the database was built from, which is "
            f"{_of_kind(built.landing, built.is_synthetic)}: set STEDI_LANDING back, or STEDI_DUCKDB to another file"
        )
    return True, f"{_of_kind(root, generated)}: {counts}"


def _has(root: str, files: frozenset[tuple[str, int]], settings: Settings) -> bool:
    """Whether a landing has these files: one that was moved is still the same."""
    key = read_key(settings.vault)
    there = set()
    for entity in entities(settings.project).values():
        files_there = list_files(root, f"{entity.name}/landing", key, required=entity.is_required)
        there |= {(file.source_file, file.size) for file in files_there}
    return files <= there


def _of_kind(root: str, generated: bool | None) -> str:
    return f"{root} ({'real' if not generated else 'synthetic: made-up people'})"


def _files(root: str, settings: Settings, says: str, s3: Any = None) -> str:
    """How many files each entity has; raises `StediError`, with what to do, where a required one has none."""
    counts, left_out = [], 0
    for entity in entities(settings.project).values():
        location = f"{entity.name}/landing"
        try:
            found = found_below(root, location, s3, required=entity.is_required)
        except LandingError as error:
            raise StediError(f"no landing files at {root}/{location}/ ({error}): {says}") from None
        read = [one for one in found if not one.reason]
        left_out += len(found) - len(read)
        if not read and entity.is_required:
            raise StediError(f"no landing files at {root}/{location}/: {says}")
        counts.append(f"{entity.name} {number_of(len(read), 'files')}")
    return ", ".join(counts) + (f"; {number_of(left_out, 'names')} not read" if left_out else "")


def _look_at_athena(looks: Looks, settings: Settings, profile: Any) -> None:
    credentials = profile.credentials if profile else None
    schema = credentials.schema if credentials else "stedi"
    workgroup = credentials.work_group if credentials else settings.workgroup
    session = looks.at("session", lambda: _session(credentials))
    bucket = looks.at("bucket", lambda: _bucket(session, settings), needs=session)
    looks.at("workgroup", lambda: _workgroup(session, workgroup), needs=session)
    looks.at("permissions", lambda: _permissions(session, settings.bucket), needs=bucket)
    looks.at("catalog", lambda: _catalog(session, schema), needs=session)
    looks.at("vault key", lambda: _key(session, settings.bucket), needs=bucket)
    looks.at("landing", lambda: _landing_of(session, settings), needs=bucket)
    looks.at("tables", lambda: _tables(session, settings, schema), needs=bucket)


def _session(credentials: Any) -> tuple[Any, str]:
    session = session_of(getattr(credentials, "region_name", None), getattr(credentials, "aws_profile_name", None))
    with telling():
        caller = session.client("sts").get_caller_identity()["Arn"]
    return session, f"{caller}, region {session.region_name}"


def _bucket(session: Any, settings: Settings) -> tuple[Any, str]:
    look_for_bucket(session, named_bucket(settings.bucket))
    return True, f"s3://{settings.bucket}"


def _workgroup(session: Any, name: str) -> tuple[Any, str]:
    workgroup = look_for_workgroup(session, name)
    if workgroup.get("State") == "DISABLED":
        raise StediError(f"workgroup {name} is disabled: enable it, or set STEDI_WORKGROUP")
    engine = workgroup.get("Configuration", {}).get("EngineVersion", {}).get("EffectiveEngineVersion", ENGINE)
    if engine != ENGINE:
        raise StediError(f"workgroup {name} is on {engine}: choose {ENGINE} for it, or set STEDI_WORKGROUP")
    return True, f"{name}, {engine}"


def _permissions(session: Any, bucket: str) -> tuple[Any, str]:
    """Some of what a build does, of which each was seen to be allowed."""
    s3, glue = session.client("s3"), session.client("glue")
    probe = {"Bucket": bucket, "Key": f"{RESULTS}stedi-doctor-{uuid4().hex}"}
    tries: dict[str, Callable[[], Any]] = {
        "s3:ListBucket": lambda: s3.list_objects_v2(Bucket=bucket, MaxKeys=1),
        "s3:PutObject": lambda: s3.put_object(**probe, Body=b"stedi doctor\n"),
        "s3:GetObject": lambda: s3.get_object(**probe)["Body"].read(),
        "s3:DeleteObject": lambda: s3.delete_object(**probe),
        "glue:GetDatabases": lambda: glue.get_databases(MaxResults=1),
    }
    denied: list[str] = []
    with telling():
        for name, attempt in tries.items():
            try:
                attempt()
            except ClientError as error:
                # What was not put there cannot be read.
                if code_of(error) not in DENIED and not (denied and code_of(error) in NOT_THERE):
                    raise
                denied.append(name)
    if denied:
        raise StediError(f"AWS denies {', '.join(denied)}: give the role the permissions in docs/aws.md")
    return True, ", ".join(tries)


def _catalog(session: Any, schema: str) -> tuple[Any, str]:
    """Who decides about the catalog, and whether Lake Formation denies what IAM allows."""
    glue = session.client("glue")
    denied: list[str] = []
    with telling():
        try:
            decides = session.client("lakeformation").get_data_lake_settings()["DataLakeSettings"]
        except ClientError as error:
            if code_of(error) not in DENIED:
                raise
            decides = {}
        for name in (f"{schema}_{zone}" for zone in ("vault", *ZONES)):
            try:
                glue.get_database(Name=name)
            except ClientError as error:
                if code_of(error) in DENIED and LAKE_FORMATION in str(error):
                    denied.append(name)
    if denied:
        raise StediError(
            f"{LAKE_FORMATION} governs this catalog, and denies {', '.join(denied)} whatever IAM allows: {GRANTS}"
        )
    if not decides:
        return True, f"{LAKE_FORMATION} may not be asked (lakeformation:GetDataLakeSettings)"
    defaults = [decides.get(f"Create{what}DefaultPermissions", []) for what in ("Database", "Table")]
    if all(EVERYBODY in str(permissions) for permissions in defaults):
        return True, "IAM decides"
    return True, f"{LAKE_FORMATION} governs what is made anew. Where a build or a query is denied, {GRANTS}"


def _key(session: Any, bucket: str) -> tuple[Any, str]:
    place = f"s3://{bucket}/{KEY}"
    with telling():
        try:
            size = session.client("s3").head_object(Bucket=bucket, Key=KEY)["ContentLength"]
        except ClientError as error:
            if code_of(error) not in NOT_THERE:
                raise
            raise StediError(f"there is no vault key at {place}: put yours there (`stedi key upload`)") from None
    if size not in KEY_SIZES:
        raise StediError(f"the vault key at {place} is not 64 hexadecimal digits: restore the key from its backup")
    return True, place


def _landing_of(session: Any, settings: Settings) -> tuple[Any, str]:
    s3, root = session.client("s3"), f"s3://{settings.bucket}"
    counts = _files(root, settings, "stedi upload data/landing, or let devices write there", s3)
    return True, f"{_of_kind(root, is_synthetic(root, s3))}: {counts}"


def _tables(session: Any, settings: Settings, schema: str) -> tuple[Any, str]:
    """The tables that `create_landing_tables` makes, and whether they lie over this bucket."""
    glue = session.client("glue")
    tables = landing_tables(settings.project)
    for zone, table in tables:
        name, place = table["name"], f"s3://{settings.bucket}/{table['config']['meta']['location']}"
        with telling():
            try:
                found = glue.get_table(DatabaseName=f"{schema}_{zone}", Name=name)["Table"]
            except glue.exceptions.EntityNotFoundException:
                found = {}
        if found.get("StorageDescriptor", {}).get("Location", "").rstrip("/") != place:
            raise StediError(
                f"there is no table {schema}_{zone}.{name} over {place}/: "
                f"{program('dbt', settings)} run-operation create_landing_tables --target athena"
            )
    return True, f"{number_of(len(tables), 'tables')} over s3://{settings.bucket}"
