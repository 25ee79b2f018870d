"""The city's clock: every process tells local times as they are in the city."""

from __future__ import annotations

import importlib.resources
import logging
import time
import zoneinfo
from collections.abc import MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from console.domain.places import USUAL_ZONE

_log = logging.getLogger("zhihui.clock")


def keep_city_time(environ: MutableMapping[str, str], zone: str) -> None:
    """Have this process, and those it starts, tell local time as the city does.

    A machine that stands elsewhere, or runs on UTC, would else show limits and logs by another
    clock than the one people in the city look at, and the incident numbers' own date.

    Args:
        environ: The process's environment; ``TZ`` is put into it.
        zone: IANA name of the city's zone; an unknown one changes nothing.
    """
    try:
        city = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        _log.warning("the time zone %r is not known (%s): the machine's is shown", zone, error)
        return
    if not hasattr(time, "tzset"):
        return
    environ["TZ"] = zone if _is_on_disk(zone) else _rule_as_posix(city)
    time.tzset()


def city_zone(name: str) -> ZoneInfo:
    """Return the city's zone; of a name that is not known the usual one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(USUAL_ZONE)


def _is_on_disk(zone: str) -> bool:
    """Whether the C library finds the zone's rules; Python may have them from a package."""
    return any((Path(folder) / zone).is_file() for folder in zoneinfo.TZPATH)


def _rule_as_posix(city: ZoneInfo) -> str:
    """Return the zone's rule of the years to come, summer time too, as its own file writes it.

    That is the last line of a TZif file (RFC 9636, 3.3); without one it is the offset of today.
    """
    folder, _, name = city.key.rpartition("/")
    package = ".".join(("tzdata.zoneinfo", *filter(None, folder.split("/"))))
    try:
        lines = importlib.resources.files(package).joinpath(name).read_bytes().splitlines()
    except (ImportError, OSError):
        return _offset_as_posix(city)
    return lines[-1].decode("ascii", "replace") or _offset_as_posix(city)


def _offset_as_posix(city: ZoneInfo) -> str:
    """Return the offset of today as POSIX writes it, west of Greenwich positive."""
    offset = datetime.now(UTC).astimezone(city).utcoffset()
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    sign, hours, rest = "+" if minutes >= 0 else "-", abs(minutes) // 60, abs(minutes) % 60
    posix = "-" if minutes >= 0 else ""
    return f"<{sign}{hours:02d}{rest:02d}>{posix}{hours}:{rest:02d}"
