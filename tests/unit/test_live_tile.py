"""Live tiles against a real RTSP server: pictures, faults in words, evidence, clean ends."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image
from rtsp_points import Clip, Point, make_clip, serving

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.media.nal import Codec
from console.video.board import Board
from console.video.fallback import read_with_libavformat
from console.video.live import (
    Decoders,
    EvidenceShot,
    LiveTile,
    NoShot,
    Picture,
    Shot,
    TileState,
    TileStatus,
    in_process,
    in_thread,
)
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


@contextmanager
def decoders(patience: Patience = IMPATIENT, count: int = 1) -> Iterator[Decoders]:
    """Decoders in threads of this process: the same code, quicker to start."""
    running = Decoders(count, patience, in_thread)
    yield running
    running.close()


def open_tile(running: Decoders, camera: Camera) -> LiveTile:
    tile = running.open(camera, main=False)
    tile.show_at(200, 150, 25)
    return tile


@contextmanager
def run_tile(camera: Camera, patience: Patience = IMPATIENT) -> Iterator[LiveTile]:
    with decoders(patience) as running:
        tile = open_tile(running, camera)
        yield tile
        tile.stop()
        assert tile.join(60)


def shot_of(running: Decoders, tile: LiveTile, number: int, *, clip: bool = False) -> EvidenceShot:
    request = tile.ask_shot(number, clip=clip)
    answers: list[Shot | NoShot] = []
    wait_for(lambda: bool(answers.extend(running.answers()) or answers))
    assert isinstance(answers[0], Shot), answers[0]
    assert answers[0].request == request
    return answers[0].shot


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("manner", ["good", "wait", "auth", "bare"])
def test_that_a_tile_shows_pictures_of_its_own_size(codec: Codec, manner: str) -> None:
    with (
        serving(C1=Point(make_clip(codec), manner)) as server,
        run_tile(server.camera("C1"), Patience()) as tile,
    ):
        wait_for(lambda: (p := tile.newest()) is not None and p.pixels.shape == (112, 200, 4))
        picture = picture_of(tile)
        assert picture.pixels[..., :3].max() > 200
        wait_for(lambda: tile.status().state is TileState.LIVE)
        tile.take(0)
        wait_for(lambda: tile.take(picture.number) is not None)


def test_that_a_tile_that_grows_gets_larger_pictures(clip: Clip) -> None:
    with serving(C1=Point(clip)) as server, run_tile(server.camera("C1"), Patience()) as tile:
        picture_of(tile)
        tile.show_at(1920, 1080, 25)
        wait_for(lambda: (p := tile.newest()) is not None and p.pixels.shape == (1080, 1920, 4))


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
    with serving(**points) as server, run_tile(server.camera("C1")) as tile:
        seen: list[TileStatus] = []
        wait_for(lambda: seen.append(tile.status()) or seen[-1].trouble is trouble)
    assert seen[-1].state is TileState.FAILED
    assert seen[-1].sentence is not None
    assert seen[-1].sentence.startswith("The camera at rtsp://127.0.0.1:")


def test_that_a_port_nobody_listens_on_is_refused() -> None:
    with socket.socket() as held:  # nobody else is given it, and it does not listen
        held.bind(("127.0.0.1", 0))
        url = f"rtsp://127.0.0.1:{held.getsockname()[1]}/x"
        with run_tile(Camera(id=CameraId("C1"), name="x", main_url=url)) as tile:
            wait_for(lambda: tile.status().trouble is Trouble.REFUSED)


def test_that_a_wrong_password_is_said_and_never_logged(
    clip: Clip, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with (
        serving(C1=Point(clip, "auth")) as server,
        run_tile(server.camera("C1", password="mistaken-secret")) as tile,
    ):
        wait_for(lambda: tile.status().trouble is Trouble.UNAUTHORISED)
    assert "mistaken-secret" not in caplog.text


def test_that_a_broken_connection_is_opened_again(clip: Clip) -> None:
    point = Point(clip, "dies")
    with serving(C1=point) as server, run_tile(server.camera("C1")) as tile:
        wait_for(lambda: point.opened >= 2 and tile.status().state is TileState.LIVE)


def test_that_silence_makes_a_picture_stale_and_keeps_it(clip: Clip) -> None:
    with (
        serving(C1=Point(clip, "mute_after")) as server,
        run_tile(server.camera("C1"), Patience(silence_s=30)) as tile,
    ):
        picture_of(tile)
        wait_for(lambda: tile.status().state is TileState.STALE)
        assert tile.newest() is not None


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("manner", ["good", "bare"])
def test_that_evidence_is_the_original_bytes_up_to_the_frame_seen(
    codec: Codec, manner: str
) -> None:
    with serving(C1=Point(make_clip(codec), manner)) as server, decoders(Patience()) as running:
        tile = open_tile(running, server.camera("C1"))
        wait_for(lambda: (seen := tile.newest()) is not None and seen.number > 8)
        picture = picture_of(tile)
        shot = shot_of(running, tile, picture.number)
    assert hashlib.sha256(shot.original).hexdigest() == shot.original_sha256
    assert hashlib.sha256(shot.jpeg).hexdigest() == shot.jpeg_sha256
    assert shot.captured_at == picture.taken_at
    with av.open(io.BytesIO(shot.original), format=codec.decoder) as container:
        frames = list(container.decode(video=0))
    still = np.asarray(Image.open(io.BytesIO(shot.jpeg)).convert("RGB"), np.int16)
    last = frames[-1].to_ndarray(format="rgb24").astype(np.int16)
    assert still.shape == (180, 320, 3)
    assert np.abs(still - last).mean() < 6
    shown = cv2.resize(still.astype(np.uint8), (200, 112), interpolation=cv2.INTER_AREA)
    assert np.abs(shown[..., ::-1].astype(np.int16) - picture.pixels[..., :3]).mean() < 12


@pytest.mark.parametrize("codec", list(Codec))
def test_that_the_seconds_before_are_a_film_of_the_pictures_received(codec: Codec) -> None:
    with serving(C1=Point(make_clip(codec))) as server, decoders(Patience()) as running:
        tile = open_tile(running, server.camera("C1"))
        wait_for(lambda: tile.board.counts[0] > 60)
        shot = shot_of(running, tile, picture_of(tile).number, clip=True)
    assert shot.clip is not None
    assert shot.clip_s is not None
    assert shot.clip_s >= 1.5
    assert hashlib.sha256(shot.clip).hexdigest() == shot.clip_sha256
    with av.open(io.BytesIO(shot.clip)) as container:
        film = list(container.decode(video=0))
    assert len(film) >= 40
    last = film[-1].to_ndarray(format="rgb24").astype(np.int16)
    still = np.asarray(Image.open(io.BytesIO(shot.jpeg)).convert("RGB"), np.int16)
    assert np.abs(still - last).mean() < 6


def test_that_evidence_of_a_picture_no_longer_held_is_refused(clip: Clip) -> None:
    with serving(C1=Point(clip)) as server, decoders() as running:
        tile = open_tile(running, server.camera("C1"))
        picture_of(tile)
        tile.ask_shot(4_711)
        answers: list[Shot | NoShot] = []
        wait_for(lambda: bool(answers.extend(running.answers()) or answers))
    assert isinstance(answers[0], NoShot)
    assert answers[0].sentence.endswith("again.")


def test_that_nothing_is_shown_that_leans_on_what_was_lost(clip: Clip) -> None:
    with (
        serving(C1=Point(clip, "gaps")) as server,
        decoders(Patience()) as running,
    ):
        tile = open_tile(running, server.camera("C1"))
        counts: list[int] = []
        for _ in range(3):
            after = tile.board.latest
            wait_for(lambda last=after: tile.board.latest >= last + 5)
            shot = shot_of(running, tile, picture_of(tile).number)
            with av.open(io.BytesIO(shot.original), format="h264") as container:
                counts.append(len(list(container.decode(video=0))))
    assert max(counts) <= 5


def test_that_a_session_is_kept_alive(clip: Clip) -> None:
    point = Point(clip, timeout_s=2)
    with serving(C1=point) as server, run_tile(server.camera("C1"), Patience()):
        wait_for(lambda: point.asked.count("GET_PARAMETER") >= 2)
    assert point.opened == 1


def test_that_nothing_is_left_behind(clip: Clip) -> None:
    points = {f"C{n}": Point(clip, "silent" if n % 3 == 0 else "good") for n in range(9)}
    with serving(**points) as server:
        before = set(threading.enumerate())
        boards = []
        with decoders(Patience(answer_s=300.0), count=2) as running:
            tiles = [open_tile(running, server.camera(name)) for name in points]
            boards = [tile.board.path for tile in tiles]
            picture_of(tiles[1])
            for tile in tiles:
                tile.stop()
            assert all(tile.join(60) for tile in tiles)
        wait_for(lambda: all(point.playing == 0 for point in server.points.values()))
        assert set(threading.enumerate()) <= before
        assert not any(path.exists() for path in boards)


def test_that_a_tile_nobody_takes_from_is_not_scaled_for_every_frame(clip: Clip) -> None:
    with serving(C1=Point(clip)) as server, decoders(Patience()) as running:
        tile = running.open(server.camera("C1"), main=False)
        tile.show_at(320, 180, 2.0)
        first = picture_of(tile)
        wait_for(lambda: (seen := tile.newest()) is not None and seen.number == first.number + 1)
        second = picture_of(tile)
        assert second.taken_s - first.taken_s > 0.3


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


@pytest.mark.timeout(120)
def test_that_a_decoder_that_dies_is_started_again_and_its_tiles_come_back(clip: Clip) -> None:
    with serving(C1=Point(clip)) as server:
        running = Decoders(1, Patience(), in_process)
        tile = open_tile(running, server.camera("C1"))
        before = picture_of(tile)
        (child,) = [one for one in multiprocessing.active_children() if "decoder" in one.name]
        child.kill()
        wait_for(lambda: not child.is_alive())
        wait_for(lambda: not running.answers() and tile.board.latest > before.number + 5)
        picture = tile.take(before.number)
        assert picture is not None
        assert picture.taken_s > before.taken_s
        tile.stop()
        assert tile.join(60)
        running.close()


def test_that_the_memory_of_a_program_that_was_killed_is_given_back() -> None:
    script = (
        "import os, signal\n"
        "from console.video.board import Board\n"
        "print(Board.made(4096).path, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False
    )
    left = Path(done.stdout.strip())
    own = Board.made(4096)
    assert left.exists()
    Board.clear_left()
    assert not left.exists()
    assert own.path.exists()
    own.forget()
