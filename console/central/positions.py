"""Central's positions: taken in from devices, packed once a second, the last ones kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from console.domain.permissions import Remit
from console.domain.units import Unit
from console.protocol.positions import INGEST, decode_frame
from console.store.mapping import upsert
from console.store.tables import LAST_FIX
from console.tracking import ForceColumns, IngestCounts, LiveForce, pack_frame
from console.tracking.frames import fixes_of, to_ingest

KEYFRAME_EVERY_S = 10.0
#: Fixes written in one transaction; more would keep commands waiting.
_WRITTEN_AT_ONCE = 1000


class PositionHub:
    """The live force as central knows it; belongs to the event loop."""

    def __init__(self, units: Iterable[Unit], kept: NDArray[np.void]) -> None:
        """Start from what was kept.

        Args:
            units: The register.
            kept: Last fixes from the database, an array of `INGEST`.
        """
        self._force = LiveForce(only_known=True)
        self._districts: dict[int, str | None] = {}
        self._masks: dict[Remit, NDArray[np.bool_]] = {}
        self.know(units)
        self._force.load(kept)
        self._sent_mark = self._saved_mark = self._force.mark
        self._seq = 0
        self._keyframe_due = 0.0
        self._taken = 0
        #: Told of every batch that came, as it came.
        self.on_taken: Callable[[NDArray[np.void]], None] | None = None

    @property
    def counters(self) -> dict[str, int]:
        """Figures since the start, for the health page."""
        return {"fixes": self._taken, "units_seen": len(self._force.live().nos())}

    @property
    def mark(self) -> int:
        """Mark of the newest update."""
        return self._force.mark

    def columns(self) -> ForceColumns:
        """Return the columns as they are, not copied: for reads in the event loop."""
        return self._force.live()

    def lies_within(self, unit_no: int, remit: Remit) -> bool:
        """Whether a unit belongs to the districts somebody works for."""
        return remit.covers(self._districts.get(unit_no))

    def know(self, units: Iterable[Unit]) -> None:
        """Take note of units entered in the register."""
        known = list(units)
        self._force.know(known)
        for unit in known:
            if self._districts.get(unit.no, "") != unit.district:
                self._districts[unit.no] = unit.district
                self._masks.clear()

    def take(self, fixes: NDArray[np.void]) -> IngestCounts:
        """Take fixes that a device or gateway sent, an array of `INGEST`."""
        counts = self._force.apply_ingest(fixes, now_ms=_now_ms())
        self._taken += counts.accepted
        if self.on_taken is not None:
            self.on_taken(fixes)
        return counts

    def next_frame(self) -> tuple[bytes, bool] | None:
        """Return what moved since the last call, or everything when a keyframe is due.

        Returns:
            The frame and whether it is a keyframe; ``None`` when nothing moved.
        """
        now = time.monotonic()
        is_keyframe = now >= self._keyframe_due
        columns = self._force.live()
        nos = columns.nos() if is_keyframe else columns.changed_since(self._sent_mark)
        if not len(nos):
            return None
        if is_keyframe:
            self._keyframe_due = now + KEYFRAME_EVERY_S
        self._sent_mark = self._force.mark
        self._seq += 1
        return self._packed(columns, nos, is_keyframe=is_keyframe), is_keyframe

    def keyframe(self) -> bytes | None:
        """Return everything for a console that has just come, numbered as the last frame."""
        columns = self._force.live()
        nos = columns.nos()
        return self._packed(columns, nos, is_keyframe=True) if len(nos) else None

    def within(self, frame: bytes, remit: Remit) -> bytes:
        """Return a frame with the units of some districts only, its number and times kept."""
        whole = decode_frame(frame)
        seen = self._seen(whole.fixes["unit"], remit)
        return replace(whole, fixes=whole.fixes[seen]).to_bytes()

    def are_within(self, fixes: NDArray[np.void], remit: Remit) -> bool:
        """Whether every unit in an array of `INGEST` belongs to these districts."""
        return remit.is_whole or bool(self._seen(fixes["unit"], remit).all())

    def _seen(self, nos: NDArray[np.unsignedinteger], remit: Remit) -> NDArray[np.bool_]:
        mask = self._masks.get(remit)
        if mask is None:
            mask = np.zeros(max(self._districts, default=0) + 1, dtype=np.bool_)
            mask[[no for no, one in self._districts.items() if remit.covers(one)]] = True
            self._masks[remit] = mask
        seen: NDArray[np.bool_] = (nos < len(mask)) & mask[np.minimum(nos, len(mask) - 1)]
        return seen

    @property
    def saved_mark(self) -> int:
        """Mark of the newest update that was given out to be written."""
        return self._saved_mark

    def not_saved(self, mark: int) -> None:
        """Take note that what changed after a mark could not be written."""
        self._saved_mark = min(self._saved_mark, mark)

    def unsaved(self) -> list[NDArray[np.void]]:
        """Return the fixes that changed since the last call, arrays of `INGEST` to be written."""
        columns = self._force.live()
        nos = columns.changed_since(self._saved_mark)
        self._saved_mark = self._force.mark
        fixes = to_ingest(fixes_of(columns, nos))
        return [
            fixes[first : first + _WRITTEN_AT_ONCE]
            for first in range(0, len(fixes), _WRITTEN_AT_ONCE)
        ]

    def _packed(self, columns: ForceColumns, nos: NDArray[np.int64], *, is_keyframe: bool) -> bytes:
        frame = pack_frame(columns, nos, now_ms=_now_ms(), seq=self._seq, keyframe=is_keyframe)
        return frame.to_bytes()


def write_fixes(connection: Connection, fixes: NDArray[np.void]) -> None:
    """Keep last fixes, an array of `INGEST`."""
    names = ("unit_no", "t_ms", "lat_e7", "lon_e7", "heading", "speed", "accuracy", "flags")
    upsert(connection, LAST_FIX, [dict(zip(names, row, strict=True)) for row in fixes.tolist()])


def read_fixes(connection: Connection) -> NDArray[np.void]:
    """Return the last fixes that were kept, an array of `INGEST`."""
    rows = [tuple(row) for row in connection.execute(select(LAST_FIX))]
    return np.array(rows, dtype=INGEST)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
