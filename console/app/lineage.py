"""A child that dies with the process that started it, whatever kills that one."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Mapping

#: Set for a child: pid of its parent, and how nice it is to be.
PARENT_VARIABLE = "ZHIHUI_PARENT"
NICE_VARIABLE = "ZHIHUI_NICE"
_PR_SET_PDEATHSIG = 1


def child_environment(*, nice: int) -> dict[str, str]:
    """Return the environment for a child of this process."""
    return {**os.environ, PARENT_VARIABLE: str(os.getpid()), NICE_VARIABLE: str(nice)}


def follow_parent(environment: Mapping[str, str]) -> None:
    """Die with the parent that the environment names, and be as nice as it asks.

    Linux tells a child of its parent's death by a signal it chooses (prctl PR_SET_PDEATHSIG);
    elsewhere only an orderly stop of the parent ends the child.
    """
    parent = environment.get(PARENT_VARIABLE)
    if not parent or not parent.isdigit():
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):
            sys.exit(f"The process that started this one (pid {parent}) is gone.")
    nice = environment.get(NICE_VARIABLE, "0")
    if nice.isdigit() and int(nice):
        os.nice(int(nice))
    os.environ.pop(PARENT_VARIABLE, None)
