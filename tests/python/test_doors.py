"""Who may read which column by the tags of Lake Formation: `tag_tables` and the commands of docs/aws.md, on moto.

moto keeps tags and permissions, and asks nobody for them. What follows from them is worked out here, by AWS's rules: a
column has its table's tags but for those of its own, and a permission on tags holds where each tag of its expression is
one of its values.
"""

from __future__ import annotations

import csv
import json
import re
import socket
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from lakehouse import PROJECT, Lakehouse
from moto.core import DEFAULT_ACCOUNT_ID
from moto.lakeformation.models import lakeformation_backends
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from test_manifest import DIRECT

REGION = "eu-west-1"
ROLES = {name: f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/{name}" for name in ("PIPELINE", "OFFICER", "ANALYST")}
Column = tuple[str, str, str]
"""Zone, relation, column in lower case, as Glue has it."""


def commands_of_the_page() -> list[list[str]]:
    """What `aws lakeformation` is given when the page's lines are typed."""
    page = (PROJECT / "docs" / "aws.md").read_text()
    [script] = re.findall(r"```\n(PIPELINE=.*?)```", page, re.DOTALL)
    script = re.sub(r"^([A-Z]+)=arn:.*$", lambda found: f"{found[1]}={ROLES[found[1]]}", script, flags=re.MULTILINE)
    recorder = "aws() { printf '%s\\x1f' \"$@\"; echo; }\n"
    done = subprocess.run(["bash", "-euc", recorder + script], capture_output=True, text=True, check=True)
    return [line.split("\x1f")[1:-1] for line in done.stdout.splitlines()]


def _camel(option: str) -> str:
    return "".join(part.capitalize() for part in option.split("-"))


class Account:
    """Lake Formation and Glue of one account, over HTTP as dbt sees them."""

    def __init__(self, port: int) -> None:
        self.env = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "STEDI_BUCKET": "my-bucket",
        }
        self.formation, self.glue, athena, s3 = (
            boto3.client(
                name,
                region_name=REGION,
                endpoint_url=self.env["AWS_ENDPOINT_URL"],
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
            for name in ("lakeformation", "glue", "athena", "s3")
        )
        athena.create_work_group(Name="stedi")
        s3.create_bucket(Bucket="my-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.backend = lakeformation_backends[DEFAULT_ACCOUNT_ID][REGION]
        # moto fails where a table has no tags yet; AWS says that it has none.
        self.backend.lf_table_tags = defaultdict(list)
        self.columns: set[Column] = set()

    def make_table(self, database: str, table: str, columns: list[str]) -> None:
        described = [{"Name": column.lower(), "Type": "string"} for column in columns]
        self.glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": table,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"table_type": "iceberg"},
                "StorageDescriptor": {"Columns": described, "Location": f"s3://my-bucket/lake/{database}/{table}"},
            },
        )
        self.columns |= {(database.removeprefix("stedi_"), table, column.lower()) for column in columns}

    def type(self, operation: str, *options: str) -> None:
        """One `aws lakeformation` command."""
        given: dict[str, list[str]] = {}
        for option in options:
            if option.startswith("--"):
                values = given[_camel(option[2:])] = []
            else:
                values.append(option)
        arguments: dict[str, Any] = dict(given)
        for name, values in given.items():
            if name == "Resource":
                arguments[name] = json.loads(*values)
            elif name == "Principal":
                arguments[name] = dict([values[0].split("=")])
            elif name == "TagKey":
                [arguments[name]] = values
        getattr(self.formation, operation.replace("-", "_"))(**arguments)

    def tags(self) -> dict[Column, dict[str, str]]:
        """Of every column."""
        tables: dict[tuple[str, str], list[str]] = defaultdict(list)
        for zone, table, name in self.columns:
            tables[zone, table].append(name)
        found: dict[Column, dict[str, str]] = {}
        for (zone, table), names in tables.items():
            where = {"DatabaseName": f"stedi_{zone}", "Name": table}
            of_table = self.formation.get_resource_lf_tags(Resource={"Table": where}).get("LFTagsOnTable", [])
            resource = {"TableWithColumns": where | {"ColumnNames": names}}
            own = self.formation.get_resource_lf_tags(Resource=resource).get("LFTagsOnColumns", [])
            of_column = {column["Name"]: column["LFTags"] for column in own}
            for name in names:
                tags = [*of_table, *of_column.get(name, [])]
                found[zone, table, name] = {tag["TagKey"]: tag["TagValues"][0] for tag in tags}
        return found

    def readable_by(self, role: str) -> set[Column]:
        """The columns that the permissions of the role let it select."""
        tags = self.tags()
        found: set[Column] = set()
        for grant in self.formation.list_permissions()["PrincipalResourcePermissions"]:
            is_its = grant["Principal"]["DataLakePrincipalIdentifier"] == ROLES[role]
            if is_its and {"SELECT", "ALL"} & set(grant["Permissions"]):
                if table := grant["Resource"].get("Table"):
                    assert table["TableWildcard"] == {}
                    found |= {column for column in self.columns if f"stedi_{column[0]}" == table["DatabaseName"]}
                for column, its in tags.items():
                    wanted = grant["Resource"].get("LFTagPolicy", {"Expression": []})["Expression"]
                    if wanted and all(its.get(tag["TagKey"]) in tag["TagValues"] for tag in wanted):
                        found.add(column)
        return found


