"""Complaints of other cities' systems, read by a column mapping, ready to be replayed.

The mapping is a TOML file::

    [columns]                   # which column is what; a list joins several with " · "
    external_id = "case_id"
    received_at = "open_dt"
    text = ["type", "reason"]
    place = "neighborhood"
    lat = "latitude"
    lon = "longitude"
    channel = "source"
    form = ["type", "reason"]   # the first whose word [forms] knows

    [times]
    timezone = "America/New_York"
    format = "%m/%d/%Y %H:%M"   # left out: ISO 8601

    [channels]                  # their word = ours; anything else becomes `default`
    default = "online"
    "Constituent Call" = "12345"

    [forms]
    default = "0599"
    "Street Lights" = "0599"

    [bounds]                    # positions outside are taken for wrong
    south = 42.2
    north = 42.4
    west = -71.2
    east = -70.9
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from console.domain.forms import is_known
from console.domain.levels import Channel
from console.gateways.rows import BadRowError, ImportFileError, ImportReport
from console.gateways.tables import read_rows

#: A coordinate that at least this share of all rows bears is a geocoder's default, not a place.
DEFAULT_COORDINATE_SHARE = 0.02
DEFAULT_COORDINATE_LEAST = 50
_DEFAULT = "default"
_FIELDS = ("external_id", "received_at", "text", "place", "lat", "lon", "channel", "form")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedComplaint:
    """One complaint as another system had it.

    Attributes:
        received_at: Aware UTC.
        lat: WGS-84 degrees, ``None`` when the row has no place that can be believed.
        line: Where it stood in their file.
    """

    external_id: str
    channel: Channel
    received_at: datetime
    text: str
    place: str
    form: str
    lat: float | None = None
    lon: float | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """Which column is what, and how their words become ours; see the module's text."""

    columns: dict[str, tuple[str, ...]]
    timezone: ZoneInfo
    time_format: str | None = None
    channels: dict[str, str] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)
    bounds: tuple[float, float, float, float] | None = None  # south, north, west, east


class _Times(msgspec.Struct, frozen=True):
    timezone: str = "UTC"
    format: str | None = None


class _Said(msgspec.Struct, frozen=True):
    """What a mapping's file says, each part of its kind."""

    columns: dict[str, str | list[str]] = {}
    times: _Times = _Times()
    channels: dict[str, str] = {}
    forms: dict[str, str] = {}
    bounds: dict[str, float] | None = None


def load_mapping(path: Path) -> ColumnMapping:
    """Read a mapping.

    Raises:
        ImportFileError: It is no TOML, or names something we do not know; says which.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ImportFileError(f"The mapping {path} cannot be read: {error}.") from error
    try:
        said = msgspec.convert(raw, _Said)
    except msgspec.ValidationError as error:
        raise ImportFileError(f"The mapping {path.name} cannot be used: {error}.") from error
    columns = {
        key: (value,) if isinstance(value, str) else tuple(value)
        for key, value in said.columns.items()
    }
    unknown = sorted(set(columns) - set(_FIELDS))
    missing = [key for key in ("received_at", "text") if key not in columns]
    if unknown or missing:
        what = f"does not know {unknown}" if unknown else f"lacks {missing}"
        raise ImportFileError(f"The mapping {path.name} {what}; [columns] may hold {_FIELDS}.")
    return ColumnMapping(
        columns=columns,
        timezone=_zone(said.times.timezone, path),
        time_format=said.times.format,
        channels=_known(said.channels, {item.value for item in Channel}, path),
        forms=_checked_forms(said.forms, path),
        bounds=_bounds(said.bounds, path),
    )


def read_complaints(
    path: Path, mapping: ColumnMapping, report: ImportReport
) -> list[ImportedComplaint]:
    """Return the complaints of a file in order of time; bad rows go into ``report``.

    Raises:
        ImportFileError: The file as a whole cannot be read, or lacks a mapped column.
    """
    found: list[ImportedComplaint] = []
    for number, row in _with_columns(read_rows(path), mapping, path):
        try:
            found.append(_complaint(row, mapping, number))
        except BadRowError as error:
            report.reject(number, error)
    found = _without_default_coordinates(found, report)
    found.sort(key=lambda complaint: (complaint.received_at, complaint.external_id))
    report.taken = len(found)
    return found


def _with_columns(
    rows: Iterator[tuple[int, dict[str, Any]]], mapping: ColumnMapping, path: Path
) -> Iterator[tuple[int, dict[str, Any]]]:
    for count, (number, row) in enumerate(rows):
        if count == 0:
            wanted = {name for names in mapping.columns.values() for name in names}
            lacking = sorted(wanted - set(row))
            if lacking:
                raise ImportFileError(
                    f"{path.name} has no column {', '.join(lacking)}. It has: "
                    f"{', '.join(sorted(str(key) for key in row))[:400]}."
                )
        yield number, row


def _complaint(row: dict[str, Any], mapping: ColumnMapping, number: int) -> ImportedComplaint:
    text = _joined(row, mapping.columns["text"])
    if not text:
        raise BadRowError("no text")
    lat, lon = _position(row, mapping)
    channel = _joined(row, mapping.columns.get("channel", ()))
    return ImportedComplaint(
        external_id=_joined(row, mapping.columns.get("external_id", ())) or f"line-{number}",
        channel=Channel(mapping.channels.get(channel, mapping.channels.get("default", "online"))),
        received_at=_time(row[mapping.columns["received_at"][0]], mapping),
        text=text[:2_000],
        place=_joined(row, mapping.columns.get("place", ()))[:200] or "—",
        form=_form(row, mapping),
        lat=lat,
        lon=lon,
        line=number,
    )


def _form(row: dict[str, Any], mapping: ColumnMapping) -> str:
    """Return our form of violation: by the first of the form's columns whose word is known."""
    words = (_joined(row, (name,)) for name in mapping.columns.get("form", ()))
    known = (mapping.forms[word] for word in words if word in mapping.forms and word != _DEFAULT)
    return next(known, mapping.forms.get(_DEFAULT, "0599"))


