"""The map on a real screen: what is drawn is read back, clicked and reached by keys."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from map_parts import (
    ENGINE_TALK,
    UNITS,
    Shown,
    expected_pixels,
    grid_places,
    grid_units,
    living_map,
    quiet,
)
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.domain.units import UnitKind, UnitStatus

pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True),
]


@pytest.fixture(scope="module")
def living(qapp: QApplication) -> Iterator[Shown]:
    yield from living_map(qapp)


@pytest.fixture
def shown(living: Shown, qtbot: QtBot) -> Shown:
    return quiet(living, qtbot)


def test_that_every_unit_has_pixels_of_its_own_where_it_is(shown: Shown, qtbot: QtBot) -> None:
    told = shown.owners(qtbot)
    painted = {tuple(pair) for pair in told["painted"]}
    assert {("units", no) for no in range(UNITS)} <= painted
    assert {("cameras", 0), ("incidents", 0)} <= painted
    drawn = {(layer, no): (x, y) for layer, no, x, y in told["positions"]}
    x, y = expected_pixels(shown, *grid_places())
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
    qtbot.waitUntil(lambda: shown.shows(60, 640, "#203040"))


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
    shown.click(500, 350, Qt.MouseButton.RightButton)
    qtbot.waitUntil(lambda: shown.js("mapPage.radial.isOpen"))
    with qtbot.waitSignal(shown.widget.place_picked) as placed:
        QTest.keyClick(shown.take_keys(qtbot), Qt.Key.Key_1)
    lat, lon = placed.args
    x, y = expected_pixels(shown, [lat], [lon])
    assert (x[0], y[0]) == pytest.approx((500, 350), abs=1.5)


def test_that_keys_do_everything_the_mouse_does(shown: Shown, qtbot: QtBot) -> None:
    target = shown.take_keys(qtbot)
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
    QTest.keyClick(target, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: shown.js("mapPage.radial.isOpen"))
    with qtbot.waitSignal(shown.widget.place_picked):
        QTest.keyClick(target, Qt.Key.Key_1)


def test_that_enter_picks_what_is_nearest_to_the_middle(shown: Shown, qtbot: QtBot) -> None:
    assert shown.widget.show_unit("u212")
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getZoom()") == 15)
    shown.settle(qtbot)
    shown.take_keys(qtbot)
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
