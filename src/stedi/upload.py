"""`stedi upload`: landing files from a folder to the bucket; each once, none replaced, and it can be stopped anywhere.

Readings (what `may_come_late`) go into folders of the hour in which they are uploaded (UTC), as Firehose's files do,
because a build lists only the latest of these (macros/build/decide_listed_since.sql). Customers' files lie directly in
their folder: builds list all of them, so that folders of the hour would save nothing, and S3 itself then refuses a name
that is taken. When a record landed decides about consent, so customers' files are uploaded in the order in which they
landed here, and no two that landed at different times here land there in one second.

A file is known by its name below its landing folder, whatever the hour, and by the SHA-256 of its bytes as they lie
here, which its object has as metadata. S3 checks that what arrives is what was read here (CRC32).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import re
import shutil
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from boto3.s3.transfer import TransferConfig, create_transfer_manager
from botocore.config import Config
from botocore.exceptions import ClientError
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from s3transfer.subscribers import BaseSubscriber

from stedi.account import code_of, look_for_bucket, named_bucket, session_of, telling
from stedi.entities import Entity, entities
from stedi.errors import StediError
from stedi.landing import MARKER, is_synthetic
from stedi.landing_files import PERSONAL, SHUT, LandingError, found_below, is_passed_over, list_s3, shown
from stedi.progress import number_of
from stedi.settings import Settings

AT_ONCE = 8
"""Files that are read and uploaded at the same time; parts of large files besides."""
CHUNK = 1 << 20
"""Bytes that are read at once."""
SECOND = 1.01
"""Seconds after which S3 dates an object otherwise."""
HOUR = re.compile(r"\d{4}/\d\d/\d\d/\d\d/")
"""A folder of the hour, at the start of a path below a landing folder."""
SHA256 = "sha256"
"""The name of an object's metadata: of its file as it lay in the folder, before --gzip."""


@dataclass(frozen=True)
class LocalFile:
    """A landing file of the folder."""

    path: Path
    entity: str
    name: str  # below <entity>/landing
    size: int  # bytes
    modified: int  # seconds since 1970 UTC

    @property
    def shown(self) -> str:
        """Its path below the folder, for people to read."""
        return shown(f"{self.entity}/landing/{self.name}")


@dataclass(frozen=True)
class Found:
    """What is in a folder: files to upload, and why others are left out or refused."""

    files: list[LocalFile]
    left_out: list[tuple[str, str]]
    refused: list[tuple[str, str]]


class Outcome(NamedTuple):
    """What became of a file."""

    file: LocalFile
    sent: int | None = None
    """Bytes that were uploaded; None where the file was there already."""
    refusal: str | None = None


class RefusedError(Exception):
    """A file that cannot be uploaded; the text says why, and the others are uploaded all the same."""


def upload(settings: Settings, folder: Path, *, compress: bool, out: Console, err: Console) -> bool:
    """Upload what is not in the bucket yet, and tell of every file that is not uploaded; whether none was refused.

    Raises:
        StediError: nothing can be uploaded, or nothing more; what is uploaded stays.
    """
    bucket = named_bucket(settings.bucket)
    known = entities(settings.project)
    found = find(folder, known, compress=compress)
    session = session_of()
    look_for_bucket(session, bucket)
    uploader = Uploader(session, bucket, compress, known)
    uploader.mark(folder, found)
    for name, reason in found.left_out:
        out.print(f"left out: {name}: {reason}", soft_wrap=True)
    for name, reason in found.refused:
        err.print(f"refused: {name}: {reason}", style="red", soft_wrap=True)

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=out,
        transient=True,
        disable=not out.is_terminal,
    )
    task = bar.add_task("upload", total=sum(file.size for file in found.files))
    counts: Counter[str] = Counter({"refused": len(found.refused)})
    with bar, uploader.running(lambda size: bar.advance(task, size)) as outcomes:
        for file, sent, refusal in outcomes(found.files):
            counts["refused" if refusal else "there" if sent is None else "uploaded"] += 1
            counts["bytes"] += sent or 0
            if refusal:
                err.print(f"refused: {file.shown}: {refusal}", style="red", soft_wrap=True)
    parts = [f"{number_of(counts['uploaded'], 'files')} uploaded to s3://{bucket}, {decimal(counts['bytes'])}"]
    parts += [f"{counts['there']:,} there already"] if counts["there"] else []
    parts += [f"{len(found.left_out):,} left out"] if found.left_out else []
    parts += [f"{counts['refused']:,} refused"] if counts["refused"] else []
    out.print("; ".join(parts), soft_wrap=True)
    return not counts["refused"]


