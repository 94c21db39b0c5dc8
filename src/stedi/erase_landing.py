"""Which landing lines a person's erasure takes away, and the landing objects without them.

A line goes as a whole when it is the person's by the rules of staging, or when it is nobody's good line and a text of
the person's stands in it. Somebody else's good line stays, byte for byte, but for a value with such a text in it, which
becomes `"erased"`.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from stedi import landing
from stedi.erasure_list import PEOPLE, Entry, landed_times, time_text
from stedi.errors import StediError
from stedi.landing_files import OTHER_FORMATS, PERSONAL, hidden, is_passed_over, line_text, source_file
from stedi.line_rules import LineRules
from stedi.searching import SHORTEST, Needles, searchable
from stedi.stores import DRAFT, Store, Stored

LINE = re.compile(rb"[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+\Z")
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[^\s"{}\[\]:,]+')
ERASED = '"erased"'


@dataclass
class Subjects:
    """Who is erased, and by what they are found."""

    people: set[str] = field(default_factory=set)
    """Participants, by pseudonym."""
    devices: set[str] = field(default_factory=set)
    """Devices that nobody else named, by pseudonym."""
    texts: set[str] = field(default_factory=set)
    """E-mails, names, phone and serial numbers that are theirs alone."""
    shared: int = 0
    """How many such texts stand in somebody else's record too, and are not searched for."""
    inside: set[str] = field(default_factory=set)
    """The texts, as `searchable`, inside somebody else's longer value: they count where they stand alone."""

    @property
    def pseudonyms(self) -> set[str]:
        """Of people and devices."""
        return self.people | self.devices

    @property
    def short(self) -> int:
        """How many texts are too short to be searched for."""
        return sum(len(text.encode()) < SHORTEST for text in self.texts)


@dataclass
class Finding:
    """What is to be done about one landing object."""

    stored: Stored
    removed: int = 0  # lines
    changed: int = 0  # lines of others
    name: str = ""  # from now on
    content: bytes = b""

    @property
    def is_any(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.removed or self.changed or self.name != self.stored.name)


