"""A visit (探查): connect, take one picture, judge it, leave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
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
    diagnose,
    measure,
)
from console.video.fallback import read_with_libavformat
from console.video.judge import Judge
from console.video.moving import is_like, movement, units_after
from console.video.pulse import Pulse
from console.video.rtsp import Patience, RtspStream, StreamAddress, playing, stream_address
from console.video.trouble import Trouble, VideoError

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
        whole_s: Longest time that the camera may take for everything together; those of "smart"
            codecs send a key picture every 12 s only.
        limits: Where a figure of the picture becomes a finding.
        reads_clock: Whether the clock in the picture is read, if there is one; it takes as long as
            everything else of a look.
        stays: Whether the stream is kept open while its picture is judged, so that one just like
            the last can be looked at longer; else it is left with the picture in hand, and visited
            once more should that be just like the last.
        key_due_s: When the camera's next key picture is expected, on ``time.monotonic``; ``None``
            where that is unknown.
        judge: Decodes and judges beside the loop; in it where ``None``.
        scaler: Scales the pictures of all visits of one process.
        pulse: What all visits of one loop hear of their cameras; each is alone where ``None``.
    """

    width: int = 320
    height: int = 180
    patience: Patience = BRIEF
    whole_s: float = 20.0
    limits: Limits = LIMITS
    reads_clock: bool = False
    stays: bool = True
    key_due_s: float | None = None
    judge: Judge | None = field(default=None, compare=False, repr=False)
    scaler: Scaler = field(default_factory=averaging_scaler, compare=False, repr=False)
    pulse: Pulse | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visit:
    """What one visit found: a picture, or why there is none.

    Attributes:
        at: When the picture came, or the attempt ended; aware UTC.
        jpeg: The thumbnail.
        pixels: The thumbnail's pixels, shape (height, width, 4), blue first, to compare with.
        opening_s: From connecting to the stream playing.
        answer_s: The same without the time in which nobody was heard (`pulse`).
        first_frame_s: From connecting to the first frame.
        key_s: When the key picture was sent, on ``time.monotonic``, where others came before it.
        waited_s: How long others came before it.
        silence_s: Longest time from one packet of the stream to the next, counted likewise.
        alike: Whether the picture is so like the last visit's that it may be frozen.
        clock: The time in the picture as it is written there, ``None`` where none was read.
        trouble: Why there is no picture.
        sentence: The same in words.
        ran_out: Whether it is patience that ended.
        answered: Whether the host had answered anything, though there is no picture.
    """

    camera: CameraId
    at: datetime
    jpeg: bytes | None = None
    pixels: NDArray[np.uint8] | None = None
    opening_s: float | None = None
    answer_s: float | None = None
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
    ran_out: bool = False
    answered: bool = False


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
        before: Thumbnail of the last visit: one just like it may be frozen and is looked at longer.
        known: What is known of the point from visits before.
        opened: Told how long the handshake took, when it is done and pictures are waited for.
    """
    began_s = time.monotonic()
    try:
        address = stream_address(camera, main=False)
        try:
            return await _once_or_twice(camera, address, settings, before, known, opened)
        except TimeoutError as error:
            raise VideoError(
                Trouble.NO_PICTURE, address.url, "whole visit", ran_out=True
            ) from error
        except VideoError as error:
            if not error.retry_otherwise:
                raise
            frame = await asyncio.to_thread(_one_frame, address, settings.patience)
        took_s = time.monotonic() - began_s
        return await _beside(settings, partial(_seen, camera, settings, took_s, known, frame))
    except VideoError as error:
        return _failed(camera, error)
    except (FFmpegError, cv2.error, ValueError) as error:
        # Frames whose size or colours nothing can be done with.
        return _failed(camera, VideoError(Trouble.GARBAGE, camera.id, str(error)))


async def _once_or_twice(
    camera: Camera,
    address: StreamAddress,
    settings: VisitSettings,
    before: NDArray[np.uint8] | None,
    known: Known | None,
    opened: Callable[[float], None] | None,
) -> Visit:
    """Visit, and stay at a second visit where the first left too soon to say what is wrong."""
    left: Visit | None = None
    for stays in (settings.stays and before is not None, True):
        try:
            async with asyncio.timeout(settings.whole_s) as limit:
                seen = await _lean(
                    camera, address, settings, before, known, opened, stays=stays, limit=limit
                )
        except (TimeoutError, VideoError):
            if left is None:
                raise
            return left  # a camera for one viewer at a time: whether it moves is seen another time
        if seen is not None and (stays or not seen.alike):
            return seen
        left = seen or left
    if left is None:
        raise VideoError(Trouble.NO_PICTURE, address.url, "no key unit decodes")
    return left


def _failed(camera: Camera, error: VideoError) -> Visit:
    return Visit(
        camera=camera.id,
        at=datetime.now(UTC),
        trouble=error.trouble,
        sentence=str(error),
        ran_out=error.ran_out,
        answered=error.answered,
    )


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
    began_s, pulse = time.monotonic(), settings.pulse or Pulse()
    counted_s = pulse.now_s()
    async with playing(address, settings.patience, pulse) as stream:
        opening_s, answer_s = time.monotonic() - began_s, pulse.now_s() - counted_s
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
                replace, at=at, opening_s=opening_s, answer_s=answer_s, key_s=key_s,
                waited_s=waited_s, silence_s=stream.silence_s,
            )  # fmt: skip
            took_s = time.monotonic() - began_s
            # While it is judged the camera has no part in how long that takes.
            left_s = (limit.when() or 0.0) - asyncio.get_running_loop().time()
            limit.reschedule(None)
            if not stays:
                stream.leave()
            look = partial(_seen, camera, settings, took_s, known)
            seen = await _beside(
                settings, partial(_judged, decoder, unit, before, settings.limits, look)
            )
            if seen is not None:
                break
            if not stays:
                return None
            limit.reschedule(asyncio.get_running_loop().time() + left_s)
        if not (seen.alike and stays):
            return timed(seen)
        limit.reschedule(asyncio.get_running_loop().time() + left_s)
        units = await units_after(stream)
        limit.reschedule(None)
        decoder = Decoder(stream.codec, stream.headers, address.url)
        again = partial(_judged_again, seen, decoder, [unit, *units], before, known, settings)
        return timed(await _beside(settings, again))


async def _beside(settings: VisitSettings, work: Callable[[], T]) -> T:
    """Do what takes a processor where the visits' loop is not kept waiting by it."""
    return work() if settings.judge is None else await settings.judge.do(work)


