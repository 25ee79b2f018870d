"""Central's past readings: what sensors said, kept by the minute, given out by sensor."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from console.central.again import again
from console.central.disk import DiskGuard
from console.protocol.readings import PastOfSensor
from console.store.readingstore import KEPT_DAYS, Past, ReadingStore, ReadingStoreError

_log = logging.getLogger("zhihui.central")
_DAY_MS = 86_400_000
#: Readings are kept this often: a crash loses so much of their past.
KEEP_S = 60.0
#: Readings held while they cannot be kept: of 1,200 sensors, one a minute each, seven hours.
MOST_HELD = 500_000


class ReadingPast:
    """Takes readings as they come and keeps them; belongs to the event loop.

    They are kept ``kept_days`` days, 0 for ever. While they cannot be kept they are held, at most
    ``most_held``; then the oldest are lost.
    """

    def __init__(
        self,
        folder: Path,
        guard: DiskGuard,
        kept_days: int = KEPT_DAYS,
        *,
        most_held: int = MOST_HELD,
    ) -> None:
        self.store, self._kept_days = ReadingStore(folder), kept_days
        self._guard, self._most_held = guard, most_held
        self._fresh: dict[str, dict[int, float]] = {}
        self._being_kept: dict[str, dict[int, float]] = {}
        self._keeping = asyncio.Lock()

    def note(self, sensor: str, t_ms: int, value: float) -> None:
        """Take a reading, the newest or one that comes late."""
        self._fresh.setdefault(sensor, {})[t_ms] = value

    async def run(self) -> None:
        """Keep what has come every minute, until cancelled."""
        await again(self.keep, KEEP_S)

    async def keep(self) -> None:
        """Write what has come; what cannot be written is logged, and tried with the next."""
        async with self._keeping:
            if not self._guard.is_full:  # what little room is left is for commands
                await self._put()
                await self._forget_old()
            self._drop_oldest()

    async def _put(self) -> None:
        self._being_kept, self._fresh = self._fresh, {}
        is_kept = False
        try:
            rows = {sensor: Past.of(one.items()) for sensor, one in self._being_kept.items()}
            await asyncio.to_thread(self.store.put, rows)
            is_kept = True
        except ReadingStoreError as error:
            _log.warning("past readings are not kept yet: %s", error)
        finally:
            if not is_kept:
                for sensor, one in self._being_kept.items():
                    self._fresh[sensor] = one | self._fresh.get(sensor, {})
            self._being_kept = {}

    async def _forget_old(self) -> None:
        if not self._kept_days:
            return
        before_ms = time.time_ns() // 1_000_000 - self._kept_days * _DAY_MS
        try:
            await asyncio.to_thread(self.store.forget_before, before_ms)
        except ReadingStoreError as error:
            _log.warning("readings older than %d days are not deleted: %s", self._kept_days, error)

    def _drop_oldest(self) -> None:
        held = np.array([t_ms for one in self._fresh.values() for t_ms in one], np.int64)
        too_many = len(held) - self._most_held
        if too_many <= 0:
            return
        last = int(np.partition(held, too_many - 1)[too_many - 1])
        kept = {
            sensor: {t_ms: value for t_ms, value in one.items() if t_ms > last}
            for sensor, one in self._fresh.items()
        }
        self._fresh = {sensor: one for sensor, one in kept.items() if one}
        _log.error(
            "%d past readings, the oldest of those that could not be kept, are lost",
            int((held <= last).sum()),
        )

    async def read(self, sensors: Sequence[str], from_ms: int, to_ms: int) -> list[PastOfSensor]:
        """Return what sensors read between two times, up to the newest.

        Raises:
            ReadingStoreError: They cannot be read.
        """
        # What is in memory is looked at first: meanwhile it may have gone to the disk.
        newest = {
            one: Past.of((self._being_kept.get(one, {}) | self._fresh.get(one, {})).items())
            for one in sensors
        }
        return [
            await asyncio.to_thread(self._read, sensor, from_ms, to_ms, newest[sensor])
            for sensor in sensors
        ]

    def _read(self, sensor: str, from_ms: int, to_ms: int, newest: Past) -> PastOfSensor:
        past = self.store.read(sensor, from_ms, to_ms).joined(newest).between(from_ms, to_ms)
        rows = list(zip(past.t_ms.tolist(), past.value.tolist(), strict=True))
        return PastOfSensor(sensor=sensor, rows=rows)
