"""S3 as the front itself uses it: moto's objects, in this process."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import moto.s3.models
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import ServiceException
from moto.s3.models import FakeDeleteMarker, S3Backend, s3_backends
from moto.s3.utils import _VersionedKeyStore

from athena_local.errors import QueryError


class KeyStore(_VersionedKeyStore):
    """A bucket's objects: while one request lists or reads them, another may delete them.

    moto copies the names, then looks up each one, and fails when it is gone by then. It also
    closes an object that is being read.
    """

    def pop(self, key: str) -> None:
        """Remove an object; its content goes with its last reader."""
        dict.pop(self, key)

    def setlist(self, key: str, list_: list[Any]) -> None:
        """Replace an object's versions; their content goes with its last reader."""
        dict.__setitem__(self, key, list_)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Give each name with its newest version, as they were at the start."""
        return ((key, versions[-1]) for key, versions in dict(self).items() if versions)

    def values(self) -> Iterator[Any]:
        """Give each object's newest version, as they were at the start."""
        return (version for _, version in self.items())

    def iterlists(self) -> Iterator[tuple[str, list[Any]]]:
        """Give each name with its versions, as they were at the start."""
        return iter(dict(self).items())


def install() -> None:
    """Keep objects in `KeyStore`; call it before the first bucket is made."""
    moto.s3.models._VersionedKeyStore = KeyStore


def put(url: str, body: bytes) -> None:
    """Write an object. Raises QueryError when there is no such bucket."""
    parts = urlsplit(url)
    try:
        _backend().put_object(parts.netloc, parts.path.lstrip("/"), body)
    except ServiceException as error:
        raise QueryError(f"Unable to verify/create output bucket {parts.netloc}") from error


def data_files(queries: Sequence[str]) -> list[str]:
    """Return the `s3://` addresses of the data that Trino's queries wrote.

    Trino puts a query's id into the name of every file that it writes.
    """
    return sorted(
        f"s3://{bucket.name}/{name}"
        for bucket in list(_backend().buckets.values())
        for name, version in bucket.keys.items()
        if any(query in name for query in queries)
        and not name.endswith(".stats")  # Iceberg's statistics, which are no data
        and not isinstance(version, FakeDeleteMarker)
    )


def _backend() -> S3Backend:
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
