"""A Local Athena for tests: `pytest_plugins = ["athena_local.pytest_plugin"]`.

It runs as a process of its own for the whole test session and ends with it, whatever ends it.
"""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3
import pytest


@dataclass(frozen=True)
class RunningAthena:
    """Where Local Athena is: `env` is what programs need to find it."""

    env: dict[str, str]
    pid: int

    @property
    def endpoint_url(self) -> str:
        """The address of every AWS API."""
        return self.env["AWS_ENDPOINT_URL"]

    @property
    def region(self) -> str:
        """The AWS region that it answers for."""
        return self.env["AWS_REGION"]

    def client(self, service: str) -> Any:
        """Return a boto3 client of an AWS service of this Local Athena."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
        )

    def bucket(self, prefix: str = "test") -> str:
        """Make an S3 bucket of its own and return its name."""
        name = f"{prefix}-{uuid4().hex[:12]}"
        self.client("s3").create_bucket(Bucket=name)
        return name


def start(*arguments: str) -> tuple["subprocess.Popen[str]", RunningAthena]:
    """Start `python -m athena_local` and wait until it is ready. Raises RuntimeError."""
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "athena_local", *arguments], stdout=subprocess.PIPE, text=True
    )
    env: dict[str, str] = {}
    if process.stdout is None:
        raise AssertionError("stdout is a pipe")
    for line in process.stdout:
        name, _, value = line.removeprefix("export ").strip().partition("=")
        env[name] = shlex.split(value)[0]
        if name == "AWS_DEFAULT_REGION":  # the last one
            return process, RunningAthena(env, process.pid)
    raise RuntimeError(f"Local Athena did not start: exit code {process.wait()}, see above")


@pytest.fixture(scope="session")
def local_athena() -> Iterator[RunningAthena]:
    """A running Local Athena, started at its first use and ended after the last test."""
    process, athena = start()
    yield athena
    process.terminate()
    process.wait(timeout=180)
