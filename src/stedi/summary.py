"""What came out of a build: the landing it read, rows by zone, outcomes of lines, alarms, and what to type next."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import duckdb
from rich.console import Console
from rich.table import Table

from stedi.alarms import ALARMS, NOT_MEASURED, text_of
from stedi.entities import entities
from stedi.landing import is_synthetic
from stedi.outcomes import OUTCOMES, REASONS
from stedi.progress import number_of
from stedi.settings import Settings

MOST_NAMES = 5
"""Of a list of files, how many are named."""

WIDE = 112
"""From this width on, the meaning of an outcome fits beside its counts."""


@dataclass(frozen=True)
class Built:
    """Where a build put its relations."""

    adapter: str
    """dbt's adapter: duckdb or athena."""
    target: str | None
    """The target, where one was asked for."""
    schema: str
    """The target's schema; the zones are `<schema>_<zone>`."""
    database: Path | None
    """The DuckDB file."""
    relations: tuple[tuple[str, str], ...]
    """Zone and name of every model."""


def show(built: Built, settings: Settings, console: Console, became: Mapping[str, str] = MappingProxyType({})) -> None:
    """Show what is in the DuckDB file of a build, without what is not there; of another, what became of its relations.

    `became` says of the relations that the build reached what became of each, as `note_change` says it.
    """
    if built.database is None:
        for what in sorted(set(became.values()) - {""}):
            names = ", ".join(name for _, name in built.relations if became.get(name) == what)
            console.print(f"{what}: {names}", soft_wrap=True)
    if built.database is None or not built.database.is_file():
        return
    # Not read-only: dbt, in this process, still has the database open for writing.
    with duckdb.connect(str(built.database)) as connection:
        contents = _Contents(connection, built.schema)
        _show_landing(contents, settings, console)
        landing = list(entities(settings.project))
        _show_counts(contents, built.relations, landing, became, console)
        _show_who_left(contents, console)
        _show_outcomes(contents, landing, console)
        _show_what_is_left_out(contents, console)
        _show_alarms(contents, console)


