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
from console.geo.arrays import Bools, Floats
from console.geo.distance import flat_distance_m
from console.roads.columns import Mode
from console.roads.graph import FOOT_MPS, RoadGraph
from console.tracking.columns import ForceColumns
from console.tracking.fresh import KIND_NO, Freshness, classify

#: Skill of officers and patrols that have something to drive.
VEHICLE_SKILL = "vehicle"
_FIRST_LIMIT_S = 300.0
_LIMIT_GROWTH = 3.0
_LAST_LIMIT_S = 10_000.0
#: This close by air everybody walks, and streets wind by about this factor.
_WALKED_M = 150.0
_WINDING = 1.3


class FixNote(StrEnum):
    """What is to be known about the fix a time was reckoned from."""

    LATE_FIX = "late_fix"
    NO_FIX = "no_fix"
    ASLEEP = "asleep"


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
    by_car: Bools
    lat: Floats
    lon: Floats
    air_m: Floats  # NaN without a fix
    age_s: Floats
    freshness: NDArray[np.uint8]


def mode_of(unit: Unit) -> Mode:
    """Return how a unit travels: vehicles drive, others walk unless they have a vehicle."""
    drives = unit.kind is UnitKind.VEHICLE or VEHICLE_SKILL in unit.skills
    return Mode.CAR if drives else Mode.FOOT


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
    seconds = _road_seconds(found, graph, lat, lon, wanted)
    order = np.lexsort((found.air_m, seconds))  # NaN and infinity sort last
    return [_near_unit(found, seconds, int(row)) for row in order[:wanted]]


def _candidates(
    units: list[Unit], force: ForceColumns, lat: float, lon: float, at: datetime
) -> _Candidates:
    count = len(units)
    number = np.fromiter((unit.no for unit in units), np.int64, count)
    kind_no = np.fromiter((KIND_NO[unit.kind] for unit in units), np.uint8, count)
    by_car = np.fromiter((mode_of(unit) is Mode.CAR for unit in units), bool, count)
    held = number < len(force)
    row = np.where(held, number, 0)
    columns = [np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan)]
    flags = np.zeros(count, np.uint16)
    if len(force):
        ages = force.ages_s(int(at.timestamp() * 1000))
        held &= ~np.isnan(ages[row])
        columns = [np.where(held, c[row], np.nan) for c in (force.lat, force.lon, ages)]
        flags = force.flags[row]
    lats, lons, age_s = columns
    air_m = flat_distance_m(lats, lons, lat, lon)
    return _Candidates(units, by_car, lats, lons, air_m, age_s, classify(age_s, kind_no, flags))


def _road_seconds(
    found: _Candidates, graph: RoadGraph, lat: float, lon: float, wanted: int
) -> Floats:
    """Return each candidate's road time, infinite where it is none of the ``wanted`` nearest."""
    near_enough = wanted < len(found.units)
    limit_s = _FIRST_LIMIT_S if near_enough else math.inf
    while True:
        seconds = np.full(len(found.units), np.inf)
        for mode, uses in ((Mode.CAR, found.by_car), (Mode.FOOT, ~found.by_car)):
            reach_m = limit_s * (graph.fastest_mps if mode is Mode.CAR else FOOT_MPS)
            rows = np.flatnonzero(uses & (found.air_m <= reach_m))
            if len(rows):
                seconds[rows] = _times(found, rows, graph, (lat, lon), (mode, limit_s))
        walked = found.air_m <= _WALKED_M
        on_foot = found.air_m[walked] * _WINDING / FOOT_MPS
        seconds[walked] = np.minimum(seconds[walked], on_foot)
        if math.isinf(limit_s) or np.count_nonzero(seconds <= limit_s) >= wanted:
            return seconds
        limit_s = limit_s * _LIMIT_GROWTH if limit_s < _LAST_LIMIT_S else math.inf


def _times(
    found: _Candidates,
    rows: NDArray[np.intp],
    graph: RoadGraph,
    place: tuple[float, float],
    how: tuple[Mode, float],
) -> Floats:
    mode, limit_s = how
    to_place = graph.seconds_to(*place, None if math.isinf(limit_s) else limit_s, mode=mode)
    nodes, gap_m = graph.nearest_nodes(found.lat[rows], found.lon[rows], mode)
    seconds = to_place[nodes] + gap_m / graph.off_road_mps(mode)
    return np.where(seconds <= limit_s, seconds, np.inf)


def _near_unit(found: _Candidates, seconds: Floats, row: int) -> NearUnit:
    unit, freshness = found.units[row], found.freshness[row]
    note = None
    if freshness == Freshness.NO_FIX:
        note = FixNote.NO_FIX
    elif freshness == Freshness.ASLEEP:
        note = FixNote.ASLEEP
    elif freshness != Freshness.FRESH:
        note = FixNote.LATE_FIX
    return NearUnit(
        unit=unit.id,
        mode=Mode.CAR if found.by_car[row] else Mode.FOOT,
        is_free=unit.is_free,
        seconds=_known(seconds[row]),
        metres_by_air=_known(found.air_m[row]),
        age_s=_known(found.age_s[row]),
        note=note,
    )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
