"""The ground of the synthetic city, written as a city pack: the same seed gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import shapely

from console.city.ground_areas import AreaTree, make_areas
from console.city.ground_blocks import make_buildings, town_buildings
from console.city.ground_chains import RoadPlan
from console.city.ground_highways import join_far, make_highways
from console.city.ground_lattice import make_lattice
from console.city.ground_names import DISTRICTS, NameSource
from console.city.ground_nature import Feature, make_nature
from console.city.ground_places import make_places
from console.city.ground_plan import CENTRE_LAT, CENTRE_LON, Plan
from console.city.ground_roads import finish_roads, road_shapes
from console.city.ground_towns import make_towns
from console.geo.arrays import Floats
from console.geo.bounds import Bounds
from console.store.citypack import CityPackWriter, Place, Shape, ShapeKind

#: Date of this way of laying the city out; it stands in the pack instead of the time of writing.
LAID_OUT_AT = "2026-11-23T00:00:00Z"
_LABELLED = {"hospital", "mall", "square", "station", "market", "school"}

Progress = Callable[[str, float], None]


def write_synthetic(path: Path | str, *, seed: int = 1, progress: Progress | None = None) -> None:
    """Lay out the synthetic city and write it as a city pack.

    Args:
        path: Where the pack is to lie; an old one is replaced at the end.
        seed: The same seed gives the same city, byte for byte.
        progress: Told what is being done and the share done, 0 to 1.
    """
    tell = progress or _silent
    plan, names = Plan(seed), NameSource(seed)
    tell("areas", 0.0)
    tree = make_areas(plan, names, seed)
    tell("streets", 0.15)
    nature = make_nature(seed)
    roads = RoadPlan()
    lattice = make_lattice(roads, nature, names, seed)
    highways = make_highways(roads)
    first_outside = roads.count
    country = make_towns(roads, tree.streets, nature, names, seed)
    join_far(roads, highways, country)
    finished = finish_roads(plan, roads)
    tell("places", 0.4)
    places = make_places(plan, tree, finished, nature, names, seed)
    tell("basemap", 0.6)
    with CityPackWriter(path) as pack:
        pack.put_meta(_meta(tree, seed))
        _put_areas(pack, tree)
        pack.put_roads(finished.columns, finished.names)
        pack.put_shapes(_nature_shapes(plan, nature))
        pack.put_shapes(make_buildings(plan, lattice, nature, highways, seed))
        pack.put_shapes(town_buildings(plan, roads, first_outside, seed))
        tell("roads", 0.8)
        pack.put_shapes(road_shapes(roads, finished.points))
        pack.put_shapes(_boundaries(tree))
        pack.put_shapes(_labels(plan, tree, nature, places))
        pack.put_places(places)
        tell("index", 0.95)
    tell("done", 1.0)


def _silent(what: str, share: float) -> None:
    """Tell nobody."""


def _meta(tree: AreaTree, seed: int) -> dict[str, str]:
    rings = np.concatenate(tree.city[1])
    bounds = Bounds.around(rings[:, 0], rings[:, 1])
    return {
        "kind": "synthetic",
        "name_zh": tree.city[0].name_zh,
        "name_en": tree.city[0].name_en,
        "west": f"{bounds.west:.7f}",
        "south": f"{bounds.south:.7f}",
        "east": f"{bounds.east:.7f}",
        "north": f"{bounds.north:.7f}",
        "centre_lat": str(CENTRE_LAT),
        "centre_lon": str(CENTRE_LON),
        "source": "generated",
        "attribution": "Invented city, laid out by Zhihui",
        "made_at": LAID_OUT_AT,
        "seed": str(seed),
    }


def _put_areas(pack: CityPackWriter, tree: AreaTree) -> None:
    pack.put_jurisdiction(*tree.city)
    for jurisdiction, rings in tree.districts:
        pack.put_jurisdiction(jurisdiction, rings)
    for area in tree.streets:
        pack.put_jurisdiction(area.jurisdiction, area.rings)


def _nature_shapes(plan: Plan, nature: Sequence[Feature]) -> Iterator[Shape]:
    for feature in nature:
        kind = ShapeKind.LINE if feature.layer == "rail" else ShapeKind.AREA
        fine = shapely.segmentize(feature.shape, 600)
        for part in shapely.get_parts(fine):
            for line in _outlines(part):
                yield Shape(
                    layer=feature.layer,
                    shape_class=feature.shape_class,
                    kind=kind,
                    points=plan.points(line[:, 0], line[:, 1]),
                    name_zh=feature.name.zh if feature.name else None,
                    name_en=feature.name.en if feature.name else None,
                )


def _outlines(part: shapely.Geometry) -> list[Floats]:
    """Return the corners of a line, or of a polygon with its holes cut open to its shell."""
    if part.geom_type != "Polygon":
        return [np.asarray(part.coords, float)]
    ring = np.asarray(part.exterior.coords, float)
    for hole in part.interiors:
        inner = np.asarray(hole.coords, float)
        gap = np.hypot(ring[:, None, 0] - inner[None, :, 0], ring[:, None, 1] - inner[None, :, 1])
        at, start = np.unravel_index(int(gap.argmin()), gap.shape)
        turned = np.concatenate([inner[start:-1], inner[:start], inner[start : start + 1]])
        ring = np.concatenate([ring[: at + 1], turned, ring[at:]])
    return [ring]


def _boundaries(tree: AreaTree) -> Iterator[Shape]:
    """Yield borders, each once: a district's where the city does not end as well, and so on."""
    city = _linework([tree.city[1]])
    districts = shapely.difference(_linework([rings for _, rings in tree.districts]), city)
    streets = _linework([area.rings for area in tree.streets])
    streets = shapely.difference(streets, shapely.union(districts, city))
    for shape_class, lines in (("street", streets), ("district", districts), ("city", city)):
        for line in shapely.get_parts(shapely.line_merge(lines)):
            yield Shape(
                layer="boundary",
                shape_class=shape_class,
                kind=ShapeKind.LINE,
                points=np.asarray(line.coords, float),
            )


