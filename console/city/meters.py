"""Sensors of the simulated city: noise and dust at sites, water at stations, gas at markets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from console.domain.sensors import Sensor, SensorKind
from console.geo.arrays import Floats
from console.protocol.readings import ReadingSent
from console.store.citypack import CityPack, Place

#: Kind of place, kind of sensor, share of those places that has one, value to be looked into.
_FITTED: tuple[tuple[str, SensorKind, float, float], ...] = (
    ("site", SensorKind.NOISE, 1.0, 70.0),
    ("site", SensorKind.DUST, 0.5, 150.0),
    ("station", SensorKind.WATER, 0.3, 27.0),
    ("market", SensorKind.GAS, 0.3, 10.0),
    ("restaurant", SensorKind.GAS, 0.3, 10.0),
)
_PERIOD_S = 60
#: What raises an alarm beyond its limit for so long, and from and until which time of day: by day
#: sites may be loud. A sensor that is silent for two hours is looked after.
_ALARMS: dict[SensorKind, tuple[int, str | None, str | None, int]] = {
    SensorKind.NOISE: (300, "22:00", "06:00", 3),
    SensorKind.DUST: (900, None, None, 3),
    SensorKind.WATER: (120, None, None, 2),
    SensorKind.GAS: (60, None, None, 1),
}
_SILENT_ALARM_S = 7200
_NOISE_ELSEWHERE = 60
#: Share of sensors that say nothing in an hour, and of sites that build at night.
_SILENT, _NIGHT_SITES = 0.02, 0.05
_DAY_FROM_H, _DAY_UNTIL_H, _NIGHT_FROM_H, _NIGHT_UNTIL_H = 6, 22, 22, 2


def make_sensors(pack: CityPack, *, seed: int) -> list[Sensor]:
    """Return the sensors of a city; the same seed and city give the same.

    Where nobody builds, as in a city from a map, places of any kind have the noise meters.
    """
    rng = np.random.default_rng([seed, 0x5E45])
    fitted: dict[SensorKind, list[tuple[Place, float]]] = {kind: [] for kind in SensorKind}
    for place_kind, kind, share, limit in _FITTED:
        chosen = [one for one in pack.places([place_kind]) if rng.random() < share]
        fitted[kind] += [(place, limit) for place in chosen]
    if not fitted[SensorKind.NOISE]:
        others = [one for one in pack.all_places() if one.kind != "address"]
        which = rng.permutation(len(others))[:_NOISE_ELSEWHERE]
        fitted[SensorKind.NOISE] = [(others[number], 70.0) for number in sorted(which.tolist())]
    return [
        sensor
        for kind, places in fitted.items()
        if places
        for sensor in _placed(pack, kind, places)
    ]


def _placed(
    pack: CityPack, kind: SensorKind, places: Sequence[tuple[Place, float]]
) -> Iterator[Sensor]:
    lat = np.array([place.lat for place, _ in places])
    lon = np.array([place.lon for place, _ in places])
    districts, streets = pack.districts_at(lat, lon)
    after_s, begins, ends, priority = _ALARMS[kind]
    for number, ((place, limit), district, street) in enumerate(
        zip(places, districts, streets, strict=True), start=1
    ):
        yield Sensor(
            id=f"{kind.value}-{number:04d}",
            kind=kind,
            name=_name(place),
            lat=place.lat,
            lon=place.lon,
            district=district,
            street=street,
            limit=limit,
            period_s=_PERIOD_S,
            owner=place.kind,
            alarm_after_s=after_s,
            alarm_silent_s=_SILENT_ALARM_S,
            alarm_from=begins,
            alarm_until=ends,
            alarm_priority=priority,
        )


def _name(place: Place) -> str:
    return place.name_zh or place.name_en or place.address


class Meters:
    """What the sensors read.

    Args:
        sensors: As `make_sensors` gives them.
        seed: Of what they read.
        utc_offset_h: Local time less UTC, hours.
    """

    def __init__(self, sensors: Sequence[Sensor], *, seed: int, utc_offset_h: float) -> None:
        self._sensors, self._seed = sensors, seed
        self._offset = timedelta(hours=utc_offset_h)
        self._kinds = np.array([list(SensorKind).index(one.kind) for one in sensors], np.int64)
        self._turns = np.arange(len(sensors)) % _PERIOD_S
        self._until_s: int | None = None

    def due(self, now: datetime) -> list[ReadingSent]:
        """Return the readings that fell due since the last call, at most a minute's."""
        second = int(now.timestamp())
        first = second - 1 if self._until_s is None else self._until_s
        first, self._until_s = max(first, second - _PERIOD_S), second
        rows: list[ReadingSent] = []
        for at_s in range(first + 1, second + 1):
            which = np.flatnonzero(self._turns == at_s % _PERIOD_S)
            rows += self._read(which, at_s)
        return rows

    def _read(self, which: np.ndarray, at_s: int) -> list[ReadingSent]:
        local = datetime.fromtimestamp(at_s, tz=UTC) + self._offset
        values = self.values(local)
        silent = self._drawn(at_s // 3600, 1) < _SILENT
        return [
            (self._sensors[number].id, at_s * 1000, round(float(values[number]), 1))
            for number in which.tolist()
            if not silent[number]
        ]

    def _drawn(self, *key: int) -> Floats:
        return np.random.default_rng([self._seed, *key]).random(len(self._sensors))

    def values(self, local: datetime) -> Floats:
        """Return what every sensor reads at a local time, shape (n,)."""
        minute = int(local.timestamp()) // 60
        hour = local.hour
        works = _DAY_FROM_H <= hour < _DAY_UNTIL_H
        # A night's work begins on one day and ends on the next: the draw is that of its evening.
        evening = (local - timedelta(hours=12)).toordinal()
        at_night = (hour >= _NIGHT_FROM_H) | (hour < _NIGHT_UNTIL_H)
        builds = (self._drawn(evening, 2) < _NIGHT_SITES) & at_night
        noise = np.random.default_rng([self._seed, minute, 3]).normal(0.0, 1.0, len(self._sensors))
        base = {
            SensorKind.NOISE: np.where(works, 61.0, 47.0) + 27.0 * builds + 2.4 * noise,
            SensorKind.DUST: np.where(works, 70.0, 45.0) + 40.0 * builds + 14.0 * noise,
            SensorKind.WATER: np.maximum(0.0, 3.0 + 2.0 * noise),
            SensorKind.GAS: np.maximum(0.0, 0.8 + 0.5 * noise),
        }
        stacked = np.stack([base[kind] for kind in SensorKind])
        return np.asarray(stacked[self._kinds, np.arange(len(self._sensors))], float)
