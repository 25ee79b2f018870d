"""Command bodies about areas drawn on the map."""

from __future__ import annotations

from console.domain.areas import Area, AreaEvent
from console.protocol.body import Body


class PutAreas(Body, frozen=True, kw_only=True):
    """Draw, change or retire areas: fences, closures, events with their posts."""

    areas: tuple[Area, ...]


class TellAreaEvents(Body, frozen=True, kw_only=True):
    """Enter what happened at areas; central says it of what it found itself, nobody else may."""

    events: tuple[AreaEvent, ...]
