"""The rules of dispatch: what a command comes to, looked at nothing but rows.

Central applies them for truth, a console applies the same to show what it has not yet sent.
The rules proper are in the `rules_…` files beside this one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from console.dispatch import (
    rules_areas,
    rules_assignments,
    rules_case,
    rules_catalogue,
    rules_command,
    rules_events,
    rules_incidents,
    rules_intake,
    rules_joining,
    rules_messages,
    rules_papers,
    rules_registry,
    rules_sensors,
    rules_shifts,
    rules_street,
    rules_tables,
    rules_transfer,
    rules_watch,
)
from console.dispatch.checks import checked_row
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft, Rows
from console.domain.errors import RejectedError
from console.domain.ids import PersonId
from console.domain.levels import Role
from console.domain.permissions import may
from console.protocol import commands as c
from console.protocol.commands import AnyBody, name_of

__all__ = ["NOTHING_NEW", "Ask", "Decision", "Draft", "Rows", "decide", "target_of"]

_RULES: dict[type[Any], Callable[[Ask, Any], Decision]] = {
    c.OpenIncident: rules_incidents.open_incident,
    c.AmendIncident: rules_incidents.amend_incident,
    c.NoteIncident: rules_incidents.note_incident,
    c.AddReport: rules_incidents.add_report,
    c.VerifyIncident: rules_incidents.verify_incident,
    c.CloseIncident: rules_incidents.close_incident,
    c.CancelIncident: rules_incidents.cancel_incident,
    c.AttachEvidence: rules_incidents.attach_evidence,
    c.AssignUnit: rules_assignments.assign_unit,
    c.OrderByVoice: rules_assignments.order_by_voice,
    c.WithdrawAssignment: rules_assignments.withdraw_assignment,
    c.MoveAssignment: rules_assignments.move_assignment,
    c.ReportOutcome: rules_assignments.report_outcome,
    c.SetDuty: rules_registry.set_duty,
    c.PutUnits: rules_registry.put_units,
    c.PutCameras: rules_registry.put_cameras,
    c.PutJurisdictions: rules_registry.put_jurisdictions,
    c.PutAreas: rules_areas.put_areas,
    c.TellAreaEvents: rules_areas.tell_area_events,
    c.PauseIncident: rules_case.pause_incident,
    c.ResumeIncident: rules_case.resume_incident,
    c.ReopenIncident: rules_case.reopen_incident,
    c.CallBack: rules_case.call_back,
    c.LinkIncident: rules_case.link_incident,
    c.JoinIncidents: rules_joining.join_incidents,
    c.PartIncidents: rules_joining.part_incidents,
    c.SplitReport: rules_joining.split_report,
    c.PutLimitRules: rules_tables.put_limit_rules,
    c.PutCalendarDays: rules_tables.put_calendar_days,
    c.MarkAlarm: rules_watch.mark_alarm,
    c.PressPanic: rules_watch.press_panic,
    c.AnswerRoll: rules_watch.answer_roll,
    c.PutCatalogue: rules_catalogue.put_catalogue,
    c.PutGrids: rules_catalogue.put_grids,
    c.PutSensors: rules_sensors.put_sensors,
    c.SendMessage: rules_messages.send_message,
    c.MarkMessage: rules_messages.mark_message,
    c.ReplyMessage: rules_messages.reply_message,
    c.SeeReply: rules_messages.see_reply,
    c.EndRollCall: rules_messages.end_roll_call,
    c.PutRoster: rules_shifts.put_roster,
    c.PutInstructions: rules_shifts.put_instructions,
    c.PrepareHandover: rules_shifts.prepare_handover,
    c.ReadBack: rules_shifts.read_back,
    c.SignHandover: rules_shifts.sign_handover,
    c.TakeReport: rules_intake.take_report,
    c.NotePlace: rules_intake.note_place,
    c.AnswerChecks: rules_street.answer_checks,
    c.RecordInspection: rules_street.record_inspection,
    c.ConfirmInspection: rules_street.confirm_inspection,
    c.IssuePaper: rules_papers.issue_paper,
    c.PayFine: rules_papers.pay_fine,
    c.VoidPaper: rules_papers.void_paper,
    c.ExplainChoice: rules_transfer.explain_choice,
    c.TransferTask: rules_transfer.transfer_task,
    c.CallUp: rules_transfer.call_up,
    c.EscalateOrder: rules_transfer.escalate_order,
    c.AskHelp: rules_command.ask_help,
    c.AnswerHelp: rules_command.answer_help,
    c.EndHelp: rules_command.end_help,
    c.PutSector: rules_events.put_sector,
    c.PutPost: rules_events.put_post,
    c.PlaceInSector: rules_events.place_in_sector,
    c.OpenEvent: rules_events.open_event,
}
#: Commands that are given on an incident as it was seen.
_ON_INCIDENT = (
    c.AmendIncident,
    c.VerifyIncident,
    c.CloseIncident,
    c.CancelIncident,
    c.PauseIncident,
    c.ResumeIncident,
    c.ReopenIncident,
    c.JoinIncidents,
    c.PartIncidents,
    c.LinkIncident,
)


def decide(
    body: AnyBody,
    rows: Rows,
    *,
    actor: PersonId | None,
    role: Role,
    at: datetime,
    base_version: int | None,
    command_id: str,
) -> Decision:
    """Return what a command comes to.

    Args:
        body: What is asked.
        rows: The rows as they are.
        actor: Who asks; the account of a unit has the unit's own id.
        role: What that person may do.
        at: Now, aware UTC.
        base_version: Version of the target row (`target_of`) that the sender saw; ``None`` skips
            the check, except that a busy unit is then never sent.
        command_id: Id of the command; ids of log lines are made from it.

    Raises:
        RejectedError: It may not be done, or makes no sense.
        ConflictError: Somebody changed the target row meanwhile.
        IllegalTransitionError: The row is in a state that does not allow it.
        UnknownRowError: It names a row that does not exist.
    """
    if not may(role, name_of(body)):
        raise RejectedError(f"{name_of(body)} is not among the things a {role} may do.")
    ask = Ask(
        rows=rows, actor=actor, role=role, at=at, base_version=base_version, command_id=command_id
    )
    decision = _RULES[type(body)](ask, body)
    for row in decision.rows:
        checked_row(row)
    return decision


def target_of(body: AnyBody) -> tuple[str, str] | None:
    """Return kind and id of the row whose version ``base_version`` speaks of.

    For `AssignUnit` and `OrderByVoice` it is the unit: who has seen that it is busy, and sends the
    version seen, may send it all the same. Facts (steps, outcomes, notes, reports, duty) have no
    target.
    """
    if isinstance(body, c.AssignUnit | c.OrderByVoice | c.TransferTask):
        return "unit", body.unit
    if isinstance(body, c.WithdrawAssignment):
        return "assignment", body.assignment
    if isinstance(body, c.PutPost):
        return "command_post", body.post.id
    if isinstance(body, _ON_INCIDENT):
        return "incident", body.incident
    return None
