"""Asks the tables of a build, on DuckDB or Athena: the analyses of the project, as they stand in `analyses/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
from dbt.adapters.factory import get_adapter_by_type
from dbt.contracts.graph.manifest import Manifest
from dbt_common.exceptions import DbtBaseException
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from stedi.duckdb_plugin import why_not
from stedi.errors import StediError
from stedi.progress import one_line
from stedi.summary import Built

Row = dict[str, Any]
Fetch = Callable[[str], list[Row]]
"""Runs a statement and gives its rows, each by the names of its columns."""


class MissingTableError(StediError):
    """A table or a column that a question needs is not there."""


class Questions:
    """The questions to the tables of one build."""

    def __init__(self, manifest: Manifest, fetch: Fetch, variables: Mapping[str, Any]) -> None:
        """`variables` are the project's variables as the build had them."""
        self._manifest, self._fetch = manifest, fetch
        # An analysis knows what it reads, and the variables; macros are for models.
        self._sql = SandboxedEnvironment(undefined=StrictUndefined)
        self._sql.globals |= {"ref": self._model, "source": self._source, "var": variables.__getitem__}

    def answer(self, name: str) -> list[Row]:
        """The rows of the analysis `name`.

        Raises:
            MissingTableError: a table is not there, or is of another version.
            StediError: the tables cannot be read.
        """
        return self.ask(self._manifest.nodes[f"analysis.stedi.{name}"].raw_code)

    def ask(self, sql: str) -> list[Row]:
        """The rows of a question that is written as an analysis is; raises as `answer` does."""
        return self._fetch(self._sql.from_string(sql).render())

    def _model(self, name: str) -> str:
        return str(self._manifest.nodes[f"model.stedi.{name}"].relation_name)

    def _source(self, zone: str, name: str) -> str:
        return str(self._manifest.sources[f"source.stedi.{zone}.{name}"].relation_name)


@contextmanager
def opened(built: Built, *, in_build: bool) -> Iterator[Fetch]:
    """The tables of a build, to be asked; `in_build` where dbt has built them in this process.

    Raises:
        StediError: they cannot be opened; one line that says why and what to do.
    """
    with _duckdb(built, in_build) if built.adapter == "duckdb" else _adapter(built) as fetch:
        yield fetch


@contextmanager
def _duckdb(built: Built, in_build: bool) -> Iterator[Fetch]:
    path = built.database
    if path is None or not path.is_file():
        raise MissingTableError(f"there is no database {path or ''}".rstrip())
    try:
        # dbt, in this process, has the database open for writing, and DuckDB wants the same of all in a process.
        connection = duckdb.connect(str(path), read_only=not in_build)
    except duckdb.Error as error:
        raise StediError(why_not(str(path), str(error))) from None

    def fetch(sql: str) -> list[Row]:
        try:
            result = connection.execute(sql)
            names = [column[0] for column in result.description]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise MissingTableError(one_line(str(error))) from None
        except duckdb.Error as error:
            raise StediError(one_line(str(error))) from None

    with connection:
        yield fetch


@contextmanager
def _adapter(built: Built) -> Iterator[Fetch]:
    """By dbt's own adapter: the profile's workgroup, credentials, endpoint and retries."""
    adapter: Any = get_adapter_by_type(built.adapter)

    def fetch(sql: str) -> list[Row]:
        try:
            _, cursor = adapter.connections.add_query(sql, auto_begin=False)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except DbtBaseException as error:
            text = one_line(str(error))
            raise (MissingTableError if "NOT_FOUND" in str(error) else StediError)(text) from None

    try:
        with adapter.connection_named("report"):
            yield fetch
    finally:
        adapter.cleanup_connections()
