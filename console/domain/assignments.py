"""Assignments (派单): one unit sent to one incident, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from console.domain.errors import IllegalTransitionError
from console.domain.ids import AssignmentId, IncidentId, PersonId, UnitId


class AssignmentState(StrEnum):
    """How far one unit has come with one incident."""

    ORDERED = "ordered"
    DELIVERED = "delivered"
    SEEN = "seen"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"


class Means(StrEnum):
    """How an order was given by voice."""

    PHONE = "phone"
    RADIO = "radio"


_S = AssignmentState
#: A receipt may be overtaken by the next one, so every state ahead may be reached directly.
NEXT_STATES: dict[AssignmentState, frozenset[AssignmentState]] = {
    _S.ORDERED: frozenset(
        {_S.DELIVERED, _S.SEEN, _S.ACCEPTED, _S.REFUSED, _S.EN_ROUTE, _S.ON_SCENE, _S.WITHDRAWN}
    ),
    _S.DELIVERED: frozenset(
        {_S.SEEN, _S.ACCEPTED, _S.REFUSED, _S.EN_ROUTE, _S.ON_SCENE, _S.WITHDRAWN}
    ),
    _S.SEEN: frozenset({_S.ACCEPTED, _S.REFUSED, _S.EN_ROUTE, _S.ON_SCENE, _S.WITHDRAWN}),
    _S.ACCEPTED: frozenset({_S.EN_ROUTE, _S.ON_SCENE, _S.CLEARED, _S.WITHDRAWN}),
    _S.EN_ROUTE: frozenset({_S.ON_SCENE, _S.CLEARED, _S.WITHDRAWN}),
    _S.ON_SCENE: frozenset({_S.CLEARED, _S.WITHDRAWN}),
    _S.REFUSED: frozenset(),
    _S.CLEARED: frozenset(),
    _S.WITHDRAWN: frozenset(),
}
ENDED_STATES = frozenset({_S.REFUSED, _S.CLEARED, _S.WITHDRAWN})
#: States in which nobody knows yet whether the unit comes.
UNACCEPTED_STATES = frozenset({_S.ORDERED, _S.DELIVERED, _S.SEEN})
#: States in which the unit has said it is coming, or came.
TAKEN_STATES = frozenset({_S.ACCEPTED, _S.EN_ROUTE, _S.ON_SCENE, _S.CLEARED})
_ORDER = {state: rank for rank, state in enumerate(_S)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One unit sent to one incident.

    Attributes:
        ordered_by: Who ordered it.
        changed_at: When the state last changed, aware UTC.
        times: When each state was reached, aware UTC, by the state's name; "told_" and a step of
            escalation for when the next screen was told that nobody accepted.
        note: What the unit said with its last step (why refused, the outcome).
        standby: It stands by (待命): it knows of the incident and waits to be called up.
        takes_over: The task of another unit that ends when this one is accepted.
        sector: The sector of the big incident it works in.
        instead_of: Call signs of the units that were recommended and not sent.
        because: Why another unit was sent than recommended.
        version: Raised by one with every change.
    """

    id: AssignmentId
    incident: IncidentId
    unit: UnitId
    state: AssignmentState
    ordered_by: PersonId | None
    changed_at: datetime
    times: dict[str, datetime] = field(default_factory=dict)
    note: str | None = None
    standby: bool = False
    takes_over: AssignmentId | None = None
    sector: str | None = None
    instead_of: str | None = None
    because: str | None = None
    version: int = 0

    @property
    def is_running(self) -> bool:
        """Whether the unit still has something to do with it."""
        return self.state not in ENDED_STATES

    @property
    def steps(self) -> tuple[AssignmentState, ...]:
        """The states it has reached, in the order of an assignment's course."""
        return tuple(state for state in _S if state.value in self.times)

    def moved_to(
        self, state: AssignmentState, *, at: datetime, note: str | None = None
    ) -> Assignment:
        """Return the assignment in another state.

        Raises:
            IllegalTransitionError: ``state`` is not reachable from here.
        """
        if state not in NEXT_STATES[self.state]:
            raise IllegalTransitionError(f"the assignment of {self.unit}", self.state, state)
        times = {**self.times, state.value: at}
        return replace(self, state=state, changed_at=at, times=times, note=note or self.note)

    def also_reached(self, state: AssignmentState, *, at: datetime) -> Assignment:
        """Return the assignment with the time of a state that a later one had overtaken."""
        return replace(self, times={**self.times, state.value: at})

    def is_past(self, state: AssignmentState) -> bool:
        """Whether ``state`` was reached or overtaken; saying it again is then harmless."""
        return state.value in self.times or _ORDER[self.state] >= _ORDER[state]
