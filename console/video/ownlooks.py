"""What people at this console's wall have looked at, kept over its restarts in one small file.

The day's coverage is counted from it; what is lost with it is only that count.
"""

from __future__ import annotations

import logging
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.domain.ids import CameraId, PersonId
from console.patrol.ledger import Look, Looker

log = logging.getLogger("zhihui.video")

_TABLE = """
CREATE TABLE IF NOT EXISTS own_look (
    point TEXT PRIMARY KEY, at_us INTEGER NOT NULL, person TEXT
) WITHOUT ROWID
"""
_PUT = """
INSERT INTO own_look VALUES (?, ?, ?)
ON CONFLICT (point) DO UPDATE SET at_us = excluded.at_us, person = excluded.person
WHERE excluded.at_us > at_us
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OwnLooks:
    """The latest look of a person at each point.

    A file that is damaged is made anew; where none can be written, looks last until the end.

    Args:
        path: The file; made if missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None
        try:
            self._db = self._opened()
        except sqlite3.OperationalError as error:
            log.warning("%s cannot be used (%s): today's looks are not kept.", path, error)
        except sqlite3.DatabaseError as error:
            log.warning("%s cannot be read (%s): today's looks are counted anew.", path, error)
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._db = self._opened()

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self._path, timeout=0.2, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = OFF")
            db.execute(_TABLE)
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db

    def put(self, look: Look) -> None:
        """Keep a person's look."""
        if self._db is None:
            return
        at_us = (look.at - _EPOCH) // timedelta(microseconds=1)
        try:
            self._db.execute(_PUT, (look.point, at_us, look.person))
        except sqlite3.Error as error:
            log.warning("%s cannot be written (%s): a look is not kept.", self._path, error)

    def since(self, at: datetime) -> list[Look]:
        """Return the looks at or after a time, aware UTC."""
        if self._db is None:
            return []
        after_us = (at - _EPOCH) // timedelta(microseconds=1)
        rows = self._db.execute("SELECT * FROM own_look WHERE at_us >= ?", (after_us,))
        return [
            Look(
                point=CameraId(point),
                at=_EPOCH + timedelta(microseconds=at_us),
                by=Looker.PERSON,
                person=None if person is None else PersonId(person),
            )
            for point, at_us, person in rows
        ]

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None
