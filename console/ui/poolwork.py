"""Work that is done off the GUI thread, in a pool of threads."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRunnable


class PoolWork(QRunnable):
    """One piece of work for a pool; its outcome is told, whatever becomes of it."""

    def __init__(self, work: Callable[[], object], done: Callable[[object], None]) -> None:
        super().__init__()
        self._work, self._done = work, done

    def run(self) -> None:
        """Do it; an error is an outcome too, for somebody waits for one."""
        try:
            outcome = self._work()
        except Exception as error:  # noqa: BLE001 - told where the outcome is taken
            outcome = error
        self._done(outcome)
