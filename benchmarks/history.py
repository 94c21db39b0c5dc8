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

from test_operations import BUILDS, grow

from athena_local.pytest_plugin import start

READINGS = 3
"""Of each person in each hour."""


def main(
    people: Annotated[int, typer.Option(min=20, help="How many people.")] = 400,
    hours: Annotated[list[int] | None, typer.Option(help="Hours of history; 48 and 96 if not given.")] = None,
) -> None:
    """Print a table, with each history's bytes beside those of the first."""
    process, athena = start()
    try:
        print("| hours | build | statements | kB scanned | beside the first |\n| ---: | --- | ---: | ---: | ---: |")
        first: dict[str, tuple[int, int]] = {}
        for history in hours or [48, 96]:
            folder = Path(tempfile.mkdtemp(prefix="history."))
            _, found = grow(
                athena, folder, BUILDS, people=range(people), hours=history, readings=READINGS, more=READINGS
            )
            first = first or found
            for build, (statements, size) in found.items():
                print(f"| {history} | {build} | {statements} | {size / 1000:,.0f} | {size / first[build][1]:.2f} |")
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    typer.run(main)
