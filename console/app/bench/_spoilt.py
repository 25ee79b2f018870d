"""The pictures of faulty cameras, made before a bench begins and kept from one to the next."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from console.app.config import home_directory
from console.city.cameras.city import scene_codec, spoilt
from console.city.cameras.faults import SEVERITIES, Fault, FaultKind
from console.city.cameras.maker import Maker, MakerSettings, TrackKey
from console.city.cameras.server import drawn_source
from console.city.cameras.settings import SUB, CameraServerSettings
from console.city.cameras.street import Hour
from console.media.nal import Codec

_PROCESSES = 2


def spoilt_settings(seed: int, hour: str | None) -> MakerSettings:
    """Return where and how the sub streams of a bench's cameras are made."""
    folder = home_directory(None) / "scenes"
    served = CameraServerSettings(scenes_dir=folder, seed=seed, hour=hour, sub_only=True)
    light = None if hour is None else Hour(hour)
    return MakerSettings(
        folder=folder, source=drawn_source(served), seed=seed, hour=light, streams=(SUB,)
    )


def make_spoilt(seed: int, hour: str | None, scenes: int) -> None:
    """Make the scenes of a bench's cameras and every fault in each of them, unless they are there.

    Args:
        seed: Of the cameras.
        hour: Light of the scenes, each one's own where ``None``.
        scenes: How many.
    """
    settings = spoilt_settings(seed, hour)
    plain = [TrackKey(codec=scene_codec(number), scene=number) for number in range(scenes)]
    plain += [TrackKey(codec=codec, scene=-1) for codec in Codec]
    kinds = [kind for kind in FaultKind if kind.changes_picture]
    faults = [
        spoilt(key, Fault(kind=kind, severity=severity, from_s=0.0, to_s=0.0))
        for key in plain[:scenes]
        for kind in kinds
        for severity in SEVERITIES
    ]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_PROCESSES, context) as pool:
        for keys in (plain, list(dict.fromkeys(faults))):
            missing = [key for key in keys if not all(p.exists() for p in settings.paths(key))]
            list(pool.map(_make, [settings] * len(missing), missing))


def _make(settings: MakerSettings, key: TrackKey) -> None:
    Maker(settings).make(key)
