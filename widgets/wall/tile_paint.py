"""Paints one tile: the picture or the words instead of it, and the caption under it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen

from console.ui.wall_hints import WallHints
from console.ui.wall_values import TileKind, TileView
from widgets.common.appearance import interface_font
from widgets.common.shapes import Mark, Shape, paint_mark
from widgets.common.theme import SMALL_PX, Theme, Token
from widgets.wall.hint_paint import HintPainter
from widgets.wall.words import (
    connecting_text,
    finding_word,
    tag_of,
    time_of,
    trouble_advice,
    trouble_title,
)

CAPTION_PX = 22
PROGRESS_PX = 2
_PAD = 6
_MARK_PX = 12
_DIMMED = 0.62
FAILED_MARK = Mark(shape=Shape.TRIANGLE, token=Token.HIGH)
FOUND_MARK = Mark(shape=Shape.SQUARE, token=Token.CAUTION)
OLD_MARK = Mark(shape=Shape.DASHED_RING, token=Token.SECONDARY)


@dataclass(frozen=True, slots=True, kw_only=True)
class TileFrame:
    """Where a tile and its parts are, in logical pixels of the wall."""

    whole: QRect

    @property
    def picture(self) -> QRect:
        """The part the picture fits into."""
        return self.whole.adjusted(0, 0, 0, -CAPTION_PX)

    @property
    def caption(self) -> QRect:
        """Name, marks and time."""
        whole = self.whole
        return QRect(whole.left(), whole.bottom() + 1 - CAPTION_PX, whole.width(), CAPTION_PX)

    @property
    def progress(self) -> QRect:
        """The thin line of the dwell, on the caption's upper edge."""
        caption = self.caption
        return QRect(caption.left(), caption.top(), caption.width(), PROGRESS_PX)


def placed(size: QSize, box: QRect, ratio: float) -> QRectF:
    """Return where a picture goes: centred, as large as fits; not scaled if it fits a side.

    Args:
        size: The picture's, device pixels.
        box: Logical pixels.
        ratio: Device pixels to a logical one.
    """
    width, height = size.width() / ratio, size.height() / ratio
    scale = min(box.width() / width, box.height() / height)
    # A picture scaled for this very tile is at most a pixel smaller: leave its pixels alone.
    if not (0 <= box.width() - width < 3 or 0 <= box.height() - height < 3) or scale < 1:
        width, height = width * scale, height * scale
    left = box.left() + (box.width() - width) / 2
    top = box.top() + (box.height() - height) / 2
    return QRectF(round(left), round(top), width, height)


def beside(target: QRectF, box: QRect) -> list[QRect]:
    """Return what of a box a picture leaves bare: left, right, above and below it."""
    inner = target.toRect()
    left, right = inner.left() - box.left(), box.right() - inner.right()
    above, below = inner.top() - box.top(), box.bottom() - inner.bottom()
    edges = (
        QRect(box.left(), box.top(), left, box.height()),
        QRect(inner.right() + 1, box.top(), right, box.height()),
        QRect(box.left(), box.top(), box.width(), above),
        QRect(box.left(), inner.bottom() + 1, box.width(), below),
    )
    return [edge for edge in edges if not edge.isEmpty()]


