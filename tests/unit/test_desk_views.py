"""The desk, worked with bare keys over real models."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from desk_city import NOW, change, filled_mirror, in_tray, send, typed, unit
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from console.dispatch.near import FixNote, NearUnit
from console.domain.ids import UnitId
from console.domain.levels import Level
from console.domain.units import UnitStatus
from console.roads import Mode
from console.store.outbox import EntryState
from console.ui.card import CardModel
from console.ui.duty import ALL, DutyColumn, DutyModel
from console.ui.mirror import Mirror
from console.ui.near import NearColumn, NearFound, NearState, NearUnitsModel
from console.ui.queue import IncidentQueueModel
from console.ui.tray import TrayColumn, TrayModel
from widgets.common.appearance import Appearance
from widgets.desk.card_parts import EvidenceThumb
from widgets.desk.card_view import CardView
from widgets.desk.duty_view import DutyView
from widgets.desk.near_view import NearView
from widgets.desk.new_incident import NewIncident, NewIncidentForm, PlaceFound
from widgets.desk.queue_view import QueueView
from widgets.desk.tray_view import TrayView

pytestmark = pytest.mark.xvfb


@pytest.fixture
def mirror() -> Mirror:
    return filled_mirror()


def shown(widget: QWidget, qtbot: QtBot, width: int = 480, height: int = 620) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)
    widget.activateWindow()
    widget.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)


@pytest.fixture
def queue(appearance: Appearance, mirror: Mirror, qtbot: QtBot) -> QueueView:
    view = QueueView(appearance, IncidentQueueModel(mirror, mirror))
    shown(view, qtbot)
    return view


def test_that_enter_on_a_row_picks_its_incident(queue: QueueView, qtbot: QtBot) -> None:
    queue.table.selectRow(2)
    with qtbot.waitSignal(queue.picked) as picked:
        qtbot.keyClick(queue.table, Qt.Key.Key_Return)
    assert picked.args == ["i317", True]


def test_that_a_number_key_sets_the_level_of_the_row(queue: QueueView, qtbot: QtBot) -> None:
    queue.choose("i314")
    with qtbot.waitSignal(queue.level_wanted) as wanted:
        qtbot.keyClick(queue.table, Qt.Key.Key_2)
    assert wanted.args == ["i314", int(Level.HIGH)]


def test_that_space_acknowledges_and_held_keys_do_nothing(queue: QueueView, qtbot: QtBot) -> None:
    queue.choose("i316")
    with qtbot.assertNotEmitted(queue.level_wanted):
        qtbot.keyClick(queue.table, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(queue.acknowledged) as done:
        qtbot.keyClick(queue.table, Qt.Key.Key_Space)
    assert done.args == ["i316"]


def test_that_no_input_method_takes_the_queues_bare_keys(queue: QueueView) -> None:
    assert not queue.table.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


def test_that_the_choice_stays_with_its_incident_when_rows_move(
    queue: QueueView, mirror: Mirror
) -> None:
    queue.choose("i315")
    incident = mirror.incident("i315")
    assert incident is not None
    change(mirror, replace(incident, level=Level.CRITICAL, due_at=NOW - timedelta(hours=1)))
    assert queue.current_id() == "i315"
    assert queue.table.current_row() == 0


def test_that_the_filter_shows_only_what_is_looked_for(queue: QueueView, qtbot: QtBot) -> None:
    qtbot.keyClick(queue.table, Qt.Key.Key_Slash)
    assert queue.filter.hasFocus()
    qtbot.keyClicks(queue.filter, "00313")
    assert queue.table.model().rowCount() == 1
    qtbot.keyClick(queue.filter, Qt.Key.Key_Escape)
    assert queue.table.model().rowCount() == 6
    assert queue.table.hasFocus()


def test_that_no_word_in_the_queue_is_cut_but_the_place(queue: QueueView, qtbot: QtBot) -> None:
    queue.resize(640, 400)
    qtbot.waitUntil(lambda: not queue.table._fitting.isActive())
    delegate, model = queue.table.itemDelegate(), queue.table.model()
    for row in range(model.rowCount()):
        for column in (0, 1, 4):
            index = model.index(row, column)
            wanted = delegate.sizeHint(None, index).width()  # type: ignore[arg-type]
            assert queue.table.columnWidth(column) >= wanted, (row, column)


@pytest.fixture
def card(appearance: Appearance, mirror: Mirror, qtbot: QtBot) -> CardView:
    view = CardView(appearance, CardModel(mirror, mirror), mirror.now)
    shown(view, qtbot)
    return view


def texts(widget: QWidget) -> str:
    labels = [each.text() for each in widget.findChildren(QLabel) if each.isVisibleTo(widget)]
    return "\n".join(labels)


def test_that_the_card_tells_everything_of_the_incident(card: CardView, qtbot: QtBot) -> None:
    card._model.pick("i317")
    qtbot.waitUntil(lambda: "LOG" in texts(card))
    said = texts(card)
    for part in (
        "High · Construction / Night construction",
        "20261122-00317",
        "工体北路 4 号",
        "Chaoyang · Sanlitun",
        "REPORTS 2",
        "12345 call",
        "UNITS 2",
        "on the way",
        "LOG",
        "opened · 12345 call",
        "1 h 57 left",
    ):
        assert part in said, part


def test_that_only_what_can_be_done_is_offered(card: CardView, qtbot: QtBot) -> None:
    card._model.pick("i313")
    buttons = {b.text() for b in card.findChildren(QPushButton) if b.isVisibleTo(card)}
    assert buttons == {"V Verify", "B Back", "G Command"}
    with qtbot.waitSignal(card.verify_wanted) as wanted:
        qtbot.keyClick(card, Qt.Key.Key_V)
    assert wanted.args == ["i313", True, ""]
    with qtbot.assertNotEmitted(card.close_wanted):
        qtbot.keyClick(card, Qt.Key.Key_C)
    card._model.pick("i312")
    with qtbot.waitSignal(card.close_wanted) as close:
        qtbot.keyClick(card, Qt.Key.Key_C)
    assert close.args == ["i312"]


def test_that_cancelling_asks_for_a_reason_in_the_card(card: CardView, qtbot: QtBot) -> None:
    card._model.pick("i316")
    qtbot.keyClick(card, Qt.Key.Key_X)
    line = card.findChild(QLineEdit)
    assert line is not None
    assert line.hasFocus()
    with qtbot.assertNotEmitted(card.cancel_wanted):
        qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.keyClicks(line, "false alarm")
    with qtbot.waitSignal(card.cancel_wanted) as wanted:
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert wanted.args == ["i316", "false alarm"]
    assert card.hasFocus()


def test_that_a_unit_is_called_back_by_its_own_assignment(card: CardView, qtbot: QtBot) -> None:
    card._model.pick("i317")
    qtbot.keyClick(card, Qt.Key.Key_W)
    line = card.findChild(QLineEdit)
    assert line is not None
    qtbot.keyClicks(line, "not needed")
    with qtbot.waitSignal(card.withdraw_wanted) as wanted:
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert wanted.args == ["a1", "not needed"]


def test_that_what_is_not_sent_is_said_and_striped(card: CardView, mirror: Mirror) -> None:
    card._model.pick("i316")
    entry = typed(send("i316", "u9"), EntryState.WAITING)
    mirror.take_outbox(replace(in_tray(), pending=(entry,)))
    assert card._model.card is not None  # whoever asks gets it as the rows are now
    assert "NOT SENT" in texts(card)
    assert card._head._is_striped


def test_that_evidence_shows_its_picture(card: CardView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(card.evidence_wanted) as wanted:
        card._model.pick("i317")
    assert wanted.args == ["ab" * 32]
    picture = QImage(320, 180, QImage.Format.Format_RGB32)
    picture.fill(QColor("#3366CC"))
    card.set_picture("ab" * 32, picture)
    thumb = card.findChild(EvidenceThumb)
    assert thumb is not None
    assert thumb.grab().toImage().pixelColor(60, 20) == QColor("#3366CC")


def near_units(*signs: str) -> tuple[NearUnit, ...]:
    return tuple(
        NearUnit(
            unit=UnitId(sign),
            mode=Mode.FOOT,
            is_free=True,
            seconds=126.0 + 60 * place,
            metres_by_air=300.0,
            age_s=3.0,
            note=FixNote.LATE_FIX if place == 2 else None,
        )
        for place, sign in enumerate(signs)
    )


def test_that_one_key_sends_one_unit_and_enter_the_first_two(
    appearance: Appearance, mirror: Mirror, qtbot: QtBot
) -> None:
    model = NearUnitsModel(mirror, mirror)
    view = NearView(appearance, model)
    shown(view, qtbot)
    view.set_state(NearState.NO_PLACE)
    assert "no position" in view.table.why_empty
    with qtbot.assertNotEmitted(view.dispatch_wanted):
        qtbot.keyClick(view.table, Qt.Key.Key_Return)
    units = near_units("u9", "u20", "u25")
    model.show_found(NearFound(incident="i316", lat=39.9, lon=116.4, units=units))
    with qtbot.waitSignal(view.dispatch_wanted) as both:
        qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert both.args == ["i316", ["u9", "u20"]]
    with qtbot.waitSignal(view.dispatch_wanted) as third:
        qtbot.keyClick(view.table, Qt.Key.Key_3)
    assert third.args == ["i316", ["u25"]]
    with qtbot.assertNotEmitted(view.dispatch_wanted):
        qtbot.keyClick(view.table, Qt.Key.Key_7)
    assert "[Enter] send K9 + K20" in texts(view)


def test_that_a_refused_command_waits_in_the_tray_until_it_is_decided(
    appearance: Appearance, mirror: Mirror, qtbot: QtBot
) -> None:
    model = TrayModel(mirror, mirror)
    ModelTester(model)
    view = TrayView(appearance, model)
    shown(view, qtbot)
    entry = typed(send("i316", "u9"), EntryState.CONFLICT, reason="K9 was sent elsewhere.")
    mirror.take_outbox(in_tray(entry))
    row = [model.index(0, column).data() for column in (TrayColumn.STATE, TrayColumn.WHAT)]
    assert row == ["conflict", "Send K9 to 00316"]
    assert "K9 was sent elsewhere." in texts(view)
    with qtbot.waitSignal(view.retry_wanted) as again:
        qtbot.keyClick(view.table, Qt.Key.Key_R)
    qtbot.keyClick(view.table, Qt.Key.Key_Delete)
    asked = QApplication.focusWidget()
    assert isinstance(asked, QLineEdit)
    qtbot.keyClick(asked, Qt.Key.Key_Return)
    assert asked.isVisible(), "nothing is dropped without a reason"
    qtbot.keyClick(asked, Qt.Key.Key_Escape)
    assert view.table.hasFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_Delete)
    qtbot.keyClicks(asked, "went home")
    with qtbot.waitSignal(view.drop_wanted) as gone:
        qtbot.keyClick(asked, Qt.Key.Key_Return)
    assert (again.args, gone.args) == (["c1"], ["c1", "went home"])
    assert view.table.hasFocus()
    assert "K9 is now free." in texts(view)
    mirror.take_outbox(in_tray())
    assert model.rowCount() == 0


def test_that_t_enters_an_order_given_by_phone_or_radio(card: CardView, qtbot: QtBot) -> None:
    card._model.pick("i317")
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_T)
    asked = QApplication.focusWidget()
    assert isinstance(asked, QLineEdit)
    which = card.findChild(QComboBox)
    assert [which.itemText(at) for at in range(which.count())] == ["K7 phone", "K7 radio"]
    which.setCurrentIndex(1)
    with qtbot.waitSignal(card.voice_order_wanted) as told:
        qtbot.keyClick(asked, Qt.Key.Key_Return)
    assert told.args == ["i317", "u7", "radio", ""]
    assert card.hasFocus()
    card._model.pick("i316")
    with qtbot.assertNotEmitted(card.voice_order_wanted):
        qtbot.keyClick(card, Qt.Key.Key_T)
    assert QApplication.focusWidget() is card


def test_that_duty_figures_move_with_the_units(
    appearance: Appearance, mirror: Mirror, qtbot: QtBot
) -> None:
    model = DutyModel(mirror, mirror)
    ModelTester(model)
    view = DutyView(appearance, model)
    shown(view, qtbot)
    free = model.count(ALL, DutyColumn.FREE)
    with qtbot.waitSignal(model.totals_changed):
        change(mirror, unit(9, "K9", UnitStatus.ON_SCENE), unit(99, "K99", UnitStatus.AVAILABLE))
    assert model.count(ALL, DutyColumn.FREE) == free
    change(mirror, unit(99, "K99", UnitStatus.OFF_DUTY))
    assert model.count(ALL, DutyColumn.FREE) == free - 1
    rows = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert rows == ["Whole city", "Chaoyang", "Haidian"]


def test_that_a_new_incident_is_typed_without_the_mouse(
    appearance: Appearance, qtbot: QtBot
) -> None:
    window = QWidget()
    shown(window, qtbot, 1000, 700)
    form = NewIncidentForm(window)
    form.open()
    qtbot.keyClicks(form.form.lineEdit(), "Night con")
    form.place.setFocus()
    with qtbot.waitSignal(form.place_typed) as looked_up:
        qtbot.keyClicks(form.place, "gongti")
    assert looked_up.args == ["gongti"]
    place = PlaceFound(text="工体北路 4 号", lat=39.93, lon=116.45)
    form.offer_places("gongti", [place])
    form.place.setText(place.text)
    with qtbot.waitSignal(form.wanted) as wanted:
        qtbot.keyClick(form.place, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    given = wanted.args[0]
    assert isinstance(given, NewIncident)
    assert (given.form, given.place, given.lat, given.level) == (
        "0301",
        "工体北路 4 号",
        39.93,
        None,
    )
    assert not form.isVisible()


def test_that_the_form_says_what_is_missing(appearance: Appearance, qtbot: QtBot) -> None:
    window = QWidget()
    shown(window, qtbot, 1000, 700)
    form = NewIncidentForm(window)
    form.open()
    with qtbot.assertNotEmitted(form.wanted):
        qtbot.keyClick(form.place, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert "Choose a form from the list." in texts(form)


def test_that_road_times_of_ten_minutes_and_more_fit_from_the_first_row_on(
    appearance: Appearance, mirror: Mirror, qtbot: QtBot
) -> None:
    view = NearView(appearance, NearUnitsModel(mirror, mirror))
    shown(view, qtbot, width=338)
    header = view.table.horizontalHeader()
    bold = QFont(view.table.font())
    bold.setBold(True)
    wanted = QFontMetrics(bold).horizontalAdvance("88.8′")
    assert header.sectionSize(NearColumn.ROAD) >= wanted + 8
