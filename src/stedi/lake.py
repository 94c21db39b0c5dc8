"""What `stedi erase` needs of a target: which relations hold people, and how they leave it to the last byte."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from dbt.contracts.graph.manifest import Manifest

from stedi.errors import StediError
from stedi.searching import Needles
from stedi.settings import Settings
from stedi.stores import Store, state_of
from stedi.unpacking import unpack
from stedi.vault import generation_of

REGISTRY = "seeds/personal_data.csv"
REPORT = "report.html"
"""The name of the report of a build (`stedi.report.default_path`)."""
KEYS = ("participant_id", "device_id", "named_participants", "named_devices")
"""The columns by which rows of a ledger are a person's; of those that are `named` several, with a space between."""
BUILT = ("landed", "reconciled")
"""The materializations that a build from nothing makes without whoever is on the erasure list."""
PIECE = 1 << 26
"""Bytes of a file that are searched at once."""


class Relation(NamedTuple):
    """A relation that holds people by pseudonym."""

    schema: str
    name: str
    columns: tuple[str, ...]  # with pseudonyms, several in one value with a space between
    is_ledger: bool


class Renamed(NamedTuple):
    """People who have another pseudonym in the tables, and are to have it in the ledgers."""

    names: dict[str, str]  # what takes the place of what
    since: str  # UTC; a removal booked since then under an old name is none where the new one is in customer_trusted


