"""Bench of the wall: what live tiles and turning pages cost on this machine."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication

import resources
from console.domain.ids import CameraId
from console.domain.places import Camera
from console.patrol.plans import PatrolPlan
from console.ui.wall_feed import WallFeed
from console.ui.wall_values import TileKind
from console.video.evidence import EvidenceShot
from widgets.common.appearance import Appearance
from widgets.wall.wall import WallWidget

_HEARTBEAT_MS = 10


@dataclass(slots=True)
class _Marks:
    """What is noted while the wall runs."""

    lags_ms: list[float] = field(default_factory=list)
    paints_ms: list[float] = field(default_factory=list)
    pictures: int = 0
    pages: int = 0
    without_picture: int = 0
    turned_tiles: int = 0
    first_picture_s: dict[int, float] = field(default_factory=dict)


class _TimedWall(WallWidget):
    """A wall whose painting is timed."""

    def watch(self, marks: _Marks) -> None:
        """Note the time of each paint of the tiles."""
        paint = self.canvas.paintEvent

        def timed(event: QPaintEvent) -> None:
            began_s = time.perf_counter()
            paint(event)
            marks.paints_ms.append((time.perf_counter() - began_s) * 1000)

        self.canvas.paintEvent = timed  # type: ignore[method-assign]  # the bench's own stopwatch


def run(
    *, tiles: int, seconds: float, urls: Sequence[str], dwell_s: float = 8.0
) -> dict[str, object]:
    """Run a wall over these streams and return what it cost.

    Args:
        tiles: 1, 4, 9 or 16.
        seconds: How long to measure.
        urls: RTSP addresses, credentials in them if need be; more than tiles means turning pages.
        dwell_s: How long a page stays.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication([])
    cameras = [
        Camera(id=CameraId(f"B{n:04d}"), name=f"B{n:04d}", main_url=url)
        for n, url in enumerate(urls)
    ]
    plan = PatrolPlan(name="bench", points=tuple(one.id for one in cameras), dwell_s=dwell_s)
    threads_before = threading.active_count()
    appearance = Appearance(app, Path(resources.__file__).parent, language="en")
    feed = WallFeed(cameras, plan=plan, tiles=tiles)
    wall = _TimedWall(feed, appearance)
    wall.resize(1920, 1080)
    marks = _Marks()
    cpu_share = _measured(feed, wall, marks, seconds)
    streams = feed.running_streams
    facts = _stream_facts(feed)
    wall.close()
    ended = feed.stop()
    wall.deleteLater()
    app.processEvents()
    figures: dict[str, object] = {
        "tiles": tiles,
        "seconds": seconds,
        "urls": len(urls),
        "dwell_s": dwell_s,
        "streams": facts,
        "cores": os.cpu_count(),
        "cpu_share_of_a_core": round(cpu_share, 3),
        "streams_open": streams,
        "pictures_per_s": round(marks.pictures / seconds, 1),
        "paint_ms_p50": _quantile(marks.paints_ms, 50),
        "paint_ms_p99": _quantile(marks.paints_ms, 99),
        "lag_ms_p50": _quantile(marks.lags_ms, 50),
        "lag_ms_p99": _quantile(marks.lags_ms, 99),
        "first_picture_s_p50": _quantile(list(marks.first_picture_s.values()), 50),
        "first_picture_s_max": _quantile(list(marks.first_picture_s.values()), 100),
        "pages_turned": marks.pages,
        "tiles_turned": marks.turned_tiles,
        "tiles_turned_without_picture": marks.without_picture,
        "threads_left": threading.active_count() - threads_before if ended else None,
        "rss_mb": round(psutil.Process().memory_info().rss / 1e6),
    }
    return figures


def _measured(feed: WallFeed, wall: _TimedWall, marks: _Marks, seconds: float) -> float:
    """Run the event loop for ``seconds``; return the process's CPU time as a share of a core."""
    began_s = time.perf_counter()
    turned: list[float] = []
    last = [began_s]

    def ready(tile: int) -> None:
        marks.pictures += 1
        marks.first_picture_s.setdefault(tile, time.perf_counter() - began_s)

    def beat() -> None:
        now = time.perf_counter()
        marks.lags_ms.append(max(0.0, (now - last[0]) * 1000 - _HEARTBEAT_MS))
        last[0] = now
        if turned and now - turned[0] > 0.2:
            turned.clear()
            marks.pages += 1
            marks.turned_tiles += feed.tiles
            kinds = [feed.tile(n).kind for n in range(feed.tiles)]
            marks.without_picture += kinds.count(TileKind.CONNECTING) + kinds.count(TileKind.FAILED)

    feed.tile_ready.connect(ready)
    wall.watch(marks)
    wall.show()
    feed.page_turned.connect(lambda: turned.append(time.perf_counter()))
    heart = QTimer()
    heart.timeout.connect(beat)
    heart.start(_HEARTBEAT_MS)
    loop = QEventLoop()  # of its own: an application that has quit gets no focus any more
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    before = psutil.Process().cpu_times()
    loop.exec()
    after = psutil.Process().cpu_times()
    heart.stop()
    spent_s = after.user + after.system - before.user - before.system
    return float(spent_s / (time.perf_counter() - began_s))


def _stream_facts(feed: WallFeed) -> dict[str, int]:
    """Count the streams on the wall by codec and size, from what evidence of them says."""
    seen: list[str] = []

    def note(shot: EvidenceShot) -> None:
        seen.append(f"{shot.original_type} {shot.width}x{shot.height}")

    feed.evidence_taken.connect(note)
    for number in range(feed.tiles):
        feed.take_evidence(number)
    feed.evidence_taken.disconnect(note)
    return dict(Counter(seen))


def _quantile(values: list[float], percent: int) -> float | None:
    if not values:
        return None
    if percent >= 100 or len(values) < 2:
        return round(max(values), 2)
    return round(statistics.quantiles(values, n=100, method="inclusive")[percent - 1], 2)
