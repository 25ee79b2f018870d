"""Live pictures of a camera point for officers: a few viewers at once, each for a while."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from console.central.accounts import Session
from console.central.looking import Film, NoPictureError, Watch
from console.domain.places import Camera

_log = logging.getLogger("zhihui.central")
#: Viewers at once; the machine's other work and the city's lines go on.
MOST_VIEWERS = 8
#: A film ends by itself after so long; who still looks asks again.
LASTS_S = 120.0
#: A point whose first whole picture takes longer shows single pictures.
OPENS_WITHIN_S = 15.0
#: A viewer that takes nothing for so long is gone.
STALLED_S = 10.0


class LiveWindow:
    """Who looks through which point live; belongs to the event loop."""

    def __init__(self, watch: Watch | None, is_valid: Callable[[Session], bool]) -> None:
        """Args are set once; ``is_valid`` says whether a session still holds."""
        self._watch = watch
        self._is_valid = is_valid
        self._ends: dict[str, asyncio.Event] = {}

    @property
    def count(self) -> int:
        """How many look."""
        return len(self._ends)

    async def film(self, camera: Camera, session: Session) -> FilmResponse:
        """Open a point for somebody; a film of the same session ends.

        Raises:
            NoPictureError: There is none to be had.
        """
        if self._watch is None:
            raise NoPictureError("Central cannot look through cameras on this machine.")
        before = self._ends.pop(session.id, None)
        if before is not None:
            before.set()
        if len(self._ends) >= MOST_VIEWERS:
            raise NoPictureError(
                f"{MOST_VIEWERS} officers look through cameras live already; a picture every few "
                "seconds is shown instead."
            )
        end = self._ends[session.id] = asyncio.Event()
        opened = AsyncExitStack()
        try:
            async with asyncio.timeout(OPENS_WITHIN_S):
                film = await opened.enter_async_context(self._watch(camera))
        except TimeoutError as error:
            del self._ends[session.id]
            raise NoPictureError(f"The point {camera.name} sends no key picture.") from error
        except BaseException:
            del self._ends[session.id]
            await opened.aclose()
            raise

        async def close() -> None:
            if self._ends.get(session.id) is end:
                del self._ends[session.id]
            end.set()
            await opened.aclose()

        parts = self._passed(film, session, end)
        return FilmResponse(parts, media_type=film.media_type, close=close)

    def close(self) -> None:
        """End every film, as when closing."""
        for end in self._ends.values():
            end.set()

    async def _passed(
        self, film: Film, session: Session, end: asyncio.Event
    ) -> AsyncIterator[bytes]:
        until = time.monotonic() + LASTS_S
        ended = asyncio.create_task(end.wait())
        try:
            while not end.is_set() and time.monotonic() < until and self._is_valid(session):
                part = await _first_of(film.parts, ended)
                if part is None:
                    return
                yield part
        finally:
            ended.cancel()


class FilmResponse(StreamingResponse):
    """A film as it comes; whatever becomes of its viewer, the camera is let go of."""

    def __init__(
        self, parts: AsyncIterator[bytes], *, media_type: str, close: Callable[[], Awaitable[None]]
    ) -> None:
        """Args: ``close`` lets go of the camera."""
        super().__init__(parts, media_type=media_type, headers={"Cache-Control": "no-store"})
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the film; a viewer that takes nothing any more is cut off."""
        try:
            async with asyncio.timeout(LASTS_S + STALLED_S):
                await super().__call__(scope, receive, send)
        except TimeoutError:
            _log.info("a film was cut off: its viewer takes nothing any more")
        finally:
            await self._close()


async def _first_of(parts: AsyncIterator[bytes], ended: asyncio.Task[bool]) -> bytes | None:
    """Return the next part, ``None`` if the film was ended or is over."""
    coming = asyncio.ensure_future(anext(parts, None))
    try:
        await asyncio.wait({coming, ended}, return_when=asyncio.FIRST_COMPLETED)
        return await coming if coming.done() else None
    finally:
        if not coming.done():
            coming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await coming
