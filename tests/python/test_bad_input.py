"""Bad input, typed by somebody in a hurry: one clear line that names it, a failure, and the tables as they were.

Most commands run in this process, on one parsed project: starting dbt costs more than all it does here.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from lakehouse import FAILS, PROJECT, Lakehouse, edited, left_behind, make_newer
from typer.testing import CliRunner

from stedi.cli import app
from stedi.duckdb_plugin import kept_lines
from stedi.erasure_list import CERTIFICATES, NAME
from stedi.generate import generate_landing
from stedi.landing import MARKER
from stedi.vault import key_file

BUILD = ("build", "--exclude-resource-type", "unit_test")
DBT = "from dbt.cli.main import cli; cli()"
HOLD = "import duckdb, sys\nheld = duckdb.connect(sys.argv[1])\nprint('held', flush=True)\ninput()"
LONG = 3_000_000  # bytes; DuckDB reads no line that long
SENSOR_MODEL = "model.stedi.accelerometer_trusted"


class Done(NamedTuple):
    """How a command ended, and what stood on the screen."""

    success: bool
    output: str


class Typist:
    """Types dbt commands for a lakehouse."""

    manifest: Any = None

    def __init__(self, lakehouse: Lakehouse) -> None:
        self.lakehouse = lakehouse
        self.env: dict[str, str] = {}

    def __call__(self, *arguments: str, **env: str) -> Done:
        house = self.lakehouse
        environment = {
            "STEDI_LANDING": house.landing,
            "STEDI_VAULT": str(house.vault),
            "STEDI_DUCKDB": str(house.database),
            "DBT_PROFILES_DIR": str(house.folder / "profiles"),
            "DBT_TARGET_PATH": str(house.folder / "target"),
            "DBT_LOG_PATH": str(house.folder / "logs"),
        }
        common = ("--project-dir", str(PROJECT), "--no-use-colors")
        output = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
            for name, value in environment.items():
                patch.setenv(name, value)
            if Typist.manifest is None:
                Typist.manifest = dbtRunner().invoke(["parse", "--no-partial-parse", "--quiet", *common]).result
            for name, value in env.items():
                patch.setenv(name, value)
            # What `dbt show --inline` left there.
            Typist.manifest.nodes.pop("sql_operation.stedi.inline_query", None)
            done = dbtRunner(manifest=Typist.manifest).invoke([*arguments, *common])
        # dbt-duckdb keeps the database open for the next command of this process.
        if DuckDBConnectionManager._ENV:
            DuckDBConnectionManager._ENV.close()
            DuckDBConnectionManager._ENV = None
        assert "Traceback" not in output.getvalue()
        return Done(done.success, output.getvalue())

    def must(self, *arguments: str, **env: str) -> str:
        """A command that must succeed; what it wrote."""
        done = self(*arguments, **env)
        assert done.success, done.output
        return done.output

    def refused(self, says: str, *arguments: str, **env: str) -> str:
        """A command that must fail with exactly one line that has `says` in it; that line."""
        done = self(*arguments, **env)
        assert not done.success
        lines = [line for line in done.output.splitlines() if says in line]
        assert len(lines) == 1, done.output
        return lines[0]

    @property
    def log(self) -> str:
        return "".join(path.read_text() for path in (self.lakehouse.folder / "logs").iterdir())


@pytest.fixture
def copy(built: Lakehouse, tmp_path: Path) -> Lakehouse:
    """A built lakehouse of its own, to break."""
    shutil.copytree(built.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("logs", "target"))
    return Lakehouse(tmp_path / "copy", str(tmp_path / "copy" / "landing"))


@pytest.fixture
def typed(copy: Lakehouse) -> Typist:
    return Typist(copy)


def folder_of(lakehouse: Lakehouse, entity: str) -> Path:
    return Path(lakehouse.landing) / entity / "landing"


def content(lakehouse: Lakehouse) -> dict[str, tuple]:
    """Rows and a digest of every table of the database but the views over landing."""
    tables = lakehouse.query(
        "select table_schema || '.' || table_name from information_schema.tables where table_type = 'BASE TABLE'"
    )
    return {name: lakehouse.query(f"select count(*), bit_xor(hash(t)) from {name} as t")[0] for (name,) in tables}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def steps(count: int, device: str = "new") -> bytes:
    """Lines of a step trainer that nobody has."""
    return b"".join(
        json.dumps(
            {"sensorReadingTime": 1_700_000_000_000 + n, "serialNumber": device, "distanceFromObject": n}
        ).encode()
        + b"\n"
        for n in range(count)
    )


# Each spoils something and gives the arguments to type.


def no_landing(lakehouse: Lakehouse) -> list[str]:
    shutil.rmtree(lakehouse.landing)
    return []


def empty_landing(lakehouse: Lakehouse) -> list[str]:
    for path in folder_of(lakehouse, "accelerometer").iterdir():
        path.unlink()
    return []


def ignored_landing(lakehouse: Lakehouse) -> list[str]:
    for path in list(folder_of(lakehouse, "accelerometer").iterdir()):
        path.unlink()
    (folder_of(lakehouse, "accelerometer") / "all.json.zst").write_bytes(b"z")
    return []


def no_key(lakehouse: Lakehouse) -> list[str]:
    shutil.rmtree(lakehouse.vault)
    return []


def short_key(lakehouse: Lakehouse) -> list[str]:
    key_file(lakehouse.vault).write_text("c0ffee\n")
    return []


def other_key(lakehouse: Lakehouse) -> list[str]:
    key_file(lakehouse.vault).write_text("c0ffee00" * 8 + "\n")
    return []


def erased(content: bytes) -> Callable[[Lakehouse], list[str]]:
    """A vault in which somebody was erased, and what is on its list now."""

    def spoil(lakehouse: Lakehouse) -> list[str]:
        for name, text in {NAME: content, f"{CERTIFICATES}/one.json": b"{}"}.items():
            (lakehouse.vault / name).parent.mkdir(parents=True)
            (lakehouse.vault / name).write_bytes(text)
        return []

    return spoil


def open_vault(lakehouse: Lakehouse) -> list[str]:
    lakehouse.vault.chmod(0o777)
    return []


def real_landing(lakehouse: Lakehouse) -> list[str]:
    (Path(lakehouse.landing) / MARKER).unlink()
    return []


def with_arguments(*arguments: str) -> Callable[[Lakehouse], list[str]]:
    return lambda _: list(arguments)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (no_landing, "no landing files at "),
        (empty_landing, "accelerometer/landing/: set STEDI_LANDING"),
        (ignored_landing, "all.json.zst is not read: only plain text and .gz are read"),
        (no_key, "cannot read the vault key"),
        (short_key, "64 hexadecimal digits"),
        (other_key, "is not the one that these tables were built with: restore that key"),
        (open_vault, "others can write the vault's"),
        (erased(b"participant\1ab"), f"the vault's erasure list {NAME} is damaged: restore it"),
        (erased(b"objection\1ab\1yesterday\1\n"), f"the vault's erasure list {NAME} is damaged: restore it"),
        (erased(b"\xff\n"), f"the vault's erasure list {NAME} is damaged: restore it"),
        (erased(b""), f"{CERTIFICATES}/one.txt, but its erasure list {NAME} does not know of it"),
        (real_landing, "(synthetic), but landing is now"),
        (
            with_arguments("--vars", "consent_scope: everyone"),
            "variable consent_scope is 'everyone'; it must be all_readings or since_consent",
        ),
        (
            with_arguments("--vars", "ml_join: nearest"),
            "variable ml_join is 'nearest'; it must be same_participant or timestamp_only",
        ),
        (with_arguments("--vars", "k_anonymity: none"), "variable k_anonymity is "),
        (with_arguments("--vars", "minimum_age: 16.5"), "variable minimum_age is '16.5'; it must be a whole number"),
        (with_arguments("--vars", "below_k_percent: 101"), "variable below_k_percent is "),
        (with_arguments("--vars", "landing_lookback_hours: -1"), "variable landing_lookback_hours is "),
        (
            with_arguments("--vars", "consent_scop: since_consent"),
            "no variable consent_scop; did you mean consent_scope?",
        ),
        (with_arguments("--threads", "0"), "--threads is 0; it must be at least 1"),
        (with_arguments("--empty"), "--empty and --sample would take people out"),
        (with_arguments("--sample", "1 day"), "--empty and --sample would take people out"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_input_is_named_and_touches_nothing(
    typed: Typist, spoil: Callable[[Lakehouse], list[str]], says: str
) -> None:
    before = content(typed.lakehouse)
    arguments = spoil(typed.lakehouse)
    typed.refused(says, "run", *arguments)
    assert "c0ffee" not in typed.log
    assert content(typed.lakehouse) == before


def test_a_database_that_cannot_be_used_is_named(typed: Typist) -> None:
    folder = typed.lakehouse.folder
    (folder / "corrupt").mkdir()
    corrupt = folder / "corrupt" / "stedi.duckdb"
    corrupt.write_bytes(bytes(range(256)) * 100)
    damaged, newer = (folder / "corrupt" / f"{name}.duckdb" for name in ("damaged", "newer"))
    content = bytearray(typed.lakehouse.database.read_bytes())
    content[3000] ^= 1  # DuckDB says in which block
    damaged.write_bytes(content)
    shutil.copy(typed.lakehouse.database, newer)
    make_newer(newer)
    for path, says in {
        ":memory:": "STEDI_DUCKDB is ':memory:', where tables would be gone at once: set it to a file",
        str(folder / "main.duckdb"): "DuckDB cannot call a database main: give the file another name",
        str(folder / "it's.duckdb"): "DuckDB cannot call a database it's: give the file another name",
        str(folder): "which is a folder: set it to a file",
        str(corrupt): "cannot be read as a DuckDB database of this version",
        str(damaged): "cannot be read as a DuckDB database of this version",
        str(newer): "was written by another version of DuckDB than this one",
        str(key_file(typed.lakehouse.vault) / "stedi.duckdb"): "cannot be made: File exists. Set STEDI_DUCKDB",
    }.items():
        typed.refused(says, "run", STEDI_DUCKDB=path)
    assert corrupt.read_bytes() == bytes(range(256)) * 100
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(typed.lakehouse.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        typed.refused("is in use by another program: close it", "run")
        typed.refused("is in use by another program: close it", "show", "--inline", "select 1 as one")
    finally:
        holder.communicate("\n")
    if os.geteuid() != 0:  # permissions do not bind root
        typed.lakehouse.database.chmod(0o400)
        folder.chmod(0o500)
        try:
            typed.refused("cannot be written: make it writable, or set STEDI_DUCKDB", "run")
        finally:
            folder.chmod(0o700)


def test_the_doctor_finds_nothing_wrong_with_a_build_and_changes_nothing(
    copy: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in copy.environment.items():
        monkeypatch.setenv(name, value)
    before = digest(copy.database)
    arguments = ["doctor", "--project-dir", str(PROJECT), "--target", "local"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert f"{copy.database}, built from " in done.output
    assert "the database's key" in done.output
    key_file(copy.vault).write_text("c0ffee00" * 8 + "\n")
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 1
    assert "is not the one that these tables were built with: restore that key" in done.output
    assert digest(copy.database) == before


def test_a_port_that_is_taken_is_named(typed: Typist) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        typed.refused(f"port {port} cannot be used: Address already in use", "docs", "serve", "--port", port)


def test_without_data_a_build_says_what_to_do_and_other_commands_work(tmp_path: Path) -> None:
    new = Typist(Lakehouse(tmp_path / "new", str(tmp_path / "new" / "landing")))
    assert "STEDI_LANDING" in new.refused("no landing files at", "build")
    shutil.rmtree(new.lakehouse.vault)
    assert "`stedi run` makes one" in new.refused("cannot read the vault key", "run")
    new.must("compile", "--select", "stg_customer")
    assert "42" in new.must("show", "--inline", "select 41 + 1 as answer")


def test_other_commands_need_no_vault_and_change_nothing(typed: Typist) -> None:
    vault = typed.lakehouse.vault
    moved = vault.rename(vault.with_name("away"))
    before = digest(typed.lakehouse.database)
    typed.must("test", "--select", "customer_trusted", "--exclude-resource-type", "unit_test")
    typed.must("source", "freshness")
    typed.must("compile", "--select", "customer_trusted")
    typed.must("docs", "generate")
    assert digest(typed.lakehouse.database) == before
    moved.rename(vault)
    typed.refused("the vault key is read by dbt run", "show", "--inline", "select * from stedi_vault.pseudonym_key")
    shown = typed.must("show", "--select", "customer_trusted", "--limit", "1", "--output", "json")
    emails = [email for (email,) in typed.lakehouse.query("select email from stedi_trusted.customer_trusted")]
    assert any(email in shown for email in emails)
    assert digest(typed.lakehouse.database) == before
    assert not vault.with_name("away").exists()
    assert not [email for email in emails if email in typed.log]
    assert key_file(vault).read_text().strip() not in typed.log


def test_a_key_that_others_can_read_is_warned_about(typed: Typist) -> None:
    for path in (typed.lakehouse.vault, key_file(typed.lakehouse.vault).parent):
        path.chmod(0o755)
    key_file(typed.lakehouse.vault).chmod(0o644)
    assert "others can read the vault key" in typed.must("run", "--select", "stg_customer")


def test_another_landing_is_refused_unless_asked_for(typed: Typist) -> None:
    house = typed.lakehouse
    root = Path(house.landing)
    (folder_of(house, "customer") / "bytes.json").write_bytes(b"not utf-8 \xff\n")
    typed.must("run", "--select", "stg_customer")
    kept = house.query("select count(*) from stedi_landing.kept_line")
    shutil.copytree(root, house.folder / "moved")
    typed.must("run", "--select", "stg_customer", STEDI_LANDING=str(house.folder / "moved"))
    assert house.query("select count(*) from stedi_landing.kept_line") == kept
    generate_landing(house.folder / "other", customers=20, days=1, seed=9)
    # As large and as old as the file of that name before, but another.
    odd = house.folder / "other" / "step_trainer" / "landing" / "step_trainer-odd.json"
    old = folder_of(house, "step_trainer") / "step_trainer-odd.json"
    odd.write_bytes(old.read_bytes().replace(b"\xff", b"?"))
    os.utime(odd, (old.stat().st_mtime, old.stat().st_mtime))
    before = house.rows("customer_trusted")
    line = typed.refused("replace_landing", "run", STEDI_LANDING=str(house.folder / "other"))
    assert f"{house.folder}/moved (synthetic)" in line
    assert f"{house.folder}/other (synthetic)" in line
    assert house.rows("customer_trusted") == before
    # The clock was years ahead, and is set back.
    with duckdb.connect(str(house.database)) as connection:
        connection.execute("update stedi_audit.landing set noted_at = noted_at + interval 9 years")
    typed.must(*BUILD, "--vars", "replace_landing: true", STEDI_LANDING=str(house.folder / "other"))
    typed.refused("replace_landing", "run")
    landings = house.query("select landing from stedi_audit.landing order by noted_at")
    assert landings[-1] == (f"{house.folder}/other",)
    assert len(house.rows("customer_trusted")) < len(before)


NAMED = 4_000
"""People in a document; each beside a list of all of them would take half a gigabyte."""


def odd_landing(house: Lakehouse) -> None:
    """Names, formats and lengths that nobody should use."""
    folder = folder_of(house, "step_trainer")
    whole = gzip.compress(steps(5000, "cut"))
    (folder / "cut.json.gz").write_bytes(whole[: len(whole) // 2])
    os.utime(folder / "cut.json.gz", (1_700_000_000, 1_700_000_000))
    (folder / "trailing.json.gz").write_bytes(gzip.compress(steps(7)) + b"garbage")
    (folder / "not.json.gz").write_bytes(b"not gzip")
    (folder / "two.json.gz").write_bytes(gzip.compress(steps(3)) + gzip.compress(steps(4)))
    # As a log service packs each of its records; and as a tape pads.
    (folder / "many.json.gz").write_bytes(b"".join(gzip.compress(steps(1, str(number))) for number in range(3000)))
    (folder / "padded.json.gz").write_bytes(gzip.compress(steps(7)) + b"\0" * 512)
    for name in ("what?.json", "what?.json.gz", "step*.json", "a[b].json", "back\\slash.json", "ann@example.org.json"):
        (folder / name).write_bytes(gzip.compress(steps(7)) if name.endswith(".gz") else steps(7))
    Path(os.fsdecode(os.fsencode(folder) + b"/bytes\xff.json")).write_bytes(steps(7))
    for name in ("q?", "qa", "x[a]", "xa", "back\\slash", "2026/11/24/20", "line=1", "_hidden"):
        (folder / name).mkdir(parents=True)
        (folder / name / "part.json").write_bytes(steps(3))
    for name in ("one.json.zst", "one.json.bz2", "_one.json", ".one.json"):
        (folder / name).write_bytes(steps(2))
    os.mkfifo(folder / "fifo.json")
    (folder / "dangling.json").symlink_to(house.folder / "nowhere")
    (folder / "linked").symlink_to(folder_of(house, "customer"))
    document = b'{"sensorReadingTime":1700000000000,"serialNumber":"new","distanceFromObject":1,"more":"%s"}'
    longest = document % (b"y" * (1_000_000 - len(document) + 2))
    (folder / "longest.json").write_bytes(longest + b"\n" + longest.replace(b"yy", b"yyy", 1) + b"\n" + steps(5))
    (folder / "40mb.json").write_bytes(b"z" * 40_000_000 + b"\n" + steps(5))
    # More than DuckDB has memory for, if it had all of it at once.
    for name in ("padded.json", "padded-too.json.gz"):
        with gzip.open(folder / name, "wb", 1) if name.endswith(".gz") else (folder / name).open("wb") as file:
            for _ in range(300):
                file.write(document % (b"y" * 200_000) + b"\n")
    # As a browser calls what was downloaded before.
    (folder / "large (1).json").write_bytes(steps(400_000))
    (folder / "array.json").write_bytes(b"[" + steps(200_000).replace(b"\n", b",")[:-1] + b"]")
    with gzip.open(folder / "long.json.gz", "wb", 1) as file:
        for _ in range(20):
            file.write(document % (b"y" * LONG) + b"\n")
    # One document that names thousands of people and their devices.
    many = b",".join(b'{"email":"%d@example.net","serialNumber":"s-%d"}' % (n, n) for n in range(NAMED))
    (folder_of(house, "customer") / "cut-array.json").write_bytes(b"[" + many)


def test_every_line_of_an_odd_landing_has_an_outcome(typed: Typist) -> None:
    house = typed.lakehouse
    odd_landing(house)
    folder = folder_of(house, "step_trainer")
    done = typed(*BUILD)
    assert not done.success
    assert set(re.findall(r"FAIL \d+ (\w+) \.", done.output)) == {"every_landing_file_can_be_read"}
    names = {
        name.removeprefix("step_trainer/landing/"): (status, reason)
        for name, status, reason in house.query(
            "select source_file, status, reason from stedi_audit.landing_file where entity = 'step_trainer'"
        )
    }
    assert {name for name, (status, _) in names.items() if status == "unreadable"} == {
        *("cut.json.gz", "trailing.json.gz", "not.json.gz"),
        *("one.json.zst", "one.json.bz2", "40mb.json"),
    }
    assert all(
        reason.startswith("not a whole gzip file")
        for name, (status, reason) in names.items()
        if status == "unreadable" and name.endswith(".gz")
    )
    assert names["one.json.zst"][1] == "only plain text and .gz are read"
    assert "33,554,432 bytes" in names["40mb.json"][1]
    ignored = {name: reason for name, (status, reason) in names.items() if status == "ignored"}
    hidden = "its name, or its folder's, begins with _ or ."
    assert ignored == {
        "_one.json": hidden,
        ".one.json": hidden,
        "_hidden": hidden,
        "fifo.json": "not a regular file",
        "dangling.json": "cannot be looked at: No such file or directory",
        "linked": "a link to a folder is not followed",
    } | {name: hidden for name in ("_ignored.json", ".hidden.json")}
    lines = {
        name.removeprefix("step_trainer/landing/"): (count, rejected)
        for name, count, rejected in house.query(
            "select source_file, count(*), count(rejection_reason) from stedi_staging.stg_step_trainer group by 1"
        )
    }
    names_of = (
        "select list_max(list_transform([named_participants, named_devices], names -> len(string_split(names, ' '))))"
    )
    most = f"{names_of} from stedi_staging.stg_customer where source_file = 'customer/landing/cut-array.json'"
    assert house.query(most) == [(NAMED,)]
    personal = [name for name in lines if name.startswith("~")]
    assert sorted(lines[name] for name in personal) == [(7, 0), (7, 0), (400_000, 0)]
    expected = {name: (7, 0) for name in ("two.json.gz", "what?.json", "what?.json.gz", "step*.json")}
    expected |= {name: (7, 0) for name in ("a[b].json", "back\\slash.json", "padded.json.gz")}
    expected |= {f"{name}/part.json": (3, 0) for name in ("q?", "qa", "x[a]", "xa", "back\\slash", "line=1")}
    expected |= {"2026/11/24/20/part.json": (3, 0), "many.json.gz": (3000, 0)}
    expected |= {"padded.json": (300, 0), "padded-too.json.gz": (300, 0), "array.json": (200_000, 0)}
    expected |= {"longest.json": (7, 1), "long.json.gz": (20, 20)}
    assert {name: lines[name] for name in expected} == expected
    assert not {"cut.json.gz", "40mb.json"} & set(lines)
    assert not kept_lines(house.database).exists()
    compiled = [path for path in (house.folder / "target").rglob("*") if path.is_file()]
    for text in (typed.log, done.output, *(path.read_text(errors="replace") for path in compiled)):
        assert "ann@example.org" not in text
    assert b"ann@example.org.json" not in house.database.read_bytes()

    # The rest of the file arrives, and others go.
    (folder / "cut.json.gz").write_bytes(gzip.compress(steps(5000, "cut")))
    os.utime(folder / "cut.json.gz", (1_700_000_000, 1_700_000_000))
    for name in ("longest.json", "x[a]/part.json", "long.json.gz", "40mb.json", "ann@example.org.json"):
        (folder / name).unlink()
    typed.must("run")
    assert house.query(
        "select count(*) from stedi_staging.stg_step_trainer where source_file like '%/cut.json.gz'"
    ) == [(5000,)]
    left = {path for (path,) in house.query("select distinct path from stedi_landing.kept_line")}
    there = {path for (path,) in house.query("select path from stedi_audit.landing_file where status = 'read'")}
    assert left <= there
    assert all(any(name in path for path in left) for name in ("what?", "many", "padded"))
    assert not any(name in path for path in left for name in ("longest", "x[a]", "long.json", "40mb"))


def test_what_a_killed_build_left_beside_the_database_is_removed(typed: Typist) -> None:
    database = typed.lakehouse.database
    for folder in (Path(f"{database}.tmp"), kept_lines(database)):
        folder.mkdir()
        (folder / "customer.json").write_text("ann@example.org")
    typed.must("run", "--select", "stg_customer")
    assert not [path for path in database.parent.iterdir() if path.name.startswith(f"{database.name}.")]


def test_what_a_refused_build_kept_goes_with_it(copy: Lakehouse) -> None:
    """Its landing is another one, with a name that DuckDB must not see."""
    other = copy.folder / "other"
    shutil.copytree(copy.landing, other)
    (other / "customer" / "landing" / "ann@example.org.json").write_bytes(b"{}\n")
    shutil.rmtree(other / "accelerometer")
    refused = replace(copy, landing=str(other)).dbt("run", check=False)
    assert refused.returncode != 0
    assert "no landing files at" in refused.stdout
    assert not kept_lines(copy.database).exists()


def withdraw(house: Lakehouse) -> str:
    """Land the withdrawal of somebody who is in the training set; who it is."""
    participant, name, email, serial_number = house.query(
        "select participant_id, customer_name, email, serial_number from stedi_staging.stg_customer "
        "where participant_id in (select participant_id from stedi_curated.machine_learning_curated) "
        "and participant_id in (select participant_id from stedi_trusted.customer_trusted) "
        "and rejection_reason is null order by participant_id limit 1"
    )[0]
    record = {"customerName": name, "email": email, "serialNumber": serial_number, "lastUpdateDate": 1_790_000_000_000}
    (folder_of(house, "customer") / f"withdrawal-{participant}.json").write_text(json.dumps(record) + "\n")
    return participant


def test_a_failing_model_keeps_nobody_in(typed: Typist) -> None:
    house = typed.lakehouse
    typed.must("run", "--select", "stg_customer")
    who = withdraw(house)
    with edited(Typist.manifest, {SENSOR_MODEL: FAILS}):
        assert not typed("run").success
    assert left_behind(house.query) == {}
    # whoever is left may be too few in their groups to hide in
    columns = "age_band, registration_month, consent_month"
    assert house.query(f"select distinct {columns} from stedi_curated.customers_curated") == [("all",) * 3]
    booked = f"select relation, sum(row_count) from stedi_audit.removal where participant_id = '{who}' group by 1"
    removals = dict(house.query(booked))
    assert {"customer_trusted", "accelerometer_trusted", "machine_learning_curated"} <= removals.keys()
    assert house.query("select succeeded from stedi_audit.build order by started_at desc limit 1") == [(False,)]
    typed.must("run")
    assert dict(house.query(booked)) == removals
    assert house.query("select succeeded, rows_removed from stedi_audit.build order by started_at desc limit 1") == [
        (True, 0)
    ]
    who = withdraw(house)
    typed.must("run", "--select", "stg_customer", "int_consent")
    assert left_behind(house.query) == {}
    typed.must("run", "--select", "customer_trusted")
    assert left_behind(house.query) == {}
    assert dict(house.query(booked.replace(booked.split("'")[1], who))).keys() >= removals.keys()


def test_an_interrupted_build_says_so_and_the_next_puts_things_right(copy: Lakehouse) -> None:
    """As typed elsewhere than in the project's folder, while files grow, by somebody with an open umask."""
    os.umask(0o022)
    copy.folder.chmod(0o755)
    environment = os.environ | {
        "STEDI_LANDING": os.path.relpath(copy.landing, PROJECT),
        "STEDI_VAULT": os.path.relpath(copy.vault, PROJECT),
        "STEDI_DUCKDB": os.path.relpath(copy.database, PROJECT),
        "DBT_PROFILES_DIR": str(copy.folder / "profiles"),
        "DBT_TARGET_PATH": str(copy.folder / "target"),
        "DBT_LOG_PATH": str(copy.folder / "logs"),
        "DBT_USE_COLORS": "false",
        "PYTHONUNBUFFERED": "1",
    }

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", DBT, *BUILD, *arguments, "--project-dir", PROJECT.name],
            cwd=PROJECT.parent,
            env=environment,
            umask=0o022,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    interrupted = start("--full-refresh")
    output = []
    for line in interrupted.stdout:
        output.append(line)
        if "START" in line and "stg_accelerometer " in line:
            interrupted.send_signal(signal.SIGINT)
            break
    output += interrupted.stdout
    assert interrupted.wait() not in (0, None)
    assert [line for line in output if "interrupted: what this command left half done, the next `dbt build`" in line]
    assert "Traceback" not in "".join(output)

    growing = folder_of(copy, "step_trainer") / "step_trainer-0000.json"
    lines = len(growing.read_bytes().splitlines())
    following = start()
    output = []
    for line in following.stdout:
        output.append(line)
        if "OK created" in line and "stg_step_trainer " in line:
            with growing.open("ab") as file:
                file.write(steps(1))
    assert following.wait() == 0, "".join(output)
    assert growing.read_bytes().endswith(steps(1))
    files = [copy.database, *copy.folder.glob("stedi.duckdb?*")]
    files += [path for name in ("logs", "target") for path in (copy.folder / name, *(copy.folder / name).rglob("*"))]
    assert [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []

    counted = "select count(*) from stedi_staging.stg_step_trainer where source_file like '%/step_trainer-0000.json'"
    assert copy.query(counted) == [(lines,)]
    Typist(copy).must("run", "--select", "stg_step_trainer")
    assert copy.query(counted) == [(lines + 1,)]
