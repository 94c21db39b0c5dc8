"""What a build on Local Athena asks of S3 where many small files have landed, and ten more land.

    python benchmarks/files.py

The files lie in folders of the hour, as Firehose puts them, all of last year; each holds one acceleration. A build that
reads them all, one with nothing new, and one with ten new files. Takes half an hour for 100,000 files.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import run as benchmark
import typer
from werkzeug.serving import WSGIRequestHandler

sys.path.insert(0, str(benchmark.PROJECT / "tests" / "python"))

import changing
from test_operations import new_queries
from test_parity import Pair

from athena_local.pytest_plugin import RunningAthena
from athena_local.server import LocalAthena

PEOPLE = range(20)
LANDING = re.compile(r"accelerometer(/|%2F)landing")


class Requests(Counter[str]):
    """How often landing was listed, by the build and by the engine, and how many of its objects were opened."""

    def note(self, handler: WSGIRequestHandler, *_: object) -> None:
        """Count one request that the server has answered."""
        if handler.command == "GET" and LANDING.search(handler.path):
            who = "engine" if "java" in handler.headers.get("User-Agent", "").lower() else "build"
            self[f"listed by the {who}" if "list-type=2" in handler.path else "opened"] += 1


def main(files: Annotated[int, typer.Option(min=1, help="How many small files.")] = 100_000) -> None:
    """Print a table of requests and statements."""
    requests = Requests()
    WSGIRequestHandler.log_request = lambda *arguments: requests.note(*arguments)  # type: ignore[method-assign]
    landing = Path(tempfile.mkdtemp(prefix="files.")) / "landing"
    changing.write(landing, "customer", "a.json", changing.customers(PEOPLE))
    changing.write(landing, "accelerometer", "a.json", changing.accelerations(PEOPLE, 0, 1))
    changing.write(landing, "step_trainer", "a.json", changing.steps(PEOPLE, 0, 1))
    with LocalAthena() as local:
        athena = RunningAthena(dict(local.env), os.getpid())
        pair = Pair(athena, landing.parent, landing)
        s3 = athena.client("s3")

        def land(number: int, hour: datetime) -> None:
            body = changing.accelerations([number % len(PEOPLE)], number % 200, 1)
            key = f"accelerometer/landing/{hour:%Y/%m/%d/%H}/{number:07}.json"
            s3.put_object(Bucket=pair.athena.env["STEDI_BUCKET"], Key=key, Body=body)

        now = datetime.now(UTC)
        last = datetime(now.year, 1, 1, tzinfo=UTC)
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda n: land(n, last - timedelta(hours=1 + n % 8000)), range(files)))
        seen: set[str] = set()
        new_queries(athena, seen)
        print("| build | statements | listed by the build | listed by the engine | objects opened |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for build in ("all new", "nothing new", "ten more"):
            if build == "ten more":
                for number in range(files, files + 10):
                    land(number, now)
            requests.clear()
            pair.athena.dbt("run")
            counts = [requests[kind] for kind in ("listed by the build", "listed by the engine", "opened")]
            print(f"| {build} | {len(new_queries(athena, seen))} | " + " | ".join(f"{n:,}" for n in counts) + " |")


if __name__ == "__main__":
    typer.run(main)
