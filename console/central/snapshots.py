"""Snapshots for consoles: made when one is asked for, kept for a moment for those who ask next."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from console.central.discretion import View
from console.central.settings import CentralError, CentralSettings
from console.domain.killpoints import KillPoint
from console.store.snapshot import Snapshot, write_snapshot

#: Consoles that come within this time of one another share a file.
KEPT_S = 5.0


class SnapshotShelf:
    """Holds the newest snapshots, one for each view of the rows; of the event loop."""

    def __init__(self, engine: Engine, settings: CentralSettings) -> None:
        """Args are set once; what an earlier run left in its folder is cleared away."""
        self._engine = engine
        self._killpoints = settings.killpoints
        self._folder = settings.folder / "snapshots"
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.glob("*.sqlite*"):
            left.unlink()
        self._making = asyncio.Lock()
        self._newest: dict[View, tuple[Snapshot, float]] = {}
        self._past: dict[View, Path] = {}
        self._count = 0

    async def newest(self, *, head: int, view: View, at_least: int = 0) -> Snapshot:
        """Return a snapshot.

        Args:
            head: Newest revision there is; a snapshot that has it is never too old.
            view: What whoever asks may see.
            at_least: Revision it has to hold.

        Raises:
            CentralError: The database or the disk failed; there is none.
        """
        async with self._making:
            found, made_at = self._newest.get(view, (None, 0.0))
            fresh = time.monotonic() - made_at < KEPT_S
            if found is not None and found.rev >= at_least and (fresh or found.rev == head):
                return found
            self._count += 1
            path = self._folder / f"{self._count}.sqlite"
            at = datetime.now(UTC)
            made = await asyncio.to_thread(self._made, path, view, at)
            if view in self._past:
                self._past[view].unlink(missing_ok=True)  # who still reads it has it open
            if found is not None:
                self._past[view] = found.path  # somebody may be about to open it
            self._newest[view] = made, time.monotonic()
            return made

    def _made(self, path: Path, view: View, at: datetime) -> Snapshot:
        try:
            made = write_snapshot(
                self._engine,
                path,
                at=at,
                passwords=view.passwords,
                callers=view.callers,
                remit=view.remit,
            )
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise CentralError(
                f"Central could not make a snapshot ({error}); its database may be away or "
                "its disk full: see central's log, then ask again."
            ) from error
        self._killpoints.reach(KillPoint.SNAPSHOT)
        return made
