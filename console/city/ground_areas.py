"""Districts and streets of the synthetic city: cells that cover the outline without overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import KDTree

from console.city.ground_chains import nearest
from console.city.ground_lattice import line_ranks, street_lines
from console.city.ground_names import DISTRICTS, DistrictPlan, Name, NameSource
from console.city.ground_plan import OUTLINE_KM, RINGS, Plan, inside
from console.domain.ids import JurisdictionId
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.geo.arrays import Floats, Ints

CITY_ID = JurisdictionId("C01")
_SAMPLES = 60_000
_ROUNDS = 15
_EDGE_M = 350.0
#: Blocks are bounded by streets of this rank and coarser; outside this ring by four together.
_BLOCK_RANK, _TOWN_RING = 2, 2
#: Tiananmen and the West Station are this large, metres east and north.
_ZONE_HALF_M = {18: (900.0, 1_000.0), 19: (850.0, 700.0)}
_ENDINGS = (
    (0.62, "街道", "Subdistrict"),
    (0.80, "地区", "Area"),
    (1.00, "镇", "Town"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One street or town in the plan.

    Attributes:
        east_m: Of its seat.
        north_m: Of its seat.
        district: Number of its district, from 0.
        is_seat: Whether the district's own seat lies here.
    """

    jurisdiction: Jurisdiction
    east_m: float
    north_m: float
    district: int
    is_seat: bool
    rings: tuple[Floats, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaTree:
    """City, districts and streets, with their rings in degrees."""

    city: tuple[Jurisdiction, tuple[Floats, ...]]
    districts: tuple[tuple[Jurisdiction, tuple[Floats, ...]], ...]
    streets: tuple[Area, ...]


def make_areas(plan: Plan, names: NameSource, seed: int) -> AreaTree:
    """Lay out the jurisdictions; within the street grid their borders follow streets."""
    outline = shapely.Polygon(np.array(OUTLINE_KM, float) * 1000)
    seeds, holder = _street_seeds(outline, np.random.default_rng([seed, 3]))
    cells = _along_streets(_cells(outline, seeds), seeds, seed)
    bent = [_bent(plan, cell) for cell in cells]
    streets = _streets(bent, seeds, holder, names)
    districts = tuple(
        _district(number, district, [bent[i] for i in np.flatnonzero(holder == number)], plan)
        for number, district in enumerate(DISTRICTS)
    )
    whole = shapely.union_all(bent)
    lat, lon = plan.to_degrees(np.zeros(1), np.zeros(1))
    city = Jurisdiction(
        id=CITY_ID, parent=None, level=JurisdictionLevel.CITY, name_zh="北京（模拟）",
        name_en="Beijing (simulated)", lat=float(lat[0]), lon=float(lon[0]),
    )  # fmt: skip
    return AreaTree(city=(city, _rings(whole)), districts=districts, streets=streets)


def district_of(east: Floats, north: Floats) -> Ints:
    """Return the number of the district each point of the plan is meant for, from 0."""
    seats = [
        (x * 1000, y * 1000, number)
        for number, district in enumerate(DISTRICTS)
        for x, y in district.seats_km
        if number not in {0, 1, 17, 18}
    ]
    tree = KDTree(np.array(seats)[:, :2])
    _, closest = nearest(tree, np.column_stack([east, north]))
    found = np.array([number for _, _, number in seats], np.int32)[closest]
    core = inside(RINGS[0], east, north)
    found[core] = np.where(east[core] > 0, 0, 1)
    for number, (half_east, half_north) in _ZONE_HALF_M.items():
        x, y = (1000 * c for c in DISTRICTS[number - 1].seats_km[0])
        found[(np.abs(east - x) < half_east) & (np.abs(north - y) < half_north)] = number - 1
    return np.asarray(found, np.int32)


def _street_seeds(outline: shapely.Polygon, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """Return where the streets lie and the district of each, the district's seat first.

    Each district's samples, denser towards the city's centre, are divided evenly among its streets
    (Lloyd's rounds).
    """
    west, south, east, north = outline.bounds
    wide = rng.uniform((west, south), (east, north), (_SAMPLES, 2))
    close = rng.normal(0, 11_000, (_SAMPLES, 2))
    core = rng.uniform((-10_000, -10_000), (10_000, 10_000), (_SAMPLES // 2, 2))
    points = np.concatenate([wide, close, core])
    points = points[shapely.contains_xy(outline, points[:, 0], points[:, 1])]
    holder = district_of(points[:, 0], points[:, 1])
    seeds, owners = [], []
    for number, district in enumerate(DISTRICTS):
        own = points[holder == number]
        seeds.append(_spread(own, district, rng))
        owners.append(np.full(district.streets, number, np.int32))
    return np.concatenate(seeds), np.concatenate(owners)


def _spread(points: Floats, district: DistrictPlan, rng: np.random.Generator) -> Floats:
    count = district.streets
    centres = points[rng.choice(len(points), count, replace=False)]
    for _ in range(_ROUNDS):
        _, own = nearest(KDTree(centres), points)
        sizes = np.maximum(np.bincount(own, minlength=count), 1)
        for axis in (0, 1):
            sums = np.bincount(own, weights=points[:, axis], minlength=count)
            centres[:, axis] = np.where(sums != 0, sums / sizes, centres[:, axis])
    seat = np.array(district.seats_km[0], float) * 1000
    first = int(np.hypot(*(centres - seat).T).argmin())
    order = np.concatenate([[first], np.delete(np.arange(count), first)])
    return np.asarray(centres[order], float)


def _cells(outline: shapely.Polygon, seeds: Floats) -> list[shapely.Polygon]:
    """Return the cell of each seed: what lies nearer to it than to any other."""
    cloud = shapely.MultiPoint(seeds)
    cells = shapely.get_parts(shapely.voronoi_polygons(cloud, extend_to=outline))
    tree = shapely.STRtree(cells)
    which, found = tree.query(shapely.points(seeds), predicate="within")
    order = np.empty(len(seeds), np.int64)
    order[which] = found
    return [shapely.intersection(cells[number], outline) for number in order]


def _along_streets(
    cells: list[shapely.Geometry], seeds: Floats, seed: int
) -> list[shapely.Geometry]:
    """Return the cells with those within the street grid made of whole blocks.

    All borders are cut at each other's corners, so that neighbours share every corner.
    """
    east, north = (line[line_ranks() <= _BLOCK_RANK] for line in street_lines(seed))
    grid = shapely.box(east[0], north[0], east[-1], north[-1])
    owner = _block_owners(east, north, seeds)
    west, south = np.meshgrid(east[:-1], north[:-1], indexing="ij")
    right, top = np.meshgrid(east[1:], north[1:], indexing="ij")
    blocks = shapely.box(west, south, right, top)
    rough = [
        shapely.union_all([*blocks[owner == number], shapely.difference(cell, grid)])
        for number, cell in enumerate(cells)
    ]
    borders = shapely.get_parts(shapely.union_all(shapely.boundary(rough)))
    faces = shapely.get_parts(shapely.polygonize(borders))
    tree = shapely.STRtree(rough)
    which, found = tree.query(shapely.point_on_surface(faces), predicate="within")
    parts: list[list[shapely.Geometry]] = [[] for _ in cells]
    for face, cell_number in zip(which.tolist(), found.tolist(), strict=True):
        parts[cell_number].append(faces[face])
    return [shapely.MultiPolygon(part) for part in parts]


def _block_owners(east: Floats, north: Floats, seeds: Floats) -> Ints:
    """Return the street each block belongs to: small blocks in town, four together outside."""
    x, y = (east[:-1] + east[1:]) / 2, (north[:-1] + north[1:]) / 2
    tree = KDTree(seeds)
    fine = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)
    pair_x = (east[:-1:2] + east[2::2]).repeat(2) / 2
    pair_y = (north[:-1:2] + north[2::2]).repeat(2) / 2
    coarse = np.stack(np.meshgrid(pair_x, pair_y, indexing="ij"), axis=-1)
    in_town = inside(RINGS[_TOWN_RING], coarse[..., 0], coarse[..., 1])
    _, owner = nearest(tree, np.where(in_town[..., None], fine, coarse).reshape(-1, 2))
    return owner.reshape(fine.shape[:2])


def _bent(plan: Plan, cell: shapely.Geometry) -> shapely.Geometry:
    """Return a cell in degrees (x is longitude), its sides bent like the streets."""

    def bend(corners: Floats) -> Floats:
        lat, lon = plan.to_degrees(corners[:, 0], corners[:, 1])
        return np.column_stack([lon, lat])

    fine = shapely.segmentize(cell, _EDGE_M)
    bent = shapely.set_precision(shapely.transform(fine, bend), 1e-8)
    return shapely.union_all(shapely.get_parts(bent))


def _rings(shape: shapely.Geometry) -> tuple[Floats, ...]:
    """Return the rings of a polygon or of several, as latitude and longitude."""
    rings: list[Floats] = []
    for part in shapely.get_parts(shape):
        for ring in (part.exterior, *part.interiors):
            rings.append(np.asarray(ring.coords, float)[:-1, ::-1].copy())
    return tuple(rings)


def _district(
    number: int, district: DistrictPlan, cells: Sequence[shapely.Geometry], plan: Plan
) -> tuple[Jurisdiction, tuple[Floats, ...]]:
    whole = shapely.union_all(cells)
    inner = shapely.point_on_surface(max(shapely.get_parts(whole), key=shapely.area))
    seat = np.array(district.seats_km[0], float) * 1000
    lat, lon = plan.to_degrees(seat[:1], seat[1:])
    if not shapely.contains_xy(whole, lon[0], lat[0]):
        lat, lon = np.array([inner.y]), np.array([inner.x])
    jurisdiction = Jurisdiction(
        id=JurisdictionId(district.id), parent=CITY_ID, level=JurisdictionLevel.DISTRICT,
        name_zh=district.name.zh, name_en=district.name.en, lat=float(lat[0]), lon=float(lon[0]),
    )  # fmt: skip
    return jurisdiction, _rings(whole)


def _streets(
    cells: Sequence[shapely.Geometry], seeds: Floats, holder: Ints, names: NameSource
) -> tuple[Area, ...]:
    streets = []
    running = dict.fromkeys(range(len(DISTRICTS)), 0)
    for cell, seed, owner in zip(cells, seeds, holder.tolist(), strict=True):
        running[owner] += 1
        district = DISTRICTS[owner]
        inner = shapely.point_on_surface(max(shapely.get_parts(cell), key=shapely.area))
        name = _street_name(district, float(np.hypot(*seed)), names)
        jurisdiction = Jurisdiction(
            id=JurisdictionId(f"{district.id}S{running[owner]:02d}"),
            parent=JurisdictionId(district.id), level=JurisdictionLevel.STREET,
            name_zh=name.zh, name_en=name.en, lat=inner.y, lon=inner.x,
        )  # fmt: skip
        streets.append(
            Area(
                jurisdiction=jurisdiction,
                east_m=float(seed[0]),
                north_m=float(seed[1]),
                district=owner,
                is_seat=running[owner] == 1,
                rings=_rings(cell),
            )
        )
    return tuple(streets)


def _street_name(district: DistrictPlan, from_centre_m: float, names: NameSource) -> Name:
    """Return the name of a street: "街道" in town, "镇" in the country."""
    if district.streets == 1:
        return district.name
    share = min(1.0, from_centre_m / 30_000)
    zh, en = next((zh, en) for limit, zh, en in _ENDINGS if share <= limit)
    return names.named(zh, en)
