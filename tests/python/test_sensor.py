"""A sensor is added as CONTRIBUTING.md says: four new files, three edits; a step that is left out is told of."""

from __future__ import annotations

import contextlib
import copy
import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lakehouse import PROJECT, Lakehouse, copy_project
from rich.console import Console
from support.drawing import HOUR, NOON, acceleration, customer, lines, step
from test_manifest import problems, registry_problems

from stedi import duckdb_lake, erase, lake
from stedi.build import invoke
from stedi.entities import entities
from stedi.errors import StediError
from stedi.settings import load_settings

SENSOR = PROJECT / "examples" / "heart_rate"
REGISTRY = "seeds/personal_data.csv"
LIST = "macros/project/participant_sensors.sql"
DICTIONARY = "docs/data-dictionary.md"
STAGING = "model.stedi.stg_heart_rate"
DOCUMENTS = "source.stedi.landing.heart_rate_landing"
LINES = f"{DOCUMENTS}_lines"
FILES = sorted(path.relative_to(SENSOR).as_posix() for path in (SENSOR / "models").rglob("*.*"))
ANN, BOB = "ann.archer@example.org", "bob@example.org"


TESTED = (
    *("stg_heart_rate", "stg_heart_rate_reading", "heart_rate_trusted", "source:landing.heart_rate_landing"),
    *("row_outcome_accounts_for_every_line", "every_landing_line_is_read", "nobody_who_was_erased_is_anywhere"),
    # which have no rows of it
    *("row_outcome,test_type:unit", "at_a_bound_exactly_there_is_no_alarm"),
)
"""Every test of the new relations, and those of the whole that must know them."""


def append(project: Path) -> None:
    with (project / REGISTRY).open("a") as file:
        file.write((SENSOR / REGISTRY).read_text())


def name(project: Path) -> None:
    text = (project / LIST).read_text()
    (project / LIST).write_text(text.replace('["accelerometer"]', '["accelerometer", "heart_rate"]'))