@pytest.fixture(scope="module")
def account(built: Lakehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Account, str]]:
    """An account with every table of the project, after what the page says; and what dbt said."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    try:
        account = Account(port)
        manifest = json.loads((built.folder / "target" / "manifest.json").read_text())
        nodes = [n for n in manifest["nodes"].values() if n["resource_type"] in ("model", "seed")]
        nodes += manifest["sources"].values()
        for schema in {node["schema"] for node in nodes}:
            account.glue.create_database(DatabaseInput={"Name": schema})
        for node in nodes:
            account.make_table(node["schema"], node.get("identifier") or node["alias"], list(node["columns"]))
        account.make_table("stedi_curated", "of_nobody_knows_whom", ["email"])
        for command in commands_of_the_page():
            account.type(*command)
        house = Lakehouse(tmp_path_factory.mktemp("doors"), "", env=account.env, target="athena")
        done = house.dbt("run-operation", "tag_tables")
        yield account, done.stdout
    finally:
        server.stop()


def personal() -> set[Column]:
    with (PROJECT / "seeds" / "personal_data.csv").open(newline="") as file:
        return {
            (row["zone"], row["relation"], row["field"].lower())
            for row in csv.DictReader(file)
            if row["kind"] in DIRECT and row["treatment"] in ("landed", "kept")
        }


def test_every_column_has_its_zone_and_what_the_registry_says(account: tuple[Account, str]) -> None:
    lake, said = account
    known = {column for column in lake.columns if column[1] != "of_nobody_knows_whom"}
    assert len(known) > 150
    expected = {c: {"stedi_zone": c[0], "stedi_pii": "true" if c in personal() else "false"} for c in known}
    tags = lake.tags()
    assert {column: tags[column] for column in known} == expected
    assert personal() < known
    assert "tagged stedi_curated.machine_learning_curated" in said


def test_analysts_read_what_is_curated_and_names_nobody(account: tuple[Account, str]) -> None:
    lake, _ = account
    training_set = ("curated", "machine_learning_curated", "x")
    read = lake.readable_by("ANALYST")
    assert training_set in read
    assert read == {c for c in lake.columns if c[0] == "curated" and c[1] != "of_nobody_knows_whom"} - personal()
    assert lake.readable_by("PIPELINE") == lake.readable_by("OFFICER") == lake.columns
    page = (PROJECT / "docs" / "privacy.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| (.*?) ?\| (.*?) ?\| (.*?) ?\| (?:.*?) ?\|$", page, re.MULTILINE)
    assert {zone for zone, *_ in rows} == {zone for zone, _, _ in lake.columns}
    for number, role in enumerate(("PIPELINE", "OFFICER", "ANALYST"), start=1):
        assert {row[0] for row in rows if row[number]} == {zone for zone, _, _ in lake.readable_by(role)}, role
    # the control: a column that names somebody, wherever it is
    where = {"DatabaseName": "stedi_curated", "Name": training_set[1], "ColumnNames": ["x"]}
    label = {"Resource": {"TableWithColumns": where}, "LFTags": [{"TagKey": "stedi_pii", "TagValues": ["true"]}]}
    lake.formation.add_lf_tags_to_resource(**label)
    try:
        assert lake.readable_by("ANALYST") == read - {training_set}
    finally:
        label["LFTags"][0]["TagValues"] = ["false"]
        lake.formation.add_lf_tags_to_resource(**label)
