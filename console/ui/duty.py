"""Who is on duty: counts by district and by what the units do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)

from console.domain.places import Jurisdiction
from console.domain.units import UnitStatus
from console.ui.mirror import Mirror
from console.ui.words import place_word

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
#: The row of all districts together, and the one of units that name no district.
ALL, NOWHERE = "", "?"


class DutyColumn(IntEnum):
    """Columns of the table, from the left."""

    DISTRICT = 0
    ON_DUTY = 1
    FREE = 2
    EN_ROUTE = 3
    ON_SCENE = 4
    OFF = 5


_COUNTED = {
    DutyColumn.ON_DUTY: frozenset(UnitStatus) - {UnitStatus.OFF_DUTY},
    DutyColumn.FREE: frozenset({UnitStatus.AVAILABLE}),
    DutyColumn.EN_ROUTE: frozenset({UnitStatus.ASSIGNED, UnitStatus.EN_ROUTE}),
    DutyColumn.ON_SCENE: frozenset({UnitStatus.ON_SCENE}),
    DutyColumn.OFF: frozenset({UnitStatus.OFF_DUTY}),
}


class DutyModel(QAbstractTableModel):
    """One row a district under one for the city; figures move, rows stay.

    Signals:
        totals_changed: Units on duty, and those of them that are free.
    """

    totals_changed = Signal(int, int)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._held: dict[str, tuple[str, UnitStatus]] = {}
        self._counts: dict[str, Counter[UnitStatus]] = {ALL: Counter()}
        self._rows: list[str] = [ALL]
        mirror.units_changed.connect(self._take)
        mirror.jurisdictions_changed.connect(self._rename)
        self._take([unit.id for unit in mirror.units()])

    def rowCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many districts there are, and one."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(DutyColumn)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a district's name or a figure."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        column = DutyColumn(index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            is_name = column is DutyColumn.DISTRICT
            side = Qt.AlignmentFlag.AlignLeft if is_name else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        row = self._rows[index.row()]
        return self._name(row) if column is DutyColumn.DISTRICT else str(self.count(row, column))

    def headerData(  # noqa: N802 (Qt's name)
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's name."""
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        names = (
            self.tr("District"),
            self.tr("On duty"),
            self.tr("Free"),
            self.tr("On the way"),
            self.tr("On scene"),
            self.tr("Off"),
        )
        return names[section] if 0 <= section < len(names) else None

    def count(self, district: str, column: DutyColumn) -> int:
        """Return how many units of a district, "" for all, are counted in a column."""
        counts = self._counts.get(district, Counter())
        return sum(counts[status] for status in _COUNTED[column])

    def district_at(self, row: int) -> str:
        """Return the district of a row; "" for the whole city."""
        return self._rows[row] if 0 <= row < len(self._rows) and self._rows[row] != NOWHERE else ALL

    def retranslate(self) -> None:
        """Show every text in the language shown now."""
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(DutyColumn) - 1)
        self._tell(self._rows, first=DutyColumn.DISTRICT)

    def _name(self, row: str) -> str:
        if row == ALL:
            return self.tr("Whole city")
        district = self._mirror.jurisdiction(row)
        if isinstance(district, Jurisdiction):
            return place_word(district)
        return self.tr("no district") if row == NOWHERE else row

    @Slot(list)
    def _rename(self, _ids: list[str]) -> None:
        self._tell(self._rows, first=DutyColumn.DISTRICT, last=DutyColumn.DISTRICT)

    @Slot(list)
    def _take(self, ids: list[str]) -> None:
        touched: set[str] = set()
        for unit_id in ids:
            unit = self._mirror.unit(unit_id)
            now = None if unit is None else (unit.district or NOWHERE, unit.status)
            before = self._held.pop(unit_id, None)
            if now is not None:
                self._held[unit_id] = now
            if before != now:
                self._shift(before, -1, touched)
                self._shift(now, 1, touched)
        for district in sorted(touched - set(self._rows)):
            row = sum(known < district for known in self._rows)
            self.beginInsertRows(QModelIndex(), row, row)
            self._rows.insert(row, district)
            self.endInsertRows()
        self._tell(touched, first=DutyColumn.ON_DUTY)
        if touched:
            self.totals_changed.emit(
                self.count(ALL, DutyColumn.ON_DUTY), self.count(ALL, DutyColumn.FREE)
            )

    def _shift(self, at: tuple[str, UnitStatus] | None, by: int, touched: set[str]) -> None:
        if at is not None:
            district, status = at
            for row in (ALL, district):
                self._counts.setdefault(row, Counter())[status] += by
                touched.add(row)

    def _tell(
        self,
        districts: Iterable[str],
        *,
        first: DutyColumn,
        last: DutyColumn = DutyColumn.OFF,
    ) -> None:
        for row in sorted(self._rows.index(district) for district in districts):
            self.dataChanged.emit(self.index(row, first), self.index(row, last))
