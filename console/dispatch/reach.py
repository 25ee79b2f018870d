"""How far one gets by road in given times: rings of equal time (等时圈), islands cut out."""

# cv2 takes its time to import, and only a picked place needs it.
# ruff: noqa: PLC0415

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.geo.arrays import Bools, Floats
from console.geo.distance import LocalPlane
from console.roads import Mode, RoadGraph

#: Fewer reachable nodes than this give no ring worth drawing.
FEWEST_NODES = 8
#: Somebody on a road sees to what lies this far beside it.
BESIDE_M = 70.0
#: Pixels along the longer side of the picture the rings are drawn in.
_PICTURE_PX = 640
_FINEST_M = 8.0
_SMALLEST_RING_PX = 24.0

Outline = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachRing:
    """What is reached within a time.

    Attributes:
        limit_s: The time.
        outlines: Closed lines of ``(lat, lon)``; by the even-odd rule, so that islands nobody
            reaches in time are holes.
    """

    limit_s: float
    outlines: tuple[Outline, ...]


def reach_rings(
    graph: RoadGraph,
    lat: float,
    lon: float,
    limits_s: Sequence[float],
    *,
    mode: Mode = Mode.CAR,
) -> tuple[ReachRing, ...]:
    """Return the rings from which ``lat, lon`` is reached within some times, the widest first.

    One search serves all rings. The roads reached in time are drawn as broad strokes; where the
    time runs out on a road, the stroke ends there. Times that reach hardly a road give no ring.

    Args:
        graph: The city's roads.
        lat: WGS-84 degrees.
        lon: WGS-84 degrees.
        limits_s: Seconds by road.
        mode: How one travels.
    """
    widest = max(limits_s, default=0.0)
    seconds = graph.seconds_to(lat, lon, widest, mode=mode)
    reached = np.flatnonzero(seconds <= widest)
    if len(reached) < FEWEST_NODES:
        return ()
    plane = LocalPlane(lat, lon)
    east, north = plane.to_metres(graph.node_lat, graph.node_lon)
    canvas = _Canvas(east[reached], north[reached])
    rings = []
    for limit_s in sorted(limits_s, reverse=True):
        if np.count_nonzero(seconds <= limit_s) < FEWEST_NODES:
            continue
        strokes = _strokes(graph, seconds.astype(float), limit_s, mode, (east, north))
        outlines = [
            tuple(zip(*(side.tolist() for side in plane.to_degrees(x, y)), strict=True))
            for x, y in canvas.outlines(strokes)
        ]
        if outlines:
            rings.append(ReachRing(limit_s=limit_s, outlines=tuple(outlines)))
    return tuple(rings)


def _strokes(
    graph: RoadGraph, seconds: Floats, limit_s: float, mode: Mode, metres: tuple[Floats, Floats]
) -> NDArray[np.float64]:
    """Return the parts of roads within the time, metres ``x1, y1, x2, y2``, shape (n, 4)."""
    cost = graph.seconds_of_edges(mode)
    head = graph.edge_to
    usable: Bools = np.isfinite(cost) & (seconds[head] <= limit_s)
    tail, head, cost = graph.edge_from[usable], head[usable], cost[usable]
    share = np.minimum(1.0, (limit_s - seconds[head]) / cost)
    east, north = metres
    return np.column_stack([
        east[head], north[head],
        east[head] + (east[tail] - east[head]) * share,
        north[head] + (north[tail] - north[head]) * share,
    ])  # fmt: skip


class _Canvas:
    """A picture of the ground in which strokes are drawn and traced round."""

    def __init__(self, east: Floats, north: Floats) -> None:
        room = 3 * BESIDE_M
        self._west, self._south = float(east.min()) - room, float(north.min()) - room
        wide = max(float(np.ptp(east)), float(np.ptp(north))) + 2 * room
        self._step_m = max(_FINEST_M, wide / _PICTURE_PX)
        self._shape = (
            math.ceil((float(np.ptp(north)) + 2 * room) / self._step_m),
            math.ceil((float(np.ptp(east)) + 2 * room) / self._step_m),
        )

    def outlines(self, strokes: NDArray[np.float64]) -> list[tuple[Floats, Floats]]:
        """Return closed lines round the strokes, metres east and north."""
        import cv2

        picture = np.zeros(self._shape, np.uint8)
        corner = np.array([self._west, self._south] * 2)
        ends = np.rint((strokes - corner) / self._step_m).astype(np.int32).reshape(-1, 2, 2)
        thick = max(1, round(2 * BESIDE_M / self._step_m))
        cv2.polylines(picture, list(ends), isClosed=False, color=255, thickness=thick)
        found, _ = cv2.findContours(picture, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
        lines = []
        for contour in found:
            if cv2.contourArea(contour) < _SMALLEST_RING_PX:
                continue
            line = cv2.approxPolyDP(contour, 0.8, closed=True).reshape(-1, 2).astype(float)
            if len(line) >= 3:
                lines.append((
                    line[:, 0] * self._step_m + self._west,
                    line[:, 1] * self._step_m + self._south,
                ))  # fmt: skip
        return lines
