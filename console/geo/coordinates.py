"""Coordinates as people type them, in the datum they say or in each they may mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from console.geo.arrays import Floats
from console.geo.datums import bd09_to_wgs84, gcj02_to_wgs84, shifted_in_gcj02


class Datum(StrEnum):
    """What coordinates are measured in (坐标系)."""

    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinates:
    """A place that was typed.

    Attributes:
        lat: WGS-84 degrees, whatever was typed.
        lon: WGS-84 degrees.
        datum: What the typed figures were taken to be.
    """

    lat: float
    lon: float
    datum: Datum


_TO_WGS84: Mapping[Datum, Callable[[float, float], tuple[Floats, Floats]]] = {
    Datum.GCJ02: gcj02_to_wgs84,
    Datum.BD09: bd09_to_wgs84,
}
_WORDS = {
    Datum.WGS84: ("wgs84", "wgs-84", "wgs", "gps"),
    Datum.GCJ02: ("gcj02", "gcj-02", "gcj", "火星", "高德", "腾讯"),
    Datum.BD09: ("bd09", "bd-09", "百度"),
}
_NUMBER = re.compile(
    r"""(?P<before>[NSEW北南东西]?(?:纬|经)?)\s*
        (?P<degrees>[-+]?\d{1,3}(?:\.\d+)?)\s*(?:°|º|度)?\s*
        (?:(?P<minutes>\d{1,2}(?:\.\d+)?)\s*(?:'|′|分)\s*)?
        (?:(?P<seconds>\d{1,2}(?:\.\d+)?)\s*(?:"|″|秒)\s*)?
        (?P<after>[NSEW]?)(?![\d.])""",
    re.VERBOSE | re.IGNORECASE,
)


def read_coordinates(text: str) -> list[Coordinates]:
    """Return the places a text may mean; none when it is no pair of coordinates.

    Understood are decimal degrees and degrees, minutes and seconds, with or without letters for
    the sides of the world (N, 北纬 …). Without letters, the figure that can be no latitude is the
    longitude; else the first one is the latitude. A datum may stand anywhere in the text; without
    one, a place in China is offered in all three.
    """
    rest, datum = _without_datum(text)
    pair = _pair(rest)
    if pair is None:
        return []
    lat, lon = pair
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return []
    if datum is None:
        in_china = bool(shifted_in_gcj02(lat, lon))
        meant = list(Datum) if in_china else [Datum.WGS84]
    else:
        meant = [datum]
    return [_place(lat, lon, one) for one in meant]


def _place(lat: float, lon: float, datum: Datum) -> Coordinates:
    shift = _TO_WGS84.get(datum)
    if shift is not None:
        lats, lons = shift(lat, lon)
        lat, lon = float(lats), float(lons)
    return Coordinates(lat=lat, lon=lon, datum=datum)


def _without_datum(text: str) -> tuple[str, Datum | None]:
    lowered = text.lower()
    for datum, words in _WORDS.items():
        for word in words:
            if word in lowered:
                at = lowered.index(word)
                return text[:at] + " " + text[at + len(word) :], datum
    return text, None


def _pair(text: str) -> tuple[float, float] | None:
    """Return the latitude and the longitude of a text that holds two figures and little else."""
    figures = []
    at = 0
    for _ in range(2):
        gap = re.compile(r"[\s,，;；、/:：()（）]*").match(text, at)
        at = gap.end() if gap else at
        found = _NUMBER.match(text, at)
        if found is None:
            return None
        figures.append((_degrees(found), _side(found)))
        at = found.end()
    if text[at:].strip(" ,，;；()（）"):
        return None
    (one, side), (two, other) = figures
    turned = side == "lon" or other == "lat" or (side is None and other is None and abs(one) > 90)
    return (two, one) if turned else (one, two)


def _degrees(found: re.Match[str]) -> float:
    degrees = float(found["degrees"])
    part = float(found["minutes"] or 0) / 60 + float(found["seconds"] or 0) / 3600
    value = abs(degrees) + part
    letters = (found["before"] + found["after"]).upper()
    south = any(letter in letters for letter in "SW南西")
    return -value if degrees < 0 or south else value


def _side(found: re.Match[str]) -> str | None:
    letters = (found["before"] + found["after"]).upper()
    if any(letter in letters for letter in "NS北南纬"):
        return "lat"
    return "lon" if any(letter in letters for letter in "EW东西经") else None
