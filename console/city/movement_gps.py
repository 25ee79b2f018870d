"""Receivers: what the devices say of where they are, with noise, gaps and fixes that come late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.city.movement_network import Floats, Ints
from console.geo.distance import LocalPlane
from console.protocol.positions import DEGREES, INGEST, UNKNOWN_U2, FixFlag


@dataclass(frozen=True, slots=True, kw_only=True)
class GpsHabits:
    """How good the receivers are.

    Attributes:
        sigma_m: Usual error of one axis.
        drift_s: Time over which the error stays much the same.
        outlier_chance: Chance that a fix is thrown off by a reflection.
        gap_every_s: Mean time between gaps of one unit.
        gap_s: Shortest and longest gap.
        asleep_chance: Chance that a gap is a locked screen, which the page says with its last fix.
        late_chance: Chance that a fix is held up on its way.
        late_s: Shortest and longest time it is held up.
        twice_chance: Chance that a fix is sent twice.
    """

    sigma_m: float = 5.0
    drift_s: float = 30.0
    outlier_chance: float = 0.003
    gap_every_s: float = 1200.0
    gap_s: tuple[float, float] = (20.0, 180.0)
    asleep_chance: float = 0.3
    late_chance: float = 0.01
    late_s: tuple[float, float] = (4.0, 75.0)
    twice_chance: float = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is so: one entry a unit that has to send now.

    Attributes:
        who: Indices in the force, shape (n,).
        x: Metres east.
        y: Metres north.
        speed_mps: Over ground.
        heading_deg: Clockwise from north.
        is_page: Whether the device is a web page, which sleeps when its screen is locked.
    """

    who: Ints
    x: Floats
    y: Floats
    speed_mps: Floats
    heading_deg: Floats
    is_page: NDArray[np.bool_]


class Receivers:
    """The receivers of the whole force.

    Args:
        numbers: Number of each unit on the wire, shape (n,).
        plane: Where metres are counted from.
        seed: Every error comes from it.
        habits: How good they are.

    Attributes:
        outliers: How many fixes were thrown off so far; the truth about "teleports".
    """

    def __init__(
        self, numbers: NDArray[np.uint32], plane: LocalPlane, *, seed: int, habits: GpsHabits
    ) -> None:
        count = len(numbers)
        self._numbers, self._plane, self._habits = numbers, plane, habits
        self._rng = np.random.default_rng([seed, 0x6B5])
        self._sigma_m = habits.sigma_m * self._rng.lognormal(0.0, 0.25, count)
        self._off = self._rng.normal(0.0, 1.0, (2, count)) * self._sigma_m
        self._off_at_s: Floats = np.zeros(count)
        self._silent_until_s: Floats = np.zeros(count)
        self._last_sent_s: Floats = np.full(count, np.nan)
        self._held: list[tuple[float, NDArray[np.void]]] = []
        self.outliers = 0

    def fixes(self, truth: Truth, now_s: float) -> NDArray[np.void]:
        """Return what arrives now, dtype `INGEST`: new fixes, then those that were held up."""
        hears = now_s >= self._silent_until_s[truth.who]
        who = truth.who[hears]
        made = self._make(truth, hears, now_s)
        falls = self._fall_silent(who, now_s)
        asleep = falls & truth.is_page[hears] & self._chance(len(who), self._habits.asleep_chance)
        made["flags"][asleep] |= int(FixFlag.ASLEEP)
        late = self._chance(len(who), self._habits.late_chance) & ~falls
        for fix in made[late]:
            due_s = now_s + self._rng.uniform(*self._habits.late_s)
            self._held.append((due_s, np.array([fix], dtype=INGEST)))
        twice = made[self._chance(len(who), self._habits.twice_chance) & ~late]
        return np.concatenate([made[~late], twice, *self._released(now_s)])

    def _chance(self, count: int, chance: float) -> NDArray[np.bool_]:
        return np.asarray(self._rng.random(count) < chance, dtype=np.bool_)

    def _make(self, truth: Truth, hears: NDArray[np.bool_], now_s: float) -> NDArray[np.void]:
        who, rng = truth.who[hears], self._rng
        stays = np.exp(-np.clip(now_s - self._off_at_s[who], 0.0, 600.0) / self._habits.drift_s)
        new = rng.normal(0.0, 1.0, (2, len(who))) * self._sigma_m[who]
        self._off[:, who] = stays * self._off[:, who] + np.sqrt(1.0 - stays**2) * new
        self._off_at_s[who] = now_s
        x, y = truth.x[hears] + self._off[0, who], truth.y[hears] + self._off[1, who]
        accuracy_m = self._sigma_m[who] * rng.uniform(1.2, 2.4, len(who))
        thrown = self._chance(len(who), self._habits.outlier_chance)
        self.outliers += int(thrown.sum())
        away_m, angle = 30.0 + rng.exponential(40.0, len(who)), rng.uniform(0, 2 * np.pi, len(who))
        x = np.where(thrown, x + away_m * np.cos(angle), x)
        y = np.where(thrown, y + away_m * np.sin(angle), y)
        accuracy_m = np.where(thrown, away_m * rng.uniform(0.4, 1.2, len(who)), accuracy_m)
        return self._pack(truth, hears, now_s, (x, y, accuracy_m))

    def _pack(
        self,
        truth: Truth,
        hears: NDArray[np.bool_],
        now_s: float,
        seen: tuple[Floats, Floats, Floats],
    ) -> NDArray[np.void]:
        lat, lon = self._plane.to_degrees(seen[0], seen[1])
        speed, heading = truth.speed_mps[hears], truth.heading_deg[hears]
        stands = speed < 0.3
        made = np.zeros(len(lat), dtype=INGEST)
        made["unit"] = self._numbers[truth.who[hears]]
        made["t_ms"] = int(now_s * 1000.0)
        made["lat"], made["lon"] = np.round(lat / DEGREES), np.round(lon / DEGREES)
        made["heading"] = np.where(stands, UNKNOWN_U2, np.round(heading * 100.0) % 36_000)
        made["speed"] = np.minimum(np.round(speed * 100.0), UNKNOWN_U2 - 1)
        made["accuracy"] = np.minimum(np.round(seen[2] * 10.0), UNKNOWN_U2 - 1)
        made["flags"] = np.where(stands, int(FixFlag.NO_HEADING), 0)
        return made

    def _fall_silent(self, who: Ints, now_s: float) -> NDArray[np.bool_]:
        """Return which units send their last fix before a gap, and let the gap begin."""
        since_s = np.nan_to_num(now_s - self._last_sent_s[who], nan=0.0)
        since_s[since_s >= self._habits.gap_s[0]] = 0.0  # it comes back from a gap
        self._last_sent_s[who] = now_s
        falls = self._rng.random(len(who)) < since_s / self._habits.gap_every_s
        gap_s = self._rng.uniform(*self._habits.gap_s, size=len(who))
        self._silent_until_s[who[falls]] = now_s + gap_s[falls]
        return np.asarray(falls, dtype=np.bool_)

    def _released(self, now_s: float) -> list[NDArray[np.void]]:
        """Return the fixes whose time has come, and hold the others on."""
        due = [fix for due_s, fix in self._held if due_s <= now_s]
        if due:
            self._held = [held for held in self._held if held[0] > now_s]
        return due
