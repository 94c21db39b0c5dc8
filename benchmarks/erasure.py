"""What `stedi erase` takes for many people in one request, beside one person, as whole cold processes on `local`.

    python benchmarks/erasure.py

Each erases from a lakehouse of its own, of the same generated landing.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import duckdb
import run as benchmark
import typer

from stedi.generate import generate_landing


def erase(people: int, customers: int, work: Path) -> benchmark.Cost:
    """Build a lakehouse, and erase the first of those who are trusted."""
    folder = work / f"erasure-{people}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    generate_landing(folder / "landing", customers=customers, days=1)
    benchmark.run_dbt(benchmark.DBT, folder / "landing", folder)
    with duckdb.connect(str(folder / "stedi.duckdb"), read_only=True) as db:
        emails = db.execute(
            "select distinct email from stedi_trusted.customer_trusted order by 1 limit ?", [people]
        ).fetchall()
    if len(emails) < people:
        raise typer.BadParameter(f"of {customers} customers only {len(emails)} are trusted")
    (folder / "requests.txt").write_text("".join(f"{email}\n" for (email,) in emails))
    command: list[str | Path] = [benchmark.DBT.with_name("stedi"), "erase", folder / "requests.txt", "--execute"]
    environment = benchmark.environment_of(folder / "landing", folder)
    return benchmark.measured([*command, "--project-dir", benchmark.PROJECT], environment, folder)


def main(
    people: Annotated[int, typer.Option(min=2, help="How many people in one request.")] = 1000,
    customers: Annotated[int, typer.Option(min=2, help="How many customers land.")] = 4000,
    work: Annotated[Path, typer.Option(help="Folder for lakehouses.")] = benchmark.PROJECT / "data" / "benchmarks",
) -> None:
    """Print the wall time, CPU time and peak memory of one person's erasure and of many people's."""
    benchmark.adopt_orphans()
    costs = {count: erase(count, customers, work.resolve()) for count in (1, people)}
    print("| people | wall s | CPU s | peak memory MB | wall / one person |\n| ---: | ---: | ---: | ---: | ---: |")
    for count, cost in costs.items():
        ratio = cost.wall / costs[1].wall
        print(f"| {count:,} | {cost.wall:.1f} | {cost.cpu:.1f} | {cost.memory:,.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    typer.run(main)
