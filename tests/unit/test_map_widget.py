"""The map in a real web engine on a real screen: what is drawn is read back and clicked."""

from __future__ import annotations

import io
import json
import math
import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
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
from console.ui.mapfeed import MapFeed, NearMark, clock_ms
from console.ui.mapgraphics import graphics_environment
from console.ui.mapmodel import MapFrame, MapModel
from console.ui.mappack import to_world
from console.ui.mapscheme import register_scheme
from console.ui.mapsprites import MapLayer
from widgets.common.appearance import Appearance
from widgets.map import MapWidget

pytestmark = [
    pytest.mark.xvfb,
    # What the web engine says of a machine without Vulkan or a graphics processor.
    pytest.mark.qt_log_ignore("[Vv]ulkan", "GPU vendor", "GPUInfo", extend=True),
]
# The scheme must be known and the environment set before the first QApplication of the tests.
graphics_environment(os.environ)
register_scheme()

RESOURCES = Path(__file__).parents[2] / "resources"
FRAME = MapFrame(bounds=(116.2, 39.8, 116.6, 40.0), centre=(39.9, 116.4), attribution="© test")
ROWS, COLUMNS = 20, 25
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
        QTimer.singleShot(10_000, loop.quit)
        loop.exec()
        assert box, code
        return box[0]

    def settle(self, qtbot: QtBot) -> None:
        """Wait until a picture is drawn that was begun after now."""
        token = self.js("mapPage.live._token")
        self.js("mapPage.live.redraw()")
        done = f"mapPage.live._inFlight === null && mapPage.live._token > {token}"
        qtbot.waitUntil(lambda: self.js(f"{done} && mapPage.live._loading.size === 0"))

    def owners(self, qtbot: QtBot) -> dict[str, Any]:
        """Return whose pixels the picture holds, and where each row was drawn."""
        self.js("window.told = null; mapPage.live.askOwners((told) => { window.told = told; }); 0")
        qtbot.waitUntil(lambda: self.js("window.told !== null"))
        told: dict[str, Any] = json.loads(self.js("JSON.stringify(window.told)"))
        return told

    def target(self) -> QWidget:
        """Return the widget inside that takes mouse and keys."""
        inner = self.widget.focusProxy().focusProxy()
        assert inner is not None
        return inner

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
    row, column = np.divmod(np.arange(UNITS), COLUMNS)
    columns.lat[:] = 39.985 - row * 0.0085
    columns.lon[:] = 116.22 + column * 0.0145
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


@pytest.fixture(scope="module")
def living(qapp: QApplication) -> Iterator[Shown]:
    made = Shown(qapp)
    fill(made)
    loop = QEventLoop()
    made.widget.ready.connect(loop.quit)
    QTimer.singleShot(20_000, loop.quit)
    made.widget.show()
    loop.exec()
    assert made.widget.last_stats, made.problems
    yield made
    made.widget.shutdown()
    made.widget.close()
    made.widget.deleteLater()
    made.model.close()
    made.appearance.use_language("en")
    qapp.setStyleSheet("")


@pytest.fixture
def shown(living: Shown, qtbot: QtBot) -> Shown:
    living.appearance.use_theme("dark")
    living.widget.set_theme(living.appearance.theme)
    living.js("mapPage.live.setHidden(mapPage.hidden = ['off_duty']); mapPage.escape(); 0")
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


def test_that_every_unit_has_pixels_of_its_own_where_it_is(shown: Shown, qtbot: QtBot) -> None:
    told = shown.owners(qtbot)
    painted = {tuple(pair) for pair in told["painted"]}
    assert {("units", no) for no in range(UNITS)} <= painted
    assert {("cameras", 0), ("incidents", 0)} <= painted
    drawn = {(layer, no): (x, y) for layer, no, x, y in told["positions"]}
    row, column = np.divmod(np.arange(UNITS), COLUMNS)
    x, y = expected_pixels(shown, 39.985 - row * 0.0085, 116.22 + column * 0.0145)
    off = [
        math.hypot(drawn["units", no][0] - x[no], drawn["units", no][1] - y[no])
        for no in range(UNITS)
    ]
    assert max(off) < 1.5
    assert shown.widget.last_stats["counts"] == {"cameras": 1, "units": UNITS, "incidents": 1}


