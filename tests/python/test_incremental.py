"""Ordinary builds equal full ones, and the reference: after any landing changes, every table, row by row.

Target `local`; tests/python/test_faults.py has chosen sequences on Athena.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper
from dbt.cli.main import dbtRunner
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from lakehouse import FAILS, NOW, PROJECT, ZONE_OF, assert_same_rows, edited, landed_by, left_behind
from support import hostile, truth
from support.drawing import (
    CONTENT,
    DATES,
    DEVICES,
    FILE,
    HOUR,
    NOON,
    PEOPLE,
    TIMES,
    acceleration,
    customer,
    lines,
    step,
)

from athena_local.translate import MAX_QUERY_BYTES
from stedi.vault import ensure_key, read_key

VARIABLES: list[dict[str, Any]] = [
    {},
    {"consent_scope": "since_consent"},
    {"ml_join": "timestamp_only"},
    {"k_anonymity": 2},
    {"minimum_age": 60},
]

ALSO = {
    "stg_device": "staging",
    "stg_accelerometer_reading": "staging",
    "stg_step_trainer_reading": "staging",
    "device_trusted": "trusted",
}


MANIFESTS: dict[str, Any] = {}
"""The parsed project by variables: parsing takes longer than building so little."""


class World:
    """A landing that only grows, the database that ordinary builds keep up, and others built from nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = 0
        self.variables: dict[str, Any] = {}
        self.anew: tuple[Any, dict[str, list[tuple]]] | None = None
        self.edits: dict[str, tuple[str, str]] = {}
        """Changes of the project: pattern and replacement, by the id of a model or macro."""
        for entity in ("customer", "accelerometer", "step_trainer"):
            self.land(entity, b"")
        (folder / "profiles").mkdir()
        shutil.copy(PROJECT / "profiles.yml.example", folder / "profiles" / "profiles.yml")
        ensure_key(folder / "vault")

    def land(
        self, entity: str, content: bytes, *, name: str | None = None, age: int = 0, zipped: bool = False, cut: int = 0
    ) -> None:
        """A new file with its own name, `age` hours older than it might be; zipped, without its last `cut` bytes."""
        self.files += 1
        folder = self.folder / "landing" / entity / "landing"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name or 'file'}-{self.files}.json{'.gz' if zipped else ''}"
        path.write_bytes(gzip.compress(content)[: -cut or None] if zipped else content)
        seconds = NOON // 1000 + 60 * self.files - 3600 * age
        os.utime(path, (seconds, seconds))

    def environment(self, name: str = "kept") -> dict[str, str]:
        """Of commands on the database `name`."""
        return {
            "STEDI_LANDING": str(self.folder / "landing"),
            "STEDI_VAULT": str(self.folder / "vault"),
            "STEDI_DUCKDB": str(self.folder / name / "stedi.duckdb"),
            "DBT_PROFILES_DIR": str(self.folder / "profiles"),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }

    def build(self, name: str = "kept", *arguments: str) -> dict[str, str]:
        """`dbt run` in this process on the database `name`; what each model reported."""
        (self.folder / name).mkdir(exist_ok=True)
        environment = self.environment(name) | {"DBT_LOG_LEVEL_FILE": "none"}
        variables = json.dumps(self.variables)
        common = ["--project-dir", str(PROJECT), "--vars", variables, "--threads", "2", "--quiet"]
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(None):
            for key, value in environment.items():
                patch.setenv(key, value)
            if variables not in MANIFESTS:
                parsed = dbtRunner().invoke(["parse", "--no-partial-parse", *common])
                MANIFESTS[variables] = parsed.result
            with edited(MANIFESTS[variables], self.edits) as manifest:
                done = dbtRunner(manifest=manifest).invoke(["run", *common, *arguments])
        # dbt-duckdb keeps the database open for the next command of this process.
        if DuckDBConnectionManager._ENV:
            DuckDBConnectionManager._ENV.close()
            DuckDBConnectionManager._ENV = None
        assert done.success, done.exception or [r.message for r in done.result if str(r.status) == "error"]
        return {result.node.name: result.message for result in done.result if result.node.resource_type == "model"}

    @contextlib.contextmanager
    def database(self, name: str = "kept") -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(str(self.folder / name / "stedi.duckdb")) as connection:
            yield connection

    def tables(self, name: str = "kept") -> dict[str, list[tuple]]:
        """Every relation: those of the reference with its columns, the others and the summaries whole."""
        with self.database(name) as connection:
            columns = {relation: ", ".join(truth.COLUMNS[relation]) for relation in ZONE_OF}
            zones = ZONE_OF | ALSO
            summaries = connection.execute(
                "select table_name from information_schema.tables where table_schema = 'stedi_staging' "
                "and table_name like '%\\_parts' escape '\\'"
            ).fetchall()
            zones = zones | {summary: "staging" for (summary,) in summaries}
            return {
                relation: connection.execute(
                    f"select {columns.get(relation, 'columns(*)')} from stedi_{zone}.{relation} order by all"
                ).fetchall()
                for relation, zone in zones.items()
            }

    def tables_built_anew(self) -> dict[str, list[tuple]]:
        """What a full refresh gives, which keeps what the audit remembers of first landings; made once for the same
        landing, variables and project."""
        files = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in (self.folder / "landing").rglob("*")}
        erased = truth.erased_by(self.folder / "vault")
        asked = (files, dict(self.variables), dict(self.edits), erased)
        if self.anew is None or self.anew[0] != asked:
            (self.folder / "new").mkdir()
            shutil.copy(self.folder / "kept" / "stedi.duckdb", self.folder / "new")
            self.build("new", "--full-refresh")
            self.anew = asked, self.tables("new")
            shutil.rmtree(self.folder / "new")
        return self.anew[1]

    def differences(self, *, from_the_reference: bool = True) -> list[str]:
        """The relations in which the kept database differs from a new one or from the reference."""
        kept = self.tables()
        new = self.tables_built_anew()
        expected = {}
        if from_the_reference:
            key = read_key(self.folder / "vault")
            erased = truth.erased_by(self.folder / "vault")
            landed = landed_by(self.folder / "kept" / "stedi.duckdb")
            expected = truth.expected(
                self.folder / "landing", key, now=NOW, erased=erased, landed=landed, **self.variables
            )
        assert kept.keys() == new.keys()
        found = []
        for relation in kept:
            for other in [new[relation], *([expected[relation]] if relation in expected else [])]:
                with contextlib.suppress(AssertionError):
                    assert_same_rows(relation, kept[relation], other)
                    continue
                found.append(relation)
        return found


