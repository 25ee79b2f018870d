"""Documents and fines by form and district, as central counts them for a time."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

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

from console.domain.errors import ZhihuiError
from console.ui.caseprint import write_list
from console.ui.reasons import reason_text
from console.ui.words import is_chinese

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_log = logging.getLogger("zhihui.console")


def _noop(context: str, source: str) -> str:
    return source


_COLUMNS = {
    "form": _noop("Fines", "Form"),
    "district": _noop("Fines", "District"),
    "orders": _noop("Fines", "Orders"),
    "penalties": _noop("Fines", "On the spot"),
    "decisions": _noop("Fines", "Decisions"),
    "fined_yuan": _noop("Fines", "Fined, yuan"),
    "paid": _noop("Fines", "Paid"),
    "paid_yuan": _noop("Fines", "Paid, yuan"),
    "voided": _noop("Fines", "Void"),
}
_SUMMED = ("orders", "penalties", "decisions", "fined_yuan", "paid", "paid_yuan", "voided")
_MONEY = frozenset({"fined_yuan", "paid_yuan"})


class FinesSource(Protocol):
    """Asks central: the sync client."""

    def administer(
        self, method: str, path: str, kind: type[Any], body: object = None
    ) -> Future[Any]:
        """Return central's answer to come."""


class FinesModel(QAbstractTableModel):
    """One row a form and district, the sum of all as the last.

    Signals:
        loaded: Figures have come.
        failed: A sentence: why they have not.
    """

    loaded = Signal()
    failed = Signal(str)
    _came = Signal(object)

    def __init__(self, source: FinesSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._rows: list[dict[str, Any]] = []
        self._came.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def load(self, since: datetime, until: datetime) -> None:
        """Ask for the figures of documents issued in [since, until), both aware."""
        asked = urlencode({"since": since.isoformat(), "until": until.isoformat()})
        answer = self._source.administer("GET", f"/v1/papers/figures?{asked}", dict[str, Any])
        answer.add_done_callback(self._came.emit)

    def rowCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many rows there are, the sum among them."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 (Qt's name)
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(_COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's words; numbers stand at the right."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        name = list(_COLUMNS)[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(name)
        if role not in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return None
        return _cell(self._rows[index.row()], name)

    def headerData(  # noqa: N802 (Qt's name)
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's name."""
        if orientation is Qt.Orientation.Vertical or section >= len(_COLUMNS):
            return None
        name = list(_COLUMNS)[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(name)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return QCoreApplication.translate("Fines", _COLUMNS[name])

    def export(self, path: Path) -> int:
        """Write what is shown into a file, XLSX by its ending, else CSV; return how many rows.

        Raises:
            FileNotWrittenError: It cannot be written there.
        """
        return write_list(self, path)

    def retranslate(self) -> None:
        """Show everything in the language shown now."""
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(_COLUMNS) - 1)
        if self._rows:
            last = self.index(len(self._rows) - 1, len(_COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    @Slot(object)
    def _tell(self, answer: Future[Any]) -> None:
        try:
            rows = list(answer.result()["figures"])
        except ZhihuiError as error:
            self.failed.emit(reason_text(str(getattr(error, "detail", "") or error)))
            return
        self.beginResetModel()
        self._rows = [*rows, _sum_of(rows)] if rows else []
        self.endResetModel()
        self.loaded.emit()


def _side(name: str) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if name in _SUMMED else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _sum_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"is_sum": True, **{name: sum(row[name] for row in rows) for name in _SUMMED}}


def _cell(row: dict[str, Any], name: str) -> str:
    if name in _SUMMED:
        return f"{row[name]:,.2f}" if name in _MONEY else f"{row[name]:,}"
    if row.get("is_sum"):
        return QCoreApplication.translate("Fines", "Sum") if name == "form" else ""
    if name == "form":
        return str(row["form_zh"] if is_chinese() else row["form_en"])
    return str(row["district_zh"] or row["district"] or "—")
