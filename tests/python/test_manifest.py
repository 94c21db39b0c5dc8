"""The project's conventions, checked over dbt's manifest: privacy labels, zones, docs, names."""

from __future__ import annotations

import csv
import graphlib
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
    "audit": {"vault", "staging", "trusted", "curated", "audit"},
}
# Which kinds name a person outright, or undo the pseudonyms, and may be labelled `pii`.
DIRECT = {"name", "email", "phone", "birth_day", "serial_number", "raw_line", "vault_key"}
OTHER_KINDS = {
    *("pseudonym", "registration_date", "update_date", "consent_date", "consent_state", "age", "signal", "split"),
}
TREATMENTS = {"landed", "kept", "pseudonymised", "generalised", "dropped"}


def problems(manifest: dict) -> list[str]:
    """Every breach of a convention, a line each."""
    nodes = manifest["sources"] | manifest["nodes"]
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    seeds = [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]
    found = []
    for node in [*models, *seeds, *manifest["sources"].values()]:
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
            # A summary stands for the rows of its table.
            table = f"model.stedi.{nodes[parent]['name'].removesuffix('_parts')}"
            is_summary = nodes[parent]["config"]["meta"].get("format") == "summary"
            from_zone = nodes[table if is_summary else parent]["schema"].removeprefix("stedi_")
            # What the audit remembers for it, a model writes itself.
            is_memory = nodes[parent]["name"] == model["config"]["meta"].get("first_landings")
            if from_zone not in READS.get(zone, set()) and not is_memory:
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
    tests = {
        (parent, node["test_metadata"]["name"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        for parent in ([node["attached_node"]] if node["attached_node"] else node["depends_on"]["nodes"])
    }
    for unique_id, name in needed_tests(manifest):
        if (unique_id, name) not in tests:
            found.append(f"{nodes[unique_id]['name']}: no data test {name}")
    return found


def needed_tests(manifest: dict) -> list[tuple[str, str]]:
    """The data tests that relations need for what they are, each with the relation's id."""
    needed = []
    for source in manifest["sources"].values():
        meta = source["config"]["meta"]
        if meta["format"] == "lines":
            entity = meta["location"].partition("/")[0]
            needed += [
                (f"source.stedi.landing.{entity}_landing", "documents_match_lines"),
                (f"model.stedi.stg_{entity}", "staging_has_every_landing_line"),
                (f"model.stedi.{entity}_trusted", "matches_trusted_outcome"),
            ]
    for key, node in manifest["nodes"].items():
        is_further = node["resource_type"] == "model" and node["schema"].endswith(("_trusted", "_curated"))
        if is_further and node["name"] != "customer_trusted" and "participant_id" in node["columns"]:
            needed += [(key, name) for name in ("relationships", "no_personal_data_columns", "no_personal_data_values")]
    return needed


def registry() -> list[dict[str, str]]:
    """The rows of the registry of personal data, as its seed has them."""
    with (PROJECT / "seeds" / "personal_data.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def registry_problems(manifest: dict, rows: list[dict[str, str]]) -> list[str]:
    """Where the registry and the columns in yml do not say the same, a line each."""
    columns = {}
    for node in [*manifest["sources"].values(), *manifest["nodes"].values()]:
        if node["resource_type"] in ("source", "model", "seed"):
            zone = node["schema"].removeprefix("stedi_")
            for column in node["columns"].values():
                columns[zone, node["name"], column["name"]] = column
    listed: dict[tuple[str, str, str], dict[str, str]] = {}
    found = []
    for row in rows:
        key = (row["zone"], row["relation"], row["field"])
        what = ".".join(key)
        if row["zone"] not in ZONES or row["kind"] not in DIRECT | OTHER_KINDS or row["treatment"] not in TREATMENTS:
            found.append(f"{what}: {row['zone']}, {row['kind']} or {row['treatment']} is no word of the registry")
        if (row["treatment"] == "dropped") != (not row["relation"]) or (not row["relation"]) != (not row["field"]):
            found.append(f"{what}: a dropped field has no relation and no field, any other has both")
        elif row["treatment"] != "dropped":
            if key not in columns:
                found.append(f"{what}: in the registry, but there is no such column")
            same = listed.setdefault(key, row)
            if (same["kind"], same["treatment"]) != (row["kind"], row["treatment"]):
                found.append(f"{what}: two kinds or treatments")
        if row["zone"] == "curated" and row["kind"] in DIRECT and row["treatment"] != "dropped":
            found.append(f"{what}: personal data in curated")
    if len({tuple(row.values()) for row in rows}) != len(rows):
        found.append("the registry has a row twice")

    for key, column in columns.items():
        what = ".".join(key)
        row = listed.get(key)
        personal = row is not None and row["kind"] in DIRECT and row["treatment"] in ("landed", "kept")
        is_coarse = (
            key[0] == "curated" and row is not None and row["treatment"] == "generalised" and row["kind"] != "split"
        )
        if is_coarse and not column["config"]["meta"].get("coarsest"):
            found.append(f"{what}: generalised, but its meta does not say what is coarsest")
        if column["config"]["meta"]["pii"] != personal:
            found.append(f"{what}: pii is {not personal}, but the registry says otherwise")
        if row is None and key[0] == "landing":
            found.append(f"{what}: a landing field that is not in the registry")
        if row is None and _looks_personal(key, column, listed, columns):
            found.append(f"{what}: not in the registry, but named or described like a column that is")

    landed = {f"{relation}.{field}" for zone, relation, field in listed if zone == "landing"}
    origins = landed | {f"{relation}.{field}" for zone, relation, field in listed if zone == "vault"}
    for row in rows:
        if row["zone"] in ("landing", "vault"):
            if row["derived_from"]:
                found.append(f"{row['zone']}.{row['relation']}.{row['field']}: derives from nothing")
        elif row["derived_from"] not in origins:
            found.append(
                f"{row['zone']}.{row['relation']}.{row['field']}: {row['derived_from'] or 'nothing'} never landed"
            )
    for zone in ("staging", "trusted", "curated", "audit"):
        for field in sorted(landed):
            treatments = {row["treatment"] for row in rows if (row["zone"], row["derived_from"]) == (zone, field)}
            if not treatments:
                found.append(f"{field}: no treatment in {zone}")
            if "dropped" in treatments and len(treatments) > 1:
                found.append(f"{field}: dropped in {zone}, and yet there")
    return found


def _looks_personal(key: tuple[str, str, str], column: dict, listed: dict, columns: dict) -> bool:
    """Whether a column has the name, however spelled, or the description of one in the registry.

    A `state` or `reason` may be anything's, so those of consent count only by their description.
    """
    names = {field for (_, _, field), row in listed.items() if row["kind"] != "consent_state"}
    descriptions = {columns[other]["description"].strip() for other in listed if other in columns}
    plain = {name.lower().replace("_", "") for name in names}
    return key[2].lower().replace("_", "") in plain or column["description"].strip() in descriptions


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


# Macros call macros of their own folder and of those further down, so that each can be read without the ones above.
LAYERS = ["operations", "build", "materializations", "audit", "summaries", "landing", "rules", "engine", "project"]


def macro_problems(manifest: dict) -> list[str]:
    """Calls that go up, files that call each other in a circle, and helpers of one file that another uses."""
    macros = {
        name: macro
        for name, macro in manifest["macros"].items()
        if macro["package_name"] == "stedi" and macro["original_file_path"].startswith("macros/")
    }
    path_of = {name: Path(macro["original_file_path"]) for name, macro in macros.items()}
    layer_of = {path: LAYERS.index(path.parts[1]) if path.parts[1] in LAYERS else -1 for path in path_of.values()}
    found = []
    calls: dict[Path, set[Path]] = {path: set() for path in layer_of}
    for caller in [*manifest["macros"].values(), *manifest["nodes"].values(), *manifest["unit_tests"].values()]:
        path = Path(caller["original_file_path"])
        for callee in caller["depends_on"].get("macros", []):
            if callee not in macros or path_of[callee] == path:
                continue
            name = re.sub("^(default|athena|duckdb)__", "", macros[callee]["name"])
            if name != path_of[callee].stem:
                found.append(f"{path} calls {name}, a helper of {path_of[callee]}")
            if path in calls:
                calls[path].add(path_of[callee])
                if layer_of[path] > layer_of[path_of[callee]]:
                    found.append(f"{path} calls {name}, which is further up")
    try:
        graphlib.TopologicalSorter(calls).prepare()
    except graphlib.CycleError as circle:
        found.append("a circle: " + ", ".join(map(str, circle.args[1])))
    return found


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


def test_the_registry_and_the_columns_say_the_same(manifest: dict) -> None:
    assert registry_problems(manifest, registry()) == []


def _column(manifest: dict, unique_id: str, name: str, *, pii: bool, description: str = "Something new.") -> None:
    nodes = manifest["sources"] if unique_id.startswith("source") else manifest["nodes"]
    column = {"name": name, "description": description, "config": {"meta": {"pii": pii}}}
    nodes[unique_id]["columns"][name] = column


CUSTOMER = "source.stedi.landing.customer_landing"
TRAINING_SET = "model.stedi.machine_learning_curated"


@pytest.mark.parametrize(
    ("says", "breach"),
    [
        (
            "landing.customer_landing.city: a landing field that is not in the registry",
            lambda manifest, rows: _column(manifest, CUSTOMER, "city", pii=False),
        ),
        (
            "staging.stg_customer.nick_name: pii is True, but the registry says otherwise",
            lambda manifest, rows: _column(manifest, "model.stedi.stg_customer", "nick_name", pii=True),
        ),
        (
            "curated.machine_learning_curated.participant_id: pii is True",
            lambda manifest, rows: _column(manifest, TRAINING_SET, "participant_id", pii=True),
        ),
        (
            "landing.customer_landing.phone: pii is False",
            lambda manifest, rows: _column(manifest, CUSTOMER, "phone", pii=False),
        ),
        (
            "curated.machine_learning_curated.Serial_Number: not in the registry, but named or described",
            lambda manifest, rows: _column(manifest, TRAINING_SET, "Serial_Number", pii=False),
        ),
        (
            "curated.machine_learning_curated.person: not in the registry, but named or described",
            lambda manifest, rows: _column(
                manifest,
                TRAINING_SET,
                "person",
                pii=False,
                description=manifest["nodes"][TRAINING_SET]["columns"]["participant_id"]["description"],
            ),
        ),
        (
            "trusted.device_trusted.city: in the registry, but there is no such column",
            lambda manifest, rows: rows.append(
                rows[-1] | {"zone": "trusted", "relation": "device_trusted", "field": "city", "treatment": "kept"}
            ),
        ),
        (
            "customer_landing.phone: no treatment in curated",
            lambda manifest, rows: rows.remove(
                {
                    "zone": "curated",
                    "relation": "",
                    "field": "",
                    "kind": "phone",
                    "treatment": "dropped",
                    "derived_from": "customer_landing.phone",
                }
            ),
        ),
        (
            "customer_landing.email: dropped in curated, and yet there",
            lambda manifest, rows: rows.append(
                next(row for row in rows if row["zone"] == "curated" and row["treatment"] == "dropped")
                | {"derived_from": "customer_landing.email"}
            ),
        ),
        (
            "curated.customers_curated.age_band: personal data in curated",
            lambda manifest, rows: [row.update(kind="birth_day") for row in rows if row["field"] == "age_band"],
        ),
        (
            "curated.customers_curated.postcode: generalised, but its meta does not say what is coarsest",
            lambda manifest, rows: (
                manifest["nodes"]["model.stedi.customers_curated"]["columns"].update(
                    postcode={"name": "postcode", "description": "An area.", "config": {"meta": {"pii": False}}}
                ),
                rows.append(
                    next(row for row in rows if row["field"] == "age_band") | {"field": "postcode"},
                ),
            ),
        ),
        (
            "hidden is no word of the registry",
            lambda manifest, rows: rows[-1].update(treatment="hidden"),
        ),
        (
            "customer_landing.mail never landed",
            lambda manifest, rows: rows[-1].update(derived_from="customer_landing.mail"),
        ),
    ],
)
def test_a_difference_between_registry_and_columns_is_noticed(manifest: dict, says: str, breach) -> None:
    rows = registry()
    breach(manifest, rows)
    assert [line for line in registry_problems(manifest, rows) if says in line]


def test_the_registry_is_loaded_by_a_build_and_not_needed_by_one(built: Lakehouse) -> None:
    counts = "select count(*), count(relation), count(distinct zone) from stedi_audit.personal_data"
    rows = registry()
    assert built.query(counts) == [(len(rows), len([row for row in rows if row["relation"]]), len(ZONES))]
    manifest = json.loads((built.folder / "target" / "manifest.json").read_text())
    assert manifest["child_map"]["seed.stedi.personal_data"] == []


def test_unit_tests_have_names_and_variables_of_their_own(manifest: dict) -> None:
    assert len(manifest["unit_tests"]) > 30
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


def test_macros_call_only_downwards(manifest: dict) -> None:
    assert macro_problems(manifest) == []


@pytest.mark.parametrize(
    ("says", "calls"),
    [
        ("further up", {"md5_of": "summary_of"}),
        ("a circle", {"normalised": "normalised_name", "normalised_name": "normalised"}),
        ("a helper of", {"landing_documents": "athena_joined_where_nested"}),
    ],
)
def test_a_call_that_must_not_be_is_noticed(manifest: dict, says: str, calls: dict[str, str]) -> None:
    for caller, callee in calls.items():
        manifest["macros"][f"macro.stedi.{caller}"]["depends_on"]["macros"].append(f"macro.stedi.{callee}")
    assert any(says in problem for problem in macro_problems(manifest)), says


def test_a_model_without_a_path_to_consent_is_noticed(manifest: dict) -> None:
    manifest["parent_map"]["model.stedi.machine_learning_curated"] = []
    assert [line for line in problems(manifest) if "no path to customer_trusted" in line]


def test_a_model_without_a_zone_does_not_compile(built: Lakehouse, tmp_path: Path) -> None:
    copy_project(tmp_path)
    (tmp_path / "models" / "stray.sql").write_text("select 1 as one")
    done = Lakehouse(tmp_path, built.landing, project=tmp_path).dbt("parse", check=False)
    assert done.returncode != 0
    assert "model stray has no zone" in done.stdout


def test_a_mistake_in_how_a_model_is_divided_is_one_line(built: Lakehouse, tmp_path: Path) -> None:
    copy_project(tmp_path)
    path = tmp_path / "models" / "trusted" / "accelerometer_trusted.sql"
    path.write_text(path.read_text().replace('"key": "participant_id"', '"key": "device_id"'))
    done = Lakehouse(tmp_path / "own", built.landing, project=tmp_path).dbt("run", check=False)
    assert done.returncode != 0
    says = "accelerometer_trusted.sql: meta.parts admits by `device_id`, which is not in `by`"
    assert says in " ".join(done.stdout.split())
    assert "OK" not in done.stdout


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
