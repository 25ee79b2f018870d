"""How often hints are right: motion, crowds, parked objects, on scenes whose truth is known.

The simulated city's scenes are drawn, encoded and decoded as its cameras send them; a crowd
gathers or an object is parked in them for a while, at places and times that the background models
know nothing of. Each scene is looked at as the sweep would, under changing light and with noise.
A hint counts once, however long it stays. ``--figures PATH`` writes what the console shows.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from console.app.bench._figures import machine
from console.city.cameras.city import scene_codec
from console.city.cameras.encode import decode_track, encode_track, shape_of
from console.city.cameras.fonts import Lettering
from console.city.cameras.happenings import VARIANTS, HappeningKind
from console.city.cameras.scene import StreetScene
from console.city.cameras.settings import FRAME_RATE, GOP_FRAMES, SIZES_PX, SUB
from console.domain.hints import Box, HintKind
from console.video.scenewatch import SceneWatch
from console.video.things import Seen

_LOOP_S, _PICTURES = 8.0, GOP_FRAMES
_MASK = (160, 90)
_TRUTH_LEAST = 0.0025
#: A motion hint is right if so much of its box moves; what moves is found if so much is in one.
_BOX_MOVES, _FOUND_SHARE = 0.2, 0.3
_TOLD = (HintKind.CROWD, HintKind.PARKED)


@dataclass(slots=True)
class _Drawn:
    """One scene as its camera shows it: thumbnails, what moves in each, where it happens."""

    shown: list[NDArray[np.uint8]]
    moves: list[NDArray[np.bool_]]
    box: Box | None


@dataclass(slots=True)
class _Score:
    """Hints that were right and wrong, things that were there and found, by kind."""

    right: Counter[HintKind] = field(default_factory=Counter)
    wrong: Counter[HintKind] = field(default_factory=Counter)
    there: Counter[HintKind] = field(default_factory=Counter)
    found: Counter[HintKind] = field(default_factory=Counter)
    looks: int = 0
    look_s: float = 0.0

    def of(self, kind: HintKind) -> dict[str, Any]:
        """Return the figures of one kind."""
        hints, there = self.right[kind] + self.wrong[kind], self.there[kind]
        return {
            "precision": round(self.right[kind] / hints, 3) if hints else None,
            "recall": round(self.found[kind] / there, 3) if there else None,
            "hints": hints,
            "there": there,
        }


def run(
    *, scenes: int = 20, look_every_s: float = 20.0, seed: int = 1, figures: str = ""
) -> dict[str, Any]:
    """Measure; see the module's text.

    Args:
        scenes: How many are drawn; each is watched with every happening it has a place for.
        look_every_s: Between two looks, more or less.
        seed: Of the city; chance of the looks follows from it.
        figures: Where to write what the console shows, beside the answer.
    """
    lettering, score = Lettering(), _Score()
    for number in range(scenes):
        chance = np.random.default_rng([seed, number, 0x417])
        plain = _drawn(seed, number, lettering, None)
        _watch(plain, None, None, score, look_every_s, chance)
        for kind in HappeningKind:
            for place in VARIANTS:
                happens = _drawn(seed, number, lettering, (kind, place))
                if happens.box is not None:
                    _watch(plain, happens, HintKind(kind.value), score, look_every_s, chance)
    found = {
        "kinds": {kind.value: score.of(kind) for kind in (HintKind.MOTION, *_TOLD)},
        "scenes": scenes,
        "look_every_s": look_every_s,
        "hours_watched": round(score.looks * look_every_s / 3600, 1),
    }
    if figures:
        path = Path(figures)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return {**found, "look_ms": round(1000 * score.look_s / max(1, score.looks), 3), **machine()}


def _drawn(
    seed: int, number: int, lettering: Lettering, happens: tuple[HappeningKind, int] | None
) -> _Drawn:
    width, height = SIZES_PX[SUB]
    scene = StreetScene(
        seed, number, width_px=width, height_px=height, loop_s=_LOOP_S,
        lettering=lettering, happens=happens,
    )  # fmt: skip
    if happens is not None and scene.happening is None:
        return _Drawn([], [], None)
    scene.plan.loop_s = _PICTURES / FRAME_RATE  # fewer pictures, as far apart as the loop is long
    track = encode_track(shape_of(scene_codec(number), SUB), scene.pictures(_PICTURES))
    shown = [_thumbnail(picture) for picture in decode_track(track)]
    still = scene.draw(0, moving=False).astype(np.int16)
    moves = [_moving(scene, at, still) for at in range(_PICTURES)] if happens is None else []
    return _Drawn(shown, moves, None if scene.happening is None else scene.happening.box)


def _thumbnail(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    bgr = cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420)
    return np.asarray(cv2.resize(bgr, (320, 180), interpolation=cv2.INTER_AREA), np.uint8)


def _moving(scene: StreetScene, at: int, still: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Return where something that moves is to be seen, (90, 160)."""
    apart = np.abs(scene.draw(at).astype(np.int16) - still).max(axis=2) > 12
    share = cv2.resize(apart.astype(np.float32), _MASK, interpolation=cv2.INTER_AREA)
    return np.asarray(share > 0.5)


