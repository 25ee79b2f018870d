"""Rules of incidents: opened, amended, joined by reports, verified, closed, cancelled."""

from __future__ import annotations

from dataclasses import replace

from console.dispatch.checks import (
    checked_channel,
    checked_id,
    checked_level,
    checked_position,
    checked_time,
    checked_words,
)
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.forms import form_in
from console.dispatch.merge import RADIUS_M, Likeness, best_match, told_by
from console.dispatch.rules_assignments import end_assignments
from console.dispatch.rules_joining import incident_from
from console.dispatch.time_rules import with_case_limit
from console.domain.assignments import TAKEN_STATES
from console.domain.errors import RejectedError
from console.domain.ids import IncidentId, JurisdictionId, ReportId
from console.domain.incidents import Incident, Report, Stage
from console.domain.levels import Role
from console.domain.places import Evidence
from console.protocol import commands as c


def open_incident(ask: Ask, body: c.OpenIncident) -> Decision:
    """Open an incident and file it in one step."""
    if ask.rows.incident(body.incident) is not None:
        raise RejectedError("An incident with this id was opened before; make a new id.")
    lat, lon = checked_position(body.lat, body.lon)
    reports = [_unfiled_report(ask, report) for report in body.reports]
    collected = Incident(
        id=IncidentId(checked_id(body.incident, "an incident")),
        form=checked_words(body.form, "form"),
        level=form_in(ask.rows, body.form).level
        if body.level is None
        else checked_level(body.level),
        stage=Stage.COLLECT,
        channel=checked_channel(body.channel),
        summary=checked_words(body.summary, "summary"),
        place=checked_words(body.place, "place"),
        opened_at=ask.at,
        lat=lat,
        lon=lon,
        district=JurisdictionId(body.district) if body.district else None,
        street=JurisdictionId(body.street) if body.street else None,
        opened_by=ask.actor,
        reports=len(reports),
    )
    draft = Draft(ask)
    _file(draft, ask, with_case_limit(collected, ask.rows.time_rules()))
    for report in reports:
        draft.put(replace(report, incident=collected.id))
    return draft.decision()


def amend_incident(ask: Ask, body: c.AmendIncident) -> Decision:
    """Change what is known of an incident; its log says from what to what."""
    incident = _open_one(ask, body.incident)
    ask.check_version(incident, _name(incident))
    checked_position(body.lat, body.lon)
    changed = replace(
        incident,
        form=checked_words(body.form or incident.form, "form"),
        level=incident.level if body.level is None else checked_level(body.level),
        place=checked_words(body.place or incident.place, "place"),
        summary=checked_words(body.summary or incident.summary, "summary"),
    )
    if changed.form != incident.form:
        changed = with_case_limit(changed, ask.rows.time_rules())
    if body.lat is not None and (body.lat, body.lon) != (incident.lat, incident.lon):
        changed = replace(changed, lat=body.lat, lon=body.lon, district=None, street=None)
    if changed == incident:
        return NOTHING_NEW
    changed = replace(changed, changed_at=ask.at)
    draft = Draft(ask)
    draft.put(changed)
    draft.log(incident.id, "amended", detail=_differences(incident, changed))
    return draft.decision()


def note_incident(ask: Ask, body: c.NoteIncident) -> Decision:
    """Add a line to the log; it conflicts with nothing."""
    incident = ask.incident(body.incident)
    text = checked_words(body.text.strip(), "note")
    if not text:
        raise RejectedError("The note is empty; write what is to be kept.")
    draft = Draft(ask)
    draft.log(incident.id, "noted", detail=text)
    return draft.decision()


def add_report(ask: Ask, body: c.AddReport) -> Decision:
    """File a report under the incident it speaks of, or open one from it."""
    report = checked_report(ask, body.report)
    if report is None:
        return NOTHING_NEW
    draft = Draft(ask)
    match = match_of(ask, report)
    if match is not None:
        joined = match.incident
        draft.put(replace(joined, reports=joined.reports + 1, changed_at=ask.at))
        draft.put(replace(report, incident=joined.id))
        why = f"{report.channel}: {match.sentence} | {report.text}"
        draft.log(joined.id, "report_joined", detail=why[:400])
        return draft.decision()
    if ask.rows.incident(body.incident) is not None:
        raise RejectedError("An incident with this id was opened before; make a new id.")
    filed = incident_from(ask, report, body.incident)
    draft.put(filed)
    draft.put(replace(report, incident=filed.id))
    draft.log(filed.id, "opened", detail=filed.channel, at=filed.opened_at)
    if report.lat is not None and filed.lat is None:
        draft.log(filed.id, "default_place", detail=f"{report.lat}, {report.lon}")
    draft.log(filed.id, "filed")
    return draft.decision()


