"""Bad input: one clear line that names it, a non-zero exit, and the tables as they were."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from lakehouse import Lakehouse


@pytest.fixture
def copy(built: Lakehouse, tmp_path: Path) -> Lakehouse:
    """A built lakehouse of its own, to break."""
    shutil.copytree(built.folder, tmp_path / "copy")
    return Lakehouse(tmp_path / "copy", str(tmp_path / "copy" / "landing"))


def no_landing(lakehouse: Lakehouse) -> list[str]:
    shutil.rmtree(lakehouse.landing)
    return []


def empty_landing(lakehouse: Lakehouse) -> list[str]:
    for path in (Path(lakehouse.landing) / "accelerometer" / "landing").iterdir():
        path.unlink()
    return []


def unreadable_file(lakehouse: Lakehouse) -> list[str]:
    # Also unreadable for root: gzip in name only.
    (Path(lakehouse.landing) / "step_trainer" / "landing" / "broken.json.gz").write_bytes(b"not gzip")
    return []


def no_key(lakehouse: Lakehouse) -> list[str]:
    shutil.rmtree(lakehouse.vault)
    return []


def short_key(lakehouse: Lakehouse) -> list[str]:
    (lakehouse.vault / "pseudonym_key" / "key.hex").write_text("c0ffee\n")
    return []


def unknown_scope(lakehouse: Lakehouse) -> list[str]:
    return ["--vars", "consent_scope: everyone"]


def unknown_join(lakehouse: Lakehouse) -> list[str]:
    return ["--vars", "ml_join: nearest"]


def odd_k(lakehouse: Lakehouse) -> list[str]:
    return ["--vars", "k_anonymity: none"]


def odd_bound(lakehouse: Lakehouse) -> list[str]:
    return ["--vars", "rejected_percent_warn: some"]


def bounds_in_the_wrong_order(lakehouse: Lakehouse) -> list[str]:
    return ["--vars", "{lost_percent_warn: 10, lost_percent_error: 9.5}"]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (no_landing, "no landing files at "),
        (empty_landing, "accelerometer/landing"),
        (unreadable_file, "broken.json.gz"),
        (no_key, "no vault key at "),
        (short_key, "64 hexadecimal digits"),
        (
            unknown_scope,
            "variable consent_scope is 'everyone'; it must be all_readings or since_consent",
        ),
        (
            unknown_join,
            "variable ml_join is 'nearest'; it must be same_participant or timestamp_only",
        ),
        (odd_k, "variable k_anonymity is "),
        (odd_bound, "variable rejected_percent_warn is 'some'; it must be a number of at least 0"),
        (
            bounds_in_the_wrong_order,
            "variable lost_percent_error is 9.5, below lost_percent_warn, 10; it must be at least that, or 0 for never",
        ),
    ],
)
def test_bad_input_is_named_and_touches_nothing(
    copy: Lakehouse, spoil: Callable[[Lakehouse], list[str]], says: str
) -> None:
    before = {relation: copy.rows(relation) for relation in ("customer_trusted", "machine_learning_curated")}
    arguments = spoil(copy)
    done = copy.build(*arguments, check=False)
    assert done.returncode != 0
    assert [line for line in done.stdout.splitlines() if says in line], done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "c0ffee" not in done.stdout + done.stderr
    for relation, rows in before.items():
        assert sorted(copy.rows(relation), key=repr) == sorted(rows, key=repr)
