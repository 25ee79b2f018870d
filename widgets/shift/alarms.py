"""The alarms of the desk: acknowledged, put aside with an end and a reason, brought back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from console.ui.alarmdesk import AlarmRate
from console.ui.alarmlines import AlarmLines, AlarmRow, rate_text
from widgets.common.appearance import Appearance
from widgets.common.labels import set_tone
from widgets.common.shapes import LEVEL_MARKS, Mark
from widgets.common.theme import Token
from widgets.shift.parts import KeyTable, button

#: Minutes an alarm is put aside where nobody says otherwise, and at most.
USUAL_MIN, MOST_MIN = 30, 720


class AlarmPane(QWidget):
    """All alarms with what to do, and the operator's own rate.

    Signals:
        acknowledged: Id of an alarm that was seen.
        shelve_wanted: Id of an alarm, minutes, reason.
        back_wanted: Id of an alarm to be brought back.
        picked: Id of an alarm to be shown on the desk.
        muted: Whether the voices are off.
    """

    acknowledged = Signal(str)
    shelve_wanted = Signal(str, int, str)
    back_wanted = Signal(str)
    picked = Signal(str)
    muted = Signal(bool)

    def __init__(self, appearance: Appearance, model: AlarmLines) -> None:
        super().__init__()
        self._model = model
        self._rate_shown = AlarmRate()
        self._rate, self._for, self._why = QLabel(), QLabel(), QLabel()
        self.table = KeyTable(model, stretched=AlarmLines.TEXT)
        self.table.dress(appearance, _mark, _token)
        self.minutes, self.reason, self.mute = QSpinBox(), QLineEdit(), QCheckBox()
        self.minutes.setRange(1, MOST_MIN)
        self.minutes.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.minutes.setValue(USUAL_MIN)
        self.buttons = {
            "seen": button(self._see), "aside": button(self.reason.setFocus),
            "back": button(self._bring_back), "show": button(self._pick),
        }  # fmt: skip
        top = QHBoxLayout()
        top.addWidget(self._rate, 1)
        top.addWidget(self.mute)
        below = QHBoxLayout()
        for name in self.buttons:
            below.addWidget(self.buttons[name])
        for part in (self._for, self.minutes, self._why):
            below.addWidget(part)
        below.addWidget(self.reason, 1)
        column = QVBoxLayout(self)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addLayout(below)
        self.reason.returnPressed.connect(self._put_aside)
        self.mute.toggled.connect(self.muted)
        self.table.do_on(
            {
                Qt.Key.Key_Space: self._see,
                Qt.Key.Key_H: self.reason.setFocus,
                Qt.Key.Key_U: self._bring_back,
                Qt.Key.Key_Return: self._pick,
                Qt.Key.Key_Enter: self._pick,
            }
        )
        self._retranslate()

    def show_rate(self, rate: AlarmRate) -> None:
        """Show how many alarms came in ten minutes."""
        self._rate_shown = rate
        self._rate.setText(rate_text(rate))
        set_tone(
            self._rate, "alarm" if rate.is_flood else "secondary" if rate.is_steady else "warn"
        )

    @property
    def _row(self) -> AlarmRow | None:
        value = self.table.value
        return value if isinstance(value, AlarmRow) else None

    def _see(self) -> None:
        if self._row is not None:
            self.acknowledged.emit(self._row.alarm.id)

    def _put_aside(self) -> None:
        row = self._row
        if row is not None:
            self.shelve_wanted.emit(row.alarm.id, self.minutes.value(), self.reason.text().strip())
            self.reason.clear()
            self.table.setFocus()

    def _bring_back(self) -> None:
        if self._row is not None and self._row.until is not None:
            self.back_wanted.emit(self._row.alarm.id)

    def _pick(self) -> None:
        if self._row is not None:
            self.picked.emit(self._row.alarm.id)

    def _retranslate(self) -> None:
        for name, word in {
            "seen": self.tr("Space Acknowledge"), "aside": self.tr("H Put aside"),
            "back": self.tr("U Bring back"), "show": self.tr("Enter Show"),
        }.items():  # fmt: skip
            self.buttons[name].setText(word)
        self._for.setText(self.tr("for min"))
        self._for.setBuddy(self.minutes)
        self._why.setText(self.tr("because"))
        self._why.setBuddy(self.reason)
        self.minutes.setAccessibleName(self.tr("Minutes an alarm is put aside"))
        self.reason.setAccessibleName(self.tr("Why an alarm is put aside"))
        self.reason.setPlaceholderText(self.tr("H: why it is put aside, then Enter"))
        self.mute.setText(self.tr("no sound"))
        self.table.setAccessibleName(self.tr("Alarms"))
        self.table.say_empty(
            self.tr("What needs a response stands here, with what to do. No alarm.")
        )
        self.show_rate(self._rate_shown)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self._model.retranslate()
        super().changeEvent(event)


def _mark(row: AlarmRow, column: int) -> Mark | None:
    return LEVEL_MARKS[row.alarm.level] if column == AlarmLines.PRIORITY else None


def _token(row: AlarmRow, column: int) -> Token:
    is_quiet = row.alarm.is_acknowledged or row.until is not None or column != AlarmLines.TEXT
    return Token.SECONDARY if is_quiet else Token.TEXT
