"""Faults of the simulated cameras as a file tells them: which camera, what, from when to when."""

from __future__ import annotations

import bisect
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from console.city.cameras.faults import Fault

_LOG = logging.getLogger("zhihui.cameras")
_Plan = dict[int, list[Fault]]


def write_fault_plan(path: Path, faults: Mapping[int, Iterable[Fault]]) -> None:
    """Write the faults of each camera, by its number, whole or not at all."""
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.encode({no: list(some) for no, some in faults.items()}))
    part.replace(path)


class PlannedFaults:
    """The faults of a file, which is read again when it has changed; none while there is none.

    A file that cannot be read is said once and leaves the faults as they were.

    Args:
        path: As ``write_fault_plan`` leaves it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._plan: _Plan = {}
        self._read_s = 0.0

    def at(self, no: int, at_s: float) -> Fault | None:
        """Return the fault that camera number ``no`` has at ``at_s`` (Unix seconds), if any."""
        if abs(at_s - self._read_s) >= 1.0:
            self._read_s = at_s
            self._read()
        some = self._plan.get(no, [])
        place = bisect.bisect_right(some, at_s, key=lambda fault: fault.from_s) - 1
        return some[place] if place >= 0 and at_s < some[place].to_s else None

    def _read(self) -> None:
        try:
            about = self._path.stat()
        except OSError:
            return
        stamp = about.st_mtime_ns, about.st_ino
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            plan = msgspec.json.decode(self._path.read_bytes(), type=_Plan)
        except (OSError, msgspec.MsgspecError) as error:
            _LOG.error("The plan of faults %s cannot be read (%s).", self._path, error)
            return
        self._plan = {no: sorted(some, key=lambda fault: fault.from_s) for no, some in plan.items()}
