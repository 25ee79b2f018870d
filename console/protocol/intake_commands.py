"""Command bodies of the intake: a call is taken, what is known of a place is written down."""

from __future__ import annotations

from console.domain.incidents import Report
from console.protocol.body import Body


class TakeReport(Body, frozen=True, kw_only=True):
    """A seat took a message (受理): filed under an incident that was chosen, or a new one.

    Attributes:
        incident: Id for the incident it opens if it goes into none.
        level: 1–4, ``None`` for the form's usual level.
        into: The open incident it belongs to by the seat's word; ``None`` lets central look.
        apart: The seat says that it is a matter of its own, whatever is like it.
        urgent: It is passed to the dispatch screen as urgent at once (紧急转派).
        answers: What was asked and answered, one line each; kept in the log.
    """

    report: Report
    incident: str
    level: int | None = None
    into: str | None = None
    apart: bool = False
    urgent: bool = False
    answers: str | None = None


class NotePlace(Body, frozen=True, kw_only=True):
    """Write down what whoever comes to a place has to know: a hazard, the way in, whom to ask.

    Attributes:
        note: New id, or that of the note it takes the place of.
        kind: "hazard", "access", "contact" or "note".
        radius_m: How far around it is told.
        retired: It no longer holds.
    """

    note: str
    place: str
    kind: str
    text: str
    lat: float
    lon: float
    radius_m: float = 50.0
    retired: bool = False
