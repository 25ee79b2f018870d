"""Readings of sensors: like positions, never in the change log; the newest and the past ones."""

from __future__ import annotations

import msgspec

#: Sensor, Unix milliseconds, value.
ReadingSent = tuple[str, int, float]
MOST_READINGS = 20_000
#: A reading beyond this is none of any sensor there is.
MOST_VALUE = 1e12
#: Past readings are given of so many sensors at once, and of so many days of sensors.
MOST_SENSORS, MOST_SENSOR_DAYS = 50, 31.0


class ReadingsTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What central did with readings: counts.

    Attributes:
        late: Older than what was known.
        unknown: Of sensors that are not in the register.
    """

    accepted: int = 0
    late: int = 0
    unknown: int = 0


class ReadingsTold(msgspec.Struct, frozen=True, kw_only=True):
    """The newest readings.

    Attributes:
        mark: To be given with the next question, which then brings only what is newer.
    """

    mark: int
    rows: list[ReadingSent]


class PastOfSensor(msgspec.Struct, frozen=True, kw_only=True):
    """What one sensor read in the past.

    Attributes:
        rows: Unix milliseconds, to the second, and value, to a hundredth; oldest first.
    """

    sensor: str
    rows: list[tuple[int, float]]
