"""Who is near: units ranked by their road time to a place, all in one pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from console.domain.ids import UnitId
from console.domain.units import Unit, UnitKind, UnitStatus
from console.geo.arrays import Floats
from console.geo.distance import flat_distance_m
from console.roads.columns import Mode
from console.roads.graph import BIKE_MPS, FOOT_MPS, RoadGraph
from console.tracking.columns import ForceColumns
from console.tracking.fresh import KIND_NO, Freshness, classify

#: Skill of officers and patrols that have something to drive.
VEHICLE_SKILL = "vehicle"
#: Skill of those that have a bicycle or a scooter.
BIKE_SKILL = "bike"


class FixNote(StrEnum):
    """What is to be known about the fix a time was reckoned from."""

    LATE_FIX = "late_fix"
    NO_FIX = "no_fix"
    ASLEEP = "asleep"


_MODES = tuple(Mode)
_NOTES: dict[int, FixNote | None] = {
    int(Freshness.NO_FIX): FixNote.NO_FIX,
    int(Freshness.FRESH): None,
    int(Freshness.LATE): FixNote.LATE_FIX,
    int(Freshness.STALE): FixNote.LATE_FIX,
    int(Freshness.ASLEEP): FixNote.ASLEEP,
}
_FIRST_LIMIT_S = 300.0
_LIMIT_GROWTH = 3.0
_LAST_LIMIT_S = 10_000.0
#: This close by air everybody walks, and streets wind by about this factor.
_WALKED_M = 150.0
_WINDING = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class NearUnit:
    """One unit with its way to a place.

    Attributes:
        unit: Which.
        mode: How it would travel.
        is_free: Whether it is on duty with nothing to do.
        seconds: Road time from its last fix; ``None`` without a fix or a way.
        metres_by_air: Straight distance; ``None`` without a fix.
        age_s: Age of the fix; ``None`` without one.
        note: What is wrong with the fix; ``None`` if nothing.
    """

    unit: UnitId
    mode: Mode
    is_free: bool
    seconds: float | None
    metres_by_air: float | None
    age_s: float | None
    note: FixNote | None


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Units that might be sent, in columns of the same length."""

    units: list[Unit]
    mode: NDArray[np.uint8]  # place in `_MODES`
    lat: Floats
    lon: Floats
    air_m: Floats  # NaN without a fix
    age_s: Floats
    freshness: NDArray[np.uint8]


def mode_of(unit: Unit) -> Mode:
    """Return how a unit travels: vehicles drive, others walk unless they have what is faster."""
    if unit.kind is UnitKind.VEHICLE or VEHICLE_SKILL in unit.skills:
        return Mode.CAR
    return Mode.BIKE if BIKE_SKILL in unit.skills else Mode.FOOT


def rank(
    units: Sequence[Unit],
    force: ForceColumns,
    graph: RoadGraph,
    lat: float,
    lon: float,
    at: datetime,
    *,
    k: int | None = None,
    include_busy: bool = False,
) -> list[NearUnit]:
    """Return the units nearest to a place by road time, the nearest first.

    Units without a fix, or without a way, come last: they may be near, nobody knows.

    Args:
        units: The force; those off duty are left out.
        force: Last fixes, a row a unit number.
        graph: The city's roads.
        lat: Latitude of the place, WGS-84.
        lon: Longitude of the place.
        at: Now, aware UTC; ages are reckoned from it.
        k: How many are wanted, ``None`` for all. A small ``k`` is found without
            looking over the whole city.
        include_busy: Whether units with running work are ranked too.
    """
    usable = [
        unit
        for unit in units
        if unit.status is UnitStatus.AVAILABLE
        or (include_busy and unit.status is not UnitStatus.OFF_DUTY)
    ]
    found = _candidates(usable, force, lat, lon, at)
    wanted = len(usable) if k is None else min(k, len(usable))
    seconds = _road_seconds(found, graph, (lat, lon), wanted)
    return _in_order(found, seconds, wanted)


def free_within(
    units: Sequence[Unit],
    force: ForceColumns,
    graph: RoadGraph,
    lat: float,
    lon: float,
    at: datetime,
    *,
    limit_s: float,
) -> list[NearUnit]:
    """Return the free units known to be within ``limit_s`` seconds by road, the nearest first."""
    found = _candidates([unit for unit in units if unit.is_free], force, lat, lon, at)
    seconds = _seconds_within(found, graph, (lat, lon), limit_s)
    return _in_order(found, seconds, int(np.count_nonzero(seconds <= limit_s)))


