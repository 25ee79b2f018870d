"""A map in a real web engine on a real screen, with units on a grid, for its tests."""

from __future__ import annotations

import io
import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from console.domain.ids import CameraId, IncidentId, UnitId
from console.domain.incidents import Incident, Stage
from console.domain.levels import Channel, Level
from console.domain.places import Camera
from console.domain.units import Unit, UnitKind, UnitStatus
from console.tracking.columns import empty_columns
from console.ui.mapfeed import MapFeed, clock_ms
from console.ui.mapgraphics import graphics_environment
from console.ui.mapmodel import MapFrame, MapModel
from console.ui.mappack import to_world
from console.ui.mapscheme import register_scheme
from widgets.common.appearance import Appearance
from widgets.map import MapWidget

#: What the web engine says of a machine without Vulkan or a graphics processor.
ENGINE_TALK = ("[Vv]ulkan", "GPU vendor", "GPUInfo")
# The scheme must be known and the environment set before the first QApplication of the tests.
graphics_environment(os.environ)
register_scheme()

RESOURCES = Path(__file__).parents[2] / "resources"
FRAME = MapFrame(bounds=(116.2, 39.8, 116.6, 40.0), centre=(39.9, 116.4), attribution="© test")
ROWS, COLUMNS = 20, 25
#: A busy machine may take so long; nothing waits longer than it has to.
WITHIN_MS = 120_000
UNITS = ROWS * COLUMNS


class PlainTiles:
    """Draws tiles of one colour a theme, and keeps what it was asked for and in which threads."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, int, int, int, int]] = []
        self.threads: set[int] = set()

    def png(self, theme: str, lang: str, z: int, x: int, y: int, scale: int = 1) -> bytes:
        self.asked.append((theme, lang, z, x, y, scale))
        self.threads.add(threading.get_ident())
        image = Image.new("RGB", (256 * scale,) * 2, "#203040" if theme == "dark" else "#E0F0D0")
        held = io.BytesIO()
        image.save(held, "PNG")
        return held.getvalue()


def exec_at_most(loop: QEventLoop) -> None:
    """Run a loop until it is left, or for as long as a busy machine may take."""
    timer = QTimer(singleShot=True, interval=WITHIN_MS)
    timer.timeout.connect(loop.quit)
    timer.start()
    loop.exec()
    timer.stop()


class Shown:
    """One map on the screen with its feed and ways to look into it."""

    def __init__(self, app: QApplication) -> None:
        self.appearance = Appearance(app, RESOURCES, theme="dark", language="en")
        self.tiles = PlainTiles()
        self.feed = MapFeed()
        self.model = MapModel(resources=RESOURCES, frame=FRAME, tiles=self.tiles, feed=self.feed)
        self.widget = MapWidget(self.model, theme=self.appearance.theme, language="en")
        self.widget.resize(1000, 700)
        self.problems: list[str] = []
        self.widget.channel.failed.connect(self.problems.append)

    def js(self, code: str) -> Any:
        """Run a script in the page and wait for what it comes to."""
        page = self.widget.page()
        assert page is not None
        loop, box = QEventLoop(), []
        page.runJavaScript(code, 0, lambda value: (box.append(value), loop.quit()))
        exec_at_most(loop)
        assert box, code
        return box[0]

    def settle(self, qtbot: QtBot) -> None:
        """Wait until a picture is drawn that was begun after now."""
        token = self.js("mapPage.live._token")
        self.js("mapPage.live.redraw()")
        done = f"mapPage.live._inFlight === null && mapPage.live._token > {token}"
        quiet = f"{done} && mapPage.live._loading.size === 0"
        qtbot.waitUntil(lambda: self.js(quiet), timeout=WITHIN_MS)

    def owners(self, qtbot: QtBot) -> dict[str, Any]:
        """Return whose pixels the picture holds, and where each row was drawn."""
        self.js("window.told = null; mapPage.live.askOwners((told) => { window.told = told; }); 0")
        qtbot.waitUntil(lambda: self.js("window.told !== null"), timeout=WITHIN_MS)
        told: dict[str, Any] = json.loads(self.js("JSON.stringify(window.told)"))
        return told

    def target(self) -> QWidget:
        """Return the widget inside that takes mouse and keys."""
        inner = self.widget.focusProxy().focusProxy()
        assert inner is not None
        return inner

    def take_keys(self, qtbot: QtBot) -> QWidget:
        """Give the map the keyboard, and return what takes the keys."""
        self.widget.activateWindow()
        qtbot.waitUntil(self.widget.isActiveWindow, timeout=WITHIN_MS)
        target = self.target()
        target.setFocus()
        qtbot.waitUntil(target.hasFocus, timeout=WITHIN_MS)
        return target

    def click(self, x: float, y: float, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        QTest.mouseMove(self.target(), QPoint(round(x) + 1, round(y)))
        QTest.mouseClick(
            self.target(), button, Qt.KeyboardModifier.NoModifier, QPoint(round(x), round(y))
        )

    def shows(self, x: float, y: float, colour: str) -> bool:
        """Whether a pixel of the window is of a colour, but for rounding."""
        seen, meant = QColor(self.picture().pixel(round(x), round(y))), QColor(colour)
        pairs = zip(seen.getRgb(), meant.getRgb(), strict=True)
        return all(abs(a - b) <= 2 for a, b in pairs)

    def picture(self) -> QImage:
        return self.widget.grab().toImage()


def nearer(picture: QImage, x: float, y: float, colour: str) -> bool:
    """Whether a pixel is nearer to a colour than to the dark ground's."""
    seen = QColor(picture.pixel(round(x), round(y)))
    return _apart(seen, QColor(colour)) < _apart(seen, QColor("#203040"))


