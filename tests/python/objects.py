"""What is in a bucket, to the last byte: every version of every object, read without the project's own search."""

from __future__ import annotations

from functools import cache
from typing import Any

from stedi.unpacking import unpack

Version = tuple[str, str]
"""Key and version."""


class Objects:
    """The objects of one bucket; each version is read once."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self.s3, self.bucket = s3, bucket
        self.read = cache(self._read)

    def versions(self) -> list[Version]:
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket)
        return [(item["Key"], item["VersionId"]) for page in pages for item in page.get("Versions", [])]

    def _read(self, version: Version) -> tuple[bytes, str]:
        """One version as it is, and as text with what is packed in it."""
        key, version_id = version
        content = self.s3.get_object(Bucket=self.bucket, Key=key, VersionId=version_id)["Body"].read()
        pieces = [key.encode(), *unpack(content).contents]
        return content, b"\n".join(pieces).decode(errors="replace").lower()

    def content(self) -> dict[str, bytes]:
        """Of every key, its versions one after the other."""
        found: dict[str, bytes] = {}
        for version in self.versions():
            found[version[0]] = found.get(version[0], b"") + self.read(version)[0]
        return found

    def holding(self, texts: tuple[str, ...]) -> set[str]:
        """The top folders outside of the vault in which one of the texts is."""
        return {
            version[0].split("/")[0]
            for version in self.versions()
            if not version[0].startswith("vault/") and any(text.lower() in self.read(version)[1] for text in texts)
        }
