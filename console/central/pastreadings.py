"""Central's past readings: what sensors said, kept by the minute, given out by sensor."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from console.protocol.readings import PastOfSensor
from console.store.readingstore import KEPT_DAYS, Past, ReadingStore, ReadingStoreError

_log = logging.getLogger("zhihui.central")
_DAY_MS = 86_400_000
#: Readings are kept this often: a crash loses so much of their past.
KEEP_S = 60.0


class ReadingPast:
    """Takes readings as they come and keeps them; belongs to the event loop."""

    def __init__(self, folder: Path) -> None:
        self.store = ReadingStore(folder)
        self._fresh: dict[str, dict[int, float]] = {}
        self._being_kept: dict[str, dict[int, float]] = {}
        self._keeping = asyncio.Lock()

    def note(self, sensor: str, t_ms: int, value: float) -> None:
        """Take a reading, the newest or one that comes late."""
        self._fresh.setdefault(sensor, {})[t_ms] = value

    async def run(self) -> None:
        """Keep what has come every minute, until cancelled."""
        while True:
            await asyncio.sleep(KEEP_S)
            await self.keep()

    async def keep(self) -> None:
        """Write what has come; what cannot be written is logged, and tried with the next."""
        before_ms = time.time_ns() // 1_000_000 - KEPT_DAYS * _DAY_MS
        async with self._keeping:
            self._being_kept, self._fresh = self._fresh, {}
            try:
                rows = {sensor: Past.of(one.items()) for sensor, one in self._being_kept.items()}
                await asyncio.to_thread(self.store.put, rows)
                await asyncio.to_thread(self.store.forget_before, before_ms)
            except ReadingStoreError as error:
                for sensor, one in self._being_kept.items():
                    self._fresh[sensor] = one | self._fresh.get(sensor, {})
                _log.warning("past readings were not kept: %s", error)
            self._being_kept = {}

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
