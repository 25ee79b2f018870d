"""What a wall of live tiles costs: painted pictures, lateness of the GUI thread, processor time.

By default it watches the simulated city's cameras, served on the same cores, with a sweep beside
it; or the addresses that it is given.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication

import resources
from console.app.bench._cameras import city_cameras
from console.app.bench._figures import machine, percentiles
from console.app.bench._sweeping import sweeping
from console.city.cameras.settings import stream_facts
from console.domain.ids import CameraId
from console.domain.places import Camera
from console.patrol.plans import PatrolPlan
from console.ui.wall_feed import WallFeed
from console.ui.wall_values import TileKind
from widgets.common.appearance import Appearance
from widgets.wall.canvas import TileCanvas
from widgets.wall.wall import WallWidget

_HEARTBEAT_MS = 10
_SETTLE_S = 60.0
_LIVE_SHARE = 0.95
#: As in a console.
SWITCH_EVERY_S = 0.001


@dataclass(slots=True)
class Marks:
    """What is noted while a wall runs."""

    lags_ms: list[float] = field(default_factory=list)
    paints_ms: list[float] = field(default_factory=list)
    pictures: int = 0
    pages: int = 0


class _TimedCanvas:
    """Times each paint of the tiles."""

    def __init__(self, canvas: TileCanvas, marks: Marks) -> None:
        self._paint, self._marks = canvas.paintEvent, marks
        canvas.paintEvent = self._timed  # type: ignore[method-assign]  # the bench's stopwatch

    def _timed(self, event: QPaintEvent) -> None:
        began_s = time.perf_counter()
        self._paint(event)
        self._marks.paints_ms.append((time.perf_counter() - began_s) * 1000)


def run(
    *, tiles: int = 36, seconds: float = 20.0, cameras: int = 1_000, dwell_s: float = 0.0,
    sweep: bool = True, source: str = "mixed", urls: Sequence[str] = (), clips: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Measure; see the module's text.

    Args:
        tiles: 1 to 36.
        seconds: How long to measure, once nearly all tiles are live.
        cameras: Points of the simulated city.
        dwell_s: How long a page stays; 0 holds the first one.
        sweep: Whether a sweep of all points runs beside.
        source: "gop", "wait" or "mixed", as in the bench of the sweep.
        urls: RTSP addresses to watch instead of the city.
        clips: Folder of videos to take the city's pictures from.
    """
    with contextlib.ExitStack() as stack:
        if urls:
            points = [
                Camera(id=CameraId(f"B{n:04d}"), name=f"B{n:04d}", main_url=url)
                for n, url in enumerate(urls)
            ]
        else:
            joining = None if source == "mixed" else source
            folder = None if clips is None else Path(clips)
            served = city_cameras(cameras, joining=joining, clips=folder)
            points = stack.enter_context(served)
        swept = stack.enter_context(sweeping(points)) if sweep and not urls else None
        figures = _on_wall(points, tiles, seconds, dwell_s, begin=swept.begin if swept else None)
        per_s = None if swept is None else swept.per_s()
        if per_s is not None:
            figures["sweep_points_per_s"] = round(per_s, 1)
    return {**figures, "tiles": tiles, "seconds": seconds, **stream_facts(), **machine()}


