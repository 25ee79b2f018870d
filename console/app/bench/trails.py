"""What an hour of trails takes: bytes a fix on disk, and the time to read it all."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from console.app.bench._figures import machine
from console.geo.bounds import Bounds
from console.store.trailstore import TrailStore
from console.tracking.trails import Replayer, Thinner

_START_MS = 1_800_000_000_000 // 600_000 * 600_000


def run(
    *, units: int = 2400, hours: int = 1, every_s: int = 10, seed: int = 1
) -> dict[str, object]:
    """Let units walk, stand and drive for a while, keep their trails, read them again.

    Args:
        units: How many units report.
        hours: For how long.
        every_s: How often each reports.
        seed: Of their ways.

    Returns:
        ``bytes_per_fix``: file size over the fixes kept (``bytes_per_reported_fix``: over those
        that came). ``hour_2400_units_s``: reading the last hour of all units and unpacking it.
        ``unit_hour_ms``, ``area_hour_ms``: one unit, one square kilometre. ``seek_ms``: where
        everybody was at one time.
    """
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as folder:
        store, thinner = TrailStore(Path(folder)), Thinner()
        write_s = _fill(store, thinner, rng, units, hours * 3600 // every_s, every_s)
        size = store.size
        end_ms = _START_MS + hours * 3_600_000
        begin_ms = end_ms - 3_600_000
        started = time.perf_counter()
        trails = store.read(begin_ms, end_ms)
        hour_s = time.perf_counter() - started
        started = time.perf_counter()
        store.read(begin_ms, end_ms, units=[units // 2])
        unit_ms = (time.perf_counter() - started) * 1000
        started = time.perf_counter()
        store.read(
            begin_ms, end_ms, area=Bounds(west=116.39, south=39.9, east=116.402, north=39.909)
        )
        area_ms = (time.perf_counter() - started) * 1000
    replayer = Replayer(trails)
    started = time.perf_counter()
    for share in range(20):
        replayer.at(begin_ms + share * 180_000)
    seek_ms = (time.perf_counter() - started) * 1000 / 20
    return {
        "units": units,
        "bytes_per_fix": round(size / thinner.kept, 2),
        "bytes_per_reported_fix": round(size / thinner.seen, 2),
        "kept_share": round(thinner.kept / thinner.seen, 3),
        "hour_2400_units_s": round(hour_s, 3),
        "fixes_read": sum(len(trail) for trail in trails),
        "unit_hour_ms": round(unit_ms, 2),
        "area_hour_ms": round(area_ms, 1),
        "seek_ms": round(seek_ms, 2),
        "write_s_a_hour": round(write_s / hours, 2),
        "month_of_7400_gb": round(size / units / hours * 7400 * 720 / 1e9, 2),
        **machine(),
    }


def _fill(
    store: TrailStore,
    thinner: Thinner,
    rng: np.random.Generator,
    units: int,
    steps: int,
    every_s: int,
) -> float:
    """Let units move and keep their trails minute by minute; return the seconds of keeping."""
    no = np.arange(units, dtype=np.int64)
    lat, lon = rng.normal(39.9, 0.05, units), rng.normal(116.4, 0.06, units)
    heading = rng.uniform(0, 2 * np.pi, units)
    drives = rng.random(units) < 0.06
    spent = 0.0
    for step in range(steps):
        speed = np.where(drives, rng.uniform(0, 14, units), rng.uniform(0.8, 1.7, units))
        speed[(no + step // 30) % 3 == 0] = 0.0  # a third stands for five minutes at a time
        heading += rng.normal(0, 0.25, units)
        metres = speed * every_s
        lat = lat + metres * np.cos(heading) / 111_195
        lon = lon + metres * np.sin(heading) / (111_195 * 0.767)
        noise = rng.normal(0, 1.2e-5, (2, units))
        t_ms = np.full(units, _START_MS + step * every_s * 1000, np.int64)
        started = time.perf_counter()
        thinner.take(no, t_ms, lat + noise[0], lon + noise[1])
        if step % 6 == 5 or step == steps - 1:
            store.put(thinner.changed())
            thinner.forget_before(int(t_ms[0]) - 60_000)
        spent += time.perf_counter() - started
    return spent
