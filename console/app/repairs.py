"""The repair list (维修清单) of camera points with its statistics, as CSV or XLSX."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font

from console.domain.errors import ZhihuiError
from console.domain.ids import CameraId
from console.domain.places import Camera
from console.video.looks import LooksReader

#: In Chinese and English, for whoever repairs reads one of them.
HEADINGS = (
    "点位 id", "名称 name", "归属 owner", "区 district", "故障 faults now", "自 since",
    "在线率 online rate", "图像完好率 good-picture rate", "平均修复时间 mean time to repair (h)",
    "故障次数 faults", "巡看次数 looks",
)  # fmt: skip


class ExportError(ZhihuiError):
    """The list cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRecord:
    """How a point has done.

    Attributes:
        faults_now: Codes of the faults it has.
        since: When the oldest of them began, aware UTC.
        online_rate: Share of the looks that brought a picture, ``None`` without looks.
        good_rate: Share of the looks that brought a good one.
        repair_h: Mean time from a fault's beginning to its end, ``None`` if none has ended.
    """

    point: CameraId
    name: str
    owner: str | None
    district: str | None
    faults_now: tuple[str, ...]
    since: datetime | None
    online_rate: float | None
    good_rate: float | None
    repair_h: float | None
    faults: int
    looks: int


def records(looks: LooksReader, cameras: Iterable[Camera], *, since: datetime) -> list[PointRecord]:
    """Return the record of every point since a time, those with faults first.

    Args:
        looks: The sweep's.
        cameras: The points.
        since: Aware UTC.
    """
    tallies = looks.tallies(since)
    faults: dict[CameraId, list[tuple[str, datetime, datetime | None]]] = {}
    for point, fault, began, ended in looks.faults(since):
        faults.setdefault(point, []).append((fault, began, ended))
    found = []
    for camera in cameras:
        own = faults.get(camera.id, [])
        visits, pictures, good = tallies.get(camera.id, (0, 0, 0))
        running = [(fault, began) for fault, began, ended in own if ended is None]
        repaired = [ended - began for _, began, ended in own if ended is not None]
        mean = sum(repaired, timedelta()) / len(repaired) if repaired else None
        found.append(
            PointRecord(
                point=camera.id,
                name=camera.name,
                owner=camera.owner,
                district=camera.district,
                faults_now=tuple(sorted(fault for fault, _ in running)),
                since=min((began for _, began in running), default=None),
                online_rate=pictures / visits if visits else None,
                good_rate=good / visits if visits else None,
                repair_h=None if mean is None else mean.total_seconds() / 3600,
                faults=len(own),
                looks=visits,
            )
        )
    found.sort(key=lambda one: (not one.faults_now, one.good_rate or 0.0, one.point))
    return found


def export(path: Path, rows: Sequence[PointRecord]) -> None:
    """Write the list; a name that ends in .xlsx makes a workbook, any other a CSV file.

    Raises:
        ExportError: It cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".xlsx":
            _as_workbook(path, rows)
        else:
            with path.open("w", encoding="utf-8-sig", newline="") as out:
                writer = csv.writer(out)
                writer.writerow(HEADINGS)
                writer.writerows(_cells(row) for row in rows)
    except OSError as error:
        raise ExportError(
            f"The repair list cannot be written to {path} ({error.strerror}); give another place."
        ) from error


def _as_workbook(path: Path, rows: Sequence[PointRecord]) -> None:
    book = Workbook(write_only=False)
    sheet = book.active
    if sheet is None:
        raise ExportError("The workbook has no sheet; this is a fault of the program.")
    sheet.title = "repairs"
    sheet.append(list(HEADINGS))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append(_cells(row))
    for column, width in zip("ABCDEFGHIJK", (12, 34, 10, 16, 24, 22, 12, 14, 14, 10, 10),
                             strict=True):  # fmt: skip
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A2"
    book.save(path)


def _cells(row: PointRecord) -> list[str | float | int]:
    return [
        _plain(row.point),
        _plain(row.name),
        _plain(row.owner or ""),
        _plain(row.district or ""),
        " ".join(row.faults_now),
        "" if row.since is None else row.since.astimezone().isoformat(timespec="seconds"),
        "" if row.online_rate is None else round(row.online_rate, 4),
        "" if row.good_rate is None else round(row.good_rate, 4),
        "" if row.repair_h is None else round(row.repair_h, 2),
        row.faults,
        row.looks,
    ]


def _plain(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def month_ago() -> datetime:
    """Return the usual beginning of the statistics, aware UTC."""
    return datetime.now(UTC) - timedelta(days=30)
