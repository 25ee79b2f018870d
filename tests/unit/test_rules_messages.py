"""Messages to units: each has its receipt; roll calls; what units write back; rosters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from rule_rows import PlainRows, filed_rows

from console.domain.areas import Area, AreaId, AreaKind
from console.domain.errors import RejectedError, UnknownRowError
from console.domain.ids import UnitId
from console.domain.levels import Role
from console.domain.shifts import RosterEntry
from console.domain.telling import (
    MessageKind,
    Receipt,
    ReceiptState,
    TextMessage,
    receipt_id,
)
from console.domain.units import UnitStatus
from console.domain.watch import DutyReport
from console.protocol import commands as c


@pytest.fixture
def rows() -> PlainRows:
    return filed_rows()


def send(rows: PlainRows, **changed: object) -> None:
    given: dict[str, object] = {"kind": MessageKind.TEXT, "text": "注意安全", "units": ("u1", "u2")}
    rows.do(c.SendMessage(message="m", **{**given, **changed}))  # type: ignore[arg-type]


def receipt(rows: PlainRows, unit: str = "u1") -> Receipt:
    found = rows.get(Receipt, receipt_id("m", unit))
    assert isinstance(found, Receipt)
    return found


def mark(rows: PlainRows, state: ReceiptState, unit: str = "u1", **changed: object) -> bool:
    given = {"message": "m", "unit": unit, "state": state, "at": rows.at, **changed}
    body = c.MarkMessage(**given)  # type: ignore[arg-type]
    return not rows.do(body, role=Role.OFFICER, actor=unit).duplicate


def test_that_a_message_has_a_receipt_for_each_unit(rows: PlainRows) -> None:
    send(rows)
    assert [receipt(rows, unit).state for unit in ("u1", "u2")] == [ReceiptState.SENT] * 2
    assert mark(rows, ReceiptState.DELIVERED)
    assert not mark(rows, ReceiptState.DELIVERED)
    assert mark(rows, ReceiptState.READ)
    assert receipt(rows).state is ReceiptState.READ
    assert receipt(rows, "u2").state is ReceiptState.SENT
    assert rows.do(c.SendMessage(message="m", kind="text", text="x", units=("u1",))).duplicate


def test_that_a_receipt_is_never_from_before_the_sending_nor_from_the_future(
    rows: PlainRows,
) -> None:
    send(rows)
    mark(rows, ReceiptState.DELIVERED, at=rows.at - timedelta(days=9))
    mark(rows, ReceiptState.READ, at=rows.at + timedelta(days=9))
    one = receipt(rows)
    assert one.sent_at == one.delivered_at
    assert one.read_at is not None
    assert one.read_at <= rows.at


def test_that_what_is_said_about_a_case_stands_in_its_log(rows: PlainRows) -> None:
    send(rows, incident="i", addressed="K1 K2")
    mark(rows, ReceiptState.READ)
    reply = c.ReplyMessage(message="r", unit="u1", text="收到", at=rows.at, reply_to="m")
    rows.do(reply, role=Role.OFFICER, actor="u1")
    assert rows.log("i")[-3:] == ["messaged", "message_read", "replied"]
    told = rows.get(TextMessage, "r")
    assert isinstance(told, TextMessage)
    assert (told.incident, told.from_unit, told.reply_to) == ("i", "u1", "m")
    rows.do(c.SeeReply(message="r"))
    assert rows.get(TextMessage, "r").seen_by == "dispatcher"
    assert rows.do(c.SeeReply(message="r")).duplicate


def test_that_a_message_needs_words_and_somebody_to_read_them(rows: PlainRows) -> None:
    for bad, error in (
        ({"text": "  "}, "empty"),
        ({"text": "字" * 1001}, "1001 characters"),
        ({"units": ()}, "Nobody"),
        ({"kind": MessageKind.REPLY}, "reply comes"),
        ({"outline": ((200.0, 0.0),)}, "no place"),
    ):
        with pytest.raises(RejectedError, match=error):
            send(rows, **bad)
    with pytest.raises(UnknownRowError):
        send(rows, units=("u1", "nobody"))
    with pytest.raises(RejectedError, match="36 characters"):
        rows.do(c.SendMessage(message="m" * 40, kind="text", text="x", units=("u1",)))
    send(rows)
    read = c.MarkMessage(message="m", unit="u1", state=ReceiptState.READ, at=rows.at)
    with pytest.raises(RejectedError, match="Only K1"):
        rows.do(read, role=Role.OFFICER, actor="u2")
    with pytest.raises(RejectedError, match="word of their own"):
        mark(rows, ReceiptState.ANSWERED)


def test_that_a_roll_call_is_answered_by_handheld_and_by_radio_and_ends(rows: PlainRows) -> None:
    send(rows, kind=MessageKind.ROLL_CALL, text="点名")
    answer = c.AnswerRoll(unit="u1", at=rows.at, message="m")
    assert not rows.do(answer, role=Role.OFFICER, actor="u1").duplicate
    rows.do(c.AnswerRoll(unit="u2", at=rows.at, message="m"))
    own, heard = receipt(rows, "u1"), receipt(rows, "u2")
    assert (own.state, own.answered_by, own.read_at) == (
        ReceiptState.ANSWERED, None, own.answered_at,
    )  # fmt: skip
    assert (heard.state, heard.answered_by, heard.read_at) == (
        ReceiptState.ANSWERED, "dispatcher", None,
    )  # fmt: skip
    assert rows.get(DutyReport, "u1").answered_at == own.answered_at
    rows.do(c.EndRollCall(message="m"))
    call = rows.get(TextMessage, "m")
    assert isinstance(call, TextMessage)
    assert not call.is_open_call
    assert rows.do(c.EndRollCall(message="m")).duplicate


def test_that_only_roll_calls_are_answered_and_ended(rows: PlainRows) -> None:
    send(rows)
    with pytest.raises(RejectedError, match="Only a roll call is answered"):
        rows.do(c.AnswerRoll(unit="u1", at=rows.at, message="m"))
    with pytest.raises(RejectedError, match="Only a roll call is ended"):
        rows.do(c.EndRollCall(message="m"))
    rows.put(replace(rows.unit("u2"), status=UnitStatus.OFF_DUTY, version=7))
    with pytest.raises(RejectedError, match="off duty"):
        rows.do(c.SendMessage(message="n", kind=MessageKind.ROLL_CALL, text="点名", units=("u2",)))


def turn(rows: PlainRows, name: str = "t", start_h: int = 0, **changed: object) -> c.PutRoster:
    starts = rows.at.replace(microsecond=0) + timedelta(hours=start_h)
    entry = RosterEntry(
        id=name, unit=UnitId("u1"), starts_at=starts, ends_at=starts + timedelta(hours=8)
    )
    return c.PutRoster(entries=(replace(entry, **changed),))


def test_that_a_unit_has_one_turn_at_a_time_on_a_beat_that_is_drawn(rows: PlainRows) -> None:
    corners = ((39.9, 116.4), (39.91, 116.4), (39.9, 116.41))
    beat = Area(id=AreaId("b"), name="东单巡区", kind=AreaKind.BEAT, outline=corners)
    rows.put(beat)
    first = turn(rows, post="东单", beat="b")
    assert not rows.do(first).duplicate
    assert rows.do(first).duplicate
    assert not rows.do(turn(rows, "next", 8)).duplicate
    for bad, error in (
        (turn(rows, "x", 4), "planned twice"),
        (turn(rows, "x", 30, beat="nowhere"), "not drawn"),
        (turn(rows, "x", 30, ends_at=rows.at), "ends before"),
        (turn(rows, "x", 30, ends_at=rows.at + timedelta(hours=90)), "36 hours"),
        (c.PutRoster(entries=(*first.entries, *first.entries)), "given twice"),
    ):
        with pytest.raises(RejectedError, match=error):
            rows.do(bad)
    rows.do(c.PutRoster(entries=(replace(first.entries[0], retired=True),)))
    assert not rows.do(turn(rows, "again", 1, ends_at=rows.at + timedelta(hours=6))).duplicate