class Lake(Protocol):
    """One target."""

    name: str
    not_checked: tuple[str, ...]
    """What of this target cannot be searched."""
    checked: dict[str, int]
    """Bytes that were read to their end, by what they are."""
    unread: dict[str, str]
    """What `remains` could not look into, and why."""

    @property
    def landing(self) -> Store:
        """Where lines land."""

    @property
    def vault(self) -> Store:
        """Where the key and the erasure list are."""

    def check(self, *, will_write: bool) -> tuple[bytes, str | None]:
        """Look for what would stop an erasure, before anything is changed. Raises `StediError`.

        Returns:
            The vault key, and the fingerprint of the one that the tables were built with.
        """

    def compile_models(self, names: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
        """The SQL of models as compiled for DuckDB, and the relation behind each source and model, by name."""

    def texts_of(self, people: set[str]) -> set[str]:
        """E-mails, names, phone and serial numbers that the tables have of these people."""

    def pseudonyms(self) -> set[str]:
        """Every pseudonym that a table has."""

    def seen(self, people: set[str]) -> set[str]:
        """Those of them whom a table names."""

    def count(self, pseudonyms: set[str]) -> dict[str, int]:
        """How many rows of theirs each relation has, where it has any."""

    def rebuild(self) -> None:
        """Build every table anew, under the erasure list. Raises `StediError`."""

    def rename_documents(self, renamed: Renamed) -> None:
        """Give new pseudonyms to the ledgers that say when documents landed, before a build reads them."""

    def clean(self, pseudonyms: set[str], needles: Needles, renamed: Renamed | None = None) -> None:
        """Take the people out of ledgers, logs and compiled files, and the old tables' bytes away."""

    def write_secret(self, name: str, content: bytes) -> None:
        """Make or replace an object of the vault as well protected as its key."""

    def note_key(self, fingerprint: str) -> None:
        """From here on the vault's key is this one, and every table is to be built anew."""

    def remains(self, needles: Needles, strict: Needles) -> list[str]:
        """Where something of theirs is still found; `strict` are those that cannot be a part of another's value.

        What cannot be looked into goes to `unread`.
        """


def relations(manifest: dict[str, Any], registry: list[dict[str, str]]) -> list[Relation]:
    """Every relation with pseudonyms: models, their summaries, and ledgers, from the manifest and the registry."""
    fields: dict[tuple[str, str], list[str]] = {}
    for row in registry:
        if row["kind"] == "pseudonym" and row["derived_from"] not in ("", "pseudonym_key.key_hex"):
            known = fields.setdefault((row["zone"], row["relation"]), [])
            known += [row["field"]] if row["field"] not in known else []
    found = []
    for node in [*manifest["nodes"].values(), *manifest["sources"].values()]:
        if node["resource_type"] not in ("model", "source"):
            continue
        zone = _zone(node)
        columns = tuple(fields.get((zone, node["name"]), ()))
        is_ledger = node["config"]["meta"].get("format") == "ledger"
        if columns:
            found.append(Relation(node["schema"], node["name"], columns, is_ledger))
    return sorted(found)


def uncovered(manifest: dict[str, Any], registry: list[dict[str, str]]) -> list[str]:
    """The relations from which `stedi erase` could not take a person.

    They are neither built anew, nor a ledger or summary with a key; or the registry does not have their pseudonyms; or
    they are a summary that no yml speaks of.
    """
    nodes = {(_zone(node), node["name"]): node for node in manifest["nodes"].values()}
    nodes |= {(_zone(node), node["name"]): node for node in manifest["sources"].values()}
    found = set()
    for row in registry:
        key = (row["zone"], row["relation"])
        if not row["relation"] or row["zone"] in ("landing", "vault") or row["derived_from"] == "pseudonym_key.key_hex":
            continue
        node = nodes.get(key, {"resource_type": "nothing"})
        is_built = node["resource_type"] == "model" and node["config"]["materialized"] in BUILT
        has_key = node["resource_type"] == "source" and any(name in node["columns"] for name in KEYS)
        if not is_built and not has_key:
            found.add(".".join(key))
    for node in manifest["nodes"].values():
        parts = node["config"].get("meta", {}).get("parts") or {}
        is_summarised = parts.get("time") or node["config"]["materialized"] == "landed"
        if is_summarised and ("staging", f"{node['name']}_parts") not in nodes:
            found.add(f"staging.{node['name']}_parts")
    listed = {(row["zone"], row["relation"], row["field"]) for row in registry}
    for key, node in nodes.items():
        found |= {".".join(key) for name in KEYS if name in node.get("columns", ()) and (*key, name) not in listed}
    return sorted(found)


def read_registry(project: Path) -> list[dict[str, str]]:
    """The registry of personal data."""
    with (project / REGISTRY).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def as_written(manifest: Manifest) -> dict[str, Any]:
    """A parsed project as in target/manifest.json."""
    return manifest.writable_manifest().to_dict(omit_none=False)


def check_key(key: bytes, fingerprint: str | None, vault: str) -> None:
    """Compare the vault's key with the one that the tables were built with, by its fingerprint; None says nothing.

    Raises:
        StediError: it is another key, or was rotated since.
    """
    built_with = len(key) if fingerprint is None else generation_of(key, fingerprint)
    if built_with is None:
        raise StediError(
            f"the vault key in {vault}/pseudonym_key is not the one that these tables were built with: "
            "restore that key from its backup (pseudonyms under another key would match nobody)"
        )
    if built_with < len(key):
        raise StediError(
            f"the vault key in {vault}/pseudonym_key was rotated since these tables were built: "
            "`stedi rotate-key --execute` goes on with that"
        )


def target_folder(settings: Settings) -> Path:
    """Where dbt puts what it compiles."""
    return settings.project / (os.environ.get("DBT_TARGET_PATH") or "target")


def log_folder(settings: Settings) -> Path:
    """Where dbt logs."""
    return settings.project / (os.environ.get("DBT_LOG_PATH") or "logs")


def files_of_dbt(settings: Settings) -> list[Path]:
    """What dbt wrote beside the tables, and the reports, which have a participant's pseudonym."""
    folders = (log_folder(settings), target_folder(settings))
    written = [path for folder in folders for path in folder.rglob("*")]
    written += [folder / REPORT for folder in {settings.database.parent, settings.project / "data"}]
    return sorted(path for path in written if path.is_file() and not path.is_symlink())


def clean_files_of_dbt(settings: Settings, needles: Needles) -> dict[Path, str]:
    """Take the lines with somebody in them out of the logs; delete compiled files and results that have them.

    Returns:
        The files that were read to their end and have nobody, each with its state: as long as it is in that state, it
        need not be read again.
    """
    read: dict[Path, str] = {}
    for path in files_of_dbt(settings):
        state, unread = state_of(path.stat()), dict[str, str]()
        if not found_in_file(path, needles, unread):
            read |= {} if unread else {path: state}
            continue
        if path.is_relative_to(log_folder(settings)):
            lines = path.read_bytes().splitlines(keepends=True)
            # In place, because dbt still has the file open in this process.
            path.write_bytes(b"".join(line for line in lines if not needles.found_in(line)))
            if not found_in_file(path, needles):
                continue
        path.unlink()
    return read


def left_in_files_of_dbt(
    settings: Settings, needles: Needles, checked: dict[str, int], unread: dict[str, str], read: dict[Path, str]
) -> list[str]:
    """The files beside the tables that still have somebody, but for those that were `read` as they are.

    How much was read is added to `checked`, and to `unread` what cannot be looked into.
    """
    paths = files_of_dbt(settings)
    what = "logs and compiled files"
    checked[what] = checked.get(what, 0) + sum(path.stat().st_size for path in paths)
    return [
        str(path) for path in paths if read.get(path) != state_of(path.stat()) and found_in_file(path, needles, unread)
    ]


def found_in_file(path: Path, needles: Needles, unread: dict[str, str] | None = None) -> set[str]:
    """Which texts stand in a file, unpacked; to `unread` goes why not all of it could be looked into."""
    unpacked = unpack(path.read_bytes())
    if unpacked.problem and unread is not None:
        unread[str(path)] = unpacked.problem
    return set().union(*(needles.found_in(content) for content in unpacked.contents))


def stands_in_file(path: Path, needles: Needles) -> bool:
    """Whether one of the texts stands in a file's bytes as they are, or in one encoding."""
    rest = b""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            if any(needles.find(rest + piece)):
                return True
            rest = piece[-needles.longest :]
    return False


def _zone(node: dict[str, Any]) -> str:
    return node["schema"].rpartition("_")[2]