NAMES = ["ann", "bob", "cem"]
CLUMSY = sorted(name for name in hostile.REJECTED | hostile.NO_YES if not name.startswith("long"))
MODELS = [
    "stg_customer",
    "customer_trusted",
    "stg_accelerometer",
    "accelerometer_trusted",
    "device_trusted",
    "row_outcome",
]


class Landing(RuleBasedStateMachine):
    """Landing changes in any order, an ordinary build after each."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.world = World(self.folder)

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def check(self) -> None:
        self.world.build()
        # The reference knows the rules as they are, and no others.
        assert self.world.differences(from_the_reference=not self.world.edits) == []

    @initialize(files=st.lists(FILE, min_size=3, max_size=8))
    def begin(self, files: list[tuple]) -> None:
        """Some people who consent, so that there is something to lose, and some files."""
        self.world.land(
            "customer",
            lines(*(customer(p, d, NOON - HOUR, NOON - HOUR) for p, d in zip(PEOPLE, DEVICES, strict=False))),
        )
        self.world.land("accelerometer", lines(*(acceleration(p, t) for p in PEOPLE[:3] for t in TIMES[:4])))
        self.world.land("step_trainer", lines(*(step(d, t) for d in DEVICES for t in TIMES[:4])))
        self.land(files)

    def land(self, files: list[tuple]) -> None:
        for entity, content, name, age, zipped in files:
            self.world.land(entity, content, name=name, age=age, zipped=zipped)
        self.check()

    @rule(files=st.lists(FILE, min_size=1, max_size=4))
    def files_arrive(self, files: list[tuple]) -> None:
        self.land(files)

    @rule(
        person=st.sampled_from(NAMES),
        spelling=st.sampled_from(["", "", *sorted(hostile.SPELLINGS)]),
        device=st.sampled_from(DEVICES),
        updated=st.sampled_from([None, None, None, NOON - HOUR, NOON + 99 * HOUR, hostile.FUTURE]),
        consent=st.sampled_from(DATES),
    )
    def somebody_decides(
        self, person: str, spelling: str, device: str, updated: int | None, consent: int | None
    ) -> None:
        """Consent given, withdrawn or moved; now and then with another device, in other letters, with an odd date."""
        email = hostile.SPELLINGS.get(spelling, str)(f"{person}@example.org")
        date = NOON + 100 * HOUR + self.world.files if updated is None else updated
        self.world.land("customer", lines(customer(email, device, date, consent)))
        self.check()

    @rule(person=st.sampled_from(NAMES), way=st.sampled_from(CLUMSY), age=st.sampled_from([0, 0, 0, 1000]))
    def somebody_withdraws_clumsily(self, person: str, way: str, age: int) -> None:
        """A withdrawal that is rejected, or whose fields stand in it twice, in each way of the catalogue."""
        made = (hostile.REJECTED | hostile.NO_YES)[way](hostile.Person(person, 1, {}))
        self.world.land("customer", made + b"\n" if isinstance(made, bytes) else lines(made), age=age)
        self.check()

    @rule(entity=st.sampled_from(sorted(CONTENT)), cut=st.integers(1, 30))
    def a_file_is_cut_off(self, entity: str, cut: int) -> None:
        content = {
            "customer": lines(*(customer(p, "dev-1", NOON + 200 * HOUR, NOON) for p in PEOPLE)),
            "accelerometer": lines(*(acceleration(p, NOON + 2 * HOUR) for p in PEOPLE)),
            "step_trainer": lines(*(step(d, NOON + 2 * HOUR) for d in DEVICES)),
        }[entity]
        self.world.land(entity, content, zipped=True, cut=cut)
        self.check()

    @rule(model=st.sampled_from(MODELS), person=st.sampled_from(NAMES))
    def a_build_fails_half_way(self, model: str, person: str) -> None:
        """Nobody who is out of customer_trusted is left in the tables that were not built."""
        self.world.land("customer", lines(customer(f"{person}@example.org", "dev-1", NOON + 300 * HOUR, None)))
        edits = self.world.edits
        self.world.edits = edits | {f"model.stedi.{model}": FAILS}
        with pytest.raises(AssertionError):
            self.world.build()
        self.world.edits = edits
        with self.world.database() as connection:
            assert left_behind(lambda sql: connection.execute(sql).fetchall()) == {}
        self.check()

    @rule(another=st.booleans())
    def the_key_is_lost(self, another: bool) -> None:
        """Nothing is built without the key, nor with another one; the key's return changes nothing."""
        before = self.world.tables()
        vault = self.folder / "vault"
        vault.rename(self.folder / "elsewhere")
        if another:
            ensure_key(vault)
        with pytest.raises(AssertionError):
            self.world.build()
        shutil.rmtree(vault, ignore_errors=True)
        (self.folder / "elsewhere").rename(vault)
        assert self.world.tables() == before
        self.check()

    @rule()
    def a_rule_changes_or_changes_back(self) -> None:
        self.world.edits = {} if self.world.edits else {"macro.stedi.dataset_split": ("'validation'", "'test'")}
        self.check()

    @rule()
    def everybody_withdraws(self) -> None:
        updated = NOON + 100 * HOUR + self.world.files
        self.world.land("customer", lines(*(customer(p, "dev-1", updated, None) for p in PEOPLE)))
        self.check()

    @rule(variables=st.sampled_from(VARIABLES))
    def variables_change(self, variables: dict[str, Any]) -> None:
        self.world.variables = variables
        self.check()

    @rule(entity=st.sampled_from(sorted(CONTENT)), again=st.integers(0, 20))
    def a_file_comes_again(self, entity: str, again: int) -> None:
        files = sorted((self.folder / "landing" / entity / "landing").glob("*.json"))
        self.world.land(entity, files[again % len(files)].read_bytes(), age=again % 3)
        self.check()

    @precondition(lambda self: self.world.files > 6)
    @rule()
    def everything_is_refreshed(self) -> None:
        self.world.build("kept", "--full-refresh")
        assert self.world.differences(from_the_reference=not self.world.edits) == []


