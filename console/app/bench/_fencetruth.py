"""What really happens at areas: ways of units made up, and every event reckoned from them.

Nothing here is shared with the watch: areas are convex and looked at side by side, visits are
followed unit by unit over the whole time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.domain.areas import Area, AreaId, AreaKind, FenceRule
from console.protocol.positions import DEGREES

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
#: What is told: area, rule, number of the unit (−1 for nobody), Unix milliseconds.
Told = tuple[str, str, int, int]
_METRES_LAT, _METRES_LON = 111_195.0, 85_300.0
_LAT, _LON = 39.92, 116.40


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """All fixes that reach central, in the order they come.

    Attributes:
        no: Unit numbers, shape (n,).
        t_ms: When they were taken, Unix milliseconds.
        comes_ms: When they come.
    """

    no: Longs
    t_ms: Longs
    comes_ms: Longs
    lat: Floats
    lon: Floats


def made_areas(rng: np.random.Generator, count: int, spread_m: float) -> list[Area]:
    """Return convex areas 150 to 700 metres across, with every rule."""
    found = []
    for no in range(count):
        corners = int(rng.integers(3, 9))
        turns = np.sort(rng.uniform(0, 2 * np.pi, corners))
        while np.max(np.diff([*turns, turns[0] + 2 * np.pi])) > 2.8:
            turns = np.sort(rng.uniform(0, 2 * np.pi, corners))
        radius = rng.uniform(150, 700)
        north, east = rng.normal(0, spread_m / 2, 2)
        lat = _LAT + (north + radius * np.sin(turns)) / _METRES_LAT
        lon = _LON + (east + radius * np.cos(turns)) / _METRES_LON
        found.append(
            Area(
                id=AreaId(f"bench-{no}"),
                name=f"area {no}",
                kind=AreaKind.FENCE,
                outline=tuple(zip(lat.tolist(), lon.tolist(), strict=True)),
                rules=tuple(FenceRule),
                dwell_s=int(rng.choice([120, 300, 600])),
                absence_s=int(rng.choice([60, 180, 600])),
            )
        )
    return found


def made_fixes(
    rng: np.random.Generator,
    units: int,
    *,
    begin_ms: int,
    seconds: int,
    every_s: int,
    spread_m: float,
) -> Fixes:
    """Let units walk, stand and drive; some fixes are lost, come late or come twice."""
    steps = seconds // every_s
    phase = rng.integers(0, every_s * 1000, units)
    drives = rng.random(units) < 0.1
    north, east = rng.normal(0, spread_m / 2, (2, units))
    heading = rng.uniform(0, 2 * np.pi, units)
    late = np.zeros(units)
    rows: list[tuple[Longs, Longs, Longs, Floats, Floats]] = []
    no = np.arange(1, units + 1, dtype=np.int64)
    last = np.zeros(units)
    for step in range(steps):
        speed = np.where(drives, rng.uniform(0, 14, units), rng.uniform(0.6, 1.8, units))
        speed[(no + step // 30) % 4 == 0] = 0.0
        heading += rng.normal(0, 0.35, units)
        north += speed * every_s * np.sin(heading)
        east += speed * every_s * np.cos(heading)
        t_ms = begin_ms + step * every_s * 1000 + phase
        late = np.minimum(
            rng.exponential(1500, units) + 20_000 * (rng.random(units) < 0.02), 25_000
        )
        last = np.maximum(last + 1, t_ms + late)  # a device sends in order
        sent = rng.random(units) > 0.02
        lat = np.rint((_LAT + north / _METRES_LAT) * 1e7) * DEGREES
        lon = np.rint((_LON + east / _METRES_LON) * 1e7) * DEGREES
        for which in (sent, sent & (rng.random(units) < 0.01)):  # some twice
            rows.append(
                (no[which], t_ms[which], last[which].astype(np.int64), lat[which], lon[which])
            )
    columns = [np.concatenate(column) for column in zip(*rows, strict=True)]
    order = np.argsort(columns[2], kind="stable")
    return Fixes(
        no=columns[0][order], t_ms=columns[1][order], comes_ms=columns[2][order],
        lat=columns[3][order], lon=columns[4][order],
    )  # fmt: skip


def truth(areas: list[Area], fixes: Fixes, *, begin_ms: int, until_ms: int) -> set[Told]:
    """Return everything there is to tell.

    Args:
        areas: Convex, anticlockwise or not.
        fixes: Those that came.
        begin_ms: When the watch began.
        until_ms: Whose time is up by then is told of.
    """
    order = np.lexsort((fixes.t_ms, fixes.no))
    no, t_ms = fixes.no[order], fixes.t_ms[order]
    first_seen = dict(zip(*(part.tolist() for part in _firsts(no, t_ms)), strict=True))
    told: set[Told] = set()
    for area in areas:
        inside = _inside(area, fixes.lat[order], fixes.lon[order])
        told |= _of_area(area, no, t_ms, inside, first_seen, (begin_ms, until_ms))
    return told


def _firsts(no: Longs, t_ms: Longs) -> tuple[Longs, Longs]:
    first = np.append(True, no[1:] != no[:-1])
    return no[first], t_ms[first]


def _inside(area: Area, lat: Floats, lon: Floats) -> NDArray[np.bool_]:
    corners = np.array(area.outline)
    (south, west), (north, east) = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero((lat >= south) & (lat <= north) & (lon >= west) & (lon <= east))
    inside = np.zeros(len(lat), bool)
    y, x = lat[near], lon[near]
    sides = []
    for (y1, x1), (y2, x2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        sides.append((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) > 0)
    stack = np.array(sides)
    inside[near] = stack.all(axis=0) | (~stack).all(axis=0)
    return inside


def _of_area(
    area: Area,
    no: Longs,
    t_ms: Longs,
    inside: NDArray[np.bool_],
    first_seen: dict[int, int],
    span_ms: tuple[int, int],
) -> set[Told]:
    begin_ms, until_ms = span_ms
    told: set[Told] = set()
    visits: list[tuple[int, int | None]] = []
    dwell_ms = (area.dwell_s or 0) * 1000
    for unit in np.unique(no[inside]).tolist():
        low, high = np.searchsorted(no, [unit, unit + 1])
        times, there = t_ms[low:high].tolist(), inside[low:high].tolist()
        came: int | None = None
        for at, is_in in zip(times, there, strict=True):
            if is_in and came is None:
                came = at
                if at != first_seen[unit]:
                    told.add((area.id, FenceRule.ENTER.value, unit, at))
            elif not is_in and came is not None:
                told.add((area.id, FenceRule.LEAVE.value, unit, at))
                if at - came >= dwell_ms:
                    told.add((area.id, FenceRule.DWELL.value, unit, came + dwell_ms))
                visits.append((came, at))
                came = None
        if came is not None:
            visits.append((came, None))
            if came + dwell_ms <= max(until_ms, times[-1]):
                told.add((area.id, FenceRule.DWELL.value, unit, came + dwell_ms))
    return told | _absences(area, visits, begin_ms, until_ms)


def _absences(
    area: Area, visits: list[tuple[int, int | None]], begin_ms: int, until_ms: int
) -> set[Told]:
    told: set[Told] = set()
    absence_ms = (area.absence_s or 0) * 1000
    empty_since: int | None = begin_ms
    for came, went in sorted(visits, key=lambda visit: visit[0]):
        if empty_since is None:
            break
        if came - empty_since >= absence_ms:
            told.add((area.id, FenceRule.ABSENCE.value, -1, empty_since + absence_ms))
        empty_since = None if went is None else max(empty_since, went)
    if empty_since is not None and until_ms - empty_since >= absence_ms:
        told.add((area.id, FenceRule.ABSENCE.value, -1, empty_since + absence_ms))
    return told
