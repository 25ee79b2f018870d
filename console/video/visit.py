"""A visit (探查): connect, take one picture, judge it, leave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import cv2
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.video.clock import read_clock
from console.video.decode import Decoder, Scaler, fitted, luma_of, to_bgra
from console.video.diagnosis import (
    LIMITS,
    Finding,
    Known,
    Limits,
    Metrics,
    changed_share,
    diagnose,
    difference,
    measure,
)
from console.video.fallback import read_with_libavformat
from console.video.rtsp import Patience, RtspStream, StreamAddress, playing, stream_address
from console.video.trouble import Trouble, VideoError

#: Frames that must all be alike before a picture is called frozen.
FROZEN_FRAMES = 10
_QUALITY = 80


#: How long a visited camera may take.
BRIEF = Patience(connect_s=4.0, answer_s=5.0, silence_s=5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitSettings:
    """How a visit is made.

    Attributes:
        width: Of the thumbnail's box, pixels.
        height: Of the thumbnail's box, pixels.
        whole_s: Longest time for everything together.
        limits: Where a figure of the picture becomes a finding.
        reads_clock: Whether the clock in the picture is read, if there is one; it takes as long as
            everything else of a look.
        scaler: Scales the pictures of all visits of one process.
    """

    width: int = 320
    height: int = 180
    patience: Patience = BRIEF
    whole_s: float = 12.0
    limits: Limits = LIMITS
    reads_clock: bool = False
    scaler: Scaler = field(default_factory=Scaler, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visit:
    """What one visit found: a picture, or why there is none.

    Attributes:
        at: When the picture came, or the attempt ended; aware UTC.
        jpeg: The thumbnail.
        pixels: The thumbnail's pixels, shape (height, width, 4), blue first, to compare with.
        opening_s: From connecting to the stream playing.
        first_frame_s: From connecting to the first frame.
        clock: The time in the picture as it is written there, ``None`` where none was read.
        trouble: Why there is no picture.
        sentence: The same in words.
    """

    camera: CameraId
    at: datetime
    jpeg: bytes | None = None
    pixels: NDArray[np.uint8] | None = None
    opening_s: float | None = None
    first_frame_s: float | None = None
    metrics: Metrics | None = None
    findings: tuple[Finding, ...] = ()
    clock: datetime | None = None
    trouble: Trouble | None = None
    sentence: str | None = None


async def visit(
    camera: Camera,
    settings: VisitSettings,
    before: NDArray[np.uint8] | None = None,
    known: Known | None = None,
    opened: Callable[[float], None] | None = None,
) -> Visit:
    """Visit a camera's sub stream; every failure is in the value, none is raised.

    Args:
        camera: The point.
        settings: How long and how large.
        before: Thumbnail of the last visit: one just like it is looked at longer, for it may be
            frozen.
        known: What is known of the point from visits before.
        opened: Told how long the handshake took, when it is done and pictures are waited for.
    """
    began_s = time.monotonic()
    try:
        address = stream_address(camera, main=False)
        try:
            async with asyncio.timeout(settings.whole_s):
                return await _lean(camera, address, settings, before, known, opened)
        except TimeoutError as error:
            raise VideoError(Trouble.NO_PICTURE, address.url, "whole visit") from error
        except VideoError as error:
            if not error.retry_otherwise:
                raise
            frame = await asyncio.to_thread(_one_frame, address, settings.patience)
        return _seen(camera, frame, settings, time.monotonic() - began_s, None, known)
    except VideoError as error:
        return _failed(camera, error)
    except (FFmpegError, cv2.error, ValueError) as error:
        # Frames whose size or colours nothing can be done with.
        return _failed(camera, VideoError(Trouble.GARBAGE, camera.id, str(error)))


def _failed(camera: Camera, error: VideoError) -> Visit:
    return Visit(camera=camera.id, at=datetime.now(UTC), trouble=error.trouble, sentence=str(error))


async def _lean(
    camera: Camera,
    address: StreamAddress,
    settings: VisitSettings,
    before: NDArray[np.uint8] | None,
    known: Known | None,
    opened: Callable[[float], None] | None,
) -> Visit:
    began_s = time.monotonic()
    async with playing(address, settings.patience) as stream:
        opening_s = time.monotonic() - began_s
        if opened is not None:
            opened(opening_s)
        decoder = Decoder(stream.codec, stream.headers, address.url)
        frame = await _first_frame(stream, decoder)
        took_s = time.monotonic() - began_s
        seen = replace(_seen(camera, frame, settings, took_s, None, known), opening_s=opening_s)
        like = before is not None and seen.pixels is not None and before.shape == seen.pixels.shape
        if not like or _difference(before, seen.pixels) >= settings.limits.frozen_difference:
            return seen
        later = await _later_frame(stream, decoder)
        size = fitted(later.width, later.height, settings.width, settings.height)
        moved = _moved(before, seen.pixels, to_bgra(later, *size, settings.scaler))
        return replace(_seen(camera, frame, settings, took_s, moved, known), opening_s=opening_s)


def _difference(one: NDArray[np.uint8] | None, other: NDArray[np.uint8] | None) -> float:
    """Return how far two pictures differ; pictures that are not there differ wholly."""
    return 255.0 if one is None or other is None else difference(one, other)


def _moved(
    before: NDArray[np.uint8] | None, now: NDArray[np.uint8] | None, later: NDArray[np.uint8]
) -> tuple[float, float]:
    """Return how far pictures of a point differ, and the share of the pixels that do.

    The first is of the pair that differs most, of three pictures: one of the last visit and two of
    this one. The second is of the two visits' key pictures, which are encoded alike.
    """
    if before is None or now is None or now.shape != later.shape:
        return 255.0, 1.0
    apart = max(difference(before, now), difference(now, later))
    return apart, changed_share(before, now)


async def _first_frame(stream: RtspStream, decoder: Decoder) -> VideoFrame:
    """Return the first key picture; while others come instead, the stream is looked at rarely."""
    stream.skip_to_key()
    while True:
        for unit in await stream.next_units():
            if not unit.key:
                continue
            decoded = decoder.decode(unit)
            frame = decoded.frame if decoded is not None else decoder.flush()
            if frame is not None:
                return frame


async def _later_frame(stream: RtspStream, decoder: Decoder) -> VideoFrame:
    """Return the frame ``FROZEN_FRAMES`` on."""
    count = 0
    while True:
        for unit in await stream.next_units():
            decoded = decoder.decode(unit)
            count += decoded is not None
            if decoded is not None and count >= FROZEN_FRAMES:
                return decoded.frame


def _one_frame(address: StreamAddress, patience: Patience) -> VideoFrame:
    frames = read_with_libavformat(address, patience, lambda: False)
    with closing(frames):
        decoded = next(frames, None)
    if decoded is not None:
        return decoded.frame
    raise VideoError(Trouble.NO_PICTURE, address.url, "libavformat gave none")


def plain_visit(camera: Camera, address: StreamAddress, settings: VisitSettings) -> Visit:
    """Visit with libavformat alone, blocking; the yardstick of the lean visit.

    Raises:
        VideoError: There is no picture.
    """
    began_s = time.monotonic()
    frame = _one_frame(address, settings.patience)
    return _seen(camera, frame, settings, time.monotonic() - began_s, None)


def _seen(
    camera: Camera,
    frame: VideoFrame,
    settings: VisitSettings,
    first_frame_s: float,
    moved: tuple[float, float] | None,
    known: Known | None = None,
) -> Visit:
    width, height = fitted(frame.width, frame.height, settings.width, settings.height)
    pixels = to_bgra(frame, width, height, settings.scaler)
    metrics = measure(pixels)
    return Visit(
        camera=camera.id,
        at=datetime.now(UTC),
        jpeg=_jpeg(pixels),
        pixels=pixels,
        first_frame_s=first_frame_s,
        metrics=metrics,
        clock=read_clock(luma_of(frame)) if settings.reads_clock else None,
        findings=diagnose(
            metrics,
            since_before=None if moved is None else moved[0],
            changed=None if moved is None else moved[1],
            known=known,
            limits=settings.limits,
        ),
    )


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """Return a thumbnail as JPEG."""
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR), (cv2.IMWRITE_JPEG_QUALITY, _QUALITY)
    )
    if not done:
        raise ValueError("no JPEG could be made of it")
    return data.tobytes()
