"""Command bodies of dispatch beyond one order: reasons, transfers, stand-by, help, sectors."""

from __future__ import annotations

from console.domain.command import CommandPost, Sector
from console.protocol.body import Body


class ExplainChoice(Body, frozen=True, kw_only=True):
    """Say why another unit was sent than the one recommended; kept with the task and in the log."""

    assignment: str
    reason: str


class TransferTask(Body, frozen=True, kw_only=True):
    """Hand a task from one unit to another (转交): the first keeps it until the other accepts.

    Attributes:
        assignment: The task as it is held now.
        to: New id, for the task of the other unit.
        unit: The other unit.
    """

    assignment: str
    to: str
    unit: str
    reason: str


class CallUp(Body, frozen=True, kw_only=True):
    """Send a unit that stands by (启用待命): its stand-by ends and the task begins.

    Attributes:
        assignment: The stand-by.
        to: New id, for the task.
    """

    assignment: str
    to: str


class EscalateOrder(Body, frozen=True, kw_only=True):
    """An order nobody accepted came onto the next screen (催办); said once for each step.

    Attributes:
        step: Code of the line in the site's table of escalations.
    """

    assignment: str
    step: str


class AskHelp(Body, frozen=True, kw_only=True):
    """Ask another district's dispatchers for units (求援).

    Attributes:
        help: New id.
        district: The district that is asked.
        wanted: How many units.
    """

    help: str
    incident: str
    district: str
    wanted: int
    reason: str


class AnswerHelp(Body, frozen=True, kw_only=True):
    """Send units to another district that asked, or decline with a reason.

    Attributes:
        assignments: New ids, one for each unit.
        units: Own units that go; none declines.
        answer: What is told; needed to decline.
    """

    help: str
    assignments: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    answer: str = ""


class EndHelp(Body, frozen=True, kw_only=True):
    """Take a request for help back that nobody has answered."""

    help: str
    reason: str


class PutSector(Body, frozen=True, kw_only=True):
    """Make, change or end a sector of a big incident."""

    sector: Sector


class PutPost(Body, frozen=True, kw_only=True):
    """Set up, move or end a big incident's command post, or say who commands there."""

    post: CommandPost


class PlaceInSector(Body, frozen=True, kw_only=True):
    """Put a unit's task into a sector of its big incident; ``None`` takes it out."""

    assignment: str
    sector: str | None = None


class OpenEvent(Body, frozen=True, kw_only=True):
    """Open a big incident from an event plan: with its sectors, each of its tasks a case.

    Attributes:
        incident: New id of the big incident.
        plan: Code of the event plan in the site's table.
        cases: New ids, one for each task of the plan.
        sectors: New ids, one for each sector of the plan.
    """

    incident: str
    plan: str
    place: str
    reason: str
    cases: tuple[str, ...]
    sectors: tuple[str, ...]
    lat: float | None = None
    lon: float | None = None
