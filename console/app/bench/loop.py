"""From key to acceptance: dispatches through the real console side against a living city.

A real central server and the simulated city run as processes; the dispatcher is simulated in this
one, on the console's own models: it picks the next incident of the queue, waits for the ranked
units, and sends the first. A figure is the time from that key to the moment this console shows
the unit's acceptance. The officers' thinking, travel and handling are left out by ``pace``.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count as numbers
from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, QTimer

from console.app import children, served, wiring
from console.app.bench._figures import machine, percentiles, plan_for, scratch_home, start_central
from console.app.config import Config, home_directory
from console.app.consolesettings import ConsoleSettings
from console.app.desktop_models import DeskModels
from console.app.processes import Family
from console.domain.assignments import TAKEN_STATES, Assignment, AssignmentState
from console.domain.incidents import Incident, Stage
from console.ui.nearfinder import NearFound

#: An order not answered within this is taken back (some officers never answer, on purpose).
UNANSWERED_S = 5.0
#: As fast as the city's people can be without changing what they do.
PACE = 100_000.0
REPORTS_A_YEAR = 120_000_000.0
#: Where the time goes: from the key to central's decision, from there to the handheld's receipt,
#: from there to the officer's word, and from there to this console's screen.
LEGS = ("to_central", "to_handheld", "to_answer", "to_screen")
#: So many of the slowest are told with their legs.
SLOWEST_TOLD = 5


@dataclass(slots=True)
class _Tally:
    """What happened."""

    latencies_ms: list[float] = field(default_factory=list)
    legs_ms: list[tuple[float, ...]] = field(default_factory=list)
    near_ms: list[float] = field(default_factory=list)
    dispatched: int = 0
    refused: int = 0
    unanswered: int = 0
    closed: int = 0
    errors: list[str] = field(default_factory=list)


class _Dispatcher(QObject):
    """Someone quick at the desk: one order at a time, follow-ups as they come due."""

    def __init__(self, models: DeskModels, *, count: int, closings: int) -> None:
        super().__init__()
        self.tally = _Tally()
        self._models, self._count, self._closings = models, count, closings
        self._pressed: dict[str, float] = {}
        self._pressed_at: dict[str, datetime] = {}
        self._picked: tuple[str, float] | None = None
        self._done: set[str] = set()
        models.finder.found.connect(self._send_first)
        models.mirror.assignments_changed.connect(self._note_answers)
        models.mirror.incidents_changed.connect(self._follow_up)
        models.actions.refused.connect(self.tally.errors.append)

    @property
    def is_finished(self) -> bool:
        """Whether all that was asked for is done."""
        tally = self.tally
        answered = not self._pressed
        return tally.dispatched >= self._count and tally.closed >= self._closings and answered

    def look(self) -> None:
        """Pick the next incident of the queue if nothing is being waited for."""
        self._give_up_on_silence()
        if self._picked is not None or self._pressed or self.tally.dispatched >= self._count:
            return
        queue = self._models.queue
        for row in range(queue.rowCount()):
            incident = queue.incident_at(row)
            held = self._models.mirror.incident(incident) if incident else None
            if held is None or held.stage is not Stage.FILE or held.id in self._done:
                continue
            if held.lat is not None:
                self._picked = (held.id, time.perf_counter())
                self._models.card.pick(held.id)
                self._models.finder.pick(held.id)
                return

    def _send_first(self, found: NearFound) -> None:
        if self._picked is None or found.incident != self._picked[0]:
            return
        incident, picked_at = self._picked
        self._picked = None
        self._done.add(incident)
        self.tally.near_ms.append((time.perf_counter() - picked_at) * 1000)
        held = (self._models.mirror.unit(near.unit) for near in found.units)
        free = [unit for unit in held if unit is not None and unit.is_free]
        if not free:
            return
        pressed_at, by_clock = time.perf_counter(), datetime.now(UTC)
        for assignment in self._models.actions.dispatch(incident, [free[0].id]):
            self._pressed[assignment] = pressed_at
            self._pressed_at[assignment] = by_clock
            self.tally.dispatched += 1

    def _note_answers(self, ids: list[str]) -> None:
        now = time.perf_counter()
        for assignment_id in set(ids) & set(self._pressed):
            held = self._models.mirror.assignment(assignment_id)
            if held is None:
                continue
            if held.state in TAKEN_STATES:
                self.tally.latencies_ms.append((now - self._pressed.pop(assignment_id)) * 1000)
                self.tally.legs_ms.append(_legs_ms(self._pressed_at[assignment_id], held))
            elif held.state is AssignmentState.REFUSED:
                self.tally.refused += 1
                self._pressed.pop(assignment_id)
        self.look()

    def _give_up_on_silence(self) -> None:
        now = time.perf_counter()
        for assignment, at in list(self._pressed.items()):
            if now - at > UNANSWERED_S:
                self.tally.unanswered += 1
                self._pressed.pop(assignment)
                self._models.actions.withdraw(assignment, "no answer")

    def _follow_up(self, ids: list[str]) -> None:
        for incident_id in ids:
            held = self._models.mirror.incident(incident_id)
            if held is None or self._models.mirror.is_pending(incident_id):
                continue
            self._step(held)

    def _step(self, incident: Incident) -> None:
        if incident.id not in self._done or self.tally.closed >= self._closings:
            return
        if incident.stage is Stage.REPORT_BACK:
            self._models.actions.verify(incident.id, passed=True)
        elif incident.stage is Stage.VERIFY:
            self._models.actions.close(incident.id)
        elif incident.stage is Stage.EVALUATE:
            self.tally.closed += 1


def _legs_ms(pressed_at: datetime, taken: Assignment) -> tuple[float, ...]:
    """Return how long each leg took; all clocks are this machine's."""
    state = AssignmentState
    known = [taken.times.get(one.value) for one in (state.ORDERED, state.DELIVERED, state.ACCEPTED)]
    marks = [pressed_at, *known, datetime.now(UTC)]
    legs = [
        math.nan if one is None or other is None else (other - one).total_seconds() * 1000
        for one, other in pairwise(marks)
    ]
    return tuple(round(leg, 1) for leg in legs)