def find(folder: Path, known: Mapping[str, Entity], *, compress: bool) -> Found:
    """The landing files of what is `known` in a folder, customers first and in the order in which they landed here.

    Raises:
        StediError: there are none, or the folder cannot be read.
    """
    found = Found([], [], [])
    try:
        for entity in _entities(folder, list(known), found):
            place = f"{folder}/{entity}/landing/"
            for path, size, modified, _, reason, _is_unreadable in found_below(str(folder), f"{entity}/landing"):
                file = LocalFile(Path(path), entity, path.removeprefix(place), size, modified)
                if PERSONAL.search(file.name):
                    found.refused.append((file.shown, "its name may name a person (docs/privacy.md): rename it"))
                elif reason and reason.startswith(("cannot be looked at", SHUT)):
                    found.refused.append((file.shown, reason))
                elif reason or not size:
                    found.left_out.append((file.shown, reason or "it is empty"))
                else:
                    found.files.append(file)
    except OSError as error:
        raise StediError(f"{folder} cannot be read: {error.strerror}") from None
    except LandingError as error:
        raise StediError(str(error)) from None
    if compress:
        _refuse_twins(found)
    if not found.files and not found.refused:
        nothing_else = f": {number_of(len(found.left_out), 'names')} there are no landing" if found.left_out else ""
        raise StediError(f"there are no landing files in {folder}{nothing_else}")
    # The order in which customers' records land decides about consent.
    order = list(known)
    found.files.sort(key=lambda file: (order.index(file.entity), file.modified, file.name))
    return found


def _entities(folder: Path, known: list[str], found: Found) -> list[str]:
    """Those of the `known` that the folder has; whatever lies beside them is left out."""
    if not folder.is_dir():
        raise StediError(f"there is no folder {folder}: say where the landing files are, such as data/landing")
    places = [f"{entity}/landing" for entity in known]
    there = [entity for entity in known if (folder / entity / "landing").is_dir()]
    if not there:
        raise StediError(f"{folder} has none of the folders {', '.join(places)}: it is no landing folder")
    inner = [path for entity in known if (folder / entity).is_dir() for path in (folder / entity).iterdir()]
    for path in sorted([*folder.iterdir(), *inner]):
        name = path.relative_to(folder).as_posix()
        if name not in (*known, *places) and not is_passed_over(name):
            found.left_out.append((shown(name), f"it is not in {', '.join(places[:-1])} or {places[-1]}"))
    return there


def _refuse_twins(found: Found) -> None:
    """A file that would be compressed to the name of another one."""
    names = {(file.entity, file.name) for file in found.files}
    for file in [file for file in found.files if (file.entity, f"{file.name}.gz") in names]:
        found.files.remove(file)
        found.refused.append((file.shown, "with --gzip it would be as the file of that name and .gz: rename one"))


