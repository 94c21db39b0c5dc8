"""Which landing lines a person's erasure takes away, and the landing objects without them.

A document goes as a whole when it is the person's by the rules of staging, or when it is nobody's good one and a text
of the person's stands in it. Somebody else's good document stays, byte for byte, but for a value with such a text in
it, which becomes `"erased"`. Of a line with several documents the others stay as they are spelled.
"""

from __future__ import annotations

import codecs
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from stedi import landing
from stedi.documents import spans_of_documents
from stedi.erasure_list import PEOPLE, Entry, landed_times, time_text
from stedi.errors import StediError
from stedi.landing_files import PERSONAL, hidden, is_passed_over, line_text, source_file
from stedi.line_rules import LineRules
from stedi.searching import SHORTEST, Needles, searchable
from stedi.stores import DRAFT, Store, Stored
from stedi.unpacking import Unpacked, pack, unpack

LINE = re.compile(rb"[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+\Z")
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[^\s"{}\[\]:,]+')
ERASED = '"erased"'
ODD = re.compile(rb"[^\x20-\x7e\t\r\n]|[\\%&]|=[ \t]*[\r\n]|=[0-9A-Fa-f]{2}")
"""What a line has in it that may say something else than what is written there."""
SEPARATORS = " \t\r\n\v\f\ufeff,"
"""What stands between documents of a line."""
AROUND = " \t\r\n\ufeff"
"""What may stand around all that is in a line (macros/landing/trimmed_line.sql), and one comma."""


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
    removed: int = 0  # documents
    changed: int = 0  # documents of others
    name: str = ""  # from now on
    content: bytes = b""

    @property
    def is_any(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.removed or self.changed or self.name != self.stored.name)


class Document(NamedTuple):
    """One document of a line."""

    line: int
    begin: int  # in the line's text
    end: int
    text: str


class Documents:
    """The lines of a content, and the documents in them."""

    def __init__(self, content: bytes, *, as_built: bool = False) -> None:
        """Cut it at its line ends, and where a document of a line ends.

        Lines of UTF-16 are lines of UTF-8 here, unless they are wanted as a build reads them.
        """
        self._mark, self._encoding = (b"", "") if as_built else _wide(content)
        if self._encoding:
            content = content.removeprefix(self._mark).decode(self._encoding).encode()
        self.lines = LINE.findall(content)
        self.all: list[Document] = []
        for number, line in enumerate(self.lines):
            self.all += _documents(number, _bare(line))

    @property
    def texts(self) -> list[str]:
        """As the engine sees them."""
        return [document.text for document in self.all]

    def without(self, gone: set[int], changed: dict[int, str]) -> bytes:
        """The content without some documents, by number, and with others as they are to be."""
        of_line: dict[int, list[int]] = {}
        for number in {*gone, *changed}:
            of_line.setdefault(self.all[number].line, [])
        for number, document in enumerate(self.all):
            if document.line in of_line:
                of_line[document.line].append(number)
        content = b"".join(
            self._line(line, of_line[number], gone, changed) if number in of_line else line
            for number, line in enumerate(self.lines)
        )
        return self._mark + content.decode().encode(self._encoding) if self._encoding else content

    def _line(self, line: bytes, numbers: list[int], gone: set[int], changed: dict[int, str]) -> bytes:
        if gone.issuperset(numbers):
            return b""
        bare = _bare(line)
        text = bare.decode(errors="surrogateescape")
        kept = ""
        at = begin = self.all[numbers[0]].begin
        for number in numbers:
            document = self.all[number]
            between = text[at : document.begin]
            at = document.end
            if number not in gone:
                kept += (between if kept else "") + changed.get(number, text[document.begin : document.end])
        return (text[:begin] + kept + text[at:]).encode(errors="surrogateescape") + line[len(bare) :]


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

    def folders(self, needles: Needles) -> list[str]:
        """The folders whose own names name somebody, those inside others first."""
        return [name for name in self.store.folders() if self._is_named(name.rpartition("/")[2], needles)]

    def remove_folders(self, needles: Needles) -> None:
        """Remove those of them that are empty: what was in them has been put elsewhere."""
        for name in self.folders(needles):
            self.store.remove_folder(name)

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
            texts_of_documents = self.documents(stored).texts
            said = {one.number: one for one in self._rules.read("customer", texts_of_documents)}
            for one in said.values():
                names = ({one.participant} if one.participant else set()) | one.named_participants
                of_line = ({one.device} if one.device else set()) | one.named_devices
                theirs |= of_line if names & people else set()
                others |= of_line if names - people else set()
            for record in self._rules.records(texts_of_documents):
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

    def unpacked(self, stored: Stored) -> Unpacked:
        """What is in an object; `unchecked` has why not all of it could be looked into."""
        content = self.store.read(stored.name) or b""
        found = unpack(content)
        problem = found.problem or (None if found.is_text else "no text, and of no kind that is known")
        if problem:
            self.unchecked[stored.name] = problem
        else:
            self.unchecked.pop(stored.name, None)
        return found

    def documents(self, stored: Stored) -> Documents:
        """The documents of an object; none of one that cannot be cut into lines."""
        return Documents(self.unpacked(stored).text or b"")

    def look(self, stored: Stored, subjects: Subjects, needles: Needles) -> Finding:
        """What of the object is the people's.

        Raises:
            StediError: something of theirs is in it, and it cannot be written again without that.
        """
        finding = Finding(stored, name=self._name(stored, needles))
        unpacked = self.unpacked(stored)
        if unpacked.text is None:
            if any(needles.found_in(content, whole=True) for content in unpacked.contents):
                what = unpacked.problem or "packed so that it cannot be written again as it is"
                raise StediError(
                    f"{source_file(stored.name, self._key)} is {what}, and holds somebody who is to be erased: delete "
                    "it, or upload what is in it as plain text, then run this again"
                )
            if finding.is_any:
                finding.content = unpacked.contents[0]
            return finding
        documents = Documents(unpacked.text)
        gone, changed = self._judge(stored.name, documents, subjects, needles)
        finding.removed, finding.changed = len(gone), len(changed)
        if finding.is_any:
            finding.content = unpacked.contents[0]
        if gone or changed:
            text = documents.without(gone, changed)
            if needles.found_in(text, whole=True):
                raise StediError(
                    f"{source_file(stored.name, self._key)} holds somebody who is to be erased in a way that cannot be "
                    "cut out of it: delete it, or upload it without them, then run this again"
                )
            finding.content = pack(unpacked.kinds, text)
        return finding

    def _judge(
        self, name: str, documents: Documents, subjects: Subjects, needles: Needles
    ) -> tuple[set[int], dict[int, str]]:
        """The numbers of the documents that go, and others as they are to be."""
        entity = self._entity_of(name) or "customer"
        texts = documents.texts
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
        changed = {}
        for number in self._hit(documents, needles) - gone:
            without = None if number in doubtful else _without(texts[number], needles)
            if without is None:
                gone.add(number)
            else:
                changed[number] = without
        return gone, changed

    def _hit(self, documents: Documents, needles: Needles) -> set[int]:
        """The documents in which one of the texts stands, however it is written."""
        content = b"".join(documents.lines)
        starts = [0, *accumulate(map(len, documents.lines))]
        hit = {bisect_right(starts, at) - 1 for at, _ in needles.find(content, whole=True)}
        for begin, end in needles.spans(content):
            hit |= set(range(bisect_right(starts, begin) - 1, bisect_right(starts, end - 1)))
        hit |= {
            number
            for number, line in enumerate(documents.lines)
            if number not in hit and ODD.search(line) and needles.found_in(line, whole=True)
        }
        found = set()
        of_line: dict[int, list[int]] = {}
        for number, document in enumerate(documents.all):
            if document.line in hit:
                of_line.setdefault(document.line, []).append(number)
        for numbers in of_line.values():
            theirs = {n for n in numbers if needles.found_in(_encoded(documents.all[n].text), whole=True)}
            # What none of them has alone, all of them have together.
            found |= theirs or set(numbers)
        return found

    def _name(self, stored: Stored, needles: Needles) -> str:
        """The object's name; where it names who is erased, with pseudonyms for its parts, as staging has them."""
        if not self._is_named(stored.name, needles):
            return stored.name
        parts = []
        for part in stored.name.split("/"):
            is_named = PERSONAL.search(part) or self._is_named(part, needles)
            passed_over = "_" if is_passed_over(part) else ""
            parts.append(passed_over + hidden(part, self._key) if is_named else part)
        return "/".join(parts)

    @staticmethod
    def _is_named(name: str, needles: Needles) -> bool:
        spaced = re.sub(r"[ ._+-]+", " ", name)
        return bool(needles.found_in(f"{name}\n{searchable(name)}\n{spaced}".encode(errors="surrogateescape")))

    def objections(self, subjects: Subjects, needles: Needles, entries: list[Entry], asked_at: str) -> list[Entry]:
        """What has to be known so that nobody else consents, or gets a device, because the people are gone."""
        before: list[tuple[str, int]] = []
        after: list[tuple[str, int]] = []
        at: dict[str, int] = {}
        for stored in self.files():
            name = stored.name
            if self._entity_of(name) != "customer" or is_passed_over(name):
                continue
            unpacked = self.unpacked(stored)
            if unpacked.text is None or not is_read(name, unpacked.kinds):
                continue
            documents = Documents(unpacked.text, as_built=True)
            gone, _ = self._judge(name, documents, subjects, needles)
            landed = self.landed_at(stored)
            texts = documents.texts
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


def _wide(content: bytes) -> tuple[bytes, str]:
    """The byte order mark and the encoding of a content in UTF-16; both empty where it is none, from end to end."""
    for mark, encoding, empty in ((codecs.BOM_UTF16_LE, "utf-16-le", 1), (codecs.BOM_UTF16_BE, "utf-16-be", 0)):
        has_mark = content.startswith(mark)
        if has_mark or (len(content) > 3 and content[empty::2].count(0) * 4 > len(content)):
            mark = mark if has_mark else b""
            with suppress(UnicodeError):
                if mark + content.removeprefix(mark).decode(encoding).encode(encoding) == content:
                    return mark, encoding
    return b"", ""


def is_read(name: str, kinds: list[str]) -> bool:
    """Whether a build reads an object with such a content: plain text, and gzip under a name that ends in .gz."""
    return kinds == (["gzip"] if name.endswith(".gz") else [])


def _documents(number: int, bare: bytes) -> list[Document]:
    """The documents of a line; a blank one is one too, and says nothing."""
    try:
        text = bare.decode()
    except UnicodeDecodeError:
        return [Document(number, 0, len(bare), line_text(bare))]
    # Nearly every line is one document, and a look at it is far cheaper.
    if text.count("{") < 2 and not text.lstrip(AROUND).startswith("["):
        return [Document(number, 0, len(text), line_text(bare))]
    trimmed = text.strip(AROUND)
    trimmed = trimmed[:-1].rstrip(AROUND) if trimmed.endswith(",") else trimmed
    begin = len(text) - len(text.lstrip(AROUND))
    spans = spans_of_documents(trimmed)
    if len(spans) < 2 and not trimmed.startswith("["):
        return [Document(number, 0, len(text), line_text(bare))]
    return [
        Document(number, begin + start, begin + end, line_text(trimmed[start:end].encode(errors="surrogateescape")))
        for start, end in spans
    ]


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _without(document: str, needles: Needles) -> str | None:
    """A document with `"erased"` for each value, or name, that has one of the texts; None where that does not do."""

    def judged(token: re.Match[str]) -> str:
        return ERASED if needles.found_in(_encoded(token[0]), whole=True) else token[0]

    changed = TOKEN.sub(judged, document)
    return None if needles.found_in(_encoded(changed), whole=True) else changed
