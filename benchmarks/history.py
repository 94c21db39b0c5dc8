"""What a build on Local Athena costs as the history grows: statements, and bytes scanned.

    python benchmarks/history.py

The shape that hurts: many people with few readings an hour, so that there are nearly as many parts as readings. After a
full build of so many hours: nothing new, one hour more, one withdrawal.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import run as benchmark
import typer

sys.path.insert(0, str(benchmark.PROJECT / "tests" / "python"))

import changing
from test_operations import new_queries, scanned
from test_parity import Pair

from athena_local.pytest_plugin import RunningAthena, start

READINGS = 3
"""Of each person in each hour."""


def costs_after(athena: RunningAthena, people: int, hours: int, show: bool) -> dict[str, tuple[int, int]]:
    """Statements and bytes scanned, by build."""
    folder = Path(tempfile.mkdtemp(prefix="history."))
    everybody = range(people)
    landing = folder / "landing"
    changing.write(landing, "customer", "customer-0.json", changing.customers(everybody))
    for hour in range(hours):
        changing.write(landing, "accelerometer", f"{hour:05}.json", changing.accelerations(everybody, hour, READINGS))
        changing.write(landing, "step_trainer", f"{hour:05}.json", changing.steps(everybody, hour, READINGS))
    pair = Pair(athena, folder, landing)
    seen: set[str] = set()
    new_queries(athena, seen)
    found = {}

    def build(name: str, **files: bytes) -> None:
        for entity, content in files.items():
            key = f"{entity}/landing/{name}.json".replace(" ", "-")
            athena.client("s3").put_object(Bucket=pair.athena.env["STEDI_BUCKET"], Key=key, Body=content)
        pair.athena.dbt("run")
        queries = new_queries(athena, seen)
        found[name] = len(queries), scanned(queries)
        if show and name != "full":
            for query in sorted(queries, key=lambda query: -query["Statistics"].get("DataScannedInBytes", 0))[:12]:
                text = " ".join(query["Query"].split())
                print(f"{query['Statistics'].get('DataScannedInBytes', 0):>9}  {text[:160]}", file=sys.stderr)

    build("full")
    build("nothing new")
    more = {"accelerometer": changing.accelerations(everybody, hours, READINGS)}
    build("one hour more", **more, step_trainer=changing.steps(everybody, hours, READINGS))
    build("one withdrawal", customer=changing.customers([7], updated=changing.START + 1, consents=False))
    return found


def main(
    people: Annotated[int, typer.Option(min=20, help="How many people.")] = 400,
    hours: Annotated[list[int] | None, typer.Option(help="Hours of history; 48 and 96 if not given.")] = None,
    show: Annotated[bool, typer.Option(help="Also name the statements that scan most.")] = False,
) -> None:
    """Print a table, with each history's bytes beside those of the first."""
    process, athena = start()
    try:
        print("| hours | build | statements | kB scanned | beside the first |\n| ---: | --- | ---: | ---: | ---: |")
        first: dict[str, tuple[int, int]] = {}
        for history in hours or [48, 96]:
            found = costs_after(athena, people, history, show)
            first = first or found
            for build, (statements, size) in found.items():
                print(f"| {history} | {build} | {statements} | {size / 1000:,.0f} | {size / first[build][1]:.2f} |")
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    typer.run(main)