# Four fixed sequences, the same on every run; `make test-nightly` draws others, more and longer ones.
NIGHTLY = bool(os.environ.get("STEDI_NIGHTLY"))
# Without shrinking, which would take longer than anybody waits: each step of a failing sequence is a few builds.
Landing.TestCase.settings = settings(
    max_examples=25 if NIGHTLY else 4,
    stateful_step_count=12 if NIGHTLY else 6,
    phases=[Phase.generate],
    deadline=None,
    derandomize=not NIGHTLY,
    print_blob=NIGHTLY,
    suppress_health_check=list(HealthCheck),
)
test_any_sequence_of_changes_ends_as_a_full_build_would = Landing.TestCase


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Ann and Bob, who consent, with a device and readings each, built."""
    return built_world(tmp_path)


def built_world(folder: Path) -> World:
    world = World(folder)
    fill(world)
    world.build()
    return world


def fill(world: World) -> None:
    world.land(
        "customer",
        lines(customer("ann@example.org", "dev-1", NOON, NOON), customer("bob@example.org", "dev-2", NOON, NOON)),
    )
    people = ("ann@example.org", "bob@example.org")
    world.land("accelerometer", lines(*(acceleration(p, NOON + n * HOUR // 2) for p in people for n in range(4))))
    world.land("step_trainer", lines(*(step(d, NOON + n * HOUR // 2) for d in ("dev-1", "dev-2") for n in range(4))))


def count(world: World, relation: str, condition: str = "true") -> int:
    with world.database() as connection:
        return connection.execute(f"select count(*) from {relation} where {condition}").fetchall()[0][0]


def test_a_build_with_nothing_new_changes_nothing(world: World) -> None:
    assert set(world.build().values()) == {"unchanged"}
    with world.database() as connection:
        builds = connection.execute(
            "select succeeded, files_read, lines_read, rows_added, rows_removed from stedi_audit.build "
            "order by started_at"
        ).fetchall()
    assert builds[0][:3] == (True, 3, 18)
    assert builds[1] == (True, 0, 0, 0, 0)


def test_a_withdrawal_is_in_the_audit_with_whose_and_how_many(world: World) -> None:
    world.land("customer", lines(customer("ann@example.org", "dev-1", NOON + 1, None)))
    world.build()
    assert world.differences() == []
    with world.database() as connection:
        removals = connection.execute(
            "select relation, reason, row_count, count(distinct participant_id) over () from stedi_audit.removal "
            "order by all"
        ).fetchall()
        changes = json.loads(
            connection.execute("select changes from stedi_audit.build order by started_at desc limit 1").fetchall()[0][
                0
            ]
        )
    assert removals == [
        ("accelerometer_trusted", "no_consent", 4, 1),
        ("customer_trusted", "no_consent", 1, 1),
        ("customers_curated", "no_consent", 1, 1),
        ("machine_learning_curated", "no_consent", 4, 1),
        ("step_trainer_trusted", "no_consent", 4, 1),
    ]
    assert changes["accelerometer_trusted"] == {"added": {}, "removed": {"no_consent": 4}}
    world.land("customer", lines(customer("ann@example.org", "dev-1", NOON + 2, NOON)))
    world.build()
    assert world.differences() == []
    assert count(world, "stedi_curated.machine_learning_curated") == 8


def test_a_withdrawal_met_by_a_full_refresh_is_booked_like_any_other(world: World) -> None:
    world.land("customer", lines(customer("ann@example.org", "dev-1", NOON + 1, None)))
    world.build("kept", "--full-refresh")
    assert world.differences() == []
    with world.database() as connection:
        removals = connection.execute(
            "select relation, reason, row_count from stedi_audit.removal order by all"
        ).fetchall()
        changes = json.loads(
            connection.execute("select changes from stedi_audit.build order by started_at desc").fetchall()[0][0]
        )
        (comment,) = connection.execute(
            "select comment from duckdb_tables() where table_name = 'customers_curated'"
        ).fetchone()
    assert removals == [
        ("accelerometer_trusted", "no_consent", 4),
        ("customer_trusted", "no_consent", 1),
        ("customers_curated", "no_consent", 1),
        ("machine_learning_curated", "no_consent", 4),
        ("step_trainer_trusted", "no_consent", 4),
    ]
    assert changes["customer_trusted"]["removed"] == {"no_consent": 1}
    assert comment.endswith(f"Built from {world.folder.resolve() / 'landing'} (real).")


def test_people_who_left_with_their_landing_file_are_booked_as_unknown(world: World) -> None:
    records = sorted((world.folder / "landing" / "customer" / "landing").glob("*.json"))[-1]
    text = records.read_text().splitlines(keepends=True)
    records.write_text("".join(line for line in text if "ann@" not in line))
    world.build()
    assert world.differences() == []
    reasons = "relation = 'customer_trusted' and reason = 'unknown_customer' and row_count = 1"
    assert count(world, "stedi_audit.removal", reasons) == 1


@pytest.mark.parametrize(
    ("edits", "old_rows"),
    [
        ({"macro.stedi.dataset_split": ("'train'", "'validation'")}, "dataset_split = 'train'"),
        (
            {
                "model.stedi.accelerometer_trusted": (
                    r"stg_accelerometer_reading\.x,",
                    r"2 * stg_accelerometer_reading.x as x,",
                )
            },
            "x = 1",
        ),
    ],
    ids=["a macro", "a model"],
)
def test_a_changed_rule_reaches_old_rows(world: World, edits: dict[str, tuple[str, str]], old_rows: str) -> None:
    assert count(world, "stedi_curated.machine_learning_curated", old_rows)
    world.edits = edits
    world.build()
    assert world.differences(from_the_reference=False) == []
    assert not count(world, "stedi_curated.machine_learning_curated", old_rows)
    world.edits = {}
    world.build()
    assert world.differences() == []


def test_a_late_file_older_than_everything_is_taken_in(world: World) -> None:
    world.land("accelerometer", lines(acceleration("ann@example.org", NOON - 5000 * HOUR)), name="000", age=9000)
    assert world.build()["accelerometer_trusted"] == "changed"
    assert world.differences() == []


def test_a_file_landed_no_earlier_than_the_listing_in_which_it_was_missing(world: World) -> None:
    """Whatever its own time says: a withdrawal that cannot be read, restored with an old date, counts."""
    world.land("customer", b'{"email": "ann@example.org", "lastUpd\n', age=1000)
    world.build()
    assert world.differences() == []
    assert count(world, "stedi_staging.int_consent", "state = 'in_doubt'") == 1


def test_a_copy_or_a_touch_of_what_landed_before_lifts_no_doubt(world: World) -> None:
    world.land("customer", b'{"email": "ann@example.org", "lastUpd\n')
    world.build()
    assert count(world, "stedi_staging.int_consent", "state = 'in_doubt'") == 1
    landing = world.folder / "landing" / "customer" / "landing"
    consent = next(path for path in sorted(landing.iterdir()) if b"ann@example.org" in path.read_bytes())
    for change in (lambda: shutil.copy(consent, landing / "copy.json"), consent.touch, consent.unlink):
        change()
        world.build()
        assert count(world, "stedi_staging.int_consent", "state = 'in_doubt'") == 1
        world.build("kept", "--full-refresh")
        assert count(world, "stedi_staging.int_consent", "state = 'in_doubt'") == 1


def test_readings_of_a_device_that_becomes_shared_leave(world: World) -> None:
    world.land("customer", lines(customer("cem@example.org", "dev-1", NOON, None)))
    world.build()
    assert world.differences() == []
    assert count(world, "stedi_trusted.step_trainer_trusted") == 4
    assert count(world, "stedi_audit.removal", "reason = 'device_not_theirs' and row_count = 4") == 1
    assert count(world, "stedi_curated.machine_learning_curated") == 4


def test_devices_with_swapped_distances_are_told_apart(tmp_path: Path) -> None:
    world = World(tmp_path)
    fill(world)
    for device, first, second in (("dev-3", 5, 7), ("dev-4", 7, 5)):
        world.land("step_trainer", lines(step(device, NOON + 1, first), step(device, NOON + 2, second)))
    world.land("accelerometer", lines(*(acceleration("ann@example.org", NOON + n) for n in (1, 2))))
    world.land("customer", lines(customer("ann@example.org", "dev-3", NOON - 1, None)))
    world.build()
    # dev-3 becomes shared, dev-4 becomes Ann's: as many readings, at the same times, of the same distances.
    world.land("customer", lines(customer("cem@example.org", "dev-3", NOON, None)))
    world.land("customer", lines(customer("ann@example.org", "dev-4", NOON - 1, None)))
    world.build()
    assert world.differences() == []


@pytest.mark.parametrize("variables", VARIABLES[1:], ids=str)
def test_a_changed_variable_changes_the_tables_and_back(world: World, variables: dict[str, Any]) -> None:
    world.land("accelerometer", lines(*(acceleration("ann@example.org", NOON - n) for n in (1, HOUR, 30 * HOUR))))
    world.land("step_trainer", lines(*(step("dev-2", NOON - n) for n in (1, HOUR, 30 * HOUR))))
    for change in (variables, {}):
        world.variables = change
        world.build()
        assert world.differences() == []


@pytest.mark.parametrize("with_other_readings", [False, True])
def test_another_landing_is_noticed_and_built_anew(world: World, with_other_readings: bool) -> None:
    for path in (world.folder / "landing").rglob("*-*.json"):
        if with_other_readings:
            path.write_bytes(path.read_bytes().replace(b'"x": 1', b'"x": 2'))
        else:
            path.rename(path.with_name("other-" + path.name))
    world.build("kept", "--select", "stg_accelerometer")
    world.build()
    assert world.differences() == []
    assert set(world.build().values()) == {"unchanged"}


INTERRUPTIONS = [
    "delete from stedi_staging.accelerometer_trusted_parts",
    "delete from stedi_staging.stg_accelerometer_reading_parts where part_hour = (select max(part_hour) from "
    "stedi_staging.stg_accelerometer_reading_parts)",
    "drop table stedi_staging.machine_learning_curated_parts",
    "drop table stedi_staging.stg_step_trainer_parts",
    "delete from stedi_staging.stg_accelerometer_parts where source_file like '%-5.json'",
    "delete from stedi_trusted.step_trainer_trusted where distance_from_object = 5",
    "delete from stedi_curated.machine_learning_curated where sensor_reading_time < timestamp '2025-06-16 12:10:00'",
    "delete from stedi_staging.stg_step_trainer_reading",
    "insert into stedi_trusted.accelerometer_trusted from stedi_trusted.accelerometer_trusted limit 1",
    "drop table stedi_trusted.customer_trusted",
    "drop table stedi_trusted.step_trainer_trusted",
    "delete from stedi_audit.row_outcome",
]


@pytest.fixture(scope="module")
def mended_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One for all interruptions, each of which is put right before the next."""
    return built_world(tmp_path_factory.mktemp("mended"))


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_what_a_build_that_died_left_is_put_right(mended_world: World, interruption: str) -> None:
    with mended_world.database() as connection:
        connection.execute(interruption)
    mended_world.build()
    assert mended_world.differences() == []


