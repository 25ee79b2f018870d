"""Rules of the sensors in the register."""

from __future__ import annotations

import math
from dataclasses import replace

from console.dispatch.checks import checked_id, checked_position, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.rules_catalogue import check_base
from console.domain.errors import RejectedError
from console.domain.sensors import Sensor
from console.protocol import commands as c

#: A sensor that says less than once a day is none to watch by.
_LONGEST_PERIOD_S = 86_400


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
    if sensor.limit is not None and not math.isfinite(sensor.limit):
        raise RejectedError(f"The limit of {sensor.name} is no number.")
    if not 1 <= sensor.period_s <= _LONGEST_PERIOD_S:
        raise RejectedError(
            f"{sensor.name} would send every {sensor.period_s} s; enter 1 to {_LONGEST_PERIOD_S}."
        )
    for place in (sensor.district, sensor.street):
        if place is not None and ask.rows.jurisdiction(place) is None:
            raise RejectedError(f"{sensor.name} lies in {place!r}, which is not known.")
