"""The documents of a landing line (docs/rules.md, Reading a line)."""

from __future__ import annotations

import json
import re
from typing import Any

BETWEEN = re.compile("[ \t\r\n\v\f\ufeff,]*")
"""What may stand between two documents of a line."""
SPACE = re.compile("[ \t\r\n]*")
"""White space as JSON defines it."""


class Object(list[tuple[str, Any]]):
    """A JSON object: its names and values, with their repeats."""


class Number(str):
    """A JSON number as it is spelled."""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


STRICT = json.JSONDecoder(object_pairs_hook=Object, parse_float=Number, parse_int=Number, parse_constant=_refuse)
"""RFC 8259 alone."""


def spans_of_documents(line: str) -> list[tuple[int, int]]:
    """Where the documents of a trimmed line begin and end: of several objects, or of an array of them.

    A line that is neither one object nor wholly such a sequence is one document, which is malformed.
    """
    is_array = line.startswith("[")
    spans = []
    at = SPACE.match(line, 1).end() if is_array else 0  # type: ignore[union-attr]
    try:
        while at < len(line):
            if line[at] != "{":
                raise ValueError
            _, end = STRICT.raw_decode(line, at)
            spans.append((at, end))
            if is_array:
                at = SPACE.match(line, end).end()  # type: ignore[union-attr]
                if line[at] == "]" and at == len(line) - 1:
                    return spans
                if line[at] != ",":
                    raise ValueError
                at = SPACE.match(line, at + 1).end()  # type: ignore[union-attr]
            else:
                at = BETWEEN.match(line, end).end()  # type: ignore[union-attr]
                if at == len(line) and end < at:
                    raise ValueError
    except (ValueError, IndexError, RecursionError):
        return [(0, len(line))]
    return spans if spans and not is_array else [(0, len(line))]


def documents_in(line: str) -> list[str]:
    """The documents of a trimmed line, as they are spelled."""
    return [line[start:end] for start, end in spans_of_documents(line)]
