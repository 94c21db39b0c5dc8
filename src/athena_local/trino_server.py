"""Trino as a child process: its configuration, start, watch and end."""

import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import requests

from athena_local import runtime
from athena_local.errors import LocalAthenaError

START_TIMEOUT = 120.0  # seconds
OVERHEAD_MB = 500  # what Java needs beside its heap, measured

CONFIG = """\
node.environment=athena_local
node.id={node_id}
node.bind-ip=127.0.0.1
node.internal-address=127.0.0.1
coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port={port}
discovery.uri=http://127.0.0.1:{port}
plugin.dir={home}/plugin
log.levels-file={folder}/log.properties
query.max-memory={half_heap}MB
query.max-memory-per-node={half_heap}MB
memory.heap-headroom-per-node={fifth_heap}MB
# Query text may be 262,144 bytes on Athena; what it is translated to is longer.
query.max-length=1000000
query.max-stage-count=400
query.min-expire-age=30s
# Trino goes through the tasks that it remembers five times a second.
task.info.max-age=30s
# Static catalogs are announced after Trino says that it is ready, and until then no node has them.
catalog.management=dynamic
# One writer, so that the limit on open partitions counts all of a statement's partitions.
task.min-writer-count=1
task.max-writer-count=1
task.scale-writers.enabled=false
"""

S3_AND_GLUE = """\
fs.native-s3.enabled=true
s3.endpoint={endpoint}
s3.path-style-access=true
s3.region={region}
s3.aws-access-key=test
s3.aws-secret-key=test
hive.metastore.glue.endpoint-url={endpoint}
hive.metastore.glue.region={region}
hive.metastore.glue.aws-access-key=test
hive.metastore.glue.aws-secret-key=test
hive.metastore.glue.catalogid={account}
hive.metastore.glue.default-warehouse-dir=s3://athena-local/warehouse
"""

HIVE = """\
connector.name=hive
hive.metastore=glue
hive.iceberg-catalog-name=iceberg
hive.non-managed-table-writes-enabled=true
hive.allow-register-partition-procedure=true
hive.collect-column-statistics-on-write=false
hive.max-partitions-per-writers=100
hive.storage-format=PARQUET
hive.compression-codec=GZIP
# Athena reads the folders below a table's location.
hive.recursive-directories=true
"""

ICEBERG = """\
connector.name=iceberg
iceberg.catalog.type=glue
iceberg.hive-catalog-name=awsdatacatalog
iceberg.max-partitions-per-writer=100
iceberg.expire-snapshots.min-retention=0s
iceberg.remove-orphan-files.min-retention=0s
iceberg.allowed-extra-properties=*
# A table's data goes where its files were told to be, at Athena's own default below it.
iceberg.object-store-layout.enabled=false
iceberg.unique-table-location=true
"""

LOG_LEVELS = "io.trino=WARN\nio.airlift=WARN\norg.apache=ERROR\nio.trino.server.Server=INFO\n"

JAVA_FLAGS = (
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:ReservedCodeCacheSize=256M",
    "-XX:TieredStopAtLevel=1",  # short queries on few cores: the optimising compiler costs more
    "-XX:+UnlockDiagnosticVMOptions",
    "-Djdk.attach.allowAttachSelf=true",
    "-Dfile.encoding=UTF-8",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)


class TrinoServer:
    """A running Trino with the catalogs `awsdatacatalog` (Hive) and `iceberg` over one Glue."""

    def __init__(self, folder: Path, *, endpoint: str, region: str, account: str, heap_mb: int) -> None:
        """Start Trino in `folder` against the AWS APIs at `endpoint`; returns at once."""
        check_memory(heap_mb)
        home = runtime.trino_home()
        self.port = free_port()
        self.log = folder / "trino.log"
        self._stopping = False
        values = {
            "node_id": uuid.uuid4(),
            "folder": folder,
            "home": home,
            "port": self.port,
            "half_heap": heap_mb // 2,
            "fifth_heap": heap_mb // 5,
            "endpoint": endpoint,
            "region": region,
            "account": account,
        }
        (folder / "etc" / "catalog").mkdir(parents=True)
        files = {
            "config.properties": CONFIG,
            "log.properties": LOG_LEVELS,
            "etc/catalog/awsdatacatalog.properties": HIVE + S3_AND_GLUE,
            "etc/catalog/iceberg.properties": ICEBERG + S3_AND_GLUE,
        }
        for name, text in files.items():
            (folder / name).write_text(text.format(**values))
        command = [
            str(runtime.java_home() / "bin" / "java"),
            f"-Xmx{heap_mb}m",
            *JAVA_FLAGS,
            f"-Dconfig={folder}/config.properties",
            "-cp",
            f"{home}/lib/*",
            "io.trino.server.TrinoServer",
        ]
        with self.log.open("wb") as log:
            self._keeper = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "athena_local.keeper", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={**os.environ, "JDK_JAVA_OPTIONS": ""},
            )

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._keeper.poll() is None

    def wait_ready(self) -> None:
        """Wait until queries can be run. Raises LocalAthenaError with the log's last error."""
        deadline = time.monotonic() + START_TIMEOUT
        url = f"http://127.0.0.1:{self.port}/v1/info"
        while time.monotonic() < deadline:
            if not self.alive:
                raise LocalAthenaError(f"Trino did not start: {self.last_error()}")
            try:
                if not requests.get(url, timeout=2).json()["starting"]:
                    return
            except (requests.RequestException, ValueError):
                pass
            time.sleep(0.1)
        self.stop()
        raise LocalAthenaError(f"Trino did not start in {START_TIMEOUT:.0f} s; see {self.log}")

    def on_death(self, callback: Callable[[], None]) -> None:
        """Call `callback` once, from another thread, when Trino ends without `stop`."""

        def watch() -> None:
            self._keeper.wait()
            if not self._stopping:
                callback()

        threading.Thread(target=watch, daemon=True).start()

    def last_error(self) -> str:
        """Return the line of the log that says most about why Trino ended."""
        lines = self.log.read_text(errors="replace").splitlines()
        telling = [line for line in lines if "ERROR" in line or "rror:" in line or "rror)" in line]
        return (telling or lines or ["it wrote no log"])[-1].strip()

    def stop(self) -> None:
        """End the process and wait for its end."""
        self._stopping = True
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait()


def check_memory(heap_mb: int) -> None:
    """Raise LocalAthenaError when the machine has less memory free than Trino will take."""
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return
    fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
    free_mb = int(fields["MemAvailable"].split()[0]) // 1024
    if free_mb < heap_mb + OVERHEAD_MB:
        raise LocalAthenaError(
            f"{free_mb} MB of memory are free; Trino needs {heap_mb} MB of heap and "
            f"{OVERHEAD_MB} MB beside it (the heap can be made smaller with --heap-mb)"
        )


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
