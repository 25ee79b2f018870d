"""Crowds and parked things at the simulated cameras: shown over RTSP, and on record."""

import itertools
import json
import time
from dataclasses import replace
from datetime import UTC, datetime

import av
import numpy as np
import pytest
from test_city_cameras import LONG_S, running, scenes, until, url_of

from console.city.cameras.encode import encode_track, shape_of
from console.city.cameras.maker import TrackKey, loop_s
from console.city.cameras.points import point_specs
from console.city.cameras.stages import HappeningSchedule, stage_of
from console.media.nal import Codec

__all__ = ["scenes"]


def test_that_a_happening_is_shown_and_on_record_with_its_place(scenes, tmp_path):
    """Pictures of the happening are there already, whiter than any others."""
    now_s, points = time.time(), [p for p in point_specs(8, 1) if p.codec is Codec.H264]
    stages = {n: stage_of(1, n, loop_s(Codec.H264)) for n in range(3)}
    for seed in itertools.count():
        schedule = HappeningSchedule(seed, 1.0, stages)
        events = {p.id: (p, schedule.at(p.no, p.scene % 3, now_s)) for p in points}
        lasting = [one for one in events.values() if one[1] and one[1].to_s > now_s + LONG_S]
        if lasting:
            break
    point, event = lasting[0]
    for shown, there in events.values():
        key = TrackKey(codec=Codec.H264, scene=shown.scene % 3)
        for stream in ("main", "sub") if there else ():
            shape = shape_of(Codec.H264, stream)
            white = np.full((shape.height_px * 3 // 2, shape.width_px), 128, np.uint8)
            white[: shape.height_px] = 230
            place = there.place.kind, there.place.variant
            path = replace(key, happens=place).path(scenes, "s1", stream)
            encode_track(shape, (white.copy() for _ in range(50))).save(path)
    truth = tmp_path / "truth.jsonl"
    settings = {"scenes_dir": scenes, "port": 0, "count": 8, "scene_count": 4, "makers": 1}
    with running(
        **settings, truth_path=truth, truth_seed=seed, fault_rate=0.0, happening_chance=1.0
    ) as (server, _):
        assert until(lambda: truth.exists() and point.id in truth.read_text(), LONG_S)
        with av.open(url_of(server, point, "sub"), options={"rtsp_transport": "tcp"}) as found:
            frame = next(found.decode(video=0)).to_ndarray()
    assert frame[:330].mean() > 200
    rows = [json.loads(line) for line in truth.read_text().splitlines()]
    (row,) = [row for row in rows if row["camera"] == point.id]
    box = event.place.box
    assert row["kind"] == event.place.kind
    assert row["box"] == pytest.approx([box.left, box.top, box.width, box.height], abs=1e-3)
    assert row["to"] == datetime.fromtimestamp(event.to_s, UTC).isoformat(timespec="milliseconds")
