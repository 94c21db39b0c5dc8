"""The documentation site that `make docs` serves: read over HTTP, as a browser reads it.

What dbt's page makes of it was looked at in a browser: it draws models, sources, exposures, analyses and unit tests
into the lineage graph, takes a node's colour from `docs.node_color` (sources have none), shows inline HTML as text,
and opens the graph that a link's `g_i` selects.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import unquote

import pytest
from lakehouse import PROJECT, Lakehouse
from playwright.sync_api import Browser

ZONES = {"landing", "vault", "staging", "trusted", "curated", "audit"}
GLUE_COMMENT = 255  # characters; Athena keeps the description of a column in one


def make_docs(lakehouse: Lakehouse, port: int) -> subprocess.Popen[str]:
    """`make docs`, in a process group and a target folder of its own; BROWSER keeps dbt from opening one."""
    # What an outer make says to its children is not for this one.
    env = {name: value for name, value in lakehouse.environment.items() if not name.startswith("MAKE")}
    return subprocess.Popen(
        ["make", "docs", f"DOCS_PORT={port}"],
        cwd=PROJECT,
        env=env | {"BROWSER": "true", "DBT_TARGET_PATH": str(lakehouse.folder / "docs")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(process: subprocess.Popen[str]) -> None:
    """End what `make_docs` started, with all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def fetch(built: Lakehouse) -> Iterator[Callable[[str], str]]:
    """Reads a file of the site that `make docs` serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = make_docs(built, port)

    def get(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
            return answer.read().decode()

    try:
        ends = time.monotonic() + 300
        while process.poll() is None and time.monotonic() < ends:
            try:
                get("manifest.json")
                break
            except urllib.error.URLError:
                time.sleep(0.2)
        assert process.poll() is None, "".join(process.communicate())
        yield get
    finally:
        end(process)


@pytest.fixture
def manifest(fetch: Callable[[str], str]) -> dict:
    return json.loads(fetch("manifest.json"))


@pytest.fixture
def overview(manifest: dict) -> str:
    return manifest["docs"]["doc.stedi.__overview__"]["block_contents"]


def test_the_overview_explains_the_project(overview: str) -> None:
    assert "Welcome to the auto-generated documentation" not in overview
    for zone in ZONES:
        assert f"| `{zone}` |" in overview
    for heading in ("## Consent", "## The training set"):
        assert heading in overview
    # dbt's page shows HTML as text.
    assert not re.search(r"<(?!zone>)\w", overview)


def test_everything_the_overview_links_to_is_there(overview: str, manifest: dict, fetch: Callable[[str], str]) -> None:
    links = re.findall(r"\]\(([^)]+)\)", overview)
    there = manifest["nodes"] | manifest["sources"] | manifest["exposures"]
    for link in links:
        if link.startswith("#!/overview?"):
            [selected] = re.findall(r"g_i=\+([\w:]+)$", unquote(link))
            assert [name for name in there if name.endswith("." + selected.removeprefix("exposure:"))], link
        elif link.startswith("#!/"):
            kind, unique_id = link.removeprefix("#!/").split("/")
            assert there[unique_id]["resource_type"] == kind, link
        else:
            assert fetch(link).startswith("<svg"), link
    assert len(links) > 10


def test_the_picture_has_every_zone_in_its_colour(manifest: dict, fetch: Callable[[str], str]) -> None:
    picture = fetch("docs/assets/zones.svg")
    assert set(re.findall(r'class="name"[^>]*>(\w+)<', picture)) == ZONES
    colours = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model":
            zone = node["schema"].removeprefix("stedi_")
            assert node["docs"]["show"]
            assert colours.setdefault(zone, node["docs"]["node_color"]) == node["docs"]["node_color"], node["name"]
            assert re.search(rf'fill="{colours[zone]}"/>\s*<text class="name"[^>]*>{zone}<', picture), node["name"]
    assert len(set(colours.values())) == len(colours) == 4


def test_every_relation_is_tagged_with_its_zone(manifest: dict) -> None:
    relations = [*manifest["sources"].values(), *manifest["nodes"].values()]
    for node in relations:
        if node["resource_type"] in ("model", "source"):
            assert node["tags"] == [node["schema"].removeprefix("stedi_")], node["name"]


def test_no_unit_test_is_in_the_lineage_graph(manifest: dict) -> None:
    assert manifest["unit_tests"] == {}
    # They are left out of the documentation, not out of the project.
    assert len(manifest["disabled"]) > 30
    assert all(unique_id.startswith("unit_test.") for unique_id in manifest["disabled"])


def test_exposures_have_no_dead_link(manifest: dict) -> None:
    for exposure in manifest["exposures"].values():
        assert exposure["url"] is None or ".example" not in exposure["url"]


def unlabelled(manifest: dict) -> list[str]:
    """Relations and columns of personal data whose description does not say so."""
    found = []
    for node in [*manifest["nodes"].values(), *manifest["sources"].values()]:
        personal = [column for column in node.get("columns", {}).values() if column["config"]["meta"]["pii"]]
        label = "Secret. " if node["schema"] == "stedi_vault" else "Personal data. "
        found += [f"{node['name']}.{c['name']}" for c in personal if not c["description"].startswith(label)]
        if personal and label == "Personal data. " and "ersonal data" not in node["description"]:
            found.append(node["name"])
    return found


def test_personal_data_says_so_in_its_description(manifest: dict) -> None:
    assert unlabelled(manifest) == []
    manifest["nodes"]["model.stedi.customer_trusted"]["columns"]["email"]["description"] = "E-mail address."
    manifest["nodes"]["model.stedi.stg_customer"]["description"] = "Every customer line."
    assert sorted(unlabelled(manifest)) == ["customer_trusted.email", "stg_customer"]


def test_no_description_is_longer_than_athena_keeps(manifest: dict) -> None:
    for node in [*manifest["nodes"].values(), *manifest["sources"].values()]:
        for column in node.get("columns", {}).values():
            assert len(column["description"]) <= GLUE_COMMENT, f"{node['name']}.{column['name']}"


def test_every_macro_is_described_by_the_comment_above_it(manifest: dict) -> None:
    sys.path.insert(0, str(PROJECT / "scripts"))
    import describe_macros

    assert describe_macros.FILE.read_text() == describe_macros.described(), "run scripts/describe_macros.py"
    ours = {m["name"]: m for m in manifest["macros"].values() if m["package_name"] == "stedi"}
    public = {path.stem for path in (PROJECT / "macros").rglob("*.sql")} & set(ours)
    assert len(public) > 150
    assert [name for name in sorted(public) if not ours[name]["description"]] == []


def test_every_column_of_the_catalog_is_described(manifest: dict, fetch: Callable[[str], str]) -> None:
    catalog = json.loads(fetch("catalog.json"))
    assert len(catalog["nodes"]) >= len([n for n in manifest["nodes"].values() if n["resource_type"] == "model"])
    for unique_id, relation in catalog["nodes"].items():
        described = {name.lower() for name in manifest["nodes"][unique_id]["columns"]}
        assert {name.lower() for name in relation["columns"]} == described, unique_id


def test_a_port_that_is_taken_is_one_line(built: Lakehouse) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = make_docs(built, port)
        try:
            stdout, stderr = process.communicate(timeout=60)
        finally:
            end(process)
    assert process.returncode != 0
    assert "Traceback" not in stdout + stderr
    own, by_make = stderr.strip().splitlines()
    assert own == f"make docs: port {port} is taken; try another: make docs DOCS_PORT=8081"
    assert by_make.startswith("make: ***")


@pytest.mark.parametrize("width", [1280, 360])
def test_the_one_file_is_the_whole_site(
    browser: Browser, built: Lakehouse, fetch: Callable[[str], str], width: int
) -> None:
    """`make docs-static`, opened from the disk."""
    window = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    asked: list[str] = []
    errors: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    window.on("pageerror", lambda error: errors.append(str(error)))
    path = built.folder / "docs" / "static_index.html"
    window.goto(f"{path.as_uri()}#!/model/model.stedi.machine_learning_curated")
    window.locator("td", has_text="dataset_split").first.wait_for()
    window.context.close()
    assert errors == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
