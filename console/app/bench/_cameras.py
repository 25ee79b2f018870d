"""The city's cameras for benches: served by a process of their own, their pictures made before."""

from __future__ import annotations

import multiprocessing
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from console.app.config import home_directory
from console.app.lineage import die_with
from console.app.processes import ProcessError
from console.city.cameras.city import scene_codec
from console.city.cameras.maker import TrackKey
from console.city.cameras.points import Guard, credentials, point_specs
from console.city.cameras.server import maker_settings, run_cameras, scene_total
from console.city.cameras.settings import MAIN, SUB, CameraServerSettings
from console.domain.ids import CameraId
from console.domain.places import Camera

#: Few scenes: they are shared by all points, and a first start has to draw them.
SCENES = 8
_SERVER = "bench-cameras"
_Alive = Callable[[], bool]
_MADE_S, _UP_S, _DOWN_S = 600.0, 60.0, 10.0


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cameras_of(count: int, *, port: int, seed: int = 1) -> list[Camera]:
    """Return the directory's rows of the cameras served at a port."""
    found = []
    for spec in point_specs(count, seed):
        secret = None if spec.guard is Guard.NONE else credentials(spec.no, seed)
        address = f"rtsp://127.0.0.1:{port}/{spec.id}"
        found.append(
            Camera(
                id=spec.id,
                name=f"点位 {spec.id}",
                main_url=f"{address}/{MAIN}",
                sub_url=f"{address}/{SUB}",
                username=secret.username if secret else None,
                password=secret.password if secret else None,
            )
        )
    return found


def with_dead(cameras: Sequence[Camera], share: float) -> tuple[list[Camera], frozenset[CameraId]]:
    """Return the cameras with a share of them dead, and which: at an address nobody answers at.

    They are spread evenly.
    """
    if share <= 0:
        return list(cameras), frozenset()
    step = round(1 / share)
    chosen = [camera.id for camera in cameras[step // 2 :: step]]
    refusing = free_port()
    dead = frozenset(chosen)
    kept = [
        camera
        if camera.id not in dead
        else Camera(
            id=camera.id,
            name=camera.name,
            main_url=f"rtsp://127.0.0.1:{refusing}/{camera.id}/{MAIN}",
            sub_url=f"rtsp://127.0.0.1:{refusing}/{camera.id}/{SUB}",
        )
        for camera in cameras
    ]
    return kept, dead


@contextmanager
def city_cameras(
    count: int,
    *,
    joining: str | None = None,
    seed: int = 1,
    clips: Path | None = None,
    faults: tuple[Path, Path] | None = None,
    hour: str | None = None,
    sub_only: bool = False,
    scenes: int = SCENES,
) -> Iterator[list[Camera]]:
    """Serve the simulated city's cameras in a process of their own; their pictures are made.

    Args:
        count: Points.
        joining: "gop" or "wait" for all points, as they are mixed where ``None``.
        seed: Seed of the points.
        clips: Folder of videos to take the pictures from.
        faults: Files of the faults there are to be and of those that were shown; none if ``None``.
        hour: Light of all scenes.
        sub_only: No pictures of the main streams are made.
        scenes: How many they share, at least 4.

    Raises:
        ProcessError: They did not come up.
    """
    settings = CameraServerSettings(
        scenes_dir=home_directory(None) / "scenes",
        port=free_port(),
        count=count,
        seed=seed,
        fault_rate=0.0,
        happening_chance=0.0,
        clips_dir=clips,
        scene_count=scenes,
        joining=joining,
        fault_plan=None if faults is None else faults[0],
        truth_path=None if faults is None else faults[1],
        hour=hour,
        sub_only=sub_only,
    )
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=_serve, args=(settings, os.getpid()), name=_SERVER)
    server.start()
    try:
        _wait_up(settings.port, server.is_alive)
        _wait_made(settings, server.is_alive)
        yield cameras_of(count, port=settings.port, seed=seed)
    finally:
        server.terminate()
        server.join(_DOWN_S)
        if server.is_alive():
            server.kill()
            server.join()
        server.close()


def _serve(settings: CameraServerSettings, parent: int) -> None:
    die_with(parent)
    run_cameras(settings)


def cameras_cpu_s() -> float:
    """Return the processor time that serving the cameras has taken so far, seconds."""
    spent = 0.0
    for child in multiprocessing.active_children():
        if child.name == _SERVER and child.pid is not None:
            spent += sum(psutil.Process(child.pid).cpu_times()[:2])
    return spent


def _wait_up(port: int, is_alive: _Alive) -> None:
    end = time.monotonic() + _UP_S
    while time.monotonic() < end and is_alive():
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise ProcessError("The bench's cameras could not be served; see above.")


def _wait_made(settings: CameraServerSettings, is_alive: _Alive) -> None:
    """Wait until every scene is drawn, or taken from its video: they are kept on a machine."""
    maker = maker_settings(settings)
    numbers = range(scene_total(settings, maker))
    keys = [TrackKey(codec=scene_codec(number), scene=number) for number in numbers]
    wanted = [path for key in keys for path in maker.paths(key)]
    end = time.monotonic() + _MADE_S
    while not all(path.exists() for path in wanted):
        if time.monotonic() > end or not is_alive():
            raise ProcessError("The scenes of the bench's cameras were not made in time.")
        time.sleep(0.2)
