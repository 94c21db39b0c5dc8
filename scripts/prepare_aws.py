"""Makes what target `athena` needs in an AWS account, and leaves what is there already as it is.

    export STEDI_BUCKET=my-bucket
    python scripts/prepare_aws.py --landing data/landing

In this order: the bucket, with no public access; the Athena workgroup; the vault key, which is made in the local vault
where neither has one; and, with `--landing`, the landing files that are not in the bucket yet. Settings are dbt's:
STEDI_BUCKET, STEDI_WORKGROUP, STEDI_VAULT and AWS_*. docs/aws.md has the permissions that it needs.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from stedi.errors import StediError
from stedi.settings import ENTITIES, load_settings
from stedi.vault import ensure_key, key_file, read_key

KEY = "vault/pseudonym_key/key.hex"
RESULTS = "athena-results/"
DAYS_OF_RESULTS = 7


@dataclass
class Account:
    """The clients of one account, and the names of what it has for STEDI."""

    s3: Any
    athena: Any
    region: str
    bucket: str
    workgroup: str

    def prepare_bucket(self) -> None:
        """Make the bucket; no public access, and query results expire."""
        try:
            self.s3.head_bucket(Bucket=self.bucket)
            say("bucket", self.bucket, "is there")
        except ClientError as error:
            if code_of(error) == "403":
                raise StediError(
                    f"no access to bucket {self.bucket}: it may be somebody else's; set STEDI_BUCKET"
                ) from None
            if code_of(error) != "404":
                raise
            # us-east-1 is the one region that must not be named.
            place = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
            self.s3.create_bucket(Bucket=self.bucket, **(place if self.region != "us-east-1" else {}))
            say("bucket", self.bucket, "made")
        everything = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        self.s3.put_public_access_block(
            Bucket=self.bucket, PublicAccessBlockConfiguration=dict.fromkeys(everything, True)
        )
        if not self._expires_results():
            rule = {
                "ID": "stedi-athena-results",
                "Status": "Enabled",
                "Filter": {"Prefix": RESULTS},
                "Expiration": {"Days": DAYS_OF_RESULTS},
            }
            self.s3.put_bucket_lifecycle_configuration(Bucket=self.bucket, LifecycleConfiguration={"Rules": [rule]})

    def _expires_results(self) -> bool:
        """Whether the bucket has lifecycle rules, its owner's or ours."""
        try:
            return bool(self.s3.get_bucket_lifecycle_configuration(Bucket=self.bucket)["Rules"])
        except ClientError as error:
            if code_of(error) != "NoSuchLifecycleConfiguration":
                raise
            return False

    def prepare_workgroup(self) -> None:
        """Make the workgroup, on engine version 3, with results in the bucket."""
        if self.workgroup in self.workgroups():
            say("workgroup", self.workgroup, "is there")
            return
        self.athena.create_work_group(
            Name=self.workgroup,
            Description="STEDI: dbt, and whoever queries its tables",
            Configuration={
                "ResultConfiguration": {"OutputLocation": f"s3://{self.bucket}/{RESULTS}"},
                # dbt-athena puts results and tables where its profile says.
                "EnforceWorkGroupConfiguration": False,
                "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
            },
        )
        say("workgroup", self.workgroup, "made")

    def workgroups(self) -> set[str]:
        """The names of the account's workgroups."""
        page = self.athena.list_work_groups()
        names = {group["Name"] for group in page["WorkGroups"]}
        while page.get("NextToken"):
            page = self.athena.list_work_groups(NextToken=page["NextToken"])
            names |= {group["Name"] for group in page["WorkGroups"]}
        return names

    def prepare_key(self, vault: Path) -> None:
        """Put the vault's key into the bucket, and never another one in its place."""
        place = f"s3://{self.bucket}/{KEY}"
        has_key = key_file(vault).exists()
        if self.exists(KEY):
            uploaded = self.s3.get_object(Bucket=self.bucket, Key=KEY)["Body"].read().decode().strip()
            if has_key and uploaded.lower() != read_key(vault).hex():
                raise StediError(f"the key in {vault} is not {place}: set STEDI_VAULT to the vault of this bucket")
            say("vault key", place, "is there")
            return
        if not has_key and self.exists("lake/"):
            raise StediError(f"{place} is gone, and tables were built with it: restore it from its backup")
        # A key that cannot be read is refused, not replaced.
        read_key(vault) if has_key else ensure_key(vault)
        self.s3.upload_file(str(key_file(vault)), self.bucket, KEY)
        say("vault key", place, f"uploaded from {vault}; back it up")

    def upload_landing(self, folder: Path) -> None:
        """Upload the landing files that are not in the bucket; landing is written once."""
        for entity in ENTITIES:
            landing = folder / entity / "landing"
            if not landing.is_dir():
                raise StediError(f"there is no folder {landing}: --landing must have {entity}/landing")
            there = set(self.keys(f"{entity}/landing/"))
            names = [path.relative_to(folder) for path in sorted(landing.rglob("*")) if path.is_file()]
            files = [name for name in names if not any(part.startswith(("_", ".")) for part in name.parts)]
            missing = [name for name in files if name.as_posix() not in there]
            for name in missing:
                self.s3.upload_file(str(folder / name), self.bucket, name.as_posix())
            state = f"{len(missing)} files uploaded, {len(files) - len(missing)} were there"
            say("landing", f"s3://{self.bucket}/{entity}/landing", state)

    def exists(self, prefix: str) -> bool:
        """Whether there is an object whose key begins with this."""
        return self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix, MaxKeys=1)["KeyCount"] > 0

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin with this."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]


def code_of(error: ClientError) -> str:
    """The code of an error that AWS answered with."""
    return error.response["Error"]["Code"]


def say(what: str, name: str, state: str) -> None:
    """One line for one thing."""
    print(f"{what:<10} {name}: {state}")


def main(
    landing: Annotated[
        Path | None, typer.Option(help="A landing folder to upload; none where files land in the bucket by themselves.")
    ] = None,
) -> None:
    """Make the bucket, the workgroup and the vault key of target `athena`, and upload landing files. Example:

    STEDI_BUCKET=my-bucket python scripts/prepare_aws.py --landing data/landing
    """
    settings = load_settings()
    if not settings.bucket:
        raise StediError("STEDI_BUCKET is not set: export STEDI_BUCKET=name-of-your-bucket")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    session = boto3.Session(region_name=region)
    account = Account(session.client("s3"), session.client("athena"), region, settings.bucket, settings.workgroup)
    account.prepare_bucket()
    account.prepare_workgroup()
    account.prepare_key(settings.vault)
    if landing:
        account.upload_landing(landing)


if __name__ == "__main__":
    try:
        typer.run(main)
    except (StediError, BotoCoreError, ClientError) as error:
        print(f"prepare_aws: {error}", file=sys.stderr)
        sys.exit(1)
