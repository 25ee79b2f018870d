"""Command bodies about alarms, the panic button and roll calls."""

from __future__ import annotations

from datetime import datetime

from console.protocol.body import Body


class MarkAlarm(Body, frozen=True, kw_only=True):
    """Say of an alarm that it was seen (确认), put it aside (搁置), or that it is over.

    Attributes:
        alarm: Its id.
        shelved_until: Put aside until then, aware UTC; a time that is past takes it back.
        is_over: What an officer raised is dealt with.
        reason: Needed to put it aside, and to say that it is over.
    """

    alarm: str
    shelved_until: datetime | None = None
    is_over: bool = False
    reason: str | None = None


class PressPanic(Body, frozen=True, kw_only=True):
    """An officer needs help now (紧急求助)."""

    unit: str
    at: datetime
    lat: float | None = None
    lon: float | None = None


class AnswerRoll(Body, frozen=True, kw_only=True):
    """A unit answered a roll call (点名), by itself or as a desk heard it by radio.

    Attributes:
        message: The roll call; ``None`` for a word that it is there.
    """

    unit: str
    at: datetime
    message: str | None = None
