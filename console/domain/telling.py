"""Messages to units (消息), who had them and who read them (回执), roll calls (点名)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from console.domain.ids import IncidentId, JurisdictionId, PersonId, UnitId

MessageId = NewType("MessageId", str)


class MessageKind(StrEnum):
    """What a message is.

    Attributes:
        TEXT: Words to some units.
        BROADCAST: Words to everybody in an area (区域广播).
        ROLL_CALL: A call that every unit answers (点名).
        REPLY: Words of a unit to the desk.
    """

    TEXT = "text"
    BROADCAST = "broadcast"
    ROLL_CALL = "roll_call"
    REPLY = "reply"


class ReceiptState(StrEnum):
    """How far a message has come with one unit."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage:
    """Words from the desk to units, or from a unit to the desk.

    Attributes:
        addressed: To whom, in the sender's words: call signs, a district, an area's name.
        units: How many units it went to; each has a `Receipt`.
        incident: The case it is about; it then stands in that case's log.
        district: Where all its units belong; ``None`` for the city.
        outline: Corners of a broadcast's area as latitude and longitude, WGS-84.
        from_unit: The unit that wrote it (`MessageKind.REPLY`).
        reply_to: The message it answers.
        ended_at: When a roll call was ended, aware UTC.
        seen_at: When somebody at a desk had read a reply.
    """

    id: MessageId
    kind: MessageKind
    text: str
    sent_at: datetime
    sent_by: PersonId | None = None
    addressed: str = ""
    units: int = 0
    incident: IncidentId | None = None
    district: JurisdictionId | None = None
    outline: tuple[tuple[float, float], ...] = ()
    from_unit: UnitId | None = None
    reply_to: MessageId | None = None
    ended_at: datetime | None = None
    ended_by: PersonId | None = None
    seen_at: datetime | None = None
    seen_by: PersonId | None = None
    version: int = 0

    @property
    def is_open_call(self) -> bool:
        """Whether it is a roll call that still runs."""
        return self.kind is MessageKind.ROLL_CALL and self.ended_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a message with one unit.

    Attributes:
        id: The message's id, a colon, the unit's id.
        delivered_at: When its handheld had it, aware UTC by the handheld's clock; never later than
            central's.
        read_at: When the officer had read it.
        answered_at: When it answered a roll call.
        answered_by: Who at a desk heard the answer by radio; ``None`` if the handheld said it.
    """

    id: str
    message: MessageId
    unit: UnitId
    sent_at: datetime
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by: PersonId | None = None
    version: int = 0

    @property
    def state(self) -> ReceiptState:
        """How far it has come."""
        if self.answered_at is not None:
            return ReceiptState.ANSWERED
        if self.read_at is not None:
            return ReceiptState.READ
        return ReceiptState.SENT if self.delivered_at is None else ReceiptState.DELIVERED


def receipt_id(message: str, unit: str) -> str:
    """Return the id of the receipt of a message with a unit."""
    return f"{message}:{unit}"
