"""How well faults of pictures are found, and how often one is seen where there is none.

Faults of every kind and three severities are put into pictures of the simulated city by day and by
night; a day and a half of looks at a thousand cameras is made from them, each camera with its own
brightness and with one fault at some time of the last day. What the cameras are like, by day and by
night apart, is learned from the looks themselves. How soon a camera that has stopped is known is
taken from a sweep of running cameras (`_offline`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from console.app.bench._cameras import SCENES, city_cameras
from console.app.bench._figures import machine
from console.app.bench._offline import offline_figures
from console.app.config import home_directory
from console.city.cameras.city import scene_codec
from console.city.cameras.encode import decode_track, planes
from console.city.cameras.faults import SEVERITIES, FaultKind
from console.city.cameras.fonts import Lettering
from console.city.cameras.maker import TrackKey
from console.city.cameras.scene import StreetScene
from console.city.cameras.settings import FRAME_RATE, SIZES_PX, SUB
from console.city.cameras.spoil import Spoiler
from console.city.cameras.street import Hour
from console.city.cameras.track import Track
from console.domain.ids import CameraId
from console.video.diagnosis import (
    Finding,
    Metrics,
    changed_share,
    diagnose,
    difference,
    measure,
)
from console.video.usual import Baselines, Fault, FaultBook

_HEIGHT = SIZES_PX[SUB][1]
_FRAMES, _STEP = 16, 6
_NOISE_SIGMA = (14.0, 24.0, 40.0)
_DAY_S, _DAYS = 86_400.0, 1.5
_FAULT_S = 1_800.0
#: Sensor noise of a place where nothing moves, brightness steps.
_STILL_SIGMA = 2.0


@dataclass(frozen=True, slots=True)
class _Pools:
    """Figures of pictures by scene and whether it is day: good ones, and spoilt ones by fault."""

    good: dict[tuple[int, bool], list[Metrics]]
    spoilt: dict[tuple[int, bool, Finding, int], list[Metrics]]


def run(
    *,
    cameras: int = 1_000,
    look_every_s: float = 180.0,
    seed: int = 1,
    running: int = 1_000,
    sweep_per_s: float = 400.0,
) -> dict[str, Any]:
    """Measure; see the module's text.

    Args:
        cameras: How many.
        look_every_s: Between two looks of one camera.
        seed: Of everything.
        running: Cameras that really run and are swept, some of which stop; 0 leaves that out.
        sweep_per_s: Most points that sweep visits a second.
    """
    with city_cameras(1, seed=1):  # has the scenes drawn where they are not yet
        scenes = [_scene(number) for number in range(SCENES)]
    chance = np.random.default_rng([seed, 0xD1A])
    nights = _nights(seed)
    pools = _pools(scenes, nights, chance)
    found, injected, false = _day(pools, cameras, look_every_s, chance)
    recall = {
        kind.value: {str(severity): round(found[kind, severity] / injected[kind, severity], 4)
                     for severity in SEVERITIES if injected[kind, severity]}
        for kind in _KINDS
    }  # fmt: skip
    still_false, frozen_found = _stillness(scenes, chance)
    stopped = {} if not running else offline_figures(running, sweep_per_s)
    return {
        "recall": round(sum(found.values()) / max(1, sum(injected.values())), 4),
        "recall_by_kind": recall,
        "false_events_per_camera_day": {
            kind.value: round(false[kind] / cameras / _DAYS, 5)
            for kind in (*_KINDS, Finding.TOO_BRIGHT)
        },
        "injected": sum(injected.values()),
        "still_called_frozen": still_false,
        "frozen_found": frozen_found,
        **stopped,
        "cameras": cameras,
        "look_every_s": look_every_s,
        **machine(),
    }


_KINDS = (
    Finding.BLACK, Finding.BLURRED, Finding.COLOUR_CAST, Finding.OCCLUDED, Finding.LOW_LIGHT,
    Finding.NOISE,
)  # fmt: skip


def _scene(number: int) -> list[NDArray[np.uint8]]:
    """Return some pictures of a scene as planes of YUV 4:2:0."""
    key = TrackKey(codec=scene_codec(number), scene=number)
    track = Track.load(key.path(home_directory(None) / "scenes", "s1", SUB))
    frames = []
    for at, picture in enumerate(decode_track(track)):
        if at % _STEP == 0:
            frames.append(picture.copy())
        if len(frames) == _FRAMES:
            break
    return frames


def _nights(seed: int) -> list[list[NDArray[np.uint8]]]:
    """Return the same scenes after dark, drawn as their cameras would expose them."""
    lettering, (width, height) = Lettering(), SIZES_PX[SUB]
    found = []
    for number in range(SCENES):
        scene = StreetScene(
            seed, number, width_px=width, height_px=height, loop_s=8.0, lettering=lettering,
            hour=Hour.NIGHT,
        )  # fmt: skip
        scene.plan.loop_s = _FRAMES / FRAME_RATE  # as many pictures, spread over the whole loop
        found.append([picture.copy() for picture in scene.pictures(_FRAMES)])
    return found


def _pools(
    scenes: list[list[NDArray[np.uint8]]], nights: list[list[NDArray[np.uint8]]], chance: Generator
) -> _Pools:
    good, spoilt = {}, {}
    for day, every in ((True, scenes), (False, nights)):
        for number, frames in enumerate(every):
            good[number, day] = [measure(_shown(frame)) for frame in frames]
            for kind in _KINDS:
                for severity in SEVERITIES:
                    bad = _spoiled(frames, kind, severity, chance)
                    spoilt[number, day, kind, severity] = [measure(_shown(one)) for one in bad]
    return _Pools(good, spoilt)


def _spoiled(
    frames: list[NDArray[np.uint8]], kind: Finding, severity: int, chance: Generator
) -> Iterable[NDArray[np.uint8]]:
    if kind is not Finding.NOISE:
        spoiler = Spoiler(FaultKind(kind.value), severity, height_px=_HEIGHT, seed=severity)
        return spoiler.apply(iter(frames))
    return [_noisy(frame, _NOISE_SIGMA[severity - 1], chance) for frame in frames]


def _noisy(frame: NDArray[np.uint8], sigma: float, chance: Generator) -> NDArray[np.uint8]:
    noisy = frame.copy()
    luma, _, _ = planes(noisy, _HEIGHT)
    luma[:] = (luma + chance.normal(0, sigma, luma.shape)).clip(0, 255).astype(np.uint8)
    return noisy


def _shown(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return planes as the sweep's thumbnail, blue first."""
    bgr = cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_YUV2BGR_I420), cv2.COLOR_BGR2BGRA)
    return np.asarray(cv2.resize(bgr, (320, 180), interpolation=cv2.INTER_AREA), np.uint8)


