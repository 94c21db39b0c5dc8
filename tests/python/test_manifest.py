"""The project's conventions, checked over dbt's manifest: privacy labels, zones, docs, names."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from lakehouse import PROJECT, Lakehouse, copy_project

ZONES = ["landing", "vault", "staging", "trusted", "curated", "audit"]
# What a zone may read. Audit looks at everything; nothing looks at audit.
READS = {
    "staging": {"landing", "vault", "staging"},
    "trusted": {"staging", "trusted"},
    "curated": {"trusted", "curated"},
    "audit": {"staging", "trusted", "curated", "audit"},
}


def problems(manifest: dict) -> list[str]:
    """Every breach of a convention, a line each."""
    nodes = manifest["sources"] | manifest["nodes"]
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    found = []
    for node in [*models, *manifest["sources"].values()]:
        zone = node["schema"].removeprefix("stedi_")
        if zone not in ZONES:
            found.append(f"{node['name']}: schema {node['schema']} is no zone")
        if not node["description"].strip():
            found.append(f"{node['name']}: no description")
        for column in node["columns"].values():
            pii = column["config"].get("meta", {}).get("pii")
            if not isinstance(pii, bool):
                found.append(f"{node['name']}.{column['name']}: no config.meta.pii")
            if pii and zone not in ("landing", "vault") and node["name"] not in ("stg_customer", "customer_trusted"):
                found.append(
                    f"{node['name']}.{column['name']}: personal data outside stg_customer and customer_trusted"
                )
            if not column["description"].strip():
                found.append(f"{node['name']}.{column['name']}: no description")
    for model in models:
        zone = model["schema"].removeprefix("stedi_")
        if model["original_file_path"] != f"models/{zone}/{model['name']}.sql":
            found.append(f"{model['name']}: {model['original_file_path']} does not show its zone")
        if model["group"] is None or not model["columns"]:
            found.append(f"{model['name']}: no group, or no columns described")
        for parent in model["depends_on"]["nodes"]:
            from_zone = nodes[parent]["schema"].removeprefix("stedi_")
            if from_zone not in READS.get(zone, set()):
                found.append(f"{model['name']} in {zone} reads {nodes[parent]['name']} in {from_zone}")
        if zone in ("trusted", "curated"):
            if not model["config"]["contract"]["enforced"]:
                found.append(f"{model['name']}: no contract")
            if model["name"] != "customer_trusted" and "model.stedi.customer_trusted" not in ancestors(
                manifest, model["unique_id"]
            ):
                found.append(f"{model['name']}: no path to customer_trusted, the consent model")
        if (zone == "curated") != (model["access"] == "public"):
            found.append(f"{model['name']}: access {model['access']} in {zone}")
    return found


def unit_test_problems(manifest: dict) -> list[str]:
    """What would make a plain `dbt build` fail: a shared name on Athena, or another value of a variable."""
    found = []
    seen: dict[str, str] = {}
    for test in manifest["unit_tests"].values():
        # dbt-athena makes <name>__dbt_tmp for each, and threads meet.
        if other := seen.get(test["name"]):
            found.append(f"{test['name']}: the name of a unit test of {other} and of {test['model']}")
        seen[test["name"]] = test["model"]
        given = ((test["overrides"] or {}).get("vars") or {}).keys()
        for name in variables_of(manifest, f"model.stedi.{test['model']}") - given:
            found.append(f"{test['name']}: does not set the variable {name}, which {test['model']} depends on")
    return found


def variables_of(manifest: dict, unique_id: str) -> set[str]:
    """The variables that a model and the macros behind it read."""
    left, seen, names = [unique_id], set(), set()
    while left:
        node = left.pop()
        if node in seen or not node.startswith(("model.stedi", "macro.stedi")):
            continue
        seen.add(node)
        found = manifest["nodes"].get(node) or manifest["macros"][node]
        names |= set(re.findall(r"""\bvar\(\s*["'](\w+)["']""", found.get("raw_code") or found["macro_sql"]))
        left += found["depends_on"]["macros"]
    return names


def ancestors(manifest: dict, unique_id: str) -> set[str]:
    seen: set[str] = set()
    left = list(manifest["parent_map"][unique_id])
    while left:
        node = left.pop()
        if node not in seen:
            seen.add(node)
            left += manifest["parent_map"].get(node, [])
    return seen


@pytest.fixture
def manifest(built: Lakehouse) -> dict:
    return json.loads((built.folder / "target" / "manifest.json").read_text())


def test_the_project_keeps_its_conventions(manifest: dict) -> None:
    assert problems(manifest) == []


def test_unit_tests_have_names_and_variables_of_their_own(manifest: dict) -> None:
    assert len(manifest["unit_tests"]) > 50
    assert variables_of(manifest, "model.stedi.accelerometer_trusted") == {"consent_scope"}
    assert unit_test_problems(manifest) == []


def test_a_unit_test_without_its_own_name_or_variables_is_noticed(manifest: dict) -> None:
    first, second = [t for t in manifest["unit_tests"].values() if t["model"] == "machine_learning_curated"][:2]
    second["name"] = first["name"]
    first["overrides"] = None
    assert {problem.split(": ")[1][:8] for problem in unit_test_problems(manifest)} == {"the name", "does not"}


@pytest.mark.parametrize(
    ("says", "breach"),
    [
        ("no config.meta.pii", lambda model, column: column["config"].update(meta={})),
        (
            "personal data outside",
            lambda model, column: column["config"].update(meta={"pii": True}),
        ),
        ("no description", lambda model, column: column.update(description=" ")),
        ("is no zone", lambda model, column: model.update(schema="stedi")),
        ("no contract", lambda model, column: model["config"].update(contract={"enforced": False})),
        (
            "reads stg_customer in staging",
            lambda model, column: model["depends_on"]["nodes"].append("model.stedi.stg_customer"),
        ),
        ("access protected", lambda model, column: model.update(access="protected")),
    ],
)
def test_a_breach_is_noticed(manifest: dict, says: str, breach) -> None:
    model = manifest["nodes"]["model.stedi.machine_learning_curated"]
    breach(model, model["columns"]["participant_id"])
    assert [line for line in problems(manifest) if says in line]


def test_a_model_without_a_path_to_consent_is_noticed(manifest: dict) -> None:
    manifest["parent_map"]["model.stedi.machine_learning_curated"] = []
    assert [line for line in problems(manifest) if "no path to customer_trusted" in line]


def test_a_model_without_a_zone_does_not_compile(built: Lakehouse, tmp_path: Path) -> None:
    copy_project(tmp_path)
    (tmp_path / "models" / "stray.sql").write_text("select 1 as one")
    done = Lakehouse(tmp_path, built.landing, project=tmp_path).dbt("parse", check=False)
    assert done.returncode != 0
    assert "model stray has no zone" in done.stdout


def test_every_generic_test_is_in_its_readme() -> None:
    readme = (PROJECT / "tests" / "generic" / "README.md").read_text()
    for path in (PROJECT / "tests" / "generic").glob("*.sql"):
        assert f"`{path.stem}" in readme, f"{path.name} is missing from tests/generic/README.md"


def test_no_registry_host_or_machine_path_in_the_project() -> None:
    import subprocess

    files = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split()
    hosts = ["pypi" + ".org", "maven" + ".org", "pythonhosted" + ".org", "/ro" + "ot/", "/ho" + "me/"]
    for file in files:
        text = (PROJECT / file).read_text(errors="replace")
        assert not [host for host in hosts if host in text], file


def test_the_data_dictionary_is_up_to_date(manifest: dict) -> None:
    sys.path.insert(0, str(PROJECT / "scripts"))
    import data_dictionary

    assert data_dictionary.page(manifest) == data_dictionary.PAGE.read_text(), "run scripts/data_dictionary.py"


@pytest.mark.parametrize(
    ("selector", "has", "lacks"),
    [
        ("training_set", "machine_learning_curated", "row_outcome"),
        ("privacy", "machine_learning_curated_has_no_personal_data_in_its_text", "machine_learning_curated"),
        ("row_counts", "stg_accelerometer_has_every_landing_line", "stg_accelerometer"),
    ],
)
def test_a_selector_selects_what_it_says(built: Lakehouse, selector: str, has: str, lacks: str) -> None:
    listed = built.dbt("ls", "--quiet", "--selector", selector, "--output", "name").stdout.split()
    assert has in listed
    assert lacks not in listed
