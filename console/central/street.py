"""What an officer's page asks of the city around it: the way, open cases, cameras, grids."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from console.central.rows import LiveRows
from console.dispatch.roster import mode_of
from console.domain.catalogue import Grid
from console.domain.errors import ZhihuiError
from console.domain.incidents import Incident
from console.domain.permissions import WHOLE_CITY, Remit
from console.domain.places import Camera
from console.domain.units import Unit
from console.geo.distance import METRES_A_DEGREE, flat_distance_m
from console.geo.polygons import in_rings
from console.roads import RoadGraph, Route
from console.store.citypack import CityPack
from console.store.mapping import read_rows
from console.store.tables import CAMERA

#: A walk of half an hour there and back; nobody on the street looks further.
NEAR_M = 2_000.0
MOST_NEAR = 60
MOST_CAMERAS = 12


class NoRoadsError(ZhihuiError):
    """Central has no city pack, and so no roads."""

    def __init__(self) -> None:
        super().__init__(
            "Central has no map of the city; ask an administrator to start it with a city pack."
        )


def remit_of(unit: Unit) -> Remit:
    """Return where a unit's officers look: their own district; a unit of none is the city's."""
    return WHOLE_CITY if unit.district is None else Remit(districts=frozenset({unit.district}))


class Ways:
    """Ways by road for whoever asks, over a graph that is built when the first one does."""

    def __init__(self, pack: CityPack | None) -> None:
        self._pack = pack
        self._graph: RoadGraph | None = None
        self._building = threading.Lock()
        self._at_once = asyncio.Semaphore(1)

    async def way(self, unit: Unit, start: tuple[float, float], end: tuple[float, float]) -> Route:
        """Return the fastest way for a unit, as it travels; one is looked for at a time.

        Args:
            unit: Who goes.
            start: Latitude and longitude, WGS-84 degrees.
            end: Latitude and longitude, WGS-84 degrees.

        Raises:
            NoRoadsError: There is no city pack.
            NoRouteError: There is no way.
        """
        async with self._at_once:
            return await asyncio.to_thread(self._way, unit, start, end)

    def _way(self, unit: Unit, start: tuple[float, float], end: tuple[float, float]) -> Route:
        if self._pack is None:
            raise NoRoadsError
        with self._building:
            if self._graph is None:
                self._graph = self._pack.road_graph()
        return self._graph.route(*start, *end, mode=mode_of(unit))


def open_near(rows: LiveRows, lat: float, lon: float, remit: Remit) -> list[tuple[float, Incident]]:
    """Return the open cases within `NEAR_M` and a remit with metres to them, nearest first."""
    found = [
        one
        for one in rows.open_incidents_near(lat, lon, NEAR_M)
        if one.is_open and remit.covers(one.district)
    ]
    metres = _metres(lat, lon, found)
    near = [(away, one) for away, one in zip(metres, found, strict=True) if away <= NEAR_M]
    return sorted(near, key=lambda one: (one[0], one[1].id))[:MOST_NEAR]


def cameras_near(
    connection: Connection, lat: float, lon: float, remit: Remit
) -> list[tuple[float, Camera]]:
    """Return the camera points within `NEAR_M` and a remit with metres to them, nearest first."""
    high = NEAR_M / METRES_A_DEGREE
    wide = high / max(float(np.cos(np.radians(lat))), 0.01)
    query = select(CAMERA).where(
        CAMERA.c.lat.between(lat - high, lat + high),
        CAMERA.c.lon.between(lon - wide, lon + wide),
        CAMERA.c.retired.is_(False),
    )
    found = [one for one in read_rows(connection, Camera, query) if remit.covers(one.district)]
    near = zip(_metres(lat, lon, found), found, strict=True)
    inside = [(away, one) for away, one in near if away <= NEAR_M]
    return sorted(inside, key=lambda one: (one[0], one[1].id))[:MOST_CAMERAS]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outline:
    """A grid with its rings as arrays, and the box around them (south, west, north, east)."""

    grid: Grid
    rings: tuple[Any, ...]
    box: tuple[float, float, float, float]

    def holds(self, lat: float, lon: float) -> bool:
        south, west, north, east = self.box
        if not (south <= lat <= north and west <= lon <= east):
            return False
        return bool(in_rings([lat], [lon], self.rings)[0])


class GridIndex:
    """Which responsibility grids (责任网格) hold a place; outlines are read once a version."""

    def __init__(self) -> None:
        self._outlines: dict[str, _Outline] = {}

    def at(self, grids: Iterable[Grid], lat: float, lon: float) -> list[Grid]:
        """Return the grids in use that hold a place, by authority and code."""
        held = [
            one.grid
            for one in (self._outline(grid) for grid in grids if not grid.retired)
            if one.holds(lat, lon)
        ]
        return sorted(held, key=lambda one: (one.authority, one.code))

    def _outline(self, grid: Grid) -> _Outline:
        known = self._outlines.get(grid.id)
        if known is None or known.grid != grid:
            known = self._outlines[grid.id] = _outlined(grid)
        return known


def _outlined(grid: Grid) -> _Outline:
    shape = json.loads(grid.shape)
    inside = shape["coordinates"]
    polygons = [inside] if shape["type"] == "Polygon" else inside
    rings = tuple(
        np.array([(point[1], point[0]) for point in ring], float)
        for polygon in polygons
        for ring in polygon
    )
    corners = np.concatenate(rings)
    (south, west), (north, east) = corners.min(axis=0), corners.max(axis=0)
    return _Outline(
        grid=grid, rings=rings, box=(float(south), float(west), float(north), float(east))
    )


def _metres(lat: float, lon: float, rows: Sequence[Incident | Camera]) -> list[float]:
    lats = np.array([one.lat for one in rows], float)
    lons = np.array([one.lon for one in rows], float)
    return [float(one) for one in flat_distance_m(lat, lon, lats, lons)]
