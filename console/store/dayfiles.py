"""One SQLite file a day, so that what is too old goes by the file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

DAY_MS = 86_400_000


class DayFiles:
    """Files of days in a folder; safe to use from several threads."""

    def __init__(
        self, folder: Path, suffix: str, schema: str, error: Callable[[Path, object], Exception]
    ) -> None:
        """Take where they lie; a file is made when a day is first opened.

        Args:
            folder: Made if it is not there.
            suffix: Of their names, without a dot.
            schema: What is in each.
            error: Makes what is raised of a file that cannot be used.
        """
        self.folder = folder
        self._suffix, self._schema, self._error = suffix, schema, error
        self._lock = threading.Lock()

    @contextmanager
    def writing(self, day: int) -> Iterator[sqlite3.Connection]:
        """Open a day's file for one writer at a time; what is written is kept whole or not.

        Args:
            day: Days since 1970, UTC.
        """
        with self._lock, self._opened(day) as connection, connection:
            yield connection

    @contextmanager
    def reading(self, day: int) -> Iterator[sqlite3.Connection | None]:
        """Open a day's file to be read, ``None`` where there is none."""
        if not self._path(day).exists():
            yield None
            return
        with self._opened(day) as connection:
            yield connection

    def forget_before(self, t_ms: int) -> list[Path]:
        """Delete the files of days that ended before a time; return which.

        Raises:
            Exception: The error of the store; a file cannot be deleted, those after it stay.
        """
        gone = []
        for path in sorted(self.folder.glob(f"*.{self._suffix}")):
            if path.stem < _name(t_ms // DAY_MS):
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    raise self._error(path, error) from error
                gone.append(path)
        return gone

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.folder.glob(f"*.{self._suffix}*"))

    @contextmanager
    def _opened(self, day: int) -> Iterator[sqlite3.Connection]:
        path = self._path(day)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(path, timeout=10.0)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute(self._schema)
                yield connection
        except (sqlite3.Error, OSError, ValueError) as error:
            raise self._error(path, error) from error

    def _path(self, day: int) -> Path:
        return self.folder / f"{_name(day)}.{self._suffix}"


def _name(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).strftime("%Y%m%d")
