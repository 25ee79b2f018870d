"""Rules of assignments: ordered, received, refused, arrived, done, called back.

What follows for the incident's stage and the unit's status is worked out here as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from console.dispatch.checks import checked_id, checked_time, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.domain.assignments import (
    TAKEN_STATES,
    UNACCEPTED_STATES,
    Assignment,
    AssignmentState,
)
from console.domain.errors import ConflictError, RejectedError
from console.domain.ids import AssignmentId
from console.domain.incidents import Incident, Stage
from console.domain.units import Unit, UnitStatus
from console.protocol import commands as c

_STATUS: dict[AssignmentState, UnitStatus] = {
    AssignmentState.ORDERED: UnitStatus.ASSIGNED,
    AssignmentState.DELIVERED: UnitStatus.ASSIGNED,
    AssignmentState.SEEN: UnitStatus.ASSIGNED,
    AssignmentState.ACCEPTED: UnitStatus.EN_ROUTE,
    AssignmentState.EN_ROUTE: UnitStatus.EN_ROUTE,
    AssignmentState.ON_SCENE: UnitStatus.ON_SCENE,
}
_BUSIER = (UnitStatus.ASSIGNED, UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE)
#: What a unit may say of itself with a step; the outcome and the recall have commands of their own.
STEPS = frozenset(
    {
        AssignmentState.DELIVERED,
        AssignmentState.SEEN,
        AssignmentState.ACCEPTED,
        AssignmentState.REFUSED,
        AssignmentState.EN_ROUTE,
        AssignmentState.ON_SCENE,
    }
)
#: Verb of the log's line about an order by voice; its detail begins with how it was told.
TOLD_BY_VOICE = "told_by_voice"
_AFTER_ACCEPTING = frozenset({AssignmentState.EN_ROUTE, AssignmentState.ON_SCENE})
_UNDER_WAY = frozenset({Stage.FILE, Stage.DISPATCH, Stage.HANDLE, Stage.REPORT_BACK})


def assign_unit(ask: Ask, body: c.AssignUnit) -> Decision:
    """Send one unit to one incident."""
    earlier = ask.rows.assignment(checked_id(body.assignment, "an assignment"))
    if earlier is not None:
        if (earlier.incident, earlier.unit) == (body.incident, body.unit):
            return NOTHING_NEW
        raise RejectedError("An assignment with this id exists already; make a new id.")
    incident, unit = ask.incident(body.incident), ask.unit(body.unit)
    can_be_sent(ask, incident, unit)
    because = checked_words(body.because.strip(), "reason") if body.because else None
    instead = checked_words(body.instead_of, "units recommended") if body.instead_of else None
    note = checked_words(body.note, "note") if body.note else None
    task = replace(
        ordered(ask, body.assignment, incident, unit, note=note),
        standby=body.standby,
        instead_of=instead,
        because=because,
    )
    draft = Draft(ask)
    draft.put(task)
    follow(ask, draft, task, incident=incident, unit=unit)
    verb = "stood_by" if body.standby else "assigned"
    draft.log(incident.id, verb, detail=task.note, unit=unit.id)
    if instead is not None:
        told = f"{instead}: {because}" if because else instead
        draft.log(incident.id, "overrode", detail=told, unit=unit.id)
    return draft.decision()


def ordered(
    ask: Ask, row_id: str, incident: Incident, unit: Unit, *, note: str | None
) -> Assignment:
    """Return a task just ordered."""
    return Assignment(
        id=AssignmentId(row_id),
        incident=incident.id,
        unit=unit.id,
        state=AssignmentState.ORDERED,
        ordered_by=ask.actor,
        changed_at=ask.at,
        times={AssignmentState.ORDERED.value: ask.at},
        note=note,
    )


def order_by_voice(ask: Ask, body: c.OrderByVoice) -> Decision:
    """Keep an order that was given by voice: the unit has it, and is not ordered once more.

    Where the unit was sent to this incident already, by whomever, the words go to that assignment.
    """
    incident, unit = ask.incident(body.incident), ask.unit(body.unit)
    at = ask.device_time(checked_time(body.at, "the order by voice"))
    told = _told(body.means, checked_words(body.words, "words") if body.words else None)
    draft = Draft(ask)
    sent = _sent_already(ask, body)
    if sent is None:
        can_be_sent(ask, incident, unit)
        times = {AssignmentState.ORDERED.value: at, AssignmentState.ACCEPTED.value: at}
        taken = Assignment(
            id=AssignmentId(body.assignment),
            incident=incident.id,
            unit=unit.id,
            state=AssignmentState.ACCEPTED,
            ordered_by=ask.actor,
            changed_at=at,
            times=times,
            note=body.words or None,
        )
    elif sent.state in UNACCEPTED_STATES:
        taken = sent.moved_to(AssignmentState.ACCEPTED, at=at, note=body.words or None)
    else:
        draft.log(incident.id, TOLD_BY_VOICE, detail=told, unit=unit.id, at=at)
        return draft.decision()
    draft.put(taken)
    follow(ask, draft, taken, incident=incident, unit=unit)
    draft.log(incident.id, TOLD_BY_VOICE, detail=told, unit=unit.id, at=at)
    _take_over(ask, draft, taken)
    return draft.decision()


def _told(means: str, words: str | None) -> str:
    return f"{means}: {words}" if words else means


def _sent_already(ask: Ask, body: c.OrderByVoice) -> Assignment | None:
    """Return the assignment that the words belong to, ``None`` if there is none yet."""
    earlier = ask.rows.assignment(checked_id(body.assignment, "an assignment"))
    if earlier is not None and (earlier.incident, earlier.unit) != (body.incident, body.unit):
        raise RejectedError("An assignment with this id exists already; make a new id.")
    if earlier is not None and not earlier.is_running:
        call_sign = ask.unit(earlier.unit).call_sign
        raise RejectedError(
            f"{call_sign} had ended this task (“{earlier.state}”) before the order by voice came "
            "here; call it again, and send it anew if it goes."
        )
    if earlier is not None:
        return earlier
    running = [one for one in ask.rows.assignments_of_unit(body.unit) if one.is_running]
    return next((one for one in running if one.incident == body.incident), None)


def withdraw_assignment(ask: Ask, body: c.WithdrawAssignment) -> Decision:
    """Call a unit back from an incident."""
    assignment = ask.assignment(body.assignment)
    if assignment.state is AssignmentState.WITHDRAWN:
        return NOTHING_NEW
    unit = ask.unit(assignment.unit)
    ask.check_version(assignment, f"task of {unit.call_sign}")
    reason = checked_words(body.reason.strip(), "reason")
    withdrawn = assignment.moved_to(AssignmentState.WITHDRAWN, at=ask.at, note=reason or None)
    draft = Draft(ask)
    draft.put(withdrawn)
    follow(ask, draft, withdrawn, incident=ask.incident(assignment.incident), unit=unit)
    draft.log(assignment.incident, "withdrawn", detail=reason or None, unit=unit.id)
    return draft.decision()


def move_assignment(ask: Ask, body: c.MoveAssignment) -> Decision:
    """Take a unit's receipt or step; of one that was overtaken only the time is kept."""
    if body.state not in STEPS:
        raise RejectedError(
            f"“{body.state}” is no step a unit takes; report an outcome, or withdraw the task."
        )
    assignment = ask.assignment(body.assignment)
    unit = ask.unit(assignment.unit)
    ask.check_speaks_for(unit.id, unit.call_sign)
    if _is_said_already(assignment, body.state):
        return NOTHING_NEW
    at = ask.device_time(checked_time(body.at, "the step"))
    note = checked_words(body.note, "note") if body.note else None
    draft = Draft(ask)
    if _is_overtaken(assignment, body.state):
        draft.put(assignment.also_reached(body.state, at=at))
        draft.log(assignment.incident, body.state.value, detail=note, unit=unit.id, at=at)
        return draft.decision()
    moved = assignment.moved_to(body.state, at=at, note=note)
    if moved.standby and body.state in _AFTER_ACCEPTING:
        moved = replace(moved, standby=False)  # it goes by itself: that is a fact
        draft.log(moved.incident, "called_up", unit=unit.id, at=at)
    draft.put(moved)
    follow(ask, draft, moved, incident=ask.incident(moved.incident), unit=unit)
    draft.log(moved.incident, body.state.value, detail=note, unit=unit.id, at=at)
    _take_over(ask, draft, moved)
    return draft.decision()


def report_outcome(ask: Ask, body: c.ReportOutcome) -> Decision:
    """Clear an assignment with its outcome in words."""
    assignment = ask.assignment(body.assignment)
    unit = ask.unit(assignment.unit)
    ask.check_speaks_for(unit.id, unit.call_sign)
    outcome = checked_words(body.outcome.strip(), "outcome")
    if not outcome:
        raise RejectedError("The outcome is empty; say in words what was found and done.")
    if assignment.state is AssignmentState.CLEARED and assignment.note == outcome:
        return NOTHING_NEW
    at = ask.device_time(checked_time(body.at, "the outcome"))
    if assignment.state is AssignmentState.WITHDRAWN:
        return _noted(ask, assignment, outcome, at=at)
    cleared = assignment.moved_to(AssignmentState.CLEARED, at=at, note=outcome)
    incident = replace(ask.incident(assignment.incident), outcome=outcome)
    draft = Draft(ask)
    draft.put(cleared)
    draft.put(replace(incident, changed_at=ask.at))
    follow(ask, draft, cleared, incident=incident, unit=unit)
    draft.log(incident.id, "cleared", detail=outcome, unit=unit.id, at=at)
    return draft.decision()


def _noted(ask: Ask, assignment: Assignment, outcome: str, *, at: datetime) -> Decision:
    """Keep what a unit found before it heard that it was called back; nothing moves by it."""
    draft = Draft(ask)
    draft.log(assignment.incident, "noted", detail=outcome, unit=assignment.unit, at=at)
    return draft.decision()


def end_with(ask: Ask, draft: Draft, assignment: Assignment, *, note: str) -> None:
    """End a task because another takes its place; the unit is told the note."""
    ended = assignment.moved_to(AssignmentState.WITHDRAWN, at=ask.at, note=note)
    draft.put(ended)
    put_status(ask, draft, ended, unit=ask.unit(assignment.unit))


def _take_over(ask: Ask, draft: Draft, taken: Assignment) -> None:
    """End the task that another unit has now accepted to take over."""
    held = None if taken.takes_over is None else ask.rows.assignment(taken.takes_over)
    if held is None or not held.is_running or taken.state not in TAKEN_STATES:
        return
    by = ask.unit(taken.unit).call_sign
    end_with(ask, draft, held, note=f"→ {by}")
    draft.log(held.incident, "handed_over", detail=by, unit=held.unit)


def end_assignments(ask: Ask, draft: Draft, incident: Incident, *, note: str) -> None:
    """Call back every unit still under way to an incident that ends."""
    for assignment in ask.rows.assignments_of_incident(incident.id):
        if not assignment.is_running:
            continue
        withdrawn = assignment.moved_to(AssignmentState.WITHDRAWN, at=ask.at, note=note)
        draft.put(withdrawn)
        put_status(ask, draft, withdrawn, unit=ask.unit(assignment.unit))
        draft.log(incident.id, "withdrawn", detail=note, unit=assignment.unit)


def status_of(unit: Unit, assignments: Sequence[Assignment]) -> UnitStatus:
    """Return what a unit is doing, from all its assignments."""
    doing = [
        UnitStatus.ASSIGNED if one.standby else _STATUS[one.state]
        for one in assignments
        if one.is_running
    ]
    if doing:
        return max(doing, key=_BUSIER.index)
    return UnitStatus.OFF_DUTY if unit.status is UnitStatus.OFF_DUTY else UnitStatus.AVAILABLE


def stage_of(incident: Incident, assignments: Sequence[Assignment]) -> Stage:
    """Return the stage that follows from the assignments to an incident under way."""
    if incident.stage not in _UNDER_WAY:
        return incident.stage
    running = [_STATUS[one.state] for one in assignments if one.is_running and not one.standby]
    if not running:
        return Stage.REPORT_BACK if incident.outcome is not None else Stage.FILE
    taken = any(status is not UnitStatus.ASSIGNED for status in running)
    return Stage.HANDLE if taken else Stage.DISPATCH


def can_be_sent(ask: Ask, incident: Incident, unit: Unit, *, apart_from: str | None = None) -> None:
    """Check that a unit can be sent to an incident.

    Args:
        ask: Who asks.
        incident: Where to.
        unit: Which.
        apart_from: A task of its own that ends with this.

    Raises:
        RejectedError: It cannot.
        ConflictError: It is busy, or was changed meanwhile.
    """
    if incident.stage not in _UNDER_WAY:
        name = incident.number or "This incident"
        raise RejectedError(f"{name} is at “{incident.stage}”: nobody can be sent to it there.")
    if unit.status is UnitStatus.OFF_DUTY:
        raise RejectedError(f"{unit.call_sign} is off duty; choose another unit.")
    ask.check_version(unit, f"unit {unit.call_sign}")
    running = [
        one
        for one in ask.rows.assignments_of_unit(unit.id)
        if one.is_running and one.id != apart_from
    ]
    if any(one.incident == incident.id for one in running):
        raise RejectedError(f"{unit.call_sign} was sent to this incident already.")
    if running and ask.base_version is None:
        name = f"unit {unit.call_sign}"
        raise ConflictError("unit", unit.id, present=unit.version, based_on=None, name=name)


def _is_said_already(assignment: Assignment, state: AssignmentState) -> bool:
    if state.value in assignment.times or assignment.state is AssignmentState.WITHDRAWN:
        return True
    said_no = assignment.state is AssignmentState.REFUSED
    return said_no and state is AssignmentState.REFUSED


def _is_overtaken(assignment: Assignment, state: AssignmentState) -> bool:
    if state is AssignmentState.REFUSED:
        return False  # a refusal after setting out is never overtaken: somebody has to know
    said_no = assignment.state is AssignmentState.REFUSED
    if said_no and state in {AssignmentState.ACCEPTED, *_AFTER_ACCEPTING}:
        return False
    return assignment.is_past(state)


def follow(ask: Ask, draft: Draft, changed: Assignment, *, incident: Incident, unit: Unit) -> None:
    """Put the incident's stage and the unit's status as they follow from a changed assignment."""
    of_incident = _with(changed, ask.rows.assignments_of_incident(incident.id))
    stage = stage_of(incident, of_incident)
    if stage is not incident.stage:
        if incident.stage is Stage.FILE and stage is Stage.HANDLE:
            incident = incident.moved_to(Stage.DISPATCH, at=ask.at)
        draft.put(incident.moved_to(stage, at=ask.at))
    put_status(ask, draft, changed, unit=unit)


def put_status(ask: Ask, draft: Draft, changed: Assignment, *, unit: Unit) -> None:
    """Put a unit's status as it follows from a changed assignment."""
    status = status_of(unit, _with(changed, ask.rows.assignments_of_unit(unit.id)))
    if status is not unit.status:
        draft.put(replace(unit, status=status))


def _with(changed: Assignment, others: Sequence[Assignment]) -> list[Assignment]:
    return [*(one for one in others if one.id != changed.id), changed]
