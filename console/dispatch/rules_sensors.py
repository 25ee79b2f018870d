"""Rules of the sensors in the register."""

from __future__ import annotations

import math
from dataclasses import replace

from console.dispatch.checks import checked_id, checked_position, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.details import is_clock
from console.dispatch.rules_catalogue import check_base
from console.domain.catalogue import CatalogueItem, CatalogueName, alarm_code
from console.domain.errors import RejectedError
from console.domain.sensors import Sensor, SensorKind
from console.protocol import commands as c

#: A sensor that says less than once a day is none to watch by.
_LONGEST_PERIOD_S = 86_400
#: Longer than this nobody waits with an alarm.
_LONGEST_WAIT_S = 7 * 86_400


def put_sensors(ask: Ask, body: c.PutSensors) -> Decision:
    """Enter, change or retire sensors."""
    draft = Draft(ask)
    for sensor in body.sensors:
        _check(ask, sensor)
        earlier = ask.rows.get(Sensor, sensor.id)
        check_base("sensor", sensor, earlier, sensor.name)
        entered = replace(sensor, version=earlier.version if earlier else 0)
        if entered != earlier:
            draft.put(entered)
    return draft.decision() if draft.has_rows else NOTHING_NEW


def _check(ask: Ask, sensor: Sensor) -> None:
    checked_id(sensor.id, "a sensor")
    checked_words(sensor.name, "sensor's name")
    checked_words(sensor.owner or "", "sensor's owner")
    if not sensor.name.strip():
        raise RejectedError(f"The sensor {sensor.id} has no name; nobody could find it.")
    checked_position(sensor.lat, sensor.lon)
    limits = [one for one in (sensor.limit, sensor.low_limit) if one is not None]
    if not all(math.isfinite(one) for one in limits):
        raise RejectedError(f"The limit of {sensor.name} is no number.")
    if len(limits) == 2 and limits[0] <= limits[1]:
        raise RejectedError(f"The upper limit of {sensor.name} is not above its lower one.")
    if not 1 <= sensor.period_s <= _LONGEST_PERIOD_S:
        raise RejectedError(
            f"{sensor.name} would send every {sensor.period_s} s; enter 1 to {_LONGEST_PERIOD_S}."
        )
    for place in (sensor.district, sensor.street):
        if place is not None and ask.rows.jurisdiction(place) is None:
            raise RejectedError(f"{sensor.name} lies in {place!r}, which is not known.")
    _check_class(ask, sensor)
    _check_alarm(sensor, has_limit=bool(limits) or sensor.noise_class is not None)


def _check_class(ask: Ask, sensor: Sensor) -> None:
    if sensor.noise_class is None:
        return
    if sensor.kind is not SensorKind.NOISE:
        raise RejectedError(f"{sensor.name} measures no noise and has no class of it.")
    rows = ask.rows.every(CatalogueItem)
    if not any(
        one.catalogue is CatalogueName.NOISE_LIMIT and alarm_code(one.code) == sensor.noise_class
        for one in rows
    ):
        raise RejectedError(
            f"{sensor.name} is of the class {sensor.noise_class!r}, for which no noise limits are "
            "entered."
        )


def _check_alarm(sensor: Sensor, *, has_limit: bool) -> None:
    checked_words(sensor.response or "", "sensor's response")
    if sensor.alarm_after_s is not None and not has_limit:
        raise RejectedError(f"{sensor.name} has no limit that an alarm could tell of.")
    for wait_s in (sensor.alarm_after_s, sensor.alarm_silent_s):
        if wait_s is not None and not 0 <= wait_s <= _LONGEST_WAIT_S:
            raise RejectedError(
                f"{sensor.name} would raise an alarm after {wait_s} s; enter 0 to "
                f"{_LONGEST_WAIT_S}."
            )
    silent_s = sensor.alarm_silent_s
    if silent_s is not None and silent_s <= sensor.period_s:
        raise RejectedError(
            f"{sensor.name} sends every {sensor.period_s} s; {silent_s} s without a reading are "
            "no alarm yet."
        )
    if (sensor.alarm_from is None) is not (sensor.alarm_until is None):
        raise RejectedError(f"The hours of {sensor.name}'s alarm lack their beginning or end.")
    for clock in (sensor.alarm_from, sensor.alarm_until):
        if clock is not None and not is_clock(clock):
            raise RejectedError(f"{clock!r} is no time of day; write 22:00.")
    if sensor.alarm_priority not in {None, 1, 2, 3}:
        raise RejectedError(
            f"The alarm of {sensor.name} has the priority {sensor.alarm_priority}; it is 1 (high), "
            "2 or 3 (low)."
        )
