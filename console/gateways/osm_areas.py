"""Districts and streets of an imported city, and its sea: geometry that OSM leaves implicit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiPoint, Point, Polygon

from console.domain.ids import JurisdictionId
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.gateways.osm_read import Boundary, Extract
from console.geo.arrays import Floats
from console.geo.bounds import Bounds

Names = tuple[str | None, str | None]
#: Administrative levels that can be districts, largest first (OSM wiki, “admin_level”).
DISTRICT_LEVELS = (7, 8, 9, 10, 11)
FEWEST_DISTRICTS = 2
#: Share of the map that a level's areas have to cover to be taken for the districts.
LEAST_COVER = 0.6
GRID_SIDE = 3
_COAST_STEP_DEG = 2e-6
#: A coast that ends this near to the edge of the map, as a share of its size, goes on beyond it.
_COAST_GAP_SHARE = 0.05
_GRID_NAMES = (
    ("西南", "South-west"), ("南", "South"), ("东南", "South-east"),
    ("西", "West"), ("中", "Centre"), ("东", "East"),
    ("西北", "North-west"), ("北", "North"), ("东北", "North-east"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Area:
    """A named polygon in longitude and latitude."""

    name: Names
    polygon: Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The jurisdictions of an extract.

    Attributes:
        nodes: Each with its rings, the city first, parents before children.
        said: A sentence: where the districts are from.
        is_real: Whether the districts' borders are those of the file, not guessed.
    """

    nodes: list[tuple[Jurisdiction, list[Floats]]]
    said: str
    is_real: bool

    def rings(self, level: JurisdictionLevel) -> list[list[Floats]]:
        """Return the rings of each jurisdiction of a level."""
        return [rings for one, rings in self.nodes if one.level is level]


def jurisdictions_of(extract: Extract, bounds: Bounds, city: Names) -> Tree:
    """Return the jurisdiction tree with rings."""
    box = shapely.box(bounds.west, bounds.south, bounds.east, bounds.north)
    districts, said, is_real = _districts(extract, box)
    top = Jurisdiction(
        id=JurisdictionId("CITY"),
        parent=None,
        level=JurisdictionLevel.CITY,
        name_zh=city[0] or city[1] or "",
        name_en=city[1] or city[0] or "",
        lat=bounds.centre[0],
        lon=bounds.centre[1],
    )
    tree = [(top, [_ring(box)])]
    for number, area in enumerate(districts, start=1):
        key = f"D{number:02d}"
        tree.append(_node(key, top.id, JurisdictionLevel.DISTRICT, area))
        for street_number, street in enumerate(_streets(extract, area), start=1):
            street_key = f"{key}S{street_number:02d}"
            tree.append(_node(street_key, key, JurisdictionLevel.STREET, street))
    return Tree(nodes=tree, said=said, is_real=is_real)


def sea_of(coast: Sequence[Floats], bounds: Bounds) -> list[Floats]:
    """Return the sea as rings; OSM draws only coastlines, with the water to their right."""
    lines = [LineString(points[:, ::-1]) for points in coast if len(points) > 1]
    if not lines:
        return []
    box = shapely.box(bounds.west, bounds.south, bounds.east, bounds.north)
    merged = shapely.line_merge(shapely.MultiLineString(lines), directed=True)
    lines = [_to_the_edge(line, box) for line in shapely.get_parts(merged)]
    edges = shapely.unary_union([*lines, box.exterior])
    merged = shapely.unary_union(lines)
    return [
        _ring(piece)
        for piece in shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
        if box.covers(piece.representative_point()) and _is_sea(piece, lines, merged)
    ]


def _to_the_edge(line: LineString, box: Polygon) -> LineString:
    """Return a stretch of coast led on to the edge of the map where it was cut off before it."""
    west, south, east, north = box.bounds
    gap = _COAST_GAP_SHARE * max(east - west, north - south)
    points = list(line.coords)
    if points[0] == points[-1]:
        return line
    for end, where in ((0, 0), (-1, len(points) + 1)):
        tip = Point(points[end])
        beyond = box.exterior.interpolate(box.exterior.project(tip))
        if box.contains(tip) and tip.distance(beyond) < gap:
            points.insert(where, (beyond.x, beyond.y))
    return LineString(points)


