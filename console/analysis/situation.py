"""The three-colour warning (三色预警): an area's incidents against what is usual there.

An area is compared with itself: with the same hours of earlier days of the same kind (working days
with working days). What is usual is not known exactly when few days are known, so the present
count is held against the Gamma-Poisson predictive distribution of those days: with k windows that
hold S incidents together and Jeffreys' prior, the next window's count is negative binomial with
r = S + 1/2 and p = k / (k + 1) (Gelman et al., Bayesian Data Analysis, 3rd ed., 2.6). Where days
differ by more than chance lets them, both are divided by that factor first (the quasi-Poisson φ of
Farrington et al., J. R. Statist. Soc. A 159, 1996).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

#: So many hours, up to now, are looked at, against the same hours of earlier days.
WINDOW = timedelta(hours=6)
DAYS_BACK = 28
#: With fewer earlier windows nothing is usual yet.
FEWEST_WINDOWS = 3
#: A red of 350 areas is false less than once at any time.
RED_BELOW, YELLOW_BELOW = 0.002, 0.05
#: Fewer incidents than this never colour an area.
FEWEST_RED, FEWEST_YELLOW = 4, 2
_SATURDAY = 5


class Tone(StrEnum):
    """The colour of an area."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How an area stands.

    Attributes:
        count: Incidents in the window.
        usual: Mean of the earlier windows.
        windows: How many of them there are.
        chance: How likely so many incidents, or more, are by what is usual.
    """

    tone: Tone
    count: int
    usual: float
    windows: int
    chance: float


def alike_days(at: datetime, days: int) -> list[int]:
    """Return how many days ago days of the same kind were, 1 to ``days``.

    Args:
        at: The present, in the city's own time.
        days: How far back.
    """
    is_weekend = at.weekday() >= _SATURDAY
    before = ((ago, at - timedelta(days=ago)) for ago in range(1, days + 1))
    return [ago for ago, day in before if (day.weekday() >= _SATURDAY) == is_weekend]


def judged(count: int, windows: Sequence[int]) -> Situation | None:
    """Return how an area stands, ``None`` while too little is known of it.

    Args:
        count: Incidents now.
        windows: Incidents in the same hours of earlier days.
    """
    if len(windows) < FEWEST_WINDOWS:
        return None
    usual = float(np.mean(windows))
    chance = _chance_of(count, windows)
    tone = Tone.GREEN
    if count >= FEWEST_RED and chance < RED_BELOW:
        tone = Tone.RED
    elif count >= FEWEST_YELLOW and chance < YELLOW_BELOW:
        tone = Tone.YELLOW
    return Situation(tone=tone, count=count, usual=usual, windows=len(windows), chance=chance)


def _chance_of(count: int, windows: Sequence[int]) -> float:
    """Return the chance of ``count`` incidents or more."""
    mean, k = float(np.mean(windows)), len(windows)
    spread = max(1.0, float(np.var(windows, ddof=1)) / mean) if mean > 0 else 1.0
    r, p = (sum(windows) + 0.5) / spread, k / (k + 1)
    term, below = p**r, 0.0
    for j in range(math.ceil(count / spread)):
        below += term
        term *= (j + r) / (j + 1) * (1 - p)
    return max(0.0, 1.0 - below)
