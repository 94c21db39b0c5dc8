"""Searching bytes for many texts at once: who was erased must be found wherever a byte of theirs is left.

One pass whatever the number of texts: two tables of three letters each rule out nearly every place, and what is left is
compared in full. Upper and lower case are one, as far as ASCII goes; other letters are looked for in both.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import quote

import numpy as np

SHORTEST = 6
"""Bytes of a text that can be searched for; a shorter one would be found everywhere."""
BLOCK = 1 << 24
"""Bytes that are searched at once."""

ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
LETTERS = re.compile(rb"[0-9a-z]")


class Needles:
    """Texts to be found in bytes, each also as it is written in JSON and in URLs.

    `encoded`: also in UTF-16, hexadecimal and base64, as whoever looks for leaks must.
    """

    def __init__(self, texts: Iterable[str], *, encoded: bool = False) -> None:
        """Prepare the search; texts shorter than `SHORTEST` are left out."""
        self.texts = sorted({text for text in texts if len(text.encode()) >= SHORTEST})
        self.forms: dict[bytes, str] = {}
        for text in self.texts:
            for form in _forms(text, encoded):
                if len(form) >= SHORTEST:
                    self.forms.setdefault(form.lower(), text)
        self._lengths: dict[bytes, set[int]] = {}
        """How long the forms are that begin so: many people's e-mails may begin alike."""
        self._tables = np.zeros((2, 1 << 24), dtype=bool)
        for form in self.forms:
            self._lengths.setdefault(form[:SHORTEST], set()).add(len(form))
            for table, at in ((0, 0), (1, 3)):
                self._tables[table, int.from_bytes(form[at : at + 3], "big")] = True
        self.longest = max(map(len, self.forms), default=0)

    def find(self, data: bytes, *, whole: bool = False) -> Iterator[tuple[int, str]]:
        """Where each text stands, in order: offset in bytes and the text.

        With `whole`, only where no letter, digit or, of an e-mail, what else may be in one, goes before or after.
        """
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
                    text = self.forms.get(block[at : at + length])
                    if text is not None and not (whole and _goes_on(data, start + at, start + at + length)):
                        yield start + at, text

    def found_in(self, data: bytes, *, whole: bool = False) -> set[str]:
        """Which of the texts stand in the bytes."""
        return {text for _, text in self.find(data, whole=whole)}

    def _candidates(self, block: bytes) -> list[int]:
        if len(block) < SHORTEST:
            return []
        letters = np.frombuffer(block, dtype=np.uint8).astype(np.uint32)
        threes = (letters[:-2] << 16) | (letters[1:-1] << 8) | letters[2:]
        hits = self._tables[0][threes[:-3]]
        places = np.flatnonzero(hits)
        return [int(at) for at in places[self._tables[1][threes[places + 3]]]]


def searchable(text: str) -> str:
    """A text in one way to write each letter: JSON's escapes decoded, NFKC, no format characters, lower case."""
    text = ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).replace("\\", "")
    plain = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", plain.replace("\0", "")).lower()


def _forms(text: str, encoded: bool) -> Iterator[bytes]:
    spelled = {text, text.lower(), text.upper(), searchable(text)}
    spelled |= {unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)}
    for spelling in spelled:
        plain = spelling.encode(errors="surrogateescape")
        yield plain
        yield json.dumps(spelling)[1:-1].encode()
        yield quote(plain, safe="").encode()
        yield quote(plain).encode()
        if encoded:
            yield plain.hex().encode()
            yield spelling.encode("utf-16-le", errors="surrogatepass")
            for before in range(3):
                # The letters that depend on what stands before and after are cut off.
                code = base64.b64encode(b"\0" * before + plain)
                yield code[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6]


def _goes_on(data: bytes, start: int, end: int) -> bool:
    """Whether what stands at a place is a part of a longer word or e-mail."""
    before, after = data[max(start - 1, 0) : start], data[end : end + 2]
    if LETTERS.match(before) or (before in (b".", b"+", b"-", b"_") and b"@" in data[start:end]):
        return True
    return bool(LETTERS.match(after)) or (
        b"@" in data[start:end] and after[:1] in (b".", b"-") and bool(LETTERS.match(after[1:]))
    )
