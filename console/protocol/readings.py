"""Readings of sensors: like positions, only the newest counts; never in the change log."""

from __future__ import annotations

import msgspec

#: Sensor, Unix milliseconds, value.
ReadingSent = tuple[str, int, float]
MOST_READINGS = 20_000


class ReadingsTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What central did with readings: counts.

    Attributes:
        late: Older than what was known.
        unknown: Of sensors that are not in the register.
    """

    accepted: int = 0
    late: int = 0
    unknown: int = 0


class ReadingsTold(msgspec.Struct, frozen=True, kw_only=True):
    """The newest readings.

    Attributes:
        mark: To be given with the next question, which then brings only what is newer.
    """

    mark: int
    rows: list[ReadingSent]