def _day(
    pools: _Pools, cameras: int, look_every_s: float, chance: Generator
) -> tuple[Counter[tuple[Finding, int]], Counter[tuple[Finding, int]], Counter[Fault]]:
    """Make looks by day and night; return faults found, faults there were, events of no fault."""
    found: Counter[tuple[Finding, int]] = Counter()
    injected: Counter[tuple[Finding, int]] = Counter()
    false: Counter[Fault] = Counter()
    baselines, book = Baselines(), FaultBook()
    for number in range(cameras):
        point = CameraId(f"C{number:04d}")
        scene = int(chance.integers(SCENES))
        gain = float(chance.uniform(0.85, 1.12))
        kind, severity = _KINDS[number % len(_KINDS)], SEVERITIES[number // len(_KINDS) % 3]
        from_s = _DAY_S / 2 + float(chance.uniform(0.02, 0.95) * _DAY_S)
        injected[kind, severity] += 1
        was_found = False
        for at_s in np.arange(0.0, _DAYS * _DAY_S, look_every_s):
            # It begins in the morning; lamps and sky change over at six.
            day = bool(at_s % _DAY_S < _DAY_S / 2)
            bad = from_s <= at_s < from_s + _FAULT_S
            pool = pools.spoilt[scene, day, kind, severity] if bad else pools.good[scene, day]
            metrics = _lit(pool[int(chance.integers(len(pool)))], gain, at_s)
            findings = diagnose(metrics, known=baselines.known(point, day=day))
            baselines.note(point, metrics, day=day, good=not findings)
            for event in book.look(point, findings, float(at_s)):
                near = from_s <= event.since_s < from_s + _FAULT_S
                if near and event.fault is kind:
                    was_found = True
                elif not near and not event.ended:
                    false[event.fault] += 1
        found[kind, severity] += was_found
    return found, injected, false


def _lit(metrics: Metrics, gain: float, at_s: float) -> Metrics:
    """Return a picture's figures in the light of the hour and of the camera's own exposure."""
    light = gain * (1.0 + 0.06 * float(np.sin(2 * np.pi * at_s / _DAY_S)))
    return replace(
        metrics,
        luma=metrics.luma * light,
        contrast=metrics.contrast * light,
        structure=tuple(light * one for one in metrics.structure),
        light=tuple(light * one for one in metrics.light),
    )


def _stillness(scenes: list[list[NDArray[np.uint8]]], chance: Generator) -> tuple[int, int]:
    """Return how many still but living scenes are called frozen, and how many frozen ones are."""
    false = found = 0
    for frames in scenes:
        one, two = (_shown(_noisy(frames[0], _STILL_SIGMA, chance)) for _ in range(2))
        metrics = measure(one)
        for pair, is_frozen in (((one, two), False), ((one, one), True)):
            findings = diagnose(
                metrics, since_before=difference(*pair), changed=changed_share(*pair)
            )
            called = Finding.FROZEN in findings
            found += called and is_frozen
            false += called and not is_frozen
    return false, found
