"""Sensors on the map: the register's rows with their newest readings."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, QObject

from console.domain.sensors import Sensor, SensorKind, SensorState
from console.ui.mapfeed import MapFeed
from console.ui.mapsprites import SensorShown
from console.ui.mirror import Mirror
from console.ui.sensorreadings import SensorReadings
from console.ui.words import age_text


def _noop(context: str, source: str) -> str:
    """Mark a text to be translated when it is shown."""
    return source


class MapSensors(QObject):
    """Shows the sensors of the register with their readings on a map's feed.

    Args:
        readings: What they read, and what they have read.
    """

    def __init__(
        self,
        mirror: Mirror,
        feed: MapFeed,
        readings: SensorReadings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._mirror, self._feed = mirror, feed
        self.readings = readings
        readings.looked.connect(self.show)
        self.show()

    def show(self) -> None:
        """Put every sensor on the map as it stands now."""
        now = self._mirror.now()
        self._feed.set_sensors([self._shown(one, now) for one in self.readings.sensors()])

    def _shown(self, sensor: Sensor, now: datetime) -> SensorShown:
        reading = self.readings.newest(sensor.id)
        return SensorShown(sensor=sensor, reading=reading, state=sensor.state(reading, now))


def kind_word(kind: SensorKind) -> str:
    """Return what a kind of sensor measures, in the language shown."""
    words = {
        SensorKind.NOISE: _noop("MapSensors", "Noise"),
        SensorKind.DUST: _noop("MapSensors", "Dust"),
        SensorKind.WATER: _noop("MapSensors", "Water level"),
        SensorKind.GAS: _noop("MapSensors", "Gas"),
    }
    return QCoreApplication.translate("MapSensors", words[kind])


def sensor_text(shown: SensorShown, now: datetime) -> str:
    """Return what a sensor says: its value, its limit, how old that is, or that it is silent."""
    sensor, reading = shown.sensor, shown.reading
    if reading is None:
        return QCoreApplication.translate("MapSensors", "no reading yet")
    age = age_text((now - reading.at).total_seconds())
    value = f"{reading.value:.1f} {sensor.unit}"
    if shown.state is SensorState.SILENT:
        silent = QCoreApplication.translate("MapSensors", "silent for {0} · last {1}")
        return silent.format(age, value)
    parts = [value]
    limits = [f"{one:g}" for one in (sensor.low_limit, sensor.limit) if one is not None]
    if limits:
        limit = QCoreApplication.translate("MapSensors", "limit {0}")
        parts.append(limit.format(" – ".join(limits)))
    parts.append(age)
    return " · ".join(parts)
