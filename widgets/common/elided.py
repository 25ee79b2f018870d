"""A label that gives way: shortened with "…" where there is no room, whole on hover."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QStyleOption, QWidget


class ElidedLabel(QLabel):
    """One line of text, elided on the right.

    Args:
        least_chars: About how many characters stay readable in any case.
    """

    def __init__(
        self, text: str = "", *, least_chars: int = 4, parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self._least_chars = least_chars
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Room for a few characters, or for the whole text where it is shorter."""
        whole = super().sizeHint()
        metrics = self.fontMetrics()
        least = metrics.averageCharWidth() * self._least_chars + metrics.horizontalAdvance("…")
        return QSize(min(whole.width(), least), whole.height())

    def setText(self, text: str) -> None:  # noqa: N802
        """Show a text, and all of it on hover."""
        super().setText(text)
        self.setToolTip(text)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw as much as there is room for."""
        painter = QPainter(self)
        option = QStyleOption()
        option.initFrom(self)
        box = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, box.width())
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(box, int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()
