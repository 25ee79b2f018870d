"""Sensors on the map: the register's rows with the newest readings, asked of central."""

from __future__ import annotations

import logging
from concurrent.futures import CancelledError, Future
from datetime import UTC, datetime
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal, Slot

from console.domain.errors import ZhihuiError
from console.domain.sensors import Reading, Sensor, SensorKind, SensorState
from console.protocol.readings import ReadingsTold
from console.ui.mapfeed import MapFeed
from console.ui.mapsprites import SensorShown
from console.ui.mirror import Mirror
from console.ui.words import age_text

_LOG = logging.getLogger("zhihui.map")
#: Central is asked for newer readings so often; what has fallen silent is seen as soon.
ASK_MS = 5_000


def _noop(context: str, source: str) -> str:
    """Mark a text to be translated when it is shown."""
    return source


class ReadingSource(Protocol):
    """Gives readings."""

    def readings(self, after: int) -> Future[ReadingsTold]:
        """Return the readings newer than a mark, to come."""


class MapSensors(QObject):
    """Follows the sensors of the register and their readings on behalf of a map's feed."""

    _came = Signal(object)

    def __init__(
        self,
        mirror: Mirror,
        feed: MapFeed,
        source: ReadingSource,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._mirror, self._feed, self._source = mirror, feed, source
        self._readings: dict[str, Reading] = {}
        self._mark = 0
        self._is_asking = False
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)
        mirror.tables_changed.connect(self._note)
        mirror.replaced.connect(self._forget_mark)
        self._clock = QTimer(self, interval=ASK_MS)
        self._clock.timeout.connect(self.ask)
        self._clock.start()
        self.show()
        QTimer.singleShot(0, self, self.ask)

    def stop(self) -> None:
        """Ask no more."""
        self._clock.stop()

    def ask(self) -> None:
        """Ask central what is newer, and look at what has fallen silent."""
        self.show()
        link = self._mirror.link
        if self._is_asking or link is None or not link.is_live or not self._sensors():
            return
        self._is_asking = True
        self._source.readings(self._mark).add_done_callback(
            lambda done: self._came.emit(_outcome(done))
        )

    def show(self) -> None:
        """Put every sensor on the map as it stands now."""
        now = self._mirror.now()
        self._feed.set_sensors([self._shown(one, now) for one in self._sensors()])

    def _sensors(self) -> list[Sensor]:
        return sorted(
            (one for one in self._mirror.every(Sensor) if not one.retired), key=lambda one: one.id
        )

    def _shown(self, sensor: Sensor, now: datetime) -> SensorShown:
        reading = self._readings.get(sensor.id)
        return SensorShown(sensor=sensor, reading=reading, state=sensor.state(reading, now))

    def _note(self, kind: str, _ids: list[str]) -> None:
        if kind == "sensor":
            self.show()

    def _forget_mark(self) -> None:
        self._mark = 0  # central may be another one, whose marks mean something else

    @Slot(object)
    def _take(self, outcome: object) -> None:
        self._is_asking = False
        if isinstance(outcome, ReadingsTold):
            self._mark = outcome.mark
            for sensor, t_ms, value in outcome.rows:
                at = datetime.fromtimestamp(t_ms / 1000, tz=UTC)
                self._readings[sensor] = Reading(sensor=sensor, at=at, value=value)
            self.show()
        elif isinstance(outcome, ZhihuiError | CancelledError):
            _LOG.info("readings of sensors did not come: %s", outcome)
        elif isinstance(outcome, BaseException):
            raise outcome


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
    if sensor.limit is not None:
        limit = QCoreApplication.translate("MapSensors", "limit {0}")
        parts.append(limit.format(f"{sensor.limit:g}"))
    parts.append(age)
    return " · ".join(parts)


def _outcome(done: Future[ReadingsTold]) -> object:
    try:
        return done.result()
    except (Exception, CancelledError) as error:  # noqa: BLE001 - told where it is taken
        return error
