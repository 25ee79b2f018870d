"""Six cases from the first word to the closing, at the desk, by keyboard alone.

What is typed goes to a real central; every stage is looked at there and on a second console.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from central_parts import CentralServer, a_city, some_units
from desk_parts import all_answered
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from test_console_window import ROOT, Console

from console.app.consolesettings import ConsoleSettings
from console.app.desktop_models import DeskModels
from console.domain.assignments import AssignmentState
from console.domain.ids import JurisdictionId, ReportId, new_id
from console.domain.incidents import Incident, Report
from console.domain.levels import Channel, Role
from console.protocol.commands import AddReport, ReportOutcome

pytestmark = [pytest.mark.e2e, pytest.mark.xvfb]
WITHIN_MS = 120_000


def settings_for(server: CentralServer, home: Path, login: str) -> ConsoleSettings:
    return ConsoleSettings(
        url=server.url, account=login, password=server.password(login), home=home,
        name=login, resources=ROOT / "resources", started_file=home / "started.json",
    )  # fmt: skip


class Desk:
    """A dispatcher's desk worked by keys, and a shift lead's console that looks on."""

    def __init__(
        self, server: CentralServer, console: Console, second: DeskModels, qtbot: QtBot
    ) -> None:
        self.server, self.console, self.second, self.qtbot = server, console, second, qtbot

    def type(self, line: str) -> None:
        """Ctrl+K, the line, Enter; it has to be taken."""
        self.qtbot.keyClick(self.console.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        edit = self.console.window.top.command
        assert edit.hasFocus()
        edit.clear()
        for word in line:
            QApplication.sendEvent(edit, _key_event(word))
        with self.qtbot.waitSignal(self.console.window.command_entered, timeout=WITHIN_MS):
            self.qtbot.keyClick(edit, Qt.Key.Key_Return)

    def press(self, key: Qt.Key, where: QWidget) -> None:
        self.qtbot.keyClick(where, key)

    def mine(self, place: str) -> Incident:
        """Return the incident at a place, as this desk has it, when central has numbered it."""
        models = self.console.models

        def found() -> Incident | None:
            every = models.mirror._rows.incidents()
            return next((one for one in every if one.place == place and one.number), None)

        self.until(lambda: found() is not None)
        one = found()
        assert one is not None
        return one

    def new(self, form: str, place: str) -> Incident:
        self.type(f"N {form} @{place}; typed at the desk")
        return self.mine(place)

    def no(self, incident: Incident) -> str:
        """Return what the incident is called in a line."""
        number = incident.short_number
        assert number is not None
        return number

    def is_at(self, incident: str, stage: str) -> None:
        """Wait until central, this desk and the second console all have the stage."""
        query = f"SELECT stage FROM incident WHERE id = '{incident}'"

        def everywhere() -> bool:
            here = self.console.models.mirror.incident(incident)
            there = self.second.mirror.incident(incident)
            if here is None or there is None:
                return False
            at_central = [row[0] for row in self.rows(query)]
            return at_central == [stage] == [here.stage] == [there.stage]

        self.until(everywhere)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.server.database)) as connection:
            return connection.execute(query).fetchall()

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=WITHIN_MS)

    def outcome(self, call_sign: str, incident: str, words: str) -> None:
        """Have an officer report; an outcome is told by the handheld, never by the desk."""
        unit = self.console.models.mirror.unit_called(call_sign)
        assert unit is not None
        held = self.console.models.mirror.assignments_of(incident)
        (task,) = [one for one in held if one.unit == unit.id and one.is_running]
        officer = self.server.officer(call_sign)
        body = ReportOutcome(assignment=task.id, outcome=words, at=datetime.now(UTC))
        (result,) = officer.post(body)
        officer.close()
        assert result.reason is None

    def handle(self, incident: Incident, unit: str) -> None:
        """Send a unit and follow it until it has reported."""
        self.type(f"D {self.no(incident)} {unit}")
        self.is_at(incident.id, "dispatch")
        self.type(f"S {unit} accepted")
        self.is_at(incident.id, "handle")
        self.type(f"S {unit} arrived")
        self.until(lambda: self.state_of(incident.id, unit) is AssignmentState.ON_SCENE)
        self.outcome(unit, incident.id, "已责令整改")
        self.is_at(incident.id, "report_back")

    def state_of(self, incident: str, call_sign: str) -> AssignmentState | None:
        """Return how far a unit is with an incident, as the second console has it."""
        unit = self.second.mirror.unit_called(call_sign)
        held = self.second.mirror.assignments_of(incident)
        mine = [one for one in held if unit is not None and one.unit == unit.id]
        return mine[-1].state if mine else None

    def verify_and_close(self, incident: Incident) -> None:
        self.type(f"V {self.no(incident)}")
        self.is_at(incident.id, "verify")
        self.type(f"C {self.no(incident)}")
        self.is_at(incident.id, "evaluate")

    def log(self, incident: str) -> list[str]:
        query = f"SELECT verb FROM log_entry WHERE incident = '{incident}' ORDER BY at, id"
        return [verb for (verb,) in self.rows(query)]


def _key_event(letter: str) -> QKeyEvent:
    """Return the press of a letter, Chinese ones as an input method hands them over."""
    return QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, letter)


@pytest.fixture
def desk(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    server = CentralServer(tmp_path / "central-home")
    units = [
        replace(unit, district=JurisdictionId("D01" if unit.no % 2 else "D02"))
        for unit in some_units()
    ]
    server.seed(units, jurisdictions=a_city())
    server.start()
    console = Console(qapp, settings_for(server, tmp_path / "desk", "dispatcher"))
    second = DeskModels(settings_for(server, tmp_path / "second", "lead"))
    second.start()
    qtbot.addWidget(console.window)
    console.window.show()
    qtbot.waitExposed(console.window)
    console.window.activateWindow()
    qtbot.waitUntil(console.window.isActiveWindow)
    started = Desk(server, console, second, qtbot)
    started.until(lambda: console.models.mirror.is_loaded and second.mirror.is_loaded)
    yield started
    console.close()
    second.stop()
    server.stop()


def test_that_six_cases_go_from_the_first_word_to_the_closing_by_keyboard(desk: Desk) -> None:
    plain(desk)
    duplicate_from_two_channels(desk)
    refused_by_the_first(desk)
    reopened_after_closing(desk)
    escalated(desk)
    across_districts(desk)
    assert desk.console.models.mirror.tray() == ()
    assert desk.rows("SELECT count(*) FROM incident WHERE number IS NULL") == [(0,)]


def plain(desk: Desk) -> None:
    case = desk.new("0502", "一号街 1 号")
    desk.is_at(case.id, "file")
    assert case.limit == "2h"
    desk.handle(case, "K1")
    desk.verify_and_close(case)
    desk.type(f"/rate {case.number} 5 content")
    desk.until(lambda: desk.rows(f"SELECT rating FROM incident WHERE id = '{case.id}'") == [(5,)])
    assert desk.log(case.id) == [
        "opened", "filed", "assigned", "accepted", "on_scene", "cleared", "verified", "closed",
        "called_back",
    ]  # fmt: skip


def duplicate_from_two_channels(desk: Desk) -> None:
    gateway = desk.server.client(Role.GATEWAY)
    ids = [new_id(datetime.now(UTC)) for _ in range(2)]
    for no, channel in enumerate((Channel.HOTLINE, Channel.APP)):
        told = Report(
            id=ReportId(ids[no]), channel=channel, received_at=datetime.now(UTC),
            text="工地半夜还在施工，吵得睡不着", place="二号街 2 号", form="0301",
            lat=39.9087 + no * 0.0001, lon=116.3975,
        )  # fmt: skip
        gateway.post(AddReport(report=told, incident=new_id(datetime.now(UTC))))
    gateway.close()
    case = desk.mine("二号街 2 号")
    desk.until(lambda: desk.second.mirror.incident(case.id) is not None)
    desk.until(lambda: desk.console.models.mirror.incident(case.id).reports == 2)
    assert "report_joined" in desk.log(case.id)
    queue = desk.console.desk.queue
    row = desk.console.models.queue.row_of(case.id)
    queue.table.selectRow(row)
    queue.table.setFocus()
    desk.press(Qt.Key.Key_U, queue.table)  # one key parts what was joined
    count = "SELECT count(*) FROM incident WHERE place = '二号街 2 号' AND stage = 'file'"
    desk.until(lambda: desk.rows(count) == [(2,)])
    desk.until(lambda: all_answered(desk.console.models))
    desk.type("/undo")
    desk.until(lambda: desk.rows(count) == [(1,)])
    reports = f"SELECT count(*) FROM report WHERE incident = '{case.id}'"
    desk.until(lambda: desk.rows(reports) == [(2,)])
    desk.handle(case, "K2")
    desk.verify_and_close(case)


def refused_by_the_first(desk: Desk) -> None:
    case = desk.new("0503", "三号街 3 号")
    desk.type(f"D {desk.no(case)} K3")
    desk.is_at(case.id, "dispatch")
    desk.type("S K3 refused car broken")
    desk.is_at(case.id, "file")
    desk.until(lambda: desk.state_of(case.id, "K3") is AssignmentState.REFUSED)
    desk.until(lambda: any("refused" in one.text for one in desk.console.models.alarms.alarms))
    desk.handle(case, "K4")
    desk.verify_and_close(case)


def reopened_after_closing(desk: Desk) -> None:
    case = desk.new("0105", "四号街 4 号")
    desk.handle(case, "K5")
    desk.verify_and_close(case)
    before = desk.log(case.id)
    desk.type(f"/reopen {case.number} barbecue is back")
    desk.is_at(case.id, "file")
    assert desk.log(case.id) == [*before, "reopened"]
    desk.handle(case, "K5")
    desk.type(f"V {desk.no(case)} no still smoking")
    desk.is_at(case.id, "file")
    desk.handle(case, "K5")
    desk.verify_and_close(case)
    query = f"SELECT reopened FROM incident WHERE id = '{case.id}'"
    assert desk.rows(query) == [(2,)]


def escalated(desk: Desk) -> None:
    case = desk.new("0402", "五号街 5 号")
    other = desk.new("0402", "五号街 7 号")
    desk.type(f"/major {desk.no(case)} road is sinking")
    desk.until(lambda: bool(desk.second.mirror.incident(case.id).is_major))
    desk.type(f"/child {desk.no(other)} {desk.no(case)}")
    desk.until(lambda: desk.second.mirror.incident(other.id).parent == case.id)
    desk.type(f"D {desk.no(case)} K6 K7 K8")
    desk.is_at(case.id, "dispatch")
    for unit in ("K6", "K7", "K8"):
        desk.type(f"S {unit} accepted")
        desk.until(lambda sign=unit: desk.state_of(case.id, sign) is AssignmentState.ACCEPTED)
        desk.outcome(unit, case.id, "已围挡")
    desk.is_at(case.id, "report_back")
    desk.verify_and_close(case)
    desk.type(f"X {desk.no(other)} part of {desk.no(case)}")
    desk.is_at(other.id, "cancelled")


def across_districts(desk: Desk) -> None:
    case = desk.new("0501", "六号街 6 号")
    west = desk.console.models.mirror.unit_called("K2")
    assert west is not None
    assert west.district == "D02"
    desk.handle(case, "K2")
    desk.verify_and_close(case)
