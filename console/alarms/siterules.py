"""The site's dated tables of noise limits and of alarm rules, as they are in force on a day.

A noise meter of a class (`Sensor.noise_class`) has the limit of its class by the hour (GB 3096,
GB 12523); a line of the alarm rules changes priority, time and response of one kind of alarm, of
sensors also by what they measure. What a sensor has of its own wins over both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from console.alarms.conditions import Condition, ConditionKind, Priority
from console.domain.catalogue import (
    CatalogueItem,
    CatalogueName,
    alarm_code,
    alarm_seconds,
)
from console.domain.levels import Level
from console.domain.sensors import Sensor, SensorKind

_PRIORITIES = {
    Level.CRITICAL: Priority.HIGH, Level.HIGH: Priority.MEDIUM, Level.CAUTION: Priority.LOW,
    Level.ROUTINE: Priority.LOW,
}  # fmt: skip
#: Silence is counted from so many of a sensor's own intervals on, whatever a rule says.
_LEAST_SILENT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRule:
    """One line of the alarm rules.

    Attributes:
        after: How long it lasts before it is an alarm; ``None`` for as long as the program waits.
    """

    priority: Priority
    after: timedelta | None
    response_zh: str
    response_en: str


class SiteRules:
    """Answers by the lines of both tables that are in force.

    Args:
        items: Rows of the catalogue, of any table.
        day: The city's day; lines that do not hold on it are left out.
    """

    def __init__(self, items: Iterable[CatalogueItem], day: date) -> None:
        tables = {CatalogueName.NOISE_LIMIT, CatalogueName.ALARM_RULE}
        held = [one for one in items if one.catalogue in tables and one.holds_on(day)]
        # Of lines that fit alike the one that began last counts, then the id: always the same.
        held.sort(key=lambda one: (one.valid_from or "", one.id))
        self._rules: dict[tuple[str, str | None], AlarmRule] = {}
        self._limits: dict[tuple[str, str | None], CatalogueItem] = {}
        for one in held:
            if one.catalogue is CatalogueName.ALARM_RULE:
                self._rules[alarm_code(one.code), one.district] = _rule(one)
            else:
                self._limits[alarm_code(one.code), one.district] = one

    def rule(
        self, kind: ConditionKind, *, district: str | None, of: SensorKind | None = None
    ) -> AlarmRule | None:
        """Return the line that fits best.

        What a sensor measures counts before its kind of alarm alone, the district before the city.

        Args:
            kind: Of alarm.
            district: Where what the alarm is about lies.
            of: What the sensor measures, if it is about one.
        """
        code = kind.value.replace("_", "-")
        for one in (f"{code}-{of}", code) if of is not None else (code,):
            for where in (district, None):
                found = self._rules.get((one, where))
                if found is not None:
                    return found
        return None

    def after(
        self, kind: ConditionKind, usual: timedelta, *, district: str | None = None
    ) -> timedelta:
        """Return how long a condition of this kind lasts before it is an alarm.

        A district's line without a time leaves the time that the city's line has.

        Args:
            kind: Of alarm.
            usual: What the program has by itself.
            district: Where what the alarm is about lies.
        """
        code = kind.value.replace("_", "-")
        lines = (self._rules.get((code, where)) for where in (district, None))
        return next(
            (one.after for one in lines if one is not None and one.after is not None), usual
        )

    def ranked(self, condition: Condition, *, district: str | None) -> Condition:
        """Return a condition with the priority that the rules give it."""
        found = self.rule(condition.kind, district=district)
        return condition if found is None else replace(condition, priority=found.priority)

    def in_force(self, sensor: Sensor, *, at: datetime, zone: tzinfo) -> Sensor:
        """Return a sensor with the limits and alarms that it has at a time.

        Args:
            sensor: As it is entered; what it has of its own stays.
            at: Aware.
            zone: The city's.
        """
        limit, row = sensor.limit, self._noise_row(sensor)
        if limit is None and row is not None:
            night = _is_night(row, at, zone)
            limit = float(row.details["night_dba" if night else "day_dba"] or 0)
        beyond, silent = (
            self.rule(kind, district=sensor.district, of=sensor.kind)
            for kind in (ConditionKind.SENSOR_LIMIT, ConditionKind.SENSOR_SILENT)
        )
        after_s, silent_s = sensor.alarm_after_s, sensor.alarm_silent_s
        has_limit = limit is not None or sensor.low_limit is not None
        if after_s is None and beyond is not None and has_limit:
            after_s = round((beyond.after or timedelta()).total_seconds())
        if silent_s is None and silent is not None and silent.after is not None:
            least_s = _LEAST_SILENT * sensor.period_s
            silent_s = max(round(silent.after.total_seconds()), least_s)
        return replace(sensor, limit=limit, alarm_after_s=after_s, alarm_silent_s=silent_s)

    def peak(self, sensor: Sensor, *, at: datetime, zone: tzinfo) -> float | None:
        """Return the value no single reading may reach at night, whatever it is for how long.

        A class names by how much the limit of the night may be exceeded at most
        (GB 12523-2011, 4.2: 15 dB); ``None`` by day, and where no class says so.
        """
        row = self._noise_row(sensor)
        over = None if row is None else row.details.get("night_max_over_dba")
        if row is None or over is None or sensor.limit is not None or not _is_night(row, at, zone):
            return None
        return float(row.details["night_dba"] or 0) + float(over)

    def _noise_row(self, sensor: Sensor) -> CatalogueItem | None:
        if sensor.kind is not SensorKind.NOISE or sensor.noise_class is None:
            return None
        code = sensor.noise_class
        return self._limits.get((code, sensor.district)) or self._limits.get((code, None))


def _rule(item: CatalogueItem) -> AlarmRule:
    told = item.details
    seconds = alarm_seconds(told)
    return AlarmRule(
        priority=_PRIORITIES[Level(int(told.get("level") or Level.CAUTION))],
        after=None if seconds is None else timedelta(seconds=seconds),
        response_zh=str(told.get("response_zh") or ""),
        response_en=str(told.get("response_en") or ""),
    )


def _is_night(row: CatalogueItem, at: datetime, zone: tzinfo) -> bool:
    now = at.astimezone(zone).time()
    begins = time.fromisoformat(str(row.details["night_from"]))
    ends = time.fromisoformat(str(row.details["night_until"]))
    return begins <= now < ends if begins <= ends else now >= begins or now < ends
