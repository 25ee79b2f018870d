"""Reading an OpenStreetMap extract in one go: roads, basemap, places and boundaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium

from console.gateways import osm_tags
from console.gateways.osm_zone import ZoneVotes
from console.gateways.rows import BadRowError, ImportFileError, ImportReport
from console.geo.arrays import Floats
from console.store.citypack import Place, Shape, ShapeKind

Progress = Callable[[str], None]
_SAY_EVERY = 500_000
FEWEST_RING_POINTS = 4


@dataclass(slots=True)
class RoadWay:
    """One way that is a road.

    Attributes:
        nodes: Ids of its nodes in order.
    """

    nodes: list[int]
    tags: osm_tags.RoadTags
    name: tuple[str | None, str | None]


@dataclass(slots=True)
class Boundary:
    """An administrative area; rings are latitude and longitude, shape (n, 2)."""

    level: int
    name: tuple[str | None, str | None]
    rings: list[Floats]


@dataclass(slots=True)
class Extract:
    """What was read.

    Attributes:
        nodes: (lat, lon) of the nodes that roads use, by id.
        coast: Coastlines, water to their right.
        quarters: (kind, names, lat, lon) of settlements and quarters.
        counts: How many of each thing the file holds.
        zones: What they say of the time zone.
    """

    nodes: dict[int, tuple[float, float]] = field(default_factory=dict)
    roads: list[RoadWay] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    boundaries: list[Boundary] = field(default_factory=list)
    coast: list[Floats] = field(default_factory=list)
    quarters: list[tuple[str, tuple[str | None, str | None], float, float]] = field(
        default_factory=list
    )
    box: tuple[float, float, float, float] | None = None  # west, south, east, north
    counts: dict[str, int] = field(default_factory=lambda: {"node": 0, "way": 0, "relation": 0})
    zones: ZoneVotes = field(default_factory=ZoneVotes)


def read_extract(path: Path, report: ImportReport, progress: Progress) -> Extract:
    """Read a `.osm.pbf`, `.osm.gz`, `.osm.bz2` or `.osm` file.

    Raises:
        ImportFileError: The file is no OpenStreetMap file, or is cut short.
    """
    extract = Extract()
    try:
        extract.box = _header_box(path)
        processor = osmium.FileProcessor(str(path)).with_locations().with_areas()
        for count, item in enumerate(processor, start=1):
            _take(item, extract, report)
            if count % _SAY_EVERY == 0:
                progress(f"  {count:,} objects read …")
    except (RuntimeError, OSError, ValueError, osmium.InvalidLocationError) as error:
        done = ", ".join(f"{count:,} {kind}s" for kind, count in extract.counts.items())
        raise ImportFileError(
            f"{path.name} cannot be read to its end ({error}): it is cut short, damaged or no "
            f"OpenStreetMap file. {done} were read before that and are not used. Fetch it again."
        ) from error
    if not extract.roads:
        raise ImportFileError(f"{path.name} holds no roads; it cannot become a city.")
    return extract


def _header_box(path: Path) -> tuple[float, float, float, float] | None:
    reader = osmium.io.Reader(str(path))
    try:
        box = reader.header().box()
        if not box.valid():
            return None
        low, high = box.bottom_left, box.top_right
        return low.lon, low.lat, high.lon, high.lat
    finally:
        reader.close()


def _take(item: Any, extract: Extract, report: ImportReport) -> None:
    """Sort one object of the file into the extract; a faulty one is told by its id."""
    try:
        if item.is_node():
            extract.counts["node"] += 1
            if len(item.tags):
                _take_node(item, extract)
        elif item.is_way():
            extract.counts["way"] += 1
            _take_way(item, extract)
        elif item.is_area():
            _take_area(item, extract)
        else:
            extract.counts["relation"] += 1
            extract.zones.note(dict(item.tags))
    except BadRowError as error:
        report.reject(int(item.orig_id() if item.is_area() else item.id), error)


def _take_node(node: Any, extract: Extract) -> None:
    tags = dict(node.tags)
    extract.zones.note(tags)
    kind = tags.get("place")
    if kind in osm_tags.QUARTERS and tags.get("name"):
        names = osm_tags.names_of(tags)
        extract.quarters.append((kind, names, node.lat, node.lon))
        point = np.array([[node.lat, node.lon]])
        extract.shapes.append(
            Shape(layer="label", shape_class="street", kind=ShapeKind.POINT, points=point,
                  name_zh=names[0], name_en=names[1])
        )  # fmt: skip
    extract.places.extend(_places(tags, node.lat, node.lon))


def _take_way(way: Any, extract: Extract) -> None:
    tags = dict(way.tags)
    road = osm_tags.road_of(tags)
    layer = osm_tags.line_layer(tags)
    is_coast = tags.get("natural") == "coastline"
    if road is None and layer is None and not is_coast:
        _take_cut_area(way, tags, extract)
        return
    names = osm_tags.names_of(tags)
    if road is not None:
        layer = ("road", road.road_class.name.lower())
    for ids, points in _known_runs(way):
        if is_coast:
            extract.coast.append(points)
        if road is not None:
            extract.roads.append(RoadWay(ids, road, names))
            extract.nodes.update(zip(ids, map(tuple, points.tolist()), strict=True))
        if layer is not None:
            extract.shapes.append(
                Shape(layer=layer[0], shape_class=layer[1], kind=ShapeKind.LINE, points=points,
                      name_zh=names[0], name_en=names[1])
            )  # fmt: skip


def _known_runs(way: Any) -> list[tuple[list[int], Floats]]:
    """Return ids and positions of a way's stretches whose nodes the file holds.

    An extract is often cut off in the middle of a way, which may come back in elsewhere: its
    stretches are never joined across what is missing.

    Raises:
        BadRowError: No two nodes that follow each other are in the file.
    """
    runs: list[list[Any]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            runs[-1].append(node)
        elif runs[-1]:
            runs.append([])
    found = [run for run in runs if len(run) > 1]
    if not found:
        raise BadRowError("a way whose nodes are not in the file")
    return [
        ([node.ref for node in run], np.array([(node.lat, node.lon) for node in run]))
        for run in found
    ]


def _take_cut_area(way: Any, tags: dict[str, str], extract: Extract) -> None:
    """Draw what the file holds of an area that its edge cuts; a whole one comes as an area."""
    layer = osm_tags.area_layer(tags)
    known = [(node.lat, node.lon) for node in way.nodes if node.location.valid()]
    if layer is None or len(known) == len(way.nodes) or not way.is_closed():
        return
    if len(set(known)) < FEWEST_RING_POINTS - 1:
        raise BadRowError("an area whose nodes are not in the file")
    if known[0] != known[-1]:
        known.append(known[0])
    names = osm_tags.names_of(tags)
    extract.shapes.append(
        Shape(layer=layer[0], shape_class=layer[1], kind=ShapeKind.AREA, points=np.array(known),
              name_zh=names[0], name_en=names[1])
    )  # fmt: skip


def _take_area(area: Any, extract: Extract) -> None:
    tags = dict(area.tags)
    layer = osm_tags.area_layer(tags)
    is_boundary = tags.get("boundary") == "administrative" and "name" in tags
    named = osm_tags.place_kind(tags) is not None or "addr:housenumber" in tags
    if layer is None and not is_boundary and not named:
        return
    rings = [_with_holes(area, outer) for outer in area.outer_rings()]
    rings = [ring for ring in rings if len(ring) >= FEWEST_RING_POINTS]
    if not rings:
        raise BadRowError("an area that does not close")
    names = osm_tags.names_of(tags)
    if layer is not None:
        extract.shapes.extend(
            Shape(layer=layer[0], shape_class=layer[1], kind=ShapeKind.AREA, points=ring,
                  name_zh=names[0], name_en=names[1])
            for ring in rings
        )  # fmt: skip
    if is_boundary and tags.get("admin_level", "").isdigit():
        extract.boundaries.append(Boundary(int(tags["admin_level"]), names, rings))
    middle = rings[0].mean(axis=0)
    extract.places.extend(_places(tags, float(middle[0]), float(middle[1])))


def _with_holes(area: Any, outer: Any) -> Floats:
    """Return an outer ring with its holes drawn into it, so that an even-odd fill leaves them out.

    The path runs round the ring, out to each hole, round it, and back to where it began.
    """
    ring = _ring(outer)
    holes = [_ring(inner) for inner in area.inner_rings(outer)]
    if not holes or not len(ring):
        return ring
    parts = [ring]
    for hole in holes:
        parts += [hole, ring[:1]]
    return np.concatenate(parts)


def _ring(nodes: Iterable[Any]) -> Floats:
    return np.array([(node.lat, node.lon) for node in nodes], dtype=np.float64).reshape(-1, 2)


def _places(tags: dict[str, str], lat: float, lon: float) -> list[Place]:
    found = []
    address = osm_tags.address_of(tags)
    name_zh, name_en = osm_tags.names_of(tags)
    kind = osm_tags.place_kind(tags)
    if kind is not None and name_zh:
        found.append(
            Place(kind=kind, name_zh=name_zh, name_en=name_en or "", address=address or "",
                  lat=lat, lon=lon)
        )  # fmt: skip
    if address is not None:
        plain = address.split(",")[0]
        found.append(
            Place(kind="address", name_zh=plain, name_en=plain, address=address, lat=lat, lon=lon)
        )
    return found
