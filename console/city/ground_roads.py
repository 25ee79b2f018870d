"""From chains of nodes to the road graph's columns and to the lines that are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from console.city.ground_chains import RoadPlan
from console.city.ground_names import Name
from console.city.ground_plan import Plan
from console.geo.arrays import Floats
from console.geo.distance import flat_distance_m
from console.roads import RoadClass, RoadColumns, RoadName
from console.store.citypack import Shape, ShapeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRoads:
    """The road network in degrees.

    Attributes:
        points: Latitude and longitude of every node of the plan, shape (n, 2).
    """

    columns: RoadColumns
    names: tuple[RoadName, ...]
    points: Floats


def finish_roads(plan: Plan, roads: RoadPlan) -> FinishedRoads:
    """Return the columns of the road graph; a two-way street becomes two edges."""
    spots = roads.points()
    points = plan.points(spots[:, 0], spots[:, 1])
    tails, heads, classes, speeds, labels = [], [], [], [], []
    numbers: dict[Name, int] = {}
    for chain in roads.chains:
        label = -1 if chain.name is None else numbers.setdefault(chain.name, len(numbers))
        ways = [(chain.nodes[:-1], chain.nodes[1:])]
        if not chain.one_way:
            ways.append((chain.nodes[1:], chain.nodes[:-1]))
        for tail, head in ways:
            tails.append(tail)
            heads.append(head)
            classes.append(np.full(len(tail), chain.road_class, np.uint8))
            speeds.append(np.full(len(tail), chain.speed_mps, np.float32))
            labels.append(np.full(len(tail), label, np.int32))
    tail, head = np.concatenate(tails), np.concatenate(heads)
    lat, lon = points[:, 0].copy(), points[:, 1].copy()
    length = flat_distance_m(lat[tail], lon[tail], lat[head], lon[head])
    columns = RoadColumns(
        node_lat=lat,
        node_lon=lon,
        edge_from=tail.astype(np.int32),
        edge_to=head.astype(np.int32),
        edge_len_m=length.astype(np.float32),
        edge_speed_mps=np.concatenate(speeds),
        edge_class=np.concatenate(classes),
        edge_name=np.concatenate(labels),
    )
    names = tuple(RoadName(zh=name.zh, en=name.en) for name in numbers)
    return FinishedRoads(columns=columns, names=names, points=points)


def road_shapes(roads: RoadPlan, points: Floats) -> Iterator[Shape]:
    """Yield the lines to draw, the least roads first."""
    for chain in sorted(roads.chains, key=lambda chain: -_drawing_rank(chain.road_class)):
        yield Shape(
            layer="road",
            shape_class=chain.road_class.name.lower(),
            kind=ShapeKind.LINE,
            points=points[chain.nodes],
            name_zh=chain.name.zh if chain.name else None,
            name_en=chain.name.en if chain.name else None,
        )


def _drawing_rank(road_class: RoadClass) -> int:
    """Return a number that is greater for roads that lie below others on the map."""
    return 10 if road_class is RoadClass.LINK else int(road_class)
