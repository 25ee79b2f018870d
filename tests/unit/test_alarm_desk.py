"""Alarms of a desk: beats and key points watched, put aside with an end, a voice each."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from desk_city import NOW, Desk, Held, assignment, districts, incident, units
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot
from real_data import ROOT

from console.alarms.conditions import Priority
from console.alarms.tones import RATE_HZ, VOICES, samples
from console.domain.areas import Area, AreaId, AreaKind
from console.domain.assignments import AssignmentState
from console.domain.catalogue import CatalogueItem, CatalogueName
from console.domain.ids import CameraId, JurisdictionId, PersonId
from console.domain.levels import Level, Role
from console.domain.places import Camera
from console.domain.shifts import RosterEntry
from console.domain.watch import AlarmMark
from console.protocol.codec import Row, kind_of
from console.protocol.commands import MarkAlarm
from console.sync.state import ChangeBatch, Contents, LinkPhase, LinkState, RowChange, Who
from console.tracking.columns import empty_columns
from console.ui.alarmdesk import AlarmDesk, AlarmRate
from console.ui.alarmlines import AlarmLines, rate_text
from console.ui.alarms import AlarmList
from console.ui.feedalarms import FeedAlarms
from console.ui.mirror import Mirror
from console.ui.status import StatusModel
from console.ui.watchalarms import WatchAlarms
from widgets.common.appearance import Appearance

CORNERS = ((39.9, 116.4), (39.91, 116.4), (39.91, 116.41), (39.9, 116.41))


@dataclass
class Clock:
    """A clock that a test sets."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Watched:
    """A desk's alarms over a mirror, with one unit and one camera."""

    mirror: Mirror
    clock: Clock
    desk: Desk
    watch: WatchAlarms
    cases: AlarmList
    alarms: AlarmDesk

    def bring(self, *rows: Row) -> None:
        changes = tuple(RowChange(kind=kind_of(row), id=row.id, row=row) for row in rows)
        self.mirror.take_changes(ChangeBatch(rev=2, rows=changes))

    def stand(self, lat: float, lon: float) -> None:
        """Have K9 at a place now."""
        force = empty_columns(64)
        force.lat[9], force.lon[9] = lat, lon
        force.t_ms[9] = int(self.clock.at.timestamp() * 1000)
        self.mirror.take_positions(force)

    def look(self, seconds: float = 0.0) -> list[str]:
        """Let time pass and return the ids of the alarms shown."""
        self.clock.on(seconds)
        self.watch.look()
        self.cases.refresh()
        self.alarms.look()
        return [one.id for one in self.alarms.alarms]


@pytest.fixture(autouse=True)
def appearance(qapp: QApplication) -> Appearance:
    return Appearance(qapp, ROOT / "resources", language="en")


@pytest.fixture
def watched() -> Watched:
    clock, desk = Clock(), Desk()
    mirror = Mirror(Held([]), now=clock)
    mirror.take_contents(Contents(rev=1, rows=(*districts(), *units())))
    mirror.take_who(Who(id=PersonId("p1"), name="李敏", role=Role.DISPATCHER))
    watch = WatchAlarms(mirror, desk)
    cases = AlarmList(mirror)
    sources = cases, FeedAlarms(mirror, StatusModel(mirror)), watch
    return Watched(
        mirror=mirror, clock=clock, desk=desk, watch=watch, cases=cases,
        alarms=AlarmDesk(mirror, desk, sources),
    )  # fmt: skip


def beat_of_k9() -> tuple[Area, RosterEntry]:
    k9 = next(one for one in units() if one.call_sign == "K9")
    beat = Area(id=AreaId("b"), name="东单巡区", kind=AreaKind.BEAT, outline=CORNERS)
    turn = RosterEntry(
        id="t", unit=k9.id, starts_at=NOW - timedelta(hours=1), ends_at=NOW + timedelta(hours=2),
        beat="b",
    )  # fmt: skip
    return beat, turn


def test_that_a_unit_outside_the_beat_of_its_turn_is_an_alarm_after_five_minutes(
    watched: Watched,
) -> None:
    watched.bring(*beat_of_k9())
    watched.stand(39.905, 116.405)
    assert watched.look(600) == []
    for _ in range(4):
        watched.stand(39.95, 116.405)
        assert watched.look(60) == []
    for _ in range(3):
        watched.stand(39.95, 116.405)
        found = watched.look(60)
    assert found == ["outside_beat:u9"]
    text = watched.alarms.alarms[0].text
    assert "K9 is outside its beat “东单巡区”" in text
    assert "call it back" in text
    watched.stand(39.905, 116.405)
    watched.look(1)
    watched.stand(39.905, 116.405)
    assert watched.look(130) == []


