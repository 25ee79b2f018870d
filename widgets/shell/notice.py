"""One sentence at the bottom of the window, for a while; nothing to click away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from widgets.common.labels import set_tone

#: A sentence stays this long, and a second more for every so many characters.
STAYS_MS, MS_A_CHARACTER = 4000, 60


class Notice(QFrame):
    """Says what was done, or why not; takes no focus.

    Args:
        above: It lies just over this bar.
    """

    def __init__(self, above: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._above = above
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setProperty("role", "popup")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.addWidget(self._text)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    def text(self) -> str:
        """Return the sentence last said."""
        return self._text.text()

    @property
    def is_timed(self) -> bool:
        """Whether it goes by itself after a while."""
        return self._timer.isActive()

    def say(self, sentence: str, *, is_trouble: bool = False, stays: bool = False) -> None:
        """Show a sentence; the one before goes.

        Args:
            sentence: What to say.
            is_trouble: Whether it says what could not be done.
            stays: Whether it is there until it is clicked away, withdrawn or followed by another.
        """
        self._text.setText(sentence)
        set_tone(self._text, "warn" if is_trouble else "")
        self._place()
        self.show()
        self.raise_()
        self._timer.stop()
        if not stays:
            self._timer.start(STAYS_MS + MS_A_CHARACTER * len(sentence))

    def withdraw(self, sentence: str) -> None:
        """Put a sentence away if it is the one shown."""
        if sentence and self.text() == sentence:
            self._timer.stop()
            self.hide()

    def _place(self) -> None:
        window = self.window()
        width = min(640, window.width() - 24)
        metrics = self._text.fontMetrics()
        wanted = metrics.horizontalAdvance(self._text.text()) + 40
        self.setFixedWidth(min(width, max(240, wanted)))
        self.setFixedHeight(self.heightForWidth(self.width()) if wanted > width else 40)
        self.move(12, window.height() - self._above.height() - self.height() - 10)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Stay at the bottom when the window changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click puts it away."""
        self.hide()
