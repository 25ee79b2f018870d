"""Who is on duty: the board, and the form a unit is logged on with as it says by radio."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from console.ui.dutyboard import DutyBoard, DutyLine, Shown
from widgets.common.appearance import Appearance
from widgets.common.labels import set_tone
from widgets.common.shapes import OFF_MARK, UNIT_MARKS, Mark, Shape
from widgets.common.theme import Token
from widgets.shift.parts import KeyTable, PlaceBox, button

#: Ages are told anew this often.
TICK_MS = 5000
_MISSING = Mark(shape=Shape.TRIANGLE, token=Token.HIGH)
_FIELDS = ("vehicle", "radio", "handheld", "body_camera", "post", "until")


class BoardPane(QWidget):
    """The board of the units on duty.

    Signals:
        message_wanted: Call sign of a unit to write to.
        call_wanted: Id of a unit to be called.
        unit_wanted: Id of a unit to be shown on the map.
        duty_said: Id of the unit, whether it comes on, its fields by name as typed.
    """

    message_wanted = Signal(str)
    call_wanted = Signal(str)
    unit_wanted = Signal(str)
    duty_said = Signal(str, bool, object)

    def __init__(self, appearance: Appearance, model: DutyBoard) -> None:
        super().__init__()
        self._model = model
        self.place, self.which, self.finder = PlaceBox(), QComboBox(), QLineEdit()
        self._counts = QLabel()
        set_tone(self._counts, "secondary")
        self.table = KeyTable(model, stretched=DutyBoard.POST)
        self.table.dress(appearance, _mark, _token)
        self._buttons = {
            "message": button(self._write), "call": button(self._call),
            "on": button(self.open_form), "off": button(lambda: self._say_duty(is_on=False)),
            "map": button(self._show),
        }  # fmt: skip
        self.fields = {name: QLineEdit() for name in _FIELDS}
        self._labels = {name: QLabel() for name in _FIELDS}
        self._form = QWidget()
        self._form_title = QLabel()
        self._save = button(lambda: self._say_duty(is_on=True))
        self._asked: DutyLine | None = None
        self._clock = QTimer(self, interval=TICK_MS)
        self._lay_out()
        self._join()
        self._retranslate()

    def _lay_out(self) -> None:
        self.finder.setMinimumWidth(240)
        top = QHBoxLayout()
        for part in (self.place, self.which, self.finder):
            top.addWidget(part)
        top.addWidget(self._counts, 1)
        below = QHBoxLayout()
        for name in self._buttons:
            below.addWidget(self._buttons[name])
        below.addStretch(1)
        grid = QGridLayout(self._form)
        grid.addWidget(self._form_title, 0, 0, 1, 6)
        for no, name in enumerate(_FIELDS):
            holder = QFormLayout()
            holder.addRow(self._labels[name], self.fields[name])
            self._labels[name].setBuddy(self.fields[name])
            grid.addLayout(holder, 1 + no // 3, no % 3)
        grid.addWidget(self._save, 3, 0, Qt.AlignmentFlag.AlignLeft)
        set_tone(self._form_title, "title")
        self._form.hide()
        column = QVBoxLayout(self)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addWidget(self._form)
        column.addLayout(below)

    def _join(self) -> None:
        model = self._model
        self.place.place_chosen.connect(lambda place: self._filter(place=place))
        self.which.activated.connect(
            lambda row: self._filter(shown=Shown(self.which.itemData(row)))
        )
        self.finder.textChanged.connect(lambda text: self._filter(text=text))
        for signal in (model.rowsInserted, model.rowsRemoved, model.dataChanged):
            signal.connect(self._count)
        self.table.do_on(
            {
                Qt.Key.Key_M: self._write,
                Qt.Key.Key_P: self._call,
                Qt.Key.Key_O: self.open_form,
                Qt.Key.Key_F: lambda: self._say_duty(is_on=False),
                Qt.Key.Key_Return: self._show,
                Qt.Key.Key_Enter: self._show,
            }
        )
        for field in self.fields.values():
            field.returnPressed.connect(lambda: self._say_duty(is_on=True))
        self._clock.timeout.connect(model.refresh)

    def show_place(self, place: str) -> None:
        """List the units of a district or street."""
        self.place.setCurrentIndex(max(0, self.place.findData(place)))
        self._filter(place=place)

    def _filter(self, **changed: Any) -> None:
        self._model.filter(**changed)
        self._count()

    def _count(self, *_: object) -> None:
        counts = self._model.counts
        text = self.tr("on duty {0} · not come on {1} · without equipment {2}")
        on = counts[Shown.ON] - counts[Shown.MISSING]
        self._counts.setText(text.format(on, counts[Shown.MISSING], counts[Shown.BARE]))

    # what a person does

    def open_form(self) -> None:
        """Take down what a unit says by radio of its equipment and post."""
        line = self.table.value
        if not isinstance(line, DutyLine):
            return
        self._asked, report = line, line.report
        turn, unit = line.turn, line.unit
        until = report.until if report is not None and line.is_on else None
        ends = until or (None if turn is None else turn.ends_at)
        said = {
            "vehicle": None if report is None else report.vehicle,
            "radio": (None if report is None else report.radio) or unit.radio,
            "handheld": None if report is None else report.handheld,
            "body_camera": None if report is None else report.body_camera,
            "post": (None if report is None else report.post) or (turn.post if turn else None),
            "until": None if ends is None else f"{ends.astimezone():%H:%M}",
        }
        for name, value in said.items():
            self.fields[name].setText(value or "")
        self._form_title.setText(self.tr("{0} logs on with").format(unit.call_sign))
        self._form.show()
        self.fields["vehicle"].setFocus()

    def close_form(self) -> bool:
        """Put the form away; return whether it was open."""
        was_open = not self._form.isHidden()
        self._form.hide()
        if was_open:
            self.table.setFocus()
        return was_open

    def _say_duty(self, *, is_on: bool) -> None:
        line = self._asked if is_on else self.table.value
        if not isinstance(line, DutyLine):
            return
        typed = {name: field.text().strip() for name, field in self.fields.items()}
        self.duty_said.emit(line.unit.id, is_on, typed if is_on else {})
        self.close_form()

    def _write(self) -> None:
        if isinstance(line := self.table.value, DutyLine):
            self.message_wanted.emit(line.unit.call_sign)

    def _call(self) -> None:
        if isinstance(line := self.table.value, DutyLine):
            self.call_wanted.emit(line.unit.id)

    def _show(self) -> None:
        if isinstance(line := self.table.value, DutyLine):
            self.unit_wanted.emit(line.unit.id)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Follow what changes while it is looked at."""
        self.place.offer(self._model.places())
        self._model.watch(True)
        self._clock.start()
        self._count()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Nobody looks: nothing is followed."""
        self._clock.stop()
        self._model.watch(False)
        super().hideEvent(event)

    def _retranslate(self) -> None:
        held = self.which.currentData()
        self.which.clear()
        for shown, word in (
            (Shown.ON, self.tr("On duty and missing")), (Shown.MISSING, self.tr("Not come on")),
            (Shown.BARE, self.tr("Without equipment")), (Shown.ALL, self.tr("All units")),
        ):  # fmt: skip
            self.which.addItem(word, shown.value)
        self.which.setCurrentIndex(max(0, self.which.findData(held)))
        self.place.setAccessibleName(self.tr("City, district or street"))
        self.which.setAccessibleName(self.tr("Which units"))
        self.finder.setPlaceholderText(self.tr("Find a unit, name or post"))
        for name, word in {
            "message": self.tr("M Message"), "call": self.tr("P Call"),
            "on": self.tr("O Log on"), "off": self.tr("F Log off"),
            "map": self.tr("Enter On the map"),
        }.items():  # fmt: skip
            self._buttons[name].setText(word)
        for name, word in {
            "vehicle": self.tr("Vehicle"), "radio": self.tr("Radio"),
            "handheld": self.tr("Handheld"), "body_camera": self.tr("Body camera"),
            "post": self.tr("Post"), "until": self.tr("Until (18:00)"),
        }.items():  # fmt: skip
            self._labels[name].setText(word)
            self.fields[name].setAccessibleName(word)
        self._save.setText(self.tr("Enter Log on"))
        self.table.setAccessibleName(self.tr("Units on duty"))
        self.table.say_empty(
            self.tr("Units that are on duty here, and those planned that have not come on.")
        )
        self._count()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self._model.retranslate()
            self.place.offer(self._model.places())
        super().changeEvent(event)


def until_of(typed: str, now: datetime) -> datetime | None:
    """Return the next time of day that was typed, by the clock on the wall; ``None`` for none.

    Raises:
        ValueError: It is no time of day.
    """
    if not typed:
        return None
    local = now.astimezone()
    clock = datetime.strptime(typed, "%H:%M").time()
    at = datetime.combine(local.date(), clock, tzinfo=local.tzinfo)
    return at if at > local else at + timedelta(days=1)


def _mark(line: DutyLine, column: int) -> Mark | None:
    if column != DutyBoard.UNIT:
        return None
    if line.is_missing or line.is_over:
        return _MISSING
    return UNIT_MARKS.get(line.unit.status, OFF_MARK)


def _token(line: DutyLine, column: int) -> Token:
    if column == DutyBoard.STATE and line.is_missing:
        return Token.HIGH
    if column == DutyBoard.UNTIL and line.is_over:
        return Token.HIGH
    if column in (DutyBoard.RADIO, DutyBoard.HANDHELD, DutyBoard.CAMERA) and line.is_bare:
        return Token.CAUTION
    return Token.TEXT if column <= DutyBoard.STATE else Token.SECONDARY
