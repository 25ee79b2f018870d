"""A visit (探查): connect, take one picture, judge it, leave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import cv2
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.media.payload import AccessUnit
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
from console.video.judge import Judge
from console.video.rtsp import Patience, RtspStream, StreamAddress, playing, stream_address
from console.video.trouble import Trouble, VideoError

#: Frames that must all be alike before a picture is called frozen.
FROZEN_FRAMES = 10
#: Every so manieth of them is compared: one that moves is found out by the first.
_COMPARED_FRAMES = 3
_QUALITY = 80
T = TypeVar("T")
#: A key picture within so much of the first packet was sent for the asking.
_AT_ONCE_S = 0.02


def averaging_scaler() -> Scaler:
    """Return what scales a visit's pictures: what is judged must keep its grain."""
    return Scaler(averages=True)


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
        stays: Whether the stream is kept open while its picture is judged, so that one just like
            the last can be looked at longer; else it is left with the picture in hand.
        key_due_s: When the camera's next key picture is expected, on ``time.monotonic``; ``None``
            where that is unknown.
        judge: Decodes and judges beside the loop; in it where ``None``.
        scaler: Scales the pictures of all visits of one process.
    """

    width: int = 320
    height: int = 180
    patience: Patience = BRIEF
    whole_s: float = 12.0
    limits: Limits = LIMITS
    reads_clock: bool = False
    stays: bool = True
    key_due_s: float | None = None
    judge: Judge | None = field(default=None, compare=False, repr=False)
    scaler: Scaler = field(default_factory=averaging_scaler, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visit:
    """What one visit found: a picture, or why there is none.

    Attributes:
        at: When the picture came, or the attempt ended; aware UTC.
        jpeg: The thumbnail.
        pixels: The thumbnail's pixels, shape (height, width, 4), blue first, to compare with.
        opening_s: From connecting to the stream playing.
        first_frame_s: From connecting to the first frame.
        key_s: When the key picture was sent, on ``time.monotonic``, where others came before it.
        waited_s: How long others came before it.
        silence_s: Longest time from one packet of the stream to the next.
        alike: Whether the picture is so like the last visit's that it may be frozen.
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
    key_s: float | None = None
    waited_s: float = 0.0
    silence_s: float | None = None
    metrics: Metrics | None = None
    findings: tuple[Finding, ...] = ()
    alike: bool = False
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
        before: Thumbnail of the last visit: one just like it may be frozen; where the visit stays,
            it is looked at longer.
        known: What is known of the point from visits before.
        opened: Told how long the handshake took, when it is done and pictures are waited for.
    """
    began_s = time.monotonic()
    try:
        address = stream_address(camera, main=False)
        try:
            for stays in (settings.stays and before is not None, True):
                async with asyncio.timeout(settings.whole_s) as limit:
                    seen = await _lean(
                        camera, address, settings, before, known, opened, stays=stays, limit=limit
                    )
                if seen is not None:
                    return seen
            raise VideoError(Trouble.NO_PICTURE, address.url, "no key unit decodes")
        except TimeoutError as error:
            raise VideoError(Trouble.NO_PICTURE, address.url, "whole visit") from error
        except VideoError as error:
            if not error.retry_otherwise:
                raise
            frame = await asyncio.to_thread(_one_frame, address, settings.patience)
        took_s = time.monotonic() - began_s
        return await _beside(settings, partial(_seen, camera, frame, settings, took_s, None, known))
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
    *,
    stays: bool,
    limit: asyncio.Timeout,
) -> Visit | None:
    """Visit with the lean client.

    With ``stays`` the stream is kept open while its picture is judged, for what may come after it;
    else it is left as soon as a key unit is there. ``None`` where nothing could be made of that.
    """
    began_s = time.monotonic()
    async with playing(address, settings.patience) as stream:
        opening_s = time.monotonic() - began_s
        if opened is not None:
            opened(opening_s)
        decoder = Decoder(stream.codec, stream.headers, address.url)
        due_s = settings.key_due_s
        while True:
            stream.skip_to_key(due_s)
            unit, due_s = await _next_key(stream), None
            came, at = stream.waited_s(unit), datetime.now(UTC)
            key_s, waited_s = came if came and came[1] > _AT_ONCE_S else (None, 0.0)
            timed = partial(
                replace, at=at, opening_s=opening_s, key_s=key_s, waited_s=waited_s,
                silence_s=stream.silence_s,
            )  # fmt: skip
            took_s = time.monotonic() - began_s
            if not stays:
                stream.leave()
                limit.reschedule(None)  # from here on the camera has no part in how long it takes
            frame = await _beside(settings, partial(_decoded, decoder, unit))
            if frame is not None:
                break
            if not stays:
                return None
        look = partial(_seen, camera, frame, settings, took_s)
        seen = await _beside(settings, lambda: look(None, known))
        alike = _is_like(before, seen, settings)
        if not (alike and stays):
            return timed(seen, alike=alike)
        moved = await _later(stream, decoder, settings, before, seen)
        seen = await _beside(settings, lambda: look(moved, known))
        return timed(seen, alike=True)


async def _beside(settings: VisitSettings, work: Callable[[], T]) -> T:
    """Do what takes a processor where the visits' loop is not kept waiting by it."""
    return work() if settings.judge is None else await settings.judge.do(work)


