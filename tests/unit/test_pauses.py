"""A central of its own process is set up against pauses."""

from __future__ import annotations

import subprocess
import sys

SET_UP = """
import gc, sys
from console.central.pauses import shorten_pauses
kept = [[n] for n in range(1000)]
shorten_pauses()
print(gc.get_freeze_count() >= len(kept), gc.get_threshold()[0], round(sys.getswitchinterval(), 4))
"""


def test_that_central_alone_in_its_process_does_not_walk_over_what_it_read_at_the_start() -> None:
    told = subprocess.run(
        [sys.executable, "-c", SET_UP], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.split() == ["True", "10000", "0.001"]