def _judged(
    decoder: Decoder,
    unit: AccessUnit,
    before: NDArray[np.uint8] | None,
    limits: Limits,
    look: Callable[[VideoFrame], Visit],
) -> Visit | None:
    """Decode a key unit and judge its picture, ``None`` where there is none in it."""
    decoded = decoder.decode(unit)
    frame = decoded.frame if decoded is not None else decoder.flush()
    if frame is None:
        return None
    seen = look(frame)
    return replace(seen, alike=is_like(before, seen.pixels, limits))


def _judged_again(
    seen: Visit,
    decoder: Decoder,
    units: Sequence[AccessUnit],
    before: NDArray[np.uint8] | None,
    known: Known | None,
    settings: VisitSettings,
) -> Visit:
    """Judge a picture that is like the last visit's by what came after it as well."""
    if before is None or seen.pixels is None or seen.metrics is None:
        return seen
    moved = movement(decoder, units, before, seen.pixels, settings.scaler, settings.limits)
    found = diagnose(
        seen.metrics,
        since_before=None if moved is None else moved[0],
        changed=None if moved is None else moved[1],
        known=known,
        limits=settings.limits,
    )
    return replace(seen, findings=found)


async def _next_key(stream: RtspStream) -> AccessUnit:
    """Return the next key unit; while others come instead, the stream is looked at rarely."""
    while True:
        for unit in await stream.next_units():
            if unit.key:
                return unit


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
    return _seen(camera, settings, time.monotonic() - began_s, None, frame)


def _seen(
    camera: Camera,
    settings: VisitSettings,
    first_frame_s: float,
    known: Known | None,
    frame: VideoFrame,
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
        findings=diagnose(metrics, known=known, limits=settings.limits),
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
