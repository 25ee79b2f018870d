"""Road graphs, travel times and routes."""

from console.roads.columns import Mode, RoadClass, RoadColumns, RoadColumnsError, RoadName
from console.roads.graph import BIKE_MPS, FOOT_MPS, NoRouteError, RoadGraph, Route

__all__ = [
    "BIKE_MPS",
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
