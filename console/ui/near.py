"""The list of who is near the picked incident, nearest by road first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)

from console.dispatch.near import FixNote, NearUnit
from console.dispatch.recommend import Recommendation
from console.domain.units import Unit, UnitStatus
from console.roads import Mode
from console.ui.mirror import Mirror
from console.ui.nearfinder import NearFinder, NearFound, NearState
from console.ui.recommendtexts import advice_text
from console.ui.words import age_text, unit_state_word

__all__ = [
    "NearColumn",
    "NearFinder",
    "NearFound",
    "NearRole",
    "NearState",
    "NearUnitsModel",
    "badge_text",
    "minutes_text",
    "near_reason",
]

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


class NearColumn(IntEnum):
    """Columns of the list, from the left."""

    NO = 0
    UNIT = 1
    MODE = 2
    ROAD = 3
    STATE = 4
    FIX = 5


class NearRole(IntEnum):
    """What else is asked of a row, whatever the column."""

    UNIT_ID = Qt.ItemDataRole.UserRole + 1
    SECONDS = Qt.ItemDataRole.UserRole + 2
    NOTE = Qt.ItemDataRole.UserRole + 3
    STATUS = Qt.ItemDataRole.UserRole + 4
    NEAR = Qt.ItemDataRole.UserRole + 5


def near_reason(state: NearState) -> str:
    """Return why the list is empty, in the language shown."""
    return QCoreApplication.translate("NearUnitsModel", _REASONS[state])


def _noop(context: str, source: str) -> str:
    return source


_REASONS: Mapping[NearState, str] = {
    NearState.NOTHING_PICKED: _noop("NearUnitsModel", "Pick an incident to see who is near."),
    NearState.NO_PLACE: _noop("NearUnitsModel", "The incident has no position; enter its place."),
    NearState.NO_ROADS: _noop("NearUnitsModel", "The road network is not loaded yet."),
    NearState.NO_POSITIONS: _noop("NearUnitsModel", "No positions have come in yet."),
    NearState.RANKING: _noop("NearUnitsModel", "Working out road times…"),
    NearState.NONE_FREE: _noop("NearUnitsModel", "No unit on duty is free."),
    NearState.RANKED: "",
}
_MODES: Mapping[Mode, str] = {
    Mode.CAR: _noop("NearUnitsModel", "car"),
    Mode.FOOT: _noop("NearUnitsModel", "foot"),
    Mode.BIKE: _noop("NearUnitsModel", "bike"),
}
_NOTES: Mapping[FixNote, str] = {
    FixNote.LATE_FIX: _noop("NearUnitsModel", "late fix"),
    FixNote.NO_FIX: _noop("NearUnitsModel", "no fix"),
    FixNote.ASLEEP: _noop("NearUnitsModel", "asleep"),
}


class NearUnitsModel(QAbstractTableModel):
    """The nearest units in rows; rows change in place, their number follows.

    Signals:
        advice_changed: The recommendation differs.
    """

    advice_changed = Signal()

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._rows: list[NearUnit] = []
        self.incident: str | None = None
        self.advice: Recommendation | None = None
        mirror.units_changed.connect(self._take_units)

    @Slot(object)
    def show_found(self, found: NearFound) -> None:
        """Show the units found for an incident."""
        self.incident = found.incident
        self.advice = found.advice
        self.advice_changed.emit()
        self._set_rows(list(found.units))

    @Slot()
    def clear(self) -> None:
        """Show nobody."""
        self.incident = None
        self.advice = None
        self.advice_changed.emit()
        self._set_rows([])

    def recommended(self) -> list[str]:
        """Return ids of the units recommended, the first there first."""
        return [] if self.advice is None else [str(one.unit.id) for one in self.advice.chosen]

    def instead_of(self, incident: str, units: Sequence[str]) -> dict[str, str]:
        """Return whom each unit is sent in the stead of, by call sign; none where none is left out.

        Args:
            incident: Where they are sent.
            units: Ids of those sent.
        """
        if self.advice is None or self.incident != incident:
            return {}
        there = {str(one.unit) for one in self._mirror.assignments_of(incident) if one.is_running}
        advised = [one.unit for one in self.advice.chosen]
        left_out = [one.call_sign for one in advised if one.id not in {*units, *there}]
        others = [unit for unit in units if unit not in {one.id for one in advised}]
        signs = " ".join(left_out)
        return dict.fromkeys(others, signs) if left_out else {}

    def advice_words(self) -> str:
        """Return the recommendation in words, with every reason and what is missing."""
        return "" if self.advice is None else advice_text(self.advice)

    def unit_at(self, row: int) -> str | None:
        """Return the id of the unit in a row."""
        return self._rows[row].unit if 0 <= row < len(self._rows) else None

    def rowCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many units are listed."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(NearColumn)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, or what a role asks of its row."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        near = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts(near, index.row())[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = _side(index.column())
            return side | Qt.AlignmentFlag.AlignVCenter
        unit = self._mirror.unit(near.unit)
        status = unit.status if unit is not None else UnitStatus.OFF_DUTY
        return {
            int(NearRole.UNIT_ID): near.unit,
            int(NearRole.SECONDS): near.seconds,
            int(NearRole.NOTE): near.note.value if near.note else None,
            int(NearRole.STATUS): status.value,
            int(NearRole.NEAR): near,
        }.get(role)

    def headerData(  # noqa: N802 (Qt's name)
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return a column's name, or the key that sends a row's unit."""
        if role == Qt.ItemDataRole.TextAlignmentRole and orientation is Qt.Orientation.Horizontal:
            return _side(section) | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation is Qt.Orientation.Vertical:
            return str(section + 1)
        names = (
            self.tr("Key"),
            self.tr("Unit"),
            self.tr("By"),
            self.tr("Road"),
            self.tr("State"),
            self.tr("Fix"),
        )
        return names[section] if 0 <= section < len(names) else None

    def retranslate(self) -> None:
        """Show every text in the language shown now."""
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(NearColumn) - 1)
        self._tell(0, len(self._rows) - 1)

    @Slot(list)
    def _take_units(self, ids: list[str]) -> None:
        for row, near in enumerate(self._rows):
            if near.unit in ids:
                self._tell(row, row)

    def _set_rows(self, rows: list[NearUnit]) -> None:
        before = len(self._rows)
        if len(rows) < before:
            self.beginRemoveRows(QModelIndex(), len(rows), before - 1)
            del self._rows[len(rows) :]
            self.endRemoveRows()
        changed = [
            (row, columns)
            for row, near in enumerate(rows[: len(self._rows)])
            if (columns := self._differing(self._rows[row], near))
        ]
        self._rows[: len(rows)] = rows[: len(self._rows)]
        if changed:
            columns = [column for _, some in changed for column in some]
            top, bottom = changed[0][0], changed[-1][0]
            self.dataChanged.emit(self.index(top, min(columns)), self.index(bottom, max(columns)))
        if len(rows) > before:
            self.beginInsertRows(QModelIndex(), before, len(rows) - 1)
            self._rows.extend(rows[before:])
            self.endInsertRows()

    @staticmethod
    def _differing(before: NearUnit, after: NearUnit) -> list[NearColumn]:
        """Return the columns in which two rows look different; of one unit the road and the fix."""
        if before.unit != after.unit:
            return list(NearColumn)
        looks = {
            NearColumn.MODE: before.mode is not after.mode,
            NearColumn.ROAD: minutes_text(before.seconds) != minutes_text(after.seconds),
            NearColumn.FIX: (before.note, _fix_text(before)) != (after.note, _fix_text(after)),
        }
        return [column for column, differs in looks.items() if differs]

    def _tell(self, first: int, last: int) -> None:
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(NearColumn) - 1))

    def _texts(self, near: NearUnit, row: int) -> tuple[str, ...]:
        unit = self._mirror.unit(near.unit)
        return (
            str(row + 1),
            _unit_text(unit, near.unit),
            QCoreApplication.translate("NearUnitsModel", _MODES[near.mode]),
            minutes_text(near.seconds),
            unit_state_word(unit.status) if unit is not None else "",
            _fix_text(near),
        )


