"""`stedi deploy` and `stedi key upload` on moto: the stack, what it lets whom do, and the key in the bucket.

What needs an engine, landing tables and builds, is in test_readme.py, on Local Athena.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import moto.athena.urls
import pytest
import yaml
from lakehouse import PROJECT
from moto import mock_aws
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.parsing import clean_json
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.sts.responses import TokenResponse
from rich.console import Console
from typer.testing import CliRunner

from athena_local import api, cloudformation
from stedi.account import KEY, session_of, telling
from stedi.aws import key as bucket_key
from stedi.aws import stack
from stedi.aws.deploy import ROLES, caller, deploy_stack
from stedi.aws.key import put_key
from stedi.aws.queries import Query, save_queries
from stedi.aws.stack import TEMPLATE, Stack, first_failure, read_change, refuse_loss
from stedi.cli import app
from stedi.errors import StediError
from stedi.settings import ZONES, Settings, load_settings
from stedi.vault import ensure_key, key_file, read_key

REGION = "eu-west-1"
BUCKET = "arn:aws:s3:::my-bucket"
KEEPER = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:user/keeper"
ROOT = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:root"
assert cloudformation.WorkGroup  # what it adds to moto, it adds when it is imported

# moto's CloudFormation has no bucket policies; what this one says is asked below.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS..S3..BucketPolicy")


class Account:
    """An empty account, and `stedi deploy` in it."""

    def __init__(self, vault: Path) -> None:
        self.session = session_of()
        self.settings = self.with_settings(STEDI_VAULT=str(vault))
        self.said = ""

    def with_settings(self, **environment: str) -> Settings:
        return load_settings(PROJECT, {"STEDI_BUCKET": "my-bucket", **environment})

    def client(self, service: str) -> Any:
        return self.session.client(service)

    def deploy(self, settings: Settings | None = None, *, dry_run: bool = False) -> dict[str, str]:
        out = Console(file=StringIO(), width=120)
        try:
            return deploy_stack(self.session, settings or self.settings, "stedi", dry_run=dry_run, out=out)
        finally:
            self.said = out.file.getvalue()  # type: ignore[attr-defined]

    def stacks(self) -> list[str]:
        return [item["StackName"] for item in self.client("cloudformation").describe_stacks()["Stacks"]]

    def buckets(self) -> list[str]:
        return [item["Name"] for item in self.client("s3").list_buckets()["Buckets"]]

    def put(self, kms_key: str | None = None, *, make: bool = True) -> bool:
        return put_key(self.client("s3"), "my-bucket", self.settings.vault, kms_key, make=make)


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    # Local Athena's answers, without an engine behind them.
    monkeypatch.setattr(moto.athena.urls, "url_paths", {"{0}/$": api.QueryResponse.dispatch})
    with mock_aws():
        yield Account(tmp_path / "vault")


@pytest.fixture
def bucket(account: Account) -> Account:
    """An account with the bucket alone."""
    account.client("s3").create_bucket(Bucket="my-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    return account


def test_the_template_is_clean(caplog: pytest.LogCaptureFixture) -> None:
    from cfnlint.api import lint

    caplog.set_level(logging.CRITICAL)
    assert lint(TEMPLATE.read_text()) == []


def test_deploying_makes_the_account_ready_once(account: Account) -> None:
    assert Stack(account.client("cloudformation")).resources() == {}
    resources = account.deploy()
    assert resources["Bucket"] == "my-bucket"
    assert "BucketPolicy" in account.said
    names = {item["Name"] for item in account.client("glue").get_databases()["DatabaseList"]}
    assert names == {f"stedi_{zone}" for zone in ("vault", *ZONES)}
    encryption = account.client("s3").get_bucket_encryption(Bucket="my-bucket")["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    for name, results in {"stedi": "athena-results/", "stedi-analysts": "athena-results/analysts/"}.items():
        configuration = account.client("athena").get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]
        assert configuration["EnforceWorkGroupConfiguration"]
        assert configuration["BytesScannedCutoffPerQuery"] == 10**12
        assert configuration["EngineVersion"]["SelectedEngineVersion"] == "Athena engine version 3"
        assert configuration["ResultConfiguration"]["OutputLocation"] == f"s3://my-bucket/{results}"
        assert configuration["ResultConfiguration"]["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    assert account.deploy() == resources
    assert "as it should be" in account.said


def test_a_dry_run_shows_the_changes_and_leaves_nothing(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.deploy(dry_run=True)
    assert "AWS::S3::Bucket" in account.said and "dry run" in account.said
    assert account.stacks() == account.buckets() == []
    account.deploy()
    changed = account.settings.vault.with_name("stack.yml")
    changed.write_text(TEMPLATE.read_text().replace("STEDI: who reads", "STEDI: whoever reads"))
    monkeypatch.setattr(stack, "TEMPLATE", changed)
    before = len(account.client("cloudformation").list_change_sets(StackName="stedi")["Summaries"])
    account.deploy(dry_run=True)
    assert "Modify" in account.said and "AnalystWorkGroup" in account.said and "VaultKey" not in account.said
    assert len(account.client("cloudformation").list_change_sets(StackName="stedi")["Summaries"]) == before
    assert account.stacks() == ["stedi"]
    groups = account.client("athena")
    assert "who reads" in groups.get_work_group(WorkGroup="stedi-analysts")["WorkGroup"]["Description"]
    account.deploy()
    assert "whoever reads" in groups.get_work_group(WorkGroup="stedi-analysts")["WorkGroup"]["Description"]


def test_parameters_stay_as_somebody_has_set_them(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.deploy()
    assert "name a second (VaultKeepers in docs/aws.md)" in account.said
    change(account, BytesScannedCutoff="20000000", VaultKeepers=f"{KEEPER},{caller(account.session)}")
    changed = account.settings.vault.with_name("stack.yml")
    changed.write_text(TEMPLATE.read_text().replace("STEDI: who reads", "STEDI: whoever reads"))
    monkeypatch.setattr(stack, "TEMPLATE", changed)
    account.deploy()
    group = account.client("athena").get_work_group(WorkGroup="stedi-analysts")["WorkGroup"]
    assert (group["Description"][:14], group["Configuration"]["BytesScannedCutoffPerQuery"]) == (
        "STEDI: whoever",
        20_000_000,
    )


def change(account: Account, **parameters: str) -> None:
    """Change parameters of the stack, as docs/aws.md has it."""
    cloudformation = account.client("cloudformation")
    kept = {"BucketName", "WorkGroupName", "SchemaPrefix", "VaultKeepers"} - set(parameters)
    wanted = [{"ParameterKey": name, "UsePreviousValue": True} for name in kept]
    wanted += [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    cloudformation.update_stack(StackName="stedi", TemplateBody=TEMPLATE.read_text(), Parameters=wanted)


def test_who_is_no_keeper_changes_nothing(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.deploy()
    change(account, VaultKeepers=KEEPER)
    changed = account.settings.vault.with_name("stack.yml")
    changed.write_text(TEMPLATE.read_text().replace("STEDI: who reads", "STEDI: whoever reads"))
    monkeypatch.setattr(stack, "TEMPLATE", changed)
    for dry_run in (True, False):
        with pytest.raises(StediError, match=f"user/moto is no keeper of the vault, .*: {KEEPER}") as told:
            account.deploy(dry_run=dry_run)
        assert "\n" not in str(told.value)
    group = account.client("athena").get_work_group(WorkGroup="stedi-analysts")["WorkGroup"]
    assert "who reads" in group["Description"]


def test_the_root_user_keeps_no_vault(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moto.sts.responses.TokenResponse.get_caller_identity", as_root)
    with pytest.raises(StediError, match="is the account's root user: deploy as a user or a role"):
        account.deploy()
    assert account.stacks() == account.buckets() == []


def as_root(self: TokenResponse) -> ActionResult:
    return ActionResult({"Account": DEFAULT_ACCOUNT_ID, "Arn": ROOT, "UserId": DEFAULT_ACCOUNT_ID})


def test_the_stack_and_what_closes_the_bucket_do_not_go_by_mistake(account: Account) -> None:
    account.deploy(dry_run=True)
    assert account.stacks() == []  # what was never made can be taken back
    for _ in range(2):
        account.deploy()
        [described] = account.client("cloudformation").describe_stacks(StackName="stedi")["Stacks"]
        assert described["EnableTerminationProtection"]
        protect(account, False)  # somebody did, and the next deploy puts it right
    written = yaml.load(TEMPLATE.read_text(), Loader=stack._Loader)["Resources"]
    stays = {name for name, resource in written.items() if resource.get("DeletionPolicy") == "RetainExceptOnCreate"}
    assert {"Bucket", "BucketPolicy", "VaultKey"} <= stays


def protect(account: Account, enable: bool) -> None:
    account.client("cloudformation").update_termination_protection(
        StackName="stedi", EnableTerminationProtection=enable
    )


def test_only_who_is_named_may_assume_a_role(account: Account) -> None:
    given = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/science"

    def trusted() -> dict[str, set[str]]:
        found = {}
        for role in ROLES:
            [statement], _ = statements(account, role, "AssumeRolePolicyDocument")
            found[role] = set(statement["Principal"]["AWS"])
        return found

    keeper = caller(account.session)
    assert trusted() == {role: {keeper} for role in ROLES}
    change(account, VaultKeepers=f"{KEEPER},{keeper}", AnalystPrincipals=given)
    assert trusted() == {role: {keeper, KEEPER} for role in ROLES} | {"AnalystRole": {given}}
    # The account as a whole would be everybody in it who may assume roles.
    pattern = re.compile(
        yaml.load(TEMPLATE.read_text(), Loader=stack._Loader)["Parameters"]["VaultKeepers"]["AllowedPattern"]
    )
    assert pattern.fullmatch(f"{KEEPER},{keeper}") and not pattern.fullmatch(f"{KEEPER},{ROOT}")
    assert not pattern.fullmatch(ROOT) and not pattern.fullmatch("")


def test_another_bucket_does_not_replace_the_stack_s(account: Account) -> None:
    account.deploy()
    with pytest.raises(StediError, match="export STEDI_BUCKET=my-bucket"):
        account.deploy(account.with_settings(STEDI_BUCKET="another"))
    assert account.buckets() == ["my-bucket"]


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Glue::Database"])
@pytest.mark.parametrize(
    "does", [{"Action": "Remove"}, *({"Action": "Modify", "Replacement": r} for r in ("True", "Conditional"))]
)
def test_what_holds_data_is_not_replaced(kind: str, does: dict[str, str]) -> None:
    with pytest.raises(StediError, match=rf"Thing \({kind}\) would be (removed|replaced)"):
        refuse_loss([read_change({"LogicalResourceId": "Thing", "ResourceType": kind, **does})])
    harmless = {"LogicalResourceId": "Thing", "ResourceType": kind, "Action": "Modify", "Replacement": "False"}
    refuse_loss([read_change(harmless), read_change(harmless | {"ResourceType": "AWS::S3::BucketPolicy", **does})])


def test_what_is_there_already_is_not_taken_over(bucket: Account) -> None:
    bucket.client("glue").create_database(DatabaseInput={"Name": "stedi_vault"})
    bucket.client("athena").create_work_group(Name="stedi")
    with pytest.raises(
        StediError, match=r"bucket my-bucket, workgroup stedi, database stedi_vault; docs/aws\.md"
    ) as told:
        bucket.deploy()
    assert "\n" not in str(told.value)
    assert bucket.stacks() == []


def test_a_failed_resource_is_named_with_its_reason() -> None:
    def event(name: str, status: str, reason: str) -> dict[str, str]:
        kind = "AWS::CloudFormation::Stack" if name == "stedi" else "AWS::S3::Bucket"
        return {
            "LogicalResourceId": name,
            "ResourceType": kind,
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }

    events = [
        event("stedi", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Key, Bucket]."),
        event("Key", "CREATE_FAILED", "Resource creation cancelled"),
        event("Bucket", "CREATE_FAILED", "my-bucket already\nexists"),
        event("Key", "CREATE_IN_PROGRESS", ""),
    ]
    assert first_failure(events) == "Bucket (AWS::S3::Bucket): my-bucket already exists"
    assert first_failure(events[:1]) == "its events in the console say why"


def test_a_stack_that_cannot_be_changed_says_so(account: Account) -> None:
    account.deploy()
    cloudformation_backends[DEFAULT_ACCOUNT_ID][REGION].get_stack("stedi").status = "ROLLBACK_COMPLETE"
    with pytest.raises(StediError, match="is in ROLLBACK_COMPLETE and cannot be changed"):
        account.deploy()


def test_no_credentials_and_no_rights_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    nowhere = {"AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_CONFIG_FILE": "none", "AWS_EC2_METADATA_DISABLED": "true"}
    for name, value in nowhere.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StediError, match="there are no AWS credentials"), telling():
        boto3.Session(region_name=REGION).client("s3").list_buckets()
    with mock_aws(), pytest.raises(StediError, match=r"AWS denies PutObject: .*Forbidden") as told, telling():
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        s3 = session_of().client("s3")
        s3.create_bucket(Bucket="my-bucket", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        refusal = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"{BUCKET}/*"}
        s3.put_bucket_policy(Bucket="my-bucket", Policy=json.dumps({"Statement": [refusal]}))
        s3.put_object(Bucket="my-bucket", Key="a", Body=b"")
        raise AssertionError("it was not refused")
    assert "\n" not in str(told.value)


def test_who_deploys_with_a_role_is_known_by_the_role(account: Account) -> None:
    assert caller(account.session).startswith(f"arn:aws:sts::{DEFAULT_ACCOUNT_ID}:user/")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    iam = account.client("iam")
    role = iam.create_role(RoleName="dev", Path="/team/", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    given = account.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name=REGION)
    assert caller(session) == f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/team/dev" == role


def policies(account: Account, role: str) -> list[IAMPolicy]:
    """What a role may do; moto does not ask the conditions."""
    iam = account.client("iam")
    arns = [policy["PolicyArn"] for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]
    assert arns
    documents = [iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] for arn in arns]
    return [IAMPolicy(json.dumps(document)) for document in documents]


def may(role: list[IAMPolicy], action: str, resource: str) -> bool:
    """Whether one of a role's policies lets it do something, and none forbids it."""
    said = {policy.is_action_permitted(action, resource) for policy in role}
    return PermissionResult.PERMITTED in said and PermissionResult.DENIED not in said