def _is_like(before: NDArray[np.uint8] | None, seen: Visit, settings: VisitSettings) -> bool:
    """Whether a picture is so like the last visit's that it may be frozen."""
    return _difference(before, seen.pixels) < settings.limits.frozen_difference


def _difference(one: NDArray[np.uint8] | None, other: NDArray[np.uint8] | None) -> float:
    """Return how far two pictures differ; of other sizes, or not there, they differ wholly."""
    if one is None or other is None or one.shape != other.shape:
        return 255.0
    return difference(one, other)


async def _later(
    stream: RtspStream,
    decoder: Decoder,
    settings: VisitSettings,
    before: NDArray[np.uint8] | None,
    seen: Visit,
) -> tuple[float, float]:
    """Return how far pictures of a point differ, and the share of the pixels that do.

    The first is of the pair that differs most: of the last visit's picture, this one's, and what
    comes within the next ``FROZEN_FRAMES``, as soon as that differs. The second is of the two
    visits' key pictures, which are encoded alike.
    """
    now = seen.pixels
    if before is None or now is None:
        return 255.0, 1.0
    size, apart, count = (now.shape[1], now.shape[0]), difference(before, now), 0
    while True:
        for unit in await stream.next_units():
            decoded = await _beside(settings, partial(decoder.decode, unit))
            if decoded is None:
                continue
            count += 1
            if count % _COMPARED_FRAMES and count < FROZEN_FRAMES:
                continue
            scale = partial(to_bgra, decoded.frame, *size, settings.scaler)
            apart = max(apart, difference(now, await _beside(settings, scale)))
            if apart >= settings.limits.frozen_difference or count >= FROZEN_FRAMES:
                return apart, changed_share(before, now)


async def _next_key(stream: RtspStream) -> AccessUnit:
    """Return the next key unit; while others come instead, the stream is looked at rarely."""
    while True:
        for unit in await stream.next_units():
            if unit.key:
                return unit


def _decoded(decoder: Decoder, unit: AccessUnit) -> VideoFrame | None:
    decoded = decoder.decode(unit)
    return decoded.frame if decoded is not None else decoder.flush()


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
    pixels = thumbnail(frame, settings)
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


def thumbnail(frame: VideoFrame, settings: VisitSettings) -> NDArray[np.uint8]:
    """Return a picture as visits judge and keep it, shape (height, width, 4), blue first."""
    width, height = fitted(frame.width, frame.height, settings.width, settings.height)
    return to_bgra(frame, width, height, settings.scaler)


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """Return a thumbnail as JPEG."""
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR), (cv2.IMWRITE_JPEG_QUALITY, _QUALITY)
    )
    if not done:
        raise ValueError("no JPEG could be made of it")
    return data.tobytes()
