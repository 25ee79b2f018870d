"""Other maps: kept as they were left, following one thing or whatever is picked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from map_parts import ENGINE_TALK, RESOURCES, Shown
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from test_map_ask import asking as asking  # noqa: PLC0414 - the fixture
from test_map_ask import pack_path as pack_path  # noqa: PLC0414 - the fixture

from console.ui.mapsprites import MapLayer
from console.ui.mapwindows import MOST_WINDOWS, WindowState, read_windows, write_windows
from widgets.map.mapwindow import MapMode, MapWindow


def test_that_windows_are_kept_and_what_is_broken_is_none(tmp_path: Path) -> None:
    path = tmp_path / "desk" / "maps.json"
    assert read_windows(path) == []
    kept = [
        WindowState(mode=3, unit="u3", is_held=True, lat=39.9, lon=116.4, zoom=15.5),
        WindowState(),
    ]
    write_windows(path, kept)
    assert read_windows(path) == kept
    rows = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps([{**rows[0], "of another version": 1}] * 50), encoding="utf-8")
    assert read_windows(path) == kept[:1] * MOST_WINDOWS
    for broken in ("", "{", "[1]", '{"x": 1}', '[{"x": "left"}]', "[null]"):
        path.write_text(broken, encoding="utf-8")
        assert read_windows(path) == []
    (tmp_path / "file").write_text("", encoding="utf-8")
    write_windows(tmp_path / "file" / "maps.json", kept)  # it cannot be; the console goes on


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_a_map_stands_and_looks_as_it_was_left(asking: Shown, qtbot: QtBot) -> None:
    shown = asking
    first = MapWindow(shown.model, shown.appearance)
    first.resize(520, 420)
    with qtbot.waitSignal(first.map.ready):
        first.show()
    views: list[dict[str, float]] = []
    first.map.view_moved.connect(views.append)
    first.set_mode(MapMode.FOLLOWING)
    first.follow_unit("u3")
    qtbot.waitUntil(lambda: bool(views) and views[-1]["zoom"] == 15)
    assert "K3" in first.windowTitle()
    first._hold.setChecked(True)
    first.follow_unit("u5")  # picked elsewhere: this map stays with its own
    first.follow_incident("i1")
    state = first.state()
    assert (state.mode, state.unit, state.incident, state.is_held) == (3, "u3", "", True)
    assert (state.width, state.height) == (520, 420)
    with qtbot.waitSignal(first.closed):
        first.close()
    first.deleteLater()

    second = MapWindow(shown.model, shown.appearance)
    second.take_state(state)
    seen: list[dict[str, float]] = []
    second.map.view_moved.connect(seen.append)
    with qtbot.waitSignal(second.map.ready):
        second.show()
    place = shown.feed.rows(MapLayer.UNITS).place_of("u3")
    assert place is not None
    qtbot.waitUntil(lambda: bool(seen) and abs(seen[-1]["lat"] - place[0]) < 1e-3)
    assert seen[-1]["zoom"] == 15
    again = second.state()
    assert (again.unit, again.is_held, again.width) == ("u3", True, 520)
    second.set_mode(MapMode.FREE)
    assert (second.state().unit, second.state().is_held) == ("", False)
    far = WindowState(mode=9, x=90_000, y=-5000, width=9000, height=10, screen="gone", lat=39.9,
                      lon=116.4, zoom=12.0)  # fmt: skip
    second.take_state(far)
    room = second.screen().availableGeometry()
    assert room.contains(second.geometry().topLeft())
    assert second.width() <= room.width()
    assert second.mode is MapMode.FREE
    with qtbot.waitSignal(second.closed):
        second.close()
    second.deleteLater()
    shown.settle(qtbot)
    assert shown.problems == []


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_somebody_is_sent_to_the_incident_of_a_place_or_to_a_new_one(
    asking: Shown, qtbot: QtBot
) -> None:
    shown = asking
    shown.js("mapPage.map.setView([39.9, 116.4], 15); 0")
    shown.settle(qtbot)
    target = shown.take_keys(qtbot)
    for move, signal in ((False, shown.widget.send_wanted), (True, shown.widget.send_at_wanted)):
        if move:
            QTest.keyClick(target, Qt.Key.Key_Right)  # where nothing is known
        QTest.keyClick(target, Qt.Key.Key_P)
        qtbot.waitUntil(lambda: shown.js("mapPage.radial.isOpen"))
        with qtbot.waitSignal(signal) as wanted:
            QTest.keyClick(target, Qt.Key.Key_7)
        if move:
            assert wanted.args[0] == pytest.approx(39.9, abs=1e-4)
        else:
            assert wanted.args == ["i1"]


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_nothing_the_page_can_do_asks_for_another_address(asking: Shown, qtbot: QtBot) -> None:
    shown = asking
    shown.js("mapPage.map.setView([39.9, 116.4], 15); 0")
    keys = shown.js("Object.keys(pageKeys(mapPage)).join(' ')").split(" ")
    assert len([key for key in keys if key]) > 20
    shown.js("for (const act of Object.values(pageKeys(mapPage))) act(); 0")
    shown.js(
        "for (const [action] of RADIAL_ITEMS) { mapPage.radial.open(mapPage.map.getCenter());"
        " mapPage.radial.choose(action); } mapPage.endTool();"
        "mapPage.areas.ask([[39.9, 116.4], [39.91, 116.4], [39.91, 116.41]]);"
        "mapPage.timebar.show({is_on: true, begins_ms: 1e12, ends_ms: 1e12 + 36e5, at_ms: 1e12,"
        " text: '', units: 0, place: 'x'});"
        "mapPage.drawings.showTrails([{name: 'K1', colour: 1, points: [[39.9, 116.4],"
        " [39.91, 116.4]]}]);"
        "mapPage.search.focus(); 0"
    )
    shown.settle(qtbot)
    assert list(shown.widget.fence.refused) == []
    assert shown.widget.fence.passed > 20
    for path in (RESOURCES / "map").iterdir():
        assert "://" not in path.read_text(encoding="utf-8"), path