class LandingScan:
    """Landing as one erasure sees it."""

    def __init__(self, store: Store, rules: LineRules, key: bytes, entries: Iterable[Entry]) -> None:
        """Landing in `store`, of which some objects were written again by `entries`.

        Raises:
            StediError: something in it lies elsewhere.
        """
        for name in store.links():
            raise StediError(
                f"landing {source_file(name, key)} is a link, and nobody is erased where it leads: put what is there "
                "in the place of the link"
            )
        self.store = store
        self._rules = rules
        self._key = key
        self._landed = landed_times(entries)
        self.unchecked: dict[str, str] = {}
        """Objects that cannot be looked into, and why."""
        self.seen: set[str] = set()
        """The people, of those that were looked for, of whom there is a line."""

    def files(self) -> Iterator[Stored]:
        """Every object in which a person's bytes may be, files that are never read among them."""
        return landing_objects(self.store)

    def sweep(self) -> None:
        """Remove what a run that died was writing."""
        for stored in self.store.files():
            if stored.name.endswith(DRAFT):
                self.store.delete(stored.name)

    def _entity_of(self, name: str) -> str | None:
        """The entity in whose landing folder an object lies."""
        return next((entity for entity in self._rules.entities if name.startswith(f"{entity}/landing/")), None)

    def counted(self, finding: Finding) -> dict[str, int]:
        """The lines that go, by entity."""
        return {self._entity_of(finding.stored.name) or "other files": finding.removed}

    def landed_at(self, stored: Stored) -> int:
        """When the object first landed, in seconds."""
        return self._landed.get((source_file(stored.name, self._key), stored.modified), stored.modified)

    def add(self, entry: Entry) -> None:
        """Know of one more object that was written again."""
        self._landed |= landed_times([entry])

    def learn(self, emails: dict[str, str], people: set[str], devices: set[str], texts: set[str]) -> Subjects:
        """What landing says of these people.

        Args:
            emails: e-mail by participant, as far as they are given.
            people: participants.
            devices: devices that are known to be theirs alone.
            texts: what is known to be theirs.
        """
        subjects = Subjects(set(people), set(devices), texts | set(emails.values()))
        theirs: set[str] = set()
        others: set[str] = set()
        elsewhere: set[str] = set()
        own_texts: set[str] = set()
        for stored in self.files():
            if self._entity_of(stored.name) != "customer":
                continue
            texts_of_lines = [line_text(_bare(line)) for line in self.lines(stored)]
            said = {one.number: one for one in self._rules.read("customer", texts_of_lines)}
            for one in said.values():
                names = ({one.participant} if one.participant else set()) | one.named_participants
                of_line = ({one.device} if one.device else set()) | one.named_devices
                theirs |= of_line if names & people else set()
                others |= of_line if names - people else set()
            for record in self._rules.records(texts_of_lines):
                about = said[record.number].participant
                values = {value for value in record[1:] if value}
                if about in people:
                    own_texts |= values
                elif about:
                    elsewhere |= values
        subjects.devices |= theirs - others
        subjects.texts |= own_texts
        haystack = "\n".join(map(searchable, elsewhere)).encode(errors="surrogateescape")
        needles = Needles(map(searchable, subjects.texts))
        shared = needles.found_in(haystack, whole=True) - set(emails.values())
        subjects.shared = sum(searchable(text) in shared for text in subjects.texts)
        subjects.texts = {text for text in subjects.texts if searchable(text) not in shared}
        subjects.inside = needles.found_in(haystack) - shared
        return subjects

    def lines(self, stored: Stored) -> list[bytes]:
        """The lines of an object, each with its end; none of one that cannot be read."""
        content = self.store.read(stored.name)
        try:
            return LINE.findall(_unpacked(stored.name, content or b""))
        except (OSError, EOFError, zlib.error):
            self.unchecked[stored.name] = "a gzip file that is broken"
            return []

    def look(self, stored: Stored, subjects: Subjects, needles: Needles) -> Finding:
        """What of the object is the people's.

        Raises:
            StediError: something of theirs is in it, and it cannot be written again without that.
        """
        finding = Finding(stored, name=self._name(stored, needles))
        if OTHER_FORMATS.search(stored.name):
            self.unchecked[stored.name] = "not a text file"
        raw = self.store.read(stored.name) or b""
        try:
            text = _unpacked(stored.name, raw)
        except (OSError, EOFError, zlib.error):
            self.unchecked[stored.name] = "a gzip file that is broken"
            if needles.found_in(_unpacked_as_far_as_possible(raw)):
                raise StediError(
                    f"{source_file(stored.name, self._key)} is a broken gzip file and holds somebody who is to be "
                    "erased: delete it or upload it whole, then run this again"
                ) from None
            return finding
        lines = LINE.findall(text)
        gone, changed = self._judge(stored.name, lines, subjects, needles)
        finding.removed, finding.changed = len(gone), len(changed)
        if finding.is_any:
            kept = (changed.get(number, line) for number, line in enumerate(lines) if number not in gone)
            finding.content = _packed(finding.name, b"".join(kept))
        return finding

    def _judge(
        self, name: str, lines: list[bytes], subjects: Subjects, needles: Needles
    ) -> tuple[set[int], dict[int, bytes]]:
        """The numbers of the lines that go, and others as they are to be."""
        entity = self._entity_of(name) or "customer"
        texts = [line_text(_bare(line)) for line in lines]
        gone: set[int] = set()
        doubtful: set[int] = set()
        for said in self._rules.read(entity, texts, subjects.pseudonyms):
            self.seen |= subjects.people & ({said.participant} | said.named_participants)
            if said.participant in subjects.people or (entity != "customer" and said.device in subjects.devices):
                gone.add(said.number)
            elif not said.is_good:
                doubtful.add(said.number)
                names_device = said.participant is None and said.named_devices & subjects.devices
                if said.named_participants & subjects.people or names_device:
                    gone.add(said.number)
        if entity != "customer" and doubtful:
            # Of a sensor line that could not be read the same rules say whom it names.
            numbers = sorted(doubtful)
            for said in self._rules.read("customer", [texts[number] for number in numbers]):
                named = {said.participant} | said.named_participants | {said.device} | said.named_devices
                self.seen |= subjects.people & named
                if named & subjects.pseudonyms:
                    gone.add(numbers[said.number])
        starts = [0, *accumulate(map(len, lines))]
        hit = {bisect_right(starts, at) - 1 for at, _ in needles.find(b"".join(lines), whole=True)}
        for number, line in enumerate(lines):
            is_odd = number not in hit and (b"\\" in line or not line.isascii())
            if is_odd and needles.found_in(searchable(texts[number]).encode(errors="replace"), whole=True):
                hit.add(number)
        changed = {}
        for number in hit - gone:
            without = None if number in doubtful else _without(texts[number], needles)
            if without is None:
                gone.add(number)
            else:
                changed[number] = without.encode() + lines[number][len(_bare(lines[number])) :]
        return gone, changed

    def _name(self, stored: Stored, needles: Needles) -> str:
        """The object's name; where it names who is erased, with pseudonyms for its parts, as staging has them."""
        spaced = re.sub(r"[ ._+-]+", " ", stored.name)
        if not needles.found_in(f"{stored.name}\n{searchable(stored.name)}\n{spaced}".encode(errors="surrogateescape")):
            return stored.name
        parts = []
        for part in stored.name.split("/"):
            spaced = re.sub(r"[ ._+-]+", " ", part)
            of_part = f"{part}\n{searchable(part)}\n{spaced}".encode(errors="surrogateescape")
            is_named = PERSONAL.search(part) or needles.found_in(of_part)
            passed_over = "_" if is_passed_over(part) else ""
            parts.append(passed_over + hidden(part, self._key) if is_named else part)
        return "/".join(parts)

    def objections(self, subjects: Subjects, needles: Needles, entries: list[Entry], asked_at: str) -> list[Entry]:
        """What has to be known so that nobody else consents, or gets a device, because the people are gone."""
        before: list[tuple[str, int]] = []
        after: list[tuple[str, int]] = []
        at: dict[str, int] = {}
        for stored in self.files():
            name = stored.name
            if self._entity_of(name) != "customer" or is_passed_over(name) or OTHER_FORMATS.search(name):
                continue
            lines = self.lines(stored)
            gone, _ = self._judge(name, lines, subjects, needles)
            landed = self.landed_at(stored)
            texts = [line_text(_bare(line)) for line in lines]
            before += [(text, landed) for text in texts]
            after += [(text, landed) for number, text in enumerate(texts) if number not in gone]
            for said in self._rules.read("customer", [texts[number] for number in sorted(gone)]):
                for person in said.named_participants - subjects.people:
                    at[person] = max(landed, at.get(person, landed))
        listed = [entry for entry in entries if entry.kind in ("objection", "shared_device")]
        added = [Entry("objection", person, time_text(seconds)) for person, seconds in at.items()]
        people, devices = self._rules.consents(before, entries)
        new = [Entry(kind, name, asked_at) for kind in PEOPLE for name in _of_kind(kind, subjects)]
        for _ in range(2):
            then, owners = self._rules.consents(after, [*_latest([*entries, *added]), *new])
            for person, (state, since, landed) in then.items():
                if state != "consents" or person not in people:
                    continue
                state_before, since_before, _ = people[person]
                if state_before != "consents":
                    added.append(Entry("objection", person, time_text(landed)))
                elif since < since_before:
                    added.append(Entry("objection", person, since_before))
            for device, owner in owners.items():
                if owner and device in devices and devices[device] != owner:
                    added.append(Entry("shared_device", device, asked_at))
        return [entry for entry in _latest([*listed, *added]) if entry not in listed]


