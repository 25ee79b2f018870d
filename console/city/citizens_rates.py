"""How often citizens complain: by form, hour, weekday and month, and on unusual days.

The shapes are chosen, not measured: night works at night, trading when people are about, dust in
spring, barbecues on summer evenings. What is kept to is the sum: so many reports a year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

YEAR_S = 365.25 * 86_400.0
SLOT_S = 3600
#: Days out of the ordinary in a year (a storm, a burst main, a holiday), and how long each lasts.
SURGES_A_YEAR = 8
SURGE_H = (1, 3)
#: Reports of an hour of a surge, in mean hours of the year; a city's worst hour is about tenfold.
SURGE_SIZE = (3.0, 8.5)

_DAY = ((10.0, 2.6, 1.0), (15.5, 2.6, 0.9), (20.0, 2.0, 0.5))
_EVENING = ((18.5, 2.2, 1.0), (12.0, 1.8, 0.45), (7.5, 1.2, 0.35))
_NIGHT = ((23.0, 1.6, 1.0), (1.5, 1.8, 0.7), (4.5, 1.5, 0.25))
_LATE = ((21.0, 1.9, 1.0), (23.5, 1.2, 0.5))
_RUSH = ((8.2, 1.2, 1.0), (18.2, 1.5, 1.0), (12.5, 2.5, 0.4))
_FLAT = ((9.0, 4.0, 0.6), (17.0, 4.5, 0.8))

_EVEN_WEEK = (1.05, 1.0, 1.0, 1.0, 1.02, 0.97, 0.96)
_OFFICE_WEEK = (1.3, 1.15, 1.1, 1.1, 1.05, 0.7, 0.6)
_FREE_WEEK = (0.85, 0.85, 0.88, 0.92, 1.1, 1.25, 1.15)

_EVEN_YEAR = (0.9, 0.8, 1.0, 1.05, 1.08, 1.06, 1.06, 1.05, 1.03, 1.0, 1.0, 0.97)
_SUMMER = (0.4, 0.4, 0.7, 1.0, 1.3, 1.5, 1.7, 1.6, 1.3, 0.9, 0.6, 0.5)
_BUILDING = (0.6, 0.4, 1.1, 1.25, 1.2, 1.15, 1.1, 1.15, 1.2, 1.2, 0.95, 0.7)
_DUSTY = (0.6, 0.6, 1.6, 1.8, 1.5, 0.9, 0.6, 0.6, 0.8, 1.1, 1.1, 0.8)
_WINTER = (1.6, 1.4, 1.1, 0.8, 0.7, 0.7, 0.7, 0.7, 0.7, 0.9, 1.3, 1.6)

Bumps = tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRate:
    """How one form comes.

    Attributes:
        share: Share of all events, before all shares are made to sum to one.
        hours: Bumps of the day: local hour, width in hours, height.
        week: Weight of Monday to Sunday.
        year: Weight of January to December.
        more_callers: Mean number of people who report an event beyond the first.
    """

    code: str
    share: float
    hours: Bumps
    week: tuple[float, ...]
    year: tuple[float, ...]
    more_callers: float


def _rate(
    code: str,
    share: float,
    hours: Bumps,
    week: tuple[float, ...],
    year: tuple[float, ...],
    more: float,
) -> FormRate:
    return FormRate(code=code, share=share, hours=hours, week=week, year=year, more_callers=more)


RATES: tuple[FormRate, ...] = (
    _rate("0101", 6.0, _DAY, _OFFICE_WEEK, _EVEN_YEAR, 0.10),
    _rate("0102", 9.0, _DAY, _EVEN_WEEK, _SUMMER, 0.20),
    _rate("0103", 5.0, _DAY, _OFFICE_WEEK, _BUILDING, 0.15),
    _rate("0104", 5.0, _RUSH, _EVEN_WEEK, _EVEN_YEAR, 0.15),
    _rate("0105", 7.0, _LATE, _FREE_WEEK, _SUMMER, 0.50),
    _rate("0106", 1.5, _DAY, _OFFICE_WEEK, _EVEN_YEAR, 0.05),
    _rate("0201", 5.0, _DAY, _EVEN_WEEK, _EVEN_YEAR, 0.05),
    _rate("0301", 12.0, _NIGHT, _EVEN_WEEK, _BUILDING, 1.10),
    _rate("0302", 6.0, _DAY, _OFFICE_WEEK, _DUSTY, 0.35),
    _rate("0303", 4.5, _NIGHT, _EVEN_WEEK, _BUILDING, 0.30),
    _rate("0401", 1.0, _FLAT, _EVEN_WEEK, _WINTER, 0.60),
    _rate("0402", 0.5, _FLAT, _EVEN_WEEK, _SUMMER, 1.50),
    _rate("0501", 11.0, _EVENING, _FREE_WEEK, _EVEN_YEAR, 0.25),
    _rate("0502", 10.0, _EVENING, _FREE_WEEK, _SUMMER, 0.20),
    _rate("0503", 10.0, _RUSH, _EVEN_WEEK, _EVEN_YEAR, 0.15),
    _rate("0504", 3.5, _RUSH, _FREE_WEEK, _EVEN_YEAR, 0.10),
    _rate("0599", 3.0, _FLAT, _EVEN_WEEK, _EVEN_YEAR, 0.02),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Surge:
    """Some hours out of the ordinary.

    Attributes:
        starts_at: Aware UTC, on a full hour.
        hours: How long.
        form: Index in `RATES` of the form that half of its reports have.
        size: Reports of each hour, in mean hours of the year.
    """

    starts_at: datetime
    hours: int
    form: int
    size: float


class ComplaintRates:
    """Expected events of each form in each hour.

    Args:
        per_year: Reports a year, callers of one event counted each.
        seed: The days out of the ordinary come from it.
        utc_offset_h: Local time less UTC, hours.
    """

    def __init__(self, per_year: float, *, seed: int, utc_offset_h: float) -> None:
        self._seed = seed
        self._offset = timedelta(hours=utc_offset_h)
        share = np.array([rate.share for rate in RATES])
        share = share / share.sum()
        self.more_callers = np.array([rate.more_callers for rate in RATES])
        reports_an_event = float((share * (1.0 + self.more_callers)).sum())
        surging = SURGES_A_YEAR * np.mean(SURGE_H) * np.mean(SURGE_SIZE) * SLOT_S / YEAR_S
        self._mean_hour = per_year / YEAR_S * SLOT_S / reports_an_event
        self._usual = self._mean_hour * (1.0 - float(surging)) * share
        self._share = share
        self._hour = np.array([_day_shape(rate.hours) for rate in RATES])
        self._week = _mean_one([rate.week for rate in RATES])
        self._year = _mean_one([rate.year for rate in RATES])
        self._surges: dict[int, tuple[Surge, ...]] = {}

    def events(self, slot: int) -> NDArray[np.float64]:
        """Return the expected events of each form of `RATES` in one hour, shape (forms,).

        Args:
            slot: Hours since the Unix epoch.
        """
        starts_at = datetime.fromtimestamp(slot * SLOT_S, UTC)
        local = starts_at + self._offset + timedelta(minutes=30)
        usual = (
            self._usual
            * self._hour[:, local.hour]
            * self._week[:, local.weekday()]
            * self._year[:, local.month - 1]
        )
        for surge in self.surges(local.year):
            if surge.starts_at <= starts_at < surge.starts_at + timedelta(hours=surge.hours):
                extra = 0.5 * self._share.copy()
                extra[surge.form] += 0.5
                usual = usual + self._mean_hour * surge.size * extra
        return np.asarray(usual, dtype=np.float64)

    def surges(self, year: int) -> tuple[Surge, ...]:
        """Return the days out of the ordinary of a year."""
        if year not in self._surges:
            self._surges[year] = self._draw_surges(year)
        return self._surges[year]

    def _draw_surges(self, year: int) -> tuple[Surge, ...]:
        rng = np.random.default_rng([self._seed, 0x5126E, year])
        new_year = datetime(year, 1, 1, tzinfo=UTC)
        return tuple(
            Surge(
                starts_at=new_year
                + timedelta(days=int(rng.integers(365)), hours=int(rng.integers(24))),
                hours=int(rng.integers(SURGE_H[0], SURGE_H[1] + 1)),
                form=int(rng.choice(len(RATES), p=self._share)),
                size=float(rng.uniform(*SURGE_SIZE)),
            )
            for _ in range(SURGES_A_YEAR)
        )


def _day_shape(bumps: Bumps) -> NDArray[np.float64]:
    """Return the weight of each hour of the day, mean one; bumps go round midnight."""
    hours = np.arange(24) + 0.5
    shape = np.full(24, 0.02)
    for middle, width, height in bumps:
        away = np.abs(hours - middle)
        away = np.minimum(away, 24.0 - away)
        shape += height * np.exp(-0.5 * (away / width) ** 2)
    return np.asarray(shape / shape.mean(), dtype=np.float64)


def _mean_one(weights: list[tuple[float, ...]]) -> NDArray[np.float64]:
    table = np.array(weights)
    return np.asarray(table / table.mean(axis=1, keepdims=True), dtype=np.float64)
