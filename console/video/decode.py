"""Decoding with a bare codec: access units in, frames out, the compressed originals kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import av
import numpy as np
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from console.media.nal import Codec, is_parameter_set, join_annex_b
from console.media.payload import AccessUnit
from console.video.trouble import Trouble, VideoError

#: Longest run of access units kept for evidence; smart cameras send an IDR every ten seconds.
MAX_GOP_BYTES = 32 << 20
_MAX_BAD_UNITS = 100


@dataclass(slots=True, eq=False)
class Gop:
    """The access units since the last one that decoding can begin at, as they were received.

    It only ever grows, so that a picture can name the units it needs by their number.

    Attributes:
        headers: Parameter sets told beforehand (SDP), put in front where the stream has none.
        whole: ``False`` once it outgrew ``MAX_GOP_BYTES`` and keeps no more.
    """

    codec: Codec
    headers: tuple[bytes, ...]
    units: list[AccessUnit] = field(default_factory=list)
    size: int = 0
    whole: bool = True

    def seconds_after(self, before: Gop) -> float | None:
        """Return how long after another one it began, by the camera's clock."""
        if not self.units or not before.units:
            return None
        step = (self.units[0].timestamp - before.units[0].timestamp) & 0xFFFFFFFF
        return step / 90_000 if 0 < step < 120 * 90_000 else None

    def add(self, unit: AccessUnit) -> None:
        """Keep one more access unit."""
        self.size += sum(len(nal) for nal in unit.nals)
        if self.size > MAX_GOP_BYTES:
            self.whole = False
        if self.whole:
            self.units.append(unit)

    def original(self, count: int) -> bytes | None:
        """Return the first ``count`` units as an Annex B stream, ``None`` if they are not held."""
        if not self.whole or not 0 < count <= len(self.units):
            return None
        units = self.units[:count]
        told = any(is_parameter_set(self.codec, nal) for nal in units[0].nals)
        nals = () if told else self.headers
        return join_annex_b(nals) + b"".join(unit.annex_b() for unit in units)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """One decoded frame and the originals it came from.

    Attributes:
        frame: In the camera's own size and colours.
        gop: Originals since the last key unit.
        units: How many of them this frame needs.
    """

    frame: VideoFrame
    gop: Gop
    units: int


class Decoder:
    """Decodes one stream, from its first key unit on, in the calling thread.

    Args:
        codec: What the units are.
        headers: Parameter sets from the session description, without start codes.
        address: For the error's sentence.
    """

    def __init__(self, codec: Codec, headers: tuple[bytes, ...], address: str) -> None:
        context = av.CodecContext.create(codec.decoder, "r")
        if not isinstance(context, VideoCodecContext):
            raise VideoError(Trouble.UNSUPPORTED, address, f"no decoder for {codec}")
        context.thread_count = 1
        self._context = context
        self._codec, self._headers, self._address = codec, headers, address
        self._gop: Gop | None = None
        self._bad = 0

    def decode(self, unit: AccessUnit) -> Decoded | None:
        """Decode one access unit.

        Returns:
            The frame, or ``None`` before the first key unit, for a unit that is damaged, or while
            the codec holds frames back.

        Raises:
            VideoError: What comes has long not been decodable.
        """
        data = unit.annex_b()
        if unit.key:
            if self._gop is None:
                data = join_annex_b(self._headers) + data
            self._gop = Gop(self._codec, self._headers)
        if self._gop is None:
            self._missed("no key unit")
            return None
        self._gop.add(unit)
        try:
            frames = self._context.decode(av.Packet(data))
        except FFmpegError as error:
            # What follows leans on this unit: wait for the next one that stands alone.
            self._gop = None
            self._missed(str(error))
            return None
        if not frames or frames[-1].is_corrupt:
            self._missed("no frame")
            return None
        self._bad = 0
        return Decoded(frame=frames[-1], gop=self._gop, units=len(self._gop.units))

    def forget(self) -> None:
        """Decode nothing until the next key unit: something is missing from the stream."""
        self._gop = None

    def flush(self) -> VideoFrame | None:
        """Return the frame the codec holds back, if any, and begin anew."""
        frames = self._context.decode(None)
        self._context.flush_buffers()
        self._gop = None
        return frames[-1] if frames and not frames[-1].is_corrupt else None

    def _missed(self, detail: str) -> None:
        self._bad += 1
        if self._bad > _MAX_BAD_UNITS:
            raise VideoError(Trouble.GARBAGE, self._address, detail, retry_otherwise=True)


def fitted(width: int, height: int, box_width: int, box_height: int) -> tuple[int, int]:
    """Return the largest even size with the picture's shape that fits a box, at least 2 × 2."""
    scale = min(box_width / max(1, width), box_height / max(1, height))
    even_width, even_height = (int(side * scale) // 2 * 2 for side in (width, height))
    return max(2, even_width), max(2, even_height)


def luma_of(frame: VideoFrame) -> NDArray[np.uint8]:
    """Return the brightness of a frame in its own size, shape (height, width)."""
    planar = frame.format.name in ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "nv12")
    plane = (frame if planar else frame.reformat(format="gray")).planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return np.ascontiguousarray(rows[: frame.height, : frame.width])


class Scaler:
    """Scales frames of one stream; it keeps what swscale prepares from one frame to the next.

    Args:
        averages: Each pixel is the mean of those it stands for and of no others. swscale's usual
            way blends in their neighbours, which leaves a third of a picture's noise; of pictures
            made smaller this one is also the cheaper.
    """

    def __init__(self, *, averages: bool = False) -> None:
        self._reformatter = VideoReformatter()
        self._how = Interpolation.AREA if averages else Interpolation.BILINEAR

    def __reduce__(self) -> tuple[Callable[[], Scaler], tuple[()]]:
        """Begin anew in another process: what is prepared belongs to this one."""
        return partial(Scaler, averages=self._how is Interpolation.AREA), ()

    def bgra(self, frame: VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
        """Scale a frame and return its pixels, shape (height, width, 4), blue first.

        Rows may be padded: the array is a view of the scaled frame.
        """
        scaled = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="bgra",
            threads=1,
            interpolation=self._how,
        )
        plane = scaled.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(height, plane.line_size)
        return rows[:, : width * 4].reshape(height, width, 4)


def to_bgra(
    frame: VideoFrame, width: int, height: int, scaler: Scaler | None = None
) -> NDArray[np.uint8]:
    """Scale a frame and return its pixels, shape (height, width, 4), blue first, in one piece."""
    return np.ascontiguousarray((scaler or Scaler()).bgra(frame, width, height))
