"""The tasks that officers have on their handhelds, and what they do about each, step by step.

Nothing here reads a clock or a socket: times come in, actions go out.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from console.city.handhelds_habits import Answer, Plan
from console.domain.assignments import ENDED_STATES, AssignmentState
from console.protocol.messages import Ack, Deliver, Task

_S = AssignmentState
#: Orders of tasks that were just finished may still be on their way; they are not begun again.
JUST_DONE = timedelta(seconds=60)
#: A refusal is kept this long, to be said again should central not have heard it.
REFUSAL_KEPT = timedelta(hours=1)
_REMEMBERED = 20_000


class Phase(StrEnum):
    """How far an officer has come with a task."""

    UNSEEN = "unseen"
    READING = "reading"
    IGNORED = "ignored"
    REFUSED = "refused"
    READY = "ready"
    QUEUED = "queued"
    TRAVELLING = "travelling"
    HANDLING = "handling"
    REPORTING = "reporting"


_AT_WORK = frozenset({Phase.TRAVELLING, Phase.HANDLING, Phase.REPORTING})
_PHASE_OF = {
    _S.ORDERED: Phase.UNSEEN,
    _S.DELIVERED: Phase.UNSEEN,
    _S.SEEN: Phase.READING,
    _S.ACCEPTED: Phase.READY,
    _S.EN_ROUTE: Phase.TRAVELLING,
    _S.ON_SCENE: Phase.HANDLING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Tell central of a receipt or step."""

    ack: Ack


