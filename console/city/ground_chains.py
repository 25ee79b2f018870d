"""Roads of the synthetic city before they are a graph: nodes, and chains of nodes along roads."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import KDTree

from console.city.ground_names import Name
from console.geo.arrays import Floats, Ints
from console.roads import RoadClass

#: Chains are cut at this many nodes, so that what is drawn stays local.
LONGEST_CHAIN = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One stretch of road through nodes, of one kind and one name.

    Attributes:
        nodes: Numbers of nodes in order, shape (n,), n ≥ 2.
        one_way: Whether cars go only from the first node to the last.
    """

    nodes: Ints
    road_class: RoadClass
    speed_mps: float
    name: Name | None = None
    one_way: bool = False


@dataclass(slots=True)
class RoadPlan:
    """Collects nodes (plan space, metres) and chains while the city is laid out."""

    blocks: list[Floats] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    count: int = 0

    def add_nodes(self, points: Floats) -> Ints:
        """Add nodes at points of the plan, shape (n, 2), and return their numbers."""
        self.blocks.append(np.asarray(points, float))
        numbers = np.arange(self.count, self.count + len(points), dtype=np.int32)
        self.count += len(points)
        return numbers

    def add_chain(self, chain: Chain) -> None:
        """Add a stretch of road, cut where it is long."""
        nodes = chain.nodes
        for start in range(0, len(nodes) - 1, LONGEST_CHAIN):
            part = nodes[start : start + LONGEST_CHAIN + 1]
            self.chains.append(
                Chain(
                    nodes=part,
                    road_class=chain.road_class,
                    speed_mps=chain.speed_mps,
                    name=chain.name,
                    one_way=chain.one_way,
                )
            )

    def points(self) -> Floats:
        """Return all nodes, shape (n, 2)."""
        return np.concatenate(self.blocks)


def nearest(tree: KDTree, points: Floats) -> tuple[Floats, Ints]:
    """Return the distance and the number of the point of the tree nearest to each point."""
    away, number = tree.query(points)
    return np.asarray(away, np.float64), np.asarray(number, np.int32)
