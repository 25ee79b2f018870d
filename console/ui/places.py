"""Places by their words, from the city pack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from console.store.citypack import CityPack
from console.ui.words import is_chinese


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPlace:
    """A place the search offers.

    Attributes:
        text: Its address or name, in the language shown where there is one.
        lat: WGS-84 degrees.
        lon: WGS-84 degrees.
    """

    text: str
    lat: float
    lon: float


class PlaceFinder(Protocol):
    """Finds places by words."""

    def find(self, text: str, limit: int = 8) -> Sequence[FoundPlace]:
        """Return places that the words may mean, likeliest first."""


class PackPlaces:
    """Finds places in a city pack; nothing as long as there is none."""

    def __init__(self) -> None:
        self._pack: CityPack | None = None

    def use(self, path: Path) -> None:
        """Look in this pack from now on.

        Raises:
            CityPackError: It is none.
        """
        earlier, self._pack = self._pack, CityPack.open(path)
        if earlier is not None:
            earlier.close()

    def close(self) -> None:
        """Let go of the pack."""
        if self._pack is not None:
            self._pack.close()
        self._pack = None

    def find(self, text: str, limit: int = 8) -> Sequence[FoundPlace]:
        """Return places that the words may mean, likeliest first."""
        if self._pack is None or not text.strip():
            return ()
        found = []
        for place in self._pack.find_places(text, limit):
            names = (
                (place.name_zh, place.name_en) if is_chinese() else (place.name_en, place.name_zh)
            )
            text_shown = next((name for name in (*names, place.address) if name), text)
            found.append(FoundPlace(text=text_shown, lat=place.lat, lon=place.lon))
        return found

    def jurisdiction_at(self, lat: float, lon: float) -> tuple[str | None, str | None]:
        """Return ids of the district and the street a place lies in, as far as they are known."""
        return (None, None) if self._pack is None else self._pack.district_at(lat, lon)
