"""What the panes of the duty window are made of: a table with bare keys, a choice of places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QComboBox, QHeaderView, QPushButton, QWidget

from console.ui.lines import VALUE_ROLE, LinesModel
from widgets.common.appearance import Appearance
from widgets.common.rows import Index, RowDelegate, RowTable, paint_empty
from widgets.common.shapes import Mark
from widgets.common.theme import Token

Marks = Callable[[Any, int], Mark | None]
Tokens = Callable[[Any, int], Token]


class ValueDelegate(RowDelegate):
    """Draws a row by its value."""

    def __init__(
        self, appearance: Appearance, table: RowTable, marks: Marks, tokens: Tokens
    ) -> None:
        super().__init__(appearance, table)
        self._marks, self._tokens = marks, tokens

    def mark_of(self, index: Index) -> Mark | None:
        """Mark a cell as its value says."""
        value = index.data(VALUE_ROLE)
        return None if value is None else self._marks(value, index.column())

    def token_of(self, index: Index) -> Token:
        """Colour a cell as its value says."""
        value = index.data(VALUE_ROLE)
        return Token.TEXT if value is None else self._tokens(value, index.column())


class KeyTable(RowTable):
    """A table of values whose bare keys do something.

    Signals:
        chosen: Another row is chosen, or its value is another.
    """

    chosen = Signal()

    def __init__(self, model: LinesModel[Any], *, stretched: int) -> None:
        super().__init__()
        self._lines = model
        self._keys: dict[int, Callable[[], object]] = {}
        self._empty = ""
        self.setModel(model)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        self.fit(*(one for one in range(model.columnCount()) if one != stretched))
        self.selectionModel().currentRowChanged.connect(self._tell)
        model.dataChanged.connect(self._tell)
        model.rowsInserted.connect(self._choose)
        model.rowsRemoved.connect(self._tell)

    @property
    def value(self) -> Any:
        """The value of the chosen row, ``None`` when none is chosen."""
        return self._lines.value_at(self.current_row())

    def dress(self, appearance: Appearance, marks: Marks, tokens: Tokens) -> None:
        """Draw rows by what their values say."""
        self.setItemDelegate(ValueDelegate(appearance, self, marks, tokens))
        self._fit_soon()  # marks need room

    def do_on(self, keys: Mapping[Qt.Key, Callable[[], object]]) -> None:
        """Have bare keys do something."""
        self._keys.update({int(key): act for key, act in keys.items()})

    def say_empty(self, text: str) -> None:
        """Set what is read where there are no rows."""
        self._empty = text
        self.viewport().update()

    def _choose(self, *_: object) -> None:
        self.choose_first()
        self._tell()

    def _tell(self, *_: object) -> None:
        self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Do what a bare key does here."""
        is_bare = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        act = self._keys.get(event.key()) if is_bare else None
        if act is None:
            super().keyPressEvent(event)
        else:
            act()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the rows, or why there are none."""
        super().paintEvent(event)
        paint_empty(self, self._empty)


class PlaceBox(QComboBox):
    """A choice of city, district or street.

    Signals:
        place_chosen: Id of the place, "" for the city.
    """

    place_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaxVisibleItems(24)
        self.activated.connect(lambda row: self.place_chosen.emit(str(self.itemData(row))))

    def offer(self, places: list[tuple[str, str, int]]) -> None:
        """Offer places with their depth in the tree; the one chosen stays."""
        held = self.currentData()
        self.clear()
        for place, name, depth in places:
            self.addItem("　" * depth + name, place)
        self.setCurrentIndex(max(0, self.findData(held)))


def button(act: Callable[[], object]) -> QPushButton:
    """Return a button that does something; its words come with the language."""
    made = QPushButton()
    made.setAutoDefault(False)
    made.clicked.connect(lambda _checked=False: act())
    return made