def test_a_thousand_differing_parts_leave_no_scratch_table(world: World) -> None:
    hours = range(1, 1101)
    world.land("accelerometer", lines(*(acceleration("ann@example.org", NOON - n * HOUR) for n in hours)))
    with world.database() as connection:
        connection.execute(
            "create table stedi_staging.accelerometer_trusted__differing as select 'left' as participant_id"
        )
    assert world.build()["accelerometer_trusted"] == "changed"
    assert world.differences() == []
    assert count(world, "information_schema.tables", "table_name like '%differing'") == 0
    assert count(world, "stedi_trusted.accelerometer_trusted") == 8 + len(hours)


def test_no_statement_is_longer_than_athena_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where people have many devices, it is not the number of parts that makes a statement long."""
    people, devices, hours = range(60), range(9), range(16)
    named = [(f"p{person}@example.org", f"p{person}-{device}") for person in people for device in devices]
    world.land("customer", lines(*(customer(email, device, NOON, NOON) for email, device in named)))

    def land(moment: int) -> None:
        times = [NOON + hour * HOUR + moment for hour in hours]
        emails = sorted({email for email, _ in named})
        world.land("accelerometer", lines(*(acceleration(email, time) for email in emails for time in times)))
        world.land("step_trainer", lines(*(step(device, time) for _, device in named for time in times)))

    before = count(world, "stedi_curated.machine_learning_curated")
    land(1)
    world.build()
    land(2)
    longest: dict[str, int] = {}
    execute = DuckDBCursorWrapper.execute

    def measured(cursor: Any, sql: str, bindings: Any = None) -> Any:
        what = " ".join(re.sub(r"/\*.*?\*/", "", sql).split())[:80]
        longest[what] = max(longest.get(what, 0), len(sql.encode()))
        return execute(cursor, sql, bindings)

    monkeypatch.setattr(DuckDBCursorWrapper, "execute", measured)
    assert world.build()["machine_learning_curated"] == "changed"
    assert {what: size for what, size in longest.items() if size > MAX_QUERY_BYTES} == {}
    assert count(world, "stedi_curated.machine_learning_curated") == 2 * len(named) * len(hours) + before


def test_building_some_models_and_then_all_ends_as_a_full_build_would(world: World) -> None:
    world.land("customer", lines(customer("ann@example.org", "dev-1", NOON + 1, None)))
    world.land("accelerometer", lines(acceleration("bob@example.org", NOON + 9 * HOUR)))
    for selected in (
        "stg_accelerometer",
        "stg_customer",
        "int_consent",
        "customer_trusted",
        "stg_accelerometer_reading",
    ):
        world.build("kept", "--select", selected)
    world.build()
    assert world.differences() == []


EVERY_ROW_WITH_EVERY_ROW = "BLOCKWISE_NL_JOIN"


def test_no_part_is_compared_with_every_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB does so where an outer join has a condition of one side alone: minutes, if many withdraw at once."""
    plans = []
    execute = DuckDBCursorWrapper.execute

    def explained(cursor: Any, sql: str, bindings: Any = None) -> Any:
        if re.search(r"\*/\s*(merge|insert) into", sql) and "__dbt_tmp" not in sql:
            plans.append(execute(cursor, f"explain {sql}").fetchall()[0][1])
        return execute(cursor, sql, bindings)

    monkeypatch.setattr(DuckDBCursorWrapper, "execute", explained)
    change_everything(world)
    world.build()
    assert sum("MERGE_INTO" in plan for plan in plans) > 10
    assert sum(EVERY_ROW_WITH_EVERY_ROW in plan for plan in plans) == 0
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as a, 1 as b; create table s as from t")
        merge = "merge into t using s on s.b = 1 and t.a = s.a when matched then delete when not matched then insert"
        assert EVERY_ROW_WITH_EVERY_ROW in connection.execute(f"explain {merge}").fetchall()[0][1]


