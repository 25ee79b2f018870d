"""The keys that answer hints on the wall."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from console.ui.wall_feed import WallFeed
from console.ui.wall_hints import WallHints
from widgets.wall.canvas import TileCanvas
from widgets.wall.words import hint_word


class HintKeys(QObject):
    """C confirms the picked tile's first hint: evidence of a new incident, its form filled in.

    X dismisses it, N goes to the next hint, on this page or at another point, M shows and hides
    hints.

    Args:
        feed: What is shown.
        hints: Its hints.
        canvas: Whose picked tile the keys act on.
        go_to: Turns to the page of a point and picks its tile.

    Signals:
        told: A sentence about what a key has done.
    """

    told = Signal(str)

    def __init__(
        self,
        feed: WallFeed,
        hints: WallHints,
        canvas: TileCanvas,
        go_to: Callable[[str], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._feed, self._hints, self._canvas, self._go_to = feed, hints, canvas, go_to

    def act(self, key: int) -> bool:
        """Do what a key says; return whether it is one of these."""
        hints, picked = self._hints, self._canvas.picked
        match key:
            case Qt.Key.Key_C:
                hint = hints.confirm(picked)
                text = self.tr("Confirmed: {0}. The picture becomes evidence.")
            case Qt.Key.Key_X:
                hint = hints.dismiss(picked)
                text = self.tr("Dismissed: {0}. It does not come again at that place.")
            case Qt.Key.Key_N:
                self._next()
                return True
            case Qt.Key.Key_M:
                hints.show(not hints.shown)
                on, off = self.tr("Hints are on."), self.tr("Hints are off.")
                self.told.emit(on if hints.shown else off)
                return True
            case _:
                return False
        none = self.tr("Tile {0} has no hint to answer.").format(picked + 1)
        self.told.emit(none if hint is None else text.format(hint_word(hint)))
        return True

    def _next(self) -> None:
        tiles = self._feed.tiles
        for step in range(1, tiles + 1):
            number = (self._canvas.picked + step) % tiles
            if self._hints.told(self._feed.tile(number).camera):
                self._canvas.pick(number)
                return
        for point, _ in self._hints.every():
            if self._feed.go_to(point) is not None:
                self._go_to(point)
                return
        self.told.emit(self.tr("No tile has a hint to answer."))
