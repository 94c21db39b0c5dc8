"""Whom the text of a customer document may name (docs/rules.md, Whom a rejected customer document names).

The twin, on DuckDB and for `stedi erase`, of what macros/rules/readable_text.sql says to Athena.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import json
import re

ROUNDS = 8
"""How often escapes are decoded at most."""
QUOTE = "\ue000"
"""Stands for a double quote, which a text inside a JSON string cannot have."""
APART = f" {QUOTE} "
"""Between two readings of one text."""

_SPACE = re.compile(r'\\"|[\x01-\x1f\x7f-\x9f]')
_HEX = "[0-9a-fA-F]"
_ESCAPE = re.compile(
    rf"(\\u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}"
    rf"|\\u(?:[0-9abcefABCEF]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}})"
    r"|\\[\\/bfnrt])|\\"
)
_SPACES = re.compile(" +")
_LINE_OF_BASE64 = re.compile("[A-Za-z0-9+/_-]{60}")
_BASE64 = re.compile("[A-Za-z0-9+/_-]{16,}")
_HEXADECIMAL = re.compile(f"(?:{_HEX}{{2}}){{8,}}")
_ASCII = bytes(range(128))
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r") + b"\x7f"
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_WINDOWS_1252 = {
    number: codecs.decode(bytes([number]), "cp1252", "ignore") or chr(number) for number in range(128, 160)
}


def readable(raw: bytes) -> str:
    """All that a document's bytes say when they are read in every way that counts, for names to be looked for in it."""
    found = [unescaped(text) for text in texts_of(raw)]
    packed = found
    for _ in range(2):
        packed = [unescaped(text) for content in packed for text in _texts_in(content)]
        found = found + packed
    return APART.join(dict.fromkeys(found))


def texts_of(raw: bytes) -> list[str]:
    """Bytes as UTF-8 and, where they are not that or hold NUL, as Windows-1252 and UTF-16 too."""
    texts = [raw.decode(errors="replace")]
    if not is_utf8(raw):
        texts.append(raw.decode("latin-1").translate(_WINDOWS_1252))
    if len(texts) > 1 or b"\0" in raw:
        even = raw[: len(raw) // 2 * 2]
        texts += [even.decode(order, errors="replace") for order in ("utf-16-le", "utf-16-be")]
    return texts


def unescaped(text: str) -> str:
    """A text whose JSON escapes are decoded until nothing changes."""
    for _ in range(ROUNDS):
        before = text
        text = _SPACE.sub(" ", text.replace("\0", "")).replace('"', QUOTE)
        text = json.loads(f'"{_ESCAPE.sub(_kept, text)}"')
        if text == before:
            break
    return text


def is_utf8(raw: bytes) -> bool:
    """Whether bytes are UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _kept(found: re.Match[str]) -> str:
    return found[1] or ""


def _between_lines(spaces: re.Match[str]) -> str:
    """Nothing in the place of spaces behind a line of base64."""
    before = spaces.string[max(spaces.start() - 60, 0) : spaces.start()]
    return "" if _LINE_OF_BASE64.fullmatch(before) else spaces[0]


def _texts_in(text: str) -> list[str]:
    """What the base64 and hexadecimal texts in a text say, as far as they are text."""
    found = []
    wrapped = _SPACES.sub(_between_lines, text)
    for run in _BASE64.findall(wrapped):
        even = run[: len(run) - (len(run) % 4 == 1)].translate({ord("-"): "+", ord("_"): "/"})
        found.append(base64.b64decode(even + "=" * (-len(even) % 4)))
    found += [binascii.unhexlify(run) for run in _HEXADECIMAL.findall(wrapped)]
    return [text for raw in found for text in _texts_of_packed(raw)]


def _texts_of_packed(raw: bytes) -> list[str]:
    if b"\0" in raw:
        even = raw[: len(raw) // 2 * 2]
        texts = [even.decode(order, errors="replace") for order in ("utf-16-le", "utf-16-be")]
    elif len(raw.translate(None, _CONTROLS)) < len(raw):
        return []
    elif is_utf8(raw):
        texts = [raw.decode()]
    elif 4 * len(raw.translate(None, _ASCII)) <= len(raw):
        texts = [raw.decode("latin-1").translate(_WINDOWS_1252)]
    else:
        return []
    return [text for text in texts if not _NO_TEXT.search(text)]