class Copy:
    """A copy of the project with a heart rate, and a lakehouse of its own, in this process."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        copy_project(self.project)
        shutil.copytree(SENSOR / "models", self.project / "models", dirs_exist_ok=True)
        append(self.project)
        name(self.project)
        self.lakehouse = Lakehouse(folder, str(folder / "landing"), project=self.project)
        ann = customer(ANN, "trainer-ann", NOON, NOON - HOUR, "Ann Archer")
        self.land("customer", lines(ann, customer(BOB, "trainer-bob", NOON, None, "Bob")))
        self.land("accelerometer", lines(acceleration(ANN, NOON)))
        self.land("step_trainer", lines(step("trainer-ann", NOON)))

    def land(self, entity: str, content: bytes) -> None:
        folder = self.project.parent / "landing" / entity / "landing"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{entity}.json").write_bytes(content)

    def dbt(self, *arguments: str, manifest: Any = None) -> Any:
        """Run a command; raises as `invoke` does."""
        common = ["--project-dir", str(self.project), "--threads", "2", "--quiet", "--log-level-file", "none"]
        with contextlib.redirect_stdout(None):
            done = invoke([*arguments, *common], manifest=manifest)
        duckdb_lake.close_database()
        return done

    def parse(self) -> Any:
        return self.dbt("parse").result


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    there = Copy(tmp_path_factory.mktemp("sensor"))
    here = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        for key, value in there.lakehouse.environment.items():
            patch.setenv(key, value)
        yield there
        patch.chdir(here)


@pytest.fixture(scope="module")
def manifest(added: Copy) -> Any:
    return added.parse()


@pytest.fixture(scope="module")
def built(added: Copy, manifest: Any) -> dict[str, str]:
    """Built before a heart rate landed and after, then tested; how each test ended."""
    added.dbt("run", manifest=manifest)
    assert added.lakehouse.query("select count(*) from stedi_trusted.heart_rate_trusted") == [(0,)]
    rates = [
        *({"user": ANN, "timestamp": NOON + n, "beatsPerMinute": 60 + n} for n in (0, 1, 1)),
        {"user": BOB, "timestamp": NOON, "beatsPerMinute": 70},
        {"user": "nobody@example.org", "timestamp": NOON, "beatsPerMinute": 80},
        b'{"user": "bob',
        {"timestamp": NOON, "beatsPerMinute": 60},
        {"user": ANN, "beatsPerMinute": 60},
        {"user": ANN, "timestamp": NOON, "beatsPerMinute": "fast"},
    ]
    added.land("heart_rate", lines(*rates))
    added.dbt("run", manifest=manifest)
    done = added.dbt("test", "--select", *TESTED, manifest=manifest)
    return {r.node.name: str(r.status) for r in done.result if r.node.resource_type in ("test", "unit_test")}


def test_it_takes_four_files_and_three_edits(added: Copy) -> None:
    files = {path.relative_to(added.project) for path in added.project.rglob("*") if path.is_file()}
    files = {path for path in files if path.parts[0] not in ("target", "logs")}
    new = sorted(path.as_posix() for path in files if not (PROJECT / path).is_file())
    edited = sorted(
        path.as_posix()
        for path in files
        if (PROJECT / path).is_file() and (PROJECT / path).read_bytes() != (added.project / path).read_bytes()
    )
    assert new == FILES
    assert len(new) == 4
    assert len([*edited, DICTIONARY]) == 3
    recipe = (PROJECT / "CONTRIBUTING.md").read_text().partition("## Add a sensor")[2].partition("\n## ")[0]
    for place in [*(file.replace("heart_rate", "<sensor>") for file in new), *edited, DICTIONARY]:
        assert f"`{place}`" in recipe


def test_a_sensor_goes_from_landing_to_a_trusted_table(added: Copy, built: dict[str, str]) -> None:
    query = added.lakehouse.query
    assert set(built.values()) == {"pass"}
    assert {"heart_rate_trusted_matches_its_outcome", "each_line_has_the_first_outcome_that_applies"} < built.keys()
    assert query("select beats_per_minute from stedi_trusted.heart_rate_trusted order by 1") == [(60,), (61,)]
    outcomes = query("select outcome, row_count from stedi_audit.row_outcome where entity = 'heart_rate'")
    assert dict(outcomes) == {
        **{"trusted": 2, "repeat": 1, "no_consent": 1, "unknown_customer": 1, "malformed_json": 1},
        **{"missing_email": 1, "invalid_timestamp": 1, "invalid_measurement": 1},
    }
    subjects = "select distinct subject from stedi_audit.quality_alarm where subject like 'heart_rate%' order by 1"
    assert query(subjects) == [("heart_rate",), ("heart_rate_trusted",)]
    changes = "select files_read, lines_read from stedi_audit.build order by started_at"
    assert query(changes) == [(3, 4), (1, 9)]
    assert list(entities(added.project)) == ["customer", "accelerometer", "heart_rate", "step_trainer"]


def test_its_rows_can_be_erased(added: Copy, manifest: Any, built: dict[str, str]) -> None:
    said = io.StringIO()
    order = erase.Order((ANN,), execute=True)
    with contextlib.redirect_stdout(None):
        assert erase.erase(load_settings(added.project), order, Console(file=said, width=200), manifest)
    duckdb_lake.close_database()
    said_lines = said.getvalue().splitlines()
    assert "  landing heart_rate/landing/heart_rate.json: 5 documents" in said_lines
    assert "  table stedi_trusted.heart_rate_trusted: 2 rows" in said_lines
    left = (added.project.parent / "landing/heart_rate/landing/heart_rate.json").read_text()
    assert "ann" not in left
    assert left.count("\n") == 4
    assert added.lakehouse.query("select count(*) from stedi_trusted.heart_rate_trusted") == [(0,)]


def test_a_model_or_source_that_is_left_out_is_told_of_by_dbt(added: Copy, manifest: Any) -> None:
    """Each is read by a model that stands, which dbt refuses to parse; seen to be so of one."""
    readers = {
        STAGING: "model.stedi.row_outcome",
        f"{STAGING}_reading": "model.stedi.row_outcome",
        "model.stedi.heart_rate_trusted": "model.stedi.quality_alarm",
        LINES: STAGING,
    }
    for one, reader in readers.items():
        assert one in manifest.nodes[reader].depends_on.nodes
    path = added.project / "models/staging/stg_heart_rate_reading.sql"
    path.rename(path.with_suffix(".aside"))
    try:
        with pytest.raises(StediError, match="depends on a node named 'stg_heart_rate_reading' which was not"):
            added.parse()
    finally:
        path.with_suffix(".aside").rename(path)


@pytest.mark.parametrize(
    ("says", "unique_id", "breach"),
    [
        (
            f"heart_rate_landing_lines lands, and row_outcome does not count it: name heart_rate in {LIST}",
            "model.stedi.row_outcome",
            lambda node: node.depends_on.nodes.remove(STAGING),
        ),
        (
            "is not materialized `landed`",
            STAGING,
            lambda node: setattr(node.config, "materialized", "reconciled"),
        ),
        (
            "has no twin heart_rate_landing of documents",
            DOCUMENTS,
            lambda node: node.config.meta.update(format="text"),
        ),
    ],
)
def test_a_step_that_dbt_does_not_miss_stops_a_build(
    added: Copy, manifest: Any, monkeypatch: pytest.MonkeyPatch, says: str, unique_id: str, breach: Any
) -> None:
    of = manifest.nodes if unique_id in manifest.nodes else manifest.sources
    broken = copy.deepcopy(of[unique_id])
    breach(broken)
    monkeypatch.setitem(of, unique_id, broken)
    with pytest.raises(StediError) as told:
        added.dbt("run", manifest=manifest)
    assert says in " ".join(str(told.value).split())


def test_a_data_test_that_is_left_out_is_told_of(manifest: Any) -> None:
    written = lake.as_written(manifest)
    assert problems(written) == []
    tests = [key for key, node in written["nodes"].items() if node["resource_type"] == "test" and "heart_rate" in key]
    needed = {
        "documents_match_lines": "heart_rate_landing",
        "staging_has_every_landing_line": "stg_heart_rate",
        "matches_trusted_outcome": "heart_rate_trusted",
        "relationships": "heart_rate_trusted",
        "no_personal_data_columns": "heart_rate_trusted",
        "no_personal_data_values": "heart_rate_trusted",
    }
    for test, relation in needed.items():
        less = copy.copy(written)
        less["nodes"] = {
            key: node
            for key, node in written["nodes"].items()
            if key not in tests or node["test_metadata"]["name"] != test
        }
        assert problems(less) == [f"{relation}: no data test {test}"]


def test_a_registry_without_the_sensor_is_told_of_and_nobody_is_erased(added: Copy, manifest: Any) -> None:
    written = lake.as_written(manifest)
    rows = lake.read_registry(added.project)
    assert registry_problems(written, rows) == []
    assert lake.uncovered(written, rows) == []
    without = lake.read_registry(PROJECT)
    assert "landing.heart_rate_landing.user: a landing field that is not in the registry" in registry_problems(
        written, without
    )
    summaries = [f"{name}_parts" for name in ("heart_rate_trusted", "stg_heart_rate", "stg_heart_rate_reading")]
    assert lake.uncovered(written, without) == sorted(
        [
            *(f"staging.{name}" for name in [*summaries, "stg_heart_rate", "stg_heart_rate_reading"]),
            "trusted.heart_rate_trusted",
        ]
    )
    # A summary is made whether or not its yml speaks of it.
    less = {**written, "sources": {k: node for k, node in written["sources"].items() if node["name"] not in summaries}}
    rows = [row for row in rows if row["relation"] not in summaries]
    assert lake.uncovered(less, rows) == [f"staging.{name}" for name in summaries]


def test_a_data_dictionary_without_the_sensor_is_told_of(manifest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PROJECT / "scripts")
    data_dictionary = __import__("data_dictionary")
    page = data_dictionary.page(lake.as_written(manifest))
    assert page != (PROJECT / DICTIONARY).read_text()
    assert "## `stedi_trusted.heart_rate_trusted`" in page
    sys.modules.pop("data_dictionary")
