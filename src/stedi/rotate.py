"""`stedi rotate-key`: other pseudonyms for everybody, and nothing left of those before.

A new key is added to the vault's key, so every pseudonym is that of before, hashed under the new key (`stedi.vault`).
The order of steps, each of which a second run does again if the first one died:

1. The new key is written down in the vault, with the pseudonyms that there are, each with what takes its place.
2. The erasure list has each entry under both keys; certificates have the new pseudonyms.
3. The new key takes its place, landing objects that have a pseudonym for a name get their new one, and the list loses
   the old entries. A build at any of these moments knows who was erased.
4. dbt builds the tables anew. Until then no other build goes on with them: they are of another key.
5. The ledgers' rows get the new pseudonyms, and what is left of the old ones is removed.
6. Every byte that is left is read and searched for them.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import cast

from dbt.contracts.graph.manifest import Manifest
from rich.console import Console

from stedi.erase import OPEN as ERASURE
from stedi.erase import ROTATION as OPEN
from stedi.erase import Order, erasure_list, lake_of, read_project, refuse_what_is_left, run_steps
from stedi.erase_landing import Finding, landing_objects, update_marker
from stedi.erasure_list import CERTIFICATES, NAME, PSEUDONYMOUS, TIME, Entry, landed_times, time_text, write_list
from stedi.errors import StediError
from stedi.lake import Renamed
from stedi.landing_files import source_file
from stedi.progress import number_of
from stedi.searching import Needles
from stedi.settings import Settings
from stedi.stores import Stored
from stedi.unpacking import unpack
from stedi.vault import KEY, KEY_BYTES, PSEUDONYM, fingerprint_of, generation_of, pseudonym

HIDDEN = re.compile(r"~([0-9a-f]{32})(?![0-9a-f])")
"""A part of a file's name that may name a person, as tables and certificates have it."""


@dataclass
class Rotation:
    """A rotation that has begun."""

    begun_at: str
    key: str
    """The vault's key after it, in hexadecimal digits."""
    list_before: str
    """The erasure list."""
    names: dict[str, str] = field(default_factory=dict)
    """What takes the place of each pseudonym."""
    files: dict[str, int] = field(default_factory=dict)
    """When landing objects landed (seconds) that have a pseudonym for a name since an erasure, by their next name."""


def rotate_key(settings: Settings, order: Order, out: Console, manifest: Manifest | None = None) -> None:
    """Rotate, or show what would be done. The project is parsed unless it is given.

    Raises:
        StediError: it cannot be done, or is not done to the end; the same command goes on with it.
    """
    KeyRotation(settings, order, manifest or read_project(settings, order, out), out).run()


