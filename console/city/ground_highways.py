"""Ring roads and expressways of the synthetic city: two carriageways, ramps to what they cross."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from console.city.ground_chains import Chain, RoadPlan, nearest
from console.city.ground_names import Name
from console.city.ground_nature import Points, smooth
from console.city.ground_plan import RINGS, Ring
from console.geo.arrays import Floats, Ints
from console.roads import RoadClass

_SPACING_M = 220.0
_HALF_GAP_M = 16.0
_RAMP_SPEED_MPS = 9.7
_RAMP_REACH_M = 260.0
_RAMP_APART_M = 700.0
_INTERCHANGE_REACH_M = 330.0
_EXPRESSWAY_MPS = 25.0
_RING_NAMES = {2: "二", 3: "三", 4: "四", 5: "五", 6: "六"}
_RING_ENGLISH = {2: "2nd", 3: "3rd", 4: "4th", 5: "5th", 6: "6th"}
#: Expressways from the rings outwards, kilometres east and north of the centre.
_EXPRESSWAYS: tuple[tuple[str, str, Points], ...] = (
    ("京藏高速", "Jingzang Expressway",
     ((-1.6, 6.7), (-3.4, 13), (-8, 24), (-14, 35.5), (-22, 45), (-33, 56), (-47, 66))),
    ("京新高速", "Jingxin Expressway",
     ((-4.6, 9.2), (-7.2, 13), (-12, 22), (-19, 33), (-30, 39.5), (-44, 45))),
    ("京承高速", "Jingcheng Expressway",
     ((4.2, 6.6), (8.6, 13), (16, 24), (20.5, 40), (32, 49), (45, 57), (62, 76))),
    ("机场高速", "Airport Expressway",
     ((6.4, 5.4), (10.2, 8.6), (14.2, 13.2), (18.6, 18.6))),
    ("京平高速", "Jingping Expressway",
     ((14.2, 13.2), (20, 17), (33, 19), (47, 22.5), (61, 24.5), (76, 33))),
    ("京通快速路", "Jingtong Expressway",
     ((6.5, 0.0), (11, 0.2), (18, 0.4), (27, 0.9), (41, 0.6))),
    ("京哈高速", "Jingha Expressway",
     ((9.2, -4.2), (15, -5.2), (25, -7.5), (34, -9.4), (43, -11.5))),
    ("京沪高速", "Jinghu Expressway",
     ((5.9, -6.1), (9.5, -10.6), (14, -16.5), (21, -23), (30, -31))),
    ("大兴机场高速", "Daxing Airport Expressway",
     ((1.4, -8.9), (2.0, -16), (0.5, -27), (0.0, -40), (1.0, -49))),
    ("京开高速", "Jingkai Expressway",
     ((-3.4, -6.4), (-4.2, -13), (-5.3, -20), (-7.4, -31), (-9.2, -46))),
    ("京港澳高速", "Jinggang'ao Expressway",
     ((-6.9, -3.2), (-12, -7.4), (-19, -14), (-24, -22), (-33, -32), (-42, -39))),
    ("京昆高速", "Jingkun Expressway",
     ((-14.1, -8), (-22, -14.5), (-33, -21), (-46, -29), (-62, -38))),
    ("阜石路", "Fushi Road",
     ((-6.9, 2.2), (-11, 2.1), (-17, 2.9), (-24, 3.4), (-33, 7), (-47, 8), (-63, 9))),
    ("京密路", "Jingmi Road",
     ((14.6, 16), (18, 26), (19, 38), (18, 52), (15, 66), (16, 82), (15, 100), (13, 116))),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Highways:
    """The carriageways put into the road plan.

    Attributes:
        nodes: All their nodes, numbers in the road plan.
        points: Where they lie in the plan, metres, shape (n, 2).
    """

    nodes: Ints
    points: Floats


def make_highways(roads: RoadPlan) -> Highways:
    """Lay out rings and expressways and join them to the nodes already there and to each other."""
    ground = KDTree(roads.points())
    made: list[tuple[Ints, Floats]] = []
    for ring in RINGS:
        made.append(_ring(roads, ring))
    for zh, en, course in _EXPRESSWAYS:
        made.append(_expressway(roads, Name(zh, en), course))
    for nodes, points in made:
        _ramps(roads, (nodes, points), ground)
    for number in range(len(RINGS), len(made)):
        _interchanges(roads, made[number], made[:number])
    return Highways(
        nodes=np.concatenate([nodes for nodes, _ in made]),
        points=np.concatenate([points for _, points in made]),
    )


def join_far(roads: RoadPlan, highways: Highways, others: tuple[Ints, Floats]) -> None:
    """Join expressways with country roads outside the lattice, every few kilometres."""
    numbers, points = others
    tree = KDTree(highways.points)
    away, found = nearest(tree, points)
    order = np.argsort(away)
    taken: list[Floats] = []
    for row in order[: np.searchsorted(away[order], 650.0)].tolist():
        here = highways.points[found[row]]
        if any(np.hypot(*(here - other)) < 2_500 for other in taken):
            continue
        taken.append(here)
        for node in tree.query_ball_point(here, 2 * _HALF_GAP_M + 4):
            _link(roads, int(highways.nodes[node]), int(numbers[row]))


def _ring(roads: RoadPlan, ring: Ring) -> tuple[Ints, Floats]:
    zh, en = _RING_NAMES[ring.number], _RING_ENGLISH[ring.number]
    name = Name(f"{zh}环路", f"{en} Ring Road")
    parts = []
    for shift_m, step in ((-_HALF_GAP_M, 1), (_HALF_GAP_M, -1)):
        points = np.column_stack(ring.line(_SPACING_M, shift_m))[::step]
        nodes = roads.add_nodes(points)
        closed = np.append(nodes, nodes[0])
        roads.add_chain(
            Chain(nodes=closed, road_class=RoadClass.MOTORWAY, speed_mps=ring.speed_mps,
                  name=name, one_way=True)
        )  # fmt: skip
        parts.append((nodes, points))
    return _both(parts)


def _expressway(roads: RoadPlan, name: Name, course: Points) -> tuple[Ints, Floats]:
    middle = smooth(course, _SPACING_M)
    heading = np.gradient(middle, axis=0)
    heading /= np.hypot(*heading.T)[:, None]
    right = np.column_stack([heading[:, 1], -heading[:, 0]])
    parts = []
    for side, step in ((1, 1), (-1, -1)):  # one drives on the right
        points = (middle + side * _HALF_GAP_M * right)[::step]
        nodes = roads.add_nodes(points)
        roads.add_chain(
            Chain(nodes=nodes, road_class=RoadClass.MOTORWAY, speed_mps=_EXPRESSWAY_MPS,
                  name=name, one_way=True)
        )  # fmt: skip
        parts.append((nodes, points))
    for end in (0, -1):  # who comes to the end turns round
        _link(roads, int(parts[0][0][end]), int(parts[1][0][-1 - end]))
    return _both(parts)


def _both(parts: list[tuple[Ints, Floats]]) -> tuple[Ints, Floats]:
    return np.concatenate([n for n, _ in parts]), np.concatenate([p for _, p in parts])


def _link(roads: RoadPlan, one: int, other: int) -> None:
    """Join two nodes by a ramp, both ways."""
    roads.add_chain(
        Chain(
            nodes=np.array([one, other], np.int32),
            road_class=RoadClass.LINK,
            speed_mps=_RAMP_SPEED_MPS,
        )
    )


def _ramps(roads: RoadPlan, carriageways: tuple[Ints, Floats], ground: KDTree) -> None:
    """Join each carriageway to a near node on the ground every so often."""
    nodes, points = carriageways
    away, found = nearest(ground, points)
    half = len(nodes) // 2
    for side in (np.arange(half), np.arange(half, len(nodes))):
        last = -_RAMP_APART_M
        for row in side.tolist():
            at = (row - side[0]) * _SPACING_M
            if away[row] <= _RAMP_REACH_M and at - last >= _RAMP_APART_M:
                _link(roads, int(nodes[row]), int(found[row]))
                last = at


def _interchanges(
    roads: RoadPlan, expressway: tuple[Ints, Floats], others: list[tuple[Ints, Floats]]
) -> None:
    """Join an expressway to every other that it meets, where the two come nearest."""
    nodes, points = expressway
    half = len(nodes) // 2
    for other_nodes, other_points in others:
        other_half = len(other_nodes) // 2
        for own in (slice(0, half), slice(half, None)):
            for their in (slice(0, other_half), slice(other_half, None)):
                away, found = nearest(KDTree(other_points[their]), points[own])
                best = int(away.argmin())
                if away[best] <= _INTERCHANGE_REACH_M:
                    _link(roads, int(nodes[own][best]), int(other_nodes[their][found[best]]))
