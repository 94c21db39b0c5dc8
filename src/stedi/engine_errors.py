"""An engine's error may quote the values it stumbled over: `Could not convert string 'ann@example.org' to INT32`.

dbt writes an error into its log, its results and its output. What is written there says the kind of error, and its text
only where the kind is about SQL, files or permissions and not about rows.
"""

from __future__ import annotations

import re

import duckdb

ABOUT_SQL = (
    *(duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.SyntaxException),
    *(duckdb.ConnectionException, duckdb.DependencyException, duckdb.HTTPException, duckdb.InterruptException),
    *(duckdb.IOException, duckdb.NotImplementedException, duckdb.OutOfMemoryException, duckdb.PermissionException),
    duckdb.TransactionException,
)
"""DuckDB's errors that quote names, SQL and settings alone."""

OF_ATHENA = re.compile(r"(?P<kind>[A-Z]+(_[A-Z]+)+)\b")
"""How an error of Athena begins: with its kind, as Trino names it."""

ABOUT_SQL_ON_ATHENA = re.compile(
    r"SYNTAX_ERROR|NOT_SUPPORTED|PERMISSION_DENIED|(\w+_)?(NOT_FOUND|ALREADY_EXISTS)|TYPE_MISMATCH|INVALID_TABLE_PROPERTY"
    r"|AMBIGUOUS_NAME|DUPLICATE_COLUMN_NAME|MISSING_\w+|MISMATCHED_COLUMN_ALIASES|EXPRESSION_NOT_\w+|EXCEEDED_\w+"
    r"|HIVE_(CANNOT_OPEN_SPLIT|FILESYSTEM_ERROR|METASTORE_ERROR|TOO_MANY_OPEN_PARTITIONS|PATH_ALREADY_EXISTS)"
    r"|ICEBERG_(COMMIT_ERROR|\w+_MORE_RUNS_NEEDED|FILESYSTEM_ERROR|MISSING_METADATA|INVALID_METADATA|CATALOG_ERROR)"
)
"""The same of Athena."""

WITHOUT_KIND = re.compile(r"line \d+:\d+: |FAILED: |Query exhausted resources|Query timeout|Query cancelled")
"""How errors of Athena begin that have no name, and are not of rows."""

AN_ADDRESS = re.compile("@|%40")

OWN = ("the vault key is read by dbt run and dbt build, and by nothing else",)
"""What this project's SQL says by failing."""

LEFT_OUT = "what else the engine says may quote values of rows; it is shown on a terminal, and nowhere else"

SHOWN_SQL = re.compile(r"\n\nLINE \d+: (?P<sql>[^\n]*)\n *\^\s*$")
"""The end of an error of DuckDB: where in the SQL it is."""


def without_values(error: Exception, sql: str) -> str:
    """The text of an engine's error that may be written down; `sql` is what was asked."""
    text = str(getattr(error, "msg", error))
    if isinstance(error, duckdb.Error):
        return text if _is_of_sql(error, text) else f"{_kind_of(text)}: {LEFT_OUT}{_where(text, sql)}"
    origin = type(error).__module__
    if origin.startswith(("botocore.", "dbt_common.", "dbt.adapters.exceptions")):
        return text  # of a call to AWS, which has no rows; of dbt, in its own words
    found = OF_ATHENA.match(text)
    is_of_sql = ABOUT_SQL_ON_ATHENA.fullmatch(found["kind"]) if found else WITHOUT_KIND.match(text)
    if is_of_sql and not AN_ADDRESS.search(text):
        return text
    return f"{found['kind'] if found else type(error).__name__}: {LEFT_OUT}"


def _is_of_sql(error: duckdb.Error, text: str) -> bool:
    # The name of a file may be somebody's address.
    names_somebody = isinstance(error, duckdb.IOException) and AN_ADDRESS.search(text)
    return (isinstance(error, ABOUT_SQL) and not names_somebody) or text.partition(": ")[2] in OWN


def _kind_of(text: str) -> str:
    kind = re.match(r"[\w ]+ Error(?=:)", text)
    return kind[0] if kind else "Error"


def _where(text: str, sql: str) -> str:
    """The end of an error that shows the place in the SQL; a value that looks like one does not stand in the SQL."""
    end = SHOWN_SQL.search(text)
    return end[0] if end and end["sql"].strip(" .") in sql else ""
