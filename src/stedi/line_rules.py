"""The rules of staging over single lines, outside of a build: the models' own SQL, on DuckDB, in memory.

`stedi erase` asks it whom a line speaks of, on both targets. So there is one set of rules: what staging takes for a
person's line is what is erased.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import duckdb

from stedi.duckdb_plugin import add_rules
from stedi.erasure_list import Entry

DERIVED = ("stg_device", "int_consent")
SAID = ("participant_id", "device_id", "named_participants", "named_devices")
"""The columns of a staging model that say whom a line speaks of; a sensor's has one of the first two."""
CHUNK = 8_000_000
"""Letters of lines that are read at once."""

Compile = Callable[[Iterable[str]], tuple[dict[str, str], dict[str, str]]]
"""From names of models their SQL as compiled for DuckDB, and the relation behind each source and model, by name."""


class Spoken(NamedTuple):
    """What a line says of people and devices, by pseudonym."""

    number: int
    participant: str | None
    device: str | None
    named_participants: frozenset[str]
    named_devices: frozenset[str]
    is_good: bool


class Record(NamedTuple):
    """What a customer line says outright, as far as it could be read."""

    number: int
    email: str | None
    name: str | None
    phone: str | None
    serial_number: str | None


class LineRules:
    """The rules under one vault key."""

    def __init__(self, compile_models: Compile, key: bytes, entities: Iterable[str]) -> None:
        """Compile the models of these entities, and make the tables that they read."""
        self.entities = tuple(entities)
        """What lands."""
        self._sql, relations = compile_models([*(f"stg_{entity}" for entity in self.entities), *DERIVED])
        self._relations = relations
        self._db = duckdb.connect()
        add_rules(self._db)
        for relation in relations.values():
            database, schema, _ = relation.split(".")
            self._db.execute(f"attach if not exists ':memory:' as {database}")
            self._db.execute(f"create schema if not exists {database}.{schema}")
        lines = '(line varchar, "$path" varchar, source_file varchar, "$file_modified_time" timestamp)'
        for entity in self.entities:
            self._db.execute(f"create table {relations[f'{entity}_landing_lines']} {lines}")
        self._db.execute(f"create table {relations['pseudonym_key']} as select ? as key_hex", [key.hex()])
        self._db.execute(
            f"create table {relations['customer_document']} "
            "(document_id varchar, named_participants varchar, source_file varchar, landed_at timestamp)"
        )
        self._db.execute(
            f"create table {relations['erasure']} (kind varchar, listed varchar, at_time varchar, until_time varchar)"
        )

    def read(self, entity: str, lines: Iterable[str], wanted: Iterable[str] | None = None) -> Iterator[Spoken]:
        """What each line says that is not blank, by its number from 0.

        With `wanted`, only the lines that are not good or that speak of one of these pseudonyms.
        """
        condition = "true"
        if wanted is not None:
            self._db.execute("create or replace temporary table wanted (pseudonym varchar)")
            self._db.execute("insert into wanted select unnest(string_split(?, ' '))", [" ".join(wanted)])
            condition = "rejection_reason is not null or who in (from wanted) or what in (from wanted)"
        for _ in self._stage(entity, lines):
            there = {name for name, *_ in self._db.execute("describe staged").fetchall()}
            says = ", ".join(name if name in there else "null" for name in SAID)
            rows = self._db.execute(
                f"select * from (select source_file::bigint, {says}, rejection_reason from staged) "
                f"as said (number, who, what, people, devices, rejection_reason) where {condition}"
            ).fetchall()
            for number, participant, device, people, devices, reason in rows:
                yield Spoken(number, participant, device, _set(people), _set(devices), reason is None)

    def records(self, lines: Iterable[str]) -> Iterator[Record]:
        """What is written in customer lines."""
        for _ in self._stage("customer", lines):
            rows = self._db.execute(
                "select source_file::bigint, email, customer_name, phone, serial_number from staged"
            ).fetchall()
            yield from map(Record._make, rows)

    def consents(
        self, lines: Iterable[tuple[str, int]], entries: Iterable[Entry]
    ) -> tuple[dict[str, tuple[str, str, int]], dict[str, str | None]]:
        """What customer lines come to, each with when it landed (seconds), under an erasure list.

        Returns:
            Of each participant the state of consent, since when (text; empty where not), and when the last good record
            landed (seconds); and of each device its owner.
        """
        self._set_list(entries)
        table = self._relations["customer_landing_lines"]
        self._db.execute(f"delete from {table}")
        by_time: dict[int, list[str]] = {}
        for line, landed in lines:
            by_time.setdefault(landed, []).append(line)
        for landed, of_time in by_time.items():
            self._insert(table, of_time, 0, landed)
        staged = self._relations["stg_customer"]
        self._db.execute(f"create or replace table {staged} as {self._sql['stg_customer']}")
        people = self._db.execute(
            f"""
            select
                participant_id,
                state,
                coalesce(strftime(consented_since, '%Y-%m-%d %H:%M:%S.%f'), ''),
                epoch(landed.at)::bigint
            from ({self._sql["int_consent"]}) as consent
            inner join (
                select participant_id, max(loaded_at) as at from {staged} where rejection_reason is null group by all
            ) as landed using (participant_id)
            """
        ).fetchall()
        devices = self._db.execute(f"select device_id, participant_id from ({self._sql['stg_device']})").fetchall()
        self._set_list([])
        return {person: (state, since, landed) for person, state, since, landed in people}, dict(devices)

    def _stage(self, entity: str, lines: Iterable[str]) -> Iterator[None]:
        """Stage some lines after the other as the table `staged`, numbered in source_file."""
        table = self._relations[f"{entity}_landing_lines"]
        for first, some in _chunks(lines):
            self._db.execute(f"delete from {table}")
            self._insert(table, some, first, 0)
            self._db.execute(f"create or replace temporary table staged as {self._sql[f'stg_{entity}']}")
            yield

    def _insert(self, table: str, lines: list[str], first: int, landed: int) -> None:
        self._db.execute(
            f"""
            insert into {table}
            select line, '', (number - 1 + ?)::varchar, make_timestamp(1000000 * ?::bigint)
            from (
                select unnest(lines) as line, generate_subscripts(lines, 1) as number
                from (select string_split(?, chr(10)) as lines)
            )
            """,
            [first, landed, "\n".join(lines)],
        )

    def _set_list(self, entries: Iterable[Entry]) -> None:
        table = self._relations["erasure"]
        self._db.execute(f"delete from {table}")
        rows = [list(entry) for entry in entries]
        if rows:
            self._db.executemany(f"insert into {table} values (?, ?, ?, ?)", rows)


def pseudonyms_of(rules: LineRules, emails: list[str]) -> list[str | None]:
    """The participant that each text names, by the rules; None for one that is no e-mail."""
    found: dict[int, str | None] = {}
    for said in rules.read("customer", (json.dumps({"email": text}) for text in emails)):
        found[said.number] = said.participant
    return [found.get(number) for number in range(len(emails))]


def _chunks(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    some: list[str] = []
    first = size = 0
    for line in lines:
        some.append(line)
        size += len(line) + 1
        if size > CHUNK:
            yield first, some
            first, size, some = first + len(some), 0, []
    if some:
        yield first, some


def _set(joined: str | None) -> frozenset[str]:
    return frozenset((joined or "").split())
