"""Water, parks, woods and railways of the synthetic city, laid out in the plan."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import shapely
from scipy.interpolate import CubicSpline

from console.city.ground_names import Name
from console.city.ground_plan import OUTLINE_KM, RINGS
from console.geo.arrays import Floats, Ints

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One stretch of water, wood, park or rail in the plan, metres.

    Attributes:
        layer: Layer of the basemap.
        shape_class: What it is within its layer.
        shape: Polygon, several of them, or a line.
        bars_from_rank: Streets of this rank and finer end at it; ``None`` if it bars none.
    """

    layer: str
    shape_class: str
    name: Name | None
    shape: shapely.Geometry
    bars_from_rank: int | None = None


#: Lakes: name, class, centre and half axes in kilometres.
_LAKES = (
    ("什刹海", "Shichahai", "lake", -1.35, 3.35, 0.42, 0.55),
    ("北海", "Beihai", "lake", -1.15, 1.95, 0.40, 0.62),
    ("中海", "Zhonghai", "lake", -1.15, 1.05, 0.24, 0.36),
    ("南海", "Nanhai", "lake", -1.15, 0.45, 0.33, 0.25),
    ("昆明湖", "Kunming Lake", "lake", -11.2, 9.3, 0.85, 1.15),
    ("玉渊潭", "Yuyuan Pond", "lake", -7.3, 1.05, 0.75, 0.28),
    ("莲花池", "Lotus Pond", "lake", -7.1, -1.25, 0.22, 0.16),
    ("陶然亭湖", "Taoranting Lake", "lake", -1.75, -3.95, 0.32, 0.20),
    ("龙潭湖", "Longtan Lake", "lake", 3.35, -3.45, 0.40, 0.26),
    ("朝阳湖", "Chaoyang Lake", "lake", 7.55, 3.35, 0.32, 0.75),
    ("福海", "Fuhai", "lake", -8.3, 11.3, 0.45, 0.40),
    ("奥海", "Aohai", "lake", 0.0, 12.0, 0.75, 0.45),
    ("十三陵水库", "Ming Tombs Reservoir", "reservoir", -12.5, 38.6, 1.9, 1.1),
    ("怀柔水库", "Huairou Reservoir", "reservoir", 17.2, 45.2, 1.7, 1.3),
    ("密云水库", "Miyun Reservoir", "reservoir", 47.0, 66.5, 7.6, 6.0),
    ("海子水库", "Haizi Reservoir", "reservoir", 70.0, 31.0, 2.3, 1.1),
    ("野鸭湖", "Wild Duck Lake", "reservoir", -43.5, 57.5, 2.4, 1.1),
)
#: Rivers and canals: name, class, width in metres, course in kilometres.
_RIVERS: tuple[tuple[str, str, str, float, Points], ...] = (
    ("永定河", "Yongding River", "river", 260,
     ((-70, 20), (-56, 17), (-46, 10), (-38, 11), (-30, 5), (-24, 1.5), (-18.5, -4), (-14.5, -11),
      (-12, -20), (-9.5, -30), (-3, -40), (2, -52))),
    ("潮白河", "Chaobai River", "river", 230,
     ((44, 62), (38, 50), (29, 40), (25.5, 28), (28, 16), (31, 6), (36, -6), (39, -18), (42, -28))),
    ("温榆河", "Wenyu River", "river", 95,
     ((-17, 29), (-6, 23), (4, 20.5), (13, 15.5), (19, 8.5), (23.5, 1.2))),
    ("北运河", "North Canal", "river", 120,
     ((23.5, 1.2), (25.5, -6), (27.5, -13), (32, -20), (39, -27))),
    ("通惠河", "Tonghui Canal", "canal", 42,
     ((4.1, -1.0), (7, -0.9), (11, -1.3), (16, -0.6), (23.5, 1.2))),
    ("凉水河", "Liangshui River", "canal", 46,
     ((-9, -4.2), (-5, -6.2), (0, -7.4), (5, -9.6), (10, -13.3), (18, -17.5), (29, -18))),
    ("清河", "Qing River", "canal", 44,
     ((-10.6, 10.2), (-6, 12.6), (0, 13.9), (6, 14.8), (12.2, 15.9))),
    ("京密引水渠", "Jingmi Diversion Canal", "canal", 34,
     ((17, 45), (4, 35), (-9, 26.5), (-15, 18), (-12.2, 11), (-10.9, 7.6), (-8.4, 3.6),
      (-7.8, 1.2))),
)  # fmt: skip
#: Parks: name, class, centre and half sides in kilometres.
_PARKS = (
    ("故宫", "Palace Museum", "palace", 0.0, 0.95, 0.385, 0.49),
    ("景山公园", "Jingshan Park", "park", 0.0, 1.85, 0.26, 0.22),
    ("北海公园", "Beihai Park", "park", -1.15, 1.95, 0.52, 0.75),
    ("天坛公园", "Temple of Heaven Park", "park", 1.30, -2.75, 0.82, 0.86),
    ("龙潭公园", "Longtan Park", "park", 3.35, -3.45, 0.52, 0.38),
    ("陶然亭公园", "Taoranting Park", "park", -1.75, -3.95, 0.46, 0.34),
    ("地坛公园", "Ditan Park", "park", 1.45, 5.15, 0.26, 0.32),
    ("日坛公园", "Ritan Park", "park", 4.75, 0.95, 0.22, 0.28),
    ("月坛公园", "Yuetan Park", "park", -4.75, 0.85, 0.16, 0.24),
    ("玉渊潭公园", "Yuyuantan Park", "park", -7.3, 1.05, 1.0, 0.46),
    ("朝阳公园", "Chaoyang Park", "park", 7.6, 3.35, 0.60, 1.25),
    ("奥林匹克森林公园", "Olympic Forest Park", "park", 0.0, 12.1, 1.5, 1.15),
    ("颐和园", "Summer Palace", "park", -11.2, 9.6, 1.15, 1.75),
    ("圆明园", "Old Summer Palace", "park", -8.3, 11.2, 0.95, 0.85),
    ("紫竹院公园", "Purple Bamboo Park", "park", -7.0, 4.05, 0.34, 0.30),
    ("南海子公园", "Nanhaizi Park", "park", 6.2, -15.6, 1.6, 1.2),
    ("香山公园", "Fragrant Hills Park", "park", -18.6, 9.7, 1.3, 1.6),
    ("通州城市绿心", "Tongzhou Central Green", "park", 27.6, -4.6, 1.5, 1.3),
)
#: Where plain turns into mountain, from south-west to north-east, kilometres.
_MOUNTAIN_FRONT: Points = (
    (-95, -36), (-62, -34), (-44, -18), (-33, -9), (-24, 4.5), (-21, 11), (-19.5, 19), (-21, 27),
    (-22, 36), (-8, 42.5), (9, 47), (20, 50.5), (33, 57), (44, 52), (58, 42), (72, 38), (110, 30),
    (110, 140), (-95, 140),
)  # fmt: skip
#: Basins in the mountains that are farmed: centre and half axes, kilometres.
_BASINS = ((-37, 61, 15, 9), (46, 66, 12, 9), (13, 80, 4, 6), (16.5, 94, 3.5, 5))
_RAILWAYS: tuple[tuple[str, str, Points], ...] = (
    ("京沪铁路", "Beijing–Shanghai Railway",
     ((2.6, -0.95), (5.2, -1.9), (8, -6.6), (6, -13.5), (14, -24), (20, -36))),
    ("京广铁路", "Beijing–Guangzhou Railway",
     ((-6.5, -1.55), (-9.5, -3.8), (-14, -8.5), (-22, -17.5), (-33, -29), (-46, -42))),
    ("京九铁路", "Beijing–Kowloon Railway",
     ((-6.5, -1.75), (-5.2, -7), (-3.2, -14.5), (-5.5, -24), (-2, -37), (4, -50))),
    ("京包铁路", "Beijing–Baotou Railway",
     ((-4.0, 4.2), (-6.2, 8.4), (-8, 16), (-15, 30), (-23, 41), (-29, 52), (-42, 62))),
    ("京承铁路", "Beijing–Chengde Railway",
     ((2.6, -0.85), (6.1, 0.9), (10.4, 7.2), (18.6, 20.5), (22.5, 36), (36, 50.5), (55, 70))),
    ("京哈铁路", "Beijing–Harbin Railway",
     ((2.6, -0.95), (8, -2.3), (16, -3.2), (25, -3.6), (42, -1.5))),
    ("京津城际", "Beijing–Tianjin Intercity",
     ((-1.7, -4.95), (2, -6.9), (8, -9.4), (16, -16), (30, -31))),
)  # fmt: skip
_WOOD_PARKS = 170


