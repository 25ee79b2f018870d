"""Moving complaints of one city onto another, so that real rhythm and clustering drive any map.

The middle 98 % of the positions (per axis) is stretched onto the target's road network extent
and each point goes to the nearest road node: density and repetition of places are kept, the
places themselves are not. What a complaint's place is called is what stands there in the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.spatial import KDTree

from console.gateways.complaints import ImportedComplaint
from console.gateways.rows import BadRowError, ImportReport
from console.geo.arrays import Floats
from console.geo.distance import LocalPlane
from console.roads import RoadGraph
from console.store.citypack import CityPack

#: Share of positions cut off at either end of each axis.
TAIL = 0.01
#: An address no farther off than this names a spot; beyond it the nearest named road does.
ADDRESS_WITHIN_M = 40.0
#: A name from farther away than this would mislead.
NAME_WITHIN_M = 400.0


def move_onto(
    complaints: Sequence[ImportedComplaint], pack_path: Path, report: ImportReport
) -> list[ImportedComplaint]:
    """Return the complaints with positions and places in the city of ``pack_path``.

    Those without a position, or in the outermost 1 % of an axis, are left out and counted.

    Raises:
        CityPackError: The pack cannot be read.
    """
    with CityPack.open(pack_path) as pack:
        graph = pack.road_graph()
        names = _Names(pack, graph)
        city = pack.meta.get("name_en", pack_path.stem)
    placed = []
    for item in complaints:
        if item.lat is None or item.lon is None:
            report.reject(item.line, BadRowError("no position to move onto the city"))
        else:
            placed.append(item)
    if not placed:
        report.taken = 0
        return []
    lats = _stretched([item.lat for item in placed], graph.node_lat)
    lons = _stretched([item.lon for item in placed], graph.node_lon)
    moved: list[ImportedComplaint] = []
    for item, lat, lon in zip(placed, lats, lons, strict=True):
        if np.isnan(lat) or np.isnan(lon):
            report.reject(item.line, BadRowError("in the outermost 1 % of its own city"))
            continue
        node = graph.nearest_node(float(lat), float(lon))
        at = float(graph.node_lat[node]), float(graph.node_lon[node])
        moved.append(replace(item, lat=at[0], lon=at[1], place=names.of_node(node, at)))
    report.taken = len(moved)
    report.notes.append(f"Positions and places were moved onto {city}.")
    return moved


class _Names:
    """What the spots of a city are called: by the nearest address, else the nearest road."""

    def __init__(self, pack: CityPack, graph: RoadGraph) -> None:
        self._known: dict[int, str] = {}
        self._plane = LocalPlane(*pack.bounds.centre)
        self._addresses = self._tree(
            (place.lat, place.lon, place.name_zh or place.name_en)
            for place in pack.places(("address",))
        )
        self._roads = self._tree(_named_nodes(graph))

    def of_node(self, node: int, at: tuple[float, float]) -> str:
        """Return the name of a road node that lies ``at`` a latitude and longitude."""
        if node not in self._known:
            address, away_m = self._nearest(self._addresses, at)
            if away_m > ADDRESS_WITHIN_M:
                road, road_away_m = self._nearest(self._roads, at)
                address = road if road_away_m < NAME_WITHIN_M else ""
            self._known[node] = address or f"{at[0]:.5f}, {at[1]:.5f}"
        return self._known[node]

    def _tree(self, named: Iterator[tuple[float, float, str]]) -> tuple[KDTree, list[str]] | None:
        rows = [row for row in named if row[2]]
        if not rows:
            return None
        lat, lon = np.array([row[:2] for row in rows], np.float64).T
        return KDTree(np.column_stack(self._plane.to_metres(lat, lon))), [row[2] for row in rows]

    def _nearest(
        self, tree: tuple[KDTree, list[str]] | None, at: tuple[float, float]
    ) -> tuple[str, float]:
        if tree is None:
            return "", np.inf
        x, y = self._plane.to_metres(*at)
        away_m, index = tree[0].query([float(x), float(y)])
        return tree[1][int(index)], float(away_m)


def _named_nodes(graph: RoadGraph) -> Iterator[tuple[float, float, str]]:
    named = np.flatnonzero(graph.edge_name >= 0)
    ends, first = np.unique(graph.edge_from[named], return_index=True)
    for node, name in zip(ends.tolist(), graph.edge_name[named[first]].tolist(), strict=True):
        words = graph.names[name].zh or graph.names[name].en or ""
        yield float(graph.node_lat[node]), float(graph.node_lon[node]), words


def _stretched(values: Sequence[float | None], target: Floats) -> Floats:
    """Return values mapped so that their middle 98 % covers the middle 98 % of ``target``."""
    column = np.asarray(values, dtype=np.float64)
    low, high = np.quantile(column, [TAIL, 1 - TAIL])
    to_low, to_high = np.quantile(target, [TAIL, 1 - TAIL])
    share = (column - low) / max(high - low, 1e-9)
    share[(share < 0) | (share > 1)] = np.nan
    return np.asarray(to_low + share * (to_high - to_low))