GLUE = f"arn:aws:glue:{REGION}:{DEFAULT_ACCOUNT_ID}"
ATHENA = f"arn:aws:athena:{REGION}:{DEFAULT_ACCOUNT_ID}"
LANDING = f"{BUCKET}/customer/landing/a.json"
VAULT_KEY = "the KMS key"
CURATED = f"{BUCKET}/lake/stedi_curated/machine_learning_curated/a"
TRUSTED = f"{BUCKET}/lake/stedi_trusted/customer_trusted/a"
RESULT = f"{BUCKET}/athena-results/a.csv"
OWN_RESULT = f"{BUCKET}/athena-results/analysts/a.csv"
SEES = ("glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables", "glue:GetPartitions")
ASKS = ("GetQueryExecution", "GetQueryResults", "GetWorkGroup", "StartQueryExecution", "StopQueryExecution")

BUILDS = {
    *((f"athena:{action}", f"{ATHENA}:workgroup/stedi") for action in ASKS),
    *((action, f"{GLUE}:table/stedi_trusted/customer_trusted") for action in SEES),
    *((f"glue:{a}", f"{GLUE}:table/stedi_audit/build") for a in ("CreateTable", "UpdateTable", "DeleteTable")),
    *((f"glue:{a}", f"{GLUE}:table/stedi_audit/build") for a in ("GetTableVersions", "DeleteTableVersion")),
    ("glue:CreateDatabase", f"{GLUE}:database/stedi_audit"),
    ("lakeformation:GetDataAccess", "*"),
    ("lakeformation:GetDataLakeSettings", "*"),
    ("s3:ListBucket", BUCKET),
    ("s3:GetBucketLocation", BUCKET),
    ("s3:GetObject", LANDING),
    ("s3:GetObject", f"{BUCKET}/_synthetic.json"),
    ("s3:GetObject", f"{BUCKET}/{KEY}"),
    ("s3:GetObject", f"{BUCKET}/vault/erasure/list.txt"),
    ("kms:Decrypt", VAULT_KEY),
    *((f"s3:{a}", place) for a in ("GetObject", "PutObject", "DeleteObject") for place in (TRUSTED, RESULT)),
    *((f"s3:{a}", TRUSTED) for a in ("AbortMultipartUpload", "ListMultipartUploadParts")),
}
"""What a build, `maintain`, `stedi doctor` and `stedi report` do, the engine's part included, and at what."""

