"""One widget that paints every tile of the wall."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from console.ui.wall_feed import WallFeed
from console.ui.wall_hints import WallHints
from console.ui.wall_values import Cell, TileKind, cells_of
from console.ui.words import moment_text
from widgets.common.appearance import Appearance
from widgets.common.theme import Theme, Token
from widgets.wall.tile_paint import TileFrame, TilePainter
from widgets.wall.words import tag_of, trouble_advice

GAP_PX = 3


class TileCanvas(QWidget):
    """The tiles. Only what changed is painted again: a picture, a caption, a progress line.

    Signals:
        tile_picked: Number of the tile that keys act on now, from 0.
        tile_opened: Number of a tile that was double-clicked.
    """

    tile_picked = Signal(int)
    tile_opened = Signal(int)

    def __init__(
        self, feed: WallFeed, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._feed = feed
        self._painter = TilePainter(appearance.theme)
        self._frames: list[TileFrame] = []
        self._picked = 0
        self._hints: WallHints | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 112)
        self.setAccessibleName(self.tr("Video wall"))
        appearance.theme_changed.connect(self._wear)
        feed.tile_ready.connect(self._show_picture)
        feed.tile_changed.connect(self._show_words)
        feed.page_turned.connect(self._show_page)
        self._place()

    @property
    def picked(self) -> int:
        """The tile that keys act on, from 0."""
        return self._picked

    def sizeHint(self) -> QSize:  # noqa: N802
        """Four small tiles."""
        return QSize(640, 404)

    def set_hints(self, hints: WallHints) -> None:
        """Draw hints over the live pictures."""
        self._hints = hints
        hints.changed.connect(self._show_hints)

    def frames(self) -> tuple[TileFrame, ...]:
        """Return where each tile is."""
        return tuple(self._frames)

    def pick(self, number: int) -> None:
        """Have keys act on another tile; one that does not exist is passed over."""
        if not 0 <= number < len(self._frames):
            return
        for tile in (self._picked, number):
            if tile < len(self._frames):
                self.update(self._frames[tile].whole)
        self._picked = number
        self.tile_picked.emit(number)

    def show_progress(self) -> None:
        """Paint the line of the dwell again."""
        for frame in self._frames:
            self.update(frame.progress)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint what the event names."""
        region = event.region()
        painter = QPainter(self)
        ground = QRegion(self.rect())
        for frame in self._frames:
            ground -= QRegion(frame.whole)
        painter.setClipRegion(ground & region)
        painter.fillRect(self.rect(), self._painter.theme.colour(Token.WINDOW))
        painter.setClipRegion(region)
        progress = self._feed.progress
        for number, frame in enumerate(self._frames):
            if region.intersects(frame.whole):
                self._paint_tile(painter, region, frame, number, progress)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Place the tiles anew."""
        super().resizeEvent(event)
        self._place()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Pick the tile under the mouse."""
        number = self._at(event.position().toPoint())
        if number is not None:
            self.pick(number)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Open the tile under the mouse."""
        number = self._at(event.position().toPoint())
        if number is not None:
            self.tile_opened.emit(number)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show that keys act here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show that keys act elsewhere."""
        super().focusOutEvent(event)
        self.update()

    def event(self, event: QEvent) -> bool:
        """Say the whole of what a tile has no room for in a tool tip."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self._at(event.pos())
            text = "" if number is None else self._tip(number)
            QToolTip.showText(event.globalPos(), text, self)
            return True
        if event.type() is QEvent.Type.LanguageChange:
            self.setAccessibleName(self.tr("Video wall"))
            self.update()
        return super().event(event)

    def _paint_tile(
        self,
        painter: QPainter,
        region: QRegion,
        frame: TileFrame,
        number: int,
        progress: float,
    ) -> None:
        view = self._feed.tile(number)
        if region.intersects(frame.picture):
            self._painter.paint_picture(painter, frame, view, self._hints)
        if region.intersects(frame.caption):
            if region.intersects(frame.caption.adjusted(0, frame.progress.height(), 0, 0)):
                self._painter.paint_caption(painter, frame, view, number)
            if view.kind is not TileKind.EMPTY:
                share = 0.0 if view.pinned else progress
                self._painter.paint_progress(painter, frame, share)
        if number == self._picked:
            self._painter.paint_picked(painter, frame, focused=self.hasFocus())

    def _place(self) -> None:
        """Cut the widget into tiles and tell the feed how large each picture may be."""
        self._frames = [TileFrame(whole=self._cut(cell)) for cell in cells_of(self._feed.tiles)]
        self._picked = min(self._picked, len(self._frames) - 1)
        ratio = self.devicePixelRatioF()
        self._feed.set_boxes(
            [
                (round(frame.picture.width() * ratio), round(frame.picture.height() * ratio))
                for frame in self._frames
            ]
        )
        self.update()

    def _cut(self, cell: Cell) -> QRect:
        width, height = self.width() + GAP_PX, self.height() + GAP_PX
        left, top = round(cell.left * width), round(cell.top * height)
        right, bottom = round(cell.right * width), round(cell.bottom * height)
        return QRect(left, top, max(8, right - left - GAP_PX), max(40, bottom - top - GAP_PX))

    def _at(self, point: QPoint) -> int | None:
        for number, frame in enumerate(self._frames):
            if frame.whole.contains(point):
                return number
        return None

    def _tip(self, number: int) -> str:
        view = self._feed.tile(number)
        lines = [view.name, view.camera or "", moment_text(view.taken_at) if view.taken_at else ""]
        lines.append(tag_of(view))
        if view.trouble is not None:
            lines.append(trouble_advice(view.trouble))
        return "\n".join(line for line in lines if line)

    def _show_picture(self, number: int) -> None:
        if number < len(self._frames):
            self.update(self._frames[number].picture)

    def _show_hints(self, point: str) -> None:
        for number in range(min(self._feed.tiles, len(self._frames))):
            if self._feed.tile(number).camera == point:
                self.update(self._frames[number].whole)

    def _show_words(self, number: int) -> None:
        if number < len(self._frames):
            frame = self._frames[number]
            self.update(frame.caption)
            if self._feed.tile(number).kind is not TileKind.LIVE:
                self.update(frame.picture)

    def _show_page(self) -> None:
        if len(self._frames) != self._feed.tiles:
            self._place()
        self.update()

    def _wear(self, theme: Theme) -> None:
        self._painter = TilePainter(theme)
        self.update()
