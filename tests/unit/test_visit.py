"""Visits, diagnosis, the file of looks, and the sweep as a process."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image
from rtsp_points import Clip, Point, make_clip, make_still, read_clip, serving

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.media.nal import Codec
from console.store.cameraseal import CameraKey
from console.video.decode import to_bgra
from console.video.diagnosis import Finding, diagnose, difference, measure
from console.video.looks import LooksReader, LooksWriter, SweepLook, SweepState
from console.video.rtsp import Patience, stream_address
from console.video.sweep import PointsError, read_points, write_points
from console.video.trouble import Trouble
from console.video.visit import VisitSettings, visit

IMPATIENT = VisitSettings(
    patience=Patience(connect_s=0.6, answer_s=0.6, silence_s=0.6), whole_s=3.0
)
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def clip() -> Clip:
    return make_clip(Codec.H264)


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("manner", ["good", "wait", "auth", "bare"])
def test_that_a_visit_brings_a_picture(codec: Codec, manner: str) -> None:
    point = Point(make_clip(codec), manner)
    with serving(C1=point) as server:
        seen = asyncio.run(visit(server.camera("C1"), VisitSettings(width=160, height=90)))
    assert seen.trouble is None
    assert seen.jpeg is not None
    assert Image.open(io.BytesIO(seen.jpeg)).size == (160, 90)
    assert seen.first_frame_s is not None
    assert seen.first_frame_s > 0
    assert seen.findings == ()
    assert point.playing == 0


@pytest.mark.parametrize(
    ("manner", "short", "trouble"),
    [
        ("garbage", {}, Trouble.GARBAGE),
        ("silent", {"answer_s": 0.6}, Trouble.TIMED_OUT),
        ("no_packets", {"silence_s": 0.6}, Trouble.LOST),
        ("missing", {}, Trouble.NOT_FOUND),
    ],
)
def test_that_a_visit_in_vain_says_a_sentence(
    clip: Clip, manner: str, short: dict[str, float], trouble: Trouble
) -> None:
    points = {} if manner == "missing" else {"C1": Point(clip, manner)}
    # Patient in all but what the camera fails at: a busy machine answers late, too.
    patience = Patience(**({"connect_s": 60.0, "answer_s": 60.0, "silence_s": 60.0} | short))
    with serving(**points) as server:
        seen = asyncio.run(visit(server.camera("C1"), VisitSettings(patience=patience, whole_s=90)))
    assert seen.trouble is trouble
    assert seen.sentence is not None
    assert seen.sentence.endswith(".")
    assert seen.jpeg is None


def test_that_many_points_are_visited_at_once(clip: Clip) -> None:
    points = {f"C{n}": Point(clip) for n in range(20)}

    async def all_of_them(cameras: list[Camera]) -> list[bool]:
        visits = await asyncio.gather(*(visit(camera, VisitSettings()) for camera in cameras))
        return [one.jpeg is not None for one in visits]

    with serving(**points) as server:
        assert all(asyncio.run(all_of_them([server.camera(name) for name in points])))


def test_that_only_a_picture_that_never_moves_is_frozen(clip: Clip) -> None:
    still, moving = Point(make_still()), Point(clip)
    with serving(S=still, M=moving) as server:
        for name, found in (("S", (Finding.FROZEN,)), ("M", ())):
            camera = server.camera(name)
            first = asyncio.run(visit(camera, VisitSettings()))
            again = asyncio.run(visit(camera, VisitSettings(), first.pixels))
            assert first.findings == ()
            assert again.findings == found


def street(seed: int = 1) -> np.ndarray:
    """Blocks of many sizes and colours under noise: what a street is to a metric."""
    draw = np.random.default_rng(seed)
    image = np.full((180, 320, 4), 120, np.uint8)
    for _ in range(120):
        x, y = draw.integers(0, 300), draw.integers(0, 160)
        w, h = draw.integers(4, 60), draw.integers(4, 40)
        image[y : y + h, x : x + w, :3] = draw.integers(20, 230)
    noise = draw.normal(0, 4, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


#: Findings that follow from the figures of one picture alone.
OF_ONE_PICTURE = [one for one in Finding if one not in (Finding.FROZEN, Finding.WRONG_CLOCK)]


def spoiled(image: np.ndarray, how: Finding | None) -> np.ndarray:
    values = image.astype(np.float32)
    match how:
        case Finding.BLACK:
            values *= 0.01
        case Finding.LOW_LIGHT:
            values *= 0.2
        case Finding.TOO_BRIGHT:
            values = 255 - (255 - values) * 0.2
        case Finding.COLOUR_CAST:
            values[..., 0] *= 0.4
            values[..., 2] = values[..., 2] * 0.6 + 100
        case Finding.BLURRED:
            values = cv2.GaussianBlur(values, (0, 0), 6)
        case Finding.OCCLUDED:
            values[:, :280] = 60
        case Finding.NOISE:
            values += np.random.default_rng(9).normal(0, 34, values.shape)
    return np.clip(values, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("how", [None, *OF_ONE_PICTURE])
def test_that_each_fault_is_found_and_no_other(how: Finding | None, seed: int) -> None:
    found = diagnose(measure(spoiled(street(seed), how)))
    assert found == (() if how is None else (how,))


STREETS = ["street_360p25_h264.mp4", "street_360p25_hevc.mp4", "street_720p25_h264.mp4"]


def street_clip(name: str) -> Path:
    held = os.environ.get("ZHIHUI_DATA") or str(Path(__file__).parents[3] / "shared" / "data")
    path = Path(held) / "video" / name
    if not path.exists():
        pytest.skip(f"the street clips are not here: {path} (set ZHIHUI_DATA)")
    return path


@pytest.mark.parametrize("name", STREETS)
def test_that_a_real_street_is_watched_without_a_finding(name: str) -> None:
    point = Point(read_clip(street_clip(name), seconds=3))
    with serving(C1=point) as server:
        camera = server.camera("C1")
        first = asyncio.run(visit(camera, VisitSettings()))
        again = asyncio.run(visit(camera, VisitSettings(), first.pixels))
    assert (first.trouble, first.findings, again.findings) == (None, (), ())
    assert first.pixels is not None
    assert first.pixels.shape == (180, 320, 4)


@pytest.mark.parametrize("how", OF_ONE_PICTURE)
def test_that_each_fault_is_found_on_a_real_street(how: Finding) -> None:
    with av.open(str(street_clip(STREETS[0]))) as container:
        frame = next(container.decode(video=0))
    found = diagnose(measure(spoiled(to_bgra(frame, 320, 180), how)))
    assert found == (how,)


def test_that_frozen_needs_two_pictures_alike() -> None:
    image = street()
    assert diagnose(measure(image), since_before=difference(image, image)) == (Finding.FROZEN,)
    assert diagnose(measure(image), since_before=difference(image, street(2))) == ()


def test_that_a_visit_in_vain_keeps_the_last_picture(tmp_path: Path) -> None:
    path = tmp_path / "looks.db"
    reader = LooksReader(path)
    point = CameraId("C1")
    assert reader.states() == []
    assert reader.thumbnail(point) is None
    writer = LooksWriter(path)
    seen = SweepLook(point=point, visited_at=NOON, picture_at=NOON, findings=(Finding.BLURRED,))
    writer.put([(seen, b"picture")])
    later = NOON + timedelta(seconds=9.5)
    writer.put([(SweepLook(point=point, visited_at=later, trouble=Trouble.LOST), None)])
    thumbnail = reader.thumbnail(point)
    assert thumbnail is not None
    assert (thumbnail.taken_at, thumbnail.jpeg) == (NOON, b"picture")
    (state,) = reader.states()
    assert (state.visited_at, state.picture_at, state.trouble) == (later, NOON, Trouble.LOST)
    saying = SweepState(part=0, points=9, per_s=5.0, slowed=True, at=NOON)
    writer.put_state(saying)
    assert reader.sweeps() == [saying]
    writer.close()


def test_that_the_pictures_of_the_sweep_are_locked_on_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, key = tmp_path / "looks.db", CameraKey.of_secret("ab" * 32, "points")
    picture = cv2.imencode(".jpg", street()[:360, :640])[1].tobytes()
    writer = LooksWriter(path, key)
    for name in ("C1", "C2"):
        seen = SweepLook(point=CameraId(name), visited_at=NOON, picture_at=NOON)
        writer.put([(seen, picture)])
    reader = LooksReader(path, key)
    thumbnail = reader.thumbnail(CameraId("C1"))
    assert thumbnail is not None
    assert thumbnail.jpeg == picture
    kept = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert picture[200:232] not in kept
    assert b"JFIF" not in kept
    writer.close()
    other = LooksReader(path, CameraKey.of_secret("cd" * 32, "points"))
    assert other.thumbnail(CameraId("C1")) is None
    with closing(sqlite3.connect(path)) as db, db:  # a picture put in another's place
        db.execute("UPDATE thumb SET jpeg = (SELECT jpeg FROM thumb WHERE point = 'C2')")
    assert reader.thumbnail(CameraId("C1")) is None
    assert reader.thumbnail(CameraId("C2")) is not None
    assert caplog.text.count("cannot be opened") == 2


def test_that_a_damaged_file_of_looks_is_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "looks.db"
    path.write_bytes(b"no database at all " * 500)
    assert LooksReader(path).states() == []
    writer = LooksWriter(path)
    writer.put([(SweepLook(point=CameraId("C1"), visited_at=NOON), None)])
    writer.close()
    assert len(LooksReader(path).states()) == 1
    assert "collected anew" in caplog.text


def test_that_the_list_of_points_is_read_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "points.json"
    cameras = [
        Camera(id=CameraId("C1"), name="东门", main_url="rtsp://h/1", password="p"),
        Camera(id=CameraId("C2"), name="gone", main_url="rtsp://h/2", retired=True),
    ]
    write_points(path, cameras)
    assert read_points(path) == cameras[:1]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_points(tmp_path / "none.json") == []
    path.write_text("[{")
    with pytest.raises(PointsError, match=r"points\.json"):
        read_points(path)


def test_that_the_sweep_goes_round_and_ends_when_told(clip: Clip, tmp_path: Path) -> None:
    looks, listed = tmp_path / "looks.db", tmp_path / "points.json"
    points = {f"C{n}": Point(clip, "garbage" if n == 3 else "good") for n in range(6)}
    with serving(**points) as server:
        write_points(listed, [server.camera(name) for name in points])
        script = (
            "import sys; from pathlib import Path\n"
            "from console.video.sweep import SweepSettings, run_sweep\n"
            f"sys.exit(run_sweep(SweepSettings(points_path=Path({str(listed)!r}), "
            f"looks_path=Path({str(looks)!r}), max_per_s=40)))"
        )
        root = Path(__file__).parents[2]
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script], cwd=root, stderr=subprocess.PIPE
        )
        reader, waiter = LooksReader(looks), threading.Event()
        until = time.monotonic() + 60
        while (
            len(reader.states()) < 6
            or points["C0"].opened < 2
            or Trouble.GARBAGE not in {state.trouble for state in reader.states()}
        ):
            assert time.monotonic() < until
            waiter.wait(0.05)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, b"")
    states = {state.point: state for state in reader.states()}
    assert states[CameraId("C3")].trouble is Trouble.GARBAGE
    assert reader.thumbnail(CameraId("C3")) is None
    thumbnail = reader.thumbnail(CameraId("C0"))
    assert thumbnail is not None
    assert Image.open(io.BytesIO(thumbnail.jpeg)).size == (320, 180)
    assert [state.points for state in reader.sweeps()] == [6]


def test_that_addresses_over_tls_are_known_and_a_plain_camera_behind_one_is_named(
    clip: Clip,
) -> None:
    secure = Camera(id=CameraId("C1"), name="x", main_url="rtsps://10.0.0.1/main")
    address = stream_address(secure, main=True)
    assert (address.port, address.secure) == (322, True)
    with serving(C1=Point(clip)) as server:
        url = f"rtsps://127.0.0.1:{server.port}/C1/main"
        camera = Camera(id=CameraId("C1"), name="x", main_url=url)
        seen = asyncio.run(visit(camera, IMPATIENT))
    assert seen.jpeg is None
    assert seen.trouble in (Trouble.GARBAGE, Trouble.TIMED_OUT, Trouble.LOST, Trouble.UNREACHABLE)
