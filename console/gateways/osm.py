"""OpenStreetMap extracts become city packs: districts, road graph, basemap, places, addresses."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from console.domain.places import USUAL_ZONE, JurisdictionLevel
from console.gateways.osm_areas import Names, Tree, jurisdictions_of, sea_of
from console.gateways.osm_lines import border_lines, joined_roads
from console.gateways.osm_read import Extract, Progress, RoadWay, read_extract
from console.gateways.osm_zone import zone_table
from console.gateways.rows import ImportReport
from console.geo.bounds import Bounds
from console.geo.distance import haversine_m
from console.roads.columns import RoadColumns, RoadName
from console.store.citypack import CityPackWriter, Shape, ShapeKind

ATTRIBUTION = "© OpenStreetMap contributors (ODbL 1.0)"
#: Order in which layers are painted.
_PAINTED = {"water": 0, "green": 1, "building": 2, "rail": 3, "road": 4, "boundary": 5, "label": 6}
#: The map reaches this far beyond the roads, so that what stands beside them is in it.
_ROOM_DEG = 4e-4
_ROAD_ORDER = ("footway", "residential", "tertiary", "secondary", "link", "arterial", "motorway")


def import_osm(
    source: Path,
    out: Path,
    *,
    name: str | None = None,
    zone: str | None = None,
    progress: Progress,
) -> ImportReport:
    """Make a city pack of an extract.

    Args:
        source: `.osm.pbf`, `.osm.gz`, `.osm.bz2` or `.osm` file.
        out: The pack; it appears only when the whole import has gone well.
        name: Name of the city; ``None`` takes it from the file.
        zone: IANA name of its time zone; ``None`` takes what the file tells, if it does.
        progress: Called with a line of text now and then.

    Raises:
        ImportFileError: The file cannot be read to its end or holds no roads.
    """
    report = ImportReport(thing="object")
    progress(f"Reading {source.name} …")
    extract = read_extract(source, report, progress)
    columns, names = _roads(extract, report)
    bounds = _bounds(extract, columns)
    city: Names = (name, name) if name else _city_name(extract, source)
    tree = jurisdictions_of(extract, bounds, city)
    progress(f"Writing {len(extract.shapes):,} shapes, {len(columns.edge_from):,} road edges …")
    with CityPackWriter(out) as writer:
        writer.put_meta(_meta(bounds, city, source) | _zone(zone, extract, bounds, report))
        for jurisdiction, rings in tree.nodes:
            writer.put_jurisdiction(jurisdiction, rings)
        writer.put_roads(columns, names)
        writer.put_shapes(_ordered(extract, bounds, tree))
        writer.put_places(extract.places)
    report.taken = sum(extract.counts.values())
    report.notes.append(_summary(extract, columns, len(tree.nodes)))
    report.notes.append(tree.said)
    return report


def _summary(extract: Extract, columns: RoadColumns, jurisdictions: int) -> str:
    counts = ", ".join(f"{count:,} {kind}s" for kind, count in extract.counts.items())
    return (
        f"Read {counts}. Made {len(columns.node_lat):,} road nodes, "
        f"{len(columns.edge_from):,} road edges, {len(extract.shapes):,} shapes, "
        f"{len(extract.places):,} places and addresses, {jurisdictions} jurisdictions."
    )


def _roads(extract: Extract, report: ImportReport) -> tuple[RoadColumns, list[RoadName]]:
    """Return the largest connected network of the roads, and the table of their names."""
    ids = np.array(sorted(extract.nodes), dtype=np.int64)
    places = np.array([extract.nodes[int(key)] for key in ids])
    names: dict[Names, int] = {}
    heads, tails, kinds, speeds, labels = [], [], [], [], []
    for way in extract.roads:
        label = names.setdefault(way.name, len(names)) if any(way.name) else -1
        index = np.searchsorted(ids, np.array(way.nodes, dtype=np.int64))
        for start, end in _directions(way, index):
            heads.append(start)
            tails.append(end)
            kinds.append(np.full(len(start), way.tags.road_class, dtype=np.uint8))
            speeds.append(np.full(len(start), way.tags.speed_mps, dtype=np.float32))
            labels.append(np.full(len(start), label, dtype=np.int32))
    edge_from, edge_to = np.concatenate(heads), np.concatenate(tails)
    keep_nodes = _largest_network(edge_from, edge_to, len(ids))
    keep = keep_nodes[edge_from] & keep_nodes[edge_to] & (edge_from != edge_to)
    lost = len(ids) - int(keep_nodes.sum())
    if lost:
        report.notes.append(f"{lost:,} road nodes are not connected to the rest and were left out.")
    renumber = np.cumsum(keep_nodes) - 1
    node_lat, node_lon = places[keep_nodes, 0], places[keep_nodes, 1]
    start, end = renumber[edge_from[keep]], renumber[edge_to[keep]]
    columns = RoadColumns(
        node_lat=node_lat,
        node_lon=node_lon,
        edge_from=start.astype(np.int32),
        edge_to=end.astype(np.int32),
        edge_len_m=haversine_m(
            node_lat[start], node_lon[start], node_lat[end], node_lon[end]
        ).astype(np.float32),
        edge_speed_mps=np.concatenate(speeds)[keep],
        edge_class=np.concatenate(kinds)[keep],
        edge_name=np.concatenate(labels)[keep],
    )
    return columns, [RoadName(zh=zh, en=en) for zh, en in names]


def _directions(way: RoadWay, index: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    found = []
    if way.tags.forward:
        found.append((index[:-1], index[1:]))
    if way.tags.backward:
        found.append((index[1:], index[:-1]))
    return found


def _largest_network(edge_from: np.ndarray, edge_to: np.ndarray, nodes: int) -> np.ndarray:
    links = coo_matrix((np.ones(len(edge_from), np.int8), (edge_from, edge_to)), (nodes, nodes))
    _, labels = connected_components(links, directed=False)
    return np.asarray(labels == np.bincount(labels).argmax())


def _bounds(extract: Extract, columns: RoadColumns) -> Bounds:
    around = Bounds.around(columns.node_lat, columns.node_lon).grown(
        _ROOM_DEG, _ROOM_DEG / math.cos(math.radians(float(columns.node_lat.mean())))
    )
    if extract.box is None:
        return around
    west, south, east, north = extract.box
    box = Bounds(west=west, south=south, east=east, north=north)
    inside = box.mask(columns.node_lat, columns.node_lon)
    if not inside.any():
        return around
    box = box.grown(_ROOM_DEG, _ROOM_DEG)
    return Bounds(
        west=max(box.west, around.west),
        south=max(box.south, around.south),
        east=min(box.east, around.east),
        north=min(box.north, around.north),
    )


def _city_name(extract: Extract, source: Path) -> Names:
    levels = sorted(extract.boundaries, key=lambda boundary: abs(boundary.level - 8))
    if levels and levels[0].level in {7, 8}:
        return levels[0].name
    plain = source.name.split(".")[0].replace("-", " ").replace("_", " ").title()
    return plain, plain


def _meta(bounds: Bounds, city: Names, source: Path) -> dict[str, str]:
    lat, lon = bounds.centre
    return {
        "kind": "osm",
        "name_zh": city[0] or city[1] or "",
        "name_en": city[1] or city[0] or "",
        "west": repr(bounds.west),
        "south": repr(bounds.south),
        "east": repr(bounds.east),
        "north": repr(bounds.north),
        "centre_lat": repr(lat),
        "centre_lon": repr(lon),
        "source": source.name,
        "attribution": ATTRIBUTION,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": "0",
    }


def _zone(
    named: str | None, extract: Extract, bounds: Bounds, report: ImportReport
) -> dict[str, str]:
    """Return the pack's time zone, as said or as the extract tells; empty where nobody knows."""
    zone = named or extract.zones.zone(*bounds.centre, zone_table())
    if zone is None:
        report.notes.append(
            f"The file does not tell its time zone: the city's clocks go by {USUAL_ZONE}, or by "
            "time_zone in config.toml; or import it again with --time-zone."
        )
        return {}
    report.notes.append(f"The city's clocks go by {zone}.")
    return {"time_zone": zone}


def _ordered(extract: Extract, bounds: Bounds, tree: Tree) -> list[Shape]:
    sea = [
        Shape(layer="water", shape_class="sea", kind=ShapeKind.AREA, points=ring)
        for ring in sea_of(extract.coast, bounds)
    ]
    districts = tree.rings(JurisdictionLevel.DISTRICT)
    guessed = tree.rings(JurisdictionLevel.STREET) + ([] if tree.is_real else districts)
    lines = [
        Shape(layer="boundary", shape_class=name, kind=ShapeKind.LINE, points=line)
        for name, borders in (("quarter", guessed), ("district", districts if tree.is_real else []))
        for line in border_lines(borders)
    ]
    return sorted([*sea, *joined_roads(extract.shapes), *lines], key=_painting_order)


def _painting_order(shape: Shape) -> tuple[int, int]:
    known = shape.layer == "road" and shape.shape_class in _ROAD_ORDER
    within = _ROAD_ORDER.index(shape.shape_class) if known else 0
    return _PAINTED[shape.layer], within
