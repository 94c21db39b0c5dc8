"""Target `athena` as `stedi erase` sees it: Iceberg tables on S3, of which every object is read."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from botocore.exceptions import ClientError
from dbt.contracts.graph.manifest import Manifest

from stedi.account import RESULTS, named_bucket, session_of, telling
from stedi.build import invoke
from stedi.duckdb_lake import build_anew, compile_models
from stedi.erasure_list import FOLDER
from stedi.errors import StediError
from stedi.lake import (
    Relation,
    Renamed,
    as_written,
    clean_files_of_dbt,
    left_in_files_of_dbt,
    read_registry,
    relations,
)
from stedi.landing_files import shown
from stedi.searching import Needles
from stedi.settings import Settings
from stedi.stores import Bucket
from stedi.unpacking import unpack
from stedi.vault import KEY, PSEUDONYM, parse_key

LAKE = "lake/"
VAULT = "vault/"
ASKED = f"{FOLDER}/asked.txt"
"""Where pseudonyms are put for the length of a question, so that they stand in no query's text."""


class AthenaLake:
    """The bucket, Glue's tables, and Athena's answers."""

    name = "athena"
    not_checked: tuple[str, ...] = (
        "the text of earlier queries, which Athena keeps for 45 days: pseudonyms may stand in it",
        "the catalog's own history",
    )

    def __init__(self, settings: Settings, manifest: Manifest, arguments: list[str]) -> None:
        """`arguments` go with each dbt command."""
        bucket = named_bucket(settings.bucket)
        self._settings = settings
        self._manifest = manifest
        self._arguments = arguments
        session = session_of()
        self._s3, self._glue, self._athena = (session.client(name) for name in ("s3", "glue", "athena"))
        self.landing: Bucket = Bucket(self._s3, bucket)
        self.vault: Bucket = Bucket(self._s3, bucket, VAULT)
        self._relations = relations(as_written(manifest), read_registry(settings.project))
        self.checked: dict[str, int] = {}
        self.unread: dict[str, str] = {}
        self._read: dict[Path, str] = {}

    def check(self, *, will_write: bool) -> tuple[bytes, str | None]:
        with telling():
            self._s3.head_bucket(Bucket=self._settings.bucket)
            for database in self._other_projects():
                raise StediError(
                    f"bucket {self._settings.bucket} holds tables of another project too, in {database}: nobody is "
                    "erased from them from here, so give each project a bucket of its own"
                )
            if will_write and self._is_locked():
                raise StediError(
                    f"bucket {self._settings.bucket} has object lock, so that nothing can be removed from it: "
                    "move landing and lake to a bucket without"
                )
        place = f"{self.vault.root}/{KEY}"
        text = self.vault.read(KEY)
        if text is None:
            raise StediError(f"there is no vault key at {place}: restore it from its backup")
        key = parse_key(text, place)
        if ("stg_customer" not in {relation.name for relation in self._there()}) or not self._table(
            self._schema("vault"), FOLDER
        ):
            raise StediError(
                f"there is no build yet in s3://{self._settings.bucket}: `dbt run-operation create_landing_tables` and "
                "`dbt build --target athena` first, so that it is known who is where"
            )
        rows = self._ask(
            f'select key_fingerprint from "{self._schema("audit")}"."landing" order by noted_at desc limit 1'
        )
        return key, rows[0][0] if rows else None

    def _is_locked(self) -> bool:
        try:
            lock = self._s3.get_object_lock_configuration(Bucket=self._settings.bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ObjectLockConfigurationNotFoundError":
                return False
            raise
        return lock["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"

    def compile_models(self, names: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
        """For DuckDB, in which the rules are asked; the profile's target `local` says how."""
        arguments = list(self._arguments)
        if "--target" in arguments:
            arguments[arguments.index("--target") + 1] = "local"
        else:
            arguments += ["--target", "local"]
        with (
            tempfile.TemporaryDirectory() as folder,
            _environment(
                DBT_TARGET_PATH=folder, STEDI_DUCKDB=f"{folder}/stedi.duckdb", STEDI_LANDING=folder, STEDI_VAULT=folder
            ),
        ):
            parsed = cast(Manifest, invoke(["parse", *arguments]).result)
            return compile_models(parsed, names, arguments)

    def texts_of(self, people: set[str]) -> set[str]:
        """None: they would have to stand in a query's result. Landing has them."""
        return set()

    def pseudonyms(self) -> set[str]:
        selects = [
            f'select {column} as names from "{relation.schema}"."{relation.name}"'
            for relation in self._there()
            for column in relation.columns
        ]
        rows = self._ask(
            f"select distinct name from ({' union all '.join(selects)}) as found "
            "cross join unnest(split(names, ' ')) as named (name)"
        )
        return {name for (name,) in rows if name and PSEUDONYM.fullmatch(name)}

    def seen(self, people: set[str]) -> set[str]:
        selects = [
            f'select participant_id from "{relation.schema}"."{relation.name}"'
            for relation in self._there()
            if "participant_id" in relation.columns
        ]
        with self._asked(people) as asked:
            rows = self._ask(
                f"select distinct participant_id from ({' union all '.join(selects)}) as named "
                f"where participant_id in {asked}"
            )
        return {person for (person,) in rows if person}

    def count(self, pseudonyms: set[str]) -> dict[str, int]:
        with self._asked(pseudonyms) as asked:
            selects = []
            for relation in self._there():
                among = f"(select array_agg(listed) from {asked} as asked)"
                found = " or ".join(
                    f"{c} in {asked}" if not c.startswith("named_") else f"arrays_overlap(split({c}, ' '), {among})"
                    for c in relation.columns
                )
                name = f"{relation.schema}.{relation.name}"
                selects.append(f'select \'{name}\', count(*) from "{relation.schema}"."{relation.name}" where {found}')
            rows = self._ask(" union all ".join(selects))
        return {str(name): int(count or 0) for name, count in sorted(rows) if count != "0"}

    def rebuild(self) -> None:
        build_anew(self._manifest, self._arguments)

    def rename_documents(self, renamed: Renamed) -> None:
        self._write_ledgers_anew(renamed, documents_alone=True)

    def clean(self, pseudonyms: set[str], needles: Needles, renamed: Renamed | None = None) -> None:
        self._write_ledgers_anew(renamed)
        places = tuple(self._live_places())
        names = [stored.name for stored in self.landing.files(LAKE) if not stored.name.startswith(places)]
        for stored in self.landing.files(RESULTS):
            inner = unpack(self.landing.read(stored.name) or b"").contents
            if any(needles.found_in(content) for content in inner):
                names.append(stored.name)
        self.landing.remove(names)
        # Of landing too: what an erasure that died has replaced, and what somebody replaced or deleted before.
        self.landing.forget_versions(leave=VAULT)
        self._read = clean_files_of_dbt(self._settings, needles)

    def _write_ledgers_anew(self, renamed: Renamed | None, *, documents_alone: bool = False) -> None:
        said = {"renamed_since": renamed.since if renamed else None, "documents_alone": documents_alone}
        arguments = ["--args", json.dumps(said)]
        with self._beside_the_list("renamed", renamed.names.items()) if renamed else nullcontext():
            done = invoke(
                ["run-operation", "erase_from_ledgers", *arguments, *self._arguments], manifest=self._manifest
            )
        if not done.success:
            raise StediError(
                "the ledgers cannot be written without them: `dbt run-operation erase_from_ledgers` says why"
            )

    def remains(self, needles: Needles, strict: Needles) -> list[str]:
        found = []
        for what, below in (("tables", LAKE), ("query results", RESULTS)):
            for stored in self.landing.files(below):
                inner = unpack(self.landing.read(stored.name) or b"")
                self.checked[what] = self.checked.get(what, 0) + sum(map(len, inner.contents))
                if inner.problem:
                    self.unread[f"{self.landing.root}/{shown(stored.name)}"] = inner.problem
                if any(strict.found_in(text) or needles.found_in(text, whole=True) for text in inner.contents):
                    found.append(f"{self.landing.root}/{shown(stored.name)}")
        for version in self.landing.older_versions(leave=VAULT):
            found.append(f"an older version of {self.landing.root}/{shown(version['Key'])}")
        return found + left_in_files_of_dbt(self._settings, strict, self.checked, self.unread, self._read)

    def write_secret(self, name: str, content: bytes) -> None:
        with telling():
            there = self._s3.head_object(Bucket=self._settings.bucket, Key=f"{VAULT}{KEY}")
            said = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled")
            how = {key: there[key] for key in said if key in there}
            if name == KEY:
                # The bucket's policy asks for it, and S3 refuses it if somebody has been quicker.
                how["IfMatch"] = there["ETag"]
            self._s3.put_object(Bucket=self._settings.bucket, Key=f"{VAULT}{name}", Body=content, **how)
        if name != KEY:
            self.vault.forget_versions(name)

    def note_key(self, fingerprint: str) -> None:
        ledger = f'"{self._schema("audit")}"."landing"'
        self._ask(
            f"insert into {ledger} (landing, is_synthetic, key_fingerprint, generation, noted_at) "
            f"select landing, is_synthetic, '{fingerprint}', '{uuid4()}', noted_at + interval '1' second from {ledger} "
            f"where noted_at = (select max(noted_at) from {ledger}) and key_fingerprint <> '{fingerprint}'"
        )

    def _schema(self, zone: str) -> str:
        if zone == "vault":
            return self._schema("staging").removesuffix("staging") + "vault"
        return next(r.schema for r in self._relations if r.schema.endswith(f"_{zone}"))

    def _table(self, schema: str, name: str) -> dict[str, Any] | None:
        with telling():
            try:
                return self._glue.get_table(DatabaseName=schema, Name=name)["Table"]
            except self._glue.exceptions.EntityNotFoundException:
                return None

    def _there(self) -> list[Relation]:
        return [relation for relation in self._relations if self._table(relation.schema, relation.name)]

    def _places(self) -> list[tuple[str, str, str]]:
        """Database, name and place below the bucket of the tables that Glue knows there."""
        root = f"s3://{self._settings.bucket}/"
        with telling():
            databases = [d["Name"] for p in self._pages("get_databases") for d in p["DatabaseList"]]
            tables = [t for d in databases for p in self._pages("get_tables", DatabaseName=d) for t in p["TableList"]]
        return [
            (table["DatabaseName"], table["Name"], place.removeprefix(root))
            for table in tables
            if (place := table.get("StorageDescriptor", {}).get("Location", "").rstrip("/") + "/").startswith(root)
        ]

    def _live_places(self) -> list[str]:
        return [place for _, _, place in self._places() if place.startswith(LAKE)]

    def _other_projects(self) -> list[str]:
        """Databases with the customers of another project that was built into this bucket."""
        own = self._schema("staging")
        return sorted({schema for schema, name, _ in self._places() if name == "stg_customer" and schema != own})

    def _pages(self, what: str, **arguments: str) -> Iterator[dict[str, Any]]:
        yield from self._glue.get_paginator(what).paginate(**arguments)

    @contextmanager
    def _asked(self, pseudonyms: set[str]) -> Iterator[str]:
        """A select of pseudonyms that does not have them in its text."""
        with self._beside_the_list("asked", ((name, "") for name in sorted(pseudonyms))):
            yield f'(select listed from "{self._schema("vault")}"."{FOLDER}" where kind = \'asked\')'

    @contextmanager
    def _beside_the_list(self, kind: str, entries: Iterable[tuple[str, str]]) -> Iterator[None]:
        """Entries of a kind of their own, each of a pseudonym and what takes its place, in the list's table."""
        self.vault.write(ASKED, "".join(f"{kind}\x01{name}\x01-\x01{other}\n" for name, other in entries).encode())
        try:
            yield
        finally:
            self.vault.delete(ASKED)

    def _ask(self, sql: str) -> list[tuple[str | None, ...]]:
        """The rows of an answer, of which nothing stays on S3."""
        with telling():
            started = self._athena.start_query_execution(
                QueryString=sql,
                WorkGroup=self._settings.workgroup,
                ResultConfiguration={"OutputLocation": f"s3://{self._settings.bucket}/{RESULTS}"},
            )["QueryExecutionId"]
            while True:
                execution = self._athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
                if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                    break
                time.sleep(float(os.environ.get("STEDI_POLL_INTERVAL") or 1))
            if execution["Status"]["State"] != "SUCCEEDED":
                raise StediError(f"Athena cannot answer: {execution['Status'].get('StateChangeReason', '')}")
            pages = self._athena.get_paginator("get_query_results").paginate(QueryExecutionId=started)
            rows = [tuple(c.get("VarCharValue") for c in r["Data"]) for p in pages for r in p["ResultSet"]["Rows"]]
        for stored in self.landing.files(f"{RESULTS}{started}"):
            self.landing.delete(stored.name)
        return rows[1:]


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
