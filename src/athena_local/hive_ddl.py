"""Hive's DDL, as Athena runs it: on the Glue catalog, or on Trino for Iceberg tables."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlglot
from botocore.exceptions import ClientError
from sqlglot import exp
from sqlglot.errors import ParseError

from athena_local import hive_show
from athena_local.catalog import (
    database_of,
    exists_in,
    failed,
    glue_table,
    hive_type,
    is_iceberg,
    no_database,
    tables_of,
    update_table,
)
from athena_local.errors import QueryError
from athena_local.properties import (
    ICEBERG_NUMBERS,
    extra_properties,
    iceberg_properties,
    literal,
    table_name,
)
from athena_local.results import Result
from athena_local.session import Session
from athena_local.tokens import Cursor

Action = Callable[[Session], Result]

LAZY_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
TEXT_FORMATS = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
)
# Input format, output format and default SerDe of STORED AS. Source: Hive's StorageFormats.
STORED_AS = {
    "TEXTFILE": (*TEXT_FORMATS, LAZY_SERDE),
    "PARQUET": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "ORC": (
        "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    ),
    "AVRO": (
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
}
# ROW FORMAT DELIMITED's clauses as SerDe parameters (Hive spells one of them so).
DELIMITERS = {
    "fields": "field.delim",
    "escaped": "escape.delim",
    "collection_items": "colelction.delim",
    "map_keys": "mapkey.delim",
    "lines": "line.delim",
    "null": "serialization.null.format",
}

# What Trino or Hive would run and Athena does not.
REFUSED = {
    *("CREATE", "DROP", "ALTER", "TRUNCATE", "ANALYZE", "REFRESH", "COMMENT", "UNLOAD"),
    *("CALL", "USE", "SET", "RESET", "GRANT", "REVOKE", "DENY", "LOCK", "UNLOCK", "LOAD"),
    *("START", "COMMIT", "ROLLBACK", "EXPORT", "IMPORT"),
}


def action(text: str, words: Sequence[str]) -> tuple[str, Action]:
    """Return a DDL statement's substatement type and what runs it. Raises QueryError."""
    match words:
        case ["CREATE", ("DATABASE" | "SCHEMA"), *_]:
            return "CREATE_DATABASE", _create_database(Cursor(text))
        case ["DROP", ("DATABASE" | "SCHEMA"), *_]:
            return "DROP_DATABASE", _drop_database(Cursor(text))
        case ["CREATE", "EXTERNAL", "TABLE", *_] | ["CREATE", "TABLE", *_]:
            return "CREATE_TABLE", _create_table(text)
        case ["DROP", "TABLE", *_]:
            return "DROP_TABLE", _drop_table(Cursor(text))
        case ["ALTER", "TABLE", *_]:
            return "ALTER_TABLE", _alter_table(text)
        case ["MSCK", *_]:
            return "MSCK_REPAIR_TABLE", _msck(Cursor(text))
        case ["DESCRIBE" | "DESC", *_]:
            return "DESCRIBE_TABLE", hive_show.describe(Cursor(text))
        case ["SHOW", *_]:
            return hive_show.show(Cursor(text))
        case [verb, *_] if verb in REFUSED:
            raise QueryError("NOT_SUPPORTED: Queries of this type are not supported")
        case _:
            raise QueryError(f"SYNTAX_ERROR: line 1:1: mismatched input '{words[0]}'")


# Databases


def _create_database(cursor: Cursor) -> Action:
    cursor.accept("CREATE")
    cursor.expect_one_of("DATABASE", "SCHEMA")
    exists = cursor.accept("IF", "NOT", "EXISTS")
    database: dict[str, Any] = {"Name": _only(cursor)}
    if cursor.accept("COMMENT"):
        database["Description"] = cursor.string()
    if cursor.accept("LOCATION"):
        database["LocationUri"] = cursor.string()
    if cursor.accept("WITH", "DBPROPERTIES"):
        database["Parameters"] = _pairs(cursor)
    cursor.end()

    def create(session: Session) -> Result:
        try:
            session.glue.create_database(DatabaseInput=database)
        except session.glue.exceptions.AlreadyExistsException:
            if not exists:
                raise failed(f"AlreadyExistsException(message:Database {database['Name']} already exists)") from None
        return Result()

    return create


def _drop_database(cursor: Cursor) -> Action:
    cursor.accept("DROP")
    cursor.expect_one_of("DATABASE", "SCHEMA")
    exists = cursor.accept("IF", "EXISTS")
    name = _only(cursor)
    cascade = cursor.accept("CASCADE") or (cursor.accept("RESTRICT") and False)
    cursor.end()

    def drop(session: Session) -> Result:
        try:
            tables = tables_of(session, name)
        except QueryError:
            if exists:
                return Result()
            raise
        if tables and not cascade:
            raise failed(f"InvalidOperationException(message:Database {name} is not empty. One or more tables exist.)")
        for table in tables:
            session.glue.delete_table(DatabaseName=name, Name=table["Name"])
        session.glue.delete_database(Name=name)
        return Result()

    return drop


