"""A child that dies with the process that started it, whatever kills that one."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

#: Set for a child: pid of its parent, and how nice it is to be.
PARENT_VARIABLE = "ZHIHUI_PARENT"
NICE_VARIABLE = "ZHIHUI_NICE"
_PR_SET_PDEATHSIG = 1
_AUTOGROUP = Path("/proc/self/autogroup")
_NICE_TRIES, _NICE_AGAIN_S = 20, 0.06


def child_environment(*, nice: int) -> dict[str, str]:
    """Return the environment for a child of this process."""
    return {**os.environ, PARENT_VARIABLE: str(os.getpid()), NICE_VARIABLE: str(nice)}


def follow_parent(environment: Mapping[str, str]) -> None:
    """Die with the parent that the environment names, and be as nice as it asks."""
    parent = environment.get(PARENT_VARIABLE)
    if not parent or not parent.isdigit():
        return
    die_with(int(parent))
    nice = environment.get(NICE_VARIABLE, "0")
    if nice.isdigit() and int(nice):
        os.nice(int(nice))
        nice_session(int(nice))
    os.environ.pop(PARENT_VARIABLE, None)


def die_with(parent: int) -> None:
    """Be told to end (SIGTERM) when the parent, a pid, has gone, whatever killed it.

    Linux tells a child of its parent's death by a signal it chooses (prctl PR_SET_PDEATHSIG);
    elsewhere only an orderly stop of the parent ends the child.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(f"The process that started this one (pid {parent}) is gone.")


def nice_session(nice: int) -> bool:
    """Make the session of this process as nice as the process; return whether that was done.

    Where Linux groups processes by session (autogroup, sched(7)), the niceness of a process counts
    only against others of its own session. A child that leads a session of its own would then get
    as much of the processor as the console, however nice it is. Nothing is done to a session that
    others lead, and where there are no such groups there is nothing to do.
    """
    if not _AUTOGROUP.exists() or os.getsid(0) != os.getpid():
        return False
    for _ in range(_NICE_TRIES):
        try:
            _AUTOGROUP.write_text(str(nice), encoding="ascii")
        except BlockingIOError:  # the kernel takes one change in a tenth of a second from all
            time.sleep(_NICE_AGAIN_S)
        except OSError:  # not allowed here: the process itself is nice all the same
            return False
        else:
            return True
    return False
