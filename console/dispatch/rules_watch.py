"""Rules of alarms that people speak of: seen, put aside, pressed, over; and of roll calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from console.dispatch.checks import checked_id, checked_position, checked_time, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.rules_messages import answered
from console.domain.errors import RejectedError
from console.domain.units import UnitStatus
from console.domain.watch import AlarmMark, DutyReport
from console.protocol import commands as c

#: Nothing is put aside for longer: whoever comes next would not know of it.
SHELVED_AT_MOST = timedelta(hours=12)
#: Seen again after so long, it is an alarm that came back, and somebody has seen that.
SEEN_AGAIN_AFTER = timedelta(minutes=5)


def mark_alarm(ask: Ask, body: c.MarkAlarm) -> Decision:
    """Keep that an alarm was seen, put aside or is over."""
    held = ask.rows.get(AlarmMark, checked_id(body.alarm, "an alarm"))
    reason = checked_words((body.reason or "").strip(), "reason") or None
    mark = held or AlarmMark(id=body.alarm)
    if (body.shelved_until is not None or body.is_over) and reason is None:
        raise RejectedError("Say why the alarm is put aside or over; whoever comes next reads it.")
    if body.shelved_until is not None:
        until = checked_time(body.shelved_until, "the shelving's end")
        if until > ask.at + SHELVED_AT_MOST:
            raise RejectedError("An alarm is put aside for twelve hours at most; look again then.")
        mark = replace(mark, shelved_until=until if until > ask.at else None, reason=reason)
    elif body.is_over:
        if mark.raised_at is None:
            raise RejectedError(
                "Only what a person raised is ended by a word; deal with the cause."
            )
        mark = replace(mark, cleared_at=ask.at, reason=reason)
    if mark.acknowledged_at is None or ask.at - mark.acknowledged_at > SEEN_AGAIN_AFTER:
        mark = replace(mark, acknowledged_by=ask.actor, acknowledged_at=ask.at)
    if mark == held:
        return NOTHING_NEW
    draft = Draft(ask)
    draft.put(mark)
    return draft.decision()


def press_panic(ask: Ask, body: c.PressPanic) -> Decision:
    """Raise an officer's call for help; pressed again while it lasts it changes nothing."""
    unit = ask.unit(body.unit)
    ask.check_speaks_for(unit.id, unit.call_sign)
    at = ask.device_time(checked_time(body.at, "the call for help"))
    lat, lon = checked_position(body.lat, body.lon)
    held = ask.rows.get(AlarmMark, f"panic:{unit.id}")
    if held is not None and held.raised_at is not None and held.cleared_at is None:
        return NOTHING_NEW
    version = 0 if held is None else held.version
    draft = Draft(ask)
    draft.put(
        AlarmMark(
            id=f"panic:{unit.id}", raised_at=at, unit=unit.id, lat=lat, lon=lon, version=version
        )
    )
    for one in ask.rows.assignments_of_unit(unit.id):
        if one.is_running:
            draft.log(one.incident, "panic", unit=unit.id, at=at)
    return draft.decision()


def answer_roll(ask: Ask, body: c.AnswerRoll) -> Decision:
    """Keep that a unit answered a roll call."""
    unit = ask.unit(body.unit)
    ask.check_speaks_for(unit.id, unit.call_sign)
    at = ask.device_time(checked_time(body.at, "the answer"))
    if unit.status is UnitStatus.OFF_DUTY:
        raise RejectedError(f"{unit.call_sign} is off duty and is not called.")
    held = ask.rows.get(DutyReport, unit.id)
    report = held or DutyReport(id=unit.id, unit=unit.id, since=at)
    draft = Draft(ask)
    receipt = None if body.message is None else answered(ask, body)
    if receipt is not None:
        draft.put(receipt)
    if report.answered_at is None or report.answered_at < at:
        draft.put(replace(report, answered_at=at))
    return draft.decision() if draft.has_rows else NOTHING_NEW
