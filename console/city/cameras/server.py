"""The RTSP server of the simulated city: a thousand camera points on one port."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from zoneinfo import ZoneInfo

import av

from console.city.cameras.city import CameraCity, Script, scene_codec
from console.city.cameras.clips import open_folder
from console.city.cameras.connection import CameraConnection, Door
from console.city.cameras.faultplan import PlannedFaults
from console.city.cameras.faults import (
    COMING_KINDS,
    FaultKind,
    Faults,
    FaultSchedule,
    TruthRecord,
)
from console.city.cameras.feed import Beat
from console.city.cameras.library import Library, Workers
from console.city.cameras.maker import MakerSettings, loop_s
from console.city.cameras.points import Joining, camera_points, point_specs
from console.city.cameras.settings import (
    FRAME_RATE,
    GOP_FRAMES,
    STREAMS,
    SUB,
    CameraCityError,
    CameraServerSettings,
)
from console.city.cameras.stages import STAGES, HappeningSchedule, stage_of
from console.city.cameras.street import Hour
from console.domain.errors import ZhihuiError
from console.store.citypack import CityPack

_LOG = logging.getLogger("zhihui.cameras")
_LOOK_S = 5.0
_BACKLOG = 1024
_WINDOW_S = 4 * GOP_FRAMES / FRAME_RATE
_LEAST_SCENES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCameras:
    """A camera server that is listening.

    Attributes:
        port: Where.
        watched: How many streams are being sent.
    """

    port: int
    city: CameraCity
    beat: Beat

    @property
    def watched(self) -> int:
        """How many streams are being sent."""
        return self.beat.watched


@asynccontextmanager
async def camera_server(settings: CameraServerSettings) -> AsyncIterator[RunningCameras]:
    """Serve the cameras until the block is left.

    Raises:
        CameraCityError: The port is taken, the clips cannot be used, or the count is impossible.
        CityPackError: The city pack cannot be used.
    """
    av.logging.set_level(av.logging.ERROR)
    maker = await asyncio.to_thread(maker_settings, settings)
    points = point_specs(settings.count, settings.seed)
    if settings.joining is not None:
        points = [replace(point, joining=Joining(settings.joining)) for point in points]
    if settings.pack_path is not None:
        CityPack.open(settings.pack_path).close()  # now, so that a bad one is said at the start
    workers = Workers(maker, max(1, settings.makers))
    city = CameraCity(
        points=points,
        names=partial(_names, settings),
        scene_count=scene_total(settings, maker),
        script=Script(
            faults=_faults(settings),
            happenings=await asyncio.to_thread(_happenings, settings, len(maker.windows)),
        ),
        truth=TruthRecord(settings.truth_path),
        library=Library(maker, workers),
        workers=workers,
        zone=ZoneInfo(settings.time_zone) if settings.time_zone else None,
    )
    beat = Beat()
    door = Door(
        city=city,
        beat=beat,
        seed=settings.seed,
        timeout_s=settings.session_timeout_s,
        connections=set(),
    )
    try:
        server = await _listen(door, settings)
        city.start()
        looking = asyncio.create_task(_cut_off_silent(door))
        port = server.sockets[0].getsockname()[1]
        _LOG.info("%d cameras at rtsp://%s:%d/", settings.count, settings.host, port)
        try:
            yield RunningCameras(port=port, city=city, beat=beat)
        finally:
            server.close()
            looking.cancel()
            beat.stop()
            for connection in list(door.connections):
                connection.close()
            await asyncio.gather(looking, return_exceptions=True)
            await server.wait_closed()
    finally:
        await city.stop()


def _faults(settings: CameraServerSettings) -> Faults:
    if settings.fault_plan is not None:
        return PlannedFaults(settings.fault_plan)
    kinds = tuple(FaultKind(one) for one in settings.fault_kinds) or COMING_KINDS
    return FaultSchedule(settings.truth_seed, settings.fault_rate, kinds)


def _happenings(settings: CameraServerSettings, windows: int) -> HappeningSchedule:
    """Return what happens where; nothing does in videos, whose truth nobody knows."""
    if windows or settings.happening_chance <= 0:
        return HappeningSchedule(settings.truth_seed, 0.0, {})
    stages = {
        scene: stage_of(settings.seed, scene, loop_s(scene_codec(scene)))
        for scene in range(min(STAGES, settings.scene_count))
    }
    return HappeningSchedule(settings.truth_seed, settings.happening_chance, stages)


async def _listen(door: Door, settings: CameraServerSettings) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(
            lambda: CameraConnection(door), settings.host, settings.port, backlog=_BACKLOG
        )
    except OSError as error:
        raise CameraCityError(
            f"The cameras cannot be served at {settings.host}:{settings.port} ({error.strerror}). "
            "Stop what uses that port, or choose another."
        ) from error


async def _cut_off_silent(door: Door) -> None:
    """Cut off clients that have given no sign of life."""
    while True:
        await asyncio.sleep(min(_LOOK_S, door.timeout_s / 4))
        now_s = time.monotonic()
        for connection in [one for one in door.connections if one.is_silent(now_s)]:
            connection.close()


def maker_settings(settings: CameraServerSettings) -> MakerSettings:
    """Return what pictures are to be made from; videos that cannot be used are said.

    Raises:
        CameraCityError: No video in the folder can be used.
    """
    streams = (SUB,) if settings.sub_only else STREAMS
    if settings.clips_dir is None:
        return MakerSettings(
            folder=settings.scenes_dir,
            source=drawn_source(settings),
            seed=settings.seed,
            hour=None if settings.hour is None else Hour(settings.hour),
            streams=streams,
        )
    folder = open_folder(settings.clips_dir, _WINDOW_S)
    for complaint in folder.complaints:
        _LOG.warning("%s", complaint)
    return MakerSettings(
        folder=settings.scenes_dir,
        source=f"c{folder.mark}",
        seed=settings.seed,
        windows=folder.windows,
        streams=streams,
    )


def scene_total(settings: CameraServerSettings, maker: MakerSettings) -> int:
    """Return how many scenes are shown: one a part of a video, or as many as are to be drawn."""
    return max(_LEAST_SCENES, len(maker.windows) or settings.scene_count)


def drawn_source(settings: CameraServerSettings) -> str:
    """Return what names drawn pictures in their files: other ones are never taken for them."""
    parts = [f"s{settings.seed}", *([settings.hour] if settings.hour else [])]
    return "-".join([*parts, *(["sub"] if settings.sub_only else [])])


def _names(settings: CameraServerSettings) -> dict[int, str]:
    """Return what is burnt into each point's pictures."""
    points = point_specs(settings.count, settings.seed)
    if settings.pack_path is None:
        return {point.no: f"点位 {point.id}" for point in points}
    with CityPack.open(settings.pack_path) as pack:
        cameras = camera_points(pack, seed=settings.seed, count=settings.count)
    return {point.no: camera.name for point, camera in zip(points, cameras, strict=True)}


async def serve_cameras(settings: CameraServerSettings) -> None:
    """Serve the cameras until SIGINT or SIGTERM.

    Raises:
        CameraCityError: They cannot be served; the sentence says what to do.
        CityPackError: The city pack cannot be used.
    """
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ending.set)
    try:
        async with camera_server(settings):
            await ending.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def run_cameras(settings: CameraServerSettings) -> int:
    """Serve the cameras in a loop of their own; return the exit status of the process."""
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve_cameras(settings))
    except ZhihuiError as error:
        _LOG.error("%s", error)
        return 1
    return 0
