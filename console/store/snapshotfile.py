"""What a snapshot file has to be before its rows are believed."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from console.domain.errors import ZhihuiError
from console.protocol.messages import MAIN_SHARD, SCHEMA
from console.store.tables import CACHE_TABLES

_BLOCK = 1 << 20


class SnapshotError(ZhihuiError):
    """A snapshot that is not what central made; the cache is left as it was.

    Attributes:
        reason: What is wrong with it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"The snapshot from central cannot be used: {reason}. It is fetched anew.")
        self.reason = reason


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def checked_snapshot(file: Path, *, sha256: str) -> tuple[str, int]:
    """Check a snapshot file's hash, pages, tables and schema.

    Returns:
        Its epoch and the revision it is of.

    Raises:
        SnapshotError: Something is not as it should be.
    """
    found = sha256_of(file)
    if found != sha256:
        raise SnapshotError(f"its hash is {found[:12]}…, central said {sha256[:12]}…")
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as db:
            return _checked_tables(db)
    except sqlite3.Error as error:
        raise SnapshotError(str(error)) from error


def _checked_tables(db: sqlite3.Connection) -> tuple[str, int]:
    verdict = db.execute("PRAGMA quick_check").fetchone()[0]
    if verdict != "ok":
        raise SnapshotError(f"quick_check says {verdict}")
    for table in CACHE_TABLES:
        columns = {row[1] for row in db.execute(f'PRAGMA table_info("{table.name}")')}
        missing = {column.name for column in table.columns} - columns
        if missing:
            raise SnapshotError(f"the table {table.name} lacks {', '.join(sorted(missing))}")
    cursor = db.execute(
        "SELECT epoch, rev, schema FROM cursor WHERE shard = ?", (MAIN_SHARD,)
    ).fetchone()
    if cursor is None:
        raise SnapshotError("it does not say up to which revision it goes")
    if cursor[2] != SCHEMA:
        raise SnapshotError(f"its schema is {cursor[2]}, this console knows {SCHEMA}")
    return str(cursor[0]), int(cursor[1])
