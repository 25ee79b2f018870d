"""Encoding and decoding of messages and rows, msgpack and JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from console.domain.areas import Area, AreaEvent
from console.domain.assignments import Assignment
from console.domain.catalogue import CatalogueItem, Grid
from console.domain.command import CommandPost, HelpRequest, Sector
from console.domain.errors import ZhihuiError
from console.domain.incidents import Incident, Report
from console.domain.limits import CalendarDay, LimitRule
from console.domain.places import Camera, Evidence, Jurisdiction, LogEntry
from console.domain.sensors import Sensor
from console.domain.shifts import Handover, Instruction, RosterEntry
from console.domain.streetwork import Inspection, Paper
from console.domain.telling import Receipt, TextMessage
from console.domain.units import Unit
from console.domain.watch import AlarmMark, DutyReport
from console.protocol.messages import AnyMessage, Message

Row = (
    Incident
    | Report
    | Assignment
    | Unit
    | Camera
    | Evidence
    | Jurisdiction
    | Area
    | AreaEvent
    | LogEntry
    | LimitRule
    | CalendarDay
    | AlarmMark
    | DutyReport
    | CatalogueItem
    | Grid
    | Sensor
    | TextMessage
    | Receipt
    | RosterEntry
    | Instruction
    | Handover
    | Inspection
    | Paper
    | HelpRequest
    | Sector
    | CommandPost
)
#: Kinds of rows that travel, by the name the wire gives them.
ROW_TYPES: dict[str, type[Row]] = {
    "incident": Incident,
    "report": Report,
    "assignment": Assignment,
    "unit": Unit,
    "camera": Camera,
    "evidence": Evidence,
    "jurisdiction": Jurisdiction,
    "area": Area,
    "area_event": AreaEvent,
    "log": LogEntry,
    "limit_rule": LimitRule,
    "calendar_day": CalendarDay,
    "alarm_mark": AlarmMark,
    "duty_report": DutyReport,
    "catalogue": CatalogueItem,
    "grid": Grid,
    "sensor": Sensor,
    "message": TextMessage,
    "receipt": Receipt,
    "roster": RosterEntry,
    "instruction": Instruction,
    "handover": Handover,
    "inspection": Inspection,
    "paper": Paper,
    "help_request": HelpRequest,
    "sector": Sector,
    "command_post": CommandPost,
}
#: Kinds of which there are few: everybody who sees rows holds all of them.
TABLE_KINDS: tuple[str, ...] = (
    "limit_rule", "calendar_day", "alarm_mark", "duty_report", "catalogue", "grid",
    "instruction", "sensor", "help_request", "sector", "command_post",
)  # fmt: skip
#: Kinds of which every day brings many: consoles hold the newest (see `store.windows`).
RECENT_KINDS: tuple[str, ...] = (
    "message", "receipt", "roster", "handover", "area_event", "inspection", "paper",
)  # fmt: skip
#: Kinds of which a change always holds all: a console may hold the old one no more.
PUT_KINDS = frozenset({"message", "receipt", "roster", "inspection", "paper"})
_KIND_OF = {row_type: kind for kind, row_type in ROW_TYPES.items()}

_pack = msgspec.msgpack.Encoder()
_unpack: msgspec.msgpack.Decoder[AnyMessage] = msgspec.msgpack.Decoder(AnyMessage)
_to_json = msgspec.json.Encoder()
_from_json: msgspec.json.Decoder[AnyMessage] = msgspec.json.Decoder(AnyMessage)


class MessageError(ZhihuiError):
    """A frame that is no message of this protocol.

    Attributes:
        reason: What the decoder stumbled over.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"A message could not be understood: {reason}.")
        self.reason = reason


def encode(message: Message) -> bytes:
    """Return the msgpack frame of a message."""
    return _pack.encode(message)


def decode(frame: bytes) -> AnyMessage:
    """Return the message in a msgpack frame.

    Raises:
        MessageError: It is no message of this protocol.
    """
    try:
        return _unpack.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError(str(error)) from error


def encode_text(message: Message) -> str:
    """Return the JSON text frame of a message."""
    return _to_json.encode(message).decode()


def decode_text(frame: str | bytes) -> AnyMessage:
    """Return the message in a JSON text frame.

    Raises:
        MessageError: It is no message of this protocol.
    """
    try:
        message = _from_json.decode(frame)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MessageError(str(error)) from error
    check_numbers(message)
    return message


def check_numbers(message: Message) -> None:
    """Check that every number fits into 64 bits: JSON knows larger ones, nothing behind it does.

    Raises:
        MessageError: One does not.
    """
    try:
        _pack.encode(message)
    except OverflowError as error:
        raise MessageError(str(error)) from error


def kind_of(row: Row) -> str:
    """Return the wire's name for this kind of row."""
    return _KIND_OF[type(row)]


def kind_of_type(row_type: type[Any]) -> str:
    """Return the wire's name for rows of this type."""
    return _KIND_OF[row_type]


def row_to_builtins(row: Row) -> dict[str, Any]:
    """Return a row as plain values (times as RFC 3339 text), ready for a patch."""
    plain: dict[str, Any] = msgspec.to_builtins(row)
    return plain


def row_from_builtins(kind: str, plain: dict[str, Any]) -> Row:
    """Return the row of ``kind`` held in plain values.

    Raises:
        MessageError: The kind or a value is not one of this schema.
    """
    row_type = ROW_TYPES.get(kind)
    if row_type is None:
        raise MessageError(f"no kind of row is called {kind!r}")
    try:
        return msgspec.convert(plain, row_type)
    except msgspec.ValidationError as error:
        raise MessageError(str(error)) from error


def patch_between(old: Row, new: Row) -> dict[str, Any]:
    """Return the fields in which ``new`` differs from ``old``, as plain values."""
    before, after = row_to_builtins(old), row_to_builtins(new)
    return {key: value for key, value in after.items() if before[key] != value}
