"""The catalog: Glue's tables as statements need them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from athena_local.errors import QueryError
from athena_local.session import Session


def glue_table(session: Session, database: str, name: str) -> dict[str, Any]:
    """Return a table as Glue has it. Raises QueryError when there is none."""
    try:
        return session.glue.get_table(DatabaseName=database, Name=name)["Table"]
    except session.glue.exceptions.EntityNotFoundException:
        raise QueryError(
            f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}",
            error_type=1301,
        ) from None


def is_iceberg(table: Mapping[str, Any]) -> bool:
    """Say whether Glue's table is an Iceberg table."""
    return table.get("Parameters", {}).get("table_type", "").upper() == "ICEBERG"


def update_table(session: Session, database: str, table: Mapping[str, Any]) -> None:
    """Write a changed table back to Glue."""
    keys = {
        *("Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys"),
        *("ViewOriginalText", "ViewExpandedText", "TableType", "Parameters"),
    }
    session.glue.update_table(DatabaseName=database, TableInput={k: v for k, v in table.items() if k in keys})


def describe_view(session: Session, names: Sequence[str]) -> None:
    """Give a view its columns in Glue, where Athena has them and Trino has one dummy column."""
    database, name = database_of(names, session), names[-1]
    view = session.run(f'SELECT * FROM "awsdatacatalog"."{database}"."{name}" LIMIT 0')  # noqa: S608
    table = glue_table(session, database, name)
    table["StorageDescriptor"]["Columns"] = [
        {"Name": column.name, "Type": hive_type(exp.DataType.build(signature, dialect="trino"))}
        for column, signature in zip(view.columns, view.signatures, strict=True)
    ]
    update_table(session, database, table)


def tables_of(session: Session, database: str) -> list[dict[str, Any]]:
    """Return a database's tables as Glue has them. Raises QueryError when there is no database."""
    try:
        pages = session.glue.get_paginator("get_tables").paginate(DatabaseName=database)
        return [table for page in pages for table in page["TableList"]]
    except session.glue.exceptions.EntityNotFoundException:
        raise no_database(database) from None


def no_database(name: str) -> QueryError:
    """Return the error that says so."""
    return QueryError(
        f"FAILED: SemanticException [Error 10072]: Database does not exist: {name}",
        error_type=1300,
    )


def exists_in(session: Session, database: str, name: str) -> bool:
    """Say whether Glue has a table or view of this name."""
    try:
        session.glue.get_table(DatabaseName=database, Name=name)
    except session.glue.exceptions.EntityNotFoundException:
        return False
    return True


def hive_type(kind: exp.DataType) -> str:
    """Return a type as Hive and Glue write it: `array<struct<a:int,b:decimal(10,2)>>`."""
    if kind.this in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ):
        return "timestamp"
    if kind.this is exp.DType.VARCHAR and not kind.expressions:
        return "string"
    return kind.sql(dialect="hive").lower().replace(": ", ":").replace(", ", ",")


def database_of(names: Sequence[str], session: Session) -> str:
    """Return the database of a table's name, the session's own if it has none."""
    return names[-2] if len(names) > 1 else session.database


def failed(message: str) -> QueryError:
    """Return an error as Hive's side of Athena words it."""
    return QueryError(f"FAILED: {message}", error_type=1)
