"""The case as a whole: its limits, its clocks, opened again, called back, joined and parted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from rule_rows import START, PlainRows, filed_rows, opened

from console.domain.assignments import AssignmentState
from console.domain.errors import ConflictError, IllegalTransitionError, RejectedError, ZhihuiError
from console.domain.incidents import NEXT_STAGES, Incident, Report, Stage
from console.domain.levels import Channel, Role
from console.domain.limits import CalendarDay, LimitRule
from console.domain.places import LogEntry
from console.protocol import commands as c


@pytest.fixture
def rows() -> PlainRows:
    return filed_rows()


def the(rows: PlainRows, incident: str = "i") -> Incident:
    found = rows.incident(incident)
    assert found is not None
    return found


def handled(rows: PlainRows, incident: str = "i", unit: str = "u1") -> None:
    """Have a unit deal with an incident."""
    name = f"a-{incident}-{unit}-{rows.at:%H%M%S}"
    rows.do(c.AssignUnit(assignment=name, incident=incident, unit=unit))
    rows.do(c.MoveAssignment(assignment=name, state=AssignmentState.ACCEPTED, at=rows.at))
    rows.do(
        c.ReportOutcome(assignment=name, outcome="已停工", at=rows.at),
        role=Role.OFFICER, actor=unit,
    )  # fmt: skip


def closed(rows: PlainRows, incident: str = "i") -> None:
    handled(rows, incident)
    rows.do(c.VerifyIncident(incident=incident, passed=True))
    rows.do(c.CloseIncident(incident=incident))


def test_that_limits_follow_form_and_district_and_each_stage_has_its_own(rows: PlainRows) -> None:
    assert the(rows).limit == "2h"
    assert the(rows).due_at == the(rows).opened_at + timedelta(hours=2)
    assert the(rows).stage_due_at == the(rows).stage_at + timedelta(minutes=30)
    rules = (
        LimitRule(id="l1", limit="3wd", form="0301"),
        LimitRule(id="l2", limit="4wh", form="0301", district="D1"),
        LimitRule(id="l3", limit="1h", stage=Stage.FILE, district="D1"),
    )
    rows.do(c.PutLimitRules(rules=rules), role=Role.ADMINISTRATOR)
    rows.at = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)  # Friday, half past four in the afternoon
    rows.do(opened("near", district="D1"))
    rows.do(opened("far", district="D2"))
    assert (the(rows, "near").limit, the(rows, "far").limit) == ("4wh", "3wd")
    at = the(rows, "near").opened_at
    left_today = datetime(2026, 11, 20, 10, tzinfo=UTC) - at
    monday = datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert the(rows, "near").due_at == monday + timedelta(hours=4) - left_today + (
        timedelta(hours=0) if timedelta(hours=4) - left_today <= timedelta(hours=3) else
        timedelta(hours=1)
    )  # fmt: skip
    assert the(rows, "far").due_at == datetime(2026, 11, 25, 10, tzinfo=UTC)
    assert the(rows, "near").stage_due_at == at + timedelta(hours=1)


def test_that_a_day_entered_by_hand_moves_limits(rows: PlainRows) -> None:
    rows.do(
        c.PutLimitRules(rules=(LimitRule(id="l", limit="1wd", form="0301"),)),
        role=Role.ADMINISTRATOR,
    )
    rows.at = datetime(2027, 3, 5, 2, tzinfo=UTC)  # a Friday
    rows.do(opened("a"))
    rows.do(
        c.PutCalendarDays(days=(CalendarDay(id="2027-03-06", works=True, note="调休"),)),
        role=Role.ADMINISTRATOR,
    )
    rows.do(opened("b"))
    assert the(rows, "a").due_at == datetime(2027, 3, 8, 10, tzinfo=UTC)
    assert the(rows, "b").due_at == datetime(2027, 3, 6, 10, tzinfo=UTC)


def test_that_what_was_left_at_a_pause_is_left_after_it(rows: PlainRows) -> None:
    rows.at = START + timedelta(minutes=20)
    rows.do(c.PauseIncident(incident="i", reason="等许可"))
    left = the(rows).due_at - the(rows).paused_at
    assert the(rows).next_due_at is None
    with pytest.raises(RejectedError, match="held already"):
        rows.do(c.PauseIncident(incident="i", reason="另一原因"))
    rows.at += timedelta(hours=30)
    rows.do(c.ResumeIncident(incident="i"))
    assert the(rows).due_at - rows.at == left
    assert the(rows).paused_at is None
    assert rows.do(c.ResumeIncident(incident="i")).duplicate


def test_that_work_lets_held_clocks_go_on(rows: PlainRows) -> None:
    rows.do(c.PauseIncident(incident="i", reason="等许可"))
    rows.do(c.AssignUnit(assignment="a", incident="i", unit="u1"))
    assert the(rows).paused_at is None
    assert the(rows).stage is Stage.DISPATCH


def test_that_a_closed_case_is_opened_again_with_its_history(rows: PlainRows) -> None:
    closed(rows)
    before = rows.log("i")
    with pytest.raises(RejectedError, match="Say why"):
        rows.do(c.ReopenIncident(incident="i", reason="  "))
    rows.do(c.ReopenIncident(incident="i", reason="又开始施工"), role=Role.HOTLINE_SEAT)
    case = the(rows)
    assert (case.stage, case.reopened, case.outcome, case.closed_at) == (Stage.FILE, 1, None, None)
    assert case.due_at > rows.at
    assert rows.log("i") == [*before, "reopened"]
    closed(rows)
    assert the(rows).stage is Stage.EVALUATE


def test_that_an_outcome_sent_back_keeps_what_was_told(rows: PlainRows) -> None:
    handled(rows)
    rows.do(c.VerifyIncident(incident="i", passed=False, note="仍在施工"), role=Role.SUPERVISOR)
    assert (the(rows).stage, the(rows).reopened) == (Stage.FILE, 1)
    told = [one.detail for one in rows.all(LogEntry) if one.verb in {"cleared", "sent_back"}]
    assert told == ["已停工", "仍在施工"]


def test_that_who_handled_may_not_verify(rows: PlainRows) -> None:
    handled(rows)
    with pytest.raises(RejectedError, match="somebody else"):
        rows.do(c.VerifyIncident(incident="i", passed=True), role=Role.SUPERVISOR, actor="u1")


@pytest.mark.parametrize("rating", [0, 6, -1])
def test_that_a_rating_is_one_to_five(rows: PlainRows, rating: int) -> None:
    with pytest.raises(RejectedError, match="not closed yet"):
        rows.do(c.CallBack(incident="i", rating=5), role=Role.HOTLINE_SEAT)
    closed(rows)
    with pytest.raises(RejectedError, match="no rating"):
        rows.do(c.CallBack(incident="i", rating=rating), role=Role.HOTLINE_SEAT)
    rows.do(c.CallBack(incident="i", note="无人接听"), role=Role.HOTLINE_SEAT)
    assert the(rows).rating is None
    rows.do(c.CallBack(incident="i", rating=4, note="满意"), role=Role.HOTLINE_SEAT)
    assert (the(rows).rating, the(rows).stage_due_at) == (4, None)
    assert rows.log("i")[-2:] == ["call_back_failed", "called_back"]


def test_that_joining_is_undone_without_a_trace_but_the_log(rows: PlainRows) -> None:
    rows.do(opened("j", lat=39.99))
    for name, of in (("r1", "i"), ("r2", "j")):
        rows.put(
            Report(id=name, channel=Channel.APP, received_at=START, text="吵", place="p",
                   incident=of, version=1)
        )  # fmt: skip
    rows.do(c.AssignUnit(assignment="a", incident="j", unit="u1"))
    rows.do(c.JoinIncidents(incident="j", into="i", reason="同一工地"))
    assert (the(rows, "j").stage, the(rows, "j").joined_to) == (Stage.CANCELLED, "i")
    assert {one.incident for one in rows.all(Report)} == {"i"}
    assert rows.assignment("a").state is AssignmentState.WITHDRAWN
    with pytest.raises(RejectedError, match="undo the joining"):
        rows.do(c.ReopenIncident(incident="j", reason="x"))
    rows.do(c.PartIncidents(incident="j"))
    assert (the(rows, "j").stage, the(rows, "j").joined_to) == (Stage.FILE, None)
    assert {one.id: one.incident for one in rows.all(Report)} == {"r1": "i", "r2": "j"}
    with pytest.raises(RejectedError, match="itself"):
        rows.do(c.JoinIncidents(incident="j", into="j", reason=""))


def test_that_a_big_incident_has_parts(rows: PlainRows) -> None:
    rows.do(opened("j"))
    with pytest.raises(RejectedError, match="no open big incident"):
        rows.do(c.LinkIncident(incident="j", parent="i"))
    with pytest.raises(RejectedError, match="Say why"):
        rows.do(c.LinkIncident(incident="i"))
    rows.do(c.LinkIncident(incident="i", reason="路面持续下沉"))
    assert (the(rows).is_major, the(rows).level) == (True, 1)
    assert rows.do(c.LinkIncident(incident="i", reason="again")).duplicate
    rows.do(c.LinkIncident(incident="j", parent="i"))
    assert the(rows, "j").parent == "i"
    assert rows.log("i")[-1] == "has_part"
    rows.do(c.CancelIncident(incident="j", reason="none"))
    with pytest.raises(RejectedError, match="open it again"):
        rows.do(c.LinkIncident(incident="j", reason="x"))


def test_that_two_dispatchers_joining_at_once_meet_a_conflict(rows: PlainRows) -> None:
    rows.do(opened("j"))
    seen = the(rows, "j").version
    rows.do(c.AmendIncident(incident="j", level=1))
    with pytest.raises(ConflictError):
        rows.do(c.JoinIncidents(incident="j", into="i", reason=""), base_version=seen)


def test_that_a_report_at_a_geocoders_default_place_gets_no_position(rows: PlainRows) -> None:
    rows.defaults.add((39.9, 116.4))
    told = Report(
        id="r", channel=Channel.ONLINE, received_at=START, text="垃圾", place="北京市",
        form="0102", lat=39.9, lon=116.4,
    )  # fmt: skip
    rows.do(c.AddReport(report=told, incident="of-r"), role=Role.GATEWAY)
    assert (the(rows, "of-r").lat, rows.report("r").lat) == (None, 39.9)
    assert "default_place" in rows.log("of-r")


@pytest.mark.parametrize(
    "body",
    [
        c.PutLimitRules(rules=(LimitRule(id="l", limit="soon"),)),
        c.PutLimitRules(rules=(LimitRule(id="l", limit="2h", form="9999"),)),
        c.PutCalendarDays(days=(CalendarDay(id="tomorrow", works=True),)),
    ],
)
def test_that_tables_refuse_what_makes_no_sense(rows: PlainRows, body: c.AnyBody) -> None:
    with pytest.raises(RejectedError):
        rows.do(body, role=Role.ADMINISTRATOR)


class CaseMachine(RuleBasedStateMachine):
    """Whatever is asked in whatever order: legal stages only, clocks always right."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = filed_rows()
        self.stage = Stage.FILE
        self.lines = len(self.rows.log("i"))

    @rule(
        body=st.sampled_from(
            (
                c.AssignUnit(assignment="a1", incident="i", unit="u1"),
                c.AssignUnit(assignment="a2", incident="i", unit="u2"),
                c.MoveAssignment(assignment="a1", state=AssignmentState.ACCEPTED, at=START),
                c.MoveAssignment(assignment="a1", state=AssignmentState.REFUSED, at=START),
                c.ReportOutcome(assignment="a1", outcome="done", at=START),
                c.VerifyIncident(incident="i", passed=True),
                c.VerifyIncident(incident="i", passed=False),
                c.CloseIncident(incident="i"),
                c.CancelIncident(incident="i", reason="none"),
                c.PauseIncident(incident="i", reason="waits"),
                c.ResumeIncident(incident="i"),
                c.ReopenIncident(incident="i", reason="again"),
                c.CallBack(incident="i", rating=3),
            )
        )
    )
    def ask(self, body: c.AnyBody) -> None:
        role = Role.GATEWAY if isinstance(body, c.ReportOutcome) else Role.DISPATCHER
        before = the(self.rows)
        try:
            self.rows.do(body, role=role)
        except ZhihuiError:
            assert the(self.rows) == before
            return
        after = the(self.rows)
        if after.stage is not before.stage:
            steps = NEXT_STAGES[before.stage]
            assert after.stage in steps or any(after.stage in NEXT_STAGES[one] for one in steps)
            assert after.stage_at == self.rows.at

    @invariant()
    def history_only_grows_and_clocks_agree(self) -> None:
        case, lines = the(self.rows), len(self.rows.log("i"))
        assert lines >= self.lines
        self.lines = lines
        assert (case.paused_at is None) == (case.pause_reason is None)
        assert (case.closed_at is not None) == (not case.is_open)
        if case.paused_at is not None:
            assert case.stage in {Stage.FILE, Stage.DISPATCH, Stage.HANDLE}


CaseMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestCaseMachine = CaseMachine.TestCase


def test_that_an_illegal_step_is_told_in_a_sentence(rows: PlainRows) -> None:
    with pytest.raises(IllegalTransitionError, match="cannot become"):
        rows.do(c.CloseIncident(incident="i"))
