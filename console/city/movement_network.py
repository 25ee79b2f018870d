"""The ways units move along: directed edges over nodes in plane metres, ready for many at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from console.domain.errors import ZhihuiError
from console.geo.distance import LocalPlane
from console.roads import Mode, RoadClass, RoadColumns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class NoRoadsError(ZhihuiError):
    """A road graph in which nobody can go round: too few nodes hang together.

    Attributes:
        nodes: Nodes in the largest part that hangs together.
    """

    def __init__(self, nodes: int) -> None:
        super().__init__(
            f"Only {nodes} crossings of the road graph hang together, so no unit can patrol. "
            "The city pack is unusable; make or import the city again."
        )
        self.nodes = nodes


class Network:
    """The part of a road graph in which one can go from anywhere to anywhere.

    Args:
        roads: The whole graph.
        plane: Where metres are counted from.
        mode: By car, one-way streets are obeyed and footways left out; on foot, expressways are.

    Attributes:
        start: Node that each edge leaves, shape (m,), sorted.
        to: Node that each edge ends at, shape (m,).
        source: Index of each edge in ``roads``.
        x: Metres east of every node of ``roads``; ``y`` is metres north.
        nodes: The nodes that can be used.

    Raises:
        NoRoadsError: Fewer than two nodes hang together.
    """

    def __init__(self, roads: RoadColumns, plane: LocalPlane, mode: Mode) -> None:
        road_class = np.asarray(roads.edge_class)
        on_foot = mode is Mode.FOOT
        use = road_class > RoadClass.LINK if on_foot else road_class != RoadClass.FOOTWAY
        start = np.asarray(roads.edge_from, dtype=np.int64)[use]
        to = np.asarray(roads.edge_to, dtype=np.int64)[use]
        length_m = np.maximum(np.asarray(roads.edge_len_m, dtype=np.float64)[use], 1.0)
        speed_mps = np.asarray(roads.edge_speed_mps, dtype=np.float64)[use]
        source = np.flatnonzero(use)
        if on_foot:
            source = np.tile(source, 2)
            start, to = np.concatenate([start, to]), np.concatenate([to, start])
            length_m, speed_mps = np.tile(length_m, 2), np.tile(speed_mps, 2)
        inside = _largest_part(len(roads.node_lat), start, to)
        if int(inside.sum()) < 2:
            raise NoRoadsError(int(inside.sum()))
        keep = inside[start] & inside[to] & (start != to)
        order = np.argsort(start[keep], kind="stable")
        self.start, self.to = start[keep][order], to[keep][order]
        self.length_m, self.speed_mps = length_m[keep][order], speed_mps[keep][order]
        self.source = source[keep][order]
        self.x, self.y = plane.to_metres(roads.node_lat, roads.node_lon)
        self.first = np.searchsorted(self.start, np.arange(len(self.x) + 1))
        self.nodes = np.flatnonzero(inside)
        self._tree = KDTree(np.column_stack([self.x[inside], self.y[inside]]))

    def nearest(self, x: Floats, y: Floats, *, among: int = 1) -> Ints:
        """Return the ``among`` nearest usable nodes of each point, shape (n, among)."""
        among = min(among, len(self.nodes))
        _, found = self._tree.query(np.column_stack([x, y]), k=np.arange(1, among + 1))
        return np.asarray(self.nodes[found], dtype=np.int64)

    def out_edge(self, node: Ints, draw: Floats) -> Ints:
        """Return one edge out of each node, picked by ``draw`` (0 ≤ draw < 1)."""
        degree = self.first[node + 1] - self.first[node]
        return np.asarray(self.first[node] + (draw * degree).astype(np.int64), dtype=np.int64)


def _largest_part(count: int, start: Ints, to: Ints) -> NDArray[np.bool_]:
    """Return which nodes lie in the largest strongly connected part."""
    links = csr_matrix((np.ones(len(start), dtype=np.int8), (start, to)), shape=(count, count))
    _, label = connected_components(links, directed=True, connection="strong")
    return np.asarray(label == np.bincount(label).argmax(), dtype=np.bool_)
