"""Rules of officers' records: checklists answered, inspections made by two."""

from __future__ import annotations

from dataclasses import replace

from console.dispatch.checks import checked_id, checked_position, checked_time, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.rules_incidents import is_of
from console.domain.catalogue import CatalogueItem, CatalogueName, item_id
from console.domain.errors import RejectedError, UnknownRowError
from console.domain.incidents import Incident
from console.domain.levels import Role
from console.domain.streetwork import Inspection, InspectionId, SubjectKind
from console.protocol import commands as c

MOST_CHECKS = 60
_MOST_KEY = 60
_MOST_NAME = 120


def answer_checks(ask: Ask, body: c.AnswerChecks) -> Decision:
    """Keep the answers of a checklist in the case's log, a line each."""
    incident, unit = own_case(ask, body.incident), ask.unit(body.unit)
    ask.check_speaks_for(unit.id, unit.call_sign)
    at = ask.device_time(checked_time(body.at, "the checklist"))
    if not body.answers:
        raise RejectedError("The checklist has no answer; answer what you have checked.")
    if len(body.answers) > MOST_CHECKS:
        raise RejectedError(f"A checklist has {MOST_CHECKS} answers at most.")
    draft = Draft(ask)
    for answer in body.answers:
        item = ask.rows.get(CatalogueItem, item_id(CatalogueName.CHECK, answer.check))
        if item is None:
            raise RejectedError(f"The site's checklists have no question {answer.check[:40]!r}.")
        note = checked_words(answer.note.strip(), "note")
        sign = {True: "✓", False: "✗", None: "—"}[answer.holds]
        law = item.details.get("law")
        told = [sign, item.name_zh or item.name_en, f"({law})" if law else "", note]
        draft.log(
            incident.id, "checked", detail=" ".join(one for one in told if one),
            unit=unit.id, at=at,
        )  # fmt: skip
    return draft.decision()


def record_inspection(ask: Ask, body: c.RecordInspection) -> Decision:
    """Keep a check of a person, vehicle, shop or site; it waits for the second officer."""
    if ask.rows.get(Inspection, checked_id(body.inspection, "an inspection")) is not None:
        return NOTHING_NEW
    unit = ask.unit(body.unit)
    second = ask.rows.unit_called(body.second) or ask.unit(body.second)
    ask.check_speaks_for(unit.id, unit.call_sign)
    if second.id == unit.id:
        raise RejectedError("An inspection is made by two: name somebody else as the second.")
    key, name = checked_subject(body.kind, body.key, body.name)
    findings = checked_words(body.findings.strip(), "finding")
    if not findings:
        raise RejectedError("The inspection has no finding; write what was found.")
    lat, lon = checked_position(body.lat, body.lon)
    incident = None if body.incident is None else own_case(ask, body.incident)
    inspection = Inspection(
        id=InspectionId(body.inspection),
        unit=unit.id,
        kind=body.kind,
        key=key,
        name=name,
        at=ask.device_time(checked_time(body.at, "the inspection")),
        place=checked_words(body.place.strip(), "place"),
        findings=findings,
        second=second.id,
        incident=None if incident is None else incident.id,
        lat=lat,
        lon=lon,
        district=unit.district,
    )
    draft = Draft(ask)
    draft.put(inspection)
    if incident is not None:
        detail = f"{body.kind} {name} {key}: {findings}"[:400]
        draft.log(incident.id, "inspected", detail=detail, unit=unit.id, at=inspection.at)
    return draft.decision()


def confirm_inspection(ask: Ask, body: c.ConfirmInspection) -> Decision:
    """Keep that the second officer confirms a check."""
    inspection = ask.rows.get(Inspection, body.inspection)
    if inspection is None:
        raise UnknownRowError("inspection", body.inspection)
    unit = ask.unit(body.unit)
    ask.check_speaks_for(unit.id, unit.call_sign)
    if unit.id != inspection.second:
        raise RejectedError(f"{unit.call_sign} is not the second officer of this inspection.")
    if inspection.confirmed_at is not None:
        return NOTHING_NEW
    at = max(ask.device_time(checked_time(body.at, "the confirmation")), inspection.at)
    draft = Draft(ask)
    draft.put(replace(inspection, confirmed_at=at))
    if inspection.incident is not None:
        draft.log(
            inspection.incident, "inspection_confirmed", detail=inspection.name, unit=unit.id, at=at
        )
    return draft.decision()


def own_case(ask: Ask, row_id: str) -> Incident:
    """Return a case that who asks may record something in.

    Raises:
        UnknownRowError: There is none.
        RejectedError: An officer was never sent to it, nor opened it.
    """
    incident = ask.incident(row_id)
    if ask.role is Role.OFFICER and not is_of(ask, incident):
        raise RejectedError(
            f"{incident.number or incident.place} is not a task of yours; records go into one you "
            "were sent to."
        )
    return incident


def checked_subject(kind: SubjectKind, key: str, name: str) -> tuple[str, str]:
    """Return number and name of who or what is meant, the number without blanks and in capitals.

    Raises:
        RejectedError: One is missing or too long; persons and sites may be without a number.
    """
    plain, called = "".join(key.split()).upper(), name.strip()
    if not called and not plain:
        raise RejectedError("Nobody is named; write a name or a number.")
    if not plain and kind is SubjectKind.VEHICLE:
        raise RejectedError("A vehicle is named by its number plate; write it.")
    if len(plain) > _MOST_KEY or len(called) > _MOST_NAME:
        raise RejectedError(
            f"The name or number is too long; {_MOST_NAME} and {_MOST_KEY} characters are the most."
        )
    return plain, called or plain
