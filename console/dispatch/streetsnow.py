"""The roads and the units as they are at a moment, for whoever reckons times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.geo.arrays import Floats
from console.roads.graph import RoadGraph


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StreetsNow:
    """What fixes have told of roads and of those who travel.

    Attributes:
        graph: The roads at the speeds cars have now.
        level: By what factor times by car are longer now than on free roads, all over the city.
        own: By what factor each unit's times are longer than usual, by unit number, shape (k,).
    """

    graph: RoadGraph
    level: float
    own: Floats

    def own_of(self, no: NDArray[np.integer]) -> Floats:
        """Return the factor of each unit; 1 for those of whom nothing is known."""
        if not len(self.own):
            return np.ones(len(no))
        known = no < len(self.own)
        return np.where(known, self.own[np.where(known, no, 0)], 1.0)

    @property
    def quickest(self) -> float:
        """The least factor of a unit, at most 1."""
        return min(1.0, float(self.own.min())) if len(self.own) else 1.0
