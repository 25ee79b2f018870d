"""Rules of messages: sent, delivered, read, answered; roll calls; what units write back."""

from __future__ import annotations

from dataclasses import replace

from console.dispatch.checks import checked_id, checked_position, checked_time, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.domain.errors import RejectedError, UnknownRowError
from console.domain.ids import JurisdictionId, UnitId
from console.domain.levels import Role
from console.domain.telling import (
    MessageId,
    MessageKind,
    Receipt,
    ReceiptState,
    TextMessage,
    receipt_id,
)
from console.domain.units import Unit, UnitStatus
from console.protocol import commands as c

#: A handheld shows so much without scrolling for long.
MOST_WORDS = 1000
MOST_UNITS = 20_000
#: A receipt's id is this one with a unit's behind it.
_LONGEST_ID = 36


def send_message(ask: Ask, body: c.SendMessage) -> Decision:
    """Write to units, each of which gets a receipt of its own."""
    if ask.rows.get(TextMessage, _checked(body.message)) is not None:
        return NOTHING_NEW
    if body.kind is MessageKind.REPLY:
        raise RejectedError("A reply comes from a unit; write to units as text.")
    text = _worded(body.text)
    checked_words(body.addressed, "name of whom it goes to")
    units = _units(ask, body)
    for lat, lon in body.outline:
        checked_position(lat, lon)
    incident = None if body.incident is None else ask.incident(body.incident)
    districts = {unit.district for unit in units}
    draft = Draft(ask)
    draft.put(
        TextMessage(
            id=MessageId(body.message),
            kind=body.kind,
            text=text,
            sent_at=ask.at,
            sent_by=ask.actor,
            addressed=body.addressed.strip(),
            units=len(units),
            incident=None if incident is None else incident.id,
            district=districts.pop() if len(districts) == 1 else None,
            outline=body.outline,
        )
    )
    for unit in units:
        draft.put(_receipt(body.message, unit.id, ask))
    if incident is not None:
        detail = f"{body.addressed.strip() or units[0].call_sign}: {text}"
        draft.log(incident.id, "messaged", detail=detail)
    return draft.decision()


def _units(ask: Ask, body: c.SendMessage) -> list[Unit]:
    ids = dict.fromkeys(body.units)
    if not ids:
        raise RejectedError("Nobody is named; choose whom the message goes to.")
    if len(ids) > MOST_UNITS:
        raise RejectedError(f"{len(ids)} units are named; {MOST_UNITS} are the most.")
    units = [ask.unit(one) for one in ids]
    called = body.kind is MessageKind.ROLL_CALL
    for unit in units:
        if unit.retired:
            raise RejectedError(f"{unit.call_sign} is retired and reads nothing.")
        if called and unit.status is UnitStatus.OFF_DUTY:
            raise RejectedError(f"{unit.call_sign} is off duty and is not called.")
    return units


def _receipt(message: str, unit: UnitId, ask: Ask) -> Receipt:
    return Receipt(
        id=receipt_id(message, unit), message=MessageId(message), unit=unit, sent_at=ask.at
    )


def mark_message(ask: Ask, body: c.MarkMessage) -> Decision:
    """Keep that a unit's handheld has a message, or that its officer has read it."""
    unit, receipt = _held(ask, body.message, body.unit)
    at = max(ask.device_time(checked_time(body.at, "the receipt")), receipt.sent_at)
    marked = replace(receipt, delivered_at=receipt.delivered_at or at)
    if body.state is ReceiptState.READ:
        marked = replace(marked, read_at=receipt.read_at or at)
    elif body.state is not ReceiptState.DELIVERED:
        raise RejectedError(
            "A receipt says “delivered” or “read”; answers have a word of their own."
        )
    if marked == receipt:
        return NOTHING_NEW
    draft = Draft(ask)
    draft.put(marked)
    message = ask.rows.get(TextMessage, body.message)
    if message is not None and message.incident and receipt.read_at is None and marked.read_at:
        draft.log(message.incident, "message_read", unit=unit.id, at=marked.read_at)
    return draft.decision()


