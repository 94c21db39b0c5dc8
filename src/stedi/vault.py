"""The vault: a folder that only its owner reads, with the key behind every pseudonym.

The key is in `<vault>/pseudonym_key/key.hex`: 64 hexadecimal digits and a newline, in a folder of
its own so that an engine can read the folder as a table of one row. Whoever loses the key can no
longer match new data to old identifiers, whoever shares it undoes the pseudonyms.
"""

import hmac
import os
import re
import secrets
import tempfile
from pathlib import Path

import duckdb

from stedi.errors import StediError

KEY_BYTES = 32

FINGERPRINTED = b"stedi vault key fingerprint"
"""What macros/audit/fingerprinted_text.sql says."""


def key_file(vault: Path) -> Path:
    """Where the key of `vault` is, whether or not it exists yet."""
    return vault / "pseudonym_key" / "key.hex"


def ensure_key(vault: Path) -> Path:
    """Make a random key in `vault` unless it has one, and return the key's file.

    The key is written to a file of its own and then linked into place: linking fails when the name
    is taken, so of two processes one makes the key and both use it, and nobody sees half a key.

    Raises:
        StediError: the folder or the file cannot be written.
    """
    path = key_file(vault)
    try:
        vault.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if path.exists():
            return path
        # mkstemp opens with O_EXCL and mode 0600.
        descriptor, draft = tempfile.mkstemp(prefix=".", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(KEY_BYTES) + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    except OSError as error:
        raise StediError(f"cannot make the vault key {path}: {error.strerror}") from None
    return path


def ensure_key_of(vault: Path, database: Path) -> bool:
    """Make a key in `vault` where there is none and `database` has no tables built with one; whether it was made.

    Under a new key later withdrawals would match nobody in those tables.

    Raises:
        StediError: there are such tables, or the key cannot be made.
    """
    if key_file(vault).exists():
        return False
    if database.exists():
        try:
            with duckdb.connect(str(database), read_only=True) as connection:
                tables = connection.execute(
                    "select count(*) from information_schema.tables where table_name = 'stg_customer'"
                ).fetchall()[0][0]
        except duckdb.Error:
            tables = None
        if tables != 0:
            raise StediError(
                f"there is no vault key {key_file(vault)}, but {database} may hold tables that were built with one: "
                "restore the key from its backup, or set STEDI_VAULT (or move the database away to start anew)"
            )
    ensure_key(vault)
    return True


def problem_of(vault: Path) -> tuple[str | None, str | None]:
    """What is wrong with the key in `vault`: an error that must stop a build, and a warning; one line each."""
    path = key_file(vault)
    try:
        read_key(vault)
        for place in (path, path.parent, vault):
            status = place.stat()
            if status.st_uid != os.geteuid():
                return (
                    f"the vault's {place} belongs to another user, who could have put another key there: chown it",
                    None,
                )
            if status.st_mode & 0o022:
                return f"others can write the vault's {place}: check the key, then `chmod -R go= {vault}`", None
    except StediError as error:
        return str(error), None
    if path.stat().st_mode & 0o044 and path.parent.stat().st_mode & 0o011 and vault.stat().st_mode & 0o011:
        return None, f"others can read the vault key {path}: `chmod -R go= {vault}`"
    return None, None


def read_key(vault: Path) -> bytes:
    """The 32 bytes of the key in `vault`.

    Raises:
        StediError: the file is missing, unreadable, or not 64 hexadecimal digits. Its text names
            the file and never shows what is in it.
    """
    path = key_file(vault)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise StediError(
            f"cannot read the vault key {path}: {error.strerror}. Restore it from its backup, or set STEDI_VAULT; "
            "in a new project `stedi run` makes one"
        ) from None
    return parse_key(text, path)


def parse_key(text: bytes, place: Path | str) -> bytes:
    """The 32 bytes of a key from the text of its file.

    Raises:
        StediError: it is not 64 hexadecimal digits. The error names `place` and never shows what is in it.
    """
    if not re.fullmatch(rb"[0-9A-Fa-f]{64}\r?\n?", text):
        raise StediError(f"the vault key {place} is not {2 * KEY_BYTES} hexadecimal digits: restore it from its backup")
    return bytes.fromhex(text.decode().strip())


def fingerprint_of(key: bytes) -> str:
    """A pseudonym of a fixed text, as `stedi_audit.landing` has it: tells one key from another, gives nothing away."""
    return hmac.digest(key, FINGERPRINTED, "sha256").hex()[:32]


def back_up_key(vault: Path, path: Path) -> bool:
    """Write the key of `vault` to a file for its owner only; False where the file has it already.

    Raises:
        StediError: the file holds something else, or cannot be written; or there is no key.
    """
    text = read_key(vault).hex() + "\n"
    try:
        if path.exists():
            if path.is_file() and path.read_bytes() == text.encode():
                path.chmod(0o600)
                return False
            raise StediError(f"{path} is there, and is not this key: name another file")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                path.unlink()
                raise
    except OSError as error:
        raise StediError(f"cannot write the backup {path}: {error.strerror}") from None
    return True