# Tables


def _create_table(text: str) -> Action:
    cursor = Cursor(text)
    cursor.expect("CREATE")
    cursor.accept("EXTERNAL")
    cursor.expect("TABLE")
    cursor.accept("IF", "NOT", "EXISTS")
    names = cursor.names()
    create = _parsed(text, exp.Create)
    if not isinstance(create.this, exp.Schema):
        raise failed("SemanticException: a table needs columns")
    clauses = create.args.get("properties")
    clauses = list(clauses.expressions) if clauses else []
    parameters = {item.name: item.args["value"].name for item in clauses if type(item) is exp.Property}
    external = any(isinstance(item, exp.ExternalProperty) for item in clauses)
    if parameters.get("table_type", "").upper() == "ICEBERG" and not external:
        return _create_iceberg(create, clauses, parameters, names)
    if not external:
        raise failed("SemanticException: only external tables can be created: use CREATE EXTERNAL TABLE")
    location = next((i.this.name for i in clauses if isinstance(i, exp.LocationProperty)), None)
    if location is None or not location.startswith("s3://"):
        raise failed("SemanticException: LOCATION must be an s3:// folder")
    comment = next((i.this.name for i in clauses if isinstance(i, exp.SchemaCommentProperty)), None)
    partitions = next((i.this for i in clauses if isinstance(i, exp.PartitionedByProperty)), None)
    table: dict[str, Any] = {
        "Name": names[-1],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **({"comment": comment} if comment else {})} | parameters,
        "PartitionKeys": _columns(partitions.expressions) if partitions else [],
        "StorageDescriptor": {
            "Columns": _columns(create.this.expressions),
            "Location": location,
            **_storage(clauses),
        },
    }

    def run(session: Session) -> Result:
        database = database_of(names, session)
        try:
            session.glue.create_table(DatabaseName=database, TableInput=table)
        except session.glue.exceptions.AlreadyExistsException:
            if not create.args.get("exists"):
                raise failed(f"AlreadyExistsException(message:Table {names[-1]} already exists)") from None
        except session.glue.exceptions.EntityNotFoundException:
            raise no_database(database) from None
        return Result()

    return run


def _storage(clauses: Sequence[exp.Expression]) -> dict[str, Any]:
    """Return the formats and SerDe of a CREATE TABLE as Glue's StorageDescriptor has them."""
    formats, serde = STORED_AS["TEXTFILE"][:2], None
    parameters: dict[str, str] = {}
    default_serde = LAZY_SERDE
    for item in clauses:
        match item:
            case exp.FileFormatProperty(this=exp.InputOutputFormat() as io):
                formats = io.args["input_format"].name, io.args["output_format"].name
            case exp.FileFormatProperty():
                name = item.this.name.upper()
                if name not in STORED_AS:
                    raise failed(f"SemanticException: Unrecognized file format: {name}")
                *found, default_serde = STORED_AS[name]
                formats = (found[0], found[1])
            case exp.RowFormatSerdeProperty():
                serde = item.this.name
                if extra := item.args.get("serde_properties"):
                    parameters |= _properties(extra)
            case exp.SerdeProperties():
                parameters |= _properties(item)
            case exp.RowFormatDelimitedProperty():
                for key, name in DELIMITERS.items():
                    if (value := item.args.get(key)) is not None:
                        parameters[name] = value.name
                if "field.delim" in parameters:
                    parameters["serialization.format"] = parameters["field.delim"]
    return {
        "InputFormat": formats[0],
        "OutputFormat": formats[1],
        "SerdeInfo": {
            "SerializationLibrary": serde or default_serde,
            "Parameters": parameters or {"serialization.format": "1"},
        },
    }


def _create_iceberg(
    create: exp.Create,
    clauses: Sequence[exp.Expression],
    parameters: dict[str, str],
    names: Sequence[str],
) -> Action:
    parameters = {key.lower(): value for key, value in parameters.items()}
    properties: dict[str, str | list[str]] = {**parameters}
    for item in clauses:
        if isinstance(item, exp.LocationProperty):
            properties["location"] = item.this.name
        elif isinstance(item, exp.PartitionedByProperty):
            properties["partitioning"] = [_transform(part) for part in item.this.expressions]
    clause, settings = iceberg_properties(properties)
    columns = ", ".join(
        f'"{column.name.lower()}" {_trino_type(column.args["kind"])}'
        + (f" COMMENT {literal(comment)}" if (comment := _comment(column)) else "")
        for column in create.this.expressions
    )
    exists = "IF NOT EXISTS " if create.args.get("exists") else ""

    def run(session: Session) -> Result:
        name = table_name(names, session, "iceberg")
        session.run(f"CREATE TABLE {exists}{name} ({columns}) WITH ({clause})", settings)
        return Result()

    return run