def _linework(areas: Sequence[Sequence[Floats]]) -> shapely.Geometry:
    """Return the borders of areas as lines, shared ones once; x is latitude here."""
    return shapely.union_all([shapely.LinearRing(ring) for rings in areas for ring in rings])


def _labels(
    plan: Plan, tree: AreaTree, nature: Sequence[Feature], places: Sequence[Place]
) -> Iterator[Shape]:
    """Yield points with names: districts, streets, waters, parks, places."""
    for (jurisdiction, _), district in zip(tree.districts, DISTRICTS, strict=True):
        yield _label("district", district.name.zh, district.name.en,
                     (jurisdiction.lat, jurisdiction.lon))  # fmt: skip
    for area in tree.streets:
        street = area.jurisdiction
        yield _label("street", street.name_zh, street.name_en, (street.lat, street.lon))
    for feature in nature:
        if feature.name is None or feature.layer == "rail":
            continue
        middle = feature.shape.representative_point()
        lat, lon = plan.to_degrees(np.array([middle.x]), np.array([middle.y]))
        shape_class = "water" if feature.layer == "water" else "park"
        yield _label(shape_class, feature.name.zh, feature.name.en, (float(lat[0]), float(lon[0])))
    for place in places:
        if place.kind in _LABELLED:
            yield _label("place", place.name_zh, place.name_en, (place.lat, place.lon))


def _label(
    shape_class: str, zh: str, en: str, where: tuple[float | None, float | None]
) -> Shape:  # fmt: skip
    return Shape(
        layer="label",
        shape_class=shape_class,
        kind=ShapeKind.POINT,
        points=np.array([where], float),
        name_zh=zh,
        name_en=en,
    )
