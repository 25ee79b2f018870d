"""The way of a unit to a place, and how long it really takes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from console.city.movement import Movement, Travel
from console.city.movement_network import Floats
from console.city.movement_streets import Streets
from console.city.movement_traffic import Traffic
from console.geo.distance import flat_distance_m
from console.roads import FOOT_MPS, Mode, NoRouteError

_LOG = logging.getLogger("zhihui.city")
#: Streets wind; a way that the graph does not know is longer than the straight line.
_WINDING = 1.4
_MODE = {Travel.FOOT: Mode.FOOT, Travel.BIKE: Mode.BIKE, Travel.CAR: Mode.CAR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to a place.

    Attributes:
        lat: Latitudes of its points, shape (n,), the place last.
        lon: Longitudes.
        seconds: How long it takes, traffic included.
    """

    lat: Floats
    lon: Floats
    seconds: float


class Ways:
    """Finds ways; may be called from several threads.

    Args:
        streets: The city's roads as they are at a moment.
        movement: Where units are and how they get about.
        traffic: The truth about journeys.
    """

    def __init__(self, streets: Streets, movement: Movement, traffic: Traffic) -> None:
        self._streets, self._movement, self._traffic = streets, movement, traffic

    def find(self, unit: int, to: tuple[float, float], *, at: datetime, journey: str) -> Way:
        """Return the way of a unit to a place.

        Args:
            unit: Index in the force.
            to: Latitude and longitude of the place.
            at: Departure, aware UTC.
            journey: What tells this journey from others.
        """
        lats, lons = self._movement.latlon(np.array([unit]))
        lat, lon = float(lats[0]), float(lons[0])
        travel = Travel(int(self._movement.travel[unit]))
        try:
            route = self._streets.ways(at).route(lat, lon, *to, mode=_MODE[travel])
        except NoRouteError as error:
            _LOG.warning("%s The unit goes straight there.", error)
            metres = _WINDING * float(flat_distance_m(lat, lon, *to))
            points, seconds = np.array([[lat, lon], to]), metres / FOOT_MPS
        else:
            points, seconds = route.points, route.seconds
        real_s = self._traffic.travel_s(
            seconds,
            journey,
            on_wheels=travel is Travel.CAR,
            own=float(self._movement.own[unit]),
        )
        return Way(lat=points[:, 0], lon=points[:, 1], seconds=real_s)