# Rules of building broken on purpose: macro, pattern, replacement.
MUTATIONS = {
    "surplus_rows_stay": ("get_replace_parts_sql", "when matched then delete\n", ""),
    "late_names_are_skipped": (
        "duckdb__unread_landing_files",
        r"if file\[1\] not in read",
        "if file[1] > (read.keys() | max)",
    ),
    "summary_stays_as_it_was": (
        "materialization_reconciled_default",
        r"\{% do run_query\(get_update_summary_sql\(parts\)\) %\}",
        "",
    ),
    "summary_is_believed": ("summary_agrees", r" and found\.get\(\"counted\", 0\) == found\.get\(\"rows\"\)", ""),
    "repeats_do_not_count": ("get_wanted_parts_sql", r"cast\(sum\(row_count\)", "cast(min(row_count)"),
    "hours_end_early": ("within_hours", r"timedelta\(hours=1\)", "timedelta(minutes=10)"),
}


def change_everything(world: World) -> None:
    """Repeats, readings within an hour, a withdrawal, names that sort first, and a table ahead of its summary."""
    world.land("accelerometer", lines(*(acceleration("bob@example.org", NOON + n) for n in (0, 1, HOUR // 2))), age=9)
    world.land("customer", lines(customer("ann@example.org", "dev-1", NOON + 1, None)), name="000")
    with world.database() as connection:
        connection.execute(
            "delete from stedi_trusted.step_trainer_trusted where sensor_reading_time > timestamp '2025-06-16 12:10:00'"
        )


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_rule_of_building_is_noticed(tmp_path: Path, name: str) -> None:
    macro, *change = MUTATIONS[name]
    world = World(tmp_path)
    world.edits = {f"macro.stedi.{macro}": tuple(change)}
    fill(world)
    world.build()
    change_everything(world)
    try:
        world.build()
    except AssertionError:
        return  # a build that fails has noticed too
    assert world.differences()


def test_the_same_changes_without_a_broken_rule_are_fine(tmp_path: Path) -> None:
    world = World(tmp_path)
    fill(world)
    world.build()
    change_everything(world)
    world.build()
    assert world.differences() == []