def answered(ask: Ask, body: c.AnswerRoll) -> Receipt | None:
    """Return the receipt of a roll call with an answer in it, ``None`` if it has one."""
    _, receipt = _held(ask, body.message or "", body.unit)
    message = ask.rows.get(TextMessage, receipt.message)
    if message is not None and message.kind is not MessageKind.ROLL_CALL:
        raise RejectedError("Only a roll call is answered so; write a reply to other messages.")
    if receipt.answered_at is not None:
        return None
    at = max(ask.device_time(body.at), receipt.sent_at)
    by_radio = ask.role not in {Role.OFFICER, Role.GATEWAY}
    return replace(
        receipt,
        delivered_at=receipt.delivered_at or (None if by_radio else at),
        read_at=receipt.read_at or (None if by_radio else at),
        answered_at=at,
        answered_by=ask.actor if by_radio else None,
    )


def reply_message(ask: Ask, body: c.ReplyMessage) -> Decision:
    """Keep what a unit writes to the desk."""
    unit = ask.unit(body.unit)
    ask.check_speaks_for(unit.id, unit.call_sign)
    if ask.rows.get(TextMessage, _checked(body.message)) is not None:
        return NOTHING_NEW
    text = _worded(body.text)
    at = ask.device_time(checked_time(body.at, "the message"))
    about = None
    if body.reply_to is not None:
        receipt = ask.rows.get(Receipt, receipt_id(body.reply_to, unit.id))
        if receipt is None:
            raise UnknownRowError("message", body.reply_to)
        about = ask.rows.get(TextMessage, body.reply_to)
    incident = body.incident or (None if about is None else about.incident)
    draft = Draft(ask)
    draft.put(
        TextMessage(
            id=MessageId(body.message),
            kind=MessageKind.REPLY,
            text=text,
            sent_at=at,
            sent_by=ask.actor,
            incident=None if incident is None else ask.incident(incident).id,
            district=None if unit.district is None else JurisdictionId(unit.district),
            from_unit=unit.id,
            reply_to=None if body.reply_to is None else MessageId(body.reply_to),
        )
    )
    if incident is not None:
        draft.log(ask.incident(incident).id, "replied", detail=text, unit=unit.id, at=at)
    return draft.decision()


def see_reply(ask: Ask, body: c.SeeReply) -> Decision:
    """Keep that somebody at a desk has read what a unit wrote."""
    message = _message(ask, body.message)
    if message.kind is not MessageKind.REPLY or message.seen_at is not None:
        return NOTHING_NEW
    draft = Draft(ask)
    draft.put(replace(message, seen_at=ask.at, seen_by=ask.actor))
    return draft.decision()


def end_roll_call(ask: Ask, body: c.EndRollCall) -> Decision:
    """End a roll call."""
    message = _message(ask, body.message)
    if message.kind is not MessageKind.ROLL_CALL:
        raise RejectedError("Only a roll call is ended; other messages stay as they are.")
    if message.ended_at is not None:
        return NOTHING_NEW
    draft = Draft(ask)
    draft.put(replace(message, ended_at=ask.at, ended_by=ask.actor))
    return draft.decision()


def _held(ask: Ask, message: str, unit_id: str) -> tuple[Unit, Receipt]:
    unit = ask.unit(unit_id)
    ask.check_speaks_for(unit.id, unit.call_sign)
    receipt = ask.rows.get(Receipt, receipt_id(message, unit.id))
    if receipt is None:
        raise UnknownRowError("message", message)
    return unit, receipt


def _message(ask: Ask, message_id: str) -> TextMessage:
    found = ask.rows.get(TextMessage, message_id)
    if found is None:
        raise UnknownRowError("message", message_id)
    return found


def _checked(message: str) -> str:
    checked_id(message, "a message")
    if len(message) > _LONGEST_ID:
        raise RejectedError("The id of a message has 36 characters at most: send a UUID.")
    return message


def _worded(text: str) -> str:
    words = text.strip()
    if not words:
        raise RejectedError("The message is empty; write what is to be read.")
    if len(words) > MOST_WORDS:
        raise RejectedError(
            f"The message has {len(words)} characters; {MOST_WORDS} fit on a handheld."
        )
    return words
