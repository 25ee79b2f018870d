"""What people say of alarms, the panic button, duty with equipment, roll calls."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rule_rows import PlainRows, filed_rows

from console.domain.errors import RejectedError
from console.domain.levels import Role
from console.domain.watch import AlarmMark, DutyReport
from console.protocol import commands as c


@pytest.fixture
def rows() -> PlainRows:
    return filed_rows()


def officer(rows: PlainRows, body: c.AnyBody, actor: str = "u1") -> bool:
    return not rows.do(body, role=Role.OFFICER, actor=actor).duplicate


def test_that_a_call_for_help_is_one_until_it_is_over(rows: PlainRows) -> None:
    press = c.PressPanic(unit="u1", at=rows.at, lat=39.9, lon=116.4)
    assert officer(rows, press)
    assert not officer(rows, press)
    rows.do(c.MarkAlarm(alarm="panic:u1"))
    mark = rows.get(AlarmMark, "panic:u1")
    assert (mark.acknowledged_by, mark.cleared_at) == ("dispatcher", None)
    with pytest.raises(RejectedError, match="Say why"):
        rows.do(c.MarkAlarm(alarm="panic:u1", is_over=True))
    rows.do(c.MarkAlarm(alarm="panic:u1", is_over=True, reason="误按"))
    assert officer(rows, press)
    assert rows.get(AlarmMark, "panic:u1").acknowledged_at is None
    with pytest.raises(RejectedError, match="Only K1"):
        officer(rows, press, actor="u2")


def test_that_an_officer_with_a_wrong_clock_cannot_call_from_the_future(rows: PlainRows) -> None:
    officer(rows, c.PressPanic(unit="u1", at=rows.at + timedelta(days=3)))
    assert rows.get(AlarmMark, "panic:u1").raised_at <= rows.at
    with pytest.raises(RejectedError, match="no zone"):
        officer(rows, c.PressPanic(unit="u2", at=rows.at.replace(tzinfo=None)), actor="u2")


def test_that_putting_aside_has_a_reason_and_an_end(rows: PlainRows) -> None:
    soon = rows.at + timedelta(minutes=30)
    rows.do(c.MarkAlarm(alarm="overdue:i", shelved_until=soon, reason="已通知街道"))
    assert rows.get(AlarmMark, "overdue:i").shelved_until == soon
    for bad in (
        c.MarkAlarm(alarm="overdue:i", shelved_until=soon),
        c.MarkAlarm(alarm="overdue:i", shelved_until=rows.at + timedelta(days=2), reason="x"),
        c.MarkAlarm(alarm="overdue:i", is_over=True, reason="x"),
    ):
        with pytest.raises(RejectedError):
            rows.do(bad)
    past = rows.at - timedelta(minutes=1)
    rows.do(c.MarkAlarm(alarm="overdue:i", shelved_until=past, reason="回来了"))
    assert rows.get(AlarmMark, "overdue:i").shelved_until is None


def test_that_duty_is_reported_with_all_equipment(rows: PlainRows) -> None:
    on = c.SetDuty(
        unit="u1", on_duty=True, at=rows.at, until=rows.at + timedelta(hours=8), vehicle="京A·1",
        radio="7", handheld="H7", body_camera="BC", post="东单岗",
    )  # fmt: skip
    assert officer(rows, on)
    assert not officer(rows, on)
    report = rows.get(DutyReport, "u1")
    assert (report.vehicle, report.body_camera, report.post) == ("京A·1", "BC", "东单岗")
    with pytest.raises(RejectedError, match="end before"):
        officer(rows, c.SetDuty(unit="u1", on_duty=True, at=rows.at, until=rows.at, post="x"))
    assert officer(rows, c.SetDuty(unit="u1", on_duty=False, at=rows.at))
    assert rows.get(DutyReport, "u1").until <= rows.at
    with pytest.raises(RejectedError, match="off duty"):
        rows.do(c.AnswerRoll(unit="u1", at=rows.at))


def test_that_a_roll_call_is_answered_by_radio_or_handheld(rows: PlainRows) -> None:
    rows.do(c.AnswerRoll(unit="u1", at=rows.at))
    first = rows.get(DutyReport, "u1").answered_at
    assert officer(rows, c.AnswerRoll(unit="u1", at=rows.at + timedelta(seconds=1)))
    assert rows.get(DutyReport, "u1").answered_at > first
