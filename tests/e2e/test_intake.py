"""A hotline seat takes calls by keyboard alone; central and the dispatcher's desk have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from central_parts import CentralServer, a_city, some_units
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from test_console_window import Console
from test_desk import settings_for

from console.app.desktop_intake import IntakeDock
from console.app.desktop_models import DeskModels
from console.dispatch.intake import place_notes
from console.domain.catalogue import CatalogueItem
from console.domain.ids import ReportId, new_id
from console.domain.incidents import Report
from console.domain.levels import Channel, Level, Role
from console.protocol.commands import AddReport, NotePlace
from console.ui.alarms import AlarmKind
from widgets.desk.new_incident import PlaceFound

pytestmark = [pytest.mark.e2e, pytest.mark.xvfb]
WITHIN_MS = 120_000
LAT, LON = 39.93, 116.45
PLACE = PlaceFound(text="工体北路 4 号", lat=LAT, lon=LON)


class Seat:
    """A hotline seat's console, and a dispatcher's that looks on."""

    def __init__(
        self, server: CentralServer, console: Console, desk: DeskModels, qtbot: QtBot
    ) -> None:
        self.server, self.console, self.desk, self.qtbot = server, console, desk, qtbot
        self.dock = IntakeDock(console.window, console.models)
        self.view = self.dock.view

    def type(self, text: str) -> None:
        """Type into the field that has the focus, Chinese as an input method hands it over."""
        for letter in text:
            event = QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, letter)
            QApplication.sendEvent(QApplication.focusWidget(), event)

    def press(self, key: Qt.Key, *, control: bool = False) -> None:
        held = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
        focused = QApplication.focusWidget()
        assert isinstance(focused, QWidget)
        self.qtbot.keyClick(focused, key, held)

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=WITHIN_MS)

    def begin(self) -> None:
        """Begin a call at the place, with its number; the focus is on what is said."""
        self.view.fields.clear(place=PLACE)
        self.view.fields.phone.setFocus()
        self.type("13800138000")
        for _ in range(4):
            self.press(Qt.Key.Key_Tab)
        assert self.view.fields.text.hasFocus()


@pytest.fixture
def seat(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[Seat]:
    server = CentralServer(tmp_path / "central-home")
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    console = Console(qapp, settings_for(server, tmp_path / "seat", "hotline"))
    desk = DeskModels(settings_for(server, tmp_path / "desk", "dispatcher"))
    desk.start()
    qtbot.addWidget(console.window)
    console.window.show()
    qtbot.waitExposed(console.window)
    console.window.activateWindow()
    qtbot.waitUntil(console.window.isActiveWindow)
    made = Seat(server, console, desk, qtbot)
    made.until(lambda: console.models.mirror.is_loaded and desk.mirror.is_loaded)
    yield made
    console.close()
    desk.stop()
    server.stop()


def earlier_call(seat: Seat) -> str:
    """Have the city report something at the place, two minutes ago, by the same number."""
    at = datetime.now(UTC)
    report = Report(
        id=ReportId(new_id(at)), channel=Channel.HOTLINE, received_at=at - timedelta(minutes=2),
        text="夜里还在施工，很吵", place=PLACE.text, form="0301", lat=LAT, lon=LON,
        caller="李女士", phone="13800138000",
    )  # fmt: skip
    incident = new_id(at + timedelta(milliseconds=1))
    with closing(seat.server.client(Role.GATEWAY)) as gateway:
        gateway.post(AddReport(report=report, incident=incident))
    with closing(seat.server.client(Role.DISPATCHER)) as desk:
        desk.post(
            NotePlace(note="n1", place="工地", kind="hazard", text="基坑未围挡", lat=LAT, lon=LON)
        )
    return incident


def test_that_a_seat_sees_what_is_known_joins_passes_on_and_works_without_central(
    seat: Seat,
) -> None:
    known_incident = earlier_call(seat)
    models, view = seat.console.models, seat.view
    seat.until(lambda: models.mirror.incident(known_incident) is not None)
    items = models.mirror.every
    seat.until(lambda: bool(place_notes(items(CatalogueItem), LAT, LON)))
    seat.until(view.isVisible)  # at a seat it is there from the log-on
    seat.until(view.fields.phone.hasFocus)
    seat.begin()
    seat.type("半夜还在施工 混凝土")
    seat.until(lambda: seat.dock.model.known.history.is_whole)
    seat.until(lambda: view.fields.code() == "0301")
    known = seat.dock.model.known
    assert known.suggestion.form == view.fields.code() == "0301"
    assert "半夜" in view._hint.text()
    assert [one.incident for one in known.history.caller] == [known_incident]
    assert [one.incident for one in known.history.place] == [known_incident]
    assert [one.text for one in known.notes] == ["基坑未围挡"]
    assert [one.incident for one in known.near] == [known_incident]
    assert [one.incident.id for one in known.same] == [known_incident]
    shown = "\n".join(view.known.texts())
    assert "基坑未围挡" in shown
    assert "李女士" not in shown  # what was said is told, not by whom
    seat.press(Qt.Key.Key_J, control=True)
    assert view.draft().into == known_incident
    seat.press(Qt.Key.Key_Return, control=True)
    seat.until(lambda: _reports(seat, known_incident) == 2)
    assert view.isVisible()
    assert view.fields.phone.hasFocus()
    assert view.draft().text == ""
    passed_on_without_central(seat)


def passed_on_without_central(seat: Seat) -> None:
    """Take an urgent call while central is away; the dispatcher hears of it when it is back."""
    seat.server.stop()
    seat.until(lambda: not seat.console.models.status.line.is_live)
    seat.begin()
    seat.type("便道上堆着旧沙发")
    seat.until(lambda: seat.view.fields.code() == "0102")
    seat.until(lambda: len(seat.dock.model.known.history.caller) >= 1)
    assert not seat.dock.model.known.history.is_whole  # what is kept here, and said so
    seat.press(Qt.Key.Key_F12)
    seat.until(lambda: seat.console.models.status.line.unsent == 1)
    (waiting,) = [one for one in seat.console.models.mirror.open_incidents() if one.form == "0102"]
    assert waiting.level is Level.HIGH
    seat.server.start()
    desk = seat.desk
    seat.until(lambda: desk.mirror.incident(waiting.id) is not None)
    seat.until(
        lambda: any(
            one.incident == waiting.id and one.kind is AlarmKind.WAITING
            for one in desk.alarms.alarms
        )
    )
    verbs = seat.server.query(
        f"SELECT verb FROM log_entry WHERE incident = '{waiting.id}' ORDER BY id"
    )
    assert [one for (one,) in verbs] == ["opened", "filed", "passed_urgent"]


def test_that_what_was_typed_stays_when_the_form_is_left(seat: Seat) -> None:
    seat.until(seat.view.isVisible)
    seat.begin()
    seat.type("占道经营")
    seat.press(Qt.Key.Key_Escape)
    assert not seat.view.isVisible()
    seat.dock.open()
    assert seat.view.fields.text.toPlainText() == "占道经营"
    seat.press(Qt.Key.Key_F5)
    assert seat.view.draft().text == ""
    seat.press(Qt.Key.Key_H, control=True)
    seat.type("有狗")
    seat.press(Qt.Key.Key_Return)
    assert "needs a place" in seat.console.window.notice.text()
    seat.press(Qt.Key.Key_Return, control=True)
    assert "what was said" in seat.view.fields.lost.text()


def _reports(seat: Seat, incident: str) -> int:
    found = seat.desk.mirror.incident(incident)
    return 0 if found is None else found.reports
