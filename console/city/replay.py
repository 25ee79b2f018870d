"""Complaints from a file, replayed into the queue at any speed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from console.city.known_ids import known_id
from console.domain.errors import ZhihuiError
from console.domain.ids import ReportId
from console.domain.incidents import Report
from console.domain.levels import Channel

_LOG = logging.getLogger("zhihui.city")
#: Bad lines that are named one by one in the log; the others are only counted.
_NAMED = 20
#: Complaints given out at once, however fast the replay: central is not to be flooded.
AT_ONCE = 500


class ReplayError(ZhihuiError):
    """A file of complaints that cannot be replayed at all.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The complaints in {path} cannot be replayed: {reason}. Import them again with "
            "“zhihui import complaints FILE”."
        )
        self.path, self.reason = path, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """One line that was left out.

    Attributes:
        line: Its number, counted from 1.
        reason: What is wrong with it.
    """

    line: int
    reason: str


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file."""

    received_at: datetime
    text: str
    channel: Channel = Channel.HOTLINE
    place: str = ""
    form: str | None = None
    lat: float | None = None
    lon: float | None = None
    external_id: str | None = None


_row: msgspec.json.Decoder[_Row] = msgspec.json.Decoder(_Row)


class ReplaySource:
    """The complaints of a file in order of time, as if they came now.

    Args:
        path: JSON lines with ``received_at`` and ``text``, and where known ``channel``, ``place``,
            ``form``, ``lat``, ``lon`` and ``external_id``.
        speed: Hours of the file in one hour.
        first: How many of its complaints were replayed before.

    Attributes:
        bad_lines: What was left out and why.
        next: How many complaints have been given out; keep it to go on there after a restart.

    Raises:
        ReplayError: The file cannot be read or holds no complaint.
    """

    def __init__(self, path: Path, *, speed: float = 1.0, first: int = 0) -> None:
        self.path = path
        self.bad_lines: list[BadLine] = []
        self._speed = max(speed, 1e-6)
        self._rows = self._read()
        self.next = min(max(first, 0), len(self._rows))
        self._began: datetime | None = None
        if self.bad_lines:
            _LOG.warning("%d lines of %s are left out", len(self.bad_lines), path)
        for bad in self.bad_lines[:_NAMED]:
            _LOG.warning("line %d is left out: %s", bad.line, bad.reason)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def left(self) -> int:
        """How many complaints are still to come."""
        return len(self._rows) - self.next

    def due(self, now: datetime) -> list[Report]:
        """Return the complaints whose time has come since the last call."""
        if not self.left:
            return []
        first_at = self._rows[self.next][1].received_at
        if self._began is None:
            self._began = now - (first_at - self._rows[0][1].received_at) / self._speed
        reached = self._rows[0][1].received_at + (now - self._began) * self._speed
        reports: list[Report] = []
        while (
            self.left and len(reports) < AT_ONCE and self._rows[self.next][1].received_at <= reached
        ):
            line, row = self._rows[self.next]
            reports.append(self._report(line, row, now))
            self.next += 1
        if not self.left:
            _LOG.info("all %d complaints of %s have been replayed", len(self._rows), self.path)
        return reports

    def _report(self, line: int, row: _Row, now: datetime) -> Report:
        external_id = row.external_id or f"{self.path.stem}-{line}"
        has_place = row.lat is not None and row.lon is not None
        return Report(
            id=ReportId(known_id(row.received_at, "replay", self.path.name, line, external_id)),
            channel=row.channel,
            received_at=now,
            text=row.text,
            place=row.place or (f"{row.lat:.5f}, {row.lon:.5f}" if has_place else "—"),
            external_id=external_id,
            form=row.form,
            lat=row.lat if has_place else None,
            lon=row.lon if has_place else None,
        )

    def _read(self) -> list[tuple[int, _Row]]:
        rows: list[tuple[int, _Row]] = []
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        self._take(number, line, rows)
        except OSError as error:
            raise ReplayError(self.path, f"it cannot be read ({error.strerror})") from error
        if not rows:
            raise ReplayError(self.path, "it holds no complaint that can be understood")
        rows.sort(key=lambda one: (one[1].received_at, one[0]))
        return rows

    def _take(self, number: int, line: bytes, rows: list[tuple[int, _Row]]) -> None:
        try:
            row = _row.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self.bad_lines.append(BadLine(line=number, reason=str(error)))
            return
        received_at = row.received_at
        if received_at.tzinfo is None:
            received_at = received_at.replace(tzinfo=UTC)
        if not timedelta(0) <= received_at - datetime(1970, 1, 1, tzinfo=UTC):
            self.bad_lines.append(BadLine(line=number, reason="it is older than 1970"))
            return
        rows.append((number, msgspec.structs.replace(row, received_at=received_at)))
