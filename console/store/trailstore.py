"""Trails on disk: one SQLite file a day, so that what is older than a month goes by the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from console.domain.errors import ZhihuiError
from console.geo.bounds import Bounds
from console.store.dayfiles import DAY_MS, DayFiles
from console.tracking.trails import SLOT_MS, Trail, TrailError, pack_trail, unpack_trails

KEPT_DAYS = 30
_SCHEMA = """
CREATE TABLE IF NOT EXISTS chunk (slot INTEGER NOT NULL, unit INTEGER NOT NULL,
    south INTEGER NOT NULL, west INTEGER NOT NULL, north INTEGER NOT NULL, east INTEGER NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (slot, unit)) WITHOUT ROWID;
"""


class TrailStoreError(ZhihuiError):
    """Trails cannot be kept or read; says which file and why."""

    def __init__(self, path: Path, reason: object) -> None:
        super().__init__(
            f"The trails in {path} cannot be used ({reason}). Live positions go on; set the file "
            "aside if this lasts."
        )
        self.path = path


class TrailStore:
    """Chunks of trails by day, slot and unit; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = DayFiles(folder, "trails", _SCHEMA, TrailStoreError)

    def put(self, trails: Iterable[tuple[int, Trail]]) -> int:
        """Keep trails of slots, each replacing what was kept of its slot; return the bytes.

        Raises:
            TrailStoreError: They could not be kept.
        """
        by_day: dict[int, list[tuple[int | bytes, ...]]] = defaultdict(list)
        size = 0
        for slot, trail in trails:
            data = pack_trail(trail)
            size += len(data)
            box = trail.bounds
            corners = (round(side * 1e6) for side in (box.south, box.west, box.north, box.east))
            by_day[slot * SLOT_MS // DAY_MS].append((slot, trail.unit_no, *corners, data))
        for day, rows in by_day.items():
            with self._files.writing(day) as connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?)", rows
                )
        return size

    def read(
        self,
        from_ms: int,
        to_ms: int,
        *,
        units: Iterable[int] | None = None,
        area: Bounds | None = None,
    ) -> list[Trail]:
        """Return trails between two times, one a unit, by unit number.

        Args:
            from_ms: Unix milliseconds.
            to_ms: Unix milliseconds, included.
            units: Only these numbers; ``None`` for all.
            area: Only units that were in this rectangle then.

        Raises:
            TrailStoreError: A file cannot be read.
        """
        wanted = None if units is None else sorted(set(units))
        rows: list[tuple[int, bytes]] = []
        for day in range(from_ms // DAY_MS, to_ms // DAY_MS + 1):
            rows += self._chunks(day, (from_ms, to_ms), wanted, area)
        rows.sort(key=lambda row: row[0])  # stable: the slots of a unit stay in order
        try:
            trails = [one.between(from_ms, to_ms) for one in unpack_trails(rows)]
        except TrailError as error:
            raise TrailStoreError(self._folder, error) from error
        return [one for one in trails if len(one) and _touches(one, area)]

    def forget_before(self, t_ms: int) -> list[Path]:
        """Delete the files of days that ended before a time; return which."""
        return self._files.forget_before(t_ms)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return self._files.size

    def _chunks(
        self, day: int, span_ms: tuple[int, int], units: list[int] | None, area: Bounds | None
    ) -> list[tuple[int, bytes]]:
        where, values = "slot BETWEEN ? AND ?", [time // SLOT_MS for time in span_ms]
        if units is not None:
            where += f" AND unit IN ({','.join('?' * len(units))})"
            values += units
        if area is not None:
            where += " AND north >= ? AND south <= ? AND east >= ? AND west <= ?"
            values += [round(s * 1e6) for s in (area.south, area.north, area.west, area.east)]
        with self._files.reading(day) as connection:
            if connection is None:
                return []
            query = f"SELECT unit, data FROM chunk WHERE {where} ORDER BY slot"
            return connection.execute(query, values).fetchall()


def _touches(trail: Trail, area: Bounds | None) -> bool:
    return area is None or bool(area.mask(trail.lat, trail.lon).any())
