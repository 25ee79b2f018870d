"""What a city's past tells of the next report: how much happens where, and how many call.

Two reports of one form at one place within the hour are one matter in a quiet street, and often two
where the same thing happens ten times a day. Counted from incidents, never from what is simulated.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from datetime import datetime, timedelta

from console.dispatch.sayings import Sayings

#: So far back incidents are counted.
REMEMBERED = timedelta(days=30)
_CELL_DEG = 0.0005  # about 55 m
_METRES_PER_DEGREE = 111_195.0
#: What is taken for granted before anything was counted: a form comes so often a square kilometre
#: and day, and an incident has so many reports beyond its first.
_RATE_PER_KM2_DAY, _MORE_REPORTS = 0.25, 0.4
#: How many days and incidents of experience these are worth.
_WORTH_DAYS, _WORTH_INCIDENTS = 0.3, 15.0
_DAY_S = 86_400.0
#: How busy it is now is told by so much time; so many incidents of it are worth the usual.
_LATELY = timedelta(hours=1)
_WORTH_LATELY = 1.0
_MOST_RECENT = 400


class Experience:
    """Counts of incidents by form and place, of reports an incident, and of what callers say.

    Attributes:
        sayings: Which remarks go together.
    """

    def __init__(self) -> None:
        self.sayings = Sayings()
        self._cells: Counter[tuple[str, int, int]] = Counter()
        self._incidents: Counter[str] = Counter()
        self._joined: Counter[str] = Counter()
        self._recent: dict[str, deque[datetime]] = {}
        self._named: dict[str, tuple[float, float, int]] = {}
        self._first: datetime | None = None
        self._last: datetime | None = None

    def named(self, place: str, lat: float, lon: float) -> None:
        """Count a report's words for its place, with its position."""
        if place:
            lats, lons, count = self._named.get(place, (0.0, 0.0, 0))
            self._named[place] = (lats + lat, lons + lon, count + 1)

    def position_of(self, place: str) -> tuple[float, float] | None:
        """Return where reports that said these words for their place were, on average."""
        lats, lons, count = self._named.get(place, (0.0, 0.0, 0))
        return (lats / count, lons / count) if count else None

    def opened(self, form: str, lat: float | None, lon: float | None, at: datetime) -> None:
        """Count an incident (WGS-84)."""
        self._incidents[form] += 1
        self._first = min(self._first or at, at)
        self._last = max(self._last or at, at)
        self._recent.setdefault(form, deque(maxlen=_MOST_RECENT)).append(at)
        if lat is not None and lon is not None:
            self._cells[form, *_cell(lat, lon)] += 1

    def joined(self, form: str, reports: int = 1) -> None:
        """Count reports of an incident beyond its first."""
        self._joined[form] += reports

    def more_reports(self, form: str) -> float:
        """Return how many reports an incident of a form has beyond its first, on average."""
        counted = self._joined[form] + _WORTH_INCIDENTS * _MORE_REPORTS
        return counted / (self._incidents[form] + _WORTH_INCIDENTS)

    def rate(self, form: str, lat: float, lon: float, at: datetime) -> float:
        """Return how often something else of a form begins about a place at a time: 1 / (s m²).

        The incident that is asked about is there and counted; it does not speak against itself.
        """
        row, column = _cell(lat, lon)
        near = sum(
            self._cells.get((form, row + up, column + right), 0) * weight
            for up, right, weight in _AROUND
        )
        near = max(near - 1.0, 0.0)
        cell_m2 = (_CELL_DEG * _METRES_PER_DEGREE) ** 2 * math.cos(math.radians(lat))
        area_m2 = cell_m2 * _AROUND_CELLS
        days = self.days
        base = _RATE_PER_KM2_DAY / 1e6 * area_m2 * _WORTH_DAYS
        usual = (near + base) / ((days + _WORTH_DAYS) * _DAY_S * area_m2)
        return usual * self._busier(form, at)

    def _busier(self, form: str, at: datetime) -> float:
        """Return how much more of a form there is now than usual, from the last hour."""
        since = at - _LATELY
        lately = sum(one > since for one in self._recent.get(form, ()))
        usual = self._incidents[form] / max(self.days, _WORTH_DAYS) * (_LATELY / timedelta(days=1))
        return (lately + _WORTH_LATELY) / (usual + _WORTH_LATELY)

    @property
    def days(self) -> float:
        """How long has been counted."""
        if self._first is None or self._last is None:
            return 0.0
        return (self._last - self._first).total_seconds() / _DAY_S


_AROUND = tuple(
    (up, right, 1.0 if up == right == 0 else 0.5) for up in (-1, 0, 1) for right in (-1, 0, 1)
)
_AROUND_CELLS = sum(weight for *_, weight in _AROUND)


def _cell(lat: float, lon: float) -> tuple[int, int]:
    shrink = math.cos(math.radians(round(lat, 1)))
    return math.floor(lat / _CELL_DEG), math.floor(lon * shrink / _CELL_DEG)