def _is_sea(piece: Polygon, lines: Sequence[LineString], merged: shapely.Geometry) -> bool:
    """Whether a piece lies to the right of the stretch of coast that bounds it."""
    shared = shapely.line_merge(piece.exterior.intersection(merged))
    parts = [part for part in shapely.get_parts(shared) if part.length > 0]
    for part in sorted(parts, key=lambda line: -line.length)[:3]:
        probe = part.interpolate(0.5, normalized=True)
        line = min(lines, key=probe.distance)
        along = line.project(probe)
        here, ahead = line.interpolate(along), line.interpolate(along + _COAST_STEP_DEG)
        if here.equals(ahead):
            here = line.interpolate(along - _COAST_STEP_DEG)
        right = Point(here.x + (ahead.y - here.y) * 0.5, here.y - (ahead.x - here.x) * 0.5)
        return bool(piece.covers(right))
    return False


def _districts(extract: Extract, box: Polygon) -> tuple[list[Area], str, bool]:
    for level in DISTRICT_LEVELS:
        areas = _clipped(
            [boundary for boundary in extract.boundaries if boundary.level == level], box
        )
        cover = sum(area.polygon.area for area in areas) / box.area
        if len(areas) >= FEWEST_DISTRICTS and cover >= LEAST_COVER:
            return areas, f"Districts are the administrative areas of level {level}.", True
    for kinds in (("borough", "suburb", "city_district", "town"), ("quarter", "neighbourhood")):
        areas = _around_quarters(extract, kinds, box)
        if len(areas) >= FEWEST_DISTRICTS:
            said = f"No closed districts: drawn around the {len(areas)} named quarters."
            return areas, said, False
    return _grid(box), "No districts in the file: the map was cut into nine.", False


def _streets(extract: Extract, district: Area) -> list[Area]:
    inside = _around_quarters(extract, ("quarter", "neighbourhood"), district.polygon)
    return inside or [district]


def _clipped(boundaries: Sequence[Boundary], box: Polygon) -> list[Area]:
    areas = []
    for boundary in boundaries:
        shapes = [shapely.make_valid(Polygon(ring[:, ::-1])) for ring in boundary.rings]
        piece = _largest(shapely.unary_union(shapes).intersection(box))
        if piece is not None:
            areas.append(Area(boundary.name, piece))
    return areas


def _around_quarters(extract: Extract, kinds: tuple[str, ...], box: Polygon) -> list[Area]:
    """Return the part of ``box`` that is nearest to each named quarter (a Voronoi cell)."""
    spots = {
        (lon, lat): names
        for kind, names, lat, lon in extract.quarters
        if kind in kinds and box.covers(Point(lon, lat))
    }
    if len(spots) < FEWEST_DISTRICTS:
        return []
    cells = shapely.voronoi_polygons(MultiPoint(list(spots)), extend_to=box)
    areas = []
    for cell in shapely.get_parts(cells):
        names = next(value for spot, value in spots.items() if cell.covers(Point(spot)))
        piece = _largest(cell.intersection(box))
        if piece is not None:
            areas.append(Area(names, piece))
    return sorted(areas, key=lambda area: area.name[0] or "")


def _grid(box: Polygon) -> list[Area]:
    west, south, east, north = box.bounds
    lons, lats = np.linspace(west, east, GRID_SIDE + 1), np.linspace(south, north, GRID_SIDE + 1)
    return [
        Area(
            _GRID_NAMES[row * GRID_SIDE + column],
            shapely.box(lons[column], lats[row], lons[column + 1], lats[row + 1]),
        )
        for row in range(GRID_SIDE)
        for column in range(GRID_SIDE)
    ]


def _largest(shape: shapely.Geometry) -> Polygon | None:
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: part.area, default=None)


def _node(
    key: str, parent: str, level: JurisdictionLevel, area: Area
) -> tuple[Jurisdiction, list[Floats]]:
    inside = area.polygon.representative_point()
    zh, en = area.name
    row = Jurisdiction(
        id=JurisdictionId(key),
        parent=JurisdictionId(parent),
        level=level,
        name_zh=zh or en or key,
        name_en=en or zh or key,
        lat=inside.y,
        lon=inside.x,
    )
    return row, [_ring(area.polygon)]


def _ring(polygon: Polygon) -> Floats:
    return np.asarray(polygon.exterior.coords, dtype=np.float64)[:, 1::-1].copy()
