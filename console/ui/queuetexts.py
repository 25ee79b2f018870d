"""What the cells of the queue say, and what else is asked of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt

from console.domain.incidents import Incident
from console.ui.mirror import Mirror
from console.ui.words import clock_text, form_word, level_word, moment_text, stage_word


class QueueColumn(IntEnum):
    """Columns of the queue, from the left."""

    LEVEL = 0
    NUMBER = 1
    FORM = 2
    PLACE = 3
    CLOCK = 4
    STAGE = 5
    UNITS = 6
    REPORTS = 7


class QueueRole(IntEnum):
    """What else is asked of a row, whatever the column."""

    ID = Qt.ItemDataRole.UserRole + 1
    LEVEL = Qt.ItemDataRole.UserRole + 2
    PENDING = Qt.ItemDataRole.UserRole + 3
    DISTRICT = Qt.ItemDataRole.UserRole + 4
    LEFT_S = Qt.ItemDataRole.UserRole + 5
    LATE = Qt.ItemDataRole.UserRole + 6
    STAGE = Qt.ItemDataRole.UserRole + 7
    INCIDENT = Qt.ItemDataRole.UserRole + 8
    SUMMARY = Qt.ItemDataRole.UserRole + 9
    NUMBER = Qt.ItemDataRole.UserRole + 10
    SOON = Qt.ItemDataRole.UserRole + 11


#: The part of a limit that is warned of.
SOON_SHARE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which open incidents are shown; ``None`` or empty leaves all.

    Attributes:
        text: Found anywhere in number, place, form or summary.
    """

    district: str | None = None
    text: str = ""
    levels: frozenset[int] = frozenset()

    def shows(self, incident: Incident) -> bool:
        """Whether an incident is shown."""
        if self.district is not None and incident.district != self.district:
            return False
        if self.levels and incident.level not in self.levels:
            return False
        wanted = self.text.strip().casefold()
        if not wanted:
            return True
        words = f"{incident.number} {incident.place} {form_word(incident.form)} {incident.summary}"
        return wanted in words.casefold()


def short_number(incident: Incident) -> str:
    """Return the running number of the day, or that there is none yet."""
    number = incident.short_number
    if number is None:
        return QCoreApplication.translate("IncidentQueueModel", "NOT SENT")
    return number


def left_s(mirror: Mirror, incident: Incident) -> float | None:
    """Return the seconds left to the limit, below 0 when past; ``None`` without a limit."""
    due_at = incident.next_due_at
    return None if due_at is None else (due_at - mirror.now()).total_seconds()


def is_late(mirror: Mirror, incident: Incident) -> bool:
    """Whether an incident is past its limit."""
    left = left_s(mirror, incident)
    return left is not None and left < 0


def is_soon(mirror: Mirror, incident: Incident) -> bool:
    """Whether the last quarter of a limit is running: it is said before it is too late."""
    due_at, left = incident.next_due_at, left_s(mirror, incident)
    if due_at is None or left is None or left < 0:
        return False
    of_stage = due_at == incident.stage_due_at and incident.stage_at is not None
    since = incident.stage_at if of_stage and incident.stage_at else incident.opened_at
    return left < SOON_SHARE * (due_at - since).total_seconds()


def limit_text(mirror: Mirror, incident: Incident) -> str:
    """Return the running limit, or that the clocks are held."""
    if incident.paused_at is not None:
        return QCoreApplication.translate("IncidentQueueModel", "held")
    return clock_text(left_s(mirror, incident))


def units_text(mirror: Mirror, incident: Incident) -> str:
    """Return the call signs of the units that still have something to do with it."""
    running = [one for one in mirror.assignments_of(incident.id) if one.is_running]
    units = [mirror.unit(one.unit) for one in running]
    return " ".join(unit.call_sign for unit in units if unit is not None)


def _hint(mirror: Mirror, incident: Incident, column: QueueColumn) -> str:
    if column is QueueColumn.CLOCK:
        return _clock_hint(incident)
    if column is QueueColumn.NUMBER:
        return incident.number or QCoreApplication.translate(
            "IncidentQueueModel", "Central has not given it a number yet."
        )
    return incident.summary


def _clock_hint(incident: Incident) -> str:
    text = QCoreApplication.translate("IncidentQueueModel", "opened {0}, due {1}")
    parts = [text.format(moment_text(incident.opened_at), moment_text(incident.due_at))]
    if incident.stage_due_at is not None:
        stage = QCoreApplication.translate("IncidentQueueModel", "this stage until {0}")
        parts.append(stage.format(moment_text(incident.stage_due_at)))
    if incident.paused_at is not None:
        held = QCoreApplication.translate("IncidentQueueModel", "held since {0}: {1}")
        parts.append(held.format(moment_text(incident.paused_at), incident.pause_reason))
    return "\n".join(parts)


Text = Callable[[Mirror, Incident], Any]
_TEXTS: Mapping[QueueColumn, Text] = {
    QueueColumn.LEVEL: lambda _, incident: level_word(incident.level),
    QueueColumn.NUMBER: lambda _, incident: short_number(incident),
    QueueColumn.FORM: lambda _, incident: form_word(incident.form),
    QueueColumn.PLACE: lambda _, incident: incident.place,
    QueueColumn.CLOCK: limit_text,
    QueueColumn.STAGE: lambda _, incident: stage_word(incident.stage),
    QueueColumn.UNITS: units_text,
    QueueColumn.REPORTS: lambda _, incident: str(incident.reports) if incident.reports else "",
}
_ROLES: Mapping[int, Text] = {
    QueueRole.ID: lambda _, incident: incident.id,
    QueueRole.LEVEL: lambda _, incident: int(incident.level),
    QueueRole.PENDING: lambda mirror, incident: mirror.is_pending(incident.id),
    QueueRole.DISTRICT: lambda _, incident: incident.district,
    QueueRole.LEFT_S: left_s,
    QueueRole.LATE: is_late,
    QueueRole.SOON: is_soon,
    QueueRole.STAGE: lambda _, incident: incident.stage.value,
    QueueRole.INCIDENT: lambda _, incident: incident,
    QueueRole.SUMMARY: lambda _, incident: incident.summary,
    QueueRole.NUMBER: lambda _, incident: incident.number,
}
_NUMBERS = frozenset({QueueColumn.NUMBER, QueueColumn.CLOCK, QueueColumn.REPORTS})


def cell(mirror: Mirror, incident: Incident, column: QueueColumn, role: int) -> Any:
    """Return what a cell shows, or what a role asks of its row."""
    if role == Qt.ItemDataRole.DisplayRole:
        return _TEXTS[column](mirror, incident)
    if role == Qt.ItemDataRole.ToolTipRole:
        return _hint(mirror, incident, column)
    if role == Qt.ItemDataRole.TextAlignmentRole:
        side = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter
    return _ROLES[role](mirror, incident) if role in _ROLES else None