def _side(column: int) -> Qt.AlignmentFlag:
    """Figures stand at the right, their column's name above them."""
    right = column in (NearColumn.NO, NearColumn.ROAD, NearColumn.FIX)
    return Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft


def _unit_text(unit: Unit | None, unit_id: str) -> str:
    if unit is None:
        return unit_id
    return f"{unit.call_sign} {unit.name}" if unit.name else unit.call_sign


def _fix_text(near: NearUnit) -> str:
    if near.note is None:
        return age_text(near.age_s)
    note = QCoreApplication.translate("NearUnitsModel", _NOTES[near.note])
    return f"{note} {age_text(near.age_s)}" if near.age_s is not None else note


def minutes_text(seconds: float | None) -> str:
    """Return a road time in minutes, "2.1′"; "—" where there is no way or no fix."""
    if seconds is None:
        return "—"
    minutes = seconds / 60.0
    return f"{minutes:.1f}′" if minutes < 100 else f"{minutes:.0f}′"


def badge_text(near: NearUnit, first: float | None) -> str:
    """Return road minutes and, where that is no foregone thing, the chance to be there first."""
    minutes = minutes_text(near.seconds)
    chance = None if first is None else round(100 * first)
    return minutes if not chance or chance >= 100 else f"{minutes} {chance}%"
