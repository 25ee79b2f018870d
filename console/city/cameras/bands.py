"""The names of the points, encoded as slices that are put into shared pictures."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from console.city.cameras.encode import BAND_LUMA, BandEncoder, Picture, Shape, shape_of
from console.city.cameras.fonts import Lettering
from console.city.cameras.points import PointSpec
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

    def __init__(self) -> None:
        self._lettering = Lettering()
        self._encoders: dict[Shape, BandEncoder] = {}
        self._kept: OrderedDict[tuple[int, str], Bands] = OrderedDict()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="camera-names")

    async def bands(self, point: PointSpec, stream: str, name: str) -> Bands:
        """Return the RTP payloads of a point's name for key pictures of parity 0 and 1."""
        key = point.no, stream
        kept = self._kept.get(key)
        if kept is None:
            loop = asyncio.get_running_loop()
            kept = await loop.run_in_executor(self._pool, self._encode, point, stream, name)
            self._kept[key] = kept
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return kept

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
