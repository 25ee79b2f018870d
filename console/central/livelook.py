"""Live pictures of a camera point for officers: a few viewers at once, each for a while."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from console.central.accounts import Session
from console.central.looking import Film, NoPictureError, Watch
from console.domain.places import Camera

_log = logging.getLogger("zhihui.central")
#: Viewers at once, with those whose camera still opens; the machine's other work goes on.
MOST_VIEWERS = 8
#: A film ends by itself after so long; who still looks asks again.
LASTS_S = 120.0
#: A point whose first whole picture takes longer shows single pictures.
OPENS_WITHIN_S = 15.0
#: A viewer that takes nothing for so long is gone.
STALLED_S = 10.0


class _Place:
    """A viewer's place: taken while the camera opens, free again when it is let go of.

    Attributes:
        end: Set to have it end, opening or not.
        free: Set when the camera was let go of.
    """

    def __init__(self) -> None:
        self.end, self.free = asyncio.Event(), asyncio.Event()
        self.opened = AsyncExitStack()


async def _forever() -> None:
    """Wait for a viewer of whom nobody hears that they are gone."""
    await asyncio.Event().wait()


class LiveWindow:
    """Who looks through which point live; belongs to the event loop."""

    def __init__(self, watch: Watch | None, is_valid: Callable[[Session], bool]) -> None:
        """Args are set once; ``is_valid`` says whether a session still holds."""
        self._watch = watch
        self._is_valid = is_valid
        self._places: dict[str, _Place] = {}

    @property
    def count(self) -> int:
        """How many look, or wait for a camera to open."""
        return len(self._places)

    async def film(
        self, camera: Camera, session: Session, gone: Callable[[], Awaitable[None]] = _forever
    ) -> FilmResponse:
        """Open a point for somebody; what the same session looks at or opens ends before.

        Args:
            camera: The point, its credentials in clear.
            session: Whose; it has one place at most.
            gone: Returns when who asked hears no more of it.

        Raises:
            NoPictureError: There is none to be had.
        """
        if self._watch is None:
            raise NoPictureError("Central cannot look through cameras on this machine.")
        place = await self._taken(session)
        try:
            film = await self._opened(place, self._watch(camera), camera.name, gone)
        except BaseException:
            await self._let_go(session, place)
            raise
        return FilmResponse(
            self._passed(film, session, place.end),
            media_type=film.media_type,
            end=place.end,
            close=lambda: self._let_go(session, place),
        )

    def close(self) -> None:
        """End every film, as when closing."""
        for place in self._places.values():
            place.end.set()

    async def _taken(self, session: Session) -> _Place:
        """Take a place, once the session's own is free."""
        while (before := self._places.get(session.id)) is not None:
            before.end.set()
            await before.free.wait()
        if len(self._places) >= MOST_VIEWERS:
            raise NoPictureError(
                f"{MOST_VIEWERS} officers look through cameras live already; a picture every few "
                "seconds is shown instead."
            )
        place = self._places[session.id] = _Place()
        return place

    async def _let_go(self, session: Session, place: _Place) -> None:
        place.end.set()
        try:
            await place.opened.aclose()
        finally:
            if self._places.get(session.id) is place:
                del self._places[session.id]
            place.free.set()

    async def _opened(
        self,
        place: _Place,
        watching: AbstractAsyncContextManager[Film],
        name: str,
        gone: Callable[[], Awaitable[None]],
    ) -> Film:
        """Wait for the first picture, as long as somebody does; the camera never outlasts it."""
        opening = asyncio.ensure_future(place.opened.enter_async_context(watching))
        ended = asyncio.ensure_future(place.end.wait())
        left = asyncio.ensure_future(gone())
        every = {opening, ended, left}
        try:
            await asyncio.wait(every, timeout=OPENS_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
            if opening.done():
                return opening.result()
            if ended.done() or left.done():
                raise NoPictureError("The camera point was put away while it opened.")
            raise NoPictureError(f"The point {name} sends no key picture.")
        finally:
            for one in every:
                one.cancel()
            await asyncio.gather(*every, return_exceptions=True)

    async def _passed(
        self, film: Film, session: Session, end: asyncio.Event
    ) -> AsyncGenerator[bytes]:
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
        self,
        parts: AsyncGenerator[bytes],
        *,
        media_type: str,
        end: asyncio.Event,
        close: Callable[[], Awaitable[None]],
    ) -> None:
        """Args: ``end`` is set to have it end, ``close`` lets go of the camera."""
        super().__init__(parts, media_type=media_type, headers={"Cache-Control": "no-store"})
        self._parts, self._end, self._close = parts, end, close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the film; a viewer that takes nothing for `STALLED_S` is cut off."""

        async def taken(message: Message) -> None:
            await _within(send(message), self._end)

        try:
            await super().__call__(scope, receive, taken)
        except TimeoutError:
            _log.info("a film was cut off: its viewer takes nothing any more")
        finally:
            try:
                await self._parts.aclose()
            finally:
                await self._close()


async def _within(sent: Awaitable[None], end: asyncio.Event) -> None:
    """Wait until a viewer has taken something.

    Raises:
        TimeoutError: It took nothing for too long, or the film ended before it did.
    """
    sending = asyncio.ensure_future(sent)
    ended = None if end.is_set() else asyncio.ensure_future(end.wait())
    waiting: set[asyncio.Future[Any]] = {sending} if ended is None else {sending, ended}
    try:
        await asyncio.wait(waiting, timeout=STALLED_S, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            raise TimeoutError
        sending.result()
    finally:
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


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
