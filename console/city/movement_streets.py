"""The streets as they are at a moment: usual flow, congestion, and what each edge is like."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import numpy as np

from console.city.movement_congestion import Congestion
from console.city.movement_network import Floats
from console.city.movement_traffic import Traffic
from console.roads import RoadGraph

#: The field is reckoned anew so often; a journey's streets are those of about its middle.
_STEP_S = 120
MIDWAY = timedelta(minutes=5)
#: Ways are sought on streets that are at most so old, seconds.
_WAYS_STEP_S = 300
_LEAST_SHARE = 0.05


class Streets:
    """How fast every edge is; may be asked from several threads.

    Drivers know the streets and have a map that tells of jams: they take the way that is fastest
    as things are.

    Args:
        graph: The city's roads on a usual free day.
        traffic: The truth about delays.
        truth_seed: Seed of what nobody in the console may know.
    """

    def __init__(self, graph: RoadGraph, traffic: Traffic, *, truth_seed: int) -> None:
        self.graph, self._traffic = graph, traffic
        east, north = graph.plane.to_metres(graph.node_lat, graph.node_lon)
        begin, end = graph.edge_from, graph.edge_to
        self._field = Congestion(
            truth_seed, (east[begin] + east[end]) / 2, (north[begin] + north[end]) / 2
        )
        self.of_edges = traffic.of_edges(graph.n_edges)
        self._lock = threading.Lock()
        self._flow: tuple[int, Floats] | None = None
        self._ways: tuple[int, RoadGraph] | None = None

    def flow(self, at: datetime) -> Floats:
        """Return the share of its free-flow speed that each edge has, shape (m,).

        What an edge is like for good (`of_edges`) is not in it.
        """
        slot = int(at.timestamp()) // _STEP_S
        with self._lock:
            if self._flow is None or self._flow[0] != slot:
                usual_delay = 1.0 / self._traffic.flow(at) - 1.0
                excess = self._field.excess(float(slot * _STEP_S))
                share = np.maximum(1.0 / (1.0 + usual_delay * excess), _LEAST_SHARE)
                self._flow = slot, share
            return self._flow[1]

    def ways(self, at: datetime) -> RoadGraph:
        """Return the roads at the speeds that somebody meets who sets out at ``at``."""
        slot = int(at.timestamp()) // _WAYS_STEP_S
        with self._lock:
            held = self._ways
        if held is None or held[0] != slot:
            speeds = self.graph.edge_speed_mps * self.flow(at + MIDWAY) * self.of_edges
            held = slot, self.graph.with_speeds(speeds)
            with self._lock:
                self._ways = held
        return held[1]
