"""Packed map layers: ten bytes a thing, as the page's worker reads them.

A head of 40 bytes (``ZHM2``, count, revision, revision of the names, two float64 of origin, time),
then all x and all y as float32, all sprite numbers, all ages; little-endian. An age is that of the
fix in steps of 4 s. Coordinates are Web
Mercator at zoom 0 (the world is 256 wide) less the origin, so that float32 holds 1 cm anywhere in
a city.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.domain.errors import ZhihuiError

WORLD = 256.0
#: Latitude at which Web Mercator is cut off, degrees.
MAX_LAT = 85.05112878
#: Places this near to each other, and so far from the poles, are reckoned by a series.
_NARROW_DEG, _SERIES_TO_LAT = 1.5, 70.0
_HEAD = struct.Struct("<4sIIIddd")
#: Seconds that one step of a packed age stands for; `painter.js` knows it too.
AGE_STEP_S = 4.0
_MAGIC = b"ZHM2"


class PackError(ZhihuiError):
    """Bytes that are no packed layer."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PackedLayer:
    """One layer unpacked again, for tests and benches.

    Attributes:
        x: Web Mercator at zoom 0, float64, shape (n,).
        y: The same, southwards.
        sprite: Sprite numbers, shape (n,).
        age: Ages of fixes in steps, shape (n,).
        time_ms: When the newest thing in it was known, Unix milliseconds, 0 never.
    """

    rev: int
    names_rev: int
    time_ms: float
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    sprite: NDArray[np.uint8]
    age: NDArray[np.uint8]


def packed_age(age_s: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return ages as they are packed, NaN as none; shape (n,)."""
    steps = age_s * (1.0 / AGE_STEP_S)
    np.fmax(steps, 0.0, out=steps)  # none is 0
    np.fmin(steps, 255.0, out=steps)
    return steps.astype(np.uint8)


def to_world(
    lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Web Mercator coordinates at zoom 0 of WGS-84 degrees, x eastwards, y southwards."""
    x = (lon + 180.0) * (WORLD / 360.0)
    return x, _northing(lat)


def _northing(lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far south places lie, Web Mercator at zoom 0.

    Of one city's it is the series about their middle: a fifth of the time of the functions
    themselves, and within a hundredth of a pixel at zoom 18.
    """
    low, high = (float(lat.min()), float(lat.max())) if len(lat) else (0.0, 0.0)
    middle = math.radians((low + high) / 2)
    if not (high - low <= _NARROW_DEG and low >= -_SERIES_TO_LAT and high <= _SERIES_TO_LAT):
        phi = np.radians(np.clip(lat, -MAX_LAT, MAX_LAT))
        return WORLD / 2 - np.arctanh(np.sin(phi)) * (WORLD / (2 * np.pi))
    sec, tan = 1 / math.cos(middle), math.tan(middle)
    terms = (
        sec * tan * (5 * sec**2 + tan**2) / 24,
        sec * (sec**2 + tan**2) / 6,
        sec * tan / 2,
        sec,
    )
    away = np.radians(lat) - middle
    sum_ = away * (sec * (5 * sec**4 + 18 * sec**2 * tan**2 + tan**4) / 120)
    for term in terms:
        sum_ += term
        sum_ *= away
    sum_ += math.atanh(math.sin(middle))
    sum_ *= -WORLD / (2 * np.pi)
    sum_ += WORLD / 2
    return sum_


def pack(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    sprite: NDArray[np.uint8],
    age: NDArray[np.uint8] | None = None,
    *,
    rev: int,
    names_rev: int,
    time_ms: float,
) -> bytes:
    """Return a packed layer; the arrays have shape (n,)."""
    x, y = to_world(lat, lon)
    origin_x = float(x.mean()) if len(x) else 0.0
    origin_y = float(y.mean()) if len(y) else 0.0
    head = _HEAD.pack(_MAGIC, len(x), rev, names_rev, origin_x, origin_y, time_ms)
    offsets = ((x - origin_x).astype("<f4"), (y - origin_y).astype("<f4"))
    ages = bytes(len(x)) if age is None else age.tobytes()
    return b"".join((head, offsets[0].tobytes(), offsets[1].tobytes(), sprite.tobytes(), ages))


def unpack(body: bytes) -> PackedLayer:
    """Return what `pack` packed.

    Raises:
        PackError: The bytes are no packed layer or cut short.
    """
    if len(body) < _HEAD.size or body[:4] != _MAGIC:
        raise PackError("a map layer without its head")
    _, count, rev, names_rev, origin_x, origin_y, time_ms = _HEAD.unpack_from(body)
    if len(body) != _HEAD.size + 10 * count:
        raise PackError(f"a map layer of {len(body)} bytes that says {count} things")
    xy = np.frombuffer(body, dtype="<f4", count=2 * count, offset=_HEAD.size).astype(np.float64)
    sprite = np.frombuffer(body, dtype=np.uint8, count=count, offset=_HEAD.size + 8 * count)
    age = np.frombuffer(body, dtype=np.uint8, offset=_HEAD.size + 9 * count)
    return PackedLayer(
        rev=rev,
        names_rev=names_rev,
        time_ms=time_ms,
        x=xy[:count] + origin_x,
        y=xy[count:] + origin_y,
        sprite=sprite,
        age=age,
    )