def _in_order(found: _Candidates, seconds: Floats, wanted: int) -> list[NearUnit]:
    order = np.lexsort((found.air_m, seconds))[:wanted]  # NaN and infinity sort last
    available = UnitStatus.AVAILABLE  # looked up once: there may be thousands of rows
    return [
        NearUnit(
            unit=unit.id,
            mode=mode,
            is_free=unit.status is available,
            seconds=road_s,
            metres_by_air=air_m,
            age_s=age_s,
            note=note,
        )
        for unit, mode, road_s, air_m, age_s, note in zip(
            [found.units[row] for row in order.tolist()],
            [_MODES[number] for number in found.mode[order].tolist()],
            _known(seconds[order]),
            _known(found.air_m[order]),
            _known(found.age_s[order]),
            [_NOTES[freshness] for freshness in found.freshness[order].tolist()],
            strict=True,
        )
    ]


def _known(values: Floats) -> list[float | None]:
    """Return numbers as a list, ``None`` for what is infinite or none."""
    known: list[float | None] = values.tolist()
    for row in np.flatnonzero(~np.isfinite(values)).tolist():
        known[row] = None
    return known


def _candidates(
    units: list[Unit], force: ForceColumns, lat: float, lon: float, at: datetime
) -> _Candidates:
    count = len(units)
    number = np.fromiter((unit.no for unit in units), np.int64, count)
    kind_no = np.fromiter((KIND_NO[unit.kind] for unit in units), np.uint8, count)
    mode = np.fromiter((_MODES.index(mode_of(unit)) for unit in units), np.uint8, count)
    held = number < len(force)
    row = np.where(held, number, 0)
    columns = [np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan)]
    flags = np.zeros(count, np.uint16)
    if len(force):
        t_ms = force.t_ms[row]
        held &= t_ms > 0
        ages = np.maximum(at.timestamp() - t_ms / 1000.0, 0.0)
        known = (force.lat[row], force.lon[row], ages)
        columns = [np.where(held, values, np.nan) for values in known]
        flags = force.flags[row]
    lats, lons, age_s = columns
    air_m = flat_distance_m(lats, lons, lat, lon)
    return _Candidates(units, mode, lats, lons, air_m, age_s, classify(age_s, kind_no, flags))


def _road_seconds(
    found: _Candidates, graph: RoadGraph, place: tuple[float, float], wanted: int
) -> Floats:
    """Return each candidate's road time, infinite where it is none of the ``wanted`` nearest."""
    limit_s = _FIRST_LIMIT_S if wanted < len(found.units) else math.inf
    while True:
        seconds = _seconds_within(found, graph, place, limit_s)
        if math.isinf(limit_s) or np.count_nonzero(seconds <= limit_s) >= wanted:
            return seconds
        limit_s = limit_s * _LIMIT_GROWTH if limit_s < _LAST_LIMIT_S else math.inf


def _seconds_within(
    found: _Candidates, graph: RoadGraph, place: tuple[float, float], limit_s: float
) -> Floats:
    """Return each candidate's road time, infinite beyond a limit."""
    seconds = np.full(len(found.units), np.inf)
    wheels = None  # times by bicycle; on foot they are the same but slower
    for number, mode in enumerate(_MODES):
        fastest_mps = graph.fastest_mps if mode is Mode.CAR else graph.off_road_mps(mode)
        near = found.air_m <= limit_s * fastest_mps
        rows = np.flatnonzero((found.mode == number) & near)
        if not len(rows):
            continue
        if mode is Mode.CAR:
            to_place = graph.seconds_to(*place, _limit(limit_s), mode=mode)
        else:
            if wheels is None:
                wheels = graph.seconds_to(*place, _limit(limit_s), mode=Mode.BIKE)
            to_place = wheels * np.float32(BIKE_MPS / graph.off_road_mps(mode))
        nodes, gap_m = graph.nearest_nodes(found.lat[rows], found.lon[rows], mode)
        times = to_place[nodes] + gap_m / graph.off_road_mps(mode)
        seconds[rows] = np.where(times <= limit_s, times, np.inf)
    walked = found.air_m <= _WALKED_M
    on_foot = found.air_m[walked] * _WINDING / FOOT_MPS
    seconds[walked] = np.minimum(seconds[walked], on_foot)
    return seconds


def _limit(limit_s: float) -> float | None:
    return None if math.isinf(limit_s) else limit_s
