"""The repair list (维修清单) of camera points with its statistics, as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from console.app.tablefile import write_table
from console.video.pointrecords import PointRecord

#: In Chinese and English, for whoever repairs reads one of them.
HEADINGS = (
    "点位 id", "名称 name", "归属 owner", "区 district", "故障 faults now", "自 since",
    "在线率 online rate", "图像完好率 good-picture rate", "平均修复时间 mean time to repair (h)",
    "故障次数 faults", "巡看次数 looks",
)  # fmt: skip
#: Of a workbook's columns, characters.
_WIDTHS = (12, 34, 10, 16, 24, 22, 12, 14, 14, 10, 10)


def export(path: Path, rows: Sequence[PointRecord]) -> None:
    """Write the list; a name that ends in .xlsx makes a workbook, any other a CSV file.

    Raises:
        TableFileError: It cannot be written there.
    """
    cells = [_cells(row) for row in rows]
    write_table(path, HEADINGS, cells, title="repairs", widths=_WIDTHS)


def _cells(row: PointRecord) -> list[str | float | int]:
    return [
        row.point,
        row.name,
        row.owner or "",
        row.district or "",
        " ".join(row.faults_now),
        "" if row.since is None else row.since.astimezone().isoformat(timespec="seconds"),
        "" if row.online_rate is None else round(row.online_rate, 4),
        "" if row.good_rate is None else round(row.good_rate, 4),
        "" if row.repair_h is None else round(row.repair_h, 2),
        row.faults,
        row.looks,
    ]