def test_that_the_screen_itself_shows_the_colours(shown: Shown, qtbot: QtBot) -> None:
    told = shown.owners(qtbot)
    places = {(layer, no): (x, y) for layer, no, x, y in told["positions"]}

    def shows(key: tuple[str, int], colour: str) -> bool:
        return shown.shows(*places[key], colour)

    qtbot.waitUntil(lambda: shows(("incidents", 0), "#FF4444"))
    for unit in grid_units():
        if unit.kind is UnitKind.OFFICER and unit.status is UnitStatus.ON_SCENE:
            assert shows(("units", unit.no), "#D34CEE")
    assert shown.shows(60, 640, "#203040")


@pytest.mark.parametrize("no", [0, 137, UNITS - 1])
def test_that_a_click_on_the_drawn_pixel_picks_that_unit(
    shown: Shown, qtbot: QtBot, no: int
) -> None:
    told = shown.owners(qtbot)
    places = {(layer, row): (x, y) for layer, row, x, y in told["positions"]}
    with qtbot.waitSignal(shown.widget.unit_picked) as picked:
        shown.click(*places["units", no])
    assert picked.args == [f"u{no}"]


def test_that_incidents_cameras_and_places_are_picked(shown: Shown, qtbot: QtBot) -> None:
    told = shown.owners(qtbot)
    places = {(layer, row): (x, y) for layer, row, x, y in told["positions"]}
    with qtbot.waitSignal(shown.widget.incident_picked) as picked:
        shown.click(*places["incidents", 0])
    assert picked.args == ["i1"]
    with qtbot.waitSignal(shown.widget.camera_picked) as picked:
        shown.click(*places["cameras", 0])
    assert picked.args == ["C1"]
    with qtbot.waitSignal(shown.widget.place_picked) as placed:
        shown.click(500, 350, Qt.MouseButton.RightButton)
    lat, lon = placed.args
    x, y = expected_pixels(shown, [lat], [lon])
    assert (x[0], y[0]) == pytest.approx((500, 350), abs=1.5)


