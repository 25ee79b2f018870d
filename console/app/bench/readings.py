"""What the past of sensors takes: bytes a reading on disk, and the time to read a week of one."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from console.app.bench._figures import machine
from console.store.readingstore import Past, ReadingStore

_START_MS = 1_800_000_000_000 // 86_400_000 * 86_400_000
_DAY_MS = 86_400_000
_TABLE = """
CREATE TABLE reading (sensor TEXT NOT NULL, t_ms INTEGER NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (sensor, t_ms)) WITHOUT ROWID;
"""
_WEEK = [(_START_MS + at * 60_000, 50.0 + at % 9) for at in range(7 * 1440)]
Minutes = list[NDArray[np.float64]]


def run(*, sensors: int = 1200, hours: int = 3, seed: int = 1) -> dict[str, object]:
    """Keep the readings of a city minute by minute, and read a week of one sensor.

    Args:
        sensors: Each reads once a minute.
        hours: For how long.
        seed: Of what they read.

    Returns:
        ``bytes_per_reading``, ``put_minute_ms``: packed by sensor and hour. ``week_ms``: reading
        one sensor's week. ``table_…``: the same of a plain table with a row a reading, the peer.
    """
    rng = np.random.default_rng(seed)
    names = [f"noise-{number:04d}" for number in range(sensors)]
    minutes = [np.round(55 + 2.4 * rng.normal(size=sensors), 1) for _ in range(hours * 60)]
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as folder:
        packed = _packed(Path(folder), names, minutes)
        plain = _plain(Path(folder) / "table.sqlite", names, minutes)
    return {"sensors": sensors, "hours": hours, **packed, **plain, **machine()}


def _packed(folder: Path, names: list[str], minutes: Minutes) -> dict[str, object]:
    store, spent = ReadingStore(folder / "packed"), []
    for at, values in enumerate(minutes):
        rows = {
            name: Past.of([(_START_MS + at * 60_000, value)])
            for name, value in zip(names, values.tolist(), strict=True)
        }
        started = time.perf_counter()
        store.put(rows)
        spent.append(time.perf_counter() - started)
    size = store.size / (len(names) * len(minutes))
    store.put({"week": Past.of(_WEEK)})
    started = time.perf_counter()
    found = store.read("week", _START_MS, _START_MS + 7 * _DAY_MS)
    week_ms = (time.perf_counter() - started) * 1000
    _check(len(found))
    return {
        "bytes_per_reading": round(size, 2),
        "put_minute_ms": round(float(np.median(spent)) * 1000, 1),
        "week_ms": round(week_ms, 1),
        "quarter_of_1200_mb": round(size * 1200 * 1440 * 92 / 1e6),
    }


def _plain(path: Path, names: list[str], minutes: Minutes) -> dict[str, object]:
    spent = []
    with closing(sqlite3.connect(path)) as table:
        table.execute("PRAGMA journal_mode = WAL")
        table.execute("PRAGMA synchronous = NORMAL")
        table.execute(_TABLE)
        for at, values in enumerate(minutes):
            t_ms = _START_MS + at * 60_000
            rows = [(name, t_ms, value) for name, value in zip(names, values.tolist(), strict=True)]
            started = time.perf_counter()
            with table:
                table.executemany("INSERT INTO reading VALUES (?, ?, ?)", rows)
            spent.append(time.perf_counter() - started)
        table.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = path.stat().st_size / (len(names) * len(minutes))
        with table:
            table.executemany("INSERT INTO reading VALUES ('week', ?, ?)", _WEEK)
        started = time.perf_counter()
        query = "SELECT t_ms, value FROM reading WHERE sensor = 'week' ORDER BY t_ms"
        found = table.execute(query).fetchall()
        week_ms = (time.perf_counter() - started) * 1000
    _check(len(found))
    return {
        "table_bytes_per_reading": round(size, 2),
        "table_put_minute_ms": round(float(np.median(spent)) * 1000, 1),
        "table_week_ms": round(week_ms, 1),
    }


def _check(found: int) -> None:
    if found != len(_WEEK):
        raise RuntimeError(f"{found} readings of {len(_WEEK)} were kept")
