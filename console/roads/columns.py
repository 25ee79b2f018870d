"""A road network in columns: nodes, directed edges and the names of roads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from console.domain.errors import ZhihuiError
from console.geo.arrays import Floats, Ints

Floats32 = NDArray[np.float32]
Bytes = NDArray[np.uint8]


class RoadClass(IntEnum):
    """What kind of road an edge is; the number is stored in city packs."""

    MOTORWAY = 0  # 快速路, no walking
    LINK = 1  # a ramp between roads of different kinds, no walking
    ARTERIAL = 2  # 主干路
    SECONDARY = 3  # 次干路
    TERTIARY = 4  # 支路
    RESIDENTIAL = 5  # 街坊路, 胡同
    FOOTWAY = 6  # no driving


class Mode(StrEnum):
    """How somebody travels."""

    CAR = "car"
    FOOT = "foot"
    BIKE = "bike"


class RoadColumnsError(ZhihuiError):
    """Columns that do not fit together.

    Attributes:
        reason: What does not fit.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The road network does not fit together: {reason}. The city pack it comes from is "
            "damaged; make or import the city again."
        )
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadColumns:
    """A road network as arrays; an edge goes one way, a two-way street is two edges.

    Attributes:
        node_lat: Latitude of each node, WGS-84, shape (n,).
        node_lon: Longitude of each node, shape (n,).
        edge_from: Node each edge leaves, shape (m,).
        edge_to: Node each edge reaches, shape (m,).
        edge_len_m: Length of each edge in metres, shape (m,).
        edge_speed_mps: Usual speed of a car on each edge, shape (m,).
        edge_class: `RoadClass` of each edge, shape (m,).
        edge_name: Row in the table of names for each edge, −1 for none, shape (m,).
    """

    node_lat: Floats
    node_lon: Floats
    edge_from: Ints
    edge_to: Ints
    edge_len_m: Floats32
    edge_speed_mps: Floats32
    edge_class: Bytes
    edge_name: Ints

    def check(self) -> None:
        """Make sure that the columns fit together.

        Raises:
            RoadColumnsError: Lengths differ, an edge names no node, or a figure is impossible.
        """
        nodes, edges = len(self.node_lat), len(self.edge_from)
        if len(self.node_lon) != nodes:
            raise RoadColumnsError(f"{nodes} latitudes, {len(self.node_lon)} longitudes")
        for name in ("edge_to", "edge_len_m", "edge_speed_mps", "edge_class", "edge_name"):
            if len(getattr(self, name)) != edges:
                raise RoadColumnsError(f"{edges} edges but {len(getattr(self, name))} {name}")
        if not edges:
            return
        ends = np.concatenate([self.edge_from, self.edge_to])
        if ends.min() < 0 or ends.max() >= nodes:
            raise RoadColumnsError(f"an edge ends at node {ends.max()} of {nodes}")
        if not (np.all(self.edge_speed_mps > 0) and np.all(self.edge_len_m >= 0)):
            raise RoadColumnsError("a length or a speed is negative, zero or no number")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadName:
    """The name of a road in Chinese and in Latin letters; either may be missing."""

    zh: str | None
    en: str | None


NameTable = Sequence[RoadName]
