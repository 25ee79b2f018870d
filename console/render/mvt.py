"""Mapbox Vector Tiles 2.1: what is needed to draw them (Protocol Buffers read by hand)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from console.domain.errors import ZhihuiError

_MOST_POINTS = 500_000


class VectorTileError(ZhihuiError):
    """Bytes that are no vector tile."""


class Geometry(IntEnum):
    """What a feature is."""

    UNKNOWN = 0
    POINT = 1
    LINE = 2
    AREA = 3


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: its parts in units of the layer's extent, and what is said of it."""

    kind: Geometry
    parts: tuple[NDArray[np.int32], ...]
    tags: dict[str, object]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a tile."""

    name: str
    extent: int
    features: tuple[Feature, ...]


def read_tile(body: bytes) -> list[Layer]:
    """Return the layers of a tile.

    Raises:
        VectorTileError: The bytes are damaged.
    """
    try:
        return [_layer(part) for number, part in _fields(body) if number == 3 and _is_bytes(part)]
    except (IndexError, struct.error, UnicodeDecodeError, ValueError, TypeError) as error:
        raise VectorTileError(f"A vector tile is damaged ({error}).") from error


def _is_bytes(value: object) -> bool:
    return isinstance(value, bytes)


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number without end")


def _fields(body: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Yield each field's number and value."""
    at = 0
    while at < len(body):
        key, at = _varint(body, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(body, at)
            yield key >> 3, value
            continue
        size = {1: 8, 5: 4}.get(wire)
        if size is None:
            if wire != 2:
                raise ValueError(f"a field of wire type {wire}")
            size, at = _varint(body, at)
        if at + size > len(body):
            raise ValueError("a field that is cut short")
        yield key >> 3, body[at : at + size]
        at += size


def _layer(body: bytes | int) -> Layer:
    name, extent = "", 4096
    keys: list[str] = []
    values: list[object] = []
    raw: list[bytes] = []
    for number, value in _fields(_bytes(body)):
        if number == 1:
            name = _bytes(value).decode()
        elif number == 2:
            raw.append(_bytes(value))
        elif number == 3:
            keys.append(_bytes(value).decode())
        elif number == 4:
            values.append(_value(_bytes(value)))
        elif number == 5 and isinstance(value, int):
            extent = value
    if not 0 < extent <= 1 << 20:
        raise ValueError(f"an extent of {extent}")
    return Layer(name, extent, tuple(_feature(one, keys, values) for one in raw))


def _bytes(value: bytes | int) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a number where bytes belong")
    return value


def _value(body: bytes) -> object:
    for number, value in _fields(body):
        if number == 1:
            return _bytes(value).decode()
        if number == 2:
            return struct.unpack("<f", _bytes(value))[0]
        if number == 3:
            return struct.unpack("<d", _bytes(value))[0]
        if number == 6 and isinstance(value, int):
            return (value >> 1) ^ -(value & 1)
        return value
    return None


def _numbers(body: bytes) -> list[int]:
    found, at = [], 0
    while at < len(body):
        value, at = _varint(body, at)
        found.append(value)
    return found


def _feature(body: bytes, keys: list[str], values: list[object]) -> Feature:
    kind, tags, commands = Geometry.UNKNOWN, list[int](), list[int]()
    for number, value in _fields(body):
        if number == 2:
            tags = _numbers(_bytes(value))
        elif number == 3 and isinstance(value, int):
            kind = Geometry(value)
        elif number == 4:
            commands = _numbers(_bytes(value))
    told = {keys[tags[i]]: values[tags[i + 1]] for i in range(0, len(tags) - 1, 2)}
    return Feature(kind, tuple(_parts(commands)), told)


def _parts(commands: list[int]) -> Iterator[NDArray[np.int32]]:
    x = y = at = 0
    points: list[tuple[int, int]] = []
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if command == 7:
            continue
        if command not in (1, 2) or count > _MOST_POINTS or at + 2 * count > len(commands):
            raise ValueError("a geometry that cannot be")
        for _ in range(count):
            if command == 1 and points:
                yield np.array(points, np.int32)
                points = []
            dx, dy = commands[at], commands[at + 1]
            at += 2
            x += (dx >> 1) ^ -(dx & 1)
            y += (dy >> 1) ^ -(dy & 1)
            if abs(x) > 1 << 24 or abs(y) > 1 << 24:
                raise ValueError("a corner far outside")
            points.append((x, y))
    if points:
        yield np.array(points, np.int32)