@dataclass
class Uploader:
    """What is in the bucket, and what brings more there."""

    session: Any
    bucket: str
    compress: bool
    known: Mapping[str, Entity]
    """What lands."""
    there: dict[tuple[str, str], list[tuple[str, int]]] = field(default_factory=dict)
    """Key and size of objects by entity and name, which is without the hour as well as with it."""

    def __post_init__(self) -> None:
        """List landing in the bucket."""
        self._s3 = self.session.client("s3", config=Config(max_pool_connections=2 * AT_ONCE))
        for operation in ("PutObject", "CompleteMultipartUpload"):
            self._s3.meta.events.register(f"before-parameter-build.s3.{operation}", _replace_nothing)
        for entity in self.known:
            root = f"s3://{self.bucket}/"
            try:
                for path, size, *_ in list_s3(self._s3, root[:-1], f"{entity}/landing"):
                    key = path.removeprefix(root)
                    name = key.removeprefix(f"{entity}/landing/")
                    for known in {name, HOUR.sub("", name, count=1) if HOUR.match(name) else name}:
                        self.there.setdefault((entity, known), []).append((key, size))
            except LandingError as error:
                raise StediError(str(error)) from None

    def mark(self, folder: Path, found: Found) -> None:
        """Keep generated data and others apart: a bucket has the one or the other, and says so by the folder's marker.

        Raises:
            StediError: the bucket has the other kind.
        """
        is_generated = is_synthetic(folder)
        with telling():
            is_marked = bool(self._s3.list_objects_v2(Bucket=self.bucket, Prefix=MARKER, MaxKeys=1)["KeyCount"])
            if is_generated and not is_marked:
                if self.there:
                    raise StediError(
                        f"{folder} holds generated data, and s3://{self.bucket} landing data that are not: "
                        "upload them to another bucket"
                    )
                if found.files:
                    self._s3.put_object(Bucket=self.bucket, Key=MARKER, Body=(folder / MARKER).read_bytes())
            elif is_marked and not is_generated:
                raise StediError(
                    f"s3://{self.bucket} holds generated data ({MARKER}), and {folder} does not: "
                    "upload it to another bucket"
                )

    @contextmanager
    def running(self, advance: Callable[[int], Any]) -> Iterator[Callable[[list[LocalFile]], Iterator[Outcome]]]:
        """A function that uploads files and gives what became of each; whatever ends it ends every transfer."""
        # The other client does not ask for the conditions of `_replace_nothing`.
        config = TransferConfig(max_concurrency=AT_ONCE, preferred_transfer_client="classic")
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            with create_transfer_manager(self._s3, config) as manager:

                def outcomes(files: list[LocalFile]) -> Iterator[Outcome]:
                    readings = [file for file in files if self._is_by_hour(file)]
                    # One after the other, and before the readings: nothing delays a withdrawal.
                    landed: tuple[int, float] | None = None
                    for file in (file for file in files if not self._is_by_hour(file)):
                        if landed and landed[0] != file.modified:
                            _wait_for_another_second(landed[1])
                        outcome = self._outcome(file, manager, advance)
                        if outcome.sent is not None:
                            landed = file.modified, time.monotonic()
                        yield outcome
                    futures = [pool.submit(self._outcome, file, manager, advance) for file in readings]
                    for future in as_completed(futures):
                        yield future.result()

                try:
                    yield outcomes
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
        finally:
            pool.shutdown()

    def _outcome(self, file: LocalFile, manager: Any, advance: Callable[[int], Any]) -> Outcome:
        try:
            with telling():
                return Outcome(file, self._upload(file, manager, advance))
        except OSError as error:
            return Outcome(file, refusal=f"it cannot be read: {error.strerror or error}")
        except RefusedError as error:
            return Outcome(file, refusal=str(error))

    def _upload(self, file: LocalFile, manager: Any, advance: Callable[[int], Any]) -> int | None:
        """Upload a file unless it is there; the bytes that were sent."""
        with file.path.open("rb") as source, tempfile.TemporaryFile() as packed:
            before = os.fstat(source.fileno())
            digest, checksum, size = _read(source)
            if self._is_there(file, digest):
                advance(file.size)
                return None
            source.seek(0)
            content: IO[bytes] = source
            if is_packed := self._target(file) != file.name:
                _compress(source, packed)
                content = packed
                packed.seek(0)
                _, checksum, size = _read(packed)
                packed.seek(0)
            after = os.fstat(source.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise RefusedError(CHANGED)
            hour = f"{_now():%Y/%m/%d/%H}/" if self._is_by_hour(file) else ""
            key = f"{file.entity}/landing/{hour}{self._target(file)}"
            sent = {"Metadata": {SHA256: digest}, "ChecksumCRC32": base64.b64encode(checksum.to_bytes(4)).decode()}
            try:
                manager.upload(content, self.bucket, key, sent, [] if is_packed else [_Watching(advance)]).result()
            except ClientError as error:
                if code_of(error) in ("BadDigest", "XAmzContentChecksumMismatch"):
                    raise RefusedError(CHANGED) from None
                # Somebody was quicker, or the answer to a first try was lost.
                if code_of(error) != "PreconditionFailed":
                    raise
                if self._digest_of(key, file, file.size) != digest:
                    raise RefusedError(self._taken(key)) from None
            if is_packed:
                advance(file.size)
        return size

    def _is_by_hour(self, file: LocalFile) -> bool:
        return self.known[file.entity].may_come_late

    def _target(self, file: LocalFile) -> str:
        return f"{file.name}.gz" if self.compress and not file.name.endswith(".gz") else file.name

    def _is_there(self, file: LocalFile, digest: str) -> bool:
        """Whether the bucket has the file, compressed or not; raises `RefusedError` where another is in its place."""
        names = {file.name, file.name if file.name.endswith(".gz") else f"{file.name}.gz"}
        for key, size in (one for name in names for one in self.there.get((file.entity, name), [])):
            if self._digest_of(key, file, size) == digest:
                return True
        for key, _ in self.there.get((file.entity, self._target(file)), []):
            raise RefusedError(self._taken(key))
        return False

    def _taken(self, key: str) -> str:
        return f"s3://{self.bucket}/{shown(key)} has other content, and landing is never replaced: rename this one"

    def _digest_of(self, key: str, file: LocalFile, size: int) -> str | None:
        """SHA-256 of the file that became an object; where others put the object there, of what is in it."""
        try:
            known = self._s3.head_object(Bucket=self.bucket, Key=key)["Metadata"].get(SHA256)
            is_compressed = key.endswith(".gz") and not file.name.endswith(".gz")
            if known or (size != file.size and not is_compressed):
                return known
            body = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"]
            return _read(gzip.GzipFile(fileobj=body) if is_compressed else body)[0]
        except (EOFError, gzip.BadGzipFile, zlib.error):
            return None


CHANGED = "it changed while it was read: upload it again once nothing writes there"


class _Watching(BaseSubscriber):
    """Tells of the bytes of a transfer."""

    def __init__(self, advance: Callable[[int], Any]) -> None:
        self._advance = advance

    def on_progress(self, future: Any, bytes_transferred: int, **_: Any) -> None:
        self._advance(bytes_transferred)


def _replace_nothing(params: dict[str, Any], **_: Any) -> None:
    """The transfer manager knows no conditions, so they are put into its requests."""
    params["IfNoneMatch"] = "*"


def _wait_for_another_second(since: float) -> None:
    """S3 dates objects in whole seconds: what landed here at another time has another time there too."""
    time.sleep(max(0.0, since + SECOND - time.monotonic()))


def _now() -> datetime:
    """S3 takes no request from a clock that is more than 15 minutes off, so the hour is not far from S3's."""
    return datetime.now(UTC)


def _read(file: Any) -> tuple[str, int, int]:
    """SHA-256, CRC32 and size of what a file has from where it stands."""
    digest, checksum, size = hashlib.sha256(), 0, 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        checksum = zlib.crc32(chunk, checksum)
        size += len(chunk)
    return digest.hexdigest(), checksum, size


def _compress(source: IO[bytes], target: IO[bytes]) -> None:
    """Compress a file, to the same bytes whenever it is done."""
    with gzip.GzipFile(filename="", mode="wb", fileobj=target, mtime=0) as packed:
        shutil.copyfileobj(source, packed, CHUNK)
