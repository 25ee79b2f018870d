"""The ground central stands on: the city pack it is started with, and the city's time zone."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from console.central.settings import CentralError
from console.store.citypack import CityPack, CityPackError


def opened_pack(path: Path | None) -> CityPack | None:
    """Return the city pack, opened; ``None`` if central has none.

    Raises:
        CentralError: It cannot be used.
    """
    if path is None:
        return None
    try:
        return CityPack.open(path)
    except CityPackError as error:
        raise CentralError(str(error)) from error


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone of this name.

    Raises:
        CentralError: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CentralError(
            f"There is no time zone {name!r}; write it like Asia/Shanghai or Europe/Helsinki."
        ) from error


def nowhere(_lat: float, _lon: float) -> tuple[None, None]:
    """Return the district and street of a place where no pack says: none."""
    return None, None
