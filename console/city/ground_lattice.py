"""The street grid within the sixth ring: arterials down to hutongs, by halving blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.city.ground_chains import Chain, RoadPlan
from console.city.ground_names import Name, NameSource
from console.city.ground_nature import Feature, barred_from
from console.city.ground_plan import RINGS, inside
from console.geo.arrays import Bools, Floats, Ints
from console.roads import RoadClass

STEP_M = 100.0
_HALF_LINES = 288  # 18 blocks of 1.6 km either way
_SIZE = 2 * _HALF_LINES + 1
#: Lines are this many steps apart, by rank: arterial, secondary, tertiary, lane, hutong.
_APART = (16, 8, 4, 2, 1)
_KEPT = (1.0, 0.96, 0.88, 0.80, 0.74)
_ONE_WAY = (0.0, 0.0, 0.06, 0.20, 0.42)
_CLASSES = (
    RoadClass.ARTERIAL, RoadClass.SECONDARY, RoadClass.TERTIARY, RoadClass.RESIDENTIAL,
    RoadClass.RESIDENTIAL,
)  # fmt: skip
_SPEEDS_MPS = (12.5, 10.5, 8.0, 5.5, 3.6)
_SIDES = (
    (("西路", "West Road"), ("中路", "Middle Road"), ("东路", "East Road")),
    (("南大街", "South Street"), ("大街", "Street"), ("北大街", "North Street")),
)
#: Endings of names by rank, along and across.
_ENDINGS = {
    2: (("路", "Road"), ("街", "Street")),
    3: (("小街", "Lane"), ("巷", "Alley")),
    4: (("胡同", "Hutong"), ("胡同", "Hutong")),
}
_NAMED = (1.0, 1.0, 0.9, 0.55, 0.6)
#: Streets everybody knows, about where they are: axis, line and stretch of the grid.
LANDMARKS = {
    (0, _HALF_LINES + 30, 21): Name("工体北路", "Gongti North Road"),
    (1, _HALF_LINES + 12, 9): Name("王府井大街", "Wangfujing Street"),
    (1, _HALF_LINES + 6, 19): Name("南锣鼓巷", "Nanluogu Alley"),
    (1, _HALF_LINES + 52, 9): Name("三里屯路", "Sanlitun Road"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """The finished grid.

    Attributes:
        east_m: Where the lines across lie, shape (n,).
        north_m: Where the lines along lie, shape (n,).
        rank: Rank of each line, the same both ways, shape (n,).
        allowed: Finest rank that stands at each crossing, −1 where nothing is built, (n, n).
        joints: Nodes on crossings of arterials and secondaries, numbers in the road plan.
    """

    east_m: Floats
    north_m: Floats
    rank: Ints
    allowed: Ints
    joints: Ints


def line_ranks() -> Ints:
    """Return the rank of each line, 0 the coarsest."""
    number = np.arange(_SIZE) - _HALF_LINES
    rank = np.full(_SIZE, len(_APART) - 1, np.int32)
    for level in reversed(range(len(_APART))):
        rank[number % _APART[level] == 0] = level
    return rank


def street_lines(seed: int) -> tuple[Floats, Floats]:
    """Return where the lines across (metres east) and along (metres north) lie, shape (n,)."""
    rng = np.random.default_rng([seed, 10])
    return _uneven(rng), _uneven(rng)


def make_lattice(roads: RoadPlan, nature: list[Feature], names: NameSource, seed: int) -> Lattice:
    """Lay out the grid, put it into the road plan and return it."""
    rng = np.random.default_rng([seed, 5])
    rank = line_ranks()
    east_m, north_m = street_lines(seed)
    grid = np.meshgrid(east_m, north_m, indexing="ij")
    allowed = _finest(grid[0], grid[1], rng)
    barred = barred_from(nature, grid[0], grid[1])
    along = _kept(allowed, barred, rank, rng)  # edge (i, j)–(i+1, j)
    across = _kept(allowed.T, barred.T, rank, rng).T  # edge (i, j)–(i, j+1)
    stays = _junctions(along, across)
    number = np.full((_SIZE, _SIZE), -1, np.int32)
    number[stays] = roads.add_nodes(np.column_stack([grid[0][stays], grid[1][stays]]))
    for axis, edges in ((0, along), (1, across.T)):
        _put_lines(roads, number if axis == 0 else number.T, edges, rank, (axis, names, rng))
    coarse = rank <= 1
    joints = number[coarse][:, coarse]
    return Lattice(
        east_m=east_m, north_m=north_m, rank=rank, allowed=allowed, joints=joints[joints >= 0]
    )


def _uneven(rng: np.random.Generator) -> Floats:
    """Return positions of the lines: coarse ones moved, finer ones near the middle between."""
    at = (np.arange(_SIZE) - _HALF_LINES) * STEP_M
    coarse = np.arange(0, _SIZE, _APART[0])
    at[coarse] += rng.uniform(-190, 190, len(coarse))
    for apart in _APART[1:]:
        middle = np.arange(apart, _SIZE - apart, 2 * apart)
        low, high = at[middle - apart], at[middle + apart]
        at[middle] = low + (high - low) * rng.uniform(0.40, 0.60, len(middle))
    return np.asarray(at, float)


def _finest(east: Floats, north: Floats, rng: np.random.Generator) -> Ints:
    """Return the finest rank of street that stands at each point, −1 for none."""
    block = np.arange(_SIZE) // _APART[0]
    luck = rng.random((block[-1] + 1, block[-1] + 1))[block][:, block]
    small = np.arange(_SIZE) // _APART[1]
    luck2 = rng.random((small[-1] + 1, small[-1] + 1))[small][:, small]
    second, third, fourth, fifth, sixth = (inside(ring, east, north) for ring in RINGS)
    finest = np.full(east.shape, -1, np.int32)
    finest[sixth] = _sparse(luck)[sixth]
    finest[sixth & (luck2 < 0.22)] = 3
    finest[fifth] = np.where(luck2 < 0.72, 3, 2)[fifth]
    finest[fourth] = np.where(luck2 < 0.14, 4, 3)[fourth]
    finest[third] = np.where(luck2 < 0.30, 4, 3)[third]
    finest[second] = np.where(luck2 < 0.90, 4, 3)[second]
    return finest


def _sparse(luck: Floats) -> Ints:
    """Return how fine the streets are between the fifth and the sixth ring: towns and fields."""
    return np.select([luck < 0.30, luck < 0.60, luck < 0.82], [2, 1, 0], -1).astype(np.int32)


def _kept(allowed: Ints, barred: Ints, rank: Ints, rng: np.random.Generator) -> Bools:
    """Return which edges along the first axis are built, shape (n − 1, n).

    A street is built or left out for a whole block of the next coarser size, so that lanes end at
    streets and not in the middle of nothing.
    """
    here = np.minimum(allowed[:-1], allowed[1:])
    built = (rank[None, :] <= here) & (rank[None, :] < np.minimum(barred[:-1], barred[1:]))
    for level in range(1, len(_APART)):
        block = np.arange(_SIZE - 1) // _APART[level - 1]
        lines = np.flatnonzero(rank == level)
        luck = rng.random((block[-1] + 1, len(lines)))[block]
        built[:, lines] &= luck < _KEPT[level]
    return np.asarray(built, bool)


def _junctions(along: Bools, across: Bools) -> Bools:
    """Return which crossings become nodes: where streets meet, turn or end, or bend on the way."""
    west, east = np.zeros((_SIZE, _SIZE), bool), np.zeros((_SIZE, _SIZE), bool)
    south, north = west.copy(), west.copy()
    east[:-1], west[1:] = along, along
    north[:, :-1], south[:, 1:] = across, across
    lies_along, lies_across = east | west, north | south
    passes = (east & west & ~lies_across) | (north & south & ~lies_along)
    bend = np.arange(_SIZE) % 4 == 0
    passes &= ~(np.where(lies_along, bend[:, None], bend[None, :]))
    return np.asarray((lies_along | lies_across) & ~passes, bool)


def _put_lines(
    roads: RoadPlan,
    number: Ints,
    edges: Bools,
    rank: Ints,
    how: tuple[int, NameSource, np.random.Generator],
) -> None:
    """Put every line of one direction into the road plan, a chain for each named stretch."""
    axis, names, rng = how
    for line in range(_SIZE):
        level = int(rank[line])
        stretch = _APART[0] * 5 if level <= 1 else _APART[max(0, level - 2)] * 2
        kept = np.flatnonzero(number[:, line] >= 0)
        if len(kept) < 2:
            continue
        joined = edges[kept[:-1], line] if len(kept) > 1 else np.zeros(0, bool)
        part = kept[:-1] // stretch
        stems = [names.stem() for _ in range(3)] if level <= 1 else []
        breaks = np.flatnonzero(~joined[1:] | ~joined[:-1] | (part[1:] != part[:-1])) + 1
        last_part, name, one_way = -1, None, False
        for run in np.split(np.arange(len(joined)), breaks):
            if not len(run) or not joined[run[0]]:
                continue
            if part[run[0]] != last_part:
                last_part = int(part[run[0]])
                name = _name(level, (axis, line, last_part), stems, names, rng)
                one_way = bool(rng.random() < _ONE_WAY[level])
            nodes = number[kept[run[0] : run[-1] + 2], line]
            if one_way and line % 2:
                nodes = nodes[::-1]
            roads.add_chain(
                Chain(
                    nodes=nodes.copy(), road_class=_CLASSES[level], speed_mps=_SPEEDS_MPS[level],
                    name=name, one_way=one_way,
                )
            )  # fmt: skip


def _name(
    level: int,
    where: tuple[int, int, int],
    stems: list[Name],
    names: NameSource,
    rng: np.random.Generator,
) -> Name | None:
    """Return the name of a stretch; arterials keep their stem and change their side."""
    axis, line, part = where
    if where in LANDMARKS:
        return LANDMARKS[where]
    if stems:
        if axis == 0 and line == _HALF_LINES:
            return Name("长安街", "Chang'an Avenue")
        zh, en = _SIDES[axis][part % 3]
        stem = stems[part // 3]
        return Name(stem.zh + zh, f"{stem.en} {en}")
    if rng.random() > _NAMED[level]:
        return None
    zh, en = _ENDINGS[level][axis]
    stem = names.stem()
    return Name(stem.zh + zh, f"{stem.en} {en}")
