"""The wall on real streams: painted pixels, keys, evidence, and what is left when it closes."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot
from rtsp_points import Clip, Point, RtspPoints, make_clip, mixed_cameras, mixed_points, serving

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.media.nal import Codec
from console.patrol.ledger import Look, Looker
from console.patrol.plans import PatrolPlan
from console.ui.wall_feed import WallFeed
from console.ui.wall_values import Finding, TileKind
from console.video.evidence import EvidenceShot
from console.video.live import Decoders, in_thread
from console.video.looks import LooksReader, LooksWriter, SweepLook
from console.video.rtsp import Patience
from console.video.trouble import Trouble
from widgets.common.appearance import Appearance
from widgets.common.theme import Token
from widgets.wall.wall import WallWidget

pytestmark = pytest.mark.xvfb
#: Gives a silent camera up soon, and on a busy machine a living one, too.
IMPATIENT = Patience(connect_s=0.5, answer_s=0.5, silence_s=1.0)
PATIENT = Patience(connect_s=60.0, answer_s=60.0, silence_s=60.0)


@pytest.fixture(scope="module")
def clip() -> Clip:
    return make_clip(Codec.H264)


@pytest.fixture
def server(clip: Clip) -> Iterator[RtspPoints]:
    with serving(**mixed_points(clip)) as running:
        yield running


Build = Callable[..., WallWidget]


@pytest.fixture
def build(qtbot: QtBot, appearance: Appearance) -> Iterator[Build]:
    made: list[tuple[WallWidget, WallFeed]] = []

    def make(
        cameras: list[Camera],
        *,
        tiles: int = 4,
        dwell_s: float = 60.0,
        patience: Patience = PATIENT,
        **more,
    ) -> WallWidget:
        plan = PatrolPlan(
            name="chaoyang-night", points=tuple(one.id for one in cameras), dwell_s=dwell_s
        )
        decoders = Decoders(2, patience, in_thread)
        feed = WallFeed(cameras, plan=plan, tiles=tiles, decoders=decoders, **more)
        wall = WallWidget(feed, appearance)
        qtbot.addWidget(wall)
        wall.resize(800, 520)
        made.append((wall, feed))
        wall.show()
        return wall

    yield make
    for wall, feed in made:
        wall.hide()
        assert feed.stop()


def feed_of(wall: WallWidget) -> WallFeed:
    return wall._feed


def pixels_of(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return rows[:, : image.width(), :3].copy()


def black_tiles(wall: WallWidget) -> list[int]:
    """Return the tiles whose picture has neither a picture's nor letters' light in it."""
    shot = pixels_of(wall.canvas.grab().toImage())
    black = []
    for number, frame in enumerate(wall.canvas.frames()):
        box = frame.picture
        part = shot[box.top() : box.bottom() + 1, box.left() : box.right() + 1]
        if part.max() < 120 or part.std() < 3:
            black.append(number)
    return black


def test_that_no_tile_is_ever_black_over_many_pages(
    server: RtspPoints, build: Build, qtbot: QtBot
) -> None:
    wall = build(mixed_cameras(server), dwell_s=0.4, patience=IMPATIENT)
    feed = feed_of(wall)
    pages: list[int] = []
    feed.page_turned.connect(lambda: pages.append(feed.strip().page))
    seen: list[list[int]] = []
    kinds: set[TileKind] = set()
    feed.strip_changed.connect(lambda: kinds.update(feed.tile(n).kind for n in range(4)))

    def enough() -> bool:
        seen.append(black_tiles(wall))
        both = {TileKind.LIVE, TileKind.FAILED} <= kinds
        return len(pages) >= 21 and len(seen) > 100 and both

    qtbot.waitUntil(enough, timeout=90_000)
    assert [black for black in seen if black] == []


def test_that_the_next_page_is_live_the_moment_it_turns(
    clip: Clip, build: Build, qtbot: QtBot
) -> None:
    with serving(**{f"C{n:02d}": Point(clip) for n in range(12)}) as server:
        wall = build([server.camera(name) for name in server.points], dwell_s=1.5)
        feed = feed_of(wall)
        turns: list[list[tuple[str | None, TileKind]]] = []

        def look() -> None:
            feed.tick()
            turns.append([(feed.tile(n).camera, feed.tile(n).kind) for n in range(4)])

        qtbot.waitUntil(lambda: feed.tile(0).kind is TileKind.LIVE)
        feed.page_turned.connect(look)
        pages = [[(f"C{n:02d}", TileKind.LIVE) for n in range(at, at + 4)] for at in (0, 4, 8)]
        # How soon a stream opens is the machine's; that all three pages turn without a gap is ours.
        qtbot.waitUntil(lambda: sorted(turns[-3:]) == pages)
        wall.hide()
        assert feed.stop()


def test_that_closing_leaves_no_thread(server: RtspPoints, build: Build, qtbot: QtBot) -> None:
    before = set(threading.enumerate())
    wall = build(mixed_cameras(server), tiles=16)
    feed = feed_of(wall)
    qtbot.waitUntil(lambda: feed.running_streams >= 16)
    qtbot.waitUntil(lambda: feed.tile(0).kind is TileKind.LIVE)
    wall.hide()
    assert feed.stop()
    assert feed.running_streams == 0
    assert set(threading.enumerate()) <= before


def test_that_a_hidden_wall_decodes_nothing_and_goes_on_when_shown(
    server: RtspPoints, build: Build, qtbot: QtBot
) -> None:
    wall = build(mixed_cameras(server))
    feed = feed_of(wall)
    qtbot.waitUntil(lambda: feed.tile(0).kind is TileKind.LIVE)
    wall.hide()
    qtbot.waitUntil(lambda: all(point.playing == 0 for point in server.points.values()))
    wall.show()
    qtbot.waitUntil(lambda: server.points["C00"].playing == 1)
    qtbot.waitUntil(lambda: feed.tile(0).kind is TileKind.LIVE)


def test_that_evidence_is_what_the_tile_shows(
    server: RtspPoints, build: Build, qtbot: QtBot
) -> None:
    wall = build(mixed_cameras(server))
    qtbot.waitUntil(lambda: feed_of(wall).tile(1).kind is TileKind.LIVE)
    qtbot.keyClick(wall.canvas, Qt.Key.Key_2)
    with qtbot.waitSignal(wall.evidence_taken) as taken:
        qtbot.keyClick(wall.canvas, Qt.Key.Key_S)
    shot = taken.args[0]
    assert isinstance(shot, EvidenceShot)
    assert shot.camera == "C01"
    assert hashlib.sha256(shot.original).hexdigest() == shot.original_sha256
    assert hashlib.sha256(shot.jpeg).hexdigest() == shot.jpeg_sha256
    assert datetime.now(UTC) - shot.captured_at < timedelta(seconds=5)
    view = feed_of(wall).tile(1)
    assert view.image is not None
    shown = pixels_of(view.image)[..., ::-1].astype(np.int16)
    still = Image.open(io.BytesIO(shot.jpeg)).resize((shown.shape[1], shown.shape[0]))
    # The tile may be a frame further on; the square moves 5 of 320 pixels a frame.
    assert np.abs(np.asarray(still, np.int16) - shown).mean() < 25


def test_that_evidence_of_words_is_refused_with_a_sentence(
    server: RtspPoints, build: Build, qtbot: QtBot
) -> None:
    wall = build(mixed_cameras(server))
    qtbot.waitUntil(lambda: feed_of(wall).tile(2).kind is TileKind.FAILED)
    qtbot.keyClick(wall.canvas, Qt.Key.Key_3)
    with qtbot.waitSignal(wall.evidence_refused) as refused:
        qtbot.keyClick(wall.canvas, Qt.Key.Key_S)
    assert refused.args[0].startswith("Tile 3: ")


def test_that_keys_turn_hold_pin_and_choose(server: RtspPoints, build: Build, qtbot: QtBot) -> None:
    wall = build(mixed_cameras(server))
    feed = feed_of(wall)

    def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        qtbot.keyClick(wall.canvas, key, modifier)

    press(Qt.Key.Key_Right)
    assert feed.strip().page == 2
    press(Qt.Key.Key_Left)
    press(Qt.Key.Key_Left)
    assert feed.strip().page == feed.strip().pages == 6
    press(Qt.Key.Key_Right)
    press(Qt.Key.Key_Space)
    assert feed.held
    press(Qt.Key.Key_Space)
    assert not feed.held
    with qtbot.waitSignal(wall.camera_picked) as picked:
        press(Qt.Key.Key_4)
    assert picked.args == [feed.tile(3).camera]
    press(Qt.Key.Key_P)
    assert feed.tile(3).pinned
    pinned = feed.tile(3).camera
    press(Qt.Key.Key_Right)
    assert feed.tile(3).camera == pinned
    press(Qt.Key.Key_P)
    assert not feed.tile(3).pinned
    for key, tiles in zip((Qt.Key.Key_1, Qt.Key.Key_3, Qt.Key.Key_4), (1, 9, 16), strict=True):
        press(key, Qt.KeyboardModifier.ControlModifier)
        assert feed.tiles == tiles == len(wall.canvas.frames())
    press(Qt.Key.Key_Up)
    assert wall.canvas.picked == 15


def test_that_one_tile_opens_alone_on_its_main_stream_and_closes_again(
    server: RtspPoints, build: Build, qtbot: QtBot
) -> None:
    wall = build(mixed_cameras(server))
    feed = feed_of(wall)
    qtbot.waitUntil(lambda: feed.tile(1).kind is TileKind.LIVE)
    wall.canvas.pick(1)
    qtbot.keyClick(wall.canvas, Qt.Key.Key_Return)
    assert (feed.tiles, feed.held) == (1, True)
    qtbot.waitUntil(lambda: feed.tile(0).camera == "C01" and feed.tile(0).kind is TileKind.LIVE)
    qtbot.waitUntil(lambda: any(tile.main for tile in feed.live_tiles().values()))
    qtbot.keyClick(wall.canvas, Qt.Key.Key_Return)
    assert (feed.tiles, feed.held) == (4, False)


def test_that_the_sweeps_picture_stands_in_marked_with_its_age(
    server: RtspPoints, build: Build, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "looks.db"
    writer = LooksWriter(path)
    picture = io.BytesIO()
    Image.new("RGB", (320, 180), (200, 40, 40)).save(picture, "JPEG")
    at = datetime.now(UTC) - timedelta(seconds=45)
    silent = CameraId("C04")
    writer.put(
        [
            (
                SweepLook(
                    point=silent,
                    visited_at=at,
                    picture_at=at,
                    trouble=Trouble.TIMED_OUT,
                    findings=(Finding.BLURRED,),
                ),
                picture.getvalue(),
            )
        ]
    )
    writer.close()
    wall = build(mixed_cameras(server)[4:8], looks=LooksReader(path), patience=IMPATIENT)
    feed = feed_of(wall)
    qtbot.waitUntil(lambda: feed.tile(0).trouble is not None)
    view = feed.tile(0)
    assert view.kind is TileKind.LOOK
    assert view.age_s is not None
    assert 44 < view.age_s < (datetime.now(UTC) - at).total_seconds() + 1
    qtbot.waitUntil(lambda: feed.tile(0).finding is Finding.BLURRED)
    shot = pixels_of(wall.canvas.grab().toImage())
    middle = wall.canvas.frames()[0].picture.center()
    blue, _, red = shot[middle.y(), middle.x()]
    assert red > 100 > blue
    strip = feed.strip()
    assert [repair.camera for repair in strip.repairs] == [silent]
    qtbot.keyClick(wall.canvas, Qt.Key.Key_R)
    assert wall.canvas.picked == 0


def test_that_a_look_of_a_second_is_entered_in_the_ledger(
    server: RtspPoints, build: Build, qtbot: QtBot
) -> None:
    wall = build(mixed_cameras(server)[:2], tiles=1)
    feed = feed_of(wall)
    assert feed.strip().unseen == 2
    with qtbot.waitSignal(feed.point_looked) as looked:
        pass
    look = looked.args[0]
    assert isinstance(look, Look)
    assert (look.point, look.by) == ("C00", Looker.PERSON)
    assert (feed.strip().by_person, feed.strip().unseen) == (1, 1)


def test_that_points_of_an_incident_take_the_wall_and_give_it_back(
    server: RtspPoints, build: Build
) -> None:
    wall = build(mixed_cameras(server))
    feed = feed_of(wall)
    feed.show_points([CameraId("C05"), CameraId("nowhere"), CameraId("C00")], name="00317")
    assert [feed._slots[n].point for n in range(4)] == ["C05", "C00", None, None]
    assert feed.strip().plan == "00317"
    feed.resume_plan()
    assert feed.strip().plan == "chaoyang-night"
    assert feed.strip().pages == 6


def test_that_the_wall_fills_the_screen_and_comes_back_to_its_place(
    server: RtspPoints, build: Build, qtbot: QtBot
) -> None:
    wall = build(mixed_cameras(server))
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(wall)
    window.resize(900, 600)
    window.show()
    qtbot.waitUntil(lambda: wall.width() == 900)
    qtbot.keyClick(wall.canvas, Qt.Key.Key_F)
    assert wall.isWindow()
    assert wall.isFullScreen()
    qtbot.waitUntil(lambda: feed_of(wall).tile(0).kind is TileKind.LIVE)
    qtbot.keyClick(wall.canvas, Qt.Key.Key_Escape)
    assert not wall.isWindow()
    assert wall.isVisible()
    assert window.centralWidget() is wall
    qtbot.waitUntil(lambda: wall.size() == window.size())
    assert window.takeCentralWidget() is wall


def test_that_the_tile_keys_act_on_is_outlined_and_bolder_with_the_focus(
    server: RtspPoints, build: Build, qtbot: QtBot, appearance: Appearance
) -> None:
    wall = build(mixed_cameras(server))
    wall.activateWindow()
    wall.setFocus()
    qtbot.waitUntil(wall.canvas.hasFocus)
    wall.canvas.pick(1)
    frame = wall.canvas.frames()[1].whole
    shot = wall.canvas.grab().toImage()
    edge = shot.pixelColor(frame.left() + 1, frame.center().y())
    assert edge == appearance.theme.colour(Token.FOCUS)
    wall.canvas.clearFocus()
    shot = wall.canvas.grab().toImage()
    assert shot.pixelColor(frame.left(), frame.center().y()) == appearance.theme.colour(Token.EDGE)
