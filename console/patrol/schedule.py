"""Which points come next (调度): by expected yield, under a guaranteed longest time unseen.

The yield of a look is the number of violations that it is expected to find: they begin at a rate
that past ones tell by place and hour, and pass by themselves after a while, so that the value of a
look grows with the time since the last one and levels off. The guarantee is that of earliest
deadline first: as many places of a page as deadlines leave free go to the highest yield, the others
to the points whose time runs out first (Liu & Layland 1973; here every look takes one place).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.domain.ids import CameraId
from console.patrol.plans import PatrolPlanError

HOURS = 24
#: How long a violation is to be seen, on average.
USUAL_PERSISTENCE_S = 600.0
#: The past is worth as much as so many days of the mean rate of all points (gamma prior).
_PRIOR_DAYS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One past violation: near which point, in which hour of the day, 0 to 23."""

    point: CameraId
    hour: int


def hourly_rates(
    points: Sequence[CameraId], past: Iterable[Seen], *, days: float
) -> NDArray[np.float64]:
    """Return the expected violations an hour at each point in each hour, shape (points, 24).

    Counts are drawn towards the mean of the hour, the more the fewer days there are: one incident
    does not make a black spot.

    Args:
        points: Which, in order.
        past: Violations of the past; those at other points are left out.
        days: How many days they are from, above 0.
    """
    index = {point: n for n, point in enumerate(points)}
    counts = np.zeros((len(points), HOURS))
    for one in past:
        at = index.get(one.point)
        if at is not None:
            counts[at, one.hour % HOURS] += 1
    if not len(points):
        return counts
    mean = counts.mean(axis=0, keepdims=True) / days
    # Neighbouring hours tell of each other.
    soft = (np.roll(counts, 1, axis=1) + 2 * counts + np.roll(counts, -1, axis=1)) / 4
    rates: NDArray[np.float64] = (soft + _PRIOR_DAYS * mean) / (days + _PRIOR_DAYS)
    return rates


class YieldSchedule:
    """Gives page after page; times are seconds of one clock that only goes forward.

    Args:
        points: What is patrolled.
        rates: Expected violations an hour, shape (points, 24).
        max_revisit_s: No living point stays unseen for longer.
        looks_per_s: How many points all walls together show a second.
        now_s: When it begins; a point without a look counts as seen then.
        persistence_s: How long a violation is to be seen, on average.

    Raises:
        PatrolPlanError: So many points cannot be seen in that time.
    """

    def __init__(
        self,
        points: Sequence[CameraId],
        rates: NDArray[np.float64],
        *,
        max_revisit_s: float,
        looks_per_s: float,
        now_s: float = 0.0,
        persistence_s: float = USUAL_PERSISTENCE_S,
    ) -> None:
        needed_s = len(points) / looks_per_s if looks_per_s > 0 else float("inf")
        if needed_s > max_revisit_s:
            raise PatrolPlanError(
                f"{len(points)} points cannot all be seen within {max_revisit_s / 60:.0f} minutes: "
                f"one round takes {needed_s / 60:.0f}. Allow more time, show more tiles, or leave "
                "points out.",
                max_revisit_s,
            )
        self._points = tuple(points)
        self._index = {point: n for n, point in enumerate(self._points)}
        self._rates = rates
        self._max_s, self._per_s = max_revisit_s, looks_per_s
        self._persistence_s = persistence_s
        self._seen_s = np.full(len(self._points), now_s)
        self._alive = np.ones(len(self._points), bool)

    def looked(self, points: Iterable[CameraId], at_s: float) -> None:
        """Take looks from anywhere: this wall, another one."""
        for point in points:
            at = self._index.get(point)
            if at is not None:
                self._seen_s[at] = max(self._seen_s[at], at_s)

    def set_dead(self, dead: Iterable[CameraId], now_s: float) -> None:
        """Say which points give no picture: they take no place until they live again."""
        alive = np.ones(len(self._points), bool)
        for point in dead:
            at = self._index.get(point)
            if at is not None:
                alive[at] = False
        back = alive & ~self._alive
        # What was dead has not been seen, and is worth a look soon, but nobody else's time.
        self._seen_s[back] = np.maximum(self._seen_s[back], now_s - self._max_s / 2)
        self._alive = alive

    def page(
        self, places: int, now_s: float, hour: int, *, but: Iterable[CameraId] = ()
    ) -> tuple[CameraId, ...]:
        """Return the points of the next page and count them as looked at from now on.

        Args:
            places: Tiles of the page.
            now_s: When it comes on.
            hour: Of the day, by the clock on the wall, 0 to 23.
            but: Points that are on elsewhere.
        """
        free = self._alive.copy()
        for point in but:
            at = self._index.get(point)
            if at is not None:
                free[at] = False
        order = np.flatnonzero(free)
        if not len(order):
            return ()
        deadline = self._seen_s[order] + self._max_s
        by_deadline = order[np.argsort(deadline, kind="stable")]
        due = np.sort(deadline)
        wanted = min(places, len(order))
        spare = self._spare(due, wanted, now_s)
        chosen = list(by_deadline[: wanted - spare])
        if spare:
            rest = by_deadline[wanted - spare :]
            value = self._value(rest, now_s, hour)
            chosen += list(rest[np.argsort(-value, kind="stable")[:spare]])
        self._seen_s[chosen] = now_s
        return tuple(self._points[at] for at in chosen)

    def _value(self, rows: NDArray[np.int64], now_s: float, hour: int) -> NDArray[np.float64]:
        """Return how many violations a look at each is expected to find."""
        unseen_s = np.maximum(0.0, now_s - self._seen_s[rows])
        there: NDArray[np.float64] = (
            self._rates[rows, hour % HOURS]
            / 3600.0
            * self._persistence_s
            * (1.0 - np.exp(-unseen_s / self._persistence_s))
        )
        return there

    def _spare(self, due: NDArray[np.float64], places: int, now_s: float) -> int:
        """Return how many places of this page deadlines leave free.

        A point whose deadline is the n-th is still in time if the looks left until then, without
        the ones given away now, are at least n; one page is kept in hand.
        """
        ahead_s = np.maximum(0.0, due - now_s)
        looks = np.floor(ahead_s * self._per_s)
        free = looks - np.arange(1, len(due) + 1) - places
        return int(np.clip(free.min(), 0, places))
