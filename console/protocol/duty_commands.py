"""Command bodies about messages to units, roll calls, rosters and the change of shift."""

from __future__ import annotations

from datetime import datetime

from console.domain.shifts import Instruction, RosterEntry
from console.domain.telling import MessageKind, ReceiptState
from console.protocol.body import Body


class SendMessage(Body, frozen=True, kw_only=True):
    """Write to units, tell everybody in an area, or call the roll.

    Attributes:
        message: New id, made by the sender; 36 characters at most.
        units: Ids of those it goes to.
        addressed: To whom, in words: call signs, a district, an area's name.
        incident: The case it is about.
        outline: Corners of a broadcast's area as latitude and longitude.
    """

    message: str
    kind: MessageKind
    text: str
    units: tuple[str, ...]
    addressed: str = ""
    incident: str | None = None
    outline: tuple[tuple[float, float], ...] = ()


class MarkMessage(Body, frozen=True, kw_only=True):
    """A receipt: a unit's handheld has a message, or its officer has read it.

    Attributes:
        state: "delivered" or "read".
    """

    message: str
    unit: str
    state: ReceiptState
    at: datetime


class ReplyMessage(Body, frozen=True, kw_only=True):
    """A unit writes to the desk.

    Attributes:
        message: New id, made by the handheld; 36 characters at most.
        reply_to: The message it answers, if it answers one.
    """

    message: str
    unit: str
    text: str
    at: datetime
    reply_to: str | None = None
    incident: str | None = None


class SeeReply(Body, frozen=True, kw_only=True):
    """Somebody at a desk has read what a unit wrote."""

    message: str


class EndRollCall(Body, frozen=True, kw_only=True):
    """End a roll call; who answers later is told apart."""

    message: str


class PutRoster(Body, frozen=True, kw_only=True):
    """Enter, change or take out turns of duty."""

    entries: tuple[RosterEntry, ...]


class PutInstructions(Body, frozen=True, kw_only=True):
    """Enter, change or take back standing instructions."""

    instructions: tuple[Instruction, ...]


class PrepareHandover(Body, frozen=True, kw_only=True):
    """Make the packet that the next shift gets; central writes it from its log.

    Attributes:
        handover: New id, made by the sender.
        since: When the shift began, aware UTC.
        district: Of which district; ``None`` for the whole city.
        words: What the one who goes says besides, an item each.
    """

    handover: str
    since: datetime
    district: str | None = None
    words: tuple[str, ...] = ()


class ReadBack(Body, frozen=True, kw_only=True):
    """Who comes has read items back (复述)."""

    handover: str
    items: tuple[int, ...]


class SignHandover(Body, frozen=True, kw_only=True):
    """Sign a packet: who goes, or, when every item was read back, who comes."""

    handover: str
