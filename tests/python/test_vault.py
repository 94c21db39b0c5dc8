"""The vault key: made once, whoever asks, and never shown."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from lakehouse import PROJECT
from typer.testing import CliRunner

from stedi.cli import app
from stedi.errors import StediError
from stedi.vault import (
    FINGERPRINTED,
    back_up_key,
    ensure_key,
    ensure_key_of,
    fingerprint_of,
    key_file,
    problem_of,
    read_key,
)


def test_of_many_who_ask_at_once_one_makes_the_key(tmp_path: Path) -> None:
    def make_and_read(_: int) -> bytes:
        ensure_key(tmp_path / "vault")
        return read_key(tmp_path / "vault")

    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(make_and_read, range(64)))
    assert len(keys) == 1
    assert [path.name for path in key_file(tmp_path / "vault").parent.iterdir()] == ["key.hex"]


def test_two_vaults_have_two_keys(tmp_path: Path) -> None:
    for name in "ab":
        ensure_key(tmp_path / name)
    assert read_key(tmp_path / "a") != read_key(tmp_path / "b")


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(StediError, match=r"key\.hex"):
        read_key(tmp_path)


@pytest.mark.parametrize("bad", [b"", b"ab" * 31, b"ab" * 33, b"xy" * 32, b"ab" * 32 + b"\n\n", b"\xff" * 64])
def test_what_is_not_64_digits_is_refused_and_not_shown(tmp_path: Path, bad: bytes) -> None:
    path = ensure_key(tmp_path)
    path.write_bytes(bad)
    with pytest.raises(StediError, match=r"key\.hex") as raised:
        read_key(tmp_path)
    assert not bad.strip() or bad.decode(errors="replace").strip() not in str(raised.value)


def test_a_folder_in_the_way_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "vault").write_text("a file")
    with pytest.raises(StediError, match="cannot make the vault key"):
        ensure_key(tmp_path / "vault")


def test_no_key_is_made_for_tables_that_have_one(tmp_path: Path) -> None:
    vault, database = tmp_path / "vault", tmp_path / "stedi.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table other (id integer)")
    assert ensure_key_of(vault, tmp_path / "none.duckdb")
    assert not ensure_key_of(vault, database)
    shutil.rmtree(vault)
    assert ensure_key_of(vault, database)
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema stedi_staging; create table stedi_staging.stg_customer (id integer)")
    assert not ensure_key_of(vault, database)
    shutil.rmtree(vault)
    for path in (database, tmp_path / "corrupt.duckdb"):
        (tmp_path / "corrupt.duckdb").write_bytes(b"no database" * 1000)
        with pytest.raises(StediError, match="restore the key from its backup"):
            ensure_key_of(vault, path)
        assert not vault.exists()


@pytest.mark.parametrize("place", ["", "pseudonym_key", "pseudonym_key/key.hex"])
@pytest.mark.parametrize("mode", [0o720, 0o702])
def test_a_key_that_others_could_have_written_is_none(tmp_path: Path, place: str, mode: int) -> None:
    ensure_key(tmp_path)
    assert problem_of(tmp_path) == (None, None)
    (tmp_path / place).chmod(mode)
    error, _ = problem_of(tmp_path)
    assert error is not None
    assert str(tmp_path / place) in error
    assert "chmod -R go=" in error


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_key_of_another_user_is_none(tmp_path: Path) -> None:
    os.chown(ensure_key(tmp_path), 12345, -1)
    error, _ = problem_of(tmp_path)
    assert error is not None
    assert "belongs to another user" in error


def test_a_key_that_others_can_read_is_warned_about(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    path = ensure_key(vault)
    path.chmod(0o644)
    assert problem_of(vault) == (None, None)  # nobody gets there
    for folder in (vault, path.parent):
        folder.chmod(0o755)
    error, warning = problem_of(vault)
    assert error is None
    assert warning is not None
    assert "others can read the vault key" in warning


def test_a_backup_is_for_its_owner_only_and_never_over_another_file(tmp_path: Path) -> None:
    vault, copy = tmp_path / "vault", tmp_path / "copy.hex"
    with pytest.raises(StediError, match="cannot read the vault key"):
        back_up_key(vault, copy)
    assert not copy.exists()
    ensure_key(vault)
    assert back_up_key(vault, copy)
    assert copy.read_bytes() == key_file(vault).read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o600
    copy.chmod(0o644)
    assert not back_up_key(vault, copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    ensure_key(tmp_path / "another")
    for place in (copy, tmp_path):
        with pytest.raises(StediError, match="is there, and is not this key"):
            back_up_key(tmp_path / "another", place)
    assert copy.read_bytes() == key_file(vault).read_bytes()
    with pytest.raises(StediError, match="cannot write the backup"):
        back_up_key(vault, tmp_path / "none" / "copy.hex")


def test_python_and_sql_take_the_fingerprint_of_the_same_text(tmp_path: Path) -> None:
    macro = (PROJECT / "macros" / "audit" / "fingerprinted_text.sql").read_text()
    assert f"'{FINGERPRINTED.decode()}'" in macro
    prints = {fingerprint_of(read_key(ensure_key(tmp_path / name).parents[1])) for name in "ab"}
    assert len(prints) == 2


def test_the_key_is_made_checked_and_backed_up_and_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = tmp_path / "vault"
    monkeypatch.setenv("STEDI_VAULT", str(vault))
    monkeypatch.setenv("STEDI_DUCKDB", str(tmp_path / "stedi.duckdb"))
    monkeypatch.chdir(tmp_path)

    def key(*command: str) -> str:
        done = CliRunner().invoke(app, ["key", *command, "--project-dir", str(PROJECT)])
        if isinstance(done.exception, StediError):
            return str(done.exception)
        assert done.exit_code == 0
        return done.output

    assert "cannot read the vault key" in key("check")
    assert "wrote" in key("make")
    made = read_key(vault)
    said = [key("make"), key("check"), key("backup", "copy.hex"), key("backup", "copy.hex")]
    assert "is there" in said[0]
    assert f"fingerprint {fingerprint_of(made)}, permissions 0600" in said[1]
    assert "wrote copy.hex" in said[2]
    assert "has this key already" in said[3]
    key_file(vault).chmod(0o666)
    said.append(key("check"))
    assert "others can write" in said[-1]
    assert read_key(vault) == made
    assert not any(made.hex() in text for text in said)
