"""The plan of the synthetic city: its rings, its zones, its outline, and the bend put on all of it.

Everything is laid out in plan space, metres east and north of the centre, on straight lines and
smooth curves; `Plan.to_degrees` bends it a little, the more the farther out, so that nothing in
the finished city is ruled. The bend is one smooth map, so what meets or does not meet in plan space
does so on the map as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from console.geo.arrays import Bools, Floats
from console.geo.distance import LocalPlane

CENTRE_LAT, CENTRE_LON = 39.9087, 116.3975
#: The city's outline, kilometres east and north of the centre, clockwise.
OUTLINE_KM = (
    (9, 127), (19, 125), (29, 113), (47, 99), (68, 86), (92, 84), (86, 68), (73, 53), (83, 40),
    (85, 32), (68, 21), (56, 18), (47, 13), (32, 9), (36, 2), (43, -3), (44, -14), (41, -25),
    (28, -32), (13, -40), (3, -51), (-10, -51), (-15, -40), (-25, -34), (-38, -38), (-47, -43),
    (-60, -43), (-75, -34), (-81, -12), (-83, 5), (-72, 12), (-55, 25), (-43, 31), (-51, 44),
    (-55, 50), (-53, 66), (-42, 77), (-25, 79), (-12, 88), (-4, 97), (-6, 110), (0, 121),
)  # fmt: skip
#: Wavelength, greatest shift and direction of each wave of the bend, metres and radians.
_WAVES = (
    (22_000.0, 650.0, 0.7),
    (6_300.0, 210.0, 2.1),
    (1_900.0, 45.0, 4.4),
)
_CALM_M, _ROUGH_M = 4_000.0, 26_000.0
_CALM_SHARE = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A ring road: a rounded rectangle (a superellipse) round a centre.

    Attributes:
        number: 2 for the second ring, and so on.
        half_east_m: Half its width.
        half_north_m: Half its height.
        squareness: Exponent; 2 is an ellipse, more is squarer.
        speed_mps: Usual speed of a car on it.
    """

    number: int
    east_m: float
    north_m: float
    half_east_m: float
    half_north_m: float
    squareness: float
    speed_mps: float

    def level(self, east: Floats, north: Floats) -> Floats:
        """Return 1 on the ring, less inside, more outside; grows like a distance."""
        x = np.abs(east - self.east_m) / self.half_east_m
        y = np.abs(north - self.north_m) / self.half_north_m
        both = np.power(x, self.squareness) + np.power(y, self.squareness)
        return np.asarray(np.power(both, 1 / self.squareness), float)

    def line(self, spacing_m: float, shift_m: float = 0.0) -> tuple[Floats, Floats]:
        """Return points along the ring, clockwise from the north, evenly apart, not closed.

        Args:
            spacing_m: Distance between points.
            shift_m: How far outside the ring the line runs.
        """
        turn = np.linspace(0, 2 * math.pi, 4001)[:-1]
        power = 2 / self.squareness
        x = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** power * (self.half_east_m + shift_m)
        y = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** power * (self.half_north_m + shift_m)
        x, y = np.append(x, x[0]), np.append(y, y[0])
        gone = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        at = np.linspace(0, gone[-1], max(8, round(gone[-1] / spacing_m)) + 1)[:-1]
        return np.interp(at, gone, x) + self.east_m, np.interp(at, gone, y) + self.north_m


RINGS = (
    Ring(number=2, east_m=-200, north_m=-100, half_east_m=4_150, half_north_m=4_650,
         squareness=9, speed_mps=15.0),
    Ring(number=3, east_m=-300, north_m=100, half_east_m=6_750, half_north_m=6_600,
         squareness=8, speed_mps=16.7),
    Ring(number=4, east_m=-200, north_m=200, half_east_m=9_450, half_north_m=9_150,
         squareness=7, speed_mps=19.4),
    Ring(number=5, east_m=-600, north_m=-600, half_east_m=14_600, half_north_m=13_600,
         squareness=5, speed_mps=22.2),
    Ring(number=6, east_m=-600, north_m=-200, half_east_m=26_000, half_north_m=25_200,
         squareness=4, speed_mps=23.6),
)  # fmt: skip


class Plan:
    """Plan space and the way from it to WGS-84; the same seed always gives the same bend."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 1])
        self._plane = LocalPlane(CENTRE_LAT, CENTRE_LON)
        self._phases = rng.uniform(0, 2 * math.pi, (len(_WAVES), 2))

    def bend(self, east: Floats, north: Floats) -> tuple[Floats, Floats]:
        """Return where points of the plan come to lie, metres; shapes are kept."""
        far = np.clip((np.hypot(east, north) - _CALM_M) / (_ROUGH_M - _CALM_M), 0, 1)
        strength = _CALM_SHARE + (1 - _CALM_SHARE) * far
        moved_east, moved_north = np.zeros_like(east), np.zeros_like(north)
        for (length, shift, turn), phases in zip(_WAVES, self._phases, strict=True):
            wave = 2 * math.pi / length
            along = np.cos(turn) * east + np.sin(turn) * north
            across = -np.sin(turn) * east + np.cos(turn) * north
            moved_east += shift * np.sin(wave * across + phases[0])
            moved_north += shift * np.sin(wave * along + phases[1])
        return east + strength * moved_east, north + strength * moved_north

    def to_degrees(self, east: Floats, north: Floats) -> tuple[Floats, Floats]:
        """Return latitude and longitude of points of the plan."""
        return self._plane.to_degrees(*self.bend(east, north))

    def points(self, east: Floats, north: Floats) -> Floats:
        """Return latitude and longitude of points of the plan, shape (n, 2)."""
        return np.column_stack(self.to_degrees(np.asarray(east, float), np.asarray(north, float)))


def inside(ring: Ring, east: Floats, north: Floats) -> Bools:
    """Return which points of the plan lie inside a ring road."""
    return ring.level(east, north) < 1.0
