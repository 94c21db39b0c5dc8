"""The download of the runtime: cut off, resumed, wrong, unpacked."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from athena_local import runtime
from athena_local.errors import LocalAthenaError

BODY = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(BODY).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves BODY with ranges; cuts the connection after `cut` bytes when that is set."""

    cut: int | None = None
    ranges: list[str | None] = []  # noqa: RUF012

    def do_GET(self) -> None:
        asked = self.headers["Range"]
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if start >= len(BODY):
            self.send_error(416)
            return
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(BODY) - start))
        self.end_headers()
        self.wfile.write(BODY[start : self.cut])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Handler.cut, Handler.ranges = None, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/file"
    server.shutdown()


def test_download_that_is_cut_off_goes_on_from_there(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "file"
    Handler.cut = 300_000
    with pytest.raises(LocalAthenaError, match=r"cut off.*again to go on from there"):
        runtime.download(url, target, SHA256)
    assert not target.exists()
    Handler.cut = None
    runtime.download(url, target, SHA256)
    assert target.read_bytes() == BODY
    first, second = Handler.ranges
    assert first is None
    assert second in [f"bytes={n}-" for n in range(200_000, 300_001)]
    assert not capsys.readouterr().out, "standard output is for the environment to export"


def test_wrong_checksum_is_refused_and_removed(url: str, tmp_path: Path) -> None:
    target = tmp_path / "file"
    with pytest.raises(LocalAthenaError, match=r"has checksum .*, expected 00"):
        runtime.download(url, target, "00")
    assert list(tmp_path.iterdir()) == []


def test_no_server_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(LocalAthenaError, match="was cut off") as failed:
        runtime.download("http://127.0.0.1:9/file", tmp_path / "file", SHA256)
    assert "\n" not in str(failed.value)


def test_full_disk_is_told_before_the_download(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "DISK_NEEDED", 10**18)
    with pytest.raises(LocalAthenaError, match="GB free"):
        runtime.download(url, tmp_path / "file", SHA256)
    assert Handler.ranges == []


def archive(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name in ("plugin/delta/shared.jar", "lib/a.jar", "plugin/hive/own.jar"):
            info = tarfile.TarInfo(f"trino-server-1/{name}")
            info.size = len(name)
            tar.addfile(info, io.BytesIO(name.encode()))
        link = tarfile.TarInfo("trino-server-1/plugin/iceberg/shared.jar")
        link.type, link.linkname = tarfile.LNKTYPE, "trino-server-1/plugin/delta/shared.jar"
        tar.addfile(link)
    return path


def test_unpacking_leaves_out_plugins_but_not_the_jars_they_share(tmp_path: Path) -> None:
    home = tmp_path / "home"
    runtime.unpack(archive(tmp_path / "a.tar.gz"), home)
    files = {str(f.relative_to(home)): f.read_text() for f in home.rglob("*.jar")}
    assert files == {
        "lib/a.jar": "lib/a.jar",
        "plugin/hive/own.jar": "plugin/hive/own.jar",
        "plugin/iceberg/shared.jar": "plugin/delta/shared.jar",
    }
    assert {f.name for f in tmp_path.iterdir()} == {"a.tar.gz", "home"}


def test_broken_archive_is_one_clear_line(tmp_path: Path) -> None:
    whole = archive(tmp_path / "a.tar.gz").read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LocalAthenaError, match="could not be unpacked"):
        runtime.unpack(tmp_path / "a.tar.gz", tmp_path / "home")
    assert not (tmp_path / "home").exists()
