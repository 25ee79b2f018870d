"""The alarms of a desk as rows: what is shown and what is put aside, with its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QObject, Slot

from console.alarms.conditions import Priority
from console.ui.alarmdesk import AlarmDesk, AlarmRate, priority_of
from console.ui.alarms import Alarm
from console.ui.lines import Line, LinesModel
from console.ui.words import time_text


def _noop(context: str, source: str) -> str:
    return source


_PRIORITIES = {
    Priority.HIGH: _noop("AlarmLines", "high"),
    Priority.MEDIUM: _noop("AlarmLines", "medium"),
    Priority.LOW: _noop("AlarmLines", "low"),
}


def priority_word(priority: int) -> str:
    """Return how soon somebody has to respond, 1 to 3, in the language shown."""
    return QCoreApplication.translate("AlarmLines", _PRIORITIES[Priority(priority)])


def rate_text(rate: AlarmRate) -> str:
    """Return the operator's own rate against its bounds, in a sentence."""
    text = QCoreApplication.translate(
        "AlarmLines", "{0} alarms in 10 min (1 is steady, over 10 is a flood)"
    )
    return text.format(rate.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """One alarm as it is listed.

    Attributes:
        until: When it comes back, aware UTC; ``None`` while it is shown.
    """

    alarm: Alarm
    until: datetime | None = None
    reason: str = ""


class AlarmLines(LinesModel[AlarmRow]):
    """Alarms that are shown, then those put aside."""

    PRIORITY, SINCE, TEXT, STATE, UNTIL, REASON = range(6)

    def __init__(self, desk: AlarmDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        desk.changed.connect(self.look)
        desk.shelved_changed.connect(self.look)
        self.look()

    def titles(self) -> tuple[str, ...]:
        """Return the columns' names."""
        return (
            self.tr("Priority"), self.tr("Since"), self.tr("What is wrong — what to do"),
            self.tr("State"), self.tr("Aside until"), self.tr("Reason"),
        )  # fmt: skip

    def cell(self, value: AlarmRow, column: int) -> str:
        """Return what a cell shows."""
        words = {
            self.PRIORITY: priority_word(priority_of(value.alarm)),
            self.SINCE: time_text(value.alarm.since),
            self.TEXT: value.alarm.text,
            self.STATE: self._state(value),
            self.UNTIL: "" if value.until is None else time_text(value.until, seconds=False),
            self.REASON: value.reason,
        }
        return words[column]

    @Slot()
    def look(self, *_: object) -> None:
        """Look at the alarms again."""
        desk = self._desk
        rows = [AlarmRow(alarm=one) for one in desk.alarms]
        rows += [
            AlarmRow(alarm=one.alarm, until=one.until, reason=one.reason) for one in desk.shelved
        ]
        self.show([Line(one.alarm.id, one) for one in rows])

    def _state(self, value: AlarmRow) -> str:
        if value.until is not None:
            return self.tr("put aside")
        return self.tr("acknowledged") if value.alarm.is_acknowledged else self.tr("waits")