def _transform(part: exp.Expression) -> str:
    """Return a partition transform as Trino writes it: `day(ts)`, `bucket(id, 3)`, `x`."""
    if isinstance(part, exp.PartitionedByBucket | exp.PartitionByTruncate):
        kind = "bucket" if isinstance(part, exp.PartitionedByBucket) else "truncate"
        return f"{kind}({part.this.name.lower()}, {part.args['expression'].name})"
    if column := part.find(exp.Column):
        if isinstance(part, exp.Column):
            return column.name.lower()
        kind = part.name if isinstance(part, exp.Anonymous) else part.key
        return f"{kind.lower()}({column.name.lower()})"
    return part.name.lower()


def _drop_table(cursor: Cursor) -> Action:
    cursor.expect("DROP", "TABLE")
    exists = "IF EXISTS " if cursor.accept("IF", "EXISTS") else ""
    names = cursor.names()
    cursor.accept("PURGE")
    cursor.end()

    def drop(session: Session) -> Result:
        database, table = database_of(names, session), names[-1]
        # Athena never deletes the files of a table that is not Iceberg.
        if exists and not exists_in(session, database, table):
            return Result()
        if is_iceberg(glue_table(session, database, table)):
            session.run(f'DROP TABLE "iceberg"."{database}"."{table}"')
        else:
            session.glue.delete_table(DatabaseName=database, Name=table)
        return Result()

    return drop


def _alter_table(text: str) -> Action:
    cursor = Cursor(text)
    cursor.expect("ALTER", "TABLE")
    names = cursor.names()
    if cursor.accept("ADD", "PARTITION") or cursor.accept("ADD", "IF"):
        return _add_partitions(Cursor(text))
    alter = _parsed(text, exp.Alter)

    def run(session: Session) -> Result:
        database, name = database_of(names, session), names[-1]
        table = glue_table(session, database, name)
        for change in alter.args["actions"]:
            if is_iceberg(table):
                _alter_iceberg(session, database, name, change)
            else:
                _alter_hive(session, database, table, change)
        return Result()

    return run


def _alter_iceberg(session: Session, database: str, name: str, change: exp.Expression) -> None:
    alter = f'ALTER TABLE "iceberg"."{database}"."{name}"'
    match change:
        case exp.AlterRename():
            *_, target = [part.name.lower() for part in change.this.parts]
            new_database = change.this.db.lower() or database
            session.run(f'{alter} RENAME TO "{new_database}"."{target}"')
        case exp.AlterSet() if change.expressions:
            found = {k.lower(): v for k, v in _properties(change).items()}
            numbers = {k: v for k, v in found.items() if k in ICEBERG_NUMBERS}
            for key in found:
                if key not in ICEBERG_NUMBERS and key != "classification":
                    raise QueryError(f"INVALID_TABLE_PROPERTY: Unsupported table property key: {key}")
            if numbers:
                extra = extra_properties(numbers)
                session.run(f"{alter} SET PROPERTIES extra_properties = {extra}")
        case exp.Schema():
            for column in change.expressions:
                kind = _trino_type(column.args["kind"])
                session.run(f'{alter} ADD COLUMN "{column.name.lower()}" {kind}')
        case exp.Drop():
            session.run(f'{alter} DROP COLUMN "{change.args["tables"][0].name.lower()}"')
        case exp.AlterColumn():
            old, new = change.this.name.lower(), change.args.get("rename_to")
            if new is not None and new.name.lower() != old:
                session.run(f'{alter} RENAME COLUMN "{old}" TO "{new.name.lower()}"')
                old = new.name.lower()
            if new_type := change.args.get("dtype"):
                session.run(f'{alter} ALTER COLUMN "{old}" SET DATA TYPE {_trino_type(new_type)}')
        case _:
            raise QueryError("NOT_SUPPORTED: Queries of this type are not supported")


def _alter_hive(session: Session, database: str, table: dict[str, Any], change: exp.Expression) -> None:
    columns = table["StorageDescriptor"]["Columns"]
    match change:
        case exp.AlterSet() if change.expressions:
            table["Parameters"] |= _properties(change)
        case exp.AlterSet() if (location := change.args.get("location")) is not None:
            table["StorageDescriptor"]["Location"] = location.name
        case exp.Schema():
            columns += _columns(change.expressions)
        case exp.ReplaceColumns():
            columns[:] = _columns(change.expressions)
        case exp.AlterColumn():
            (index,) = [i for i, c in enumerate(columns) if c["Name"] == change.this.name.lower()] or [-1]
            if index < 0:
                raise failed(f"SemanticException: Invalid column reference {change.this.name}")
            new = change.args.get("rename_to") or change.this
            columns[index] |= {"Name": new.name.lower(), "Type": hive_type(change.args["dtype"])}
        case exp.DropPartition():
            for partition in change.expressions:
                values = {e.this.name.lower(): e.expression.name for e in partition.expressions}
                _drop_partition(session, database, table, values, bool(change.args.get("exists")))
            return
        case _:
            raise QueryError("NOT_SUPPORTED: Queries of this type are not supported")
    update_table(session, database, table)


