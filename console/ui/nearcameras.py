"""Which cameras see a place: those that units sent carry, those that stand near and look there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.domain.ids import CameraId
from console.domain.incidents import Incident
from console.domain.places import Camera
from console.ui.mirror import Mirror
from console.ui.moving import cameras_of_case, place_of

#: How far away a camera may be.
NEAR_WITHIN_M = 600.0
#: A camera looks at what is this far off its bearing: half of a wide lens, and the bearing's error.
HALF_VIEW_DEG = 55.0
#: A camera counts as so many times as far where it looks elsewhere, or nobody knows where it looks.
_TURNED_AWAY, _UNKNOWN = 3.0, 1.5
_METRES_A_DEGREE = 111_320.0
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearCamera:
    """One camera near a place.

    Attributes:
        away_m: How far it is, ``None`` where nobody knows where it is.
        sees: Whether it looks at the place; ``None`` where its bearing is not known, or it moves.
        unit: Call sign of the unit that carries it, "" for one that stands.
        is_sent: Whether that unit was sent to the incident.
    """

    camera: CameraId
    name: str
    away_m: float | None
    sees: bool | None = None
    unit: str = ""
    is_sent: bool = False


class NearCameras:
    """Finds cameras near places; the standing ones lie in columns until they change.

    Args:
        mirror: Knows cameras, units and tasks.
    """

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._standing: list[Camera] = []
        self._moving: list[Camera] = []
        self._columns: Doubles | None = None
        mirror.cameras_changed.connect(self._forget)
        mirror.replaced.connect(self._forget)

    def of(self, incident: Incident) -> list[NearCamera]:
        """Return the cameras of an incident: those sent there, then those near its place."""
        cameras = self._every()
        sent = cameras_of_case(self._mirror, incident.id, cameras)
        found = self.around(incident.lat, incident.lon)
        known = {one.camera: one for one in found}
        first = [self._sent(point, known.get(point)) for point in sent]
        return [*first, *(one for one in found if one.camera not in set(sent))]

    def around(self, lat: float | None, lon: float | None) -> list[NearCamera]:
        """Return the cameras within ``NEAR_WITHIN_M`` of a place, those that see most first.

        Args:
            lat: WGS-84 degrees, ``None`` where the place is not known: then there are none.
            lon: The same.
        """
        if lat is None or lon is None:
            return []
        found = [*self._standing_near(lat, lon), *self._moving_near(lat, lon)]
        return [one for _, one in sorted(found, key=lambda each: (each[0], each[1].camera))]

    def _forget(self, *_: object) -> None:
        self._columns = None

    def _every(self) -> list[Camera]:
        self._read()
        return [*self._standing, *self._moving]

    def _read(self) -> Doubles:
        """Return latitude, longitude and bearing (NaN: not known) of those that stand."""
        if self._columns is None:
            kept = [one for one in self._mirror.cameras() if not one.retired]
            self._moving = [one for one in kept if one.unit is not None]
            self._standing = [one for one in kept
                              if one.unit is None and None not in (one.lat, one.lon)]  # fmt: skip
            rows = [
                (one.lat, one.lon, math.nan if one.bearing_deg is None else one.bearing_deg)
                for one in self._standing
            ]
            self._columns = np.array(rows, np.float64).reshape(-1, 3).T
        return self._columns

    def _standing_near(self, lat: float, lon: float) -> list[tuple[float, NearCamera]]:
        lats, lons, bearings = self._read()
        shrink = math.cos(math.radians(lat))
        north_m = _METRES_A_DEGREE * (lat - lats)
        east_m = _METRES_A_DEGREE * shrink * (lon - lons)
        away_m = np.hypot(north_m, east_m)
        found = []
        for row in np.flatnonzero(away_m <= NEAR_WITHIN_M).tolist():
            camera, away = self._standing[row], float(away_m[row])
            towards_deg = math.degrees(math.atan2(east_m[row], north_m[row]))
            sees, weight = _sight(float(bearings[row]), towards_deg)
            near = NearCamera(camera=camera.id, name=camera.name, away_m=away, sees=sees)
            found.append((away * weight, near))
        return found

    def _moving_near(self, lat: float, lon: float) -> list[tuple[float, NearCamera]]:
        now = self._mirror.now()
        found = []
        for camera in self._moving:
            place = place_of(self._mirror, camera, now)
            if place is None:
                continue
            away_m = _away_m(place, lat, lon)
            if away_m <= NEAR_WITHIN_M:
                near = NearCamera(
                    camera=camera.id, name=camera.name, away_m=away_m, unit=self._sign(camera)
                )
                found.append((away_m, near))
        return found

    def _sent(self, point: CameraId, near: NearCamera | None) -> NearCamera:
        camera = self._mirror.camera(point)
        name = point if camera is None else camera.name
        return NearCamera(
            camera=point,
            name=name,
            away_m=None if near is None else near.away_m,
            unit="" if camera is None else self._sign(camera),
            is_sent=True,
        )

    def _sign(self, camera: Camera) -> str:
        unit = None if camera.unit is None else self._mirror.unit(camera.unit)
        return str(camera.unit or "") if unit is None else unit.call_sign


def _sight(bearing_deg: float, towards_deg: float) -> tuple[bool | None, float]:
    """Return whether a camera looks there, and by how much that makes it farther."""
    if math.isnan(bearing_deg):
        return None, _UNKNOWN
    off_deg = abs((bearing_deg - towards_deg + 180.0) % 360.0 - 180.0)
    sees = off_deg <= HALF_VIEW_DEG
    return sees, 1.0 if sees else _TURNED_AWAY


def _away_m(place: tuple[float, float], lat: float, lon: float) -> float:
    shrink = math.cos(math.radians(lat))
    return _METRES_A_DEGREE * math.hypot(place[0] - lat, (place[1] - lon) * shrink)
