"""How well faults of pictures are found, how soon, and how often one is seen where there is none.

Two parts. *Days*: three days of looks at a thousand cameras are made from figures of the very
pictures that the simulated cameras send, by day and by night, each camera with its own exposure and
with two faults; it tells how rare false events are, which no running city shows in minutes.
*Running*: faults begin and end at cameras that are served and swept as they are beside a console
(`_running`); it tells how soon they are found and cleared, a camera that stops among them.

A fault counts as found only under its own name. By night a light that fails leaves little, and so
does a black picture; the grain of a sensor that is on tells them apart, so neither counts for the
other. What was told under another name stands in ``told_otherwise``.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.random import Generator

from console.app.bench._cameras import SCENES
from console.app.bench._figures import machine
from console.app.bench._pictures import KINDS, Pools, pools, stillness
from console.app.bench._running import running_faults
from console.city.cameras.faults import SEVERITIES
from console.domain.ids import CameraId
from console.video.diagnosis import Finding, Metrics, diagnose
from console.video.usual import Baselines, Fault, FaultBook

_DAY_S, _DAYS, _FAULTS = 86_400.0, 3.0, 2
_FAULT_S = 1_800.0
_PROCESSES = 2


def run(
    *,
    cameras: int = 1_000,
    look_every_s: float = 300.0,
    running: int = 1_000,
    each: int = 3,
    seed: int = 1,
) -> dict[str, Any]:
    """Measure; see the module's text.

    Args:
        cameras: Of the days; 0 leaves them out.
        look_every_s: Between two looks of one of them.
        running: Cameras that really run; 0 leaves them out.
        each: Faults that each of those gets.
        seed: Of everything.
    """
    chance = np.random.default_rng([seed, 0xD1A])
    figures: dict[str, Any] = {}
    if running:
        figures |= running_faults(running, each, chance)
    if cameras:
        figures |= _days(cameras, look_every_s, seed)
    return {**figures, **stillness(chance), **machine()}


@dataclass(slots=True)
class _Count:
    """What the looks of some cameras came to, by fault and severity."""

    there: Counter[tuple[Finding, int]] = field(default_factory=Counter)
    found: Counter[tuple[Finding, int]] = field(default_factory=Counter)
    false: Counter[Fault] = field(default_factory=Counter)
    otherwise: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    def recall(self, kind: Finding) -> dict[str, float]:
        """Return which share of a kind was found, by severity."""
        return {
            str(severity): round(self.found[kind, severity] / self.there[kind, severity], 4)
            for severity in SEVERITIES
            if self.there[kind, severity]
        }

    def add(self, other: _Count) -> None:
        for name in ("there", "found", "false", "otherwise", "missed"):
            getattr(self, name).update(getattr(other, name))


def _days(cameras: int, look_every_s: float, seed: int) -> dict[str, Any]:
    drawn, count = pools(), _Count()
    parts = [range(part, cameras, _PROCESSES) for part in range(_PROCESSES)]
    with ProcessPoolExecutor(_PROCESSES, multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(_watch, drawn, part, look_every_s, seed) for part in parts]
        for one in waiting:
            count.add(one.result())
    there, camera_days = sum(count.there.values()), cameras * _DAYS
    return {
        "recall": round(sum(count.found.values()) / max(1, there), 4),
        "recall_by_kind": {kind.value: count.recall(kind) for kind in KINDS},
        "false_events_per_camera_day": round(sum(count.false.values()) / camera_days, 5),
        # Of no event in n days one knows, nineteen times of twenty, that there are fewer than 3/n.
        "false_events_at_most": round((sum(count.false.values()) + 3.0) / camera_days, 5),
        "false_by_kind": {kind.value: number for kind, number in count.false.items()},
        "camera_days": camera_days,
        "injected": there,
        "days_missed": dict(count.missed.most_common()),
        "days_told_otherwise": dict(count.otherwise.most_common()),
        "cameras": cameras,
        "look_every_s": look_every_s,
    }  # fmt: skip


def _watch(drawn: Pools, numbers: range, look_every_s: float, seed: int) -> _Count:
    """Make the looks of some cameras."""
    count = _Count()
    for number in numbers:
        _watch_one(drawn, number, look_every_s, np.random.default_rng([seed, number, 0xD1A]), count)
    return count


def _watch_one(
    drawn: Pools, number: int, look_every_s: float, chance: Generator, count: _Count
) -> None:
    baselines, book, point = Baselines(), FaultBook(), CameraId(f"C{number:04d}")
    scene, gain = int(chance.integers(SCENES)), float(chance.uniform(0.85, 1.12))
    faults = []
    for nth in range(_FAULTS):
        place = number * _FAULTS + nth
        kind, severity = KINDS[place % len(KINDS)], SEVERITIES[place // len(KINDS) % 3]
        from_s = (nth + 0.5 + float(chance.uniform(0.02, 0.95))) * _DAY_S
        faults.append((kind, severity, from_s))
        count.there[kind, severity] += 1
    found: set[int] = set()
    for at_s in np.arange(0.0, _DAYS * _DAY_S, look_every_s):
        # It begins in the morning; lamps and sky change over at six.
        day = bool(at_s % _DAY_S < _DAY_S / 2)
        pool = drawn.good[scene, day]
        for kind, severity, from_s in faults:
            if from_s <= at_s < from_s + _FAULT_S:
                pool = drawn.spoilt[scene, day, kind, severity]
        metrics = _lit(pool[int(chance.integers(len(pool)))], gain, at_s)
        findings = diagnose(metrics, known=baselines.known(point, day=day))
        baselines.note(point, metrics, day=day, good=not findings)
        for event in book.look(point, findings, float(at_s)):
            near = [
                n for n, one in enumerate(faults) if one[2] <= event.since_s < one[2] + _FAULT_S
            ]
            if event.ended:
                continue
            if not near:
                count.false[event.fault] += 1
            elif event.fault is faults[near[0]][0]:
                found.add(near[0])
            else:
                count.otherwise[f"{_words(faults[near[0]])}: {event.fault.value}"] += 1
    for nth, one in enumerate(faults):
        count.found[one[0], one[1]] += nth in found
        if nth not in found:
            count.missed[_words(one)] += 1


def _words(fault: tuple[Finding, int, float]) -> str:
    time_of_day = "day" if fault[2] % _DAY_S < _DAY_S / 2 else "night"
    return f"{fault[0].value} {fault[1]} by {time_of_day}"


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