WORK = {
    "PipelineRole": BUILDS,
    "PrivacyOfficerRole": {
        *BUILDS,
        ("s3:GetBucketObjectLockConfiguration", BUCKET),
        ("s3:ListBucketVersions", BUCKET),
        ("s3:DeleteObjectVersion", LANDING),
        ("s3:DeleteObject", LANDING),
        ("s3:PutObject", LANDING),
        # Others' objects keep their tags.
        ("s3:GetObjectTagging", LANDING),
        ("s3:PutObjectTagging", LANDING),
        ("s3:PutObject", f"{BUCKET}/{KEY}"),
        ("s3:PutObject", f"{BUCKET}/vault/erasure/list.txt"),
        ("s3:GetObject", f"{BUCKET}/vault/erasures/open.json"),
        ("s3:DeleteObject", f"{BUCKET}/vault/erasures/open.json"),
        ("s3:GetObject", f"{BUCKET}/of/no/prefix"),
        # An object under a KMS key is written with a data key of it.
        ("kms:GenerateDataKey", VAULT_KEY),
    },
    "AnalystRole": {
        *((f"athena:{action}", f"{ATHENA}:workgroup/stedi-analysts") for action in ASKS),
        *((f"athena:{a}", "*") for a in ("ListDataCatalogs", "ListEngineVersions", "ListWorkGroups")),
        *(
            (f"athena:{action}", f"{ATHENA}:datacatalog/AwsDataCatalog")
            for action in ("GetDataCatalog", "GetDatabase", "GetTableMetadata", "ListDatabases", "ListTableMetadata")
        ),
        *((f"athena:{a}NamedQuery", f"{ATHENA}:workgroup/stedi-analysts") for a in ("Create", "Delete", "Get")),
        *((f"athena:List{a}", f"{ATHENA}:workgroup/stedi-analysts") for a in ("NamedQueries", "QueryExecutions")),
        *((action, f"{GLUE}:table/stedi_curated/machine_learning_curated") for action in SEES),
        ("lakeformation:GetDataAccess", "*"),
        ("s3:GetBucketLocation", BUCKET),
        ("s3:ListBucket", BUCKET),  # of two prefixes; moto asks no conditions
        ("s3:GetObject", CURATED),
        *((f"s3:{a}", OWN_RESULT) for a in ("GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload")),
    },
    "UploadRole": {
        ("s3:ListBucket", BUCKET),
        ("s3:GetBucketLocation", BUCKET),
        *((f"s3:{a}", LANDING) for a in ("GetObject", "PutObject", "AbortMultipartUpload", "ListMultipartUploadParts")),
        ("s3:PutObject", f"{BUCKET}/_synthetic.json"),
    },
}
"""What each role's commands do. That nothing is missing of what the code itself asks for is held below; of what
dbt-athena and the engine ask for, by the recording in test_readme.py."""

