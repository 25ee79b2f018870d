"""The wall's bench measures real streams and leaves nothing running."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from rtsp_points import Point, make_clip, serving

from console.app.bench.wall import run
from console.media.nal import Codec

pytestmark = pytest.mark.xvfb


def test_that_the_bench_says_what_it_measured(qapp: QApplication) -> None:
    clip = make_clip(Codec.H264)
    with serving(**{f"C{n}": Point(clip) for n in range(8)}) as server:
        urls = [server.camera(name).main_url for name in server.points]
        figures = run(tiles=4, seconds=4, urls=urls, dwell_s=1.5)
    assert figures["streams"] == {"video/H264 320x180": 4}
    assert figures["tiles_turned_without_picture"] == 0
    assert figures["threads_left"] == 0
    assert figures["pages_turned"] in (1, 2, 3)
    pictures_per_s = figures["pictures_per_s"]
    assert isinstance(pictures_per_s, float)
    assert pictures_per_s > 20
