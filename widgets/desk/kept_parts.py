"""A column of widgets of which those stay that show the same again.

To make a label, find its style and lay it out takes longer than anything else about a card; of a
card that changes most of it says what it said before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets.desk.card_parts import heading, wrapped

#: What a part shows, compared with what others show, and how it is made.
Part = tuple[object, Callable[[], QWidget]]


class KeptParts:
    """The parts in a column, in order.

    Args:
        column: An empty column, which holds nothing else; its end stretches.
    """

    def __init__(self, column: QVBoxLayout) -> None:
        self._column = column
        self._column.addStretch(1)
        self._held: list[tuple[object, QWidget]] = []

    def show(self, wanted: Sequence[Part]) -> None:
        """Show these parts; one whose key equals that of one shown now is that one."""
        left, shown = self._held, []
        for key, make in wanted:
            at = next((at for at, (known, _) in enumerate(left) if known == key), None)
            shown.append((key, make()) if at is None else left.pop(at))
        for _, widget in left:
            widget.hide()
            self._column.removeWidget(widget)
            widget.deleteLater()
        for place, (_, widget) in enumerate(shown):
            item = self._column.itemAt(place)
            if item is None or item.widget() is not widget:
                self._column.insertWidget(place, widget)
                widget.show()  # now: left to the column there would be a gap for one picture
        self._held = shown

    def forget(self) -> None:
        """Let every part go, as when another language is spoken."""
        self.show(())


def words_part(text: str, tone: str = "") -> Part:
    """Return a label that wraps."""
    return ("words", text, tone), partial(wrapped, text, tone)


def section(title: str, parts: Sequence[Part]) -> list[Part]:
    """Return parts under their heading, a little apart; nothing where there are none."""

    def head() -> QWidget:
        label = heading(title)
        label.setContentsMargins(0, 4, 0, 0)
        return label

    return [(("heading", title), head), *parts] if parts else []


def itself(widget: QWidget) -> QWidget:
    """Return a widget, for parts that are made beforehand."""
    return widget
