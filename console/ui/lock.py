"""The session lock (锁屏): the screen is covered until the right password comes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot

from console.domain.errors import ZhihuiError
from console.ui.reasons import reason_text

#: Wrong passwords that cost no wait, and how long the first one does that costs one.
FREE_TRIES, FIRST_WAIT_S, LONGEST_WAIT_S = 5, 30.0, 1800.0


class LockKeeper(Protocol):
    """Who knows the password and keeps whether the screen is covered: the sync client."""

    def check_password(self, typed: str) -> Future[bool]:
        """Return whether it is the password, to come."""

    def remember_locked(self, is_locked: bool) -> None:
        """Keep whether the screen is covered, over a restart."""

    def was_locked(self) -> bool:
        """Whether the screen was covered when this console ended."""


class SessionLock(QObject):
    """Covers and uncovers the screen; knows no widget.

    Args:
        keeper: Knows the password.
        clock_s: Monotonic seconds.

    Signals:
        changed: Whether the screen is covered.
        checking: Whether a password is being looked at.
        refused: A sentence: why the screen stays covered.
    """

    changed = Signal(bool)
    checking = Signal(bool)
    refused = Signal(str)
    _came = Signal(object)

    def __init__(
        self,
        keeper: LockKeeper,
        parent: QObject | None = None,
        *,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self._clock_s = clock_s
        self._wrong = 0
        self._wait_until_s = 0.0
        self._is_checking = False
        self.is_locked = False
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def resume(self) -> None:
        """Cover the screen if it was covered when this console ended."""
        if self._keeper.was_locked():
            self._set(True)

    @Slot()
    def lock(self) -> None:
        """Cover the screen."""
        if not self.is_locked:
            self._keeper.remember_locked(True)
            self._set(True)

    @Slot(str)
    def try_password(self, typed: str) -> None:
        """Uncover the screen if this is the password; `refused` says why not."""
        if not self.is_locked or self._is_checking or not typed:
            return
        left_s = self._wait_until_s - self._clock_s()
        if left_s > 0:
            words = QCoreApplication.translate(
                "SessionLock", "Too many wrong passwords: wait {0} s."
            )
            self.refused.emit(words.format(math.ceil(left_s)))
            return
        self._is_checking = True
        self.checking.emit(True)
        self._keeper.check_password(typed).add_done_callback(
            lambda done: self._came.emit(_outcome(done))
        )

    @Slot(object)
    def _take(self, outcome: object) -> None:
        self._is_checking = False
        self.checking.emit(False)
        if outcome is True:
            self._wrong = 0
            self._keeper.remember_locked(False)
            self._set(False)
        elif isinstance(outcome, str):
            self.refused.emit(reason_text(outcome))
        else:
            self._count_wrong()

    def _count_wrong(self) -> None:
        self._wrong += 1
        if self._wrong >= FREE_TRIES:
            wait_s = min(FIRST_WAIT_S * 2.0 ** (self._wrong - FREE_TRIES), LONGEST_WAIT_S)
            self._wait_until_s = self._clock_s() + wait_s
        self.refused.emit(reason_text("That is not your password; the screen stays covered."))

    def _set(self, is_locked: bool) -> None:
        if is_locked is not self.is_locked:
            self.is_locked = is_locked
            self.changed.emit(is_locked)


def _outcome(done: Future[bool]) -> bool | str:
    """Return whether it was the password, or why nobody knows; in the thread that asked."""
    try:
        return done.result()
    except CancelledError:
        return "Central is closing and takes no more; send it again in a moment."
    except ZhihuiError as error:
        return getattr(error, "detail", "") or str(error)
