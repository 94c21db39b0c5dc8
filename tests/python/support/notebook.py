"""A notebook's cells, run in this process: a kernel would bring a hundred packages along."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any


def code_cells(notebook: Path) -> Iterator[tuple[str, str]]:
    """Tag ("" for none) and source of each code cell."""
    for cell in json.loads(notebook.read_text())["cells"]:
        if cell["cell_type"] == "code":
            yield "".join(cell["metadata"].get("tags", [])), "".join(cell["source"])


def run(notebook: Path, tags: Collection[str]) -> dict[str, Any]:
    """The names that the cells with one of these tags leave, and those without a tag."""
    names: dict[str, Any] = {}
    before = os.umask(0o022)
    try:
        for tag, source in code_cells(notebook):
            if not tag or tag in tags:
                exec(compile(source, f"{notebook.name}: {tag or 'code'}", "exec"), names)
    finally:
        os.umask(before)
    return names
