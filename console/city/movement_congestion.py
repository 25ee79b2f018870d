"""Congestion: where and when streets are slower than the hour is, the same for all who drive there.

What makes travel times of a city differ is mostly common to all who are in the same streets at the
same time. The standard deviation of the time a kilometre takes grows in proportion to its mean, and
next to nothing is left of it on free streets (Mahmassani, Hou & Dong 2012, Transportation Research
Record 2315; Eliasson 2007, "The relationship between travel time variability and road congestion",
from Stockholm's cameras); neighbouring links are slow together (Jenelius & Koutsopoulos 2013,
Transportation Research B 53; Ermagun, Chatterjee & Levinson 2017, PLoS One 12(5)). Hence a field
over place and time that multiplies the *delay*, not the time.
"""

from __future__ import annotations

import numpy as np

from console.city.movement_network import Floats

#: Spread of the delay's logarithm; over this distance and time the field keeps 1/e of itself.
SIGMA = 0.5
REACH_M = 3000.0
LASTS_S = 1800.0
#: Waves the field is made of.
_WAVES = 64


class Congestion:
    """A Gaussian field with exponential correlation in place and in time.

    Made of waves drawn from its spectrum (Rahimi & Recht 2007, "Random features for large-scale
    kernel machines"), so that any moment can be asked for without those before it.

    Args:
        seed: Every wave comes from it.
        x: Metres east of the places, shape (m,).
        y: Metres north, shape (m,).
    """

    def __init__(self, seed: int, x: Floats, y: Floats) -> None:
        rng = np.random.default_rng([seed, 0xC096])
        # The spectrum of exp(-r / reach) in the plane is a Cauchy distribution, so is that in time.
        slow = np.maximum(np.abs(rng.normal(size=_WAVES)), 0.02)
        self._per_m = rng.normal(size=(2, _WAVES)) / (slow * REACH_M)
        self._per_s = rng.standard_cauchy(_WAVES) / LASTS_S
        self._phase = rng.uniform(0.0, 2.0 * np.pi, _WAVES)
        self._x, self._y = np.asarray(x, np.float32), np.asarray(y, np.float32)

    def excess(self, now_s: float) -> Floats:
        """Return by what factor the delay at each place is larger than usual, mean 1, shape (m,).

        Args:
            now_s: Unix seconds.
        """
        total = np.zeros(len(self._x), np.float32)
        for wave in range(_WAVES):
            at = (self._phase[wave] + self._per_s[wave] * now_s) % (2.0 * np.pi)
            east, north = self._per_m[:, wave].astype(np.float32)
            total += np.cos(self._x * east + (self._y * north + np.float32(at)))
        field = total.astype(np.float64) * (SIGMA * np.sqrt(2.0 / _WAVES))
        return np.asarray(np.exp(field - SIGMA * SIGMA / 2.0), dtype=np.float64)
