"""How far one gets by road in a given time: the outline of what can be reached."""

from __future__ import annotations

import math

import numpy as np

from console.geo.arrays import Floats
from console.geo.distance import LocalPlane
from console.roads import Mode, RoadGraph

#: Directions the outline is drawn by; one point each.
SECTORS = 72
#: Fewer reachable nodes than this give no outline worth drawing.
FEWEST_NODES = 8


def reach_outline(
    graph: RoadGraph, lat: float, lon: float, limit_s: float, *, mode: Mode = Mode.CAR
) -> tuple[tuple[float, float], ...]:
    """Return the outline of the places from which ``lat, lon`` is reached within a time.

    The outline is star-shaped: in each of 72 directions it lies as far out as the farthest road
    node that is near enough in time, evened out with its neighbours. What cannot be reached inside
    it, an island between two roads, is not cut out.

    Args:
        graph: The city's roads.
        lat: WGS-84 degrees.
        lon: WGS-84 degrees.
        limit_s: Seconds by road.
        mode: How one travels.

    Returns:
        ``(lat, lon)`` of each point, clockwise from north; empty where no road is near.
    """
    seconds = graph.seconds_to(lat, lon, limit_s, mode=mode)
    near = np.flatnonzero(seconds <= limit_s)
    if len(near) < FEWEST_NODES:
        return ()
    plane = LocalPlane(lat, lon)
    east, north = plane.to_metres(graph.node_lat[near], graph.node_lon[near])
    radius_m = _smoothed(_farthest(east, north))
    bearing = np.arange(SECTORS) * (2 * math.pi / SECTORS)
    lats, lons = plane.to_degrees(radius_m * np.sin(bearing), radius_m * np.cos(bearing))
    return tuple(zip(lats.tolist(), lons.tolist(), strict=True))


def _farthest(east: Floats, north: Floats) -> Floats:
    """Return the distance of the farthest point in each direction, NaN where there is none."""
    sector = np.rint(np.arctan2(east, north) * (SECTORS / (2 * math.pi))).astype(int) % SECTORS
    radius_m = np.zeros(SECTORS)
    np.maximum.at(radius_m, sector, np.hypot(east, north))
    return np.where(radius_m > 0, radius_m, np.nan)


def _smoothed(radius_m: Floats) -> Floats:
    """Fill empty directions from their neighbours and take the median of each three."""
    known = np.flatnonzero(~np.isnan(radius_m))
    every = np.arange(SECTORS)
    filled = np.interp(every, known, radius_m[known], period=SECTORS)
    return np.median([np.roll(filled, 1), filled, np.roll(filled, -1)], axis=0)
