"""One of every command, for tests of who may give which."""

from __future__ import annotations

from datetime import UTC, datetime

from console.domain.areas import Area, AreaId, AreaKind
from console.domain.assignments import AssignmentState, Means
from console.domain.command import CommandPost, Sector
from console.domain.ids import IncidentId
from console.domain.incidents import Report
from console.domain.levels import Channel
from console.domain.places import Evidence, EvidenceKind
from console.domain.streetwork import PaperKind, SubjectKind
from console.domain.telling import MessageKind, ReceiptState
from console.protocol import commands as c
from console.protocol.commands import AnyBody


def an_area(name: str) -> Area:
    """Return a small fence."""
    corners = ((39.9, 116.4), (39.91, 116.4), (39.9, 116.41))
    return Area(id=AreaId(name), name=name, kind=AreaKind.FENCE, outline=corners)


def samples() -> list[AnyBody]:
    """Return one of every command, about rows that are not there."""
    now = datetime.now(UTC)
    report = Report(id="r", channel=Channel.HOTLINE, received_at=now, text="t", place="p")
    photo = Evidence(
        id="e", incident="i", kind=EvidenceKind.PHOTO, media_type="image/png",
        sha256="0" * 64, size=1, captured_at=now,
    )  # fmt: skip
    return [
        c.OpenIncident(incident="", form="0301", place="p", summary="s", channel="12345"),
        c.AmendIncident(incident="i"),
        c.NoteIncident(incident="i", text="t"),
        c.AddReport(report=report, incident=""),
        c.AssignUnit(assignment="a", incident="i", unit="u"),
        c.OrderByVoice(assignment="a", incident="i", unit="u", means=Means.RADIO, at=now),
        c.WithdrawAssignment(assignment="a", reason="r"),
        c.MoveAssignment(assignment="a", state=AssignmentState.SEEN, at=now),
        c.ReportOutcome(assignment="a", outcome="o", at=now),
        c.VerifyIncident(incident="i", passed=True),
        c.CloseIncident(incident="i"),
        c.CancelIncident(incident="i", reason="r"),
        c.AttachEvidence(evidence=photo),
        c.SetDuty(unit="u", on_duty=True, at=now),
        c.PutUnits(units=()),
        c.PutCameras(cameras=()),
        c.PutJurisdictions(jurisdictions=()),
        c.PutAreas(areas=()),
        c.TellAreaEvents(events=()),
        c.PutCatalogue(items=()),
        c.PutGrids(grids=()),
        c.PutSensors(sensors=()),
        c.PauseIncident(incident="i", reason="r"),
        c.ResumeIncident(incident="i"),
        c.ReopenIncident(incident="i", reason="r"),
        c.CallBack(incident="i", rating=5),
        c.JoinIncidents(incident="i", into="j", reason="r"),
        c.PartIncidents(incident="i"),
        c.SplitReport(report="r", incident=""),
        c.LinkIncident(incident="i", reason="r"),
        c.MarkAlarm(alarm="a"),
        c.PressPanic(unit="u", at=now),
        c.AnswerRoll(unit="u", at=now),
        c.PutLimitRules(rules=()),
        c.PutCalendarDays(days=()),
        c.SendMessage(message="m", kind=MessageKind.TEXT, text="t", units=("u",)),
        c.MarkMessage(message="m", unit="u", state=ReceiptState.READ, at=now),
        c.ReplyMessage(message="m", unit="u", text="t", at=now),
        c.SeeReply(message="m"),
        c.EndRollCall(message="m"),
        c.PutRoster(entries=()),
        c.PutInstructions(instructions=()),
        c.PrepareHandover(handover="h", since=now),
        c.ReadBack(handover="h", items=()),
        c.SignHandover(handover="h"),
        c.TakeReport(report=report, incident=""),
        c.ExplainChoice(assignment="a", reason="r"),
        c.TransferTask(assignment="a", to="b", unit="u", reason="r"),
        c.CallUp(assignment="a", to="b"),
        c.EscalateOrder(assignment="a", step="order-60"),
        c.AskHelp(help="h", incident="i", district="d", wanted=1, reason="r"),
        c.AnswerHelp(help="h", answer="no"),
        c.EndHelp(help="h", reason="r"),
        c.PutSector(sector=Sector(id="s", incident=IncidentId("i"), name="n")),
        c.PutPost(post=CommandPost(id="i", incident=IncidentId("i"), place="p")),
        c.PlaceInSector(assignment="a", sector="s"),
        c.OpenEvent(incident="i", plan="gas", place="p", reason="r", cases=(), sectors=()),
        c.NotePlace(note="n", place="p", kind="hazard", text="t", lat=39.9, lon=116.4),
        c.AnswerChecks(incident="i", unit="u", at=now, answers=()),
        c.RecordInspection(
            inspection="n", unit="u", kind=SubjectKind.SHOP, key="", name="s", at=now, place="p",
            findings="f", second="v",
        ),
        c.ConfirmInspection(inspection="n", unit="u", at=now),
        c.IssuePaper(
            paper="p", kind=PaperKind.ORDER, incident="i", party_kind=SubjectKind.SHOP,
            party="s", facts="f", law="l",
        ),
        c.PayFine(paper="p", receipt_no="1", amount_fen=1, at=now),
        c.VoidPaper(paper="p", reason="r"),
    ]  # fmt: skip
