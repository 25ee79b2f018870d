"""Shifts of the simulated force: who is on duty when, from the seed alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

#: Days of one round: each unit rests on one of them.
ROUND_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One shift of the day; it may run past midnight.

    Attributes:
        start_h: Local hour of its start, 0 ≤ start < 24.
        length_h: Hours; neighbours overlap by half an hour for the handover.
        share: Part of the force that works it.
    """

    name: str
    start_h: float
    length_h: float
    share: float


SHIFTS: tuple[Shift, ...] = (
    Shift(name="early", start_h=6.0, length_h=8.5, share=0.41),
    Shift(name="late", start_h=14.0, length_h=8.5, share=0.38),
    Shift(name="night", start_h=22.0, length_h=8.5, share=0.21),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutySpan:
    """One working shift of one unit.

    Attributes:
        starts_at: Aware UTC.
        ends_at: Aware UTC.
    """

    starts_at: datetime
    ends_at: datetime


class Roster:
    """The shift of each unit, and its day of rest.

    Args:
        count: How many units.
        seed: The same seed gives the same roster.
        utc_offset_h: Local time less UTC, hours.
        shifts: The shifts of the day.
    """

    def __init__(
        self,
        count: int,
        *,
        seed: int,
        utc_offset_h: float,
        shifts: Sequence[Shift] = SHIFTS,
    ) -> None:
        rng = np.random.default_rng([seed, 0x5417F7])
        shares = np.array([shift.share for shift in shifts])
        self._shifts = tuple(shifts)
        self._offset = timedelta(hours=utc_offset_h)
        self._shift_of = rng.choice(len(shifts), size=count, p=shares / shares.sum())
        self._rest_day = rng.integers(ROUND_DAYS, size=count)
        # People come a few minutes early or late; central is not called by all at one instant.
        self._lag_s = rng.normal(0.0, 240.0, size=count).clip(-900.0, 900.0)

    def on_duty(self, at: datetime) -> NDArray[np.bool_]:
        """Return who is on duty at ``at`` (aware UTC), shape (count,)."""
        on = np.zeros(len(self._shift_of), dtype=np.bool_)
        for shift_no, shift in enumerate(self._shifts):
            for days_back in (0, 1):
                begun, day = self._last_start(at, shift, days_back)
                since_s = (at - begun).total_seconds() - self._lag_s
                works = (self._shift_of == shift_no) & (self._rest_day != day % ROUND_DAYS)
                on |= works & (since_s >= 0.0) & (since_s < shift.length_h * 3600.0)
        return on

    def span(self, unit: int, at: datetime) -> DutySpan | None:
        """Return the shift that the unit works at ``at``, or ``None`` when it is off duty."""
        shift = self._shifts[int(self._shift_of[unit])]
        lag = timedelta(seconds=float(self._lag_s[unit]))
        for days_back in (0, 1):
            begun, day = self._last_start(at, shift, days_back)
            starts_at = begun + lag
            ends_at = starts_at + timedelta(hours=shift.length_h)
            if starts_at <= at < ends_at and int(self._rest_day[unit]) != day % ROUND_DAYS:
                return DutySpan(starts_at=starts_at, ends_at=ends_at)
        return None

    def _last_start(self, at: datetime, shift: Shift, days_back: int) -> tuple[datetime, int]:
        """Return the shift's start on the local day of ``at`` (or before), and that day's number.

        The day counted from is the one that holds ``at`` a quarter of an hour on, so that those
        who come early for a shift that begins at midnight are counted with it.
        """
        local = at + self._offset
        midnight = (local + timedelta(minutes=15)).replace(
            hour=0, minute=0, second=0, microsecond=0
        ) - timedelta(days=days_back)
        begun = (midnight + timedelta(hours=shift.start_h) - self._offset).astimezone(UTC)
        return begun, midnight.toordinal()
