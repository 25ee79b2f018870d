"""The packed layers as they stand: revisions, names and who is behind each row."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from console.ui.mappack import pack
from console.ui.mapsprites import MapLayer

#: Sprite number of a row that is not to be drawn.
NOTHING = 255
#: How many former orders of rows are remembered, for picks that were under way.
ORDERS_KEPT = 4


class LayerRows:
    """One layer: rows in an order that has a number, and the newest packed body.

    The order (who is in which row) changes rarely and has a revision of its own; positions and
    sprites change with every body.
    """

    def __init__(self, layer: MapLayer) -> None:
        self.layer = layer
        self.rev = 0
        self.order_rev = 0
        self.ids: tuple[str, ...] = ()
        self._row_by_id: dict[str, int] = {}
        self._names: tuple[str, ...] = ()
        self._orders: OrderedDict[int, tuple[str, ...]] = OrderedDict()
        self._lat: NDArray[np.float64] = np.zeros(0)
        self._lon: NDArray[np.float64] = np.zeros(0)
        self._sprite: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
        self._age: NDArray[np.uint8] | None = None
        self._time_ms = 0.0
        self._body: bytes | None = None

    def set_order(self, ids: Sequence[str], names: Sequence[str]) -> bool:
        """Say who is in which row and what is written beside it; return whether that is new."""
        if tuple(ids) == self.ids and tuple(names) == self._names:
            return False
        self.ids, self._names = tuple(ids), tuple(names)
        self._row_by_id = {thing: row for row, thing in enumerate(self.ids)}
        self.order_rev += 1
        self._orders[self.order_rev] = self.ids
        while len(self._orders) > ORDERS_KEPT:
            self._orders.popitem(last=False)
        return True

    def set_rows(
        self,
        lat: NDArray[np.float64],
        lon: NDArray[np.float64],
        sprite: NDArray[np.uint8],
        *,
        time_ms: float,
        age: NDArray[np.uint8] | None = None,
    ) -> None:
        """Put things where they are now; rows without a place are not drawn.

        Args:
            lat: WGS-84 degrees, NaN where not known; shape (rows,).
            lon: WGS-84 degrees; shape (rows,).
            sprite: Sprite numbers; shape (rows,).
            age: Ages of fixes as `packed_age` gives; shape (rows,).
            time_ms: When this was known, Unix milliseconds.
        """
        unknown = np.isnan(lat) | np.isnan(lon)
        self._lat, self._lon = lat, lon
        self._sprite = sprite if not unknown.any() else np.where(unknown, NOTHING, sprite)
        self._sprite = self._sprite.astype(np.uint8, copy=False)
        self._time_ms, self._age = time_ms, age
        self.rev += 1
        self._body = None

    def body(self) -> bytes:
        """Return the packed layer, packed when it is first asked for."""
        if self._body is None:
            known = self._sprite != NOTHING
            lat, lon = self._lat, self._lon
            if not known.all():
                middle = (lat[known].mean(), lon[known].mean()) if known.any() else (0.0, 0.0)
                lat, lon = np.where(known, lat, middle[0]), np.where(known, lon, middle[1])
            self._body = pack(
                lat,
                lon,
                self._sprite,
                self._age,
                rev=self.rev,
                names_rev=self.order_rev,
                time_ms=self._time_ms,
            )
        return self._body

    def names(self) -> bytes:
        """Return what is written beside each row, as a JSON list."""
        return json.dumps(self._names, ensure_ascii=False).encode()

    def thing_at(self, row: int, order_rev: int) -> str | None:
        """Return who was in a row when the order had that revision, if still remembered."""
        ids = self._orders.get(order_rev, ())
        return ids[row] if 0 <= row < len(ids) else None

    def row_of(self, thing: str) -> int | None:
        """Return the row something is in now."""
        return self._row_by_id.get(thing)

    def place_of(self, thing: str) -> tuple[float, float] | None:
        """Return where something is drawn, WGS-84 degrees, or ``None`` if it is not."""
        row = self._row_by_id.get(thing)
        if row is None or row >= len(self._sprite) or self._sprite[row] == NOTHING:
            return None
        return float(self._lat[row]), float(self._lon[row])
