"""The rows of one table of administration, filtered by words and by whether they are retired."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


class AdminRole(IntEnum):
    """What a row tells beside its words."""

    RETIRED = Qt.ItemDataRole.UserRole + 1


class AdminTableModel(QAbstractTableModel):
    """Flat rows as central gave them; reading a table anew takes their place."""

    def __init__(self, word: Callable[[str], str], parent: QObject | None = None) -> None:
        """Begin empty; ``word`` gives the name of a column in the language shown."""
        super().__init__(parent)
        self._word = word
        self._columns: tuple[str, ...] = ()
        self._all: list[dict[str, Any]] = []
        self._rows: list[dict[str, Any]] = []
        self._words = ""
        self._with_retired = False

    def rowCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many rows are shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's words."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == AdminRole.RETIRED:
            return bool(row.get("retired"))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            value = row.get(self._columns[index.column()])
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role not in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return None
        return cell_text(row.get(self._columns[index.column()]))

    def headerData(  # noqa: N802 (Qt's name)
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's name."""
        if orientation is Qt.Orientation.Vertical or role != Qt.ItemDataRole.DisplayRole:
            return None
        return self._word(self._columns[section]) if section < len(self._columns) else None

    def show_rows(self, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
        """Show the rows of a table, as central gave them now."""
        self.beginResetModel()
        self._columns, self._all = tuple(columns), list(rows)
        self._rows = self._chosen()
        self.endResetModel()

    def set_filter(self, words: str, *, with_retired: bool) -> None:
        """Show only rows that hold all the words."""
        self.beginResetModel()
        self._words, self._with_retired = words, with_retired
        self._rows = self._chosen()
        self.endResetModel()

    def row_at(self, number: int) -> dict[str, Any] | None:
        """Return a row that is shown."""
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def number_of(self, row_id: str) -> int | None:
        """Return where a row is shown, ``None`` if it is not."""
        for number, row in enumerate(self._rows):
            if str(row.get("id")) == row_id:
                return number
        return None

    @property
    def total(self) -> int:
        """How many rows the table has, shown or not."""
        return len(self._all)

    def retranslate(self) -> None:
        """Name the columns in the language shown now."""
        if self._columns:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._columns) - 1)

    def _chosen(self) -> list[dict[str, Any]]:
        words = self._words.casefold().split()
        return [
            row
            for row in self._all
            if (self._with_retired or not row.get("retired"))
            and all(word in _haystack(row) for word in words)
        ]


def cell_text(value: Any) -> str:
    """Return a value as a cell shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _haystack(row: dict[str, Any]) -> str:
    return " ".join(str(value) for value in row.values() if value is not None).casefold()