class KeyRotation:
    """One run of the command."""

    def __init__(self, settings: Settings, order: Order, manifest: Manifest, out: Console) -> None:
        """Look for what would stop it; nothing is changed yet."""
        self.order = order
        self.out = out
        self.lake = lake_of(settings, manifest, order)
        self.key, fingerprint = self.lake.check(will_write=order.execute)
        self.vault = self.lake.vault
        if self.vault.read(ERASURE) is not None:
            raise StediError(
                "a request of erasure is not certified yet: `stedi erase --execute` first, because it names people by "
                "the pseudonyms of now"
            )
        content = self.vault.read(OPEN)
        self.rotation = Rotation(**json.loads(content)) if content else None
        self.built_with = generation_of(self._new_key(), fingerprint) if fingerprint else len(self.key)
        if self.built_with is None or not self._new_key().startswith(self.key):
            raise StediError(f"the vault key in {self.vault.root}/pseudonym_key is not the one of these tables")

    def run(self) -> None:
        """The whole of it."""
        if self.rotation:
            self.out.print(f"the rotation begun {self.rotation.begun_at} UTC is not done yet: it is completed")
        # A build may have been made since it was begun.
        if self.rotation is None or self.key != self._new_key():
            self.rotation = self._planned(self.rotation)
        self.out.print(f"{number_of(len(self.rotation.names), 'pseudonyms')} become others")
        if not self.order.execute:
            self.out.print("this was a dry run, and nothing was changed; to rotate the key: --execute", style="bold")
            return
        needles = Needles(self.rotation.names, encoded=True)
        run_steps(
            self.out,
            [
                ("writing down what takes the place of what", self._begin),
                ("putting the new key into the vault", self._switch),
                ("building the tables", self._rebuild),
                ("removing what is left of the old ones", lambda: self._clean(needles)),
                ("reading every byte that is left", lambda: self._verify(needles)),
            ],
            f"The rotation is open in {self.vault.root}/{OPEN}, and `stedi rotate-key --execute` goes on with it",
        )
        self.vault.delete(OPEN)
        self.out.print(
            f"rotated: the fingerprint of the vault key is now {fingerprint_of(self._new_key())}. Keep a copy of it "
            "(`stedi key backup FILE`, or its object on S3), and destroy those of the key before",
            style="bold green",
            soft_wrap=True,
        )

    def _new_key(self) -> bytes:
        return bytes.fromhex(self.rotation.key) if self.rotation else self.key

    def _planned(self, begun: Rotation | None) -> Rotation:
        """Another key, unless the tables are of one before the vault's: then theirs is rotated to that."""
        before = self.key[: cast(int, self.built_with)]
        is_behind = before != self.key
        if begun:
            key, entries = self._new_key(), begun.list_before.encode()
        elif is_behind:
            key, entries = self.key, b""
        else:
            key, entries = self.key + secrets.token_bytes(KEY_BYTES), self.vault.read(NAME) or b""
        with self.out.status("looking for pseudonyms"):
            found = self.lake.pseudonyms()
            landed = {stored: source_file(stored.name, before) for stored in self._landing()}
            for name in landed.values():
                found |= _hidden(name)
            listed = erasure_list(entries)
            for entry in listed:
                found |= {entry.listed} if entry.kind in PSEUDONYMOUS else _hidden(entry.listed)
            for stored in () if is_behind else self.vault.files(CERTIFICATES):
                found |= _hidden((self.vault.read(stored.name) or b"").decode())
        names = dict(begun.names) if begun else {}
        # Certificates may have the new ones already.
        found -= {*names, *names.values()}
        names |= {name: pseudonym(key[len(before) :], name.encode()) for name in sorted(found)}
        times = landed_times(listed)
        return Rotation(
            begun.begun_at if begun else datetime.now(UTC).strftime(TIME),
            key.hex(),
            entries.decode(),
            names,
            {
                _renamed(stored.name, names): times.get((name, stored.modified), stored.modified)
                for stored, name in landed.items()
                if _renamed(stored.name, names) != stored.name
            },
        )

    def _landing(self) -> list[Stored]:
        return list(landing_objects(self.lake.landing))

    def _begin(self) -> None:
        rotation = cast(Rotation, self.rotation)
        self.lake.write_secret(OPEN, (json.dumps(asdict(rotation)) + "\n").encode())

    def _switch(self) -> None:
        rotation = cast(Rotation, self.rotation)
        before = erasure_list(rotation.list_before.encode())
        after = [entry._replace(listed=self._renamed(entry.listed)) for entry in before if entry.kind != "key"]
        after.append(Entry("key", fingerprint_of(self._new_key()), rotation.begun_at))
        if self.key != self._new_key():
            if before:
                self.vault.write(NAME, write_list([*before, *after]))
                for stored in self.vault.files(CERTIFICATES):
                    content = self.vault.read(stored.name) or b""
                    self.vault.write(stored.name, self._renamed(content.decode()).encode())
            self.lake.write_secret(KEY, rotation.key.encode() + b"\n")
        self._rename_landing()
        if before:
            self.vault.write(NAME, write_list([*after, *self._written_again()]))

    def _renamed(self, text: str) -> str:
        return _renamed(text, cast(Rotation, self.rotation).names)

    def _rename_landing(self) -> None:
        """Landing objects that have a pseudonym for a name."""
        landing = self.lake.landing
        done = []
        for stored in self._landing():
            name = self._renamed(stored.name)
            if name != stored.name:
                content = landing.read(stored.name) or b""
                landing.replace(stored, name, content)
                done.append(Finding(stored, name=name, content=content))
        update_marker(landing, done)

    def _written_again(self) -> list[Entry]:
        """The entries of those: when they landed, and when they were written."""
        files = cast(Rotation, self.rotation).files
        return [
            Entry(
                "file",
                source_file(stored.name, self._new_key()),
                time_text(files[stored.name]),
                time_text(stored.modified),
            )
            for stored in self._landing()
            if stored.name in files
        ]

    def _people(self) -> Renamed:
        rotation = cast(Rotation, self.rotation)
        return Renamed(rotation.names, rotation.begun_at)

    def _rebuild(self) -> None:
        self.lake.rename_documents(self._people())
        self.lake.note_key(fingerprint_of(self._new_key()))
        self.lake.rebuild()

    def _clean(self, needles: Needles) -> None:
        self.lake.clean(set(), needles, self._people())

    def _verify(self, needles: Needles) -> None:
        names = cast(Rotation, self.rotation).names
        found = self.lake.remains(needles, needles)
        for stored in self._landing():
            if _hidden(stored.name) & names.keys():
                found.append(f"landing {stored.name}")
        for stored in self.vault.files():
            inner = unpack(self.vault.read(stored.name) or b"").contents
            if stored.name != OPEN and any(needles.found_in(content) for content in inner):
                found.append(f"{self.vault.root}/{stored.name}")
        refuse_what_is_left("a pseudonym of before", found)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    return PSEUDONYM.sub(lambda found: names.get(found[0], found[0]), text)


def _hidden(text: str) -> set[str]:
    return set(HIDDEN.findall(text))
