"""Areas in the page: reshaped by keys and by dragging, filled in, refused without losing a word."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from map_parts import ENGINE_TALK, Shown
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from test_map_ask import Kept, full_mirror
from test_map_ask import asking as asking  # noqa: PLC0414 - the fixture
from test_map_ask import pack_path as pack_path  # noqa: PLC0414 - the fixture

from console.domain.areas import AreaEvent, AreaKind, FenceRule
from console.domain.catalogue import CatalogueItem, CatalogueName
from console.domain.ids import UnitId
from console.domain.watch import AlarmMark
from console.protocol.commands import MarkAlarm
from console.sync.state import ChangeBatch, RowChange
from console.ui.actions import DeskActions
from console.ui.mapareas import MapAreas
from console.ui.mirror import Mirror
from console.ui.watchalarms import WatchAlarms

OUTLINE = [(39.9, 116.39), (39.91, 116.39), (39.91, 116.41), (39.9, 116.41)]


@pytest.fixture
def mirror(qtbot: QtBot) -> Mirror:
    return full_mirror()


def test_that_an_area_is_changed_in_every_part(mirror: Mirror, qtbot: QtBot) -> None:
    kept = Kept(mirror)
    areas = MapAreas(mirror, DeskActions(mirror, kept))
    assert areas.draw(OUTLINE, {"name": "演唱会", "kind": "event"})
    event = areas.shown[0].area
    begins = mirror.now() + timedelta(hours=1)
    what = {
        "name": "北门", "kind": "post", "plan": event.id, "need": 4, "units": "c1、C3 c1",
        "rules": ["absence"], "absence_s": 300, "response": "派机动队",
        "starts_ms": int(begins.timestamp() * 1000),
        "ends_ms": int(begins.timestamp() * 1000) + 3_600_000,
    }  # fmt: skip
    assert areas.draw(OUTLINE, what)
    (post,) = [one for one in areas.shown if one.area.kind is AreaKind.POST]
    assert (post.area.plan, post.units, post.holds) == (event.id, ("C1", "C3"), False)
    assert (post.area.rules, post.area.response) == ((FenceRule.ABSENCE,), "派机动队")
    assert (post.people, post.missing) == (0, 4)  # its time has not come
    moved = [*OUTLINE[:2], (39.92, 116.40), *OUTLINE[2:]]
    assert areas.draw(moved, {**what, "id": post.area.id, "starts_ms": 0})
    (again,) = [one for one in areas.shown if one.area.kind is AreaKind.POST]
    assert (again.people, again.missing) == (2, 2)  # of the four inside two are meant
    assert (again.area.id, len(again.area.outline), again.holds) == (post.area.id, 5, True)
    for wrong, reason in (
        ({"units": "K99"}, "No unit is called K99"),
        ({"ends_ms": 1}, "ends before it begins"),
        ({"name": " "}, "needs a name"),
        ({"plan": again.area.id}, "does not exist"),
    ):
        with qtbot.waitSignal(areas.failed) as failed:
            assert not areas.draw(OUTLINE, {**what, **wrong})
        assert reason in failed.args[0]


class Told:
    """Takes what a desk says of alarms, as central would."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def submit(self, body: MarkAlarm, base_version: int | None = None) -> str:
        mark = AlarmMark(id=body.alarm, acknowledged_at=self._mirror.now(), version=1)
        row = RowChange(kind="alarm_mark", id=mark.id, row=mark)
        self._mirror.take_changes(ChangeBatch(rev=90, rows=(row,)))
        return "c"


def test_that_what_happened_at_an_area_is_an_alarm_that_says_what_to_do(
    mirror: Mirror, qtbot: QtBot
) -> None:
    areas = MapAreas(mirror, DeskActions(mirror, Kept(mirror)))
    areas.draw(OUTLINE, {"name": "工体", "rules": ["enter"], "response": "问明来意"})
    area = areas.shown[0].area.id
    watch = WatchAlarms(mirror, Told(mirror))
    at = mirror.now()
    events = [
        AreaEvent(id="e1", area=area, rule=FenceRule.ENTER, at=at, unit=UnitId("u3")),
        AreaEvent(id="e2", area=area, rule=FenceRule.ABSENCE, at=at),
        AreaEvent(
            id="e3", area=area, rule=FenceRule.ENTER, at=at - timedelta(hours=1), unit=UnitId("u4")
        ),
    ]
    rows = tuple(RowChange(kind="area_event", id=one.id, row=one) for one in events)
    mirror.take_changes(ChangeBatch(rev=80, rows=rows))
    texts = {one.id: one.text for one in watch.alarms if one.id.startswith("area_")}
    assert set(texts) == {"area_crossed:e1", "area_time:e2"}
    assert texts["area_crossed:e1"].startswith("C3 entered “工体” at ")
    assert texts["area_crossed:e1"].endswith(" — 问明来意")
    rule = CatalogueItem(
        id="alarm_rule:area-crossed@2026-01-01", catalogue=CatalogueName.ALARM_RULE,
        code="area-crossed", name_zh="越界", name_en="Crossed", valid_from="2026-01-01", version=1,
        details={"level": 1, "value": 0, "unit": "s", "response_en": "ask why — by radio"},
    )  # fmt: skip
    called = replace(areas.shown[0].area, name="东门—西门", version=9)
    rows = (RowChange(kind="catalogue", id=rule.id, row=rule),
            RowChange(kind="area", id=area, row=called))  # fmt: skip
    mirror.take_changes(ChangeBatch(rev=81, rows=rows))
    watch.look()
    (alarm,) = [one for one in watch.alarms if one.id == "area_crossed:e1"]
    assert alarm.text.startswith("C3 entered “东门—西门” at ")
    assert alarm.text.endswith(" — ask why — by radio")
    assert alarm.unit == "u3"
    assert watch.acknowledge("area_crossed:e1")
    assert [one.id for one in watch.alarms if one.id.startswith("area_")] == ["area_time:e2"]


