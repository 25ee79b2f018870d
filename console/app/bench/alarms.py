"""Whether alarms miss nothing and flood nobody: a simulated day with conditions put into it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from console.alarms.book import FLOOD_FROM, AlarmBook
from console.alarms.conditions import (
    Condition,
    ConditionKind,
    Motion,
    camera_down,
    feeds_dead,
    not_accepted,
    of,
    outside_beat,
    overdue,
    silent_on_scene,
    stopped,
)
from console.domain.assignments import Assignment, AssignmentState
from console.domain.ids import AssignmentId, IncidentId, UnitId
from console.domain.incidents import Incident, Stage
from console.domain.levels import Channel, Level

_DAY = datetime(2026, 11, 20, tzinfo=UTC)
_STEP = timedelta(seconds=5)
_STEPS = 24 * 720
_WINDOW_STEPS = 120
#: What is put into the day of the whole city, by kind; and feeds and units that flap.
_INJECTED = {
    ConditionKind.PANIC: 6,
    ConditionKind.NOT_ACCEPTED: 90,
    ConditionKind.SILENT_ON_SCENE: 35,
    ConditionKind.STOPPED: 35,
    ConditionKind.OUTSIDE_BEAT: 35,
    ConditionKind.OVERDUE: 30,
    ConditionKind.FEED_DEAD: 8,
    ConditionKind.CAMERA_DOWN: 30,
}
_FLAPPING = 40
_FEED_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Injected:
    """One thing that is the matter between two times.

    Attributes:
        desk: Whose it is.
        begins: When what leads to it begins; the rule's own time comes on top.
        flaps: Whether it comes and goes every ten seconds.
    """

    no: int
    kind: ConditionKind
    desk: int
    begins: datetime
    ends: datetime
    flaps: bool = False


def run(*, desks: int = 8, seed: int = 1) -> dict[str, object]:
    """Go through a day in steps of five seconds.

    Args:
        desks: Operators the city is shared out to.
        seed: Of what is put in.

    Returns:
        Conditions nobody was alarmed of; alarms an operator gets in ten minutes; the share of those
        windows that are floods; shares of the priorities; milliseconds a step.
    """
    injected = _drawn(desks, seed)
    books = [AlarmBook() for _ in range(desks)]
    seen: set[str] = set()
    windows: Counter[tuple[int, int]] = Counter()
    priorities: Counter[str] = Counter()
    began = time.perf_counter()
    for step in range(_STEPS):
        at = _DAY + step * _STEP
        for desk, book in enumerate(books):
            mine = [one for one in injected[desk] if one.begins <= at < one.ends]
            for alarm in book.take(_found(mine, at), at=at):
                seen.add(alarm.condition.id)
                windows[desk, step // _WINDOW_STEPS] += 1
                priorities[alarm.condition.priority.name.lower()] += 1
            for shown in book.shown():
                if not shown.is_acknowledged and at - shown.raised_at > timedelta(seconds=30):
                    book.acknowledge(shown.condition.id)
    took_s = time.perf_counter() - began
    every = [one for mine in injected for one in mine]
    rates = [windows[desk, window] for desk in range(desks) for window in range(144)]
    raised = sum(priorities.values())
    return {
        "missed": sum(_id(one) not in seen for one in every),
        "injected": len(every),
        "alarms": raised,
        "alarms_per_operator_10min_p95": float(np.percentile(rates, 95)),
        "alarms_per_operator_10min_max": max(rates),
        "flood_share": sum(rate > FLOOD_FROM for rate in rates) / len(rates),
        "priority_shares": {name: round(n / raised, 3) for name, n in sorted(priorities.items())},
        "ms_per_step": round(took_s / _STEPS * 1000, 3),
    }


def _drawn(desks: int, seed: int) -> list[list[_Injected]]:
    rng = np.random.default_rng(seed)
    found: list[list[_Injected]] = [[] for _ in range(desks)]
    kinds = [kind for kind, count in _INJECTED.items() for _ in range(count)]
    flapping = [ConditionKind.FEED_DEAD, ConditionKind.CAMERA_DOWN] * (_FLAPPING // 2)
    for no, kind in enumerate([*kinds, *flapping]):
        desk = int(rng.integers(desks))
        begins = _DAY + timedelta(seconds=int(rng.integers(84_000 - 1800)))
        lasts = timedelta(seconds=1500 + int(rng.integers(600)))
        flaps = no >= len(kinds)
        one = _Injected(
            no=no, kind=kind, desk=desk, begins=begins, ends=begins + lasts, flaps=flaps
        )
        found[desk].append(one)
    return found


def _id(one: _Injected) -> str:
    return f"{one.kind}:n{one.no}"


def _found(mine: list[_Injected], at: datetime) -> list[Condition]:
    """Return what the rules find of what is put in; facts are made, never conditions."""
    assignments, incidents, found = [], [], []
    motions: dict[str, Motion] = {}
    beats: dict[str, Motion] = {}
    heard: dict[str, datetime] = {}
    silent: dict[str, datetime] = {}
    for one in mine:
        name, waits_on = f"n{one.no}", _away(one, at)
        if one.kind is ConditionKind.FEED_DEAD:
            heard[name] = one.begins if waits_on else at
        elif one.kind is ConditionKind.PANIC:
            found += [of(one.kind, name, one.begins)] if waits_on else []
        elif one.kind is ConditionKind.CAMERA_DOWN:
            silent |= {name: one.begins, f"{name}-ordinary": one.begins} if waits_on else {}
        elif one.kind is ConditionKind.OUTSIDE_BEAT:
            beats[name] = Motion(heard_at=at, is_inside=not waits_on, left_at=one.begins)
        elif one.kind is ConditionKind.OVERDUE:
            incidents.append(_incident(name, one.begins))
        else:
            assignments.append(_assignment(name, one))
            still = one.begins if one.kind is ConditionKind.STOPPED else None
            motions[name] = Motion(heard_at=one.begins, still_since=still)
    every_s = dict.fromkeys(heard, _FEED_S)
    return [
        *found,
        *not_accepted(assignments, at=at),
        *silent_on_scene(assignments, motions, at=at),
        *stopped(assignments, motions, at=at),
        *overdue(incidents, at=at),
        *feeds_dead(heard, every_s, at=at),
        *outside_beat(beats, at=at),
        *camera_down(silent, lambda point: not point.endswith("-ordinary")),
    ]


def _away(one: _Injected, at: datetime) -> bool:
    """Whether what flaps is in its bad half; the first three minutes are all bad."""
    passed = (at - one.begins).total_seconds()
    return not one.flaps or passed < 180 or passed % 80 < 40


def _assignment(name: str, one: _Injected) -> Assignment:
    states = {
        ConditionKind.NOT_ACCEPTED: AssignmentState.ORDERED,
        ConditionKind.SILENT_ON_SCENE: AssignmentState.ON_SCENE,
        ConditionKind.STOPPED: AssignmentState.EN_ROUTE,
    }
    return Assignment(
        id=AssignmentId(name), incident=IncidentId(name), unit=UnitId(name), ordered_by=None,
        state=states[one.kind], changed_at=one.begins,
        times={AssignmentState.ORDERED.value: one.begins},
    )  # fmt: skip


def _incident(name: str, due_at: datetime) -> Incident:
    return Incident(
        id=IncidentId(name), form="0301", level=Level.HIGH, stage=Stage.FILE,
        channel=Channel.HOTLINE, summary="", place="", opened_at=due_at - timedelta(hours=2),
        due_at=due_at,
    )  # fmt: skip
