"""How fast the roads are now, and who goes how fast, learnt from the fixes that really came in.

The logarithm of a car's speed against its edge's usual one is taken for a sum: the city's level of
the moment, what the neighbourhood is like now, what the edge is like for good, and the driver's own
pace; each is a mean of what the others leave over, drawn towards nothing known by a few fixes
(Jenelius & Koutsopoulos 2013, "Travel time estimation for urban road networks using low frequency
probe vehicle data", Transportation Research B 53, has the same parts). What is of the moment is
forgotten within minutes, what is for good is not.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from console.dispatch.roadmatch import RoadMatch
from console.dispatch.roster import MODES, Roster
from console.dispatch.streetsnow import StreetsNow
from console.geo.arrays import Bools, Floats
from console.roads import Mode, RoadGraph
from console.roads.graph import BIKE_MPS, FOOT_MPS
from console.tracking.columns import ForceColumns

Longs = NDArray[np.int64]
#: Slower than this somebody stands: at a light, at a door, on the spot.
_MOVES_MPS = {Mode.CAR: 0.8, Mode.BIKE: 0.6, Mode.FOOT: 0.4}
_USUAL_MPS = {Mode.BIKE: BIKE_MPS, Mode.FOOT: FOOT_MPS}
#: Who patrols drives slower than who is sent; arrivals tell the rest (`Pace`).
PATROL_SHARE = 0.8
_SANE = (-2.5, 1.0)
_SLOWEST_MPS = 0.3
#: Neighbourhoods: cells so large, smoothed near and wide (cells), forgotten after so long.
_CELL_M = 1000.0
_NEAR_CELLS, _WIDE_CELLS = 1.2, 4.0
_LASTS_S, _LEVEL_LASTS_S = 900.0, 600.0
#: Fixes that knowing nothing is worth: of the level, of a neighbourhood, of an edge, of a person.
_WORTH_LEVEL, _WORTH_NEAR, _WORTH_EDGE, _WORTH_OWN = 20.0, 10.0, 12.0, 20.0
#: Of an edge and of a person so many fixes are remembered.
_MOST_EDGE, _MOST_OWN = 300.0, 2000.0


class RoadSpeeds:
    """Learns from fixes; one thread uses it.

    Args:
        graph: The roads at their usual speeds.
    """

    def __init__(self, graph: RoadGraph) -> None:
        self._graph, self._match = graph, RoadMatch(graph)
        east, north = graph.plane.to_metres(graph.node_lat, graph.node_lon)
        self._west, self._south = float(east.min()), float(north.min())
        self._shape = (
            int((float(north.max()) - self._south) // _CELL_M) + 1,
            int((float(east.max()) - self._west) // _CELL_M) + 1,
        )
        begin, end = graph.edge_from, graph.edge_to
        self._cell = self._cells((east[begin] + east[end]) / 2, (north[begin] + north[end]) / 2)
        cells = self._shape[0] * self._shape[1]
        self._near_sum, self._near_n = np.zeros(cells), np.zeros(cells)
        self._field = np.zeros(cells)
        self._edge_sum, self._edge_n = np.zeros(graph.n_edges), np.zeros(graph.n_edges)
        self._own_sum, self._own_n = np.zeros(0), np.zeros(0)
        self._seen_ms = np.zeros(0, np.int64)
        self._level_sum, self._level_n = 0.0, 0.0
        self._mode_sum = dict.fromkeys(_USUAL_MPS, 0.0)
        self._mode_n = dict.fromkeys(_USUAL_MPS, 0.0)
        self._at_s: float | None = None

    @property
    def graph(self) -> RoadGraph:
        """The roads it learns of, at their usual speeds."""
        return self._graph

    def take(self, roster: Roster, force: ForceColumns, at: datetime) -> int:
        """Take the fixes that are new since the last call; return how many told of a road.

        Args:
            roster: The units; those that are off duty are passed over.
            force: Last fixes, a row a unit number.
            at: Now, aware UTC.
        """
        self._forget(at.timestamp())
        self._grow(len(force))
        no = roster.no[roster.is_on_duty & (roster.no < len(force))]
        mode = roster.mode[roster.is_on_duty & (roster.no < len(force))]
        fresh = force.t_ms[no] > np.maximum(self._seen_ms[no], at.timestamp() * 1000 - 60_000)
        no, mode = no[fresh], mode[fresh]
        self._seen_ms[no] = force.t_ms[no]
        for each in _USUAL_MPS:
            self._walk(each, no[mode == MODES.index(each)], force)
        return self._drive(no[mode == MODES.index(Mode.CAR)], force)

    def now(self) -> StreetsNow:
        """Return what is known now; its roads are made anew (about 0.2 s)."""
        self._smooth()
        slow = self._level() + self._field[self._cell] + self._of_edges()
        speeds = self._graph.edge_speed_mps * np.exp(slow) / PATROL_SHARE
        return StreetsNow(
            graph=self._graph.with_speeds(np.maximum(speeds, _SLOWEST_MPS)),
            level=PATROL_SHARE / float(np.exp(self._level())),
            own=np.exp(-self._own_sum / (self._own_n + _WORTH_OWN)),
        )

    def _drive(self, no: Longs, force: ForceColumns) -> int:
        speed, heading = force.speed_mps[no], force.heading_deg[no].astype(np.float64)
        moves = (speed > _MOVES_MPS[Mode.CAR]) & np.isfinite(heading)
        no, speed, heading = no[moves], speed[moves], heading[moves]
        if not len(no):
            return 0
        edge = self._match.edges(force.lat[no], force.lon[no], heading)
        on_road = edge >= 0
        no, speed, edge = no[on_road], speed[on_road].astype(np.float64), edge[on_road]
        told = np.clip(np.log(speed / self._graph.edge_speed_mps[edge]), *_SANE)
        cell, level = self._cell[edge], self._level()
        own = self._own_sum[no] / (self._own_n[no] + _WORTH_OWN)
        of_edge = self._edge_sum[edge] / (self._edge_n[edge] + _WORTH_EDGE)
        field = self._field[cell]
        self._level_sum += float((told - own - of_edge - field).sum())
        self._level_n += len(told)
        _add(self._near_sum, self._near_n, cell, told - level - own - of_edge)
        _add(self._edge_sum, self._edge_n, edge, told - level - own - field)
        _add(self._own_sum, self._own_n, no, told - level - of_edge - field)
        _cap(self._edge_sum, self._edge_n, edge, _MOST_EDGE)
        _cap(self._own_sum, self._own_n, no, _MOST_OWN)
        return len(told)

    def _walk(self, mode: Mode, no: Longs, force: ForceColumns) -> None:
        no = no[force.speed_mps[no] > _MOVES_MPS[mode]]
        if not len(no):
            return
        told = np.clip(np.log(force.speed_mps[no].astype(np.float64) / _USUAL_MPS[mode]), *_SANE)
        own = self._own_sum[no] / (self._own_n[no] + _WORTH_OWN)
        usual = self._mode_sum[mode] / (self._mode_n[mode] + _WORTH_LEVEL)
        self._mode_sum[mode] += float((told - own).sum())
        self._mode_n[mode] += len(told)
        _add(self._own_sum, self._own_n, no, told - usual)
        _cap(self._own_sum, self._own_n, no, _MOST_OWN)

    def _level(self) -> float:
        """Return the city's level now: that of patrols on free streets if nobody drives."""
        prior = _WORTH_LEVEL * float(np.log(PATROL_SHARE))
        return (self._level_sum + prior) / (self._level_n + _WORTH_LEVEL)

    def _of_edges(self) -> Floats:
        return self._edge_sum / (self._edge_n + _WORTH_EDGE)

    def _forget(self, now_s: float) -> None:
        passed_s = 0.0 if self._at_s is None else max(now_s - self._at_s, 0.0)
        if self._at_s is None or int(now_s // 60) != int(self._at_s // 60):
            self._smooth()
        self._at_s = now_s
        left = float(np.exp(-passed_s / _LASTS_S))
        self._near_sum *= left
        self._near_n *= left
        of_level = float(np.exp(-passed_s / _LEVEL_LASTS_S))
        self._level_sum *= of_level
        self._level_n *= of_level

    def _smooth(self) -> None:
        """Spread what cells told over their neighbourhood: wide first, then what is left near."""
        wide_sum, wide_n = self._spread(_WIDE_CELLS)
        wide = wide_sum / (wide_n + _WORTH_NEAR)
        near_sum, near_n = self._spread(_NEAR_CELLS)
        self._field = wide + (near_sum - near_n * wide) / (near_n + _WORTH_NEAR)

    def _spread(self, cells: float) -> tuple[Floats, Floats]:
        from scipy.ndimage import gaussian_filter  # noqa: PLC0415 - as above

        worth = 2.0 * np.pi * cells * cells  # so that a cell counts in full where it is
        total, count = (
            gaussian_filter(one.reshape(self._shape), cells, mode="constant").ravel() * worth
            for one in (self._near_sum, self._near_n)
        )
        return total, count

    def _cells(self, east: Floats, north: Floats) -> Longs:
        row = ((north - self._south) // _CELL_M).astype(np.int64)
        column = ((east - self._west) // _CELL_M).astype(np.int64)
        return row * self._shape[1] + column

    def _grow(self, size: int) -> None:
        more = size - len(self._own_n)
        if more > 0:
            self._own_sum = np.concatenate([self._own_sum, np.zeros(more)])
            self._own_n = np.concatenate([self._own_n, np.zeros(more)])
            self._seen_ms = np.concatenate([self._seen_ms, np.zeros(more, np.int64)])


def _add(total: Floats, count: Floats, at: Longs, values: Floats) -> None:
    np.add.at(total, at, values)
    np.add.at(count, at, 1.0)


def _cap(total: Floats, count: Floats, at: Longs, most: float) -> None:
    """Let old fixes weigh less where there are more than ``most``."""
    full: Bools = count[at] > most
    rows = np.unique(at[full])
    if len(rows):
        shrink = most / count[rows]
        total[rows] *= shrink
        count[rows] = most
