"""Where routes tell the audit what was read or tried."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from console import __version__
from console.central.loop import WriterLink
from console.central.rows import LiveRows
from console.central.settings import CentralError
from console.domain.audit import Act
from console.store.audit import AuditFilter, append_acts, read_entries

#: Acts that could not be written yet; more are counted as lost, and that is said.
_MOST_KEPT = 20_000
_AT_ONCE = 500
_RETRY_S = 5.0
_log = logging.getLogger("zhihui.central")


class AuditDesk:
    """Where routes tell what was read or tried; belongs to the event loop.

    What cannot be written at once, the disk being full, is kept and written when it can be.
    """

    def __init__(self, link: WriterLink) -> None:
        self._link = link
        self._kept: deque[Act] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self.lost = 0

    @property
    def waiting(self) -> int:
        """How many acts are not on disk yet."""
        return len(self._kept)

    def note(self, act: Act) -> None:
        """Have an act written soon; returns at once."""
        if len(self._kept) >= _MOST_KEPT:
            self.lost += 1
            _log.error("an act could not be kept for the audit: %s by %s", act.action, act.person)
            return
        self._kept.append(act)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def record(self, act: Act) -> None:
        """Write an act before whoever asked is answered.

        Raises:
            CentralError: It cannot be written; then the answer is not given either.
        """
        await self._link.in_writer(lambda connection, _: append_acts(connection, [act]))

    async def close(self) -> None:
        """Write what is left."""
        self._closing.set()
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while self._kept:
            some = [self._kept[no] for no in range(min(_AT_ONCE, len(self._kept)))]
            try:
                await self._link.in_writer(partial(_append, some))
            except CentralError as error:
                _log.warning("%d acts wait for the audit: %s", len(self._kept), error)
                if self._closing.is_set():
                    break
                await self._pause()
                continue
            for _ in some:
                self._kept.popleft()
        self._writing = None

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(_RETRY_S):
                await self._closing.wait()
        except TimeoutError:
            return


def _append(acts: list[Act], connection: Connection, _rows: LiveRows) -> None:
    append_acts(connection, acts)


def record_start(
    settings: dict[str, Any], at: datetime, connection: Connection, _rows: LiveRows
) -> None:
    """Write that central started, and what was changed in its settings since it last did."""
    asked = AuditFilter(action="configuration")
    earlier = next(iter(read_entries(connection, asked, limit=1)), None)
    before = {} if earlier is None else json.loads(earlier.details)["new"]
    acts = [Act(at=at, action="central_started", details={"version": __version__})]
    if before != settings:
        told = {"old": before, "new": settings}
        acts.append(Act(at=at, action="configuration", details=told))
    append_acts(connection, acts)
