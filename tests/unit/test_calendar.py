"""Working time against an independent calculation: every hour of 2019 to 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.calendar import WorkCalendar
from console.domain.limits import Limit, LimitError, LimitUnit

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: Days off that the State Council's notices name, first to last day, written down from the notices.
OFF_TEXT = """
2019-01-01 2019-01-01 2019-02-04 2019-02-10 2019-04-05 2019-04-07 2019-05-01 2019-05-04
2019-06-07 2019-06-09 2019-09-13 2019-09-15 2019-10-01 2019-10-07 2020-01-01 2020-01-01
2020-01-24 2020-02-02 2020-04-04 2020-04-06 2020-05-01 2020-05-05 2020-06-25 2020-06-27
2020-10-01 2020-10-08 2021-01-01 2021-01-03 2021-02-11 2021-02-17 2021-04-03 2021-04-05
2021-05-01 2021-05-05 2021-06-12 2021-06-14 2021-09-19 2021-09-21 2021-10-01 2021-10-07
2022-01-01 2022-01-03 2022-01-31 2022-02-06 2022-04-03 2022-04-05 2022-04-30 2022-05-04
2022-06-03 2022-06-05 2022-09-10 2022-09-12 2022-10-01 2022-10-07 2022-12-31 2023-01-02
2023-01-21 2023-01-27 2023-04-05 2023-04-05 2023-04-29 2023-05-03 2023-06-22 2023-06-24
2023-09-29 2023-10-06 2023-12-30 2024-01-01 2024-02-10 2024-02-17 2024-04-04 2024-04-06
2024-05-01 2024-05-05 2024-06-08 2024-06-10 2024-09-15 2024-09-17 2024-10-01 2024-10-07
2025-01-01 2025-01-01 2025-01-28 2025-02-04 2025-04-04 2025-04-06 2025-05-01 2025-05-05
2025-05-31 2025-06-02 2025-10-01 2025-10-08 2026-01-01 2026-01-03 2026-02-15 2026-02-23
2026-04-04 2026-04-06 2026-05-01 2026-05-05 2026-06-19 2026-06-21 2026-09-25 2026-09-27
2026-10-01 2026-10-07
"""
OFF = OFF_TEXT.split()
#: Weekend days worked instead, from the same notices.
MADE_UP_TEXT = """
2019-02-02 2019-02-03 2019-04-28 2019-05-05 2019-09-29 2019-10-12 2020-01-19 2020-04-26
2020-05-09 2020-06-28 2020-09-27 2020-10-10 2021-02-07 2021-02-20 2021-04-25 2021-05-08
2021-09-18 2021-09-26 2021-10-09 2022-01-29 2022-01-30 2022-04-02 2022-04-24 2022-05-07
2022-10-08 2022-10-09 2023-01-28 2023-01-29 2023-04-23 2023-05-06 2023-06-25 2023-10-07
2023-10-08 2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29
2024-10-12 2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11 2026-01-04 2026-02-14
2026-02-28 2026-05-09 2026-09-20 2026-10-10
"""
MADE_UP = MADE_UP_TEXT.split()
FIRST, LAST = date(2019, 1, 1), date(2027, 3, 31)


def worked_days() -> list[date]:
    """Return the days worked in China by the notices alone."""
    off = {
        date.fromisoformat(a) + timedelta(days=n)
        for a, b in zip(OFF[::2], OFF[1::2], strict=True)
        for n in range((date.fromisoformat(b) - date.fromisoformat(a)).days + 1)
    }
    made_up = {date.fromisoformat(one) for one in MADE_UP}
    every = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    return [one for one in every if one in made_up or (one.weekday() < 5 and one not in off)]


@pytest.fixture(scope="module")
def calendar() -> WorkCalendar:
    return WorkCalendar(SHANGHAI)


def in_2027(day: date) -> bool:
    """Days for which no notice was out when this was written."""
    return day.year == 2027


def test_that_the_days_worked_are_those_of_the_notices(calendar: WorkCalendar) -> None:
    wanted = {one for one in worked_days() if not in_2027(one)}
    days = (FIRST + timedelta(days=n) for n in range((date(2026, 12, 31) - FIRST).days + 1))
    found = {one for one in days if calendar.is_workday(one)}
    assert found ^ wanted == set()


@pytest.mark.parametrize("text", ["4wh", "8wh", "1wd", "3wd", "2h"])
def test_that_limits_from_every_hour_end_as_reckoned_minute_by_minute(text: str) -> None:
    """Every hour 2019–2026: the end against a count over a grid of working minutes."""
    limit = Limit.parse(text)
    days = set(worked_days())
    calendar = WorkCalendar(SHANGHAI, works=lambda day: day in days)
    start = datetime(2019, 1, 1, tzinfo=SHANGHAI)
    hours = [start + timedelta(hours=n) for n in range((date(2026, 12, 1) - FIRST).days * 24)]
    wanted = by_the_minute(limit, hours, days)
    wrong = [
        (at, calendar.due(at, limit), end)
        for at, end in zip(hours, wanted, strict=True)
        if calendar.due(at, limit) != end
    ]
    assert wrong == []


def by_the_minute(limit: Limit, starts: list[datetime], days: set[date]) -> list[datetime]:
    """Reckon ends on a grid of minutes, with no thought of spans or days."""
    zero = datetime(2019, 1, 1, tzinfo=SHANGHAI)
    if limit.unit is LimitUnit.HOURS:
        return [at + timedelta(hours=limit.amount) for at in starts]
    day_min = np.zeros(1440, dtype=bool)
    day_min[9 * 60 : 12 * 60] = day_min[13 * 60 : 18 * 60] = True
    every = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    is_open = np.concatenate([day_min if one in days else np.zeros(1440, bool) for one in every])
    open_minutes = np.flatnonzero(is_open)
    found = []
    for at in starts:
        minute = int((at - zero).total_seconds() // 60)
        if limit.unit is LimitUnit.WORK_HOURS:
            first = np.searchsorted(open_minutes, minute)
            end = open_minutes[first + int(limit.amount * 60) - 1] + 1
        else:
            midnight = (minute // 1440 + 1) * 1440
            first = np.searchsorted(open_minutes, midnight)
            end = open_minutes[first + int(limit.amount) * 480 - 1] + 1
        found.append(zero + timedelta(minutes=int(end)))
    return found


@given(
    at=st.datetimes(datetime(2019, 1, 1), datetime(2026, 6, 1)).map(
        lambda one: one.replace(tzinfo=UTC)
    ),
    quarters=st.integers(1, 160),
)
def test_that_what_is_left_at_the_start_is_the_whole_limit(at: datetime, quarters: int) -> None:
    calendar = WorkCalendar(SHANGHAI)
    limit = Limit(amount=quarters / 4, unit=LimitUnit.WORK_HOURS)
    left = calendar.left(at, calendar.due(at, limit), limit.unit)
    assert left is not None
    assert left.amount == pytest.approx(limit.amount)


def test_that_a_day_entered_by_hand_holds_against_the_national_calendar() -> None:
    saturday = date(2027, 2, 6)
    entered = WorkCalendar(SHANGHAI, days={saturday: True, date(2026, 11, 27): False})
    assert entered.is_workday(saturday)
    assert not WorkCalendar(SHANGHAI).is_workday(saturday)
    thursday_evening = datetime(2026, 11, 26, 19, tzinfo=SHANGHAI)
    due = entered.due(thursday_evening, Limit.parse("1wh"))
    assert due == datetime(2026, 11, 30, 10, tzinfo=SHANGHAI)


def test_that_a_table_in_which_nobody_works_still_ends_a_limit() -> None:
    never = WorkCalendar(SHANGHAI, works=lambda _: False)
    start = datetime(2026, 11, 26, tzinfo=SHANGHAI)
    assert never.due(start, Limit.parse("1wd")) - start < timedelta(days=75)


def test_that_clock_changes_do_not_move_office_hours() -> None:
    helsinki = WorkCalendar(ZoneInfo("Europe/Helsinki"))
    friday = datetime(2026, 3, 27, 17, tzinfo=ZoneInfo("Europe/Helsinki"))
    due = helsinki.due(friday, Limit.parse("2wh"))
    assert due.astimezone(ZoneInfo("Europe/Helsinki")).time() == time(10)


@pytest.mark.parametrize("text", ["", "4", "-2h", "0h", "1.5wd", "3 weeks", "2000h", "٣h"])
def test_that_what_is_no_limit_is_told_so(text: str) -> None:
    with pytest.raises(LimitError, match="is no limit"):
        Limit.parse(text)