def smooth(course_km: Points, spacing_m: float = 250.0) -> Floats:
    """Return a smooth line through points given in kilometres, evenly spaced, metres, (n, 2)."""
    corners = np.array(course_km, float) * 1000
    gone = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    curve = CubicSpline(gone, corners, bc_type="natural")
    return np.asarray(curve(np.linspace(0, gone[-1], max(3, round(gone[-1] / spacing_m)))), float)


def make_nature(seed: int) -> list[Feature]:
    """Lay out woods, parks, water and railways, in the order they are drawn."""
    rng = np.random.default_rng([seed, 4])
    outline = shapely.Polygon(np.array(OUTLINE_KM, float) * 1000)
    features = [*_woods(rng), *_parks(rng), *_water(rng), *_railways()]
    return [replace(f, shape=shapely.intersection(f.shape, outline)) for f in features]


def barred_from(features: list[Feature], east: Floats, north: Floats) -> Ints:
    """Return the rank from which streets may not run at points of the plan, 99 where all may."""
    found = np.full(east.shape, 99, np.int32)
    for rank in (4, 3, 2, 0):
        shapes = [f.shape for f in features if f.bars_from_rank == rank]
        barred = shapely.union_all(shapes)
        shapely.prepare(barred)
        found[shapely.contains_xy(barred, east, north)] = rank
    return found


