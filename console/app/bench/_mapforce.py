"""Units for the bench of the map: on a grid in view, so that each can be proved to be drawn."""

from __future__ import annotations

import math

import numpy as np

from console.domain.ids import UnitId
from console.domain.units import Unit, UnitKind, UnitStatus
from console.geo.arrays import Floats
from console.geo.mercator import to_degrees, to_pixels
from console.tracking import ForceColumns
from console.tracking.columns import empty_columns

_EDGE_PX = 12


def grid_places(
    count: int, centre: tuple[float, float], zoom: float, size_px: tuple[int, int]
) -> tuple[Floats, Floats]:
    """Return latitudes and longitudes of a grid that fills a view, shape (count,) each."""
    wide, high = size_px[0] - 2 * _EDGE_PX, size_px[1] - 2 * _EDGE_PX
    columns = math.ceil(math.sqrt(count * wide / high))
    rows = math.ceil(count / columns)
    row, column = np.divmod(np.arange(count), columns)
    x0, y0 = to_pixels(*centre, zoom)
    x = float(x0) - wide / 2 + (column + 0.5) * wide / columns
    y = float(y0) - high / 2 + (row + 0.5) * high / rows
    return to_degrees(x, y, zoom)


def force_on_grid(places: tuple[Floats, Floats], rng: np.random.Generator) -> ForceColumns:
    """Return a last fix for each place."""
    columns = empty_columns(len(places[0]))
    columns.lat[:], columns.lon[:] = places
    columns.heading_deg[:] = rng.uniform(0, 360, len(columns))
    columns.speed_mps[:] = rng.uniform(0, 3, len(columns))
    return columns


def some_units(count: int, rng: np.random.Generator) -> list[Unit]:
    """Return units of every kind, all on duty."""
    kinds, statuses = list(UnitKind), list(UnitStatus)[:4]
    kind = rng.choice(len(kinds), count, p=[0.8, 0.1, 0.1])
    status = rng.choice(len(statuses), count, p=[0.7, 0.05, 0.1, 0.15])
    return [
        Unit(
            id=UnitId(f"u{no}"),
            no=no,
            call_sign=f"K{no}",
            kind=kinds[kind[no]],
            status=statuses[status[no]],
        )
        for no in range(count)
    ]
