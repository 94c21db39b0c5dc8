"""The vault: a folder that only its owner reads, with the key behind every pseudonym.

The key is in `<vault>/pseudonym_key/key.hex`: 64 hexadecimal digits and a newline, in a folder of
its own so that an engine can read the folder as a table of one row. Whoever loses the key can no
longer match new data to old identifiers, whoever shares it undoes the pseudonyms.

Each rotation adds 64 digits. A pseudonym under two keys is that under the first, hashed under the second:
so the pseudonyms of people who were erased, of whom nothing else is left, can be rotated too.
"""

import hmac
import os
import re
import secrets
import tempfile
from pathlib import Path

import duckdb

from stedi.errors import StediError

KEY = "pseudonym_key/key.hex"
"""Where the key is, below the vault."""
KEY_BYTES = 32

PSEUDONYM = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
"""As `pseudonym` makes them."""

FINGERPRINTED = b"stedi vault key fingerprint"
"""What macros/audit/fingerprinted_text.sql says."""


def key_file(vault: Path) -> Path:
    """Where the key of `vault` is, whether or not it exists yet."""
    return vault / KEY


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
        listed = [vault / name for name in ("erasure/list.txt", "erasure", "erasures/certificates", "erasures")]
        places = [path, path.parent, *(place for place in listed if place.exists()), vault]
        for place in places:
            what = "who was erased" if place in listed else "the key"
            status = place.stat()
            if status.st_uid != os.geteuid():
                return (
                    f"the vault's {place} belongs to another user, who could have changed {what} there: chown it",
                    None,
                )
            if status.st_mode & 0o022:
                return f"others can write the vault's {place}: check {what}, then `chmod -R go= {vault}`", None
    except StediError as error:
        return str(error), None
    if path.stat().st_mode & 0o044 and path.parent.stat().st_mode & 0o011 and vault.stat().st_mode & 0o011:
        return None, f"others can read the vault key {path}: `chmod -R go= {vault}`"
    return None, None


def read_key(vault: Path) -> bytes:
    """The key in `vault`: 32 bytes, and 32 more for each rotation.

    Raises:
        StediError: the file is missing, unreadable, or no key. Its text names the file and never
            shows what is in it.
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
    """A key from the text of its file: 32 bytes, and 32 more for each rotation.

    Raises:
        StediError: it is none. The error names `place` and never shows what is in it.
    """
    if not re.fullmatch(rb"([0-9A-Fa-f]{64})+\r?\n?", text):
        raise StediError(
            f"the vault key {place} is not {2 * KEY_BYTES} hexadecimal digits, and as many more for each rotation: "
            "restore it from its backup"
        )
    return bytes.fromhex(text.decode().strip())


def pseudonym(key: bytes, text: bytes) -> str:
    """What stands for a text: 32 hexadecimal digits (macros/engine/hmac_digits.sql)."""
    digits = text
    for start in range(0, len(key), KEY_BYTES):
        digits = hmac.digest(key[start : start + KEY_BYTES], digits, "sha256").hex()[:32].encode()
    return digits.decode()


def generation_of(key: bytes, fingerprint: str) -> int | None:
    """How many bytes of `key` the fingerprint is of: all of them, or fewer where the key was rotated since; or None."""
    lengths = range(KEY_BYTES, len(key) + 1, KEY_BYTES)
    return next((length for length in lengths if fingerprint_of(key[:length]) == fingerprint), None)


def fingerprint_of(key: bytes) -> str:
    """A pseudonym of a fixed text, as `stedi_audit.landing` has it: tells one key from another, gives nothing away."""
    return pseudonym(key, FINGERPRINTED)


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
