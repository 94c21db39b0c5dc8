"""The relations of docs/data-dictionary.md, from dbt's manifest.

    python scripts/data_dictionary.py target/manifest.json     # brings the page up to date

What stands above the first relation is written by hand and stays.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "data-dictionary.md"
ZONES = ["landing", "vault", "staging", "trusted", "curated", "audit"]


def relations(manifest: dict) -> str:
    """A section a source or model: its description, and a table of its columns."""
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    nodes += manifest["sources"].values()
    nodes.sort(key=lambda node: (ZONES.index(_zone(node)), node["resource_type"] != "source", node["name"]))
    return "\n".join(_section(node) for node in nodes)


def page(manifest: dict) -> str:
    """The whole page, with the relations of `manifest`."""
    head, _, _ = PAGE.read_text().partition("## `")
    return head + relations(manifest)


def _zone(node: dict) -> str:
    return node["schema"].removeprefix("stedi_")


def _section(node: dict) -> str:
    rows = [
        f"| `{column['name']}`{' †' if column['config']['meta']['pii'] else ''} "
        f"| {column['data_type'] or 'varchar'} | {_one_line(column['description'])} |"
        for column in node["columns"].values()
    ]
    head = f"## `stedi_{_zone(node)}.{node['name']}`\n\n{_one_line(node['description'])}\n\n"
    return head + "\n".join(["| column | type | |", "| --- | --- | --- |", *rows]) + "\n"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(Path(sys.argv[1]).read_text())))
