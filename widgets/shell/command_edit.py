"""The command line: typed words, what they would do, and what may come next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QStringListModel, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from widgets.common.labels import set_tone

HISTORY_LENGTH = 50
ROWS_SHOWN = 8
#: What the line means has to have stood there for so long before Enter gives it.
SETTLED_S = 1.0


class CommandReader(Protocol):
    """Understands the command line; console.ui has the one for the desk."""

    def completions(self, text: str) -> Sequence[str]:
        """Return whole lines that the text may become, likeliest first."""

    def preview(self, text: str) -> tuple[str, bool]:
        """Return a sentence, what the text would do or what is wrong, and whether it can be."""


class NoCommands:
    """Understands nothing yet: the console is starting."""

    def completions(self, text: str) -> Sequence[str]:
        """Return nothing."""
        return ()

    def preview(self, text: str) -> tuple[str, bool]:
        """Say that it is too early."""
        return QCoreApplication.translate("CommandEdit", "Starting… a moment."), False


class CommandPopup(QFrame):
    """What the line would do, over what it may become; never takes the focus."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setProperty("role", "popup")
        self.setAutoFillBackground(True)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.rows = QStringListModel(self)
        self.list = QListView()
        self.list.setModel(self.rows)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(4)
        column.addWidget(self.sentence)
        column.addWidget(self.list)
        self.hide()

    def show_below(self, edit: QLineEdit) -> None:
        """Lie under the line, as wide as it, in the same window."""
        window = edit.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        rows = min(self.rows.rowCount(), ROWS_SHOWN)
        self.list.setVisible(rows > 0)
        self.list.setFixedHeight(max(rows, 1) * max(self.list.sizeHintForRow(0), 24) + 4)
        width = max(edit.width(), 420)
        at = edit.mapTo(window, QPoint(0, edit.height() + 2))
        self.setFixedWidth(min(width, window.width() - at.x() - 8))
        self.adjustSize()
        self.move(at)
        self.show()
        self.raise_()


class CommandEdit(QLineEdit):
    """Takes a command; Enter gives it, Tab completes it, Esc leaves it.

    Rows of the queue move by themselves: when what a line means has changed since it was read,
    Enter says so and gives it only when pressed again.

    Args:
        clock: Seconds, monotonic.

    Signals:
        entered: The text of a command that can be carried out.
        left: Esc was pressed on an empty line; the focus should go back to the work.
    """

    entered = Signal(str)
    left = Signal()

    def __init__(
        self,
        reader: CommandReader,
        parent: QWidget | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._reader, self._clock = reader, clock
        self._told: tuple[str, str] | None = None
        self._moved_s: float | None = None
        self._offered = ""
        self._history: list[str] = []
        self._history_at = 0
        self.popup = CommandPopup(self)
        self.setClearButtonEnabled(False)
        self.setMinimumWidth(160)
        self.setMaximumWidth(720)
        self.textEdited.connect(self._show_help)
        self.popup.list.clicked.connect(lambda index: self._take(index.row()))
        self._retranslate()

    def set_reader(self, reader: CommandReader) -> None:
        """Let another reader understand the line from now on."""
        self._reader = reader

    def offer(self, text: str) -> None:
        """Lay a command ready, unless something else was typed; "" takes it away again."""
        if self.text() in ("", self._offered) and not self.hasFocus():
            self._offered = text
            self.setText(text)

    def look_again(self) -> None:
        """Say anew what the line would do: what it speaks of may have moved."""
        text = self.text().strip()
        if not text or not self.popup.isVisible():
            return
        sentence, can_be = self._reader.preview(text)
        if self._told != (text, sentence):
            self._moved_s = self._clock()
            self._tell(text, sentence, can_be=can_be)
            self.popup.show_below(self)

    def _tell(self, text: str, sentence: str, *, can_be: bool) -> None:
        self._told = (text, sentence)
        self.popup.sentence.setText(sentence)
        set_tone(self.popup.sentence, "" if can_be else "warn")

    def _has_moved(self, text: str, sentence: str) -> bool:
        """Whether the line means something else than what was read, or only just does."""
        if self._told is not None and self._told[0] == text and self._told[1] != sentence:
            return True
        return self._moved_s is not None and self._clock() - self._moved_s < SETTLED_S

    def _retranslate(self) -> None:
        self.setPlaceholderText(self.tr("Ctrl+K   D 3 K7 K9 sends K7 and K9 to row 3"))
        self.setAccessibleName(self.tr("Command line"))

    def _show_help(self) -> None:
        text = self.text().strip()
        if not text:
            self.popup.hide()
            return
        sentence, can_be = self._reader.preview(text)
        self._moved_s = None
        self._tell(text, sentence, can_be=can_be)
        self.popup.rows.setStringList(list(self._reader.completions(self.text()))[:ROWS_SHOWN])
        self.popup.show_below(self)

    def _take(self, row: int) -> None:
        lines = self.popup.rows.stringList()
        if 0 <= row < len(lines):
            self.setText(lines[row])
            self._show_help()

    def _enter(self) -> None:
        text = self.text().strip()
        if not text:
            return
        sentence, can_be = self._reader.preview(text)
        if not can_be:
            self._show_help()
            self.popup.sentence.setText(sentence)
            return
        if self._has_moved(text, sentence):
            self._show_help()
            again = self.tr("The queue has just moved; Enter again for: {0}").format(sentence)
            self.popup.sentence.setText(again)
            set_tone(self.popup.sentence, "warn")
            self.popup.show_below(self)
            return
        self._history = [*self._history[-HISTORY_LENGTH + 1 :], text]
        self._history_at = len(self._history)
        self.clear()
        self.popup.hide()
        self.entered.emit(text)

    def _go_through_list(self, step: int) -> None:
        count = self.popup.rows.rowCount()
        if self.popup.isVisible() and count:
            row = self.popup.list.currentIndex().row()
            row = (row + step) % count if row >= 0 else (0 if step > 0 else count - 1)
            self.popup.list.setCurrentIndex(self.popup.rows.index(row))
        elif self._history:
            self._history_at = max(0, min(len(self._history) - 1, self._history_at + step))
            self.setText(self._history[self._history_at])

    def event(self, event: QEvent) -> bool:
        """Take Tab for completing before Qt moves the focus with it."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            is_tab = event.key() == Qt.Key.Key_Tab
            if is_tab and self.popup.isVisible() and self.popup.rows.rowCount():
                self._take(max(0, self.popup.list.currentIndex().row()))
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter gives, Esc clears and then leaves, up and down choose."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif key == Qt.Key.Key_Escape:
            self.popup.hide()
            if self.text():
                self.clear()
            else:
                self.left.emit()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._go_through_list(1 if key == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Say what the line would do that lies ready."""
        super().focusInEvent(event)
        self._show_help()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Put the help away when the focus goes elsewhere."""
        self.popup.hide()
        super().focusOutEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)
