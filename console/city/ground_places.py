"""Places and addresses of the synthetic city: what can be searched for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from console.city.ground_areas import Area, AreaTree
from console.city.ground_lattice import LANDMARKS
from console.city.ground_names import DISTRICTS, Name, NameSource
from console.city.ground_nature import Feature
from console.city.ground_plan import CENTRE_LAT, CENTRE_LON, Plan
from console.city.ground_roads import FinishedRoads
from console.geo.arrays import Floats, Ints
from console.geo.distance import METRES_A_DEGREE, LocalPlane
from console.geo.polygons import PolygonIndex
from console.roads import RoadClass
from console.store.citypack import Place

_ADDRESSES = 14_000
_KERB_M = 14.0
#: Kind, how many, and the endings of its names.
_KINDS: tuple[tuple[str, int, tuple[tuple[str, str], ...]], ...] = (
    ("school", 620, (("小学", "Primary School"), ("中学", "Middle School"),
                     ("幼儿园", "Kindergarten"), ("实验学校", "Experimental School"))),
    ("market", 330, (("农贸市场", "Farmers' Market"), ("便民菜市场", "Community Market"),
                     ("早市", "Morning Market"), ("夜市", "Night Market"))),
    ("hospital", 170, (("医院", "Hospital"), ("社区卫生服务中心", "Community Health Centre"),
                       ("中医院", "Hospital of Chinese Medicine"))),
    ("site", 400, (("家园建设工地", "Homes Construction Site"), ("大厦工地", "Tower Site"),
                   ("地铁施工工地", "Metro Works Site"), ("道路改造工地", "Road Works Site"))),
    ("square", 110, (("广场", "Square"), ("文化广场", "Culture Square"))),
    ("station", 280, (("地铁站", "Metro Station"), ("公交枢纽", "Bus Hub"))),
    ("mall", 210, (("购物中心", "Shopping Centre"), ("商场", "Mall"),
                   ("百货", "Department Store"))),
    ("estate", 900, (("小区", "Residential Quarter"), ("花园", "Garden"), ("嘉园", "Court"),
                     ("公寓", "Apartments"))),
)  # fmt: skip


class Gazetteer:
    """Finds the street that holds a point, for the words of an address."""

    def __init__(self, tree: AreaTree) -> None:
        self.streets = tree.streets
        self._index = PolygonIndex([area.rings for area in tree.streets])

    def areas(self, lat: Floats, lon: Floats) -> list[Area | None]:
        """Return the street of each point."""
        found = self._index.find(lat, lon).tolist()
        return [self.streets[number] if number >= 0 else None for number in found]


def make_places(
    plan: Plan,
    tree: AreaTree,
    roads: FinishedRoads,
    nature: Sequence[Feature],
    names: NameSource,
    seed: int,
) -> list[Place]:
    """Return places of all kinds, then addresses."""
    rng = np.random.default_rng([seed, 9])
    gazetteer = Gazetteer(tree)
    return [
        *_offices(tree),
        *_parks(plan, nature),
        *_of_kinds(roads, gazetteer, names, rng),
        *_addresses(roads, gazetteer, rng),
    ]


def _words(area: Area | None) -> tuple[str, str]:
    """Return district and street in words, Chinese and English."""
    if area is None:
        return "", ""
    district, street = DISTRICTS[area.district].name, area.jurisdiction
    if district.zh == street.name_zh:
        return district.zh, district.en
    return f"{district.zh}{street.name_zh}", f"{street.name_en}, {district.en}"


def _place(kind: str, name: Name, area: Area | None, lat: float, lon: float) -> Place:
    zh, en = _words(area)
    return Place(
        kind=kind, name_zh=name.zh, name_en=name.en,
        address=f"{zh} {en}".strip(), lat=lat, lon=lon,
    )  # fmt: skip


def _offices(tree: AreaTree) -> list[Place]:
    places = []
    for area in tree.streets:
        street = area.jurisdiction
        name = Name(f"{street.name_zh}办事处", f"{street.name_en} Office")
        lat, lon = street.lat or CENTRE_LAT, street.lon or CENTRE_LON
        places.append(_place("office", name, area, lat, lon))
    return places


def _parks(plan: Plan, nature: Sequence[Feature]) -> list[Place]:
    places = []
    for feature in nature:
        if feature.name is None or feature.layer not in {"green", "water"}:
            continue
        middle = feature.shape.representative_point()
        lat, lon = plan.to_degrees(np.array([middle.x]), np.array([middle.y]))
        kind = "park" if feature.layer == "green" else "water"
        places.append(_place(kind, feature.name, None, float(lat[0]), float(lon[0])))
    return places


def _of_kinds(
    roads: FinishedRoads, gazetteer: Gazetteer, names: NameSource, rng: np.random.Generator
) -> list[Place]:
    columns = roads.columns
    lived_in = columns.edge_class >= RoadClass.SECONDARY
    edges = np.flatnonzero(lived_in)
    total = sum(count for _, count, _ in _KINDS)
    chosen = rng.choice(edges, total, replace=False)
    lat, lon = _beside(roads, chosen, rng.choice([-1.0, 1.0], total), 45.0)
    areas = gazetteer.areas(lat, lon)
    places, row = [], 0
    for kind, count, endings in _KINDS:
        for _ in range(count):
            zh, en = endings[int(rng.integers(len(endings)))]
            name = names.named(zh, en)
            places.append(_place(kind, name, areas[row], float(lat[row]), float(lon[row])))
            row += 1
    return places


def _addresses(roads: FinishedRoads, gazetteer: Gazetteer, rng: np.random.Generator) -> list[Place]:
    """Return numbered houses, odd numbers on one side of a road, even ones on the other.

    Streets that everybody knows have all theirs, of the others a share has.
    """
    columns = roads.columns
    named = (columns.edge_name >= 0) & (columns.edge_class >= RoadClass.ARTERIAL)
    edges = np.flatnonzero(named & (columns.edge_from < columns.edge_to))
    known = {name.zh for name in LANDMARKS.values()}
    is_known = np.array([name.zh in known for name in roads.names])
    chosen = rng.choice(edges, min(_ADDRESSES, len(edges)), replace=False)
    chosen = np.union1d(chosen, edges[is_known[columns.edge_name[edges]]])
    order = np.lexsort((columns.edge_from[chosen], columns.edge_name[chosen]))
    chosen = chosen[order]
    label = columns.edge_name[chosen]
    first = np.searchsorted(label, label)  # each road's houses lie together, in order
    within = np.arange(len(label)) - first
    number = within + 1
    side = np.where(number % 2 == 0, 1.0, -1.0)
    lat, lon = _beside(roads, chosen, side, _KERB_M)
    areas = gazetteer.areas(lat, lon)
    places = []
    for row, no in enumerate(number.tolist()):
        road = roads.names[label[row]]
        zh, en = _words(areas[row])
        places.append(
            Place(
                kind="address", name_zh=f"{road.zh} {no}号", name_en=f"{no} {road.en}",
                address=f"{zh} {en}".strip(), lat=float(lat[row]), lon=float(lon[row]),
            )
        )  # fmt: skip
    return places


def _beside(
    roads: FinishedRoads, edges: Ints | np.ndarray[tuple[int], np.dtype[np.int64]],
    side: Floats, away_m: float,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Return points beside the middles of edges, on the right where ``side`` is 1."""
    columns = roads.columns
    tail, head = columns.edge_from[edges], columns.edge_to[edges]
    lat = (columns.node_lat[tail] + columns.node_lat[head]) / 2
    lon = (columns.node_lon[tail] + columns.node_lon[head]) / 2
    plane = LocalPlane(CENTRE_LAT, CENTRE_LON)
    east_1, north_1 = plane.to_metres(columns.node_lat[tail], columns.node_lon[tail])
    east_2, north_2 = plane.to_metres(columns.node_lat[head], columns.node_lon[head])
    length = np.maximum(np.hypot(east_2 - east_1, north_2 - north_1), 1.0)
    right_east = (north_2 - north_1) / length * side * away_m
    right_north = -(east_2 - east_1) / length * side * away_m
    a_degree_east = METRES_A_DEGREE * float(np.cos(np.radians(CENTRE_LAT)))
    return lat + right_north / METRES_A_DEGREE, lon + right_east / a_degree_east
