"""moto's S3 made safe for several requests at the same time."""

from collections.abc import Iterator
from typing import Any

import moto.s3.models
from moto.s3.utils import _VersionedKeyStore


class KeyStore(_VersionedKeyStore):
    """A bucket's objects: while one request lists or reads them, another may delete them.

    moto copies the names, then looks up each one, and fails when it is gone by then. It also
    closes an object that is being read.
    """

    def pop(self, key: str) -> None:  # type: ignore[override]
        """Remove an object; its content goes with its last reader."""
        dict.pop(self, key)

    def setlist(self, key: str, list_: list[Any]) -> None:
        """Replace an object's versions; their content goes with its last reader."""
        dict.__setitem__(self, key, list_)

    def items(self) -> Iterator[tuple[str, Any]]:  # type: ignore[override]
        """Give each name with its newest version, as they were at the start."""
        return ((key, versions[-1]) for key, versions in dict(self).items() if versions)

    def values(self) -> Iterator[Any]:  # type: ignore[override]
        """Give each object's newest version, as they were at the start."""
        return (version for _, version in self.items())

    def iterlists(self) -> Iterator[tuple[str, list[Any]]]:
        """Give each name with its versions, as they were at the start."""
        return iter(dict(self).items())


def install() -> None:
    """Keep objects in `KeyStore`; call it before the first bucket is made."""
    moto.s3.models._VersionedKeyStore = KeyStore