def _blob(
    rng: np.random.Generator, centre: tuple[float, float], half: tuple[float, float], rough: float
) -> shapely.Polygon:
    """Return a rounded shape with an uneven shore, metres."""
    turn = np.linspace(0, 2 * math.pi, 73)[:-1]
    radius = np.ones_like(turn)
    for beat in range(2, 8):
        radius += rough / beat * np.sin(beat * turn + rng.uniform(0, 2 * math.pi))
    x = centre[0] + half[0] * radius * np.cos(turn)
    y = centre[1] + half[1] * radius * np.sin(turn)
    return shapely.make_valid(shapely.Polygon(np.column_stack([x, y])))


def _woods(rng: np.random.Generator) -> list[Feature]:
    outline = shapely.Polygon(np.array(OUTLINE_KM, float) * 1000)
    front = shapely.segmentize(shapely.Polygon(np.array(_MOUNTAIN_FRONT) * 1000), 1_500)
    rough = rng.normal(0, 420, (shapely.get_num_coordinates(front), 2))
    rough[-1] = rough[0]
    front = shapely.make_valid(shapely.transform(front, lambda corners: corners + rough))
    basins = [_blob(rng, (x * 1e3, y * 1e3), (a * 1e3, b * 1e3), 0.35) for x, y, a, b in _BASINS]
    wood = shapely.intersection(outline, shapely.difference(front, shapely.union_all(basins)))
    parts = [part for part in shapely.get_parts(wood) if part.area > 1e6]
    return [
        Feature(layer="green", shape_class="wood", name=None, shape=shapely.segmentize(p, 900))
        for p in parts
    ]


def _parks(rng: np.random.Generator) -> list[Feature]:
    parks = []
    for zh, en, kind, x, y, half_x, half_y in _PARKS:
        box = shapely.box(
            (x - half_x) * 1e3, (y - half_y) * 1e3, (x + half_x) * 1e3, (y + half_y) * 1e3
        )
        rounded = box if kind == "palace" else box.buffer(-90).buffer(90)
        parks.append(Feature(layer="green", shape_class=kind, name=Name(zh, en),
                             shape=rounded, bars_from_rank=0))  # fmt: skip
    taken = shapely.union_all([park.shape for park in parks]).buffer(60)
    places = rng.normal(0, 9_500, (_WOOD_PARKS, 2))
    sizes = rng.uniform(90, 330, (_WOOD_PARKS, 2))
    for (x, y), half in zip(places.tolist(), sizes.tolist(), strict=True):
        shape = _blob(rng, (x, y), (half[0], half[1]), 0.22)
        if not shape.intersects(taken):
            parks.append(Feature(layer="green", shape_class="garden", name=None, shape=shape,
                                 bars_from_rank=3))  # fmt: skip
    return parks


def _water(rng: np.random.Generator) -> list[Feature]:
    water = []
    for zh, en, kind, x, y, half_x, half_y in _LAKES:
        rough = 0.55 if kind == "reservoir" else 0.25
        shape = _blob(rng, (x * 1e3, y * 1e3), (half_x * 1e3, half_y * 1e3), rough)
        water.append(Feature(layer="water", shape_class=kind, name=Name(zh, en), shape=shape,
                             bars_from_rank=0))  # fmt: skip
    for zh, en, kind, width_m, course in _RIVERS:
        line = shapely.LineString(smooth(course))
        shape = line.buffer(width_m / 2, cap_style="flat", quad_segs=3).simplify(3)
        water.append(Feature(layer="water", shape_class=kind, name=Name(zh, en), shape=shape,
                             bars_from_rank=2 if width_m > 90 else None))  # fmt: skip
    moat = shapely.LinearRing(np.column_stack(RINGS[0].line(120, -130)))
    water.append(Feature(layer="water", shape_class="canal", name=Name("护城河", "City Moat"),
                         shape=moat.buffer(17, quad_segs=2), bars_from_rank=4))  # fmt: skip
    palace = shapely.box(-455, 390, 455, 1510)
    ditch = palace.difference(palace.buffer(-48, join_style="mitre"))
    water.append(Feature(layer="water", shape_class="canal", name=Name("筒子河", "Tongzi Moat"),
                         shape=ditch, bars_from_rank=0))  # fmt: skip
    return water


def _railways() -> list[Feature]:
    return [
        Feature(layer="rail", shape_class="main", name=Name(zh, en),
                shape=shapely.LineString(smooth(course)))
        for zh, en, course in _RAILWAYS
    ]  # fmt: skip
