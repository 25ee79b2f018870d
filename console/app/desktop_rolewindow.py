"""A window of its own that a key opens for those who may see it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from console.app.desktop_models import DeskModels
from console.domain.permissions import may
from widgets.common.appearance import Appearance
from widgets.shell.window import MainWindow


class RoleWindow(QObject):
    """Opens a window for those with a right, tells everybody else why not; hidden while locked.

    A subclass names key and right, and says in words who may.
    """

    KEY = ""
    RIGHT = ""

    def __init__(self, window: MainWindow, models: DeskModels, appearance: Appearance) -> None:
        super().__init__(window)
        self._window, self._models, self._appearance = window, models, appearance
        self._is_locked = False
        key = QShortcut(QKeySequence(self.KEY), window)
        key.setContext(Qt.ShortcutContext.WindowShortcut)
        key.activated.connect(self.open)

    def open(self) -> None:
        """Show the window, if whoever is logged on may see it."""
        if self._is_locked:
            return
        who = self._models.mirror.who
        if who is None or not may(who.role, self.RIGHT):
            self._window.notice.say(self.refusal(), is_trouble=True)
            return
        raise_up(self.fresh())

    def set_locked(self, is_locked: bool) -> None:
        """Go from sight while the console is locked; what was typed is there afterwards."""
        self._is_locked = is_locked
        for window in self.windows():
            if is_locked:
                window.hide()

    def refusal(self) -> str:
        """Return who may see it, in the language shown."""
        raise NotImplementedError

    def fresh(self) -> QWidget:
        """Return the window with what is so now; it is made when it is first wanted."""
        raise NotImplementedError

    def windows(self) -> list[QWidget]:
        """Return the windows that there are."""
        raise NotImplementedError


def raise_up(window: QWidget) -> None:
    """Show a window before all others, ready for keys."""
    window.show()
    window.raise_()
    window.activateWindow()


def discard(window: QWidget | None) -> None:
    """Let a window go for good."""
    if window is not None:
        window.close()
        window.deleteLater()
