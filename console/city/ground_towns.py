"""Towns and villages round the synthetic city, and the country roads between them."""

from __future__ import annotations

import math

import numpy as np
import shapely
from scipy.spatial import Delaunay, KDTree

from console.city.ground_areas import Area
from console.city.ground_chains import Chain, RoadPlan, nearest
from console.city.ground_names import NameSource
from console.city.ground_nature import Feature, barred_from
from console.city.ground_plan import OUTLINE_KM, RINGS
from console.geo.arrays import Bools, Floats, Ints
from console.roads import RoadClass

_VILLAGES = 260
_LONGEST_ROAD_M = 17_000.0
_POINT_EVERY_M = 380.0
_TOWN_SPEED_MPS, _COUNTRY_SPEED_MPS, _VILLAGE_SPEED_MPS = 7.5, 14.5, 10.5


def make_towns(
    roads: RoadPlan, streets: tuple[Area, ...], nature: list[Feature], names: NameSource, seed: int
) -> tuple[Ints, Floats]:
    """Lay out towns, villages and the roads between; return the nodes of the country roads.

    Returns:
        Numbers of nodes in the road plan, and where they lie, shape (n, 2).
    """
    rng = np.random.default_rng([seed, 6])
    lattice_ends = _exits(roads)
    sites = [lattice_ends]
    for area in streets:
        centre = np.array([area.east_m, area.north_m])
        if not _built_over(centre[None])[0]:
            size = (21, 17) if area.is_seat else (int(rng.integers(6, 11)), int(rng.integers(5, 9)))
            sites.append(_grid(roads, centre, size, 170.0, (names, rng)))
    for centre in _villages(sites, nature, rng):
        size = (int(rng.integers(2, 5)), int(rng.integers(2, 4)))
        sites.append(_grid(roads, centre, size, 130.0, (names, rng)))
    return _country_roads(roads, sites, (names, rng))


def _built_over(points: Floats) -> Bools:
    """Return which points lie within the sixth ring or close to it."""
    level = RINGS[-1].level(points[:, 0], points[:, 1])
    return np.asarray(level < 1.04, bool)


def _exits(roads: RoadPlan) -> Ints:
    """Return lattice nodes near the sixth ring, one every few kilometres round it."""
    points = roads.points()
    tree = KDTree(points)
    around = np.column_stack(RINGS[-1].line(2_600.0, -350.0))
    away, found = nearest(tree, around)
    return np.unique(found[away < 900.0]).astype(np.int32)


def _villages(sites: list[Ints], nature: list[Feature], rng: np.random.Generator) -> list[Floats]:
    """Return centres of villages: in the outline, on dry land, away from each other."""
    outline = shapely.Polygon(np.array(OUTLINE_KM, float) * 1000).buffer(-1_200)
    west, south, east, north = outline.bounds
    points = rng.uniform((west, south), (east, north), (_VILLAGES * 8, 2))
    good = shapely.contains_xy(outline, points[:, 0], points[:, 1]) & ~_built_over(points)
    good &= barred_from(nature, points[:, 0], points[:, 1]) > 2
    wood = shapely.union_all([f.shape for f in nature if f.shape_class == "wood"])
    good &= ~shapely.contains_xy(wood, points[:, 0], points[:, 1]) | (rng.random(len(points)) < 0.3)
    return list(points[good][:_VILLAGES])


