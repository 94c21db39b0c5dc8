"""The vault key in the bucket: put there once, under the stack's KMS key, and never another in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from stedi.account import KEY, code_of
from stedi.errors import StediError
from stedi.vault import ensure_key, key_file, parse_key, problem_of, read_key


def put_key(s3: Any, bucket: str, vault: Path, kms_key: str | None, *, make: bool) -> bool:
    """Put the key of `vault` into the bucket, unless it is there; whether it was put.

    With `make`, a key is made where neither has one and there are no tables yet.

    Raises:
        StediError: the bucket has another key, or tables whose key is gone; or the local key is none.
    """
    place = f"s3://{bucket}/{KEY}"
    has_key = key_file(vault).exists()
    uploaded = _read(s3, bucket)
    if uploaded is not None:
        if has_key or not make:
            _compare(uploaded, vault, place)
        return False
    if make and not has_key:
        if s3.list_objects_v2(Bucket=bucket, Prefix="lake/", MaxKeys=1)["KeyCount"]:
            raise StediError(f"{place} is gone, and tables were built with it: restore it from its backup")
        ensure_key(vault)
    error, _ = problem_of(vault)
    if error:
        raise StediError(error)
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key, "BucketKeyEnabled": False}
    try:
        s3.put_object(
            Bucket=bucket,
            Key=KEY,
            Body=read_key(vault).hex().encode() + b"\n",
            # S3 itself refuses a second one.
            IfNoneMatch="*",
            **(encryption if kms_key else {}),
        )
    except ClientError as refused:
        if code_of(refused) != "PreconditionFailed":
            raise
        _compare(_read(s3, bucket) or b"", vault, place)
        return False
    return True


def _read(s3: Any, bucket: str) -> bytes | None:
    try:
        return s3.get_object(Bucket=bucket, Key=KEY)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None


def _compare(uploaded: bytes, vault: Path, place: str) -> None:
    if parse_key(uploaded, place) != read_key(vault):
        raise StediError(f"the key in {vault} is not {place}: set STEDI_VAULT to the vault of this bucket")
