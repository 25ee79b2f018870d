"""Paints hints over a tile's picture: boxes, what they are, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from console.domain.hints import Box, Hint, HintKind, Measured
from widgets.common.appearance import interface_font
from widgets.common.theme import SMALL_PX, Theme, Token
from widgets.wall.words import hint_word, precision_text

_LABEL_PX = 18
_PAD = 4
_LEAST_LABEL_PX = 240


def in_picture(box: Box, picture: QRectF) -> QRectF:
    """Return where a box of a picture lies on the wall."""
    return QRectF(
        picture.left() + box.left * picture.width(),
        picture.top() + box.top * picture.height(),
        box.width * picture.width(),
        box.height * picture.height(),
    )


def hint_label(hint: Hint, measured: Mapping[HintKind, Measured]) -> str:
    """Return what stands beside a box: "crowd · right 0.93 of 214", "car 0.82"."""
    word = hint_word(hint)
    if hint.score is not None:
        return f"{word} {hint.score:.2f}"
    return f"{word} · {precision_text(measured.get(hint.kind))}"


def hint_sentence(hint: Hint, measured: Mapping[HintKind, Measured]) -> str:
    """Return a hint as the wall's line says it, with the keys that answer it."""
    text = QCoreApplication.translate("Wall", "{0} — C confirms and opens an incident, X dismisses")
    return text.format(hint_label(hint, measured))


class HintPainter:
    """Paints the hints of a tile in a theme.

    Args:
        theme: Its colours.
    """

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._font = interface_font()
        self._font.setPixelSize(SMALL_PX)

    def paint(
        self,
        painter: QPainter,
        picture: QRectF,
        hints: Sequence[Hint],
        measured: Mapping[HintKind, Measured],
    ) -> None:
        """Paint boxes: motion thin and grey, what asks for an answer marked and named."""
        painter.save()
        painter.setClipRect(picture, Qt.ClipOperation.IntersectClip)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        asked = [hint for hint in hints if hint.kind is not HintKind.MOTION]
        for hint in hints:
            box = in_picture(hint.box, picture)
            moves = hint.kind is HintKind.MOTION
            token = Token.SECONDARY if moves else Token.CAUTION
            style = Qt.PenStyle.DotLine if moves else Qt.PenStyle.SolidLine
            painter.setPen(QPen(self._theme.colour(token), 1 if moves else 2, style))
            painter.drawRect(box)
        painter.setFont(self._font)
        for number, hint in enumerate(asked):
            text = hint_label(hint, measured)
            if number == 0 and len(asked) > 1:
                text = f"1/{len(asked)} {text}"
            self._label(painter, in_picture(hint.box, picture), picture, text)
        painter.restore()

    def _label(self, painter: QPainter, box: QRectF, picture: QRectF, text: str) -> None:
        metrics = QFontMetrics(self._font)
        room = min(picture.width(), max(box.width(), float(_LEAST_LABEL_PX)))
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room) - 2 * _PAD)
        width = metrics.horizontalAdvance(shown) + 2 * _PAD
        left = min(max(box.left(), picture.left()), picture.right() - width)
        top = box.top() - _LABEL_PX
        if top < picture.top():
            top = min(box.bottom(), picture.bottom() - _LABEL_PX)
        place = QRect(round(left), round(top), width, _LABEL_PX)
        ground = QColor(self._theme.colour(Token.WINDOW))
        ground.setAlphaF(0.86)
        painter.fillRect(place, ground)
        painter.setPen(self._theme.colour(Token.TEXT))
        painter.drawText(place.adjusted(_PAD, 0, 0, 0), int(Qt.AlignmentFlag.AlignVCenter), shown)
