"""The search for texts: whoever was erased must be found wherever a byte of theirs is left.

One pass whatever the number of texts: two tables of three letters each rule out nearly every place, and what is left is
compared in full. Upper and lower case are one, as far as ASCII goes; other letters are looked for in both.

Bytes are also read as whatever they may be an encoding of, again and again (`_Readings`): UTF-16, Latin-1, escapes,
base64 and hexadecimal, packed or not. What is read so is searched as it stands there, so whether a text is the whole of
a word is decided in what the bytes say, not in how they are written.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import quote

import numpy as np

from stedi.unpacking import WITHIN, is_text, kind_of, unpack

SHORTEST = 6
"""Bytes of a text that can be searched for; a shorter one would be found everywhere."""
BLOCK = 1 << 24
"""Bytes that are searched at once."""
DEPTH = 5
"""How many encodings may lie in one another."""
ESCAPED = 8
"""How often escapes are decoded."""
ROOM = 1 << 22
"""Bytes that may come out of what is packed and encoded, however small."""
SPARSE = 1 << 16
"""Bytes of which few are NUL are no UTF-16 when they are more than this, and what is no UTF-8 then is no text."""

NOT_ASCII = re.compile(r"[^\0-\x7f]+")
ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
LETTERS = re.compile(rb"[0-9a-z]")
JSON_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([bfnrt])|(.))", re.DOTALL)
ESCAPED_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
PERCENT = re.compile("%[0-9a-fA-F]{2}(?:%[0-9a-fA-F]{2})*")
QUOTED_PRINTABLE = re.compile("=[0-9A-Fa-f]{2}(?:=[0-9A-Fa-f]{2})*")
SOFT_BREAK = re.compile("=[ \t]*(?:\r\n|[\r\n])")
QUOTED = re.compile("=(?:[0-9A-Fa-f]{2}|[ \t]*[\r\n])")
QUOTED_LINE = re.compile("=[0-9A-Fa-f]{2}|\0")
MARKS = re.compile(r"[\\%&]")
"""What an escape may begin with."""
RUN = re.compile(r"(?<![\\A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}")
"""What may be base64, of either alphabet, or hexadecimal. After a backslash it is not yet what it is."""
BESIDE_RUNS = re.compile(r"[^\\A-Za-z0-9+/_=-]+")
"""What is neither in a run nor before one."""
SHORT_RUN = re.compile(rb"(?<![\\A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,}={0,2}")
"""The same, where the beginning of a text was seen in it."""
DIGITS = re.compile("[0-9a-f]{32}")
"""What may be a pseudonym, of which there may be millions."""
FOLDED = 56
"""Letters of a line, where there are line ends in base64."""
FOLDED_RUN = re.compile(
    rf"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{{{FOLDED},}}+(?:[ \t]*(?:\r\n|[\r\n])[ \t]*[A-Za-z0-9+/_-]{{2,}}+)+={{0,2}}"
)
"""The same with line ends in it, as MIME and PEM have them. Nothing is given back: a run may be very long."""
HEXADECIMAL = re.compile("[0-9A-Fa-f]{12,}")
URL_SAFE = str.maketrans("-_", "+/")
TELLING = re.compile(rb"[ -~\t\r\n]{12}|(?:[ -~]\0){4}|(?:\0[ -~]){4}")
"""What a decoded content that is worth another look has in it."""
PACKED = re.compile(rb"\x1f\x8b\x08|BZh[1-9]|\xfd7zXZ\0|PK[\x03\x05]|x[\x01\x5e\x9c\xda]|\x5d\0\0|PAR1|Obj\x01")
"""How a decoded content may begin that is packed."""


class Needles:
    """Texts to be found in bytes, each also as it is written in JSON and in URLs.

    `encoded`: also in whatever encoding, as whoever looks for leaks must.
    """

    def __init__(self, texts: Iterable[str], *, encoded: bool = False) -> None:
        """Prepare the search; texts shorter than `SHORTEST` are left out."""
        self.texts = sorted({text for text in texts if len(text.encode(errors="surrogateescape")) >= SHORTEST})
        self.encoded = encoded
        self.forms: dict[bytes, str] = {}
        self._codes: set[bytes] = set()
        """The forms that nobody can read as they stand: whether a word goes on there, only their decoding says."""
        for text in self.texts:
            for form in _forms(text):
                if len(form) >= SHORTEST:
                    self.forms.setdefault(form.lower(), text)
        for text in self.texts if encoded else ():
            for form in map(bytes.lower, _codes(text)):
                if len(form) >= SHORTEST and form not in self.forms:
                    self.forms[form] = text
                    self._codes.add(form)
        self._lengths: dict[bytes, set[int]] = {}
        """How long the forms are that begin so: many people's e-mails may begin alike."""
        self._tables = np.zeros((2, 1 << 24), dtype=bool)
        for form in self.forms:
            self._lengths.setdefault(form[:SHORTEST], set()).add(len(form))
            for table, at in ((0, 0), (1, 3)):
                self._tables[table, int.from_bytes(form[at : at + 3], "big")] = True
        self.longest = max(map(len, self.forms), default=0)

    def find(self, data: bytes, *, whole: bool = False) -> Iterator[tuple[int, str]]:
        """Where each text stands as it is, in order: offset in bytes and the text.

        With `whole`, only where no letter, digit or, of an e-mail, what else may be in one, goes before or after.
        """
        for at, form in self._hits(data):
            if not whole or not (form in self._codes or _goes_on(data.lower(), at, at + len(form))):
                yield at, self.forms[form]

    def found_in(self, data: bytes, *, whole: bool = False) -> set[str]:
        """Which of the texts stand in the bytes, as they are or, where they are to be looked for, `encoded`."""
        found = set()
        lower = data.lower() if whole else b""
        seen_codes = False
        for at, form in self._hits(data):
            if form in self._codes and whole:
                seen_codes = True
            elif not whole or not _goes_on(lower, at, at + len(form)):
                found.add(self.forms[form])
        is_read = self.encoded and len(found) < len(self.texts) and (len(data) <= SPARSE or is_text(data))
        if is_read:
            for reading, is_word in _Readings(self, has_short_runs=seen_codes or not whole).of(data):
                found |= self._plain(reading, whole=whole and is_word)
        return found

    def spans(self, data: bytes) -> list[tuple[int, int]]:
        """Where something begins and ends that is base64 or hexadecimal for one of the texts, as a whole."""
        if not self.encoded or not self.texts:
            return []
        text = data.decode("latin-1")
        readings = _Readings(self, has_short_runs=True)
        runs = readings.runs(text)
        if not any(self._plain(r, whole=is_word) for r, is_word in readings.decoded(runs, DEPTH)):
            return []
        theirs = {
            run for run in runs if any(self._plain(r, whole=is_word) for r, is_word in readings.decoded({run}, DEPTH))
        }
        return [found.span() for run in theirs for found in re.finditer(re.escape(run), text)]

    def _plain(self, data: bytes, *, whole: bool) -> set[str]:
        lower = data.lower()
        return {
            self.forms[form]
            for at, form in self._hits(data)
            if not whole or not (form in self._codes or _goes_on(lower, at, at + len(form)))
        }

    def _hits(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Where each form stands."""
        if not self.forms:
            return
        data = data.lower()
        step = max(BLOCK, 2 * self.longest)
        for start in range(0, len(data), step):
            block = data[start : start + step + self.longest]
            for at in self._candidates(block):
                if at >= step:
                    break
                for length in self._lengths.get(block[at : at + SHORTEST], ()):
                    form = block[at : at + length]
                    if form in self.forms:
                        yield start + at, form

    def code_runs(self, data: bytes) -> set[str]:
        """Runs of base64 or hexadecimal in which a form of one of the texts stands, however short they are."""
        found = set()
        for at, form in self._hits(data):
            if form in self._codes:
                begin = max(0, at - 256)
                for run in SHORT_RUN.finditer(data[begin : at + len(form) + 256]):
                    if begin + run.start() <= at and at + len(form) <= begin + run.end():
                        found.add(run[0].decode())
        return found

    def _candidates(self, block: bytes) -> list[int]:
        if len(block) < SHORTEST:
            return []
        letters = np.frombuffer(block, dtype=np.uint8).astype(np.uint32)
        threes = (letters[:-2] << 16) | (letters[1:-1] << 8) | letters[2:]
        hits = self._tables[0][threes[:-3]]
        places = np.flatnonzero(hits)
        return [int(at) for at in places[self._tables[1][threes[places + 3]]]]


class _Readings:
    """What bytes may say: each reading, and whether it is a text, so that a word in it is a word."""

    def __init__(self, needles: Needles, *, has_short_runs: bool) -> None:
        self._needles = needles
        self._has_short_runs = has_short_runs

    def of(self, data: bytes, depth: int = DEPTH, *, is_text: bool = True) -> Iterator[tuple[bytes, bool]]:
        """Every reading of some bytes but the plain one."""
        for text in _decoded(data):
            runs: set[str] = set()
            for said in _unescaped(text):
                folded = searchable(said).encode(errors="replace")
                if folded != data:
                    yield folded, is_text
                runs |= self.runs(said, has_short=self._has_short_runs or depth < DEPTH)
            if depth:
                yield from self.decoded(runs, depth)

    def runs(self, text: str, *, has_short: bool = True) -> set[str]:
        """What may be base64 or hexadecimal."""
        # To split is far faster than to search, and most words are short.
        words = {word for word in BESIDE_RUNS.split(text) if len(word) >= 16}
        runs = {run for word in words for run in RUN.findall(word)}
        found = {run for run in runs if not DIGITS.fullmatch(run) or _is_clean(bytes.fromhex(run))}
        if re.search(r"[\r\n]", text) and any(len(run) >= FOLDED for run in found):
            found |= set(FOLDED_RUN.findall(text))
        return found | self._needles.code_runs(text.encode(errors="replace")) if has_short else found

    def decoded(self, runs: set[str], depth: int) -> Iterator[tuple[bytes, bool]]:
        """What is in such runs: all of them at once, since there may be very many."""
        found: dict[bool, list[bytes]] = {True: [], False: []}
        again: dict[bool, list[bytes]] = {True: [], False: []}
        for run in runs:
            for at, content in _bytes_of(run):
                is_clean = not at and _is_clean(content)
                found[is_clean].append(content)
                if (PACKED.match(content) and kind_of(content)) or WITHIN.search(content):
                    for inner in unpack(content, room=ROOM).contents[1:]:
                        yield inner, True
                        yield from self.of(inner, depth - 1)
                elif TELLING.search(content):
                    again[is_clean].append(content)
        for is_clean, contents in found.items():
            yield b"\n".join(contents), is_clean
            if again[is_clean]:
                yield from self.of(b"\n".join(again[is_clean]), depth - 1, is_text=is_clean)


def searchable(text: str) -> str:
    """A text in one way to write each letter: JSON's escapes decoded, NFKC, no format characters, lower case."""
    if "\\" in text:
        text = ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).replace("\\", "")
    text = text.replace("\0", "")
    pieces, at = [], 0
    for found in NOT_ASCII.finditer(text):
        # A mark goes with the letter before it.
        begin = max(at, found.start() - 1)
        plain = "".join(letter for letter in text[begin : found.end()] if unicodedata.category(letter) != "Cf")
        pieces += [text[at:begin], unicodedata.normalize("NFKC", plain)]
        at = found.end()
    return "".join([*pieces, text[at:]]).lower()


