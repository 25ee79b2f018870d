"""Hints over real streams: a real ONNX file, a real tile's picture, a person's yes and no."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from onnx_models import BRIGHT, build_fixed, build_red_detector
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from rtsp_points import RtspPoints, make_clip, mixed_cameras, mixed_points, serving

from console.domain.hints import Box, Hint, HintKind, Measured, PointHints
from console.domain.ids import CameraId
from console.media.nal import Codec
from console.ui.wall_feed import WallFeed
from console.ui.wall_hints import WallHints, read_measured
from console.video.detector import DetectorSettings, class_names
from console.video.evidence import EvidenceShot
from console.video.live import Decoders, in_thread
from console.video.looks import LooksReader, LooksWriter
from console.video.starters import hints_in_process, hints_in_thread
from widgets.common.appearance import Appearance
from widgets.wall.hint_paint import hint_label
from widgets.wall.wall import WallWidget

MEASURED = {HintKind.CROWD: Measured(precision=0.93, recall=0.8, hints=214)}
pytestmark = pytest.mark.xvfb


@pytest.fixture
def server() -> Iterator[RtspPoints]:
    with serving(**mixed_points(make_clip(Codec.H264))) as running:
        yield running


Build = Callable[..., tuple[WallWidget, WallFeed, WallHints]]


@pytest.fixture
def build(qtbot: QtBot, appearance: Appearance, server: RtspPoints) -> Iterator[Build]:
    made: list[tuple[WallWidget, WallFeed, WallHints]] = []

    def make(start=hints_in_thread) -> tuple[WallWidget, WallFeed, WallHints]:
        feed = WallFeed(mixed_cameras(server)[:4], tiles=1, decoders=Decoders(1, None, in_thread))
        hints = WallHints(feed, MEASURED, start=start)
        wall = WallWidget(feed, appearance)
        wall.set_hints(hints)
        qtbot.addWidget(wall)
        wall.resize(1300, 700)
        wall.show()
        made.append((wall, feed, hints))
        return made[-1]

    yield make
    for wall, feed, hints in made:
        wall.hide()
        hints.stop()
        assert feed.stop()


def bright(tmp_path: Path) -> DetectorSettings:
    model = build_red_detector(tmp_path / "bright.onnx", weights=BRIGHT)
    return DetectorSettings(
        model=model, classes=class_names("bright thing=0102,none"), threshold=0.85
    )


def the_hint(hints: WallHints, feed: WallFeed) -> Hint | None:
    told = hints.told(feed.tile(0).camera)
    return told[0] if told else None


def test_that_a_model_of_the_sites_own_marks_a_live_tile_and_a_yes_opens_evidence(
    build: Build, qtbot: QtBot, tmp_path: Path
) -> None:
    wall, feed, hints = build(hints_in_process)
    hints.use_detector(bright(tmp_path))
    qtbot.waitUntil(lambda: the_hint(hints, feed) is not None)
    hint = the_hint(hints, feed)
    assert hint is not None
    assert (hint.word, hint.likely_form, hint.kind) == ("bright thing", "0102", HintKind.DETECTED)
    assert 60 / 180 - 0.1 < hint.box.centre[1] < 120 / 180 + 0.1  # where the clip's square moves
    assert hint_label(hint, hints.measured) == f"bright thing {hint.score:.2f}"
    shots: list[EvidenceShot] = []
    told: list[str] = []
    wall.evidence_taken.connect(shots.append)
    wall.told.connect(told.append)
    point = feed.tile(0).camera
    QTest.keyClick(wall.canvas, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: len(shots) == 1)
    assert shots[0].camera == point
    confirmed = hints.confirmed(str(point))
    assert confirmed is not None
    assert confirmed.likely_form == "0102"
    assert hints.confirmed(str(point)) is None  # once
    assert told == ["Confirmed: bright thing. The picture becomes evidence."]


def test_that_boxes_are_painted_over_the_picture_and_can_be_switched_off(
    build: Build, qtbot: QtBot, tmp_path: Path
) -> None:
    wall, feed, hints = build()
    hints.use_detector(bright(tmp_path))
    qtbot.waitUntil(lambda: the_hint(hints, feed) is not None)

    def yellow() -> int:
        image = wall.canvas.grab().toImage()
        spots = (image.pixelColor(QPoint(x, y)) for x in range(0, image.width(), 2)
                 for y in range(0, image.height() - 24, 2))  # fmt: skip
        return sum(one.red() > 200 and one.green() > 190 and one.blue() < 150 for one in spots)

    qtbot.waitUntil(lambda: yellow() > 10)
    QTest.keyClick(wall.canvas, Qt.Key.Key_M)
    assert hints.of(feed.tile(0).camera) == ()
    qtbot.waitUntil(lambda: yellow() == 0)


def test_that_a_no_is_remembered_at_that_place(build: Build, qtbot: QtBot, tmp_path: Path) -> None:
    wall, feed, hints = build()
    found = build_fixed(tmp_path / "fixed.onnx", np.array([[[20, 70, 60, 90, 0.9, 0]]], np.float32))
    hints.use_detector(DetectorSettings(model=found, classes=class_names("a,b")))
    qtbot.waitUntil(lambda: the_hint(hints, feed) is not None)
    QTest.keyClick(wall.canvas, Qt.Key.Key_X)
    assert the_hint(hints, feed) is None
    point = feed.tile(0).camera
    assert point is not None
    answered = datetime.now(UTC)
    qtbot.waitUntil(lambda: hints._hints[point].at > answered)  # it looks on
    assert the_hint(hints, feed) is None
    QTest.keyClick(wall.canvas, Qt.Key.Key_C)  # nothing to say yes to: nothing happens
    assert hints.confirmed(str(feed.tile(0).camera)) is None


def test_that_a_model_that_fails_is_said_and_the_wall_goes_on(
    build: Build, qtbot: QtBot, tmp_path: Path
) -> None:
    _wall, feed, hints = build()
    odd = build_fixed(tmp_path / "odd.onnx", np.zeros((1, 9, 11), np.float32))
    hints.use_detector(DetectorSettings(model=odd, classes=class_names("a,b")))
    qtbot.waitUntil(lambda: hints.sentence is not None)
    assert "does not go with 2 class names" in (hints.sentence or "")
    assert not hints.has_detector
    before = feed.stream_counts()[0]
    qtbot.waitUntil(lambda: feed.stream_counts()[0] > before + 5)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    hints.use_detector(DetectorSettings(model=broken, classes=class_names("a")))
    qtbot.waitUntil(lambda: "no ONNX model" in (hints.sentence or ""))
    hints.use_detector(bright(tmp_path))
    qtbot.waitUntil(lambda: the_hint(hints, feed) is not None)
    assert hints.has_detector


def test_that_precision_is_what_was_measured_and_nothing_is_claimed_without(
    tmp_path: Path,
) -> None:
    file = tmp_path / "hints.json"
    assert read_measured(file) == {}
    file.write_text("{", encoding="utf-8")
    assert read_measured(file) == {}
    kinds = {"crowd": {"precision": 0.9, "recall": 0.5, "hints": 20}}
    file.write_text(json.dumps({"kinds": kinds}), encoding="utf-8")
    assert read_measured(file) == {HintKind.CROWD: Measured(precision=0.9, recall=0.5, hints=20)}


def test_that_what_the_sweep_hints_at_is_told_for_points_that_are_not_on(
    build: Build, tmp_path: Path, qtbot: QtBot
) -> None:
    wall, feed, _hints = build()
    elsewhere = mixed_elsewhere(feed)
    at = datetime.now(UTC)
    box = Box(left=0.2, top=0.3, width=0.1, height=0.2)
    parked = Hint(kind=HintKind.PARKED, box=box, since=at)
    moves = Hint(kind=HintKind.MOTION, box=box, since=at)
    writer = LooksWriter(tmp_path / "looks.db")
    writer.put_hints([PointHints(point=elsewhere, at=at, hints=(moves, parked))])
    more = WallHints(feed, looks=LooksReader(tmp_path / "looks.db"), start=hints_in_thread)
    more.tick()
    assert [(point, one.kind) for point, one in more.every()] == [(elsewhere, HintKind.PARKED)]
    wall.set_hints(more)
    QTest.keyClick(wall.canvas, Qt.Key.Key_N)
    assert elsewhere in feed.points_on()
    writer.put_hints([PointHints(point=elsewhere, at=at)])
    writer.close()
    more.stop()
    assert LooksReader(tmp_path / "looks.db").hints(at) == []


def mixed_elsewhere(feed: WallFeed) -> CameraId:
    on = feed.points_on()
    return next(point for point in feed.plans.points(feed._rotation) if point not in on)
