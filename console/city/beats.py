"""Responsibility grids of the simulated city: three authorities', laid over each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import shapely

from console.city.people_names import draw_names
from console.domain.catalogue import Grid
from console.domain.ids import JurisdictionId
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.geo.arrays import Floats

#: Grids a street has by its area in km², of the authority that enforces; police areas a district.
_KM2_A_GRID, _FEWEST, _MOST = 1.5, 2, 6
_STREETS_A_POLICE_AREA = 1.5
_ROUNDS = 12
_SAMPLES_A_CELL = 60
_KM_PER_DEGREE = 111.195
_DIGITS = 6


class Ground(Protocol):
    """What the grids need to know of a city: its jurisdictions and their outlines."""

    def jurisdictions(self) -> Sequence[Jurisdiction]:
        """Return the whole tree."""
        ...

    def rings(self, jurisdiction: str) -> Sequence[Floats]:
        """Return the rings of one, each latitude and longitude, shape (n, 2)."""
        ...


def make_grids(city: Ground, *, seed: int) -> list[Grid]:
    """Return the grids of a city; a city without outlines has none.

    Those of enforcement divide each street, those of the street offices are the streets, those of
    the police divide each district without regard to streets.

    Args:
        city: Whose jurisdictions they lie in.
        seed: The same seed and city give the same grids.
    """
    tree = city.jurisdictions()
    streets = [one for one in tree if one.level is JurisdictionLevel.STREET]
    districts = [one for one in tree if one.level is JurisdictionLevel.DISTRICT]
    names = _short_names(districts)
    shapes = {one.id: _shape(city.rings(one.id)) for one in (*streets, *districts)}
    rng = np.random.default_rng([seed, 0x64D5])
    grids: list[Grid] = []
    for district in districts or [one for one in tree if one.level is JurisdictionLevel.CITY]:
        own = [one for one in streets if one.parent == district.id and shapes[one.id] is not None]
        short = names.get(district.id, district.name_zh[:1] or "A")
        grids += _enforcement(own, shapes, short, rng)
        grids += _offices(own, shapes, short, rng)
        grids += _police(district, shapes.get(district.id), len(own), short, rng)
    return grids


def _short_names(districts: Sequence[Jurisdiction]) -> dict[JurisdictionId, str]:
    """Return what a district is called in codes: as few characters as tell it from the others."""
    names: dict[JurisdictionId, str] = {}
    for district in districts:
        whole = district.name_zh or district.name_en or district.id
        short = next(
            (whole[:n] for n in range(1, len(whole)) if whole[:n] not in names.values()), whole
        )
        names[district.id] = short
    return names


def _shape(rings: Sequence[Floats]) -> shapely.Geometry | None:
    """Return a polygon in longitude and latitude, rings inside rings as holes."""
    shape: shapely.Geometry | None = None
    for ring in rings:
        one = shapely.make_valid(shapely.Polygon(ring[:, ::-1]))
        shape = one if shape is None else shapely.symmetric_difference(shape, one)
    return None if shape is None or shape.is_empty else shape


def _enforcement(
    streets: Sequence[Jurisdiction],
    shapes: dict[JurisdictionId, shapely.Geometry | None],
    short: str,
    rng: np.random.Generator,
) -> Iterator[Grid]:
    number = 0
    for street in streets:
        shape = shapes[street.id]
        count = int(np.clip(round(_km2(shape) / _KM2_A_GRID), _FEWEST, _MOST))
        cells = _cells(shape, count, rng)
        for cell, holder in zip(cells, draw_names(rng, len(cells)), strict=True):
            number += 1
            code = (number, f"{short}-{number:03d}")
            yield _grid("cg", code, street, cell, holder, rng)


def _offices(
    streets: Sequence[Jurisdiction],
    shapes: dict[JurisdictionId, shapely.Geometry | None],
    short: str,
    rng: np.random.Generator,
) -> Iterator[Grid]:
    for number, (street, holder) in enumerate(
        zip(streets, draw_names(rng, len(streets)), strict=True), start=1
    ):
        code = (number, f"{short}街{number:02d}")
        yield _grid("street", code, street, shapes[street.id], holder, rng)


def _police(
    district: Jurisdiction,
    shape: shapely.Geometry | None,
    streets: int,
    short: str,
    rng: np.random.Generator,
) -> Iterator[Grid]:
    if shape is None:
        return
    cells = _cells(shape, max(1, round(streets / _STREETS_A_POLICE_AREA)), rng)
    for number, (cell, holder) in enumerate(
        zip(cells, draw_names(rng, len(cells)), strict=True), start=1
    ):
        code = (number, f"{short}警{number:02d}")
        yield _grid("police", code, district, cell, holder, rng)


def _grid(
    authority: str,
    code: tuple[int, str],
    home: Jurisdiction,
    cell: shapely.Geometry,
    holder: str,
    rng: np.random.Generator,
) -> Grid:
    number, written = code
    is_street = home.level is JurisdictionLevel.STREET
    district = home.parent if is_street else home.id
    return Grid(
        id=f"{authority}-{district}-{number}",
        authority=authority,
        code=written,
        name_zh=home.name_zh,
        name_en=home.name_en,
        shape=_geojson(cell),
        district=district,
        street=home.id if is_street else None,
        holder=holder,
        # 100 is no operator's prefix: nobody real is ever called by mistake
        phone=f"100{int(rng.integers(0, 10**8)):08d}",
    )


def _km2(shape: shapely.Geometry) -> float:
    cos = float(np.cos(np.radians(shape.centroid.y)))
    return float(shape.area) * _KM_PER_DEGREE**2 * cos


def _cells(shape: shapely.Geometry, count: int, rng: np.random.Generator) -> list[shapely.Geometry]:
    """Divide a shape evenly into cells (Lloyd's rounds on points drawn inside)."""
    if count < 2:
        return [shape]
    west, south, east, north = shape.bounds
    wanted = count * _SAMPLES_A_CELL
    drawn = rng.uniform((west, south), (east, north), (8 * wanted, 2))
    points = drawn[shapely.contains_xy(shape, drawn[:, 0], drawn[:, 1])][:wanted]
    if len(points) < count:
        return [shape]
    centres = points[:count].copy()
    for _ in range(_ROUNDS):
        gaps = points[:, None, :] - centres[None, :, :]
        own = np.argmin((gaps**2).sum(axis=2), axis=1)
        for number in range(count):
            if (own == number).any():
                centres[number] = points[own == number].mean(axis=0)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(centres), extend_to=shape)
    parts = [shapely.intersection(cell, shape) for cell in shapely.get_parts(cells)]
    areas = [part for part in map(_polygons, parts) if part is not None]
    return sorted(areas, key=lambda one: (-round(one.centroid.y, 3), one.centroid.x))


def _polygons(shape: shapely.Geometry) -> shapely.Geometry | None:
    """Return what of a shape has an area: where borders touch, lines and points are left over."""
    parts = [one for one in shapely.get_parts(shape) if one.geom_type == "Polygon" and one.area > 0]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _geojson(shape: shapely.Geometry) -> str:
    told = json.loads(shapely.to_geojson(shape))
    return json.dumps(
        {"type": told["type"], "coordinates": _rounded(told["coordinates"])}, separators=(",", ":")
    )


def _rounded(value: object) -> object:
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(float(str(value)), _DIGITS)
