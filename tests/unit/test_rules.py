"""The rules of dispatch, one by one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rule_rows import A_PHOTO, START, PlainRows, filed_rows, opened

from console.dispatch.rules import target_of
from console.domain.assignments import Assignment, AssignmentState, Means
from console.domain.errors import (
    ConflictError,
    IllegalTransitionError,
    RejectedError,
    UnknownRowError,
)
from console.domain.incidents import Incident, Report, Stage
from console.domain.levels import Channel, Level, Role
from console.domain.permissions import may
from console.domain.units import Unit, UnitStatus
from console.protocol import commands as c

ALL_BODIES = {
    "OpenIncident": c.OpenIncident(
        incident="x", form="0301", place="p", summary="s", channel="12345"
    ),
    "AmendIncident": c.AmendIncident(incident="i", place="q"),
    "NoteIncident": c.NoteIncident(incident="i", text="t"),
    "AddReport": c.AddReport(
        report=Report(id="r", channel=Channel.HOTLINE, received_at=START, text="t", place="p"),
        incident="x",
    ),
    "AssignUnit": c.AssignUnit(assignment="a", incident="i", unit="u1"),
    "OrderByVoice": c.OrderByVoice(
        assignment="a", incident="i", unit="u1", means=Means.PHONE, at=START
    ),
    "WithdrawAssignment": c.WithdrawAssignment(assignment="a", reason="r"),
    "MoveAssignment": c.MoveAssignment(assignment="a", state=AssignmentState.SEEN, at=START),
    "ReportOutcome": c.ReportOutcome(assignment="a", outcome="o", at=START),
    "VerifyIncident": c.VerifyIncident(incident="i", passed=True),
    "CloseIncident": c.CloseIncident(incident="i"),
    "CancelIncident": c.CancelIncident(incident="i", reason="r"),
    "AttachEvidence": c.AttachEvidence(evidence=A_PHOTO),
    "SetDuty": c.SetDuty(unit="u1", on_duty=True, at=START),
    "PutUnits": c.PutUnits(units=()),
    "PutCameras": c.PutCameras(cameras=()),
    "PutJurisdictions": c.PutJurisdictions(jurisdictions=()),
    "PutAreas": c.PutAreas(areas=()),
    "TellAreaEvents": c.TellAreaEvents(events=()),
}


@pytest.fixture
def rows() -> PlainRows:
    """Two units on duty, and one incident that is filed."""
    return filed_rows()


def assigned(rows: PlainRows, assignment: str = "a", unit: str = "u1") -> None:
    rows.do(c.AssignUnit(assignment=assignment, incident="i", unit=unit))


def moved(
    rows: PlainRows, state: AssignmentState, assignment: str = "a", *, note: str | None = None
) -> bool:
    """Say a step; return whether it was news."""
    body = c.MoveAssignment(assignment=assignment, state=state, at=rows.at, note=note)
    return not rows.do(body, role=Role.GATEWAY, actor="city").duplicate


def cleared(rows: PlainRows, assignment: str = "a") -> None:
    body = c.ReportOutcome(assignment=assignment, outcome="已停工", at=rows.at)
    rows.do(body, role=Role.GATEWAY, actor="city")


def stage(rows: PlainRows) -> Stage:
    return rows.rows[Incident, "i"].stage


def status(rows: PlainRows, unit: str = "u1") -> UnitStatus:
    return rows.rows[Unit, unit].status


def test_that_a_loop_runs_from_opening_to_closing(rows: PlainRows) -> None:
    seen = [(stage(rows), status(rows))]
    assigned(rows)
    seen.append((stage(rows), status(rows)))
    for state in (
        AssignmentState.DELIVERED,
        AssignmentState.SEEN,
        AssignmentState.ACCEPTED,
        AssignmentState.EN_ROUTE,
        AssignmentState.ON_SCENE,
    ):
        assert moved(rows, state)
        seen.append((stage(rows), status(rows)))
    cleared(rows)
    seen.append((stage(rows), status(rows)))
    assert seen == [
        (Stage.FILE, UnitStatus.AVAILABLE),
        (Stage.DISPATCH, UnitStatus.ASSIGNED),
        (Stage.DISPATCH, UnitStatus.ASSIGNED),
        (Stage.DISPATCH, UnitStatus.ASSIGNED),
        (Stage.HANDLE, UnitStatus.EN_ROUTE),
        (Stage.HANDLE, UnitStatus.EN_ROUTE),
        (Stage.HANDLE, UnitStatus.ON_SCENE),
        (Stage.REPORT_BACK, UnitStatus.AVAILABLE),
    ]
    rows.do(c.VerifyIncident(incident="i", passed=True), role=Role.SUPERVISOR, actor="s")
    assert rows.rows[Incident, "i"].verified_by == "s"
    rows.do(c.CloseIncident(incident="i"))
    closed = rows.rows[Incident, "i"]
    assert closed.stage is Stage.EVALUATE
    assert closed.closed_at == rows.at
    assert rows.log("i") == [
        "opened", "filed", "assigned", "delivered", "seen", "accepted", "en_route", "on_scene",
        "cleared", "verified", "closed",
    ]  # fmt: skip


def test_that_opening_sets_level_and_limit_from_the_form(rows: PlainRows) -> None:
    incident = rows.rows[Incident, "i"]
    assert incident.level is Level.HIGH
    assert incident.due_at == incident.opened_at + timedelta(hours=2)


def test_that_an_outcome_not_passed_goes_back_to_be_dispatched_again(rows: PlainRows) -> None:
    assigned(rows)
    moved(rows, AssignmentState.ACCEPTED)
    cleared(rows)
    rows.do(c.VerifyIncident(incident="i", passed=False, note="still noisy"))
    assert stage(rows) is Stage.FILE
    assert rows.rows[Incident, "i"].outcome is None
    assigned(rows, "b")
    moved(rows, AssignmentState.REFUSED, "b", note="too far")
    assert stage(rows) is Stage.FILE  # the outcome of the first round counts no more


def test_that_a_refusal_frees_the_unit_and_keeps_the_other_going(rows: PlainRows) -> None:
    assigned(rows)
    assigned(rows, "b", "u2")
    moved(rows, AssignmentState.ACCEPTED, "b")
    moved(rows, AssignmentState.REFUSED, note="no noise meter")
    assert (stage(rows), status(rows)) == (Stage.HANDLE, UnitStatus.AVAILABLE)
    assert rows.rows[type(rows.assignment("a")), "a"].note == "no noise meter"
    cleared(rows, "b")
    assert stage(rows) is Stage.REPORT_BACK


def test_that_reporting_back_waits_for_every_unit(rows: PlainRows) -> None:
    assigned(rows)
    moved(rows, AssignmentState.ON_SCENE)
    assigned(rows, "b", "u2")
    cleared(rows)
    assert stage(rows) is Stage.DISPATCH
    moved(rows, AssignmentState.REFUSED, "b")
    assert stage(rows) is Stage.REPORT_BACK


def test_that_an_outcome_told_after_the_recall_is_kept_and_moves_nothing(rows: PlainRows) -> None:
    rows.do(c.AssignUnit(assignment="a", incident="i", unit="u1"))
    rows.do(c.MoveAssignment(assignment="a", state=AssignmentState.ON_SCENE, at=rows.at))
    rows.do(c.WithdrawAssignment(assignment="a", reason="nearer unit"))
    before = rows.rows[Incident, "i"], rows.rows[Assignment, "a"]
    told = c.ReportOutcome(assignment="a", outcome="gas smelt, valve shut", at=rows.at)
    decision = rows.do(told, role=Role.OFFICER, actor="u1")
    assert [(row.verb, row.detail) for row in decision.rows] == [("noted", "gas smelt, valve shut")]
    assert before == (rows.rows[Incident, "i"], rows.rows[Assignment, "a"])


def test_that_of_a_step_overtaken_the_time_is_kept_and_one_said_twice_is_a_duplicate(
    rows: PlainRows,
) -> None:
    assigned(rows)
    assert moved(rows, AssignmentState.ON_SCENE)
    assert not moved(rows, AssignmentState.ON_SCENE)
    unit = rows.rows[Unit, "u1"]
    for state in (AssignmentState.DELIVERED, AssignmentState.ACCEPTED):
        at = rows.at
        assert moved(rows, state)
        held = rows.rows[Assignment, "a"]
        assert isinstance(held, Assignment)
        assert (held.state, held.times[state]) == (AssignmentState.ON_SCENE, at)
        assert not moved(rows, state)
    assert rows.rows[Unit, "u1"] == unit
    rows.do(c.WithdrawAssignment(assignment="a", reason="other unit nearer"))
    assert not moved(rows, AssignmentState.ACCEPTED)


def test_that_a_refusal_after_setting_out_and_a_yes_after_a_no_are_not_swallowed(
    rows: PlainRows,
) -> None:
    assigned(rows)
    moved(rows, AssignmentState.EN_ROUTE)
    with pytest.raises(IllegalTransitionError):
        moved(rows, AssignmentState.REFUSED)
    assigned(rows, "b", "u2")
    moved(rows, AssignmentState.REFUSED, "b")
    with pytest.raises(IllegalTransitionError):
        moved(rows, AssignmentState.ACCEPTED, "b")
    assert moved(rows, AssignmentState.SEEN, "b")
    assert not moved(rows, AssignmentState.REFUSED, "b")


def test_that_a_device_clock_ahead_of_ours_is_held_back(rows: PlainRows) -> None:
    assigned(rows)
    ahead = rows.at + timedelta(days=2)
    rows.do(
        c.MoveAssignment(assignment="a", state=AssignmentState.SEEN, at=ahead),
        role=Role.GATEWAY,
        actor="city",
    )
    assert rows.assignment("a").changed_at == rows.at


def test_that_two_dispatchers_sending_one_unit_is_decided_by_a_person(rows: PlainRows) -> None:
    rows.do(opened("j"))
    seen = rows.rows[Unit, "u1"].version
    assigned(rows)
    second = c.AssignUnit(assignment="b", incident="j", unit="u1")
    with pytest.raises(ConflictError) as caught:
        rows.do(second, base_version=seen)
    assert caught.value.present == rows.rows[Unit, "u1"].version
    with pytest.raises(ConflictError):
        rows.do(second)
    rows.do(second, base_version=rows.rows[Unit, "u1"].version)  # seen busy, sent all the same
    assert rows.assignment("b").is_running


def test_that_nobody_is_sent_twice_off_duty_or_to_what_is_over(rows: PlainRows) -> None:
    assigned(rows)
    with pytest.raises(RejectedError, match="already"):
        assigned(rows, "b")
    off = c.SetDuty(unit="u2", on_duty=False, at=rows.at)
    rows.do(off, role=Role.GATEWAY, actor="city")
    with pytest.raises(RejectedError, match="off duty"):
        assigned(rows, "b", "u2")
    rows.do(c.CancelIncident(incident="i", reason="a film set"))
    assert status(rows) is UnitStatus.AVAILABLE
    assert rows.assignment("a").state is AssignmentState.WITHDRAWN
    with pytest.raises(RejectedError, match="nobody can be sent"):
        assigned(rows, "c")


def test_that_an_assignment_said_twice_is_one_and_its_id_is_not_taken_again(
    rows: PlainRows,
) -> None:
    assigned(rows)
    body = c.AssignUnit(assignment="a", incident="i", unit="u1")
    assert rows.do(body).duplicate
    with pytest.raises(RejectedError):
        rows.do(c.AssignUnit(assignment="a", incident="i", unit="u2"))


def test_that_a_changed_incident_conflicts(rows: PlainRows) -> None:
    rows.do(c.AmendIncident(incident="i", level=1), base_version=1)
    assert rows.rows[Incident, "i"].level is Level.CRITICAL
    with pytest.raises(ConflictError):
        rows.do(c.AmendIncident(incident="i", level=2), base_version=1)
    assert rows.do(c.AmendIncident(incident="i", level=1)).duplicate


def test_that_who_handled_may_not_verify(rows: PlainRows) -> None:
    assigned(rows)
    moved(rows, AssignmentState.ACCEPTED)
    cleared(rows)
    body = c.VerifyIncident(incident="i", passed=True)
    with pytest.raises(RejectedError, match="handled"):
        rows.do(body, role=Role.SUPERVISOR, actor="u1")
    rows.do(body, role=Role.SUPERVISOR, actor="u2")


def test_that_an_officer_speaks_for_the_own_unit_only(rows: PlainRows) -> None:
    assigned(rows)
    body = c.MoveAssignment(assignment="a", state=AssignmentState.ACCEPTED, at=rows.at)
    with pytest.raises(RejectedError, match="K1 itself"):
        rows.do(body, role=Role.OFFICER, actor="u2")
    rows.do(body, role=Role.OFFICER, actor="u1")


def test_that_a_unit_with_a_task_stays_on_duty(rows: PlainRows) -> None:
    assigned(rows)
    off = c.SetDuty(unit="u1", on_duty=False, at=rows.at)
    with pytest.raises(RejectedError, match="task"):
        rows.do(off, role=Role.GATEWAY, actor="city")
    moved(rows, AssignmentState.ACCEPTED)
    cleared(rows)
    rows.do(off, role=Role.GATEWAY, actor="city")
    assert status(rows) is UnitStatus.OFF_DUTY
    assert rows.do(off, role=Role.GATEWAY, actor="city").duplicate


@pytest.mark.parametrize(
    "changed",
    [
        {"lat": 91.0},
        {"lat": float("nan")},
        {"lon": None},
        {"level": 5},
        {"channel": "smoke signal"},
        {"incident": ""},
        {"incident": "a\nb"},
        {"summary": "x" * 4001},
        {"reports": ("nobody knows",)},
    ],
)
def test_that_nonsense_is_rejected_with_a_sentence(
    rows: PlainRows, changed: dict[str, object]
) -> None:
    with pytest.raises(RejectedError, match=r"\w+ .*[.]$"):
        rows.do(opened(**{"incident": "j"} | changed))


def test_that_ids_nobody_knows_are_said_to_be_unknown(rows: PlainRows) -> None:
    for body in (
        c.AssignUnit(assignment="z", incident="nope", unit="u1"),
        c.AssignUnit(assignment="z", incident="i", unit="nope"),
        c.CloseIncident(incident="nope"),
        c.WithdrawAssignment(assignment="nope", reason=""),
    ):
        with pytest.raises(UnknownRowError):
            rows.do(body)


def test_that_stages_cannot_be_skipped(rows: PlainRows) -> None:
    with pytest.raises(IllegalTransitionError):
        rows.do(c.CloseIncident(incident="i"))
    with pytest.raises(IllegalTransitionError):
        rows.do(c.VerifyIncident(incident="i", passed=True))
    assigned(rows)
    moved(rows, AssignmentState.ACCEPTED)
    with pytest.raises(IllegalTransitionError):
        rows.do(c.CancelIncident(incident="i", reason="r"))


@pytest.mark.parametrize(
    ("role", "name"), [(role, name) for role in Role for name in ALL_BODIES if not may(role, name)]
)
def test_that_a_role_does_only_what_the_table_allows(role: Role, name: str) -> None:
    with pytest.raises(RejectedError, match=f"{name} is not among"):
        PlainRows().do(ALL_BODIES[name], role=role)


def test_that_the_target_of_a_command_is_the_row_its_version_speaks_of() -> None:
    targets = {name: target_of(body) for name, body in ALL_BODIES.items()}
    assert {name: target for name, target in targets.items() if target is not None} == {
        "AmendIncident": ("incident", "i"),
        "AssignUnit": ("unit", "u1"),
        "OrderByVoice": ("unit", "u1"),
        "WithdrawAssignment": ("assignment", "a"),
        "VerifyIncident": ("incident", "i"),
        "CloseIncident": ("incident", "i"),
        "CancelIncident": ("incident", "i"),
    }
