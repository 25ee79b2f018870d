"""What the card and the alarms tell: names, codes in words, the way out when nothing is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from desk_city import NOW, change, filled_mirror, incident
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from console.domain.assignments import AssignmentState
from console.domain.ids import CameraId, EvidenceId, IncidentId, PersonId, UnitId
from console.domain.incidents import Stage
from console.domain.levels import Channel, Level
from console.domain.places import Evidence, EvidenceKind, LogEntry
from console.ui.alarms import AlarmKind, AlarmList
from console.ui.card import card_of, still_of
from console.ui.logtexts import detail_text
from console.ui.words import person_word, reach_text
from widgets.common.appearance import Appearance
from widgets.desk.card_parts import EvidenceThumb, assignment_part


def entry(verb: str, detail: str | None = None, **kw: object) -> LogEntry:
    values: dict[str, object] = {"id": "l9", "incident": IncidentId("i317"), "at": NOW}
    given = {**values, "actor": PersonId("city"), "verb": verb, "detail": detail, **kw}
    return LogEntry(**given)  # type: ignore[arg-type]  # a table of fields for tests


@pytest.mark.parametrize(
    ("written", "english", "chinese"),
    [
        (entry("opened", str(Channel.HOTLINE)), "12345 call", "12345 热线"),
        (entry("report_joined", "app: 又来了"), "App: 又来了", "手机应用: 又来了"),
        (entry("evidence_attached", "frame"), "camera picture", "视频截图"),
        (entry("amended", "level: 3 → 2"), "level: Caution → High", "级别: 较急 → 紧急"),
        (entry("noted", "level: 3 → 2"), "level: 3 → 2", "level: 3 → 2"),
        (entry("amended", "place: 甲; 乙 → 丙"), "place: 甲; 乙 → 丙", "place: 甲; 乙 → 丙"),
    ],
)
def test_that_codes_in_the_log_are_told_in_words(
    appearance: Appearance, written: LogEntry, english: str, chinese: str
) -> None:
    assert detail_text(written) == english
    appearance.use_language("zh_CN")
    assert detail_text(written) == chinese


def test_that_a_unit_is_named_for_what_its_gateway_passed_on(appearance: Appearance) -> None:
    mirror = filled_mirror()
    reader = mirror._reader
    reader.rows += [  # type: ignore[attr-defined]  # the test's own reader
        entry("seen", unit=UnitId("u7"), id="l7"),
        entry("assigned", unit=UnitId("u7"), id="l8"),
    ]
    card = card_of(mirror, "i317")
    assert card is not None
    actors = {line.entry.id: line.actor for line in card.log}
    assert (actors["l7"], actors["l8"]) == ("K7", "city")
    assert person_word("city") == "Gateway"
    assert person_word("Dispatcher") == "Dispatcher"
    appearance.use_language("zh_CN")
    assert person_word("Dispatcher") == "调度员"
    assert person_word("李敏") == "李敏"


def test_that_what_is_not_sent_names_the_way_out(appearance: Appearance, qtbot: QtBot) -> None:
    mirror = filled_mirror()
    held = mirror.unit("u7")
    assert held is not None
    change(mirror, replace(held, phone="13800000007", radio="10007", version=2))
    card = card_of(mirror, "i317")
    assert card is not None
    line = next(one for one in card.assignments if one.call_sign == "K7")
    part = assignment_part(replace(line, pending=True), appearance)
    qtbot.addWidget(part)
    texts = [label.text() for label in part.findChildren(QLabel)]
    assert "NOT SENT" in texts
    assert any("phone 13800000007, radio 10007" in text for text in texts)
    sent = assignment_part(line, appearance)
    qtbot.addWidget(sent)
    assert not any("13800000007" in label.text() for label in sent.findChildren(QLabel))
    assert reach_text(None) == "radio"


def test_that_a_cameras_own_bytes_show_the_still_of_their_moment(
    appearance: Appearance, qtbot: QtBot
) -> None:
    frame = Evidence(
        id=EvidenceId("e1"), incident=IncidentId("i317"), kind=EvidenceKind.FRAME,
        media_type="image/jpeg", sha256="ab" * 32, size=2048, captured_at=NOW,
        camera=CameraId("c1"),
    )  # fmt: skip
    original = replace(
        frame, id=EvidenceId("e2"), kind=EvidenceKind.VIDEO, media_type="video/H264",
        sha256="cd" * 32,
    )  # fmt: skip
    elsewhere = replace(original, camera=CameraId("c2"))
    held = (frame, original, elsewhere)
    assert [still_of(one, held) for one in held] == [None, frame, None]
    for evidence, wanted in ((frame, frame.sha256), (original, frame.sha256), (elsewhere, None)):
        thumb = EvidenceThumb(appearance, evidence, still_of(evidence, held))
        qtbot.addWidget(thumb)
        assert thumb.picture_sha256 == wanted


def test_that_counts_and_alarms_follow_what_changes(appearance: Appearance) -> None:
    mirror = filled_mirror()
    alarms = AlarmList(mirror)
    alarms.refresh()
    many = [
        incident(1000 + no, "0301", Level.HIGH, f"第 {no} 号", 900.0, version=1)
        for no in range(200)
    ]
    change(mirror, *many)
    alarms.refresh()
    assert alarms.counts.by_level() == {1: 1, 2: 202, 3: 2, 4: 1}
    assert alarms.counts.unacknowledged == 202
    alarms.acknowledge("i1000")
    assert alarms.counts.unacknowledged == 201
    change(mirror, *(replace(one, stage=Stage.CANCELLED, version=2) for one in many))
    alarms.refresh()
    assert alarms.counts.by_level() == {1: 1, 2: 2, 3: 2, 4: 1}
    assert [alarm.incident for alarm in alarms.alarms] == ["i316", "i317"]
    reopened = replace(many[0], version=3)
    change(mirror, reopened)
    alarms.refresh()
    assert not any(alarm.is_acknowledged for alarm in alarms.alarms)


def test_that_time_alone_makes_an_order_late_and_names_the_officers_phone(
    appearance: Appearance, qtbot: QtBot
) -> None:
    mirror = filled_mirror()
    held = mirror.assignment("a1")
    unit = mirror.unit("u7")
    assert held is not None
    assert unit is not None
    fresh = replace(
        held, version=9, times={AssignmentState.ORDERED.value: NOW - timedelta(seconds=59)}
    )
    change(mirror, fresh, replace(unit, phone="13800000007", version=2))
    alarms = AlarmList(mirror)
    alarms.refresh()
    assert AlarmKind.NOT_ACCEPTED not in {alarm.kind for alarm in alarms.alarms}
    mirror._now = lambda: NOW + timedelta(seconds=2)
    with qtbot.waitSignal(alarms.changed):
        """The list's own clock finds it."""
    late = next(one for one in alarms.alarms if one.kind is AlarmKind.NOT_ACCEPTED)
    assert "K7 has not accepted for 60 s" in late.text
    assert "13800000007" in late.text
