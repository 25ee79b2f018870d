"""Whether anything moves in a picture that is just like the one of the visit before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from console.media.payload import AccessUnit
from console.video.decode import Decoder, Scaler, to_bgra
from console.video.diagnosis import Limits, changed_share, difference
from console.video.rtsp import RtspStream

#: Frames that must all be alike before a picture is called frozen.
FROZEN_FRAMES = 10
#: Every so manieth of them is compared: one that moves is found out by the first.
_COMPARED_FRAMES = 3
#: A decoder may hold so many back.
_HELD_BACK = 2
#: Where pictures come slowly fewer say as much, when so much time is between them.
_FEWEST_FRAMES, _LONGEST_S = 4, 4.0


def is_like(
    before: NDArray[np.uint8] | None, now: NDArray[np.uint8] | None, limits: Limits
) -> bool:
    """Whether a picture is so like another that it may be frozen; of other sizes it is not.

    Args:
        before: Shape (height, width, 4), blue first; ``None`` where there is none.
        now: The same.
        limits: Where a difference is one.
    """
    if before is None or now is None or before.shape != now.shape:
        return False
    return difference(before, now) < limits.frozen_difference


async def units_after(stream: RtspStream) -> list[AccessUnit]:
    """Return what comes after a key unit, as much as it takes to see whether anything moves.

    Raises:
        VideoError: It does not come.
    """
    loop, units = asyncio.get_running_loop(), list[AccessUnit]()
    until_s, wanted = loop.time() + _LONGEST_S, FROZEN_FRAMES + _HELD_BACK
    while len(units) < wanted and (len(units) < _FEWEST_FRAMES or loop.time() < until_s):
        units += await stream.next_units()
    return units[:wanted]


def movement(
    decoder: Decoder,
    units: Sequence[AccessUnit],
    before: NDArray[np.uint8],
    now: NDArray[np.uint8],
    scaler: Scaler,
    limits: Limits,
) -> tuple[float, float] | None:
    """Return how far pictures of a point differ, and the share of the pixels that do.

    The first is of the pair that differs most: of the last visit's picture, this one's, and what
    comes within the next ``FROZEN_FRAMES``, as soon as that differs. The second is of the two
    visits' key pictures, which are encoded alike. ``None`` where too little of it can be decoded.

    Args:
        decoder: A new one: where one holds pictures back, none is passed over.
        units: The key unit and those after it.
        before: Thumbnail of the last visit, shape (height, width, 4), blue first.
        now: What the key unit has shown, likewise.
        scaler: Scales what came after it.
        limits: Where a difference is one.
    """
    size, apart, count = (now.shape[1], now.shape[0]), difference(before, now), 0
    most = min(FROZEN_FRAMES, max(_FEWEST_FRAMES, len(units) - _HELD_BACK))
    for unit in units:
        decoded = decoder.decode(unit)
        if decoded is None:
            continue
        count += 1
        if count % _COMPARED_FRAMES and count < most:
            continue
        apart = max(apart, difference(now, to_bgra(decoded.frame, *size, scaler)))
        if apart >= limits.frozen_difference or count >= most:
            return apart, changed_share(before, now)
    return None
