"""Buildings of the synthetic city: lots between the streets, courtyards in the old town."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from scipy.spatial import KDTree

from console.city.ground_chains import RoadPlan, nearest
from console.city.ground_highways import Highways
from console.city.ground_lattice import Lattice
from console.city.ground_nature import Feature, barred_from
from console.city.ground_plan import RINGS, Plan, inside
from console.geo.arrays import Floats
from console.roads import RoadClass
from console.store.citypack import Shape, ShapeKind

_FROM_HIGHWAY_M = 75.0
_LOT_SHARE = ((0, 0.92), (1, 0.60), (2, 0.52), (3, 0.22), (4, 0.045))
_TOWN_SHARE = 0.5


def make_buildings(
    plan: Plan,
    lattice: Lattice,
    nature: list[Feature],
    highways: Highways,
    seed: int,
) -> Iterator[Shape]:
    """Return the outlines of the buildings within the sixth ring."""
    rng = np.random.default_rng([seed, 7])
    lots = _lots(lattice, nature, rng)
    middle = (lots[:, :2] + lots[:, 2:]) / 2
    away, _ = nearest(KDTree(_fine(highways.points)), middle)
    lots = lots[away > _FROM_HIGHWAY_M]
    old = inside(RINGS[0], lots[:, 0], lots[:, 1])
    outlines = [
        ("courtyard" if is_old else "block", corners)
        for lot, is_old in zip(lots, old.tolist(), strict=True)
        for corners in (_courtyard(lot, rng) if is_old else _block(lot, rng))
    ]
    return _shapes(plan, outlines)


def town_buildings(plan: Plan, roads: RoadPlan, start: int, seed: int) -> Iterator[Shape]:
    """Return houses along the streets of towns and villages.

    Args:
        plan: The city's plan.
        roads: The road plan.
        start: Number of the first node outside the lattice and the highways.
        seed: The city's seed.
    """
    rng = np.random.default_rng([seed, 8])
    points = roads.points()
    outlines = []
    for chain in roads.chains:
        lived_in = chain.road_class in {RoadClass.RESIDENTIAL, RoadClass.TERTIARY}
        if not lived_in or chain.nodes[0] < start or chain.speed_mps > 10:
            continue
        for a, b in zip(points[chain.nodes[:-1]], points[chain.nodes[1:]], strict=True):
            if rng.random() < _TOWN_SHARE:
                outlines.append(("house", _beside(a, b, rng)))
    return _shapes(plan, outlines)


def _shapes(plan: Plan, outlines: list[tuple[str, Floats]]) -> Iterator[Shape]:
    """Yield buildings from their classes and corners in the plan, bent all in one go."""
    every = np.concatenate([corners for _, corners in outlines])
    points = plan.points(every[:, 0], every[:, 1])
    ends = np.cumsum([len(corners) for _, corners in outlines])
    for (shape_class, _), ring in zip(outlines, np.split(points, ends[:-1]), strict=True):
        yield Shape(layer="building", shape_class=shape_class, kind=ShapeKind.AREA, points=ring)


def _lots(lattice: Lattice, nature: list[Feature], rng: np.random.Generator) -> Floats:
    """Return the lots that are built on: west, south, east, north in metres, shape (n, 4)."""
    east, north = lattice.east_m, lattice.north_m
    west, south = np.meshgrid(east[:-1], north[:-1], indexing="ij")
    right, top = np.meshgrid(east[1:], north[1:], indexing="ij")
    lots = np.stack([west, south, right, top], axis=-1).reshape(-1, 4)
    middle = (lots[:, :2] + lots[:, 2:]) / 2
    share = np.zeros(len(lots))
    for ring, kept in reversed(_LOT_SHARE):
        share[inside(RINGS[ring], middle[:, 0], middle[:, 1])] = kept
    urban = lattice.allowed[:-1, :-1].reshape(-1)
    share[urban <= 1] *= 0.15
    luck = rng.random(len(lots)) < share
    lots, middle = lots[luck], middle[luck]
    free = np.ones(len(lots), bool)
    reach = np.array([[0, 0], [-38, -38], [38, -38], [-38, 38], [38, 38]], float)
    for shift in reach:
        free &= barred_from(nature, middle[:, 0] + shift[0], middle[:, 1] + shift[1]) == 99
    return np.asarray(lots[free], float)


def _fine(points: Floats) -> Floats:
    """Return points with two more between each and the next, where those are near."""
    step = np.diff(points, axis=0)
    close = np.hypot(*step.T) < 500
    return np.concatenate(
        [points, points[:-1][close] + step[close] / 3, points[:-1][close] + 2 * step[close] / 3]
    )


def _courtyard(lot: Floats, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield low houses round one or two yards (四合院)."""
    west, south, east, north = lot
    inset = rng.uniform(7, 11)
    halves = rng.integers(1, 4)
    cuts = np.linspace(south + inset, north - inset, halves + 1)
    for low, high in pairwise(cuts.tolist()):
        top = high - (5 if high < north - inset - 1 else 0)
        left, right = west + inset, east - inset
        if right - left < 18 or top - low < 12:
            continue
        depth = min(rng.uniform(8, 12), (top - low) / 3)
        if rng.random() < 0.6:  # a U round the yard, open to the south
            gap_w, gap_e = left + depth, right - depth
            yield np.array([
                [left, low], [gap_w, low], [gap_w, top - depth], [gap_e, top - depth],
                [gap_e, low], [right, low], [right, top], [left, top],
            ])  # fmt: skip
        else:
            yield _box(left, low, right, top)


def _block(lot: Floats, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield one tower, one slab or a row of slabs facing south."""
    west, south, east, north = lot
    inset = rng.uniform(13, 20)
    left, low, right, top = west + inset, south + inset, east - inset, north - inset
    if right - left < 20 or top - low < 20:
        return
    kind = rng.random()
    if kind < 0.25:
        side = rng.uniform(18, min(44, right - left, top - low))
        x, y = rng.uniform(left, max(left, right - side)), rng.uniform(low, max(low, top - side))
        yield _box(x, y, x + side, y + side)
    elif kind < 0.7:
        deep = rng.uniform(12, 16)
        gap = max(26.0, deep * 1.9)
        for y in np.arange(low, top - deep, gap):
            yield _box(left, y, right, y + deep)
    else:
        notch_x = left + (right - left) * rng.uniform(0.4, 0.7)
        notch_y = low + (top - low) * rng.uniform(0.35, 0.65)
        yield np.array([
            [left, low], [right, low], [right, notch_y], [notch_x, notch_y],
            [notch_x, top], [left, top],
        ])  # fmt: skip


def _beside(a: Floats, b: Floats, rng: np.random.Generator) -> Floats:
    """Return a house beside the way from one node to the next."""
    along = (b - a) / max(1.0, math.hypot(*(b - a)))
    across = np.array([-along[1], along[0]]) * rng.choice([-1.0, 1.0])
    middle = a + (b - a) * rng.uniform(0.35, 0.65) + across * rng.uniform(24, 42)
    half, deep = rng.uniform(14, 38), rng.uniform(6, 12)
    return np.array([
        middle - along * half - across * deep, middle + along * half - across * deep,
        middle + along * half + across * deep, middle - along * half + across * deep,
    ])  # fmt: skip


def _box(west: float, south: float, east: float, north: float) -> Floats:
    return np.array([[west, south], [east, south], [east, north], [west, north]])
