"""Rosters from tables (排班表): CSV or XLSX, in Chinese or English, one turn of duty a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from console.gateways.rows import BadRowError, ImportReport
from console.gateways.tables import read_rows

#: Names of columns, each as people write it.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "unit": ("unit", "call sign", "call_sign", "力量", "呼号", "人员"),
    "starts_at": ("from", "start", "starts_at", "开始", "上岗时间", "开始时间"),
    "ends_at": ("until", "end", "ends_at", "结束", "下岗时间", "结束时间"),
    "post": ("post", "岗位"),
    "beat": ("beat", "巡区"),
    "note": ("note", "备注"),
}
_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTurn:
    """A turn of duty as a table has it: who by call sign, the beat by its name."""

    unit: str
    starts_at: datetime
    ends_at: datetime
    post: str | None = None
    beat: str | None = None
    note: str | None = None


def read_roster(
    path: Path, *, zone: tzinfo, knows: Callable[[str], bool], has_beat: Callable[[str], bool]
) -> tuple[list[PlannedTurn], ImportReport]:
    """Return the turns in a table, and what was left out and why.

    Args:
        path: A CSV, XLSX or Parquet file with the columns of `COLUMNS`.
        zone: Whose clock the times are by where they name no zone.
        knows: Whether a unit with a call sign exists.
        has_beat: Whether a beat of that name is drawn.

    Raises:
        ImportFileError: The file cannot be read at all.
    """
    report, turns = ImportReport(), []
    for line, cells in read_rows(path):
        try:
            turn = _turn(cells, zone, knows)
            if turn.beat is not None and not has_beat(turn.beat):
                raise BadRowError("no beat of this name is drawn", turn.beat)
            turns.append(turn)
        except BadRowError as error:
            report.reject(line, error)
    report.taken = len(turns)
    return turns, report


def _turn(cells: Mapping[str, Any], zone: tzinfo, knows: Callable[[str], bool]) -> PlannedTurn:
    said = {name: _cell(cells, names) for name, names in COLUMNS.items()}
    unit = said["unit"]
    if not isinstance(unit, str) or not unit:
        raise BadRowError("it names no unit")
    if not knows(unit):
        raise BadRowError("no unit has this call sign", unit)
    starts_at, ends_at = _time(said["starts_at"], zone), _time(said["ends_at"], zone)
    if ends_at <= starts_at:
        raise BadRowError("it ends before it begins", said["ends_at"])
    return PlannedTurn(
        unit=unit,
        starts_at=starts_at,
        ends_at=ends_at,
        post=_words(said["post"]),
        beat=_words(said["beat"]),
        note=_words(said["note"]),
    )


def _cell(cells: Mapping[str, Any], names: Iterable[str]) -> Any:
    wanted = {name.casefold() for name in names}
    for name, value in cells.items():
        if name.casefold().strip() in wanted and value is not None:
            return value.strip() if isinstance(value, str) else value
    return None


def _time(value: Any, zone: tzinfo) -> datetime:
    """Return a time as aware UTC.

    Raises:
        BadRowError: It is none.
    """
    found = value if isinstance(value, datetime) else _parsed(str(value or ""))
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    return found.astimezone(UTC)


def _parsed(text: str) -> datetime:
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRowError("a time is none; write 2026-11-28 06:00", text) from error


def _words(value: Any) -> str | None:
    text = "" if value is None else str(value).strip()
    return text or None
