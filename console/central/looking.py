"""Looking through a camera point for somebody on the street: one picture, with its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from console.domain.errors import ZhihuiError
from console.domain.places import Camera

#: Whoever asks again within this time gets the same picture.
SHARED_S = 2.0
#: Points looked through at once; the machine's other work goes on.
AT_ONCE = 4
_KEPT = 64


class NoPictureError(ZhihuiError):
    """A point gave no picture; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture of one point.

    Attributes:
        taken_at: When it came from the camera, aware UTC.
    """

    jpeg: bytes
    taken_at: datetime


#: Opens a point, its credentials in clear, and returns a picture; raises `NoPictureError`.
Look = Callable[[Camera], Awaitable[Picture]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """A film that goes on while it is looked at.

    Attributes:
        media_type: With the codec, as a browser wants it (RFC 6381).
        parts: Pieces of a fragmented MP4 file (ISO/IEC 14496-12), the first its head.
    """

    media_type: str
    parts: AsyncIterator[bytes]


#: Opens a point, its credentials in clear; raises `NoPictureError`.
Watch = Callable[[Camera], AbstractAsyncContextManager[Film]]


class CameraWindow:
    """Looks through points for many, each point once at a time; belongs to the event loop."""

    def __init__(self, look: Look | None) -> None:
        self._look = look
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._looking: dict[str, asyncio.Task[Picture]] = {}
        self._seen: dict[str, tuple[float, Picture]] = {}

    async def picture(self, camera: Camera) -> Picture:
        """Return a picture of a point, new or at most `SHARED_S` old.

        Raises:
            NoPictureError: There is none.
        """
        at_s, seen = self._seen.get(camera.id, (0.0, None))
        if seen is not None and time.monotonic() - at_s < SHARED_S:
            return seen
        task = self._looking.get(camera.id)
        if task is None:
            task = self._looking[camera.id] = asyncio.create_task(self._looked(camera))
            task.add_done_callback(lambda _: self._looking.pop(camera.id, None))
        return await asyncio.shield(task)

    async def _looked(self, camera: Camera) -> Picture:
        if self._look is None:
            raise NoPictureError("Central cannot look through cameras on this machine.")
        async with self._at_once:
            picture = await self._look(camera)
        self._seen.pop(camera.id, None)
        self._seen[camera.id] = time.monotonic(), picture
        while len(self._seen) > _KEPT:
            self._seen.pop(next(iter(self._seen)))
        return picture
