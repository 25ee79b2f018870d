"""Sensors (传感器): what they measure, where they stand, and what their last reading is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
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


class SensorState(StrEnum):
    """What is known of a sensor now."""

    SILENT = "silent"
    NORMAL = "normal"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """One sensor.

    Attributes:
        limit: Value from which it has to be looked into; ``None`` where there is no such value.
        period_s: How often it sends a reading.
        owner: Who keeps it, a construction site for one.
    """

    id: str
    kind: SensorKind
    name: str
    lat: float | None = None
    lon: float | None = None
    district: JurisdictionId | None = None
    street: JurisdictionId | None = None
    limit: float | None = None
    period_s: int = 60
    owner: str | None = None
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
        is_over = self.limit is not None and reading.value >= self.limit
        return SensorState.OVER if is_over else SensorState.NORMAL


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
