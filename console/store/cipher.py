"""Encrypted SQLite files (SQLCipher): opened with a key, made from plain ones, known by their key.

The same library opens plain files as well; whoever gives no key gets one.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from console.domain.errors import ZhihuiError
from console.store.secretfile import write_privately

if TYPE_CHECKING:
    import sqlite3 as dbapi
else:
    from sqlcipher3 import dbapi2 as dbapi

__all__ = ["WrongKeyError", "connect", "dbapi", "unlock"]

_PLAIN = b"SQLite format 3\x00"
_KEY_DIGITS = 64
#: Of every file that is locked.
_PAGE_BYTES = 4096


class WrongKeyError(ZhihuiError):
    """A file is locked with another key than the one at hand; it is left as it is.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, *, is_missing: bool) -> None:
        have = "no key was given" if is_missing else "the key at hand is another"
        super().__init__(
            f"{path} is locked and {have}: nothing in it was touched. Put the right key back (it "
            "lies in the keyring, in a key file beside the data directory, or in a passphrase), or "
            f"move {path.parent} away to begin anew; what was typed and not sent lies in it."
        )
        self.path = path


def connect(
    path: Path, key: str | None, *, read_only: bool = False, timeout_s: float = 10.0
) -> dbapi.Connection:
    """Return a connection that any thread may use.

    Args:
        path: The file.
        key: 64 hexadecimal digits; ``None`` for a plain file.
        read_only: Whether it is only read; it must exist then.
        timeout_s: How long to wait for another's lock.

    Raises:
        dbapi.Error: It cannot be opened; that a key is wrong shows with the first statement.
    """
    mode = "ro" if read_only else "rwc"
    connection = dbapi.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=timeout_s,
        check_same_thread=False,
    )
    if key is not None:
        connection.execute(_key_pragma(key))
    return connection


def unlock(path: Path, key: str | None) -> None:
    """Make sure that a file can be opened with a key: a plain one is encrypted, all of it kept.

    Nobody of this process may have the file open.

    Args:
        path: The file; one that is not there is none's.
        key: 64 hexadecimal digits; ``None`` for plain files.

    Raises:
        WrongKeyError: It is locked with another key, or may be: nothing says by which.
        dbapi.Error: A plain one is damaged, held by another process, or cannot be written anew.
        OSError: The disk does not take it.
    """
    mark = path.with_name(path.name + ".key-id")
    known = mark.read_text(encoding="ascii").strip() if mark.is_file() else None
    is_plain = _is_plain(path)
    if path.is_file() and not is_plain:
        is_other = _may_be_locked(path, key) if known is None else known != _mark_of(key)
        if is_other:
            raise WrongKeyError(path, is_missing=key is None)
    if key is None:
        return
    if is_plain:
        _encrypt(path, key)
    if known != _mark_of(key):
        write_privately(mark, (_mark_of(key) or "").encode("ascii"))


def _is_plain(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_PLAIN)) == _PLAIN


def _may_be_locked(path: Path, key: str | None) -> bool:
    """Whether a file that is not plain, and of which nothing says its key, may have another one.

    Raises:
        dbapi.OperationalError: Another process holds it.
    """
    size = path.stat().st_size
    if size == 0 or size % _PAGE_BYTES:
        return False  # what is locked is whole pages
    if key is None:
        return True
    try:
        with closing(connect(path, key, read_only=True, timeout_s=2.0)) as tried:
            tried.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except dbapi.OperationalError:
        raise
    except dbapi.DatabaseError:
        return True
    return False


def _encrypt(path: Path, key: str) -> None:
    """Replace a plain file by the same one encrypted; one or the other is there at any moment."""
    new = path.with_name(path.name + ".encrypting")
    new.unlink(missing_ok=True)
    with closing(connect(path, None, timeout_s=2.0)) as plain:
        plain.execute("PRAGMA locking_mode=EXCLUSIVE")
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        plain.execute("PRAGMA journal_mode=DELETE")
        plain.execute("BEGIN EXCLUSIVE")
        plain.execute("COMMIT")
        version = plain.execute("PRAGMA user_version").fetchone()[0]
        plain.execute("ATTACH DATABASE ? AS locked KEY ?", (str(new), f"x'{key}'"))
        plain.execute("SELECT sqlcipher_export('locked')")
        plain.execute(f"PRAGMA locked.user_version={int(version)}")
        plain.execute("DETACH DATABASE locked")
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.chmod(0o600)
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    new.replace(path)


def _key_pragma(key: str) -> str:
    if len(key) != _KEY_DIGITS or set(key) - set("0123456789abcdef"):
        raise ValueError("a key is 64 small hexadecimal digits")
    return f"PRAGMA key = \"x'{key}'\""


def _mark_of(key: str | None) -> str | None:
    """Return what a key is recognised by; it gives nothing of the key away."""
    if key is None:
        return None
    return hashlib.sha256(f"zhihui key {key}".encode("ascii")).hexdigest()[:32]
