"""Time as a visit may count it: none passes for one camera while nobody at all is heard.

A camera that is silent while others send is the camera's own doing. Where all of them fall silent
together it is the network, a gateway or this very machine that is busy, and no camera is to blame.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: So many that are waited for together, and none heard, say that it is none of them.
CROWD = 4
#: Longest silence of all of them that is still counted, seconds.
_MOST_SILENT_S = 0.25
#: And a wait ends after so many times its length whatever others do.
_MOST_TIMES = 4.0
#: Shorter ones would only turn a busy loop's wheel.
_LEAST_S = 0.02


class Pulse:
    """What all visits of one loop hear of their cameras, and the time that goes by meanwhile.

    Args:
        clock: One that only goes forward, seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._settled_s = clock, clock()
        self._fair_s = self._silent_s = 0.0
        self._waiting = 0

    def heard(self) -> None:
        """Take that some camera has sent something."""
        self.now_s()
        self._silent_s = 0.0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count as one that waits for its camera."""
        self.now_s()
        self._waiting += 1
        try:
            yield
        finally:
            self.now_s()
            self._waiting -= 1

    def now_s(self) -> float:
        """Return the time that counts, seconds; it stands still while all are silent."""
        now_s = self._clock()
        counted_s, self._settled_s = now_s - self._settled_s, now_s
        if self._waiting >= CROWD:
            counted_s = min(counted_s, _MOST_SILENT_S - self._silent_s)
            self._silent_s += counted_s
        self._fair_s += counted_s
        return self._fair_s

    def wait(self, patience_s: float) -> Wait:
        """Begin to wait for a camera, for so long at most."""
        return Wait(self, self._clock, patience_s)


class Wait:
    """One wait for one camera.

    Attributes:
        left_s: How long it may be waited for still; 0 when that is over.
        took_s: How long it has taken, of the time that counts.
    """

    def __init__(self, pulse: Pulse, clock: Callable[[], float], patience_s: float) -> None:
        self._pulse, self._clock, self._patience_s = pulse, clock, patience_s
        self._began_s, self._began_fair_s = clock(), pulse.now_s()

    @property
    def took_s(self) -> float:  # noqa: D102 - see the class
        return self._pulse.now_s() - self._began_fair_s

    @property
    def left_s(self) -> float:  # noqa: D102 - see the class
        return 0.0 if self.is_over else max(_LEAST_S, self._patience_s - self.took_s)

    @property
    def is_over(self) -> bool:
        """Whether patience has ended."""
        most_s = _MOST_TIMES * self._patience_s
        return self.took_s >= self._patience_s or self._clock() - self._began_s >= most_s
