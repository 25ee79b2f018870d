"""Dispatch beyond one order: reasons, transfers, stand-by, escalation, help, sectors, plans."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rule_rows import PlainRows, filed_rows

from console.dispatch.eventplans import plan_from, run_cards
from console.dispatch.recommend import card_for
from console.dispatch.rules import target_of
from console.domain.assignments import Assignment, AssignmentState, Means
from console.domain.catalogue import CatalogueItem
from console.domain.catalogue_seed_desk import seeded_desk
from console.domain.command import CommandPost, HelpRequest, HelpSide, HelpState, Sector, help_id
from console.domain.errors import ConflictError, RejectedError
from console.domain.ids import IncidentId, JurisdictionId, UnitId
from console.domain.incidents import Incident, Stage
from console.domain.levels import Level
from console.domain.places import Jurisdiction, JurisdictionLevel, LogEntry
from console.domain.units import UnitStatus
from console.protocol import commands as c


@pytest.fixture
def rows() -> PlainRows:
    filled = filed_rows()
    for item in seeded_desk():
        filled.rows[CatalogueItem, item.id] = item
    for one in ("D1", "D2"):
        filled.rows[Jurisdiction, one] = Jurisdiction(
            id=JurisdictionId(one), parent=None, level=JurisdictionLevel.DISTRICT,
            name_zh=one, name_en=one,
        )  # fmt: skip
    return filled


def task(rows: PlainRows, row_id: str) -> Assignment:
    found = rows.assignment(row_id)
    assert found is not None
    return found


def the(rows: PlainRows, incident: str = "i") -> Incident:
    found = rows.incident(incident)
    assert found is not None
    return found


def status(rows: PlainRows, unit: str) -> UnitStatus:
    found = rows.unit(unit)
    assert found is not None
    return found.status


def told(rows: PlainRows, incident: str, verb: str) -> list[str | None]:
    entries = [row for row in rows.rows.values() if isinstance(row, LogEntry)]
    return [one.detail for one in entries if (one.incident, one.verb) == (incident, verb)]


def send(rows: PlainRows, row_id: str, unit: str, **more: object) -> None:
    rows.do(c.AssignUnit(assignment=row_id, incident="i", unit=unit, **more))  # type: ignore[arg-type]


def step(rows: PlainRows, row_id: str, state: AssignmentState) -> None:
    rows.do(c.MoveAssignment(assignment=row_id, state=state, at=rows.at))


def test_that_another_unit_than_recommended_is_sent_at_once_and_explained_for_good(
    rows: PlainRows,
) -> None:
    send(rows, "a", "u2", instead_of="K1")
    assert (task(rows, "a").instead_of, task(rows, "a").because) == ("K1", None)
    assert told(rows, "i", "overrode") == ["K1"]
    with pytest.raises(RejectedError, match="kept with the task"):
        rows.do(c.ExplainChoice(assignment="a", reason=" "))
    rows.do(c.ExplainChoice(assignment="a", reason="知道后门"))
    assert rows.do(c.ExplainChoice(assignment="a", reason="知道后门")).duplicate
    assert task(rows, "a").because == "知道后门"
    assert told(rows, "i", "overrode_because") == ["知道后门"]
    send(rows, "b", "u1")
    with pytest.raises(RejectedError, match="nothing to explain"):
        rows.do(c.ExplainChoice(assignment="b", reason="x"))


def test_that_a_task_is_kept_by_the_first_unit_until_the_other_accepts(rows: PlainRows) -> None:
    send(rows, "a", "u1")
    step(rows, "a", AssignmentState.ON_SCENE)
    rows.do(c.TransferTask(assignment="a", to="b", unit="u2", reason="交班"))
    assert task(rows, "a").state is AssignmentState.ON_SCENE
    assert the(rows).stage is Stage.HANDLE
    step(rows, "b", AssignmentState.ACCEPTED)
    assert task(rows, "a").state is AssignmentState.WITHDRAWN
    assert status(rows, "u1") is UnitStatus.AVAILABLE
    assert status(rows, "u2") is UnitStatus.EN_ROUTE
    assert the(rows).stage is Stage.HANDLE
    assert told(rows, "i", "transfer_ordered") == ["K1 → K2: 交班"]
    assert told(rows, "i", "handed_over") == ["K2"]


def test_that_a_transfer_refused_leaves_the_task_where_it_was(rows: PlainRows) -> None:
    send(rows, "a", "u1")
    step(rows, "a", AssignmentState.ACCEPTED)
    rows.do(c.TransferTask(assignment="a", to="b", unit="u2", reason="交班"))
    step(rows, "b", AssignmentState.REFUSED)
    assert task(rows, "a").state is AssignmentState.ACCEPTED
    rows.do(c.TransferTask(assignment="a", to="d", unit="u2", reason="交班"))
    rows.do(c.OrderByVoice(assignment="d", incident="i", unit="u2", means=Means.RADIO, at=rows.at))
    assert task(rows, "a").state is AssignmentState.WITHDRAWN
    with pytest.raises(RejectedError, match="has ended this task"):
        rows.do(c.TransferTask(assignment="a", to="e", unit="u2", reason="x"))


def test_that_a_unit_in_stand_by_is_held_but_handles_nothing_until_called_up(
    rows: PlainRows,
) -> None:
    send(rows, "s", "u1", standby=True)
    assert the(rows).stage is Stage.FILE
    assert status(rows, "u1") is UnitStatus.ASSIGNED
    step(rows, "s", AssignmentState.ACCEPTED)
    assert the(rows).stage is Stage.FILE
    assert status(rows, "u1") is UnitStatus.ASSIGNED
    rows.do(c.CallUp(assignment="s", to="a"))
    assert task(rows, "s").state is AssignmentState.WITHDRAWN
    assert task(rows, "a").state is AssignmentState.ORDERED
    assert the(rows).stage is Stage.DISPATCH
    assert rows.do(c.CallUp(assignment="s", to="a")).duplicate
    with pytest.raises(RejectedError, match="does not stand by"):
        rows.do(c.CallUp(assignment="a", to="b"))


def test_that_a_unit_in_stand_by_that_goes_by_itself_is_on_its_way(rows: PlainRows) -> None:
    send(rows, "s", "u1", standby=True)
    step(rows, "s", AssignmentState.EN_ROUTE)
    assert not task(rows, "s").standby
    assert the(rows).stage is Stage.HANDLE
    assert told(rows, "i", "called_up") == [None]


def test_that_each_step_of_escalation_is_kept_once_and_not_after_an_acceptance(
    rows: PlainRows,
) -> None:
    send(rows, "a", "u1")
    rows.do(c.EscalateOrder(assignment="a", step="order-120"))
    assert rows.do(c.EscalateOrder(assignment="a", step="order-120")).duplicate
    assert told(rows, "i", "escalated") == ["shift_lead 120"]
    assert task(rows, "a").steps == (AssignmentState.ORDERED,)
    with pytest.raises(RejectedError, match="no step of escalation"):
        rows.do(c.EscalateOrder(assignment="a", step="x"))
    step(rows, "a", AssignmentState.ACCEPTED)
    assert rows.do(c.EscalateOrder(assignment="a", step="order-60")).duplicate


def ask_help(rows: PlainRows, help_: str = "h", **values: object) -> None:
    wanted = {"help": help_, "incident": "i", "district": "D2", "wanted": 2, "reason": "人手不够"}
    rows.do(c.AskHelp(**{**wanted, **values}))  # type: ignore[arg-type]  # a table of fields


def copies(rows: PlainRows, help_: str = "h") -> list[HelpRequest]:
    found = [rows.get(HelpRequest, help_id(help_, side)) for side in HelpSide]
    return [one for one in found if one is not None]


def test_that_help_is_asked_of_another_district_and_its_units_are_sent(rows: PlainRows) -> None:
    ask_help(rows)
    asking, asked = copies(rows)
    assert (asked.district, asked.other, asked.wanted) == ("D2", the(rows).district, 2)
    assert asking.district == the(rows).district
    rows.do(c.AnswerHelp(help="h", assignments=("x1", "x2"), units=("u1", "u2"), answer="马上到"))
    assert {one.state for one in copies(rows)} == {HelpState.ACCEPTED}
    assert copies(rows)[0].call_signs == ("K1", "K2")
    assert {task(rows, one).incident for one in ("x1", "x2")} == {"i"}
    assert the(rows).stage is Stage.DISPATCH
    assert told(rows, "i", "help_accepted") == ["D2: K1 K2 马上到"]
    with pytest.raises(RejectedError, match="already"):
        rows.do(c.AnswerHelp(help="h", answer="doch nicht"))


def test_that_help_is_declined_with_a_reason_or_taken_back(rows: PlainRows) -> None:
    ask_help(rows)
    with pytest.raises(RejectedError, match="Say why no help"):
        rows.do(c.AnswerHelp(help="h"))
    rows.do(c.AnswerHelp(help="h", answer="本区也满"))
    assert {one.state for one in copies(rows)} == {HelpState.DECLINED}
    assert told(rows, "i", "help_declined") == ["D2: 本区也满"]
    ask_help(rows, "g")
    rows.do(c.EndHelp(help="g", reason="已解决"))
    assert {one.state for one in copies(rows, "g")} == {HelpState.WITHDRAWN}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"reason": " "}, "what help is needed for"),
        ({"wanted": 0}, "cannot be asked for"),
        ({"district": "D9"}, "no district"),
    ],
)
def test_that_a_request_that_makes_no_sense_is_refused(
    rows: PlainRows, values: dict[str, object], sentence: str
) -> None:
    with pytest.raises(RejectedError, match=sentence):
        ask_help(rows, **values)


def test_that_a_big_incident_has_one_command_post_and_the_log_tells_who_took_over(
    rows: PlainRows,
) -> None:
    post = CommandPost(id="i", incident=IncidentId("i"), place=" 东门 ", lat=39.9, lon=116.4)
    with pytest.raises(RejectedError, match="no open big incident"):
        rows.do(c.PutPost(post=post))
    rows.do(c.LinkIncident(incident="i", reason="多处"))
    rows.do(c.PutPost(post=post))
    assert rows.do(c.PutPost(post=post)).duplicate
    held = rows.get(CommandPost, "i")
    assert held is not None
    assert (held.place, held.commander, held.since) == ("东门", None, None)
    assert held.set_up_at is not None
    rows.do(c.PutPost(post=replace(post, commander="王局")))
    first = rows.get(CommandPost, "i")
    assert first is not None
    assert first.since is not None
    rows.do(c.PutPost(post=replace(post, commander="王局", place="北门", since=None)))
    moved = rows.get(CommandPost, "i")
    assert moved is not None
    assert (moved.place, moved.since, moved.set_up_at) == ("北门", first.since, held.set_up_at)
    rows.do(c.PutPost(post=replace(moved, commander="李处")))
    assert told(rows, "i", "post_put") == ["东门", "北门"]
    assert told(rows, "i", "command_taken") == ["王局", "王局 → 李处"]
    for wrong in ({"place": " "}, {"id": "j"}, {"commander": "x" * 61}):
        with pytest.raises(RejectedError):
            rows.do(c.PutPost(post=replace(post, **wrong)))  # type: ignore[arg-type]
    rows.do(c.PutPost(post=replace(moved, retired=True)))
    assert told(rows, "i", "post_ended") == ["北门"]
    assert rows.do(c.PutPost(post=replace(moved, retired=True))).duplicate


def test_that_a_desk_does_not_overwrite_a_command_post_it_has_not_seen(rows: PlainRows) -> None:
    first = CommandPost(id="i", incident=IncidentId("i"), place="东门")
    assert target_of(c.PutPost(post=first)) == ("command_post", "i")
    rows.do(c.LinkIncident(incident="i", reason="多处"))
    rows.do(c.PutPost(post=first), base_version=0)
    other = c.PutPost(post=replace(first, place="西门"))
    with pytest.raises(ConflictError, match=r"command post of .*version 1, yours was 0"):
        rows.do(other, base_version=0)  # set up by both at once
    assert rows.do(c.PutPost(post=first), base_version=0).duplicate  # they say the same
    rows.do(c.PutPost(post=replace(first, place="北门")), base_version=1)
    with pytest.raises(ConflictError, match="version 2, yours was 1"):
        rows.do(c.PutPost(post=replace(first, commander="王局")), base_version=1)
    held = rows.get(CommandPost, "i")
    assert held is not None
    assert (held.place, held.commander, held.version) == ("北门", None, 2)
    rows.do(c.PutPost(post=replace(held, commander="王局")), base_version=2)


def test_that_a_big_incident_has_sectors_with_leads_and_units(rows: PlainRows) -> None:
    sector = Sector(id="s", incident=IncidentId("i"), name="内场", lead=UnitId("u1"))
    with pytest.raises(RejectedError, match="no open big incident"):
        rows.do(c.PutSector(sector=sector))
    rows.do(c.LinkIncident(incident="i", reason="多处"))
    rows.do(c.PutSector(sector=sector))
    assert rows.do(c.PutSector(sector=sector)).duplicate
    send(rows, "a", "u1")
    rows.do(c.PlaceInSector(assignment="a", sector="s"))
    assert task(rows, "a").sector == "s"
    assert told(rows, "i", "placed") == ["内场"]
    rows.do(c.PutSector(sector=replace(sector, retired=True)))
    assert told(rows, "i", "sector_ended") == ["内场"]
    with pytest.raises(RejectedError, match="no such sector"):
        rows.do(c.PlaceInSector(assignment="a", sector="other"))
    with pytest.raises(RejectedError, match="said on the radio"):
        rows.do(c.PutSector(sector=replace(sector, id="t", name=" ")))


def test_that_a_plan_opens_a_big_incident_with_sectors_and_a_case_for_each_task(
    rows: PlainRows,
) -> None:
    plan = plan_from(rows.rows[CatalogueItem, "event_plan:gas"])  # type: ignore[arg-type]
    body = c.OpenEvent(
        incident="big", plan="gas", place="望京西园", reason="居民报漏气", lat=39.9, lon=116.4,
        cases=("c1", "c2", "c3"), sectors=("s1", "s2", "s3"),
    )  # fmt: skip
    rows.do(body)
    big = the(rows, "big")
    assert (big.is_major, big.level, big.form, big.stage) == (
        True, Level.CRITICAL, "0401", Stage.FILE,
    )  # fmt: skip
    assert [the(rows, one).parent for one in body.cases] == ["big"] * 3
    assert [the(rows, one).form for one in body.cases] == [one.form for one in plan.tasks]
    names = [row.name for row in rows.rows.values() if isinstance(row, Sector)]
    assert names == list(plan.sectors)
    with pytest.raises(RejectedError, match="opened before"):
        rows.do(body)
    with pytest.raises(RejectedError, match="3 tasks and 3 sectors"):
        rows.do(c.OpenEvent(incident="x", plan="gas", place="p", reason="r", cases=(), sectors=()))
    with pytest.raises(RejectedError, match="no event plan"):
        rows.do(c.OpenEvent(incident="x", plan="-", place="p", reason="r", cases=(), sectors=()))


def test_that_run_cards_are_the_sites_own_once_there_are_any(rows: PlainRows) -> None:
    items = [row for row in rows.rows.values() if isinstance(row, CatalogueItem)]
    gas = replace(the(rows), form="0401", level=Level.CRITICAL)
    card = card_for(gas, run_cards(items))
    assert (card.units, card.kinds, card.equipment) == (3, ("vehicle",), ("gas_detector",))
    changed = [
        replace(one, details={**one.details, "units": 7}) if one.code == "0401" else one
        for one in items
    ]
    assert card_for(gas, run_cards(changed)).units == 7
    assert card_for(gas, run_cards([])).units == 3  # the program's own while there are none
