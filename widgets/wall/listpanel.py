"""How the wall's lists (not looked at today, to be repaired) are laid out, one like the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)


def lay_out_list(
    panel: QFrame,
    table: QTableWidget,
    *,
    above: Sequence[QWidget],
    controls: Sequence[QWidget],
    below: QWidget,
    widths: Iterable[tuple[int, int]],
) -> None:
    """Lay a popup panel out around its list.

    Args:
        panel: The panel.
        table: Its list, read only, one row chosen at a time.
        above: Over the line of controls, from the top.
        controls: Side by side over the list.
        below: Under the list.
        widths: Columns and how wide they are, px; column 0 takes what is left.
    """
    panel.setProperty("role", "popup")
    panel.setFrameShape(QFrame.Shape.StyledPanel)
    panel.setAutoFillBackground(True)
    line = QHBoxLayout()
    for control in controls:
        line.addWidget(control)
    line.addStretch(1)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(24)
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for column, width in widths:
        table.setColumnWidth(column, width)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
    table.setWordWrap(False)  # what is wrapped is cut at its end, where the number stands
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.setTabKeyNavigation(False)
    whole = QVBoxLayout(panel)
    whole.setContentsMargins(10, 10, 10, 10)
    for widget in above:
        whole.addWidget(widget)
    whole.addLayout(line)
    whole.addWidget(table, 1)
    whole.addWidget(below)