def _drop_partition(
    session: Session,
    database: str,
    table: Mapping[str, Any],
    values: Mapping[str, str],
    exists: bool,
) -> None:
    keys = [key["Name"] for key in table["PartitionKeys"]]
    try:
        session.glue.delete_partition(
            DatabaseName=database,
            TableName=table["Name"],
            PartitionValues=[values[key] for key in keys],
        )
    except (KeyError, ClientError) as error:
        if not exists:
            raise failed(f"SemanticException [Error 10006]: Partition not found {values}") from (error)


def _add_partitions(cursor: Cursor) -> Action:
    cursor.expect("ALTER", "TABLE")
    names = cursor.names()
    cursor.expect("ADD")
    exists = cursor.accept("IF", "NOT", "EXISTS")
    partitions: list[tuple[dict[str, str], str | None]] = []
    while cursor.accept("PARTITION"):
        values = _pairs(cursor)
        partitions.append((values, cursor.string() if cursor.accept("LOCATION") else None))
    cursor.end()

    def run(session: Session) -> Result:
        database = database_of(names, session)
        table = glue_table(session, database, names[-1])
        for values, location in partitions:
            storage = {**table["StorageDescriptor"]}
            folder = "/".join(f"{key}={value}" for key, value in values.items())
            storage["Location"] = location or f"{storage['Location'].rstrip('/')}/{folder}"
            try:
                session.glue.create_partition(
                    DatabaseName=database,
                    TableName=names[-1],
                    PartitionInput={
                        "Values": [values[key["Name"]] for key in table["PartitionKeys"]],
                        "StorageDescriptor": storage,
                    },
                )
            except KeyError as error:
                raise failed(f"ValidationException: no value for partition {error}") from error
            except session.glue.exceptions.AlreadyExistsException:
                if not exists:
                    raise failed(f"AlreadyExistsException(message:Partition already exists: {folder})") from None
        return Result()

    return run


def _msck(cursor: Cursor) -> Action:
    cursor.expect("MSCK", "REPAIR")
    cursor.expect("TABLE")
    names = cursor.names()
    cursor.end()

    def run(session: Session) -> Result:
        database = database_of(names, session)
        glue_table(session, database, names[-1])
        session.run(
            "CALL awsdatacatalog.system.sync_partition_metadata("
            f"schema_name => '{database}', table_name => '{names[-1]}', mode => 'ADD')"
        )
        return Result()

    return run


# Parts of statements


def _parsed(text: str, kind: type[exp.Expression]) -> Any:
    Cursor(text)  # refuses several statements
    try:
        parsed = sqlglot.parse_one(text, dialect="hive")
    except ParseError as error:
        parsed, reason = None, str(error).splitlines()[0]
    else:
        reason = "unsupported syntax"
    if not isinstance(parsed, kind):
        raise failed(f"ParseException: {reason}")
    return parsed


def _columns(definitions: Sequence[exp.ColumnDef]) -> list[dict[str, str]]:
    columns = []
    for definition in definitions:
        column = {"Name": definition.name.lower(), "Type": hive_type(definition.args["kind"])}
        if comment := _comment(definition):
            column["Comment"] = comment
        columns.append(column)
    return columns


def _comment(definition: exp.ColumnDef) -> str | None:
    found = definition.find(exp.CommentColumnConstraint)
    return found.this.name if found else None


def _trino_type(kind: exp.DataType) -> str:
    """Return Hive's name of a type as the Trino type of an Iceberg column."""
    text = kind.sql(dialect="trino")
    return re.sub(r"\bTIMESTAMP\b(?!\()", "TIMESTAMP(6)", text)


def _properties(clause: exp.Expression) -> dict[str, str]:
    pairs = (item for item in clause.find_all(exp.Property) if type(item) is exp.Property)
    return {item.name: item.args["value"].name for item in pairs}


def _pairs(cursor: Cursor) -> dict[str, str]:
    cursor.expect("(")
    pairs = {}
    while True:
        token = cursor.peek()
        key = cursor.string() if token and token.token_type.name == "STRING" else cursor.name()
        cursor.expect("=")
        pairs[key] = cursor.value()
        if not cursor.accept(","):
            break
    cursor.expect(")")
    return pairs


def _only(cursor: Cursor) -> str:
    return cursor.names()[-1]