def _grid(
    roads: RoadPlan,
    centre: Floats,
    size: tuple[int, int],
    step_m: float,
    luck: tuple[NameSource, np.random.Generator],
) -> Ints:
    """Put a small turned grid of streets into the road plan and return its nodes."""
    names, rng = luck
    wide, high = size
    x, y = np.meshgrid(np.arange(wide) - (wide - 1) / 2, np.arange(high) - (high - 1) / 2)
    spots = np.stack([x, y], axis=-1) * step_m + rng.normal(0, step_m * 0.07, (high, wide, 2))
    turn = rng.uniform(-0.45, 0.45)
    rotate = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    number = roads.add_nodes((spots @ rotate + centre).reshape(-1, 2)).reshape(high, wide)
    lines = [(number[row], row == high // 2, 0) for row in range(high)]
    lines += [(number[:, column], column == wide // 2, 1) for column in range(wide)]
    for nodes, is_main, axis in lines:
        zh, en = (("路", "Road"), ("街", "Street"))[axis]
        named = is_main or rng.random() < 0.5
        stem = names.stem()
        name = type(stem)(stem.zh + zh, f"{stem.en} {en}") if named else None
        road_class = RoadClass.TERTIARY if is_main else RoadClass.RESIDENTIAL
        speed = _TOWN_SPEED_MPS + 2 if is_main else _TOWN_SPEED_MPS - 2
        roads.add_chain(
            Chain(nodes=nodes.copy(), road_class=road_class, speed_mps=speed, name=name)
        )
    return number.ravel()


def _country_roads(
    roads: RoadPlan, sites: list[Ints], luck: tuple[NameSource, np.random.Generator]
) -> tuple[Ints, Floats]:
    """Join each site to its neighbours (a Gabriel graph: no third site lies between two)."""
    names, rng = luck
    points = roads.points()
    members = [np.array([number], np.int32) for number in sites[0]] + sites[1:]
    centres = np.array([points[nodes].mean(axis=0) for nodes in members])
    is_exit = np.arange(len(members)) < len(sites[0])
    outline = shapely.Polygon(np.array(OUTLINE_KM, float) * 1000)
    numbers, spots = [], []
    for one, other in _gabriel(centres):
        middle = (centres[one] + centres[other]) / 2
        length_m = float(np.hypot(*(centres[one] - centres[other])))
        if length_m > _LONGEST_ROAD_M or not shapely.contains_xy(outline, *middle):
            continue
        if is_exit[one] and is_exit[other]:
            continue
        start, end = (
            members[a][np.hypot(*(points[members[a]] - centres[b]).T).argmin()]
            for a, b in ((one, other), (other, one))
        )
        small = min(len(members[one]), len(members[other])) < 13 and not is_exit[[one, other]].any()
        way = _winding(points[start], points[end], rng)
        between = roads.add_nodes(way)
        stem = names.stem()
        zh, en = ("公路", "Highway") if not small else ("乡道", "Country Road")
        roads.add_chain(
            Chain(
                nodes=np.concatenate([[start], between, [end]]).astype(np.int32),
                road_class=RoadClass.TERTIARY if small else RoadClass.SECONDARY,
                speed_mps=_VILLAGE_SPEED_MPS if small else _COUNTRY_SPEED_MPS,
                name=type(stem)(stem.zh + zh, f"{stem.en} {en}"),
            )
        )
        numbers.append(between)
        spots.append(way)
    return np.concatenate(numbers), np.concatenate(spots)


def _gabriel(points: Floats) -> list[tuple[int, int]]:
    """Return the pairs of points whose circle over their distance holds no other point."""
    triangles = Delaunay(points).simplices
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    middle = points[pairs].mean(axis=1)
    radius = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T) / 2
    away, _ = nearest(KDTree(points), middle)
    return [(int(a), int(b)) for a, b in pairs[away >= radius * 0.97]]


def _winding(start: Floats, end: Floats, rng: np.random.Generator) -> Floats:
    """Return points on a gently winding way between two places, both left out."""
    length_m = float(np.hypot(*(end - start)))
    count = max(1, round(length_m / _POINT_EVERY_M) - 1)
    share = np.linspace(0, 1, count + 2)[1:-1]
    across = np.array([-(end - start)[1], (end - start)[0]]) / max(length_m, 1.0)
    sway = np.zeros(count)
    for beat in (1, 2, 3, 5):
        sway += rng.normal(0, 0.045 * length_m / beat**1.3) * np.sin(beat * math.pi * share)
    return np.asarray(start + share[:, None] * (end - start) + sway[:, None] * across, float)
