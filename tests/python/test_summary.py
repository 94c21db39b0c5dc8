"""What `stedi run` shows of a build, from relations made by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
import yaml
from lakehouse import PROJECT
from rich.console import Console

from stedi.alarms import ALARMS, WARNING_TEST
from stedi.outcomes import OUTCOMES
from stedi.progress import one_line
from stedi.settings import Settings, load_settings
from stedi.summary import Built, show, show_next_steps

FILES = [
    *(("customer", f"customer/landing/c{n}.json", "read", None, 10, 5) for n in range(3)),
    ("customer", "customer/landing/none.json", "empty", None, 0, 0),
    ("step_trainer", "step_trainer/landing/s.json.gz", "unreadable", "not gzip", 8, None),
    *(("customer", f"customer/landing/_i{n}.json", "ignored", "starts with _", 8, None) for n in range(7)),
]


@pytest.fixture
def settings() -> Settings:
    return load_settings(PROJECT, {"STEDI_LANDING": "/real/landing", "STEDI_WORKGROUP": "w", "STEDI_BUCKET": "bucket"})


def database(folder: Path, *statements: str | tuple[str, Sequence]) -> Path:
    path = folder / "d.duckdb"
    with duckdb.connect(str(path)) as connection:
        for zone in ("staging", "trusted", "curated", "audit"):
            connection.execute(f"create schema stedi_{zone}")
        for statement in statements:
            if isinstance(statement, str):
                connection.execute(statement)
            else:
                connection.executemany(*statement)
    return path


def built(path: Path | None, adapter: str = "duckdb", target: str | None = None) -> Built:
    relations = (("curated", "customers_curated"), ("staging", "stg_device"), ("staging", "stg_customer"))
    return Built(adapter=adapter, target=target, schema="stedi", database=path, relations=relations)


def shown(path: Path | None, settings: Settings, width: int = 120) -> str:
    console = Console(width=width, markup=False, highlight=False)
    with console.capture() as capture:
        show(built(path), settings, console)
    return capture.get()


def test_what_is_not_there_is_left_out(tmp_path: Path, settings: Settings) -> None:
    text = shown(database(tmp_path, "create table stedi_staging.stg_customer as select 1 from range(1200)"), settings)
    assert text.split() == ["landing", "/real/landing", "zone", "relation", "rows", "staging", "stg_customer", "1,200"]
    assert shown(tmp_path / "none.duckdb", settings) == ""


def test_what_became_of_each_table_is_told(tmp_path: Path, settings: Settings) -> None:
    path = database(tmp_path, "create table stedi_staging.stg_customer as select 1 from range(1200)")
    for where, line in (
        (built(path), r"^staging +stg_customer +1,200  unchanged *$"),
        (built(None, "athena"), r"^unchanged: stg_customer$"),
    ):
        console = Console(width=120, markup=False, highlight=False)
        with console.capture() as capture:
            show(where, settings, console, {"stg_customer": "unchanged"})
        assert re.search(line, capture.get(), re.MULTILINE)


def test_who_left_in_the_latest_build_is_told_by_reason(tmp_path: Path, settings: Settings) -> None:
    path = database(
        tmp_path,
        "create table stedi_audit.build as select 'old' as build_id, timestamp '2026-01-01' as finished_at "
        "union all select 'new', timestamp '2026-01-02'",
        "create table stedi_audit.removal (build_id varchar, participant_id varchar, reason varchar, row_count bigint)",
        (
            "insert into stedi_audit.removal values (?, ?, ?, ?)",
            [("old", "a", "in_doubt", 9), ("new", "b", "no_consent", 3), ("new", "b", "no_consent", 4)]
            + [("new", person, "unknown_customer", 1) for person in "cd"],
        ),
    )
    assert [line for line in shown(path, settings).splitlines() if line.startswith("left")] == [
        "left      1 person, 7 rows: they no longer share with research",
        "left      2 people, 2 rows: their records left landing",
    ]


def test_landing_files_that_were_not_read_are_named(tmp_path: Path, settings: Settings) -> None:
    path = database(
        tmp_path,
        "create table stedi_audit.landing_file (entity varchar, source_file varchar, status varchar, reason varchar, "
        "size bigint, line_count bigint)",
        ("insert into stedi_audit.landing_file values (?, ?, ?, ?, ?, ?)", FILES),
        "create table stedi_audit.landing as select 'other/landing' as landing, true as is_synthetic, "
        "timestamp '2026-01-01' as noted_at",
    )
    text = shown(path, settings)
    assert re.search(r"^landing   (\S*/)?other/landing \(synthetic: made-up people\)$", text, re.MULTILINE)
    assert "3 files read\n" in text
    assert "1 file unreadable: step_trainer/landing/s.json.gz (not gzip)\n" in text
    ignored = ", ".join(f"customer/landing/_i{n}.json" for n in range(5))
    assert f"7 files ignored: {ignored} and 2 more\n" in text
    assert re.search(r"^landing  customer_landing +15$", text, re.MULTILINE)


def test_outcomes_nobody_explained_are_shown_too(tmp_path: Path, settings: Settings) -> None:
    path = database(
        tmp_path,
        "create table stedi_audit.row_outcome as select 'customer' as entity, o as outcome, 2 as row_count "
        "from (values ('trusted'), ('new_one')) t(o)",
    )
    lines = [line.split() for line in shown(path, settings).splitlines()]
    assert ["trusted", "2", *OUTCOMES["trusted"].split()] in lines
    assert ["new_one", "2"] in lines
    assert ["all", "lines", "4"] in lines
    narrow = shown(path, settings, width=80)
    assert max(map(len, narrow.splitlines())) <= 80
    assert [line for line in narrow.splitlines() if line.startswith("trusted ") and OUTCOMES["trusted"] in line]


@pytest.mark.parametrize(("trusted", "said"), [(99, True), (100, False)])
def test_that_most_is_left_out_is_said_in_a_line(tmp_path: Path, settings: Settings, trusted: int, said: bool) -> None:
    path = database(
        tmp_path,
        "create table stedi_audit.row_outcome as select 'customer' as entity, o as outcome, n as row_count "
        f"from (values ('trusted', {trusted}), ('no_consent', {200 - trusted})) t(o, n)",
    )
    line = "most of what landed is left out: of 200 documents 99 are in trusted"
    assert (line in shown(path, settings).splitlines()) is said


def test_alarms_are_told_in_words_errors_first(tmp_path: Path, settings: Settings) -> None:
    alarms = [
        ("no_new_lines", "customer", 1234.0, 24.0, None, "warn"),
        ("people_without_consent", "participants", 95.25, 80.0, 95.0, "error"),
        ("rows_lost", "customer_trusted", None, 10.0, 50.0, "not_measured"),
        ("rows_lost", "accelerometer_trusted", None, 10.0, 50.0, "not_measured"),
        ("no_new_lines", "step_trainer", None, 24.0, None, "not_measured"),
        ("empty_table", "customers_curated", 0.0, 0.0, None, "ok"),
        ("empty_table", "machine_learning_curated", 1.0, 0.0, None, "warn"),
        ("rejected_lines_of_file", "customer/landing/{0}.json", 12.5, 5.0, 50.0, "warn"),
        ("new_one", "somebody", 2.0, 1.5, None, "warn"),
    ]
    path = database(
        tmp_path,
        "create table stedi_audit.quality_alarm (alarm varchar, subject varchar, measured double, warn_above double, "
        "error_above double, level varchar)",
        ("insert into stedi_audit.quality_alarm values (?, ?, ?, ?, ?, ?)", alarms),
    )
    assert shown(path, settings).splitlines()[2:] == [
        "",
        "error: 95.2 % of the participants do not consent (more than 95)",
        "warning: 12.5 % of the lines of customer/landing/{0}.json are rejected (more than 5)",
        "warning: machine_learning_curated is empty",
        "warning: no file with customer lines landed for 1,234 hours (more than 24)",
        "warning: new_one of somebody: 2.0 (more than 1.5)",
        "not measured: no_new_lines of step_trainer; rows_lost of accelerometer_trusted, customer_trusted",
    ]


def test_every_alarm_has_its_text() -> None:
    model = yaml.safe_load((PROJECT / "models" / "audit" / "quality_alarm.yml").read_text())["models"][0]
    (values,) = [
        test["accepted_values"]["arguments"]["values"]
        for column in model["columns"]
        if column["name"] == "alarm"
        for test in column["data_tests"]
        if "accepted_values" in test
    ]
    assert set(values) == ALARMS.keys()
    assert WARNING_TEST in {test["no_alarms"]["name"] for test in model["data_tests"] if "no_alarms" in test}


def test_every_outcome_has_its_explanation() -> None:
    model = yaml.safe_load((PROJECT / "models" / "audit" / "row_outcome.yml").read_text())["models"][0]
    (column,) = [column for column in model["columns"] if column["name"] == "outcome"]
    (test,) = [test["accepted_values"] for test in column["data_tests"] if "accepted_values" in test]
    assert not set(test["arguments"]["values"]) - OUTCOMES.keys()


def test_no_meaning_is_wider_than_a_terminal() -> None:
    assert max(map(len, OUTCOMES)) + 2 + max(map(len, OUTCOMES.values())) <= 80


def test_of_another_engine_duckdb_shows_nothing(settings: Settings) -> None:
    console = Console(width=120, markup=False, highlight=False)
    with console.capture() as capture:
        show(built(None, "athena", "athena"), settings, console)
        show_next_steps(built(None, "athena", "athena"), settings, console)
    text = capture.get()
    assert "DuckDB" not in text and "STEDI_LANDING" not in text
    assert 'dbt show --target athena --limit 5 --inline "select * from stedi_curated.machine_learning_curated"' in text
    assert "Athena, workgroup w, files in s3://bucket/lake/: select * from" in text


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("IO Error: Could not set lock\non file", "IO Error: Could not set lock on file"),
        ("Runtime Error\n  The profile has none:\n   - local\n   - athena", "The profile has none: - local - athena"),
        ("Compilation Error in operation o (./dbt_project.yml)\n  no key\n  \n  > in macro m (m.sql)\n  > called by x",
         "no key"),
        ("Runtime Error in model m (m.sql)\n  Binder Error: no c\n  \n  LINE 2: where c = 1\n       ^",
         "Binder Error: no c"),
        ("[WARNING]: a macro warns", "a macro warns"),
        ("Runtime Error", "Runtime Error"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_message_of_dbt_becomes_one_line(message: str, line: str) -> None:
    assert one_line(message) == line
