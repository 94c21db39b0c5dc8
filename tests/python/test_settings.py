"""The settings: defaults, empty variables, relative paths, and where the project is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner
from lakehouse import PROJECT

from stedi.errors import StediError
from stedi.settings import drop_empty, find_project, load_settings


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "models" / "trusted").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: 'stedi'\n")
    return folder


def test_an_empty_variable_is_not_set(project: Path) -> None:
    names = ("STEDI_LANDING", "STEDI_DUCKDB", "STEDI_VAULT", "STEDI_BUCKET", "STEDI_WORKGROUP")
    settings = load_settings(project, dict.fromkeys(names, " "))
    assert settings == load_settings(project, {})
    assert settings.landing == str(project / "data" / "landing") and not settings.landing_is_given
    assert settings.database == project / "data" / "stedi.duckdb"
    assert settings.vault == project / "data" / "vault"
    assert settings.workgroup == "stedi"


@pytest.fixture
def refused(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], None]:
    """Asserts that a variable of this value is refused with these words, and that dbt refuses it too."""
    shutil.copy(PROJECT / "profiles.yml.example", tmp_path / "profiles.yml")
    for variable in ("DBT_PROFILES_DIR", "DBT_LOG_PATH", "DBT_TARGET_PATH"):
        monkeypatch.setenv(variable, str(tmp_path))

    def check(name: str, value: str, says: str) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(StediError, match=f"^{name} is .*{says}"):
            load_settings(project)
        done = dbtRunner().invoke(["parse", "--project-dir", str(PROJECT), "--quiet"])
        assert f"{name} is " in str(done.exception)

    return check


@pytest.mark.parametrize("name", ["STEDI_LANDING", "STEDI_DUCKDB", "STEDI_VAULT"])
def test_what_no_shell_has_read_is_refused(project: Path, name: str, refused: Callable[[str, str, str], None]) -> None:
    for value, says in {
        "~/v": "no shell has put your home",
        " /v": "white space around",
        "/v\n": "white space around",
    }.items():
        refused(name, value, says)
    assert load_settings(project, {name: "a b/~v"})


def test_a_bucket_is_its_name_alone(project: Path, refused: Callable[[str, str, str], None]) -> None:
    for value in ("s3://my-bucket", "my-bucket/", "s3://my-bucket/lake/", " my-bucket"):
        refused("STEDI_BUCKET", value, "write the bucket's name alone, STEDI_BUCKET=my-bucket$")
    for value in ("My_Bucket", "s3://", "arn:aws:s3:::my-bucket", "b"):
        refused("STEDI_BUCKET", value, "no bucket's name: write 3 to 63 .*, as in STEDI_BUCKET=my-bucket$")
    assert load_settings(project, {"STEDI_BUCKET": "my.bucket-1"}).bucket == "my.bucket-1"


@pytest.mark.parametrize("name", ["STEDI_DUCKDB", "STEDI_VAULT"])
def test_neither_database_nor_vault_lies_among_landing_files(
    project: Path,
    tmp_path: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    refused: Callable[[str, str, str], None],
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "l" / "customer" / "landing")
    monkeypatch.setenv("STEDI_LANDING", str(tmp_path / "l"))
    for place in (
        "l/customer/landing/here",
        "l/other/landing/2026/11/here",
        "link/here",
        "l/x/../customer/landing/here",
    ):
        refused(name, str(tmp_path / place), " lies among the landing files of ")
    for place in ("l/here", "l/customer/here", "k/customer/landing/here"):
        monkeypatch.setenv(name, str(tmp_path / place))
        assert load_settings(project)
    monkeypatch.setenv("STEDI_LANDING", "s3://bucket")
    assert load_settings(project)


def test_dbt_gets_no_empty_variable() -> None:
    environment = {"STEDI_LANDING": "", "STEDI_VAULT": "v", "OTHER": ""}
    drop_empty(environment)
    assert environment == {"STEDI_VAULT": "v", "OTHER": ""}


def test_relative_paths_are_relative_to_the_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "models" / "trusted")
    settings = load_settings(environment={"STEDI_LANDING": "l/", "STEDI_DUCKDB": "d.duckdb", "STEDI_VAULT": "/v"})
    assert settings.project == project
    assert settings.landing_folder == project / "l" and settings.landing_is_given
    assert (settings.database, settings.vault) == (project / "d.duckdb", Path("/v"))


def test_a_landing_on_s3_is_no_folder(project: Path) -> None:
    settings = load_settings(project, {"STEDI_LANDING": "s3://bucket/there"})
    assert settings.landing == "s3://bucket/there"
    assert settings.landing_folder is None


@pytest.mark.parametrize("text", ["name: other\n", "- name\n", "{", "\xff"])
def test_another_project_is_not_this_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "dbt_project.yml").write_text(text, encoding="latin-1")
    with pytest.raises(StediError, match="is not in the project's folder"):
        find_project(tmp_path)
    with pytest.raises(StediError, match=r"has no dbt_project\.yml"):
        load_settings(tmp_path, {})


def test_paths_are_shown_as_one_would_type_them(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    settings = load_settings(environment={})
    assert settings.shown(project / "data" / "landing") == settings.shown(Path("data/landing")) == "data/landing"
    assert settings.shown(Path("/elsewhere/landing")) == "/elsewhere/landing"