def verify_incident(ask: Ask, body: c.VerifyIncident) -> Decision:
    """Check an outcome; who handled the incident may not."""
    incident = ask.incident(body.incident)
    ask.check_version(incident, _name(incident))
    handlers = {
        str(one.unit)
        for one in ask.rows.assignments_of_incident(incident.id)
        if one.state in TAKEN_STATES
    }
    if str(ask.actor) in handlers:
        raise RejectedError("Who handled an incident may not verify it; somebody else has to.")
    note = checked_words(body.note, "note") if body.note else None
    draft = Draft(ask)
    if body.passed:
        verified = incident.moved_to(Stage.VERIFY, at=ask.at)
        draft.put(replace(verified, verified_by=ask.actor))
        draft.log(incident.id, "verified", detail=note)
        return draft.decision()
    if incident.stage not in {Stage.REPORT_BACK, Stage.VERIFY}:
        raise RejectedError(f"{_name(incident)} has no outcome yet that could be sent back.")
    back = incident.moved_to(Stage.FILE, at=ask.at)
    back = replace(back, outcome=None, verified_by=None, reopened=incident.reopened + 1)
    draft.put(back)
    draft.log(incident.id, "sent_back", detail=note)
    return draft.decision()


def close_incident(ask: Ask, body: c.CloseIncident) -> Decision:
    """Close an incident whose outcome was verified."""
    incident = ask.incident(body.incident)
    ask.check_version(incident, _name(incident))
    draft = Draft(ask)
    draft.put(incident.moved_to(Stage.EVALUATE, at=ask.at))
    draft.log(incident.id, "closed")
    return draft.decision()


def cancel_incident(ask: Ask, body: c.CancelIncident) -> Decision:
    """End an incident that was none; units that were ordered are called back with it."""
    incident = ask.incident(body.incident)
    ask.check_version(incident, _name(incident))
    reason = checked_words(body.reason.strip(), "reason")
    if not reason:
        raise RejectedError("Say why the incident was none; the reason is kept in its log.")
    draft = Draft(ask)
    draft.put(incident.moved_to(Stage.CANCELLED, at=ask.at))
    end_assignments(ask, draft, incident, note=reason)
    draft.log(incident.id, "cancelled", detail=reason)
    return draft.decision()


def attach_evidence(ask: Ask, body: c.AttachEvidence) -> Decision:
    """Name evidence; central has looked before that it holds the bytes."""
    evidence = body.evidence
    earlier = ask.rows.evidence(checked_id(evidence.id, "evidence"))
    if earlier is not None:
        if earlier.sha256 == evidence.sha256 and earlier.incident == evidence.incident:
            return NOTHING_NEW
        raise RejectedError("Evidence with this id is kept already, and evidence never changes.")
    incident = ask.incident(evidence.incident)
    if len(evidence.sha256) != 64 or set(evidence.sha256) - set("0123456789abcdef"):
        raise RejectedError("The evidence's hash is no SHA-256 in 64 small hexadecimal digits.")
    if evidence.size <= 0:
        raise RejectedError("Evidence without a single byte cannot be kept.")
    _check_copy(ask, evidence)
    if evidence.unit is not None:
        ask.check_speaks_for(evidence.unit, evidence.unit)
    if ask.role is Role.OFFICER and not is_of(ask, incident):
        raise RejectedError(
            f"{_name(incident)} is not a task of yours; evidence goes to one you were sent to."
        )
    checked_words(evidence.media_type, "media type")
    checked_time(evidence.captured_at, "capture")
    checked_position(evidence.lat, evidence.lon)
    speaks_for_others = ask.role is Role.GATEWAY
    taken_by = evidence.taken_by if speaks_for_others and evidence.taken_by else ask.actor
    kept = replace(evidence, received_at=ask.at, taken_by=taken_by, version=0)
    draft = Draft(ask)
    draft.put(kept)
    draft.log(incident.id, "evidence_attached", detail=evidence.kind, unit=evidence.unit)
    return draft.decision()