def test_that_a_unit_with_a_task_an_old_fix_or_no_turn_is_not_asked_about(watched: Watched) -> None:
    beat, turn = beat_of_k9()
    watched.bring(beat, replace(turn, ends_at=NOW - timedelta(minutes=1)))
    for _ in range(8):
        watched.stand(39.95, 116.405)
        assert watched.look(60) == []
    watched.bring(turn)
    watched.stand(39.95, 116.405)
    assert watched.look(900) == [], "nobody knows where it is"


def test_that_only_a_key_point_without_a_picture_is_an_alarm(watched: Watched) -> None:
    points = [
        Camera(id=CameraId(f"c{no}"), name=f"东单{no}", main_url="rtsp://h/1", is_key=no == 1)
        for no in (1, 2)
    ]
    watched.bring(*points)
    watched.watch.take_silent(["c1", "c2"])
    assert watched.look(60) == []
    watched.watch.take_silent(["c1", "c2"])
    assert watched.look(60) == []
    assert watched.look(61) == ["camera_down:c1"]
    assert "Key point 东单1 has no picture" in watched.alarms.alarms[0].text
    watched.watch.take_silent([])
    watched.look(1)
    assert watched.look(130) == []


def test_that_a_rule_changes_time_priority_and_response_of_an_alarm_at_once(
    watched: Watched,
) -> None:
    rule = CatalogueItem(
        id="alarm_rule:camera-down@2026-01-01", catalogue=CatalogueName.ALARM_RULE,
        code="camera-down", name_zh="盲点", name_en="Blind", valid_from="2026-01-01", version=1,
        details={"level": 1, "value": 30, "unit": "s", "response_en": "call the {power} company"},
    )  # fmt: skip
    point = Camera(id=CameraId("c1"), name="东单", main_url="rtsp://h/1", is_key=True)
    watched.bring(point, rule)
    watched.watch.take_silent(["c1"])
    assert watched.look() == []
    assert watched.look(29) == []
    assert watched.look(2) == ["camera_down:c1"]
    (alarm,) = watched.alarms.alarms
    assert alarm.level is Level.CRITICAL
    assert alarm.text.startswith("Key point 东单 has no picture since ")
    assert alarm.text.endswith(" — call the {power} company")
    watched.bring(replace(rule, details={**rule.details, "level": 2}, version=2))
    assert watched.look() == ["camera_down:c1"]
    assert watched.alarms.alarms[0].level is Level.HIGH
    watched.bring(replace(rule, retired=True, version=3))
    assert watched.look() == ["camera_down:c1"]
    assert watched.alarms.alarms[0].level is Level.CAUTION
    assert watched.alarms.alarms[0].text.endswith("— send somebody to look, report the fault")


def test_that_a_districts_line_has_its_own_time_and_without_one_the_citys(
    watched: Watched,
) -> None:
    def line(code: str, district: JurisdictionId | None, **details: float | str) -> CatalogueItem:
        return CatalogueItem(
            id=f"alarm_rule:{code}@2026-01-01", catalogue=CatalogueName.ALARM_RULE, code=code,
            name_zh=code, name_en=code, district=district, valid_from="2026-01-01", version=1,
            details={"level": 3, **details},
        )  # fmt: skip

    watched.bring(
        line("camera-down", None, value=60, unit="s"),
        line("camera-down/a", JurisdictionId("D01"), value=5, unit="min"),
        line("camera-down/b", JurisdictionId("D02")),
        line("silent-on-scene/a", JurisdictionId("D01"), value=2, unit="min"),
    )
    for district in (JurisdictionId("D01"), JurisdictionId("D02"), None):
        name = f"c-{district}"
        watched.bring(
            Camera(
                id=CameraId(name), name=name, main_url="rtsp://h/1", is_key=True, district=district
            )
        )
    names = ["c-D01", "c-D02", "c-None"]
    watched.watch.take_silent(names)
    assert watched.look() == []
    assert watched.look(59) == []
    assert sorted(watched.look(2)) == ["camera_down:c-D02", "camera_down:c-None"]
    assert len(watched.look(230)) == 2
    assert len(watched.look(10)) == 3
    watched.watch.take_silent([])
    watched.look()
    assert watched.look(130) == []
    for no, district in ((1, JurisdictionId("D01")), (2, JurisdictionId("D02"))):
        case = replace(incident(no, "0401", Level.ROUTINE, "望京", 0), district=district)
        there = assignment(no, f"u{no}", case.id, AssignmentState.ON_SCENE)
        there = replace(there, changed_at=watched.clock.at)
        watched.bring(case, there)
    assert not any(one.startswith("silent") for one in watched.look(119))
    assert [one for one in watched.look(2) if one.startswith("silent")] == ["silent_on_scene:a1"]


