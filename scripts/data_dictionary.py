"""The relations of docs/data-dictionary.md, from dbt's manifest and the registry of personal data.

    python scripts/data_dictionary.py target/manifest.json     # brings the page up to date

What stands above the first relation is written by hand and stays.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PAGE = PROJECT / "docs" / "data-dictionary.md"
REGISTRY = PROJECT / "seeds" / "personal_data.csv"
ZONES = ["landing", "vault", "staging", "trusted", "curated", "audit"]


def relations(manifest: dict) -> str:
    """A section a source, seed or model: its description, and a table of its columns."""
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
    nodes += manifest["sources"].values()
    nodes.sort(key=lambda node: (ZONES.index(_zone(node)), node["resource_type"] != "source", node["name"]))
    with REGISTRY.open(newline="") as file:
        personal = {(row["zone"], row["relation"], row["field"]): row for row in csv.DictReader(file)}
    return "\n".join(_section(node, personal) for node in nodes)


def page(manifest: dict) -> str:
    """The whole page, with the relations of `manifest`."""
    head, _, _ = PAGE.read_text().partition("## `")
    return head + relations(manifest)


def _zone(node: dict) -> str:
    return node["schema"].removeprefix("stedi_")


def _section(node: dict, personal: dict[tuple[str, str, str], dict[str, str]]) -> str:
    rows = [
        f"| `{column['name']}`{' †' if column['config']['meta']['pii'] else ''} "
        f"| {column['data_type'] or 'varchar'} "
        f"| {_treatment(personal.get((_zone(node), node['name'], column['name'])))} "
        f"| {_one_line(column['description'])} |"
        for column in node["columns"].values()
    ]
    head = f"## `stedi_{_zone(node)}.{node['name']}`\n\n{_one_line(node['description'])}\n\n"
    return head + "\n".join(["| column | type | personal data | |", "| --- | --- | --- | --- |", *rows]) + "\n"


def _treatment(row: dict[str, str] | None) -> str:
    return f"{row['kind']}, {row['treatment']}" if row else ""


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(Path(sys.argv[1]).read_text())))
