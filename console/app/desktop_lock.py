"""The lock of the console's session joined to the window: by key, or when nobody is there."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QGuiApplication, QWindow

from console.app.desktop_models import DeskModels
from console.ui.lock import SessionLock
from console.ui.status import StatusLine
from widgets.shell.lock_cover import LockCover
from widgets.shell.window import MainWindow

_LOOKED_AT_MS = 2_000
_HANDS_ON = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
    }
)


class IdleWatch(QObject):
    """Knows when somebody last touched one of the console's windows.

    Windows are watched, not the application: that would be asked about every repaint.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._touched_s = time.monotonic()
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.focusWindowChanged.connect(self._watch)
            self._watch(app.focusWindow())

    @property
    def idle_s(self) -> float:
        """How long nobody has touched anything, seconds."""
        return time.monotonic() - self._touched_s

    def _watch(self, window: QWindow | None) -> None:
        if window is not None:
            window.removeEventFilter(self)
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Note a hand on keys or mouse."""
        if event.type() in _HANDS_ON:
            self._touched_s = time.monotonic()
        return super().eventFilter(watched, event)


class DeskLock(QObject):
    """Covers the window when asked to or when nobody is there.

    Args:
        window: What is covered.
        models: Know the password, the person and the alarms.
        lock_after_s: Time without a hand on it after which it is covered; 0 for never.
        hint: Where the password is to be found.
    """

    def __init__(
        self, window: MainWindow, models: DeskModels, *, lock_after_s: float, hint: str = ""
    ) -> None:
        super().__init__(window)
        self._lock_after_s = lock_after_s
        self.session = SessionLock(models.client, self)
        self.cover = LockCover(window)
        self.cover.set_hint(hint)
        self._idle = IdleWatch(self)
        window.lock_wanted.connect(self.session.lock)
        window.bottom.alarms.alarms_set.connect(self.cover.set_alarms)
        models.status.changed.connect(self._show_person)
        self.cover.password_entered.connect(self.session.try_password)
        self.session.changed.connect(self._show)
        self.session.checking.connect(self.cover.set_checking)
        self.session.refused.connect(self.cover.say)
        self._timer = QTimer(self, interval=_LOOKED_AT_MS)
        self._timer.timeout.connect(self._look)
        if lock_after_s > 0:
            self._timer.start()
        self._show_person(models.status.line)
        self.session.resume()

    def _look(self) -> None:
        if self._idle.idle_s >= self._lock_after_s:
            self.session.lock()

    def _show(self, is_locked: bool) -> None:
        if is_locked:
            self.cover.cover()
        else:
            self.cover.lift()

    def _show_person(self, line: StatusLine) -> None:
        if line.who is not None:
            self.cover.set_person(line.who.name)
