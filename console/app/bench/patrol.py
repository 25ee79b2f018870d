"""A simulated day of patrol: who was seen when, and what an order by expected yield finds.

Violations begin at random at rates that differ by point and hour, stay for a while and pass. A
patrol of two operators finds one when its point is on while it lasts. Neither the ordered plan nor
plain rotation knows the rates: the ordered one is told the violations of the days before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from console.app.bench._figures import machine
from console.domain.ids import CameraId
from console.patrol.schedule import HOURS, Seen, YieldSchedule, hourly_rates

DAY_S = 86_400.0
#: Days whose violations are known to the ordered plan.
HISTORY_DAYS = 60
#: Violations a day and point, on average.
A_POINT_DAY = 1.0


def run(
    *, points: int = 1_000, dead: float = 0.03, operators: int = 2, tiles: int = 4,
    dwell_s: float = 8.0, max_revisit_s: float = 3_600.0, persistence_s: float = 480.0,
    seed: int = 1,
) -> dict[str, Any]:  # fmt: skip
    """Measure; see the module's text.

    Args:
        points: How many.
        dead: Share of them that give no picture, each for a part of the day.
        operators: Walls that patrol one plan together.
        tiles: Of each wall.
        dwell_s: How long a page stays.
        max_revisit_s: No living point stays unseen for longer.
        persistence_s: How long a violation is to be seen, on average.

        seed: Of everything.
    """
    chance = np.random.default_rng([seed, 0x9A7])
    ids = [CameraId(f"C{n:04d}") for n in range(points)]
    truth = _rates(chance, points, A_POINT_DAY)
    past = [
        Seen(point=ids[n], hour=hour)
        for n, hour in zip(*np.nonzero(truth), strict=True)
        for _ in range(chance.poisson(truth[n, hour] * HISTORY_DAYS))
    ]
    began_s, ends_s, where = _violations(chance, truth, persistence_s)
    silent = _deaths(chance, points, dead)
    day = _Day(ids, silent, operators, tiles, dwell_s)
    schedule = YieldSchedule(
        ids,
        hourly_rates(ids, past, days=float(HISTORY_DAYS)),
        max_revisit_s=max_revisit_s,
        looks_per_s=operators * tiles / dwell_s,
        persistence_s=persistence_s,
    )
    ordered = day.patrolled(schedule)
    plain = day.rotated()
    found = {name: _found(looks, began_s, ends_s, where) for name, looks in
             (("ordered", ordered), ("rotation", plain))}  # fmt: skip
    longest = day.longest_unseen(ordered)
    living = silent[:, 1] <= silent[:, 0]
    return {
        "over_max_revisit": int((longest[living] > max_revisit_s).sum()),
        "points_unseen": int(sum(not len(looks) for looks, ok in zip(ordered, living, strict=True)
                                 if ok)),
        "longest_unseen_s": round(float(longest[living].max())),
        "max_revisit_s": max_revisit_s,
        "violations": len(began_s),
        "found": {name: len(delays) for name, delays in found.items()},
        "found_share": {name: round(len(delays) / len(began_s), 3)
                        for name, delays in found.items()},
        "delay_s_p50": {name: round(float(np.median(delays))) for name, delays in found.items()},
        "yield_ratio": round(len(found["ordered"]) / max(1, len(found["rotation"])), 3),
        "points": points, "operators": operators, "tiles": tiles, "dwell_s": dwell_s,
        **machine(),
    }  # fmt: skip


def _rates(chance: Generator, points: int, mean: float) -> NDArray[np.float64]:
    """Return violations an hour, shape (points, 24): few black spots, two peaks of the day."""
    weight = chance.gamma(0.35, 1.0, points)
    hours = np.arange(HOURS)
    shapes = []
    for peak in (8.0, 13.0, 19.0, 22.5):
        away = np.minimum(abs(hours - peak), HOURS - abs(hours - peak))
        shapes.append(np.exp(-0.5 * (away / 1.8) ** 2) + 0.05)
    kind = chance.integers(0, len(shapes), points)
    rates = weight[:, None] * np.asarray(shapes)[kind]
    scaled: NDArray[np.float64] = rates * (mean * points / rates.sum())
    return scaled


def _violations(
    chance: Generator, rates: NDArray[np.float64], persistence_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return when each of a day begins and ends, and at which point."""
    counts = chance.poisson(rates)
    where, hour = (np.repeat(rows, counts[np.nonzero(counts)]) for rows in np.nonzero(counts))
    began_s = hour * 3600.0 + chance.uniform(0, 3600.0, len(hour))
    return began_s, began_s + chance.exponential(persistence_s, len(hour)), where


