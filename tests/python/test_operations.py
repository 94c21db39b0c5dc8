"""What a change costs on Athena, `maintain`, and `dbt source freshness`."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import boto3
import changing
import duckdb
import pytest
from lakehouse import PROJECT, ZONE_OF, Lakehouse, assert_same_rows
from querying import Athena
from sqlglot.tokens import TokenType
from support import notebook, truth
from support.questions import compiled, leaks, personal_values
from test_parity import Pair
from test_report import assert_reports_agree

from athena_local.pytest_plugin import RunningAthena
from athena_local.tokens import trino_tokens

PEOPLE = range(40)
HOURS = 20
READINGS = 250  # of each person in each hour

BUILDS = ("nothing new", "one hour more", "one withdrawal")

Grown = tuple[Pair, dict[str, tuple[int, int]]]
"""A lakehouse on Athena after a full build and changes; of each build how many statements, and bytes scanned."""


def new_queries(athena: RunningAthena, seen: set[str]) -> list[dict]:
    """Every query since the last call."""
    client = athena.client("athena")
    pages = client.get_paginator("list_query_executions").paginate(WorkGroup="stedi")
    new = [i for page in pages for i in page["QueryExecutionIds"] if i not in seen]
    seen.update(new)
    return [
        execution
        for start in range(0, len(new), 50)
        for execution in client.batch_get_query_execution(QueryExecutionIds=new[start : start + 50])["QueryExecutions"]
    ]


def scanned(queries: list[dict], text: str = "") -> int:
    """DataScannedInBytes of these queries, or of those with `text` in them."""
    return sum(q["Statistics"].get("DataScannedInBytes", 0) for q in queries if text in q["Query"])


def grow(
    athena: RunningAthena,
    folder: Path,
    builds: tuple[str, ...],
    *,
    people: range = PEOPLE,
    hours: int = HOURS,
    readings: int = READINGS,
    more: int = HOURS * READINGS // 100,
) -> Grown:
    """A full build of so many hours, and then these builds; `more` are the readings of each person in the next hour."""
    landing = folder / "landing"
    changing.write(landing, "customer", "customer-0.json", changing.customers(people))
    for hour in range(hours):
        changing.write(landing, "accelerometer", f"{hour:05}.json", changing.accelerations(people, hour, readings))
        changing.write(landing, "step_trainer", f"{hour:05}.json", changing.steps(people, hour, readings))
    pair = Pair(athena, folder, landing)
    files = {
        "one hour more": {
            "accelerometer": changing.accelerations(people, hours, more),
            "step_trainer": changing.steps(people, hours, more),
        },
        "one withdrawal": {"customer": changing.customers([7], updated=changing.START + 1, consents=False)},
    }
    seen: set[str] = set()
    new_queries(athena, seen)
    costs = {}
    for change in ("full", *builds):
        for entity, content in files.get(change, {}).items():
            key = f"{entity}/landing/new.json"
            (landing / key).write_bytes(content)
            athena.client("s3").put_object(Bucket=pair.athena.env["STEDI_BUCKET"], Key=key, Body=content)
        pair.athena.dbt("run")
        queries = new_queries(athena, seen)
        costs[change] = len(queries), scanned(queries)
    return pair, costs


@pytest.fixture(scope="module")
def grown(local_athena: RunningAthena, tmp_path_factory: pytest.TempPathFactory) -> Grown:
    """One hour more is one percent more."""
    return grow(local_athena, tmp_path_factory.mktemp("grown"), BUILDS)


@pytest.mark.athena
def test_a_build_scans_what_changed(grown: Grown) -> None:
    _, costs = grown
    scans = {change: bytes_scanned for change, (_, bytes_scanned) in costs.items()}
    assert scans["one hour more"] <= 0.05 * scans["full"], costs
    assert scans["one withdrawal"] <= 0.10 * scans["full"], costs
    assert scans["nothing new"] <= 0.01 * scans["full"], costs


@pytest.mark.athena
def test_a_build_has_few_statements(grown: Grown) -> None:
    """Each takes a second or two on AWS, whatever it scans."""
    _, costs = grown
    statements = {change: number for change, (number, _) in costs.items()}
    assert 0 < statements["nothing new"] <= 20, costs
    assert statements["one hour more"] <= 40, costs
    assert statements["one withdrawal"] <= 40, costs


@pytest.mark.athena
def test_after_those_builds_both_engines_agree(grown: Grown) -> None:
    pair, _ = grown
    pair.local.dbt("run")
    pair.assert_equal()
    for relation, table in pair.tables().items():
        # What a build finds in landing is text, which a build replaces.
        assert (table["Parameters"].get("table_type") == "ICEBERG") == (relation != "landing_file"), relation
    # And a folder gives what the bucket gives, but for when it landed.
    pair.folder.dbt("run")
    for relation in ZONE_OF:
        columns = truth.COLUMNS[relation]
        without = [columns.index(c) for c in columns if c != "loaded_at"]
        rows = [[tuple(row[i] for i in without) for row in at.rows(relation)] for at in (pair.local, pair.folder)]
        assert_same_rows(relation, *rows)


def patterns(sql: str) -> set[str]:
    """The regular expressions of a query; each must be a literal."""
    tokens = trino_tokens(sql)
    found = set()
    for at, token in enumerate(tokens):
        if token.text.lower().startswith("regexp_") and tokens[at + 1].text == "(":
            depth, arguments = 0, [[]]
            for inner in tokens[at + 1 :]:
                depth += (inner.text == "(") - (inner.text == ")")
                if not depth:
                    break
                if depth == 1 and inner.text == ",":
                    arguments.append([])
                else:
                    arguments[-1].append(inner)
            [pattern] = arguments[1]
            assert pattern.token_type is TokenType.STRING, pattern.text
            found.add(pattern.text)
    return found


@pytest.mark.athena
def test_re2_takes_every_regular_expression_that_athena_gets(grown: Grown) -> None:
    """Athena does not say which engine it has. What RE2 takes has no lookaround and no back-references."""
    athena = grown[0].athena
    athena.dbt("compile")
    found = set()
    for path in (athena.folder / "target" / "compiled").rglob("*.sql"):
        found |= patterns(path.read_text())
    assert len(found) > 20
    with duckdb.connect() as re2:
        for pattern in found:
            re2.execute("select regexp_matches('', ?)", [pattern])
        for beyond in (r"(?<!a)b", r"(?=a)", r"(a)\1", r"(?>a)"):
            with pytest.raises(duckdb.InvalidInputException):
                re2.execute("select regexp_matches('', ?)", [beyond])


@pytest.mark.athena
def test_the_catalog_has_the_descriptions(grown: Grown) -> None:
    pair, _ = grown
    pair.athena.dbt("docs", "generate")
    assert "training set" in pair.tables()["machine_learning_curated"]["Parameters"]["comment"]


# What these answer depends on when and how often was built, not on what landed.
OF_BUILDS = ("builds", "quality_alarms", "removals_by_reason", "rows_per_zone")


@pytest.mark.athena
def test_every_analysis_answers_the_same_on_both_engines(grown: Grown) -> None:
    pair, _ = grown
    if not pair.local.database.exists():
        pair.local.dbt("run")
    athena = Athena(pair.running)
    personal = personal_values(pair.local)
    answered = {}
    for name, sql in compiled(pair.athena).items():
        answered[name] = athena.do(sql).rows
        assert answered[name], f"{name} is empty: the test would show nothing"
        assert leaks(answered[name], personal) == 0, name
        if name not in OF_BUILDS:
            rows = pair.local.query(sql.replace('"awsdatacatalog".', ""))
            assert answered[name] == [tuple(map(as_text, row)) for row in rows], name
    assert len(answered["builds"]) == 4
    assert ("customer_trusted", "no_consent", "1", "1") in [row[:4] for row in answered["removals_by_reason"]]
    assert ("curated", "customers_curated", str(len(PEOPLE) - 1)) in answered["rows_per_zone"]


def as_text(value: object) -> str:
    """A value as Athena writes it."""
    return value.isoformat(" ", "microseconds") if isinstance(value, datetime) else str(value)


@pytest.mark.athena
def test_the_report_says_the_same_on_both_engines(grown: Grown) -> None:
    pair, _ = grown
    if not pair.local.database.exists():
        pair.local.dbt("run")
    assert_reports_agree(pair)


@pytest.mark.athena
def test_maintain_makes_many_files_few_and_keeps_every_row(grown: Grown) -> None:
    pair, _ = grown
    before = {relation: pair.iceberg_rows(relation) for relation in ZONE_OF}
    glue = pair.running.client("glue")

    def versions() -> list[int]:
        """Of the table of agreed states, which has commits in every build."""
        asked = glue.get_table_versions(DatabaseName="stedi_audit", TableName="relation_state")["TableVersions"]
        return sorted(int(version["VersionId"]) for version in asked)

    assert len(versions()) > 10
    newest = versions()[-1]
    done = pair.athena.dbt("run-operation", "maintain")
    [left] = versions()
    assert left > newest  # compacting made some more
    assert re.search(r"stedi_audit.relation_state .* \d\d+ old versions removed", done.stdout)
    sizes = dict(re.findall(r"stedi_(\S+) +(\d+) files, .* -> ", done.stdout))
    after = dict(re.findall(r"stedi_(\S+) .* -> (\d+) files, ", done.stdout))
    assert set(sizes) == set(after) >= {f"{zone}.{relation}" for relation, zone in ZONE_OF.items()}
    assert int(after["trusted.accelerometer_trusted"]) < int(sizes["trusted.accelerometer_trusted"])
    for relation, rows in before.items():
        assert sorted(map(repr, pair.iceberg_rows(relation))) == sorted(map(repr, rows)), relation
    done = pair.athena.dbt("run")
    changed = re.findall(r"(\w+) \.+ \[(?:changed|built anew|new files) in", done.stdout)
    assert set(changed) <= {"quality_alarm"}, done.stdout  # which tells of this build's withdrawals


@pytest.mark.athena
def test_the_training_set_is_read_from_python(grown: Grown, monkeypatch: pytest.MonkeyPatch) -> None:
    import awswrangler as wr
    from pandas.testing import assert_frame_equal

    pair, _ = grown
    for name, value in pair.running.env.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    session.client("athena").update_work_group(
        WorkGroup="stedi",
        ConfigurationUpdates={
            "ResultConfigurationUpdates": {"OutputLocation": f"s3://{pair.athena.env['STEDI_BUCKET']}/athena-results/"}
        },
    )
    how = {"database": "stedi_curated", "workgroup": "stedi", "boto3_session": session}
    sql = "select * from machine_learning_curated"
    frame = wr.athena.read_sql_query(sql, ctas_approach=False, **how)
    assert len(frame) == len(pair.iceberg_rows("machine_learning_curated"))
    assert str(frame["sensor_reading_time"].dtype).startswith("datetime64")
    with pytest.raises(wr.exceptions.QueryFailed, match="Incorrect timestamp precision"):
        wr.athena.read_sql_query(sql, **how)

    # As the notebook reads it, beside what it reads on DuckDB.
    if not pair.local.database.exists():
        pair.local.dbt("run")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    monkeypatch.setenv("STEDI_DUCKDB", str(pair.local.database))
    monkeypatch.chdir(PROJECT / "examples")
    names = notebook.run(PROJECT / "examples" / "step_detection.ipynb", {"athena"})
    names["DATABASE"] = pair.local.database
    athena, local = names["train"], names["read"]("train")
    assert len(local) > 1000
    columns = ["participant_id", "session", "second", "distance", "x", "y", "z"]
    assert_frame_equal(athena[columns], local[columns], check_dtype=False)


@pytest.mark.athena
def test_freshness_is_known_on_athena(grown: Grown) -> None:
    assert grown[0].athena.dbt("source", "freshness").stdout.count("PASS freshness") == 3


def test_freshness_is_known_on_duckdb(built: Lakehouse) -> None:
    # The generator dates its files in 2025.
    assert built.dbt("source", "freshness").stdout.count("WARN freshness") == 3


def test_maintain_runs_on_duckdb(built: Lakehouse) -> None:
    done = built.dbt("run-operation", "maintain")
    assert re.search(r"stedi_curated.machine_learning_curated +\d+ blocks -> \d+ blocks", done.stdout)


def test_fresh_files_pass(tmp_path: Path) -> None:
    changing.write(tmp_path / "landing", "customer", "a.json", changing.customers([1]))
    changing.write(tmp_path / "landing", "accelerometer", "a.json", changing.accelerations([1], 0, 9))
    changing.write(tmp_path / "landing", "step_trainer", "a.json", changing.steps([1], 0, 9))
    (tmp_path / "landing/customer/landing/a.json").touch()
    lakehouse = Lakehouse(tmp_path, str(tmp_path / "landing"))
    lakehouse.dbt("run", "--select", "stg_customer")
    done = lakehouse.dbt("source", "freshness")
    assert (done.stdout.count("PASS freshness"), done.stdout.count("WARN freshness")) == (1, 2)


@pytest.mark.athena
def test_with_half_the_history_a_build_costs_the_same(
    grown: Grown, local_athena: RunningAthena, tmp_path: Path
) -> None:
    """Comes last: the catalog is one for all tests."""
    _, costs = grown
    _, half = grow(local_athena, tmp_path, ("one hour more",), hours=HOURS // 2)
    assert half["full"][1] < 0.6 * costs["full"][1], "the histories are alike: the test would show nothing"
    statements, bytes_scanned = costs["one hour more"]
    assert statements == half["one hour more"][0], (half, costs)
    assert bytes_scanned <= 1.05 * half["one hour more"][1], (half, costs)
