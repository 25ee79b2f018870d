"""Alarms of sensors: what reads beyond its limit for too long, what is silent for too long."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from console.alarms.conditions import Condition, ConditionKind
from console.alarms.sensorrules import OTHERS, sensor_alarms
from console.domain.sensors import Sensor, Side
from console.ui.mapsensors import kind_word
from console.ui.mirror import Mirror
from console.ui.rulebook import RuleBook
from console.ui.sensorreadings import SensorReadings
from console.ui.words import time_text

KINDS = frozenset({ConditionKind.SENSOR_LIMIT, ConditionKind.SENSOR_SILENT})


def _noop(context: str, source: str) -> str:
    return source


_TEXTS = {
    Side.ABOVE: _noop(
        "SensorWatch", "{kind} at {name}: {value}, over its limit {limit} since {since} — {to_do}"
    ),
    Side.BELOW: _noop(
        "SensorWatch", "{kind} at {name}: {value}, under its limit {limit} since {since} — {to_do}"
    ),
}
_TO_DO = _noop("SensorWatch", "look at its camera, send somebody to the place")
_SILENT = _noop("SensorWatch", "{kind} at {name} reads nothing since {since} — {to_do}")
_SILENT_TO_DO = _noop("SensorWatch", "have whoever keeps it look after it")
_OTHERS: Mapping[ConditionKind, str] = {
    ConditionKind.SENSOR_LIMIT: _noop(
        "SensorWatch", "{n} more sensors beyond their limits — see the sensors on the map"
    ),
    ConditionKind.SENSOR_SILENT: _noop(
        "SensorWatch", "{n} more sensors read nothing — see whether their gateway runs"
    ),
}


class SensorWatch:
    """Finds what needs a response among the sensors of the districts worked for here."""

    def __init__(self, mirror: Mirror, readings: SensorReadings) -> None:
        self._mirror, self._readings, self._book = mirror, readings, RuleBook(mirror)
        self._more: dict[ConditionKind, int] = {}
        self._found: list[Condition] | None = None
        readings.looked.connect(self._look_again)
        mirror.zone_changed.connect(self._look_again)
        mirror.tables_changed.connect(self._take_table)

    def conditions(self) -> list[Condition]:
        """Return what needs a response, as central last answered."""
        if self._found is None:
            self._found = self._find()
        return self._found

    def _look_again(self) -> None:
        self._found = None

    def _take_table(self, kind: str, _ids: list[str]) -> None:
        if kind == "catalogue":
            self._look_again()

    def _find(self) -> list[Condition]:
        answered_at = self._readings.answered_at
        if answered_at is None:
            return []
        seen = (one for one in self._readings.seen() if self._is_ours(one.sensor))
        found, self._more = sensor_alarms(
            seen, at=answered_at, zone=self._mirror.zone, rules=self._book.rules
        )
        return found

    def text(self, condition: Condition) -> str:
        """Return the sentence of an alarm: what is wrong and what is to be done."""
        if condition.subject == OTHERS:
            return _tr(_OTHERS[condition.kind]).format(n=self._more.get(condition.kind, 0))
        sensor = self._readings.sensor(condition.subject)
        if sensor is None:
            return condition.subject
        reading = self._readings.newest(sensor.id)
        side = None if reading is None else sensor.side(reading.value)
        is_silent = condition.kind is ConditionKind.SENSOR_SILENT
        value, limit = "—", sensor.low_limit if side is Side.BELOW else sensor.limit
        if reading is not None:
            value = f"{reading.value:.1f} {sensor.unit}"
        return _tr(_SILENT if is_silent else _TEXTS[side or Side.ABOVE]).format(
            kind=kind_word(sensor.kind),
            name=sensor.name,
            value=value,
            limit="—" if limit is None else f"{limit:g}",
            since=time_text(condition.since),
            to_do=sensor.response
            or self._book.response(condition.kind, district=sensor.district, of=sensor.kind)
            or _tr(_SILENT_TO_DO if is_silent else _TO_DO),
        )

    def _is_ours(self, sensor: Sensor) -> bool:
        who = self._mirror.who
        return who is None or who.districts is None or sensor.district in who.districts


def _tr(source: str) -> str:
    return QCoreApplication.translate("SensorWatch", source)
