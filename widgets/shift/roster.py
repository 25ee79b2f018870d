"""The roster of a day: turns of duty, the form of one, tables in and out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QDate, QEvent, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from console.domain.shifts import RosterEntry
from console.ui.rosterlist import RosterLine, RosterModel, turn_of
from widgets.common.appearance import Appearance
from widgets.common.labels import set_tone
from widgets.common.theme import Token
from widgets.shift.parts import KeyTable, PlaceBox, button

_FILES = "CSV, XLSX (*.csv *.xlsx)"
_TEXTS = ("unit", "starts_at", "ends_at", "post", "note")


class RosterPane(QWidget):
    """Turns of duty at the left, the form of one at the right.

    Signals:
        export_wanted: Path of the file that the list goes into.
        told: A sentence: what is wrong with what was typed.
    """

    export_wanted = Signal(object)
    told = Signal(str)

    def __init__(self, appearance: Appearance, model: RosterModel) -> None:
        super().__init__()
        self.model = model
        self._held: RosterEntry | None = None
        self.place, self.day = PlaceBox(), QDateEdit()
        self.day.setCalendarPopup(True)
        self.day.setDisplayFormat("yyyy-MM-dd")
        self._count = QLabel()
        set_tone(self._count, "secondary")
        self.table = KeyTable(model, stretched=RosterModel.NOTE)
        self.table.dress(appearance, lambda _line, _column: None, _token)
        self.fields = {name: QLineEdit() for name in _TEXTS}
        self.beat = QComboBox()
        self._labels = {name: QLabel() for name in (*_TEXTS, "beat")}
        self.buttons = {
            "new": button(self.begin), "save": button(self.save), "out": button(self.take_out),
            "import": button(self._import), "export": button(self._export),
        }  # fmt: skip
        self._lay_out()
        self._join()
        self._retranslate()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        for part in (self.place, self.day, self.buttons["import"], self.buttons["export"]):
            top.addWidget(part)
        top.addWidget(self._count, 1)
        side = QWidget()
        box = QVBoxLayout(side)
        does = QHBoxLayout()
        for name in ("new", "save", "out"):
            does.addWidget(self.buttons[name])
        does.addStretch(1)
        form = QFormLayout()
        for name in ("unit", "starts_at", "ends_at", "post", "beat", "note"):
            field = self.beat if name == "beat" else self.fields[name]
            self._labels[name].setBuddy(field)
            form.addRow(self._labels[name], field)
        box.addLayout(does)
        box.addLayout(form)
        box.addStretch(1)
        middle = QSplitter()
        middle.addWidget(self.table)
        middle.addWidget(side)
        middle.setSizes([820, 380])
        column = QVBoxLayout(self)
        column.addLayout(top)
        column.addWidget(middle, 1)

    def _join(self) -> None:
        model = self.model
        self.place.place_chosen.connect(model.show_place)
        self.day.dateChanged.connect(self._show_day)
        self.table.chosen.connect(self._fill)
        for signal in (model.rowsInserted, model.rowsRemoved):
            signal.connect(self._tell_count)
        self.table.do_on(
            {
                Qt.Key.Key_N: self.begin,
                Qt.Key.Key_Delete: self.take_out,
                Qt.Key.Key_Return: self.fields["unit"].setFocus,
                Qt.Key.Key_Left: lambda: self.day.setDate(self.day.date().addDays(-1)),
                Qt.Key.Key_Right: lambda: self.day.setDate(self.day.date().addDays(1)),
            }
        )
        for field in self.fields.values():
            field.returnPressed.connect(self.save)

    def _show_day(self, day: QDate) -> None:
        self.model.show_day(datetime(day.year(), day.month(), day.day(), tzinfo=UTC))
        self._tell_count()

    def _tell_count(self, *_: object) -> None:
        self._count.setText(self.tr("{0} turns").format(self.model.rowCount()))

    # what a person does

    def begin(self) -> None:
        """Begin a new turn, with the day that is shown and the times of the one chosen."""
        self._held = None
        for name in ("unit", "post", "note"):
            self.fields[name].clear()
        day = self.day.date().toString("yyyy-MM-dd")
        if not self.fields["starts_at"].text():
            self.fields["starts_at"].setText(f"{day} 08:00")
            self.fields["ends_at"].setText(f"{day} 16:00")
        self.fields["unit"].setFocus()

    def save(self) -> bool:
        """Enter what stands in the form; return whether it was."""
        try:
            turn = turn_of(
                {name: field.text() for name, field in self.fields.items()},
                beat=str(self.beat.currentData() or ""),
            )
        except ValueError as error:
            self.told.emit(str(error))
            return False
        return self.model.put(turn, self._held)

    def take_out(self) -> None:
        """Take the chosen turn out of the plan."""
        if isinstance(line := self.table.value, RosterLine):
            self.model.take_out(line.entry)

    def _fill(self) -> None:
        line = self.table.value
        if not isinstance(line, RosterLine) or any(
            field.hasFocus() for field in self.fields.values()
        ):
            return
        entry = self._held = line.entry
        said = {
            "unit": self.model.cell(line, RosterModel.UNIT),
            "starts_at": f"{entry.starts_at.astimezone():%Y-%m-%d %H:%M}",
            "ends_at": f"{entry.ends_at.astimezone():%Y-%m-%d %H:%M}",
            "post": entry.post or "",
            "note": entry.note or "",
        }
        for name, text in said.items():
            self.fields[name].setText(text)
        self.beat.setCurrentIndex(max(0, self.beat.findData(line.beat)))

    def _import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Roster from a table"), "", _FILES)
        if name:
            self.model.import_file(Path(name))

    def _export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Roster into a table"), "", _FILES)
        if name:
            self.export_wanted.emit(Path(name))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Offer the places and the beats that are drawn now."""
        self.place.offer(self.model.places())
        held = self.beat.currentData()
        self.beat.clear()
        self.beat.addItem("—", "")
        for area in self.model.beats():
            self.beat.addItem(area.name, area.name)
        self.beat.setCurrentIndex(max(0, self.beat.findData(held)))
        day = self.model.day
        self.day.setDate(QDate(day.year, day.month, day.day))
        self._tell_count()
        super().showEvent(event)

    def _retranslate(self) -> None:
        for name, word in {
            "new": self.tr("N New turn"), "save": self.tr("Enter Save"),
            "out": self.tr("Del Take out"), "import": self.tr("From a table…"),
            "export": self.tr("Into a table…"),
        }.items():  # fmt: skip
            self.buttons[name].setText(word)
        for name, word in {
            "unit": self.tr("Unit"), "starts_at": self.tr("From"), "ends_at": self.tr("Until"),
            "post": self.tr("Post"), "beat": self.tr("Beat"), "note": self.tr("Note"),
        }.items():  # fmt: skip
            self._labels[name].setText(word)
            field = self.beat if name == "beat" else self.fields[name]
            field.setAccessibleName(word)
        self.place.setAccessibleName(self.tr("City, district or street"))
        self.day.setAccessibleName(self.tr("Day"))
        self.table.setAccessibleName(self.tr("Turns of duty"))
        self.table.say_empty(
            self.tr("Nobody is planned on this day. N makes a turn; tables come in by the button.")
        )
        self._tell_count()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self.model.retranslate()
        super().changeEvent(event)


def _token(_line: RosterLine, column: int) -> Token:
    return (
        Token.TEXT
        if column in (RosterModel.UNIT, RosterModel.BEGIN, RosterModel.END)
        else (Token.SECONDARY)
    )
