"""The menu at a place offers what it says, and sensors are painted, told of and picked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from map_parts import ENGINE_TALK, Shown, living_map, quiet
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.domain.sensors import Reading, Sensor, SensorKind, SensorState
from console.ui.mapsprites import SensorShown
from widgets.map.sensorpanel import SensorPanel


@pytest.fixture(scope="module")
def living(qapp: QApplication) -> Iterator[Shown]:
    yield from living_map(qapp)


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_each_entry_of_the_menu_asks_for_what_it_says(living: Shown, qtbot: QtBot) -> None:
    shown = quiet(living, qtbot)
    acted: list[tuple[str, float, float]] = []
    routed: list[tuple[float, float, float, float]] = []
    shown.widget.channel.acted.connect(lambda *told: acted.append(told))
    shown.widget.channel.routed.connect(lambda *told: routed.append(told))
    keys = shown.take_keys(qtbot)
    entries = {"1": "incident", "2": "near", "3": "cameras", "4": "history", "7": "send"}
    for key, action in entries.items():
        shown.click(420, 300, Qt.MouseButton.RightButton)
        qtbot.waitUntil(lambda: shown.js("mapPage.radial.isOpen"))
        QTest.keyClicks(keys, key)
        qtbot.waitUntil(lambda action=action: bool(acted) and acted[-1][0] == action)
    place = json.loads(shown.js("JSON.stringify(mapPage.map.containerPointToLatLng([420, 300]))"))
    assert {(round(lat, 4), round(lon, 4)) for _, lat, lon in acted} == {
        (round(place["lat"], 4), round(place["lng"], 4))
    }
    shown.click(420, 300, Qt.MouseButton.RightButton)
    qtbot.waitUntil(lambda: shown.js("mapPage.radial.isOpen"))
    QTest.keyClicks(keys, "6")
    qtbot.waitUntil(lambda: shown.js("mapPage.routeFrom !== null && !!mapPage.routeFrom"))
    shown.click(600, 400)
    qtbot.waitUntil(lambda: len(routed) == 1)
    assert routed[0][:2] == pytest.approx((place["lat"], place["lng"]), abs=1e-4)
    assert routed[0][2] < routed[0][0]  # further down is further south
    for key, tool in (("5", "MeasureTool"), ("8", "DrawTool")):
        shown.click(420, 300, Qt.MouseButton.RightButton)
        qtbot.waitUntil(lambda: shown.js("mapPage.radial.isOpen"))
        QTest.keyClicks(keys, key)
        name = "mapPage.tool?.constructor.name ?? ''"
        qtbot.waitUntil(lambda name=name, tool=tool: shown.js(name) == tool)
        QTest.keyClick(keys, Qt.Key.Key_Escape)
    assert shown.problems == []


def sensor(number: int, lat: float, value: float, state: SensorState) -> SensorShown:
    made = Sensor(
        id=f"noise-{number}", kind=SensorKind.NOISE, name=f"{number}号工地", lat=lat, lon=116.4,
        limit=70.0,
    )  # fmt: skip
    return SensorShown(
        sensor=made,
        reading=Reading(sensor=made.id, at=datetime.now(UTC), value=value),
        state=state,
    )


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_sensors_are_painted_told_of_and_picked(living: Shown, qtbot: QtBot) -> None:
    shown = quiet(living, qtbot)
    shown.feed.set_sensors([
        sensor(1, 39.8052, 82.4, SensorState.OVER), sensor(2, 39.8112, 55.0, SensorState.NORMAL),
    ])  # fmt: skip
    shown.js("mapPage.toggle('units'); 0")
    qtbot.waitUntil(lambda: shown.js("mapPage.stats.counts.sensors") == 2)
    shown.settle(qtbot)
    owners = shown.owners(qtbot)
    at = {row: (x, y) for layer, row, x, y in owners["positions"] if layer == "sensors"}
    assert {row for layer, row in owners["painted"] if layer == "sensors"} == {0, 1}
    x, y = at[0]
    QTest.mouseMove(shown.target(), QPoint(round(x), round(y)))
    hint = "mapPage.panel.hint.hidden ? '' : mapPage.panel.hint.textContent"
    qtbot.waitUntil(lambda: "82.4 dB(A) · limit 70" in shown.js(hint))
    shown.click(x, y)
    panels: list[SensorPanel] = []

    def is_open() -> bool:
        panels[:] = shown.widget.findChildren(SensorPanel)
        return [one.title.text() for one in panels if one.isVisible()] == ["Noise · 1号工地"]

    qtbot.waitUntil(is_open)
    left: list[int] = []
    shown.widget.escaped.connect(lambda: left.append(1))
    keys = shown.take_keys(qtbot)
    QTest.keyClick(keys, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not panels[0].isVisible())
    assert left == [], "Esc closes what is open, then leaves the map"
    QTest.keyClick(keys, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: left == [1])
    QTest.keyClick(keys, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: shown.js("mapPage.stats.counts.sensors") == 0)
    shown.feed.set_sensors([])
    assert shown.problems == []
