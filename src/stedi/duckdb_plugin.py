"""The dbt-duckdb plugin of target ``local``: checks before the database is opened, and what DuckDB lacks, as functions.

``stedi_landing`` lists and inspects landing, ``stedi_vault_problem`` looks at the vault, ``stedi_erasure_list`` tells
who was erased, ``stedi_nfkc`` is NFKC, ``stedi_readable`` is `stedi.naming.readable`.
Each takes and gives one text, because DuckDB converts values to and from Python slowly.
"""

from __future__ import annotations

import glob
import importlib.util
import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError

from stedi.erasure_list import CERTIFICATES, NAME, Entry, landed_times, read_list
from stedi.errors import StediError
from stedi.landing_files import Known, LandingError, file_state, look
from stedi.naming import readable
from stedi.vault import problem_of, read_key

if TYPE_CHECKING:
    from dbt.adapters.duckdb.credentials import DuckDBCredentials
    from duckdb import DuckDBPyConnection


TAKEN = ("main", "system", "temp")
"""Names that DuckDB has for itself."""
QUOTABLE = re.compile("[^'\"]+")
"""A name that dbt-duckdb writes into SQL as it should."""


class Plugin(BasePlugin):
    """Prepares each connection of a dbt command."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Called just before the database is opened: whatever would fail then is said here in one line."""
        check_database(creds.path)
        self._database = Path(creds.path)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Give the new connection its functions, and access to S3 where landing is there."""
        if importlib.util.find_spec("pandas") is None:
            # DuckDB tries to import pandas for every value that a function returns; this makes it fail at once.
            sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]
        conn.create_function(
            "stedi_landing",
            partial(_landing, kept_lines(self._database)),
            ["VARCHAR"],
            "VARCHAR",
            side_effects=True,
        )
        conn.create_function(
            "stedi_forget_kept_lines", partial(_forget, kept_lines(self._database)), [], "BOOLEAN", side_effects=True
        )
        conn.create_function("stedi_vault_problem", _vault_problem, ["VARCHAR"], "VARCHAR", side_effects=True)
        conn.create_function("stedi_vault_key", _vault_key, ["VARCHAR"], "VARCHAR", null_handling="special")  # type: ignore[call-overload]
        conn.create_function("stedi_erasure_list", _erasure_list, ["VARCHAR"], "VARCHAR", side_effects=True)
        conn.create_function("stedi_file_state", file_state, ["VARCHAR"], "VARCHAR", side_effects=True)
        add_rules(conn)
        if os.environ.get("STEDI_LANDING", "").startswith("s3://"):
            enable_s3(conn)


def add_rules(conn: DuckDBPyConnection) -> None:
    """Give a connection what the rules of staging ask that DuckDB lacks."""
    conn.create_function("stedi_nfkc", nfkc, ["VARCHAR"], "VARCHAR")
    conn.create_function("stedi_readable", _readable, ["VARCHAR"], "VARCHAR")


def check_database(path: str) -> None:
    """Make the database's folder, and open it once.

    Raises:
        DbtRuntimeError: the database cannot be used; one line that says why and what to do.
    """
    if path == ":memory:":
        raise DbtRuntimeError("STEDI_DUCKDB is ':memory:', where tables would be gone at once: set it to a file")
    file = Path(path)
    if file.stem in TAKEN or not QUOTABLE.fullmatch(file.stem):
        raise DbtRuntimeError(
            f"STEDI_DUCKDB is {path}, and DuckDB cannot call a database {file.stem}: give the file another name"
        )
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # What a killed build spilled to disk, or kept there, holds personal data.
        with duckdb.connect(path):
            for left in (Path(f"{path}.tmp"), kept_lines(file)):
                if left.is_dir():
                    shutil.rmtree(left)
        for made in (file, Path(f"{path}.wal")):
            if made.exists() and made.stat().st_uid == os.getuid():
                made.chmod(0o600)
    except OSError as error:
        raise DbtRuntimeError(
            f"the database {path} cannot be made: {error.strerror}. Set STEDI_DUCKDB to a file in a folder of yours"
        ) from None
    except duckdb.Error as error:
        raise DbtRuntimeError(why_not(path, str(error))) from None


@contextmanager
def opened(path: Path) -> Iterator[DuckDBPyConnection]:
    """The database, for reading.

    Raises:
        StediError: it cannot be read; one line that says why and what to do.
    """
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            yield connection
    except duckdb.IOException as error:
        raise StediError(why_not(str(path), str(error))) from None


def why_not(path: str, error: str) -> str:
    """Why DuckDB, which says `error`, cannot open the database `path`, and what to do."""
    if "set lock on" in error:
        return (
            f"the database {path} is in use by another program: close it (or wait for the other build), then try again"
        )
    if not os.access(path, os.W_OK) or "read-only" in error.lower() or "Permission denied" in error:
        return f"the database {path} cannot be written: make it writable, or set STEDI_DUCKDB to another file"
    if Path(path).is_dir():
        return f"STEDI_DUCKDB is {path}, which is a folder: set it to a file"
    if "version number" in error:
        return (
            f"the database {path} was written by another version of DuckDB than this one ({duckdb.__version__}): "
            "install the versions in requirements/, or move it away, and the next build makes a new one from landing"
        )
    return (
        f"the database {path} cannot be read as a DuckDB database of this version "
        f"({duckdb.__version__}): move it away, and the next build makes a new one from landing"
    )


def enable_s3(conn: DuckDBPyConnection) -> None:
    """Let ``conn`` read ``s3://``; credentials, region and endpoint as boto3 finds them.

    The httpfs extension comes from its package on PyPI, so nothing is downloaded at run time.
    Raises ``DbtRuntimeError`` when there are no AWS credentials.
    """
    import boto3
    from duckdb_extensions import import_extension

    session = boto3.Session()
    credentials = session.get_credentials()
    if credentials is None:
        raise DbtRuntimeError(
            "STEDI_LANDING is on S3, but there are no AWS credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID"
        )
    frozen = credentials.get_frozen_credentials()
    import_extension("httpfs", con=conn)
    conn.execute("load httpfs")
    options = {
        "key_id": frozen.access_key or "",
        "secret": frozen.secret_key or "",
        "session_token": frozen.token or "",
        "region": session.region_name or "us-east-1",
    }
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        url = urlsplit(endpoint)
        options |= {
            "endpoint": url.netloc,
            "use_ssl": str(url.scheme == "https").lower(),
            "url_style": "path",
        }
    # Secrets live in memory only; DuckDB shows them redacted.
    quoted = ", ".join(f"{name} '{value.replace(chr(39), chr(39) * 2)}'" for name, value in options.items())
    conn.execute(f"create or replace temporary secret stedi_landing (type s3, {quoted})")


def kept_lines(database: Path) -> Path:
    """The folder of the lines that DuckDB must not read from their files itself, until it has read them there."""
    return database.with_name(f"{database.name}.kept")


def _forget(folder: Path) -> bool:
    """Remove a folder of kept lines."""
    shutil.rmtree(folder, ignore_errors=True)
    return True


def _landing(folder: Path, question: str) -> str:
    """What `look` gives, or {error}, as JSON; the question has its arguments, and where landing lay, `moved_from`.

    Where lines were kept it has too their file, `kept`, which is in `folder`.
    """
    asked = json.loads(question)
    known = {
        file["source_file"]: Known(file["state"], file["landed"], file["is_read"]) for file in asked["known"] or []
    }
    root = asked["root"] if asked["root"].startswith("s3://") else str(_in_project(asked["root"]))
    try:
        vault = _in_project(asked["vault"])
        landed = landed_times(_read_list(vault))
        folder.mkdir(mode=0o700, exist_ok=True)
        with (folder / f"{asked['location'].partition('/')[0]}.json").open("wb") as kept:
            found = look(
                root,
                asked["location"],
                read_key(vault),
                known,
                landed,
                kept=kept,
                listed_before=asked["listed_before"],
                is_moved=asked["moved_from"]
                not in (None, root if root.startswith("s3://") else str(Path(root).resolve())),
                required=asked["required"],
                fields=asked["fields"],
                searched=asked["searched"],
            )
        if found["longest"]:
            found["kept"] = glob.escape(kept.name)
        return json.dumps(found)
    except OSError as error:
        return json.dumps({"error": f"lines cannot be kept in {folder}: {error.strerror}"})
    except (LandingError, StediError, ValueError) as error:
        return json.dumps({"error": str(error)})


def _read_list(vault: Path) -> list[Entry]:
    try:
        return read_list((vault / NAME).read_bytes())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StediError(f"the erasure list {vault / NAME} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise StediError(str(error)) from None


def _list_problem(vault: Path) -> str | None:
    """Why the erasure list cannot be relied on: whoever is missing from it would come back."""
    try:
        requests = {entry.listed for entry in _read_list(vault) if entry.kind == "request"}
    except StediError as error:
        return str(error)
    if missing := sorted({path.stem for path in (vault / CERTIFICATES).glob("*.json")} - requests):
        return (
            f"the vault has the certificate {CERTIFICATES}/{missing[0]}.txt, but its erasure list {NAME} does not know "
            "of it: restore the list from its latest backup"
        )
    return None


def _erasure_list(vault: str) -> str:
    """The erasure list as JSON; it is read by every statement that needs it."""
    return json.dumps([entry._asdict() for entry in _read_list(_in_project(vault))])


def _in_project(path: str) -> Path:
    """A path from the environment, which is relative to the project, wherever one stands."""
    return Path(str(get_flags().PROJECT_DIR or ".")) / path


def _vault_problem(vault: str) -> str:
    error, warning = problem_of(_in_project(vault))
    return json.dumps({"error": error or _list_problem(_in_project(vault)), "warning": warning})


def _vault_key(vault: str) -> str | None:
    """The key for builds, and nothing for anybody else."""
    return read_key(_in_project(vault)).hex() if get_flags().WHICH in ("run", "build") else None


def _readable(text: str) -> str:
    return readable(text.encode(errors="surrogatepass"))


def nfkc(text: str) -> str:
    """A text in NFKC."""
    return unicodedata.normalize("NFKC", text)
