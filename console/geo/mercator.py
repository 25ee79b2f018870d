"""Web Mercator (EPSG:3857) as tiles and pixels, 256 pixels a tile side."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from console.geo.arrays import Floats
from console.geo.bounds import Bounds

TILE_PX = 256
#: Latitude at which the square ends.
MAX_LAT = math.degrees(math.atan(math.sinh(math.pi)))


def to_pixels(lat: ArrayLike, lon: ArrayLike, zoom: float) -> tuple[Floats, Floats]:
    """Return pixels right and down from the world's north-west corner at ``zoom``."""
    world_px = TILE_PX * 2.0**zoom
    lats = np.clip(np.asarray(lat, float), -MAX_LAT, MAX_LAT)
    sine = np.sin(np.radians(lats))
    x = (np.asarray(lon, float) / 360.0 + 0.5) * world_px
    y = (0.5 - np.arctanh(sine) / (2.0 * math.pi)) * world_px
    return np.asarray(x, float), np.asarray(y, float)


def to_degrees(x: ArrayLike, y: ArrayLike, zoom: float) -> tuple[Floats, Floats]:
    """Return latitude and longitude of world pixels at ``zoom``."""
    world_px = TILE_PX * 2.0**zoom
    north = (0.5 - np.asarray(y, float) / world_px) * 2.0 * math.pi
    lat = np.degrees(np.arctan(np.sinh(north)))
    return np.asarray(lat, float), (np.asarray(x, float) / world_px - 0.5) * 360.0


def tile_of(lat: float, lon: float, zoom: int) -> tuple[int, int]:
    """Return the column and row of the tile that holds a point."""
    x, y = to_pixels(lat, lon, zoom)
    last = 2**zoom - 1
    return min(last, int(x // TILE_PX)), min(last, int(y // TILE_PX))


def tile_bounds(zoom: int, x: int, y: int, *, margin_px: float = 0.0) -> Bounds:
    """Return the rectangle a tile covers, widened by ``margin_px`` on every side."""
    left, top = x * TILE_PX - margin_px, y * TILE_PX - margin_px
    side = TILE_PX + 2 * margin_px
    lats, lons = to_degrees([left, left + side], [top, top + side], zoom)
    return Bounds(
        west=float(lons[0]), south=float(lats[1]), east=float(lons[1]), north=float(lats[0])
    )


def metres_a_pixel(lat: float, zoom: float) -> float:
    """Return how many metres on the ground one pixel covers at a latitude."""
    return math.cos(math.radians(lat)) * 2 * math.pi * 6_378_137.0 / (TILE_PX * math.exp2(zoom))
