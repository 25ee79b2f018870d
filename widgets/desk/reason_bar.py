"""One line that asks for a reason before something is done; nothing modal."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QLineEdit, QWidget


class ReasonBar(QFrame):
    """Asks which one and why; Enter does it, Esc leaves it.

    Signals:
        given: What was asked about, the one chosen ("" where there was no choice), the reason.
        left: Esc; the focus should go back.
    """

    given = Signal(str, str, str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._about = ""
        self._needs_words = True
        self._label = QLabel()
        self._which = QComboBox()
        self._reason = QLineEdit()
        self.setFocusProxy(self._reason)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self._label)
        row.addWidget(self._which)
        row.addWidget(self._reason, 1)
        self._retranslate()
        self.hide()

    def ask(
        self,
        about: str,
        question: str,
        choices: Sequence[tuple[str, str]] = (),
        *,
        needs_words: bool = True,
    ) -> None:
        """Show the line.

        Args:
            about: Given back with the answer.
            question: What is asked, in words.
            choices: Ids and names of the things it can be about.
            needs_words: Whether nothing is done without a reason; else words are welcome.
        """
        self._about, self._needs_words = about, needs_words
        self._retranslate()
        self._label.setText(question)
        self._which.clear()
        for choice_id, name in choices:
            self._which.addItem(name, choice_id)
        self._which.setVisible(len(choices) > 1)
        self._reason.clear()
        self.show()
        self._reason.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter gives the reason, Esc leaves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            reason = self._reason.text().strip()
            if reason or not self._needs_words:
                self.hide()
                self.given.emit(self._about, str(self._which.currentData() or ""), reason)
        elif event.key() == Qt.Key.Key_Escape:
            self.hide()
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _retranslate(self) -> None:
        reason = self.tr("Reason — Enter does it, Esc leaves it")
        words = self.tr("What was said, if it matters — Enter keeps it, Esc leaves it")
        self._reason.setPlaceholderText(reason if self._needs_words else words)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)
