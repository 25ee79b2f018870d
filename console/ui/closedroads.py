"""Roads without those that are shut, worked out off the GUI thread for a state that may be over."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from console.dispatch.streetsnow import StreetsNow
from console.geo.arrays import Bools, Floats
from console.geo.polygons import in_ring
from console.roads import RoadGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedRoads:
    """The free roads without those that are shut.

    Attributes:
        of: Number of the roads and closures it was worked out for.
    """

    of: int
    graph: RoadGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedStreets:
    """The roads of now without those that are shut; ``of`` as in `ClosedRoads`."""

    of: int
    streets: StreetsNow


def closed_roads(of: int, graph: RoadGraph, outlines: list[Floats]) -> ClosedRoads:
    """Return the roads without those that lie in, or lead into, a ring.

    Args:
        of: Given back with them.
        graph: All roads.
        outlines: Rings of latitude and longitude, WGS-84 degrees, shape (n, 2).

    Raises:
        RoadColumnsError: Nothing is left.
    """
    return ClosedRoads(of=of, graph=_without(graph, outlines))


def closed_streets(of: int, streets: StreetsNow, outlines: list[Floats]) -> ClosedStreets:
    """Return the roads of now without those that are shut, as `closed_roads`."""
    return ClosedStreets(of=of, streets=replace(streets, graph=_without(streets.graph, outlines)))


def _without(graph: RoadGraph, outlines: list[Floats]) -> RoadGraph:
    def holds(lat: Floats, lon: Floats) -> Bools:
        inside = np.zeros(len(lat), bool)
        for outline in outlines:
            inside |= in_ring(lat, lon, outline)
        return inside

    left = graph.without(graph.edges_touching(holds))
    left.prepare()
    return left
