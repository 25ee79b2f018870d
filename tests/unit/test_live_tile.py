"""Live tiles against a real RTSP server: pictures, faults in words, evidence, clean ends."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing

import av
import numpy as np
import pytest
from PIL import Image
from rtsp_points import Clip, Point, make_clip, serving

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.media.nal import Codec
from console.video.fallback import read_with_libavformat
from console.video.live import LiveTile, Picture, TileState
from console.video.rtsp import Patience, stream_address
from console.video.trouble import Trouble

IMPATIENT = Patience(connect_s=0.6, answer_s=0.6, silence_s=0.6)


@pytest.fixture(scope="module")
def clip() -> Clip:
    return make_clip(Codec.H264)


def wait_for(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    until = time.monotonic() + timeout_s
    waiter = threading.Event()
    while not condition():
        assert time.monotonic() < until, "it never came true"
        waiter.wait(0.01)


def picture_of(tile: LiveTile) -> Picture:
    wait_for(lambda: tile.newest() is not None)
    picture = tile.newest()
    assert picture is not None
    return picture


def run_tile(camera: Camera, patience: Patience = IMPATIENT) -> LiveTile:
    tile = LiveTile(camera, patience=patience)
    tile.show_at(200, 150, 25)
    tile.start()
    return tile


def end(tile: LiveTile) -> None:
    tile.stop()
    assert tile.join(60)


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("manner", ["good", "wait", "auth", "bare"])
def test_that_a_tile_shows_pictures_of_its_own_size(codec: Codec, manner: str) -> None:
    with serving(C1=Point(make_clip(codec), manner)) as server:
        tile = run_tile(server.camera("C1"), Patience())
        picture = picture_of(tile)
        assert picture.pixels.shape == (112, 200, 4)
        assert picture.pixels[..., :3].max() > 200
        assert tile.status().state is TileState.LIVE
        tile.take(0)
        wait_for(lambda: tile.take(picture.number) is not None)
        end(tile)


@pytest.mark.parametrize(
    ("manner", "trouble"),
    [
        ("garbage", Trouble.GARBAGE),
        ("silent", Trouble.TIMED_OUT),
        ("no_packets", Trouble.LOST),
        ("missing", Trouble.NOT_FOUND),
    ],
)
def test_that_a_camera_that_gives_nothing_says_a_sentence(
    clip: Clip, manner: str, trouble: Trouble
) -> None:
    points = {} if manner == "missing" else {"C1": Point(clip, manner)}
    with serving(**points) as server:
        tile = run_tile(server.camera("C1"))
        wait_for(lambda: tile.status().state is TileState.FAILED)
        status = tile.status()
        assert status.trouble is trouble
        assert status.sentence is not None
        assert status.sentence.startswith("The camera at rtsp://127.0.0.1:")
        end(tile)


def test_that_a_port_nobody_listens_on_is_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    camera = Camera(id=CameraId("C1"), name="x", main_url=f"rtsp://127.0.0.1:{port}/x")
    tile = run_tile(camera)
    wait_for(lambda: tile.status().trouble is Trouble.REFUSED)
    end(tile)


def test_that_a_wrong_password_is_said_and_never_logged(
    clip: Clip, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with serving(C1=Point(clip, "auth")) as server:
        tile = run_tile(server.camera("C1", password="mistaken-secret"))
        wait_for(lambda: tile.status().trouble is Trouble.UNAUTHORISED)
        end(tile)
    assert "mistaken-secret" not in caplog.text


def test_that_a_broken_connection_is_opened_again(clip: Clip) -> None:
    point = Point(clip, "dies")
    with serving(C1=point) as server:
        tile = run_tile(server.camera("C1"))
        wait_for(lambda: point.opened >= 2 and tile.status().state is TileState.LIVE)
        end(tile)


def test_that_silence_makes_a_picture_stale_and_keeps_it(clip: Clip) -> None:
    with serving(C1=Point(clip, "mute_after")) as server:
        tile = run_tile(server.camera("C1"), Patience(silence_s=30))
        picture_of(tile)
        wait_for(lambda: tile.status().state is TileState.STALE)
        assert tile.newest() is not None
        end(tile)


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("manner", ["good", "bare"])
def test_that_evidence_is_the_original_bytes_up_to_the_frame_seen(
    codec: Codec, manner: str
) -> None:
    with serving(C1=Point(make_clip(codec), manner)) as server:
        tile = run_tile(server.camera("C1"), Patience())
        wait_for(lambda: (seen := tile.newest()) is not None and seen.units > 8)
        picture = picture_of(tile)
        shot = picture.evidence()
        end(tile)
    assert hashlib.sha256(shot.original).hexdigest() == shot.original_sha256
    assert hashlib.sha256(shot.jpeg).hexdigest() == shot.jpeg_sha256
    with av.open(io.BytesIO(shot.original), format=codec.decoder) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == picture.units
    still = np.asarray(Image.open(io.BytesIO(shot.jpeg)).convert("RGB"), np.int16)
    last = frames[-1].to_ndarray(format="rgb24").astype(np.int16)
    assert still.shape == (180, 320, 3)
    assert np.abs(still - last).mean() < 6
    assert shot.captured_at.utcoffset() is not None


def test_that_nothing_is_shown_that_leans_on_what_was_lost(clip: Clip) -> None:
    with serving(C1=Point(clip, "gaps")) as server:
        tile = run_tile(server.camera("C1"), Patience())
        seen: list[Picture] = []
        while not seen or seen[-1].taken_s - seen[0].taken_s < 2.2:
            number = seen[-1].number if seen else 0
            wait_for(lambda after=number: (p := tile.newest()) is not None and p.number > after)
            picture = tile.take(number)
            assert picture is not None
            seen.append(picture)
        end(tile)
    assert max(picture.units for picture in seen) <= 5
    assert len({id(picture.gop) for picture in seen}) >= 3


def test_that_a_session_is_kept_alive(clip: Clip) -> None:
    point = Point(clip, timeout_s=2)
    with serving(C1=point) as server:
        tile = run_tile(server.camera("C1"), Patience())
        wait_for(lambda: point.asked.count("GET_PARAMETER") >= 2)
        end(tile)
    assert point.opened == 1


def test_that_no_thread_is_left(clip: Clip) -> None:
    points = {f"C{n}": Point(clip, "silent" if n % 3 == 0 else "good") for n in range(9)}
    with serving(**points) as server:
        before = set(threading.enumerate())
        tiles = [run_tile(server.camera(name), Patience()) for name in points]
        picture_of(tiles[1])
        began = time.monotonic()
        for tile in tiles:
            tile.stop()
        assert all(tile.join(60) for tile in tiles)
        assert time.monotonic() - began < 2
        assert set(threading.enumerate()) == before


def test_that_a_tile_nobody_takes_from_is_not_scaled_for_every_frame(clip: Clip) -> None:
    with serving(C1=Point(clip)) as server:
        tile = LiveTile(server.camera("C1"))
        tile.show_at(320, 180, 2.0)
        tile.start()
        first = picture_of(tile)
        wait_for(lambda: (seen := tile.newest()) is not None and seen.number == first.number + 1)
        second = picture_of(tile)
        assert second.taken_s - first.taken_s > 0.3
        end(tile)


@pytest.mark.parametrize("manner", ["good", "auth"])
def test_that_libavformat_reads_the_same_stream_where_it_is_needed(clip: Clip, manner: str) -> None:
    with serving(C1=Point(clip, manner)) as server:
        address = stream_address(server.camera("C1"), main=False)
        stop = threading.Event()
        with closing(read_with_libavformat(address, Patience(), stop.is_set)) as frames:
            decoded = [next(frames) for _ in range(5)]
            stop.set()
            assert next(frames, None) is None
    assert [one.units for one in decoded] == [1, 2, 3, 4, 5]
    assert decoded[-1].gop.original(5) is not None


def test_that_a_fault_of_ours_is_shown_and_the_tile_comes_back(
    clip: Clip, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(C1=Point(clip)) as server:
        tile = LiveTile(server.camera("C1"), patience=IMPATIENT)
        tile.show_at(200, 150, 25)
        whole, tile._patience = tile._patience, "none"  # type: ignore[assignment] # the fault
        tile.start()
        wait_for(lambda: tile.status().state is TileState.FAILED)
        assert tile.status().sentence
        tile._patience = whole
        picture_of(tile)
        wait_for(lambda: tile.status().state is TileState.LIVE)
        end(tile)
    assert "met a fault" in caplog.text
