"""How camera points have done: online rate, good-picture rate, mean time to repair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.video.looks import LooksReader


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRecord:
    """How a point has done.

    Attributes:
        faults_now: Codes of the faults it has.
        since: When the oldest of them began, aware UTC.
        online_rate: Share of the looks that brought a picture, ``None`` without looks.
        good_rate: Share of the looks that brought a good one.
        repair_h: Mean time from a fault's beginning to its end, ``None`` if none has ended.
    """

    point: CameraId
    name: str
    owner: str | None
    district: str | None
    faults_now: tuple[str, ...]
    since: datetime | None
    online_rate: float | None
    good_rate: float | None
    repair_h: float | None
    faults: int
    looks: int


def records(looks: LooksReader, cameras: Iterable[Camera], *, since: datetime) -> list[PointRecord]:
    """Return the record of every point since a time, those with faults first.

    Args:
        looks: The sweep's.
        cameras: The points.
        since: Aware UTC.
    """
    tallies = looks.tallies(since)
    faults: dict[CameraId, list[tuple[str, datetime, datetime | None]]] = {}
    for point, fault, began, ended in looks.faults(since):
        faults.setdefault(point, []).append((fault, began, ended))
    found = []
    for camera in cameras:
        own = faults.get(camera.id, [])
        visits, pictures, good = tallies.get(camera.id, (0, 0, 0))
        running = [(fault, began) for fault, began, ended in own if ended is None]
        repaired = [ended - began for _, began, ended in own if ended is not None]
        mean = sum(repaired, timedelta()) / len(repaired) if repaired else None
        found.append(
            PointRecord(
                point=camera.id,
                name=camera.name,
                owner=camera.owner,
                district=camera.district,
                faults_now=tuple(sorted(fault for fault, _ in running)),
                since=min((began for _, began in running), default=None),
                online_rate=pictures / visits if visits else None,
                good_rate=good / visits if visits else None,
                repair_h=None if mean is None else mean.total_seconds() / 3600,
                faults=len(own),
                looks=visits,
            )
        )
    found.sort(key=lambda one: (not one.faults_now, one.good_rate or 0.0, one.point))
    return found


def month_ago() -> datetime:
    """Return the usual beginning of the statistics, aware UTC."""
    return datetime.now(UTC) - timedelta(days=30)
