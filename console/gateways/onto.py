"""Moving complaints of one city onto another, so that real rhythm and clustering drive any map.

The middle 98 % of the positions (per axis) is stretched onto the target's road network extent
and each point goes to the nearest road node: density and repetition of places are kept, the
places themselves are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from console.gateways.complaints import ImportedComplaint
from console.gateways.rows import BadRowError, ImportReport
from console.store.citypack import CityPack

#: Share of positions cut off at either end of each axis.
TAIL = 0.01


def move_onto(
    complaints: Sequence[ImportedComplaint], pack_path: Path, report: ImportReport
) -> list[ImportedComplaint]:
    """Return the complaints with positions in the city of ``pack_path``.

    Those without a position, or in the outermost 1 % of an axis, are left out and counted.

    Raises:
        CityPackError: The pack cannot be read.
    """
    pack = CityPack.open(pack_path)
    graph = pack.road_graph()
    placed = [item for item in complaints if item.lat is not None and item.lon is not None]
    for _ in range(len(complaints) - len(placed)):
        report.reject(0, BadRowError("no position to move onto the city"))
    if not placed:
        report.taken = 0
        return []
    lats = _stretched([item.lat for item in placed], graph.node_lat)
    lons = _stretched([item.lon for item in placed], graph.node_lon)
    moved: list[ImportedComplaint] = []
    for item, lat, lon in zip(placed, lats, lons, strict=True):
        if np.isnan(lat) or np.isnan(lon):
            report.reject(0, BadRowError("in the outermost 1 % of its own city"))
            continue
        node = graph.nearest_node(float(lat), float(lon))
        moved.append(
            replace(item, lat=float(graph.node_lat[node]), lon=float(graph.node_lon[node]))
        )
    report.taken = len(moved)
    report.notes.append(f"Positions were moved onto {pack.meta.get('name_en', pack_path.stem)}.")
    return moved


def _stretched(values: Sequence[float | None], target: np.ndarray) -> np.ndarray:
    """Return values mapped so that their middle 98 % covers the middle 98 % of ``target``."""
    column = np.asarray(values, dtype=np.float64)
    low, high = np.quantile(column, [TAIL, 1 - TAIL])
    to_low, to_high = np.quantile(target, [TAIL, 1 - TAIL])
    share = (column - low) / max(high - low, 1e-9)
    share[(share < 0) | (share > 1)] = np.nan
    return np.asarray(to_low + share * (to_high - to_low))
