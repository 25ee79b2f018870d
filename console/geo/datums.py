"""WGS-84, GCJ-02 (国测局坐标) and BD-09 (百度坐标) to and fro, over arrays.

GCJ-02 is an unpublished, non-linear shift of WGS-84 on the Krasovsky 1940 ellipsoid; the series
below is the one in general use. It has no closed inverse: the one here iterates until it stands.
Outside China nothing is shifted.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from console.geo.arrays import Bools, Floats

_AXIS_M = 6_378_245.0  # Krasovsky 1940
_ECC2 = 0.00669342162296594323
_BD_TURN = math.pi * 3000.0 / 180.0
_TOLERANCE_DEG = 1e-9  # a tenth of a millimetre
_MAX_ROUNDS = 30
_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271

Pair = tuple[Floats, Floats]


def shifted_in_gcj02(lat: ArrayLike, lon: ArrayLike) -> Bools:
    """Return which WGS-84 points lie in the rectangle in which GCJ-02 shifts."""
    lats, lons = np.asarray(lat, float), np.asarray(lon, float)
    inside = (lats >= _SOUTH) & (lats <= _NORTH) & (lons >= _WEST) & (lons <= _EAST)
    return np.asarray(inside, bool)


def wgs84_to_gcj02(lat: ArrayLike, lon: ArrayLike) -> Pair:
    """Return GCJ-02 latitudes and longitudes of WGS-84 points."""
    lats, lons = np.asarray(lat, float), np.asarray(lon, float)
    dlat, dlon = _gcj02_shift(lats, lons)
    inside = shifted_in_gcj02(lats, lons)
    return lats + np.where(inside, dlat, 0.0), lons + np.where(inside, dlon, 0.0)


def gcj02_to_wgs84(lat: ArrayLike, lon: ArrayLike) -> Pair:
    """Return WGS-84 latitudes and longitudes of GCJ-02 points, to a millimetre.

    Within 1 km of the rectangle's edge the mapping itself jumps; there the point keeps its place.
    """
    lats, lons = np.asarray(lat, float), np.asarray(lon, float)
    guess_lat, guess_lon = lats.copy(), lons.copy()
    for _ in range(_MAX_ROUNDS):
        there_lat, there_lon = wgs84_to_gcj02(guess_lat, guess_lon)
        miss_lat, miss_lon = lats - there_lat, lons - there_lon
        guess_lat, guess_lon = guess_lat + miss_lat, guess_lon + miss_lon
        if np.all(np.hypot(miss_lat, miss_lon) < _TOLERANCE_DEG):
            break
    return guess_lat, guess_lon


def gcj02_to_bd09(lat: ArrayLike, lon: ArrayLike) -> Pair:
    """Return BD-09 latitudes and longitudes of GCJ-02 points."""
    lats, lons = np.asarray(lat, float), np.asarray(lon, float)
    radius = np.hypot(lons, lats) + 0.00002 * np.sin(lats * _BD_TURN)
    angle = np.arctan2(lats, lons) + 0.000003 * np.cos(lons * _BD_TURN)
    return radius * np.sin(angle) + 0.006, radius * np.cos(angle) + 0.0065


def bd09_to_gcj02(lat: ArrayLike, lon: ArrayLike) -> Pair:
    """Return GCJ-02 latitudes and longitudes of BD-09 points, to a millimetre."""
    lats, lons = np.asarray(lat, float), np.asarray(lon, float)
    guess_lat, guess_lon = lats - 0.006, lons - 0.0065
    for _ in range(_MAX_ROUNDS):
        there_lat, there_lon = gcj02_to_bd09(guess_lat, guess_lon)
        miss_lat, miss_lon = lats - there_lat, lons - there_lon
        guess_lat, guess_lon = guess_lat + miss_lat, guess_lon + miss_lon
        if np.all(np.hypot(miss_lat, miss_lon) < _TOLERANCE_DEG):
            break
    return guess_lat, guess_lon


def wgs84_to_bd09(lat: ArrayLike, lon: ArrayLike) -> Pair:
    """Return BD-09 latitudes and longitudes of WGS-84 points."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lat, lon))


def bd09_to_wgs84(lat: ArrayLike, lon: ArrayLike) -> Pair:
    """Return WGS-84 latitudes and longitudes of BD-09 points."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lat, lon))


def _waves(*terms: tuple[float, Floats]) -> Floats:
    total = sum(amplitude * np.sin(phase * math.pi) for amplitude, phase in terms)
    return np.asarray(total * 2.0 / 3.0, float)


def _gcj02_shift(lat: Floats, lon: Floats) -> Pair:
    """Return the shift in degrees, wherever the points lie."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    common = _waves((20.0, 6.0 * x), (20.0, 2.0 * x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north = north + _waves((20.0, y), (40.0, y / 3.0), (160.0, y / 12.0), (320.0, y / 30.0))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east = east + _waves((20.0, x), (40.0, x / 3.0), (150.0, x / 12.0), (300.0, x / 30.0))
    phi = np.radians(lat)
    bend = 1.0 - _ECC2 * np.sin(phi) ** 2
    dlat = np.degrees(north / (_AXIS_M * (1.0 - _ECC2) / (bend * np.sqrt(bend))))
    dlon = np.degrees(east / (_AXIS_M / np.sqrt(bend) * np.cos(phi)))
    return np.asarray(dlat, float), np.asarray(dlon, float)