def _apart(one: QColor, other: QColor) -> int:
    return sum(abs(a - b) for a, b in zip(one.getRgb(), other.getRgb(), strict=True))


def grid_places() -> tuple[Any, Any]:
    """Return where the units stand: latitudes and longitudes of a grid."""
    row, column = np.divmod(np.arange(UNITS), COLUMNS)
    return 39.985 - row * 0.0085, 116.22 + column * 0.0145


def grid_units() -> list[Unit]:
    statuses, kinds = list(UnitStatus)[:4], list(UnitKind)
    return [
        Unit(
            id=UnitId(f"u{no}"),
            no=no,
            call_sign=f"K{no}",
            kind=kinds[no % 3],
            status=statuses[no % 4],
        )
        for no in range(UNITS)
    ]


def fill(shown: Shown) -> None:
    """Put units on a grid wide enough that none covers another, and some of everything else."""
    columns = empty_columns(UNITS)
    columns.lat[:], columns.lon[:] = grid_places()
    columns.t_ms[:] = clock_ms()
    columns.heading_deg[:] = (np.arange(UNITS) * 37) % 360
    columns.speed_mps[:] = 2.0
    shown.feed.set_units(grid_units())
    shown.feed.set_force(columns)
    shown.feed.set_cameras(
        [Camera(id=CameraId("C1"), name="路口", main_url="rtsp://x", lat=39.8058, lon=116.3)]
    )
    made = Incident(
        id=IncidentId("i1"),
        form="0307",
        level=Level.CRITICAL,
        stage=Stage.FILE,
        channel=Channel.HOTLINE,
        summary="夜间施工",
        place="工体北路 4",
        opened_at=datetime(2026, 11, 22, tzinfo=UTC),
        number="20261122-00317",
        lat=39.8058,
        lon=116.5,
    )
    shown.feed.set_incidents([made])


def living_map(qapp: QApplication, *, filled: bool = True) -> Iterator[Shown]:
    """Yield a map that has drawn its first picture, and end it afterwards."""
    made = Shown(qapp)
    if filled:
        fill(made)
    loop = QEventLoop()
    made.widget.ready.connect(loop.quit)
    made.widget.show()
    exec_at_most(loop)
    assert made.widget.last_stats, made.problems
    yield made
    made.widget.shutdown()
    made.widget.close()
    made.widget.deleteLater()
    made.model.close()
    made.appearance.use_language("en")


def quiet(living: Shown, qtbot: QtBot) -> Shown:
    """Return the map in its first state: dark, whole city, everything shown."""
    living.appearance.use_theme("dark")
    living.widget.set_theme(living.appearance.theme)
    living.js("mapPage.live.setHidden(mapPage.hidden = ['off_duty', 'heat']); mapPage.escape(); 0")
    living.widget.show_city()
    living.settle(qtbot)
    return living


def expected_pixels(shown: Shown, lat: Any, lon: Any) -> tuple[Any, Any]:
    """Return where places lie in the widget, reckoned here from the view alone."""
    view = json.loads(
        shown.js(
            "JSON.stringify({zoom: mapPage.map.getZoom(), size: mapPage.map.getSize(),"
            " lat: mapPage.map.getCenter().lat, lon: mapPage.map.getCenter().lng})"
        )
    )
    x, y = to_world(np.asarray(lat, float), np.asarray(lon, float))
    x0, y0 = to_world(np.array([view["lat"]]), np.array([view["lon"]]))
    scale = 2.0 ** view["zoom"]
    size = view["size"]
    return (x - x0) * scale + size["x"] / 2, (y - y0) * scale + size["y"] / 2
