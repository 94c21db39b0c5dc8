"""`stedi erase`: the right to erasure, down to the last byte, with a certificate.

The order of steps, each of which a second run does again from the start if the first one died:

1. The request is written down in the vault, with what has to be found; the people go on the erasure list.
2. Landing objects are written again without their lines.
3. dbt builds the tables anew, under the list.
4. Ledgers lose the people's rows, and what the engine, dbt's logs and compiled files keep of them is removed.
5. Every byte that is left is read and searched.
6. The certificate is written, and the request, with what it had to find, is removed.
"""

from __future__ import annotations

import json
import os
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from dbt.contracts.graph.manifest import Manifest
from rich.console import Console

from stedi.build import invoke
from stedi.duckdb_lake import DuckDBLake
from stedi.entities import entities
from stedi.erase_landing import Finding, LandingScan, Subjects, update_marker
from stedi.erasure_list import CERTIFICATES, NAME, PEOPLE, TIME, Entry, read_list, time_text, write_list
from stedi.errors import StediError
from stedi.lake import BUILT, REGISTRY, Lake, as_written, check_key, read_registry, uncovered
from stedi.landing_files import source_file
from stedi.line_rules import LineRules, pseudonyms_of
from stedi.progress import number_of
from stedi.searching import Needles, searchable
from stedi.settings import Settings, drop_empty
from stedi.unpacking import unpack
from stedi.vault import fingerprint_of

ROTATION = "rotation/open.json"
"""The rotation of the key that has begun, below the vault (`stedi.rotate`); with the new key, so it goes at the end."""

OPEN = "erasures/open.json"
"""The request that is not certified yet, below the vault: with e-mails and names, so it goes with the certificate."""

NOT_CHECKED = (
    "backups, and copies that somebody took elsewhere",
    "the disk's or S3's own remains of what was deleted",
)


SEARCHED = (
    "e-mails, names, phone and serial numbers, and pseudonyms: plain, in Latin-1 and in UTF-16, escaped as in JSON, in "
    "URLs, in HTML and in quoted-printable, in hexadecimal and base64, and one of these in another; in what is packed "
    "as gzip, zlib, deflate, bzip2, xz, lzma, zip, tar, Parquet or Avro, and one in another"
)


@dataclass
class Request:
    """An erasure that was asked for and is not certified."""

    name: str
    asked_at: str
    emails: dict[str, str] = field(default_factory=dict)  # by participant
    people: set[str] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    """The names of what may stay although nobody can look into it."""
    removed: dict[str, dict[str, int]] = field(default_factory=dict)
    """What was removed: documents of `landing` by entity, `changed` ones of others, `objects`, rows of `tables`."""

    def to_bytes(self) -> bytes:
        """As it is kept."""
        return json.dumps(asdict(self), default=sorted, indent=1).encode()

    @classmethod
    def from_bytes(cls, content: bytes | None) -> Request | None:
        """The request that is open, if one is."""
        if content is None:
            return None
        known = json.loads(content)
        sets = ("people", "devices", "texts", "accepted")
        return cls(**known | {name: set(known.get(name, ())) for name in sets})

    def count(self, kind: str, counts: dict[str, int]) -> None:
        """Add to what was removed."""
        self.removed[kind] = dict(Counter(self.removed.get(kind, {})) + Counter(counts))


@dataclass(frozen=True)
class Order:
    """What was asked for on the command line."""

    emails: tuple[str, ...]
    execute: bool = False
    replay: bool = False
    also_unknown: bool = False
    accept_unread: tuple[str, ...] = ()
    target: str | None = None
    variables: str | None = None

    def arguments(self) -> list[str]:
        """For dbt."""
        arguments = ["--target", self.target] if self.target else []
        arguments += ["--vars", self.variables] if self.variables else []
        return [*arguments, "--log-level", "none", "--log-level-file", "info", "--no-use-colors"]


def erase(settings: Settings, order: Order, out: Console, manifest: Manifest | None = None) -> bool:
    """Erase, or show what would be; whether there was anybody to erase. The project is parsed unless it is given.

    Raises:
        StediError: it cannot be done, or is not done to the end; what was done stands in the vault, and the same
            command goes on with it.
    """
    return Erasure(settings, order, manifest or read_project(settings, order, out), out).run()


