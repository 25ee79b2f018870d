"""What makes the desk handy: lines that follow the queue, units told in a sentence, looks kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from desk_city import NOW, Desk, change, filled_mirror, incident
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from console.domain.ids import CameraId, PersonId
from console.domain.levels import Level
from console.patrol.ledger import Look, Looker
from console.tracking.columns import empty_columns
from console.ui.actions import DeskActions
from console.ui.commandline import CommandLine
from console.ui.mirror import Mirror
from console.ui.queue import IncidentQueueModel
from console.ui.unittexts import unit_sentence
from console.ui.words import due_text
from console.video.ownlooks import OwnLooks
from widgets.common.appearance import Appearance
from widgets.desk.new_incident import NewIncidentForm
from widgets.desk.queue_view import QueueView
from widgets.shell.command_edit import SETTLED_S, CommandEdit

pytestmark = pytest.mark.xvfb


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def mirror(appearance: Appearance) -> Mirror:
    mirror = filled_mirror()
    held = {unit.call_sign: unit for unit in mirror.units()}
    force = empty_columns(64)
    for sign, north in (("K9", 0.05), ("K20", 0.01), ("K25", 0.02)):
        no = held[sign].no
        force.lat[no], force.lon[no] = 39.93 + north, 116.45
        force.t_ms[no] = int((NOW - timedelta(seconds=12)).timestamp() * 1000)
    mirror.take_positions(force)
    return mirror


@pytest.fixture
def line(mirror: Mirror, qtbot: QtBot) -> tuple[CommandEdit, Clock]:
    queue = IncidentQueueModel(mirror, mirror)
    reader = CommandLine(mirror, queue, DeskActions(mirror, Desk(), mirror), parent=mirror)  # type: ignore[arg-type]  # takes what this test sends
    clock = Clock()
    edit = CommandEdit(reader, clock=clock)
    queue.rowsInserted.connect(lambda *_: edit.look_again())
    qtbot.addWidget(edit)
    edit.resize(600, 30)
    edit.show()
    qtbot.waitExposed(edit)
    edit.activateWindow()
    edit.setFocus()
    qtbot.waitUntil(edit.hasFocus)
    return edit, clock


def test_that_a_line_whose_row_moved_is_not_given_by_the_enter_on_its_way(
    line: tuple[CommandEdit, Clock], mirror: Mirror, qtbot: QtBot
) -> None:
    edit, _ = line
    qtbot.keyClicks(edit, "D 2 K9")
    before = edit.popup.sentence.text()
    assert "00313" in before
    change(mirror, incident(400, "0401", Level.CRITICAL, "新街口", 60.0))
    assert edit.popup.sentence.text() != before
    with qtbot.assertNotEmitted(edit.entered):
        qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert "Enter again" in edit.popup.sentence.text()
    with qtbot.waitSignal(edit.entered) as given:
        qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert given.args == ["D 2 K9"]


def test_that_a_line_read_after_it_moved_is_given_at_once(
    line: tuple[CommandEdit, Clock], mirror: Mirror, qtbot: QtBot
) -> None:
    edit, clock = line
    qtbot.keyClicks(edit, "D 2 K9")
    change(mirror, incident(400, "0401", Level.CRITICAL, "新街口", 60.0))
    clock.seconds += SETTLED_S
    with qtbot.waitSignal(edit.entered):
        qtbot.keyClick(edit, Qt.Key.Key_Return)


def test_that_what_lies_ready_never_replaces_what_was_typed(
    line: tuple[CommandEdit, Clock], qtbot: QtBot
) -> None:
    edit, _ = line
    edit.offer("D 00317 K9")
    assert edit.text() == ""
    edit.clearFocus()
    edit.offer("D 00317 K9")
    edit.offer("D 00317 K20")
    assert edit.text() == "D 00317 K20"
    edit.setFocus()
    qtbot.waitUntil(edit.popup.isVisible)
    assert "K20" in edit.popup.sentence.text()
    edit.clearFocus()
    edit.setText("N x")
    edit.offer("")
    assert edit.text() == "N x"


def test_that_completion_offers_who_is_near_to_the_row_named(
    line: tuple[CommandEdit, Clock], qtbot: QtBot
) -> None:
    edit, _ = line
    qtbot.keyClicks(edit, "D 1 ")
    assert edit.popup.rows.stringList()[:3] == ["D 1 K20 ", "D 1 K25 ", "D 1 K9 "]


def test_that_a_unit_is_told_in_a_sentence(mirror: Mirror, appearance: Appearance) -> None:
    held = mirror.unit("u7")
    free = mirror.unit_called("K9")
    assert held is not None
    assert free is not None
    assert unit_sentence(mirror, free) == "K9 王建国 · officer · free · fix 12 s old · no task"
    busy = unit_sentence(mirror, replace(held, phone="138", radio="7"))
    assert "no fix" in busy
    assert "00317 " in busy
    assert busy.endswith("phone 138, radio 7")
    appearance.use_language("zh_CN")
    assert "定位 12 秒前 · 无派单" in unit_sentence(mirror, free)


def look(point: str, seconds: float, person: str | None = "p1") -> Look:
    return Look(
        point=CameraId(point),
        at=NOW + timedelta(seconds=seconds),
        by=Looker.PERSON,
        person=None if person is None else PersonId(person),
    )


def test_that_looks_outlive_the_console(tmp_path: Path) -> None:
    path = tmp_path / "console" / "own_looks.db"
    first = OwnLooks(path)
    for one in (look("a", 1.5), look("b", -90.0), look("c", 3.0, None), look("a", 0.5)):
        first.put(one)
    first.close()
    again = OwnLooks(path)
    kept = sorted(again.since(NOW), key=lambda one: one.point)
    again.close()
    assert kept == [look("a", 1.5), look("c", 3.0, None)]


def test_that_a_damaged_file_of_looks_is_begun_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "own_looks.db"
    path.write_bytes(b"no database at all" * 500)
    looks = OwnLooks(path)
    assert looks.since(NOW) == []
    looks.put(look("a", 1.0))
    assert [one.point for one in looks.since(NOW)] == ["a"]
    looks.close()
    assert "counted anew" in caplog.text


def test_that_a_number_of_two_days_is_asked_for_whole(mirror: Mirror) -> None:
    queue = IncidentQueueModel(mirror, mirror)
    reader = CommandLine(mirror, queue, DeskActions(mirror, Desk(), mirror), parent=mirror)  # type: ignore[arg-type]  # takes what this test sends
    change(mirror, incident(401, "0401", Level.CRITICAL, "新街口", 60.0, number="20261123-00317"))
    assert reader.preview("D 00317 K9") == (
        "Several incidents bear the number 00317; type the row or 20261122-00317 / 20261123-00317.",
        False,
    )
    sentence, can_be = reader.preview("D 20261123-00317 K9")
    assert can_be
    assert "新街口" in sentence
    assert not reader.preview("D 2026-1-1 K9")[1]


def test_that_a_limit_of_another_day_says_its_date() -> None:
    now = NOW.astimezone().replace(hour=12, minute=0)
    assert due_text(now + timedelta(hours=1), now) == "13:00"
    assert due_text(now + timedelta(days=1), now) == (now + timedelta(days=1)).strftime(
        "%m-%d 12:00"
    )


def test_that_an_incident_just_opened_is_chosen_when_its_row_comes(
    mirror: Mirror, appearance: Appearance, qtbot: QtBot
) -> None:
    view = QueueView(appearance, IncidentQueueModel(mirror, mirror))
    qtbot.addWidget(view)
    view.choose("i317")
    view.choose("i500")
    assert view.current_id() == "i317"
    change(mirror, incident(500, "0401", Level.ROUTINE, "新街口", 60.0))
    assert view.current_id() == "i500"
    change(mirror, incident(501, "0401", Level.ROUTINE, "新街口", 60.0))
    assert view.current_id() == "i500"


def test_that_a_form_typed_in_part_is_written_out(appearance: Appearance, qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.resize(900, 600)
    form = NewIncidentForm(holder)
    holder.show()
    qtbot.waitExposed(holder)
    form.open()
    typed = form.form.lineEdit()
    assert typed is not None
    qtbot.keyClicks(typed, "night constr")
    qtbot.keyClick(typed, Qt.Key.Key_Return)
    assert form.form.currentText().startswith("Night construction")
    form.place.setText("nowhere")
    form.offer_places("nowhere", [])
    assert any("no position" in label.text() for label in form.findChildren(QLabel))
