"""When what a sensor reads, or that it reads nothing, needs a response."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from console.alarms.conditions import Condition, ConditionKind, Priority, of
from console.alarms.siterules import SiteRules
from console.domain.sensors import LOW, MISSED, Reading, Sensor, SensorState

#: So many sensors of one kind of alarm are alarms of their own; all others are one.
SENSORS_APART = 5
#: What the one alarm of all others is about.
OTHERS = "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSeen:
    """One sensor as its last readings show it.

    Attributes:
        reading: The newest, ``None`` before the first.
        beyond_since: Since when it has been beyond the limit it is beyond now, aware UTC.
        known_since: When it was first asked for, aware UTC: before, nobody could miss it.
        peak: A single reading from this value on is an alarm at once; ``None`` where none is.
    """

    sensor: Sensor
    reading: Reading | None
    beyond_since: datetime | None
    known_since: datetime
    peak: float | None = None


def beyond_since(sensor: Sensor, rows: Sequence[tuple[int, float]]) -> datetime | None:
    """Return since when a sensor has been beyond the limit that it is beyond at the end.

    A gap in which it was silent ends what was before it.

    Args:
        sensor: Whose limits count.
        rows: Unix milliseconds and values, oldest first.
    """
    if not rows:
        return None
    side = sensor.side(rows[-1][1])
    since_ms = later_ms = rows[-1][0]
    for t_ms, value in reversed(rows):
        is_gap = later_ms - t_ms > MISSED * sensor.period_s * 1000
        if is_gap or sensor.side(value) is not side:
            break
        since_ms = later_ms = t_ms
    return None if side is None else datetime.fromtimestamp(since_ms / 1000, UTC)


def sensor_alarms(
    seen: Iterable[SensorSeen], *, at: datetime, zone: tzinfo, rules: SiteRules | None = None
) -> tuple[list[Condition], dict[ConditionKind, int]]:
    """Return what needs a response, and of how many more sensors each one about others tells.

    Args:
        seen: The sensors.
        at: When they were last asked for, aware UTC: what is not known of later is no silence.
        zone: The city's.
        rules: Give the priority where a sensor has none of its own.
    """
    found: dict[ConditionKind, list[Condition]] = {
        ConditionKind.SENSOR_LIMIT: [], ConditionKind.SENSOR_SILENT: [],
    }  # fmt: skip
    for one in seen:
        beyond, silent = _beyond(one, at, zone), _silent(one, at)
        for kind, since in (
            (ConditionKind.SENSOR_LIMIT, beyond), (ConditionKind.SENSOR_SILENT, silent),
        ):  # fmt: skip
            if since is not None:
                priority = _priority(one.sensor, kind, rules)
                found[kind].append(of(kind, one.sensor.id, since, priority=priority))
    told: list[Condition] = []
    more: dict[ConditionKind, int] = {}
    for kind, conditions in found.items():
        conditions.sort(key=lambda each: (each.priority, each.since, each.subject))
        told += conditions[:SENSORS_APART]
        rest = conditions[SENSORS_APART:]
        if rest:
            told.append(of(kind, OTHERS, rest[0].since, priority=rest[0].priority))
            more[kind] = len(rest)
    return told, more


def _priority(sensor: Sensor, kind: ConditionKind, rules: SiteRules | None) -> Priority:
    if sensor.alarm_priority is not None or rules is None:
        return Priority(sensor.alarm_priority or LOW)
    rule = rules.rule(kind, district=sensor.district, of=sensor.kind)
    return Priority(LOW) if rule is None else rule.priority


def _beyond(one: SensorSeen, at: datetime, zone: tzinfo) -> datetime | None:
    sensor = one.sensor
    if sensor.alarm_after_s is None or one.beyond_since is None:
        return None
    if sensor.state(one.reading, at) is not SensorState.OVER:
        return None
    watched = sensor.watched_since(at, zone)
    if watched is None:
        return None
    since = max(one.beyond_since, watched)
    is_peak = one.peak is not None and one.reading is not None and one.reading.value >= one.peak
    if not is_peak:
        since += timedelta(seconds=sensor.alarm_after_s)
    return since.astimezone(UTC) if since <= at else None


def _silent(one: SensorSeen, at: datetime) -> datetime | None:
    if one.sensor.alarm_silent_s is None:
        return None
    heard_at = one.known_since if one.reading is None else one.reading.at
    since = heard_at + timedelta(seconds=one.sensor.alarm_silent_s)
    return since if since <= at else None
