"""Faults that begin and end at running cameras, and what a running sweep makes of them.

Two servers, one by day and one by night, show the city's scenes; one sweep goes round all points.
When it has learned what is usual at each of them, every camera gets faults one after the other,
with time between them in which it is well. What was shown, and when, is the servers' own record.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from numpy.random import Generator

from console.app.bench._cameras import city_cameras
from console.app.bench._figures import percentiles
from console.app.bench._spoilt import make_spoilt
from console.app.bench._sweeping import Sweeping, sweeping
from console.city.cameras.faultplan import write_fault_plan
from console.city.cameras.faults import COMING_KINDS, SEVERITIES, Fault, FaultKind
from console.city.cameras.points import PointSpec, point_specs
from console.domain.ids import CameraId
from console.domain.places import Camera
from console.video.diagnosis import LIMITS
from console.video.trouble import Trouble

_SEED, _SCENES, _MOST_PER_S = 1, 4, 400.0
#: A clock is read at one look of ten.
_CLOCK_ROUNDS = 24.0
_LEARN_ROUNDS, _MOST_LEARN_S = LIMITS.few_pictures + 4, 900.0
_BLOCKED = frozenset(one.value for one in Trouble)


@dataclass(frozen=True, slots=True)
class Shown:
    """A fault that a camera has shown, as its server has put it on record (Unix seconds)."""

    point: str
    kind: str
    severity: int
    night: bool
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class _Told:
    """A fault that the sweep was sure of."""

    point: str
    fault: str
    sure_s: float
    ended_s: float | None

    @property
    def kind(self) -> str:
        return FaultKind.OFFLINE.value if self.fault in _BLOCKED else self.fault


@dataclass(slots=True)
class _Half:
    """The cameras of one time of day."""

    night: bool
    specs: Sequence[PointSpec]
    plan: Path
    truth: Path
    cameras: list[Camera] = field(default_factory=list)


def running_faults(cameras: int, each: int, chance: Generator) -> dict[str, Any]:
    """Return what a sweep of running cameras found of their faults, and how soon.

    Args:
        cameras: How many, half of them by night.
        each: Faults one after the other that every camera gets.
        chance: When each begins.
    """
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as folder, ExitStack() as stack:
        home = Path(folder)
        specs = point_specs(cameras // 2, _SEED)
        halves = [
            _Half(night, specs, home / f"plan-{night}", home / f"truth-{night}")
            for night in (False, True)
        ]  # fmt: skip
        for half in halves:
            make_spoilt(_SEED, "night" if half.night else None, _SCENES)
            served = city_cameras(
                cameras // 2, seed=_SEED, faults=(half.plan, half.truth),
                hour="night" if half.night else None, sub_only=True, scenes=_SCENES,
            )  # fmt: skip
            half.cameras = [_named(one, half.night) for one in stack.enter_context(served)]
        points = [camera for half in halves for camera in half.cameras]
        with sweeping(points, per_s=_MOST_PER_S) as sweep:
            began_s = time.time()
            round_s = _learn(sweep, len(points))
            until_s = _inject(halves, each, round_s, chance)
            sweep.begin()
            time.sleep(max(0.0, until_s - time.time()))
            pace = sweep.per_s()
            told = _told(sweep.looks)
            seconds = time.time() - began_s
        shown = [one for half in halves for one in _shown(half)]
        off = {str(_id(spec.id, half.night)) for half in halves for spec in half.specs
               if spec.clock_off_s}  # fmt: skip
    found = _judged(shown, told, off, 2 * round_s + 5.0)
    well_s = seconds * len(points) - sum(one.to_s - one.from_s for one in shown)
    return {
        **found,
        "running": len(points),
        "running_camera_days": round(well_s / 86_400, 2),
        "round_s": round(round_s, 1),
        "sweep_points_per_s": None if pace is None else round(pace, 1),
    }


def _id(point: CameraId, night: bool) -> CameraId:
    return CameraId(f"N{point[1:]}") if night else point


def _named(camera: Camera, night: bool) -> Camera:
    return replace(camera, id=_id(camera.id, night))


def _learn(sweep: Sweeping, points: int) -> float:
    """Wait until every point has been seen often enough; return how long a round takes."""
    began_s = time.monotonic()
    while True:
        time.sleep(1.0)
        least, seen = _visits(sweep.looks)
        took_s = time.monotonic() - began_s
        if (seen >= points and least >= _LEARN_ROUNDS) or took_s > _MOST_LEARN_S:
            return max(4.0, took_s / max(1, least))


def _visits(looks: Path) -> tuple[int, int]:
    """Return how often the point seen least was seen, and how many were."""
    with closing(sqlite3.connect(f"{looks.resolve().as_uri()}?mode=ro", uri=True)) as db:
        row = db.execute(
            "SELECT min(n), count(*) FROM (SELECT sum(pictures) n FROM tally GROUP BY point)"
        ).fetchone()
    return int(row[0] or 0), int(row[1])


def _inject(halves: Sequence[_Half], each: int, round_s: float, chance: Generator) -> float:
    """Write the plans of faults; return when the last of them is long over, Unix seconds."""
    lasts_s = max(30.0, 3.0 * round_s + 12.0)
    slot_s = 2.2 * lasts_s
    begin_s = time.time() + 5.0
    clock_s = max(_CLOCK_ROUNDS * round_s, lasts_s)
    wants = [(kind, severity) for kind in COMING_KINDS for severity in SEVERITIES]
    order = [int(one) for one in chance.permutation(len(wants) * 1_000) % len(wants)]
    last_s = begin_s
    for half in halves:
        plan: dict[int, list[Fault]] = {}
        for spec in half.specs:
            if spec.live:
                continue
            late_s = float(chance.uniform(0.0, 0.4 * lasts_s))
            if spec.clock_off_s is not None:
                severity = SEVERITIES[spec.no // 8 % 3]
                fault = _fault(FaultKind.WRONG_CLOCK, severity, begin_s + late_s, clock_s)
                plan[spec.no] = [fault] if spec.clock_off_s == 0 else []
            else:
                plan[spec.no] = []
                for slot in range(each):
                    kind, severity = wants[order.pop()]
                    start_s = begin_s + slot * slot_s + late_s
                    plan[spec.no].append(_fault(kind, severity, start_s, lasts_s))
            last_s = max([last_s, *(fault.to_s for fault in plan[spec.no])])
        write_fault_plan(half.plan, plan)
    return last_s + 2.0 * round_s + 10.0


def _fault(kind: FaultKind, severity: int, from_s: float, lasts_s: float) -> Fault:
    return Fault(kind=kind, severity=severity, from_s=from_s, to_s=from_s + lasts_s)


def _shown(half: _Half) -> list[Shown]:
    rows = [json.loads(line) for line in half.truth.read_text(encoding="utf-8").splitlines()]
    return [
        Shown(
            point=str(_id(CameraId(row["camera"]), half.night)),
            kind=row["kind"],
            severity=row["severity"],
            night=half.night,
            from_s=datetime.fromisoformat(row["from"]).timestamp(),
            to_s=datetime.fromisoformat(row["to"]).timestamp(),
        )
        for row in rows
        if "severity" in row
    ]


def _told(looks: Path) -> list[_Told]:
    with closing(sqlite3.connect(f"{looks.resolve().as_uri()}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT point, fault, sure_ms, ended_ms FROM fault").fetchall()
    return [
        _Told(point, fault, sure_ms / 1000, None if ended_ms is None else ended_ms / 1000)
        for point, fault, sure_ms, ended_ms in rows
    ]


def _judged(
    shown: Sequence[Shown], told: Sequence[_Told], off: set[str], slack_s: float
) -> dict[str, Any]:
    """Compare; a fault told under another name, even a neighbouring one, is not found."""
    by_point: dict[str, list[_Told]] = defaultdict(list)
    for one in told:
        by_point[one.point].append(one)
    there: Counter[tuple[str, int]] = Counter()
    found: Counter[tuple[str, int]] = Counter()
    waits: dict[str, list[float]] = defaultdict(list)
    clears: dict[str, list[float]] = defaultdict(list)
    otherwise: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    explained: set[_Told] = set()
    for fault in shown:
        there[fault.kind, fault.severity] += 1
        near = [one for one in by_point[fault.point]
                if fault.from_s <= one.sure_s <= fault.to_s + slack_s]  # fmt: skip
        explained.update(near)
        right = [one for one in near if one.kind == fault.kind and one.sure_s <= fault.to_s + 1.0]
        time_of_day = "night" if fault.night else "day"
        for one in near:
            if one.kind != fault.kind:
                otherwise[f"{fault.kind} {fault.severity} by {time_of_day}: {one.kind}"] += 1
        if not right:
            missed[f"{fault.kind} {fault.severity} by {time_of_day}"] += 1
            continue
        found[fault.kind, fault.severity] += 1
        waits[fault.kind].append(min(one.sure_s for one in right) - fault.from_s)
        ends = [one.ended_s for one in right if one.ended_s is not None]
        if ends and max(ends) >= fault.to_s:
            clears[fault.kind].append(max(ends) - fault.to_s)
    false = Counter(one.kind for one in told if one not in explained
                    and not (one.kind == FaultKind.WRONG_CLOCK and one.point in off))  # fmt: skip
    known_off = {one.point for one in told if one.kind == FaultKind.WRONG_CLOCK} & off
    return {
        "running_recall": round(sum(found.values()) / max(1, sum(there.values())), 4),
        "running_recall_by_kind": {
            kind: {str(severity): [round(found[kind, severity] / there[kind, severity], 3),
                                   there[kind, severity]]
                   for severity in SEVERITIES if there[kind, severity]}
            for kind in sorted({one.kind for one in shown})
        },
        "found_after_s": _percentiles(waits),
        "cleared_after_s": _percentiles(clears),
        "missed": dict(missed.most_common()),
        "told_otherwise": dict(otherwise.most_common()),
        "clocks_always_wrong": [len(known_off), len(off)],
        "running_false_events": dict(false),
        "offline_found_s": round(max(waits["offline"]), 1) if waits["offline"] else None,
    }  # fmt: skip


def _percentiles(values: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    return {kind: percentiles(some, 50, 95, 100, unit="s") for kind, some in values.items()}
