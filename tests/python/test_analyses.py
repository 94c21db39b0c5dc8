"""What the analyses answer on DuckDB; test_operations.py, which has tables on Athena, asks both engines."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from typing import Any

import duckdb
import pytest
from lakehouse import PROJECT, Lakehouse
from support.questions import compiled, leaks, personal_values

Rows = list[dict[str, Any]]
ENTITIES = ("customer", "accelerometer", "step_trainer")
NAMES = sorted(path.stem for path in (PROJECT / "analyses").glob("*.sql"))


@pytest.fixture(scope="module")
def answers(built: Lakehouse) -> dict[str, tuple[list[str], Rows]]:
    """The columns and the rows of every analysis, by its name."""
    statements = compiled(built)
    found = {}
    with duckdb.connect(str(built.database), read_only=True) as connection:
        for name, sql in statements.items():
            result = connection.execute(sql)
            columns = [column[0] for column in result.description]
            found[name] = columns, [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    return found


@pytest.fixture
def manifest(answers: dict, built: Lakehouse) -> dict:
    return json.loads((built.folder / "target" / "manifest.json").read_text())


def test_the_first_questions_are_there(answers: dict) -> None:
    assert set(answers) == set(NAMES)
    assert len(NAMES) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_an_analysis_answers_with_the_columns_it_describes(answers: dict, manifest: dict, name: str) -> None:
    columns, rows = answers[name]
    node = manifest["nodes"][f"analysis.stedi.{name}"]
    assert node["original_file_path"] == f"analyses/{name}.sql"
    assert node["patch_path"] == f"stedi://analyses/{name}.yml"
    assert "?" in node["description"]
    assert "Grain: " in node["description"]
    assert list(node["columns"]) == columns
    for column in node["columns"].values():
        assert column["description"].strip(), column["name"]
        assert column["config"]["meta"] == {"pii": False}, column["name"]
    # Nobody has left after one build.
    assert rows or name == "removals_by_reason"


def test_no_analysis_shows_personal_data(answers: dict, built: Lakehouse) -> None:
    personal = personal_values(built)
    shown = {name: leaks([tuple(row.values()) for row in rows], personal) for name, (_, rows) in answers.items()}
    assert shown == dict.fromkeys(NAMES, 0)


@pytest.mark.parametrize("column", ["email", "customer_name", "phone", "birth_day", "serial_number", "participant_id"])
def test_personal_data_would_be_noticed(built: Lakehouse, column: str) -> None:
    rows = built.query(f"select 1, {column} from stedi_trusted.customer_trusted where {column} is not null")
    assert leaks(rows, personal_values(built)) == len(rows) > 0


def test_rows_per_zone_counts_every_model_and_every_ledger(answers: dict, manifest: dict, built: Lakehouse) -> None:
    _, rows = answers["rows_per_zone"]
    counted = {f"{row['zone']}.{row['relation']}": row["row_count"] for row in rows}
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    sources = [s for s in manifest["sources"].values() if s["source_name"] == "audit" or s["name"].endswith("_lines")]
    relations = {f"{node['schema'].removeprefix('stedi_')}.{node['name']}" for node in [*models, *sources]}
    assert {"landing.customer_landing_lines", "curated.machine_learning_curated", "audit.build"} < relations
    assert counted == {name: built.query(f"select count(*) from stedi_{name}")[0][0] for name in relations}
    assert list(dict.fromkeys(row["zone"] for row in rows)) == ["landing", "staging", "trusted", "curated", "audit"]


def test_consents_by_month(answers: dict, built: Lakehouse) -> None:
    dates = built.query("select share_with_research_as_of_date from stedi_trusted.customer_trusted")
    people = Counter(date.strftime("%Y-%m") for (date,) in dates)
    _, rows = answers["consents_by_month"]
    assert [(row["consent_month"], row["people"]) for row in rows] == sorted(people.items())
    assert rows[-1]["people_so_far"] == len(dates)


def test_line_outcomes(answers: dict, built: Lakehouse) -> None:
    outcomes = built.query("select entity, outcome, row_count from stedi_audit.row_outcome")
    _, rows = answers["line_outcomes"]
    assert sorted((row["entity"], row["outcome"], row["line_count"]) for row in rows) == sorted(outcomes)
    for entity in {entity for entity, _, _ in outcomes}:
        percents = [row["percent_of_lines"] for row in rows if row["entity"] == entity]
        assert sum(percents) == pytest.approx(100, abs=0.1)
        assert max(percents) > 1  # in percent, not as a fraction


def test_k_anonymity_groups(answers: dict, built: Lakehouse) -> None:
    columns = "age_band, registration_month, consent_month"
    groups = Counter(built.query(f"select {columns} from stedi_curated.customers_curated"))
    _, rows = answers["k_anonymity_groups"]
    assert {tuple(row.values())[:-1]: row["people"] for row in rows} == groups
    assert rows[0]["people"] == min(groups.values()) >= 5


def test_rows_and_people_per_split(answers: dict, built: Lakehouse) -> None:
    pairs = built.query("select dataset_split, participant_id from stedi_curated.machine_learning_curated")
    _, rows = answers["rows_and_people_per_split"]
    assert {row["dataset_split"]: row["row_count"] for row in rows} == Counter(split for split, _ in pairs)
    assert {row["dataset_split"]: row["people"] for row in rows} == Counter(split for split, _ in set(pairs))
    for share in ("percent_of_rows", "percent_of_people"):
        assert sum(row[share] for row in rows) == pytest.approx(100, abs=0.1)


def test_readings_per_participant(answers: dict, built: Lakehouse) -> None:
    _, rows = answers["readings_per_participant"]
    for sensor in ("accelerometer", "step_trainer"):
        readings = Counter(built.query(f"select participant_id from stedi_trusted.{sensor}_trusted")).values()
        tenths = [row for row in rows if row["sensor"] == sensor]
        assert sum(row["people"] for row in tenths) == len(readings)
        assert (tenths[0]["fewest_readings"], tenths[-1]["most_readings"]) == (min(readings), max(readings))
        total = sum(row["people"] * row["mean_readings"] for row in tenths)
        assert total == pytest.approx(sum(readings), rel=0.01)


def test_landing_freshness(answers: dict, built: Lakehouse) -> None:
    _, rows = answers["landing_freshness"]
    for row in rows:
        lines = built.query(f"select source_file, loaded_at from stedi_staging.stg_{row['entity']}")
        assert row["line_count"] == len(lines)
        assert row["file_count"] == len({file for file, _ in lines})
        assert row["first_loaded_at"] == min(loaded_at for _, loaded_at in lines)
        assert row["last_loaded_at"] == max(loaded_at for _, loaded_at in lines)
    assert len(rows) == 3


def test_devices_by_owner(answers: dict, built: Lakehouse) -> None:
    owner = dict(built.query("select device_id, participant_id from stedi_staging.stg_device"))
    readings = Counter(d for (d,) in built.query("select device_id from stedi_staging.stg_step_trainer_reading"))
    devices: dict[str, list[int]] = defaultdict(list)
    for device in {*owner, *readings}:
        kind = "nobody" if device not in owner else "one participant" if owner[device] else "several participants"
        devices[kind].append(readings[device])
    _, rows = answers["devices_by_owner"]
    assert [tuple(row.values()) for row in rows] == [
        (kind, len(counts), counts.count(0), sum(counts)) for kind, counts in sorted(devices.items())
    ]
    assert len(rows) == 3


def test_consent_funnel(answers: dict, built: Lakehouse) -> None:
    _, rows = answers["consent_funnel"]
    counted = {row["step"]: row["counted"] for row in rows}
    states = Counter(state for (state,) in built.query("select state from stedi_staging.int_consent"))
    training = built.query("select participant_id from stedi_curated.machine_learning_curated")
    assert counted == {
        "lines_landed": built.query("select count(*) from stedi_staging.stg_customer")[0][0],
        "records_read": built.query("select count(*) from stedi_staging.stg_customer where rejection_reason is null")[
            0
        ][0],
        "people_registered": states.total(),
        "people_agreed": states["consents"] + states["in_doubt"],
        "people_trusted": states["consents"],
        "people_measured": built.query("select count(*) from stedi_curated.customers_curated")[0][0],
        "people_in_training_set": len(set(training)),
        "training_rows": len(training),
    }
    assert [row["step_position"] for row in rows] == list(range(1, 9))
    assert states["in_doubt"] > 0
    # Every reason why a line is rejected is known to the funnel.
    reasons = built.query("select distinct rejection_reason from stedi_staging.stg_customer")
    assert len(reasons) > 4


def test_distributions(answers: dict, built: Lakehouse) -> None:
    columns = ("distance_from_object", "x", "y", "z")
    readings = {
        column: built.query(f"select participant_id, {column} from stedi_curated.machine_learning_curated")
        for column in columns
    } | {
        f"{sensor}_readings": built.query(
            f"select participant_id, count(*) from stedi_trusted.{sensor}_trusted group by participant_id"
        )
        for sensor in ("accelerometer", "step_trainer")
    }
    _, rows = answers["distributions"]
    assert {row["measure"] for row in rows} == readings.keys()
    for measure, values in readings.items():
        bins = [row for row in rows if row["measure"] == measure]
        shown = 0
        for row in bins:
            low = row["bin_from"] if row is not bins[0] else -math.inf
            high = row["bin_to"] if row is not bins[-1] else math.inf
            inside = [(person, value) for person, value in values if low <= value < high]
            # At the ends there may be a bin of few people, which is left out, beyond what is shown.
            assert (row["reading_count"], row["people"]) == (len(inside), len({person for person, _ in inside})) or (
                row in (bins[0], bins[-1]) and row["reading_count"] < len(inside)
            )
            assert row["people"] >= 5
            shown += row["reading_count"]
        assert 0.9 * len(values) < shown <= len(values), measure
    assert sum(row["measure"] == "distance_from_object" for row in rows) > 10


def test_quality_alarms(answers: dict, built: Lakehouse) -> None:
    _, rows = answers["quality_alarms"]
    columns = "level, alarm, subject, measured, warn_above, error_above"
    alarms = built.query(f"select {columns} from stedi_audit.quality_alarm where alarm not like '%_of_file'")
    assert len(alarms) > 10
    of = [row for row in rows if not row["alarm"].endswith("_of_file")]
    names = columns.split(", ")
    assert sorted((tuple(row[name] for name in names) for row in of), key=repr) == sorted(alarms, key=repr)
    assert {row["measurement_count"] for row in of} == {1}


def test_builds(answers: dict, built: Lakehouse) -> None:
    _, builds = answers["builds"]
    staged = [built.query(f"select count(*) from stedi_staging.stg_{e}")[0][0] for e in ENTITIES]
    assert builds[-1]["succeeded"]
    assert builds[-1]["lines_read"] == sum(staged)
    assert 0 < builds[-1]["seconds"] < 600


def test_training_rows_before_consent(answers: dict, built: Lakehouse) -> None:
    consent = dict(
        built.query("select participant_id, share_with_research_as_of_date from stedi_trusted.customer_trusted")
    )
    rows = built.query("select participant_id, sensor_reading_time from stedi_curated.machine_learning_curated")
    before = [person for person, time in rows if time < consent[person]]
    _, [answer] = answers["training_rows_before_consent"]
    people = {person for person, _ in rows}
    assert (answer["row_count"], answer["people"]) == (len(rows), len(people))
    assert (answer["rows_before_consent"], answer["people_before_consent"]) == (len(before), len(set(before)))
    assert answer["percent_of_rows"] == round(100 * len(before) / len(rows), 2)
