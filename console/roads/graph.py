"""Road graphs: travel times to one place, routes, and the nodes near a point."""

# scipy is imported where a graph is built or asked: it takes a third of a second, and the
# console's window and queue are there before its roads.
# ruff: noqa: PLC0415

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from console.domain.errors import ZhihuiError
from console.geo.arrays import Bools, Floats, Ints
from console.geo.distance import LocalPlane, flat_distance_m
from console.roads.columns import Floats32, Mode, RoadClass, RoadColumns, RoadColumnsError, RoadName
from console.roads.contraction import Contracted, Matrix, fastest_only

if TYPE_CHECKING:
    from scipy.spatial import KDTree

FOOT_MPS = 1.35
#: Bicycles and light scooters go where people walk, this fast.
BIKE_MPS = 4.2
#: Speed of a car off the road network: yards, gates, car parks.
OFF_ROAD_CAR_MPS = 4.0
_FIRST_LIMIT_S = 600.0
_LIMIT_GROWTH = 4.0
_SHORTEST_S = 1e-3
#: Within this time a plain search sees so little of a city that making it small does not pay.
_PLAIN_WITHIN_S = 1200.0


class NoRouteError(ZhihuiError):
    """There is no way by road between two places.

    Attributes:
        start: Latitude and longitude asked from.
        end: Latitude and longitude asked to.
    """

    def __init__(self, start: tuple[float, float], end: tuple[float, float], mode: Mode) -> None:
        super().__init__(
            f"There is no way by {mode} from {start[0]:.5f}, {start[1]:.5f} "
            f"to {end[0]:.5f}, {end[1]:.5f} on this city's roads."
        )
        self.start, self.end, self.mode = start, end, mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way by road.

    Attributes:
        points: Latitude and longitude from start to end, both included, shape (n, 2).
        elapsed_s: Seconds gone at each point, shape (n,); the first is 0.
        seconds: Travel time.
        metres: Length.
        mode: How one travels.
    """

    points: Floats
    elapsed_s: Floats
    seconds: float
    metres: float
    mode: Mode


class _Network:
    """The edges one mode may use, turned round, and the nodes that all reach each other."""

    def __init__(self, reversed_: Matrix, nodes: Ints, tree: KDTree) -> None:
        self.reversed, self.nodes, self.tree = reversed_, nodes, tree

    @cached_property
    def contracted(self) -> Contracted:
        """The same without the nodes between crossings, made when a whole city is asked for."""
        return Contracted(self.reversed, rounds=1)


class RoadGraph:
    """A road graph with one-way streets, for cars and on foot. Safe to share between threads."""

    def __init__(self, columns: RoadColumns, names: Sequence[RoadName] = ()) -> None:
        """Build the graph (about 0.3 s for 100,000 edges).

        Raises:
            RoadColumnsError: The columns do not fit together, or there is no road in them.
        """
        columns.check()
        if not len(columns.edge_from):
            raise RoadColumnsError("there is no road in it")
        self.columns = columns
        self.names = tuple(names)
        self.node_lat, self.node_lon = columns.node_lat, columns.node_lon
        self.edge_from, self.edge_to = columns.edge_from, columns.edge_to
        self.edge_len_m, self.edge_speed_mps = columns.edge_len_m, columns.edge_speed_mps
        self.edge_class, self.edge_name = columns.edge_class, columns.edge_name
        self.plane = LocalPlane(float(np.mean(self.node_lat)), float(np.mean(self.node_lon)))
        car, foot = self._network(Mode.CAR), self._network(Mode.FOOT)
        self._networks = {Mode.CAR: car, Mode.FOOT: foot, Mode.BIKE: foot}
        self.fastest_mps = float(columns.edge_speed_mps.max())

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return len(self.node_lat)

    @property
    def n_edges(self) -> int:
        """How many directed edges there are."""
        return len(self.edge_from)

    def seconds_of_edges(self, mode: Mode = Mode.CAR) -> Floats:
        """Return the travel time of each edge, infinite where the mode may not go, shape (m,)."""
        length = self.edge_len_m.astype(float)
        if mode is Mode.CAR:
            barred = self.edge_class == RoadClass.FOOTWAY
            seconds = length / self.edge_speed_mps
        else:
            barred = self.edge_class <= RoadClass.LINK
            seconds = length / self.off_road_mps(mode)
        return np.where(barred, np.inf, np.maximum(seconds, _SHORTEST_S))

    def nearest_node(self, lat: float, lon: float, mode: Mode = Mode.CAR) -> int:
        """Return the nearest node that can be left for and reached from the whole network."""
        nodes, _ = self.nearest_nodes(np.array([lat]), np.array([lon]), mode)
        return int(nodes[0])

    def nearest_nodes(self, lat: Floats, lon: Floats, mode: Mode = Mode.CAR) -> tuple[Ints, Floats]:
        """Return the nearest node of each point and the metres to it, shapes (n,)."""
        network = self._networks[mode]
        east, north = self.plane.to_metres(lat, lon)
        metres, found = network.tree.query(np.column_stack([east, north]))
        return network.nodes[np.asarray(found, np.int64)], np.asarray(metres, np.float64)

    def seconds_to(
        self, lat: float, lon: float, limit_s: float | None = None, *, mode: Mode = Mode.CAR
    ) -> Floats32:
        """Return the seconds from every node to a place, shape (n_nodes,).

        Args:
            lat: Latitude of the place.
            lon: Longitude of the place.
            limit_s: Look no further than this; what lies beyond is infinite.
            mode: How one travels.
        """
        node = self.nearest_node(lat, lon, mode)
        gap_s = self.off_road_s(
            float(flat_distance_m(lat, lon, self.node_lat[node], self.node_lon[node])), mode
        )
        limit = np.inf if limit_s is None else max(0.0, limit_s - gap_s)
        seconds = self.seconds_to_node(node, limit, mode=mode) + gap_s
        return np.asarray(seconds, np.float32)

    def seconds_to_node(
        self, node: int, limit_s: float = math.inf, *, mode: Mode = Mode.CAR
    ) -> Floats:
        """Return the seconds from every node to one node, infinite beyond the limit."""
        from scipy.sparse.csgraph import dijkstra

        network, pace = self._networks[mode], _pace(mode)
        limit = limit_s / pace
        if limit > _PLAIN_WITHIN_S:
            return network.contracted.seconds([(node, 0.0)], limit) * pace
        rows = dijkstra(network.reversed, directed=True, indices=np.array([node]), limit=limit)
        return np.asarray(rows[0] * pace, np.float64)

    def prepare(self) -> None:
        """Make what whole cities are searched with now, not with the first search (about 0.2 s)."""
        for network in self._networks.values():
            _ = network.contracted

    def reversed_matrix(self, mode: Mode) -> Matrix:
        """Return the mode's network with its edges turned round, for comparisons."""
        return self._networks[mode].reversed

    def edges_touching(self, holds: Callable[[Floats, Floats], Bools]) -> Bools:
        """Return which edges begin, end or have their middle where ``holds`` says so, shape (m,).

        Args:
            holds: Takes latitudes and longitudes, says which lie inside some area.
        """
        lat, lon = self.node_lat, self.node_lon
        inside = holds(lat, lon)
        middle_lat = (lat[self.edge_from] + lat[self.edge_to]) / 2
        middle_lon = (lon[self.edge_from] + lon[self.edge_to]) / 2
        touching = inside[self.edge_from] | inside[self.edge_to]
        return np.asarray(touching | holds(middle_lat, middle_lon), bool)

    def without(self, closed: Bools) -> RoadGraph:
        """Return the graph with some edges closed to everybody (a closure 封路, a cordon 警戒区).

        Args:
            closed: Which edges, shape (m,).

        Raises:
            RoadColumnsError: Nothing is left.
        """
        if not closed.any():
            return self
        columns, kept = self.columns, ~closed
        edges = {
            name: getattr(columns, name)[kept]
            for name in columns.__slots__
            if name.startswith("edge_")
        }
        return RoadGraph(replace(columns, **edges), self.names)

    def with_speeds(self, speed_mps: Floats) -> RoadGraph:
        """Return the same roads with other speeds for cars; what does not hang on them is shared.

        Args:
            speed_mps: Of each edge, above 0, shape (m,).
        """
        other = copy(self)
        speeds = np.asarray(speed_mps, np.float32)
        other.columns = replace(self.columns, edge_speed_mps=speeds)
        other.edge_speed_mps, other.fastest_mps = speeds, float(speeds.max())
        seconds = other.seconds_of_edges(Mode.CAR)
        use = np.isfinite(seconds)
        reversed_ = fastest_only(self.edge_to[use], self.edge_from[use], seconds[use], self.n_nodes)
        held = self._networks[Mode.CAR]
        car = _Network(reversed_, held.nodes, held.tree)
        other._networks = {**self._networks, Mode.CAR: car}
        return other

    @staticmethod
    def off_road_mps(mode: Mode) -> float:
        """Return the speed off the road network: yards, gates, paths."""
        return {Mode.FOOT: FOOT_MPS, Mode.BIKE: BIKE_MPS, Mode.CAR: OFF_ROAD_CAR_MPS}[mode]

    def off_road_s(self, metres: float, mode: Mode) -> float:
        """Return the seconds for a stretch off the road network."""
        return metres / self.off_road_mps(mode)

    def route(
        self, from_lat: float, from_lon: float, to_lat: float, to_lon: float,
        *, mode: Mode = Mode.CAR,
    ) -> Route:  # fmt: skip
        """Return the fastest way by road.

        Raises:
            NoRouteError: There is none.
        """
        start = self.nearest_node(from_lat, from_lon, mode)
        end = self.nearest_node(to_lat, to_lon, mode)
        nodes, at_s = self._way(start, end, mode)
        if not len(nodes):
            raise NoRouteError((from_lat, from_lon), (to_lat, to_lon), mode)
        lat = np.concatenate([[from_lat], self.node_lat[nodes], [to_lat]])
        lon = np.concatenate([[from_lon], self.node_lon[nodes], [to_lon]])
        legs_m = flat_distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
        first_s, last_s = (self.off_road_s(float(legs_m[i]), mode) for i in (0, -1))
        on_road = first_s + at_s
        elapsed = np.concatenate([[0.0], on_road, [on_road[-1] + last_s]])
        return Route(
            points=np.column_stack([lat, lon]),
            elapsed_s=elapsed,
            seconds=float(elapsed[-1]),
            metres=float(legs_m.sum()),
            mode=mode,
        )

    def _way(self, start: int, end: int, mode: Mode) -> tuple[Ints, Floats]:
        """Return the nodes from start to end and the seconds at each; empty if there is no way."""
        from scipy.sparse.csgraph import dijkstra

        graph, limit_s = self._networks[mode].reversed, _FIRST_LIMIT_S
        while True:
            all_seconds, all_before = dijkstra(
                graph,
                directed=True,
                indices=np.array([end]),
                limit=limit_s,
                return_predecessors=True,
            )
            seconds, before = all_seconds[0], all_before[0]
            if np.isfinite(seconds[start]):
                break
            if math.isinf(limit_s):
                return np.empty(0, np.int32), np.empty(0)
            limit_s = limit_s * _LIMIT_GROWTH if limit_s < 20_000 else math.inf
        nodes = [start]
        while nodes[-1] != end:
            nodes.append(int(before[nodes[-1]]))
        way = np.asarray(nodes, np.int32)
        return way, np.asarray((seconds[start] - seconds[way]) * _pace(mode), float)

    def _network(self, mode: Mode) -> _Network:
        from scipy.spatial import KDTree

        seconds = self.seconds_of_edges(mode)
        use = np.isfinite(seconds)
        tail, head, cost = self.edge_from[use], self.edge_to[use], seconds[use]
        if mode is Mode.FOOT:  # one-way streets bind nobody on foot
            tail, head = np.concatenate([tail, head]), np.concatenate([head, tail])
            cost = np.concatenate([cost, cost])
        reversed_ = fastest_only(head, tail, cost, self.n_nodes)
        nodes = self._well_joined(reversed_, tail, head)
        if not len(nodes):
            nodes = np.arange(self.n_nodes, dtype=np.int32)
        east, north = self.plane.to_metres(self.node_lat[nodes], self.node_lon[nodes])
        return _Network(reversed_, nodes, KDTree(np.column_stack([east, north])))

    def _well_joined(self, graph: Matrix, tail: Ints, head: Ints) -> Ints:
        """Return the nodes of the largest part in which each reaches each."""
        from scipy.sparse.csgraph import connected_components

        _, part = connected_components(graph, directed=True, connection="strong")
        used: Bools = np.zeros(self.n_nodes, bool)
        used[tail] = used[head] = True
        if not used.any():
            return np.empty(0, np.int32)
        largest = np.bincount(part[used]).argmax()
        return np.flatnonzero(used & (part == largest)).astype(np.int32)


def _pace(mode: Mode) -> float:
    """Return how long one takes against the times in the mode's network."""
    return FOOT_MPS / BIKE_MPS if mode is Mode.BIKE else 1.0
