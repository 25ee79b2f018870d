"""Which road a moving car is on: the nearest edge that leads where the car is heading."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.geo.arrays import Bools, Floats
from console.roads import Mode, RoadGraph

#: Roads are looked up by points on them, so far apart.
_EVERY_M = 80.0
_LOOKED_AT = 4
#: Farther from an edge, or heading elsewhere by more, a car is not on it.
_BESIDE_M, _ASKEW_DEG = 25.0, 30.0
#: What a degree of heading off is worth, metres.
_DEGREE_M = 0.4
Longs = NDArray[np.int64]


class RoadMatch:
    """Finds the edge of a fix with a heading. Made once for a graph (about half a second).

    Args:
        graph: The roads; edges keep their numbers.
    """

    def __init__(self, graph: RoadGraph) -> None:
        from scipy.spatial import KDTree  # noqa: PLC0415 - slow to import, wanted in a thread

        self._plane = graph.plane
        east, north = graph.plane.to_metres(graph.node_lat, graph.node_lon)
        begin, end = graph.edge_from.astype(np.int64), graph.edge_to.astype(np.int64)
        self._x, self._y = east[begin], north[begin]
        self._dx, self._dy = east[end] - self._x, north[end] - self._y
        self._twin = _twins(begin, end, graph.n_nodes)
        usable = np.isfinite(graph.seconds_of_edges(Mode.CAR))
        sampled = np.flatnonzero(usable & ((self._twin < 0) | (begin < end)))
        counts = np.ceil(np.hypot(self._dx, self._dy)[sampled] / _EVERY_M).astype(np.int64)
        counts = np.maximum(counts, 1)
        self._edge = np.repeat(sampled, counts)
        turn = np.arange(len(self._edge)) - np.repeat(np.cumsum(counts) - counts, counts)
        part = (turn + 0.5) / np.repeat(counts, counts)
        points = np.column_stack([
            self._x[self._edge] + part * self._dx[self._edge],
            self._y[self._edge] + part * self._dy[self._edge],
        ])  # fmt: skip
        self._tree = KDTree(points)

    def edges(self, lat: Floats, lon: Floats, heading_deg: Floats) -> Longs:
        """Return the edge each fix is on, −1 where none fits, shape (n,).

        Args:
            lat: WGS-84 degrees, shape (n,).
            lon: WGS-84 degrees.
            heading_deg: Clockwise from north.
        """
        x, y = self._plane.to_metres(lat, lon)
        reach = _EVERY_M / 2 + _BESIDE_M
        _, near = self._tree.query(
            np.column_stack([x, y]), k=_LOOKED_AT, distance_upper_bound=reach
        )
        none = near >= len(self._edge)
        edge = self._edge[np.where(none, 0, near)]
        beside_m = self._beside(edge, x[:, None], y[:, None])
        bearing = np.degrees(np.arctan2(self._dx[edge], self._dy[edge]))
        off_deg = np.abs((heading_deg[:, None] - bearing + 180.0) % 360.0 - 180.0)
        against = off_deg > 90.0
        askew_deg = np.where(against, 180.0 - off_deg, off_deg)
        fits: Bools = ~none & (beside_m <= _BESIDE_M) & (askew_deg <= _ASKEW_DEG)
        fits &= ~against | (self._twin[edge] >= 0)
        cost = np.where(fits, beside_m + _DEGREE_M * askew_deg, np.inf)
        rows = np.arange(len(x))
        best = cost.argmin(axis=1)
        found = edge[rows, best]
        found = np.where(against[rows, best], self._twin[found], found)
        return np.where(np.isfinite(cost[rows, best]), found, -1)

    def _beside(self, edge: Longs, x: Floats, y: Floats) -> Floats:
        """Return the metres from points to edges."""
        dx, dy = self._dx[edge], self._dy[edge]
        ahead_x, ahead_y = x - self._x[edge], y - self._y[edge]
        part = (ahead_x * dx + ahead_y * dy) / np.maximum(dx * dx + dy * dy, 1e-6)
        part = np.clip(part, 0.0, 1.0)
        return np.asarray(np.hypot(ahead_x - part * dx, ahead_y - part * dy), np.float64)


def _twins(begin: Longs, end: Longs, nodes: int) -> Longs:
    """Return the edge back of each edge, −1 where the street is one-way."""
    key, back = begin * nodes + end, end * nodes + begin
    order = np.argsort(key, kind="stable")
    at = np.minimum(np.searchsorted(key[order], back), len(key) - 1)
    found = order[at]
    return np.where(key[found] == back, found, -1)
