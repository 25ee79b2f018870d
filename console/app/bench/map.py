"""What the live map costs: frames against those of an empty page, and each update's share."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from console.app.bench._figures import machine
from console.app.bench._mapforce import force_on_grid, grid_places, some_units
from console.app.bench._mapscripts import (
    DRAG_JS,
    DROP_JS,
    EMPTY_HTML,
    FRAMES_JS,
    MARKERS_JS,
    NOTE_PICTURES_JS,
    TAKE_FRAMES_JS,
)

SIZE_PX = (1280, 800)
CENTRE, ZOOM = (39.9, 116.4), 11
SEED = 1
BEAT_MS = 10
#: Plain markers are compared at this number at the most: more of them take minutes.
MARKERS_AT_MOST = 10_000
_LONG_S = 120.0


def run(
    *, units: int = 10_000, seconds: float = 12.0, updates_per_s: float = 1.0, groups: bool = False
) -> dict[str, object]:
    """Measure the map while it is dragged about, with ``units`` moving units; needs a screen.

    Args:
        units: All of them are in view, and each is proved to have been painted.
        seconds: How long the map is dragged; the empty page half as long before and after it.
        updates_per_s: How often all of them move.
        groups: Whether neighbours are drawn as groups, as the map does where it is dense.

    Returns:
        ``frame_ratio_to_floor``: mean time between frames over the empty page's. Main-thread time
        an update in the page (``update_js_ms``) and in Python (``update_python_ms``), time a
        picture in the worker (``worker_ms``). ``gui_lag_p99_ms``: how late Qt's beats came.
        ``painted``: units with pixels of their own in the last picture, read back.
        ``markers_ms``: what moving ``markers`` plain Leaflet markers takes until the next frame;
        ``speedup_over_markers``: that over ours for as many, on the page's main thread, which is
        what dragging feels; ``speedup_with_worker``: with the worker's time added.
    """
    from console.ui.mapgraphics import graphics_environment  # noqa: PLC0415 - Qt only when it runs
    from console.ui.mapscheme import register_scheme  # noqa: PLC0415

    graphics_environment(os.environ)
    register_scheme()
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    app = QApplication.instance() or QApplication(["zhihui-bench"])
    before = _empty_page_frames(seconds / 2)
    measured = _MapRun(units, groups=groups).watch(seconds, updates_per_s)
    after = _empty_page_frames(seconds / 2)
    app.processEvents()
    return _summary(units, before + after, measured)


def _summary(units: int, floor_ms: list[float], measured: dict[str, Any]) -> dict[str, object]:
    frames_ms = measured["frames_ms"]
    page_ms = _mean(measured["page_ms"])
    both_ms = page_ms + _mean(measured["worker_ms"])
    share = min(1.0, measured["markers"] / units)
    return {
        "units": units,
        "frame_ratio_to_floor": round(_mean(frames_ms) / _mean(floor_ms), 3),
        "frame_p95_ratio": round(_p95(frames_ms) / _p95(floor_ms), 3),
        "update_js_ms": round(_mean(measured["page_ms"]), 3),
        "update_python_ms": round(float(np.median(measured["python_ms"])), 3),
        "worker_ms": round(float(np.median(measured["worker_ms"])), 2),
        "gui_lag_p99_ms": round(float(np.percentile(measured["lag_ms"], 99)), 1),
        "painted": measured["painted"],
        "markers": measured["markers"],
        "markers_ms": round(measured["markers_ms"], 1),
        "speedup_over_markers": round(measured["markers_ms"] / (page_ms * share), 1),
        "speedup_with_worker": round(measured["markers_ms"] / (both_ms * share), 1),
        "fps": round(1000 / _mean(frames_ms), 1),
        "floor_fps": round(1000 / _mean(floor_ms), 1),
        "pictures": len(measured["worker_ms"]),
        **machine(),
    }


def _mean(values: list[float]) -> float:
    return float(np.mean(values))


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
    _wait(_LONG_S, lambda: bool(box))
    return box[0]


def _answer(page: Any, code: str, name: str) -> Any:
    """Run a script that sets ``window[name]`` in the end, and return what it was set to."""
    _script(page, f"window.{name} = null; {code}; 0")
    told: list[Any] = []

    def is_told() -> bool:
        page.runJavaScript(f"window.{name}", 0, lambda v: told.append(v) if v else None)
        return bool(told)

    _wait(_LONG_S, is_told)
    return told[0]


def _frames(page: Any, during: Callable[[], None]) -> list[float]:
    _script(page, FRAMES_JS)
    during()
    frames: list[float] = json.loads(_script(page, TAKE_FRAMES_JS))
    return frames


def _empty_page_frames(seconds: float) -> list[float]:
    """Return the times between frames of a page with nothing in it, milliseconds."""
    from PySide6.QtWebEngineWidgets import QWebEngineView  # noqa: PLC0415

    view = QWebEngineView()
    view.resize(*SIZE_PX)
    loaded: list[bool] = []
    view.loadFinished.connect(loaded.append)
    view.setHtml(EMPTY_HTML)
    view.show()
    _wait(20.0, lambda: bool(loaded))
    frames = _frames(view.page(), lambda: _wait(seconds))
    view.close()
    view.deleteLater()
    return frames


class _MapRun:
    """One map with moving units."""

    def __init__(self, units: int, *, groups: bool) -> None:
        from console.ui.mapfeed import MapFeed  # noqa: PLC0415
        from console.ui.mapmodel import MapFrame, MapModel  # noqa: PLC0415
        from widgets.common.theme import load_theme  # noqa: PLC0415
        from widgets.map import MapWidget  # noqa: PLC0415

        folder = Path(str(resources.files("resources")))
        frame = MapFrame(bounds=(116.2, 39.8, 116.6, 40.0), centre=CENTRE)
        self._feed = MapFeed()
        self._model = MapModel(resources=folder, frame=frame, tiles=None, feed=self._feed)
        theme = load_theme("dark", folder / "themes")
        self._widget = MapWidget(self._model, theme=theme, language="en")
        self._widget.resize(*SIZE_PX)
        self._groups, self._units = groups, units
        self._rng = np.random.default_rng(SEED)
        self._grid = grid_places(units, CENTRE, ZOOM, SIZE_PX)
        self._columns = force_on_grid(self._grid, self._rng)
        self._feed.set_units(some_units(units, self._rng))
        self._python_ms: list[float] = []

    def watch(self, seconds: float, updates_per_s: float) -> dict[str, Any]:
        """Drag the map while the units move, and return what that took."""
        from PySide6.QtCore import QTimer  # noqa: PLC0415

        ready: list[bool] = []
        self._widget.ready.connect(lambda: ready.append(True))
        self._move()
        self._widget.show()
        _wait(30.0, lambda: bool(ready))
        page = self._widget.page()
        groups = "true" if self._groups else "false"
        self._widget.centre_on(*CENTRE, ZOOM)
        _script(page, f"mapPage.setGroups({groups}); 0")
        for _ in range(4):  # the worker's code is compiled as it runs
            self._move()
            _wait(0.5)
        self._python_ms.clear()
        _script(page, NOTE_PICTURES_JS)
        timer = QTimer()
        timer.timeout.connect(self._move)
        timer.start(round(1000 / updates_per_s))
        frames, lag_ms = self._drag(page, seconds)
        timer.stop()
        stats = json.loads(_script(page, "JSON.stringify(window.pictures)"))
        figures = {
            "frames_ms": frames,
            "lag_ms": lag_ms,
            "python_ms": list(self._python_ms),
            "page_ms": [one["pageMs"] for one in stats],
            "worker_ms": [one["workerMs"] for one in stats],
            "painted": self._painted(page),
            **self._markers(page),
        }
        self._widget.shutdown()
        self._widget.close()
        self._model.close()
        return figures

    def _drag(self, page: Any, seconds: float) -> tuple[list[float], list[float]]:
        """Drag the map about; return times between frames and how late Qt's beats came, ms."""
        from PySide6.QtCore import Qt, QTimer  # noqa: PLC0415

        beats: list[float] = []
        heart = QTimer()
        heart.setTimerType(Qt.TimerType.PreciseTimer)
        heart.timeout.connect(lambda: beats.append(time.perf_counter() * 1000))
        _script(page, DRAG_JS)
        heart.start(BEAT_MS)
        frames = _frames(page, lambda: _wait(seconds))
        heart.stop()
        _script(page, DROP_JS)
        late = np.maximum(np.diff(np.array(beats)) - BEAT_MS, 0.0)
        return frames, late.tolist()

    def _painted(self, page: Any) -> int:
        """Put every unit on its place of the grid and count those that have pixels."""
        self._columns = replace(self._columns, lat=self._grid[0], lon=self._grid[1])
        self._feed.set_force(self._columns)
        self._widget.centre_on(*CENTRE, ZOOM)
        _wait(2.0)
        ask = "mapPage.live.askOwners((told) => { window.told = JSON.stringify(told.painted); })"
        painted = json.loads(_answer(page, ask, "told"))
        return len({row for layer, row in painted if layer == "units"})

    def _markers(self, page: Any) -> dict[str, Any]:
        count = min(self._units, MARKERS_AT_MOST)
        places = np.column_stack([self._grid[0][:count], self._grid[1][:count]])
        code = MARKERS_JS.replace("PLACES", json.dumps(places.round(6).tolist()))
        return {"markers": count, "markers_ms": float(_answer(page, code, "markers_ms"))}

    def _move(self) -> None:
        from console.ui.mapsprites import MapLayer  # noqa: PLC0415

        columns, count = self._columns, len(self._columns)
        self._columns = replace(
            columns,
            lat=columns.lat + self._rng.normal(0, 2e-5, count),
            lon=columns.lon + self._rng.normal(0, 2e-5, count),
            t_ms=np.full(count, time.time_ns() // 1_000_000, dtype=np.int64),
        )
        started = time.thread_time()
        self._feed.set_force(self._columns)
        self._feed.rows(MapLayer.UNITS).body()
        self._python_ms.append((time.thread_time() - started) * 1000)
