"""Learns from arrivals how long journeys really take, and remembers it over restarts."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from console.dispatch.pace import Pace
from console.domain.assignments import Assignment, AssignmentState
from console.roads import Mode
from console.ui.mirror import Mirror
from console.ui.nearfinder import NearFound

_log = logging.getLogger("zhihui.console")
#: Road times of so many (incident, unit) pairs are remembered until the unit arrives.
_MOST = 5000


class PaceBook(QObject):
    """Compares the road time when a unit was looked at for an incident with its arrival there.

    Args:
        mirror: Where arrivals are seen.
        pace: What is learnt into.
        path: Where it is kept.
    """

    def __init__(
        self, mirror: Mirror, pace: Pace, path: Path, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._mirror, self._pace, self._path = mirror, pace, path
        self._reckoned: dict[tuple[str, str], tuple[Mode, float, datetime]] = {}
        self._recall()
        mirror.assignments_changed.connect(self._take_assignments)

    @Slot(object)
    def take_found(self, found: NearFound) -> None:
        """Remember road times of units that have not set out."""
        at = self._mirror.now()
        for unit, (mode, seconds) in found.reckoned.items():
            key = found.incident, unit
            if not any(
                one.incident == found.incident and _set_out(one) is not None
                for one in self._mirror.assignments_of_unit(unit)
            ):
                self._reckoned.pop(key, None)
                self._reckoned[key] = mode, seconds, at
        while len(self._reckoned) > _MOST:
            del self._reckoned[next(iter(self._reckoned))]

    def keep(self) -> None:
        """Write down what was learnt."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps(self._pace.kept()), encoding="utf-8")
            part.replace(self._path)
        except OSError as error:
            _log.warning("how long journeys take could not be kept: %s", error)

    def _recall(self) -> None:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            self._pace.recall([(str(m), bool(w), int(h), [float(r) for r in rs])
                               for m, w, h, rs in kept])  # fmt: skip
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError) as error:
            _log.warning("how long journeys take is learnt anew: %s", error)

    @Slot(list)
    def _take_assignments(self, ids: list[str]) -> None:
        for row_id in ids:
            held = self._mirror.assignment(row_id)
            if held is None or held.state is not AssignmentState.ON_SCENE:
                continue
            known = self._reckoned.pop((held.incident, held.unit), None)
            set_out, there = _set_out(held), held.times.get(AssignmentState.ON_SCENE.value)
            if known is None or set_out is None or there is None:
                continue
            mode, seconds, _ = known
            real_s = (there - set_out).total_seconds()
            self._pace.arrived(mode, seconds, real_s, set_out=set_out)


def _set_out(assignment: Assignment) -> datetime | None:
    """Return when a unit set out: by its own word, else when it accepted."""
    times = assignment.times
    return times.get(AssignmentState.EN_ROUTE.value) or times.get(AssignmentState.ACCEPTED.value)
