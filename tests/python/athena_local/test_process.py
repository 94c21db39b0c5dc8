"""Starting and ending: faults, kills, and what they leave behind (nothing)."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from querying import Athena

from athena_local import pytest_plugin, trino_server
from athena_local.errors import LocalAthenaError


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "athena_local", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def descendants(pid: int) -> set[int]:
    """All processes below `pid`."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, todo = set(), [pid]
    while todo:
        new = children.get(todo.pop(), [])
        found.update(new)
        todo.extend(new)
    return found


def running(pids: set[int]) -> set[int]:
    alive = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            alive.add(pid)
    return alive


def wait_gone(pids: set[int], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while running(pids):
        assert time.monotonic() < deadline, f"left behind: {running(pids)}"
        time.sleep(0.1)


def test_port_taken_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = command("--port", str(port))
    assert ended.returncode == 1
    assert f"athena-local: port {port} of 127.0.0.1 cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_too_little_memory_is_one_clear_line() -> None:
    ended = command("--heap-mb", "99999999")
    assert ended.returncode == 1
    assert "MB of memory are free; Trino needs 99999999 MB" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("module", ["athena_local", "stedi"])
def test_missing_package_is_one_clear_line(module: str) -> None:
    # As after `make run`, which does not install moto.
    code = "import sys\nsys.modules['moto'] = None\n"
    start = {
        "athena_local": "from athena_local.cli import app\napp([])",
        "stedi": "from stedi.cli import app\napp(['athena-local', '--heap-mb', '1024', '--region', 'eu-west-1'])",
    }[module]
    ended = subprocess.run([sys.executable, "-c", code + start], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        "athena-local: moto is not installed; type `make dev`, which installs what Local Athena needs\n"
    )


def test_trino_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = trino_server.TrinoServer(
        tmp_path, endpoint="http://127.0.0.1:1", region="no region", account="1", heap_mb=16
    )
    with pytest.raises(LocalAthenaError, match="Trino did not start: ") as failed:
        server.wait_ready()
    assert "\n" not in str(failed.value)


def test_keeper_ends_its_program_when_the_starter_is_gone() -> None:
    keeper = subprocess.Popen([sys.executable, "-m", "athena_local.keeper", "sleep", "1000"], stdin=subprocess.PIPE)
    while not (below := descendants(keeper.pid)):
        time.sleep(0.02)
    keeper.stdin.close()
    wait_gone({keeper.pid, *below})
    keeper.wait()


def test_killing_the_keeper_ends_its_program() -> None:
    keeper = subprocess.Popen([sys.executable, "-m", "athena_local.keeper", "sleep", "1000"], stdin=subprocess.PIPE)
    while not (below := descendants(keeper.pid)):
        time.sleep(0.02)
    keeper.kill()
    keeper.wait()
    wait_gone(below)


@pytest.mark.athena
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_ending_the_front_leaves_no_process(how: signal.Signals) -> None:
    process, athena = pytest_plugin.start()
    below = descendants(athena.pid)
    assert len(below) >= 2, "the keeper and Trino"
    process.send_signal(how)
    process.wait(timeout=30)
    wait_gone(below)


@pytest.mark.athena
def test_tables_can_be_read_as_soon_as_it_is_ready() -> None:
    process, local = pytest_plugin.start()
    athena = Athena(local)
    athena.do(f"create external table hive (a string) location 's3://{athena.bucket}/hive/'")
    athena.do("select * from hive")
    athena.iceberg("iceberg", "select 1 as a")
    athena.do("select * from iceberg")
    process.terminate()
    process.wait(timeout=30)


@pytest.mark.athena
def test_trino_dying_fails_the_query_and_the_next_start_works(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    process, local = pytest_plugin.start()
    athena = Athena(local)
    long = athena.start(
        "select count(*) from unnest(sequence(1, 5000)) a(x), unnest(sequence(1, 5000)) b(y), "
        "unnest(sequence(1, 5000)) c(z) where x * y * z % 7 = 1"
    )
    time.sleep(1)
    below = descendants(local.pid)
    for pid in below:
        if b"TrinoServer" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    query = athena.wait(long)
    assert query.state == "FAILED"
    assert "the engine is gone" in query.reason
    wait_gone(below)
    query = athena("select 1")
    assert query.state == "FAILED"
    assert "Trino has ended" in query.reason
    process.terminate()
    process.wait(timeout=30)
    assert "Trino ended unexpectedly" in capfd.readouterr().err


@pytest.mark.athena
def test_front_ends_when_its_parent_dies() -> None:
    script = (
        "import time\nfrom athena_local.pytest_plugin import start\n"
        "process, athena = start()\nprint(athena.pid, flush=True)\ntime.sleep(1000)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    front = int(parent.stdout.readline())
    below = descendants(parent.pid)
    assert front in below
    parent.kill()
    parent.wait()
    wait_gone(below)
