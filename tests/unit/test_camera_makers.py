"""The processes that make the simulated cameras' pictures: what one of them loses, and what not."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from pathlib import Path

import numpy as np
import pytest

from console.city.cameras.encode import encode_track, shape_of
from console.city.cameras.faults import FaultKind
from console.city.cameras.library import Workers
from console.city.cameras.maker import MakerSettings, TrackKey
from console.media.nal import Codec


@pytest.fixture
def settings(tmp_path: Path) -> MakerSettings:
    """Scene 0 on disk as it should be; scene 1 with pictures of another size than it says."""
    made = MakerSettings(folder=tmp_path, source="s1", seed=1)
    sub = shape_of(Codec.H264, "sub")
    grey = np.full((sub.height_px * 3 // 2, sub.width_px), 90, np.uint8)
    small = encode_track(sub, [grey] * 50)
    for scene, stream in ((0, "sub"), (1, "sub"), (1, "main")):
        small.save(TrackKey(codec=Codec.H264, scene=scene).path(tmp_path, "s1", stream))
    main = shape_of(Codec.H264, "main")
    large = np.full((main.height_px * 3 // 2, main.width_px), 90, np.uint8)
    path = TrackKey(codec=Codec.H264, scene=0).path(tmp_path, "s1", "main")
    encode_track(main, [large] * 50).save(path)
    return made


def black(scene: int) -> TrackKey:
    return TrackKey(codec=Codec.H264, scene=scene, fault=(FaultKind.BLACK, 3))


def test_that_a_track_that_cannot_be_made_takes_no_other_with_it(settings):
    async def make():
        workers = Workers(settings, 1)
        try:
            asked = [workers.made(black(scene), urgent=True) for scene in (1, 0)]
            spoilt = await asked[0]
            again = workers.made(black(1), urgent=True)  # before the rest after a trouble is over
            return [spoilt, await asked[1], again.done() and again.result()]
        finally:
            await workers.stop()

    spoilt, well, again = asyncio.run(make())
    assert spoilt is not None
    assert "720" in spoilt or "360" in spoilt
    assert well is None
    assert again == spoilt  # said at once: the maker is not kept busy with it
    assert black(0).path(settings.folder, "s1", "main").exists()


def test_that_a_maker_killed_at_work_loses_what_it_did_and_no_more(settings):
    scene = TrackKey(codec=Codec.H264, scene=7)

    async def make():
        workers = Workers(settings, 1)
        try:
            lost, kept = workers.made(scene, urgent=True), workers.made(black(0), urgent=True)
            everyone = multiprocessing.active_children()
            (process,) = (one for one in everyone if one.name == "zhihui-cameras-maker")
            assert process.pid is not None
            process.kill()
            troubles = await asyncio.gather(lost, kept)
            assert process.exitcode == -signal.SIGKILL
            return troubles
        finally:
            await workers.stop()

    lost, kept = asyncio.run(make())
    assert lost == "The process that makes pictures has ended."
    assert kept is None
    assert black(0).path(settings.folder, "s1", "sub").exists()
