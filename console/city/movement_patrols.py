"""Units going round their beats along a network, all of them in one pass of NumPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.city.movement_network import Floats, Ints, Network

#: Edges one unit may finish in one step; at 1 s a step nobody gets near it.
MAX_HOPS = 24
#: Ways out that are looked at where roads meet; the best one is taken.
_LOOKED_AT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Gait:
    """How a kind of unit goes round.

    Attributes:
        own_mps: Speed of each unit where the edge does not decide, shape (n,).
        by_edge: Share of the edge's speed, 0 for those who walk or ride a bicycle.
        stop_chance: Chance of a stop at a crossing.
        stop_s: Mean length of a stop.
    """

    own_mps: Floats
    by_edge: float
    stop_chance: float
    stop_s: float


class Patrols:
    """Where the units of one kind are on their network.

    Args:
        network: What they move along.
        beat_node: The middle of each unit's beat, shape (n,).
        beat_m: Radius of each beat, metres, shape (n,).
        gait: How they go.
        edge_flow: Share of flow of each edge of the network.
        rng: Every turn and stop comes from it.
    """

    def __init__(
        self,
        network: Network,
        *,
        beat_node: Ints,
        beat_m: Floats,
        gait: Gait,
        edge_flow: Floats,
        rng: np.random.Generator,
    ) -> None:
        count = len(beat_node)
        self._net, self._gait, self._flow, self._rng = network, gait, edge_flow, rng
        self._beat_x, self._beat_y = network.x[beat_node], network.y[beat_node]
        self._beat_m = beat_m
        self.edge = network.out_edge(beat_node, rng.random(count))
        self.along_m: Floats = rng.random(count) * network.length_m[self.edge]
        self._wait_s: Floats = np.zeros(count)
        self.speed_mps: Floats = np.zeros(count)

    def place(self, who: Ints, node: Ints) -> None:
        """Put units at nodes; they go on from there."""
        self.edge[who] = self._net.out_edge(node, self._rng.random(len(who)))
        self.along_m[who] = 0.0
        self._wait_s[who] = 0.0

    def step(self, who: Ints, dt_s: float, flow: float | Floats) -> None:
        """Move the units ``who`` on by ``dt_s`` seconds; the others stay where they are.

        Args:
            who: Their slots.
            dt_s: So long.
            flow: Share of free-flow speed everywhere, or on each edge of the road graph.
        """
        before_m = np.zeros(len(who))
        left_s = np.maximum(dt_s - self._wait_s[who], 0.0)
        self._wait_s[who] = np.maximum(self._wait_s[who] - dt_s, 0.0)
        here = np.arange(len(who))
        for _ in range(MAX_HOPS):
            here = here[left_s[here] > 0.0]
            if not len(here):
                break
            units = who[here]
            speed = self._speed(units, flow)
            rest_m = self._net.length_m[self.edge[units]] - self.along_m[units]
            gone_m = np.minimum(rest_m, speed * left_s[here])
            self.along_m[units] += gone_m
            before_m[here] += gone_m
            left_s[here] -= gone_m / speed
            ended = gone_m >= rest_m
            here = here[ended]
            stop_s = self._turn(who[here])
            self._wait_s[who[here]] = np.maximum(stop_s - left_s[here], 0.0)
            left_s[here] = np.maximum(left_s[here] - stop_s, 0.0)
        self.speed_mps[who] = before_m / dt_s

    def _speed(self, units: Ints, flow: float | Floats) -> Floats:
        if self._gait.by_edge <= 0.0:
            return np.asarray(self._gait.own_mps[units], dtype=np.float64)
        edge = self.edge[units]
        here = flow if isinstance(flow, float) else flow[self._net.source[edge]]
        cruise = self._net.speed_mps[edge] * self._flow[edge] * (here * self._gait.by_edge)
        return np.asarray(np.maximum(cruise * self._gait.own_mps[units], 1.0), dtype=np.float64)

    def _turn(self, units: Ints) -> Floats:
        """Take the next edge at the end of this one; return the seconds stopped there."""
        net, old = self._net, self.edge[units]
        node = net.to[old]
        draws = self._rng.random((_LOOKED_AT, len(units)))
        ways = net.out_edge(np.broadcast_to(node, draws.shape).copy(), draws)
        ends = net.to[ways]
        off_m = np.hypot(net.x[ends] - self._beat_x[units], net.y[ends] - self._beat_y[units])
        score = np.maximum(off_m - self._beat_m[units], 0.0) + 1e6 * (ends == net.start[old])
        self.edge[units] = ways[score.argmin(axis=0), np.arange(len(units))]
        self.along_m[units] = 0.0
        stops = self._rng.random(len(units)) < self._gait.stop_chance
        lengths_s = self._rng.exponential(self._gait.stop_s, len(units))
        return np.asarray(np.where(stops, lengths_s, 0.0), dtype=np.float64)

    def xy(self, who: Ints) -> tuple[Floats, Floats]:
        """Return where the units are, metres east and north."""
        net, edge = self._net, self.edge[who]
        part = self.along_m[who] / net.length_m[edge]
        a, b = net.start[edge], net.to[edge]
        x = net.x[a] + part * (net.x[b] - net.x[a])
        y = net.y[a] + part * (net.y[b] - net.y[a])
        return x, y

    def heading_deg(self, who: Ints) -> Floats:
        """Return where the units are going, degrees clockwise from north."""
        net, edge = self._net, self.edge[who]
        a, b = net.start[edge], net.to[edge]
        angle = np.degrees(np.arctan2(net.x[b] - net.x[a], net.y[b] - net.y[a]))
        return np.asarray(angle % 360.0, dtype=np.float64)
