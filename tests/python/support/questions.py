"""The analyses as SQL, compiled by one dbt process, and what must not be in their answers."""

from __future__ import annotations

import json
from typing import Any

from lakehouse import Lakehouse

# What names a person, and the pseudonyms made of it.
PERSONAL = """
    select unnest([
        customer_name, email, phone, cast(birth_day as varchar), serial_number, participant_id, device_id
    ])
    from stedi_staging.stg_customer
    union
    select participant_id from stedi_staging.stg_accelerometer
    union
    select device_id from stedi_staging.stg_step_trainer
"""


def compiled(lakehouse: Lakehouse) -> dict[str, str]:
    """The SQL of every analysis by its name, for the engine of this lakehouse."""
    lakehouse.dbt("compile", "--select", "resource_type:analysis")
    folder = lakehouse.folder / "target"
    nodes = json.loads((folder / "manifest.json").read_text())["nodes"].values()
    return {
        node["name"]: (lakehouse.project / node["compiled_path"]).read_text()
        for node in nodes
        if node["resource_type"] == "analysis"
    }


def personal_values(local: Lakehouse) -> set[str]:
    """Everything in this lakehouse that names a person, and every pseudonym, in lower case."""
    return {value.strip().lower() for (value,) in local.query(PERSONAL) if value and len(value.strip()) > 3}


def leaks(rows: list[tuple[Any, ...]], personal: set[str]) -> int:
    """How many of the rows hold a personal value; not which."""
    return sum(any(value in str(cell).lower() for cell in row for value in personal) for row in rows)
