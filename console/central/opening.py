"""What central opens before it begins: its database; and where outlines lie in the city pack."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from console.central.group import Outline
from console.central.settings import CentralError, CentralSettings
from console.geo.polygons import in_ring
from console.store.citypack import CityPack
from console.store.engine import StoreError, open_engine, sqlite_url
from console.store.seat import Seat
from console.store.upgrade import upgrade

#: An outline is looked at along its sides and on a grid within, at so many places about.
_ON_SIDES, _ON_GRID = 1000, 16


def opened_database(settings: CentralSettings) -> tuple[Engine, Seat]:
    """Return the database, up to date, and the seat of its one writer, taken."""
    url = settings.database_url or sqlite_url(settings.folder / "central.db")
    try:
        engine = open_engine(url)
        seat = Seat(engine)
        try:
            seat.take()
            upgrade(engine)
        except BaseException:
            seat.close()
            engine.dispose()
            raise
    except StoreError as error:
        raise CentralError(str(error)) from error
    return engine, seat


def outline_finder(pack: CityPack | None) -> Callable[[Outline], tuple[str, ...]]:
    """Return what tells the districts that an outline (WGS-84) reaches into, in order of ids."""

    def districts_of(outline: Outline) -> tuple[str, ...]:
        if pack is None or len(outline) < 3:
            return ()
        ring = np.array(outline, float)
        lat, lon = _places_of(ring).T
        found, _ = pack.districts_at(lat, lon)
        return tuple(sorted({str(one) for one in found if one is not None}))

    return districts_of


def _places_of(
    ring: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return places on the sides of a ring and within it, shape (n, 2)."""
    steps = max(1, _ON_SIDES // len(ring))
    share = (np.arange(steps) / steps)[:, None, None]
    sides = (ring + share * (np.roll(ring, -1, axis=0) - ring)).reshape(-1, 2)
    low, high = ring.min(axis=0), ring.max(axis=0)
    lats, lons = (np.linspace(low[axis], high[axis], _ON_GRID) for axis in (0, 1))
    grid = np.array(np.meshgrid(lats, lons)).reshape(2, -1).T
    return np.concatenate([sides, grid[in_ring(grid[:, 0], grid[:, 1], ring)]])
