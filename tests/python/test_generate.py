"""Synthetic landing data: the same for the same seed, and every pathology in it."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import Result
from lakehouse import PROJECT, Lakehouse
from support import truth
from typer.testing import CliRunner

from stedi.cli import app
from stedi.errors import StediError
from stedi.generate import generate_landing
from stedi.landing import MARKER, is_synthetic
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
    with pytest.raises(StediError, match="replace it with --force"):
        generate_landing(tmp_path / "landing", customers=6, days=1)
    assert digests(tmp_path / "landing") == before
    generate_landing(tmp_path / "landing", customers=6, days=1, force=True)
    assert digests(tmp_path / "landing") != before
    assert [path.name for path in tmp_path.iterdir()] == ["landing"]


def test_generated_data_says_what_it_is(tmp_path: Path) -> None:
    wrote = generate_landing(tmp_path / "landing", customers=5, days=2, seed=3)
    marker = json.loads((tmp_path / "landing" / MARKER).read_text())
    facts = {"generator": "stedi generate", "version": version("stedi"), "seed": 3, "customers": 5, "days": 2}
    assert facts.items() <= marker.items()
    assert {MARKER, *marker["files"]} == set(digests(tmp_path / "landing"))
    landed = [path for path in (tmp_path / "landing").rglob("[!_.]*") if path.is_file()]
    assert wrote.files == len(landed) == len(marker["files"]) - 6
    texts = [gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in landed]
    assert wrote.lines == sum(text.count(b"\n") for text in texts)
    assert is_synthetic(tmp_path / "landing")


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"files": 1}', "\udcff"])
def test_without_its_marker_data_counts_as_real(tmp_path: Path, text: str | None) -> None:
    # As written by a version that made no marker.
    generate_landing(tmp_path / "landing", customers=5, days=1)
    (tmp_path / "landing" / MARKER).unlink()
    if text is not None:
        (tmp_path / "landing" / MARKER).write_bytes(text.encode(errors="surrogateescape"))
    assert not is_synthetic(tmp_path / "landing")
    before = digests(tmp_path / "landing")
    for force in (False, True):
        with pytest.raises(StediError, match=r"did not write: choose another folder .* or delete it by hand"):
            generate_landing(tmp_path / "landing", customers=6, days=1, force=force)
    assert digests(tmp_path / "landing") == before
    assert [path.name for path in tmp_path.iterdir()] == ["landing"]


def add_a_file(landing: Path) -> str:
    (landing / "customer" / "landing" / "customer-3.json").write_text("{}")
    return "customer/landing/customer-3.json"


def add_a_hidden_file(landing: Path) -> str:
    (landing / ".notes").write_text("mine")
    return ".notes"


def write_over_a_file(landing: Path) -> str:
    path = landing / "customer" / "landing" / "customer-1.json"
    path.write_bytes(path.read_bytes()[::-1])
    return "customer/landing/customer-1.json"


def link_a_folder(landing: Path) -> str:
    (landing.parent / "real").mkdir()
    (landing.parent / "real" / "r.json").write_text("{}")
    (landing / "customer" / "2025").symlink_to(landing.parent / "real")
    return "customer/2025"


@pytest.mark.parametrize("add", [add_a_file, add_a_hidden_file, write_over_a_file, link_a_folder])
def test_force_keeps_what_somebody_added(tmp_path: Path, add: Callable[[Path], str]) -> None:
    generate_landing(tmp_path / "landing", customers=5, days=1)
    name = add(tmp_path / "landing")
    before = digests(tmp_path)
    with pytest.raises(StediError, match=f"holds {name}, which .* did not write"):
        generate_landing(tmp_path / "landing", customers=6, days=1, force=True)
    assert digests(tmp_path) == before


def test_force_keeps_what_comes_while_it_writes(tmp_path: Path) -> None:
    out = tmp_path / "landing"
    generate_landing(out, customers=5, days=1)

    def upload() -> None:
        while len(list(tmp_path.iterdir())) == 1:  # until the new data are being written, beside
            time.sleep(0.001)
        add_a_file(out)

    uploading = threading.Thread(target=upload, daemon=True)
    uploading.start()
    with pytest.raises(StediError, match=r"customer-3\.json"):
        generate_landing(out, customers=400, days=1, force=True)
    uploading.join()
    assert (out / "customer" / "landing" / "customer-3.json").read_text() == "{}"
    assert [path.name for path in tmp_path.iterdir()] == ["landing"]


def test_a_landing_that_is_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "landing").symlink_to(tmp_path / "disk")
    generate_landing(tmp_path / "landing", customers=5, days=1)
    generate_landing(tmp_path / "landing", customers=6, days=1, force=True)
    assert (tmp_path / "landing").is_symlink() and is_synthetic(tmp_path / "disk")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that `stedi generate` takes for the project, and no settings."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    shutil.copy(PROJECT / "dbt_project.yml", folder)
    for name in ("STEDI_LANDING", "STEDI_VAULT", "STEDI_DUCKDB"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    before = os.umask(0o022)
    yield folder
    os.umask(before)


def generate(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["generate", "--customers", "5", "--days", "1", *arguments])


def test_the_command_says_what_it_wrote_and_what_comes_next(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = generate("--seed", "4")
    assert done.exit_code == 0, done.output
    files = len([path for path in (project / "data/landing").rglob("[!_.]*") if path.is_file()])
    said = " ".join(done.stdout.split())
    assert "data/landing: 5 synthetic customers over 1 day, seed 4: " in said
    assert f"lines in {files} files" in said
    assert said.endswith("next: stedi run")
    elsewhere = generate("--out", str(project / "small"))
    assert elsewhere.stdout.strip().endswith("next: STEDI_LANDING=small stedi run")
    monkeypatch.chdir(project / "models")
    assert generate("--out", "a b").stdout.strip().endswith(f"next: STEDI_LANDING='{project}/models/a b' stedi run")


@pytest.mark.parametrize("arguments", [("--customers", "0"), ("--customers", "1" + "0" * 20), ("--days", "4000000")])
def test_more_than_there_can_be_is_refused(project: Path, arguments: tuple[str, str]) -> None:
    refused = generate(*arguments).exception
    assert str(refused) == "--customers is from 1 to 1,000,000, and --days from 1 to 3,650"
    assert not (project / "data" / "landing").exists()


def test_what_is_written_is_for_its_owner_only(project: Path) -> None:
    assert generate().exit_code == 0
    for path in (project / "data", *(project / "data").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert (project / "data" / "vault" / "pseudonym_key" / "key.hex").exists()


def test_the_command_never_writes_where_the_real_landing_is(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = project.parent / "real"
    (real / "customer" / "landing").mkdir(parents=True)
    (real / "customer" / "landing" / "c.json").write_text("{}")
    before = digests(real)
    monkeypatch.setenv("STEDI_LANDING", str(real))
    done = generate("--force")
    assert done.exit_code == 0, done.output
    assert digests(real) == before
    assert is_synthetic(project / "data" / "landing")
    assert done.stdout.strip().endswith("next: STEDI_LANDING=data/landing stedi run")


@pytest.mark.parametrize("out", ["s3://bucket", "s3://bucket/landing", "gs://bucket"])
def test_data_are_not_generated_into_a_bucket(project: Path, out: str) -> None:
    done = generate("--out", out)
    assert isinstance(done.exception, StediError)
    assert f"--out {out} is no folder: generate into a folder and copy it" in str(done.exception)
    assert sorted(path.name for path in project.iterdir()) == ["dbt_project.yml", "models"]


def test_an_empty_setting_is_the_default(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEDI_LANDING", "")
    monkeypatch.setenv("STEDI_VAULT", "")
    done = generate()
    assert done.exit_code == 0, done.output
    assert is_synthetic(project / "data" / "landing")
    assert (project / "data" / "vault" / "pseudonym_key" / "key.hex").exists()
    assert done.stdout.strip().endswith("next: stedi run")


def test_the_folder_one_stands_in_is_not_replaced(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "models")
    done = generate("--out", ".")
    assert isinstance(done.exception, StediError)
    assert "is the folder you stand in" in str(done.exception)


def test_a_file_in_the_way_is_named(project: Path) -> None:
    (project / "mine").write_text("dear")
    assert "mine is no folder" in str(generate("--out", "mine", "--force").exception)
    assert "cannot write" in str(generate("--out", "mine/landing").exception)
    assert (project / "mine").read_text() == "dear"


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
    [("5", 5), ("+5", 5), ("-5", -5), ("5.0", 5), ("5.00", 5), ("5.", None), ("5.5", None),
     ("5e3", None), (" 5", None), ("", None), (None, None),
     ("9223372036854775807", 2**63 - 1), ("9223372036854775808", None), ("00000000000000000000005", 5)],
)  # fmt: skip
def test_the_reference_reads_whole_numbers(text: str | None, number: int | None) -> None:
    assert truth.whole_number(text) == number


def test_force_replaces_generated_data_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(StediError, match="did not write"):
        generate_landing(tmp_path / "home", customers=5, days=1, force=True)
    assert (tmp_path / "home" / "letter.txt").read_text() == "dear"
