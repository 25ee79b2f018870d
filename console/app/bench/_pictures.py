"""Figures of the pictures that a bench's cameras send, good ones and faulty ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from console.app.bench._cameras import SCENES
from console.city.cameras.bands import band_picture
from console.city.cameras.city import scene_codec
from console.city.cameras.encode import (
    Encoder,
    Shape,
    clear_band,
    decode_track,
    encode_track,
    shape_of,
)
from console.city.cameras.faults import SEVERITIES, FaultKind
from console.city.cameras.fonts import Lettering
from console.city.cameras.scene import StreetScene
from console.city.cameras.settings import FRAME_RATE, GOP_FRAMES, SIZES_PX, SUB
from console.city.cameras.spoil import Spoiler
from console.city.cameras.street import Hour
from console.media.nal import join_annex_b
from console.video.diagnosis import (
    Finding,
    Metrics,
    changed_share,
    diagnose,
    difference,
    measure,
)
from console.video.moving import FROZEN_FRAMES
from console.video.visit import VisitSettings, thumbnail

Bgra = NDArray[np.uint8]
SEED = 1
_AS_VISITED = VisitSettings()
#: Faults that are seen in one picture.
KINDS = tuple(Finding(kind.value) for kind in FaultKind if kind.changes_picture)
#: Pictures of a scene that figures are taken of; of every fault there is one of so many.
_GOOD, _FEWER = 20, 2


@dataclass(frozen=True, slots=True)
class Pools:
    """Figures of pictures by scene and whether it is day: good ones, and spoilt ones by fault."""

    good: dict[tuple[int, bool], list[Metrics]]
    spoilt: dict[tuple[int, bool, Finding, int], list[Metrics]]


def pools() -> Pools:
    """Return figures of what cameras send: key pictures, encoded and decoded as theirs are."""
    good: dict[tuple[int, bool], list[Metrics]] = {}
    bad: dict[tuple[int, bool, Finding, int], list[Metrics]] = {}
    lettering = Lettering()
    for number in range(SCENES):
        shape = shape_of(scene_codec(number), SUB)
        name = band_picture(lettering, f"2026-11-28 08:00:00  点位 C{number:04d}", shape)
        for day in (True, False):
            drawn = _drawn(number, None if day else Hour.NIGHT, lettering)
            good[number, day] = [measure(_sent(one, shape, name)) for one in drawn]
            for kind, severity in itertools.product(KINDS, SEVERITIES):
                spoiler = Spoiler(
                    FaultKind(kind.value), severity, height_px=shape.height_px, seed=number
                )
                pictures = spoiler.apply(iter(drawn[::_FEWER]))
                bad[number, day, kind, severity] = [
                    measure(_sent(one, shape, name)) for one in pictures
                ]
    return Pools(good, bad)


def _drawn(number: int, hour: Hour | None, lettering: Lettering) -> list[NDArray[np.uint8]]:
    """Return pictures of a scene, spread over its loop."""
    width, height = SIZES_PX[SUB]
    scene = StreetScene(
        SEED, number, width_px=width, height_px=height, loop_s=8.0, lettering=lettering, hour=hour
    )
    scene.plan.loop_s = _GOOD / FRAME_RATE  # as many pictures, spread over the whole loop
    return [picture.copy() for picture in scene.pictures(_GOOD)]


def _sent(picture: NDArray[np.uint8], shape: Shape, name: NDArray[np.uint8]) -> Bgra:
    """Return a picture as the sweep's thumbnail, blue first: encoded, decoded and scaled."""
    encoder = Encoder(shape)
    shown = clear_band(picture.copy(), shape)
    shown[shape.height_px - shape.band_px : shape.height_px] = name
    units = [*encoder.encode(shown, key=True), *encoder.finish()]
    context = av.CodecContext.create(shape.codec.decoder, "r")
    assert isinstance(context, av.VideoCodecContext)
    packets = [av.Packet(join_annex_b(nals)) for nals in units]
    frames = [frame for packet in (*packets, None) for frame in context.decode(packet)]
    return thumbnail(frames[0], _AS_VISITED)


def _shown(picture: NDArray[np.uint8]) -> Bgra:
    """Return planes as the sweep's thumbnail, blue first."""
    return thumbnail(av.VideoFrame.from_ndarray(picture, format="yuv420p"), _AS_VISITED)


def stillness(chance: Generator) -> dict[str, int]:
    """Return how many scenes in which nothing moves are called frozen, and how many frozen are.

    A sensor's grain is all that changes in them, and what is left of it when it is encoded.
    """
    lettering, (width, height) = Lettering(), SIZES_PX[SUB]
    false = found = scenes = 0
    for number in range(SCENES):
        for hour in (None, Hour.NIGHT):
            scene = StreetScene(
                SEED, number, width_px=width, height_px=height, loop_s=8.0, lettering=lettering,
                hour=hour,
            )  # fmt: skip
            shape = shape_of(scene_codec(number), SUB)
            track = encode_track(shape, _standing(scene, chance))
            one, later, next_key = (
                _shown(picture)
                for at, picture in enumerate(decode_track(track))
                if at in (0, FROZEN_FRAMES, GOP_FRAMES)
            )
            scenes += 1
            false += Finding.FROZEN in _judged(one, next_key, later)
            found += Finding.FROZEN in _judged(one, one, one)
    return {"still_scenes": scenes, "still_called_frozen": false, "frozen_found": found}


def _standing(scene: StreetScene, chance: Generator) -> Iterator[NDArray[np.uint8]]:
    """Yield pictures of a scene in which nothing moves."""
    first = next(scene.pictures(1, moving=False))
    height = SIZES_PX[SUB][1]
    for _ in range(2 * GOP_FRAMES):
        picture = first.copy()
        grain = chance.normal(0, scene.grain, picture[:height].shape)
        picture[:height] = (picture[:height] + grain).clip(0, 255).astype(np.uint8)
        yield picture


def _judged(before: Bgra, now: Bgra, later: Bgra) -> tuple[Finding, ...]:
    apart = max(difference(before, now), difference(now, later))
    return diagnose(measure(now), since_before=apart, changed=changed_share(before, now))
