"""Areas from files: GeoJSON (RFC 7946) and KML 2.2, their polygons with names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from console.domain.errors import ZhihuiError

#: Larger files hold whole countries; a fence is a few kilobytes.
MOST_BYTES = 20 << 20
MOST_AREAS = 2000
MOST_CORNERS = 5000
_NAMES = ("name", "名称", "title", "NAME", "Name")


class AreaFileError(ZhihuiError):
    """A file that holds no areas that can be used; says what to do."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name} was not imported: {reason} Nothing was changed.")
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnArea:
    """One polygon of a file: its outer ring, not closed.

    Attributes:
        outline: Latitude and longitude of each corner, as the file has them.
    """

    name: str
    outline: tuple[tuple[float, float], ...]


def read_areas(path: Path) -> list[DrawnArea]:
    """Return the polygons of a GeoJSON or KML file, in their order.

    Raises:
        AreaFileError: The file is missing, too large, broken, or holds no polygon.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise AreaFileError(path, f"it is larger than {MOST_BYTES >> 20} MB; cut it down.")
        body = path.read_bytes()
    except OSError as error:
        raise AreaFileError(path, f"it cannot be read ({error.strerror}).") from error
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    rows = list(_from_kml(path, body) if start == b"<" else _from_geojson(path, body))
    if not rows:
        raise AreaFileError(path, "there is no polygon in it.")
    if len(rows) > MOST_AREAS:
        raise AreaFileError(path, f"it holds {len(rows)} areas; {MOST_AREAS} are the most.")
    return [_checked(path, name, ring, row) for row, (name, ring) in enumerate(rows, start=1)]


def _checked(path: Path, name: str, ring: list[tuple[float, float]], row: int) -> DrawnArea:
    if len(ring) > 1 and ring[0] == ring[-1]:
        ring = ring[:-1]
    if len(set(ring)) < 3:
        raise AreaFileError(path, f"area {row} has fewer than three corners.")
    if len(ring) > MOST_CORNERS:
        raise AreaFileError(path, f"area {row} has {len(ring)} corners; {MOST_CORNERS} at most.")
    for lat, lon in ring:
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # also what is no number
            raise AreaFileError(path, f"area {row} has a corner at {lat}, {lon}: no such place.")
    return DrawnArea(name=name.strip() or f"{path.stem} {row}", outline=tuple(ring))


def _from_geojson(path: Path, body: bytes) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    try:
        whole = json.loads(body)
        yield from _rings(whole, "")
    except (ValueError, RecursionError) as error:
        raise AreaFileError(path, f"it is no GeoJSON ({str(error)[:80]}).") from error
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise AreaFileError(
            path, f"a part of it is not as GeoJSON has it ({error!r:.80})."
        ) from error


def _rings(part: Any, name: str) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    kind = part["type"]
    if kind == "FeatureCollection":
        for feature in part["features"]:
            yield from _rings(feature, "")
    elif kind == "Feature":
        told = part.get("properties") or {}
        called = next((str(told[key]) for key in _NAMES if told.get(key)), "")
        if part.get("geometry") is not None:
            yield from _rings(part["geometry"], called)
    elif kind == "GeometryCollection":
        for geometry in part["geometries"]:
            yield from _rings(geometry, name)
    elif kind == "Polygon":
        yield name, _corners(part["coordinates"][0])
    elif kind == "MultiPolygon":
        for polygon in part["coordinates"]:
            yield name, _corners(polygon[0])


def _corners(ring: Iterable[Any]) -> list[tuple[float, float]]:
    return [(float(corner[1]), float(corner[0])) for corner in ring]


def _from_kml(path: Path, body: bytes) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    if b"<!DOCTYPE" in body[:4096] or b"<!ENTITY" in body:
        raise AreaFileError(path, "it declares entities, which a KML file has no use for.")
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError) as error:
        raise AreaFileError(path, f"it is no KML ({error}).") from error
    for mark in root.iter():
        if _tag(mark) != "Placemark":
            continue
        name = next((child.text or "" for child in mark if _tag(child) == "name"), "")
        for outer in mark.iter():
            if _tag(outer) != "outerBoundaryIs":
                continue
            for line in outer.iter():
                if _tag(line) == "coordinates":
                    yield name, _kml_corners(path, line.text or "")


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _kml_corners(path: Path, text: str) -> list[tuple[float, float]]:
    try:
        pairs = [part.split(",") for part in text.split()]
        return [(float(pair[1]), float(pair[0])) for pair in pairs]
    except (ValueError, IndexError) as error:
        raise AreaFileError(path, f"a coordinate is no number ({error}).") from error
