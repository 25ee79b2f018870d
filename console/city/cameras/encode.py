"""Encoding pictures so that 1,000 points with 1,000 names share the work of 52 scenes.

A picture's bottom rows are a dark band, encoded as slices of their own: the last slice of every
picture holds nothing else. Slices are decoded apart from each other, so a point's stream is the
scene's slices with the band's slice of every key picture exchanged for one that holds the point's
name; the band's slices in the pictures between say "unchanged" and serve all points. In-loop
filters are off, since they reach across slices; `stitchable` and a fixed rate control keep the
parameter sets alike.

Why: burning a name into a whole stream costs 2.5 ms (sub) and 13 ms (main) of a core a frame, for
one point. Encoding one band costs a few milliseconds once a point. Motion vectors may still reach
a few rows into the band, where a name differs from the empty band that the scene was encoded
with: at most 0.03 % of the scene's pixels then differ, by at most 11 of 255, until the next key
picture (measured on drawn scenes; a test bounds it). libx265 corrupts its heap at 15 slices of 720
rows, so H.265 has 12 slices and a higher band there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from console.city.cameras.settings import (
    FRAME_RATE,
    GOP_FRAMES,
    RATES_KBPS,
    SIZES_PX,
    SUB,
    CameraCityError,
)
from console.city.cameras.track import Track
from console.media.nal import Codec, is_key, is_slice, join_annex_b, parameter_sets, split_annex_b

Picture = NDArray[np.uint8]
BAND_LUMA = 24
_NEUTRAL = 128


@dataclass(frozen=True, slots=True)
class Shape:
    """How one stream of one codec is encoded: its size, slices and the band's height."""

    codec: Codec
    stream: str
    width_px: int
    height_px: int
    slices: int
    band_px: int


def shape_of(codec: Codec, stream: str) -> Shape:
    """Return how ``stream`` ("main" or "sub") is encoded in ``codec``."""
    width, height = SIZES_PX[stream]
    if stream == SUB:
        return Shape(codec, stream, width, height, 12, 24)
    if codec is Codec.H264:
        return Shape(codec, stream, width, height, 15, 48)
    return Shape(codec, stream, width, height, 12, 64)


def _options(shape: Shape) -> dict[str, str]:
    rate = RATES_KBPS[shape.stream]
    common = f"keyint={GOP_FRAMES}:min-keyint={GOP_FRAMES}:scenecut=0:bframes=0:ref=1:weightp=0"
    common += f":slices={shape.slices}:bitrate={rate}:vbv-maxrate={rate * 3 // 2}"
    common += f":vbv-bufsize={rate}"
    if shape.codec is Codec.H264:
        own = "cabac=0:no-deblock=1:stitchable=1:threads=1:sliced-threads=0:force-cfr=1"
        return {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "forced-idr": "1",
            "x264-params": f"{common}:{own}",
        }
    own = (
        "open-gop=0:no-deblock=1:no-sao=1:ctu=16:max-tu-size=16:qg-size=16:min-cu-size=16"
        ":no-temporal-mvp=1:frame-threads=1:pools=1:wpp=1:rc-lookahead=0:lookahead-slices=0"
        ":b-adapt=0:cutree=0:no-signhide=1:info=0:repeat-headers=1:log-level=none"
    )
    return {"preset": "ultrafast", "forced-idr": "1", "x265-params": f"{common}:{own}"}


