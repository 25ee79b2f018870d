"""An order given by voice: kept as it was said, never ordered a second time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rule_rows import PlainRows, filed_rows

from console.domain.assignments import Assignment, AssignmentState, Means
from console.domain.errors import ConflictError, RejectedError
from console.domain.incidents import Incident, Stage
from console.domain.levels import Role
from console.domain.places import LogEntry
from console.domain.units import Unit, UnitStatus
from console.protocol import commands as c


@pytest.fixture
def rows() -> PlainRows:
    return filed_rows()


def said(rows: PlainRows, assignment: str = "a", **more: object) -> c.OrderByVoice:
    given = {"incident": "i", "unit": "u1", "means": Means.RADIO, "at": rows.at, **more}
    return c.OrderByVoice(assignment=assignment, **given)  # type: ignore[arg-type]  # fields


def told(rows: PlainRows) -> list[LogEntry]:
    return [
        one
        for (kind, _), one in rows.rows.items()
        if kind is LogEntry and one.verb == "told_by_voice"  # type: ignore[attr-defined]
    ]  # type: ignore[return-value]  # rows by kind


def test_that_it_makes_the_assignment_as_taken_when_it_was_told(rows: PlainRows) -> None:
    at = rows.at - timedelta(minutes=3)
    rows.do(said(rows, at=at, words="从东门进"))
    held = rows.rows[Assignment, "a"]
    assert (held.state, held.changed_at) == (AssignmentState.ACCEPTED, at)
    assert held.times == {"ordered": at, "accepted": at}
    assert rows.rows[Unit, "u1"].status is UnitStatus.EN_ROUTE
    assert rows.rows[Incident, "i"].stage is Stage.HANDLE
    line = told(rows)[0]
    assert (line.at, line.unit, line.actor) == (at, "u1", "dispatcher")
    assert line.detail == "radio: 从东门进"


def test_that_a_device_clock_that_runs_ahead_is_not_believed(rows: PlainRows) -> None:
    rows.do(said(rows, at=rows.at + timedelta(hours=2)))
    assert rows.rows[Assignment, "a"].changed_at == rows.at


@pytest.mark.parametrize("assignment", ["a", "b"])
def test_that_words_on_an_order_that_was_sent_go_to_that_order(
    rows: PlainRows, assignment: str
) -> None:
    rows.do(c.AssignUnit(assignment="a", incident="i", unit="u1"))
    rows.do(said(rows, assignment))
    assert [one.id for one in rows.all(Assignment)] == ["a"]
    assert rows.rows[Assignment, "a"].state is AssignmentState.ACCEPTED
    rows.do(said(rows, assignment))
    assert len(told(rows)) == 2


def test_that_a_unit_busy_elsewhere_is_put_before_a_person_who_may_insist(
    rows: PlainRows,
) -> None:
    rows.do(c.OpenIncident(incident="j", form="0301", place="p", summary="s", channel="12345"))
    rows.do(c.AssignUnit(assignment="x", incident="j", unit="u1"))
    with pytest.raises(ConflictError):
        rows.do(said(rows))
    rows.do(said(rows), base_version=rows.rows[Unit, "u1"].version)
    assert rows.rows[Assignment, "a"].state is AssignmentState.ACCEPTED


def test_that_what_cannot_be_is_told_in_a_sentence(rows: PlainRows) -> None:
    rows.do(c.AssignUnit(assignment="a", incident="i", unit="u1"))
    refused = c.MoveAssignment(assignment="a", state=AssignmentState.REFUSED, at=rows.at, note="n")
    rows.do(refused, role=Role.GATEWAY, actor="city")
    with pytest.raises(RejectedError, match="had ended this task"):
        rows.do(said(rows))
    with pytest.raises(RejectedError, match="make a new id"):
        rows.do(said(rows, unit="u2"))
    rows.do(c.CancelIncident(incident="i", reason="none"))
    with pytest.raises(RejectedError, match="nobody can be sent"):
        rows.do(said(rows, "z"))
