"""What lands, as the project's own yml says: the sources of single lines, wherever below `models/` they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FIRST = "customer"
"""Before every other entity: what a customer says decides about the readings."""


class Entity(NamedTuple):
    """What lands in one folder, `<landing>/<name>/landing/`."""

    name: str
    is_required: bool
    """Whether a build without any file of it is refused."""
    may_come_late: bool
    """Whether its files lie in folders of the hour, of which builds on Athena list the latest."""


def entities(project: Path) -> dict[str, Entity]:
    """What lands, by name: customers, then the others in order of their names."""
    found = []
    for _, table in landing_tables(project):
        meta = table["config"]["meta"]
        if meta["format"] == "lines":
            name = str(meta["location"]).partition("/")[0]
            found.append(Entity(name, meta.get("required", True), meta.get("may_come_late", False)))
    return {entity.name: entity for entity in sorted(found, key=lambda entity: (entity.name != FIRST, entity.name))}


def landing_tables(project: Path) -> list[tuple[str, dict[str, Any]]]:
    """Zone and table of each source that lies in a folder of landing or the vault, as its yml has it."""
    found = []
    for path in sorted((project / "models").rglob("*.yml")):
        text = path.read_text(encoding="utf-8")
        if re.search("^sources:", text, re.MULTILINE):
            for source in yaml.safe_load(text)["sources"]:
                tables = [(source["name"], table) for table in source["tables"]]
                found += [one for one in tables if "location" in one[1]["config"]["meta"]]
    return found