def _decoded(data: bytes) -> Iterator[str]:
    """Bytes as text, in each encoding that they may have."""
    try:
        yield data.decode()
    except UnicodeDecodeError:
        yield data.decode(errors="replace")
        if len(data) <= SPARSE:
            yield data.decode("latin-1")
            yield data.decode("cp1252", errors="replace")
    else:
        if not re.search(rb"[\0-\x08\x0e-\x1f]", data):
            return
    if len(data) <= SPARSE or data.count(0) * 16 > len(data):
        for encoding in ("utf-16-le", "utf-16-be"):
            for start in (0, 1):
                yield data[start:].decode(encoding, errors="replace")


def _unescaped(text: str) -> Iterator[str]:
    """A text, and what it says as its escapes are decoded, with and without those of quoted-printable.

    Of what was decoded only the lines that may say something else yet are decoded again.
    """
    yield text
    said = text
    for _ in range(ESCAPED):
        decoded = _once_unescaped(said)
        if decoded == said:
            break
        yield decoded
        said = _lines_with(MARKS, decoded)
    if QUOTED.search(text):
        # In the place of a soft line break, so that its line is known again.
        said = _lines_with(QUOTED_LINE, SOFT_BREAK.sub("\0", text)).replace("\0", "")
        for _ in range(ESCAPED):
            yield said
            decoded = _once_unescaped(QUOTED_PRINTABLE.sub(lambda found: _text_of(found[0].replace("=", "")), said))
            if decoded == said:
                break
            said = decoded


