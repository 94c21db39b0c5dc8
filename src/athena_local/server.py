"""Local Athena: moto's server with Athena's API, and the Trino behind it."""

import logging
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from athena_local import api, cloudformation, storage  # noqa: F401
from athena_local.errors import LocalAthenaError, QueryError
from athena_local.executions import Executions
from athena_local.session import Session
from athena_local.trino_server import TrinoServer, free_port

DEFAULT_REGION = "us-east-1"
DEFAULT_HEAP_MB = 2048


class LocalAthena:
    """A running Local Athena in this process; a context manager, ready once entered."""

    def __init__(
        self,
        *,
        port: int | None = None,
        region: str = DEFAULT_REGION,
        heap_mb: int = DEFAULT_HEAP_MB,
    ) -> None:
        """Keep the settings; without a port a free one is taken."""
        self.region = region
        self._heap_mb = heap_mb
        self._port = port if port is not None else free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="athena_local."))
        self._trino: TrinoServer | None = None
        self._moto: ThreadedMotoServer | None = None

    @property
    def endpoint_url(self) -> str:
        """The address of every AWS API."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def env(self) -> dict[str, str]:
        """The environment that sends boto3, dbt-athena and PyAthena here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }

    def __enter__(self) -> "LocalAthena":
        """Start everything and wait until queries can be run. Raises LocalAthenaError."""
        try:
            # The server's own thread could not say that its port is taken.
            check_port(self._port)
            self._trino = TrinoServer(
                self._folder,
                endpoint=self.endpoint_url,
                region=self.region,
                account=DEFAULT_ACCOUNT_ID,
                heap_mb=self._heap_mb,
            )
            self._start_moto()
            self._trino.wait_ready()
        except BaseException:
            self.stop()
            raise
        self._trino.on_death(self._report_death)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything."""
        self.stop()

    def stop(self) -> None:
        """End Trino and the server, and remove their folder."""
        if self._trino is not None:
            self._trino.stop()
        if self._moto is not None:
            self._moto.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start_moto(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        storage.install()
        executions = Executions(self._open_session, storage.put, storage.data_files)
        api.install(executions, self._client("glue"))
        self._moto = ThreadedMotoServer("127.0.0.1", self._port, verbose=False)
        self._moto.start()

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106
            config=Config(max_pool_connections=50),
        )

    def _open_session(self, database: str, cutoff: int | None) -> Session:
        if self._trino is None or not self._trino.alive:
            raise QueryError(
                "GENERIC_INTERNAL_ERROR: Trino has ended; start Local Athena again",
                category=1,
                error_type=0,
            )
        return Session(self._trino.port, api.QueryResponse.glue, database=database, cutoff=cutoff)

    def _report_death(self) -> None:
        reason = self._trino.last_error() if self._trino else ""
        print(
            f"Trino ended unexpectedly: {reason}; queries fail until Local Athena is started again",
            file=sys.stderr,
        )


def check_port(port: int) -> None:
    """Raise LocalAthenaError when a port of 127.0.0.1 cannot be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = f"port {port} of 127.0.0.1 cannot be used: {error.strerror}"
            raise LocalAthenaError(reason) from error