@dataclass(frozen=True, slots=True, kw_only=True)
class Travel:
    """Set out; whoever carries it out calls `JobBook.arrives`."""

    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Be at the place of the task and work there."""

    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Send picture and outcome; whoever carries it out calls `JobBook.done`."""

    task: Task
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Nothing more to do there: back to the beat."""

    unit: str


Action = Say | Travel | Stay | Report | Leave


@dataclass(slots=True, kw_only=True)
class _Job:
    """One task on one handheld, as it goes on."""

    task: Task
    plan: Plan
    order: str
    phase: Phase
    due_at: datetime | None
    said: list[Ack] = field(default_factory=list)


class JobBook:
    """All tasks of all handhelds.

    Args:
        plan_of: What will become of a task.
        pace: How many times faster than life officers think, travel and work.
    """

    def __init__(self, plan_of: Callable[[Task], Plan], *, pace: float = 1.0) -> None:
        self._plan_of = plan_of
        self._pace = max(pace, 1e-6)
        self._jobs: dict[str, _Job] = {}
        self._of_unit: dict[str, set[str]] = {}
        self._heap: list[tuple[datetime, str]] = []
        self._done: OrderedDict[str, datetime] = OrderedDict()

    def __len__(self) -> int:
        return len(self._jobs)

    def is_busy(self, unit: str) -> bool:
        """Whether the unit has a task of any kind, begun or not."""
        tasks = self._of_unit.get(unit, ())
        return any(self._jobs[one].phase is not Phase.REFUSED for one in tasks)

    def next_at(self) -> datetime | None:
        """Return when `due` has something to do again, or ``None``."""
        return self._heap[0][0] if self._heap else None

    def deliver(self, order: Deliver, now: datetime) -> list[Action]:
        """Take an order, new, changed or repeated; a receipt is always given."""
        task = order.task
        job = self._jobs.get(task.assignment)
        receipt = Say(ack=self._ack(task, order.command_id, _S.DELIVERED, now))
        if task.state in ENDED_STATES:
            return [receipt, *self._drop(task.assignment, now)]
        if job is not None:
            moved = (task.lat, task.lon) != (job.task.lat, job.task.lon)
            job.task, job.order = task, order.command_id
            turns = moved and job.phase is Phase.TRAVELLING
            return [receipt, *self._say_again(job), *([Travel(task=task)] if turns else [])]
        finished = self._done.get(task.assignment)
        if finished is not None and now - finished < JUST_DONE:
            return [receipt]
        return [receipt, *self._begin(order, now)]

    def due(self, now: datetime) -> list[Action]:
        """Return what is to be done now, in order of time."""
        actions: list[Action] = []
        while self._heap and self._heap[0][0] <= now:
            due_at, assignment = heapq.heappop(self._heap)
            job = self._jobs.get(assignment)
            if job is not None and job.due_at == due_at:
                job.due_at = None
                actions += self._go_on(job, now)
        return actions

    def arrives(self, assignment: str, at: datetime) -> None:
        """Take the time at which a unit that has set out will be there."""
        job = self._jobs.get(assignment)
        if job is not None and job.phase is Phase.TRAVELLING:
            self._set_due(job, at)

    def done(self, assignment: str, now: datetime) -> list[Action]:
        """Take note that central has the outcome; return what the unit does next."""
        self._done[assignment] = now
        if len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)
        return self._drop(assignment, now)

    def _begin(self, order: Deliver, now: datetime) -> list[Action]:
        task = order.task
        phase = _PHASE_OF[task.state]
        job = _Job(
            task=task, plan=self._plan_of(task), order=order.command_id, phase=phase, due_at=None
        )
        self._jobs[task.assignment] = job
        self._of_unit.setdefault(task.unit, set()).add(task.assignment)
        if phase is Phase.TRAVELLING:
            return [Travel(task=task)]
        if phase is Phase.HANDLING:
            self._set_due(job, self._after(now, job.plan.handle_s))
            return [Stay(task=task)]
        wait_s = {
            Phase.UNSEEN: job.plan.seen_s,
            Phase.READING: job.plan.answer_s,
            Phase.READY: job.plan.depart_s,
        }[phase]
        self._set_due(job, self._after(now, wait_s))
        return []

    def _go_on(self, job: _Job, now: datetime) -> list[Action]:
        """Take the next step of a job whose time has come."""
        if job.phase is Phase.UNSEEN:
            job.phase = Phase.READING
            self._set_due(job, self._after(now, job.plan.answer_s))
            return [self._say(job, _S.SEEN, now)]
        if job.phase is Phase.READING:
            return self._answer(job, now)
        if job.phase is Phase.READY:
            return self._depart(job, now)
        if job.phase is Phase.TRAVELLING:
            job.phase = Phase.HANDLING
            self._set_due(job, self._after(now, job.plan.handle_s))
            return [self._say(job, _S.ON_SCENE, now), Stay(task=job.task)]
        if job.phase is Phase.HANDLING:
            job.phase = Phase.REPORTING
            return [Report(task=job.task, outcome=job.plan.outcome, at=now)]
        return self._drop(job.task.assignment, now)  # a refusal that was kept long enough

    def _answer(self, job: _Job, now: datetime) -> list[Action]:
        if job.plan.answer is Answer.NEVER:
            job.phase = Phase.IGNORED
            return []
        if job.plan.answer is Answer.REFUSE:
            refusal = self._say(job, _S.REFUSED, now, note=job.plan.reason)
            job.phase = Phase.REFUSED
            self._set_due(job, now + REFUSAL_KEPT)
            return [refusal]
        job.phase = Phase.READY
        self._set_due(job, self._after(now, job.plan.depart_s))
        return [self._say(job, _S.ACCEPTED, now)]

    def _depart(self, job: _Job, now: datetime) -> list[Action]:
        mates = self._of_unit[job.task.unit]
        if any(self._jobs[one].phase in _AT_WORK for one in mates):
            job.phase = Phase.QUEUED
            return []
        job.phase = Phase.TRAVELLING
        return [self._say(job, _S.EN_ROUTE, now), Travel(task=job.task)]

    def _drop(self, assignment: str, now: datetime) -> list[Action]:
        """Forget a task; the unit goes on with the next one it has accepted, or leaves."""
        job = self._jobs.pop(assignment, None)
        if job is None:
            return []
        unit = job.task.unit
        mates = self._of_unit[unit]
        mates.discard(assignment)
        if not mates:
            del self._of_unit[unit]
        if job.phase not in _AT_WORK:
            return []
        queued = [self._jobs[one] for one in mates if self._jobs[one].phase is Phase.QUEUED]
        for following in sorted(queued, key=lambda one: (one.task.level, one.task.ordered_at))[:1]:
            following.phase = Phase.READY
            self._set_due(following, now)
        return [Leave(unit=unit)]

    def _say_again(self, job: _Job) -> list[Action]:
        """Return the steps that central has not heard of, as they were said."""
        known = job.task.state
        behind = [ack for ack in job.said if _rank(ack.state) > _rank(known)]
        return [Say(ack=self._ack(job.task, job.order, a.state, a.at, a.note)) for a in behind]

    def _say(
        self, job: _Job, state: AssignmentState, now: datetime, *, note: str | None = None
    ) -> Say:
        ack = self._ack(job.task, job.order, state, now, note)
        job.said.append(ack)
        return Say(ack=ack)

    @staticmethod
    def _ack(
        task: Task, order: str, state: AssignmentState, at: datetime, note: str | None = None
    ) -> Ack:
        return Ack(order, task.unit, task.assignment, state, at, note)

    def _after(self, now: datetime, seconds: float) -> datetime:
        return now + timedelta(seconds=seconds / self._pace)

    def _set_due(self, job: _Job, at: datetime) -> None:
        job.due_at = at
        heapq.heappush(self._heap, (at, job.task.assignment))


_RANKS = {state: rank for rank, state in enumerate(AssignmentState)}


def _rank(state: AssignmentState) -> int:
    return _RANKS[state]
