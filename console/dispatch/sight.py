"""Which camera points look at a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.geo.distance import bearing_deg, flat_distance_m

#: Beyond this a person is a few pixels high in a street camera's picture.
SEES_M = 250.0
#: Half the angle of a usual street camera's view.
HALF_VIEW_DEG = 35.0
#: A point this near is shown though it looks elsewhere, or nobody knows where it looks.
BESIDE_M = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One camera point near a place.

    Attributes:
        metres: How far from the place it stands.
        off_deg: How far from the middle of its view the place lies; ``None`` if not known.
        looks: Whether the place lies in its view.
    """

    camera: CameraId
    metres: float
    off_deg: float | None
    looks: bool


def cameras_at(cameras: Iterable[Camera], lat: float, lon: float, k: int = 9) -> list[Sight]:
    """Return the points that see a place, those that look at it first, then the nearest.

    Args:
        cameras: The directory; retired points and those without a position are left out.
        lat: WGS-84 degrees.
        lon: WGS-84 degrees.
        k: At most so many.
    """
    placed = [
        (camera, camera.lat, camera.lon)
        for camera in cameras
        if camera.lat is not None and camera.lon is not None and not camera.retired
    ]
    if not placed:
        return []
    lats = np.array([row[1] for row in placed])
    lons = np.array([row[2] for row in placed])
    away_m = flat_distance_m(lats, lons, lat, lon)
    towards = bearing_deg(lats, lons, lat, lon)
    found = []
    for row in np.flatnonzero(away_m <= SEES_M).tolist():
        camera = placed[row][0]
        off = None if camera.bearing_deg is None else _apart(camera.bearing_deg, towards[row])
        looks = off is not None and off <= HALF_VIEW_DEG
        metres = float(away_m[row])
        if looks or metres <= BESIDE_M:
            found.append(Sight(camera=camera.id, metres=metres, off_deg=off, looks=looks))
    return sorted(found, key=lambda sight: (not sight.looks, sight.metres))[:k]


def _apart(one_deg: float, other_deg: float) -> float:
    return abs((float(other_deg) - one_deg + 180.0) % 360.0 - 180.0)
