"""Points in polygons and the measures of rings, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from console.geo.arrays import Bools, Floats, Ints
from console.geo.bounds import Bounds

_CHUNK = 4_000_000  # products of points and edges held at a time


def in_ring(lat: ArrayLike, lon: ArrayLike, ring: Floats) -> Bools:
    """Return which points lie inside a ring by the even-odd rule.

    Args:
        lat: Latitudes, shape (n,).
        lon: Longitudes, shape (n,).
        ring: Corners as latitude and longitude, shape (m, 2); closed or not, either way round.
    """
    lats, lons = np.atleast_1d(np.asarray(lat, float)), np.atleast_1d(np.asarray(lon, float))
    inside = np.zeros(len(lats), bool)
    if len(ring) < 3:
        return inside
    box = Bounds.around(ring[:, 0], ring[:, 1])
    near = np.flatnonzero(box.mask(lats, lons))
    step = max(1, _CHUNK // len(ring))
    for start in range(0, len(near), step):
        part = near[start : start + step]
        inside[part] = _crossings(lats[part], lons[part], ring) % 2 == 1
    return inside


def _crossings(lats: Floats, lons: Floats, ring: Floats) -> Ints:
    """Count the ring's sides east of each point that pass over its latitude."""
    y1, x1 = ring[:, 0], ring[:, 1]
    y2, x2 = np.roll(y1, -1), np.roll(x1, -1)
    over = (y1[None, :] > lats[:, None]) != (y2[None, :] > lats[:, None])
    rise = np.where(y2 == y1, 1.0, y2 - y1)
    meet = x1 + (lats[:, None] - y1) * ((x2 - x1) / rise)
    return np.asarray(np.count_nonzero(over & (lons[:, None] < meet), axis=1), np.int32)


def in_rings(lat: ArrayLike, lon: ArrayLike, rings: Sequence[Floats]) -> Bools:
    """Return which points lie inside a set of rings; rings inside rings are holes."""
    lats = np.atleast_1d(np.asarray(lat, float))
    inside = np.zeros(len(lats), bool)
    for ring in rings:
        inside ^= in_ring(lats, lon, ring)
    return inside


def ring_area(ring: Floats) -> float:
    """Return the area of a ring in the square of its units, positive when anticlockwise.

    Args:
        ring: Corners as y and x, shape (m, 2), closed or not.
    """
    y, x = ring[:, 0], ring[:, 1]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)


class PolygonIndex:
    """Finds which of many polygons holds each point, by boxes first and sides after."""

    def __init__(self, polygons: Sequence[Sequence[Floats]]) -> None:
        """Take the polygons.

        Args:
            polygons: For each polygon its rings of latitude and longitude, shape (m, 2).
        """
        self._polygons = [list(rings) for rings in polygons]
        self._boxes = np.full((len(self._polygons), 4), np.nan)  # south, west, north, east
        for number, rings in enumerate(self._polygons):
            if rings:
                corners = np.concatenate(rings)
                self._boxes[number] = [*corners.min(axis=0), *corners.max(axis=0)]

    def find(self, lat: ArrayLike, lon: ArrayLike) -> Ints:
        """Return the number of the first polygon holding each point, −1 for none, shape (n,)."""
        lats, lons = np.atleast_1d(np.asarray(lat, float)), np.atleast_1d(np.asarray(lon, float))
        found = np.full(len(lats), -1, np.int32)
        step = max(1, _CHUNK // max(1, len(self._polygons)))
        for start in range(0, len(lats), step):
            part = slice(start, start + step)
            found[part] = self._find(lats[part], lons[part])
        return found

    def _find(self, lats: Floats, lons: Floats) -> Ints:
        south, west, north, east = (side[:, None] for side in self._boxes.T)
        boxed = (south <= lats) & (lats <= north) & (west <= lons) & (lons <= east)
        found = np.full(len(lats), -1, np.int32)
        for number in np.flatnonzero(boxed.any(axis=1)).tolist():
            open_ = np.flatnonzero(boxed[number] & (found < 0))
            if len(open_):
                held = in_rings(lats[open_], lons[open_], self._polygons[number])
                found[open_[held]] = number
        return found