def opened(shown: Shown, qtbot: QtBot) -> None:
    """Draw an area in the middle of the map, and open its form to change it."""
    areas = shown.model.areas
    assert areas is not None
    centre = json.loads(shown.js("JSON.stringify(mapPage.map.getCenter())"))
    lat, lon = centre["lat"], centre["lng"]
    corners = [(lat - 0.004, lon - 0.004), (lat + 0.004, lon - 0.004), (lat + 0.004, lon + 0.004)]
    areas.draw([*corners, (lat - 0.004, lon + 0.004)], {"name": "围", "rules": ["enter"]})
    qtbot.waitUntil(lambda: shown.js("mapPage.areas.areas.length") == 1)
    shown.take_keys(qtbot)
    shown.js("document.querySelector('.area-label').focus(); 0")
    QTest.keyClick(shown.target(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Nothing in three days" in shown.js(FORM))
    shown.js("document.querySelector('.area-form .area-button').click(); 0")
    qtbot.waitUntil(lambda: shown.js("mapPage.areas.editor !== null"))
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getZoom()") > 12)  # it looks from nearer


FORM = "mapPage.areas.form.textContent"
CORNERS = "mapPage.areas.editor.points.length"


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_corners_are_moved_added_and_taken_out_by_keys(asking: Shown, qtbot: QtBot) -> None:
    shown = asking
    opened(shown, qtbot)
    target = shown.target()
    shown.js("document.querySelector('[data-corner=\"1\"]').focus(); 0")
    before = shown.js("mapPage.areas.editor.points[1].lat")
    QTest.keyClick(target, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: shown.js("mapPage.areas.editor.points[1].lat") > before)
    QTest.keyClick(target, Qt.Key.Key_Plus)
    qtbot.waitUntil(lambda: shown.js(CORNERS) == 5)
    assert shown.js("document.activeElement.dataset.corner") == "2"
    QTest.keyClick(target, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: shown.js("document.activeElement.dataset.corner") == "3")
    for left in (4, 3, 3):  # a triangle keeps its corners
        QTest.keyClick(target, Qt.Key.Key_Delete)
        qtbot.waitUntil(lambda left=left: shown.js(CORNERS) == left)  # type: ignore[misc]
    shown.js("document.querySelector('.area-form [type=submit]').click(); 0")
    qtbot.waitUntil(lambda: shown.js("mapPage.areas.form.hidden"))
    assert shown.model.areas is not None
    (area,) = shown.model.areas.shown
    assert (len(area.area.outline), area.area.rules) == (3, (FenceRule.ENTER,))
    assert shown.problems == []


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_a_corner_is_dragged_and_a_refused_form_keeps_its_words(
    asking: Shown, qtbot: QtBot
) -> None:
    shown = asking
    opened(shown, qtbot)
    at = json.loads(shown.js(
        "(() => { const r = document.querySelector('[data-corner=\"2\"]').getBoundingClientRect();"
        " return JSON.stringify([r.x + r.width / 2, r.y + r.height / 2]); })()"))  # fmt: skip
    before = shown.js("mapPage.areas.editor.points[2].lng")
    target = shown.target()
    begin = QPoint(round(at[0]), round(at[1]))
    QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=begin)
    for step in range(1, 6):
        QTest.mouseMove(target, begin + QPoint(step * 10, 0))
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=begin + QPoint(50, 0))
    qtbot.waitUntil(lambda: shown.js("mapPage.areas.editor.points[2].lng") > before)
    shown.js("mapPage.areas.form.querySelector('input').value = ''; 0")
    shown.js("document.querySelector('.area-form [type=submit]').click(); 0")
    qtbot.waitUntil(lambda: "needs a name" in shown.js("mapPage.panel.note.textContent"))
    assert not shown.js("mapPage.areas.form.hidden")
    assert shown.js("mapPage.areas.editor.points[2].lng") > before
    shown.js("mapPage.areas.form.querySelector('input').value = '围二'; 0")
    shown.js("document.querySelector('.area-form [type=submit]').click(); 0")
    qtbot.waitUntil(lambda: shown.js("mapPage.areas.form.hidden"))
    assert shown.model.areas is not None
    (area,) = shown.model.areas.shown
    assert area.area.name == "围二"
    assert area.area.outline[2][1] > before
