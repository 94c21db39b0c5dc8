"""The CloudFormation stack: what a change of it would do, and doing it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from botocore.exceptions import ClientError, WaiterError

from stedi.errors import StediError

NAME = "stedi"
TEMPLATE = Path(__file__).with_name("stack.yml")

KEPT = ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Glue::Database")
"""The types of resources that are never replaced or removed: data would go, or could no longer be read."""

STEADY = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)
"""The states in which a stack can be changed."""

NO_CHANGES = ("didn't contain changes", "No updates are to be performed")

EVERY_FIVE_SECONDS = {"Delay": 5, "MaxAttempts": 720}


class Change(NamedTuple):
    """What happens to one resource."""

    action: str
    resource: str
    type: str
    replacement: str  # True, False, Conditional, or empty

    @property
    def loses_data(self) -> bool:
        """Whether the resource, and what is in it, may go."""
        return self.type in KEPT and (self.action == "Remove" or self.replacement in ("True", "Conditional"))


class ChangeSet(NamedTuple):
    """Changes that were asked for and not made yet."""

    id: str
    stack_id: str
    makes_stack: bool
    changes: list[Change]


class Stack:
    """The stack `stedi` of one account and region. Every method may raise botocore's errors."""

    def __init__(self, cloudformation: Any) -> None:
        """`cloudformation` is a client of boto3."""
        self._cloudformation = cloudformation
        self._executed: set[str] = set()

    def resources(self) -> dict[str, str]:
        """The names of the stack's resources, by what the template calls them; none where there is no stack."""
        if self._describe() is None:
            return {}
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=NAME)
        found = [item for page in pages for item in page["StackResourceSummaries"]]
        return {item["LogicalResourceId"]: item.get("PhysicalResourceId", "") for item in found}

    def exists(self) -> bool:
        """Whether there is a stack.

        Raises:
            StediError: there is one that cannot be changed.
        """
        described = self._describe()
        if described and described["StackStatus"] not in STEADY:
            status = described["StackStatus"]
            todo = (
                "wait" if status.endswith("_IN_PROGRESS") else "see why in the console, and continue or delete it there"
            )
            raise StediError(f"the stack {NAME} is in {status} and cannot be changed: {todo}")
        return described is not None

    def parameter(self, name: str) -> str:
        """What a parameter of the stack is; empty where there is no stack, or none of that name."""
        described = self._describe() or {}
        given = {item["ParameterKey"]: item["ParameterValue"] for item in described.get("Parameters", [])}
        return given.get(name, "")

    def protect(self) -> None:
        """See to it that nobody deletes the stack by mistake."""
        described = self._describe()
        if described and not described.get("EnableTerminationProtection"):
            self._cloudformation.update_termination_protection(StackName=NAME, EnableTerminationProtection=True)

    def _describe(self) -> dict[str, Any] | None:
        try:
            [described] = self._cloudformation.describe_stacks(StackName=NAME)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        # What is left of a change set that nobody executed is no stack yet.
        return None if described["StackStatus"] == "REVIEW_IN_PROGRESS" else described

    @contextmanager
    def changes(self, parameters: Mapping[str, str]) -> Iterator[ChangeSet | None]:
        """Within it, what would change under `parameters`; None when nothing would. Other parameters stay as they are.

        Nothing is left of a change set that was not executed within it.

        Raises:
            StediError: CloudFormation cannot say.
        """
        asked = self._ask(parameters)
        if asked is None:
            yield None
            return
        try:
            yield self._wait_for(asked)
        finally:
            if asked.id not in self._executed:
                self._cloudformation.delete_change_set(ChangeSetName=asked.id, StackName=asked.stack_id)
                if asked.makes_stack:
                    self._cloudformation.delete_stack(StackName=asked.stack_id)

    def _ask(self, parameters: Mapping[str, str]) -> ChangeSet | None:
        described = self._describe()
        template = TEMPLATE.read_text(encoding="utf-8")
        wanted: list[dict[str, Any]] = [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ]
        if described:
            there = {item["ParameterKey"] for item in described.get("Parameters", [])}
            kept = (there & set(yaml.load(template, Loader=_Loader)["Parameters"])) - set(parameters)  # noqa: S506
            wanted += [{"ParameterKey": name, "UsePreviousValue": True} for name in sorted(kept)]
        try:
            asked = self._cloudformation.create_change_set(
                StackName=NAME,
                ChangeSetName=f"{NAME}-{secrets.token_hex(8)}",
                ChangeSetType="UPDATE" if described else "CREATE",
                TemplateBody=template,
                Parameters=wanted,
                Capabilities=["CAPABILITY_IAM"],
                # What somebody changed by hand is put right; what a first try has made is not in the second's way.
                **({"DeploymentMode": "REVERT_DRIFT"} if described else {"OnStackFailure": "DELETE"}),
            )
        except ClientError as error:
            if any(text in str(error) for text in NO_CHANGES):
                return None
            raise
        return ChangeSet(asked["Id"], asked["StackId"], described is None, [])

    def _wait_for(self, asked: ChangeSet) -> ChangeSet | None:
        names = {"ChangeSetName": asked.id, "StackName": asked.stack_id}
        try:
            waiter = self._cloudformation.get_waiter("change_set_create_complete")
            waiter.wait(**names, WaiterConfig=EVERY_FIVE_SECONDS)
        except WaiterError as error:
            reason = " ".join(str(error.last_response.get("StatusReason") or error).split())
            if any(text in reason for text in NO_CHANGES):
                return None
            raise StediError(f"CloudFormation cannot plan the stack {NAME}: {reason}") from None
        pages = self._cloudformation.get_paginator("describe_change_set").paginate(**names)
        changes = [read_change(item["ResourceChange"]) for page in pages for item in page.get("Changes", [])]
        return asked._replace(changes=changes)

    def execute(self, change_set: ChangeSet) -> None:
        """Make the changes and wait until they are made.

        Raises:
            StediError: a resource could not be made; the text says which and why.
        """
        token = f"{NAME}-{secrets.token_hex(8)}"
        # First, because an answer that is lost does not mean that nothing was begun.
        self._executed.add(change_set.id)
        self._cloudformation.execute_change_set(
            ChangeSetName=change_set.id, StackName=change_set.stack_id, ClientRequestToken=token
        )
        done = "stack_create_complete" if change_set.makes_stack else "stack_update_complete"
        try:
            self._cloudformation.get_waiter(done).wait(StackName=change_set.stack_id, WaiterConfig=EVERY_FIVE_SECONDS)
        except WaiterError:
            pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=change_set.stack_id)
            events = [e for page in pages for e in page["StackEvents"] if e.get("ClientRequestToken") == token]
            raise StediError(f"the stack {NAME} failed, and was rolled back: {first_failure(events)}") from None


