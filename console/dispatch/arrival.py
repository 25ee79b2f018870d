"""Who arrives first, as a probability: road times are medians, fixes are old, traffic varies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from console.dispatch.near import NearUnit
from console.geo.arrays import Floats
from console.roads.columns import Mode

#: Spread of travel times, standard deviation of their logarithm: streets with signals and traffic
#: against a walk. Values of this size are usual for urban trips; a site may fit its own.
SPREAD = {Mode.CAR: 0.30, Mode.BIKE: 0.20, Mode.FOOT: 0.12}
#: A drift of so long a time says no more: by then the unit may be anywhere on its beat.
_DRIFT_AT_MOST_S = 900.0
_STEPS = 512
_ROOM_S = 20.0


def arrives_first(near: Sequence[NearUnit]) -> list[float | None]:
    """Return each unit's probability of being there before all others of the list.

    Each arrival is log-normal about its road time; the variance of its logarithm is that of travel
    times, and that of where the unit may have got to since its fix:
    ``sigma² = spread² + (drift / seconds)²`` with a drift of half the ground it can have covered.
    ``P(i first) = ∫ f_i(t) Π_{j≠i} (1 − F_j(t)) dt``, by the trapezium rule on a logarithmic grid.

    Args:
        near: The units compared, at most some dozens.

    Returns:
        One number a unit; they add up to 1. ``None`` for those without a road time.
    """
    known = [row for row, one in enumerate(near) if one.seconds is not None]
    answer: list[float | None] = [None] * len(near)
    if not known:
        return answer
    median = np.array([max(_seconds(near[row]), 1.0) for row in known])
    sigma = np.array([_sigma(near[row]) for row in known])
    for row, share in zip(known, _shares(median, sigma), strict=True):
        answer[row] = float(share)
    return answer


def _seconds(one: NearUnit) -> float:
    return one.seconds if one.seconds is not None else math.inf


def _sigma(one: NearUnit) -> float:
    age_s = min(one.age_s or 0.0, _DRIFT_AT_MOST_S)
    # Half the time since the fix may have gone into the way, or into the wrong one.
    drift_s = 0.5 * age_s
    return math.hypot(SPREAD[one.mode], drift_s / (_seconds(one) + _ROOM_S))


def _shares(median: Floats, sigma: Floats) -> Floats:
    # scipy is slow to import, and whoever asks has waited for roads already.
    from scipy.special import ndtr  # noqa: PLC0415

    centre = np.log(median)
    low = float(np.min(centre - 6 * sigma))
    high = float(np.min(centre + 6 * sigma))  # by then the surest of them has arrived
    at = np.linspace(low, high, _STEPS)
    z = (at[None, :] - centre[:, None]) / sigma[:, None]
    density = np.exp(-0.5 * z * z) / (sigma[:, None] * math.sqrt(2 * math.pi))
    with np.errstate(divide="ignore"):
        still_out = np.log(np.maximum(ndtr(-z), 1e-300))
    others = np.exp(still_out.sum(axis=0)[None, :] - still_out)
    share = np.trapezoid(density * others, at, axis=1)
    return np.asarray(share / share.sum(), np.float64)
