"""The notebook for data scientists: it runs as it stands, keeps nobody's data, and learns from nobody it is judged by.

Its cell for Athena runs in test_operations.py, which has a training set there.
"""

from __future__ import annotations

import json
import re
import shutil
import stat
from pathlib import Path
from statistics import correlation
from typing import Any

import duckdb
import pytest
from lakehouse import PROJECT, Lakehouse
from support import notebook

from stedi.gait import gait_of

STEP_DETECTION = PROJECT / "examples" / "step_detection.ipynb"
LOCAL = {tag for tag, _ in notebook.code_cells(STEP_DETECTION)} - {"", "athena"}


def run(database: Path, tags: set[str]) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(STEP_DETECTION.parent)  # as Jupyter does
        patch.setenv("STEDI_DUCKDB", str(database))
        return notebook.run(STEP_DETECTION, tags)


def changed(built: Lakehouse, folder: Path, *statements: str) -> Path:
    """A copy of the database, after these statements."""
    database = folder / "stedi.duckdb"
    shutil.copy(built.database, database)
    with duckdb.connect(str(database)) as connection:
        for statement in statements:
            connection.execute(statement)
    return database


@pytest.fixture(scope="module")
def ran(built: Lakehouse, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is there when every cell has run, but for Athena's."""
    assert len(LOCAL) > 3
    return run(changed(built, tmp_path_factory.mktemp("notebook")), LOCAL)


def test_the_steps_that_both_sensors_show_are_found_on_people_never_seen(ran: dict[str, Any], built: Lakehouse) -> None:
    people = built.query(
        "select dataset_split, count(distinct participant_id) from stedi_curated.machine_learning_curated group by 1"
    )
    results = ran["results"]
    assert results["people"].to_dict() == dict(people)
    assert (results["agreement"] > 0.85).all()
    # Without this it would show nothing.
    assert (results["agreement by chance"] < 0.7).all()
    # Three seconds of walking are five or six steps.
    assert ((results["steps by acceleration"] / results["sessions"]).between(4, 7)).all()


def test_the_cadence_among_the_features_is_the_persons(ran: dict[str, Any], built: Lakehouse) -> None:
    emails = dict(built.query("select participant_id, email from stedi_trusted.customer_trusted"))
    found = ran["people"]["cadence"]
    own = [gait_of(7, int(emails[person].split("@")[0].split(".")[1])).cadence for person in found.index]
    assert len(own) > 30 and correlation(list(found), own) > 0.8


def test_what_is_learnt_depends_on_people_of_train_alone(ran: dict[str, Any], built: Lakehouse, tmp_path: Path) -> None:
    change = (
        "update stedi_curated.machine_learning_curated set z = 2 * z, distance_from_object = 2 * distance_from_object "
        "where dataset_split {} 'train'"
    )
    assert run(changed(built, tmp_path, change.format("<>")), {"read", "learn"})["heights"] == ran["heights"]
    assert run(changed(built, tmp_path, change.format("=")), {"read", "learn"})["heights"] != ran["heights"]


def test_the_parquet_file_has_train_alone_and_is_for_its_owner(ran: dict[str, Any], built: Lakehouse) -> None:
    path = ran["DATABASE"].with_name("training.parquet")
    of_train = "select * from {} where dataset_split = 'train' order by all"
    written = duckdb.sql(f"select * from '{path}' order by all").fetchall()
    assert written == built.query(of_train.format("stedi_curated.machine_learning_curated"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_split_is_told(built: Lakehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = "update stedi_curated.machine_learning_curated set dataset_split = 'train' where dataset_split = '{}'"
    (tmp_path / "test").mkdir()
    found = run(changed(built, tmp_path / "test", empty.format("test")), LOCAL)
    assert "split test has nobody in it" in capsys.readouterr().out
    assert list(found["results"].index) == ["train", "validation"]
    (tmp_path / "validation").mkdir()
    with pytest.raises(ValueError, match="split validation has nobody in it"):
        run(changed(built, tmp_path / "validation", empty.format("validation")), {"read"})


def test_it_runs_without_the_project(built: Lakehouse, tmp_path: Path) -> None:
    """As for whom an export is for: no import of `stedi`, and a file that has the curated tables alone."""
    code = "".join(source for tag, source in notebook.code_cells(STEP_DETECTION))
    assert not re.search(r"^\s*(import|from) stedi\b", code, re.MULTILINE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        patch.setenv("STEDI_DUCKDB", "")
        with pytest.raises(FileNotFoundError, match="make run"):
            notebook.run(STEP_DETECTION, {"read"})
        patch.setenv("STEDI_DUCKDB", "curated.duckdb")
        with duckdb.connect("curated.duckdb") as connection:
            connection.execute(f"attach '{built.database}' as lakehouse (read_only); create schema stedi_curated")
            table = "stedi_curated.machine_learning_curated"
            connection.execute(f"create table {table} as from lakehouse.{table}")
        assert len(notebook.run(STEP_DETECTION, {"read"})["train"]) > 0


def test_readings_too_far_apart_for_steps_are_refused(built: Lakehouse, tmp_path: Path) -> None:
    first = "(select min(sensor_reading_time) from stedi_curated.machine_learning_curated)"
    database = changed(
        built,
        tmp_path,
        "update stedi_curated.machine_learning_curated "
        f"set sensor_reading_time = {first} + 10 * (sensor_reading_time - {first})",
    )
    with pytest.raises(ValueError, match="cannot show it"):
        run(database, {"read"})


def kept(text: str) -> list[str]:
    """What a notebook keeps of what it showed, and pseudonyms."""
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    shown = [cell["id"] for cell in cells if cell["outputs"] or cell["execution_count"] is not None]
    return shown + re.findall(r"\b[0-9a-f]{32}\b", text)


def test_the_notebook_keeps_nobodys_data() -> None:
    text = STEP_DETECTION.read_text()
    assert kept(text) == []
    assert kept(text.replace('"outputs": []', '"outputs": ["a row"]', 1)) == ["code-1"]
    assert kept(text.replace("people", "0ad2947342a59bebbd0689e2510212a8", 1)) == ["0ad2947342a59bebbd0689e2510212a8"]