class _Loader(yaml.SafeLoader):
    """Reads a template without what its functions would give."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def read_change(described: Mapping[str, Any]) -> Change:
    """One change as CloudFormation describes it."""
    names = ("Action", "LogicalResourceId", "ResourceType", "Replacement")
    return Change(*(described.get(name) or "" for name in names))


def refuse_loss(changes: Iterable[Change]) -> None:
    """Refuse changes that could lose data.

    Raises:
        StediError: there is one; the text names the resource.
    """
    for change in changes:
        if change.loses_data:
            what = "removed" if change.action == "Remove" else "replaced"
            raise StediError(
                f"{change.resource} ({change.type}) would be {what}, and what is in it lost: nothing was changed; "
                "set STEDI_BUCKET, STEDI_WORKGROUP and the profile's schema as they were"
            )


def first_failure(events: Iterable[Mapping[str, Any]]) -> str:
    """Which resource failed, and why. `events` are CloudFormation's, the newest first."""
    failed = [
        event
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
        and event["ResourceType"] != "AWS::CloudFormation::Stack"
        and "cancelled" not in event.get("ResourceStatusReason", "")
    ]
    if not failed:
        return "its events in the console say why"
    first = failed[-1]
    reason = " ".join(first.get("ResourceStatusReason", "no reason given").split())
    return f"{first['LogicalResourceId']} ({first['ResourceType']}): {reason}"
