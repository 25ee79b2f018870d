"""When a limit ends, reckoned in the working time of a city."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from console.calendar.national import workdays_of_zone
from console.domain.limits import Limit, LimitUnit

#: Offices work nine to twelve and one to six.
OFFICE_HOURS = ((time(9), time(12)), (time(13), time(18)))
_DAY = timedelta(days=1)
#: More days without one that is worked than this are a mistake in the table, not a holiday.
_LONGEST_REST = 60


class WorkCalendar:
    """The working time of one place.

    Args:
        zone: Time zone of the clocks on its walls.
        days: Days entered by hand, worked or not; they hold against everything else.
        works: Whether a day is worked where nothing was entered; by default by the zone's country.
        hours: Begin and end of each part of a working day, local time, in order.
    """

    def __init__(
        self,
        zone: ZoneInfo,
        *,
        days: Mapping[date, bool] | None = None,
        works: Callable[[date], bool] | None = None,
        hours: tuple[tuple[time, time], ...] = OFFICE_HOURS,
    ) -> None:
        self.zone = zone
        self._entered = dict(days or {})
        self._works = works or workdays_of_zone(zone.key)
        self._hours = hours
        self._known: dict[date, bool] = {}

    def is_workday(self, day: date) -> bool:
        """Return whether a day is worked."""
        known = self._known.get(day)
        if known is None:
            entered = self._entered.get(day)
            known = self._known[day] = self._works(day) if entered is None else entered
        return known

    def due(self, start: datetime, limit: Limit) -> datetime:
        """Return when a limit that begins at a time ends.

        Hours run round the clock. Working hours run while offices work. Of working days the day of
        the start does not count, and the last one ends with its office hours (Civil Code of the
        PRC, art. 201 and 203).

        Args:
            start: Aware.
            limit: What may be used up.

        Returns:
            Aware UTC.
        """
        if limit.unit is LimitUnit.HOURS:
            return start.astimezone(UTC) + timedelta(hours=limit.amount)
        if limit.unit is LimitUnit.WORK_HOURS:
            return self._after_work(start, timedelta(hours=limit.amount))
        return self._after_days(start, math.ceil(limit.amount))

    def left(self, at: datetime, due: datetime, unit: LimitUnit) -> Limit | None:
        """Return what is left of a limit at a time, ``None`` when nothing is.

        Args:
            at: Aware.
            due: When it ends.
            unit: What it counts.
        """
        if due <= at:
            return None
        if unit is LimitUnit.HOURS:
            amount = (due - at) / timedelta(hours=1)
        elif unit is LimitUnit.WORK_HOURS:
            amount = self.worked(at, due) / timedelta(hours=1)
        else:
            first, last = self._local_day(at) + _DAY, self._local_day(due)
            span = range((last - first).days + 1)
            amount = float(sum(self.is_workday(first + _DAY * n) for n in span))
        return Limit(amount=amount, unit=unit) if amount > 0 else None

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """Return how much working time lies between two times."""
        total = timedelta()
        for opens, closes in self._spans(start):
            if opens >= end:
                break
            total += max(min(closes, end) - max(opens, start), timedelta())
        return total

    def _after_work(self, start: datetime, left: timedelta) -> datetime:
        for opens, closes in self._spans(start):
            begins = max(opens, start)
            if closes - begins >= left:
                return begins.astimezone(UTC) + left
            left -= max(closes - begins, timedelta())
        raise AssertionError("working time has no end")

    def _after_days(self, start: datetime, days: int) -> datetime:
        after = self._workdays(self._local_day(start) + _DAY)
        last = next(islice(after, days - 1, None))
        return self._at(last, self._hours[-1][1])

    def _spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Give the spans of working time that end after ``start``, in order, without end."""
        for day in self._workdays(self._local_day(start)):
            for opens, closes in self._hours:
                span = self._at(day, opens), self._at(day, closes)
                if span[1] > start:
                    yield span

    def _workdays(self, first: date) -> Iterator[date]:
        day, rested = first, 0
        while True:
            rested = 0 if self.is_workday(day) else rested + 1
            # A table that says nobody ever works must not keep a limit from ending.
            if not rested or (rested > _LONGEST_REST and day.weekday() < 5):
                yield day
            day += _DAY

    def _local_day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, tzinfo=self.zone).astimezone(UTC)