def _lines_with(marks: re.Pattern[str], text: str) -> str:
    return "\n".join(line for line in text.splitlines() if marks.search(line))


def _once_unescaped(text: str) -> str:
    if "%" in text:
        text = PERCENT.sub(lambda found: _text_of(found[0].replace("%", "")), text)
    if "\\" in text:
        text = JSON_ESCAPE.sub(_unescaped_letter, text)
    return html.unescape(text) if "&" in text else text


def _unescaped_letter(found: re.Match[str]) -> str:
    digits = found[1] or found[2]
    return chr(int(digits, 16)) if digits else ESCAPED_LETTERS.get(found[3], found[3] or found[4])


def _text_of(digits: str) -> str:
    content = bytes.fromhex(digits)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _bytes_of(run: str) -> Iterator[tuple[int, bytes]]:
    """What a run may stand for, read from each of its first letters: whatever stands before it may be a part of it."""
    run = re.sub(r"\s", "", run)
    for digits in HEXADECIMAL.findall(run):
        for at in (0, 1):
            yield at, bytes.fromhex(digits[at : len(digits) - (len(digits) - at) % 2])
    code = run.rstrip("=").translate(URL_SAFE)
    for at in range(4):
        length = len(code) - at
        kept = code[at : len(code) - (length % 4 == 1)]
        yield at, binascii.a2b_base64(kept + "=" * (-len(kept) % 4))


