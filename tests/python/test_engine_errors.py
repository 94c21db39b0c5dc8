"""What an engine says of a value that it stumbled over is in no log, no result and no output of dbt."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import traceback
from pathlib import Path

import duckdb
import pytest
from dbt_common.exceptions import DbtRuntimeError
from lakehouse import Lakehouse, copy_project

from athena_local.pytest_plugin import RunningAthena
from stedi.engine_errors import LEFT_OUT, without_values
from stedi.generate import generate_landing

CAST = "select cast(email as integer) as number from {{ ref('customer_trusted') }}"
COMMANDS = (
    ["run"],
    ["test", "--select", "fails_too", "--debug"],
    ["show", "--inline", CAST, "--log-format", "json", "--log-format-file", "json"],
)
TELLING_ALL = "import stedi.engine_errors; stedi.engine_errors.without_values = lambda error, sql: str(error)"
"""The control: the same without the rule."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Lakehouse:
    """A project in which a model and a test stumble over everybody's e-mail."""
    folder = tmp_path_factory.mktemp("errors")
    copy_project(folder)
    (folder / "models" / "staging" / "fails.sql").write_text("{{ config(materialized='table') }} " + CAST)
    (folder / "tests" / "fails_too.sql").write_text(f"{CAST} where cast(email as integer) > 0")
    generate_landing(folder / "landing", customers=10, days=1)
    return Lakehouse(folder, str(folder / "landing"), project=folder)


def told(project: Lakehouse, command: list[str], before: str = "") -> dict[str, str]:
    """What dbt says and writes of a command that fails, by place."""
    log = project.folder / "logs" / "dbt.log"
    log.unlink(missing_ok=True)
    if before:
        program = f"import sys; {before}; from dbt.cli.main import cli; cli(sys.argv[1:])"
        done = subprocess.run(
            [sys.executable, "-c", program, *command],
            cwd=project.folder, env=project.environment, capture_output=True, text=True,
        )  # fmt: skip
    else:
        done = project.dbt(*command, check=False)
    assert done.returncode, done.stdout
    found = {"output": done.stdout + done.stderr, "log": log.read_text()}
    if command[0] != "show":
        found["results"] = (project.folder / "target" / "run_results.json").read_text()
    return found


def emails(project: Lakehouse) -> list[str]:
    return [email for (email,) in project.query("select email from stedi_trusted.customer_trusted")]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_no_value_is_told(project: Lakehouse, command: list[str]) -> None:
    for place, text in told(project, command).items():
        assert not any(email in text for email in emails(project)), place
        assert LEFT_OUT in text, place


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_without_the_rule_values_would_be_told(project: Lakehouse, command: list[str]) -> None:
    for place, text in told(project, command, TELLING_ALL).items():
        assert any(email in text for email in emails(project)), place


def test_on_a_terminal_the_whole_error_is_shown(project: Lakehouse) -> None:
    log = project.folder / "logs" / "dbt.log"
    log.unlink(missing_ok=True)
    shown, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", *COMMANDS[2]],
        cwd=project.folder, env=project.environment, stdout=subprocess.DEVNULL, stderr=terminal,
    )  # fmt: skip
    os.close(terminal)
    assert done.returncode
    assert "Could not convert string" in os.read(shown, 10_000).decode()
    assert "Could not convert" not in log.read_text()


def test_the_connection_of_athena_raises_no_value() -> None:
    from dbt.adapters.athena.connections import AthenaConnectionManager as Manager

    from dbt_stedi import _keeping_values_out

    error, handler = (
        f"INVALID_CAST_ARGUMENT: Cannot cast '{'@'.join(('ann', 'x.org'))}' to INT",
        Manager.exception_handler,
    )
    for wrapped, is_told in ((handler, True), (_keeping_values_out(handler), False)):
        with pytest.raises(DbtRuntimeError) as raised, wrapped(Manager.__new__(Manager), "select 1"):
            raise of_athena(error)
        assert "INVALID_CAST_ARGUMENT" in str(raised.value)
        assert ("ann@x.org" in str(raised.value)) is ("ann@x.org" in "".join(traceback.format_exception(raised.value)))
        assert ("ann@x.org" in str(raised.value)) is is_told


