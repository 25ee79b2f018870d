"""The menu by which plan or page goes to another screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

#: Stands for another window of this console.
OWN_WINDOW = ""


class HandMenu(QMenu):
    """Offers other windows and consoles; digits choose.

    Signals:
        chosen: Id of a console, "" for another window here, and whether the whole plan goes.
    """

    chosen = Signal(str, bool)

    def __init__(self, screens: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        targets = [(OWN_WINDOW, self.tr("another window here")), *screens]
        number = 0
        for whole, what in ((True, self.tr("This plan, from this page on → {0}")),
                            (False, self.tr("This page, held → {0}"))):  # fmt: skip
            for console, name in targets:
                number += 1
                text = what.format(name)
                action = self.addAction(f"&{number}  {text}" if number <= 9 else text)
                action.triggered.connect(
                    lambda _=False, to=console, all_of_it=whole: self.chosen.emit(to, all_of_it)
                )
            self.addSeparator()
        if not screens:
            self.addAction(self.tr("no other console patrols now")).setEnabled(False)

    def open_over(self, widget: QWidget) -> None:
        """Show it in the middle of a widget; it goes away by itself."""
        size = self.sizeHint()
        middle = widget.rect().center() - QPoint(size.width() // 2, size.height() // 2)
        self.popup(widget.mapToGlobal(middle))
        for action in self.actions():
            if not action.isSeparator():
                self.setActiveAction(action)
                break
