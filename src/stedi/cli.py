"""The `stedi` command: one function a command, and one clear line when something is wrong."""

from __future__ import annotations

import codecs
import errno
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console

from athena_local.cli import serve as serve_athena
from stedi.errors import InterruptError, StediError
from stedi.pipes import PipeConsole, end_with_pipe
from stedi.settings import Settings, load_settings

OWNER_ONLY = 0o077
"""The umask of whatever writes personal data: files for their owner only."""

CANNOT_WRITE = (errno.EBADF, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC)
"""Errors that tell neither a file nor the screen, to which Python wrote."""

HEADER = re.compile(r"""["']?(user[ _-]?)?e-?mails?([ _-]?address(es)?)?["']?""", re.IGNORECASE)
"""The first line of a request that names its only column."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="STEDI human balance analytics: consented, pseudonymised training data.",
)

ProjectDir = Annotated[
    Path | None, typer.Option(help="The project's folder; without it, the one you stand in or one above.")
]

Target = Annotated[str | None, typer.Option(help="A target of the profile; its default if absent.")]
BuiltWith = Annotated[
    str | None, typer.Option("--vars", help="The project variables that the tables are built with, as YAML.")
]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"stedi {version('stedi')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    target: Target = None,
    full_refresh: Annotated[bool, typer.Option("--full-refresh", help="Build every table anew.")] = False,
    variables: Annotated[
        str | None, typer.Option("--vars", help="Project variables as YAML: '{consent_scope: since_consent}'.")
    ] = None,
    project_dir: ProjectDir = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show dbt's own lines.")] = False,
) -> None:
    """Build the lakehouse and show what came out: `dbt build`, on DuckDB unless the target is another.

    On DuckDB this makes synthetic landing data and a vault key where there are none yet. Examples:

        stedi run

        STEDI_LANDING=/path/or/s3://bucket stedi run --vars '{consent_scope: since_consent}'
    """
    os.umask(OWNER_ONLY)
    with _interruptible("what this run left half done, the next `stedi run` puts right"):
        settings = load_settings(project_dir)
        if variables is not None:
            _check_variables(variables)
        from stedi.build import Options, run

        options = Options(target=target, full_refresh=full_refresh, variables=variables, verbose=verbose)
        if not run(settings, options, _console(), _console(stderr=True)):
            raise typer.Exit(1)


@app.command()
def report(
    target: Target = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write; report.html beside the database, or in data/, if absent.")
    ] = None,
    project_dir: ProjectDir = None,
) -> None:
    """Write a page about the tables of the last build: one HTML file that needs no network.

    It has the consent funnel, the outcomes of lines, privacy checks, alarms, growth and removals, and what the
    training set looks like. `stedi run` writes it too. Examples:

        stedi report

        stedi report --target athena --out report.html
    """
    os.umask(OWNER_ONLY)
    with _interruptible("a report is written whole or not at all"):
        settings = load_settings(project_dir)
        from stedi.build import Options, read_project
        from stedi.progress import BuildProgress
        from stedi.report import default_path, write_report

        console, err = _console(), _console(stderr=True)
        manifest, built = read_project(settings, Options(target=target), console, BuildProgress(console, err))
        path = settings.here / out if out else default_path(built, settings)
        with console.status("the tables are asked"):
            write_report(manifest, built, settings, path)
    console.print(f"wrote {settings.shown(path)}", soft_wrap=True)


@app.command()
def export_curated(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    target: Target = None,
    project_dir: ProjectDir = None,
) -> None:
    """Write the curated tables alone, as Parquet and as a DuckDB file, for people who may not see the rest.

    They have no direct identifiers, and are personal data all the same (docs/privacy.md). Example:

        stedi export-curated data/curated-2026-11
    """
    os.umask(OWNER_ONLY)
    with _interruptible("an export is written whole or not at all"):
        settings = load_settings(project_dir)
        from stedi.build import Options, read_project
        from stedi.export import export_curated as export
        from stedi.progress import BuildProgress

        console, err = _console(), _console(stderr=True)
        _, built = read_project(settings, Options(target=target), console, BuildProgress(console, err))
        written = export(built, settings.here / folder)
    for line in written:
        console.print(f"wrote {line}", soft_wrap=True)


def _check_variables(text: str) -> None:
    try:
        if isinstance(yaml.safe_load(text), dict):
            return
    except yaml.YAMLError:
        pass
    raise StediError(f"--vars {text} is no YAML of names and values, such as '{{consent_scope: since_consent}}'")


@app.command()
def generate(
    customers: Annotated[int, typer.Option(help="People who registered.")] = 200,
    days: Annotated[int, typer.Option(help="Days of readings.")] = 3,
    seed: Annotated[int, typer.Option(help="Another seed, other data.")] = 1,
    out: Annotated[
        str | None, typer.Option(help="The landing folder to write; data/landing in the project if absent.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace generated data in the folder; other data never.")
    ] = False,
    project_dir: ProjectDir = None,
) -> None:
    """Write synthetic landing data with the pathologies of real data; the same for the same arguments.

    Makes a vault key too, where there is none. Example:

        stedi generate --customers 50 --days 2 --seed 7 --out data/small
    """
    os.umask(OWNER_ONLY)
    with _interruptible("landing data are written whole or not at all"):
        from stedi.generate import generate_landing
        from stedi.vault import ensure_key_of

        settings = load_settings(project_dir)
        if out and "://" in out:
            raise StediError(
                f"--out {out} is no folder: generate into a folder and copy it: aws s3 sync data/landing {out}"
            )
        folder = Path(out) if out else settings.default_landing
        wrote = generate_landing(folder, customers=customers, days=days, seed=seed, force=force)
        ensure_key_of(settings.vault, settings.database)
    console = _console()
    console.print(f"wrote {settings.shown(folder)}: {wrote}", soft_wrap=True)
    console.print(f"next: {_run_on(folder.absolute(), settings)}", soft_wrap=True)


def _run_on(folder: Path, settings: Settings) -> str:
    """The command that builds from the landing in `folder`."""
    if settings.landing_folder == folder:
        return "stedi run"
    # A relative path would be taken as relative to the project.
    named = settings.shown(folder) if settings.here == settings.project else str(folder)
    return f"STEDI_LANDING={shlex.quote(named)} stedi run"


@app.command()
def upload(
    folder: Annotated[str, typer.Argument(help="A landing folder, such as data/landing.")],
    compress: Annotated[bool, typer.Option("--gzip", help="Compress the files that are not.")] = False,
    project_dir: ProjectDir = None,
) -> None:
    """Upload landing files to s3://$STEDI_BUCKET: each once, none replaced; a second upload goes on where one ended.

    Names that landing passes over and empty files are left out; a file that is refused is named, and the others are
    uploaded. Example:

        STEDI_BUCKET=my-bucket stedi upload data/landing
    """
    with _interruptible("what is uploaded stays, and the same command goes on with the rest"):
        settings = load_settings(project_dir)
        if "://" in folder:
            raise StediError(f"{folder} is no folder: say where the landing files are on this machine")
        from stedi.upload import upload as run_upload

        place = settings.here / folder
        if not run_upload(settings, place, compress=compress, out=_console(), err=_console(stderr=True)):
            raise typer.Exit(1)


@app.command()
def doctor(
    target: Target = None,
    project_dir: ProjectDir = None,
) -> None:
    """Say what is wrong, and what to type: profile, versions, database, vault, landing; on AWS also permissions.

    Changes nothing. Examples:

        stedi doctor

        stedi doctor --target athena
    """
    with _interruptible("nothing was changed"):
        settings = load_settings(project_dir)
        from stedi.doctor import doctor as run_doctor

        if not run_doctor(settings, target, _console()):
            raise typer.Exit(1)


@app.command()
def erase(
    file: Annotated[
        str | None, typer.Argument(help="A file with an e-mail a line; `-` is standard input.", metavar="[FILE|-]")
    ] = None,
    execute: Annotated[bool, typer.Option("--execute", help="Erase; without it nothing is changed.")] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Erase everybody on the list again, as after a restore from a backup.")
    ] = False,
    also_unknown: Annotated[
        bool,
        typer.Option("--also-unknown", help="List people of whom nothing is known too, so that late data never count."),
    ] = False,
    accept_unread: Annotated[
        list[str] | None,
        typer.Option(
            "--accept-unread",
            help="What may stay although nobody can look into it, by its name as it is shown; may be repeated.",
            metavar="NAME",
        ),
    ] = None,
    target: Target = None,
    variables: BuiltWith = None,
    project_dir: ProjectDir = None,
) -> None:
    """Erase people to the last byte: landing, tables, ledgers, logs; then read what is left, and certify.

    Shows what would be done; --execute does it. E-mails come from a file or standard input, because shells remember
    what is typed. A run that was stopped is completed by the next one with --execute. Examples:

        stedi erase requests.txt

        stedi erase requests.txt --execute

        stedi erase --replay --execute
    """
    os.umask(OWNER_ONLY)
    with _interruptible("what was done stands in the vault, and `stedi erase --execute` goes on with it"):
        settings = load_settings(project_dir)
        if variables is not None:
            _check_variables(variables)
        emails = _read_emails(settings.here, file)
        from stedi.erase import Order
        from stedi.erase import erase as run_erasure

        order = Order(
            emails,
            execute=execute,
            replay=replay,
            also_unknown=also_unknown,
            accept_unread=tuple(accept_unread or ()),
            target=target,
            variables=variables,
        )
        if not run_erasure(settings, order, _console()):
            raise typer.Exit(1)


@app.command("rotate-key")
def rotate_key(
    execute: Annotated[bool, typer.Option("--execute", help="Rotate; without it nothing is changed.")] = False,
    target: Target = None,
    variables: BuiltWith = None,
    project_dir: ProjectDir = None,
) -> None:
    """Give everybody another pseudonym: add a key to the vault's, build all anew, remove what is left of before.

    Shows how many would become others; --execute does it. A run that was stopped is completed by the next one with
    --execute. Examples:

        stedi rotate-key

        stedi rotate-key --execute
    """
    os.umask(OWNER_ONLY)
    with _interruptible("what was done stands in the vault, and `stedi rotate-key --execute` goes on with it"):
        settings = load_settings(project_dir)
        if variables is not None:
            _check_variables(variables)
        from stedi.erase import Order
        from stedi.rotate import rotate_key as run_rotation

        run_rotation(settings, Order((), execute=execute, target=target, variables=variables), _console())


def _read_emails(here: Path, file: str | None) -> tuple[str, ...]:
    if file is None:
        return ()
    if "@" in file and not (here / file).exists():
        raise StediError("an e-mail does not belong on the command line, which shells remember: put it into a file")
    try:
        content = sys.stdin.buffer.read() if file == "-" else (here / file).read_bytes()
        # What Windows calls Unicode says so at its start.
        is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except OSError as error:
        raise StediError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise StediError(f"{file} is no text in UTF-8, and none in UTF-16 with a byte order mark") from None
    if "\0" in text:
        raise StediError(f"{file} is no text in UTF-8: if it is in UTF-16, save it with a byte order mark, or in UTF-8")
    emails = tuple(line.strip() for line in text.splitlines() if line.strip())
    if emails and HEADER.fullmatch(emails[0]):
        emails = emails[1:]
    if not emails:
        raise StediError(f"{'standard input' if file == '-' else file} has no e-mail in it")
    return emails


@app.command()
def deploy(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change in the stack; change nothing.")
    ] = False,
    target: Annotated[str, typer.Option(help="A target of the profile, on Athena.")] = "athena",
    project_dir: ProjectDir = None,
) -> None:
    """Make in an AWS account what target `athena` needs, or put it right: the CloudFormation stack `stedi`, and in it
    the bucket of STEDI_BUCKET, workgroups, databases, the vault's KMS key and roles; then the vault key, the landing
    tables, and the analyses as saved queries.

    It can be typed again. A bucket or a key is never replaced. Examples:

        stedi deploy --dry-run

        stedi deploy
    """
    os.umask(OWNER_ONLY)
    with _interruptible("what CloudFormation has begun it brings to an end; `stedi deploy` goes on from there"):
        settings = load_settings(project_dir)
        from stedi.aws.deploy import deploy as run_deploy

        run_deploy(settings, target, dry_run=dry_run, out=_console(), err=_console(stderr=True))


key = typer.Typer(no_args_is_help=True, help="The vault key: make it, check it, back it up, upload it. Never shown.")
app.add_typer(key, name="key")


@key.command("make")
def make_key(project_dir: ProjectDir = None) -> None:
    """Make the vault key, unless there is one, or tables that were built with one."""
    os.umask(OWNER_ONLY)
    from stedi.vault import ensure_key_of, key_file

    settings = load_settings(project_dir)
    made = ensure_key_of(settings.vault, settings.database)
    path = settings.shown(key_file(settings.vault))
    _console().print(
        f"wrote {path}; keep a copy: stedi key backup FILE" if made else f"{path} is there", soft_wrap=True
    )


@key.command("check")
def check_key(project_dir: ProjectDir = None) -> None:
    """Check that the vault key is one, and whose it is, and show its fingerprint.

    The fingerprint gives nothing away. The tables keep that of their key, in stedi_audit.landing.
    """
    from stedi.vault import fingerprint_of, key_file, problem_of, read_key

    settings = load_settings(project_dir)
    error, warning = problem_of(settings.vault)
    if error:
        raise StediError(error)
    if warning:
        _console(stderr=True).print(f"warning: {warning}", style="yellow", soft_wrap=True)
    path = key_file(settings.vault)
    mode = path.stat().st_mode & 0o777
    shown = fingerprint_of(read_key(settings.vault))
    _console().print(f"{settings.shown(path)}: fingerprint {shown}, permissions {mode:04o}", soft_wrap=True)


@key.command("backup")
def backup_key(
    file: Annotated[Path, typer.Argument(help="A new file, where only the privacy officer reads.")],
    project_dir: ProjectDir = None,
) -> None:
    """Copy the vault key to a file for its owner only; never over another one."""
    os.umask(OWNER_ONLY)
    from stedi.vault import back_up_key

    settings = load_settings(project_dir)
    wrote = back_up_key(settings.vault, settings.here / file)
    _console().print(f"wrote {file}" if wrote else f"{file} has this key already", soft_wrap=True)


@key.command("upload")
def upload_key(project_dir: ProjectDir = None) -> None:
    """Put the vault key into the bucket of STEDI_BUCKET, under the stack's KMS key; never over another one."""
    from stedi.account import KEY, named_bucket, session_of, telling
    from stedi.aws.key import put_key
    from stedi.aws.stack import Stack

    settings = load_settings(project_dir)
    bucket, session = named_bucket(settings.bucket), session_of()
    with telling():
        resources = Stack(session.client("cloudformation")).resources()
        kms_key = resources["VaultKey"] if resources.get("Bucket") == bucket else None
        put = put_key(session.client("s3"), bucket, settings.vault, kms_key, make=False)
    _console().print(f"s3://{bucket}/{KEY} {'was put' if put else 'is there'}", soft_wrap=True)


# Local Athena's own command, so that its options are defined once.
app.command("athena-local")(serve_athena)


@contextmanager
def _interruptible(standing: str) -> Iterator[None]:
    """Turn Ctrl-C into one line, which says how things stand."""
    try:
        yield
    except KeyboardInterrupt:
        raise InterruptError(f"interrupted: {standing}") from None


def _console(stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    # A file or a pipe has no width of its own.
    width = None if stream.isatty() else 120
    return PipeConsole(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def main() -> None:
    """Run the command; a `StediError`, and output that nothing takes, are one line and an exit status."""
    for name in ("stdout", "stderr"):
        # Closed by who called: the next file that is opened must not be taken for it.
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115
    end_with_pipe()
    try:
        app()
    except StediError as error:
        print(f"stedi: {' '.join(str(error).splitlines())}", file=sys.stderr)
        sys.exit(error.exit_status)
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        # Python would say it once more at its end.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
        print(f"stedi: cannot write: {error.strerror}", file=sys.stderr)
        sys.exit(1)
