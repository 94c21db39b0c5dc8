"""Column lineage of the SQL as it is compiled: what identifies a person reaches no column but where the registry says.

Staging reads whole landing lines. There a value may leave its line hashed under the key, or as a number or time. Else
it must be a column that the registry lets keep an identifier. Further right, columns are followed from staging's.
What decides about a row (conditions, joins) is not followed: that is what consent is for.
"""

from __future__ import annotations

import csv

import pytest
from lakehouse import ZONE_OF, Lakehouse
from sqlglot import exp, parse_one
from sqlglot.lineage import Node, lineage
from support.canaries import IDENTIFIERS, REGISTRY

from stedi.settings import ENTITIES

NO_TEXT = {exp.DataType.build(name).this for name in ("bigint", "double", "integer", "timestamp", "date")}

Columns = dict[str, dict[str, str]]
"""Of each relation its columns, each with its type; types are not needed here."""


@pytest.fixture(scope="module")
def models(built: Lakehouse) -> dict[str, str]:
    """The SQL of every model, by name, for DuckDB."""
    paths = (built.folder / "target" / "compiled" / "stedi" / "models").glob("*/*.sql")
    return {path.stem: path.read_text() for path in paths}


@pytest.fixture(scope="module")
def columns(built: Lakehouse) -> Columns:
    found: Columns = {}
    for table, column in built.query("select table_name, column_name from duckdb_columns() where not internal"):
        found.setdefault(table, {})[column] = "text"
    return found


def registry() -> list[dict[str, str]]:
    with REGISTRY.open(newline="") as file:
        return list(csv.DictReader(file))


def kinds(*treatments: str) -> dict[tuple[str, str], set[str]]:
    """Of each column with such a treatment the kinds of identifiers that it is, or is made from."""
    of_landing = {
        f"{row['relation']}.{row['field']}": row["kind"] for row in registry() if row["treatment"] == "landed"
    }
    found: dict[tuple[str, str], set[str]] = {}
    for row in registry():
        if row["treatment"] in treatments and (kind := of_landing.get(row["derived_from"])) in IDENTIFIERS:
            found.setdefault((row["relation"], row["field"]), set()).add(kind)
    return found


def without_conditions(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.If):
        node.set("this", exp.true())
    return node


def without_treated(node: exp.Expression) -> exp.Expression:
    """The SQL without what a treatment takes away."""
    if isinstance(node, exp.SHA2) or (isinstance(node, exp.TryCast) and node.to.this in NO_TEXT):
        return exp.null()
    if isinstance(node, exp.Anonymous) and node.name == "list_reduce":
        step = node.expressions[1]
        text = step.expressions[0].name
        if text not in {name.name for name in step.this.transform(without_treated).find_all(exp.Identifier)}:
            return exp.null()  # each step hashes what the one before gives, and there is one (keyed_vault)
    if isinstance(node, exp.Transform) and isinstance(node.expression, exp.Lambda):
        element = node.expression.expressions[0].name
        body = node.expression.this.transform(without_treated)
        if element not in {name.name for name in body.find_all(exp.Identifier)}:
            return exp.null()  # nothing of the elements is left
    return node


def sources(sql: str, columns: Columns, *, treated: bool = True) -> dict[str, set[tuple[str, str]]]:
    """Of each column of a query the columns of relations that it is made from; without `treated`, untreated."""
    tree = parse_one(sql, dialect="duckdb").transform(without_conditions)
    for table in tree.find_all(exp.Table):
        table.set("db", None)
        table.set("catalog", None)
    if not treated:
        tree = tree.transform(without_treated)
    found = lineage(None, tree, columns, dialect="duckdb", validate_qualify_columns=False, trim_selects=False)
    assert isinstance(found, dict)
    return {name: {leaf for part in node.walk() if (leaf := _leaf(part))} for name, node in found.items()}


def _leaf(node: Node) -> tuple[str, str] | None:
    if isinstance(node.source, exp.Table):
        return node.source.name, node.name.rpartition(".")[2].strip('"')
    return None


def leaks_of_staging(models: dict[str, str], columns: Columns) -> set[tuple[str, str]]:
    """The columns of staging that text of a landing line reaches untreated, and may not."""
    return {
        (model, column)
        for model, sql in models.items()
        if any(f"{entity}_landing_lines" in sql for entity in ENTITIES)
        for column, found in sources(sql, columns, treated=False).items()
        if (model, column) not in kinds("kept") and any(name == "line" for _, name in found)
    }


def leaks_of_others(models: dict[str, str], columns: Columns) -> set[tuple[str, str, str]]:
    """The columns further right that an identifier in staging reaches, and may not, with its kind."""
    allowed, kept = kinds("kept", "generalised"), kinds("kept")
    made_from = {model: sources(sql, columns) for model, sql in models.items() if not model.startswith("stg_")}

    def reaching(model: str, column: str) -> set[str]:
        if model not in made_from:
            return kept.get((model, column), set())
        return {kind for origin in made_from[model][column] for kind in reaching(*origin)}

    return {
        (model, column, kind)
        for model, of_model in made_from.items()
        for column in of_model
        for kind in reaching(model, column) - allowed.get((model, column), set())
    }


def test_text_leaves_a_landing_line_only_treated(models: dict[str, str], columns: Columns) -> None:
    assert leaks_of_staging(models, columns) == set()


def test_no_identifier_reaches_a_column_of_which_the_registry_does_not_say_so(
    models: dict[str, str], columns: Columns
) -> None:
    assert leaks_of_others(models, columns) == set()


def test_every_model_is_followed(models: dict[str, str], columns: Columns) -> None:
    assert set(ZONE_OF) <= set(models)
    for model, sql in models.items():
        assert set(sources(sql, columns)) == set(columns[model]), model
    assert sources(models["customer_trusted"], columns)["email"] == {("stg_customer", "email")}
    assert ("customer_landing_lines", "line") in sources(models["stg_customer"], columns, treated=False)["email"]


def test_text_that_is_not_hashed_is_seen(models: dict[str, str], columns: Columns) -> None:
    plain = {model: sql.replace("sha256(", "lower(") for model, sql in models.items()}
    hashed = {"participant_id", "device_id", "name_id", "named_participants", "named_devices", "document_id"}
    found_by_document = {"landed_at", "landed_in"}
    assert leaks_of_staging(plain, columns) == {
        *(("stg_customer", column) for column in hashed | found_by_document),
        ("stg_accelerometer", "participant_id"),
        ("stg_step_trainer", "device_id"),
    }


def test_text_in_the_place_of_a_number_is_seen(models: dict[str, str], columns: Columns) -> None:
    sql = models["stg_accelerometer"].replace("case when not is_erased then x end as x", "user_text as x")
    assert sql != models["stg_accelerometer"]
    assert leaks_of_staging({"stg_accelerometer": sql}, columns) == {("stg_accelerometer", "x")}


@pytest.mark.parametrize("model", ["accelerometer_trusted", "machine_learning_curated", "customers_curated"])
def test_an_identifier_further_right_is_seen(models: dict[str, str], columns: Columns, model: str) -> None:
    joined = (
        f"select model.*, lower(customer_trusted.serial_number) as noted from ({models[model]}) as model "
        "inner join customer_trusted on model.participant_id = customer_trusted.participant_id"
    )
    assert leaks_of_others(models | {model: joined}, columns) == {(model, "noted", "serial_number")}
