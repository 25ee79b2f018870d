"""Places of those who look through cameras live: few, one each, free again whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from console.central import livelook
from console.central.accounts import Person, Session
from console.central.livelook import MOST_VIEWERS, FilmResponse, LiveWindow
from console.central.looking import Film, NoPictureError
from console.domain.ids import DeviceId, PersonId
from console.domain.levels import Role
from console.domain.places import Camera

CAMERA = Camera(id="c", name="东单", main_url="rtsp://c/1")


def a_session(number: int) -> Session:
    person = Person(id=PersonId(f"u{number}"), name="", role=Role.OFFICER)
    ends = datetime(2099, 1, 1, tzinfo=UTC)
    return Session(id=str(number), person=person, device=DeviceId("d"), expires_at=ends)


class Camcorder:
    """A point that shows the same piece for ever, and counts who looks."""

    def __init__(self, *, slow: bool = False, fails: bool = False) -> None:
        self.open = self.most = self.asked = 0
        self.fails = fails
        self.ready = asyncio.Event()
        if not slow:
            self.ready.set()

    @asynccontextmanager
    async def watch(self, _: Camera) -> AsyncIterator[Film]:
        async def parts() -> AsyncIterator[bytes]:
            while True:
                yield b"piece"
                await asyncio.sleep(0.001)

        self.asked += 1
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            await self.ready.wait()
            if self.fails:
                raise NoPictureError("It broke.")
            yield Film(media_type="video/mp4", parts=parts())
        finally:
            await asyncio.sleep(0)  # letting go takes a turn
            self.open -= 1


async def _nobody(_: object) -> None:
    """Take what is sent."""


async def _never() -> dict[str, str]:
    await asyncio.sleep(3600)
    return {"type": "http.disconnect"}


SCOPE = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.3"}}


async def turns(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)


def test_that_viewers_are_few_one_film_each_and_every_film_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> None:
        camera = Camcorder()
        window = LiveWindow(camera.watch, lambda session: session.id != "gone")
        films = [await window.film(CAMERA, a_session(n)) for n in range(MOST_VIEWERS)]
        with pytest.raises(NoPictureError, match="live already"):
            await window.film(CAMERA, a_session(99))
        sending = [asyncio.create_task(one(SCOPE, _never, _nobody)) for one in films]
        new = await window.film(CAMERA, a_session(0))
        await sending[0]
        assert (window.count, camera.open) == (MOST_VIEWERS, MOST_VIEWERS), "in the own one's place"
        sending.append(asyncio.create_task(new(SCOPE, _never, _nobody)))
        window.close()
        await asyncio.gather(*sending)
        assert (window.count, camera.open) == (0, 0)
        monkeypatch.setattr(livelook, "LASTS_S", 0.05)
        last = await window.film(CAMERA, a_session(1))
        await last(SCOPE, _never, _nobody)
        assert (window.count, camera.open) == (0, 0)

    asyncio.run(run())


@pytest.mark.parametrize("fails", [False, True])
def test_that_one_session_opens_one_camera_at_a_time_and_the_last_one_stays(fails: bool) -> None:
    async def run() -> None:
        camera = Camcorder(slow=True, fails=fails)
        window = LiveWindow(camera.watch, lambda _: True)
        asked = [asyncio.create_task(window.film(CAMERA, a_session(1))) for _ in range(50)]
        await turns(lambda: camera.asked == 50 and camera.open == 1)
        assert (camera.most, camera.open, window.count) == (1, 1, 1)
        given_up = [one.exception() for one in asked if one.done()]
        assert {type(one) for one in given_up} == {NoPictureError}, given_up
        camera.ready.set()
        (left,) = [one for one in await asyncio.gather(*asked, return_exceptions=True)
                   if one not in given_up]  # fmt: skip
        if fails:
            assert (str(left), window.count, camera.open) == ("It broke.", 0, 0)
            return
        assert isinstance(left, FilmResponse)
        sending = asyncio.create_task(left(SCOPE, _never, _nobody))
        window.close()
        await sending
        assert (window.count, camera.open) == (0, 0)

    asyncio.run(run())


def test_that_cameras_that_still_open_take_places_and_end_with_central() -> None:
    async def run() -> None:
        camera = Camcorder(slow=True)
        window = LiveWindow(camera.watch, lambda _: True)
        asked = [
            asyncio.create_task(window.film(CAMERA, a_session(n))) for n in range(MOST_VIEWERS)
        ]
        await turns(lambda: camera.open == MOST_VIEWERS)
        with pytest.raises(NoPictureError, match="live already"):
            await window.film(CAMERA, a_session(99))
        window.close()
        ended = await asyncio.gather(*asked, return_exceptions=True)
        assert {str(one) for one in ended} == {"The camera point was put away while it opened."}
        assert (window.count, camera.open) == (0, 0)

    asyncio.run(run())


def test_that_who_hangs_up_while_the_camera_opens_frees_the_place() -> None:
    async def run() -> None:
        camera, hung_up = Camcorder(slow=True), asyncio.Event()

        async def gone() -> None:
            await hung_up.wait()

        window = LiveWindow(camera.watch, lambda _: True)
        asked = asyncio.create_task(window.film(CAMERA, a_session(1), gone))
        await turns(lambda: camera.open == 1)
        hung_up.set()
        with pytest.raises(NoPictureError, match="put away"):
            await asked
        assert (window.count, camera.open) == (0, 0)

    asyncio.run(run())


@pytest.mark.parametrize("is_superseded", [False, True])
def test_that_a_viewer_that_takes_nothing_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, is_superseded: bool
) -> None:
    monkeypatch.setattr(livelook, "STALLED_S", 3600.0 if is_superseded else 0.05)

    async def run() -> None:
        camera, waits = Camcorder(), asyncio.Event()

        async def stuck(message: object) -> None:
            waits.set()
            await asyncio.Event().wait()

        window = LiveWindow(camera.watch, lambda _: True)
        film = await window.film(CAMERA, a_session(1))
        sending = asyncio.create_task(film(SCOPE, _never, stuck))
        await waits.wait()
        if is_superseded:
            window.close()
        async with asyncio.timeout(livelook.LASTS_S / 2):
            await sending
        assert (window.count, camera.open) == (0, 0)

    asyncio.run(run())
