"""The wall and the sweep on the simulated city's own RTSP server: both codecs, every guard."""

from __future__ import annotations

import asyncio
import hashlib
import io
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.city.cameras.points import Guard, credentials, point_specs
from console.domain.places import Camera
from console.patrol.plans import PatrolPlan
from console.ui.wall_feed import WallFeed
from console.ui.wall_values import TileKind
from console.video.evidence import EvidenceShot
from console.video.visit import VisitSettings, visit
from widgets.common.appearance import Appearance
from widgets.wall.wall import WallWidget

ROOT = Path(__file__).parents[2]
POINTS, SEED = 64, 1
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Camera]]:
    """A server process with faultless points, and the points as the directory has them."""
    port, scenes = free_port(), tmp_path_factory.mktemp("scenes")
    script = (
        "import sys; from pathlib import Path\n"
        "from console.city.cameras.server import run_cameras\n"
        "from console.city.cameras.settings import CameraServerSettings\n"
        "if __name__ == '__main__':\n"
        f"    sys.exit(run_cameras(CameraServerSettings(scenes_dir=Path({str(scenes)!r}), "
        f"port={port}, count={POINTS}, seed={SEED}, fault_rate=0.0, happening_chance=0.0, "
        "scene_count=4, makers=1)))\n"
    )
    program = scenes / "serve.py"
    program.write_text(script)
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen([sys.executable, str(program)], cwd=ROOT, env=environment)
    made = [camera(port, number) for number in range(POINTS)]
    yield made
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0


def camera(port: int, number: int) -> Camera:
    spec = point_specs(POINTS, SEED)[number]
    key = None if spec.guard is Guard.NONE else credentials(spec.no, SEED)
    address = f"rtsp://127.0.0.1:{port}/{spec.id}"
    return Camera(
        id=spec.id,
        name=f"点位 {spec.id}",
        main_url=f"{address}/main",
        sub_url=f"{address}/sub",
        username=None if key is None else key.username,
        password=None if key is None else key.password,
    )


def test_that_the_wall_turns_through_the_city_live(
    cameras: list[Camera], qapp: QApplication, qtbot: QtBot
) -> None:
    plan = PatrolPlan(name="city", points=tuple(one.id for one in cameras[:36]), dwell_s=6.0)
    feed = WallFeed(cameras, plan=plan, tiles=9)
    wall = WallWidget(feed, Appearance(qapp, ROOT / "resources", language="en"))
    qtbot.addWidget(wall)
    wall.resize(1280, 720)
    wall.show()
    # The first scenes are still being drawn: tiles say so in words and come on by themselves.
    qtbot.waitUntil(
        lambda: all(feed.tile(n).kind is TileKind.LIVE for n in range(9)), timeout=120_000
    )
    turns: list[list[TileKind]] = []

    def look() -> None:
        feed.tick()
        turns.append([feed.tile(n).kind for n in range(9)])

    feed.page_turned.connect(look)
    # How soon the scenes are drawn is the machine's; that pages then turn without a gap is ours.
    whole = [[TileKind.LIVE] * 9] * 2
    qtbot.waitUntil(lambda: turns[-2:] == whole, timeout=120_000)
    feed.page_turned.disconnect(look)
    shots: list[EvidenceShot] = []
    feed.evidence_taken.connect(shots.append)
    for number in range(9):
        qtbot.waitUntil(lambda n=number: feed.tile(n).kind is TileKind.LIVE)
        wall.canvas.pick(number)
        qtbot.keyClick(wall.canvas, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: len(shots) == 9)
    wall.hide()
    assert feed.stop()
    assert len(shots) == 9
    assert {shot.original_type for shot in shots} == {"video/H264", "video/H265"}
    for shot in shots:
        assert hashlib.sha256(shot.original).hexdigest() == shot.original_sha256
        with av.open(io.BytesIO(shot.original)) as container:
            assert sum(1 for _ in container.decode(video=0)) >= 1


def test_that_the_sweep_sees_every_point(cameras: list[Camera]) -> None:
    async def all_of_them() -> list[str | None]:
        room = asyncio.Semaphore(8)

        async def one(point: Camera) -> str | None:
            async with room:
                return (await visit(point, VisitSettings())).sentence

        return await asyncio.gather(*(one(point) for point in cameras))

    assert [sentence for sentence in asyncio.run(all_of_them()) if sentence] == []
