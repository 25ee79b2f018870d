"""Command bodies about areas drawn on the map."""

from __future__ import annotations

from console.domain.areas import Area
from console.protocol.body import Body


class PutAreas(Body, frozen=True, kw_only=True):
    """Draw, change or retire areas: fences, closures, events with their posts."""

    areas: tuple[Area, ...]
