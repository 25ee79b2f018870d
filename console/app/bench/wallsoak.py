"""The wall for a long time: does its memory grow, are threads or file handles left behind?

A wall turns its pages over the simulated city's cameras, some of them dead, with a sweep beside
it. Started by whoever owns the machine: `zhihui bench wallsoak --minutes 60 --json`.
"""

from __future__ import annotations

import contextlib
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QEventLoop, QTimer

from console.app.bench._cameras import city_cameras, with_dead
from console.app.bench._figures import machine
from console.app.bench._sweeping import sweeping
from console.app.bench.wall import wall_of
from console.city.cameras.settings import stream_facts
from console.domain.errors import ZhihuiError
from console.patrol.plans import PatrolPlan
from console.ui.wall_feed import WallFeed

#: Samples a minute; growth is told between medians, for a single one has the luck of a page.
_SAMPLES_A_MINUTE = 6
#: Share of the time that the caches take to fill, and share that each median is of.
_SETTLE, _MEDIAN_OF = 0.15, 0.15
_LEAST_MINUTES = 1.0


@dataclass(frozen=True, slots=True)
class _Sample:
    """The wall, its decoders and the sweep at one moment."""

    wall_mb: float
    decoders_mb: float
    sweep_mb: float
    threads: int
    handles: int


def run(
    *, minutes: float = 60.0, tiles: int = 16, points: int = 200, dwell_s: float = 8.0,
    dead: float = 0.02, clips: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Run; see the module's text.

    Args:
        minutes: How long, 1 at least.
        tiles: 1 to 36.
        points: Of the simulated city.
        dwell_s: How long a page stays.
        dead: Share of the cameras that nobody answers at.
        clips: Folder of videos to take the city's pictures from.

    Raises:
        ZhihuiError: So short a time says nothing.
    """
    if minutes < _LEAST_MINUTES:
        raise ZhihuiError(f"A soak of {minutes:g} minutes says nothing; give --minutes 1 or more.")
    folder = None if clips is None else Path(clips)
    with city_cameras(points, clips=folder) as served:
        cameras, _ = with_dead(served, dead)
        with sweeping(cameras) as swept:
            plan = PatrolPlan(name="soak", points=tuple(c.id for c in cameras), dwell_s=dwell_s)
            with wall_of(cameras, plan, tiles) as (feed, _wall):
                swept.begin()
                samples, pages = _soaked(feed, minutes * 60.0)
                per_s = swept.per_s()
    return {
        "minutes": minutes,
        "tiles": tiles,
        "pages_turned": pages,
        **figures(samples),
        "sweep_points_per_s": None if per_s is None else round(per_s, 1),
        **stream_facts(),
        **machine(),
    }


def figures(samples: Sequence[_Sample]) -> dict[str, Any]:
    """Return growth and leaks: medians of the last samples beside those after the settling."""
    first = round(len(samples) * _SETTLE)
    count = max(1, round(len(samples) * _MEDIAN_OF))
    early, late = samples[first : first + count], samples[-count:]

    def median(of: Sequence[_Sample], name: str) -> float:
        return statistics.median(float(getattr(one, name)) for one in of)

    found: dict[str, Any] = {"samples": len(samples)}
    for name in ("wall_mb", "decoders_mb", "sweep_mb"):
        before, after = median(early, name), median(late, name)
        found[name] = [round(before, 1), round(after, 1)]
        growth = 100.0 * (after - before) / before if before else 0.0
        found[f"{name.removesuffix('_mb')}_growth_percent"] = round(growth, 2)
    for name in ("threads", "handles"):
        found[name] = [round(median(early, name)), round(median(late, name))]
    return found


def _soaked(feed: WallFeed, seconds: float) -> tuple[list[_Sample], int]:
    samples: list[_Sample] = []
    pages = 0

    def turned() -> None:
        nonlocal pages
        pages += 1

    feed.page_turned.connect(turned)
    timer = QTimer(interval=round(60_000 / _SAMPLES_A_MINUTE))
    timer.timeout.connect(lambda: samples.append(_sample()))
    timer.start()
    loop = QEventLoop()  # of its own: an application that has quit gets no focus any more
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    began_s = time.monotonic()
    loop.exec()
    timer.stop()
    feed.page_turned.disconnect(turned)
    if time.monotonic() - began_s < seconds / 2:
        raise ZhihuiError("The wall was closed before the soak was over; nothing can be said.")
    return samples, pages


def _sample() -> _Sample:
    own = psutil.Process()
    decoders = sweep = 0.0
    handles = own.num_fds()
    for child in own.children():
        with contextlib.suppress(psutil.Error):
            lag = child.nice() - own.nice()
            size = child.memory_info().rss / 1e6
            if lag == _DECODER_NICE:
                decoders += size
                handles += child.num_fds()
            elif lag > _DECODER_NICE:
                sweep += size
    return _Sample(own.memory_info().rss / 1e6, decoders, sweep, threading.active_count(), handles)


#: A decoder is so much nicer than its console; a sweep is nicer still.
_DECODER_NICE = 2
