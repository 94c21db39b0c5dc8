"""README and docs: what they tell people to type works as it stands, and what they link to is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib.metadata import requires
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import pytest
import yaml
from lakehouse import NOW, PROJECT, copy_project
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.access_control import IAMPolicy, PermissionResult
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from querying import Athena
from support import canaries, truth
from test_faults import Proxy
from test_parity import forget_tables

from athena_local.pytest_plugin import RunningAthena
from stedi.generate import generate_landing
from stedi.unpacking import unpack
from stedi.vault import read_key

PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").glob("*.md")]
README = (PROJECT / "README.md").read_text()
AWS = (PROJECT / "docs" / "aws.md").read_text()


def typed(page: str, heading: str) -> list[str]:
    """The lines that a section of a page says to type."""
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    [block] = re.findall(r"^```\n(.*?)^```$", section, flags=re.M | re.S)
    return block.splitlines()


def shell(lines: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Type lines into a shell, which ends at the first that fails."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("STEDI_", "DBT_", "AWS_", "MAKE"))
    }
    return subprocess.run(
        ["bash", "-ex"], input="\n".join(lines), cwd=folder, env=kept | env, capture_output=True, text=True
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The project as one who checked it out has it, with the environment of these tests as its .venv."""
    copy_project(tmp_path)
    for name in ("scripts", "requirements"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(PROJECT / ".venv")
    # Older than the environment, so that make does not make it anew.
    for path in [tmp_path / "pyproject.toml", *(tmp_path / "requirements").iterdir()]:
        os.utime(path, (0, 0))
    return tmp_path


S3_ACTIONS = {
    # method, whether a key is named, subresource
    ("HEAD", False, ""): "s3:ListBucket",
    ("GET", False, ""): "s3:ListBucket",
    ("GET", False, "list-type"): "s3:ListBucket",
    ("POST", False, "delete"): "s3:DeleteObject",
    ("DELETE", True, ""): "s3:DeleteObject",
    ("GET", True, ""): "s3:GetObject",
    ("HEAD", True, ""): "s3:GetObject",
    ("PUT", True, ""): "s3:PutObject",
}
NEEDS_NOTHING = "sts:GetCallerIdentity"


def actions(requests: set[tuple[str, str, str]]) -> set[tuple[str, str]]:
    """The IAM actions behind requests, each with the path of what S3 is asked for."""
    found = set()
    for method, path, target in requests:
        if target:
            service, _, action = target.partition(".")
            found.add((f"{service.removeprefix('Amazon').removeprefix('AWS').lower()}:{action}", ""))
        elif path != "/":
            url = urlsplit(path)
            query = parse_qs(url.query, keep_blank_values=True)
            [subresource, *_] = [name for _, _, name in S3_ACTIONS if name and name in query] or [""]
            request = method, "/" in url.path.strip("/"), subresource
            found.add((S3_ACTIONS.get(request, f"no action is known for {request}"), unquote(url.path.strip("/"))))
    return {(action, place) for action, place in found if action != NEEDS_NOTHING}


@pytest.fixture
def empty_account(local_athena: RunningAthena) -> Iterator[RunningAthena]:
    """The account without what other tests left in it; the workgroups of this one, which have its bucket, go too."""
    forget_account(local_athena)
    yield local_athena
    forget_account(local_athena)


def forget_account(athena: RunningAthena) -> None:
    forget_tables(athena)
    glue = athena.client("glue")
    for database in glue.get_databases()["DatabaseList"]:
        if database["Name"].startswith("stedi_"):
            glue.delete_database(Name=database["Name"])
    groups = athena.client("athena")
    for group in groups.list_work_groups()["WorkGroups"]:
        if group["Name"].startswith("stedi"):
            groups.delete_work_group(WorkGroup=group["Name"])


def where_canaries_are(athena: RunningAthena, bucket: str, checkout: Path) -> set[str]:
    """Tables in whose files one is, and other files and objects by name; landing and vault are left out."""
    glue, s3, needles = athena.client("glue"), athena.client("s3"), canaries.needles()
    tables = {
        table["StorageDescriptor"]["Location"].removeprefix(f"s3://{bucket}/").rstrip("/"): table["Name"]
        for database in glue.get_databases()["DatabaseList"]
        for page in glue.get_paginator("get_tables").paginate(DatabaseName=database["Name"])
        for table in page["TableList"]
    }
    found = set()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for key in (item["Key"] for item in page["Contents"] if item["Key"].startswith(("lake/", "athena-results/"))):
            content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            if any(needles.found_in(piece) for piece in (key.encode(), *unpack(content).contents)):
                found.add(next((name for place, name in tables.items() if key.startswith(f"{place}/")), key))
    for path in (path for name in ("logs", "target", "said") for path in (checkout / name).rglob("*")):
        if path.is_file() and needles.found_in(path.read_bytes()):
            found.add(path.name)
    if needles.found_in((checkout / "report.html").read_bytes()):
        found.add("report.html")
    return found


@pytest.mark.athena
def test_five_lines_take_an_empty_account_to_a_built_lakehouse(empty_account: RunningAthena, checkout: Path) -> None:
    local_athena = empty_account
    lines = typed(README, "On AWS")
    assert len(lines) == 5
    landing = checkout / "data" / "landing"
    generate_landing(landing, customers=30, days=1)
    canaries.plant(landing)
    # An upload would refuse a name that names somebody.
    next((landing / "accelerometer" / "landing").glob("*@*")).rename(landing / "accelerometer/landing/canaries.json")
    bucket = f"stedi-{uuid4().hex[:12]}"
    lines = [line.replace("my-bucket", bucket) for line in lines]
    proxy = Proxy(local_athena.endpoint_url)
    env = local_athena.env | {"AWS_ENDPOINT_URL": proxy.url, "STEDI_POLL_INTERVAL": "0.05"}

    (checkout / "said").mkdir()

    def type_in(*lines: str) -> tuple[str, set[tuple[str, str]]]:
        """What the lines print, and what they ask of AWS."""
        proxy.requests = set()
        done = shell(list(lines), checkout, env)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        (checkout / "said" / f"{uuid4()}.txt").write_text(done.stdout + done.stderr)
        return done.stdout, actions(proxy.requests)

    _, preparing = type_in(*lines[:4])
    built, building = type_in(lines[1], lines[4])
    assert len(re.findall(r" PASS .*::", built)) > 30  # unit tests, which are there only in `dbt build`

    query = Athena(local_athena).do
    outcomes = query("select entity, outcome, row_count from stedi_audit.row_outcome").rows
    key = read_key(checkout / "data" / "vault")
    expected = truth.expected(landing, key, now=NOW)["row_outcome"]
    assert sorted(outcomes) == sorted((entity, outcome, str(count)) for entity, outcome, count in expected)

    type_in(lines[1], ".venv/bin/stedi report --target athena --out report.html")
    [(rows,)] = query("select count(*) from stedi_curated.machine_learning_curated").rows
    assert f"{int(rows):,}" in (checkout / "report.html").read_text()

    # Who is in landing is seen where the registry lets identifiers be, and nowhere else.
    seen = where_canaries_are(local_athena, bucket, checkout)
    assert {"stg_customer", "customer_trusted"} <= seen <= canaries.restricted()

    # Once more: nothing is made, and what is built stays.
    again, _ = type_in(*lines[1:3])
    assert "as it should be" in again and "is there" in again and ", 0 new or changed" in again
    assert query("select entity, outcome, row_count from stedi_audit.row_outcome").rows == outcomes

    athena = local_athena.client("athena")
    ids = athena.list_named_queries(WorkGroup="stedi")["NamedQueryIds"]
    saved = {q["Name"]: q for q in (athena.get_named_query(NamedQueryId=i)["NamedQuery"] for i in ids)}
    assert set(saved) == {path.stem for path in (PROJECT / "analyses").glob("*.sql")}
    text = json.dumps(list(saved.values()))
    assert key.hex() not in text and "stedi_vault" not in text
    assert query(saved["line_outcomes"]["QueryString"]).rows

    page = json.loads(re.findall(r"^```json\n(.*?)^```$", AWS, flags=re.M | re.S)[0])
    allowed = [action for statement in page["Statement"] for action in statement["Action"]]
    used = {action for action, _ in preparing | building}
    assert {action for action in used if not any(fnmatchcase(action, pattern) for pattern in allowed)} == set()
    assert {"athena:StartQueryExecution", "glue:GetTables", "s3:PutObject", "cloudformation:CreateChangeSet"} <= used

    # A build asks for no more than the pipeline's role has.
    iam = local_athena.client("iam")
    [arn] = [p["Arn"] for p in iam.list_policies(Scope="Local")["Policies"] if "-BuildPolicy-" in p["PolicyName"]]
    role = IAMPolicy(json.dumps(iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]))
    here = f"{local_athena.region}:{DEFAULT_ACCOUNT_ID}"
    at = {"athena": f"arn:aws:athena:{here}:workgroup/stedi", "glue": f"arn:aws:glue:{here}:table/stedi_audit/build"}
    asked = {(a, f"arn:aws:s3:::{place}") for a, place in building if "/" in place or a == "s3:ListBucket"}
    asked |= {(a, at[a.split(":")[0]]) for a, _ in building if not a.startswith("s3:")}
    assert {"glue:UpdateTable", "athena:GetQueryResults"} <= {a for a, _ in asked}
    assert {one for one in asked if role.is_action_permitted(*one) != PermissionResult.PERMITTED} == set()
    assert ("s3:ListBucket", f"arn:aws:s3:::{bucket}") in asked
    landing_file = f"arn:aws:s3:::{bucket}/customer/landing/a.json"
    assert role.is_action_permitted("s3:PutObject", landing_file) != PermissionResult.PERMITTED


