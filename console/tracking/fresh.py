"""How old a fix may be before it is called late, then stale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from console.domain.units import UnitKind
from console.protocol.positions import FixFlag

#: Number that a kind of unit bears in a column.
KIND_NO: dict[UnitKind, int] = {kind: no for no, kind in enumerate(UnitKind)}


class Freshness(IntEnum):
    """What a fix is worth now (陈旧 is shown, never hidden)."""

    NO_FIX = 0
    FRESH = 1
    LATE = 2
    STALE = 3
    ASLEEP = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessLimits:
    """Ages at which the fixes of one kind of unit become late and stale, seconds."""

    late_s: float
    stale_s: float


#: A handheld page reports every 10 s or so, a vehicle terminal every second or few.
USUAL_LIMITS: dict[UnitKind, FreshnessLimits] = {
    UnitKind.OFFICER: FreshnessLimits(late_s=30.0, stale_s=120.0),
    UnitKind.PATROL: FreshnessLimits(late_s=30.0, stale_s=120.0),
    UnitKind.VEHICLE: FreshnessLimits(late_s=15.0, stale_s=60.0),
}


def limits_by_kind_no(
    limits: Mapping[UnitKind, FreshnessLimits],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the late and the stale limits as arrays that a kind's number indexes, seconds."""
    ordered = sorted(KIND_NO, key=lambda kind: KIND_NO[kind])
    late = np.array([limits[kind].late_s for kind in ordered])
    stale = np.array([limits[kind].stale_s for kind in ordered])
    return late, stale


def classify(
    age_s: NDArray[np.float64],
    kind_no: NDArray[np.uint8],
    flags: NDArray[np.uint16],
    limits: Mapping[UnitKind, FreshnessLimits] = USUAL_LIMITS,
) -> NDArray[np.uint8]:
    """Return the `Freshness` of each fix.

    Args:
        age_s: Ages, NaN where there is no fix; shape (n,).
        kind_no: Number of each unit's kind (`KIND_NO`); shape (n,).
        flags: `FixFlag` bits; shape (n,).
        limits: Limits by kind.
    """
    late_s, stale_s = limits_by_kind_no(limits)
    # No comparison with an age that is none holds. Most fixes are fresh: what none is costs little.
    late = age_s > late_s.take(kind_no)
    result = np.full(age_s.shape, Freshness.FRESH, dtype=np.uint8)
    if late.any():
        result[late] = Freshness.LATE
        result[age_s > stale_s.take(kind_no)] = Freshness.STALE
    asleep = (flags & FixFlag.ASLEEP) != 0
    if asleep.any():
        result[asleep] = Freshness.ASLEEP
    unknown = np.isnan(age_s)
    if unknown.any():
        result[unknown] = Freshness.NO_FIX
    return result
