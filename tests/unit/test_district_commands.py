"""Every command of every role, in its own district and in another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

import msgspec
import pytest
from central_parts import CentralClient, CentralServer
from command_samples import an_area
from district_parts import (
    DISTRICTS,
    EAST,
    WEST,
    at_work,
    cameras,
    fresh,
    of_the_east,
    opened,
    seeded,
    two_districts,
    units,
)

from console.domain.assignments import AssignmentState, Means
from console.domain.command import CommandPost, Sector
from console.domain.ids import IncidentId, JurisdictionId, UnitId
from console.domain.incidents import Report
from console.domain.levels import Channel, Role
from console.domain.limits import CalendarDay, LimitRule
from console.domain.permissions import ALLOWED, Reach
from console.domain.places import Evidence, EvidenceKind
from console.domain.shifts import Instruction, RosterEntry
from console.domain.streetwork import PaperKind, SubjectKind
from console.domain.telling import MessageKind, ReceiptState
from console.protocol import commands as c
from console.protocol.commands import AnyBody, name_of
from console.protocol.messages import (
    Verdict,
)

OUTSIDE = "outside the districts you work for"
BYTES = b"what was seen"
HASH = sha256(BYTES).hexdigest()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CentralServer]:
    """A central of two districts, with somebody of every role in the east."""
    central = CentralServer(tmp_path / "home")
    seeded(central)
    central.start()
    yield central
    central.stop()


def report(incident: str) -> c.AddReport:
    told = Report(
        id=fresh(), channel=Channel.HOTLINE, received_at=datetime.now(UTC), text="吵", place="东单"
    )
    return c.AddReport(report=told, incident=incident)


def evidence(incident: str) -> c.AttachEvidence:
    return c.AttachEvidence(
        evidence=Evidence(
            id=fresh(), incident=incident, kind=EvidenceKind.PHOTO, media_type="image/png",
            sha256=HASH, size=len(BYTES), captured_at=datetime.now(UTC),
        )
    )  # fmt: skip


SPOTS = count()


def post_of(incident: IncidentId) -> c.PutPost:
    return c.PutPost(post=CommandPost(id=incident, incident=incident, place="gate"))


def joined(lead: CentralClient, district: str) -> str:
    """Return a report that was joined to an incident of a district."""
    lat = 39.9 + DISTRICTS.index(district) + next(SPOTS) / 100
    body = msgspec.structs.replace(opened(district), lat=lat, lon=116.4)
    told = replace(report("").report, form="0301", lat=lat, lon=116.4, text="夜间施工")
    results = lead.post(body, c.AddReport(report=told, incident=fresh()))
    assert {one.verdict for one in results} == {Verdict.ACCEPTED}, results
    return told.id


def bodies(
    lead: CentralClient, district: str, unit: str, made: list[str]
) -> dict[str, Callable[[], AnyBody]]:
    """Return a way to ask for each command about a place; each makes what it needs.

    Args:
        lead: Who makes it.
        district: Where.
        unit: A unit of that district.
        made: Incidents made so far; cancelled when the unit has to be free.
    """
    no = DISTRICTS.index(district)
    now = datetime.now(UTC)

    def message(kind: MessageKind = MessageKind.TEXT) -> str:
        sent = c.SendMessage(message=fresh(), kind=kind, text="t", units=(unit,))
        assert lead.post(sent)[0].verdict is Verdict.ACCEPTED
        return sent.message

    def reply() -> str:
        said = c.ReplyMessage(message=fresh(), unit=unit, text="t", at=now)
        with closing(lead.server.client(Role.GATEWAY)) as gateway:
            assert gateway.post(said)[0].verdict is Verdict.ACCEPTED
        return said.message

    def packet() -> str:
        made = c.PrepareHandover(
            handover=fresh(), since=now - timedelta(hours=1), district=district
        )
        (result,) = lead.post(made)
        assert result.verdict is Verdict.ACCEPTED, result
        return made.handover

    def decision(paper: str, of: str) -> c.IssuePaper:
        return c.IssuePaper(
            paper=paper, kind=PaperKind.DECISION, incident=of, party_kind=SubjectKind.SHOP,
            party="东单小吃店", facts="占道经营", law="dq-81", amount_fen=100_000,
        )  # fmt: skip

    def paper() -> str:
        made = decision(fresh(), incident())
        (result,) = lead.post(made)
        assert result.verdict is Verdict.ACCEPTED, result
        return made.paper

    def turn() -> RosterEntry:
        begins = now + timedelta(days=next(SPOTS))
        return RosterEntry(id=fresh(), unit=UnitId(unit), starts_at=begins,
                           ends_at=begins + timedelta(hours=8))  # fmt: skip

    def incident() -> str:
        body = opened(district)
        assert lead.post(body)[0].verdict is Verdict.ACCEPTED
        made.append(body.incident)
        return body.incident

    def task() -> str:
        lead.post(*(c.CancelIncident(incident=one, reason="free the unit") for one in made))
        of, assignment = at_work(lead, district, unit)
        made[:] = [of]
        return assignment

    def asked_for_help(of: int) -> str:
        body = opened(DISTRICTS[of])
        asked = c.AskHelp(
            help=fresh(), incident=body.incident, district=DISTRICTS[1 - of], wanted=1, reason="few"
        )
        results = lead.post(body, asked)
        assert {one.verdict for one in results} == {Verdict.ACCEPTED}, results
        return asked.help

    return {
        "OpenIncident": lambda: opened(district),
        "AmendIncident": lambda: c.AmendIncident(incident=incident(), summary="other"),
        "NoteIncident": lambda: c.NoteIncident(incident=incident(), text="seen"),
        "AddReport": lambda: report(fresh()),
        "AssignUnit": lambda: c.AssignUnit(assignment=fresh(), incident=incident(), unit=unit),
        "OrderByVoice": lambda: c.OrderByVoice(
            assignment=fresh(), incident=incident(), unit=unit, means=Means.RADIO, at=now
        ),
        "WithdrawAssignment": lambda: c.WithdrawAssignment(assignment=task(), reason="no"),
        "MoveAssignment": lambda: c.MoveAssignment(
            assignment=task(), state=AssignmentState.SEEN, at=now
        ),
        "ReportOutcome": lambda: c.ReportOutcome(assignment=task(), outcome="done", at=now),
        "VerifyIncident": lambda: c.VerifyIncident(incident=incident(), passed=True),
        "CloseIncident": lambda: c.CloseIncident(incident=incident()),
        "CancelIncident": lambda: c.CancelIncident(incident=incident(), reason="none"),
        "AttachEvidence": lambda: evidence(incident()),
        "SetDuty": lambda: c.SetDuty(unit=unit, on_duty=True, at=now),
        "PutUnits": lambda: c.PutUnits(units=(replace(units()[no], phone=fresh()),)),
        "PutCameras": lambda: c.PutCameras(cameras=(replace(cameras()[no], name=fresh()),)),
        "PutCatalogue": lambda: c.PutCatalogue(items=()),
        "PutGrids": lambda: c.PutGrids(grids=()),
        "PutJurisdictions": lambda: c.PutJurisdictions(
            jurisdictions=(replace(two_districts()[no], name_zh=fresh()),)
        ),
        "PutAreas": lambda: c.PutAreas(areas=(an_area(fresh()),)),
        "TellAreaEvents": lambda: c.TellAreaEvents(events=()),
        "PauseIncident": lambda: c.PauseIncident(incident=incident(), reason="waits"),
        "ResumeIncident": lambda: c.ResumeIncident(incident=incident()),
        "ReopenIncident": lambda: c.ReopenIncident(incident=incident(), reason="again"),
        "CallBack": lambda: c.CallBack(incident=incident(), rating=5),
        "JoinIncidents": lambda: c.JoinIncidents(
            incident=incident(), into=incident(), reason="same"
        ),
        "PartIncidents": lambda: c.PartIncidents(incident=incident()),
        "SplitReport": lambda: c.SplitReport(report=joined(lead, district), incident=fresh()),
        "LinkIncident": lambda: c.LinkIncident(incident=incident(), reason="big"),
        "MarkAlarm": lambda: c.MarkAlarm(alarm=f"panic:{unit}"),
        "PressPanic": lambda: c.PressPanic(unit=unit, at=now),
        "AnswerRoll": lambda: c.AnswerRoll(unit=unit, at=now),
        "PutLimitRules": lambda: c.PutLimitRules(rules=(LimitRule(id=fresh(), limit="2h"),)),
        "ExplainChoice": lambda: c.ExplainChoice(assignment=task(), reason="nearer"),
        "TransferTask": lambda: c.TransferTask(
            assignment=task(), to=fresh(), unit=f"u{int(unit[1:]) + 2}", reason="shift ends"
        ),
        "CallUp": lambda: c.CallUp(assignment=task(), to=fresh()),
        "EscalateOrder": lambda: c.EscalateOrder(assignment=task(), step="order-60"),
        "AskHelp": lambda: c.AskHelp(
            help=fresh(), incident=incident(), district=DISTRICTS[1 - no], wanted=1, reason="few"
        ),
        "AnswerHelp": lambda: c.AnswerHelp(help=asked_for_help(of=1 - no), answer="none free"),
        "EndHelp": lambda: c.EndHelp(help=asked_for_help(of=no), reason="settled"),
        "PutSector": lambda: c.PutSector(
            sector=Sector(id=fresh(), incident=IncidentId(incident()), name="inner")
        ),
        "PutPost": lambda: post_of(IncidentId(incident())),
        "PlaceInSector": lambda: c.PlaceInSector(assignment=task(), sector=fresh()),
        "OpenEvent": lambda: c.OpenEvent(
            incident=fresh(),
            plan="gas",
            place="东单",
            reason="leak",
            cases=tuple(fresh() for _ in range(3)),
            sectors=tuple(fresh() for _ in range(3)),
        ),
        "TakeReport": lambda: c.TakeReport(report=report("").report, incident=fresh()),
        "NotePlace": lambda: c.NotePlace(
            note=fresh(), place="东单", kind="hazard", text="坑", lat=39.9, lon=116.4
        ),
        "SendMessage": lambda: c.SendMessage(
            message=fresh(), kind=MessageKind.TEXT, text="t", units=(unit,)
        ),
        "MarkMessage": lambda: c.MarkMessage(
            message=message(), unit=unit, state=ReceiptState.READ, at=now
        ),
        "ReplyMessage": lambda: c.ReplyMessage(message=fresh(), unit=unit, text="t", at=now),
        "SeeReply": lambda: c.SeeReply(message=reply()),
        "EndRollCall": lambda: c.EndRollCall(message=message(MessageKind.ROLL_CALL)),
        "PutRoster": lambda: c.PutRoster(entries=(turn(),)),
        "PutInstructions": lambda: c.PutInstructions(
            instructions=(
                Instruction(id=fresh(), text="t", since=now, district=JurisdictionId(district)),
            )
        ),
        "PrepareHandover": lambda: c.PrepareHandover(
            handover=fresh(), since=now - timedelta(hours=1), district=district
        ),
        "ReadBack": lambda: c.ReadBack(handover=packet(), items=()),
        "SignHandover": lambda: c.SignHandover(handover=packet()),
        "IssuePaper": lambda: decision(fresh(), incident()),
        "PayFine": lambda: c.PayFine(paper=paper(), receipt_no=fresh(), amount_fen=100_000, at=now),
        "VoidPaper": lambda: c.VoidPaper(paper=paper(), reason="wrong party"),
        "PutSensors": lambda: c.PutSensors(sensors=()),
        "PutCalendarDays": lambda: c.PutCalendarDays(
            days=(CalendarDay(id="2027-02-06", works=True, note=fresh()),)
        ),
    }


#: Each use has a spot of its own: where much happens, two reports are two matters.
def test_that_every_command_of_every_role_reaches_its_own_district_and_no_other(
    server: CentralServer,
) -> None:
    lead = server.client(Role.SHIFT_LEAD)
    url = f"{server.url}/v1/evidence/{HASH}"
    assert lead.http.put(url, data=BYTES, timeout=60).status_code == 201
    walked: set[tuple[Role, str]] = set()
    made: list[str] = []
    for role in Role:
        mine = {name for name, reach in ALLOWED[role].items() if name in WALKED}
        if not mine or role is Role.OFFICER:  # an officer speaks for one unit, whatever it asks
            continue
        with closing(of_the_east(server, role)) as client:
            for district, unit in ((EAST, "u1"), (WEST, "u2")):
                asked = bodies(lead, district, unit, made)
                assert set(asked) == WALKED
                for name in sorted(mine):
                    body = asked[name]()
                    assert name_of(body) == name
                    if ALLOWED[role][name] is Reach.CITY:
                        assert "whole city" in refused(client, body)
                        walked.add((role, name))
                        continue
                    (result,) = client.post(body)
                    reason = result.reason or ""
                    walked.add((role, name))
                    if name in OPENS_OR_NOTES:
                        assert result.verdict is Verdict.ACCEPTED, (role, reason)
                    else:
                        # Without a city pack nobody knows where an outline lies.
                        is_outside = district == WEST or name == "PutAreas"
                        assert (OUTSIDE in reason) is is_outside, (role, name, district, reason)
                        assert not is_outside or result.verdict is Verdict.REJECTED
                        assert result.current is None or district == EAST
    lead.close()
    assert len({name for _, name in walked}) == len(WALKED)


def refused(client: CentralClient, body: AnyBody) -> str:
    """Return why a command is not even handed in."""
    answer = client.http.post(
        f"{client.server.url}/v1/commands",
        data=msgspec.json.encode(client.command(body)),
        timeout=60,
    )
    assert answer.status_code == 403
    return str(answer.json()["error"])


#: A message of no known place opens a case in the east; what is known of a place is everybody's.
OPENS_OR_NOTES = {"AddReport", "TakeReport", "NotePlace", "OpenEvent"}
#: What an officer alone may say is walked with the handhelds.
WALKED = {body.__name__ for body in AnyBody.__args__} & {
    name for role in Role if role is not Role.OFFICER for name in ALLOWED[role]
}
