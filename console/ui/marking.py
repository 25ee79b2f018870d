"""Draws marks on a copy of a picture; the original's pixels are never touched."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QIODevice, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QPolygonF

from console.domain.marks import Mark, MarkKind

_QUALITY = 92
#: Cells along the longer side of a region that is made unrecognisable; what is smaller than a cell
#: cannot be had back, whatever is done to the copy.
_CELLS = 8
_LEAST_CELL_PX = 8
_INK, _EDGE = QColor("#F6EE73"), QColor("#101418")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedCopy:
    """A copy as it becomes evidence of its own: its bytes, JPEG, and their SHA-256."""

    data: bytes
    sha256: str


def with_marks(picture: QImage, marks: Iterable[Mark]) -> QImage:
    """Return a copy of a picture that bears marks; regions are covered first, under the rest."""
    copy = picture.convertToFormat(QImage.Format.Format_RGB32).copy()
    every = list(marks)
    painter = QPainter(copy)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for mark in sorted(every, key=lambda one: one.kind is not MarkKind.BLUR):
        _PAINTERS[mark.kind](painter, copy, mark)
    painter.end()
    return copy


def copy_of(picture: QImage, marks: Iterable[Mark]) -> MarkedCopy:
    """Return a marked copy as bytes with their hash."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    with_marks(picture, marks).save(buffer, "JPEG", _QUALITY)  # type: ignore[call-overload]  # Qt's own signature wants bytes in its stubs only
    data = bytes(buffer.data().data())
    return MarkedCopy(data=data, sha256=hashlib.sha256(data).hexdigest())


def _area(picture: QImage, mark: Mark) -> QRectF:
    left, top, right, bottom = mark.corners
    width, height = picture.width(), picture.height()
    return QRectF(left * width, top * height, (right - left) * width, (bottom - top) * height)


def _line_px(picture: QImage) -> float:
    return max(2.0, picture.height() / 240)


def _blur(painter: QPainter, picture: QImage, mark: Mark) -> None:
    area = _area(picture, mark).toAlignedRect().intersected(picture.rect())
    cell = max(_LEAST_CELL_PX, math.ceil(max(area.width(), area.height()) / _CELLS))
    cells = QSize(max(1, area.width() // cell), max(1, area.height() // cell))
    small = picture.copy(area).scaled(
        cells, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(QRect(area), small)


def _box(painter: QPainter, picture: QImage, mark: Mark) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((_EDGE, 2.2), (_INK, 1.0)):
        pen = QPen(colour, width * _line_px(picture))
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(_area(picture, mark))


def _arrow(painter: QPainter, picture: QImage, mark: Mark) -> None:
    foot = QPointF(mark.x * picture.width(), mark.y * picture.height())
    head = QPointF(mark.to_x * picture.width(), mark.to_y * picture.height())
    turn = math.atan2(head.y() - foot.y(), head.x() - foot.x())
    size = 6 * _line_px(picture)
    back = QPointF(head.x() - size * math.cos(turn), head.y() - size * math.sin(turn))
    wings = [
        QPointF(
            head.x() - size * math.cos(turn + side * 0.45),
            head.y() - size * math.sin(turn + side * 0.45),
        )
        for side in (-1, 1)
    ]
    for colour, width in ((_EDGE, 2.4), (_INK, 1.0)):
        painter.setPen(QPen(colour, width * _line_px(picture)))
        painter.setBrush(colour)
        painter.drawLine(foot, back)
        painter.drawPolygon(QPolygonF([head, *wings]))


def _text(painter: QPainter, picture: QImage, mark: Mark) -> None:
    font = QFont(painter.font())
    font.setPixelSize(max(14, picture.height() // 24))
    painter.setFont(font)
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(mark.text), metrics.height()
    pad = height // 4
    left = min(mark.x * picture.width(), max(0.0, picture.width() - width - 2.0 * pad))
    top = min(mark.y * picture.height(), max(0.0, float(picture.height() - height - pad)))
    ground = QRectF(left, top, width + 2.0 * pad, height + pad)
    painter.fillRect(ground, _EDGE)
    painter.setPen(_INK)
    painter.drawText(ground, int(Qt.AlignmentFlag.AlignCenter), mark.text)


_PAINTERS = {
    MarkKind.BLUR: _blur,
    MarkKind.BOX: _box,
    MarkKind.ARROW: _arrow,
    MarkKind.TEXT: _text,
}
