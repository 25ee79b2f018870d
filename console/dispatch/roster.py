"""The force in columns, made once for as long as it does not change, for rankings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from console.domain.units import Unit, UnitKind, UnitStatus
from console.geo.arrays import Bools
from console.roads.columns import Mode
from console.tracking.fresh import KIND_NO

#: Ways to travel, in the order in which columns number them.
MODES = tuple(Mode)
#: Skill of officers and patrols that have something to drive.
VEHICLE_SKILL = "vehicle"
#: Skill of those that have a bicycle or a scooter.
BIKE_SKILL = "bike"


def mode_of(unit: Unit) -> Mode:
    """Return how a unit travels: vehicles drive, others walk unless they have what is faster."""
    if unit.kind is UnitKind.VEHICLE or VEHICLE_SKILL in unit.skills:
        return Mode.CAR
    return Mode.BIKE if BIKE_SKILL in unit.skills else Mode.FOOT


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """Units in columns, made once for as long as they do not change; all of shape (n,)."""

    units: tuple[Unit, ...]
    no: NDArray[np.int64]
    kind_no: NDArray[np.uint8]
    mode: NDArray[np.uint8]  # place in `MODES`
    is_free: Bools
    is_on_duty: Bools
    row_of: Mapping[str, int] = field(default_factory=dict)  # by unit, made when first asked for

    @classmethod
    def of(cls, units: Iterable[Unit]) -> Roster:
        """Return the roster of some units."""
        every = tuple(units)
        count = len(every)
        modes = {mode: number for number, mode in enumerate(MODES)}
        return cls(
            units=every,
            no=np.fromiter((unit.no for unit in every), np.int64, count),
            kind_no=np.fromiter((KIND_NO[unit.kind] for unit in every), np.uint8, count),
            mode=np.fromiter((modes[mode_of(unit)] for unit in every), np.uint8, count),
            is_free=np.fromiter(
                (unit.status is UnitStatus.AVAILABLE for unit in every), bool, count
            ),
            is_on_duty=np.fromiter(
                (unit.status is not UnitStatus.OFF_DUTY for unit in every), bool, count
            ),
        )

    def changed(self, units: Iterable[Unit]) -> Roster | None:
        """Return the roster with some of its units changed, ``None`` if one is not in it."""
        row_of = self.row_of or {str(unit.id): row for row, unit in enumerate(self.units)}
        few = tuple(units)
        if any(str(unit.id) not in row_of for unit in few):
            return None
        rows = [row_of[str(unit.id)] for unit in few]
        every, part = list(self.units), Roster.of(few)
        for row, unit in zip(rows, few, strict=True):
            every[row] = unit
        columns = {name: getattr(self, name).copy() for name in _COLUMNS}
        for name, column in columns.items():
            column[rows] = getattr(part, name)
        return Roster(units=tuple(every), row_of=row_of, **columns)


_COLUMNS = ("no", "kind_no", "mode", "is_free", "is_on_duty")
