"""The live force: the last fix of every unit in NumPy columns, latest wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from console.domain.units import Unit, UnitKind
from console.protocol.positions import FixFlag, PositionFrame
from console.tracking.columns import ForceColumns, copied, empty_columns, grown
from console.tracking.frames import (
    Fixes,
    FrameOrder,
    fixes_of,
    from_frame,
    from_ingest,
    to_ingest,
)
from console.tracking.fresh import KIND_NO, USUAL_LIMITS, FreshnessLimits

if TYPE_CHECKING:
    from scipy.spatial import KDTree

#: Numbers at or above are refused: columns are held by number, and a city has 10⁵ units.
MAX_UNIT_NO = 1 << 20
#: A device clock may be ahead by this much before its fix is refused.
MAX_AHEAD_MS = 30_000
EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestCounts:
    """What became of the fixes in one batch.

    Attributes:
        accepted: Newer than what was held.
        late: Older than what was held.
        duplicate: As old as what was held.
        ahead: Refused, the device's clock is far ahead.
        unknown: Refused, no such unit, or coordinates that are none.
    """

    accepted: int = 0
    late: int = 0
    duplicate: int = 0
    ahead: int = 0
    unknown: int = 0


class LiveForce:
    """The last fix of every unit; one thread writes it, `columns` gives copies to others."""

    def __init__(
        self,
        *,
        limits: Mapping[UnitKind, FreshnessLimits] = USUAL_LIMITS,
        max_ahead_ms: int = MAX_AHEAD_MS,
        only_known: bool = False,
    ) -> None:
        """Args are set once.

        Args:
            limits: When fixes become late and stale, by kind of unit.
            max_ahead_ms: How far ahead of ours a device's clock may be.
            only_known: Whether fixes of units never named to `know` are refused.
        """
        self._limits = limits
        self._max_ahead_ms = max_ahead_ms
        self._only_known = only_known
        self._rows = empty_columns(1024)
        self._known = np.zeros(1024, dtype=np.bool_)
        self._used = 0
        self._mark = 0
        self._order = FrameOrder()
        self._tree: KDTree | None = None
        self._tree_nos: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._tree_mark = -1

    @property
    def mark(self) -> int:
        """Mark of the newest update; give it to `changed_since` later."""
        return self._mark

    @property
    def is_whole(self) -> bool:
        """Whether no position frame has been lost since the last keyframe."""
        return self._order.is_whole

    @property
    def lost_frames(self) -> int:
        """How many position frames did not arrive."""
        return self._order.lost

    def know(self, units: Iterable[Unit]) -> None:
        """Take note of units: their numbers are known from now on, and their kinds."""
        for unit in units:
            if 0 <= unit.no < MAX_UNIT_NO:
                self._reserve(unit.no)
                self._known[unit.no] = True
                self._rows.kind_no[unit.no] = KIND_NO[unit.kind]

    def apply_ingest(self, fixes: NDArray[np.void], *, now_ms: int) -> IngestCounts:
        """Take what devices sent, an array of `INGEST`, in the order it came.

        Args:
            fixes: Shape (n,).
            now_ms: Our clock, Unix milliseconds.
        """
        batch = from_ingest(fixes)
        known = _is_place(batch)
        if self._only_known:
            known &= self._known.take(batch.unit, mode="clip") & (batch.unit < len(self._known))
        ahead = known & (batch.t_ms > now_ms + self._max_ahead_ms)
        taken = np.flatnonzero(known & ~ahead)
        accepted, late, duplicate = self._take(batch, taken, equal_wins=False)
        return IngestCounts(
            accepted=accepted,
            late=late,
            duplicate=duplicate,
            ahead=int(np.count_nonzero(ahead)),
            unknown=len(known) - int(np.count_nonzero(known)),
        )

    def apply_frame(self, frame: PositionFrame) -> int:
        """Take a frame from central; of two equally old fixes the one that came last wins.

        Returns:
            How many fixes were taken.
        """
        self._order.take(frame)
        batch = from_frame(frame)
        usable = np.flatnonzero(_is_place(batch))
        accepted, _, duplicate = self._take(batch, usable, equal_wins=True)
        return accepted + duplicate

    def load(self, fixes: NDArray[np.void]) -> None:
        """Take fixes kept from before, an array of `INGEST`, whatever the clock says."""
        batch = from_ingest(fixes)
        usable = np.flatnonzero((batch.unit < MAX_UNIT_NO) & (batch.t_ms > 0))
        self._take(batch, usable, equal_wins=False)

    def packed(self) -> NDArray[np.void]:
        """Return the last fix of every unit that has one, an array of `INGEST`, for `load`."""
        columns = self.live()
        return to_ingest(fixes_of(columns, columns.nos()))

    def mark_asleep(self, nos: NDArray[np.int64], *, asleep: bool = True) -> None:
        """Set or clear "its page has lost its position" for units that have a fix."""
        nos = nos[(nos >= 0) & (nos < self._used)]
        nos = nos[self._rows.t_ms[nos] > 0]
        before = self._rows.flags[nos]
        bit = np.uint16(FixFlag.ASLEEP)
        after = before | bit if asleep else before & ~bit
        moved = nos[before != after]
        if len(moved):
            self._mark += 1
            self._rows.flags[nos] = after
            self._rows.mark[moved] = self._mark

    def columns(self) -> ForceColumns:
        """Return a copy that may go to another thread."""
        return copied(self._rows, self._used)

    def live(self) -> ForceColumns:
        """Return the columns as they are, not copied: for the writing thread's own reads."""
        rows, used = self._rows, self._used
        return ForceColumns(
            lat=rows.lat[:used],
            lon=rows.lon[:used],
            t_ms=rows.t_ms[:used],
            heading_deg=rows.heading_deg[:used],
            speed_mps=rows.speed_mps[:used],
            accuracy_m=rows.accuracy_m[:used],
            flags=rows.flags[:used],
            kind_no=rows.kind_no[:used],
            mark=rows.mark[:used],
        )

    def ages_s(self, now_ms: int) -> NDArray[np.float64]:
        """Return each unit's age of fix in seconds, NaN where there is none; by number."""
        return self.live().ages_s(now_ms)

    def freshness(self, now_ms: int) -> NDArray[np.uint8]:
        """Return the `Freshness` of each unit, by number."""
        return self.live().freshness(now_ms, self._limits)

    def changed_since(self, mark: int) -> NDArray[np.int64]:
        """Return the unit numbers that changed after ``mark``, rising."""
        return np.flatnonzero(self._rows.mark[: self._used] > mark)

    def near(self, lat: float, lon: float, k: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the ``k`` nearest units by air and how far they are, nearest first.

        Returns:
            Unit numbers and metres, both of shape (min(k, units with a fix),).
        """
        self._refresh_tree()
        count = min(k, len(self._tree_nos))
        if self._tree is None or count <= 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        here = _on_sphere(np.array([lat]), np.array([lon]))[0]
        chord, index = self._tree.query(here, k=np.arange(1, count + 1))
        metres = 2.0 * EARTH_RADIUS_M * np.arcsin(np.clip(chord / 2.0, 0.0, 1.0))
        return self._tree_nos[index], metres

    def _refresh_tree(self) -> None:
        from scipy.spatial import KDTree  # noqa: PLC0415 - slow to import, and seldom the first

        if self._tree_mark == self._mark:
            return
        rows = self.live()
        self._tree_nos, self._tree_mark = rows.nos(), self._mark
        if not len(self._tree_nos):
            self._tree = None
            return
        points = _on_sphere(rows.lat[self._tree_nos], rows.lon[self._tree_nos])
        self._tree = KDTree(points, compact_nodes=False, balanced_tree=False)

    def _reserve(self, no: int) -> None:
        size = len(self._rows)
        while size <= no:
            size *= 2
        if size != len(self._rows):
            self._rows = grown(self._rows, size)
            self._known = np.concatenate(
                [self._known, np.zeros(size - len(self._known), dtype=np.bool_)]
            )
        self._used = max(self._used, no + 1)

    def _take(
        self, batch: Fixes, index: NDArray[np.int64], *, equal_wins: bool
    ) -> tuple[int, int, int]:
        """Take the fixes at ``index``; return how many were newer, older, equally old.

        The counts are those of taking them one after another.
        """
        if not len(index):
            return 0, 0, 0
        self._reserve(int(batch.unit[index].max()))
        once = int(np.bincount(batch.unit[index]).max()) == 1
        order = index if once else index[np.argsort(batch.unit[index], kind="stable")]
        unit, t_ms = batch.unit[order], batch.t_ms[order]
        held = self._rows.t_ms[unit]
        before = held if once else _newest_before(unit, t_ms, held)
        newer, equal = t_ms > before, t_ms == before
        are_newer, are_equal = int(np.count_nonzero(newer)), int(np.count_nonzero(equal))
        self._store(batch, order[newer | equal] if equal_wins else order[newer], once=once)
        if are_equal and not equal_wins:
            self._fall_asleep(batch, order[equal])
        return are_newer, len(order) - are_newer - are_equal, are_equal

    def _store(self, batch: Fixes, rows: NDArray[np.int64], *, once: bool) -> None:
        """Write the last fix of each unit; those of one unit lie together, rising in time."""
        if not len(rows):
            return
        unit = batch.unit[rows]
        if not once:
            last = np.append(unit[1:] != unit[:-1], True)
            rows, unit = rows[last], unit[last]
        self._mark += 1
        held = self._rows
        for name in ("lat", "lon", "t_ms", "heading_deg", "speed_mps", "accuracy_m", "flags"):
            getattr(held, name)[unit] = getattr(batch, name)[rows]
        held.mark[unit] = self._mark

    def _fall_asleep(self, batch: Fixes, rows: NDArray[np.int64]) -> None:
        """Note pages that say their last fix again, and that they have lost it since."""
        asleep = (batch.flags[rows] & FixFlag.ASLEEP) != 0
        rows = rows[asleep]
        if len(rows):
            nos = batch.unit[rows]
            self.mark_asleep(np.unique(nos[batch.t_ms[rows] == self._rows.t_ms[nos]]))


def _is_place(batch: Fixes) -> NDArray[np.bool_]:
    """Whether each fix is of a possible unit, has a time and lies on the globe."""
    found: NDArray[np.bool_] = (batch.unit < MAX_UNIT_NO) & (batch.t_ms > 0)
    found &= np.abs(batch.lat) <= 90.0
    found &= np.abs(batch.lon) <= 180.0
    return found


def _newest_before(
    unit: NDArray[np.int64], t_ms: NDArray[np.int64], held_ms: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the newest time known of each unit just before each fix; sorted by unit."""
    first = np.append(True, unit[1:] != unit[:-1])
    group = np.cumsum(first) - 1
    base = np.int64(min(int(t_ms.min()), int(held_ms.min())))
    span = np.int64(int(max(t_ms.max(), held_ms.max())) - int(base) + 1)
    if int(span) * (int(group[-1]) + 1) >= 2**63:
        return _newest_before_slowly(unit, t_ms, held_ms)
    start = np.maximum(t_ms, held_ms) - base + group * span
    running = np.maximum.accumulate(start) - group * span + base
    before = np.append(np.int64(0), running[:-1])
    return np.where(first, held_ms, np.maximum(before, held_ms))


def _newest_before_slowly(
    unit: NDArray[np.int64], t_ms: NDArray[np.int64], held_ms: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Do the same when the times are too far apart to be shifted past each other."""
    result = held_ms.copy()
    for i in range(1, len(unit)):
        if unit[i] == unit[i - 1]:
            result[i] = max(int(result[i - 1]), int(t_ms[i - 1]))
    return result


def _on_sphere(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points on the unit sphere, shape (n, 3)."""
    phi, lam = np.radians(lat), np.radians(lon)
    cos = np.cos(phi)
    return np.column_stack([cos * np.cos(lam), cos * np.sin(lam), np.sin(phi)])
