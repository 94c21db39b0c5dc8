"""`stedi deploy`: the stack, the vault key, the landing tables and the saved queries of target `athena`."""

from __future__ import annotations

import boto3
from botocore.exceptions import ClientError
from dbt.contracts.graph.manifest import Manifest
from rich.console import Console
from rich.table import Table

from stedi.account import KEY, code_of, named_bucket, session_of, telling
from stedi.aws.key import put_key
from stedi.aws.queries import Query, save_queries
from stedi.aws.stack import NAME, Change, Stack, refuse_loss
from stedi.build import Options, invoke, read_project
from stedi.errors import StediError
from stedi.progress import BuildProgress, number_of
from stedi.settings import ZONES, Settings

ROLES = ("PipelineRole", "AnalystRole", "PrivacyOfficerRole", "UploadRole")


def deploy(settings: Settings, target: str, *, dry_run: bool, out: Console, err: Console) -> None:
    """Make what the target needs in the account, or put it right; with `dry_run`, show what would change.

    Raises:
        StediError: it cannot be done; the text says what is in the way.
    """
    bucket = named_bucket(settings.bucket)
    progress = BuildProgress(out, err)
    options = Options(target=target)
    manifest, built = read_project(settings, options, out, progress)
    if built.adapter != "athena":
        raise StediError(f"the profile's target {target} is not on Athena")
    session = session_of()
    with telling():
        resources = deploy_stack(session, settings, built.schema, dry_run=dry_run, out=out)
        if dry_run:
            return
        put = put_key(session.client("s3"), bucket, settings.vault, resources["VaultKey"], make=True)
    done = f"put from {settings.shown(settings.vault)}; keep a copy: stedi key backup FILE" if put else "is there"
    out.print(f"key      s3://{bucket}/{KEY}: {done}", soft_wrap=True)
    made = invoke(["run-operation", "create_landing_tables", *options.arguments()], progress.hear, manifest)
    if not made.success:
        raise StediError("the landing tables could not be made: `dbt run-operation create_landing_tables` says why")
    queries = compile_analyses(manifest, options)
    with telling():
        saved = save_queries(session.client("athena"), settings.workgroup, f"{built.schema}_curated", queries)
    number = number_of(len(queries), "saved queries")
    out.print(f"queries  {number} in workgroup {settings.workgroup}, {saved} new or changed")
    out.print("next: stedi upload, then dbt build --target athena")


def deploy_stack(
    session: boto3.Session, settings: Settings, schema: str, *, dry_run: bool, out: Console
) -> dict[str, str]:
    """Bring the stack to what its template says, and show what that changes; the names of its resources.

    Raises:
        StediError: whoever asks is no keeper of the vault; or the stack would replace what holds data, or what it would
            make is there already, or it failed.
    """
    stack = Stack(session.client("cloudformation"))
    keeper = caller(session)
    parameters = {"BucketName": settings.bucket, "WorkGroupName": settings.workgroup, "SchemaPrefix": schema}
    if stack.exists():
        its = stack.resources().get("Bucket")
        if its != settings.bucket:
            raise StediError(f"the stack {NAME} has bucket {its}, and keeps it: export STEDI_BUCKET={its}")
        refuse_others(keeper, stack.parameter("VaultKeepers").split(","))
    else:
        refuse_what_is_there(session, settings, schema)
        parameters["VaultKeepers"] = keeper
    with stack.changes(parameters) as change_set:
        if change_set is None:
            out.print(f"stack    {NAME} in {session.region_name}: as it should be")
            if not dry_run:
                stack.protect()
            return stack.resources()
        refuse_loss(change_set.changes)
        show_changes(change_set.changes, out)
        if dry_run:
            out.print("nothing was changed: this was a dry run")
            return {}
        with out.status(f"the stack {NAME} is changed"):
            stack.execute(change_set)
            stack.protect()
    resources = stack.resources()
    out.print(f"stack    {NAME} in {session.region_name}: {number_of(len(change_set.changes), 'changes')} made")
    for role in ROLES:
        out.print(f"role     {resources[role]}", soft_wrap=True)
    if "," not in stack.parameter("VaultKeepers"):
        out.print(
            f"advice   the vault has one keeper, {keeper}: name a second (VaultKeepers in docs/aws.md), "
            "because without a keeper nobody can change what the bucket and the vault's KMS key allow",
            soft_wrap=True,
        )
    return resources


