"""Datums, distances, tiles and polygons."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from console.geo.bounds import Bounds
from console.geo.datums import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from console.geo.distance import LocalPlane, bearing_deg, flat_distance_m, haversine_m
from console.geo.mercator import metres_a_pixel, tile_bounds, tile_of, to_degrees, to_pixels
from console.geo.polygons import PolygonIndex, in_ring, in_rings, ring_area

CHINA = {"lat": st.floats(18.0, 53.0), "lon": st.floats(74.0, 134.0)}


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [  # the vectors that public implementations of the shift are checked with
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ],
)
def test_that_points_are_shifted_as_published(
    wgs84: tuple[float, float], gcj02: tuple[float, float]
) -> None:
    lat, lon = wgs84_to_gcj02(*wgs84)
    assert float(haversine_m(lat, lon, *gcj02)) < 0.01


def test_that_nothing_is_shifted_outside_china() -> None:
    lat, lon = wgs84_to_gcj02([60.17, -33.9], [24.94, 151.2])
    assert lat.tolist() == [60.17, -33.9]
    assert lon.tolist() == [24.94, 151.2]


@given(**CHINA)
def test_that_gcj02_and_back_stays_within_a_tenth_of_a_metre(lat: float, lon: float) -> None:
    back = gcj02_to_wgs84(*wgs84_to_gcj02(lat, lon))
    assert float(haversine_m(lat, lon, *back)) < 0.01


@given(**CHINA)
def test_that_bd09_and_back_stays_within_a_tenth_of_a_metre(lat: float, lon: float) -> None:
    back = bd09_to_gcj02(*gcj02_to_bd09(lat, lon))
    assert float(haversine_m(lat, lon, *back)) < 0.01
    assert float(haversine_m(lat, lon, *bd09_to_wgs84(*wgs84_to_bd09(lat, lon)))) < 0.01


def test_that_a_degree_of_latitude_is_111_kilometres() -> None:
    assert float(haversine_m(39, 116, 40, 116)) == pytest.approx(111_195, rel=1e-4)


@given(
    lat=st.floats(39.4, 41.1), lon=st.floats(115.4, 117.5),
    north_m=st.floats(-40_000, 40_000), east_m=st.floats(-40_000, 40_000),
)  # fmt: skip
def test_that_flat_distances_agree_with_great_circles(
    lat: float, lon: float, north_m: float, east_m: float
) -> None:
    lat2, lon2 = LocalPlane(lat, lon).to_degrees(east_m, north_m)
    true_m = float(haversine_m(lat, lon, lat2, lon2))
    assert float(flat_distance_m(lat, lon, lat2, lon2)) == pytest.approx(true_m, rel=1e-3, abs=0.01)


def test_that_bearings_run_clockwise_from_north() -> None:
    found = bearing_deg(40, 116, [40.1, 40, 39.9, 40], [116, 116.1, 116, 115.9])
    assert found == pytest.approx([0, 90, 180, 270], abs=0.1)


@given(east_m=st.floats(-60_000, 60_000), north_m=st.floats(-60_000, 60_000))
def test_that_the_local_plane_goes_there_and_back(east_m: float, north_m: float) -> None:
    plane = LocalPlane(39.9087, 116.3975)
    there = plane.to_degrees(east_m, north_m)
    east, north = plane.to_metres(*there)
    assert (float(east), float(north)) == pytest.approx((east_m, north_m), abs=1e-3)


@given(lat=st.floats(-85, 85), lon=st.floats(-179.9, 179.9), zoom=st.integers(0, 19))
def test_that_a_point_lies_in_its_tile(lat: float, lon: float, zoom: int) -> None:
    column, row = tile_of(lat, lon, zoom)
    assert tile_bounds(zoom, column, row).grown(1e-9, 1e-9).contains(lat, lon)
    back = to_degrees(*to_pixels(lat, lon, zoom), zoom)
    assert (float(back[0]), float(back[1])) == pytest.approx((lat, lon), abs=1e-9)


def test_that_pixels_have_the_known_size() -> None:
    assert metres_a_pixel(0, 0) == pytest.approx(156_543.03, rel=1e-6)
    assert metres_a_pixel(60, 10) == pytest.approx(156_543.03 / 2 / 1024, rel=1e-6)


def test_that_bounds_hold_meet_and_mask() -> None:
    box = Bounds(west=1, south=2, east=3, north=4)
    assert box.centre == (3, 2)
    assert box.contains(2, 1)
    assert not box.contains(4.01, 2)
    assert box.meets(Bounds(west=3, south=4, east=9, north=9))
    assert not box.meets(Bounds(west=3.1, south=2, east=9, north=9))
    assert box.mask(np.array([3.0, 5.0]), np.array([2.0, 2.0])).tolist() == [True, False]
    with pytest.raises(ValueError, match="no points"):
        Bounds.around(np.array([]), np.array([]))


@given(
    corners=st.lists(
        st.tuples(st.floats(0.1, 1.0), st.floats(0.0, 1.0)), min_size=3, max_size=12
    ),
    seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_that_points_in_rings_agree_with_shapely(
    corners: list[tuple[float, float]], seed: int
) -> None:
    """A star-shaped ring never crosses itself: radius by corner, angle rising."""
    turns = np.linspace(0, 2 * math.pi, len(corners), endpoint=False)
    radius = np.array([r for r, _ in corners])
    ring = np.column_stack([radius * np.sin(turns), radius * np.cos(turns)])
    points = np.random.default_rng(seed).uniform(-1.1, 1.1, (200, 2))
    polygon = shapely.Polygon(ring[:, ::-1])
    expected = shapely.contains_xy(polygon, points[:, 1], points[:, 0])
    assert in_ring(points[:, 0], points[:, 1], ring).tolist() == expected.tolist()
    assert abs(ring_area(ring)) == pytest.approx(polygon.area)


def test_that_a_ring_inside_a_ring_is_a_hole() -> None:
    outer = np.array([[0, 0], [0, 4], [4, 4], [4, 0]], float)
    hole = np.array([[1, 1], [1, 3], [3, 3], [3, 1]], float)
    assert in_rings([0.5, 2.0, 5.0], [0.5, 2.0, 5.0], [outer, hole]).tolist() == [
        True,
        False,
        False,
    ]


def test_that_the_index_finds_the_polygon_of_each_point() -> None:
    squares = [
        [np.array([[y, x], [y, x + 1], [y + 1, x + 1], [y + 1, x]], float)]
        for y in range(3)
        for x in range(3)
    ]
    index = PolygonIndex([*squares, []])
    assert index.find([0.5, 2.5, 9.0], [1.5, 0.5, 9.0]).tolist() == [1, 6, -1]
