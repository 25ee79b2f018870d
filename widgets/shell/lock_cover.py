"""What lies over every window while the session is locked: a password, and how many alarms wait."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.domain.levels import Level
from widgets.common.labels import set_tone
from widgets.shell.alarm_bar import AlarmLine

#: An urgent alarm nobody has acknowledged is heard again after so long.
HEARD_AGAIN_MS = 20_000
_URGENT = frozenset({Level.CRITICAL, Level.HIGH})
_KEYS = frozenset({QEvent.Type.KeyPress, QEvent.Type.KeyRelease})
_MOUSE = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.ContextMenu,
        QEvent.Type.DragEnter,
        QEvent.Type.Drop,
        QEvent.Type.TouchBegin,
    }
)


class LockCover(QFrame):
    """Covers a main window, and everything else that is open, until it is lifted.

    Args:
        window: What it covers.

    Signals:
        password_entered: What was typed.
    """

    password_entered = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._blanks: list[QWidget] = []
        self._heard: frozenset[str] = frozenset()
        self._alarms: tuple[AlarmLine, ...] = ()
        self._before: QWidget | None = None
        self._path = ""
        self.setAutoFillBackground(True)
        self.setProperty("role", "cover")
        self._title, self._who = QLabel(), QLabel()
        self._said, self._waiting, self._hint = QLabel(), QLabel(), QLabel()
        self.edit = QLineEdit(echoMode=QLineEdit.EchoMode.Password)
        self.edit.setFixedWidth(320)
        self._button = QPushButton()
        self._button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._lay_out()
        self.edit.returnPressed.connect(self._enter)
        self._button.clicked.connect(self._enter)
        self._again = QTimer(self, interval=HEARD_AGAIN_MS)
        self._again.timeout.connect(self._hear_urgent)
        window.installEventFilter(self)
        self._retranslate()
        self.hide()

    def _lay_out(self) -> None:
        set_tone(self._title, "title")
        set_tone(self._who, "secondary")
        set_tone(self._hint, "small")
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(2)
        for widget in (
            self._title, self._who, self.edit, self._button, self._said, self._waiting, self._hint,
        ):  # fmt: skip
            if isinstance(widget, QLabel):
                widget.setAlignment(Qt.AlignmentFlag.AlignHCenter)
                widget.setWordWrap(True)
                widget.setTextFormat(Qt.TextFormat.PlainText)
                column.addWidget(widget)
            else:
                column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    # shown and lifted

    def cover(self) -> None:
        """Cover everything."""
        popup = QApplication.activePopupWidget()
        while popup is not None:
            popup.close()
            popup = QApplication.activePopupWidget()
        self._before = self._window.focusWidget()
        self._heard = frozenset(one.id for one in self._alarms if not one.is_acknowledged)
        self.edit.clear()
        self.say("")
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        for other in QApplication.topLevelWidgets():
            self._blank(other)
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr] # it is there
        self._again.start()
        self.edit.setFocus()

    def lift(self) -> None:
        """Show everything again, the keys where they were."""
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr] # it is there
        self._again.stop()
        self.hide()
        self.edit.clear()
        for blank in self._blanks:
            blank.deleteLater()
        self._blanks.clear()
        if self._before is not None:
            self._before.setFocus()

    def _blank(self, other: QWidget) -> None:
        """Cover another window: a dock that floats, a sheet, a dialogue."""
        if other is self._window or not other.isVisible() or not other.isWindow():
            return
        blank = QFrame(other)
        blank.setAutoFillBackground(True)
        blank.setProperty("role", "cover")
        blank.setGeometry(other.rect())
        blank.show()
        blank.raise_()
        self._blanks.append(blank)

    # what it says

    def set_person(self, name: str) -> None:
        """Say whose session it is."""
        self._who.setText(name)

    def set_hint(self, path: str) -> None:
        """Say in which file the password is to be found; empty where a person knows it."""
        self._path = path
        self._retranslate()

    def say(self, sentence: str) -> None:
        """Say why the screen stays covered."""
        self._said.setText(sentence)
        set_tone(self._said, "warn" if sentence else "")
        self.edit.selectAll()

    def set_checking(self, is_checking: bool) -> None:
        """Show that the password is being looked at."""
        self.edit.setReadOnly(is_checking)
        self._button.setEnabled(not is_checking)

    def set_alarms(self, alarms: Sequence[AlarmLine]) -> None:
        """Show how many alarms wait; a new one is heard."""
        self._alarms = tuple(alarms)
        waiting = frozenset(one.id for one in alarms if not one.is_acknowledged)
        if self.isVisible() and waiting - self._heard:
            QApplication.beep()
        self._heard = waiting
        self._show_alarms()

    @property
    def alarm_text(self) -> str:
        """What it says of alarms."""
        return self._waiting.text()

    @property
    def said(self) -> str:
        """Why the screen stays covered, as it says it."""
        return self._said.text()

    def _hear_urgent(self) -> None:
        if any(one.level in _URGENT and not one.is_acknowledged for one in self._alarms):
            QApplication.beep()

    def _show_alarms(self) -> None:
        waiting = [one for one in self._alarms if not one.is_acknowledged]
        critical = sum(one.level is Level.CRITICAL for one in waiting)
        words = self.tr("Alarms nobody has acknowledged: {0}, critical: {1}")
        text = words.format(len(waiting), critical) if waiting else self.tr("No alarm waits.")
        self._waiting.setText(text)
        set_tone(self._waiting, "alarm" if critical else "warn" if waiting else "secondary")

    def _enter(self) -> None:
        typed = self.edit.text()
        self.edit.clear()
        self.password_entered.emit(typed)

    def _retranslate(self) -> None:
        self._title.setText(self.tr("This console is locked"))
        self.edit.setPlaceholderText(self.tr("Password"))
        self.edit.setAccessibleName(self.tr("Password"))
        self._button.setText(self.tr("Unlock"))
        words = self.tr("Passwords of this machine's own accounts lie in {0}.")
        self._hint.setText(words.format(self._path) if self._path else "")
        self._show_alarms()

    # nothing reaches what it covers

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Keep the cover over its window, and keys and mouse from all that lies under it."""
        kind = event.type()
        if watched is self._window and kind == QEvent.Type.Resize:
            self.setGeometry(self._window.rect())
        if not self.isVisible():
            return super().eventFilter(watched, event)
        if kind == QEvent.Type.Shortcut:
            return True
        if not isinstance(watched, QWidget):
            return super().eventFilter(watched, event)
        if kind == QEvent.Type.Show and watched.isWindow():
            self._blank(watched)
        is_own = watched is self or self.isAncestorOf(watched)
        if kind in _KEYS or kind in _MOUSE:
            return not is_own
        if kind == QEvent.Type.FocusIn and not is_own:
            self.edit.setFocus()
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, _next: bool) -> bool:  # noqa: N802
        """Keep the keys at the password."""
        self.edit.setFocus()
        return True

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)