@pytest.mark.athena
def test_athena_tells_no_value_either(local_athena: RunningAthena, tmp_path: Path) -> None:
    athena = local_athena.client("athena")
    if "stedi" not in {group["Name"] for group in athena.list_work_groups()["WorkGroups"]}:
        athena.create_work_group(Name="stedi")
    env = local_athena.env | {"STEDI_BUCKET": local_athena.bucket("stedi"), "STEDI_POLL_INTERVAL": "0.05"}
    lakehouse = Lakehouse(tmp_path, "unused", env=env, target="athena")
    # The address stands nowhere in the SQL.
    sql = "select cast(concat('ann', chr(64), 'x.org') as integer) as number from (values (random())) as one (r)"
    done = lakehouse.dbt("show", "--inline", sql, check=False)
    log = (tmp_path / "logs" / "dbt.log").read_text()
    assert done.returncode
    for text in (done.stdout + done.stderr, log):
        assert f"INVALID_CAST_ARGUMENT: {LEFT_OUT}" in text
        assert "ann@x.org" not in text
    assert "no_such_column" in lakehouse.dbt("show", "--inline", "select no_such_column", check=False).stdout


def failing(sql: str) -> duckdb.Error:
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as raised:
        connection.execute("create table people as select 'O''Neil\n\nLINE 1: ann@x.org\n  ^' as email")
        connection.execute(sql).fetchall()
    return raised.value


@pytest.mark.parametrize(
    "sql",
    [
        "select cast(email as integer) from people",
        "select error(email) from people",
        "select cast(email as integer) from query('select email from people')",
        "create table once (email varchar primary key); insert into once select email from people, range(2)",
        "select strptime(email, '%Y') from people",
        "select json_extract(email, '$.a') from people",
    ],
)
def test_an_error_of_duckdb_about_rows_says_its_kind_and_place(sql: str) -> None:
    text = without_values(failing(sql), sql)
    assert "ann@x.org" not in text and "Neil" not in text
    assert text.partition(": ")[2].startswith(LEFT_OUT)


def test_a_files_name_may_be_an_address() -> None:
    error = duckdb.IOException('IO Error: Cannot open file "/landing/ann@x.org.json": Permission denied')
    assert without_values(error, "select 1") == f"IO Error: {LEFT_OUT}"


@pytest.mark.parametrize("sql", ["select nobody from people", "selct 1", "select * from nowhere"])
def test_an_error_of_duckdb_about_sql_is_told(sql: str) -> None:
    assert without_values(failing(sql), sql) == str(failing(sql))


def of_athena(text: str) -> DbtRuntimeError:
    from dbt.adapters.athena.exceptions import AthenaQueryFailedError

    return AthenaQueryFailedError({}, text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("INVALID_CAST_ARGUMENT: Cannot cast 'ann@x.org' to INT", f"INVALID_CAST_ARGUMENT: {LEFT_OUT}"),
        ("INVALID_FUNCTION_ARGUMENT: O'Neil SYNTAX_ERROR", f"INVALID_FUNCTION_ARGUMENT: {LEFT_OUT}"),
        ("HIVE_BAD_DATA: Error Parsing a column in the table: Ann", f"HIVE_BAD_DATA: {LEFT_OUT}"),
        ("HIVE_CANNOT_OPEN_SPLIT: Error opening s3://b/ann@x.org.json.gz", f"HIVE_CANNOT_OPEN_SPLIT: {LEFT_OUT}"),
        ("something new about Ann", f"AthenaQueryFailedError: {LEFT_OUT}"),
    ],
)
def test_an_error_of_athena_about_rows_says_its_kind(text: str, told: str) -> None:
    assert without_values(of_athena(text), "") == told


@pytest.mark.parametrize(
    "text",
    [
        "COLUMN_NOT_FOUND: line 1:8: Column 'nobody' cannot be resolved or requester is not authorized",
        "line 1:1: mismatched input 'selct'. Expecting: 'ALTER', 'ANALYZE'",
        "ICEBERG_OPTIMIZE_MORE_RUNS_NEEDED: run it again",
        "HIVE_CANNOT_OPEN_SPLIT: Error opening s3://b/customer/landing/a.json.gz",
        "FAILED: SemanticException [Error 10001]: Table not found nowhere",
    ],
)
def test_an_error_of_athena_about_sql_is_told(text: str) -> None:
    assert without_values(of_athena(text), "") == text
