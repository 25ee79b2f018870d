"""Stills of a film (录像截图): its first, middle and last picture, with their times, for paper."""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

#: Of the longer side; more is not to be seen on paper.
LONGEST_PX = 1280
_QUALITY = 88
#: A still is looked for no further than so many pictures from where it was begun.
_MOST_FRAMES = 3_000
_TURNED = {90: Image.Transpose.ROTATE_90, -90: Image.Transpose.ROTATE_270,
           180: Image.Transpose.ROTATE_180, -180: Image.Transpose.ROTATE_180}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """One picture of a film.

    Attributes:
        at_s: Seconds from the film's first picture.
        jpeg: The picture, upright, at most `LONGEST_PX` wide and high.
    """

    at_s: float
    jpeg: bytes


def stills_of(film: bytes) -> tuple[Still, ...]:
    """Return first, middle and last picture of a film; fewer where it has fewer.

    Nothing where it cannot be decoded. Films of browsers say nowhere how long they are, so the
    times of their packets are read first; nothing is decoded for that.

    Args:
        film: The file's bytes, any container that libavformat reads.
    """
    found: dict[float, VideoFrame] = {}
    try:
        span = _span(film)
        if span is None:
            return ()
        first_s, last_s = span
        for wanted_s in (first_s, (first_s + last_s) / 2, last_s):
            frame = _frame_at(film, wanted_s)
            if frame is not None:
                found.setdefault(float(frame.time or 0.0) - first_s, frame)
        return tuple(Still(at_s=max(0.0, at_s), jpeg=_jpeg(frame)) for at_s, frame in found.items())
    except (FFmpegError, ValueError, OSError):
        return ()


def _span(film: bytes) -> tuple[float, float] | None:
    """Return when its first and last pictures are shown, seconds; ``None`` if it has none."""
    with av.open(io.BytesIO(film), "r") as container:
        stream = _video_of(container)
        if stream is None:
            return None
        times = [
            float(packet.pts * packet.time_base)
            for packet in container.demux(stream)
            if packet.pts is not None and packet.time_base is not None
        ]
    return (min(times), max(times)) if times else None


def _frame_at(film: bytes, wanted_s: float) -> VideoFrame | None:
    """Return the first picture not before a time, else the last there is."""
    with av.open(io.BytesIO(film), "r") as container:
        stream = _video_of(container)
        if stream is None or stream.time_base is None:
            return None
        try:
            container.seek(int(wanted_s / stream.time_base), stream=stream)
        except FFmpegError:
            container.seek(0)  # it has no table to be found by: from the beginning
        last: VideoFrame | None = None
        for count, frame in enumerate(container.decode(stream)):
            last = frame
            if float(frame.time or 0.0) >= wanted_s - 1e-6 or count >= _MOST_FRAMES:
                break
        return last


def _video_of(container: InputContainer) -> VideoStream | None:
    return next(iter(container.streams.video), None)


def _jpeg(frame: VideoFrame) -> bytes:
    picture = Image.fromarray(frame.to_ndarray(format="rgb24"))
    turn = _TURNED.get(frame.rotation)
    if turn is not None:
        picture = picture.transpose(turn)
    picture.thumbnail((LONGEST_PX, LONGEST_PX))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
