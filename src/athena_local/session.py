"""One statement's connection to the engine: Trino for SQL, Glue for the catalog."""

import urllib.parse
from collections.abc import Mapping
from typing import Any

from trino.client import ClientSession, TrinoQuery, TrinoRequest
from trino.exceptions import Error, TrinoQueryError

from athena_local.errors import QueryError
from athena_local.results import Result, from_trino

# AthenaError's ErrorType of Trino's errors that callers act on; the others get the general
# numbers of their category. Source: Athena's guide, "Athena error catalog".
ERROR_TYPES = {
    "ICEBERG_COMMIT_ERROR": 233,
    "SYNTAX_ERROR": 1006,
    "TABLE_NOT_FOUND": 1301,
    "SCHEMA_NOT_FOUND": 1300,
    "TYPE_MISMATCH": 1006,
    "COLUMN_NOT_FOUND": 1006,
}
CATEGORIES = {"USER_ERROR": 2, "INTERNAL_ERROR": 1, "EXTERNAL": 3, "INSUFFICIENT_RESOURCES": 1}


class Session:
    """Runs SQL on Trino for one execution.

    `scanned` counts the bytes it read, `queries` are the ids that Trino gave to its statements.
    """

    def __init__(self, port: int, glue: Any, *, database: str, cutoff: int | None = None) -> None:
        """Make a session whose unqualified names are in `database`.

        `cutoff` is the most bytes that the execution may scan.
        """
        self.glue = glue
        self.database = database
        self.scanned = 0
        self.planning_ms = 0
        self.queries: list[str] = []
        self.cancelled = False
        self._port = port
        self._cutoff = cutoff
        self._query: TrinoQuery | None = None

    def run(self, sql: str, properties: Mapping[str, str] | None = None) -> Result:
        """Run one statement of Trino's SQL. Raises QueryError with Athena's form of the reason."""
        settings = dict(properties or {})
        if self._cutoff is not None:
            settings["query_max_scan_physical_bytes"] = f"{max(self._cutoff - self.scanned, 0)}B"
        request = TrinoRequest(
            host="127.0.0.1",
            port=self._port,
            client_session=ClientSession(
                user="athena",
                source="athena_local",
                catalog="awsdatacatalog",
                schema=self.database,
                properties={k: urllib.parse.quote(v) for k, v in settings.items()},
                timezone="UTC",
            ),
            http_scheme="http",
            max_attempts=1,
        )
        self._query = query = TrinoQuery(
            request, sql, legacy_primitive_types=True, stats_callback=self._stop_if_cancelled
        )
        try:
            self._stop_if_cancelled({})
            rows = list(query.execute())
        except _Cancelled as error:
            query.cancel()
            raise QueryError("Query was cancelled") from error
        except TrinoQueryError as error:
            raise _query_error(error) from error
        except Error as error:
            raise QueryError(
                f"GENERIC_INTERNAL_ERROR: the engine is gone: {error}", category=1, error_type=0
            ) from error
        finally:
            self.scanned += query.stats.get("physicalInputBytes", 0)
            self.planning_ms += query.stats.get("planningTimeMillis", 0)
            if query.query_id is not None:
                self.queries.append(query.query_id)
        count = query.update_count
        if count is None and self._cutoff is not None and self.scanned > self._cutoff:
            # Trino looks once a second, too late for a short query.
            raise QueryError("EXCEEDED_SCAN_LIMIT: bytes scanned limit was exceeded")
        # Statements that return nothing but are not queries have an update type.
        if query.update_type is not None and not query.columns:
            rows = []
        return from_trino(query.columns or [], rows, count)

    def cancel(self) -> None:
        """Stop what runs now, and whatever would run next."""
        self.cancelled = True
        if self._query is not None:
            self._query.cancel()

    def _stop_if_cancelled(self, stats: Mapping[str, Any]) -> None:
        # A query that the engine does not know yet cannot be cancelled: it is here, a moment later.
        if self.cancelled:
            raise _Cancelled


class _Cancelled(Exception):  # noqa: N818
    """The statement is not wanted any more."""


def _query_error(error: TrinoQueryError) -> QueryError:
    name = str(error.error_name)
    # Athena says "TABLE_NOT_FOUND: line 1:15: ..." where Trino has the same in two fields.
    return QueryError(
        f"{name}: {error.message}",
        category=CATEGORIES.get(str(error.error_type), 2),
        error_type=ERROR_TYPES.get(name, 1 if error.error_type == "USER_ERROR" else 0),
    )