NOBODY_ELSE = {
    *(("s3:GetObject", place) for place in (LANDING, TRUSTED, RESULT, f"{BUCKET}/{KEY}")),
    *(("s3:PutObject", place) for place in (LANDING, CURATED, f"{BUCKET}/{KEY}")),
    ("s3:GetObject", f"{BUCKET}/vault/erasures/open.json"),
    ("s3:GetObject", f"{BUCKET}/lake/stedi_audit/landing/a"),
    ("s3:DeleteObject", LANDING),
    ("s3:DeleteObjectVersion", LANDING),
    ("kms:Decrypt", VAULT_KEY),
    ("kms:GenerateDataKey", VAULT_KEY),
    ("glue:GetTable", f"{GLUE}:table/stedi_vault/pseudonym_key"),
    ("glue:GetTable", f"{GLUE}:table/others/table"),
    ("athena:StartQueryExecution", f"{ATHENA}:workgroup/stedi"),
    ("athena:StartQueryExecution", f"{ATHENA}:workgroup/stedi-analysts"),
    ("athena:StartQueryExecution", f"{ATHENA}:workgroup/primary"),
    ("athena:GetNamedQuery", f"{ATHENA}:workgroup/stedi"),
    ("s3:PutBucketPolicy", BUCKET),
    ("s3:DeleteBucketPolicy", BUCKET),
    ("kms:PutKeyPolicy", VAULT_KEY),
    ("iam:PassRole", "*"),
    ("iam:CreateRole", "*"),
    ("sts:AssumeRole", "*"),
    ("cloudformation:DeleteStack", "*"),
    ("lakeformation:GrantPermissions", "*"),
}
"""What only a role has whose work it is (`WORK`, or `ALSO`, where it comes with that)."""

