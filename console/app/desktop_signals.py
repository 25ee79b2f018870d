"""Ctrl+C and SIGTERM, taken by Qt's own loop."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier

STOPPING = (signal.SIGINT, signal.SIGTERM)


class StopSignals(QObject):
    """Calls ``stop`` in Qt's thread when the process is asked to end.

    Python runs a handler only between its own instructions, and Qt's loop has none while it
    waits; the byte that the interpreter writes at once wakes the loop.
    """

    def __init__(self, stop: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stop = stop
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)
        self._before_fd = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._take) for number in STOPPING}
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        """Let Python know that the signal is taken; what is done is done when Qt wakes."""

    def _woken(self) -> None:
        numbers = self._read.recv(64)
        if any(number in numbers for number in STOPPING):
            self._stop()

    def restore(self) -> None:
        """Give the signals back to who had them."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._before_fd)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._read.close()
        self._write.close()