class Encoder:
    """Encodes pictures of one shape one after the other; each comes out as it goes in."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        name = "libx264" if shape.codec is Codec.H264 else "libx265"
        context = av.CodecContext.create(name, "w")
        if not isinstance(context, av.VideoCodecContext):
            raise CameraCityError(f"{name} is no video encoder here; install PyAV from its wheel.")
        context.width, context.height = shape.width_px, shape.height_px
        context.pix_fmt = "yuv420p"
        context.time_base, context.framerate = Fraction(1, FRAME_RATE), Fraction(FRAME_RATE)
        context.thread_count = 1
        context.options = _options(shape)
        self._context = context
        self._count = 0

    def encode(self, picture: Picture, *, key: bool = False) -> Iterator[list[bytes]]:
        """Yield the NAL units of the pictures that are done.

        Args:
            picture: Planes of YUV 4:2:0 under each other, uint8 (height × 3/2, width).
            key: Make it a key picture whatever its place in the GOP.
        """
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = self._count
        frame.time_base = Fraction(1, FRAME_RATE)
        if key:
            frame.pict_type = av.video.frame.PictureType.I
        self._count += 1
        for packet in self._context.encode(frame):
            yield split_annex_b(bytes(packet))

    def finish(self) -> Iterator[list[bytes]]:
        """Yield what the encoder still holds."""
        for packet in self._context.encode(None):
            yield split_annex_b(bytes(packet))


class TrackEncoder:
    """Encodes pictures, whose band must hold no name, into a track."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._encoder = Encoder(shape)
        self._units: list[list[bytes]] = []

    def add(self, picture: Picture) -> None:
        """Take the next picture, planes of YUV 4:2:0, uint8 (height × 3/2, width)."""
        self._units.extend(self._encoder.encode(clear_band(picture, self.shape)))

    def finish(self) -> Track:
        """Return the track; the pictures must have been a multiple of 50."""
        self._units.extend(self._encoder.finish())
        codec = self.shape.codec
        slices = [tuple(nal for nal in nals if is_slice(codec, nal)) for nals in self._units]
        return Track(
            codec=codec,
            width_px=self.shape.width_px,
            height_px=self.shape.height_px,
            sets=parameter_sets(codec, self._units[0]),
            pictures=tuple(slices),
            keys=tuple(is_key(codec, nals[0]) for nals in slices),
        )


def encode_track(shape: Shape, pictures: Iterable[Picture]) -> Track:
    """Encode pictures (see `TrackEncoder.add`) into a track."""
    encoder = TrackEncoder(shape)
    for picture in pictures:
        encoder.add(picture)
    return encoder.finish()


def decode_track(track: Track) -> Iterator[Picture]:
    """Yield the pictures of a track, planes of YUV 4:2:0, uint8 (height × 3/2, width)."""
    context = av.CodecContext.create(track.codec.decoder, "r")
    if not isinstance(context, av.VideoCodecContext):
        raise CameraCityError(f"There is no decoder for {track.codec} here; install PyAV again.")
    context.thread_count = 1
    for nals, key in zip(track.pictures, track.keys, strict=True):
        data = join_annex_b([*track.sets, *nals] if key else nals)
        for frame in context.decode(av.Packet(data)):
            yield np.asarray(frame.to_ndarray(), np.uint8)
    for frame in context.decode(None):
        yield np.asarray(frame.to_ndarray(), np.uint8)


def clear_band(picture: Picture, shape: Shape) -> Picture:
    """Darken the band of a picture in place and return it."""
    luma, blue, red = planes(picture, shape.height_px)
    luma[-shape.band_px :] = BAND_LUMA
    blue[-shape.band_px // 2 :] = _NEUTRAL
    red[-shape.band_px // 2 :] = _NEUTRAL
    return picture


def planes(picture: Picture, height_px: int) -> tuple[Picture, Picture, Picture]:
    """Return views of the luma and chroma planes of a picture of YUV 4:2:0."""
    width = picture.shape[1]
    half = (height_px // 2, width // 2)
    flat = picture[height_px:].reshape(2, *half)
    return picture[:height_px], flat[0], flat[1]


def flat_picture(shape: Shape, luma: int) -> Picture:
    """Return a grey picture with an empty band."""
    picture = np.full((shape.height_px * 3 // 2, shape.width_px), _NEUTRAL, np.uint8)
    picture[: shape.height_px] = luma
    return clear_band(picture, shape)


def standing_track(shape: Shape) -> Track:
    """Return a track of one GOP in which nothing changes after the first picture."""
    return encode_track(shape, (flat_picture(shape, 16) for _ in range(GOP_FRAMES)))


class BandEncoder:
    """Encodes bands with names, one after the other, with one encoder kept open."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._encoder = Encoder(shape)
        self._fed = self._keys = 0

    def encode(self, band: Picture) -> tuple[bytes, bytes]:
        """Return the band's slice for key pictures of parity 0 and 1.

        Args:
            band: Luma of the band, uint8 (band_px, width_px).
        """
        picture = flat_picture(self._shape, 16)
        picture[self._shape.height_px - self._shape.band_px : self._shape.height_px] = band
        found: dict[int, bytes] = {}
        wanted = 2 if self._shape.codec is Codec.H264 else 1
        first = self._fed
        while len(found) < wanted:
            self._fed += 1
            for nals in self._encoder.encode(picture, key=True):
                if self._keys >= first:  # libx265 lags a picture: the one before comes out first
                    found[self._keys % wanted] = nals[-1]
                self._keys += 1
        return found[0], found[wanted - 1]
