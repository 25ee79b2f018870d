"""A hand-over packet equals what an independent look at the tables says was changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from central_parts import CentralClient, CentralServer

from console.domain.assignments import AssignmentState
from console.domain.ids import new_id
from console.domain.levels import Role
from console.domain.shifts import Instruction
from console.protocol import commands as c
from console.protocol.messages import Verdict

CLOSED = {"evaluate", "cancelled"}
Tables = dict[str, dict[str, Any]]


@pytest.fixture
def desks(central_server: CentralServer) -> Iterator[dict[Role, CentralClient]]:
    with ExitStack() as rest:
        found = {}
        for role in (Role.DISPATCHER, Role.SHIFT_LEAD, Role.GATEWAY, Role.SUPERVISOR):
            found[role] = central_server.client(role)
            rest.callback(found[role].close)
        yield found


def now() -> datetime:
    return datetime.now(UTC)


def opened(desk: CentralClient, place: str) -> str:
    incident = new_id(now())
    body = c.OpenIncident(
        incident=incident, form="0301", place=place, summary="夜间施工", channel="12345"
    )
    assert desk.post(body)[0].verdict is Verdict.ACCEPTED
    return incident


def sent(desk: CentralClient, city: CentralClient, incident: str, unit: str) -> str:
    assignment = new_id(now())
    body = c.AssignUnit(assignment=assignment, incident=incident, unit=unit)
    assert desk.post(body)[0].verdict is Verdict.ACCEPTED
    step = c.MoveAssignment(assignment=assignment, state=AssignmentState.ON_SCENE, at=now())
    assert city.post(step)[0].verdict is Verdict.ACCEPTED
    return assignment


def tables(server: CentralServer) -> Tables:
    """Return incidents with all their fields, and log lines, as the tables hold them."""
    stages = server.query("SELECT id, stage, version, level, place FROM incident")
    lines = server.query("SELECT id, incident, verb FROM log_entry ORDER BY rowid")
    return {
        "incident": {str(row[0]): row[1:] for row in stages},
        "log": {str(row[0]): row[1:] for row in lines},
    }


def difference(before: Tables, after: Tables) -> dict[str, tuple[str, list[str], bool]]:
    """Return what a packet has to hold: kind, verbs and whether it changed, by incident."""
    verbs: dict[str, list[str]] = {}
    for line, (incident, verb) in after["log"].items():
        if line not in before["log"]:
            verbs.setdefault(incident, []).append(verb)
    wanted = {}
    for incident, row in after["incident"].items():
        is_changed = before["incident"].get(incident) != row
        is_open = row[0] not in CLOSED
        if is_open or is_changed or incident in verbs:
            kind = "open" if is_open else "ended"
            wanted[incident] = (kind, verbs.get(incident, []), is_changed)
    return wanted


def packet(server: CentralServer, desk: CentralClient, since: datetime, *words: str) -> Any:
    handover = new_id(now())
    body = c.PrepareHandover(handover=handover, since=since, words=words)
    (result,) = desk.post(body)
    assert result.verdict is Verdict.ACCEPTED, result.reason
    with desk.stream() as stream:
        assert stream.welcomed
    import json  # noqa: PLC0415 - beside its only use

    ((items, rev),) = server.query(f"SELECT items, rev FROM handover WHERE id = '{handover}'")
    return handover, json.loads(items), rev


def test_that_a_packet_equals_an_independent_difference_of_the_tables(
    central_server: CentralServer, desks: dict[Role, CentralClient]
) -> None:
    lead, desk, city = desks[Role.SHIFT_LEAD], desks[Role.DISPATCHER], desks[Role.GATEWAY]
    quiet, moved = opened(desk, "早先一"), opened(desk, "早先二")
    done = opened(desk, "早先三")
    gone = opened(desk, "早先四")
    assert desk.post(c.CancelIncident(incident=gone, reason="误报"))[0].verdict is Verdict.ACCEPTED
    task = sent(desk, city, done, "u1")
    before, since = tables(central_server), now()
    # the shift
    new = opened(desk, "本班新增")
    sent(desk, city, moved, "u2")
    desk.post(c.AmendIncident(incident=moved, level=1))
    desk.post(c.NoteIncident(incident=new, text="来电人再次来电"))
    city.post(c.ReportOutcome(assignment=task, outcome="已停工", at=now()))
    supervisor = desks[Role.SUPERVISOR]
    assert supervisor.post(c.VerifyIncident(incident=done, passed=True))[0].verdict is (
        Verdict.ACCEPTED
    )
    assert desk.post(c.CloseIncident(incident=done))[0].verdict is Verdict.ACCEPTED
    rule = Instruction(id="rule", text="大风天加密工地巡查", since=since)
    lead.post(c.PutInstructions(instructions=(rule,)))
    _, items, rev = packet(central_server, desk, since, "K3 电台有杂音")
    cases = [one for one in items if one["incident"]]
    got = {one["incident"]: (one["kind"], one["events"], one["is_changed"]) for one in cases}
    assert got == difference(before, tables(central_server))
    assert got[quiet] == ("open", [], False)
    assert gone not in got
    assert got[done][0] == "ended"
    assert len(cases) == len(got)
    assert [one["text"] for one in items if not one["incident"]] == [rule.text, "K3 电台有杂音"]
    ((head,),) = central_server.query("SELECT max(rev) FROM change_log")
    assert rev == head - 1
    with_unit = next(one for one in cases if one["incident"] == moved)
    assert (with_unit["units"], with_unit["level"]) == (["u2"], 1)


def test_that_a_packet_is_read_back_by_another_and_signed_by_both(
    central_server: CentralServer, desks: dict[Role, CentralClient]
) -> None:
    lead, desk = desks[Role.SHIFT_LEAD], desks[Role.DISPATCHER]
    opened(desk, "未结一")
    handover, items, _ = packet(central_server, desk, now() - timedelta(hours=8), "请盯紧工地")
    every = tuple(range(len(items)))

    def give(client: CentralClient, body: c.AnyBody) -> tuple[Verdict, str]:
        (result,) = client.post(body)
        return result.verdict, result.reason or ""

    sign = c.SignHandover(handover=handover)
    assert "does not read back" in give(desk, c.ReadBack(handover=handover, items=every))[1]
    assert "not read back yet" in give(lead, sign)[1]
    assert "no item" in give(lead, c.ReadBack(handover=handover, items=(99,)))[1]
    assert give(lead, c.ReadBack(handover=handover, items=every[:1]))[0] is Verdict.ACCEPTED
    assert "1 items are not" in give(lead, sign)[1]
    assert give(lead, c.ReadBack(handover=handover, items=every))[0] is Verdict.ACCEPTED
    assert give(desk, sign)[0] is Verdict.ACCEPTED
    assert give(lead, sign)[0] is Verdict.ACCEPTED
    assert give(lead, sign)[0] is Verdict.DUPLICATE
    central_server.stop()
    central_server.start()
    query = "SELECT given_by, taken_by, given_at IS NOT NULL, taken_at IS NOT NULL FROM handover"
    assert central_server.query(query) == [("dispatcher", "lead", 1, 1)]


def test_that_a_shift_of_more_than_a_day_or_of_the_future_is_none(
    central_server: CentralServer, desks: dict[Role, CentralClient]
) -> None:
    for since in (now() - timedelta(days=2), now() + timedelta(hours=1)):
        body = c.PrepareHandover(handover=new_id(now()), since=since)
        (result,) = desks[Role.DISPATCHER].post(body)
        assert "within the last 24 hours" in (result.reason or "")
