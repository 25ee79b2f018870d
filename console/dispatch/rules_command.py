"""Rules of help across districts: asked, answered with units or declined, taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from console.dispatch.checks import checked_id, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.rules_assignments import can_be_sent, follow, ordered
from console.dispatch.rules_case import name_of_incident
from console.domain.command import HelpRequest, HelpSide, HelpState, help_id
from console.domain.errors import RejectedError
from console.domain.ids import JurisdictionId
from console.domain.incidents import Incident
from console.domain.places import JurisdictionLevel
from console.protocol import commands as c

_MOST_WANTED = 200


def ask_help(ask: Ask, body: c.AskHelp) -> Decision:
    """Put a request before another district's dispatchers; each district has its own copy."""
    incident = ask.incident(body.incident)
    first = help_id(checked_id(body.help, "a request for help"), HelpSide.ASKING)
    if ask.rows.get(HelpRequest, first) is not None:
        return NOTHING_NEW
    reason = checked_words(body.reason.strip(), "reason")
    if not reason:
        raise RejectedError("Say what help is needed for; the other district reads it.")
    if not 1 <= body.wanted <= _MOST_WANTED:
        raise RejectedError(f"{body.wanted} units cannot be asked for; 1 to {_MOST_WANTED} can.")
    asked = ask.rows.jurisdiction(body.district)
    if asked is None or asked.level is not JurisdictionLevel.DISTRICT:
        raise RejectedError(f"There is no district with the id {body.district[:40]}.")
    if incident.district == asked.id:
        raise RejectedError("The incident lies in that very district; send its units.")
    if not incident.is_open:
        raise RejectedError(f"{name_of_incident(incident)} is closed; it needs no help.")
    copies = _copies(ask, body, incident, asked.id, reason)
    draft = Draft(ask)
    for copy in copies:
        draft.put(copy)
    told = f"{asked.id} ×{body.wanted}: {reason}"
    draft.log(incident.id, "help_asked", detail=told)
    return draft.decision()


def answer_help(ask: Ask, body: c.AnswerHelp) -> Decision:
    """Send own units to where they were asked for, or decline with a reason."""
    asked = _request(ask, body.help, HelpSide.ASKED)
    answer = checked_words(body.answer.strip(), "answer")
    if asked.answered_at is not None and asked.units == body.units:
        return NOTHING_NEW
    _check_open(asked)
    if len(body.units) != len(body.assignments) or len(set(body.units)) != len(body.units):
        raise RejectedError("Each unit that goes needs an id of its own for its task.")
    if not body.units and not answer:
        raise RejectedError("Say why no help can be sent; the other district reads it.")
    incident, draft = ask.incident(asked.incident), Draft(ask)
    signs = []
    for unit_id, row_id in zip(body.units, body.assignments, strict=True):
        unit = ask.unit(unit_id)
        if ask.rows.assignment(checked_id(row_id, "an assignment")) is not None:
            raise RejectedError("An assignment with this id exists already; make a new id.")
        can_be_sent(ask, incident, unit)
        task = ordered(ask, row_id, incident, unit, note=answer or None)
        draft.put(task)
        follow(ask, draft, task, incident=incident, unit=unit)
        draft.log(incident.id, "assigned", detail=answer or None, unit=unit.id)
        signs.append(unit.call_sign)
    state = HelpState.ACCEPTED if body.units else HelpState.DECLINED
    for side in HelpSide:
        draft.put(
            replace(
                _request(ask, body.help, side),
                state=state,
                answered_by=ask.actor,
                answered_at=ask.at,
                answer=answer or None,
                units=tuple(body.units),
                call_signs=tuple(signs),
            )
        )
    told = f"{asked.district}: {' '.join([*signs, answer]).strip()}"
    draft.log(incident.id, f"help_{state}", detail=told)
    return draft.decision()


def end_help(ask: Ask, body: c.EndHelp) -> Decision:
    """Take a request back that nobody has answered."""
    asking = _request(ask, body.help, HelpSide.ASKING)
    if asking.state is HelpState.WITHDRAWN:
        return NOTHING_NEW
    _check_open(asking)
    reason = checked_words(body.reason.strip(), "reason")
    draft = Draft(ask)
    for side in HelpSide:
        one = _request(ask, body.help, side)
        draft.put(replace(one, state=HelpState.WITHDRAWN, answer=reason or None))
    draft.log(asking.incident, "help_withdrawn", detail=f"{asking.other}: {reason}")
    return draft.decision()


def _copies(
    ask: Ask, body: c.AskHelp, incident: Incident, other: JurisdictionId, reason: str
) -> list[HelpRequest]:
    at: datetime = ask.at
    asking = HelpRequest(
        id=help_id(body.help, HelpSide.ASKING),
        help=body.help,
        side=HelpSide.ASKING,
        district=incident.district,
        other=other,
        incident=incident.id,
        number=incident.number,
        form=incident.form,
        level=incident.level,
        place=incident.place,
        wanted=body.wanted,
        reason=reason,
        asked_by=ask.actor,
        asked_at=at,
        lat=incident.lat,
        lon=incident.lon,
    )
    asked = replace(
        asking,
        id=help_id(body.help, HelpSide.ASKED),
        side=HelpSide.ASKED,
        district=other,
        other=incident.district,
    )
    return [asking, asked]


def _request(ask: Ask, help_: str, side: HelpSide) -> HelpRequest:
    found = ask.rows.get(HelpRequest, help_id(help_, side))
    if found is None:
        raise RejectedError(f"There is no request for help with the id {help_[:40]}.")
    return found


def _check_open(request: HelpRequest) -> None:
    if request.state is not HelpState.ASKED:
        raise RejectedError(f"This request for help is “{request.state}” already.")
