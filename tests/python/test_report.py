"""`stedi report`: what the page says, what it does not say, and what a browser makes of it."""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import changing
import duckdb
import lxml.html
import pytest
from dbt.contracts.graph.manifest import Manifest
from lakehouse import PROJECT, Lakehouse
from playwright.sync_api import Browser, Page
from rich.console import Console

from stedi import build
from stedi.build import Options, read_project
from stedi.errors import StediError
from stedi.progress import BuildProgress
from stedi.report import write_report
from stedi.report.asking import Questions, opened
from stedi.report.charts import Charts
from stedi.settings import Settings, load_settings
from stedi.summary import Built

if TYPE_CHECKING:
    from test_parity import Pair

SECTIONS = [
    *("consent", "outcomes", "doubt", "checks", "alarms", "groups", "builds", "freshness"),
    *("before-consent", "training", "signal"),
]
ENTITIES = ("customer", "accelerometer", "step_trainer")


def report(lakehouse: Lakehouse, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`stedi report`, typed in the project."""
    command = [sys.executable, "-m", "stedi", "report", *arguments]
    env = lakehouse.environment | settings
    return subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True)


@pytest.fixture(scope="module")
def typed(built: Lakehouse) -> subprocess.CompletedProcess[str]:
    """The command without options, after the build."""
    shutil.copy(built.folder / "run_results.json", built.folder / "target")
    done = report(built)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def path(typed: subprocess.CompletedProcess[str], built: Lakehouse) -> Path:
    return built.folder / "report.html"


@pytest.fixture(scope="module")
def text(path: Path) -> str:
    return path.read_text()


@pytest.fixture(scope="module")
def page(text: str) -> Any:
    return lxml.html.fromstring(text)


Project = tuple[Manifest, Built, Settings]


@pytest.fixture(scope="module")
def project(built: Lakehouse) -> Iterator[Project]:
    """The project as dbt reads it in this process, for reports on other databases than the one that was built."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(PROJECT)
        for name, value in built.environment.items():
            patch.setenv(name, value)
        settings = load_settings()
        quiet = Console(file=StringIO())
        manifest, where = read_project(settings, Options(), quiet, BuildProgress(quiet, quiet))
        yield manifest, where, settings


def rewrite(project: Project, folder: Path, statements: list[str]) -> Any:
    """The page about a copy of the database in which statements have changed something."""
    manifest, where, settings = project
    copy = folder / "stedi.duckdb"
    shutil.copy(where.database, copy)
    with duckdb.connect(str(copy)) as connection:
        for statement in statements:
            connection.execute(statement)
    write_report(manifest, replace(where, database=copy), settings, folder / "report.html")
    return lxml.html.fromstring((folder / "report.html").read_text())


ALARM = (
    "insert into stedi_audit.quality_alarm values ('rejected_lines_of_file', 'customer/landing/{}', {}, 5, 50, '{}')"
)
REMOVAL = """
    insert into stedi_audit.removal
    select 'second', timestamp '2030-01-02 03:04:05', '{}', 'p' || n, 'no_consent', 10 from range({}) as people (n)
"""
CHANGES = {"machine_learning_curated": {"added": {"new_files": 1200}, "removed": {"no_consent": 345}}}


@pytest.fixture(scope="module")
def later(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The page after another build, of which dbt's results are gone, and in which much was wrong."""
    statements = [
        "update stedi_staging.int_consent set state = 'no_consent' where state = 'in_doubt'",
        "delete from stedi_audit.row_outcome where outcome = 'in_doubt'",
        "delete from stedi_audit.quality_alarm where alarm like '%_of_file'",
        ALARM.format("ann-smith.json", 61.0, "error"),
        ALARM.format("bob-jones.json", 7.0, "warn"),
        ALARM.format("cem-kaya.json", 9.0, "warn"),
        "update stedi_curated.customers_curated set age_band = '1-9', registration_month = 'all' where "
        "participant_id in (select participant_id from stedi_curated.customers_curated order by 1 limit 2)",
        "update stedi_curated.customers_curated set consent_month = '1999' where age_band = '1-9'",
        "insert into stedi_audit.build (build_id, started_at, finished_at, succeeded, files_read, lines_read, "
        "rows_added, rows_removed, changes, landing, is_synthetic) values ('second', timestamp '2030-01-02 03:04:05', "
        f"timestamp '2030-01-02 03:05:05', false, 1, 4321, 1200, 345, '{json.dumps(CHANGES)}', "
        "'/srv/ann@example.org/Jürgen/landing', null)",
        REMOVAL.format("customer_trusted", 4),
        REMOVAL.format("machine_learning_curated", 5),
    ]
    return rewrite(project, tmp_path_factory.mktemp("later"), statements)


HOSTILE = """</title><script>alert(1)</script><img src="http://example.com/x" onerror='alert(2)'>"""
QUOTED = HOSTILE.replace("'", "''")


@pytest.fixture(scope="module")
def hostile(project: Project, built: Lakehouse, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The page about tables with names that are meant to do harm, and with a check that failed."""
    target = tmp_path_factory.mktemp("target")
    written = json.loads((built.folder / "run_results.json").read_text())
    for result in written["results"]:
        if "one_split_per_participant" in result["unique_id"]:
            result |= {"status": "fail", "failures": 3}
    (target / "run_results.json").write_text(json.dumps(written))
    statements = [
        f"update stedi_audit.build set landing = '{QUOTED}'",
        f"update stedi_audit.row_outcome set outcome = '{QUOTED}' where outcome = 'trusted' and entity = 'customer'",
        f"update stedi_audit.row_outcome set entity = '{QUOTED}' where entity = 'step_trainer'",
        f"update stedi_curated.machine_learning_curated set dataset_split = '{QUOTED}' where dataset_split = 'test'",
        f"insert into stedi_audit.quality_alarm values ('{QUOTED}', '{QUOTED}', 9, 5, 50, 'warn')",
        f"insert into stedi_audit.removal values ('x', now()::timestamp, '{QUOTED}', 'p', '{QUOTED}', 10)",
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_TARGET_PATH", str(target))
        return rewrite(project, target, statements)


def section(page: Any, name: str) -> Any:
    [found] = page.xpath(f"//section[@id='{name}']")
    return found


def words(element: Any) -> str:
    """The text of an element, without that of its charts."""
    return " ".join(" ".join(element.xpath(".//text()[not(ancestor::*[local-name()='svg'])]")).split())


def table(page: Any, name: str, number: int = 0) -> list[list[str]]:
    """The body of a table of a section, without the small print in it."""
    rows = section(page, name).xpath(".//table")[number].xpath("./tbody/tr")
    return [[" ".join(cell.xpath("string(text()|code)").split()) for cell in row] for row in rows]


def number(cell: str) -> int:
    return int(cell.replace(",", "") or 0)


# What it says.


def test_the_command_writes_one_file_for_its_owner_and_names_it(
    typed: subprocess.CompletedProcess[str], path: Path
) -> None:
    assert typed.stdout == f"wrote {path}\n"
    assert typed.stderr == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir() if file.name.startswith(".report")] == []


def test_it_has_every_section_and_a_way_to_each(page: Any) -> None:
    assert page.xpath("//section/@id") == SECTIONS
    assert page.xpath("//nav//a/@href") == [f"#{name}" for name in SECTIONS]
    for name in SECTIONS:
        heading = page.xpath(f"//section[@id='{name}']/h2")[0]
        assert heading.text_content() == page.xpath(f"//nav//a[@href='#{name}']")[0].text_content()


def test_it_needs_nothing_but_itself(text: str, page: Any) -> None:
    urls = re.findall(r"[a-z]+://[^\s\"'<)]*", text)
    assert set(urls) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\((?!#)|\bsrc=|\bon\w+=|javascript:", text)
    assert not page.xpath("//script|//link|//img|//iframe|//object|//embed|//form|//base|//*[local-name()='image']")
    assert set(page.xpath("//@href[not(starts-with(., '#'))]")) == set()
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]


def test_charts_and_tables_are_told_to_who_does_not_see_them(page: Any) -> None:
    charts = page.xpath("//*[local-name()='svg']")
    assert len(charts) > 12
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for chart in charts:
        assert chart.get("role") == "img"
        labels = [page.get_element_by_id(name).text for name in chart.get("aria-labelledby").split()]
        assert len(labels) == 2 and all(label.strip() for label in labels)
        # Its width is the page's to decide.
        assert chart.get("viewbox") or chart.get("viewBox")
        assert chart.get("width") is None
    assert page.get("lang") == "en"
    for cell in page.xpath("//thead//*[self::th or self::td]|//tbody/tr/*[1]"):
        assert cell.tag == "th" and cell.get("scope")


def test_it_says_what_was_built_and_when(page: Any, built: Lakehouse) -> None:
    [(started, landing)] = built.query("select started_at, landing from stedi_audit.build")
    header = words(page.xpath("//header")[0])
    assert f"Built on {started.day} {started:%B %Y, %H:%M} UTC with DuckDB, from the landing {landing}" in header
    assert "synthetic: made-up people" in header
    assert "pseudonymised, not anonymous" in header


def test_the_funnel_counts_records_people_and_rows(page: Any, built: Lakehouse) -> None:
    [counts] = built.query(
        """
        select
            (select count(*) from stedi_staging.stg_customer),
            (select count(*) from stedi_staging.stg_customer where rejection_reason is null),
            (select count(*) from stedi_staging.int_consent),
            (select count(*) from stedi_staging.int_consent where state <> 'no_consent'),
            (select count(*) from stedi_trusted.customer_trusted),
            (select count(*) from stedi_curated.customers_curated),
            (select count(distinct participant_id) from stedi_curated.machine_learning_curated),
            (select count(*) from stedi_curated.machine_learning_curated)
        """
    )
    rows = table(page, "consent")
    assert [number(row[1]) for row in rows] == list(counts)
    lost = {name: number(row[2]) for name, row in zip(range(8), rows, strict=True)}
    assert lost == {n: counts[n - 1] - counts[n] if n in (1, 3, 4, 5, 6) else 0 for n in range(8)}
    assert all(lost[n] > 0 for n in (1, 3, 4, 5, 6)), "nobody is lost: the test would show nothing"
    # Whoever is lost, is lost for a reason.
    reasons = section(page, "consent").xpath(".//tbody/tr[th/small]")
    assert len(reasons) == 5


def test_every_outcome_is_counted_and_explained(page: Any, built: Lakehouse) -> None:
    outcomes = built.query("select entity, outcome, row_count from stedi_audit.row_outcome")
    found = {
        (entity, row[0].replace(" ", "_").replace("JSON", "json").replace("e-mail", "email")): number(cell)
        for row in table(page, "outcomes")
        for entity, cell in zip(ENTITIES, row[1:], strict=True)
        if cell
    }
    assert found == {(entity, outcome): count for entity, outcome, count in outcomes}
    assert all(row.xpath("th/small") for row in section(page, "outcomes").xpath(".//tbody/tr"))
    assert len(section(page, "outcomes").xpath(".//figure")) == 3


def test_people_in_doubt_are_counted(page: Any, built: Lakehouse, later: Any) -> None:
    [(people,)] = built.query("select count(*) from stedi_staging.int_consent where state = 'in_doubt'")
    assert people > 0
    assert words(section(page, "doubt")).startswith(f"People in doubt {people} p")
    assert "Nobody." in words(section(later, "doubt"))


def test_the_checks_are_those_of_the_last_build(page: Any, built: Lakehouse) -> None:
    written = json.loads((built.folder / "run_results.json").read_text())
    manifest = json.loads((built.folder / "target" / "manifest.json").read_text())
    tests = {r["unique_id"]: r for r in written["results"] if r["unique_id"].startswith("test.")}
    rows = table(page, "checks")
    assert {row[0]: number(row[2].split()[0]) for row in rows}["Nobody is in two splits of the training set."] == 1
    (others,) = re.findall(r"other data tests of the build: ([^.]+)\.", words(section(page, "checks")))
    told = [*(row[2] for row in rows), others]
    assert sum(number(n) for text in told for n in re.findall(r"\d+", text)) == len(tests)
    named = {row[0]: number(row[2]) for row in table(page, "checks", 1)}
    failures = {manifest["nodes"][name]["name"]: result["failures"] for name, result in tests.items()}
    assert named.items() <= failures.items()
    assert {"customer_trusted_has_only_consenting_participants", "customers_curated_is_k_anonymous"} < named.keys()
    # Each table of trusted and curated is held against customer_trusted.
    assert len([name for name in named if name.endswith("_belongs_to_customer_trusted")]) == 5


def test_a_check_that_failed_is_seen(hostile: Any) -> None:
    [row] = [row for row in section(hostile, "checks").xpath(".//tbody/tr") if "two splits" in row.text_content()]
    assert "broken" in words(row) and "1 failed" in words(row)
    failed = words(section(hostile, "checks").xpath(".//ul")[0])
    assert "machine_learning_curated_has_one_split_per_participant" in failed
    assert "Checks that failed 1" in words(hostile.xpath("//header")[0])


def test_results_of_another_build_are_not_shown(later: Any) -> None:
    assert "unknown" in words(section(later, "checks"))
    assert not section(later, "checks").xpath(".//table")
    assert "Checks that failed unknown" in words(later.xpath("//header")[0])


def test_what_was_not_measured_is_no_measurement_within_its_bounds(project: Project, tmp_path: Path) -> None:
    calm = "delete from stedi_audit.quality_alarm where level in ('warn', 'error')"
    told = words(section(rewrite(project, tmp_path, [calm]), "alarms"))
    assert "None. What was measured is within its bounds. not measured 3 of " in told
    assert "time since customer lines landed not measured 24 hours never" in told
    measured = "update stedi_audit.quality_alarm set level = 'ok', measured = 1 where level = 'not_measured'"
    told = words(section(rewrite(project, tmp_path, [calm, measured]), "alarms"))
    assert "None. Every measurement is within its bounds. Every measurement" in told


def test_alarms_are_told_without_the_names_of_files(page: Any, later: Any) -> None:
    assert "warning 2 customer files are not read; any may hold a withdrawal" in words(section(page, "alarms"))
    told = words(section(later, "alarms").xpath(".//ul")[0])
    assert "error 61.0 % of the lines of a customer file are rejected (more than 50)" in told
    assert "warning 2 files, the worst of them: 9.0 % of the lines of a customer file" in told
    assert not re.search("smith|jones|kaya", lxml.html.tostring(later, encoding="unicode"))


def test_groups_are_compared_with_k(page: Any, built: Lakehouse, later: Any) -> None:
    columns = "age_band, registration_month, consent_month"
    groups = Counter(built.query(f"select {columns} from stedi_curated.customers_curated")).values()
    told = words(section(page, "groups"))
    assert f"{sum(groups):,} people form {len(groups)} group" in told
    assert f"smallest has {min(groups)} people, the largest {max(groups)}. At least 5 are wanted in each, so" in told
    assert "The smallest has 2 people" in words(section(later, "groups"))
    assert "broken At least 5 are wanted" in words(section(later, "groups"))


def test_builds_and_removals_are_told_and_few_people_are_no_number(page: Any, later: Any) -> None:
    assert "Nobody has left a table yet." in words(section(page, "builds"))
    assert table(later, "builds")[0] == [
        *("2", "2 January 2030, 03:04 UTC", "with errors", "4,321", "1,200", "345"),
        "they no longer share with research",
    ]
    assert [row[2:4] for row in table(later, "builds", 1)] == [["fewer than 5 people", "40"], ["5 people", "50"]]
    header = words(later.xpath("//header")[0])
    assert "The last build had errors." in header and "cannot be told here" in header


def test_a_folder_that_may_name_somebody_is_not_named(later: Any) -> None:
    assert "from the landing /srv/…/…/landing" in words(later.xpath("//header")[0])


def test_freshness_is_that_of_landing(page: Any, built: Lakehouse) -> None:
    for name, files, lines, first, last, _ in table(page, "freshness"):
        rows = built.query(f"select source_file, loaded_at from stedi_staging.stg_{name.replace(' ', '_')}")
        assert (number(files), number(lines)) == (len({file for file, _ in rows}), len(rows))
        times = [datetime.strptime(text, "%d %B %Y, %H:%M UTC") for text in (first, last)]
        assert times == [f(time for _, time in rows).replace(second=0, microsecond=0) for f in (min, max)]
    assert len(table(page, "freshness")) == 3


def test_the_share_from_before_consent(page: Any, built: Lakehouse) -> None:
    [(rows, before)] = built.query(
        "select count(*), count(*) filter (sensor_reading_time < share_with_research_as_of_date) "
        "from stedi_curated.machine_learning_curated join stedi_trusted.customer_trusted using (participant_id)"
    )
    assert before > 0
    told = words(section(page, "before-consent"))
    assert f"{100 * before / rows:.1f} % of the training rows ({before:,} of {rows:,})" in told
    assert "consent_scope: all_readings" in told


def test_an_empty_split_is_told(hostile: Any, page: Any) -> None:
    assert "Test is empty" in words(section(hostile, "training"))
    assert "empty" not in words(section(page, "training"))
    assert ["test", "0"] in [row[:2] for row in table(hostile, "training")]


def test_what_warned_can_be_reached(page: Any) -> None:
    [link] = page.xpath("//dl[@class='tiles']//a[contains(., 'warned')]")
    assert words(page.get_element_by_id(link.get("href").removeprefix("#"))) == "What warned"
    named = section(page, "checks").xpath(".//h3[@id='warned']/following-sibling::ul[1]/li/code")
    assert len(named) == number(link.text.split()[0])


def test_the_training_set_is_described(page: Any, built: Lakehouse) -> None:
    training = built.query(
        "select dataset_split, participant_id, distance_from_object from stedi_curated.machine_learning_curated"
    )
    splits = {row[0]: row for row in table(page, "training")}
    for split in {row[0] for row in training}:
        people = len({row[1] for row in training if row[0] == split})
        shown = "fewer than 5 people" if people < 5 else f"{people} people"
        assert splits[split][1:] == [f"{sum(row[0] == split for row in training):,}", shown]
    titles = [words(caption) for caption in section(page, "training").xpath(".//figcaption")]
    assert titles == [
        *("Rows of each split", "Distance from the object", "Acceleration along x", "Acceleration along y"),
        *("Acceleration along z", "Accelerometer readings of a participant", "Step readings of a participant"),
    ]
    bins = [(float(low), float(high), number(count)) for low, high, count in table(page, "training", 1)]
    inner = bins[1:-1]
    assert len(inner) > 5
    for low, high, count in inner:
        of = [row for row in training if low <= row[2] < high]
        assert count == len(of) and len({row[1] for row in of}) >= 5


@pytest.mark.parametrize("width", ["0.05", "5", "2000"])
def test_below_a_histogram_stand_the_edges_of_its_bins(width: str) -> None:
    edges = [round(n * float(width), 6) for n in range(-10, 11)]
    rows = [{"bin_from": low, "bin_to": high, "count": 5} for low, high in pairwise(edges)]
    svg = Charts().histogram(rows, "", unit="", counted="", says="").replace(",", "").replace("\N{MINUS SIGN}", "-")
    written = [float(text) for text in re.findall(r"<text[^>]*>([^<]+)</text>", svg)]
    assert set(edges[::3]) <= set(written)


def test_one_signal_is_one_participants(page: Any, built: Lakehouse) -> None:
    told = words(section(page, "signal"))
    [participant] = re.findall(r"\b[0-9a-f]{32}\b", told)
    rows = built.query(
        "select count(*), count(distinct sensor_reading_time) from stedi_curated.machine_learning_curated "
        f"where participant_id = '{participant}'"
    )
    [(times, of)] = re.findall(r"Shown are (\d+) times .* \((\d+) training rows\)", told)
    assert 1 < int(times) <= rows[0][1] and int(of) <= rows[0][0]
    points = section(page, "signal").xpath(".//*[local-name()='g' and contains(@class, 'mark-symbol')]/*")
    assert len(points) == 4 * int(times)


def test_reports_on_the_same_tables_are_the_same(project: Project, built: Lakehouse, text: str, tmp_path: Path) -> None:
    manifest, where, settings = project
    write_report(manifest, where, settings, tmp_path / "again.html")

    def timeless(page: str) -> str:
        return re.sub(r"Made on [^<]*|\d+ (days|hours)", "", page)

    assert timeless((tmp_path / "again.html").read_text()) == timeless(text)


def assert_reports_agree(pair: Pair) -> None:
    """The reports on both engines say the same of one landing; but for when, how often and by whom it was built."""
    pages = []
    for lakehouse in (pair.athena, pair.local):
        out = lakehouse.folder / "report.html"
        done = report(lakehouse, "--target", lakehouse.target, "--out", str(out))
        assert (done.returncode, done.stdout) == (0, f"wrote {out}\n"), done.stderr
        pages.append(lxml.html.fromstring(out.read_text()))
    assert "with Amazon Athena" in words(pages[0].xpath("//header")[0])
    for name in ("consent", "outcomes", "doubt", "groups", "before-consent", "training", "signal"):
        on_athena, on_duckdb = (lxml.html.tostring(section(page, name)) for page in pages)
        assert on_athena == on_duckdb, name


# What it does not say.


def spellings(value: str) -> set[str]:
    """A text as it is, and as it might be hidden."""
    found = {value, value.lower(), value.upper(), html.escape(value), quote(value), quote(value, safe="")}
    raw = value.encode()
    found |= {raw.hex(), raw.hex().upper(), json.dumps(value)[1:-1]}
    for before in range(3):
        # What stands before and after a text in base64 changes its first and its last digits.
        encoded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        found.add(encoded[before and before + 1 : -1])
    return found


def hidden_in(page: str, values: set[str]) -> int:
    """How many of the values are in the page, in any spelling; not which."""
    return sum(any(spelling in page for spelling in spellings(value)) for value in values)


@pytest.fixture(scope="module")
def personal(built: Lakehouse) -> set[str]:
    """What landed of people, as it landed, but for what is too short to look for."""
    rows = built.query(
        """
        select unnest(["customerName", email, phone, "birthDay", "serialNumber"]) from stedi_landing.customer_landing
        union select "user" from stedi_landing.accelerometer_landing
        union select "serialNumber" from stedi_landing.step_trainer_landing
        """
    )
    return {value.strip() for (value,) in rows if value and len(value.strip()) >= 6}


def test_no_personal_data_are_in_the_page(text: str, personal: set[str]) -> None:
    assert len(personal) > 500
    assert hidden_in(text, personal) == 0


def test_no_pseudonym_but_one_is_in_the_page(text: str, built: Lakehouse) -> None:
    pseudonyms = built.query(
        "select participant_id from stedi_staging.stg_customer union select device_id from stedi_staging.stg_device"
    )
    assert sum(value in text for (value,) in pseudonyms if value) == 1


@pytest.mark.parametrize("column", ["email", "customer_name", "phone", "birth_day", "serial_number"])
def test_personal_data_would_be_found(text: str, personal: set[str], built: Lakehouse, column: str) -> None:
    [(value,)] = built.query(
        f"select cast({column} as varchar) from stedi_trusted.customer_trusted where length({column}) > 8 limit 1"
        if column != "birth_day"
        else "select cast(birth_day as varchar) from stedi_trusted.customer_trusted where birth_day is not null limit 1"
    )
    for spelling in spellings(value):
        assert hidden_in(text + spelling, {value}) == 1
    for before in ("", "a", "ab"):
        encoded = base64.b64encode(f"{before}{value}, and more".encode()).decode()
        assert hidden_in(text + encoded, {value}) == 1


def test_hostile_names_are_shown_as_text(hostile: Any, page: Any) -> None:
    assert not hostile.xpath("//script|//img|//@onerror")
    # Shown they are: in tables and in charts.
    assert HOSTILE in [row[0] for row in table(hostile, "builds", 1)]
    assert HOSTILE in [row[0] for row in table(hostile, "outcomes")]
    drawn = [title.text for title in section(hostile, "training").xpath(".//*[local-name()='desc']")]
    assert any(HOSTILE in description for description in drawn)
    assert hostile.xpath("//section/@id") == SECTIONS
    assert len(hostile.xpath("//*")) < 1.3 * len(page.xpath("//*"))


# Where there is little or nothing to tell.


def test_without_anybody_who_consents_there_is_a_page(project: Project, tmp_path: Path) -> None:
    manifest, where, settings = project
    landing = tmp_path / "landing"
    changing.write(landing, "customer", "a.json", changing.customers(range(6), consents=False))
    changing.write(landing, "accelerometer", "a.json", changing.accelerations(range(6), 0, 6))
    changing.write(landing, "step_trainer", "a.json", changing.steps(range(6), 0, 6))
    lakehouse = Lakehouse(tmp_path, str(landing))
    lakehouse.dbt("run")
    write_report(manifest, replace(where, database=lakehouse.database), settings, tmp_path / "report.html")
    page = lxml.html.fromstring((tmp_path / "report.html").read_text())
    assert page.xpath("//section/@id") == SECTIONS
    assert "It is empty" in words(section(page, "training"))
    assert "no rows to show" in words(section(page, "signal"))
    assert [number(row[1]) for row in table(page, "consent")] == [6, 6, 6, 0, 0, 0, 0, 0]
    assert "synthetic" not in words(page.xpath("//header")[0])


def test_an_outlier_leaves_the_other_bins_as_they_are(project: Project, tmp_path: Path) -> None:
    manifest, where, _ = project
    copy = tmp_path / "stedi.duckdb"
    shutil.copy(where.database, copy)

    def bins() -> list[tuple[float, float]]:
        with opened(replace(where, database=copy), in_build=False) as fetch:
            rows = Questions(manifest, fetch, {"k_anonymity": 5}).answer("distributions")
        return [(row["bin_from"], row["bin_to"]) for row in rows if row["measure"] == "x"]

    before = bins()
    assert len(before) > 5
    with duckdb.connect(str(copy)) as connection:
        for row, value in enumerate(("1e308", "-1e308", "1e-300")):
            connection.execute(f"update stedi_curated.machine_learning_curated set x = {value} where rowid = {row}")
    assert bins() == before


def complaint(project: Project, database: Path, out: Path) -> str:
    """The one line that stands for a report."""
    manifest, where, settings = project
    with pytest.raises(StediError) as error:
        write_report(manifest, replace(where, database=database), settings, out)
    return str(error.value)


def test_what_stands_in_the_way_is_one_line(project: Project, built: Lakehouse, tmp_path: Path) -> None:
    out, database = tmp_path / "report.html", tmp_path / "stedi.duckdb"
    said = [complaint(project, database, out)]
    assert f"there is no database {database}" in said[0] and "stedi run` builds" in said[0]
    duckdb.connect(str(database)).close()
    said.append(complaint(project, database, out))
    assert "nothing to report on yet" in said[-1]
    shutil.copy(built.database, database)
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop table stedi_audit.quality_alarm")
    said.append(complaint(project, database, out))
    assert "quality_alarm" in said[-1] and "stedi run` builds" in said[-1]
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from stedi_audit.build")
    said.append(complaint(project, database, out))
    assert "nothing was built to its end" in said[-1]
    database.write_bytes(b"no database at all" * 1000)
    said.append(complaint(project, database, out))
    assert "cannot be read as a DuckDB database" in said[-1]
    assert not any("\n" in line for line in said)
    assert not out.exists()


def test_a_database_in_use_is_one_line_and_what_there_was_is_kept(
    project: Project, built: Lakehouse, tmp_path: Path
) -> None:
    out, database = tmp_path / "report.html", tmp_path / "stedi.duckdb"
    out.write_text("an earlier report")
    shutil.copy(built.database, database)
    lock = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", lock, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        said = complaint(project, database, out)
        other.stdin.close()
    assert re.fullmatch(rf"the database {database} is in use by another program: [^\n]*", said)
    assert out.read_text() == "an earlier report"


@pytest.mark.parametrize("name", ["missing/report.html", "."])
def test_a_place_that_cannot_be_written_is_named(project: Project, tmp_path: Path, name: str) -> None:
    manifest, where, settings = project
    with pytest.raises(StediError, match="cannot write the report to ") as error:
        write_report(manifest, where, settings, tmp_path / name)
    assert str(tmp_path) in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_be_written_leaves_the_run_as_it_is(
    project: Project, built: Lakehouse, tmp_path: Path
) -> None:
    manifest, where, settings = project
    database = tmp_path / "stedi.duckdb"
    shutil.copy(built.database, database)
    (tmp_path / "report.html").mkdir()
    out, err = Console(file=StringIO(), width=999), Console(file=StringIO(), width=999)
    build._report(manifest, replace(where, database=database), settings, out, err)
    assert re.fullmatch(r"warning: no report was written: .* it is a folder; .*\n", err.file.getvalue())
    assert out.file.getvalue() == ""


def test_other_commands_do_not_wait_for_what_draws() -> None:
    code = (
        "import sys, stedi.cli, stedi.build, stedi.report; "
        "print([name for name in sys.modules if name.split('.')[0] in ('altair', 'vl_convert')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# What a browser makes of it.


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")], ids=str)
def seen(request: pytest.FixtureRequest, browser: Browser, path: Path) -> Iterator[tuple[Page, list[str]]]:
    """The page in a window, and what it asked for and complained of."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    window = context.new_page()
    noted: list[str] = []
    window.on("request", lambda request: noted.append(request.url))
    window.on("console", lambda message: noted.append(message.text))
    window.on("pageerror", lambda error: noted.append(str(error)))
    window.goto(path.as_uri())
    yield window, noted
    context.close()


LOOK = """() => [...document.querySelectorAll('svg')].map(svg => {
    const box = svg.getBoundingClientRect();
    const marks = [...svg.querySelectorAll('.role-mark path')];
    const texts = [...svg.querySelectorAll('text')].filter(text => text.textContent);
    const rects = texts.map(text => text.getBoundingClientRect());
    return {
        width: box.width, height: box.height,
        drawn: marks.filter(mark => mark.getBBox().width + mark.getBBox().height > 0).length,
        left: Math.min(...rects.map(rect => rect.left)), right: Math.max(...rects.map(rect => rect.right)),
        size: Math.min(...texts.map(text => parseFloat(getComputedStyle(text).fontSize)))
            * box.width / svg.viewBox.baseVal.width,
        inks: [...new Set(texts.map(text => getComputedStyle(text).fill))],
        bars: [...new Set(marks.map(mark => getComputedStyle(mark))
            .flatMap(style => [style.fill, style.stroke]).filter(color => color.startsWith('rgb(')))],
        paper: getComputedStyle(svg.closest('section')).backgroundColor,
    };
})"""


def contrast(*colors: str) -> float:
    """The contrast of two colors, as WCAG 2 has it."""

    def luminance(color: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted(map(luminance, colors))
    return (light + 0.05) / (dark + 0.05)


def test_every_chart_is_drawn_and_legible(seen: tuple[Page, list[str]]) -> None:
    window, _ = seen
    charts = window.evaluate(LOOK)
    assert len(charts) > 12
    for chart in charts:
        assert chart["width"] > 250 and chart["height"] > 50
        assert chart["drawn"] > 0
        assert chart["left"] >= 0 and chart["right"] <= window.viewport_size["width"]
        assert chart["size"] >= 9
        assert all(contrast(ink, chart["paper"]) >= 4.5 for ink in chart["inks"]), chart
        assert chart["bars"] and all(contrast(bar, chart["paper"]) >= 2.5 for bar in chart["bars"]), chart


def test_nothing_scrolls_sideways_but_tables(seen: tuple[Page, list[str]]) -> None:
    window, _ = seen
    for details in window.query_selector_all("details"):
        details.evaluate("element => element.open = true")
    assert window.evaluate("document.documentElement.scrollWidth") == window.viewport_size["width"]


def test_nothing_is_asked_for_and_nothing_complains(seen: tuple[Page, list[str]], path: Path) -> None:
    _, noted = seen
    assert noted == [path.as_uri()]


def test_a_page_that_reaches_out_would_be_noticed(browser: Browser, path: Path, tmp_path: Path) -> None:
    reaching = tmp_path / "report.html"
    image = '<img src="http://127.0.0.1:9/x.png"><script>console.log(1)</script></body>'
    reaching.write_text(re.sub("<meta http-equiv[^>]*>", "", path.read_text()).replace("</body>", image))
    context = browser.new_context()
    window = context.new_page()
    noted: list[str] = []
    window.on("request", lambda request: noted.append(request.url))
    window.on("console", lambda message: noted.append(message.text))
    window.goto(reaching.as_uri())
    context.close()
    assert {"http://127.0.0.1:9/x.png", "1"} <= set(noted)


def test_a_part_of_a_landing_that_may_name_a_person_is_not_shown() -> None:
    from stedi.report.page import _place

    settings = load_settings(PROJECT)
    assert _place("s3://data/ann%40example.org/ann@example.org/Jürgen/2026", settings) == "s3://data/…/…/…/2026"
    assert _place(str(settings.project / "data" / "landing"), settings) == "data/landing"
