"""The command: starts Local Athena, prints the environment for its users, waits to be ended."""

import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Annotated

import typer

from athena_local.errors import LocalAthenaError

app = typer.Typer(add_completion=False)

PARENT_CHECK = 0.25  # seconds


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of 127.0.0.1; a free one if absent.")] = None,
    region: Annotated[str, typer.Option(help="AWS region to answer for.")] = "us-east-1",
    heap_mb: Annotated[int, typer.Option(help="Trino's heap in MB.")] = 2048,
) -> None:
    """Run a local Athena until Ctrl-C, or until the program that started it ends.

    Prints the environment to export, then waits. In another terminal, for example:

        export AWS_ENDPOINT_URL=http://127.0.0.1:5000 AWS_ACCESS_KEY_ID=test ...
        aws athena list-databases --catalog-name AwsDataCatalog
    """
    ended = threading.Event()
    _end_with_parent(os.getppid(), ended)

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # SIGINT too: a shell starts background commands with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        # moto takes seconds to import; by now the parent is watched.
        try:
            from athena_local.server import LocalAthena
        except ModuleNotFoundError as error:
            package = str(error.name).partition(".")[0]
            raise LocalAthenaError(
                f"{package} is not installed; type `make dev`, which installs what Local Athena needs"
            ) from error

        began = time.monotonic()
        print("Local Athena is starting ...", file=sys.stderr)
        with LocalAthena(port=port, region=region, heap_mb=heap_mb) as athena:
            for name, value in athena.env.items():
                print(f"export {name}={value}")
            sys.stdout.flush()
            seconds = time.monotonic() - began
            print(f"ready after {seconds:.1f} s; Ctrl-C ends it", file=sys.stderr)
            ended.wait()
    except KeyboardInterrupt:
        pass
    except LocalAthenaError as error:
        print(f"athena-local: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


def _end_with_parent(parent: int, ended: threading.Event) -> None:
    """End this process in good order when `parent` is no longer its parent."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_CHECK)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
