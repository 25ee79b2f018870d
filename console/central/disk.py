"""The disk under central: a reserve that is given up when it is full, and when to go on again."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from console.central.settings import RESERVE_BYTES, SPARE_BYTES, CentralError

#: A server's disk cannot be looked at from here: after this long it is tried again.
RETRY_S = 5.0
_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: Disk full, and what a write says that a quota cut short.
_FULL_SQLITE = frozenset({"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"})
_FULL_POSTGRESQL = "53100"
_log = logging.getLogger("zhihui.central")


class DiskFullError(CentralError):
    """Central's disk is full; the command was not taken and may be sent again."""


class DiskGuard:
    """Knows whether central's disk is full; may be asked from any thread.

    While there is room it holds a file of ``reserve_bytes``. When the disk is full the file is
    given up, so that what was begun can be ended: the write-ahead log emptied, the audit closed.
    New commands are refused until there is room for the reserve again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        reserve_bytes: int = RESERVE_BYTES,
        spare_bytes: int = SPARE_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args are set once; nothing is written before `open`."""
        self._folder = folder
        self._path = folder / "reserve"
        self._reserve_bytes, self._spare_bytes = reserve_bytes, spare_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._full_since: float | None = None
        self.times_full = 0

    @property
    def is_full(self) -> bool:
        """Whether new commands are refused."""
        return self._full_since is not None

    @property
    def free_bytes(self) -> int:
        """Bytes that are free on the disk of central's folder, the reserve not counted."""
        return shutil.disk_usage(self._folder).free

    @property
    def holds_reserve(self) -> bool:
        """Whether the reserve is held."""
        return self._path.exists()

    def open(self) -> None:
        """Take the reserve; a disk too full for it is full from the start."""
        with self._lock:
            if self.holds_reserve and self._path.stat().st_size >= self._reserve_bytes:
                if self.free_bytes < self._spare_bytes:
                    self._fill("there was no room when central started")
            elif not self._take_reserve():
                self._fill("there was no room for the reserve when central started")

    def close(self) -> None:
        """Give the reserve back when central ends."""
        with self._lock:
            self._path.unlink(missing_ok=True)

    def look(self) -> bool:
        """Look at the disk; return whether it has just become full."""
        with self._lock:
            if self._full_since is None:
                if self.free_bytes < self._spare_bytes:
                    self._fill("little room is left")
                    return True
            elif self._clock() - self._full_since >= RETRY_S and self._take_reserve():
                self._full_since = None
                _log.warning("there is room on central's disk again; commands are taken")
        return False

    def failed(self, error: BaseException) -> bool:
        """Take note of an error of the database; return whether it means that the disk is full."""
        with self._lock:
            if not is_full_error(error):
                return False
            if self._full_since is None:
                self._fill(str(getattr(error, "orig", None) or error).splitlines()[0])
            self._full_since = self._clock()
            return True

    def refusal(self) -> DiskFullError:
        """Return what whoever sends a command is told."""
        return DiskFullError(
            f"Central's disk is full ({self._folder}): it takes no new commands until there is "
            "room, and has lost none. Yours is kept where it was typed and goes by itself later. "
            "Tell an administrator to free some space there."
        )

    def _fill(self, why: str) -> None:
        self._full_since = self._clock()
        self.times_full += 1
        self._path.unlink(missing_ok=True)
        _log.error(
            "central's disk is full (%s); new commands are refused, the reserve of %d MB is given "
            "up so that what was begun can be ended. Free some space in %s.",
            why, self._reserve_bytes >> 20, self._folder,
        )  # fmt: skip

    def _take_reserve(self) -> bool:
        """Take the reserve if there is room for it and some more; return whether it is held."""
        if self.free_bytes < self._reserve_bytes + 2 * self._spare_bytes:
            return False
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._reserve_bytes)
            finally:
                os.close(descriptor)
        except OSError as error:
            self._path.unlink(missing_ok=True)
            _log.warning("the reserve of central's disk could not be taken: %s", error)
            return False
        return True


def is_full_error(error: BaseException) -> bool:
    """Whether an error of the database or of a file says that the disk, or a quota, is full."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return is_full_error(error.orig)
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", "") in _FULL_SQLITE
    if isinstance(error, OSError):
        return error.errno in _FULL_ERRNOS
    return getattr(error, "sqlstate", None) == _FULL_POSTGRESQL
