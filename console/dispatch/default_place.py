"""The default place of a geocoder: one position given to many reports that speak of other places.

Who knows no better answers with the middle of the city or the town hall. Taken for a place, it
would draw reports together that have nothing to do with each other, and send people there.
"""

from __future__ import annotations

from collections import deque

#: So many of the last reports are looked at.
COUNTED = 20_000
#: A default position has so many reports at least, this share of all, so many places named there.
LEAST_REPORTS = 30
LEAST_SHARE = 0.01
LEAST_PLACES = 5
#: Positions that differ by less than this (about a metre) are one.
_DIGITS = 5
Key = tuple[float, float]


class PlaceCounts:
    """Counts at which positions the last reports were, and what places they named there."""

    def __init__(self) -> None:
        self._order: deque[tuple[Key, str]] = deque()
        self._places: dict[Key, dict[str, int]] = {}
        self._counts: dict[Key, int] = {}

    def take(self, lat: float | None, lon: float | None, place: str) -> None:
        """Count a report's position (WGS-84) with the words for its place."""
        if lat is None or lon is None:
            return
        key = _key(lat, lon)
        words = place.strip().casefold()
        self._order.append((key, words))
        self._counts[key] = self._counts.get(key, 0) + 1
        named = self._places.setdefault(key, {})
        named[words] = named.get(words, 0) + 1
        if len(self._order) > COUNTED:
            self._forget(*self._order.popleft())

    def is_default(self, lat: float, lon: float) -> bool:
        """Whether a position is a default one, by what was counted so far."""
        key = _key(lat, lon)
        count = self._counts.get(key, 0)
        return (
            count >= LEAST_REPORTS
            and count >= LEAST_SHARE * len(self._order)
            and len(self._places[key]) >= LEAST_PLACES
        )

    def defaults(self) -> list[tuple[float, float, int]]:
        """Return the default positions found: latitude, longitude, reports; most first."""
        found = [(*key, count) for key, count in self._counts.items() if self.is_default(*key)]
        return sorted(found, key=lambda each: -each[2])

    def _forget(self, key: Key, words: str) -> None:
        self._counts[key] -= 1
        named = self._places[key]
        named[words] -= 1
        if not named[words]:
            del named[words]
        if not self._counts[key]:
            del self._counts[key], self._places[key]


def _key(lat: float, lon: float) -> Key:
    return round(lat, _DIGITS), round(lon, _DIGITS)
