"""Readings of sensors on disk: one SQLite file a day, packed by sensor and hour.

A chunk is the seconds since the reading before and the steps of its hundredths, compressed
together; a reading takes two to three bytes. Values are kept to a hundredth of their unit.
"""

from __future__ import annotations

import logging
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from console.domain.errors import ZhihuiError
from console.store.dayfiles import DAY_MS, DayFiles

_log = logging.getLogger("zhihui.central")
KEPT_DAYS = 92
SLOT_MS = 3_600_000
_HUNDREDTHS = 100.0
_EFFORT = 6
_COLUMNS = ("<i2", "<i4", "<i8")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS chunk (sensor TEXT NOT NULL, slot INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (sensor, slot)) WITHOUT ROWID;
"""

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


class ReadingStoreError(ZhihuiError):
    """Readings cannot be kept or read; says which file and why."""

    def __init__(self, path: Path, reason: object) -> None:
        super().__init__(
            f"The readings in {path} cannot be used ({reason}). Live readings go on; set the file "
            "aside if this lasts."
        )
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Past:
    """What one sensor read, oldest first; both arrays have shape (n,).

    Attributes:
        t_ms: Unix milliseconds, rising, to the second.
        value: In the unit of the sensor's kind, to a hundredth.
    """

    t_ms: Longs
    value: Floats

    def __len__(self) -> int:
        return len(self.t_ms)

    @classmethod
    def of(cls, rows: Iterable[tuple[int, float]]) -> Past:
        """Return times and values in order; of two of the same second the later given counts."""
        held = {t_ms // 1000: value for t_ms, value in rows}
        seconds = sorted(held)
        return cls(
            t_ms=np.array(seconds, np.int64) * 1000,
            value=np.array([held[second] for second in seconds], float),
        )

    def joined(self, newer: Past) -> Past:
        """Return both; where both have a reading of the same second, the other's counts."""
        t_ms = np.concatenate([self.t_ms, newer.t_ms]) // 1000 * 1000
        value = np.concatenate([self.value, newer.value])
        order = np.argsort(t_ms, kind="stable")
        t_ms, value = t_ms[order], value[order]
        last = np.append(t_ms[1:] != t_ms[:-1], True)[: len(t_ms)]
        return Past(t_ms=t_ms[last], value=value[last])

    def between(self, from_ms: int, to_ms: int) -> Past:
        """Return the part from one time up to another, both included."""
        part = slice(
            int(np.searchsorted(self.t_ms, from_ms)),
            int(np.searchsorted(self.t_ms, to_ms, side="right")),
        )
        return Past(t_ms=self.t_ms[part], value=self.value[part])

    def slots(self) -> Iterator[tuple[int, Past]]:
        """Return it hour by hour."""
        hours = self.t_ms // SLOT_MS
        for slot in np.unique(hours).tolist():
            mine = hours == slot
            yield int(slot), Past(t_ms=self.t_ms[mine], value=self.value[mine])


def in_a_row(parts: Sequence[Past]) -> Past:
    """Return parts, each later than the one before it, as one."""
    if not parts:
        return NOTHING
    return Past(
        t_ms=np.concatenate([one.t_ms for one in parts]),
        value=np.concatenate([one.value for one in parts]),
    )


NOTHING = Past(t_ms=np.zeros(0, np.int64), value=np.zeros(0))


