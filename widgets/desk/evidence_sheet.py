"""Evidence in full over the window: the picture, its time, its hash; Esc puts it away."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QWidget

from console.domain.places import Evidence, EvidenceKind
from console.ui.words import copy_text, evidence_word, moment_text
from widgets.common.appearance import Appearance
from widgets.common.theme import Token

_FOOT_PX = 48


class EvidenceSheet(QFrame):
    """Lies over the window until Esc, Enter or a click.

    Signals:
        marking_wanted: The `Evidence` of which a copy is to be marked.
    """

    marking_wanted = Signal(object)

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._evidence: Evidence | None = None
        self._picture: QImage | None = None
        self._words = ""
        self._before: QWidget | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hide()

    def show_evidence(self, evidence: Evidence, picture: QImage | None, words: str = "") -> None:
        """Show a piece of evidence.

        Args:
            evidence: Its record.
            picture: Its picture, if it is one and is here.
            words: Said in its place where there is none.
        """
        self._evidence, self._picture, self._words = evidence, picture, words
        if not self.isVisible():
            self._before = self.window().focusWidget()
        area = self.window().rect()
        self.setGeometry(area.adjusted(60, 60, -60, -60))
        self.show()
        self.raise_()
        self.setFocus()
        self.update()

    def put_away(self) -> None:
        """Hide, and go back to where the focus was."""
        self.hide()
        if self._before is not None:
            self._before.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """M marks a copy of it; Esc and Enter put it away."""
        if event.key() == Qt.Key.Key_M and self._evidence is not None:
            evidence = self._evidence
            self.put_away()
            self.marking_wanted.emit(evidence)
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.put_away()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click puts it away."""
        self.put_away()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the picture as large as it fits, its record under it."""
        painter = QPainter(self)
        theme = self._appearance.theme
        painter.fillRect(self.rect(), theme.colour(Token.INPUT))
        painter.setPen(theme.colour(Token.EDGE))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        space = self.rect().adjusted(12, 12, -12, -_FOOT_PX)
        painter.setPen(theme.colour(Token.TEXT))
        if self._picture is not None:
            size = self._picture.size().scaled(space.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(0, 0, size.width(), size.height())
            target.moveCenter(space.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._picture)
        else:
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(space, int(flags), self._words)
        if self._evidence is not None:
            self._paint_record(painter, self._evidence)
        painter.end()

    def _paint_record(self, painter: QPainter, evidence: Evidence) -> None:
        foot = self.rect().adjusted(14, self.height() - _FOOT_PX + 6, -14, -6)
        size_kb = self.tr("{0} kB").format(f"{evidence.size / 1000:.0f}")
        at = moment_text(evidence.captured_at)
        first = f"{at} · {evidence_word(evidence.kind)} · {evidence.media_type} · {size_kb}"
        if evidence.kind is EvidenceKind.VIDEO and self._picture is not None:
            first += " · " + self.tr("shown: the still of that moment")
        if evidence.is_copy:
            first += " · " + copy_text(evidence)
        elif self._picture is not None and evidence.media_type.startswith("image/"):
            first += " · " + self.tr("M marks a copy")
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignTop), first)
        painter.setPen(self._appearance.theme.colour(Token.SECONDARY))
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignBottom), f"SHA-256 {evidence.sha256}")