def _check_copy(ask: Ask, evidence: Evidence) -> None:
    """Check that a marked copy names what it is a copy of, and what was done to it."""
    if (evidence.original, evidence.derived_from, evidence.done) == (None, None, None):
        return
    original = ask.rows.evidence(evidence.original or "")
    if original is None or original.incident != evidence.incident:
        raise RejectedError("The original of this copy is no evidence of the same incident.")
    if evidence.derived_from != original.sha256:
        raise RejectedError("The copy names another hash than its original has.")
    if evidence.sha256 == original.sha256:
        raise RejectedError("The copy has the very bytes of its original; nothing was done to it.")
    if not checked_words(evidence.done or "", "what was done").strip():
        raise RejectedError("Say what was done to the copy.")


def is_of(ask: Ask, incident: Incident) -> bool:
    """Whether the unit that asks was ever sent to an incident, or opened it."""
    sent = ask.rows.assignments_of_incident(incident.id)
    return incident.opened_by == ask.actor or any(str(one.unit) == ask.actor for one in sent)


def _file(draft: Draft, ask: Ask, collected: Incident) -> None:
    draft.put(collected.moved_to(Stage.FILE, at=ask.at))
    draft.log(collected.id, "opened", detail=collected.channel, at=collected.opened_at)
    draft.log(collected.id, "filed")


def _differences(before: Incident, after: Incident) -> str:
    """Return what was amended in words, from what to what."""
    told = [
        f"{name}: {getattr(before, name)} → {getattr(after, name)}"
        for name in ("form", "place", "summary")
        if getattr(before, name) != getattr(after, name)
    ]
    if before.level is not after.level:
        told.append(f"level: {before.level:d} → {after.level:d}")
    if (before.lat, before.lon) != (after.lat, after.lon):
        told.append(f"position: {before.lat}, {before.lon} → {after.lat}, {after.lon}")
    return "; ".join(told)


def _open_one(ask: Ask, row_id: str) -> Incident:
    incident = ask.incident(row_id)
    if not incident.is_open:
        raise RejectedError(f"{_name(incident)} is closed; what is known of it stays as it is.")
    return incident


def _unfiled_report(ask: Ask, row_id: str) -> Report:
    report = ask.rows.report(row_id)
    if report is None:
        raise RejectedError(f"There is no report with the id {row_id}.")
    if report.incident is not None:
        raise RejectedError(f"The report {row_id} belongs to another incident already.")
    return report


def checked_report(ask: Ask, report: Report) -> Report | None:
    """Return a report as it is kept, ``None`` if it is known already.

    Raises:
        RejectedError: Something in it cannot be kept.
    """
    checked_id(report.id, "a report")
    if ask.rows.report(report.id) is not None:
        return None
    if report.external_id is not None and (
        ask.rows.report_from(report.channel, report.external_id) is not None
    ):
        return None
    checked_time(report.received_at, "the report")
    checked_position(report.lat, report.lon)
    checked_words(report.text, "report")
    checked_words(report.place, "place")
    for words, what in (
        (report.external_id, "report's number"),
        (report.form, "form"),
        (report.caller, "caller's name"),
        (report.phone, "phone number"),
    ):
        checked_words(words or "", what)
    received_at = ask.device_time(report.received_at)
    return replace(report, id=ReportId(report.id), received_at=received_at, version=0)


def match_of(ask: Ask, report: Report) -> Likeness | None:
    """Return the open incident the report speaks of, with what speaks for it."""
    lat, lon = report.lat, report.lon
    placed = lat is not None and lon is not None and not ask.rows.is_default_place(lat, lon)
    told, experience = told_by(report, placed=placed), ask.rows.experience()
    there, _ = told.placed(experience)
    if there.lat is not None and there.lon is not None:
        near = ask.rows.open_incidents_near(there.lat, there.lon, RADIUS_M)
        candidates = [*ask.rows.open_unplaced(), *near]
    elif told.place:
        candidates = list(ask.rows.open_incidents())
    else:
        return None
    return best_match(told, candidates, experience, ask.rows.reports_of)


def _name(incident: Incident) -> str:
    return incident.number or f"the incident at {incident.place}"
