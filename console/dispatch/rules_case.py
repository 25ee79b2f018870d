"""Rules of the case as a whole: its clocks held, opened again, its caller called back."""

from __future__ import annotations

from dataclasses import replace

from console.dispatch.checks import checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.time_rules import paused, resumed, with_case_limit
from console.domain.errors import RejectedError
from console.domain.incidents import PAUSABLE, Incident, Stage
from console.domain.levels import Level
from console.protocol import commands as c

_BEST = 5


def pause_incident(ask: Ask, body: c.PauseIncident) -> Decision:
    """Hold the clocks of a case, with a reason."""
    incident = ask.incident(body.incident)
    reason = _reason(
        body.reason, "Say why the clocks are held; whoever checks the limits reads it."
    )
    if incident.paused_at is not None and incident.pause_reason == reason:
        return NOTHING_NEW
    ask.check_version(incident, name_of_incident(incident))
    if incident.paused_at is not None:
        raise RejectedError(f"The clocks of {name_of_incident(incident)} are held already.")
    if incident.stage not in PAUSABLE:
        raise RejectedError(
            f"{name_of_incident(incident)} is at “{incident.stage}”: "
            "its clocks cannot be held there."
        )
    draft = Draft(ask)
    draft.put(replace(paused(incident, reason, at=ask.at), changed_at=ask.at))
    draft.log(incident.id, "paused", detail=reason)
    return draft.decision()


def resume_incident(ask: Ask, body: c.ResumeIncident) -> Decision:
    """Let the clocks of a case go on."""
    incident = ask.incident(body.incident)
    if incident.paused_at is None:
        return NOTHING_NEW
    ask.check_version(incident, name_of_incident(incident))
    going_on = resumed(incident, ask.rows.time_rules(), at=ask.at)
    draft = Draft(ask)
    draft.put(replace(going_on, changed_at=ask.at))
    draft.log(incident.id, "resumed", detail=incident.pause_reason)
    return draft.decision()


def reopen_incident(ask: Ask, body: c.ReopenIncident) -> Decision:
    """Open a closed or cancelled case again; its log, units and outcome stay on record."""
    incident = ask.incident(body.incident)
    ask.check_version(incident, name_of_incident(incident))
    reason = _reason(
        body.reason, "Say why the case is opened again; the reason is kept in its log."
    )
    if incident.is_open:
        raise RejectedError(
            f"{name_of_incident(incident)} is open; there is nothing to open again."
        )
    if incident.joined_to is not None:
        raise RejectedError(
            f"{name_of_incident(incident)} went into another case; undo the joining instead."
        )
    again = incident.moved_to(Stage.FILE, at=ask.at)
    again = replace(
        again,
        outcome=None,
        verified_by=None,
        rating=None,
        reopened=incident.reopened + 1,
        paused_at=None,
        pause_reason=None,
    )
    timed = with_case_limit(replace(again, opened_at=ask.at), ask.rows.time_rules())
    draft = Draft(ask)
    draft.put(replace(timed, opened_at=incident.opened_at))
    draft.log(incident.id, "reopened", detail=reason)
    return draft.decision()


def link_incident(ask: Ask, body: c.LinkIncident) -> Decision:
    """Make a big incident of a case, or a case part of one; only open cases are linked."""
    incident = ask.incident(body.incident)
    ask.check_version(incident, name_of_incident(incident))
    reason = checked_words(body.reason.strip(), "reason") or None
    if not incident.is_open:
        raise RejectedError(f"{name_of_incident(incident)} is closed; open it again first.")
    draft = Draft(ask)
    if body.parent is None:
        if incident.is_major:
            return NOTHING_NEW
        if reason is None:
            raise RejectedError("Say why it is a big incident; whoever commands it reads it.")
        big = replace(incident, is_major=True, level=Level.CRITICAL, parent=None)
        draft.put(replace(big, changed_at=ask.at))
        draft.log(incident.id, "made_major", detail=reason)
        return draft.decision()
    parent = ask.incident(body.parent)
    if incident.parent == parent.id:
        return NOTHING_NEW
    if not parent.is_major or not parent.is_open or incident.is_major:
        raise RejectedError(
            f"{name_of_incident(parent)} is no open big incident; make it one first."
        )
    draft.put(replace(incident, parent=parent.id, changed_at=ask.at))
    draft.log(incident.id, "made_part_of", detail=name_of_incident(parent))
    draft.log(parent.id, "has_part", detail=name_of_incident(incident))
    return draft.decision()


def call_back(ask: Ask, body: c.CallBack) -> Decision:
    """Keep what the caller said when called back, or that nobody was reached."""
    incident = ask.incident(body.incident)
    if incident.stage is not Stage.EVALUATE:
        raise RejectedError(
            f"{name_of_incident(incident)} is not closed yet; call back when it is."
        )
    note = checked_words((body.note or "").strip(), "note")
    draft = Draft(ask)
    if body.rating is None:
        draft.log(incident.id, "call_back_failed", detail=note or None)
        return draft.decision()
    if not 1 <= body.rating <= _BEST:
        raise RejectedError(f"{body.rating} is no rating; 1 (worst) to {_BEST} (best) are.")
    draft.put(replace(incident, rating=body.rating, stage_due_at=None, changed_at=ask.at))
    draft.log(incident.id, "called_back", detail=f"{body.rating}/{_BEST} {note}".strip())
    return draft.decision()


def name_of_incident(incident: Incident) -> str:
    """Return what people call an incident."""
    return incident.number or f"the incident at {incident.place}"


def _reason(words: str, ask_for: str) -> str:
    reason = checked_words(words.strip(), "reason")
    if not reason:
        raise RejectedError(ask_for)
    return reason
