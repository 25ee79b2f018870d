"""What is delivered to handhelds: tasks made from assignments, and when one has to go out again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.central.rows import LiveRows
from console.dispatch.forms import form_in
from console.domain.assignments import Assignment, AssignmentState
from console.domain.forms import Form
from console.domain.incidents import Incident
from console.domain.telling import Receipt, TextMessage
from console.protocol.codec import Row
from console.protocol.messages import Deliver, Notice, Task, Tell

#: Fields of an incident that an officer on the way has to hear of when they change.
_TOLD = ("form", "level", "place", "summary", "lat", "lon", "due_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One task or message on its way to one unit.

    Attributes:
        id: Follows from what is delivered, so that saying it twice is saying the same.
    """

    id: str
    content: Task | Notice

    @property
    def unit(self) -> str:
        """The unit it goes to."""
        return self.content.unit

    @property
    def about(self) -> str:
        """Id of the assignment or message it is about."""
        one = self.content
        return one.assignment if isinstance(one, Task) else one.message

    def message(self, attempt: int) -> Deliver | Tell:
        """Return it as it goes out for the ``attempt``-th time."""
        if isinstance(self.content, Task):
            return Deliver(self.id, attempt, self.content)
        return Tell(self.id, attempt, self.content)


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
        note=_note(assignment),
    )


def _note(assignment: Assignment) -> str | None:
    """Return what the officer reads besides; a stand-by says so in both languages."""
    if not assignment.standby:
        return assignment.note
    return " ".join(filter(None, ("【待命 STAND BY】", assignment.note)))


def deliveries_for(rows: LiveRows, before: Row | None, after: Row) -> list[Delivery]:
    """Return what units have to be told because a row changed."""
    if isinstance(after, Receipt):
        return _notice(rows, after) if before is None else []
    if isinstance(after, Assignment):
        if before is None and after.is_running:  # one given by voice is shown, not ordered again
            return _delivery(rows, after, "order")
        if after.state is AssignmentState.WITHDRAWN:
            return _delivery(rows, after, "withdraw")
        return []
    if isinstance(after, Incident) and isinstance(before, Incident):
        return _amended(rows, before, after)
    return []


def _amended(rows: LiveRows, before: Incident, after: Incident) -> list[Delivery]:
    if all(getattr(before, name) == getattr(after, name) for name in _TOLD):
        return []
    return [
        delivery
        for assignment in rows.assignments_of_incident(after.id)
        if assignment.is_running
        for delivery in _delivery(rows, assignment, f"amend{after.version}")
    ]


def deliveries_after_absence(
    rows: LiveRows, units: frozenset[str], *, recalled_since: datetime, told_since: datetime
) -> list[Delivery]:
    """Return what units have to be told when their handheld has come back.

    Args:
        rows: The rows as they are.
        units: Units the handheld speaks for.
        recalled_since: Recalls after this time are told again: nobody knows that they arrived.
        told_since: Messages after this time that were not read are told again.
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
    unread = [
        delivery
        for receipt in rows.unread_since(told_since)
        if receipt.unit in units
        for delivery in _notice(rows, receipt)
    ]
    return running + recalls + unread


def _delivery(rows: LiveRows, assignment: Assignment, what: str) -> list[Delivery]:
    incident = rows.incident(assignment.incident)
    if incident is None:
        return []
    return [
        Delivery(
            id=f"{assignment.id}-{what}",
            content=task_of(assignment, incident, form_in(rows, incident.form)),
        )
    ]


def notice_id(receipt: Receipt) -> str:
    """Return the id of the delivery of a message."""
    return f"{receipt.id}-notice"


def _notice(rows: LiveRows, receipt: Receipt) -> list[Delivery]:
    message = rows.get(TextMessage, receipt.message)
    if message is None:
        return []
    incident = None if message.incident is None else rows.incident(message.incident)
    notice = Notice(
        message=message.id,
        unit=receipt.unit,
        kind=message.kind,
        text=message.text,
        sent_at=message.sent_at,
        sender=rows.name_of(message.sent_by),
        incident=message.incident,
        number=None if incident is None else incident.number,
        is_ended=message.ended_at is not None,
    )
    return [Delivery(id=notice_id(receipt), content=notice)]
