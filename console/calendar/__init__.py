"""Working time: which days and hours are worked, and when a limit ends."""

from console.calendar.national import china_workday, weekday_only
from console.calendar.worktime import WorkCalendar

__all__ = ["WorkCalendar", "china_workday", "weekday_only"]
