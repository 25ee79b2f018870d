"""Tables whose rows are values with keys: what differs is told, nothing is reset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
T = TypeVar("T")
#: What else is asked of a row.
KEY_ROLE = Qt.ItemDataRole.UserRole + 1
VALUE_ROLE = Qt.ItemDataRole.UserRole + 2


@dataclass(frozen=True, slots=True)
class Line(Generic[T]):
    """One row: its key, and the value that its cells are written from when they are seen."""

    key: str
    value: T


class LinesModel(QAbstractTableModel, Generic[T]):
    """Rows of one kind of value; a subclass names the columns and writes the cells."""

    #: Columns whose words end at the right.
    RIGHT: frozenset[int] = frozenset()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[Line[T]] = []

    def titles(self) -> tuple[str, ...]:
        """Return the columns' names in the language shown."""
        raise NotImplementedError

    def cell(self, value: T, column: int) -> str:
        """Return what a cell shows."""
        raise NotImplementedError

    @property
    def values(self) -> list[T]:
        """The values shown, from the top."""
        return [line.value for line in self._lines]

    def value_at(self, row: int | None) -> T | None:
        """Return the value of a row."""
        known = row is not None and 0 <= row < len(self._lines)
        return self._lines[row].value if known and row is not None else None

    def row_of(self, key: str) -> int | None:
        """Return where a key stands."""
        return next((row for row, line in enumerate(self._lines) if line.key == key), None)

    def show(self, lines: Sequence[Line[T]]) -> None:
        """Show these rows in this order; of two with one key the first."""
        lines = list({line.key: line for line in reversed(lines)}.values())[::-1]
        self._drop(lines)
        held = {line.key for line in self._lines}
        for row, line in enumerate(lines):
            if line.key not in held:
                self._insert(row, line)
                continue
            if self._lines[row].key != line.key:
                self._move(line.key, row)
            if self._lines[row].value != line.value:
                self._lines[row] = line
                self._tell(row, row)

    def refresh(self) -> None:
        """Write every cell anew: time has passed, or another language is shown."""
        if self._lines:
            self._tell(0, len(self._lines) - 1)

    def retranslate(self) -> None:
        """Show every text in the language shown now."""
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.titles()) - 1)
        self.refresh()

    def _drop(self, lines: Sequence[Line[T]]) -> None:
        wanted = {line.key for line in lines}
        for row in range(len(self._lines) - 1, -1, -1):
            if self._lines[row].key not in wanted:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._lines[row]
                self.endRemoveRows()

    def _insert(self, row: int, line: Line[T]) -> None:
        self.beginInsertRows(QModelIndex(), row, row)
        self._lines.insert(row, line)
        self.endInsertRows()

    def _move(self, key: str, row: int) -> None:
        held = self.row_of(key)
        if held is None or held == row:
            return
        self.beginMoveRows(QModelIndex(), held, held, QModelIndex(), row)
        self._lines.insert(row, self._lines.pop(held))
        self.endMoveRows()

    def _tell(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.titles()) - 1))

    def rowCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self.titles())

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, or what a role asks of its row."""
        if not index.isValid() or index.row() >= len(self._lines):
            return None
        line = self._lines[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.cell(line.value, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(index.column())
        if role == KEY_ROLE:
            return line.key
        return line.value if role == VALUE_ROLE else None

    def headerData(  # noqa: N802 (Qt's name)
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's name."""
        if orientation is Qt.Orientation.Vertical or not 0 <= section < len(self.titles()):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(section)
        return self.titles()[section] if role == Qt.ItemDataRole.DisplayRole else None

    def _side(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if column in self.RIGHT else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter
