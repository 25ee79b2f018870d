"""Rules of tasks beyond the order: why this unit, handed to another, called up, late."""

from __future__ import annotations

from dataclasses import replace

from console.dispatch.checks import checked_id, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.rules_assignments import can_be_sent, end_with, follow, ordered
from console.domain.assignments import UNACCEPTED_STATES
from console.domain.catalogue import CatalogueItem, CatalogueName, item_id
from console.domain.errors import RejectedError
from console.protocol import commands as c

#: What a step of escalation is kept as among a task's times.
TOLD = "told_"


def explain_choice(ask: Ask, body: c.ExplainChoice) -> Decision:
    """Keep why another unit was sent than the one recommended."""
    assignment = ask.assignment(body.assignment)
    reason = checked_words(body.reason.strip(), "reason")
    if not reason:
        raise RejectedError("Say why another unit was sent; the reason is kept with the task.")
    if assignment.instead_of is None:
        raise RejectedError("The unit recommended was sent; there is nothing to explain.")
    if assignment.because == reason:
        return NOTHING_NEW
    draft = Draft(ask)
    draft.put(replace(assignment, because=reason))
    draft.log(assignment.incident, "overrode_because", detail=reason, unit=assignment.unit)
    return draft.decision()


def transfer_task(ask: Ask, body: c.TransferTask) -> Decision:
    """Order another unit to take a task over; the first keeps it until that one accepts."""
    held = ask.assignment(body.assignment)
    earlier = ask.rows.assignment(checked_id(body.to, "an assignment"))
    if earlier is not None and earlier.takes_over == held.id and earlier.unit == body.unit:
        return NOTHING_NEW
    if earlier is not None:
        raise RejectedError("An assignment with this id exists already; make a new id.")
    first, unit = ask.unit(held.unit), ask.unit(body.unit)
    if not held.is_running:
        raise RejectedError(
            f"{first.call_sign} has ended this task (“{held.state}”); send {unit.call_sign} anew."
        )
    reason = checked_words(body.reason.strip(), "reason")
    if not reason:
        raise RejectedError("Say why the task is handed on; both units read the reason.")
    incident = ask.incident(held.incident)
    can_be_sent(ask, incident, unit)
    taking = ordered(ask, body.to, incident, unit, note=f"{first.call_sign} → {reason}")
    taking = replace(taking, takes_over=held.id, sector=held.sector)
    draft = Draft(ask)
    draft.put(taking)
    follow(ask, draft, taking, incident=incident, unit=unit)
    told = f"{first.call_sign} → {unit.call_sign}: {reason}"
    draft.log(incident.id, "transfer_ordered", detail=told, unit=unit.id)
    return draft.decision()


def call_up(ask: Ask, body: c.CallUp) -> Decision:
    """Send a unit that stands by: its stand-by ends, the task begins."""
    held = ask.assignment(body.assignment)
    unit, incident = ask.unit(held.unit), ask.incident(held.incident)
    earlier = ask.rows.assignment(checked_id(body.to, "an assignment"))
    if earlier is not None and (earlier.incident, earlier.unit) == (held.incident, held.unit):
        return NOTHING_NEW
    if earlier is not None:
        raise RejectedError("An assignment with this id exists already; make a new id.")
    if not held.standby or not held.is_running:
        raise RejectedError(f"{unit.call_sign} does not stand by for this incident.")
    can_be_sent(ask, incident, unit, apart_from=held.id)
    draft = Draft(ask)
    end_with(ask, draft, held, note="↑")
    task = replace(ordered(ask, body.to, incident, unit, note=held.note), sector=held.sector)
    draft.put(task)
    follow(ask, draft, task, incident=incident, unit=unit)
    draft.log(incident.id, "called_up", unit=unit.id)
    return draft.decision()


def escalate_order(ask: Ask, body: c.EscalateOrder) -> Decision:
    """Keep that an order nobody accepted came onto the next screen; each step is kept once."""
    assignment = ask.assignment(body.assignment)
    item = ask.rows.get(CatalogueItem, item_id(CatalogueName.ESCALATION, body.step[:60]))
    if item is None:
        raise RejectedError(f"There is no step of escalation called {body.step[:60]!r}.")
    if assignment.state not in UNACCEPTED_STATES or f"{TOLD}{item.code}" in assignment.times:
        return NOTHING_NEW
    times = {**assignment.times, f"{TOLD}{item.code}": ask.at}
    draft = Draft(ask)
    draft.put(replace(assignment, times=times))
    told = f"{item.details.get('tell')} {item.details.get('after_s')}"
    draft.log(assignment.incident, "escalated", detail=told, unit=assignment.unit)
    return draft.decision()