def _told_legs(tally: _Tally) -> dict[str, Any]:
    """Return the 99th percentile of each leg, and the slowest orders: which, whole, leg by leg."""
    told: dict[str, Any] = {}
    for leg, values in zip(LEGS, zip(*tally.legs_ms, strict=True), strict=False):
        known = [value for value in values if not math.isnan(value)]
        told[f"{leg}_p99_ms"] = percentiles(known, 99)["p99_ms"]
    slowest = sorted(zip(tally.latencies_ms, numbers(1), tally.legs_ms, strict=False), reverse=True)
    told["slowest"] = [[no, round(whole, 1), *legs] for whole, no, legs in slowest[:SLOWEST_TOLD]]
    return told


def run(
    *, count: int = 500, closings: int = 20, seed: int = 1, limit_s: float = 900.0
) -> dict[str, Any]:
    """Measure; see the module's text.

    Args:
        count: Dispatches.
        closings: Incidents followed to their closing.
        seed: Seed of the city.
        limit_s: Give up after this long and say what was reached.
    """
    with scratch_home() as home:
        config = Config(port=0, seed=seed, cameras=8, pace=PACE, complaints_a_year=REPORTS_A_YEAR)
        plan, pack = plan_for(home, config, home_directory(None))
        family = Family()
        try:
            url = start_central(family, plan, pack)
            family.start(children.city_child(plan, pack, url))
            tally, seconds = _measure(
                home, pack, url, count=count, closings=closings, limit_s=limit_s
            )
        finally:
            family.stop()
    return {
        "dispatched": tally.dispatched,
        "closed": tally.closed,
        "errors": len(tally.errors),
        "first_errors": tally.errors[:3],
        **percentiles(tally.latencies_ms, 50, 95, 99),
        **_told_legs(tally),
        "accepted": len(tally.latencies_ms),
        "refused_by_officers": tally.refused,
        "never_answered": tally.unanswered,
        "near_p99_ms": percentiles(tally.near_ms, 99)["p99_ms"],
        "seconds": round(seconds, 1),
        **machine(),
    }


def _measure(
    home: Path, pack: Path, url: str, *, count: int, closings: int, limit_s: float
) -> tuple[_Tally, float]:
    app = QCoreApplication.instance() or QCoreApplication([])
    settings = ConsoleSettings(
        url=url, account="dispatcher", password=served.password_of(home, "dispatcher"),
        home=home, resources=wiring.RESOURCES, pack_path=pack,
    )  # fmt: skip
    models = DeskModels(settings)
    dispatcher = _Dispatcher(models, count=count, closings=closings)
    models.start()
    started = time.perf_counter()
    timer, loop = QTimer(), QEventLoop()

    def tick() -> None:
        dispatcher.look()
        if dispatcher.is_finished or time.perf_counter() - started > limit_s:
            loop.quit()

    timer.timeout.connect(tick)
    timer.start(20)
    loop.exec()
    timer.stop()
    models.stop()
    app.processEvents()
    return dispatcher.tally, time.perf_counter() - started
