"""Road graphs, travel times and routes."""

from console.roads.columns import Mode, RoadClass, RoadColumns, RoadColumnsError, RoadName
from console.roads.graph import FOOT_MPS, NoRouteError, RoadGraph, Route

__all__ = [
    "FOOT_MPS",
    "Mode",
    "NoRouteError",
    "RoadClass",
    "RoadColumns",
    "RoadColumnsError",
    "RoadGraph",
    "RoadName",
    "Route",
]
