"""Cameras that move (车载取证, 执法记录仪): where they are, and who carries one to a case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.ui.mirror import Mirror

#: A unit whose last fix is older than this may be elsewhere by now.
FRESH_S = 180.0


def place_of(mirror: Mirror, camera: Camera, at: datetime) -> tuple[float, float] | None:
    """Return latitude and longitude of a camera: its unit's for one that moves.

    Args:
        mirror: Knows units and their fixes.
        camera: Any.
        at: Now, aware UTC.

    Returns:
        ``None`` where nobody knows, or where a unit's last fix is older than ``FRESH_S``.
    """
    if camera.unit is None:
        if camera.lat is None or camera.lon is None:
            return None
        return camera.lat, camera.lon
    unit, force = mirror.unit(camera.unit), mirror.force
    if unit is None or force is None or not 0 <= unit.no < len(force):
        return None
    t_ms = int(force.t_ms[unit.no])
    if t_ms <= 0 or at.timestamp() - t_ms / 1000 > FRESH_S:
        return None
    return float(force.lat[unit.no]), float(force.lon[unit.no])


def cameras_of_case(mirror: Mirror, incident: str, cameras: Iterable[Camera]) -> list[CameraId]:
    """Return the cameras that the units sent to an incident carry."""
    sent = {one.unit for one in mirror.assignments_of(incident) if one.is_running}
    return [
        camera.id for camera in cameras
        if camera.unit is not None and camera.unit in sent and not camera.retired
    ]  # fmt: skip
