"""Messages of the stream, as tagged arrays; one struct a kind of message.

Consoles speak msgpack in binary frames, handheld pages JSON in text frames: the same structs.
A binary frame that begins with ``P`` is a packed position frame (see `positions`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from console.domain.assignments import AssignmentState
from console.domain.telling import MessageKind
from console.protocol.commands import AnyBody

PROTOCOL = 1
#: Schema of the rows that travel in changes and snapshots.
SCHEMA = 17
#: The one shard of a city that runs on embedded defaults.
MAIN_SHARD = "main"


class Message(msgspec.Struct, frozen=True, tag_field="kind", array_like=True):
    """Base of every message on the stream."""


class Hello(Message, frozen=True, tag="hello"):
    """First message of a console or handheld.

    Attributes:
        token: The session's token; never in an address.
        revs: Last revision applied, by shard; empty when there is no cache.
        units: Handheld only: the units it speaks for (a page one, a trunking gateway many).
        tiles: Console only: position tiles of interest; empty means all.
    """

    proto: int
    token: str
    console_id: str
    epoch: str | None = None
    revs: dict[str, int] = {}
    schema: int = SCHEMA
    units: tuple[str, ...] = ()
    tiles: tuple[int, ...] = ()


class Welcome(Message, frozen=True, tag="welcome"):
    """Answer to hello.

    Attributes:
        heads: Newest revision by shard.
        need_snapshot: Whether the console must fetch a snapshot before changes make sense.
        server_ms: Central's clock, Unix milliseconds.
    """

    epoch: str
    heads: dict[str, int]
    need_snapshot: bool
    server_ms: int


class Refused(Message, frozen=True, tag="refused"):
    """Central will not talk, with the reason a person reads."""

    reason: str


class Op(StrEnum):
    """What a change does to a row."""

    PUT = "put"
    PATCH = "patch"
    DROP = "drop"


class Change(Message, frozen=True, tag="change"):
    """One durable change; revisions of a shard are contiguous.

    Attributes:
        row_kind: "incident", "report", "assignment", "unit", "camera", "evidence",
            "jurisdiction", "area", "log", or one of the tables in `codec.TABLE_KINDS`.
        patch: All fields (``PUT``) or those that changed (``PATCH``), as msgspec builtins.
    """

    shard: str
    rev: int
    row_kind: str
    row_id: str
    version: int
    op: Op
    patch: dict[str, Any]


class Changes(Message, frozen=True, tag="changes"):
    """Changes that were committed together, in order."""

    changes: tuple[Change, ...]


class Skip(Message, frozen=True, tag="skip"):
    """Revisions this console may not see, both ends included."""

    shard: str
    first: int
    last: int


class Forget(Message, frozen=True, tag="forget"):
    """A revision with which a row went where this console may not see it."""

    shard: str
    rev: int
    row_kind: str
    row_id: str


class Command(Message, frozen=True, tag="command"):
    """A command on its way to central.

    Attributes:
        command_id: UUID 7; the same id is carried out once, however often it is sent.
        seq: Order within the sender.
        base_version: Version of the target row that the sender saw, ``None`` if it is new.
        not_after: After this time (aware UTC) the sender must be asked again.
        made_at: When it was typed, by the sender's clock.
    """

    command_id: str
    console_id: str
    seq: int
    made_at: datetime
    body: AnyBody
    base_version: int | None = None
    not_after: datetime | None = None


class Verdict(StrEnum):
    """What became of a command."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"


#: Cause of a rejection that is not kept: bytes that the command names are missing at central.
#: Whoever has them sends them again, then the command under its own id.
BYTES_MISSING = "bytes_missing"


class Result(Message, frozen=True, tag="result"):
    """What became of a command; said only after the commit is on disk.

    Attributes:
        rev: Last revision it made, ``None`` if it made none.
        reason: Why it was not accepted, for a person.
        current: The row as it is, on conflict.
        numbers: Numbers central gave to new incidents, by incident id.
        cause: Why it was not accepted, for a program: `BYTES_MISSING`, or one that is not known
            here and says no more than ``reason``.
    """

    command_id: str
    verdict: Verdict
    rev: int | None = None
    version: int | None = None
    reason: str | None = None
    current: dict[str, Any] | None = None
    numbers: dict[str, str] = {}
    cause: str | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What a handheld shows of one assignment."""

    assignment: str
    incident: str
    unit: str
    number: str
    form: str
    form_zh: str
    form_en: str
    level: int
    state: AssignmentState
    place: str
    summary: str
    ordered_at: datetime
    due_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    note: str | None = None


class Deliver(Message, frozen=True, tag="deliver"):
    """Central to handheld: a task, new or changed; sent again until it is acknowledged."""

    command_id: str
    attempt: int
    task: Task


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a handheld shows of one message.

    Attributes:
        message: Its id, which receipts and answers name.
        sender: Who wrote it, as the desk's people are called; ``None`` if not known.
        number: Of the case it is about.
        is_ended: A roll call that needs no answer any more.
    """

    message: str
    unit: str
    kind: MessageKind
    text: str
    sent_at: datetime
    sender: str | None = None
    incident: str | None = None
    number: str | None = None
    is_ended: bool = False


class Tell(Message, frozen=True, tag="tell"):
    """Central to handheld: a message; sent again until `MarkMessage` says that it was delivered."""

    command_id: str
    attempt: int
    notice: Notice


class Ack(Message, frozen=True, tag="ack"):
    """Handheld to central: a receipt or step of a unit with a delivered task.

    Central answers with the `Result` of the command `ack_command_id`, after the commit.

    Attributes:
        command_id: The delivery's id, which is then not sent again.
    """

    command_id: str
    unit: str
    assignment: str
    state: AssignmentState
    at: datetime
    note: str | None = None


def ack_command_id(assignment: str, state: AssignmentState) -> str:
    """Return the id of the command that a step becomes; said twice, it is one command."""
    return f"{assignment}-{state.value}"


def mark_command_id(message: str, unit: str, state: str) -> str:
    """Return the id under which a receipt is sent; said twice, it is one command."""
    return f"{message}:{unit}-{state}"


class Beat(Message, frozen=True, tag="beat"):
    """Heartbeat, both ways, every two seconds; central's carries its clock and heads.

    Attributes:
        full_ms: Since when central's disk is full, Unix milliseconds; 0 while it is not.
    """

    server_ms: int = 0
    heads: dict[str, int] = {}
    full_ms: int = 0


AnyMessage = (
    Hello
    | Welcome
    | Refused
    | Change
    | Changes
    | Skip
    | Forget
    | Command
    | Result
    | Deliver
    | Tell
    | Ack
    | Beat
)
