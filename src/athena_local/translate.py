"""Athena's SQL as plans: what to run on Trino, what to do on Glue, and what to refuse.

Queries and DML are Trino's own SQL and go through with their text as it is, but for number
literals. CTAS, OPTIMIZE and VACUUM are rewritten for Trino. The other DDL is Hive's and is in
`hive_ddl`.
"""

import itertools
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError
from sqlglot.tokens import Token, TokenType

from athena_local import catalog, hive_ddl, prepared
from athena_local.errors import QueryError
from athena_local.prepared import PreparedStatements
from athena_local.properties import (
    ICEBERG_NUMBERS,
    hive_properties,
    iceberg_properties,
    literal,
    table_name,
)
from athena_local.results import Column, Result
from athena_local.session import Session
from athena_local.tokens import Cursor, first_words, trino_tokens

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # its warnings are the refusals below

MAX_QUERY_BYTES = 262_144
# Substatement types whose question marks can be given values.
PARAMETRIC = ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE_TABLE_AS_SELECT")


@dataclass(frozen=True)
class Plan:
    """How a statement is run: `sql` on Trino, or `action` with a session for anything else."""

    statement_type: str
    substatement_type: str
    sql: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    action: Callable[[Session], Result] | None = None

    def run(self, session: Session) -> Result:
        """Run the statement. Raises QueryError."""
        if self.action is not None:
            return self.action(session)
        if self.sql is None:
            raise AssertionError("a plan has SQL or an action")
        return session.run(self.sql, self.properties)


def translate(
    text: str,
    *,
    parameters: Sequence[str] = (),
    results: str = "",
    statements: PreparedStatements | None = None,
) -> Plan:
    """Return the plan of a statement.

    `parameters` replace its question marks; `results` is the S3 folder for the data of a CTAS
    that names no location; `statements` are the workgroup's prepared statements. Raises QueryError
    for what Athena refuses.
    """
    statements = PreparedStatements() if statements is None else statements
    words = [*first_words(text), "", ""]
    if words[0] == "EXECUTE":
        name, values = prepared.execute(text)
        return translate(statements.find(name).sql, parameters=values or parameters, results=results)
    plan = _plan(text, words, parameters, results, statements)
    if parameters and plan.substatement_type not in PARAMETRIC:
        raise QueryError("SYNTAX_ERROR: execution parameters are for queries and DML only")
    return plan


def _plan(
    text: str,
    words: Sequence[str],
    parameters: Sequence[str],
    results: str,
    statements: PreparedStatements,
) -> Plan:
    match words:
        case [("SELECT" | "WITH" | "VALUES" | "TABLE" | "("), *_]:
            return Plan("DML", "SELECT", _bound(to_trino(text), parameters))
        case [("INSERT" | "UPDATE" | "DELETE" | "MERGE") as verb, *_]:
            return Plan("DML", verb, _bound(to_trino(text), parameters))
        case ["PREPARE", *_]:
            return Plan("UTILITY", "PREPARE", action=prepared.prepare(text, statements))
        case ["DEALLOCATE", *_]:
            return Plan("UTILITY", "DEALLOCATE", action=prepared.deallocate(text, statements))
        case ["EXPLAIN", *_]:
            return Plan("DML", "EXPLAIN", action=lambda session: _explain(session, text))
        case ["OPTIMIZE", *_]:
            return Plan("DML", "OPTIMIZE", action=_optimize(text))
        case ["VACUUM", *_]:
            return Plan("DML", "VACUUM", action=_vacuum(text))
        case ["CREATE", "VIEW", *_] | ["CREATE", "OR", "REPLACE", "VIEW", *_]:
            return Plan("DDL", "CREATE_VIEW", action=_create_view(text))
        case ["CREATE", "TABLE", *_] if (body := _ctas_body(text)) is not None:
            return _ctas(text, body, results, parameters)
        case ["DROP", "VIEW", *_]:
            return Plan("DDL", "DROP_VIEW", to_trino(text))
        case _:
            substatement, action = hive_ddl.action(text, words)
            utility = words[0] in ("SHOW", "DESCRIBE", "DESC")
            return Plan("UTILITY" if utility else "DDL", substatement, action=action)


def to_trino(text: str) -> str:
    """Return a query for Trino: without its semicolon, `1.5` a double as on Athena."""
    tokens = trino_tokens(text)
    pieces, done = [], 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.token_type is TokenType.NUMBER and _is_point_number(text, before, token):
            pieces += [text[done : token.end + 1], "E0"]
            done = token.end + 1
    return "".join([*pieces, text[done : tokens[-1].end + 1]])