def _is_clean(content: bytes) -> bool:
    """Whether nothing but a text came out, so that what was decoded began and ended where the run does."""
    try:
        return not re.search(r"[\0-\x08\x0e-\x1f\x7f]", content.decode()) or (b"\0" in content and is_text(content))
    except UnicodeDecodeError:
        return b"\0" in content and is_text(content)


def _forms(text: str) -> Iterator[bytes]:
    for spelling in _spellings(text):
        plain = spelling.encode(errors="surrogateescape")
        yield plain
        yield json.dumps(spelling)[1:-1].encode()
        yield quote(plain, safe="").encode()
        yield quote(plain).encode()


def _codes(text: str) -> Iterator[bytes]:
    for spelling in _spellings(text):
        plain = spelling.encode(errors="surrogateescape")
        others = [spelling.encode(encoding, errors="surrogatepass") for encoding in ("utf-16-le", "utf-16-be")]
        with suppress(UnicodeEncodeError):
            others.append(spelling.encode("latin-1"))
        yield from others
        for content in (plain, *others):
            yield content.hex().encode()
            for before in range(3):
                # The letters that depend on what stands before and after are cut off.
                code = base64.b64encode(b"\0" * before + content)
                code = code[-(-before * 8 // 6) : (before + len(content)) * 8 // 6]
                yield code
                yield code.translate(bytes.maketrans(b"+/", b"-_"))


def _spellings(text: str) -> set[str]:
    spelled = {text, text.lower(), text.upper(), searchable(text)}
    return spelled | {unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)}


def _goes_on(data: bytes, start: int, end: int) -> bool:
    """Whether what stands at a place is a part of a longer word or e-mail."""
    before, after = data[max(start - 1, 0) : start], data[end : end + 2]
    if LETTERS.match(before) or (before in (b".", b"+", b"-", b"_") and b"@" in data[start:end]):
        return True
    return bool(LETTERS.match(after)) or (
        b"@" in data[start:end] and after[:1] in (b".", b"-") and bool(LETTERS.match(after[1:]))
    )
