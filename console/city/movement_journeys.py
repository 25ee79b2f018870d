"""Journeys of single units to a place: where on its way a unit is at a given moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.city.movement_network import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One unit's way to one place.

    Attributes:
        x: Metres east of the points of the way, shape (n,), n ≥ 2.
        y: Metres north, shape (n,).
        at_s: Unix seconds at which each point is reached, shape (n,), rising.
    """

    x: Floats
    y: Floats
    at_s: Floats

    @property
    def arrives_s(self) -> float:
        """Unix seconds of the arrival."""
        return float(self.at_s[-1])

    def where(self, now_s: float) -> tuple[float, float, float, float]:
        """Return metres east and north, speed in m/s and heading in degrees at ``now_s``."""
        leg = int(np.clip(np.searchsorted(self.at_s, now_s, side="right") - 1, 0, len(self.x) - 2))
        took_s = max(float(self.at_s[leg + 1] - self.at_s[leg]), 1e-3)
        part = min(max((now_s - float(self.at_s[leg])) / took_s, 0.0), 1.0)
        dx = float(self.x[leg + 1] - self.x[leg])
        dy = float(self.y[leg + 1] - self.y[leg])
        speed_mps = 0.0 if now_s >= self.arrives_s else float(np.hypot(dx, dy)) / took_s
        heading_deg = float(np.degrees(np.arctan2(dx, dy)) % 360.0)
        return (
            float(self.x[leg]) + part * dx,
            float(self.y[leg]) + part * dy,
            speed_mps,
            heading_deg,
        )


def make_journey(x: Floats, y: Floats, *, starts_s: float, arrives_s: float) -> Journey:
    """Return the journey over these points at a steady speed.

    Args:
        x: Metres east, shape (n,), n ≥ 1; the first is where the unit is.
        y: Metres north, shape (n,).
        starts_s: Unix seconds of the departure.
        arrives_s: Unix seconds of the arrival.
    """
    if len(x) < 2:
        x, y = np.repeat(x, 2), np.repeat(y, 2)
    legs_m = np.hypot(np.diff(x), np.diff(y))
    far_m = np.concatenate([[0.0], np.cumsum(legs_m)])
    total_m = float(far_m[-1])
    part = far_m / total_m if total_m > 0.0 else np.linspace(0.0, 1.0, len(x))
    return Journey(x=x, y=y, at_s=starts_s + part * max(arrives_s - starts_s, 1e-3))
