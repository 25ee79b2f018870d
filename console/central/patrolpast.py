"""Where violations were in the past, by camera point: what pages ordered by yield are found from.

An incident counts at each point that looks at its place, and at each that stands beside it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from sqlalchemy import Connection, select

from console.dispatch.sight import BESIDE_M, HALF_VIEW_DEG, SEES_M
from console.domain.incidents import Stage
from console.domain.permissions import Remit
from console.geo.distance import LocalPlane
from console.protocol.patrol import PatrolPast
from console.store.tables import CAMERA, INCIDENT

MOST_DAYS = 366
HOURS = 24
#: Points looked at for one incident, the nearest.
_NEAREST = 8


def past_of(
    connection: Connection,
    remit: Remit,
    *,
    at: datetime,
    days: int,
    zone: ZoneInfo,
    form: str | None = None,
) -> PatrolPast:
    """Count the incidents of the last days at the points that could have seen them.

    Args:
        connection: Of central's database; only read.
        remit: Whose districts.
        at: Now, aware UTC.
        days: How far back.
        zone: The city's, for the hours.
        form: Of this form only.
    """
    points, places = _points(connection, remit)
    asked = select(INCIDENT.c.lat, INCIDENT.c.lon, INCIDENT.c.opened_at).where(
        INCIDENT.c.lat.is_not(None),
        INCIDENT.c.lon.is_not(None),
        INCIDENT.c.opened_at >= at - timedelta(days=days),
        INCIDENT.c.stage != Stage.CANCELLED,
        INCIDENT.c.joined_to.is_(None),
    )
    if remit.districts is not None:
        asked = asked.where(INCIDENT.c.district.in_(sorted(remit.districts)))
    if form is not None:
        asked = asked.where(INCIDENT.c.form == form)
    rows = connection.execute(asked).all()
    counts: dict[str, tuple[int, ...]] = {}
    if rows and points:
        where = np.array([(row[0], row[1]) for row in rows])
        hours = np.array([row[2].astimezone(zone).hour for row in rows])
        table = _counted(places, where, hours)
        for row in np.flatnonzero(table.any(axis=1)).tolist():
            counts[points[row]] = tuple(table[row].tolist())
    return PatrolPast(days=days, form=form, counts=counts)


def _points(connection: Connection, remit: Remit) -> tuple[list[str], NDArray[np.float64]]:
    """Return the standing points and, for each, latitude, longitude and bearing (NaN: unknown)."""
    camera = CAMERA.c
    query = select(camera.id, camera.lat, camera.lon, camera.bearing_deg).where(
        camera.retired.is_(False), camera.lat.is_not(None), camera.lon.is_not(None),
        camera.unit.is_(None),
    )  # fmt: skip
    if remit.districts is not None:
        query = query.where(camera.district.in_(sorted(remit.districts)))
    rows = connection.execute(query).all()
    return [row[0] for row in rows], np.array([row[1:] for row in rows], float).reshape(-1, 3)


def _counted(
    points: NDArray[np.float64], incidents: NDArray[np.float64], hours: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return how many incidents each point could have seen by hour, shape (points, 24).

    Args:
        points: Latitude, longitude, bearing in degrees, shape (n, 3).
        incidents: Latitude and longitude, shape (m, 2).
        hours: Of each incident, shape (m,).
    """
    plane = LocalPlane(float(points[:, 0].mean()), float(points[:, 1].mean()))
    at = np.column_stack(plane.to_metres(points[:, 0], points[:, 1]))
    where = np.column_stack(plane.to_metres(incidents[:, 0], incidents[:, 1]))
    nearest = min(_NEAREST, len(points))
    found = cKDTree(at).query(where, k=nearest, distance_upper_bound=SEES_M)
    metres, rows = (np.asarray(one).reshape(len(where), nearest) for one in found)
    incident, rank = np.nonzero(np.isfinite(metres))
    point, away_m = rows[incident, rank], metres[incident, rank]
    towards = where[incident] - at[point]
    bearing = np.degrees(np.arctan2(towards[:, 0], towards[:, 1]))
    off = np.abs((bearing - points[point, 2] + 180.0) % 360.0 - 180.0)
    sees = (away_m <= BESIDE_M) | (off <= HALF_VIEW_DEG)  # an unknown bearing is never near enough
    table = np.zeros((len(points), HOURS), np.int64)
    np.add.at(table, (point[sees], hours[incident[sees]]), 1)
    return table


def now() -> datetime:
    """Return the time until which the past is counted."""
    return datetime.now(UTC)
