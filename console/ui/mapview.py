"""How far out the map has to look for several places to be in view."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from console.ui.mappack import to_world

#: Things this near to the edge are half hidden by badges and controls, CSS pixels.
EDGE_PX = 48


def fitting_zoom(
    centre: tuple[float, float],
    places: Sequence[tuple[float, float]],
    size_px: tuple[int, int],
    *,
    at_least: int,
    at_most: float,
) -> float:
    """Return the largest whole zoom at which every place is in view round a centre.

    Args:
        centre: Latitude and longitude in the middle of the view.
        places: Latitudes and longitudes that are to be seen.
        size_px: Width and height of the view, CSS pixels.
        at_least: Never look further out than this.
        at_most: Never look nearer than this; also the answer when there are no places.
    """
    if not places:
        return at_most
    every = np.array([centre, *places], dtype=float)
    x, y = to_world(every[:, 0], every[:, 1])
    zoom = at_most
    for away, whole_px in (
        (np.abs(x - x[0]).max(), size_px[0]),
        (np.abs(y - y[0]).max(), size_px[1]),
    ):
        room_px = max(whole_px / 2 - EDGE_PX, 1.0)
        if away > 0:
            zoom = min(zoom, math.floor(math.log2(room_px / away)))
    return max(zoom, at_least)