def refuse_others(who: str, keepers: list[str]) -> None:
    """Refuse whoever is no keeper of the vault, before anything is changed.

    Raises:
        StediError: the bucket and the KMS key would deny in the middle what they may not do.
    """
    if who not in keepers:
        raise StediError(
            f"{who} is no keeper of the vault, and only they deploy: {', '.join(keepers)}. Deploy as one of them, "
            "or have one add you to VaultKeepers (docs/aws.md)"
        )


def refuse_what_is_there(session: boto3.Session, settings: Settings, schema: str) -> None:
    """Before the stack is made, look for what has a name that it would give.

    Raises:
        StediError: something has; CloudFormation would fail, or take over what it knows nothing of.
    """
    found = []
    s3, athena, glue = (session.client(name) for name in ("s3", "athena", "glue"))
    try:
        s3.head_bucket(Bucket=settings.bucket)
        found.append(f"bucket {settings.bucket}")
    except ClientError as error:
        if code_of(error) in ("301", "403"):
            raise StediError(
                f"no access to bucket {settings.bucket}: it may be somebody else's, or elsewhere; set STEDI_BUCKET"
            ) from None
        if code_of(error) != "404":
            raise
    for group in (settings.workgroup, f"{settings.workgroup}-analysts"):
        try:
            athena.get_work_group(WorkGroup=group)
            found.append(f"workgroup {group}")
        except ClientError as error:
            if "not found" not in str(error):
                raise
    for zone in ("vault", *ZONES):
        try:
            glue.get_database(Name=f"{schema}_{zone}")
            found.append(f"database {schema}_{zone}")
        except glue.exceptions.EntityNotFoundException:
            pass
    if found:
        raise StediError(
            f"there already, and not in the stack {NAME}: {', '.join(found)}; docs/aws.md says under "
            '"What is there already" what to type, once, so that the stack takes it in'
        )


def caller(session: boto3.Session) -> str:
    """The ARN by which policies know who asks.

    Raises:
        StediError: it is the account's root user, by whose ARN policies mean everybody in the account.
    """
    arn = session.client("sts").get_caller_identity()["Arn"]
    if arn.endswith(":root"):
        raise StediError(f"{arn} is the account's root user: deploy as a user or a role, who then keeps the vault")
    if ":assumed-role/" in arn:
        # A session has another ARN than its role, without the role's path.
        return session.client("iam").get_role(RoleName=arn.split("/")[1])["Role"]["Arn"]
    return arn


def show_changes(changes: list[Change], out: Console) -> None:
    """A table of what would change, or changes now."""
    table = Table(title=f"stack {NAME}", title_justify="left")
    for heading in ("action", "resource", "type", "replaced"):
        table.add_column(heading)
    for change in sorted(changes, key=lambda change: (change.action, change.type, change.resource)):
        table.add_row(change.action, change.resource, change.type, change.replacement)
    out.print(table)


def compile_analyses(manifest: Manifest, options: Options) -> list[Query]:
    """The analyses as Athena's SQL.

    Raises:
        StediError: one cannot be compiled.
    """
    done = invoke(["compile", "--select", "resource_type:analysis", *options.arguments()], manifest=manifest)
    results = getattr(done.result, "results", [])
    if not done.success:
        raise StediError("the analyses cannot be compiled: `dbt compile --select resource_type:analysis` says why")
    nodes = sorted((result.node for result in results), key=lambda node: node.name)
    return [Query(node.name, node.description, node.compiled_code.strip() + "\n") for node in nodes]
