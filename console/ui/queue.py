"""The queue: open incidents, the most urgent and soonest due first."""

from __future__ import annotations

from bisect import bisect_left, insort
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
    Slot,
)

from console.domain.incidents import Incident
from console.ui.mirror import Mirror
from console.ui.queuetexts import QueueColumn, QueueFilter, QueueRole, cell

__all__ = ["IncidentQueueModel", "QueueColumn", "QueueFilter", "QueueRole"]

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_NEVER = datetime.max.replace(tzinfo=UTC)
#: Sorts the queue: level, when due (none last), when opened, id.
SortKey = tuple[int, datetime, datetime, str]


def _sort_key(incident: Incident) -> SortKey:
    return (incident.level, incident.next_due_at or _NEVER, incident.opened_at, incident.id)


class IncidentQueueModel(QAbstractTableModel):
    """Open incidents in rows; single rows come, go and move, and nothing is ever reset.

    Signals:
        counts_changed: How many are shown, open in all, and late.
    """

    counts_changed = Signal(int, int, int)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._filter = QueueFilter()
        self._keys: list[SortKey] = []
        self._key_of: dict[str, SortKey] = {}
        self._soon = QTimer(self, interval=100, singleShot=True)
        self._soon.timeout.connect(self._tell_counts)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self.tick)
        mirror.incidents_changed.connect(self._take_incidents)
        mirror.assignments_changed.connect(self._take_assignments)
        self._take_incidents([incident.id for incident in mirror.open_incidents()])
        self._clock.start()

    # what views ask

    def rowCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many incidents are shown."""
        return 0 if parent.isValid() else len(self._keys)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(QueueColumn)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, or what a role asks of its row."""
        if not index.isValid() or index.row() >= len(self._keys):
            return None
        incident = self._mirror.incident(self._keys[index.row()][-1])
        if incident is None:
            return None
        return cell(self._mirror, incident, QueueColumn(index.column()), role)

    def headerData(  # noqa: N802 (Qt's name)
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return a column's name, or a row's number as the command line knows it."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation is Qt.Orientation.Vertical:
            return str(section + 1)
        names = (
            self.tr("Level"),
            self.tr("Number"),
            self.tr("Form"),
            self.tr("Place"),
            self.tr("Limit"),
            self.tr("Stage"),
            self.tr("Units"),
            self.tr("Reports"),
        )
        return names[section] if 0 <= section < len(names) else None

    # what others ask

    def incident_at(self, row: int) -> str | None:
        """Return the id of the incident in a row."""
        return self._keys[row][-1] if 0 <= row < len(self._keys) else None

    def row_of(self, incident_id: str) -> int | None:
        """Return the row an incident is in, ``None`` if it is not shown."""
        key = self._key_of.get(incident_id)
        return None if key is None else bisect_left(self._keys, key)

    def late_count(self) -> int:
        """Return how many shown incidents are past their limit."""
        now = self._mirror.now()
        return sum(key[1] < now for key in self._keys)

    # what changes them

    def show_only(self, wanted: QueueFilter) -> None:
        """Show only some of the open incidents."""
        self._filter = wanted
        every = {incident.id for incident in self._mirror.open_incidents()}
        self._take_incidents(sorted(every | self._key_of.keys()))

    def retranslate(self) -> None:
        """Show every text in the language shown now."""
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(QueueColumn) - 1)
        if self._keys:
            last = self.index(len(self._keys) - 1, len(QueueColumn) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    @Slot()
    def tick(self) -> None:
        """Let the clocks go on."""
        if self._keys:
            first = self.index(0, QueueColumn.CLOCK)
            last = self.index(len(self._keys) - 1, QueueColumn.CLOCK)
            self.dataChanged.emit(first, last, [Qt.ItemDataRole.DisplayRole, QueueRole.LEFT_S])
        self._tell_counts()

    @Slot(list)
    def _take_incidents(self, ids: list[str]) -> None:
        if not self._keys:
            self._fill(ids)
        else:
            for incident_id in ids:
                self._take(incident_id)
        if not self._soon.isActive():
            self._soon.start()

    @Slot(list)
    def _take_assignments(self, ids: list[str]) -> None:
        incidents = {one.incident for one in map(self._mirror.assignment, ids) if one is not None}
        for incident_id in incidents:
            row = self.row_of(incident_id)
            if row is not None:
                units = self.index(row, QueueColumn.UNITS)
                self.dataChanged.emit(units, units)

    def _shown(self, incident_id: str) -> Incident | None:
        incident = self._mirror.incident(incident_id)
        if incident is None or not incident.is_open or not self._filter.shows(incident):
            return None
        return incident

    def _fill(self, ids: list[str]) -> None:
        """Take many at once into an empty queue."""
        incidents = [one for one in map(self._shown, ids) if one is not None]
        if not incidents:
            return
        self.beginInsertRows(QModelIndex(), 0, len(incidents) - 1)
        self._key_of = {one.id: _sort_key(one) for one in incidents}
        self._keys = sorted(self._key_of.values())
        self.endInsertRows()

    def _take(self, incident_id: str) -> None:
        incident = self._shown(incident_id)
        row = self.row_of(incident_id)
        if incident is None:
            if row is not None:
                self._remove(incident_id, row)
        elif row is None:
            self._insert(incident)
        else:
            self._move(incident, row)

    def _insert(self, incident: Incident) -> None:
        key = _sort_key(incident)
        row = bisect_left(self._keys, key)
        self.beginInsertRows(QModelIndex(), row, row)
        self._keys.insert(row, key)
        self._key_of[incident.id] = key
        self.endInsertRows()

    def _remove(self, incident_id: str, row: int) -> None:
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._keys[row]
        del self._key_of[incident_id]
        self.endRemoveRows()

    def _move(self, incident: Incident, row: int) -> None:
        key = _sort_key(incident)
        target = bisect_left(self._keys, key)
        if key != self._keys[row]:
            moves = target not in (row, row + 1)
            if moves:
                self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), target)
            del self._keys[row]
            insort(self._keys, key)
            self._key_of[incident.id] = key
            if moves:
                self.endMoveRows()
        now_row = bisect_left(self._keys, key)
        self.dataChanged.emit(self.index(now_row, 0), self.index(now_row, len(QueueColumn) - 1))

    @Slot()
    def _tell_counts(self) -> None:
        shown = len(self._keys)
        total = shown if self._filter == QueueFilter() else len(self._mirror.open_incidents())
        self.counts_changed.emit(shown, total, self.late_count())
