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


#: What is private to a journey, on wheels or not. Its driver's or walker's form on the day (sigma
#: of a factor, lognormal); red lights and crossings on the way, so many a second of moving and each
#: held up for anything up to so long; getting away (exponential), seconds.
#:
#: The sum of many lights varies with the square root of the way, so that short ways are the less
#: certain ones, as ambulances' are (Budge, Ingolfsson & Zerom 2010, Management Science 56(4)).
#: Congestion (`Congestion`), the day (`Traffic.flow`) and a unit's own pace come on top: altogether
#: journeys differ from what is usual for the hour by some 15 to 20 %. Predictions that know roads
#: and hours and no more were 10.4 % off on average over 36,493 trips in Seattle (Woodard et al.
#: 2017, Transportation Research C 75), which is a spread of 13 to 19 %.
FORM_SIGMA = 0.05
STOPS_PER_S = {True: 1.0 / 120.0, False: 1.0 / 300.0}
LONGEST_STOP_S = {True: 50.0, False: 60.0}
AWAY_S = {True: 20.0, False: 8.0}


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

    def travel_s(self, way_s: float, journey: str, *, on_wheels: bool, own: float = 1.0) -> float:
        """Return how long a journey really takes.

        Args:
            way_s: Seconds of moving: on streets as they are then, or at a steady walk.
            journey: What tells this journey from others; the same one takes the same time.
            on_wheels: Whether it goes by car.
            own: Speed of whoever travels against what is usual.
        """
        digest = blake2b(f"{self._seed}|journey|{journey}".encode(), digest_size=8).digest()
        rng = np.random.default_rng(int.from_bytes(digest, "little"))
        moving_s = way_s / own
        return float(private_luck(np.array([moving_s]), np.array([on_wheels]), rng)[0])


def private_luck(
    moving_s: NDArray[np.float64], on_wheels: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return real times of journeys, each with luck of its own, shape (..., n).

    Args:
        moving_s: Seconds of moving, shape (..., n).
        on_wheels: Whether each goes by car, shape (n,).
        rng: The luck.
    """

    def of(values: dict[bool, float]) -> NDArray[np.float64]:
        return np.where(on_wheels, values[True], values[False])

    form = rng.lognormal(0.0, FORM_SIGMA, moving_s.shape)
    stops = rng.poisson(moving_s * of(STOPS_PER_S))
    # Of few stops the sum is drawn as it is, of many by its mean and spread.
    most = 12
    each = rng.random((*moving_s.shape, most)) * (np.arange(most) < stops[..., None])
    many = stops / 2.0 + np.sqrt(stops / 12.0) * rng.standard_normal(moving_s.shape)
    held = np.where(stops <= most, each.sum(axis=-1), np.maximum(many, 0.0))
    away_s = rng.exponential(of(AWAY_S), moving_s.shape)
    return np.asarray(moving_s * form + held * of(LONGEST_STOP_S) + away_s, dtype=np.float64)
