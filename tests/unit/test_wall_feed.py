"""The wall's model without a widget: cameras that come and go, points lent, words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from rtsp_points import RtspPoints, make_clip, mixed_cameras, mixed_points, serving

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.media.nal import Codec
from console.patrol.plans import PatrolPlan
from console.patrol.schedule import Seen
from console.ui.wall_feed import WallFeed
from console.ui.wall_values import Finding
from console.video.trouble import Trouble
from widgets.common.appearance import Appearance
from widgets.wall.words import finding_word, trouble_advice, trouble_title


@pytest.fixture
def server() -> Iterator[RtspPoints]:
    with serving(**mixed_points(make_clip(Codec.H264))) as running:
        yield running


def test_that_cameras_that_come_later_are_shown(server: RtspPoints, appearance: Appearance) -> None:
    feed = WallFeed([])
    assert feed.strip().points == 0
    feed.put_cameras(mixed_cameras(server))
    assert feed.strip().points == 24
    feed.put_cameras([replace(mixed_cameras(server)[0], retired=True)])
    assert feed.strip().points == 23
    assert feed.stop()


def test_that_every_trouble_and_finding_has_words_in_both_languages(
    appearance: Appearance, qapp: QApplication
) -> None:
    english = {one: (trouble_title(one), trouble_advice(one)) for one in Trouble}
    found = {one: finding_word(one) for one in Finding}
    appearance.use_language("zh_CN")
    assert all(trouble_title(one) != english[one][0] for one in Trouble)
    assert all(trouble_advice(one) != english[one][1] for one in Trouble)
    assert all(finding_word(one) != found[one] for one in Finding)
    qapp.sendPostedEvents(None, QEvent.Type.LanguageChange)


def test_that_new_cameras_leave_the_points_of_an_incident_on(
    server: RtspPoints, appearance: Appearance
) -> None:
    cameras = mixed_cameras(server)
    feed = WallFeed(cameras[:8])
    feed.show_points([CameraId("C05")], name="00317")
    feed.put_cameras(cameras)
    assert feed.strip().plan == "00317"
    feed.resume_plan()
    assert feed.strip().points == 24
    assert feed.stop()


def test_that_an_ordered_plan_turns_pages_by_yield_and_shows_no_point_twice_in_a_row(
    appearance: Appearance,
) -> None:
    cameras = [
        Camera(id=CameraId(f"P{n:02d}"), name=f"P{n:02d}", main_url="rtsp://127.0.0.1:9/x")
        for n in range(40)
    ]
    feed = WallFeed(cameras, tiles=4)
    feed.plans.set_past([Seen(point=CameraId("P07"), hour=hour) for hour in range(24)] * 40)
    points = tuple(camera.id for camera in cameras)
    feed.set_plan(PatrolPlan(name="yield", points=points, dwell_s=8.0, max_revisit_s=900.0))
    pages = [feed.points_on()]
    for _ in range(12):
        feed.step(1)
        pages.append(feed.points_on())
    seen = [point for page in pages for point in page]
    assert seen.count(CameraId("P07")) >= 2
    assert all(not set(one) & set(other) for one, other in itertools.pairwise(pages))
    feed.step(-1)
    assert feed.points_on() == pages[-2]
    assert feed.strip().points == 40
    feed.toggle_pin(0)
    pinned = feed.points_on()[0]
    feed.step(1)
    assert feed.points_on()[0] == pinned
    assert feed.stop()


def test_that_a_promise_that_cannot_be_kept_is_said_and_the_plan_runs_all_the_same(
    appearance: Appearance,
) -> None:
    cameras = [
        Camera(id=CameraId(f"P{n:02d}"), name=f"P{n:02d}", main_url="rtsp://127.0.0.1:9/x")
        for n in range(40)
    ]
    feed = WallFeed(cameras, tiles=1)
    said: list[str] = []
    feed.plan_refused.connect(said.append)
    points = tuple(camera.id for camera in cameras)
    feed.set_plan(PatrolPlan(name="yield", points=points, dwell_s=60.0, max_revisit_s=600.0))
    assert "one round takes 40" in said[0]
    assert feed.strip().pages == 40
    assert feed.stop()
