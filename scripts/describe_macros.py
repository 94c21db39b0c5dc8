"""macros/_macros.yml, from the comment that stands above each macro: dbt's documentation shows it.

python scripts/describe_macros.py     # brings the file up to date
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

MACROS = Path(__file__).resolve().parent.parent / "macros"
FILE = MACROS / "_macros.yml"
HEAD = re.compile(r"\A\{#-?(?P<comment>.*?)-?#\}\s*\{%-? *(?P<kind>macro|materialization) (?P<name>\w+)", re.DOTALL)


def described() -> str:
    """The file's text: the public macro of every file, with the comment above it. dbt describes no materializations.

    Raises:
        ValueError: a macro has no comment.
    """
    macros = []
    for path in sorted(MACROS.rglob("*.sql"), key=lambda path: path.stem):
        head = HEAD.match(path.read_text())
        if not head:
            raise ValueError(
                f"{path.relative_to(MACROS.parent)} does not begin with a comment that says what it is for"
            )
        if head["kind"] == "macro":
            macros.append({"name": head["name"], "description": " ".join(head["comment"].split())})
    top = "# Written by scripts/describe_macros.py from the comment above each macro.\n"
    return top + yaml.safe_dump({"version": 2, "macros": macros}, sort_keys=False, width=120, allow_unicode=True)


if __name__ == "__main__":
    FILE.write_text(described())
