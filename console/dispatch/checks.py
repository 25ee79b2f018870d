"""Checks on what people and machines send: each raises with a sentence, none repairs."""

from __future__ import annotations

import math
from dataclasses import fields
from datetime import datetime
from functools import cache

from console.domain.errors import RejectedError
from console.domain.levels import Channel, Level
from console.protocol.codec import ROW_TYPES, Row, kind_of

MAX_ID = 80
MAX_WORDS = 4000
#: The largest number that every database keeps in a column of its own, and in a wide one.
_MOST, _MOST_WIDE = 2**31 - 1, 2**63 - 1
_WIDE = frozenset({"no", "size"})


def checked_id(value: str, what: str) -> str:
    """Return an id that a sender made.

    Raises:
        RejectedError: It is empty, too long or holds anything but visible ASCII.
    """
    if not 0 < len(value) <= MAX_ID or not value.isascii() or not value.isprintable():
        raise RejectedError(f"{value[:MAX_ID]!r} cannot be the id of {what}: send a UUID.")
    return value


def checked_words(value: str, what: str) -> str:
    """Return words that a person wrote.

    Raises:
        RejectedError: There are too many of them.
    """
    if len(value) > MAX_WORDS:
        raise RejectedError(f"The {what} has {len(value)} characters; {MAX_WORDS} are the most.")
    return value


def checked_position(lat: float | None, lon: float | None) -> tuple[float | None, float | None]:
    """Return a WGS-84 position, both parts or none.

    Raises:
        RejectedError: One part is missing, no number or not on the globe.
    """
    if lat is None and lon is None:
        return None, None
    if lat is None or lon is None:
        raise RejectedError("A position needs both latitude and longitude.")
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        raise RejectedError(f"{lat}, {lon} is no place on the globe (latitude, longitude).")
    return lat, lon


def checked_time(value: datetime, what: str) -> datetime:
    """Return a time that says its zone.

    Raises:
        RejectedError: The time has no zone, so nobody knows when it is.
    """
    if value.tzinfo is None:
        raise RejectedError(f"The time of {what} has no zone: send it as UTC, ending in Z.")
    return value


def checked_level(value: int) -> Level:
    """Return the urgency with this number.

    Raises:
        RejectedError: No level has this number.
    """
    try:
        return Level(value)
    except ValueError as error:
        raise RejectedError(f"There is no level {value}; the levels are 1 to 4.") from error


def checked_channel(value: str) -> Channel:
    """Return the channel with this name.

    Raises:
        RejectedError: No channel is called so.
    """
    try:
        return Channel(value)
    except ValueError as error:
        known = ", ".join(Channel)
        raise RejectedError(f"There is no channel {value[:40]!r}; known are {known}.") from error


def checked_row(row: Row) -> Row:
    """Return a row that can be kept as it is, in every database and every cache.

    Raises:
        RejectedError: A word holds U+0000, or a number is none or too large.
    """
    for name in _names_of(kind_of(row)):
        value = getattr(row, name)
        if value is None:
            continue
        if isinstance(value, str | tuple) and _holds_nul(value):
            raise RejectedError(
                f"The {name} holds a character that cannot be kept (U+0000); type it again."
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise RejectedError(f"The {name} is no number.")
        if isinstance(value, int):
            most = _MOST_WIDE if name in _WIDE else _MOST
            if not -most <= value <= most:
                raise RejectedError(f"The {name} {value} is larger than can be kept.")
    return row


@cache
def _names_of(kind: str) -> tuple[str, ...]:
    return tuple(each.name for each in fields(ROW_TYPES[kind]))


def _holds_nul(value: str | tuple[object, ...]) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    return any(isinstance(word, str) and "\x00" in word for word in value)
