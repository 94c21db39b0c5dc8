"""What `dbt run` on `local` takes when little or nothing changed, beside a full build, as whole cold processes.

    python benchmarks/changes.py --landing data/landing

One percent more: the first hundredth of the readings once more, a day later, in files of their own.
"""

from __future__ import annotations

import re
import shutil
import statistics
from pathlib import Path
from typing import Annotated

import run as benchmark
import typer

TIME = re.compile(rb'("(?:timestamp|timeStamp|sensorReadingTime)"\s*:\s*)([0-9]+)')
DAY = 86_400_000


def add_readings(landing: Path, day: int) -> None:
    """Add a hundredth of the landing's readings, `day` days later."""
    for entity in ("accelerometer", "step_trainer"):
        folder = landing / entity / "landing"
        lines = b"".join(file.read_bytes() for file in sorted(folder.glob("copy-*"))).splitlines(keepends=True)
        some = b"".join(lines[: len(lines) // 100])
        later = TIME.sub(lambda found: found[1] + str(int(found[2]) + day * DAY).encode(), some)
        (folder / f"day-{day}.json").write_bytes(later)


def main(
    landing: Annotated[Path, typer.Option(envvar="STEDI_LANDING", help="Landing folder.")] = (
        benchmark.PROJECT / "data" / "landing"
    ),
    scale: Annotated[
        list[int] | None, typer.Option(min=1, help="Times the landing data; 1 and 50 if not given.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Builds of each kind.")] = 3,
    work: Annotated[Path, typer.Option(help="Folder for copies and outputs.")] = (
        benchmark.PROJECT / "data" / "benchmarks"
    ),
) -> None:
    """Print the wall time, CPU time and peak memory of a full build, of nothing new, and of one percent more."""
    benchmark.adopt_orphans()
    work = work.resolve()
    rows = []
    full: list[float] = []
    for times in scale or [1, 50]:
        source = benchmark.scaled_landing(landing, times, work)
        folder = work / f"{times}x-changes"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        costs = {"full": [benchmark.run_dbt(benchmark.DBT, source, folder)]}
        costs["nothing new"] = [benchmark.run_dbt(benchmark.DBT, source, folder) for _ in range(repeats)]
        for day in range(1, repeats + 1):
            add_readings(source, day)
            costs.setdefault("1 % more", []).append(benchmark.run_dbt(benchmark.DBT, source, folder))
        walls = {kind: statistics.median(cost.wall for cost in runs) for kind, runs in costs.items()}
        full.append(walls["full"])
        rows += [
            f"| {times}x | {kind} | {walls[kind]:.1f} | {statistics.median(cost.cpu for cost in runs):.1f} "
            f"| {statistics.median(cost.memory for cost in runs):,.0f} | {walls[kind] / walls['nothing new']:.2f} |"
            for kind, runs in costs.items()
        ]
    lines = [
        "| landing | build | wall s | CPU s | peak memory MB | wall / nothing new |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *rows,
        "",
        f"Full builds, largest / smallest: {full[-1] / full[0]:.1f}. Machine: {benchmark.machine()}.",
    ]
    print("\n".join(lines))


if __name__ == "__main__":
    typer.run(main)
