"""Readings of sensors, asked of central: the newest of each, since when it is beyond, the past."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, Future
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from console.alarms.sensorrules import SensorSeen, beyond_since
from console.domain.errors import ZhihuiError
from console.domain.sensors import Reading, Sensor, Side
from console.protocol.readings import MOST_SENSORS, PastOfSensor, ReadingsTold
from console.ui.mirror import Mirror
from console.ui.outcomes import outcome_of
from console.ui.rulebook import RuleBook

_LOG = logging.getLogger("zhihui.sensors")
#: Central is asked for newer readings so often; what has fallen silent is seen as soon.
ASK_MS = 5_000
#: A sensor found beyond its limit is looked back at so far, at least.
_BACK = timedelta(hours=1)


class ReadingSource(Protocol):
    """Gives readings."""

    def readings(self, after: int) -> Future[ReadingsTold]:
        """Return the readings newer than a mark, to come."""

    def past_readings(
        self, sensors: Sequence[str], from_ms: int, to_ms: int
    ) -> Future[list[PastOfSensor]]:
        """Return what sensors read between two times, Unix milliseconds, to come."""


class SensorReadings(QObject):
    """Holds the newest reading of each sensor of the register.

    Signals:
        looked: Readings may have come, sensors changed, and time has passed.
    """

    looked = Signal()
    _came = Signal(object)
    _past_came = Signal(object, object)

    def __init__(
        self, mirror: Mirror, source: ReadingSource, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._mirror, self._source = mirror, source
        self._book = RuleBook(mirror)
        self._judged_by: dict[str, Sensor] = {}
        self._readings: dict[str, Reading] = {}
        self._beyond: dict[str, tuple[Side, datetime]] = {}
        self._past_missed: set[str] = set()
        self._mark = 0
        self._is_asking = False
        self._first_at: datetime | None = None
        self.answered_at: datetime | None = None
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._past_came.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)
        mirror.tables_changed.connect(self._note)
        mirror.replaced.connect(self._forget_mark)
        self._clock = QTimer(self, interval=ASK_MS)
        self._clock.timeout.connect(self.ask)
        self._clock.start()
        QTimer.singleShot(0, self, self.ask)

    def stop(self) -> None:
        """Ask no more."""
        self._clock.stop()

    def sensors(self) -> list[Sensor]:
        """Return the sensors in use with the limits and alarms they have now, by id."""
        rows = (one for one in self._mirror.every(Sensor) if not one.retired)
        return sorted(map(self._book.in_force, rows), key=lambda one: one.id)

    def sensor(self, sensor_id: str) -> Sensor | None:
        """Return a sensor with the limits and alarms it has now."""
        row = self._mirror.row_of(Sensor, sensor_id)
        return None if row is None else self._book.in_force(row)

    def newest(self, sensor: str) -> Reading | None:
        """Return the newest reading of a sensor."""
        return self._readings.get(sensor)

    def seen(self) -> list[SensorSeen]:
        """Return every sensor with what is known of it; none before central has answered."""
        if self._first_at is None:
            return []
        return [
            SensorSeen(
                sensor=one,
                reading=self._readings.get(one.id),
                beyond_since=self._since(one.id),
                known_since=self._first_at,
                peak=self._peak(one.id),
            )
            for one in self.sensors()
        ]

    def _peak(self, sensor_id: str) -> float | None:
        row = self._mirror.row_of(Sensor, sensor_id)
        return None if row is None else self._book.peak(row)

    @property
    def is_live(self) -> bool:
        """Whether central can be asked."""
        return self._mirror.link is not None and self._mirror.link.is_live

    def past(
        self,
        sensor: str,
        since: timedelta,
        take: Callable[[list[tuple[int, float]] | None], None],
    ) -> None:
        """Ask central what a sensor read lately.

        Args:
            sensor: Its id.
            since: How far back.
            take: Gets Unix milliseconds and values, oldest first, or ``None`` if they did not
                come; called in this thread, once.
        """
        if not self.is_live:
            take(None)
            return
        self._ask_past([sensor], since, lambda told: take(told[0].rows if told else None))

    def ask(self) -> None:
        """Ask central what is newer, and look at what has fallen silent."""
        self._judge_anew()
        self.looked.emit()
        if self._is_asking or not self.is_live or not self.sensors():
            return
        self._is_asking = True
        self._source.readings(self._mark).add_done_callback(
            lambda done: self._came.emit(outcome_of(done))
        )

    def _ask_past(
        self,
        sensors: Sequence[str],
        since: timedelta,
        take: Callable[[list[PastOfSensor] | None], None],
    ) -> None:
        now_ms = int(self._mirror.now().timestamp() * 1000)
        from_ms = now_ms - int(since.total_seconds() * 1000)
        asked = self._source.past_readings(sensors, from_ms, now_ms)
        asked.add_done_callback(lambda done: self._past_came.emit(take, outcome_of(done)))

    @Slot(object, object)
    def _hand_over(self, take: Callable[[object], None], outcome: object) -> None:
        take(outcome if isinstance(outcome, list) else self._told_of(outcome))

    @Slot(object)
    def _take(self, outcome: object) -> None:
        self._is_asking = False
        if not isinstance(outcome, ReadingsTold):
            self._told_of(outcome)
            return
        self._mark, self.answered_at = outcome.mark, self._mirror.now()
        self._first_at = self._first_at or self.answered_at
        self._take_rows(outcome.rows)
        self.looked.emit()

    def _take_rows(self, rows: Iterable[tuple[str, int, float]]) -> None:
        looked_back = []
        for sensor_id, t_ms, value in rows:
            reading = Reading(
                sensor=sensor_id, at=datetime.fromtimestamp(t_ms / 1000, tz=UTC), value=value
            )
            before = self._readings.get(sensor_id)
            self._readings[sensor_id] = reading
            sensor = self.sensor(sensor_id)
            if sensor is not None and self._note_side(sensor, before, reading):
                looked_back.append(sensor)
        self._look_back(looked_back + self._missed())

    def _missed(self) -> list[Sensor]:
        """Return the sensors still beyond of which the past was asked and did not come."""
        missed, self._past_missed = self._past_missed, set()
        rows = (self.sensor(one) for one in sorted(missed & self._beyond.keys()))
        return [one for one in rows if one is not None and one.alarm_after_s is not None]

    def _since(self, sensor: str) -> datetime | None:
        held = self._beyond.get(sensor)
        return None if held is None else held[1]

    def _note_side(self, sensor: Sensor, before: Reading | None, reading: Reading) -> bool:
        """Note since when a sensor is beyond; return whether the past has to tell."""
        side = sensor.side(reading.value)
        if side is None:
            self._beyond.pop(sensor.id, None)
            return False
        held = self._beyond.get(sensor.id)
        goes_on = (
            before is not None
            and held is not None
            and held[0] is side
            and reading.at - before.at <= sensor.silent_after
        )
        if goes_on:
            return False
        self._beyond[sensor.id] = side, reading.at
        # A reading just before this one, within the limits, tells that it has only begun.
        has_begun = before is not None and reading.at - before.at <= sensor.silent_after
        return sensor.alarm_after_s is not None and not has_begun

    def _look_back(self, sensors: Sequence[Sensor]) -> None:
        """Ask the past since when sensors are beyond: of before this console began, or a gap."""
        for first in range(0, len(sensors), MOST_SENSORS):
            some = {one.id: one for one in sensors[first : first + MOST_SENSORS]}
            back = max(
                _BACK, *(2 * timedelta(seconds=one.alarm_after_s or 0) for one in some.values())
            )
            back = min(back, timedelta(days=31 / len(some)))
            before = {one: self._since(one) for one in some}
            self._ask_past(list(some), back, partial(self._take_since, some, before))

    def _take_since(
        self,
        asked: dict[str, Sensor],
        before: dict[str, datetime | None],
        past: list[PastOfSensor] | None,
    ) -> None:
        if past is None:
            self._past_missed |= asked.keys()
        for one in past or ():
            since, held = beyond_since(asked[one.sensor], one.rows), self._beyond.get(one.sensor)
            if since is None or held is None:
                continue
            # By limits that have changed it may be later; what is held may lie before what came.
            has_begun = since.timestamp() * 1000 > one.rows[0][0]
            if since < held[1] or (has_begun and held[1] == before[one.sensor]):
                self._beyond[one.sensor] = held[0], since
        self.looked.emit()

    def _note(self, kind: str, ids: list[str]) -> None:
        if kind == "sensor":
            changed = [row for one in ids if (row := self.sensor(one)) is not None]
            self._judged_by |= {one.id: one for one in changed}
            self._begin_again(changed)
            self.looked.emit()
        elif kind == "catalogue" and self._judge_anew():
            self.looked.emit()

    def _judge_anew(self) -> bool:
        """Judge again where a rule or the hour has given other limits; return whether any has."""
        now = {one.id: one for one in self.sensors()}
        before, self._judged_by = self._judged_by, now
        other = [one for key, one in now.items() if before.get(key, one) != one]
        self._begin_again(other)
        return bool(other)

    def _begin_again(self, sensors: Iterable[Sensor]) -> None:
        """Judge sensors by the limits they have now; since when they are beyond stays meanwhile."""
        looked_back = []
        for one in sensors:
            reading, held = self._readings.get(one.id), self._beyond.get(one.id)
            side = None if reading is None else one.side(reading.value)
            if reading is None or side is None:
                self._beyond.pop(one.id, None)
                continue
            if held is None or held[0] is not side:
                self._beyond[one.id] = side, reading.at
            if one.alarm_after_s is not None:
                looked_back.append(one)
        self._look_back(looked_back)

    def _forget_mark(self) -> None:
        self._mark = 0  # central may be another one, whose marks mean something else
        self._begin_again(self.sensors())
        self.looked.emit()

    @staticmethod
    def _told_of(outcome: object) -> None:
        if isinstance(outcome, ZhihuiError | CancelledError):
            _LOG.info("readings of sensors did not come: %s", outcome)
        elif isinstance(outcome, BaseException):
            raise outcome