def _deaths(chance: Generator, points: int, share: float) -> NDArray[np.float64]:
    """Return from when to when each point gives no picture, shape (points, 2); the same if never.

    Half of the dead are so all day, the others for some hours.
    """
    silent = np.zeros((points, 2))
    dead = chance.choice(points, round(points * share), replace=False)
    for n, point in enumerate(dead):
        begin = 0.0 if n % 2 else float(chance.uniform(0, DAY_S * 0.8))
        silent[point] = begin, DAY_S + 1 if n % 2 else begin + float(chance.uniform(3600, 4 * 3600))
    return silent


class _Day:
    """Walls that turn their pages for a day."""

    def __init__(
        self,
        ids: list[CameraId],
        silent: NDArray[np.float64],
        operators: int,
        tiles: int,
        dwell_s: float,
    ) -> None:
        self._ids, self._silent = ids, silent
        self._index = {point: n for n, point in enumerate(ids)}
        self._operators, self._tiles, self._dwell_s = operators, tiles, dwell_s

    def patrolled(self, schedule: YieldSchedule) -> list[list[float]]:
        """Return when each point was looked at by an ordered plan."""
        looks: list[list[float]] = [[] for _ in self._ids]
        for now_s in np.arange(0.0, DAY_S, self._dwell_s):
            dead = self._dead(now_s)
            schedule.set_dead([self._ids[n] for n in np.flatnonzero(dead)], now_s)
            on: list[CameraId] = []
            for _ in range(self._operators):
                on += schedule.page(self._tiles, now_s, int(now_s // 3600), but=on)
            for point in on:
                looks[self._index[point]].append(float(now_s))
        return looks

    def rotated(self) -> list[list[float]]:
        """Return the same by plain rotation, which shows dead points as well."""
        looks: list[list[float]] = [[] for _ in self._ids]
        at, step = 0, self._operators * self._tiles
        for now_s in np.arange(0.0, DAY_S, self._dwell_s):
            dead = self._dead(now_s)
            for n in range(at, at + step):
                point = n % len(self._ids)
                if not dead[point]:
                    looks[point].append(float(now_s))
            at = (at + step) % len(self._ids)
        return looks

    def longest_unseen(self, looks: list[list[float]]) -> NDArray[np.float64]:
        """Return the longest time that each point was not looked at, seconds."""
        return np.asarray([np.diff([0.0, *times, DAY_S]).max() for times in looks])

    def _dead(self, now_s: float) -> NDArray[np.bool_]:
        return (self._silent[:, 0] <= now_s) & (now_s < self._silent[:, 1])


def _found(
    looks: list[list[float]],
    began_s: NDArray[np.float64],
    ends_s: NDArray[np.float64],
    where: NDArray[np.int64],
) -> list[float]:
    """Return for each violation that was found how long after its beginning, seconds."""
    delays = []
    times = [np.asarray(one) for one in looks]
    for begin, end, point in zip(began_s, ends_s, where, strict=True):
        at = int(np.searchsorted(times[point], begin))
        if at < len(times[point]) and times[point][at] <= end:
            delays.append(float(times[point][at] - begin))
    return delays