def _on_wall(
    points: Sequence[Camera],
    tiles: int,
    seconds: float,
    dwell_s: float,
    *,
    begin: Callable[[], None] | None,
) -> dict[str, Any]:
    plan = PatrolPlan(
        name="bench", points=tuple(one.id for one in points), dwell_s=dwell_s or 3600.0
    )
    with wall_of(points, plan, tiles) as (feed, wall):
        marks = Marks()
        _TimedCanvas(wall.canvas, marks)
        _wait_live(feed)
        if begin is not None:
            begin()
        before, spent = feed.stream_counts(), _cpu_s()
        took_s = _beat(feed, marks, seconds)
        after = feed.stream_counts()
        cores = (_cpu_s() - spent) / took_s
        streams = feed.running_streams
        live = sum(feed.tile(n).kind is TileKind.LIVE for n in range(tiles))
    pages = dwell_s > 0
    decoded, scaled = after[0] - before[0], after[1] - before[1]
    return {
        "painted_fps": round(marks.pictures / tiles / took_s, 2),
        # Counters of streams that closed meanwhile are gone with them.
        "decoded_fps": None if pages else round(decoded / tiles / took_s, 2),
        "dropped": None if pages else decoded - scaled,
        "cpu_cores": round(cores, 2),
        **{f"tick_{key}": value for key, value in percentiles(marks.lags_ms, 50, 99).items()},
        **{f"paint_{key}": value for key, value in percentiles(marks.paints_ms, 50, 99).items()},
        "live_tiles": live,
        "streams_open": streams,
        "pages_turned": marks.pages,
        "threads": threading.active_count(),
        "rss_mb": round(psutil.Process().memory_info().rss / 1e6),
    }


@contextlib.contextmanager
def wall_of(
    points: Sequence[Camera], plan: PatrolPlan, tiles: int, **more: Any
) -> Iterator[tuple[WallFeed, WallWidget]]:
    """Show a wall of 1920 × 1080 over these points, and close it."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication([])
    sys.setswitchinterval(SWITCH_EVERY_S)
    appearance = Appearance(app, Path(resources.__file__).parent, language="en")
    feed = WallFeed(points, plan=plan, tiles=tiles, **more)
    wall = WallWidget(feed, appearance)
    wall.resize(1920, 1080)
    wall.show()
    try:
        yield feed, wall
    finally:
        wall.close()
        feed.stop()
        wall.deleteLater()
        app.processEvents()


def _wait_live(feed: WallFeed) -> None:
    """Let the wall run until nearly all its tiles are live."""
    end = time.monotonic() + _SETTLE_S
    loop = QEventLoop()
    timer = QTimer(interval=100)

    def look() -> None:
        live = sum(feed.tile(n).kind is TileKind.LIVE for n in range(feed.tiles))
        if live >= _LIVE_SHARE * feed.tiles or time.monotonic() > end:
            loop.quit()

    timer.timeout.connect(look)
    timer.start()
    loop.exec()
    timer.stop()


def _beat(feed: WallFeed, marks: Marks, seconds: float) -> float:
    """Run the event loop and note its lateness; return how long it ran."""
    began_s = last_s = time.perf_counter()

    def beat() -> None:
        nonlocal last_s
        now_s = time.perf_counter()
        late_ms = max(0.0, (now_s - last_s) * 1000 - _HEARTBEAT_MS)
        # A beat that is swallowed counts with the wait it would have had.
        while late_ms > _HEARTBEAT_MS:
            marks.lags_ms.append(late_ms)
            late_ms -= _HEARTBEAT_MS
        marks.lags_ms.append(late_ms)
        last_s = now_s

    def ready(_tile: int) -> None:
        marks.pictures += 1

    def turned() -> None:
        marks.pages += 1

    feed.tile_ready.connect(ready)
    feed.page_turned.connect(turned)
    heart = QTimer(interval=_HEARTBEAT_MS)
    heart.timeout.connect(beat)
    heart.start()
    loop = QEventLoop()  # of its own: an application that has quit gets no focus any more
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()
    heart.stop()
    feed.tile_ready.disconnect(ready)
    feed.page_turned.disconnect(turned)
    return time.perf_counter() - began_s


def _cpu_s() -> float:
    """Return the processor time of the wall: this process and its decoders."""
    own = psutil.Process()
    spent = sum(own.cpu_times()[:2])
    for child in own.children():
        with contextlib.suppress(psutil.Error):
            if any("multiprocessing" in word for word in child.cmdline()):
                spent += _decoder_s(child)
    return float(spent)


def _decoder_s(child: psutil.Process) -> float:
    """Return a child's processor time if it decodes: those that serve or sweep are not counted."""
    return sum(child.cpu_times()[:2]) if child.nice() == 2 + psutil.Process().nice() else 0.0
