"""An error nobody foresaw is logged and said on the screen; Qt alone would just go on."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal

from widgets.shell.notice import Notice

_log = logging.getLogger("zhihui.console")


class FaultNotices(QObject):
    """Takes what slots and threads raise and nothing caught, as long as it lives.

    An exception in a slot does not end the program: what the slot should have done is missing,
    and the window looks whole. Whoever works with it has to know.
    """

    _raised = Signal(str)

    def __init__(self, notice: Notice, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notice = notice
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._take
        threading.excepthook = self._take_from_thread
        self._raised.connect(self._say, Qt.ConnectionType.QueuedConnection)

    def restore(self) -> None:
        """Leave what is raised to whoever took it before."""
        sys.excepthook, threading.excepthook = self._before

    def _take(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        _log.critical("an error nobody foresaw", exc_info=(kind, error, trace))
        self._raised.emit(f"{kind.__name__}: {error}"[:160])

    def _take_from_thread(self, raised: threading.ExceptHookArgs) -> None:
        error = raised.exc_value or raised.exc_type()
        self._take(raised.exc_type, error, raised.exc_traceback)

    def _say(self, what: str) -> None:
        words = self.tr(
            "Something went wrong inside this console ({0}). What was sent is safe; what you see "
            "may be incomplete. Close the window and start it again."
        )
        self._notice.say(words.format(what), is_trouble=True, stays=True)
