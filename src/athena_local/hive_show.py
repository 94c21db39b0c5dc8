"""SHOW and DESCRIBE, answered from Glue in Athena's lines of text."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from athena_local.catalog import database_of, glue_table, is_iceberg, tables_of
from athena_local.errors import QueryError
from athena_local.results import Column, Result
from athena_local.session import Session
from athena_local.tokens import Cursor

Action = Callable[[Session], Result]


def describe(cursor: Cursor) -> Action:
    """Return what runs a DESCRIBE."""
    cursor.expect_one_of("DESCRIBE", "DESC")
    cursor.accept("EXTENDED") or cursor.accept("FORMATTED")
    names = cursor.names()
    cursor.end()

    def run(session: Session) -> Result:
        table = glue_table(session, database_of(names, session), names[-1])
        keys = table.get("PartitionKeys", [])
        lines = [_description(column) for column in [*table["StorageDescriptor"]["Columns"], *keys]]
        if keys:
            lines += ["\t \t ", "# Partition Information\t \t ", _description(None)]
            lines += ["\t \t ", *map(_description, keys)]
        columns = [Column("col_name"), Column("data_type"), Column("comment")]
        # Athena gives each line as one value.
        return Result(columns, [[line] for line in lines])

    return run


def _description(column: Mapping[str, str] | None) -> str:
    if column is None:
        return f"{'# col_name':<20}\t{'data_type':<20}\t{'comment':<20}"
    return f"{column['Name']:<20}\t{column['Type']:<20}\t{column.get('Comment', ''):<20}"


def show(cursor: Cursor) -> tuple[str, Action]:
    """Return a SHOW's substatement type and what runs it. Raises QueryError."""
    cursor.expect("SHOW")
    if cursor.accept("DATABASES") or cursor.accept("SCHEMAS"):
        cursor.accept("LIKE")
        pattern = _pattern(cursor)

        def databases(session: Session) -> Result:
            pages = session.glue.get_paginator("get_databases").paginate()
            names = sorted(d["Name"] for page in pages for d in page["DatabaseList"])
            return _list("database_name", filter(pattern, names))

        return "SHOW_DATABASES", databases
    if (views := cursor.accept("VIEWS")) or cursor.accept("TABLES"):
        database = cursor.name() if cursor.accept("IN") or cursor.accept("FROM") else None
        cursor.accept("LIKE")
        pattern = _pattern(cursor)

        def tables(session: Session) -> Result:
            found = tables_of(session, database or session.database)
            names = sorted(t["Name"] for t in found if not views or t.get("TableType") == "VIRTUAL_VIEW")
            return _list("tab_name", filter(pattern, names))

        return "SHOW_VIEWS" if views else "SHOW_TABLES", tables
    if cursor.accept("COLUMNS"):
        cursor.expect_one_of("IN", "FROM")
        names = cursor.names()
        if cursor.accept("IN") or cursor.accept("FROM"):
            names.insert(0, cursor.name())
        return "SHOW_COLUMNS", _of_table(cursor, names, _show_columns)
    if cursor.accept("PARTITIONS"):
        return "SHOW_PARTITIONS", _of_table(cursor, cursor.names(), _show_partitions)
    if cursor.accept("TBLPROPERTIES"):
        return "SHOW_TBLPROPERTIES", _of_table(cursor, cursor.names(), _show_properties)
    if cursor.accept("CREATE", "TABLE"):
        return "SHOW_CREATE_TABLE", _of_table(cursor, cursor.names(), _show_create_table)
    if cursor.accept("CREATE", "VIEW"):
        return "SHOW_CREATE_VIEW", _of_table(cursor, cursor.names(), _show_create_view)
    raise QueryError("NOT_SUPPORTED: Queries of this type are not supported")


Show = Callable[[Session, str, dict[str, Any]], Result]


def _of_table(cursor: Cursor, names: Sequence[str], show: Show) -> Action:
    cursor.end()

    def run(session: Session) -> Result:
        database = database_of(names, session)
        return show(session, database, glue_table(session, database, names[-1]))

    return run


def _show_columns(session: Session, database: str, table: dict[str, Any]) -> Result:
    columns = [*table["StorageDescriptor"]["Columns"], *table.get("PartitionKeys", [])]
    return _list("field", (f"{column['Name']:<20}" for column in columns))


def _show_partitions(session: Session, database: str, table: dict[str, Any]) -> Result:
    keys = [key["Name"] for key in table.get("PartitionKeys", [])]
    pages = session.glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table["Name"])
    partitions = [partition["Values"] for page in pages for partition in page["Partitions"]]
    lines = ("/".join(f"{k}={v}" for k, v in zip(keys, values, strict=True)) for values in partitions)
    return _list("partition", lines)


def _show_properties(session: Session, database: str, table: dict[str, Any]) -> Result:
    lines = (f"{key}\t{value}" for key, value in sorted(table.get("Parameters", {}).items()))
    return _list("prpt_name", lines)


def _show_create_table(session: Session, database: str, table: dict[str, Any]) -> Result:
    storage = table["StorageDescriptor"]
    columns = ", \n".join(f"  `{c['Name']}` {c['Type']}" for c in storage["Columns"])
    lines = [f"CREATE EXTERNAL TABLE `{database}.{table['Name']}`(", *f"{columns})".splitlines()]
    if keys := table.get("PartitionKeys"):
        names = ", \n".join(f"  `{key['Name']}` {key['Type']}" for key in keys)
        lines += ["PARTITIONED BY ( ", *f"{names})".splitlines()]
    if is_iceberg(table):
        lines[0] = lines[0].replace(" EXTERNAL", "")
    elif serde := storage.get("SerdeInfo", {}).get("SerializationLibrary"):
        lines += ["ROW FORMAT SERDE ", f"  '{serde}' ", "STORED AS INPUTFORMAT "]
        lines += [
            f"  '{storage['InputFormat']}' ",
            "OUTPUTFORMAT ",
            f"  '{storage['OutputFormat']}'",
        ]
    lines += ["LOCATION", f"  '{storage.get('Location', '')}'", "TBLPROPERTIES ("]
    pairs = sorted(table.get("Parameters", {}).items())
    lines += ",\n".join(f"  '{key}'='{value}'" for key, value in pairs).splitlines()
    lines[-1] += ")"
    return _list("createtab_stmt", lines)


def _show_create_view(session: Session, database: str, table: dict[str, Any]) -> Result:
    return session.run(f'SHOW CREATE VIEW "awsdatacatalog"."{database}"."{table["Name"]}"')


def _list(name: str, lines: Any) -> Result:
    return Result([Column(name)], [[line] for line in lines])


def _pattern(cursor: Cursor) -> Callable[[str], bool]:
    """Return a test of names by Hive's pattern: `*` is anything, `|` is or."""
    if cursor.peek() is None:
        return lambda name: True
    wanted = cursor.string()
    cursor.end()
    pattern = re.compile(wanted.replace("*", ".*"), re.IGNORECASE)
    return lambda name: pattern.fullmatch(name) is not None