def _is_point_number(text: str, before: Token | None, token: Token) -> bool:
    start = token.start - (before is not None and before.token_type is TokenType.DOT)
    digits = text[start : token.end + 1]
    return "." in digits and digits.replace(".", "", 1).isdigit()


def _bound(sql: str, parameters: Sequence[str]) -> str:
    """Return Trino's SQL with values for its question marks."""
    if not parameters:
        return sql
    return f"EXECUTE IMMEDIATE {literal(sql)} USING {', '.join(map(to_trino, parameters))}"


def _explain(session: Session, text: str) -> Result:
    result = session.run(to_trino(text))
    lines = [line for row in result.rows for line in (row[0] or "").splitlines()]
    return Result([Column("Query Plan", "varchar")], [["Query Plan"], *([line] for line in lines)])


# CREATE TABLE ... AS


def _ctas_body(text: str) -> int | None:
    """Return where the query of a CREATE TABLE AS begins in `text`, or None without one."""
    try:
        tokens = trino_tokens(text)
    except QueryError:
        return None  # backticks: Hive's CREATE TABLE
    depth = 0
    for token, following in itertools.pairwise(tokens):
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if token.token_type is TokenType.ALIAS and depth == 0:
            return following.start
    return None


def _ctas(text: str, body: int, results: str, parameters: Sequence[str]) -> Plan:
    try:
        header = sqlglot.parse_one(text[:body] + "select 1", dialect="trino")
    except ParseError as error:
        raise QueryError(f"SYNTAX_ERROR: {str(error).splitlines()[0]}", error_type=1006) from error
    if not isinstance(header, exp.Create):
        raise QueryError("SYNTAX_ERROR: CREATE TABLE AS was not understood", error_type=1006)
    if isinstance(header.this, exp.Schema):
        raise QueryError(
            "SYNTAX_ERROR: line 1:1: Column names are not allowed in CREATE TABLE AS SELECT",
            error_type=1006,
        )
    properties = _properties(header)
    table_type = str(properties.get("table_type", "hive")).lower()
    query = to_trino(text[body:])
    exists = "IF NOT EXISTS " if header.args.get("exists") else ""
    names = [part.name.lower() for part in header.this.parts]
    if table_type == "iceberg":
        clause, settings = iceberg_properties(properties)

        def create(session: Session) -> Result:
            _refuse_timestamps(session, query, parameters)
            name = table_name(names, session, "iceberg")
            sql = f"CREATE TABLE {exists}{name} WITH ({clause}) AS {query}"
            return session.run(_bound(sql, parameters), settings)

    elif table_type == "hive":
        clause, settings = hive_properties(properties, results)

        def create(session: Session) -> Result:
            name = table_name(names, session)
            sql = f"CREATE TABLE {exists}{name} WITH ({clause}) AS {query}"
            return session.run(_bound(sql, parameters), settings)

    else:
        raise QueryError(f"INVALID_TABLE_PROPERTY: Unsupported table type: {table_type}")
    return Plan("DDL", "CREATE_TABLE_AS_SELECT", action=create)


def _properties(create: exp.Create) -> dict[str, str | list[str]]:
    """Return the WITH properties as texts and lists of texts, keys in lower case."""
    found: dict[str, str | list[str]] = {}
    clause = create.args.get("properties")
    for item in clause.expressions if clause else []:
        if isinstance(item, exp.LocationProperty):
            found["location"] = item.this.name
        elif isinstance(item, exp.FileFormatProperty):
            found["format"] = item.this.name
        elif isinstance(item, exp.PartitionedByProperty):
            found["partitioned_by"] = [part.name for part in item.this.expressions]
        elif isinstance(item, exp.Property):
            value = item.args["value"]
            if isinstance(value, exp.Array):
                found[item.name.lower()] = [part.name for part in value.expressions]
            else:
                found[item.name.lower()] = value.name if value.is_string else value.sql()
        else:
            raise QueryError(f"SYNTAX_ERROR: property {item.sql()} was not understood")
    return found


