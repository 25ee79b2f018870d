"""The map while it runs: themes, drags, other addresses, a page that ends."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from map_parts import (
    ENGINE_TALK,
    UNITS,
    Shown,
    fill,
    grid_units,
    living_map,
    quiet,
)
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.domain.ids import IncidentId, UnitId
from console.ui.mapfeed import NearMark
from console.ui.mapsprites import MapLayer

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


def test_that_theme_and_language_change_while_it_runs(shown: Shown, qtbot: QtBot) -> None:
    shown.appearance.use_language("zh_CN")
    shown.widget.set_language("zh_CN")
    shown.appearance.use_theme("light")
    shown.widget.set_theme(shown.appearance.theme)
    qtbot.waitUntil(lambda: shown.js("document.querySelector('.box h2').textContent") == "图层")
    qtbot.waitUntil(lambda: ("light", "zh") in {asked[:2] for asked in shown.tiles.asked})
    assert shown.js("document.documentElement.lang") == "zh"

    qtbot.waitUntil(lambda: shown.shows(60, 640, "#E0F0D0"))
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


def test_that_nothing_is_drawn_while_the_map_is_dragged(shown: Shown, qtbot: QtBot) -> None:
    target, drawn = shown.target(), "mapPage.live._token"
    before = json.loads(shown.js("JSON.stringify(mapPage.map.getCenter())"))
    QTest.mouseMove(target, QPoint(500, 650))
    QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=QPoint(500, 650))
    for x in range(500, 380, -10):
        QTest.mouseMove(target, QPoint(x, 650))
    qtbot.waitUntil(lambda: shown.js("mapPage.live._moving"))
    pictures, rev = shown.js(drawn), shown.feed.rows(MapLayer.UNITS).rev
    fill(shown)
    qtbot.waitUntil(lambda: shown.js("mapPage.live._rows.get('units').rev") > rev)
    assert shown.js(drawn) == pictures
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=QPoint(380, 650))
    qtbot.waitUntil(lambda: shown.js(drawn) > pictures)
    after = json.loads(shown.js("JSON.stringify(mapPage.map.getCenter())"))
    assert after["lng"] > before["lng"]


def test_that_the_old_picture_is_stretched_until_the_new_one_comes(shown: Shown) -> None:
    told = json.loads(
        shown.js(
            "(() => { const live = mapPage.live, map = mapPage.map;"
            " const before = map.layerPointToLatLng(live._shown.topLeft);"
            " map.setZoom(map.getZoom() + 1);"
            " const style = new DOMMatrix(getComputedStyle(live._canvas).transform);"
            " const after = map.layerPointToLatLng([style.e, style.f]);"
            " return JSON.stringify({scale: style.a, off: before.distanceTo(after)}); })()"
        )
    )
    assert told["scale"] == 2
    assert told["off"] < 200  # metres; a pixel is 76 m at this zoom


def test_that_what_is_shown_before_it_is_known_is_looked_at_when_it_comes(
    shown: Shown, qtbot: QtBot
) -> None:
    assert not shown.widget.show_incident("i2")
    known = shown.feed.incident("i1")
    assert known is not None
    later = replace(known, id=IncidentId("i2"), number=None, lat=39.95, lon=116.33)
    shown.feed.set_incidents([known, later])
    middle = "JSON.stringify(mapPage.map.getCenter())"
    qtbot.waitUntil(lambda: abs(json.loads(shown.js(middle))["lat"] - 39.95) < 1e-3)
    assert shown.js("mapPage.map.getZoom()") == 15
    fill(shown)
    shown.feed.set_picked(None)


def test_that_what_is_picked_on_the_map_does_not_move_it(shown: Shown, qtbot: QtBot) -> None:
    told = shown.owners(qtbot)
    places = {(layer, row): (x, y) for layer, row, x, y in told["positions"]}
    zoom = shown.js("mapPage.map.getZoom()")
    shown.widget.incident_picked.connect(shown.widget.show_incident)
    with qtbot.waitSignal(shown.widget.incident_picked):
        shown.click(*places["incidents", 0])
    shown.settle(qtbot)
    assert shown.js("mapPage.map.getZoom()") == zoom
    shown.widget.incident_picked.disconnect(shown.widget.show_incident)
    assert shown.widget.show_incident("i1")
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getZoom()") == 15)
    shown.feed.set_picked(None)


def test_that_the_map_steps_back_for_the_units_near_to_an_incident(
    shown: Shown, qtbot: QtBot
) -> None:
    assert shown.widget.show_incident("i1")
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getZoom()") == 15)
    near = [NearMark(unit=UnitId("u494"), rank=1, text="2.1′")]
    shown.feed.set_near(near, incident="another")
    shown.feed.set_near(near, incident="i1")
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getZoom()") < 15)
    shown.settle(qtbot)
    told = shown.owners(qtbot)
    x, y = next((x, y) for layer, no, x, y in told["positions"] if (layer, no) == ("units", 494))
    assert 0 < x < shown.widget.width()
    assert 0 < y < shown.widget.height()
    shown.feed.set_near([])
    shown.feed.set_picked(None)


def test_that_the_consoles_own_keys_work_while_the_map_has_the_focus(
    shown: Shown, qtbot: QtBot
) -> None:
    keys = []
    shortcut = QShortcut(QKeySequence("Ctrl+K"), shown.widget, lambda: keys.append("Ctrl+K"))
    shown.take_keys(qtbot)
    QTest.keyClick(shown.target(), Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: keys == ["Ctrl+K"])
    shortcut.deleteLater()


def test_that_a_hidden_map_is_told_everything_when_it_is_shown_again(
    shown: Shown, qtbot: QtBot
) -> None:
    shown.widget.hide()
    fill(shown)
    rev = shown.feed.rows(MapLayer.UNITS).rev
    shown.widget.show()
    qtbot.waitUntil(lambda: shown.js("mapPage.live._rows.get('units').rev") == rev)


def test_that_a_page_whose_process_ends_comes_back_and_says_so(shown: Shown, qtbot: QtBot) -> None:
    page = shown.widget.page()
    assert page is not None
    with qtbot.waitSignal(shown.widget.channel.started):
        os.kill(page.renderProcessPid(), signal.SIGKILL)
    qtbot.waitUntil(lambda: "started again" in shown.js("mapPage.panel.note.textContent"))
    fill(shown)
    qtbot.waitUntil(lambda: shown.widget.last_stats["counts"].get("units") == UNITS)
