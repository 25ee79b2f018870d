"""The names of the points, encoded as slices that are put into shared pictures."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, tzinfo
from functools import partial

import numpy as np

from console.city.cameras.encode import BAND_LUMA, BandEncoder, Picture, Shape, shape_of
from console.city.cameras.fonts import Lettering
from console.city.cameras.points import PointSpec
from console.city.cameras.settings import FRAME_RATE, GOP_FRAMES
from console.media.payload import packetise

_MOST_KEPT = 4096
_WHITE_LUMA = 225
Bands = tuple[tuple[bytes, ...], tuple[bytes, ...]]


def band_picture(lettering: Lettering, text: str, shape: Shape) -> Picture:
    """Return the luma of a band with ``text`` in it, uint8 (band_px, width_px)."""
    size = min(34, shape.band_px * 7 // 10)
    ink = lettering.mask(text, size, width_px=shape.width_px, height_px=shape.band_px)
    luma = BAND_LUMA + ink.astype(np.float32) * ((_WHITE_LUMA - BAND_LUMA) / 255)
    return np.asarray(luma, np.uint8)


class BandLibrary:
    """Encodes each point's name when somebody first looks at it, and keeps it."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._lettering, self._zone = Lettering(), zone
        self._encoders: dict[Shape, BandEncoder] = {}
        self._kept: OrderedDict[tuple[int, str], Bands] = OrderedDict()
        self._making: dict[tuple[int, str], asyncio.Future[Bands]] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="camera-names")

    async def bands(self, point: PointSpec, stream: str, name: str) -> Bands:
        """Return the RTP payloads of a point's name for key pictures of parity 0 and 1."""
        key = point.no, stream
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.ensure_future(self._made(key, point, name))
        # A viewer who has given up finds it made the next time.
        return await asyncio.shield(making)

    async def _made(self, key: tuple[int, str], point: PointSpec, name: str) -> Bands:
        loop = asyncio.get_running_loop()
        try:
            kept = await loop.run_in_executor(self._pool, self._encode, point, key[1], name)
        finally:
            del self._making[key]
        self._kept[key] = kept
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return kept

    def clock(
        self, point: PointSpec, stream: str, name: str, off_s: Callable[[float], int]
    ) -> ClockBands:
        """Return the bands of a point whose pictures show a clock before its name.

        Args:
            point: Whose.
            stream: "main" or "sub".
            name: What stands behind the clock.
            off_s: How far the clock is ahead at a time, seconds of Unix seconds.
        """
        encode = partial(self._encode, point, stream)
        return ClockBands(self._pool, encode, name, off_s, self._zone)

    def _encode(self, point: PointSpec, stream: str, name: str) -> Bands:
        """Encode a name; runs in the pool's one thread."""
        shape = shape_of(point.codec, stream)
        encoder = self._encoders.get(shape)
        if encoder is None:
            encoder = self._encoders[shape] = BandEncoder(shape)
        picture = band_picture(self._lettering, name, shape)
        even, odd = encoder.encode(picture)
        return tuple(packetise(point.codec, [even])), tuple(packetise(point.codec, [odd]))

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class ClockBands:
    """The bands of one point that shows a clock, encoded ahead of each key picture.

    Args:
        pool: Encodes; one thread.
        encode: What it does with a text.
        name: What stands behind the clock.
        off_s: How far the clock is ahead at a time.
        zone: Of the clock; this machine's own where ``None``.
    """

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        encode: Callable[[str], Bands],
        name: str,
        off_s: Callable[[float], int],
        zone: tzinfo | None,
    ) -> None:
        self._pool, self._encode, self._zone = pool, encode, zone
        self._name, self._off_s = name, off_s
        self._coming: dict[int, Future[Bands]] = {}
        self._latest: Bands | None = None

    async def begin(self, tick: int) -> None:
        """Have the band of a key picture ready, and the next one on its way."""
        self._ask(tick)
        self._ask(tick + GOP_FRAMES)
        self._latest = await asyncio.wrap_future(self._coming[tick])

    def at(self, tick: int) -> Bands:
        """Return the band of a key picture; the one before while its own is not ready."""
        ready = self._coming.pop(tick, None)
        for old in [one for one in self._coming if one < tick]:
            del self._coming[old]
        if ready is not None and ready.done():
            self._latest = ready.result()
        self._ask(tick + GOP_FRAMES)
        assert self._latest is not None  # `begin` has been waited for
        return self._latest

    def _ask(self, tick: int) -> None:
        if tick not in self._coming:
            at_s = tick / FRAME_RATE
            shown = datetime.fromtimestamp(at_s + self._off_s(at_s), UTC).astimezone(self._zone)
            text = f"{shown:%Y-%m-%d %H:%M:%S}  {self._name}"
            self._coming[tick] = self._pool.submit(self._encode, text)
