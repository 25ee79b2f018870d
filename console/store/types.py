"""Column types: how domain values lie in a database, the same in SQLite and PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

import msgspec
from sqlalchemy import BigInteger, SmallInteger, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(at: datetime) -> int:
    """Return an aware time as microseconds since 1970-01-01 UTC.

    Raises:
        ValueError: The time has no zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone and cannot be kept")
    return (at - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """Return the aware UTC time that is ``value`` microseconds after 1970-01-01."""
    return _EPOCH + timedelta(microseconds=value)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time, kept as integer microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Return the microseconds that are kept."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Return the time that was kept."""
        return None if value is None else from_microseconds(int(value))


class Word(TypeDecorator[StrEnum]):
    """A member of a `StrEnum`, kept as its text."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        super().__init__()
        self.members = members
        self._member_of: dict[str, StrEnum] = {member.value: member for member in members}

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        """Return the text that is kept."""
        return None if value is None else self.members(value).value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> StrEnum | None:
        """Return the member that was kept."""
        return None if value is None else self._member_of.get(value) or self.members(value)


class Rank(TypeDecorator[IntEnum]):
    """A member of an `IntEnum`, kept as its number."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, members: type[IntEnum]) -> None:
        super().__init__()
        self.members = members
        self._member_of: dict[int, IntEnum] = {member.value: member for member in members}

    def process_bind_param(self, value: IntEnum | None, dialect: Dialect) -> int | None:
        """Return the number that is kept."""
        return None if value is None else int(self.members(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> IntEnum | None:
        """Return the member that was kept."""
        return None if value is None else self._member_of.get(value) or self.members(value)


class Words(TypeDecorator[tuple[str, ...]]):
    """A tuple of words, kept as a JSON list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Return the JSON that is kept."""
        return None if value is None else json.dumps(list(value), ensure_ascii=False)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Return the words that were kept."""
        if value is None:
            return None
        return tuple(json.loads(value)) if value != "[]" else ()


class Outline(TypeDecorator[tuple[tuple[float, float], ...]]):
    """Corners as latitude and longitude, kept as a JSON list of pairs."""

    impl = Text
    cache_ok = True

    def process_bind_param(
        self, value: tuple[tuple[float, float], ...] | None, dialect: Dialect
    ) -> str | None:
        """Return the JSON that is kept."""
        return None if value is None else json.dumps([list(corner) for corner in value])

    def process_result_value(
        self, value: Any | None, dialect: Dialect
    ) -> tuple[tuple[float, float], ...] | None:
        """Return the corners that were kept."""
        if value is None:
            return None
        return tuple((float(lat), float(lon)) for lat, lon in json.loads(value))


class Members(TypeDecorator[tuple[StrEnum, ...]]):
    """Members of a `StrEnum`, kept as a JSON list of words."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: tuple[StrEnum, ...] | None, dialect: Dialect) -> str | None:
        """Return the JSON that is kept."""
        return None if value is None else json.dumps([member.value for member in value])

    def process_result_value(
        self, value: Any | None, dialect: Dialect
    ) -> tuple[StrEnum, ...] | None:
        """Return the members that were kept."""
        return None if value is None else tuple(self.members(word) for word in json.loads(value))


class Times(TypeDecorator[dict[str, datetime]]):
    """Times by name, kept as a JSON object of microseconds."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, datetime] | None, dialect: Dialect) -> str | None:
        """Return the JSON that is kept."""
        if value is None:
            return None
        return json.dumps({name: to_microseconds(at) for name, at in value.items()})

    def process_result_value(
        self, value: Any | None, dialect: Dialect
    ) -> dict[str, datetime] | None:
        """Return the times that were kept."""
        if value is None:
            return None
        return {name: from_microseconds(at) for name, at in json.loads(value).items()}


class Details(TypeDecorator[dict[str, Any]]):
    """Plain values by name, kept as a JSON object with its keys in order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        """Return the JSON that is kept."""
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dict[str, Any] | None:
        """Return the values that were kept."""
        return None if value is None else dict(json.loads(value))


class Numbers(TypeDecorator[tuple[int, ...]]):
    """A tuple of whole numbers, kept as a JSON list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[int, ...] | None, dialect: Dialect) -> str | None:
        """Return the JSON that is kept."""
        return None if value is None else json.dumps(list(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[int, ...] | None:
        """Return the numbers that were kept."""
        return None if value is None else tuple(json.loads(value))


class Structs(TypeDecorator[tuple[Any, ...]]):
    """A tuple of values of one class of the domain, kept as a JSON list of objects."""

    impl = Text
    cache_ok = True

    def __init__(self, of: type[Any]) -> None:
        super().__init__()
        self.of = of

    def process_bind_param(self, value: tuple[Any, ...] | None, dialect: Dialect) -> str | None:
        """Return the JSON that is kept."""
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[Any, ...] | None:
        """Return the values that were kept."""
        if value is None:
            return None
        return tuple(msgspec.convert(one, self.of) for one in json.loads(value))
