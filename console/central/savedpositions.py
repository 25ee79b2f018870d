"""Last positions, kept in the database every few seconds, for the next start."""

from __future__ import annotations

import logging
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from console.central.again import again
from console.central.disk import DiskGuard
from console.central.loop import WriterLink
from console.central.positions import PositionHub, write_fixes
from console.central.rows import LiveRows
from console.central.settings import CentralError

SAVE_POSITIONS_S = 5.0
_log = logging.getLogger("zhihui.central")


class PositionSaver:
    """Keeps what is not kept yet; belongs to the event loop."""

    def __init__(self, positions: PositionHub, link: WriterLink, guard: DiskGuard) -> None:
        self._positions, self._link, self._guard = positions, link, guard

    async def run(self) -> None:
        """Keep them again and again."""
        await again(self.keep, SAVE_POSITIONS_S)

    async def keep(self) -> None:
        """Keep them now; that it failed is logged."""
        if self._guard.is_full:
            return  # what little room is left is for commands
        before = self._positions.saved_mark
        for fixes in self._positions.unsaved():
            try:
                await self._link.in_writer(partial(_write, fixes))
            except CentralError as error:
                # Who sends no more, a page asleep, would otherwise be kept as it was before.
                self._positions.not_saved(before)
                _log.warning("last positions are not kept yet: %s", error)


def _write(fixes: NDArray[np.void], connection: Connection, _rows: LiveRows) -> None:
    write_fixes(connection, fixes)
