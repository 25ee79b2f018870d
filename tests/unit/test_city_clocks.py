"""Clocks that the simulated cameras burn in, read by real visits over real sockets."""

import asyncio
import json
from zoneinfo import ZoneInfo

import test_city_cameras
from test_city_cameras import COUNT, running

from console.city.cameras.points import Guard, credentials, point_specs
from console.domain.places import Camera
from console.video.clocks import Clocks
from console.video.visit import VisitSettings, visit

scenes = test_city_cameras.scenes


def test_that_a_visit_reads_the_clock_a_point_burns_in_and_wrong_ones_are_on_record(
    scenes, tmp_path
):
    truth = tmp_path / "truth.jsonl"
    points = [one for one in point_specs(COUNT, 1) if one.clock_off_s is not None and not one.live]
    settings = {"scenes_dir": scenes, "port": 0, "count": COUNT, "scene_count": 4}
    wrong = {one.id for one in points if one.clock_off_s}
    with running(**settings, fault_rate=0.0, truth_path=truth, time_zone="Asia/Shanghai") as (
        found,
        _,
    ):
        book = Clocks(ZoneInfo("Asia/Shanghai"))
        called, read = set(), set()
        for _ in range(5):
            for point in (one for one in points if one.id not in read):
                secret = None if point.guard is Guard.NONE else credentials(point.no, 1)
                camera = Camera(
                    id=point.id, name=point.id,
                    main_url=f"rtsp://127.0.0.1:{found.port}/{point.id}/sub",
                    username=secret and secret.username, password=secret and secret.password,
                )  # fmt: skip
                seen = asyncio.run(visit(camera, VisitSettings(reads_clock=True)))
                assert seen.trouble is None
                read |= {point.id} if seen.clock is not None else set()
                if book.note(point.id, seen.clock, seen.at):
                    called.add(point.id)
    rows = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    assert {row["camera"] for row in rows if row["kind"] == "wrong_clock"} == wrong
    assert len(read) >= len(points) - 2
    assert called == wrong & read
