"""The tray: commands that central did not take, and those that need to be asked about again."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Slot,
)

from console.domain.incidents import Incident
from console.protocol.commands import (
    AmendIncident,
    AnswerRoll,
    AssignUnit,
    AttachEvidence,
    CallBack,
    CancelIncident,
    CloseIncident,
    JoinIncidents,
    LinkIncident,
    MarkAlarm,
    NoteIncident,
    OpenIncident,
    OrderByVoice,
    PartIncidents,
    PauseIncident,
    PressPanic,
    ReopenIncident,
    ResumeIncident,
    SetDuty,
    SplitReport,
    VerifyIncident,
    WithdrawAssignment,
    name_of,
)
from console.store.outbox import EntryState, OutboxEntry
from console.sync.state import OutboxState
from console.ui.dutytexts import duty_sentence
from console.ui.mirror import Mirror
from console.ui.reasons import reason_text
from console.ui.words import form_word, means_word, time_text, unit_state_word

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


class TrayColumn(IntEnum):
    """Columns of the tray, from the left."""

    STATE = 0
    WHAT = 1
    WHY = 2
    MADE = 3


class TrayRole(IntEnum):
    """What else is asked of a row."""

    ID = Qt.ItemDataRole.UserRole + 1
    STATE = Qt.ItemDataRole.UserRole + 2
    INCIDENT = Qt.ItemDataRole.UserRole + 3


def incident_of(body: Any, mirror: Mirror) -> str | None:
    """Return the incident a command is about."""
    named = getattr(body, "incident", None)
    if isinstance(named, str):
        return named
    assignment = mirror.assignment(getattr(body, "assignment", ""))
    if assignment is not None:
        return assignment.incident
    evidence = getattr(body, "evidence", None)
    return getattr(evidence, "incident", None)


def _short(incident: Incident) -> str:
    return incident.short_number or form_word(incident.form)


def command_sentence(body: Any, mirror: Mirror) -> str:
    """Return what a command was to do, in words."""
    incident = mirror.incident(incident_of(body, mirror) or "")
    number = "—" if incident is None else _short(incident)
    if isinstance(body, AssignUnit):
        unit = mirror.unit(body.unit)
        sign = body.unit if unit is None else unit.call_sign
        text = QCoreApplication.translate("Tray", "Send {0} to {1}")
        return text.format(sign, number)
    if isinstance(body, OrderByVoice):
        unit = mirror.unit(body.unit)
        sign = body.unit if unit is None else unit.call_sign
        text = QCoreApplication.translate("Tray", "{0} told by {1} to go to {2}")
        return text.format(sign, means_word(body.means), number)
    if isinstance(body, WithdrawAssignment):
        return QCoreApplication.translate("Tray", "Call a unit back from {0}").format(number)
    if isinstance(body, OpenIncident):
        text = QCoreApplication.translate("Tray", "Open an incident: {0}, {1}")
        return text.format(form_word(body.form), body.place)
    if isinstance(body, VerifyIncident):
        passed = QCoreApplication.translate("Tray", "Verify {0}")
        back = QCoreApplication.translate("Tray", "Send {0} back")
        return (passed if body.passed else back).format(number)
    texts: dict[type, str] = {
        CloseIncident: QCoreApplication.translate("Tray", "Close {0}"),
        CancelIncident: QCoreApplication.translate("Tray", "Cancel {0}"),
        AmendIncident: QCoreApplication.translate("Tray", "Amend {0}"),
        NoteIncident: QCoreApplication.translate("Tray", "Note on {0}"),
        AttachEvidence: QCoreApplication.translate("Tray", "Attach evidence to {0}"),
        PauseIncident: QCoreApplication.translate("Tray", "Hold the clocks of {0}"),
        ResumeIncident: QCoreApplication.translate("Tray", "Let the clocks of {0} go on"),
        ReopenIncident: QCoreApplication.translate("Tray", "Open {0} again"),
        CallBack: QCoreApplication.translate("Tray", "What the caller said of {0}"),
        JoinIncidents: QCoreApplication.translate("Tray", "Join {0} to another case"),
        PartIncidents: QCoreApplication.translate("Tray", "Make {0} its own case again"),
        SplitReport: QCoreApplication.translate("Tray", "Part a report"),
        LinkIncident: QCoreApplication.translate("Tray", "Big incident: {0}"),
        MarkAlarm: QCoreApplication.translate("Tray", "Alarm marked"),
        PressPanic: QCoreApplication.translate("Tray", "Call for help"),
        AnswerRoll: QCoreApplication.translate("Tray", "Roll call"),
        SetDuty: QCoreApplication.translate("Tray", "Duty report"),
    }
    return texts.get(type(body), duty_sentence(body) or name_of(body)).format(number)


class TrayModel(QAbstractTableModel):
    """Commands that wait for a person, newest first; rows come and go one by one."""

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._entries: list[OutboxEntry] = []
        mirror.outbox_changed.connect(self._take)
        mirror.units_changed.connect(self._take_units)
        self._take(mirror.outbox)

    def rowCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many commands wait."""
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(TrayColumn)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, or what a role asks of its row."""
        if not index.isValid() or index.row() >= len(self._entries):
            return None
        entry = self._entries[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._text(entry, TrayColumn(index.column()))
        if role == TrayRole.ID:
            return entry.command_id
        if role == TrayRole.STATE:
            return entry.state.value
        return incident_of(entry.command.body, self._mirror) if role == TrayRole.INCIDENT else None

    def headerData(  # noqa: N802 (Qt's name)
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's name."""
        if role != Qt.ItemDataRole.DisplayRole or orientation is Qt.Orientation.Vertical:
            return None
        names = (self.tr("Outcome"), self.tr("Command"), self.tr("Why"), self.tr("Typed"))
        return names[section] if 0 <= section < len(names) else None

    def retranslate(self) -> None:
        """Show every text in the language shown now."""
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(TrayColumn) - 1)
        if self._entries:
            last = self.index(len(self._entries) - 1, len(TrayColumn) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    @Slot(list)
    def _take_units(self, ids: list[str]) -> None:
        for row, entry in enumerate(self._entries):
            if getattr(entry.command.body, "unit", "") in ids:
                why = self.index(row, TrayColumn.WHY)
                self.dataChanged.emit(why, why)

    def _text(self, entry: OutboxEntry, column: TrayColumn) -> str:
        if column is TrayColumn.STATE:
            words = {
                EntryState.CONFLICT: self.tr("conflict"),
                EntryState.REJECTED: self.tr("rejected"),
                EntryState.NEEDS_ASKING: self.tr("too old to send unasked"),
            }
            return words.get(entry.state, entry.state.value)
        if column is TrayColumn.WHAT:
            return command_sentence(entry.command.body, self._mirror)
        if column is TrayColumn.WHY:
            return self._why(entry)
        return time_text(entry.command.made_at)

    def _why(self, entry: OutboxEntry) -> str:
        """Say why it waits, and how the unit stands that it is about."""
        reason = entry.result.reason if entry.result is not None else None
        late = self.tr("Typed while offline; look at the incident, then decide.")
        why = reason_text(reason) if reason else late
        unit = self._mirror.unit(getattr(entry.command.body, "unit", ""))
        if unit is None:
            return why
        busy = [one for one in self._mirror.assignments_of_unit(unit.id) if one.is_running]
        incident = self._mirror.incident(busy[-1].incident) if busy else None
        state = unit_state_word(unit.status)
        if incident is None:
            return f"{why} {self.tr('{0} is now {1}.').format(unit.call_sign, state)}"
        now = self.tr("{0} is now {1}, with {2}.")
        return f"{why} {now.format(unit.call_sign, state, _short(incident))}"

    @Slot(object)
    def _take(self, state: OutboxState) -> None:
        wanted = {entry.command_id: entry for entry in reversed(state.tray)}
        for row in range(len(self._entries) - 1, -1, -1):
            if self._entries[row].command_id not in wanted:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._entries[row]
                self.endRemoveRows()
        for row, entry in enumerate(wanted.values()):
            if row < len(self._entries) and self._entries[row].command_id == entry.command_id:
                if self._entries[row] != entry:
                    self._entries[row] = entry
                    last = self.index(row, len(TrayColumn) - 1)
                    self.dataChanged.emit(self.index(row, 0), last)
                continue
            self.beginInsertRows(QModelIndex(), row, row)
            self._entries.insert(row, entry)
            self.endInsertRows()