ALSO = {
    role: {
        ("s3:PutObject", CURATED),
        ("s3:GetObject", f"{BUCKET}/lake/stedi_audit/landing/a"),
        ("glue:GetTable", f"{GLUE}:table/stedi_vault/pseudonym_key"),
    }
    for role in ("PipelineRole", "PrivacyOfficerRole")
}


def test_a_role_may_do_its_own_work_and_no_more(account: Account) -> None:
    made = account.deploy()
    key = f"arn:aws:kms:{REGION}:{DEFAULT_ACCOUNT_ID}:key/{made['VaultKey']}"
    for role in ROLES:
        has = policies(account, made[role])
        asked = WORK[role] | NOBODY_ELSE
        allowed = {(a, place) for a, place in asked if may(has, a, key if place == VAULT_KEY else place)}
        assert WORK[role] - allowed == set(), role
        assert allowed - WORK[role] == ALSO.get(role, set()), role


IAM = {
    "head_bucket": "s3:ListBucket",
    "list_objects_v2": "s3:ListBucket",
    "list_object_versions": "s3:ListBucketVersions",
    "get_object_lock_configuration": "s3:GetBucketObjectLockConfiguration",
    "head_object": "s3:GetObject",
    "get_object": "s3:GetObject",
    "get_object_tagging": "s3:GetObjectTagging",
    "put_object": "s3:PutObject",
    "delete_object": "s3:DeleteObject",
    "delete_objects": "s3:DeleteObject",
    "get_data_lake_settings": "lakeformation:GetDataLakeSettings",
    "get_database": "glue:GetDatabase",
    "get_table": "glue:GetTable",
    "get_tables": "glue:GetTables",
    "get_databases": "glue:GetDatabases",
    "start_query_execution": "athena:StartQueryExecution",
    "get_query_execution": "athena:GetQueryExecution",
    "get_query_results": "athena:GetQueryResults",
    "get_work_group": "athena:GetWorkGroup",
}
"""The permission behind each call of boto3."""
FREE = "get_caller_identity"
"""It needs none."""
OF_ROLE = {"upload.py": "UploadRole", "doctor.py": "PipelineRole", "dbt_stedi.py": "PipelineRole"}
"""Whose work a file of the code is; that of no other is the privacy officer's."""


