"""Camera points that ride on units: drawn where the unit is, nowhere while nobody knows that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from console.domain.ids import UnitId
from console.domain.places import Camera
from console.domain.units import Unit
from console.tracking import ForceColumns, Freshness

_Rows = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint8]]


def _none() -> NDArray[np.float64]:
    return np.zeros(0)


@dataclass(slots=True)
class Riders:
    """The rows of the camera layer, those of cameras that move among them.

    Attributes:
        units: The unit of each row that moves, by row.
    """

    units: dict[int, UnitId] = field(default_factory=dict)
    _lat: NDArray[np.float64] = field(default_factory=_none)
    _lon: NDArray[np.float64] = field(default_factory=_none)
    _sprites: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))

    @classmethod
    def of(cls, cameras: Sequence[Camera], sprites: NDArray[np.uint8]) -> Riders:
        """Return the rows of a layer as they stand before anything has moved."""
        return cls(
            units={row: one.unit for row, one in enumerate(cameras) if one.unit is not None},
            _lat=np.array([np.nan if one.lat is None else one.lat for one in cameras], float),
            _lon=np.array([np.nan if one.lon is None else one.lon for one in cameras], float),
            _sprites=sprites,
        )

    def moved(
        self, units: Mapping[UnitId, Unit], force: ForceColumns, freshness: NDArray[np.uint8]
    ) -> _Rows | None:
        """Return latitude, longitude and sprite of every row where something has moved.

        Args:
            units: The units shown, in the order of ``freshness``.
            force: Where they are, by number.
            freshness: What each unit's fix is worth.
        """
        if not self.units:
            return None
        order = {unit: row for row, unit in enumerate(units)}
        lat, lon = self._lat.copy(), self._lon.copy()
        for row, unit_id in self.units.items():
            unit, at = units.get(unit_id), order.get(unit_id)
            is_known = (
                unit is not None and at is not None and unit.no < len(force)
                and at < len(freshness) and freshness[at] != Freshness.NO_FIX
            )  # fmt: skip
            lat[row] = force.lat[unit.no] if is_known and unit is not None else np.nan
            lon[row] = force.lon[unit.no] if is_known and unit is not None else np.nan
        same = np.array_equal(lat, self._lat, equal_nan=True)
        if same and np.array_equal(lon, self._lon, equal_nan=True):
            return None
        self._lat, self._lon = lat, lon
        return lat, lon, self._sprites
