"""Cycles of garbage are looked for in Qt's own thread, never in another."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

#: How often it is asked whether there is enough to look for.
ASK_EVERY_MS = 250
#: Objects made before the youngest are looked at, and looks before the older are, as in
#: `gc.set_threshold`: rows come by the thousand and hold no cycles.
GARBAGE_AFTER = (10_000, 20, 20)


class Garbage(QObject):
    """Takes over from Python's own collector, which runs in whatever thread makes an object.

    A window or a model that lies in a cycle would be destroyed there, and Qt's objects may only be
    destroyed in the thread they live in: their timers and painters crash the program.

    Args:
        parent: Lives in Qt's own thread; `stop` gives back to Python's collector.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(ASK_EVERY_MS)

    def look(self) -> None:
        """Look for garbage as far as is due; does nothing while little was made."""
        due = [count > most for count, most in zip(gc.get_count(), GARBAGE_AFTER, strict=True)]
        if not due[0]:
            return
        # The older are due by looks at the younger, so that each look goes as far as it must.
        gc.collect(2 if due[1] and due[2] else 1 if due[1] else 0)

    def stop(self) -> None:
        """Let Python's own collector go on."""
        self._timer.stop()
        gc.enable()
