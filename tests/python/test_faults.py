"""Builds on Athena that die, lose answers or meet each other: the next ordinary build puts right what they left.

"Right" is what a build from nothing on DuckDB makes of the same bucket, every relation, row by row.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import changing
import pytest
from lakehouse import ZONE_OF, Lakehouse, assert_same_rows, copy_project
from querying import Athena
from support import truth
from test_operations import new_queries, scanned
from test_parity import Pair

from athena_local.pytest_plugin import RunningAthena
from stedi.vault import key_file

pytestmark = pytest.mark.athena

STATEMENT = "AmazonAthena.StartQueryExecution"
CATALOG_CHANGE = "AWSGlue.(Create|Update|Delete)Table"
PEOPLE = range(6)
IN_USE = [relation for relation, zone in ZONE_OF.items() if zone in ("trusted", "curated")]


def operation(headers: Message, body: bytes) -> str:
    """The operation of a service that is asked with a form, as CloudFormation, IAM and STS are."""
    if "x-www-form-urlencoded" not in headers.get("Content-Type", ""):
        return ""
    service = headers["Authorization"].split("/")[3]
    return f"{service}.{parse_qs(body.decode())['Action'][0]}"


class Proxy:
    """Stands before Local Athena, keeps what was asked for, and does something at the n-th request of a kind."""

    def __init__(self, endpoint: str) -> None:
        self.kind = "none"
        self.at = 0
        self.seen = 0
        self.requests: set[tuple[str, str, str]] = set()  # method, path, service and operation (none of S3)
        self.before: Callable[[], object] | None = None
        self.after: Callable[[], object] | None = None
        self.lock = threading.Lock()
        proxy, upstream = self, urlsplit(endpoint).netloc

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments: object) -> None:
                pass

            def forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                target = self.headers.get("X-Amz-Target", "")
                proxy.requests.add((self.command, self.path, target or operation(self.headers, body)))
                now = proxy.is_now(target)
                if now and proxy.before:
                    proxy.before()
                    self.close_connection = True
                    return
                connection = http.client.HTTPConnection(upstream)
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                content = answer.read()
                if now and proxy.after:
                    proxy.after()
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection", "server", "date"):
                        self.send_header(name, value)
                self.send_header(
                    "Content-Length", answer.headers["Content-Length"] if self.command == "HEAD" else str(len(content))
                )
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def is_now(self, target: str) -> bool:
        with self.lock:
            self.seen += bool(re.fullmatch(self.kind, target))
            if self.seen != self.at or not re.fullmatch(self.kind, target):
                return False
            self.at = -1
            return True

    def arm(
        self,
        kind: str,
        at: int,
        before: Callable[[], object] | None = None,
        after: Callable[[], object] | None = None,
    ) -> None:
        self.kind, self.at, self.seen, self.before, self.after = kind, at, 0, before, after


class World:
    """A small landing on S3 that grows, a lakehouse on Athena kept up by ordinary builds, and a proxy before it."""

    def __init__(self, athena: RunningAthena, folder: Path) -> None:
        landing = folder / "landing"
        changing.write(landing, "customer", "a.json", changing.customers(PEOPLE))
        changing.write(landing, "accelerometer", "a.json", changing.accelerations(PEOPLE, 0, 9))
        changing.write(landing, "step_trainer", "a.json", changing.steps(PEOPLE, 0, 9))
        self.pair = Pair(athena, folder, landing)
        self.athena = athena
        self.query = Athena(athena).do
        self.folder = folder
        self.bucket = self.pair.athena.env["STEDI_BUCKET"]
        self.proxy = Proxy(athena.endpoint_url)
        self.changes = 0
        self.rebuilt = 0
        self.pair.athena.dbt("run")

    @property
    def troubled(self) -> Lakehouse:
        """The same lakehouse, reached through the proxy."""
        lakehouse = self.pair.athena
        env = lakehouse.env | {"AWS_ENDPOINT_URL": self.proxy.url}
        return Lakehouse(lakehouse.folder, "unused", env=env, target="athena")

    def land(self, entity: str, content: bytes, name: str = "") -> None:
        key = f"{entity}/landing/{name or f'b{self.changes:03}'}.json"
        self.athena.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content)

    def change(self) -> None:
        """Something of everything; another person each time."""
        self.changes += 1
        n, person = self.changes, self.changes % len(PEOPLE)
        self.land("accelerometer", changing.accelerations(PEOPLE, n % 7, 9 + n) + b"no json\n")
        self.land("step_trainer", changing.steps(PEOPLE, n % 7, 9 + n), name=f"0-sorts-first-{n}")
        records = changing.customers([person], updated=changing.START + n, consents=n // len(PEOPLE) % 2 == 1)
        if n % 4 == 3:  # somebody unknown so far names the device of another
            records += changing.customers([100 + n], updated=changing.START + n).replace(
                changing.serial_number(100 + n).encode(), changing.serial_number((person + 2) % len(PEOPLE)).encode()
            )
        self.land("customer", records)

    def killed(self, kind: str, at: int, *, after: bool, arguments: tuple[str, ...] = ()) -> bool:
        """A build that is killed at the n-th request of a kind; whether it got so far."""
        earlier: set[str] = set()
        new_queries(self.athena, earlier)
        process: list[subprocess.Popen[str]] = []
        kill = lambda: os.killpg(process[0].pid, signal.SIGKILL)  # noqa: E731
        self.proxy.arm(kind, at, **{"after" if after else "before": kill})
        process.append(self.troubled.start("run", *arguments))
        process[0].communicate()
        # What it had begun the engine ends; a table that comes into being only now would be in the next build's way.
        while {"QUEUED", "RUNNING"} & {query["Status"]["State"] for query in new_queries(self.athena, set(earlier))}:
            time.sleep(0.2)
        return process[0].returncode == -signal.SIGKILL

    def believe_nothing(self) -> None:
        """As if the last build had died: the next one compares everything."""
        self.query("update stedi_audit.relation_state set taken_by = 'a dead build' where relation is not null")

    def differences(self, *, but_for: str = "") -> list[str]:
        """The relations that are not what a build from nothing gives, but for a column."""
        self.rebuilt += 1
        env = self.pair.local.env
        new = Lakehouse(self.folder / f"new-{self.rebuilt}", f"s3://{self.bucket}", env=env)
        key_file(new.vault).write_bytes(key_file(self.pair.local.vault).read_bytes())
        new.dbt("run")
        found = []
        for relation in ZONE_OF:
            columns = [n for n, column in enumerate(truth.COLUMNS[relation]) if column != but_for]
            rows, anew = (
                [tuple(row[n] for n in columns) for row in landed]
                for landed in (self.pair.iceberg_rows(relation), new.rows(relation))
            )
            try:
                assert_same_rows(relation, rows, anew)
            except AssertionError:
                found.append(relation)
        return found


@pytest.fixture(scope="module")
def world(local_athena: RunningAthena, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(local_athena, tmp_path_factory.mktemp("faults"))
    yield world
    world.proxy.server.shutdown()


def test_builds_killed_at_a_statement_or_a_rename_are_put_right(world: World) -> None:
    """Statements of every part of a build, the build killed before one and after the next; then a full refresh.

    The landing changes before each; what the dead builds left piles up until one ordinary build.
    """
    for at, after in ((4, True), (20, False), (44, True)):
        world.change()
        assert world.killed(STATEMENT, at, after=after), "the build has fewer statements than this test thinks"
    world.change()
    assert world.killed(CATALOG_CHANGE, 26, after=True, arguments=("--full-refresh",))
    world.pair.athena.dbt("run")
    assert world.differences() == []


def test_builds_that_compare_only_what_changed_miss_nothing(world: World, tmp_path: Path) -> None:
    """And the control: a build that forgets what it changed misses something, until nobody believes it any more."""
    state = "stedi_audit.relation_state"
    while world.changes % 4 != 2:  # the change below names the device of another
        world.changes += 1
    world.pair.athena.dbt("run")
    assert world.query(f"select count(*) from {state} where taken_by is not null").rows == [("0",)]
    world.change()
    world.pair.athena.dbt("run")
    # Alarms tell of the build itself, so what they read is never as the build before left it.
    doubted = world.query(f"select relation from {state} where agreed_state is null and relation <> 'quality_alarm'")
    assert doubted.rows == []
    assert world.differences() == []

    copy_project(tmp_path)
    path = tmp_path / "macros" / "audit" / "note_changed_scopes.sql"
    path.write_text(path.read_text().replace("update({model.name: scopes})", "update({model.name: []})"))
    world.change()
    Lakehouse(tmp_path / "own", "unused", project=tmp_path, env=world.pair.athena.env, target="athena").dbt("run")
    assert world.differences()
    world.believe_nothing()  # as the next test shows, that is enough


def test_lost_answers_and_two_builds_at_once_add_nothing_twice(world: World) -> None:
    """One of the two is never told of statements that it began, one near its start and one in its middle."""
    world.change()
    lost: list[int] = []

    def lose_and_wait_for_the_next() -> None:
        lost.append(world.proxy.seen)
        if len(lost) == 1:
            world.proxy.at = 24

    world.proxy.arm(STATEMENT, 6, after=lose_and_wait_for_the_next)
    other = Lakehouse(world.folder / "at-once", "unused", env=world.pair.athena.env, target="athena")
    for process in [world.troubled.start("run"), other.start("run")]:
        process.communicate()
    assert lost == [6, 24]
    world.pair.athena.dbt("run")
    assert world.differences() == []


def test_what_goes_and_comes_back_leaves_no_trace(world: World) -> None:
    """Everybody's consent, the scope of consent, files, rows, and tables that a dead build left."""
    world.changes += 1
    late = changing.START + 1_000_000
    world.land("customer", changing.customers(range(200), updated=late, consents=False), name="refusals")
    world.land("accelerometer", changing.accelerations([2, 3], 5, 3), name="removed")
    world.land("accelerometer", changing.accelerations([2, 3], 6, 3), name="_passed_over")
    world.pair.athena.dbt("run")
    assert not [relation for relation in IN_USE if world.pair.iceberg_rows(relation)]
    world.changes += 1
    world.land("customer", changing.customers([0, 1], updated=late + 1), name="consents")
    world.pair.athena.dbt("run")
    # What is in it is compared below.
    assert world.pair.iceberg_rows("machine_learning_curated")
    world.pair.athena.dbt("run", "--vars", "consent_scope: since_consent")

    names = ["accelerometer_trusted__ha", "customer_trusted__bkp", "step_trainer_trusted__dbt_tmp"]
    for name in names:
        world.query(
            f"create table stedi_trusted.{name} with (table_type = 'iceberg', is_external = false, "
            f"location = 's3://{world.bucket}/lake/left/{name}/') as select * from stedi_trusted.customer_trusted"
        )
    s3 = world.athena.client("s3")
    assert s3.list_objects_v2(Bucket=world.bucket, Prefix="lake/left/")["KeyCount"] >= len(names)
    world.query("delete from stedi_trusted.step_trainer_trusted where distance_from_object > 0")
    # S3 dates objects to the second.
    time.sleep(1.1)
    world.land("customer", changing.customers([0, 1], updated=late + 1, consents=False), name="consents")
    world.land("customer", changing.customers([2], updated=late, consents=False), name="refusals")
    s3.delete_object(Bucket=world.bucket, Key="accelerometer/landing/removed.json")
    world.pair.athena.dbt("run")
    assert not {name for name in world.pair.tables() if "__" in name}
    assert s3.list_objects_v2(Bucket=world.bucket, Prefix="lake/left/")["KeyCount"] == 0
    assert world.differences() == []
    assert "unchanged" in world.pair.athena.dbt("run", "--select", "stg_customer").stdout


