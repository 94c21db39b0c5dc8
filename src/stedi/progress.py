"""Follows dbt while it builds: what is at work now, a line for each zone that is done, and dbt's own messages."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from stedi.settings import ZONES

TOLD_BY_RESULTS = re.compile(
    r"Log\w+(Result|Line)|RunResult\w*|CheckNodeTestFailure|MainEncounteredError|MainStackTrace"
)
"""Events of level warn and error that say what the results of the build, or its exception, say again."""

MESSAGE_HEAD = re.compile(r"(Encountered an error:|\w+( \w+)? Error( in .*)?)$")
MESSAGE_TAG = re.compile(r"\[(WARNING|ERROR)\]: ?")
MESSAGE_TRAIL = re.compile(r"> (in macro|called by)|LINE \d+:")


class BuildProgress:
    """Hears dbt's events and shows what is to be seen of them; on a terminal, also a bar for each zone at work."""

    def __init__(self, out: Console, err: Console, *, silent: bool = False) -> None:
        """`silent` where dbt shows its own lines."""
        self.warnings = 0
        """Warnings of dbt; those of tests, which the results have, are not among them."""
        self._out, self._err, self._silent = out, err, silent
        self._heard: set[str] = set()
        self._zone_of: dict[str, tuple[str, bool]] = {}
        self._left: Counter[str] = Counter()
        self._counts: dict[str, Counter[str]] = {}
        self._began = time.monotonic()
        self._lock = threading.Lock()  # dbt calls from the threads that build
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<9}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=out,
            transient=True,
            disable=silent or not out.is_terminal,
        )
        self._bar_of: dict[str, TaskID] = {}

    @contextmanager
    def build(self, zone_of: dict[str, tuple[str, bool]]) -> Iterator[None]:
        """While dbt builds. `zone_of` has the zone of each node, and whether it is a test."""
        self._began = time.monotonic()
        self._zone_of = zone_of
        self._left = Counter(zone for zone, _ in zone_of.values())
        self._counts = {zone: Counter() for zone in self._left}
        self._bar_of = {zone: self._bars.add_task(zone, total=self._left[zone]) for zone in ZONES if zone in self._left}
        with self._bars:
            yield

    def hear(self, event: Any) -> None:
        """Show what is to be shown of one event of dbt."""
        with self._lock:
            if event.info.name == "NodeFinished":
                self._count(event.data.node_info.unique_id, event.data.run_result.status)
            elif event.info.name == "JinjaLogInfo" and not self._silent:
                self._out.print(one_line(event.info.msg), soft_wrap=True)
            elif event.info.level in ("warn", "error") and not TOLD_BY_RESULTS.fullmatch(event.info.name):
                self._say(event.info.level, one_line(event.info.msg))

    def _say(self, level: str, message: str) -> None:
        # DuckDB's word for Ctrl-C, which has a line of its own.
        if message in self._heard or "INTERRUPT Error" in message:
            return
        self._heard.add(message)
        self.warnings += level == "warn"
        if not self._silent:
            word, style = ("warning", "yellow") if level == "warn" else ("error", "red")
            self._err.print(f"{word}: {message}", style=style, soft_wrap=True)

    def _count(self, node: str, status: str) -> None:
        if node not in self._zone_of:
            return
        zone, is_test = self._zone_of[node]
        self._counts[zone][count_name(status, is_test)] += 1
        self._left[zone] -= 1
        if zone in self._bar_of:
            self._bars.update(self._bar_of[zone], advance=1, visible=self._left[zone] > 0)
        if not self._left[zone] and not self._silent:
            seconds = time.monotonic() - self._began
            self._out.print(f"{zone:<9} {counted(self._counts[zone])}, {seconds:.0f} s")


def count_name(status: str, is_test: bool) -> str:
    """Under what a node's status is counted, in `counted`."""
    if status == "skipped":
        return "skipped"
    if status in ("success", "pass"):
        return "tests passed" if is_test else "relations built"
    if status == "warn":
        return "warnings"
    return "tests failed" if is_test else "relations not built"


def counted(counts: Counter[str]) -> str:
    """Counts in words: `1 relation built, 3 tests passed`."""
    names = ("relations built", "relations not built", "tests passed", "tests failed", "warnings", "skipped")
    return ", ".join(number_of(counts[name], name) for name in names if counts[name])


def number_of(number: int, things: str) -> str:
    """A number and its things: `1 test passed`, `2 tests passed`."""
    return f"{number:,} {re.sub(r's(?= |$)', '', things, count=1) if number == 1 else things}"


def one_line(message: str) -> str:
    """A message of dbt as one line, without its heading and the trail of macros and SQL below it."""
    kept: list[str] = []
    message = MESSAGE_TAG.sub("", message, count=1)
    for line in (line.strip() for line in message.splitlines()):
        if MESSAGE_TRAIL.match(line):
            break
        if line and not MESSAGE_HEAD.match(line):
            kept.append(line)
    return " ".join(kept) or " ".join(message.split())
