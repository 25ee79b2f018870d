"""Kill-points: named places in the code where a test ends the process, as a power cut would.

Each is a call that does nothing: nothing in the product arms one. A harness hands an armed
`Killpoints` to what it starts, by the settings.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from enum import StrEnum
from threading import Lock


class KillPoint(StrEnum):
    """Where a process may be ended."""

    BEFORE_COMMIT = "central: decided and written, not committed"
    AFTER_COMMIT = "central: committed, nobody told"
    BEFORE_REPLY = "central: changes published, sender not told"
    DELIVERED = "central: task delivered, not acknowledged"
    ACKNOWLEDGED = "central: acknowledgement taken, its step not committed"
    SNAPSHOT = "central: snapshot written, not yet given"
    UPLOAD_HALF = "central: bytes of evidence came, not all"
    UPLOADED = "central: evidence kept, sender not told"
    SENDING = "console: command marked as sent, not sent"
    APPLYING = "console: changes and cursor written, not committed"
    APPLIED = "console: changes committed, screen not told"
    ANSWERED = "console: result came, not kept"
    SETTLED = "console: result kept, screen not told"
    IMPORTING = "console: snapshot read in, not committed"
    IMPORTED = "console: snapshot committed, epoch not noted"
    EVIDENCE_SENT = "console: evidence is at central, not noted"


class Killpoints:
    """Ends the process at one named place, when it comes there for the given time."""

    def __init__(
        self,
        armed: KillPoint | None = None,
        *,
        passes: int = 1,
        kill: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGKILL),
    ) -> None:
        """Args are set once; without ``armed`` nothing ever happens."""
        self._armed = armed
        self._left = passes
        self._kill = kill
        self._counting = Lock()

    def reach(self, point: KillPoint) -> None:
        """Come to a place; ends the process if it is the one."""
        if self._armed is None or point is not self._armed:
            return
        with self._counting:
            self._left -= 1
            if self._left == 0:
                self._kill()


#: What the product is started with.
UNARMED = Killpoints()