def test_the_lock_file_of_athena_is_whole() -> None:
    locked = {}
    for name in ("run", "athena", "dev"):
        lines = (PROJECT / "requirements" / f"{name}.txt").read_text().split()
        locked[name] = {canonicalize_name(line.split("==")[0]): line for line in lines}
    left, seen = [Requirement("dbt-athena-community")], set()
    while left:
        requirement = left.pop()
        name = canonicalize_name(requirement.name)
        if name not in seen or requirement.extras:
            seen.add(name)
            extras = ["", *requirement.extras]
            # What is left out of the lock files has no requirements to be read.
            wanted = [Requirement(line) for line in (requires(name) if name in locked["dev"] else None) or []]
            left += [r for r in wanted if r.marker is None or any(r.marker.evaluate({"extra": e}) for e in extras)]
    assert seen - set(locked["run"]) - {"dbt-core-experimental-parser"} == set(locked["athena"])
    assert locked["athena"].items() <= locked["dev"].items()


def test_no_package_is_missing_and_no_versions_conflict() -> None:
    """The lock files are installed without dependencies, so nothing else would say so."""
    check = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    # Installing it downloads a program, which only `dbt --use-v2-parser` calls.
    left_out = "requires dbt-core-experimental-parser, which is not installed."
    assert [line for line in check.stdout.splitlines() if not line.endswith(left_out)] in (
        [],
        ["No broken requirements found."],
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text()):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(), flags=re.M)
            slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, link


def test_the_readme_names_only_what_can_be_made() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (PROJECT / "Makefile").read_text(), flags=re.M))
    named = {name for page in PAGES for name in re.findall(r"(?:^|`|& )make ([a-z-]+)", page.read_text(), flags=re.M)}
    assert {"run", "test", "athena", "docs"} <= named <= targets


def test_every_variable_is_in_the_data_dictionary() -> None:
    page = (PROJECT / "docs" / "data-dictionary.md").read_text()
    text = (PROJECT / "dbt_project.yml").read_text()
    for name in [*yaml.safe_load(text)["vars"], *re.findall(r"var\('(\w+)'", text)]:
        assert f"`{name}`" in page, name


def test_curated_is_called_pseudonymised() -> None:
    """Movement itself can identify a person: nothing says that the training set is without personal data."""
    files = [*PAGES, PROJECT / "pyproject.toml", *(PROJECT / "models").rglob("*.yml"), *(PROJECT / "src").rglob("*.py")]
    for path in files:
        text = " ".join(path.read_text().split())
        assert not re.search(r"PII-free|[Ff]ree of personal data|without\s+personal data\*\*", text), path
    assert "pseudonymised and free of direct identifiers" in " ".join(README.split())


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 80
