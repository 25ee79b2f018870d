"""Outlines of districts and grids as the map's page draws them, and a place inside each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from console.domain.catalogue import Grid
from console.geo.arrays import Floats
from console.geo.polygons import PolygonIndex, ring_area

_DIGITS = 6
_json: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_to_json = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """One outline.

    Attributes:
        id: Of the district, street or grid.
        rings: Latitude and longitude of the corners, each shape (n, 2); rings in rings are holes.
        at: Latitude and longitude of a place inside, where its name is written.
    """

    id: str
    rings: tuple[Floats, ...]
    at: tuple[float, float]

    @classmethod
    def of(cls, thing: str, rings: Sequence[Floats]) -> Outline:
        """Return an outline; ``rings`` hold at least one ring."""
        return cls(id=thing, rings=tuple(rings), at=place_inside(rings))


def grid_outline(grid: Grid) -> Outline | None:
    """Return the outline of a grid, ``None`` when its shape is none."""
    try:
        shape = _json.decode(grid.shape)
        inside = shape["coordinates"]
        polygons = [inside] if shape["type"] == "Polygon" else inside
        rings = [
            np.array(ring, dtype=np.float64)[:, 1::-1] for polygon in polygons for ring in polygon
        ]
    except (msgspec.DecodeError, ValueError, KeyError, TypeError, IndexError):
        return None
    return Outline.of(grid.id, rings) if rings else None


def place_inside(rings: Sequence[Floats]) -> tuple[float, float]:
    """Return a place inside a polygon: the middle of its widest stretch at half its height.

    Args:
        rings: Latitude and longitude of the corners, each shape (n, 2).
    """
    largest = rings[0] if len(rings) == 1 else max(rings, key=lambda one: abs(ring_area(one)))
    lat = float(largest[:, 0].min() + largest[:, 0].max()) / 2
    closed = [np.concatenate((ring, ring[:1])) for ring in rings]
    starts = np.concatenate([ring[:-1] for ring in closed])
    ends = np.concatenate([ring[1:] for ring in closed])
    over = (starts[:, 0] > lat) != (ends[:, 0] > lat)
    a, b = starts[over], ends[over]
    if not len(a):
        return float(largest[:, 0].mean()), float(largest[:, 1].mean())
    share = (lat - a[:, 0]) / (b[:, 0] - a[:, 0])
    meets = np.sort(a[:, 1] + share * (b[:, 1] - a[:, 1]))
    west, east = meets[0 : len(meets) - 1 : 2], meets[1::2]
    widest = int(np.argmax(east - west))
    return lat, float(west[widest] + east[widest]) / 2


def index_of(outlines: Iterable[Outline]) -> tuple[tuple[str, ...], PolygonIndex]:
    """Return ids, and what finds the number of the one that holds a place."""
    listed = list(outlines)
    return tuple(one.id for one in listed), PolygonIndex([one.rings for one in listed])


def document(rows: Iterable[tuple[Outline, dict[str, object]]]) -> bytes:
    """Return outlines with what is said of them, as the page's worker reads them."""
    told = [
        {
            **said,
            "at": [round(one.at[0], _DIGITS), round(one.at[1], _DIGITS)],
            "rings": [np.round(ring, _DIGITS).ravel().tolist() for ring in one.rings],
        }
        for one, said in rows
    ]
    return _to_json.encode(told)
