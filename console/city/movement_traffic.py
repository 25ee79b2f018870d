"""How fast the streets flow: the truth behind travel times, drawn from a seed of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

#: Share of free-flow speed that is left at each local hour of a working day.
_WORKDAY = (
    0.95, 0.97, 0.98, 0.98, 0.97, 0.92, 0.78, 0.56, 0.50, 0.60, 0.66, 0.68,
    0.70, 0.69, 0.67, 0.65, 0.60, 0.48, 0.46, 0.55, 0.68, 0.77, 0.86, 0.92,
)  # fmt: skip
_WEEKEND = (
    0.93, 0.96, 0.98, 0.98, 0.98, 0.96, 0.92, 0.86, 0.78, 0.70, 0.64, 0.62,
    0.64, 0.65, 0.63, 0.61, 0.59, 0.57, 0.58, 0.63, 0.70, 0.77, 0.84, 0.90,
)  # fmt: skip


#: Luck of a journey, on wheels or not: sigma of the factor (lognormal), and what stops take on
#: the way (exponential), seconds.
LUCK_MEAN = 0.03
LUCK_SIGMA = {True: 0.22, False: 0.10}
STOP_S = {True: 20.0, False: 8.0}


class Traffic:
    """Flow of the streets by time, by edge and by journey.

    Args:
        truth_seed: Seed of what nobody in the console may know.
        utc_offset_h: Local time less UTC, hours.
    """

    def __init__(self, *, truth_seed: int, utc_offset_h: float) -> None:
        self._seed = truth_seed
        self._offset = timedelta(hours=utc_offset_h)

    def flow(self, at: datetime) -> float:
        """Return the share of free-flow speed that is left in the city at ``at`` (aware UTC)."""
        local = at + self._offset
        curve = _WEEKEND if local.weekday() >= 5 else _WORKDAY
        hour = local.hour + local.minute / 60.0 + local.second / 3600.0
        usual = float(np.interp(hour, np.arange(25), (*curve, curve[0])))
        # A city has good and bad days; the same day is the same for whoever asks.
        of_day = np.random.default_rng([self._seed, 0x7AF, local.toordinal()]).normal(1.0, 0.06)
        return float(np.clip(usual * of_day, 0.3, 1.0))

    def of_edges(self, count: int) -> NDArray[np.float64]:
        """Return the share of the city's flow that each of ``count`` edges has, for good."""
        rng = np.random.default_rng([self._seed, 0xED6E])
        return np.asarray(rng.lognormal(-0.02, 0.2, size=count).clip(0.4, 1.3), dtype=np.float64)

    def travel_s(self, free_s: float, at: datetime, journey: str, *, on_wheels: bool) -> float:
        """Return how long a journey really takes.

        Args:
            free_s: Seconds on empty streets (by car), or at a steady walk.
            at: Departure, aware UTC.
            journey: What tells this journey from others; the same one takes the same time.
            on_wheels: Whether it suffers from traffic.
        """
        digest = blake2b(f"{self._seed}|journey|{journey}".encode(), digest_size=8).digest()
        rng = np.random.default_rng(int.from_bytes(digest, "little"))
        luck = float(rng.lognormal(LUCK_MEAN, LUCK_SIGMA[on_wheels]))
        stop_s = float(rng.exponential(STOP_S[on_wheels]))
        return free_s * luck / (self.flow(at) if on_wheels else 1.0) + stop_s