class TilePainter:
    """Paints tiles in a theme.

    Args:
        theme: Its colours.
    """

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._font = interface_font()
        self._small = QFont(self._font)
        self._small.setPixelSize(SMALL_PX)
        self._bold = QFont(self._font)
        self._bold.setBold(True)
        self._hints = HintPainter(theme)

    def paint_picture(
        self,
        painter: QPainter,
        frame: TileFrame,
        view: TileView,
        hints: WallHints | None = None,
    ) -> None:
        """Paint the picture with its hints, or say why there is none."""
        box = frame.picture
        if view.image is None:
            painter.fillRect(box, self.theme.colour(Token.RAISED))
            self._paint_words(painter, box, view)
            return
        self._paint_image(painter, box, view.image, dimmed=view.kind is not TileKind.LIVE)
        if hints is not None and view.kind is TileKind.LIVE:
            ratio = painter.device().devicePixelRatioF()
            target = placed(view.image.size(), box, ratio)
            self._hints.paint(painter, target, hints.of(view.camera), hints.measured)
        tag = tag_of(view)
        if tag:
            self._paint_tag(painter, box, tag, FAILED_MARK if view.trouble else OLD_MARK)

    def paint_caption(
        self, painter: QPainter, frame: TileFrame, view: TileView, number: int
    ) -> None:
        """Paint name, marks and time.

        Args:
            painter: Paints the wall.
            frame: Where the tile is.
            view: What it shows.
            number: From 0; keys count from 1.
        """
        box = frame.caption
        painter.fillRect(box, self.theme.colour(Token.PANEL))
        if view.kind is TileKind.EMPTY:
            return
        left, right = box.left() + _PAD, box.right() - _PAD
        painter.setFont(self._small)
        metrics = QFontMetrics(self._small)
        time_words = time_of(view)
        if time_words:
            width = metrics.horizontalAdvance(time_words)
            old = view.kind is not TileKind.LIVE
            painter.setPen(self.theme.colour(Token.TEXT if old else Token.SECONDARY))
            self._line(
                painter, QRect(right - width, box.top(), width + 1, box.height()), time_words
            )
            right -= width + _PAD
        if view.finding is not None:
            right = self._paint_finding(painter, box, right, finding_word(view.finding))
        left = self._paint_number(painter, box, left, number)
        mark = self._mark(view)
        if mark is not None:
            spot = QRectF(left, box.top() + (box.height() - _MARK_PX) / 2, _MARK_PX, _MARK_PX)
            paint_mark(painter, spot, mark, self.theme)
            left += _MARK_PX + 4
        name = f"★ {view.name}" if view.pinned else view.name
        painter.setFont(self._small)
        painter.setPen(self.theme.colour(Token.TEXT))
        room = max(0, right - left)
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
        self._line(painter, QRect(left, box.top(), room, box.height()), shown)

    def paint_progress(self, painter: QPainter, frame: TileFrame, share: float) -> None:
        """Paint how much of its dwell the page has had, 0 to 1."""
        line = frame.progress
        done = round(line.width() * share)
        painter.fillRect(line, self.theme.colour(Token.PANEL))
        painter.fillRect(
            QRect(line.left(), line.top(), done, line.height()), self.theme.colour(Token.EDGE)
        )

    def paint_picked(self, painter: QPainter, frame: TileFrame, *, focused: bool) -> None:
        """Paint the outline of the tile that keys act on; bolder while the wall has the focus."""
        token = Token.FOCUS if focused else Token.EDGE
        pen = QPen(self.theme.colour(token), 2 if focused else 1)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = 1 if focused else 0
        painter.drawRect(frame.whole.adjusted(inset, inset, -1, -1))

    def _paint_image(self, painter: QPainter, box: QRect, image: QImage, *, dimmed: bool) -> None:
        ratio = painter.device().devicePixelRatioF()
        target = placed(image.size(), box, ratio)
        ground = self.theme.colour(Token.PANEL)
        for edge in [box] if dimmed else beside(target, box):
            painter.fillRect(edge, ground)
        unscaled = (
            abs(target.width() * ratio - image.width()) < 0.5
            and abs(target.height() * ratio - image.height()) < 0.5
        )
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not unscaled)
        if dimmed:
            painter.setOpacity(_DIMMED)
        if unscaled and ratio == 1.0:
            painter.drawImage(target.topLeft(), image)  # a copy, where a rectangle would be a fit
        else:
            painter.drawImage(target, image)
        painter.setOpacity(1.0)

    def _paint_tag(self, painter: QPainter, box: QRect, text: str, mark: Mark) -> None:
        metrics = QFontMetrics(self._small)
        room = box.width() - 2 * _PAD
        width = min(room, metrics.horizontalAdvance(text) + _MARK_PX + 3 * _PAD)
        if width < 40:
            return
        tag = QRect(box.left() + _PAD, box.top() + _PAD, width, 20)
        ground = QColor(self.theme.colour(Token.WINDOW))
        ground.setAlphaF(0.86)
        painter.fillRect(tag, ground)
        spot = QRectF(tag.left() + _PAD, tag.top() + 4, _MARK_PX, _MARK_PX)
        paint_mark(painter, spot, mark, self.theme)
        inner = tag.adjusted(2 * _PAD + _MARK_PX, 0, -_PAD + 1, 0)
        painter.setFont(self._small)
        painter.setPen(self.theme.colour(Token.TEXT))
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
        self._line(painter, inner, shown)

    def _paint_words(self, painter: QPainter, box: QRect, view: TileView) -> None:
        """Mark, title and advice in the middle; what has no room is left out from below."""
        title, advice, mark = self._words(view)
        if not title:
            return
        inner = box.adjusted(2 * _PAD, _PAD, -2 * _PAD, -_PAD)
        flags = int(Qt.AlignmentFlag.AlignHCenter) | int(Qt.TextFlag.TextWordWrap)
        side = 22 if box.height() > 120 else 14
        bold, small = QFontMetrics(self._bold), QFontMetrics(self._small)
        room = QRect(0, 0, inner.width(), 10_000)
        title_px = bold.boundingRect(room, flags, title).height()
        advice_px = small.boundingRect(room, flags, advice).height() if advice else 0
        if side + title_px + advice_px + 12 > inner.height():
            advice_px = 0
        top = inner.top() + max(0, (inner.height() - side - title_px - advice_px - 12) // 2)
        paint_mark(
            painter, QRectF(inner.center().x() - side / 2, top, side, side), mark, self.theme
        )
        painter.setFont(self._bold)
        painter.setPen(self.theme.colour(Token.TEXT))
        top += side + 6
        painter.drawText(QRect(inner.left(), top, inner.width(), title_px), flags, title)
        if advice_px:
            painter.setFont(self._small)
            painter.setPen(self.theme.colour(Token.SECONDARY))
            top += title_px + 4
            painter.drawText(QRect(inner.left(), top, inner.width(), advice_px), flags, advice)

    def _words(self, view: TileView) -> tuple[str, str, Mark]:
        if view.trouble is not None:
            return trouble_title(view.trouble), trouble_advice(view.trouble), FAILED_MARK
        if view.kind is TileKind.EMPTY:
            return "", "", OLD_MARK
        return connecting_text(), "", OLD_MARK

    def _mark(self, view: TileView) -> Mark | None:
        if view.trouble is not None:
            return FAILED_MARK
        return None if view.kind is TileKind.LIVE else OLD_MARK

    def _paint_number(self, painter: QPainter, box: QRect, left: int, number: int) -> int:
        text = str(number + 1)
        width = QFontMetrics(self._small).horizontalAdvance(text)
        painter.setFont(self._small)
        painter.setPen(self.theme.colour(Token.SECONDARY))
        self._line(painter, QRect(left, box.top(), width + 1, box.height()), text)
        return left + width + _PAD

    def _paint_finding(self, painter: QPainter, box: QRect, right: int, word: str) -> int:
        width = QFontMetrics(self._small).horizontalAdvance(word)
        painter.setFont(self._small)
        painter.setPen(self.theme.colour(Token.TEXT))
        self._line(painter, QRect(right - width, box.top(), width + 1, box.height()), word)
        spot = QRectF(
            right - width - _MARK_PX - 4,
            box.top() + (box.height() - _MARK_PX) / 2,
            _MARK_PX,
            _MARK_PX,
        )
        paint_mark(painter, spot, FOUND_MARK, self.theme)
        return right - width - _MARK_PX - 4 - _PAD

    def _line(self, painter: QPainter, box: QRect, text: str) -> None:
        flags = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)
        painter.drawText(box, flags, text)