def _refuse_timestamps(session: Session, query: str, parameters: Sequence[str]) -> None:
    """Refuse what Trino would turn into timestamp(6) in silence and Athena does not."""
    columns = session.run(_bound(f"SELECT * FROM ({query}) LIMIT 0", parameters)).signatures  # noqa: S608
    for signature in columns:
        if signature.startswith("timestamp(") and not signature.startswith("timestamp(6)"):
            precision = signature.removeprefix("timestamp").split(")")[0] + ")"
            raise QueryError(
                f'NOT_SUPPORTED: Timestamp precision {precision} not supported for Iceberg. Use "timestamp(6)" instead.'
            )


# Views


def _create_view(text: str) -> Callable[[Session], Result]:
    def create(session: Session) -> Result:
        result = session.run(to_trino(text))
        words = trino_tokens(text)
        start = next(i for i, token in enumerate(words) if token.text.upper() == "VIEW") + 1
        names = [words[start].text]
        while words[start + 1].token_type is TokenType.DOT:
            start += 2
            names.append(words[start].text)
        catalog.describe_view(session, [name.lower() for name in names])
        return result

    return create


# Table upkeep


def _optimize(text: str) -> Callable[[Session], Result]:
    cursor = Cursor(text)
    cursor.expect("OPTIMIZE")
    names = cursor.names(is_plain=True)
    cursor.expect("REWRITE", "DATA", "USING", "BIN_PACK")
    condition = ""
    if cursor.accept("WHERE"):
        if cursor.peek() is None:
            raise cursor.unexpected()
        condition = to_trino(cursor.rest())
    cursor.end()

    def optimize(session: Session) -> Result:
        conditions = [f"({condition})"] if condition else []
        if spared := spared_files(session, names):
            conditions.append(f'"$path" NOT IN ({", ".join(map(literal, spared))})')
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        session.run(f"ALTER TABLE {table_name(names, session, 'iceberg')} EXECUTE optimize{where}")
        return Result()

    return optimize


def spared_files(session: Session, names: Sequence[str]) -> list[str]:
    """Return the data files that OPTIMIZE leaves as they are: with fewer delete files than the table's threshold."""
    key = "optimize_rewrite_delete_file_threshold"
    threshold = int(_iceberg_properties_of(session, names).get(key) or ICEBERG_NUMBERS[key])
    if threshold == 1:
        return []
    files = table_name([*names[:-1], f"{names[-1]}$files"], session, "iceberg")
    deletes = [str(row[0]) for row in session.run(f"SELECT file_path FROM {files} WHERE content = 1").rows]  # noqa: S608
    if not deletes:
        return []
    # Which data file a delete file is about stands only inside it, so they are read as a table for a moment.
    database = catalog.database_of(names, session)
    location = literal(catalog.glue_table(session, database, names[-1])["StorageDescriptor"]["Location"])
    name = f"{names[-1]}_deletes_{uuid.uuid4().hex}"
    reader = table_name([database, name], session)
    session.run(f"CREATE TABLE {reader} (file_path varchar) WITH (format = 'PARQUET', external_location = {location})")
    try:
        found = session.run(
            f'SELECT file_path, count(DISTINCT "$path") FROM {reader} '  # noqa: S608
            f'WHERE "$path" IN ({", ".join(map(literal, deletes))}) GROUP BY 1'
        )
    finally:
        session.glue.delete_table(DatabaseName=database, Name=name)
    return [str(path) for path, count in found.rows if int(str(count)) < threshold]


def _vacuum(text: str) -> Callable[[Session], Result]:
    cursor = Cursor(text)
    cursor.expect("VACUUM")
    names = cursor.names(is_plain=True)
    cursor.end()

    def vacuum(session: Session) -> Result:
        name = table_name(names, session, "iceberg")
        for sql in vacuum_sql(name, _iceberg_properties_of(session, names)):
            session.run(sql)
        return Result()

    return vacuum


def _iceberg_properties_of(session: Session, names: Sequence[str]) -> dict[str | None, str | None]:
    properties = table_name([*names[:-1], f"{names[-1]}$properties"], session, "iceberg")
    return {row[0]: row[1] for row in session.run(f"SELECT key, value FROM {properties}").rows}  # noqa: S608


def vacuum_sql(name: str, properties: Mapping[str | None, str | None]) -> list[str]:
    """Return what VACUUM does on a table with these Iceberg properties."""
    key = "vacuum_max_snapshot_age_seconds"
    age = properties.get(key) or ICEBERG_NUMBERS[key]
    return [
        f"ALTER TABLE {name} EXECUTE expire_snapshots(retention_threshold => '{age}s')",
        f"ALTER TABLE {name} EXECUTE remove_orphan_files(retention_threshold => '{age}s')",
    ]
