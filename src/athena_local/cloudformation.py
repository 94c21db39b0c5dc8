"""What moto's CloudFormation lacks: Athena's workgroups, Glue's databases, termination protection.

Importing it is enough.
"""

from typing import Any

from moto.athena.models import WorkGroup as AthenaWorkGroup
from moto.athena.models import athena_backends
from moto.cloudformation.parsing import NULL_MODELS
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.common_models import CloudFormationModel
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.glue.models import glue_backends

# moto's S3 reads a bucket's policy without its conditions, so that a Deny with one would deny everything.
NULL_MODELS.append("AWS::S3::BucketPolicy")


def _update_termination_protection(self: CloudFormationResponse) -> ActionResult:
    """Say of a stack whether it may be deleted."""
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    stack.enable_termination_protection = self._get_bool_param("EnableTerminationProtection")
    return ActionResult({"StackId": stack.stack_id})


setattr(CloudFormationResponse, "update_termination_protection", _update_termination_protection)  # noqa: B010


class WorkGroup(CloudFormationModel):
    """`AWS::Athena::WorkGroup`."""

    def __init__(self, name: str) -> None:
        """Keep the name, which is the physical id."""
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_name_type() -> str:
        """The property that names it."""
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        """The type in a template."""
        return "AWS::Athena::WorkGroup"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """None is answered."""
        return False

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "WorkGroup":
        """Make the workgroup, unless one has its name."""
        backend = athena_backends[account_id][region_name]
        if backend.get_work_group(resource_name):
            raise JsonRESTError("AlreadyExists", f"WorkGroup {resource_name} is already created")
        properties = cloudformation_json["Properties"]
        configuration = properties.get("WorkGroupConfiguration") or {}
        backend.create_work_group(resource_name, configuration, properties.get("Description", ""), [])
        return cls(resource_name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Any:
        """Give the workgroup the template's configuration."""
        group: AthenaWorkGroup = athena_backends[account_id][region_name].work_groups[new_resource_name]
        properties = cloudformation_json["Properties"]
        group.configuration.update(properties.get("WorkGroupConfiguration") or {})
        group.description = properties.get("Description", "")
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str
    ) -> None:
        """Remove the workgroup."""
        athena_backends[account_id][region_name].delete_work_group(resource_name)


class Database(CloudFormationModel):
    """`AWS::Glue::Database`."""

    def __init__(self, name: str) -> None:
        """Keep the name, which is the physical id."""
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_name_type() -> str:
        """None: the name stands deeper."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """The type in a template."""
        return "AWS::Glue::Database"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """None is answered."""
        return False

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "Database":
        """Make the database, unless one has its name."""
        given = cloudformation_json["Properties"]["DatabaseInput"]
        glue_backends[account_id][region_name].create_database(given["Name"], given)
        return cls(given["Name"])

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Any:
        """Give the database the template's description."""
        given = cloudformation_json["Properties"]["DatabaseInput"]
        glue_backends[account_id][region_name].update_database(given["Name"], given)
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str
    ) -> None:
        """Remove the database."""
        glue_backends[account_id][region_name].delete_database(resource_name)
