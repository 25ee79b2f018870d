"""What the live map costs: frames against those of an empty page, and each update's share."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from console.domain.ids import UnitId
from console.domain.units import Unit, UnitKind, UnitStatus
from console.tracking import ForceColumns
from console.tracking.columns import empty_columns

SIZE_PX = (1280, 800)
UPDATES_PER_S = 5
SEED = 1
#: Collects the time between frames while ``window.frames`` is a list.
_FRAMES_JS = """
window.frames_ms = []; window.frame_at = 0;
(function frame(now) {
  if (window.frame_at > 0) window.frames_ms.push(now - window.frame_at);
  window.frame_at = now; window.frame_id = requestAnimationFrame(frame);
})(0); 0
"""
_TAKE_JS = "cancelAnimationFrame(window.frame_id); JSON.stringify(window.frames_ms.slice(1))"
#: Drags the map along a curve, sixty frames a drag, as the mouse would.
_DRAG_JS = """
window.drag_no = 0; window.drag_id = setInterval(() => {
  const map = window.mapPage.map; const k = window.drag_no++;
  if (k % 60 === 0) map.fire("movestart");
  map._rawPanBy(L.point(12 * Math.sin(k / 40), 12 * Math.cos(k / 40))); map.fire("move");
  if (k % 60 === 59) map.fire("moveend");
}, 16); 0
"""
_DROP_JS = "clearInterval(window.drag_id); window.mapPage.map.fire('moveend'); 0"
BEAT_MS = 10
_EMPTY_HTML = "<!doctype html><title>empty</title><body style='background:#12171d'></body>"


def run(*, units: int = 10_000, seconds: float = 10.0) -> dict[str, object]:
    """Measure the map with ``units`` moving units; needs a screen.

    Args:
        units: All of them are in view.
        seconds: How long the map is watched; the empty page half as long before it.

    Returns:
        ``frame_ratio_to_floor`` (median time between frames over the empty page's),
        ``frame_p95_ratio``, ``drag_frame_p95_ratio`` (the same while the map is dragged),
        ``gui_lag_p99_ms`` (Qt's main thread, while it is dragged), ``update_js_ms`` (page's
        main thread, a picture),
        ``update_python_ms`` (packing, GUI thread), ``worker_ms``, ``drawn`` (units in the newest
        picture), ``fps``, ``floor_fps`` and ``pictures``.
    """
    from console.ui.mapgraphics import graphics_environment  # noqa: PLC0415 - Qt only when it runs
    from console.ui.mapscheme import register_scheme  # noqa: PLC0415

    graphics_environment(os.environ)
    register_scheme()
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    app = QApplication.instance() or QApplication(["zhihui-bench"])
    floor_ms = _empty_page_frames(seconds / 2)
    measured = _MapRun(units).watch(seconds)
    app.processEvents()
    return _summary(floor_ms, measured)


def _summary(floor_ms: list[float], measured: dict[str, Any]) -> dict[str, object]:
    frames_ms = measured["frames_ms"]
    floor, frame = statistics.median(floor_ms), statistics.median(frames_ms)
    return {
        "frame_ratio_to_floor": round(frame / floor, 3),
        "frame_p95_ratio": round(_p95(frames_ms) / _p95(floor_ms), 3),
        "drag_frame_p95_ratio": round(_p95(measured["drag_ms"]) / _p95(floor_ms), 3),
        "gui_lag_p99_ms": round(float(np.percentile(measured["lag_ms"], 99)), 1),
        "update_js_ms": round(statistics.mean(measured["page_ms"]), 3),
        "update_python_ms": round(statistics.median(measured["python_ms"]), 3),
        "worker_ms": round(statistics.median(measured["worker_ms"]), 2),
        "drawn": measured["drawn"],
        "fps": round(1000 * len(frames_ms) / sum(frames_ms), 1),
        "floor_fps": round(1000 * len(floor_ms) / sum(floor_ms), 1),
        "pictures": len(measured["worker_ms"]),
    }


def _p95(values: list[float]) -> float:
    return float(np.percentile(values, 95))


def _wait(seconds: float, until: Callable[[], bool] | None = None) -> None:
    """Let Qt work for a while, or until something holds."""
    from PySide6.QtCore import QEventLoop, QTimer  # noqa: PLC0415

    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    check = QTimer()
    if until is not None:
        check.timeout.connect(lambda: loop.quit() if until() else None)
        check.start(20)
    loop.exec()
    check.stop()


def _script(page: Any, code: str) -> Any:
    """Run a script in a page and return what it comes to."""
    box: list[Any] = []
    page.runJavaScript(code, 0, box.append)
    _wait(10.0, lambda: bool(box))
    return box[0]


def _frames(page: Any, during: Callable[[], None]) -> list[float]:
    _script(page, _FRAMES_JS)
    during()
    frames: list[float] = json.loads(_script(page, _TAKE_JS))
    return frames


def _empty_page_frames(seconds: float) -> list[float]:
    """Return the times between frames of a page with nothing in it, milliseconds."""
    from PySide6.QtWebEngineWidgets import QWebEngineView  # noqa: PLC0415

    view = QWebEngineView()
    view.resize(*SIZE_PX)
    loaded: list[bool] = []
    view.loadFinished.connect(loaded.append)
    view.setHtml(_EMPTY_HTML)
    view.show()
    _wait(20.0, lambda: bool(loaded))
    frames = _frames(view.page(), lambda: _wait(seconds))
    view.close()
    view.deleteLater()
    return frames


class _MapRun:
    """One map with moving units."""

    def __init__(self, units: int) -> None:
        from console.ui.mapfeed import MapFeed  # noqa: PLC0415
        from console.ui.mapmodel import MapFrame, MapModel  # noqa: PLC0415
        from widgets.common.theme import load_theme  # noqa: PLC0415
        from widgets.map import MapWidget  # noqa: PLC0415

        folder = Path(str(resources.files("resources")))
        frame = MapFrame(bounds=(116.2, 39.8, 116.6, 40.0), centre=(39.9, 116.4))
        self._feed = MapFeed()
        self._model = MapModel(resources=folder, frame=frame, tiles=None, feed=self._feed)
        theme = load_theme("dark", folder / "themes")
        self._widget = MapWidget(self._model, theme=theme, language="en")
        self._widget.resize(*SIZE_PX)
        self._rng = np.random.default_rng(SEED)
        self._columns = _force(units, self._rng)
        self._feed.set_units(_units(units, self._rng))
        self._python_ms: list[float] = []
        self._stats: list[dict[str, Any]] = []
        self._widget.channel.picture_drawn.connect(
            lambda _text: self._stats.append(dict(self._widget.last_stats))
        )

    def watch(self, seconds: float) -> dict[str, Any]:
        """Move the units five times a second and return what that took."""
        from PySide6.QtCore import QTimer  # noqa: PLC0415

        ready: list[bool] = []
        self._widget.ready.connect(lambda: ready.append(True))
        self._move()
        self._widget.show()
        _wait(30.0, lambda: bool(ready))
        _wait(1.0)
        self._python_ms.clear()
        self._stats.clear()
        timer = QTimer()
        timer.timeout.connect(self._move)
        timer.start(1000 // UPDATES_PER_S)
        frames = _frames(self._widget.page(), lambda: _wait(seconds))
        counts: Any = self._widget.last_stats["counts"]
        stats, drawn = list(self._stats), counts["units"]
        drag_ms, lag_ms = self._drag(seconds / 2)
        timer.stop()
        self._widget.shutdown()
        self._widget.close()
        self._model.close()
        return {
            "frames_ms": frames,
            "drag_ms": drag_ms,
            "lag_ms": lag_ms,
            "python_ms": self._python_ms,
            "page_ms": [one["pageMs"] for one in stats],
            "worker_ms": [one["workerMs"] for one in stats],
            "drawn": drawn,
        }

    def _drag(self, seconds: float) -> tuple[list[float], list[float]]:
        """Drag the map about; return times between frames and how late Qt's beats came, ms."""
        from PySide6.QtCore import Qt, QTimer  # noqa: PLC0415

        beats: list[float] = []
        heart = QTimer()
        heart.setTimerType(Qt.TimerType.PreciseTimer)
        heart.timeout.connect(lambda: beats.append(time.perf_counter() * 1000))
        page = self._widget.page()
        _script(page, _DRAG_JS)
        heart.start(BEAT_MS)
        frames = _frames(page, lambda: _wait(seconds))
        heart.stop()
        _script(page, _DROP_JS)
        late = np.maximum(np.diff(np.array(beats)) - BEAT_MS, 0.0)
        return frames, late.tolist()

    def _move(self) -> None:
        from console.ui.mapsprites import MapLayer  # noqa: PLC0415

        columns, count = self._columns, len(self._columns)
        self._columns = replace(
            columns,
            lat=columns.lat + self._rng.normal(0, 2e-5, count),
            lon=columns.lon + self._rng.normal(0, 2e-5, count),
            t_ms=np.full(count, time.time_ns() // 1_000_000, dtype=np.int64),
        )
        started = time.perf_counter()
        self._feed.set_force(self._columns)
        self._feed.rows(MapLayer.UNITS).body()
        self._python_ms.append((time.perf_counter() - started) * 1000)


def _units(count: int, rng: np.random.Generator) -> list[Unit]:
    kinds, statuses = list(UnitKind), list(UnitStatus)[:4]
    kind = rng.choice(len(kinds), count, p=[0.8, 0.1, 0.1])
    status = rng.choice(len(statuses), count, p=[0.7, 0.05, 0.1, 0.15])
    return [
        Unit(
            id=UnitId(f"u{no}"),
            no=no,
            call_sign=f"K{no}",
            kind=kinds[kind[no]],
            status=statuses[status[no]],
        )
        for no in range(count)
    ]


def _force(count: int, rng: np.random.Generator) -> ForceColumns:
    columns = empty_columns(count)
    columns.lat[:] = rng.uniform(39.82, 39.98, count)
    columns.lon[:] = rng.uniform(116.22, 116.58, count)
    columns.heading_deg[:] = rng.uniform(0, 360, count)
    columns.speed_mps[:] = rng.uniform(0, 3, count)
    return columns
