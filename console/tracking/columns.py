"""The last fix of every unit, in columns: a value that may cross threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.domain.units import UnitKind
from console.protocol.positions import FixFlag
from console.tracking.fresh import USUAL_LIMITS, FreshnessLimits, classify


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForceColumns:
    """The last fix of every unit, one row a unit number; all arrays have shape (n,).

    Attributes:
        lat: WGS-84 degrees, NaN where there is no fix.
        lon: WGS-84 degrees, NaN where there is no fix.
        t_ms: Unix milliseconds of the fix, 0 where there is none.
        heading_deg: Clockwise from north, NaN if not known.
        speed_mps: NaN if not known.
        accuracy_m: NaN if not known.
        flags: `FixFlag` bits.
        kind_no: Number of the unit's kind (`fresh.KIND_NO`).
        mark: Mark of the update that last changed the row, 0 where there was none.
    """

    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    t_ms: NDArray[np.int64]
    heading_deg: NDArray[np.float32]
    speed_mps: NDArray[np.float32]
    accuracy_m: NDArray[np.float32]
    flags: NDArray[np.uint16]
    kind_no: NDArray[np.uint8]
    mark: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.t_ms)

    @property
    def has_fix(self) -> NDArray[np.bool_]:
        """Whether each unit number has a fix."""
        held: NDArray[np.bool_] = self.t_ms > 0
        return held

    @property
    def newest_mark(self) -> int:
        """Mark of the newest update held."""
        return int(self.mark.max()) if len(self.mark) else 0

    def nos(self) -> NDArray[np.int64]:
        """Return the numbers of the units that have a fix, rising."""
        return np.flatnonzero(self.has_fix)

    def ages_s(self, now_ms: int) -> NDArray[np.float64]:
        """Return each fix's age in seconds, never below 0, NaN where there is none."""
        age = (now_ms - self.t_ms).astype(np.float64)
        age *= 1e-3
        np.maximum(age, 0.0, out=age)
        unknown = self.t_ms <= 0
        if unknown.any():
            age[unknown] = np.nan
        return age

    def freshness(
        self, now_ms: int, limits: Mapping[UnitKind, FreshnessLimits] = USUAL_LIMITS
    ) -> NDArray[np.uint8]:
        """Return the `Freshness` of each row; a unit asleep is never fresh."""
        return classify(self.ages_s(now_ms), self.kind_no, self.flags, limits)

    def asleep(self) -> NDArray[np.bool_]:
        """Return whether each unit's page has lost its position since its fix."""
        asleep: NDArray[np.bool_] = (self.flags & FixFlag.ASLEEP) != 0
        return asleep

    def changed_since(self, mark: int) -> NDArray[np.int64]:
        """Return the unit numbers whose row changed after ``mark``, rising."""
        return np.flatnonzero(self.mark > mark)


def empty_columns(size: int) -> ForceColumns:
    """Return ``size`` rows without a fix."""

    def unknown() -> NDArray[np.float32]:
        return np.full(size, np.nan, dtype=np.float32)

    return ForceColumns(
        lat=np.full(size, np.nan),
        lon=np.full(size, np.nan),
        t_ms=np.zeros(size, dtype=np.int64),
        heading_deg=unknown(),
        speed_mps=unknown(),
        accuracy_m=unknown(),
        flags=np.zeros(size, dtype=np.uint16),
        kind_no=np.zeros(size, dtype=np.uint8),
        mark=np.zeros(size, dtype=np.int64),
    )


COLUMN_NAMES: tuple[str, ...] = tuple(ForceColumns.__dataclass_fields__)


def grown(columns: ForceColumns, size: int) -> ForceColumns:
    """Return the same rows with room for ``size`` of them."""
    larger = empty_columns(size)
    for name in COLUMN_NAMES:
        getattr(larger, name)[: len(columns)] = getattr(columns, name)
    return larger


def copied(columns: ForceColumns, size: int) -> ForceColumns:
    """Return a copy of the first ``size`` rows that nobody else writes to."""
    return ForceColumns(**{name: getattr(columns, name)[:size].copy() for name in COLUMN_NAMES})
