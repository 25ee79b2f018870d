"""Pictures of table cells, kept from one pass of painting to the next.

A queue of 45 rows by 8 columns is drawn anew whenever a row comes; of these 360 cells a handful
differ. What did not change is put on the screen as the picture it was.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtGui import QPixmap

#: Rows kept; more than any screen shows.
_MOST_ROWS = 400

#: What a cell looked like when it was drawn: width, height, chosen, with the focus.
Look = tuple[int, int, bool, bool]


class CellPictures:
    """Pictures of cells by row and column, until somebody says that they changed."""

    def __init__(self) -> None:
        self._rows: dict[Hashable, dict[int, tuple[Look, QPixmap]]] = {}

    def of(self, row: Hashable, column: int, look: Look, draw: Callable[[], QPixmap]) -> QPixmap:
        """Return a cell's picture, drawn only if there is none that looks like this."""
        cells = self._rows.get(row)
        if cells is None:
            if len(self._rows) >= _MOST_ROWS:
                self._rows.clear()
            cells = self._rows[row] = {}
        kept = cells.get(column)
        if kept is not None and kept[0] == look:
            return kept[1]
        picture = draw()
        cells[column] = (look, picture)
        return picture

    def forget(self) -> None:
        """Let go of everything."""
        self._rows.clear()

    def forget_row(self, row: Hashable, first: int, last: int) -> None:
        """Let go of some columns of a row."""
        cells = self._rows.get(row)
        if cells is not None:
            for column in range(first, last + 1):
                cells.pop(column, None)

    def forget_columns(self, first: int, last: int) -> None:
        """Let go of some columns of every row."""
        for cells in self._rows.values():
            for column in range(first, last + 1):
                cells.pop(column, None)
