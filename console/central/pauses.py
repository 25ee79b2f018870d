"""How central's process is kept from pauses: it seldom looks for garbage, threads give way soon."""

from __future__ import annotations

import gc
import sys

#: Objects made before Python looks for cycles of garbage: rows and log lines come by the thousand
#: and hold none, and a look at all of a city's rows keeps the writer for tens of milliseconds.
GARBAGE_AFTER = (10_000, 20, 20)
#: With the usual 5 ms the writer and the event loop would wait that long for each other.
SWITCH_EVERY_S = 0.001


def shorten_pauses() -> None:
    """Set this process up for a central; call it once its rows are read."""
    gc.freeze()  # what was read stays, so no collection has to walk over it
    gc.set_threshold(*GARBAGE_AFTER)
    sys.setswitchinterval(SWITCH_EVERY_S)