def read_project(settings: Settings, order: Order, out: Console) -> Manifest:
    """The project as dbt parses it, from its folder."""
    os.chdir(settings.project)
    drop_empty()
    with out.status("dbt reads the project"):
        return cast(Manifest, invoke(["parse", *order.arguments()]).result)


def erasure_list(content: bytes | None) -> list[Entry]:
    """The entries of the vault's list; a damaged one is a `StediError`."""
    try:
        return read_list(content)
    except ValueError as error:
        raise StediError(str(error)) from None


def refuse_what_is_left(what: str, found: list[str]) -> None:
    """Raise `StediError` where `what` was found somewhere."""
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise StediError(f"{what} is still in {found[0]}{more}")


def run_steps(out: Console, steps: list[tuple[str, Callable[[], None]]], unfinished: str) -> None:
    """Do one step after the other, and say so.

    Raises:
        StediError: one cannot be done; the text says why, what was done, and `unfinished`.
    """
    done: list[str] = []
    for what, step in steps:
        try:
            with out.status(what):
                step()
        except StediError as error:
            so_far = f"; done so far: {', '.join(done)}" if done else ""
            raise StediError(f"{error}{so_far}. {unfinished}") from None
        out.print(f"done: {what}")
        done.append(what)


class Erasure:
    """One run of the command."""

    def __init__(self, settings: Settings, order: Order, manifest: Manifest, out: Console) -> None:
        """Look for what would stop it; nothing is changed yet."""
        self.order = order
        self.manifest = manifest
        self.out = out
        self.lake = lake_of(settings, manifest, order)
        if missed := uncovered(as_written(manifest), read_registry(settings.project)):
            raise StediError(
                f"nobody can be erased from {missed[0]}: {REGISTRY} is to have its pseudonyms, and it is to be a model "
                f"that is {' or '.join(BUILT)}, or a ledger"
            )
        self.key, built_with = self.lake.check(will_write=order.execute)
        self.vault = self.lake.vault
        check_key(self.key, built_with, self.vault.root)
        if self.vault.read(ROTATION) is not None:
            raise StediError("the vault key is being rotated: `stedi rotate-key --execute` first, which completes it")
        self.entries = erasure_list(self.vault.read(NAME))
        self.request = Request.from_bytes(self.vault.read(OPEN))
        if not (order.emails or order.replay or self.request):
            raise StediError("no request is open, so say whom: a file with an e-mail a line, or - for standard input")
        with out.status("dbt reads the rules"):
            self.rules = LineRules(self.lake.compile_models, self.key, entities(settings.project))
        self.scan = LandingScan(self.lake.landing, self.rules, self.key, self.entries)

    def run(self) -> bool:
        """The whole of it."""
        emails = self._participants()
        known = {entry.listed for entry in self.entries if entry.kind == "participant"}
        wanted = set(emails)
        if self.order.replay:
            wanted |= known
        if self.request:
            wanted |= self.request.people
            emails |= self.request.emails
            self.out.print(
                f"the request of {self.request.asked_at} UTC is not certified yet: it is completed with this one"
            )
        devices = {entry.listed for entry in self.entries if entry.kind == "device"} if self.order.replay else set()
        texts: set[str] = set()
        self.accepted = set(self.order.accept_unread) | (self.request.accepted if self.request else set())
        if self.request:
            devices |= self.request.devices
            texts |= self.request.texts
        with self.out.status("reading landing"):
            subjects = self.scan.learn(emails, wanted, devices, texts | self.lake.texts_of(wanted))
            needles = Needles(subjects.texts, encoded=True)
            findings = [self.scan.look(stored, subjects, needles) for stored in self.scan.files()]
            rows = self.lake.count(subjects.pseudonyms)
        findings = [finding for finding in findings if finding.is_any]
        if self.request:
            known |= self.request.people
        wanted = self._known_people(wanted, subjects, known)
        if not wanted:
            self.out.print("nobody to erase: nothing was changed")
            return False
        self._show(findings, rows, subjects)
        if not self.order.execute:
            self.out.print("this was a dry run, and nothing was changed; to erase them: --execute", style="bold")
            return True
        self._refuse_unread()
        self._execute(emails, subjects, needles, rows)
        return True

    def _participants(self) -> dict[str, str]:
        """E-mail by participant."""
        found = pseudonyms_of(self.rules, list(self.order.emails))
        self.asked = found
        for number, participant in enumerate(found, 1):
            if participant is None:
                raise StediError(f"entry {number} is no e-mail: nothing was changed")
        return {cast(str, participant): email for participant, email in zip(found, self.order.emails, strict=True)}

    def _known_people(self, wanted: set[str], subjects: Subjects, known: set[str]) -> set[str]:
        """Those of whom there is anything; says so of the others."""
        there = known | self.scan.seen | self.lake.seen(wanted)
        for number, person in enumerate(self.asked, 1):
            if person not in there:
                what = (
                    "it is listed all the same, and what lands of them later never counts"
                    if self.order.also_unknown
                    else "nothing will keep out what lands of them later. To list them all the same: --also-unknown"
                )
                self.out.print(
                    f"entry {number} is unknown: no landing line and no table has that e-mail; {what}", soft_wrap=True
                )
        if self.order.also_unknown:
            there |= wanted
        subjects.people &= there
        return wanted & there

    def _show(self, findings: list[Finding], rows: dict[str, int], subjects: Subjects) -> None:
        people, devices = len(subjects.people), len(subjects.devices)
        self.out.print(f"{number_of(people, 'participants')} and {number_of(devices, 'devices')} of theirs alone")
        for finding in findings:
            name = source_file(finding.name, self.key)
            renamed = ", and its name" if finding.name != finding.stored.name else ""
            changed = f", {number_of(finding.changed, 'documents')} of others that name them" if finding.changed else ""
            removed = number_of(finding.removed, "documents")
            self.out.print(f"  landing {name}: {removed}{changed}{renamed}", soft_wrap=True)
        for relation, count in rows.items():
            if count:
                self.out.print(f"  table {relation}: {number_of(count, 'rows')}")
        for name, reason in self._unread().items():
            self.out.print(f"  cannot be looked into: {name}: {reason}", soft_wrap=True)

    def _unread(self) -> dict[str, str]:
        """What nobody can look into, by its name as it is shown, and why."""
        landing = {source_file(name, self.key): reason for name, reason in self.scan.unchecked.items()}
        return landing | self.lake.unread

    def _refuse_unread(self) -> None:
        """Raise `StediError` where nobody can look into something, and nobody has said that it may stay."""
        unread = {name: reason for name, reason in self._unread().items() if name not in self.accepted}
        for name, reason in unread.items():
            more = f" ({len(unread) - 1} more like that)" if len(unread) > 1 else ""
            raise StediError(
                f"{name} cannot be looked into: {reason}{more}. Delete it, or upload what is in it as plain text, "
                f"or say that it may stay although nobody knows who is in it: --accept-unread '{name}'"
            )

    def _execute(self, emails: dict[str, str], subjects: Subjects, needles: Needles, rows: dict[str, int]) -> None:
        now = datetime.now(UTC).strftime(TIME)
        if self.request is None:
            self.request = Request(f"{now.replace(' ', 'T').replace(':', '')}-{secrets.token_hex(4)}", now)
        request = self.request
        request.emails |= {person: email for person, email in emails.items() if person in subjects.people}
        request.people |= subjects.people
        request.devices |= subjects.devices
        request.texts |= subjects.texts
        request.accepted |= self.accepted
        request.count(
            "tables", {name: count for name, count in rows.items() if name not in request.removed.get("tables", {})}
        )
        steps: list[tuple[str, Callable[[], None]]] = [
            ("writing the request down", lambda: self.put_on_list(subjects, needles)),
            ("writing landing again", lambda: self.clean_landing(subjects, needles)),
            ("building the tables", self.lake.rebuild),
            (
                "removing what is left of the old ones",
                lambda: self.lake.clean(subjects.pseudonyms, self._everything(subjects)),
            ),
            ("reading every byte that is left", lambda: self.verify(subjects)),
        ]
        run_steps(
            self.out,
            steps,
            f"Nobody is certified as erased: the request is open in {self.vault.root}/{OPEN}, and "
            "`stedi erase --execute` goes on with it",
        )
        self.certify(subjects)

    def put_on_list(self, subjects: Subjects, needles: Needles) -> None:
        """The request, and the list: from here on nobody of them comes back."""
        request = cast(Request, self.request)
        self.vault.write(OPEN, request.to_bytes())
        new = [
            Entry(kind, name, request.asked_at)
            for kind, names in zip(PEOPLE, (subjects.people, subjects.devices), strict=True)
            for name in names
            if not any(entry[:2] == (kind, name) for entry in self.entries)
        ]
        objections = self.scan.objections(subjects, needles, self.entries, request.asked_at)
        gone = {entry.listed for entry in new if entry.kind == "device"}
        self.entries = [entry for entry in self.entries if not (entry.kind == "shared_device" and entry.listed in gone)]
        self.list(
            *new,
            *objections,
            Entry("request", request.name, request.asked_at),
            Entry("key", fingerprint_of(self.key), request.asked_at),
        )

    def list(self, *entries: Entry) -> None:
        """Add entries to the erasure list."""
        content = write_list([*self.entries, *entries])
        self.entries = read_list(content)
        self.vault.write(NAME, content)

    def clean_landing(self, subjects: Subjects, needles: Needles) -> None:
        """Write each object again that holds one of them."""
        request = cast(Request, self.request)
        self.scan.sweep()
        self._finish_files()
        done = []
        for stored in self.scan.files():
            finding = self.scan.look(stored, subjects, needles)
            if not finding.is_any:
                continue
            name = source_file(finding.name, self.key)
            landed = time_text(self.scan.landed_at(stored))
            # Before, so that a run that dies in between has not lost when it landed.
            entry = Entry("file", name, landed)
            self.list(entry)
            request.count("landing", self.scan.counted(finding))
            request.count("changed", {"documents of others": finding.changed})
            request.count("objects", {name: 1})
            self.vault.write(OPEN, request.to_bytes())
            written = self.lake.landing.replace(stored, finding.name, finding.content)
            self.note_written(entry, written)
            done.append(finding)
        self.scan.remove_folders(needles)
        update_marker(self.lake.landing, done)

    def _finish_files(self) -> None:
        """Complete the entries of objects that were about to be written again."""
        begun = {entry.listed: entry for entry in self.entries if entry.kind == "file" and entry.until_time is None}
        if not begun:
            return
        for stored in self.scan.files():
            entry = begun.get(source_file(stored.name, self.key))
            if entry and time_text(stored.modified) != entry.at_time:
                self.note_written(entry, stored.modified)

    def note_written(self, entry: Entry, written: int) -> None:
        """An object was written again, at this time in seconds."""
        entry = entry._replace(until_time=time_text(written))
        self.scan.add(entry)
        self.list(entry)

    def _everything(self, subjects: Subjects) -> Needles:
        return Needles(subjects.texts | subjects.pseudonyms, encoded=True)

    def verify(self, subjects: Subjects) -> None:
        """Read every byte that is left.

        Raises:
            StediError: something of theirs is left; the text says where.
        """
        needles = self._everything(subjects)
        self.checked = self.lake.checked
        self.checked.clear()
        self.lake.unread.clear()
        texts = Needles(subjects.texts, encoded=True)
        found = [f"landing folder {source_file(name, self.key)}" for name in self.scan.folders(texts)]
        for stored in self.scan.files():
            finding = self.scan.look(stored, subjects, texts)
            contents = self.scan.unpacked(stored).contents
            self.checked["landing"] = self.checked.get("landing", 0) + sum(map(len, contents))
            if finding.is_any or any(needles.found_in(content, whole=True) for content in contents):
                found.append(f"landing object {source_file(finding.name, self.key)}")
        found += self.lake.remains(
            needles, Needles({text for text in needles.texts if searchable(text) not in subjects.inside}, encoded=True)
        )
        for stored in self.vault.files():
            if stored.name not in (OPEN, NAME) and not stored.name.startswith(CERTIFICATES):
                content = self.vault.read(stored.name) or b""
                self.checked["vault"] = self.checked.get("vault", 0) + len(content)
                if any(needles.found_in(inner) for inner in unpack(content).contents):
                    found.append(f"{self.vault.root}/{stored.name}")
        refuse_what_is_left("somebody who is to be erased", found)
        self._refuse_unread()

    def certify(self, subjects: Subjects) -> None:
        """The certificate; the request is closed, and what it had to find is gone."""
        request = cast(Request, self.request)
        now = datetime.now(UTC).strftime(TIME)
        unread = self._unread()
        not_checked = [*NOT_CHECKED, *self.lake.not_checked] + [
            f"what is in {name}, which stays by --accept-unread: {reason}" for name, reason in unread.items()
        ]
        if subjects.shared:
            not_checked.append(
                f"{number_of(subjects.shared, 'values')} of theirs that stand in somebody else's record too, and stay"
            )
        if subjects.short:
            not_checked.append(f"{number_of(subjects.short, 'values')} of theirs too short to be searched for")
        certificate = {
            "certificate": request.name,
            "asked_at": request.asked_at,
            "certified_at": now,
            "target": self.lake.name,
            "landing": self.lake.landing.root,
            "participants": sorted(request.people),
            "devices": sorted(request.devices),
            "removed": request.removed,
            "checked_bytes": self.checked,
            "searched": SEARCHED,
            "found": 0,
            "accepted_unread": sorted(unread),
            "not_checked": not_checked,
        }
        path = f"{CERTIFICATES}/{request.name}"
        self.vault.write(f"{path}.json", (json.dumps(certificate, indent=1) + "\n").encode())
        self.vault.write(f"{path}.txt", _readable(certificate).encode())
        self.list(Entry("request", request.name, request.asked_at, now))
        self.vault.delete(OPEN)
        self.out.print(
            f"erased: {number_of(len(request.people), 'participants')}; certificate: {self.vault.root}/{path}.txt",
            style="bold green",
            soft_wrap=True,
        )


