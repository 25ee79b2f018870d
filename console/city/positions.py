"""Positions on their way to central: packed once a second, never queued up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from console.city.central_line import CentralLine, Ingested, LineError, RefusedByCentralError
from console.city.movement import Mode, Movement, Travel
from console.city.movement_gps import Receivers, Truth

_LOG = logging.getLogger("zhihui.city")
#: Seconds between two fixes of a unit: on patrol, and on its way to a place or at one.
PERIOD_S = {Travel.FOOT: (5, 3), Travel.BIKE: (5, 3), Travel.CAR: (2, 1)}


class PositionFeed:
    """Takes what the receivers say to central; while a batch is on its way, newer ones are dropped.

    Args:
        line: To central.
        movement: Where everybody truly is.
        receivers: What the devices make of it.
        is_page: Whose device is a web page, shape (n,).
        outside: Units whose position comes from a real device instead, shape (n,).
        on_taken: Told what central did with each batch.

    Attributes:
        sent: Fixes that central has taken in.
        dropped: Fixes that were lost on the way.
    """

    def __init__(
        self,
        line: CentralLine,
        movement: Movement,
        receivers: Receivers,
        *,
        is_page: NDArray[np.bool_],
        outside: NDArray[np.bool_],
        on_taken: Callable[[Ingested], None],
    ) -> None:
        self._line, self._movement, self._receivers = line, movement, receivers
        self._is_page, self._outside = is_page, outside
        self._sending: asyncio.Task[None] | None = None
        self._on_taken = on_taken
        self._away = False
        self.sent = self.dropped = 0

    def tick(self, second: int, now_s: float) -> None:
        """Collect what is due in this second and send it.

        Args:
            second: Whole seconds; a unit's turn comes by its index.
            now_s: Unix seconds of the positions.
        """
        move = self._movement
        busy = (move.mode == Mode.JOURNEY) | (move.mode == Mode.STILL)
        period = np.ones(len(move.mode), dtype=np.int64)
        for travel, (usual_s, busy_s) in PERIOD_S.items():
            period[move.travel == travel] = usual_s
            period[(move.travel == travel) & busy] = busy_s
        turn = (second + np.arange(len(period))) % period == 0
        who = np.flatnonzero(turn & (move.mode != Mode.OFF) & ~self._outside)
        truth = Truth(
            who=who,
            x=move.x[who],
            y=move.y[who],
            speed_mps=move.speed_mps[who],
            heading_deg=move.heading_deg[who],
            is_page=self._is_page[who],
        )
        fixes = self._receivers.fixes(truth, now_s)
        if len(fixes):
            self._send(fixes)

    async def close(self) -> None:
        """Wait for the batch that is on its way."""
        if self._sending is not None:
            await asyncio.gather(self._sending, return_exceptions=True)

    def _send(self, fixes: NDArray[np.void]) -> None:
        if self._sending is not None and not self._sending.done():
            self.dropped += len(fixes)
            return
        self._sending = asyncio.ensure_future(self._post(fixes))

    async def _post(self, fixes: NDArray[np.void]) -> None:
        try:
            taken = await asyncio.to_thread(self._line.send_positions, fixes.tobytes())
        except (LineError, RefusedByCentralError) as error:
            self.dropped += len(fixes)
            if not self._away:
                _LOG.warning("%s Positions are lost meanwhile.", error)
            self._away = True
            return
        if self._away:
            _LOG.info("positions are taken in again; %d were lost", self.dropped)
        self._away = False
        self.sent += len(fixes)
        self._on_taken(taken)
