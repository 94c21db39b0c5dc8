"""What tells generated landing data from real: a marker in the landing root that lists every generated file.

The marker's name starts with ``_``, so it is never read as landing.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

MARKER = "_synthetic.json"


def is_synthetic(folder: Path) -> bool:
    """Whether ``folder`` is a landing root with generated data, by its marker."""
    return _marker(folder) is not None


def write_marker(folder: Path, facts: dict[str, Any]) -> None:
    """Mark ``folder`` as generated: ``facts``, and the name and SHA-256 of every file in it now."""
    files = {str(path.relative_to(folder)): _sha256(path) for path in _content(folder) if path.is_file()}
    text = json.dumps(facts | {"files": files}, indent=1)
    (folder / MARKER).write_text(text + "\n", encoding="utf-8")


def find_not_generated(folder: Path) -> str | None:
    """The first thing in a marked ``folder`` that is not as it was generated, relative to it; None if all is."""
    marker = _marker(folder)
    files = marker["files"] if marker else {}
    for path in _content(folder):
        name = str(path.relative_to(folder))
        if path.is_symlink() or not path.is_file():
            return name
        if name != MARKER and _sha256(path) != files.get(name):
            return name
    return None


def digest_of(content: bytes) -> str:
    """What a marker says of a file with this content."""
    return hashlib.sha256(content).hexdigest()


def _marker(folder: Path) -> dict[str, Any] | None:
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return marker if isinstance(marker, dict) and isinstance(marker.get("files"), dict) else None


def _content(folder: Path) -> list[Path]:
    """Everything below ``folder`` but folders, in order of name; links are not followed.

    Raises ``OSError`` for a folder that cannot be read, which may hold anything.
    """

    def refuse(error: OSError) -> None:
        raise error

    content = []
    for place, folders, files in os.walk(folder, onerror=refuse):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        content += [Path(place) / name for name in (*files, *links)]
    return sorted(content)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
