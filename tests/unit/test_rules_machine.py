"""The rules of dispatch under any order of commands: what must hold, holds after each."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from rule_rows import PlainRows

from console.domain.assignments import TAKEN_STATES, AssignmentState
from console.domain.errors import ZhihuiError
from console.domain.incidents import Incident, Report, Stage
from console.domain.levels import Channel, Role
from console.domain.units import Unit, UnitKind, UnitStatus
from console.protocol import commands as c

INCIDENTS = st.sampled_from(["i0", "i1", "i2"])
UNITS = st.sampled_from(["u0", "u1", "u2"])
ASSIGNMENTS = st.sampled_from([f"a{no}" for no in range(6)])
STATES = st.sampled_from(list(AssignmentState))
BUSY = {
    AssignmentState.ORDERED: UnitStatus.ASSIGNED,
    AssignmentState.DELIVERED: UnitStatus.ASSIGNED,
    AssignmentState.SEEN: UnitStatus.ASSIGNED,
    AssignmentState.ACCEPTED: UnitStatus.EN_ROUTE,
    AssignmentState.EN_ROUTE: UnitStatus.EN_ROUTE,
    AssignmentState.ON_SCENE: UnitStatus.ON_SCENE,
}
ORDER = [UnitStatus.ASSIGNED, UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE]


class Dispatching(RuleBasedStateMachine):
    """Three incidents, three units, and people who do anything in any order."""

    @initialize()
    def begin(self) -> None:
        self.rows = PlainRows()
        for no in range(3):
            self.rows.put(
                Unit(
                    id=f"u{no}",
                    no=no,
                    call_sign=f"K{no}",
                    kind=UnitKind.OFFICER,
                    status=UnitStatus.AVAILABLE,
                    version=1,
                )
            )

    def do(self, body: c.AnyBody, role: Role, base_version: int | None = None) -> None:
        with suppress(ZhihuiError):  # any other error is a fault
            self.rows.do(body, role=role, base_version=base_version)

    @rule(incident=INCIDENTS)
    def open(self, incident: str) -> None:
        body = c.OpenIncident(
            incident=incident, form="0502", place="p", summary="s", channel="app", lat=39.9, lon=116
        )
        self.do(body, Role.DISPATCHER)

    @rule(no=st.integers(0, 9), incident=INCIDENTS, minutes=st.integers(-300, 300))
    def report(self, no: int, incident: str, minutes: int) -> None:
        report = Report(
            id=f"r{no}",
            channel=Channel.HOTLINE,
            received_at=self.rows.at + timedelta(minutes=minutes),
            text="t",
            place="p",
            form="0502",
            lat=39.9,
            lon=116.0,
        )
        self.do(c.AddReport(report=report, incident=incident), Role.GATEWAY)

    @rule(assignment=ASSIGNMENTS, incident=INCIDENTS, unit=UNITS, knows=st.booleans())
    def assign(self, assignment: str, incident: str, unit: str, knows: bool) -> None:
        version = self.rows.unit(unit).version if knows else None
        body = c.AssignUnit(assignment=assignment, incident=incident, unit=unit)
        self.do(body, Role.DISPATCHER, version)

    @rule(assignment=ASSIGNMENTS, state=STATES)
    def move(self, assignment: str, state: AssignmentState) -> None:
        body = c.MoveAssignment(assignment=assignment, state=state, at=self.rows.at)
        self.do(body, Role.GATEWAY)

    @rule(assignment=ASSIGNMENTS, words=st.sampled_from(["done", "gone", " "]))
    def outcome(self, assignment: str, words: str) -> None:
        body = c.ReportOutcome(assignment=assignment, outcome=words, at=self.rows.at)
        self.do(body, Role.GATEWAY)

    @rule(assignment=ASSIGNMENTS)
    def withdraw(self, assignment: str) -> None:
        self.do(c.WithdrawAssignment(assignment=assignment, reason="r"), Role.DISPATCHER)

    @rule(incident=INCIDENTS, passed=st.booleans())
    def verify(self, incident: str, passed: bool) -> None:
        self.do(c.VerifyIncident(incident=incident, passed=passed), Role.SUPERVISOR)

    @rule(incident=INCIDENTS)
    def close(self, incident: str) -> None:
        self.do(c.CloseIncident(incident=incident), Role.DISPATCHER)

    @rule(incident=INCIDENTS)
    def cancel(self, incident: str) -> None:
        self.do(c.CancelIncident(incident=incident, reason="r"), Role.DISPATCHER)

    @rule(unit=UNITS, on_duty=st.booleans())
    def duty(self, unit: str, on_duty: bool) -> None:
        self.do(c.SetDuty(unit=unit, on_duty=on_duty, at=self.rows.at), Role.GATEWAY)

    @invariant()
    def units_show_the_busiest_of_their_tasks(self) -> None:
        for unit in self.rows.all(Unit):
            tasks = self.rows.assignments_of_unit(unit.id)
            running = [BUSY[one.state] for one in tasks if one.is_running]
            if running:
                assert unit.status is max(running, key=ORDER.index)
            else:
                assert unit.status in {UnitStatus.AVAILABLE, UnitStatus.OFF_DUTY}

    @invariant()
    def stages_follow_from_assignments(self) -> None:
        for incident in self.rows.all(Incident):
            tasks = self.rows.assignments_of_incident(incident.id)
            running = [one for one in tasks if one.is_running]
            taken = any(one.state in TAKEN_STATES for one in running)
            if taken:
                assert incident.stage is Stage.HANDLE
            elif running:
                assert incident.stage is Stage.DISPATCH
            else:
                assert incident.stage not in {Stage.DISPATCH, Stage.HANDLE}
            if incident.stage is Stage.REPORT_BACK:
                assert incident.outcome

    @invariant()
    def nobody_has_two_tasks_at_one_incident(self) -> None:
        for incident in self.rows.all(Incident):
            tasks = self.rows.assignments_of_incident(incident.id)
            running = [one.unit for one in tasks if one.is_running]
            assert len(running) == len(set(running))

    @invariant()
    def reports_are_counted(self) -> None:
        for incident in self.rows.all(Incident):
            mine = [one for one in self.rows.all(Report) if one.incident == incident.id]
            assert incident.reports == len(mine)


Dispatching.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True
)
TestDispatching = Dispatching.TestCase
