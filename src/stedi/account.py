"""The AWS account that the settings name: a session, the bucket and the workgroup, and one line for what AWS says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from stedi.errors import StediError

KEY = "vault/pseudonym_key/key.hex"
"""Where the vault key is in the bucket."""
RESULTS = "athena-results/"
"""Where Athena puts results of queries in the bucket."""

EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
UNKNOWN = ("InvalidAccessKeyId", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException")
DENIED = ("AccessDenied", "AccessDeniedException", "403", "UnauthorizedOperation")
NOT_THERE = ("404", "NoSuchBucket", "NoSuchKey", "NotFound")
ELSEWHERE = ("301", "PermanentRedirect", "AuthorizationHeaderMalformed")
"""Codes of AWS's errors, by what there is to do about them."""

LAKE_FORMATION = "Lake Formation"
"""What its denials have in their text."""
GRANTS = 'have its administrator grant what docs/aws.md has under "Doors by column"'

NO_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.ProfileNotFound,
    exceptions.CredentialRetrievalError,
)
NO_SESSION = (exceptions.SSOError, exceptions.TokenRetrievalError)


def session_of(region: str | None = None, profile: str | None = None) -> Any:
    """A session of boto3 in AWS_REGION, else in `region`, else in AWS_DEFAULT_REGION or us-east-1.

    Raises:
        StediError: there is no such profile.
    """
    # boto3 itself does not look at AWS_REGION.
    region = os.environ.get("AWS_REGION") or region or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    with telling():
        return boto3.Session(profile_name=profile, region_name=region)


def named_bucket(bucket: str | None) -> str:
    """The bucket, where the settings name one; otherwise raises `StediError`."""
    if not bucket:
        raise StediError("STEDI_BUCKET is not set: export STEDI_BUCKET=<the bucket that holds landing>")
    return bucket


def look_for_bucket(session: Any, bucket: str) -> None:
    """Raise `StediError` unless the bucket is there, may be listed, and is in the session's region."""
    s3 = session.client("s3")
    with telling():
        try:
            try:
                place = s3.head_bucket(Bucket=bucket).get("BucketRegion")
            except ClientError as error:
                if code_of(error) not in ("400", "403"):
                    raise
                # An answer to HEAD has no text that says why.
                s3.list_objects_v2(Bucket=bucket, MaxKeys=1)
                place = None
        except ClientError as error:
            if code_of(error) not in NOT_THERE:
                raise
            raise StediError(f"there is no bucket {bucket}: make it (`stedi deploy`), or set STEDI_BUCKET") from None
    if place and place != session.region_name:
        raise StediError(
            f"bucket {bucket} is in {place}, but the region is {session.region_name}: export AWS_REGION={place}"
        )


def look_for_workgroup(session: Any, workgroup: str) -> dict[str, Any]:
    """The workgroup as Athena describes it; raises `StediError` where there is none."""
    found: dict[str, Any] | None = None
    with telling():
        try:
            found = session.client("athena").get_work_group(WorkGroup=workgroup).get("WorkGroup")
        except ClientError as error:
            if "not found" not in str(error):
                raise
    if found is None:
        raise StediError(
            f"there is no Athena workgroup {workgroup} in {session.region_name}: "
            "make it (`stedi deploy`), or set STEDI_WORKGROUP or AWS_REGION"
        )
    return found


@contextmanager
def telling() -> Iterator[None]:
    """Turn what AWS refuses into a `StediError`: one line that says what to do."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StediError(in_words(error)) from None


def in_words(error: BotoCoreError | ClientError) -> str:
    """An error of AWS, or on the way to it, as one line that says what to do."""
    says = " ".join(str(error).split())
    if isinstance(error, ClientError):
        code = code_of(error)
        if code in EXPIRED:
            return f"the AWS session has expired ({code}): log in again (`aws sso login`), or renew AWS_SESSION_TOKEN"
        if code in UNKNOWN:
            return (
                f"AWS does not take these credentials ({code}): check AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret"
            )
        if code in DENIED and LAKE_FORMATION in says:
            return f"AWS denies {error.operation_name}: {says.rstrip('.')}. IAM is not enough there: {GRANTS}"
        if code in DENIED:
            return f"AWS denies {error.operation_name}: {says}. Check AWS_PROFILE and the permissions in docs/aws.md"
        if code in ELSEWHERE:
            return f"the bucket is in another region: {says}. Set AWS_REGION to the bucket's"
        return f"AWS refuses: {says}. Check AWS_PROFILE, AWS_REGION and the permissions in docs/aws.md"
    if isinstance(error, NO_SESSION):
        return f"the AWS session has expired: {says.rstrip('.')}. Log in again (`aws sso login`)"
    if isinstance(error, NO_CREDENTIALS):
        return f"there are no AWS credentials: {says.rstrip('.')}. Set AWS_PROFILE, or log in (`aws sso login`)"
    return f"AWS cannot be reached: {says}. Check AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL"


def code_of(error: ClientError) -> str:
    """The code of an error that AWS answered with."""
    return str(error.response["Error"]["Code"])
