"""A folder or an S3 prefix as a set of named objects, of which one is replaced or removed as a whole or not at all."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

from stedi.errors import StediError
from stedi.landing_files import shown

DRAFT = ".being-erased"
"""The end of the name of a file that is not in its place yet."""
SAID_OF_AN_OBJECT = (
    *("ContentType", "ContentEncoding", "ContentLanguage", "ContentDisposition", "CacheControl", "Expires", "Metadata"),
    *("StorageClass", "ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled", "WebsiteRedirectLocation"),
)
"""What S3 says of an object, and takes with another in its place."""
AT_ONCE = 1000
"""How many objects S3 removes at once."""


class Stored(NamedTuple):
    """One object."""

    name: str  # relative to the store
    size: int  # bytes
    modified: int  # seconds since 1970 UTC
    state: str  # another text once the object is another


class Store(Protocol):
    """What `erase` needs of a place; each method raises `StediError` with the reason in one line."""

    root: str
    elsewhere: tuple[str, ...]
    """How the names of objects begin that are no landing, where the store is one of landing."""

    def files(self, below: str = "") -> list[Stored]:
        """Every object whose name begins with `below`, in order of name."""

    def links(self) -> list[str]:
        """The names of links to something: `files` does not look there, and a build does."""

    def folders(self) -> list[str]:
        """The names of folders, those inside others first; none where objects alone have names."""

    def remove_folder(self, name: str) -> None:
        """Remove a folder, if nothing is in it."""

    def read(self, name: str) -> bytes | None:
        """The bytes of an object; None where there is none."""

    def write(self, name: str, content: bytes) -> None:
        """Make or replace an object, for its owner only."""

    def replace(self, was: Stored, name: str, content: bytes) -> int:
        """Put an object of this name in the place of one that is still as it `was`; its time in seconds."""

    def delete(self, name: str) -> None:
        """Remove an object and every older version of it; one that is not there is removed already."""


class Folder:
    """A folder; links in it are not followed."""

    elsewhere: tuple[str, ...] = ()

    def __init__(self, root: Path) -> None:
        """`root` need not be there yet."""
        self.root = str(root)
        self._root = root

    def files(self, below: str = "") -> list[Stored]:
        found = []
        with _telling(self.root):
            for place, folders, names in os.walk(self._root, onerror=_refuse):
                folders.sort()
                for path in (Path(place) / name for name in sorted(names)):
                    status = path.lstat()
                    name = path.relative_to(self._root).as_posix()
                    if stat.S_ISREG(status.st_mode) and name.startswith(below):
                        found.append(Stored(name, status.st_size, int(status.st_mtime), state_of(status)))
        return found

    def links(self) -> list[str]:
        with _telling(self.root):
            return [
                path.relative_to(self._root).as_posix()
                for place, folders, names in os.walk(self._root, onerror=_refuse)
                for path in (Path(place) / name for name in sorted([*folders, *names]))
                if path.is_symlink() and path.exists()
            ]

    def folders(self) -> list[str]:
        with _telling(self.root):
            return [
                path.relative_to(self._root).as_posix()
                for place, folders, _ in os.walk(self._root, topdown=False, onerror=_refuse)
                for path in (Path(place) / name for name in sorted(folders))
                if not path.is_symlink()
            ]

    def remove_folder(self, name: str) -> None:
        with _telling(name), suppress(FileNotFoundError):
            if not any((self._root / name).iterdir()):
                (self._root / name).rmdir()

    def read(self, name: str) -> bytes | None:
        with _telling(name):
            try:
                return (self._root / name).read_bytes()
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> None:
        path = self._root / name
        with _telling(name):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = _draft(path, content)
            draft.chmod(0o600)
            draft.replace(path)

    def replace(self, was: Stored, name: str, content: bytes) -> int:
        old, new = self._root / was.name, self._root / name
        with _telling(was.name):
            new.parent.mkdir(parents=True, exist_ok=True)
            draft = _draft(new, content)
            shutil.copymode(old, draft)
            if state_of(old.lstat()) != was.state:
                draft.unlink()
                raise StediError(
                    f"{shown(was.name)} changed while it was read: run this again once nothing writes there"
                )
            draft.replace(new)
            if old != new:
                old.unlink()
                for folder in PurePosixPath(was.name).parents:
                    if not new.is_relative_to(self._root / folder):
                        self.remove_folder(folder.as_posix())
            return int(new.stat().st_mtime)

    def delete(self, name: str) -> None:
        with _telling(name):
            (self._root / name).unlink(missing_ok=True)


class Bucket:
    """The objects of an S3 bucket whose keys begin with a prefix (empty, or with a slash at its end)."""

    elsewhere: tuple[str, ...] = ("vault/", "lake/", "athena-results/")

    def __init__(self, s3: Any, bucket: str, prefix: str = "") -> None:
        """`s3` is a client of boto3."""
        self.root = f"s3://{bucket}/{prefix}".rstrip("/")
        self._s3, self._bucket, self._prefix = s3, bucket, prefix

    def files(self, below: str = "") -> list[Stored]:
        found = []
        with _telling(self.root):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix + below)
            for page in pages:
                for item in page.get("Contents", []):
                    name = item["Key"][len(self._prefix) :]
                    found.append(Stored(name, item["Size"], int(item["LastModified"].timestamp()), item["ETag"]))
        return found

    def links(self) -> list[str]:
        return []

    def folders(self) -> list[str]:
        return []

    def remove_folder(self, name: str) -> None:
        pass

    def read(self, name: str) -> bytes | None:
        with _telling(name):
            try:
                return self._s3.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
            except self._s3.exceptions.NoSuchKey:
                return None

    def write(self, name: str, content: bytes) -> None:
        with _telling(name):
            self._s3.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content)
            self.forget_versions(name)

    def replace(self, was: Stored, name: str, content: bytes) -> int:
        with _telling(was.name):
            head = self._s3.head_object(Bucket=self._bucket, Key=self._prefix + was.name)
            if head["ETag"] != was.state:
                raise StediError(
                    f"{shown(was.name)} changed while it was read: run this again once nothing writes there"
                )
            said = {key: head[key] for key in SAID_OF_AN_OBJECT if head.get(key)}
            if tags := self._tags(was.name, head):
                said["Tagging"] = tags
            # S3 refuses it if somebody has been quicker.
            condition = {"IfMatch": was.state} if name == was.name else {}
            self._s3.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content, **condition, **said)
            if name != was.name:
                self._s3.delete_object(Bucket=self._bucket, Key=self._prefix + was.name)
            self.forget_versions(was.name)
            head = self._s3.head_object(Bucket=self._bucket, Key=self._prefix + name)
            return int(head["LastModified"].timestamp())

    def _tags(self, name: str, head: dict[str, Any]) -> str:
        """The tags of an object as S3 takes them; S3 is asked for them only where it says that there are any."""
        if not head.get("TagCount"):
            return ""
        tags = self._s3.get_object_tagging(Bucket=self._bucket, Key=self._prefix + name)["TagSet"]
        return urlencode({tag["Key"]: tag["Value"] for tag in tags})

    def delete(self, name: str) -> None:
        with _telling(name):
            self._s3.delete_object(Bucket=self._bucket, Key=self._prefix + name)
            self.forget_versions(name)

    def remove(self, names: list[str]) -> None:
        """Remove objects; a versioned bucket keeps them until `forget_versions`."""
        self._remove([{"Key": self._prefix + name} for name in names])

    def forget_versions(self, below: str = "", leave: str | None = None) -> None:
        """Remove what `older_versions` gives."""
        self._remove(self.older_versions(below, leave))

    def _remove(self, objects: list[dict[str, str]]) -> None:
        with _telling(self.root):
            for start in range(0, len(objects), AT_ONCE):
                batch: Any = {"Objects": objects[start : start + AT_ONCE], "Quiet": True}
                for error in self._s3.delete_objects(Bucket=self._bucket, Delete=batch).get("Errors", []):
                    raise StediError(f"{shown(error['Key'])}: S3 refuses to remove it: {error['Code']}")

    def older_versions(self, below: str = "", leave: str | None = None) -> list[dict[str, str]]:
        """Key and VersionId of what a versioned bucket keeps of objects that were replaced or deleted.

        Objects whose names begin with `below`, but not with `leave`. The markers of what was deleted come last: without
        its marker a deleted object would be there again.
        """
        versions, markers = [], []
        with _telling(f"{self.root}/{below}"):
            for page in self._s3.get_paginator("list_object_versions").paginate(
                Bucket=self._bucket, Prefix=self._prefix + below
            ):
                versions += [version for version in page.get("Versions", []) if not version["IsLatest"]]
                markers += page.get("DeleteMarkers", [])
        return [
            {"Key": version["Key"], "VersionId": version["VersionId"]}
            for version in (*versions, *markers)
            if leave is None or not version["Key"].startswith(self._prefix + leave)
        ]


def _draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}{DRAFT}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


def state_of(status: os.stat_result) -> str:
    """Another text once a file is another."""
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns}"


def _refuse(error: OSError) -> None:
    raise error


@contextmanager
def _telling(what: str) -> Iterator[None]:
    """Turn what goes wrong there into one line, without what may be personal in a name."""
    what = shown(what)
    try:
        yield
    except OSError as error:
        raise StediError(f"{what}: {error.strerror or error}") from None
    except Exception as error:
        if type(error).__module__.split(".")[0] != "botocore":
            raise
        raise StediError(f"{what}: S3 refuses: {' '.join(str(error).split())}") from None
