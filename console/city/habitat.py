"""What the simulated city takes from its pack: roads, force, homes and addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.city.citizens_places import PlaceBook, make_place_book
from console.city.meters import make_sensors
from console.city.people import make_units
from console.city.settings import CitySettings
from console.domain.sensors import Sensor
from console.domain.units import Unit
from console.roads import RoadGraph
from console.store.citypack import CityPack


@dataclass(frozen=True, slots=True, kw_only=True)
class Habitat:
    """A city as its inhabitants know it.

    Attributes:
        homes: The middle of each unit's home, degrees, latitude first, shape (n, 2).
        book: Its addresses.
        sensors: What measures in it.
        utc_offset_h: Local time less UTC, hours.
    """

    graph: RoadGraph
    units: list[Unit]
    homes: NDArray[np.float64]
    book: PlaceBook
    utc_offset_h: float
    sensors: list[Sensor]


def read_habitat(settings: CitySettings) -> Habitat:
    """Read a city pack.

    Raises:
        CityPackError: It cannot be used.
        NoJurisdictionError: Nobody can be given a home in it.
    """
    with CityPack.open(settings.pack_path) as pack:
        graph = pack.road_graph()
        units = make_units(
            pack, seed=settings.seed, officers=settings.officers, vehicles=settings.vehicles
        )
        return Habitat(
            graph=graph,
            units=units,
            homes=homes_of(pack, units),
            book=make_place_book(pack, graph, seed=settings.seed),
            utc_offset_h=_utc_offset_h(settings, pack),
            sensors=make_sensors(pack, seed=settings.seed),
        )


def homes_of(pack: CityPack, units: Sequence[Unit]) -> NDArray[np.float64]:
    """Return the middle of each unit's home, degrees, shape (n, 2)."""
    middle = {one.id: (one.lat, one.lon) for one in pack.jurisdictions() if one.lat is not None}
    centre = (pack.bounds.south + pack.bounds.north) / 2, (pack.bounds.west + pack.bounds.east) / 2
    homes = [
        middle.get(home, centre) if (home := unit.street or unit.district) else centre
        for unit in units
    ]
    return np.array(homes, dtype=np.float64).reshape(-1, 2)


def _utc_offset_h(settings: CitySettings, pack: CityPack) -> float:
    """Return local time less UTC: as set, else what the longitude says."""
    if settings.utc_offset_h is not None:
        return settings.utc_offset_h
    return float(round((pack.bounds.west + pack.bounds.east) / 2.0 / 15.0))
