"""README and docs: what they tell people to type works as it stands, and what they link to is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import yaml
from lakehouse import NOW, PROJECT, copy_project
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from querying import Athena
from support import truth
from test_faults import Proxy
from test_parity import forget_tables

from athena_local.pytest_plugin import RunningAthena
from stedi.generate import generate_landing
from stedi.vault import ensure_key, read_key

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
    ("PUT", False, ""): "s3:CreateBucket",
    ("HEAD", False, ""): "s3:ListBucket",
    ("GET", False, ""): "s3:ListBucket",
    ("GET", False, "list-type"): "s3:ListBucket",
    ("GET", False, "lifecycle"): "s3:GetLifecycleConfiguration",
    ("PUT", False, "lifecycle"): "s3:PutLifecycleConfiguration",
    ("PUT", False, "publicAccessBlock"): "s3:PutBucketPublicAccessBlock",
    ("POST", False, "delete"): "s3:DeleteObject",
    ("DELETE", True, ""): "s3:DeleteObject",
    ("GET", True, ""): "s3:GetObject",
    ("HEAD", True, ""): "s3:GetObject",
    ("PUT", True, ""): "s3:PutObject",
}


def actions(requests: set[tuple[str, str, str]]) -> set[str]:
    """The IAM actions behind requests; sts:GetCallerIdentity, whose request names none, needs no permission."""
    found = set()
    for method, path, target in requests:
        if target:
            service, _, action = target.partition(".")
            found.add(f"{service.removeprefix('Amazon').removeprefix('AWS').lower()}:{action}")
        elif path != "/":
            url = urlsplit(path)
            query = parse_qs(url.query, keep_blank_values=True)
            [subresource, *_] = [name for _, _, name in S3_ACTIONS if name and name in query] or [""]
            request = method, "/" in url.path.strip("/"), subresource
            found.add(S3_ACTIONS.get(request, f"no action is known for {request}"))
    return found


@pytest.mark.athena
def test_five_lines_take_an_empty_account_to_a_built_lakehouse(local_athena: RunningAthena, checkout: Path) -> None:
    lines = typed(README, "On AWS")
    assert len(lines) == 5
    forget_tables(local_athena)
    landing = checkout / "data" / "landing"
    generate_landing(landing, customers=20, days=1)
    bucket = f"stedi-{uuid4().hex[:12]}"
    proxy = Proxy(local_athena.endpoint_url)
    env = local_athena.env | {"AWS_ENDPOINT_URL": proxy.url, "STEDI_POLL_INTERVAL": "0.05"}

    done = shell([line.replace("my-bucket", bucket) for line in lines], checkout, env)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert len(re.findall(r" PASS .*::", done.stdout)) > 30  # unit tests, which are there only in `dbt build`

    outcomes = Athena(local_athena).do("select entity, outcome, row_count from stedi_audit.row_outcome").rows
    expected = truth.expected(landing, read_key(checkout / "data" / "vault"), now=NOW)["row_outcome"]
    assert sorted(outcomes) == sorted((entity, outcome, str(count)) for entity, outcome, count in expected)

    policy = json.loads(re.findall(r"^```json\n(.*?)^```$", AWS, flags=re.M | re.S)[0])
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    used = actions(proxy.requests)
    print(sorted(used))
    assert used - allowed == set()
    assert {"athena:StartQueryExecution", "glue:GetTables", "s3:PutObject", "s3:CreateBucket"} <= used


@pytest.fixture
def prepare(local_athena: RunningAthena, checkout: Path):
    """Types README's line that prepares the account, for a bucket of its own."""
    bucket = f"stedi-{uuid4().hex[:12]}"
    [line] = [line for line in typed(README, "On AWS") if "prepare_aws" in line]

    def run(**settings: str) -> subprocess.CompletedProcess[str]:
        return shell([line], checkout, local_athena.env | {"STEDI_BUCKET": bucket} | settings)

    run.bucket = bucket
    return run


@pytest.mark.athena
def test_preparing_again_changes_nothing(local_athena: RunningAthena, checkout: Path, prepare) -> None:
    generate_landing(checkout / "data" / "landing", customers=5, days=1)
    assert prepare().returncode == 0
    s3 = local_athena.client("s3")

    def objects() -> dict[str, str]:
        return {item["Key"]: item["LastModified"] for item in s3.list_objects_v2(Bucket=prepare.bucket)["Contents"]}

    before = objects()
    assert "vault/pseudonym_key/key.hex" in before
    assert len(before) > 6
    assert s3.get_public_access_block(Bucket=prepare.bucket)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]
    [rule] = s3.get_bucket_lifecycle_configuration(Bucket=prepare.bucket)["Rules"]
    assert rule["Filter"]["Prefix"] == "athena-results/"
    # A file that is new is uploaded, one that is there is not; names that Athena does not read stay here.
    (checkout / "data/landing/customer/landing/2026").mkdir()
    (checkout / "data/landing/customer/landing/2026/late.json").write_text("{}\n")
    (checkout / "data/landing/customer/landing/_draft.json").write_text("{}\n")
    (checkout / "data/landing/customer/landing/.hidden.json").write_text("{}\n")
    done = prepare()
    assert done.returncode == 0
    assert "vault key" in done.stdout
    after = objects()
    assert set(after) - set(before) == {"customer/landing/2026/late.json"}
    assert before.items() <= after.items()


WRONG = {
    "STEDI_BUCKET is not set": lambda folder, s3, bucket: {"STEDI_BUCKET": ""},
    "no folder data/landing/customer/landing": lambda folder, s3, bucket: without_landing(folder),
    "set STEDI_VAULT to the vault of this bucket": lambda folder, s3, bucket: with_another_key(folder),
    "restore it from its backup": lambda folder, s3, bucket: with_tables_whose_key_is_gone(s3, bucket),
    "Could not connect": lambda folder, s3, bucket: {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
}


@pytest.mark.athena
@pytest.mark.parametrize("says", WRONG)
def test_what_is_wrong_is_one_line(local_athena: RunningAthena, checkout: Path, prepare, says: str) -> None:
    generate_landing(checkout / "data" / "landing", customers=5, days=1)
    assert prepare().returncode == 0
    done = prepare(**WRONG[says](checkout, local_athena.client("s3"), prepare.bucket))
    assert done.returncode != 0
    [line] = [line for line in done.stderr.splitlines() if not line.startswith("+")]
    assert line.startswith("prepare_aws: ")
    assert says in line


def without_landing(folder: Path) -> dict[str, str]:
    shutil.rmtree(folder / "data/landing")
    return {}


def with_another_key(folder: Path) -> dict[str, str]:
    ensure_key(folder / "another")
    return {"STEDI_VAULT": "another"}


def with_tables_whose_key_is_gone(s3, bucket: str) -> dict[str, str]:
    s3.delete_object(Bucket=bucket, Key="vault/pseudonym_key/key.hex")
    s3.put_object(Bucket=bucket, Key="lake/stedi_trusted/customer_trusted/a.parquet", Body=b"")
    return {"STEDI_VAULT": "none"}


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
