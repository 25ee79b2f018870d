"""Fixes: order, de-duplication, age, the live force in columns."""

from console.tracking.columns import ForceColumns
from console.tracking.force import IngestCounts, LiveForce
from console.tracking.frames import FrameOrder, pack_frame
from console.tracking.fresh import Freshness, FreshnessLimits

__all__ = [
    "ForceColumns",
    "FrameOrder",
    "Freshness",
    "FreshnessLimits",
    "IngestCounts",
    "LiveForce",
    "pack_frame",
]