class _Contents:
    """The relations of a DuckDB file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, schema: str) -> None:
        self._connection, self._schema = connection, schema
        self._there = set(
            connection.execute("select table_schema, table_name from information_schema.tables").fetchall()
        )

    def has(self, zone: str, name: str) -> bool:
        return (f"{self._schema}_{zone}", name) in self._there

    def rows(self, columns: str, zone: str, name: str, rest: str = "") -> list[tuple]:
        """What a relation has; nothing where it is not there."""
        if not self.has(zone, name):
            return []
        return self._connection.execute(
            f'select {columns} from "{self._schema}_{zone}"."{name}" {rest}'  # noqa: S608
        ).fetchall()


def _show_landing(contents: _Contents, settings: Settings, console: Console) -> None:
    folder = settings.landing_folder
    landing, synthetic = settings.landing, folder is not None and is_synthetic(folder)
    for known in contents.rows("landing, is_synthetic", "audit", "landing", "order by noted_at"):
        landing, synthetic = known  # the latest counts
    place = landing if "://" in landing else settings.shown(settings.project / landing)
    console.print(f"\nlanding   {place}{' (synthetic: made-up people)' if synthetic else ''}", soft_wrap=True)
    reason = "case when status = 'unreadable' then ' (' || reason || ')' end"
    names = f"list(source_file || coalesce({reason}, '') order by source_file)[:{MOST_NAMES}]"
    listed = contents.rows(f"status, count(*), {names}", "audit", "landing_file", "group by status")
    files = {status: (count, names) for status, count, names in listed}
    if files:
        console.print(f"          {number_of(files.get('read', (0,))[0], 'files')} read")
    for status, style in (("unreadable", "red"), ("ignored", None)):
        if status in files:
            count, names = files[status]
            more = f" and {count - len(names):,} more" if count > len(names) else ""
            text = f"          {number_of(count, 'files')} {status}: {', '.join(names)}{more}"
            console.print(text, style=style, soft_wrap=True)


def _show_counts(
    contents: _Contents,
    relations: Iterable[tuple[str, str]],
    landing: list[str],
    became: Mapping[str, str],
    console: Console,
) -> None:
    table = Table("zone", "relation", box=None, header_style="bold", pad_edge=False)
    table.add_column("rows", justify="right")
    if became:
        table.add_column("this build")
    for entity, lines in contents.rows(
        "entity, sum(line_count)", "audit", "landing_file", "group by entity order by entity"
    ):
        table.add_row("landing", f"{entity}_landing", f"{lines or 0:,}")
    for zone in ("staging", "trusted", "curated"):
        for name in sorted(name for of, name in relations if of == zone):
            # What stands between staging's lines and the trusted tables is no news to whoever runs a build.
            if zone == "staging" and name.removeprefix("stg_") not in landing:
                continue
            for (rows,) in contents.rows("count(*)", zone, name):
                table.add_row(zone, name, f"{rows:,}", *([became.get(name, "")] if became else []))
    _print_table(table, console)


def _show_who_left(contents: _Contents, console: Console) -> None:
    """A line for each reason for which rows left in the latest build, with how many people they were of."""
    for (build_id,) in contents.rows("build_id", "audit", "build", "order by finished_at desc limit 1"):
        left = contents.rows(
            "reason, count(distinct participant_id), sum(row_count)",
            "audit",
            "removal",
            f"where build_id = '{build_id}' group by reason order by reason",
        )
        for reason, people, rows in left:
            why = REASONS.get(reason, reason.replace("_", " "))
            who = "1 person" if people == 1 else f"{people:,} people"
            console.print(f"left      {who}, {number_of(rows, 'rows')}: {why}", soft_wrap=True)


def _show_outcomes(contents: _Contents, landing: list[str], console: Console) -> None:
    lines = {
        (outcome, entity): count
        for entity, outcome, count in contents.rows("entity, outcome, row_count", "audit", "row_outcome")
    }
    if not lines:
        return
    found = {outcome for outcome, _ in lines}
    outcomes = [*(name for name in OUTCOMES if name in found), *sorted(found - OUTCOMES.keys())]
    meanings = {outcome: OUTCOMES.get(outcome, "") for outcome in outcomes}
    table = Table("outcome of each line", box=None, header_style="bold", pad_edge=False)
    for entity in landing:
        table.add_column(entity, justify="right")
    is_wide = console.width >= WIDE
    if is_wide:
        table.add_column("meaning")
    for outcome in outcomes:
        counts = _cells(lines.get((outcome, entity), 0) for entity in landing)
        table.add_row(outcome, *counts, *([meanings[outcome]] if is_wide else []))
    totals = (sum(count for (_, of), count in lines.items() if of == entity) for entity in landing)
    table.add_row("all lines", *_cells(totals), style="bold")
    _print_table(table, console)
    if not is_wide:
        legend = Table("outcome", "meaning", box=None, header_style="bold", pad_edge=False)
        for outcome in outcomes:
            legend.add_row(outcome, meanings[outcome])
        _print_table(legend, console)


def _show_what_is_left_out(contents: _Contents, console: Console) -> None:
    """A line where most of what landed is in no trusted table."""
    columns = "coalesce(sum(row_count), 0), coalesce(sum(row_count) filter (where outcome = 'trusted'), 0)"
    for landed, trusted in contents.rows(columns, "audit", "row_outcome"):
        if 2 * trusted < landed:
            text = f"most of what landed is left out: of {landed:,} documents {trusted:,} are in trusted"
            console.print(f"\n{text}", style="yellow", soft_wrap=True)


def _show_alarms(contents: _Contents, console: Console) -> None:
    """A line for each alarm that is one, errors first."""
    alarms = contents.rows(
        "level, alarm, subject, measured, case level when 'error' then error_above else warn_above end",
        "audit",
        "quality_alarm",
        "where level in ('warn', 'error') order by level, subject",
    )
    known = list(ALARMS)
    alarms.sort(key=lambda row: (row[0] != "error", known.index(row[1]) if row[1] in known else len(known)))
    if alarms:
        console.print()
    for level, *alarm in alarms:
        word, style = ("error", "red") if level == "error" else ("warning", "yellow")
        console.print(f"{word}: {text_of(*alarm)}", style=style, soft_wrap=True)
    unmeasured = contents.rows(
        "alarm || ' of ' || string_agg(subject, ', ' order by subject)",
        "audit",
        "quality_alarm",
        f"where level = '{NOT_MEASURED}' group by alarm order by alarm",
    )
    if unmeasured:
        console.print(f"not measured: {'; '.join(text for (text,) in unmeasured)}", soft_wrap=True)


def _cells(numbers: Iterable[int]) -> list[str]:
    return [f"{number:,}" if number else "" for number in numbers]


def _print_table(table: Table, console: Console) -> None:
    if table.row_count:
        console.print()
        console.print(table)


def show_next_steps(built: Built, settings: Settings, console: Console) -> None:
    """Show what one may type next, and where the tables are."""
    target = f" --target {shlex.quote(built.target)}" if built.target else ""
    dbt = program("dbt", settings)
    query = f"select * from {built.schema}_curated.machine_learning_curated"  # noqa: S608
    steps = [
        ("look at the training set", f'{dbt} show{target} --limit 5 --inline "{query}"'),
        ("read about every table", f"{dbt} docs generate{target} && {dbt} docs serve"),
    ]
    if built.database and not settings.landing_is_given:
        steps.append(("landing of your own", f"STEDI_LANDING=/path/or/s3://bucket {program('stedi', settings)} run"))
    if settings.here != settings.project:
        steps.insert(0, ("go to the project", f"cd {shlex.quote(str(settings.project))}"))
    console.print("\nnext")
    for purpose, command in steps:
        console.print(f"  {purpose + ':':<26}{command}", soft_wrap=True)
    if built.database:
        console.print(f"\ndatabase  {settings.shown(built.database)} (DuckDB)", soft_wrap=True)
    elif built.adapter == "athena":
        console.print(
            f"\ndatabase  Athena, workgroup {settings.workgroup}, files in s3://{settings.bucket}/lake/: {query}",
            soft_wrap=True,
        )


def program(name: str, settings: Settings) -> str:
    """How to type a program of this environment, such as dbt, in the project's folder."""
    own = Path(sys.executable).parent / name
    found = shutil.which(name)
    if found and Path(found) == own:
        return name
    return shlex.quote(str(own.relative_to(settings.project)) if own.is_relative_to(settings.project) else str(own))
