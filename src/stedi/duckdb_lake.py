"""Target `local` as `stedi erase` sees it: one DuckDB file, which is written anew without free blocks."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.contracts.graph.manifest import Manifest
from dbt_common.exceptions import DbtRuntimeError

from stedi.build import invoke
from stedi.duckdb_plugin import check_database, opened
from stedi.errors import StediError
from stedi.lake import (
    Relation,
    Renamed,
    as_written,
    clean_files_of_dbt,
    left_in_files_of_dbt,
    read_registry,
    relations,
    stands_in_file,
)
from stedi.searching import Needles
from stedi.settings import Settings
from stedi.stores import Bucket, Folder, Store
from stedi.vault import PSEUDONYM, problem_of, read_key

FUNCTIONS = ("stedi_landing", "stedi_vault_problem", "stedi_erasure_list", "stedi_file_state", "stedi_vault_key")
"""What the views of the database call; none of them is called here."""
ROWS = 20_000
"""Rows whose text is read at once."""


class DuckDBLake:
    """The database, the vault's folder and landing."""

    name = "local (DuckDB)"
    not_checked: tuple[str, ...] = ()

    def __init__(self, settings: Settings, manifest: Manifest, arguments: list[str]) -> None:
        """`arguments` go with each dbt command."""
        self._settings = settings
        self._manifest = manifest
        self._arguments = arguments
        self._relations = relations(as_written(manifest), read_registry(settings.project))
        self._path = settings.database
        self.vault: Store = Folder(settings.vault)
        folder = settings.landing_folder
        self.landing: Store = Folder(folder) if folder else _bucket(settings.landing)
        self.checked: dict[str, int] = {}
        self.unread: dict[str, str] = {}
        self._read: dict[Path, str] = {}

    def check(self, *, will_write: bool) -> tuple[bytes, str | None]:
        problem, _ = problem_of(self._settings.vault)
        if problem:
            raise StediError(problem)
        key = read_key(self._settings.vault)
        no_build = StediError(
            f"there is no build yet in {self._path}: `stedi run` first, so that it is known who is where"
        )
        if not self._path.exists():
            raise no_build
        if will_write:
            try:
                check_database(str(self._path))
            except DbtRuntimeError as error:
                raise StediError(str(error.msg)) from None
        with self._open() as db:
            there = db.execute(
                "select count(*) from duckdb_tables() where table_name = 'stg_customer' and schema_name like '%staging'"
            ).fetchall()[0][0]
            if not there:
                raise no_build
            audit = self._schema("audit")
            rows = db.execute(f"select key_fingerprint from {audit}.landing order by noted_at desc limit 1").fetchall()
        return key, rows[0][0] if rows else None

    def compile_models(self, names: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
        return compile_models(self._manifest, names, self._arguments)

    def texts_of(self, people: set[str]) -> set[str]:
        found: set[str] = set()
        with self._open() as db:
            for relation in ("staging.stg_customer", "trusted.customer_trusted"):
                zone, name = relation.split(".")
                if self._is_there(db, self._schema(zone), name):
                    rows = db.execute(
                        f"select distinct email, customer_name, phone, serial_number from {self._schema(zone)}.{name} "
                        "where list_contains(?, participant_id)",
                        [sorted(people)],
                    ).fetchall()
                    found |= {value for row in rows for value in row if value}
        return found

    def pseudonyms(self) -> set[str]:
        found: set[str] = set()
        with self._open() as db:
            for relation in self._relations:
                if self._is_there(db, relation.schema, relation.name):
                    for column in relation.columns:
                        rows = db.execute(
                            f"select distinct unnest(string_split({column}, ' ')) as name "
                            f"from {relation.schema}.{relation.name}"
                        ).fetchall()
                        found |= {name for (name,) in rows if PSEUDONYM.fullmatch(name)}
        return found

    def seen(self, people: set[str]) -> set[str]:
        found: set[str] = set()
        with self._open() as db:
            for relation in self._relations:
                if "participant_id" in relation.columns and self._is_there(db, relation.schema, relation.name):
                    rows = db.execute(
                        f"select distinct participant_id from {relation.schema}.{relation.name} "
                        "where list_contains(?, participant_id)",
                        [sorted(people)],
                    ).fetchall()
                    found |= {person for (person,) in rows}
        return found

    def count(self, pseudonyms: set[str]) -> dict[str, int]:
        counts = {}
        with self._open() as db:
            for relation in self._relations:
                if not self._is_there(db, relation.schema, relation.name):
                    continue
                conditions = " or ".join(f"list_has_any(?, string_split({c}, ' '))" for c in relation.columns)
                name = f"{relation.schema}.{relation.name}"
                found = db.execute(
                    f"select count(*) from {name} where {conditions}", [sorted(pseudonyms)] * len(relation.columns)
                ).fetchall()[0][0]
                if found:
                    counts[name] = found
        return counts

    def rebuild(self) -> None:
        build_anew(self._manifest, self._arguments)
        close_database()

    def rename_documents(self, renamed: Renamed) -> None:
        with duckdb.connect(str(self._path)) as db:
            for relation in self._ledgers(db):
                if "document_id" in relation.columns:
                    self._rename(db, relation, renamed)

    def clean(self, pseudonyms: set[str], needles: Needles, renamed: Renamed | None = None) -> None:
        with duckdb.connect(str(self._path)) as db:
            for relation in self._ledgers(db):
                if renamed:
                    self._rename(db, relation, renamed)
                for column in relation.columns:
                    db.execute(
                        f"delete from {relation.schema}.{relation.name} "
                        f"where list_has_any(?, string_split({column}, ' '))",
                        [sorted(pseudonyms)],
                    )
            # What dbt keeps of failed tests where somebody asks it to.
            for (schema,) in db.execute(
                "select distinct schema_name from duckdb_schemas() where suffix(schema_name, '_dbt_test__audit')"
            ).fetchall():
                db.execute(f'drop schema "{schema}" cascade')
        self._write_anew()
        self._read = clean_files_of_dbt(self._settings, needles)

    def _ledgers(self, db: duckdb.DuckDBPyConnection) -> list[Relation]:
        return [one for one in self._relations if one.is_ledger and self._is_there(db, one.schema, one.name)]

    def _rename(self, db: duckdb.DuckDBPyConnection, relation: Relation, renamed: Renamed) -> None:
        ledger = f"{relation.schema}.{relation.name}"
        db.execute(
            "create or replace temporary table renamed as select unnest(?) as before, unnest(?) as after",
            [list(renamed.names), list(renamed.names.values())],
        )
        columns = [name for name, *_ in db.execute(f"describe {ledger}").fetchall()]
        if "removed_at" in columns:
            db.execute(
                f"delete from {ledger} using renamed where participant_id = before and removed_at >= ?::timestamp "
                f"and after in (select participant_id from {self._schema('trusted')}.customer_trusted)",
                [renamed.since],
            )
        for column in relation.columns:
            db.execute(
                f"""
                update {ledger} set {column} = after.names
                from (
                    select
                        named.names as before,
                        string_agg(coalesce(after, name), ' ' order by coalesce(after, name)) as names
                    from (
                        select {column} as names, unnest(string_split({column}, ' ')) as name
                        from (select distinct {column} from {ledger})
                    ) as named
                    left join renamed on name = before
                    group by named.names
                ) as after
                where {column} = after.before
                """
            )
        if "source_file" in columns:
            # The part of a file's name that may be personal data.
            db.execute(
                f"""
                update {ledger} set source_file = array_to_string(
                    list_transform(string_split(source_file, '/'), part -> coalesce(hidden.names[part], part)), '/'
                )
                from (select map(list('~' || before), list('~' || after)) as names from renamed) as hidden
                """
            )

    def write_secret(self, name: str, content: bytes) -> None:
        self.vault.write(name, content)

    def note_key(self, fingerprint: str) -> None:
        with duckdb.connect(str(self._path)) as db:
            db.execute(
                f"insert into {self._schema('audit')}.landing select * replace ("
                "? as key_fingerprint, ? as generation, noted_at + interval 1 second as noted_at) "
                f"from (from {self._schema('audit')}.landing order by noted_at desc limit 1) "
                "where key_fingerprint <> ?",
                [fingerprint, str(uuid4()), fingerprint],
            )

    def _write_anew(self) -> None:
        """Copy every live row to a new file, which takes the place of the old one with its free blocks."""
        fresh = self._path.with_name(f"{self._path.name}.fresh")
        for path in (fresh, Path(f"{fresh}.wal")):
            path.unlink(missing_ok=True)
        name = f'"{self._path.stem}"'
        with duckdb.connect() as db:
            _stand_in(db)
            db.execute(f"attach '{_quoted(self._path)}' as {name} (read_only)")
            db.execute(f"attach '{_quoted(fresh)}' as fresh")
            db.execute(f"copy from database {name} to fresh")
            db.execute("checkpoint fresh")
            db.execute("detach fresh")
        fresh.chmod(0o600)
        fresh.replace(self._path)
        for left in (f"{fresh}.wal", f"{self._path}.wal"):
            Path(left).unlink(missing_ok=True)
        shutil.rmtree(f"{self._path}.tmp", ignore_errors=True)

    def remains(self, needles: Needles, strict: Needles) -> list[str]:
        found = []
        with self._open() as db:
            for schema, name in db.execute(
                "select schema_name, table_name from duckdb_tables() where not internal order by all"
            ).fetchall():
                size = 0
                for text in _texts(db, schema, name):
                    size += len(text)
                    if needles.found_in(text, whole=True):
                        found.append(f"{schema}.{name}")
                        break
                self.checked["tables"] = self.checked.get("tables", 0) + size
        for path in sorted(self._path.parent.glob(f"{self._path.name}*")):
            if path.is_dir() or (path != self._path and path.suffix in (".wal", ".fresh")):
                found.append(str(path))
                continue
            self.checked["database file"] = self.checked.get("database file", 0) + path.stat().st_size
            if stands_in_file(path, strict):
                found.append(str(path))
        return found + left_in_files_of_dbt(self._settings, strict, self.checked, self.unread, self._read)

    def _schema(self, zone: str) -> str:
        return next(r.schema for r in self._relations if r.schema.endswith(f"_{zone}"))

    @staticmethod
    def _is_there(db: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
        return bool(
            db.execute(
                "select 1 from duckdb_tables() where schema_name = ? and table_name = ?", [schema, name]
            ).fetchall()
        )

    def _open(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return opened(self._path)


def compile_models(
    manifest: Manifest, names: Iterable[str], arguments: list[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """As `Lake.compile_models`, with the project as it was parsed for DuckDB."""
    done = invoke(["compile", "--indirect-selection", "empty", "--select", *names, *arguments], manifest=manifest)
    close_database()
    results: list[Any] = getattr(done.result, "results", [])
    if not done.success or not results:
        raise StediError("dbt cannot compile the models of staging: `dbt compile` says why")
    named = {result.node.name: result.node.compiled_code for result in results}
    nodes = [*manifest.sources.values(), *(manifest.nodes[f"model.stedi.{name}"] for name in named)]
    return named, {node.name: node.relation_name for node in nodes if node.relation_name}


def build_anew(manifest: Manifest, arguments: list[str]) -> None:
    """`dbt run`: under another erasure list, and after a landing object was written again, it builds every table anew.

    Raises:
        StediError: something was not built; the text says what.
    """
    done = invoke(["run", *arguments], manifest=manifest)
    for result in getattr(done.result, "results", []):
        if str(result.status) in ("error", "skipped", "fail"):
            raise StediError(
                f"{result.node.name} cannot be built without them: {' '.join(str(result.message).split())}"
            )
    if not done.success:
        raise StediError("the tables cannot be built: `dbt run` says why")


def close_database() -> None:
    """dbt-duckdb keeps the database open for the next command of this process."""
    if DuckDBConnectionManager._ENV:
        DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager._ENV = None


def _bucket(url: str) -> Bucket:
    import boto3

    return Bucket(boto3.client("s3"), url.removeprefix("s3://").strip("/"))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _stand_in(db: duckdb.DuckDBPyConnection) -> None:
    """Functions that the views name; a view is copied without being read."""
    for name in FUNCTIONS:
        db.create_function(name, lambda text: text, ["VARCHAR"], "VARCHAR")


def _texts(db: duckdb.DuckDBPyConnection, schema: str, name: str) -> Iterator[bytes]:
    """What a table's columns hold, as text: a value a line."""
    columns = db.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ?", [schema, name]
    ).fetchall()
    quiet = ("TIMESTAMP", "DATE", "BOOLEAN", "DOUBLE", "FLOAT")
    # Bytes of a blob are written as hexadecimal digits, and found as such.
    chosen = ", ".join(
        f'hex("{column}")' if kind == "BLOB" else f'"{column}"::varchar'
        for column, kind in columns
        if kind not in quiet
    )
    if chosen:
        cursor = db.execute(
            f"select string_agg(concat_ws(chr(10), {chosen}), chr(10)) "
            f'from (select *, (row_number() over ()) // {ROWS} as piece from "{schema}"."{name}") group by piece'
        )
        while row := cursor.fetchone():
            yield (row[0] or "").encode(errors="surrogateescape")
