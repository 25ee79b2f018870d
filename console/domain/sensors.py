"""Sensors (传感器): what they measure, where they stand, and what their last reading is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum

from console.domain.ids import JurisdictionId


class SensorKind(StrEnum):
    """What a sensor measures."""

    NOISE = "noise"
    DUST = "dust"
    WATER = "water"
    GAS = "gas"


#: Unit each kind's values are in.
UNITS: dict[SensorKind, str] = {
    SensorKind.NOISE: "dB(A)",
    SensorKind.DUST: "µg/m³",
    SensorKind.WATER: "cm",
    SensorKind.GAS: "%LEL",
}
#: A sensor that has missed so many of its readings says nothing any more.
MISSED = 3
#: Priority of an alarm where none is entered.
LOW = 3
_DAY_MIN = 24 * 60


class SensorState(StrEnum):
    """What is known of a sensor now; "over" is at or beyond either of its limits."""

    SILENT = "silent"
    NORMAL = "normal"
    OVER = "over"


class Side(StrEnum):
    """Beyond which of its limits a value lies."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """One sensor.

    Attributes:
        limit: Value from which it has to be looked into; ``None`` where there is no such value.
        low_limit: Value down from which it has to be looked into.
        period_s: How often it sends a reading.
        owner: Who keeps it, a construction site for one.
        alarm_after_s: Beyond a limit for so long is an alarm, 0 at once; ``None``: never one.
        alarm_silent_s: Without a reading for so long is an alarm; ``None``: never one.
        alarm_from: Time of day, ``HH:MM`` in the city's zone, from which what is beyond a limit
            is an alarm; with `alarm_until`, or none of both for the whole day.
        alarm_until: Time of day at which that ends; before `alarm_from`, it is of the next day.
        alarm_priority: 1 high, 2 medium, 3 low; ``None`` is `LOW`.
        response: What is to be done, as the site says it.
        noise_class: Code of the noise limits that a noise meter without a limit of its own has:
            those of its area (GB 3096, "2", "4a") or of a building site ("site").
    """

    id: str
    kind: SensorKind
    name: str
    lat: float | None = None
    lon: float | None = None
    district: JurisdictionId | None = None
    street: JurisdictionId | None = None
    limit: float | None = None
    low_limit: float | None = None
    period_s: int = 60
    owner: str | None = None
    alarm_after_s: int | None = None
    alarm_silent_s: int | None = None
    alarm_from: str | None = None
    alarm_until: str | None = None
    alarm_priority: int | None = None
    response: str | None = None
    noise_class: str | None = None
    retired: bool = False
    version: int = 0

    @property
    def unit(self) -> str:
        """Unit of its values."""
        return UNITS[self.kind]

    @property
    def silent_after(self) -> timedelta:
        """Age from which its last reading says nothing of the present."""
        return timedelta(seconds=MISSED * self.period_s)

    def state(self, reading: Reading | None, at: datetime) -> SensorState:
        """Return what its last reading says at a time."""
        if reading is None or at - reading.at > self.silent_after:
            return SensorState.SILENT
        return SensorState.NORMAL if self.side(reading.value) is None else SensorState.OVER

    def side(self, value: float) -> Side | None:
        """Return beyond which limit a value lies, ``None`` between them."""
        if self.limit is not None and value >= self.limit:
            return Side.ABOVE
        if self.low_limit is not None and value <= self.low_limit:
            return Side.BELOW
        return None

    def watched_since(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Return since when what is beyond a limit is an alarm, ``None`` while it is none.

        The whole day is watched where no hours are entered; then it is the beginning of time.

        Args:
            at: Now, aware.
            zone: The city's.
        """
        if self.alarm_from is None or self.alarm_until is None:
            return datetime.min.replace(tzinfo=zone)
        local = at.astimezone(zone)
        begins, ends = _minute_of(self.alarm_from), _minute_of(self.alarm_until)
        now = local.hour * 60 + local.minute
        passed = (now - begins) % _DAY_MIN
        if passed >= ((ends - begins) % _DAY_MIN or _DAY_MIN):
            return None
        return local.replace(second=0, microsecond=0) - timedelta(minutes=passed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of a sensor.

    Attributes:
        at: When it was measured, aware UTC.
        value: In the unit of the sensor's kind.
    """

    sensor: str
    at: datetime
    value: float


def _minute_of(clock: str) -> int:
    at = time.fromisoformat(clock)
    return at.hour * 60 + at.minute
