"""Live pictures for officers: the camera's own, in pieces, for few viewers, each for a while."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import av
import pytest
import requests
from central_parts import CentralClient, CentralServer, some_units
from rtsp_points import Point, RtspPoints, make_clip, serving

from console.app.cameralook import watch_through
from console.central import livelook
from console.central.accounts import Person, Session
from console.central.livelook import MOST_VIEWERS, FilmResponse, LiveWindow
from console.central.looking import Film, NoPictureError
from console.domain.ids import DeviceId, PersonId
from console.domain.levels import Role
from console.domain.places import Camera, Jurisdiction, JurisdictionLevel
from console.media.nal import Codec, split_annex_b
from console.video.livefilm import fragments
from console.video.rtsp import playing, stream_address

CAMERA = Camera(id="c", name="东单", main_url="rtsp://c/1")


def until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.fixture(scope="module")
def points() -> Iterator[RtspPoints]:
    clip, other = make_clip(Codec.H264), make_clip(Codec.H265)
    with serving(
        live=Point(clip, "auth"), late=Point(clip, "wait"), gaps=Point(clip, "gaps"),
        bare=Point(clip, "bare"), h265=Point(other), mute=Point(clip, "no_packets"),
    ) as server:  # fmt: skip
        yield server


class Stuck:
    """A camera that takes the connection and never shows anything."""

    def __init__(self) -> None:
        self.open = 0

    @asynccontextmanager
    async def watch(self, _: Camera) -> AsyncIterator[Film]:
        self.open += 1
        try:
            await asyncio.Event().wait()
            yield Film(media_type="", parts=_nothing())
        finally:
            self.open -= 1


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


STUCK = Stuck()


def watch(camera: Camera) -> AbstractAsyncContextManager[Film]:
    return STUCK.watch(camera) if camera.id == "stuck" else watch_through(camera)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, points: RtspPoints) -> Iterator[CentralServer]:
    server = CentralServer(tmp_path_factory.mktemp("live") / "home")
    server.change_settings(watch=watch)
    server.seed(
        [replace(one, district="D01" if one.no < 8 else "D02") for one in some_units(12)],
        cameras=[
            replace(points.camera(name), district="D01", id=key)
            for key, name in [*((one, one) for one in points.points), ("stuck", "mute")]
        ],
        jurisdictions=[
            Jurisdiction(id=key, parent=None, level=JurisdictionLevel.DISTRICT, name_zh=key,
                         name_en=key) for key in ("D01", "D02")
        ],
    )  # fmt: skip
    server.start()
    yield server
    server.stop()


def film_of(officer: CentralClient, camera: str, pieces: int) -> tuple[str, bytes]:
    """Return type and bytes of so many pieces."""
    path = f"{officer.server.url}/v1/handheld/cameras/{camera}/live"
    with officer.http.get(path, stream=True, timeout=60) as answer:
        assert answer.status_code == 200, answer.text
        data = b""
        for piece in answer.iter_content(None):
            data += piece
            if data.count(b"moof") > pieces:
                break
        return answer.headers["Content-Type"], data


def pictures_in(film: bytes) -> list[tuple[bytes, ...]]:
    """Return the NAL units of every picture in an MP4 file."""
    found = []
    with av.open(io.BytesIO(film)) as container:
        stream = container.streams.video[0]
        to_annex_b = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        for packet in container.demux(stream):
            if packet.size:
                found += [split_annex_b(bytes(one)) for one in to_annex_b.filter(packet)]
    return [tuple(one for one in nals if one[0] & 0x1F in {1, 5}) for nals in found]


@pytest.mark.parametrize("name", ["live", "late", "bare"])
def test_that_the_cameras_own_pictures_come_live_and_the_camera_is_let_go_of(
    city: CentralServer, points: RtspPoints, name: str
) -> None:
    officer = city.officer("K7")
    kind, film = film_of(officer, name, 8)
    officer.close()
    assert kind.startswith('video/mp4; codecs="avc1.')
    with av.open(io.BytesIO(film)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) > 20
    times = [frame.time for frame in frames]
    assert [round(b - a, 3) for a, b in pairwise(times)] == [0.04] * (len(times) - 1)
    sent = {tuple(n for n in unit if n[0] & 0x1F in {1, 5})
            for unit in points.points[name].clip.units}  # fmt: skip
    assert set(pictures_in(film)) <= sent, "not one was encoded anew"
    assert until(lambda: points.points[name].playing == 0)


def test_that_nothing_is_shown_that_leans_on_lost_pictures(points: RtspPoints) -> None:
    async def watched() -> bytes:
        address, data = stream_address(points.camera("gaps"), main=False), b""
        async with (
            playing(address) as stream,
            aclosing(fragments(stream, address.url)) as pieces,
        ):
            async for _, piece in pieces:
                data += piece
                if data.count(b"moof") > 6:  # of at most six pictures each
                    return data
        return data

    film = asyncio.run(watched())
    clip = points.points["gaps"].clip
    order = {tuple(n for n in unit if n[0] & 0x1F in {1, 5}): at
             for at, unit in enumerate(clip.units)}  # fmt: skip
    shown = [order[one] for one in pictures_in(film)]
    assert len(shown) > 12
    assert not {at % 25 for at in shown} & set(range(6, 25)), "the sixth of each group was lost"


@pytest.mark.parametrize(
    ("name", "told"), [("h265", "cannot read"), ("nowhere", "no such camera point")]
)
def test_that_a_point_that_browsers_cannot_play_gets_a_sentence(
    city: CentralServer, name: str, told: str
) -> None:
    officer = city.officer("K7")
    path = f"{city.url}/v1/handheld/cameras/{name}/live"
    answer = officer.http.get(path, timeout=60)
    officer.close()
    assert answer.status_code in {404, 503}
    assert told in answer.json()["error"]


def test_that_another_district_and_a_central_without_video_are_refused_and_looks_audited(
    city: CentralServer, tmp_path: Path
) -> None:
    stranger = city.officer("K9")
    path = "{}/v1/handheld/cameras/live/live"
    assert stranger.http.get(path.format(city.url), timeout=60).status_code == 404
    stranger.close()
    query = "SELECT DISTINCT person FROM audit WHERE action = 'read:camera_live'"
    assert until(lambda: city.query(query) == [("u7",)])


def seconds_in(film: bytes) -> float:
    """Return how long a film is."""
    return len(pictures_in(film)) * 0.04


def test_that_an_officer_who_is_logged_off_sees_no_more(
    city: CentralServer, points: RtspPoints
) -> None:
    officer, admin = city.officer("K6"), city.client(Role.ADMINISTRATOR)
    path = f"{city.url}/v1/handheld/cameras/live/live"
    with officer.http.get(path, stream=True, timeout=60) as answer:
        pieces = answer.iter_content(None)
        first = next(pieces)
        given = admin.http.post(f"{city.url}/v1/officers/K6/pin", json={}, timeout=60)
        assert given.json()["ended_sessions"] >= 1
        last_s = seconds_in(b"".join([first, *pieces]))
        assert last_s < livelook.LASTS_S / 2, "it did not end by itself"
    assert until(lambda: points.points["live"].playing == 0)
    admin.close()
    officer.close()


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
    async with asyncio.timeout(20):
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


def test_that_central_hears_of_a_viewer_who_hangs_up_before_the_first_picture(
    city: CentralServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(livelook, "OPENS_WITHIN_S", 3600.0)
    officer = city.officer("K5")
    with ThreadPoolExecutor(1) as pool:
        path = f"{city.url}/v1/handheld/cameras/stuck/live"
        asked = pool.submit(officer.http.get, path, stream=True, timeout=(20, 2))
        assert until(lambda: STUCK.open == 1)
        assert isinstance(asked.exception(60), requests.ReadTimeout)
    officer.close()
    assert until(lambda: STUCK.open == 0)


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
