"""Synthetic landing data: the same for the same seed, and every pathology in it."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest
from lakehouse import Lakehouse
from support import truth
from typer.testing import CliRunner

from stedi.cli import app
from stedi.errors import StediError
from stedi.generate import generate_landing
from stedi.vault import ensure_key, read_key

OUTCOMES = {
    "customer": {
        "malformed_json", "missing_email", "missing_serial_number", "invalid_timestamp",
        "repeat", "superseded", "no_consent", "in_doubt", "trusted",
    },
    "accelerometer": {
        "malformed_json", "missing_email", "invalid_timestamp", "invalid_measurement",
        "repeat", "unknown_customer", "no_consent", "before_consent", "trusted",
    },
    "step_trainer": {
        "malformed_json", "missing_serial_number", "invalid_timestamp", "invalid_measurement", "repeat",
        "unknown_device", "ambiguous_device", "no_consent", "before_consent", "no_accelerometer_data", "trusted",
    },
}  # fmt: skip


def digests(folder: Path) -> dict[str, tuple[str, float]]:
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime,
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name, seed in {"a": 5, "b": 5, "c": 6}.items():
        generate_landing(tmp_path / name, customers=30, days=2, seed=seed)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a") != digests(tmp_path / "c")


def test_every_outcome_occurs(built: Lakehouse) -> None:
    rows = built.expected(consent_scope="since_consent")["row_outcome"]
    for entity, outcomes in OUTCOMES.items():
        assert {outcome for of, outcome, _ in rows if of == entity} == outcomes


def test_joining_on_time_alone_would_mix_people(built: Lakehouse) -> None:
    right = len(built.expected()["machine_learning_curated"])
    assert len(built.expected(ml_join="timestamp_only")["machine_learning_curated"]) > right > 0


def test_existing_data_is_not_overwritten(tmp_path: Path) -> None:
    generate_landing(tmp_path / "landing", customers=5, days=1)
    before = digests(tmp_path / "landing")
    with pytest.raises(StediError, match="is not empty"):
        generate_landing(tmp_path / "landing", customers=6, days=1)
    assert digests(tmp_path / "landing") == before
    generate_landing(tmp_path / "landing", customers=6, days=1, force=True)
    assert digests(tmp_path / "landing") != before
    assert [path.name for path in tmp_path.iterdir()] == ["landing"]


def test_the_command_writes_data_and_a_key_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEDI_VAULT", str(tmp_path / "vault"))
    arguments = ["generate", "--customers", "20", "--days", "1", "--out", str(tmp_path / "landing")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == {"landing", "vault"}
    again = CliRunner().invoke(app, arguments)
    assert isinstance(again.exception, StediError)


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = ensure_key(tmp_path / "vault")
    key = read_key(tmp_path / "vault")
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == stat.S_IMODE((tmp_path / "vault").stat().st_mode) == 0o700
    ensure_key(tmp_path / "vault")
    assert read_key(tmp_path / "vault") == key
    path.write_text("c0ffee\n")
    with pytest.raises(StediError) as raised:
        read_key(tmp_path / "vault")
    assert "key.hex" in str(raised.value) and "c0ffee" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), ("+5", 5), ("-5", -5), ("5.0", None), ("5e3", None), (" 5", None), ("", None), (None, None),
     ("9223372036854775807", 2**63 - 1), ("9223372036854775808", None), ("00000000000000000000005", 5)],
)  # fmt: skip
def test_the_reference_reads_whole_numbers(text: str | None, number: int | None) -> None:
    assert truth.whole_number(text) == number


def test_force_replaces_landing_data_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(StediError, match="something else than landing data"):
        generate_landing(tmp_path / "home", customers=5, days=1, force=True)
    assert (tmp_path / "home" / "letter.txt").read_text() == "dear"
