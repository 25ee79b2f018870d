"""Small labels that every panel carries: how old its data is, and whether the link is up."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from console.ui.words import age_text
from widgets.common.appearance import Appearance
from widgets.common.shapes import Mark, Shape, paint_mark
from widgets.common.theme import Token

UP_MARK = Mark(shape=Shape.DOT, token=Token.AVAILABLE)
DOWN_MARK = Mark(shape=Shape.TRIANGLE, token=Token.HIGH)


def set_tone(label: QWidget, tone: str) -> None:
    """Give a label another tone of the style sheet: "secondary", "alarm", "warn", "title"."""
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        if label.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
            style = label.style()
            style.unpolish(label)
            style.polish(label)


class MarkLabel(QWidget):
    """A mark alone, as large as the text beside it."""

    def __init__(
        self,
        appearance: Appearance,
        mark: Mark,
        *,
        size_px: int = 14,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._appearance, self._mark, self._size_px = appearance, mark, size_px
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        appearance.theme_changed.connect(self.update)

    @property
    def mark(self) -> Mark:
        """The mark shown."""
        return self._mark

    def set_mark(self, mark: Mark) -> None:
        """Show another mark."""
        if mark != self._mark:
            self._mark = mark
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """A square of the given side."""
        return QSize(self._size_px, self._size_px)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the mark in the theme's colour."""
        painter = QPainter(self)
        paint_mark(painter, QRectF(self.rect()), self._mark, self._appearance.theme)
        painter.end()


#: Central says every two seconds that it is there: two missed, and what a beat may be late.
SILENT_S = 5.0


class AgeLabel(QLabel):
    """How old the data beside it is: "12 s old", in warning tone when older than it should be.

    Args:
        late_after_s: Older than this is said to be late.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        *,
        late_after_s: float = SILENT_S,
        clock: Callable[[], float] = time.monotonic,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._late_after_s, self._clock = late_after_s, clock
        self._fresh_at: float | None = None
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self.show_age)
        self._timer.start()
        self.show_age()

    @property
    def age_s(self) -> float | None:
        """Seconds since the data was fresh, ``None`` before there was any."""
        return None if self._fresh_at is None else self._clock() - self._fresh_at

    def freshen(self, age_s: float = 0.0) -> None:
        """Say that data came in that was ``age_s`` seconds old."""
        self._fresh_at = self._clock() - age_s
        self.show_age()

    def show_age(self) -> None:
        """Show the age as it is now."""
        age_s = self.age_s
        if age_s is None:
            self.setText(self.tr("no data yet"))
            set_tone(self, "secondary")
            return
        is_now = age_s < 1.0
        self.setText(self.tr("now") if is_now else self.tr("{0} old").format(age_text(age_s)))
        set_tone(self, "warn" if age_s > self._late_after_s else "secondary")

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self.show_age()
        super().changeEvent(event)


class LinkLabel(QWidget):
    """Whether central is reached: a mark and "0.4 s", or "offline" and why on hover."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_up, self._reason = False, ""
        self._age_s: float | None = None
        self._mark = MarkLabel(appearance, DOWN_MARK)
        self._text = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._mark)
        row.addWidget(self._text)
        self._show()

    def text(self) -> str:
        """Return what is written."""
        return self._text.text()

    def set_link(self, *, is_up: bool, age_s: float | None, reason: str = "") -> None:
        """Show the link's state.

        Args:
            is_up: Whether central answers.
            age_s: Seconds since it was last heard, ``None`` if never.
            reason: A sentence for hovering, what is wrong and what can be done.
        """
        self._is_up, self._age_s, self._reason = is_up, age_s, reason
        self._show()

    def _show(self) -> None:
        age = age_text(self._age_s)
        if self._is_up:
            text = self.tr("link {0}").format(age)
        elif self._age_s is None:
            text = self.tr("offline")
        else:
            text = self.tr("offline for {0}").format(age)
        self._text.setText(text)
        # As wide as it has been: what stands beside it stays where it is from beat to beat.
        self._text.setMinimumWidth(max(self._text.minimumWidth(), self._text.sizeHint().width()))
        self._text.setToolTip(self._reason)
        set_tone(self._text, "" if self._is_up else "warn")
        self._mark.set_mark(UP_MARK if self._is_up else DOWN_MARK)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._text.setMinimumWidth(0)
            self._show()
        super().changeEvent(event)
