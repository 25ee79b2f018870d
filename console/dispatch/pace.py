"""How long journeys really take against the road graph's times, learnt from arrivals."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from zoneinfo import ZoneInfo

from console.roads.columns import Mode

#: So many of the last journeys of one kind and hour are looked at; fewer than this say nothing yet.
_KEPT, _LEAST = 60, 5
#: So many journeys of an hour count for as much as those of all hours.
_WORTH = 8.0
_SANE = (0.2, 5.0)


@dataclass(slots=True, kw_only=True)
class Pace:
    """Ratios of real to reckoned times, by way to travel, kind of day and hour.

    Attributes:
        zone: Of the city's clocks.
    """

    zone: ZoneInfo
    _seen: dict[tuple[Mode, bool, int], deque[float]] = field(default_factory=dict)
    _found: dict[tuple[Mode, bool, int], float] = field(default_factory=dict)

    def arrived(self, mode: Mode, reckoned_s: float, real_s: float, *, set_out: datetime) -> None:
        """Take a journey that has ended; one that makes no sense is left out."""
        if reckoned_s < 30.0 or not math.isfinite(real_s):
            return
        ratio = real_s / reckoned_s
        if _SANE[0] <= ratio <= _SANE[1]:
            key = self._key(mode, set_out)
            self._seen.setdefault(key, deque(maxlen=_KEPT)).append(ratio)
            self._found = {}

    def copy(self) -> Pace:
        """Return what is known now, for another thread to read."""
        seen = {key: ratios.copy() for key, ratios in self._seen.items()}
        # What either finds is true of both, until one of them takes a journey and begins anew.
        return Pace(zone=self.zone, _seen=seen, _found=self._found)

    def kept(self) -> list[tuple[str, bool, int, list[float]]]:
        """Return what is known, to be kept in a file."""
        return [
            (mode.name, weekend, hour, list(ratios))
            for (mode, weekend, hour), ratios in self._seen.items()
        ]

    def recall(self, kept: list[tuple[str, bool, int, list[float]]]) -> None:
        """Know again what was kept; ratios that make no sense are left out."""
        for name, weekend, hour, ratios in kept:
            sane = [one for one in ratios if _SANE[0] <= one <= _SANE[1]]
            if name in Mode.__members__:
                self._seen[Mode[name], weekend, hour] = deque(sane, maxlen=_KEPT)
                self._found = {}

    def factor(self, mode: Mode, at: datetime) -> float:
        """Return by how much a journey at a time takes longer than reckoned; 1 if nobody knows.

        What all hours tell counts for as much as a few journeys of the hour itself.
        """
        key = self._key(mode, at)
        if key not in self._found:
            self._found[key] = self._find(key)
        return self._found[key]

    def _find(self, key: tuple[Mode, bool, int]) -> float:
        of_hour = self._seen.get(key, ())
        ever = [one for each, seen in self._seen.items() if each[0] is key[0] for one in seen]
        if len(ever) < _LEAST:
            return 1.0
        if len(of_hour) < _LEAST:
            return median(ever)
        share = len(of_hour) / (len(of_hour) + _WORTH)
        return median(ever) + share * (median(of_hour) - median(ever))

    def _key(self, mode: Mode, at: datetime) -> tuple[Mode, bool, int]:
        local = at.astimezone(self.zone)
        return mode, local.weekday() >= 5, local.hour
