"""Free units as the crow flies: a first guess where no road times were worked out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from console.domain.units import Unit
from console.ui.mirror import Mirror


def nearest_by_air(
    mirror: Mirror, incident_id: str, units: Sequence[Unit], count: int
) -> list[str]:
    """Return the call signs of the units nearest to an incident, the nearest first."""
    incident, force = mirror.incident(incident_id), mirror.force
    if incident is None or incident.lat is None or incident.lon is None or force is None:
        return []
    has_fix = force.has_fix
    located = [unit for unit in units if unit.no < len(force) and has_fix[unit.no]]
    nos = np.array([unit.no for unit in located], dtype=np.int64)
    north = force.lat[nos] - incident.lat
    east = (force.lon[nos] - incident.lon) * np.cos(np.radians(incident.lat))
    order = np.argsort(np.hypot(north, east), kind="stable")[:count]
    return [located[at].call_sign for at in order.tolist()]
