"""Shapes that carry a meaning beside its colour, drawn by one function."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from console.domain.assignments import AssignmentState
from console.domain.levels import Level
from console.domain.units import UnitStatus
from widgets.common.theme import Theme, Token


class Shape(StrEnum):
    """A shape; each is told from the others without colour at 10 px."""

    OCTAGON = "octagon"
    TRIANGLE = "triangle"
    SQUARE = "square"
    DOT = "dot"
    RING = "ring"
    CHEVRON = "chevron"
    DIAMOND = "diamond"
    DASHED_RING = "dashed_ring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A shape in a colour: how one meaning looks everywhere."""

    shape: Shape
    token: Token


LEVEL_MARKS: Mapping[Level, Mark] = {
    Level.CRITICAL: Mark(shape=Shape.OCTAGON, token=Token.CRITICAL),
    Level.HIGH: Mark(shape=Shape.TRIANGLE, token=Token.HIGH),
    Level.CAUTION: Mark(shape=Shape.SQUARE, token=Token.CAUTION),
    Level.ROUTINE: Mark(shape=Shape.DOT, token=Token.SECONDARY),
}
_AVAILABLE = Mark(shape=Shape.RING, token=Token.AVAILABLE)
_EN_ROUTE = Mark(shape=Shape.CHEVRON, token=Token.EN_ROUTE)
_ON_SCENE = Mark(shape=Shape.DIAMOND, token=Token.ON_SCENE)
OFF_MARK = Mark(shape=Shape.DASHED_RING, token=Token.OFF)
UNIT_MARKS: Mapping[UnitStatus, Mark] = {
    UnitStatus.AVAILABLE: _AVAILABLE,
    UnitStatus.ASSIGNED: _EN_ROUTE,
    UnitStatus.EN_ROUTE: _EN_ROUTE,
    UnitStatus.ON_SCENE: _ON_SCENE,
    UnitStatus.OFF_DUTY: OFF_MARK,
}
STEP_MARKS: Mapping[AssignmentState, Mark] = {
    AssignmentState.ORDERED: Mark(shape=Shape.DASHED_RING, token=Token.SECONDARY),
    AssignmentState.DELIVERED: Mark(shape=Shape.RING, token=Token.SECONDARY),
    AssignmentState.SEEN: Mark(shape=Shape.RING, token=Token.SECONDARY),
    AssignmentState.ACCEPTED: _EN_ROUTE,
    AssignmentState.EN_ROUTE: _EN_ROUTE,
    AssignmentState.ON_SCENE: _ON_SCENE,
    AssignmentState.CLEARED: Mark(shape=Shape.DOT, token=Token.AVAILABLE),
    AssignmentState.REFUSED: Mark(shape=Shape.TRIANGLE, token=Token.HIGH),
    AssignmentState.WITHDRAWN: OFF_MARK,
}


def _polygon(centre: QPointF, radius: float, angles_deg: list[float]) -> QPolygonF:
    return QPolygonF(
        [
            centre + QPointF(math.cos(math.radians(a)) * radius, math.sin(math.radians(a)) * radius)
            for a in angles_deg
        ]
    )


def _chevron(centre: QPointF, half: float) -> QPolygonF:
    points = [(-1.0, -0.9), (0.15, -0.9), (1.0, 0.0), (0.15, 0.9), (-1.0, 0.9), (-0.15, 0.0)]
    return QPolygonF([centre + QPointF(x * half, y * half) for x, y in points])


def _polygon_of(shape: Shape, centre: QPointF, half: float) -> QPolygonF | None:
    if shape is Shape.OCTAGON:
        return _polygon(centre, half * 1.04, [22.5 + 45 * k for k in range(8)])
    if shape is Shape.TRIANGLE:
        below = centre + QPointF(0, half * 0.22)
        return _polygon(below, half * 1.14, [-90, 30, 150])
    if shape is Shape.SQUARE:
        return _polygon(centre, half * 1.18, [45, 135, 225, 315])
    if shape is Shape.DIAMOND:
        return _polygon(centre, half * 1.08, [0, 90, 180, 270])
    return _chevron(centre, half) if shape is Shape.CHEVRON else None


def paint_shape(painter: QPainter, box: QRectF, shape: Shape, colour: QColor) -> None:
    """Draw a shape centred in a box, as large as its shorter side allows; keep the painter."""
    half = min(box.width(), box.height()) / 2 - 1
    centre = box.center()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    polygon = _polygon_of(shape, centre, half)
    if polygon is not None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(colour))
        painter.drawPolygon(polygon)
    elif shape is Shape.DOT:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(colour))
        painter.drawEllipse(centre, half * 0.62, half * 0.62)
    else:
        width = max(1.5, half * 0.3)
        pen = QPen(colour, width)
        if shape is Shape.DASHED_RING:
            arc = math.tau * (half - width / 2) / width / 10
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([arc, arc])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, half - width / 2, half - width / 2)
    painter.restore()


def paint_mark(painter: QPainter, box: QRectF, mark: Mark, theme: Theme) -> None:
    """Draw a mark in a theme's colour."""
    paint_shape(painter, box, mark.shape, theme.colour(mark.token))


def mark_pixmap(mark: Mark, theme: Theme, size_px: int, scale: float = 1.0) -> QPixmap:
    """Return a mark as a transparent square of ``size_px`` logical pixels."""
    pixmap = QPixmap(QSize(round(size_px * scale), round(size_px * scale)))
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_mark(painter, QRectF(0, 0, size_px, size_px), mark, theme)
    painter.end()
    return pixmap


def mark_icon(mark: Mark, theme: Theme, size_px: int = 16) -> QIcon:
    """Return a mark as an icon."""
    return QIcon(mark_pixmap(mark, theme, size_px, 2.0))
