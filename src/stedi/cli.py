"""The `stedi` command: one function a command, and one clear line when something is wrong."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from athena_local.cli import serve as serve_athena
from stedi.errors import StediError

MOST_FOR_TRUTH = 20_000  # customers times days, some 40 lines each

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="STEDI human balance analytics: consented, PII-free training data.",
)


def vault_folder() -> Path:
    """The vault: ``STEDI_VAULT``, or ``data/vault``."""
    return Path(os.environ.get("STEDI_VAULT", "data/vault"))


@app.command()
def run() -> None:
    """Build the lakehouse on this machine and show what came out.

    Makes synthetic landing data and a vault key where there are none yet. Example:

        stedi run
    """
    from stedi import build

    build.prepare(os.environ.get("STEDI_LANDING"), vault_folder())
    if not build.build():
        raise typer.Exit(1)
    build.summarise(build.database_path(), Console())


@app.command()
def generate(
    customers: Annotated[int, typer.Option(help="People who registered.")] = 200,
    days: Annotated[int, typer.Option(help="Days of readings.")] = 3,
    seed: Annotated[int, typer.Option(help="Another seed, other data.")] = 1,
    out: Annotated[Path, typer.Option(envvar="STEDI_LANDING", help="The landing folder to write.")] = Path(
        "data/landing"
    ),
    truth: Annotated[
        Path | None,
        typer.Option(help="Where to write what each table must hold; truth.json beside the landing folder."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is in the folder.")] = False,
) -> None:
    """Write synthetic landing data with the pathologies of real data; the same for the same arguments.

    Makes a vault key too, where there is none. Example:

        stedi generate --customers 50 --days 2 --seed 7 --out data/small
    """
    from stedi.generate import generate_landing
    from stedi.truth import write_truth
    from stedi.vault import ensure_key, read_key

    ensure_key(vault_folder())
    generate_landing(out, customers=customers, days=days, seed=seed, force=force)
    # The reference holds every line in memory; for a million lines and more it is made only when asked for.
    if truth or customers * days <= MOST_FOR_TRUTH:
        write_truth(out, read_key(vault_folder()), truth or out.parent / "truth.json")


# Local Athena's own command, so that its options are defined once.
app.command("athena-local")(serve_athena)


def main() -> None:
    """Run the command; a `StediError` is one line and exit status 1."""
    try:
        app()
    except StediError as error:
        print(f"stedi: {error}", file=sys.stderr)
        sys.exit(1)
