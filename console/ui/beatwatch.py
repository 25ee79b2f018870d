"""Who has left the beat that the roster gives for the turn that runs (巡区)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from PySide6.QtCore import QObject, Slot

from console.alarms.conditions import Motion
from console.domain.areas import Area
from console.domain.shifts import RosterEntry
from console.domain.units import Unit, UnitStatus
from console.geo.polygons import in_ring
from console.ui.mirror import Mirror

#: Turns begin and end on the minute; the plan is read again this often, and when it changes.
_PLAN_FOR = timedelta(seconds=30)
#: A fix older than this says nothing about where a unit is.
_FRESH = timedelta(minutes=2)


class BeatWatch(QObject):
    """Looks where the units are that have a beat now."""

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._beats: dict[str, Area] = {}
        self._read_at: datetime | None = None
        self._left: dict[str, datetime] = {}
        mirror.tables_changed.connect(self._take)
        mirror.areas_changed.connect(self._forget)
        mirror.replaced.connect(self._forget)

    def beat_of(self, unit: str) -> Area | None:
        """Return the beat a unit keeps to now."""
        return self._beats.get(unit)

    def motions(self, at: datetime) -> dict[str, Motion]:
        """Return of each unit with a beat whether it is on it; not of those with a task."""
        if self._read_at is None or at - self._read_at > _PLAN_FOR:
            self._read(at)
        found = {}
        for unit_id, beat in self._beats.items():
            unit = self._mirror.unit(unit_id)
            heard_at = None if unit is None else self._fix_at(unit)
            if unit is None or heard_at is None or at - heard_at > _FRESH or self._is_busy(unit):
                self._left.pop(unit_id, None)
                continue
            is_inside = self._is_inside(unit, beat)
            if is_inside:
                self._left.pop(unit_id, None)
            left_at = None if is_inside else self._left.setdefault(unit_id, heard_at)
            found[unit_id] = Motion(heard_at=heard_at, is_inside=is_inside, left_at=left_at)
        return found

    def _is_busy(self, unit: Unit) -> bool:
        return unit.status is not UnitStatus.AVAILABLE

    def _is_inside(self, unit: Unit, beat: Area) -> bool:
        force = self._mirror.force
        if force is None:
            return True
        ring = np.array(beat.outline, float)
        return bool(in_ring(force.lat[unit.no], force.lon[unit.no], ring).all())

    def _fix_at(self, unit: Unit) -> datetime | None:
        force = self._mirror.force
        if force is None or unit.no >= len(force) or not force.has_fix[unit.no]:
            return None
        return datetime.fromtimestamp(int(force.t_ms[unit.no]) / 1000, UTC)

    def _read(self, at: datetime) -> None:
        self._read_at = at
        self._beats = {}
        for turn in self._mirror.every(RosterEntry):
            beat = None if turn.beat is None else self._mirror.area(turn.beat)
            if turn.holds_at(at) and beat is not None and beat.holds_at(at):
                self._beats[turn.unit] = beat

    @Slot()
    def _forget(self, *_: object) -> None:
        self._read_at = None

    @Slot(str, list)
    def _take(self, kind: str, _ids: list[str]) -> None:
        if kind == "roster":
            self._forget()
