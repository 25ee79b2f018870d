"""Days that are worked, as the state announces them.

Source: the notices of the General Office of the State Council on the arrangement of holidays, as
the `holidays` package (MIT) holds them, make-up workdays on weekends included. Its table ends with
the last notice; what is announced later is entered in the site's own table of days.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

#: Time zones whose days are worked as the State Council announces them.
CHINESE_ZONES = frozenset({"Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "PRC"})


def china_workday(day: date) -> bool:
    """Return whether a day is worked in mainland China: weekdays but holidays, make-up days."""
    return bool(_china_of(day.year).is_working_day(day))


def is_announced(year: int) -> bool:
    """Return whether the State Council's notice for a year is in the table.

    Every notice makes up for days off by working on weekends. A year without one is reckoned from
    the law alone: its feasts are off, what is moved around them is not known.
    """
    return any(day.year == year for day in _china_of(year).weekend_workdays)


def weekday_only(day: date) -> bool:
    """Return whether a day is Monday to Friday, for cities whose holidays nobody entered."""
    return day.weekday() < 5


def workdays_of_zone(zone: str) -> Callable[[date], bool]:
    """Return which days are worked in the country of a time zone, as far as it is known."""
    return china_workday if zone in CHINESE_ZONES else weekday_only


@cache
def _china_of(year: int) -> Any:
    # The package takes its time to import; a console that sets no limit never needs it.
    import holidays  # noqa: PLC0415

    return holidays.country_holidays("CN", years=year)