def _readable(certificate: dict[str, Any]) -> str:
    """A certificate for people."""
    removed = certificate["removed"]
    lines = [
        f"Certificate of erasure {certificate['certificate']}",
        "",
        f"Asked for {certificate['asked_at']} UTC, certified {certificate['certified_at']} UTC.",
        f"Target {certificate['target']}, landing {certificate['landing']}.",
        "",
        "Erased, by pseudonym:",
        *(f"  participant {name}" for name in certificate["participants"]),
        *(f"  device {name}" for name in certificate["devices"]),
        "",
        "Removed:",
        *(
            f"  {number_of(count, 'documents')} of {entity} landing"
            for entity, count in removed.get("landing", {}).items()
        ),
        *(
            f"  their texts in {number_of(count, 'documents')} of others"
            for count in removed.get("changed", {}).values()
        ),
        *(f"  landing object written again: {name}" for name in removed.get("objects", {})),
        *(f"  {number_of(count, 'rows')} of {name}" for name, count in removed.get("tables", {}).items()),
        "",
        "Read to the last byte, and nothing of theirs found:",
        *(f"  {what}: {size:,} bytes" for what, size in certificate["checked_bytes"].items()),
        f"  searched for {certificate['searched']}",
        "",
        "Not checked:",
        *(f"  {what}" for what in certificate["not_checked"]),
    ]
    return "\n".join(lines) + "\n"


def lake_of(settings: Settings, manifest: Manifest, order: Order) -> Lake:
    """The target of the project as it was parsed."""
    if manifest.metadata.adapter_type == "athena":
        from stedi.athena_lake import AthenaLake

        return AthenaLake(settings, manifest, order.arguments())
    return DuckDBLake(settings, manifest, order.arguments())