def _of_kind(kind: str, subjects: Subjects) -> set[str]:
    return subjects.people if kind == "participant" else subjects.devices


def _latest(entries: list[Entry]) -> list[Entry]:
    """Of several entries of one kind and name the one with the latest time."""
    found: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        known = found.get(entry[:2])
        if known is None or known.at_time <= entry.at_time:
            found[entry[:2]] = entry
    return list(found.values())


def landing_objects(store: Store) -> Iterator[Stored]:
    """Every object of landing, files that are never read among them."""
    for stored in store.files():
        if not stored.name.endswith(DRAFT) and not stored.name.startswith(store.elsewhere):
            yield stored


def update_marker(store: Store, findings: Iterable[Finding]) -> None:
    """Tell the marker of generated landing what the objects that were written again hold now."""
    marker = store.read(landing.MARKER)
    if marker is None:
        return
    known = json.loads(marker)
    for finding in findings:
        if known["files"].pop(finding.stored.name, None):
            known["files"][finding.name] = landing.digest_of(finding.content)
    content = (json.dumps(known, indent=1) + "\n").encode()
    if content != marker:
        stored = next(stored for stored in store.files(landing.MARKER) if stored.name == landing.MARKER)
        store.replace(stored, landing.MARKER, content)


def _bare(line: bytes) -> bytes:
    return line.rstrip(b"\r\n")


def _unpacked(name: str, content: bytes) -> bytes:
    return gzip.decompress(content) if name.endswith(".gz") else content


def _packed(name: str, content: bytes) -> bytes:
    # The time of compression is no use to anybody.
    return gzip.compress(content, mtime=0) if name.endswith(".gz") else content


def _unpacked_as_far_as_possible(content: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    found = b""
    try:
        for start in range(0, len(content), 1 << 16):
            found += unpacker.decompress(content[start : start + (1 << 16)])
    except zlib.error:
        pass
    return found + content


def _without(line: str, needles: Needles) -> str | None:
    """A JSON line with `"erased"` for each value, or name, that has one of the texts; None where that does not do."""

    def judged(token: re.Match[str]) -> str:
        return ERASED if needles.found_in(searchable(token[0]).encode(errors="replace"), whole=True) else token[0]

    changed = TOKEN.sub(judged, line)
    return None if needles.found_in(searchable(changed).encode(errors="replace"), whole=True) else changed
