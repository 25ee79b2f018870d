"""Which time zone an OpenStreetMap extract lies in, by what its objects say of themselves."""

from __future__ import annotations

import re
import zoneinfo
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from console.geo.distance import haversine_m

_COUNTRY_KEYS = ("addr:country", "ISO3166-1", "ISO3166-1:alpha2", "ISO3166-2")
#: Latitude and longitude as tz's tables write them (ISO 6709): ±DDMM[SS]±DDDMM[SS].
_ISO_6709 = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")
#: Country, zone, latitude and longitude of the zone's principal place.
ZoneRow = tuple[str, str, float, float]


class ZoneVotes:
    """Counts the time zones and countries that objects name."""

    def __init__(self) -> None:
        self._zones: Counter[str] = Counter()
        self._countries: Counter[str] = Counter()

    def note(self, tags: Mapping[str, str]) -> None:
        """Take one object's tags."""
        zone = tags.get("timezone")
        if zone:
            self._zones[zone] += 1
        for key in _COUNTRY_KEYS:
            code = tags.get(key, "")[:2].upper()
            if code:
                self._countries[code] += 1

    def zone(self, lat: float, lon: float, table: Iterable[ZoneRow]) -> str | None:
        """Return the IANA name of the zone, ``None`` where nothing tells.

        That is the one most objects name; else, of the country most objects name, the zone whose
        principal place lies nearest.

        Args:
            lat: The middle of the city.
            lon: The middle of the city.
            table: What `zone_table` returns.
        """
        named = [zone for zone, _ in self._zones.most_common() if _is_zone(zone)]
        if named:
            return named[0]
        rows = list(table)
        known = {row[0] for row in rows}
        country = next((one for one, _ in self._countries.most_common() if one in known), None)
        here = [row for row in rows if row[0] == country and _is_zone(row[1])]
        if not here:
            return None
        return min(here, key=lambda row: float(haversine_m(lat, lon, row[2], row[3])))[1]


def zone_table() -> list[ZoneRow]:
    """Return the countries' zones by this machine's tz database; empty where it has no table."""
    for folder in zoneinfo.TZPATH:
        path = Path(folder) / "zone.tab"
        if path.is_file():
            return list(_rows(path.read_text(encoding="utf-8")))
    return []


def _rows(text: str) -> Iterator[ZoneRow]:
    for line in text.splitlines():
        cells = line.split("\t")
        place = _ISO_6709.fullmatch(cells[1]) if len(cells) > 2 else None
        if not line.startswith("#") and place is not None:
            yield cells[0], cells[2], _degrees(*place.groups()[:4]), _degrees(*place.groups()[4:])


def _degrees(sign: str, degrees: str, minutes: str, seconds: str | None) -> float:
    size = int(degrees) + int(minutes) / 60 + int(seconds or 0) / 3600
    return -size if sign == "-" else size


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True