def _joined(row: dict[str, Any], names: Sequence[str]) -> str:
    parts = [str(row[name]).strip() for name in names if row.get(name) is not None]
    return " · ".join(dict.fromkeys(part for part in parts if part))


def _time(value: Any, mapping: ColumnMapping) -> datetime:
    if value is None or value == "":
        raise BadRowError("no time of receipt")
    if not isinstance(value, datetime):
        text = str(value).strip()
        try:
            value = (
                datetime.strptime(text, mapping.time_format)
                if mapping.time_format
                else datetime.fromisoformat(text)
            )
        except ValueError:
            raise BadRowError("a time that cannot be read", text) from None
    moment: datetime = value
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=mapping.timezone)
    return moment.astimezone(UTC)


def _position(row: dict[str, Any], mapping: ColumnMapping) -> tuple[float | None, float | None]:
    """Return the row's position; ``None`` twice when it names none; a wrong one is a bad row."""
    cells = [row.get(mapping.columns[key][0]) if key in mapping.columns else None
             for key in ("lat", "lon")]  # fmt: skip
    if any(cell is None or str(cell).strip() == "" for cell in cells):
        return None, None
    try:
        lat, lon = (float(str(cell)) for cell in cells)
    except ValueError:
        raise BadRowError("a position that is no number", cells) from None
    if math.isnan(lat) or math.isnan(lon):
        return None, None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise BadRowError("a position that is nowhere on Earth", (lat, lon))
    if mapping.bounds is not None:
        south, north, west, east = mapping.bounds
        if not (south <= lat <= north and west <= lon <= east):
            raise BadRowError("a position outside the city", (lat, lon))
    return lat, lon


def _without_default_coordinates(
    found: list[ImportedComplaint], report: ImportReport
) -> list[ImportedComplaint]:
    """Take the place from complaints that bear a geocoder's default coordinate."""
    counts = Counter((item.lat, item.lon) for item in found if item.lat is not None)
    least = max(DEFAULT_COORDINATE_LEAST, DEFAULT_COORDINATE_SHARE * len(found))
    defaults = {place for place, count in counts.items() if count >= least}
    for lat, lon in sorted(defaults, key=lambda place: -counts[place]):
        share = counts[lat, lon] / len(found)
        report.notes.append(
            f"{counts[lat, lon]} rows ({share:.1%}) bear the one coordinate {lat}, {lon}: taken "
            "for the geocoder's default, so these have no position."
        )
    return [
        replace(item, lat=None, lon=None) if (item.lat, item.lon) in defaults else item
        for item in found
    ]


def _zone(name: str, path: Path) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImportFileError(f"{path.name}: there is no time zone “{name}”.") from error


def _known(words: dict[str, str], allowed: set[str], path: Path) -> dict[str, str]:
    for theirs, ours in words.items():
        if ours not in allowed:
            raise ImportFileError(
                f"{path.name}: “{theirs}” = “{ours}”: allowed are {', '.join(sorted(allowed))}."
            )
    return dict(words)


def _checked_forms(words: dict[str, str], path: Path) -> dict[str, str]:
    for theirs, code in words.items():
        if not is_known(code):
            raise ImportFileError(f"{path.name}: “{theirs}”: there is no form “{code}”.")
    return dict(words)


def _bounds(raw: dict[str, float] | None, path: Path) -> tuple[float, float, float, float] | None:
    if raw is None:
        return None
    try:
        return raw["south"], raw["north"], raw["west"], raw["east"]
    except KeyError as error:
        raise ImportFileError(f"{path.name}: [bounds] lacks {error}.") from error