def test_every_call_of_the_code_is_in_the_list_of_its_role() -> None:
    found: dict[str, set[str]] = {}
    for path in [*(PROJECT / "src" / "stedi").glob("*.py"), PROJECT / "src" / "dbt_stedi.py"]:
        text = path.read_text()
        calls = re.findall(r"(?:\b_?s3|glue|athena|sts|formation|\))\.([a-z]+_[a-z_0-9]+)\(", text)
        calls += re.findall(r"get_paginator\(\"(\w+)\"\)", text)
        of_aws = {call for call in calls if any(hasattr(client_of(service), call) for service in SERVICES)}
        found[path.name] = of_aws - {"get_paginator", "get_waiter", FREE}
    assert {"head_object", "put_object"} <= found["upload.py"], "the search finds nothing"
    assert set().union(*found.values()) - set(IAM) == set()
    for name, calls in found.items():
        used = {action for action, _ in WORK[OF_ROLE.get(name, "PrivacyOfficerRole")]}
        assert {IAM[call] for call in calls} - used == set(), name


SERVICES = ("s3", "glue", "athena", "sts", "lakeformation", "cloudformation", "kms")


@cache
def client_of(service: str) -> Any:
    return boto3.client(service, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")


OPERATORS = {
    "Bool": lambda is_now, wanted: is_now == wanted,
    "Null": lambda is_now, wanted: (is_now is None) == (wanted == "true"),
    "ArnEquals": lambda is_now, wanted: is_now in wanted,
    "ArnNotEquals": lambda is_now, wanted: is_now not in wanted,
    "StringEquals": lambda is_now, wanted: is_now == wanted,
    "StringNotLike": lambda is_now, wanted: not any(fnmatchcase(is_now or "", pattern) for pattern in wanted),
}


def applies(statement: dict[str, Any], action: str, resource: str, context: dict[str, str]) -> bool:
    """Whether a statement of a policy speaks of a request."""
    listed = {key: [value] if isinstance(value, str) else value for key, value in statement.items()}
    is_named = any(fnmatchcase(resource, pattern) for pattern in listed.get("Resource", listed.get("NotResource")))
    return (
        any(fnmatchcase(action, pattern) for pattern in listed["Action"])
        and is_named == ("Resource" in listed)
        and all(
            OPERATORS[operator](context.get(key), wanted)
            for operator, tests in statement.get("Condition", {}).items()
            for key, wanted in tests.items()
        )
    )


def statements(account: Account, resource: str, policy: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The statements of a policy of the stack with names filled in, and the ARNs of the roles."""
    account.deploy()  # unless it is deployed
    resources = cloudformation_backends[DEFAULT_ACCOUNT_ID][REGION].get_stack("stedi").resource_map
    written = resources._resource_json_map[resource]["Properties"][policy]
    roles = {name: resources[name].arn for name in ROLES}
    return clean_json(written, resources)["Statement"], roles


def test_the_vault_is_closed_to_everybody_else_in_the_account(account: Account) -> None:
    found, roles = statements(account, "BucketPolicy", "PolicyDocument")
    assert {statement["Effect"] for statement in found} == {"Deny"}
    keeper = account.client("sts").get_caller_identity()["Arn"]

    def denied(who: str, action: str, name: str, **context: str) -> bool:
        request = {"aws:SecureTransport": "true", "aws:PrincipalArn": who} | context
        return any(applies(statement, action, f"{BUCKET}/{name}", request) for statement in found)

    for who, is_kept_out in {
        roles["PipelineRole"]: False,
        roles["PrivacyOfficerRole"]: False,
        keeper: False,
        roles["AnalystRole"]: True,
        ADMINISTRATOR: True,
    }.items():
        for name in (KEY, "vault/erasure/list.txt", "vault/erasures/open.json"):
            assert denied(who, "s3:GetObject", name) == is_kept_out, (who, name)
        assert not denied(who, "s3:GetObject", "lake/stedi_curated/a")
        assert denied(who, "s3:GetObject", "lake/stedi_curated/a", **{"aws:SecureTransport": "false"})
    # The key itself: made by a put that S3 refuses where there is one, rotated by one that says which it replaces.
    assert denied(keeper, "s3:PutObject", KEY)
    assert not denied(keeper, "s3:PutObject", KEY, **{"s3:if-none-match": "*"})
    assert not denied(keeper, "s3:PutObject", KEY, **{"s3:if-match": '"etag"'})
    assert denied(keeper, "s3:DeleteObject", KEY)
    assert not denied(roles["PrivacyOfficerRole"], "s3:PutObject", "vault/erasure/list.txt")


ADMINISTRATOR = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/administrator"


def test_personal_data_is_closed_to_everybody_else_in_the_account(account: Account) -> None:
    auditor = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/auditor"
    account.deploy()
    change(account, Readers=auditor)
    found, roles = statements(account, "BucketPolicy", "PolicyDocument")
    keeper = caller(account.session)
    everybody = {*roles.values(), keeper, auditor, ADMINISTRATOR}

    def let_in(action: str, resource: str, **context: str) -> set[str]:
        request = {"aws:SecureTransport": "true"} | context
        return {
            who
            for who in everybody
            if not any(applies(statement, action, resource, request | {"aws:PrincipalArn": who}) for statement in found)
        }

    readers = {roles["PipelineRole"], roles["PrivacyOfficerRole"], keeper, auditor}
    uploads = readers | {roles["UploadRole"]}
    for name in (
        *(f"lake/stedi_{zone}/a/b.parquet" for zone in ("staging", "trusted", "audit", "vault", "landing")),
        *("lake/temporary/a", "lake/dev_curated/a/b.parquet", "athena-results/a.csv", "a-prefix-of-tomorrow/a"),
    ):
        for action in ("s3:GetObject", "s3:GetObjectVersion"):
            assert let_in(action, f"{BUCKET}/{name}") == readers, name
    assert let_in("s3:GetObject", f"{BUCKET}/heart_rate/landing/a.json") == uploads
    for name in ("lake/stedi_curated/machine_learning_curated/a", "athena-results/analysts/a.csv"):
        assert let_in("s3:GetObject", f"{BUCKET}/{name}") == everybody
    # Names of landing files may hold names of people.
    for action in ("s3:ListBucket", "s3:ListBucketVersions"):
        assert let_in(action, BUCKET) == let_in(action, BUCKET, **{"s3:prefix": "customer/landing/"}) == uploads
        assert let_in(action, BUCKET, **{"s3:prefix": "lake/stedi_curated/"}) == everybody
    # Devices write without reading, and nobody opens all this by another policy.
    assert let_in("s3:PutObject", f"{BUCKET}/customer/landing/a.json") == everybody
    for action in ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"):
        assert let_in(action, BUCKET) == {keeper}


def test_the_account_looks_after_the_kms_key_and_cannot_use_it(account: Account) -> None:
    found, roles = statements(account, "VaultKey", "KeyPolicy")

    def allowed(who: str, action: str, via: str = f"s3.{REGION}.amazonaws.com") -> bool:
        request = {"aws:PrincipalArn": who, "kms:ViaService": via}
        return any(applies(statement, action, "*", request) for statement in found)

    assert allowed(ADMINISTRATOR, "kms:ScheduleKeyDeletion")
    for action in ("kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:ReEncryptFrom", "kms:PutKeyPolicy"):
        for who in (ADMINISTRATOR, roles["AnalystRole"], roles["UploadRole"]):
            assert not allowed(who, action)
    assert allowed(roles["PipelineRole"], "kms:Decrypt")
    assert allowed(roles["PrivacyOfficerRole"], "kms:GenerateDataKey")
    # The root user is there for when no keeper is left.
    assert allowed(caller(account.session), "kms:PutKeyPolicy") and allowed(ROOT, "kms:PutKeyPolicy")
    assert not allowed(roles["PipelineRole"], "kms:Decrypt", via="")


def test_the_key_is_put_once_under_the_kms_key(account: Account) -> None:
    kms_key = account.deploy()["VaultKey"]
    assert account.put(kms_key)
    stored = account.client("s3").get_object(Bucket="my-bucket", Key=KEY)
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", kms_key)
    assert stored["Body"].read() == key_file(account.settings.vault).read_bytes()
    assert not account.put(kms_key)


def test_another_key_is_refused_and_not_shown(bucket: Account) -> None:
    assert bucket.put()
    before = read_key(bucket.settings.vault)
    key_file(bucket.settings.vault).unlink()
    assert not bucket.put()  # the bucket's key is enough
    ensure_key(bucket.settings.vault)
    for make in (True, False):
        with pytest.raises(StediError, match="set STEDI_VAULT to the vault of this bucket") as told:
            bucket.put(make=make)
        assert before.hex() not in str(told.value)
    assert bytes.fromhex(bucket.client("s3").get_object(Bucket="my-bucket", Key=KEY)["Body"].read().decode()) == before


def test_of_two_who_put_a_key_the_second_is_refused(bucket: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = bucket_key._read, []

    def too_early(s3: Any, name: str) -> bytes | None:
        """Says that there is no key, and then somebody puts one."""
        asked.append(name)
        if len(asked) == 1:
            s3.put_object(Bucket=name, Key=KEY, Body=b"ab" * 32 + b"\n")
            return None
        return real(s3, name)

    monkeypatch.setattr(bucket_key, "_read", too_early)
    with pytest.raises(StediError, match="set STEDI_VAULT"):
        bucket.put()
    assert bucket.client("s3").get_object(Bucket="my-bucket", Key=KEY)["Body"].read() == b"ab" * 32 + b"\n"


def test_no_key_is_made_for_tables_whose_key_is_gone(bucket: Account) -> None:
    bucket.client("s3").put_object(Bucket="my-bucket", Key="lake/stedi_trusted/customer_trusted/a.parquet", Body=b"")
    with pytest.raises(StediError, match="restore it from its backup"):
        bucket.put()
    assert not bucket.settings.vault.exists()
    # Once it is restored on this machine, it is put back.
    ensure_key(bucket.settings.vault)
    assert bucket.put()


def test_a_bad_key_is_not_uploaded(bucket: Account) -> None:
    ensure_key(bucket.settings.vault).write_text("no key\n")
    for make in (True, False):
        with pytest.raises(StediError, match="is not 64 hexadecimal digits"):
            bucket.put(make=make)
    assert "Contents" not in bucket.client("s3").list_objects_v2(Bucket="my-bucket")


def test_the_key_is_uploaded_by_hand(bucket: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEDI_BUCKET", "my-bucket")
    monkeypatch.setenv("STEDI_VAULT", str(bucket.settings.vault))
    upload = ["key", "upload", "--project-dir", str(PROJECT)]
    failed = CliRunner().invoke(app, upload)
    assert isinstance(failed.exception, StediError) and "cannot read the vault key" in str(failed.exception)
    ensure_key(bucket.settings.vault)
    for said in ("was put", "is there"):
        done = CliRunner().invoke(app, upload)
        assert said in done.output and read_key(bucket.settings.vault).hex() not in done.output
    stored = bucket.client("s3").head_object(Bucket="my-bucket", Key=KEY)
    assert stored.get("ServerSideEncryption") != "aws:kms"  # there is no stack


def test_queries_are_saved_once_and_changed_in_place(account: Account) -> None:
    account.deploy()
    athena = account.client("athena")

    def saved() -> dict[str, tuple[str, str]]:
        ids = athena.list_named_queries(WorkGroup="stedi")["NamedQueryIds"]
        found = [athena.get_named_query(NamedQueryId=i)["NamedQuery"] for i in ids]
        assert len(found) == len({query["Name"] for query in found})
        return {query["Name"]: (query["Description"], query["QueryString"]) for query in found}

    first = [Query("a", "What?\n", "select 1"), Query("b", "Which?", "select 2")]
    assert save_queries(athena, "stedi", "stedi_curated", first) == 2
    assert save_queries(athena, "stedi", "stedi_curated", first) == 0
    assert save_queries(athena, "stedi", "stedi_curated", [first[0], Query("b", "Which?", "select 3")]) == 1
    assert saved() == {"a": ("What?", "select 1"), "b": ("Which?", "select 3")}