def test_rows_that_got_lost_stay_lost_where_the_summary_is_believed(world: World, tmp_path: Path) -> None:
    """The control of this file: a broken rule is seen to leave a difference. The next build puts it right."""
    world.query("delete from stedi_trusted.accelerometer_trusted where x > 0")
    copy_project(tmp_path)
    path = tmp_path / "macros" / "materializations" / "summary_agrees.sql"
    text, found = re.subn(r" and found\.get\(\"counted\", 0\) == found\.get\(\"rows\"\)", "", path.read_text())
    assert found
    path.write_text(text)
    Lakehouse(tmp_path / "own", "unused", project=tmp_path, env=world.pair.athena.env, target="athena").dbt("run")
    assert world.differences()
    world.believe_nothing()


def test_a_thousand_files_are_known_and_only_new_ones_read(world: World) -> None:
    """In folders of the hour S3 is not even asked for the others, until nothing is believed.

    And a thousand parts that differ at once are written to a scratch table, which goes again.
    """
    world.changes += 1
    for n in range(1010):
        folder = "" if n % 2 else f"2025/12/{n % 31 + 1:02}/{n % 24:02}/"
        world.land("accelerometer", changing.accelerations([n % 6], 10 + n, 1), name=f"{folder}m{n:04}")
    world.believe_nothing()
    world.pair.athena.dbt("run")
    seen: set[str] = set()
    new_queries(world.athena, seen)
    known = sum(
        o["Size"]
        for page in world.athena.client("s3")
        .get_paginator("list_objects_v2")
        .paginate(Bucket=world.bucket, Prefix="accelerometer/landing/")
        for o in page["Contents"]
    )
    late, hour = "2025/12/05/04/late", datetime.now(UTC).strftime("%Y/%m/%d/%H/now")
    for name in ("0", "m0500b", "z", late, hour):
        world.land("accelerometer", changing.accelerations([1], 11, 1), name=name)
    world.proxy.requests.clear()
    world.troubled.dbt("run", "--select", "stg_accelerometer")
    assert 0 < scanned(new_queries(world.athena, seen), "accelerometer_landing_lines") < known / 2
    # The 505 files that lie directly there, and the folders of this year: those of the year before are not looked at.
    listed = [path for _, path, _ in world.proxy.requests if "list-type=2" in path and "accelerometer" in path]
    assert 2 <= len(listed) <= 3, listed
    files = world.query("select source_file from stedi_staging.stg_accelerometer_parts where is_total").rows
    assert {f"accelerometer/landing/{hour}.json"} <= {file for (file,) in files}
    assert f"accelerometer/landing/{late}.json" not in {file for (file,) in files}
    assert not {name for name in world.pair.tables() if "__" in name}
    world.believe_nothing()
    world.pair.athena.dbt("run")
    # The late file landed no earlier than the build that did not find it.
    assert world.differences(but_for="loaded_at") == []
