"""The vault key: made once, whoever asks, and never shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stedi.errors import StediError
from stedi.vault import ensure_key, key_file, read_key


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
