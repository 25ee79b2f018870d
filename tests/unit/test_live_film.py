"""Live pictures for officers: the camera's own, in pieces, let go of when nobody looks."""

from __future__ import annotations

import asyncio
import io
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import pytest
from central_parts import CentralClient, CentralServer, some_units
from rtsp_points import Point, RtspPoints, make_clip, serving

from console.app.cameralook import watch_through
from console.central import livelook
from console.central.looking import Film
from console.domain.levels import Role
from console.domain.places import Camera, Jurisdiction, JurisdictionLevel
from console.media.nal import Codec, split_annex_b
from console.media.payload import AccessUnit
from console.video import livefilm
from console.video.livefilm import FilmWriter, fragments
from console.video.rtsp import playing, stream_address
from console.video.trouble import Trouble, VideoError


def until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)  # another thread's count: nothing tells when it changes
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


def test_that_a_film_that_cannot_be_closed_hides_no_other_trouble(
    points: RtspPoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(livefilm._Pieces):
        is_full = False

        def write(self, data: bytes) -> int:
            if self.is_full:
                raise OSError("no room for the trailer")
            return super().write(data)

    monkeypatch.setattr(livefilm, "_Pieces", Full)
    units = points.points["live"].clip.units
    first = AccessUnit(timestamp=0, nals=units[0], key=True)

    def breaks() -> None:
        with FilmWriter(first, (), "rtsp://c/1"):
            monkeypatch.setattr(Full, "is_full", True)
            raise VideoError(Trouble.LOST, "rtsp://c/1", "it broke")

    with pytest.raises(VideoError) as raised:
        breaks()
    assert raised.value.trouble is Trouble.LOST


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


def test_that_central_hears_of_a_viewer_who_hangs_up_before_the_first_picture(
    city: CentralServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(livelook, "OPENS_WITHIN_S", 3600.0)
    officer = city.officer("K5")
    host, port = city.url.partition("://")[2].split(":")
    head = f"Host: c\r\nAuthorization: Bearer {officer.token}"
    with socket.create_connection((host, int(port)), timeout=60) as viewer:
        viewer.sendall(f"GET /v1/handheld/cameras/stuck/live HTTP/1.1\r\n{head}\r\n\r\n".encode())
        assert until(lambda: STUCK.open == 1)
    officer.close()
    assert until(lambda: STUCK.open == 0)
