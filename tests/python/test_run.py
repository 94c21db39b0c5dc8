"""`stedi run`, as `make run` calls it, in a copy of the project."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import duckdb
import pytest
from lakehouse import PROJECT, copy_project
from typer.testing import CliRunner

from stedi.cli import app, main
from stedi.errors import StediError
from stedi.outcomes import OUTCOMES
from stedi.vault import ensure_key


def start(folder: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    """`stedi` in `folder`, with no settings but these."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("STEDI_", "DBT_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "stedi", *arguments],
        cwd=folder,
        env=env | {"HOME": str(folder)} | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stedi(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    process = start(folder, *arguments, **settings)
    stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    copy_project(folder)
    return folder


@pytest.fixture(scope="module")
def first(project: Path) -> subprocess.CompletedProcess[str]:
    """The first run, typed in a folder of the project, with settings that are there but empty, and an alarm to show."""
    arguments = ("--vars", "rejected_percent_warn: 4")
    done = stedi(project / "models", "run", *arguments, STEDI_LANDING="", STEDI_VAULT="", STEDI_DUCKDB="")
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def counts(first: subprocess.CompletedProcess[str], project: Path) -> dict[str, int]:
    """How many rows the first run left in what it shows."""
    with duckdb.connect(str(project / "data" / "stedi.duckdb"), read_only=True) as connection:
        relations = connection.execute(
            "select table_schema, table_name from information_schema.tables where table_schema in "
            "('stedi_trusted', 'stedi_curated') and table_name not like '%\\_parts' escape '\\'"
        ).fetchall()
        relations += [("stedi_staging", f"stg_{name}") for name in ("customer", "accelerometer", "step_trainer")]
        return {
            name: connection.execute(f"select count(*) from {schema}.{name}").fetchall()[0][0]
            for schema, name in relations
        }


def test_a_first_run_makes_everything(first: subprocess.CompletedProcess[str], project: Path) -> None:
    made_there = ("profiles.yml", "data/landing", "data/vault/pseudonym_key/key.hex", "data/stedi.duckdb")
    for made in (*made_there, "data/report.html"):
        assert (project / made).exists()
        assert re.search(rf"^(wrote|database|report) +{project / made}\b", first.stdout, re.MULTILINE), made
    assert not (project / "models" / "data").exists()


def test_a_first_run_writes_for_its_owner_only(first: subprocess.CompletedProcess[str], project: Path) -> None:
    for folder in ("data", "logs", "target"):
        for path in (project / folder, *(project / folder).rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE((project / "profiles.yml").stat().st_mode) == 0o600


def test_a_run_is_told_in_a_screenful(
    first: subprocess.CompletedProcess[str], counts: dict[str, int], project: Path
) -> None:
    lines = first.stdout.splitlines()
    assert len([line for line in lines if not line.startswith("warning: ")]) < 60, first.stdout
    assert not re.search(r"START|PASS|\d of \d+ [A-Z]", first.stdout)
    assert [line.split()[0] for line in lines if re.search(r"tests? passed, \d+ s$", line)].count("curated") == 1
    verdict = [line for line in lines if line.startswith("ok")]
    counted = r"ok, with warnings: \d+ relations built, \d+ tests passed, 3 warnings in \d+ s$"
    assert len(verdict) == 1 and re.match(counted, verdict[0])
    assert f"landing   {project}/data/landing (synthetic: made-up people)" in lines
    for name, rows in counts.items():
        assert re.search(rf"^\w+ +{name} +{rows:,} +(built anew|new files) *$", first.stdout, re.MULTILINE), name


def test_each_warning_is_told_once(first: subprocess.CompletedProcess[str]) -> None:
    assert re.findall("^warning: (.*)", first.stdout, re.MULTILINE) == [
        "4.2 % of the customer lines are rejected (more than 4)",
        "57.1 % of the lines of accelerometer/landing/accelerometer-odd.json are rejected (more than 11.4)",
        "55.6 % of the lines of customer/landing/customer-odd.json are rejected (more than 14.8)",
        "61.5 % of the lines of step_trainer/landing/step_trainer-odd.json are rejected (more than 15.4)",
        "1.4 % of the customer documents are rejected and name nobody; any may withdraw",
        "18.5 % of the documents of customer/landing/customer-odd.json are rejected and name nobody",
        "2 customer files are not read; any may hold a withdrawal",
        "7.0 % of the customer consent dates cannot be read, and refuse",
    ]
    assert sorted(re.match(r"warning: (\w+): \d+ rows?: ", line)[1] for line in first.stderr.splitlines()) == [
        "int_consent_has_nobody_in_doubt",
        "stg_customer_has_no_rejected_lines",
    ]


def test_what_became_of_every_line_is_explained(first: subprocess.CompletedProcess[str], project: Path) -> None:
    with duckdb.connect(str(project / "data" / "stedi.duckdb"), read_only=True) as connection:
        outcomes = connection.execute(
            "select outcome, sum(row_count) from stedi_audit.row_outcome group by 1"
        ).fetchall()
    for outcome, rows in outcomes:
        line = re.search(rf"^{outcome} +(.*?)  {re.escape(OUTCOMES[outcome])} *$", first.stdout, re.MULTILINE)
        assert line, outcome
        assert sum(int(number.replace(",", "")) for number in line[1].split()) == rows


def test_a_run_says_what_to_type_next(first: subprocess.CompletedProcess[str], project: Path) -> None:
    steps = first.stdout.partition("\nnext\n")[2]
    assert f"cd {project}\n" in steps
    assert 'dbt show --limit 5 --inline "select * from stedi_curated.machine_learning_curated"' in steps
    assert "dbt docs serve" in steps
    assert "STEDI_LANDING=/path/or/s3://bucket" in steps


@pytest.fixture(scope="module")
def failed(
    first: subprocess.CompletedProcess[str], counts: dict[str, int], project: Path
) -> subprocess.CompletedProcess[str]:
    """A run with a test that fails, one that warns, a warning of a macro, and a model that cannot be built."""
    lines = "select line from {{ source('landing', 'customer_landing_lines') }} limit"
    added = {
        "tests/fails.sql": f"{lines} 1",
        "tests/warns.sql": "{% do exceptions.warn('a macro warns') %} {{ config(severity='warn') }} " + f"{lines} 3",
        "tests/tests.yml": "version: 2\ndata_tests: [{name: fails, description: No line may be there.}]\n",
    }
    for name, text in added.items():
        (project / name).write_text(text)
    model = project / "models" / "staging" / "stg_accelerometer_reading.sql"
    sql = model.read_text()
    model.write_text(f"{sql}\nwhere no_such_column = 1\n")
    report = project / "data" / "report.html"
    report.unlink()
    done = stedi(project, "run", "--target", "local", "--full-refresh", "--vars", "{k_anonymity: 4}")
    model.write_text(sql)
    for name in added:
        (project / name).unlink()
    return done


def test_a_failed_run_says_what_failed_and_what_to_do(failed: subprocess.CompletedProcess[str]) -> None:
    assert failed.returncode == 1
    told = failed.stderr.splitlines()
    assert "warning: a macro warns" in told
    assert "warning: warns: 3 rows" in told
    assert "failed: fails: 1 row: No line may be there." in told
    (model,) = [line for line in told if line.startswith("failed: stg_accelerometer_reading: ")]
    assert "no_such_column" in model and "models/staging/stg_accelerometer_reading.sql" in model
    assert "dbt show --target local --select fails" in told[-2]
    counts = r"\d relations? built, 1 relation not built, \d+ tests passed, 1 test failed, 2 warnings, \d+ skipped"
    assert re.match(f"failed: {counts} in ", told[-1])
    assert "run this again" in told[-1]
    assert len(told) == len(set(told)) == 6, failed.stderr
    assert not re.search(r"START|Traceback|\nok|\nnext", failed.stdout + failed.stderr)


def test_a_failed_run_shows_the_tables_there_are(failed: subprocess.CompletedProcess[str]) -> None:
    assert "as they stand" in failed.stdout
    assert re.search(r"^staging +stg_accelerometer +[\d,]+ +built anew *$", failed.stdout, re.MULTILINE)


def test_a_failed_run_is_reported_on(failed: subprocess.CompletedProcess[str], project: Path) -> None:
    assert "\nreport    data/report.html\n" in failed.stdout
    report = (project / "data" / "report.html").read_text()
    assert "<code>fails</code>: No line may be there. (1)" in report
    assert "at least 4 are wanted" in report


def test_options_go_to_dbt(failed: subprocess.CompletedProcess[str], project: Path) -> None:
    given = json.loads((project / "target" / "run_results.json").read_text())["args"]
    assert (given["target"], given["full_refresh"], given["vars"]) == ("local", True, {"k_anonymity": 4})


def test_an_interrupted_run_ends_in_one_line(first: subprocess.CompletedProcess[str], project: Path) -> None:
    log = project / "logs" / "dbt.log"
    log.unlink()
    process = start(project, "run", "--vars", "{k_anonymity: 4}")
    while not (log.exists() and "Began running node model" in log.read_text()) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate()
    assert process.returncode == 130
    assert stderr == "stedi: interrupted: what this run left half done, the next `stedi run` puts right\n"


def test_a_database_in_use_is_named_in_one_line(first: subprocess.CompletedProcess[str], project: Path) -> None:
    database = project / "data" / "stedi.duckdb"
    with duckdb.connect(str(database)):
        done = stedi(project.parent, "run", "--project-dir", str(project), "--vars", "{k_anonymity: 4}")
    assert done.returncode == 1
    assert re.fullmatch(rf"stedi: .*{database}.*\n", done.stderr), done.stderr
    assert done.stdout == ""


def test_verbose_shows_the_lines_of_dbt(first: subprocess.CompletedProcess[str], project: Path) -> None:
    done = stedi(project, "run", "--verbose", "--target", "nowhere")
    assert done.returncode == 1
    assert "Running with dbt" in done.stdout
    assert re.fullmatch(r"stedi: The profile 'stedi' does not have a target named 'nowhere'.*\n", done.stderr)


@pytest.mark.parametrize("text", ["{k_anonymity", "k_anonymity", ""])
def test_variables_that_are_none_are_refused(text: str) -> None:
    before = os.umask(0o022)
    try:
        done = CliRunner().invoke(app, ["run", "--project-dir", str(PROJECT), "--vars", text])
    finally:
        os.umask(before)
    assert isinstance(done.exception, StediError)
    assert str(done.exception).startswith(f"--vars {text} is no YAML of names and values")


def test_outside_the_project_one_line_says_so(tmp_path: Path) -> None:
    done = stedi(tmp_path, "run")
    assert done.returncode == 1
    assert done.stderr.startswith(f"stedi: {tmp_path} is not in the project's folder")
    assert len(done.stderr.splitlines()) == 1


def test_a_refusal_is_one_line(project: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    done = stedi(project, "generate", "--out", str(tmp_path), "--force")
    assert done.returncode == 1
    assert done.stderr.startswith(f"stedi: {tmp_path} holds data that `stedi generate` did not write")
    assert len(done.stderr.strip().splitlines()) == 1


def test_output_that_goes_nowhere_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ensure_key(tmp_path / "vault")
    monkeypatch.setenv("STEDI_VAULT", str(tmp_path / "vault"))
    monkeypatch.setattr(sys, "argv", ["stedi", "key", "check", "--project-dir", str(PROJECT)])
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    monkeypatch.setattr(sys, "stdout", Path("/dev/full").open("w"))  # noqa: SIM115
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "stedi: cannot write: No space left on device\n"


def test_the_command_names_its_version(tmp_path: Path) -> None:
    assert stedi(tmp_path, "--version").stdout == f"stedi {version('stedi')}\n"


@pytest.mark.parametrize(
    "command", [[], ["run"], ["report"], ["generate"], ["deploy"], ["key"], ["key", "backup"], ["athena-local"]]
)
def test_the_command_explains_itself(command: list[str]) -> None:
    short, long = (CliRunner().invoke(app, [*command, option]) for option in ("-h", "--help"))
    assert short.exit_code == 0 and short.stdout == long.stdout
    assert "Usage" in short.stdout


@pytest.mark.parametrize("options", [[], ["--verbose"]])
def test_a_run_ends_when_nobody_reads_it(
    first: subprocess.CompletedProcess[str], project: Path, options: list[str]
) -> None:
    process = start(project, "run", "--vars", "{k_anonymity: 3}", *options)
    assert process.stdout and process.stderr
    process.stdout.readline()
    process.stdout.close()
    try:
        assert process.wait(timeout=60) == 128 + signal.SIGPIPE
    finally:
        process.kill()
    assert process.stderr.read() == ""
    with duckdb.connect(str(project / "data" / "stedi.duckdb")):
        pass  # nobody holds it


@pytest.mark.parametrize("command", [["--help"], ["key", "check"], ["doctor"]])
def test_a_command_that_nobody_reads_says_nothing_of_it(
    first: subprocess.CompletedProcess[str], project: Path, command: list[str]
) -> None:
    gone, output = os.pipe()
    os.close(gone)
    done = subprocess.run(
        [sys.executable, "-m", "stedi", *command], cwd=project, stdout=output, stderr=subprocess.PIPE, check=False
    )
    os.close(output)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")