def test_that_an_alarm_is_put_aside_with_a_reason_until_its_end(
    watched: Watched, qtbot: QtBot, qtmodeltester: ModelTester
) -> None:
    watched.bring(incident(1, "0401", Level.CRITICAL, "望京", 7200))
    assert watched.look() == ["waiting:i1"]
    lines = AlarmLines(watched.alarms)
    qtmodeltester.check(lines)
    with qtbot.waitSignal(watched.alarms.refused):
        assert not watched.alarms.shelve("waiting:i1", 30, " ")
    assert watched.alarms.shelve("waiting:i1", 30, "已通知燃气公司")
    (body,) = watched.desk.bodies
    assert isinstance(body, MarkAlarm)
    assert (body.reason, body.shelved_until) == ("已通知燃气公司", NOW + timedelta(minutes=30))
    watched.bring(
        AlarmMark(id=body.alarm, shelved_until=body.shelved_until, reason=body.reason, version=1)
    )
    assert watched.look(60) == []
    (aside,) = watched.alarms.shelved
    assert aside.reason == "已通知燃气公司"
    assert lines.index(0, AlarmLines.STATE).data() == "put aside"
    assert lines.index(0, AlarmLines.UNTIL).data() == f"{aside.until.astimezone():%H:%M}"
    assert watched.look(30 * 60) == ["waiting:i1"]
    assert watched.alarms.shelved == ()
    qtmodeltester.check(lines)


def test_that_the_rate_counts_what_came_in_ten_minutes_and_chatter_once(
    watched: Watched, qtbot: QtBot
) -> None:
    heard: list[int] = []
    watched.look()
    watched.alarms.raised.connect(heard.append)
    for no in range(1, 13):
        watched.bring(incident(no, "0401", Level.CRITICAL, "望京", 7200))
        watched.look(1)
    assert watched.alarms.rate.is_flood
    assert watched.alarms.rate.count == 12
    assert heard == [Priority.HIGH] * 12
    assert rate_text(watched.alarms.rate).startswith("12 alarms in 10 min")
    first = watched.mirror.incident("i1")
    assert first is not None
    watched.bring(replace(first, level=Level.ROUTINE, version=9))
    watched.look(1)
    watched.bring(replace(first, version=10))
    watched.look(1)
    assert watched.alarms.rate.count == 12, "what comes and goes is one alarm"
    watched.look(700)
    assert watched.alarms.rate == AlarmRate(count=0)
    assert watched.alarms.rate.is_steady


def test_that_a_dead_feed_is_not_put_aside(watched: Watched, qtbot: QtBot) -> None:
    link = LinkState(phase=LinkPhase.DOWN, since=NOW - timedelta(minutes=1), url="u")
    watched.mirror.take_link(link)
    watched.clock.on(30)
    found = watched.look()
    if not found:  # the status line looks once a second
        qtbot.waitUntil(lambda: bool(watched.look()))
    (alarm,) = watched.alarms.alarms
    with qtbot.waitSignal(watched.alarms.refused) as told:
        assert not watched.alarms.shelve(alarm.id, 5, "x")
    assert told.args is not None
    assert "see to the link" in told.args[0]


ALONE = """
from PySide6.QtGui import QGuiApplication
from console.ui.alarmvoice import AlarmVoice
app = QGuiApplication(["x", "-platform", "offscreen"])
voice, said = AlarmVoice(), []
voice.silent.connect(said.append)
heard = [voice.play(priority) for priority in (3, 2, 1)]
voice.stop()
print(any(heard), len(said), said[0] if said else "")
"""


def test_that_a_machine_without_a_loudspeaker_says_so_once() -> None:
    run = subprocess.run(
        [sys.executable, "-c", ALONE], capture_output=True, text=True, check=True, timeout=120,
        env={**os.environ, "PULSE_SERVER": "unix:/nowhere", "XDG_RUNTIME_DIR": "/nowhere"},
    )  # fmt: skip
    heard, said, *words = run.stdout.split()
    assert (heard, said) in {("False", "1"), ("True", "0")}, "it is heard, or says why not, once"
    assert heard == "True" or "loudspeaker:" in words


def test_that_each_priority_has_a_voice_of_its_own() -> None:
    voices = {priority: samples(priority) for priority in Priority}
    pulses = {}
    for priority, wave in voices.items():
        assert wave.dtype == np.int16
        assert 0.3 < len(wave) / RATE_HZ < 2.0
        assert np.abs(wave).max() > 10_000
        loud = np.convolve(np.abs(wave.astype(float)), np.ones(441) / 441, "same") > 800
        pulses[priority] = int((np.diff(loud.astype(int)) == 1).sum()) + int(loud[0])
    assert pulses == {one: len(VOICES[one]) for one in Priority}
    assert len(set(pulses.values())) == 3
    pitch = {one: VOICES[one][0][0] for one in Priority}
    assert pitch[Priority.HIGH] > pitch[Priority.MEDIUM] > pitch[Priority.LOW]