def pack_past(past: Past) -> bytes:
    """Return readings of an hour as bytes."""
    seconds = np.diff(past.t_ms // 1000, prepend=0)
    steps = np.diff(np.round(past.value * _HUNDREDTHS).astype(np.int64), prepend=0)
    head = np.array([seconds[0], steps[0]], "<i8")
    seconds[0] = steps[0] = 0
    widest = max(int(np.abs(seconds).max()), int(np.abs(steps).max()))
    layout = next(no for no, name in enumerate(_COLUMNS) if widest <= np.iinfo(name).max)
    body = np.stack([seconds, steps]).astype(_COLUMNS[layout])
    return bytes([layout]) + zlib.compress(head.tobytes() + body.tobytes(), _EFFORT)


def unpack_past(data: bytes) -> Past:
    """Return the readings of a chunk.

    Raises:
        ValueError: It is none.
    """
    try:
        raw = zlib.decompress(data[1:])
        column = _COLUMNS[data[0]]
    except (zlib.error, IndexError) as error:
        raise ValueError(f"a chunk is damaged: {error}") from error
    head = np.frombuffer(raw[:16], "<i8")
    body = np.frombuffer(raw[16:], column).reshape(2, -1).astype(np.int64)
    seconds, steps = np.cumsum(body, axis=1) + head[:, None]
    return Past(t_ms=seconds * 1000, value=steps / _HUNDREDTHS)


class ReadingStore:
    """Chunks of readings by day, sensor and hour; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._files = DayFiles(folder, "readings", _SCHEMA, ReadingStoreError)

    def put(self, readings: Mapping[str, Past]) -> int:
        """Keep readings beside what is kept already; return the bytes of the chunks written.

        What was kept of an hour and is damaged gives way to what is kept now.

        Raises:
            ReadingStoreError: Those of a day could not be kept; trying again keeps them once.
        """
        by_day: dict[int, list[tuple[str, int, Past]]] = defaultdict(list)
        for sensor, past in readings.items():
            for slot, part in past.slots():
                by_day[slot * SLOT_MS // DAY_MS].append((sensor, slot, part))
        size = 0
        failed: ReadingStoreError | None = None
        for day, parts in by_day.items():
            try:
                size += self._put_day(day, parts)
            except ReadingStoreError as error:
                failed = error  # a day's damaged file does not keep the others from being written
        if failed is not None:
            raise failed
        return size

    def _put_day(self, day: int, parts: Sequence[tuple[str, int, Past]]) -> int:
        with self._files.writing(day) as connection:
            rows = [
                (sensor, slot, pack_past(self._held(connection, sensor, slot).joined(part)))
                for sensor, slot, part in parts
            ]
            connection.executemany("INSERT OR REPLACE INTO chunk VALUES (?, ?, ?)", rows)
        return sum(len(data) for _, _, data in rows)

    def read(self, sensor: str, from_ms: int, to_ms: int) -> Past:
        """Return what a sensor read between two times, Unix milliseconds, both included.

        An hour that is damaged is left out, and logged.

        Raises:
            ReadingStoreError: A file cannot be read.
        """
        parts: list[Past] = []
        for day in range(from_ms // DAY_MS, to_ms // DAY_MS + 1):
            with self._files.reading(day) as connection:
                if connection is None:
                    continue
                rows = connection.execute(
                    "SELECT slot, data FROM chunk WHERE sensor = ? AND slot BETWEEN ? AND ? "
                    "ORDER BY slot",
                    (sensor, from_ms // SLOT_MS, to_ms // SLOT_MS),
                )
                parts += [_past_or_nothing(sensor, slot, data) for slot, data in rows]
        return in_a_row(parts).between(from_ms, to_ms)

    def forget_before(self, t_ms: int) -> list[Path]:
        """Delete the files of days that ended before a time; return which."""
        return self._files.forget_before(t_ms)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return self._files.size

    @staticmethod
    def _held(connection: sqlite3.Connection, sensor: str, slot: int) -> Past:
        row = connection.execute(
            "SELECT data FROM chunk WHERE sensor = ? AND slot = ?", (sensor, slot)
        ).fetchone()
        return NOTHING if row is None else _past_or_nothing(sensor, slot, row[0])


def _past_or_nothing(sensor: str, slot: int, data: bytes) -> Past:
    try:
        past = unpack_past(data)
        if (past.t_ms // SLOT_MS != slot).any():
            raise ValueError("a chunk is damaged: it is of another hour")
    except ValueError as error:
        _log.error("what %s read in hour %d since 1970 is lost: %s", sensor, slot, error)
        return NOTHING
    return past
