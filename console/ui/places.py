"""Places by their words, from the city pack."""

from __future__ import annotations

import re
import unicodedata
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
        names: All it is called by, address and other languages too.
    """

    text: str
    lat: float
    lon: float
    names: tuple[str, ...] = ()


#: A run of one script, or of digits: "工体北路4号" are three words.
_WORD = re.compile(r"\d+|[\u2e80-\u9fff]+|[^\W\d_\u2e80-\u9fff]+")


def place_words(text: str) -> list[str]:
    """Return the words of a name or an address; width, case, blanks and stops make none."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def says(typed: str, name: str) -> bool:
    """Whether words typed say a name: all of it, or its first words when no number is left.

    A street is not one of its houses, nor is a part of a word the word.
    """
    words, wanted = place_words(typed), place_words(name)
    rest = wanted[len(words) :]
    return bool(words) and words == wanted[: len(words)] and not any(w.isdigit() for w in rest)


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
            called = tuple(name for name in (*names, place.address) if name)
            found.append(FoundPlace(text=text_shown, lat=place.lat, lon=place.lon, names=called))
        return found

    def jurisdiction_at(self, lat: float, lon: float) -> tuple[str | None, str | None]:
        """Return ids of the district and the street a place lies in, as far as they are known."""
        return (None, None) if self._pack is None else self._pack.district_at(lat, lon)
