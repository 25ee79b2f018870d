"""Rules of joining: one case of two that are the same matter, and back again."""

from __future__ import annotations

from dataclasses import replace

from console.dispatch.checks import checked_id, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.forms import form_in
from console.dispatch.rules_assignments import end_assignments
from console.dispatch.rules_case import name_of_incident
from console.dispatch.time_rules import with_case_limit
from console.domain.errors import RejectedError
from console.domain.forms import OTHER
from console.domain.ids import IncidentId
from console.domain.incidents import Incident, Report, Stage
from console.protocol import commands as c


def join_incidents(ask: Ask, body: c.JoinIncidents) -> Decision:
    """Move the reports of one case into another; its own units are called back."""
    incident, into = ask.incident(body.incident), ask.incident(body.into)
    if incident.joined_to == into.id:
        return NOTHING_NEW
    ask.check_version(incident, name_of_incident(incident))
    if incident.id == into.id:
        raise RejectedError("A case cannot be joined to itself; name two.")
    for one in (incident, into):
        if not one.is_open:
            raise RejectedError(f"{name_of_incident(one)} is closed; only open cases are joined.")
    reason = checked_words(body.reason.strip(), "reason")
    reports = ask.rows.reports_of(incident.id)
    draft = Draft(ask)
    gone = incident.moved_to(Stage.CANCELLED, at=ask.at)
    draft.put(replace(gone, joined_to=into.id, reports=0))
    end_assignments(ask, draft, incident, note=f"→ {name_of_incident(into)}")
    draft.put(replace(into, reports=into.reports + len(reports), changed_at=ask.at))
    for report in reports:
        from_ = report.joined_from or incident.id
        draft.put(replace(report, incident=into.id, joined_from=from_))
    why = f"{name_of_incident(incident)}: {reason}" if reason else name_of_incident(incident)
    draft.log(incident.id, "joined", detail=name_of_incident(into))
    draft.log(into.id, "took_in", detail=why)
    return draft.decision()


def part_incidents(ask: Ask, body: c.PartIncidents) -> Decision:
    """Give a case that went into another its reports back; it waits for dispatch again."""
    incident = ask.incident(body.incident)
    if incident.joined_to is None:
        raise RejectedError(f"{name_of_incident(incident)} was not joined to another case.")
    ask.check_version(incident, name_of_incident(incident))
    into = ask.incident(incident.joined_to)
    own = [one for one in ask.rows.reports_of(into.id) if one.joined_from == incident.id]
    draft = Draft(ask)
    again = incident.moved_to(Stage.FILE, at=ask.at)
    draft.put(replace(again, joined_to=None, reports=len(own)))
    draft.put(replace(into, reports=into.reports - len(own), changed_at=ask.at))
    for report in own:
        draft.put(replace(report, incident=incident.id, joined_from=None))
    draft.log(incident.id, "parted", detail=name_of_incident(into))
    draft.log(into.id, "gave_back", detail=name_of_incident(incident))
    return draft.decision()


def split_report(ask: Ask, body: c.SplitReport) -> Decision:
    """Make a case of its own of a report that was filed under another."""
    report = ask.rows.report(body.report)
    if report is None or report.incident is None:
        raise RejectedError(f"There is no report with the id {body.report}.")
    if report.incident == body.incident:
        return NOTHING_NEW
    if ask.rows.incident(checked_id(body.incident, "an incident")) is not None:
        raise RejectedError("An incident with this id was opened before; make a new id.")
    held = ask.incident(report.incident)
    if held.reports <= 1:
        raise RejectedError(f"It is the only report of {name_of_incident(held)}; nothing to part.")
    draft = Draft(ask)
    alone = incident_from(ask, report, body.incident)
    own = replace(alone, district=held.district, street=held.street)
    draft.put(own)
    draft.put(replace(report, incident=own.id, joined_from=None))
    draft.put(replace(held, reports=held.reports - 1, changed_at=ask.at))
    draft.log(own.id, "opened", detail=own.channel, at=own.opened_at)
    draft.log(own.id, "filed")
    draft.log(own.id, "parted", detail=name_of_incident(held))
    draft.log(held.id, "gave_back", detail=f"{report.channel}: {report.text}"[:400])
    return draft.decision()


def incident_from(ask: Ask, report: Report, incident_id: str) -> Incident:
    """Return the filed incident that a report becomes; a default position is no place."""
    form = report.form or OTHER.code
    lat, lon = report.lat, report.lon
    if lat is not None and lon is not None and ask.rows.is_default_place(lat, lon):
        lat = lon = None
    collected = Incident(
        id=IncidentId(checked_id(incident_id, "an incident")),
        form=form,
        level=form_in(ask.rows, form).level,
        stage=Stage.COLLECT,
        channel=report.channel,
        summary=report.text,
        place=report.place,
        opened_at=report.received_at,
        lat=lat,
        lon=lon,
        opened_by=ask.actor,
        reports=1,
    )
    filed = collected.moved_to(Stage.FILE, at=ask.at)
    return with_case_limit(filed, ask.rows.time_rules())
