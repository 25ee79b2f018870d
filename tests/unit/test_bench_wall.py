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
    with serving(**{f"C{n}": Point(clip) for n in range(4)}) as server:
        urls = [server.camera(name).main_url for name in server.points]
        figures = run(tiles=4, seconds=3, urls=urls)
    assert figures["live_tiles"] == 4
    assert figures["painted_fps"] > 3
    assert figures["decoded_fps"] > 5
    assert figures["tick_p99_ms"] >= 0
    assert figures["paint_p50_ms"] > 0
