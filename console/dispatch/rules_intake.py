"""Rules of the intake: a call taken by a seat, what is written down about a place."""

from __future__ import annotations

from dataclasses import replace

from console.dispatch.checks import checked_id, checked_level, checked_position, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.details import check_details
from console.dispatch.intake import plain_number
from console.dispatch.rules_incidents import checked_report, match_of
from console.dispatch.rules_joining import incident_from
from console.domain.catalogue import DETAILS, CatalogueItem, CatalogueName, Detail, item_id
from console.domain.errors import RejectedError
from console.domain.incidents import Incident, Report
from console.domain.levels import Level
from console.protocol import commands as c

#: Why a report went where it did, when a person said so; the log shows it like the merger's.
CHOSEN = "chosen by the seat"
_MOST_ANSWERS = 2000


def take_report(ask: Ask, body: c.TakeReport) -> Decision:
    """File what a seat took down: where it was told to, where it belongs, or as a new incident."""
    report = checked_report(ask, body.report)
    if report is None:
        return NOTHING_NEW
    if not report.text.strip() and not report.place.strip():
        raise RejectedError("Write down what was said or where it is; nothing else is needed.")
    if report.phone:
        report = replace(report, phone=plain_number(report.phone) or report.phone)
    level = None if body.level is None else checked_level(body.level)
    answers = checked_words(body.answers or "", "answers")[:_MOST_ANSWERS]
    draft = Draft(ask)
    chosen = None if body.into is None else ask.incident(body.into)
    if chosen is not None and chosen.is_open:
        incident = _joined(ask, draft, report, chosen, CHOSEN)
    elif not body.apart and chosen is None and (match := match_of(ask, report)) is not None:
        incident = _joined(ask, draft, report, match.incident, match.sentence)
    else:
        incident = _opened(ask, draft, report, body.incident)
        if chosen is not None:
            draft.log(incident.id, "case_was_closed", detail=chosen.number)
    urgent = _urgency(incident, level, is_urgent=body.urgent)
    if urgent is not incident.level:
        if incident.version:
            told = f"level: {incident.level:d} → {urgent:d}"
            draft.log(incident.id, "amended", detail=told)
        incident = replace(incident, level=urgent)
    draft.put(incident)
    if body.urgent:
        draft.log(incident.id, "passed_urgent")
    if answers:
        draft.log(incident.id, "answered", detail=answers)
    return draft.decision()


def note_place(ask: Ask, body: c.NotePlace) -> Decision:
    """Write down, change or end what is to be known of a place."""
    checked_position(body.lat, body.lon)
    code = checked_id(body.note, "a note")[:60]
    name = checked_words(body.place.strip(), "place") or f"{body.lat:.5f}, {body.lon:.5f}"
    details: dict[str, Detail] = {
        "kind": body.kind,
        "lat": body.lat,
        "lon": body.lon,
        "radius_m": body.radius_m,
        "text": body.text.strip(),
    }
    check_details(DETAILS[CatalogueName.PLACE_NOTE], details, name)
    row_id = item_id(CatalogueName.PLACE_NOTE, code)
    earlier = ask.rows.get(CatalogueItem, row_id)
    item = CatalogueItem(
        id=row_id,
        catalogue=CatalogueName.PLACE_NOTE,
        code=code,
        name_zh=name,
        name_en=name,
        details=details,
        retired=body.retired,
        version=0 if earlier is None else earlier.version,
    )
    if item == earlier:
        return NOTHING_NEW
    draft = Draft(ask)
    draft.put(item)
    return draft.decision()


def _joined(ask: Ask, draft: Draft, report: Report, into: Incident, why: str) -> Incident:
    draft.put(replace(report, incident=into.id))
    told = f"{report.channel}: {why} | {report.text}"
    draft.log(into.id, "report_joined", detail=told[:400])
    return replace(into, reports=into.reports + 1, changed_at=ask.at)


def _opened(ask: Ask, draft: Draft, report: Report, incident_id: str) -> Incident:
    if ask.rows.incident(incident_id) is not None:
        raise RejectedError("An incident with this id was opened before; make a new id.")
    filed = incident_from(ask, report, incident_id)
    draft.put(replace(report, incident=filed.id))
    draft.log(filed.id, "opened", detail=filed.channel, at=filed.opened_at)
    if report.lat is not None and filed.lat is None:
        draft.log(filed.id, "default_place", detail=f"{report.lat}, {report.lon}")
    draft.log(filed.id, "filed")
    return filed


def _urgency(incident: Incident, level: Level | None, *, is_urgent: bool) -> Level:
    """Return how urgent an incident is now: a call never makes a running case less so."""
    wanted = level if level is not None else incident.level
    if is_urgent:
        wanted = min(wanted, Level.HIGH)
    return min(wanted, incident.level) if incident.version else wanted
