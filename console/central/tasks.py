"""What is delivered to handhelds: tasks made from assignments, and when one has to go out again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.central.rows import LiveRows
from console.dispatch.forms import form_in
from console.domain.assignments import Assignment, AssignmentState
from console.domain.forms import Form
from console.domain.incidents import Incident
from console.protocol.codec import Row
from console.protocol.messages import Task

#: Fields of an incident that an officer on the way has to hear of when they change.
_TOLD = ("form", "level", "place", "summary", "lat", "lon", "due_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One task on its way to one unit.

    Attributes:
        id: Follows from what is delivered, so that saying it twice is saying the same.
    """

    id: str
    task: Task


def task_of(assignment: Assignment, incident: Incident, form: Form) -> Task:
    """Return what a handheld shows of an assignment."""
    return Task(
        assignment=assignment.id,
        incident=incident.id,
        unit=assignment.unit,
        number=incident.number or "",
        form=incident.form,
        form_zh=form.name_zh,
        form_en=form.name_en,
        level=int(incident.level),
        state=assignment.state,
        place=incident.place,
        summary=incident.summary,
        ordered_at=assignment.times.get(AssignmentState.ORDERED.value, assignment.changed_at),
        due_at=incident.due_at,
        lat=incident.lat,
        lon=incident.lon,
        note=assignment.note,
    )


def deliveries_for(rows: LiveRows, before: Row | None, after: Row) -> list[Delivery]:
    """Return what units have to be told because a row changed."""
    if isinstance(after, Assignment):
        if before is None and after.is_running:  # one given by voice is shown, not ordered again
            return _delivery(rows, after, "order")
        if after.state is AssignmentState.WITHDRAWN:
            return _delivery(rows, after, "withdraw")
        return []
    if not isinstance(after, Incident) or not isinstance(before, Incident):
        return []
    if all(getattr(before, name) == getattr(after, name) for name in _TOLD):
        return []
    return [
        delivery
        for assignment in rows.assignments_of_incident(after.id)
        if assignment.is_running
        for delivery in _delivery(rows, assignment, f"amend{after.version}")
    ]


def deliveries_after_absence(
    rows: LiveRows, units: frozenset[str], *, recalled_since: datetime
) -> list[Delivery]:
    """Return what units have to be told when their handheld has come back.

    Args:
        rows: The rows as they are.
        units: Units the handheld speaks for.
        recalled_since: Recalls after this time are told again: nobody knows that they arrived.
    """
    running = [
        delivery
        for unit in sorted(units)
        for assignment in rows.running_assignments(unit)
        for delivery in _delivery(rows, assignment, "order")
    ]
    recalls = [
        delivery
        for assignment in rows.withdrawn_since(recalled_since)
        if assignment.unit in units
        for delivery in _delivery(rows, assignment, "withdraw")
    ]
    return running + recalls


def _delivery(rows: LiveRows, assignment: Assignment, what: str) -> list[Delivery]:
    incident = rows.incident(assignment.incident)
    if incident is None:
        return []
    return [
        Delivery(
            id=f"{assignment.id}-{what}",
            task=task_of(assignment, incident, form_in(rows, incident.form)),
        )
    ]
