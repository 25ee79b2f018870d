"""Buttons under a panel, each with its key; where one line is too short they stand in two."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

_GAP_PX = 5


class KeyRow(QWidget):
    """Shows those of its buttons that are not hidden, none of them cut off."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: list[QPushButton] = []
        self._placed: tuple[tuple[int, ...], int] = ((), 0)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(8, 4, 8, 6)
        self._grid.setSpacing(_GAP_PX)

    def add(self, button: QPushButton) -> None:
        """Add a button behind the others."""
        self._buttons.append(button)
        button.setParent(self)

    def arrange(self) -> None:
        """Place the buttons that are not hidden, as many in a line as fit."""
        shown = [at for at, one in enumerate(self._buttons) if not one.isHidden()]
        widest = max((self._buttons[at].sizeHint().width() for at in shown), default=1)
        room = max(self.width() - 16, widest)
        columns = max(1, min(len(shown), (room + _GAP_PX) // (widest + _GAP_PX)))
        if (tuple(shown), columns) == self._placed:
            return
        self._placed = tuple(shown), columns
        for one in self._buttons:
            self._grid.removeWidget(one)
        for place, at in enumerate(shown):
            self._grid.addWidget(self._buttons[at], place // columns, place % columns)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Place them anew for another width."""
        super().resizeEvent(event)
        self.arrange()
