"""What one tile of the wall and its strip show: frozen values that widgets paint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from PySide6.QtGui import QImage

from console.domain.ids import CameraId
from console.patrol.layouts import GRIDS, MOST_TILES, Cell, cells_of
from console.video.diagnosis import Finding
from console.video.pointrecords import PointRecord
from console.video.trouble import Trouble


class TileKind(StrEnum):
    """What a tile shows.

    ``LIVE`` a picture of now; ``STALE`` the last one of a stream that has stopped; ``LOOK`` the
    sweep's last picture, marked with its age; ``CONNECTING`` and ``FAILED`` words, for want of any
    picture; ``EMPTY`` a tile the page has no point for.
    """

    LIVE = "live"
    STALE = "stale"
    LOOK = "look"
    CONNECTING = "connecting"
    FAILED = "failed"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class TileView:
    """One tile.

    Attributes:
        image: What to paint, in device pixels of the tile; ``None`` where there are only words.
        taken_at: When the picture was taken, aware UTC.
        age_s: Its age.
        trouble: Why there is no live picture.
        sentence: The same in words, English, with the address.
        finding: The worst the diagnosis found in the sweep's last visit.
    """

    kind: TileKind
    camera: CameraId | None = None
    name: str = ""
    image: QImage | None = None
    taken_at: datetime | None = None
    age_s: float | None = None
    trouble: Trouble | None = None
    sentence: str | None = None
    finding: Finding | None = None
    pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One point of the plan that needs somebody to look after it."""

    camera: CameraId
    name: str
    trouble: Trouble | None = None
    finding: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """One point that was not looked at today.

    Attributes:
        district: Id of its district.
        by_person_at: When a person last looked at it, aware UTC; ``None``: not that is known here.
        by_sweep_at: When the sweep last had its picture.
        trouble: Why the sweep has none.
    """

    camera: CameraId
    name: str
    district: str | None = None
    by_person_at: datetime | None = None
    by_sweep_at: datetime | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StripView:
    """What the strip beside the tiles says.

    Attributes:
        plan: Name of the plan.
        page: From one.
        round_s: How long a whole round takes.
        progress: How much of its dwell the page has had, 0 to 1.
        by_person: Points of the plan people have seen today.
        by_sweep: Points only the sweep has seen today.
        unseen: Points nobody has seen today.
        sweep_age_s: Since the sweep last wrote a visit, ``None`` where it never has.
        sweep_slowed: Whether it goes slower than it may, to leave the machine to others.
        repairs: Points with faults, the worst first.
    """

    plan: str
    page: int
    pages: int
    round_s: float
    progress: float = 0.0
    held: bool = False
    points: int = 0
    by_person: int = 0
    by_sweep: int = 0
    unseen: int = 0
    sweep_age_s: float | None = None
    sweep_slowed: bool = False
    repairs: tuple[Repair, ...] = ()


__all__ = [
    "GRIDS",
    "MOST_TILES",
    "Cell",
    "Finding",
    "PointRecord",
    "Repair",
    "StripView",
    "TileKind",
    "TileView",
    "Trouble",
    "Unseen",
    "cells_of",
]