def test_that_keys_do_everything_the_mouse_does(shown: Shown, qtbot: QtBot) -> None:
    shown.widget.activateWindow()
    target = shown.target()
    target.setFocus()
    zoom = shown.js("mapPage.map.getZoom()")
    QTest.keyClick(target, Qt.Key.Key_Plus)
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getZoom()") == zoom + 1)
    QTest.keyClick(target, Qt.Key.Key_Minus)
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getZoom()") == zoom)
    centre = shown.js("mapPage.map.getCenter().lng")
    QTest.keyClick(target, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getCenter().lng") > centre)
    QTest.keyClick(target, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: abs(shown.js("mapPage.map.getCenter().lng") - centre) < 0.01)
    QTest.keyClick(target, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: shown.js("!mapPage.panel.box.hidden"))
    for key, layer in (
        (Qt.Key.Key_U, "units"),
        (Qt.Key.Key_C, "cameras"),
        (Qt.Key.Key_I, "incidents"),
    ):
        QTest.keyClick(target, key)
        qtbot.waitUntil(lambda layer=layer: shown.widget.last_stats["counts"][layer] == 0)
    with qtbot.waitSignal(shown.widget.escaped):
        QTest.keyClick(target, Qt.Key.Key_Escape)
    assert shown.js("mapPage.panel.box.hidden")
    with qtbot.waitSignal(shown.widget.place_picked):
        QTest.keyClick(target, Qt.Key.Key_P)


def test_that_enter_picks_what_is_nearest_to_the_middle(shown: Shown, qtbot: QtBot) -> None:
    assert shown.widget.show_unit("u212")
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getZoom()") == 15)
    shown.settle(qtbot)
    shown.target().setFocus()
    with qtbot.waitSignal(shown.widget.unit_picked) as picked:
        QTest.keyClick(shown.target(), Qt.Key.Key_Return)
    assert picked.args == ["u212"]


def test_that_the_hint_says_who_is_under_the_pointer(shown: Shown, qtbot: QtBot) -> None:
    told = shown.owners(qtbot)
    x, y = next((x, y) for layer, no, x, y in told["positions"] if (layer, no) == ("units", 48))
    QTest.mouseMove(shown.target(), QPoint(round(x) - 3, round(y)))
    QTest.mouseMove(shown.target(), QPoint(round(x), round(y)))
    hint = "mapPage.panel.hint.hidden ? '' : mapPage.panel.hint.textContent"
    qtbot.waitUntil(lambda: shown.js(hint).startswith("K48 "))
    assert "fix" in shown.js(hint)


def test_that_theme_and_language_change_while_it_runs(shown: Shown, qtbot: QtBot) -> None:
    shown.appearance.use_language("zh_CN")
    shown.widget.set_language("zh_CN")
    shown.appearance.use_theme("light")
    shown.widget.set_theme(shown.appearance.theme)
    qtbot.waitUntil(lambda: shown.js("document.querySelector('.box h2').textContent") == "图层")
    qtbot.waitUntil(lambda: ("light", "zh") in {asked[:2] for asked in shown.tiles.asked})
    assert shown.js("document.documentElement.lang") == "zh"

    qtbot.waitUntil(lambda: shown.shows(60, 640, "#E0F0D0"), timeout=10_000)
    shown.appearance.use_language("en")
    shown.widget.set_language("en")
    qtbot.waitUntil(lambda: shown.js("document.querySelector('.box h2').textContent") == "Layers")


def test_that_near_units_are_numbered_and_the_picked_one_ringed(shown: Shown, qtbot: QtBot) -> None:
    before = shown.picture()
    shown.feed.set_picked(MapLayer.INCIDENTS, "i1")
    shown.feed.set_near([NearMark(unit=UnitId("u490"), rank=1, text="2.1′")])
    shown.settle(qtbot)
    assert shown.js("mapPage.live._near.length") == 1
    qtbot.waitUntil(lambda: shown.picture() != before)
    shown.feed.set_near([])
    shown.feed.set_picked(None)


def test_that_tiles_are_drawn_beside_the_gui_thread(shown: Shown) -> None:
    assert shown.tiles.asked
    assert threading.get_ident() not in shown.tiles.threads


def test_that_no_other_address_is_reached(shown: Shown, qtbot: QtBot) -> None:
    assert list(shown.widget.fence.refused) == []
    assert shown.problems == []
    shown.js(
        "window.got = ''; const tried = new Image();"
        "tried.onerror = () => { window.got = 'refused'; };"
        "tried.src = 'http://127.0.0.1:9/x.png'; 0"
    )
    qtbot.waitUntil(lambda: shown.js("window.got") == "refused")
    shown.js("fetch('http://127.0.0.1:9/y').catch(() => { window.got = 'twice'; }); 0")
    qtbot.waitUntil(lambda: shown.js("window.got") == "twice")
    shown.js("location.href = 'http://127.0.0.1:9/z'; 0")
    assert shown.js("location.href") == "zhihui://map/index.html"
    shown.widget.fence.refused.clear()


def test_that_a_new_revision_is_drawn(shown: Shown, qtbot: QtBot) -> None:
    units = grid_units()
    with qtbot.waitSignal(shown.widget.channel.picture_drawn):
        shown.feed.set_units(units)
        fill(shown)
    rev = shown.feed.rows(MapLayer.UNITS).rev
    qtbot.waitUntil(lambda: shown.js("mapPage.live._rows.get('units').rev") == rev)


def test_that_a_page_whose_process_ends_comes_back_and_says_so(shown: Shown, qtbot: QtBot) -> None:
    page = shown.widget.page()
    assert page is not None
    with qtbot.waitSignal(shown.widget.channel.started, timeout=15_000):
        os.kill(page.renderProcessPid(), signal.SIGKILL)
    qtbot.waitUntil(lambda: "started again" in shown.js("mapPage.panel.note.textContent"))
    fill(shown)
    qtbot.waitUntil(lambda: shown.widget.last_stats["counts"].get("units") == UNITS)