def _watch(
    plain: _Drawn,
    happens: _Drawn | None,
    kind: HintKind | None,
    score: _Score,
    look_every_s: float,
    chance: Generator,
) -> None:
    """Watch a scene for half an hour; for the ten minutes in its middle something happens."""
    watch, at_s, was_found = SceneWatch(), 0.0, False
    held: list[Seen] = []
    third = max(1, round(600.0 / look_every_s))
    for look in range(3 * third):
        at_s += look_every_s * float(chance.uniform(0.7, 1.3))
        on = happens is not None and third <= look < 2 * third
        drawn = happens if on and happens is not None else plain
        picked = int(chance.integers(len(drawn.shown)))
        picture = _lit(drawn.shown[picked], at_s, chance)
        began_s = time.perf_counter()
        seen = watch.look(picture, at_s)
        score.look_s += time.perf_counter() - began_s
        score.looks += 1
        if not on and look > third // 2:
            _count_motion(seen, plain.moves[picked], score)
        for one in [one for one in seen if one.kind in _TOLD and not _is_held(one, held)]:
            held.append(one)
            # What is over may stay on for a few looks: it is gone when it has been missed.
            late = happens is not None and third <= look < 2 * third + 4
            right = late and one.kind is kind and _is_there(one, happens)
            (score.right if right else score.wrong)[one.kind] += 1
            was_found |= bool(right)
    if kind is not None:
        score.there[kind] += 1
        score.found[kind] += was_found


def _lit(picture: NDArray[np.uint8], at_s: float, chance: Generator) -> NDArray[np.uint8]:
    """Return a picture in the light of the moment, with the noise of a sensor of its own."""
    gain = 1.0 + 0.05 * float(np.sin(at_s / 500.0)) + float(chance.normal(0, 0.01))
    noise = chance.integers(-3, 4, picture.shape[:2], np.int8)[..., None]
    lit = (picture.astype(np.float32) * gain + noise).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(lit, cv2.COLOR_BGR2BGRA), np.uint8)


def _is_held(one: Seen, held: Sequence[Seen]) -> bool:
    """Whether it is what was hinted at before: a hint counts once."""
    return any(
        other.kind is one.kind
        and other.box.shared(one.box) > 0.5 * min(one.box.area, other.box.area)
        for other in held
    )


def _is_there(one: Seen, happens: _Drawn | None) -> bool:
    box = None if happens is None else happens.box
    return box is not None and one.box.shared(box.grown(0.15)) >= 0.5 * one.box.area


def _count_motion(seen: Sequence[Seen], moves: NDArray[np.bool_], score: _Score) -> None:
    boxes = [one.box for one in seen if one.kind is HintKind.MOTION]
    hinted = np.zeros(moves.shape, bool)
    for box in boxes:
        part = _part(box)
        hinted[part] = True
        right = float(moves[part].mean()) >= _BOX_MOVES if moves[part].size else False
        (score.right if right else score.wrong)[HintKind.MOTION] += 1
    count, labels, about, _ = cv2.connectedComponentsWithStats(moves.astype(np.uint8))
    for one in range(1, count):
        if about[one, cv2.CC_STAT_AREA] < _TRUTH_LEAST * moves.size:
            continue
        score.there[HintKind.MOTION] += 1
        score.found[HintKind.MOTION] += float(hinted[labels == one].mean()) >= _FOUND_SHARE


def _part(box: Box) -> tuple[slice, slice]:
    width, height = _MASK
    rows = slice(round(box.top * height), max(1, round((box.top + box.height) * height)))
    return rows, slice(round(box.left * width), max(1, round((box.left + box.width) * width)))
