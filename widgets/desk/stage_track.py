"""The seven stages of an incident as a line of dots, the present one filled and named."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.domain.incidents import Stage
from widgets.common.appearance import Appearance
from widgets.common.theme import SMALL_PX, Token


def _noop(context: str, source: str) -> str:
    """Mark a text to be translated when it is shown."""
    return source


#: One short word a stage; in Chinese the one character the trade uses.
_SHORT: Mapping[Stage, str] = {
    Stage.COLLECT: _noop("StageTrack", "Collect"),
    Stage.FILE: _noop("StageTrack", "File"),
    Stage.DISPATCH: _noop("StageTrack", "Send"),
    Stage.HANDLE: _noop("StageTrack", "Handle"),
    Stage.REPORT_BACK: _noop("StageTrack", "Report"),
    Stage.VERIFY: _noop("StageTrack", "Verify"),
    Stage.EVALUATE: _noop("StageTrack", "Close"),
}
_ORDER = tuple(_SHORT)
_HEIGHT_PX, _DOT_PX = 44, 5.0


class StageTrack(QWidget):
    """Where an incident is on its way: 采─立─●派─处─反─核─结."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._stage: Stage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        appearance.theme_changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for seven short words."""
        return QSize(300, _HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Seven dots and the present word always fit."""
        return QSize(180, _HEIGHT_PX)

    def set_stage(self, stage: Stage | None) -> None:
        """Show a stage; ``None`` or a cancelled incident leaves every dot empty."""
        self._stage = stage
        words = [self._word(each) for each in _ORDER]
        if stage in _ORDER:
            now = self.tr("Stage {0} of 7: {1}")
            at = _ORDER.index(stage)
            self.setAccessibleDescription(now.format(at + 1, words[at]))
            self.setToolTip(self.accessibleDescription())
        self.update()

    @staticmethod
    def _word(stage: Stage) -> str:
        return QCoreApplication.translate("StageTrack", _SHORT[stage])

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the line, the dots, and the words that fit beside the present one."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._appearance.theme
        done, ahead = theme.colour(Token.TEXT), theme.colour(Token.EDGE)
        now = _ORDER.index(self._stage) if self._stage in _ORDER else -1
        step = self.width() / len(_ORDER)
        centres = [QPointF(step * (k + 0.5), 13.0) for k in range(len(_ORDER))]
        for place, (left, right) in enumerate(pairwise(centres)):
            painter.setPen(QPen(done if place < now else ahead, 1.5))
            painter.drawLine(left + QPointF(_DOT_PX + 2, 0), right - QPointF(_DOT_PX + 2, 0))
        for place, centre in enumerate(centres):
            is_past, is_now = place < now, place == now
            painter.setPen(QPen(done if place <= now else ahead, 1.5))
            painter.setBrush(done if is_past or is_now else Qt.BrushStyle.NoBrush)
            radius = _DOT_PX + 2 if is_now else _DOT_PX - 1
            painter.drawEllipse(centre, radius, radius)
        self._paint_words(painter, centres, now, step)
        painter.end()

    def _paint_words(
        self, painter: QPainter, centres: list[QPointF], now: int, step_px: float
    ) -> None:
        theme = self._appearance.theme
        words = [self._word(stage) for stage in _ORDER]
        small = QFont(self.font())
        small.setPixelSize(SMALL_PX - 1)
        painter.setFont(small)
        fits = all(painter.fontMetrics().horizontalAdvance(word) < step_px - 4 for word in words)
        for place, (centre, word) in enumerate(zip(centres, words, strict=True)):
            if not fits and place != now:
                continue
            small.setBold(place == now)
            painter.setFont(small)
            painter.setPen(theme.colour(Token.TEXT if place == now else Token.SECONDARY))
            width = max(step_px, painter.fontMetrics().horizontalAdvance(word) + 4.0)
            left = min(max(0.0, centre.x() - width / 2), self.width() - width)
            painter.drawText(QRectF(left, 23, width, 18), int(Qt.AlignmentFlag.AlignCenter), word)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self.set_stage(self._stage)
        super().changeEvent(event)
