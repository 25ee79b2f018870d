"""How many incidents areas had in the same hours of earlier days."""

from __future__ import annotations

import msgspec


class UsualLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What is usual in districts and streets.

    Attributes:
        at_ms: End of today's window, Unix milliseconds; earlier ones end whole days before.
        hours: How long each window is.
        days: How many days of incidents are known before today; at most as many as asked for.
        counts: Area, how many days ago, incidents; what is not named had none.
    """

    at_ms: int
    hours: float
    days: int
    counts: list[tuple[str, int, int]]
