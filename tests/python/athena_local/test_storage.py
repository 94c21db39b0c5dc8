"""moto's S3 when several requests come at the same time."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import moto.s3.models
import pytest
from moto.s3.models import S3Backend

from athena_local import storage


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Backend]:
    monkeypatch.setattr(moto.s3.models, "_VersionedKeyStore", moto.s3.models._VersionedKeyStore)
    storage.install()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads meet in the middle of everything
    yield S3Backend("us-east-1", "123456789012")
    sys.setswitchinterval(interval)


@pytest.mark.parametrize("list_name", ["list_objects_v2", "list_object_versions"])
def test_listing_while_others_delete_gives_what_is_there(s3: S3Backend, list_name: str) -> None:
    name = f"bucket-{uuid4()}"
    bucket = s3.create_bucket(name, "us-east-1")
    keys = [f"folder/{number:04}" for number in range(1000)]
    s3.put_object(name, "kept", b"x")

    def change() -> None:
        for key in keys:
            s3.put_object(name, key, b"x")
        for key in keys:
            s3.delete_object(name, key)

    def listed() -> set[str]:
        if list_name == "list_object_versions":
            found = s3.list_object_versions(name)[0]
        else:
            found = s3.list_objects_v2(bucket, "", None, None, None, 10_000)[0]
        return {key.name for key in found}

    with ThreadPoolExecutor(2) as pool:
        changes = [pool.submit(change) for _ in range(4)]
        while not all(change.done() for change in changes):
            names = listed()
            assert "kept" in names
            assert names <= {"kept", *keys}
    for change in changes:
        change.result()


def test_an_object_that_is_deleted_while_it_is_read_is_read_to_its_end(s3: S3Backend) -> None:
    name = f"bucket-{uuid4()}"
    s3.create_bucket(name, "us-east-1")
    for change in (lambda: s3.delete_object(name, "key"), lambda: s3.put_object(name, "key", b"new")):
        key = s3.put_object(name, "key", b"old")
        change()
        assert key.value == b"old"
