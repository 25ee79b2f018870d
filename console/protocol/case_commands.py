"""Command bodies about a case as a whole: clocks, opening again, joining, the tables of limits."""

from __future__ import annotations

from console.domain.limits import CalendarDay, LimitRule
from console.protocol.body import Body


class PauseIncident(Body, frozen=True, kw_only=True):
    """Hold the clocks of a case (挂起), with the reason that is kept in its log."""

    incident: str
    reason: str


class ResumeIncident(Body, frozen=True, kw_only=True):
    """Let the clocks of a case go on; what was left at the pause is left now."""

    incident: str


class ReopenIncident(Body, frozen=True, kw_only=True):
    """Open a closed or cancelled case again (重开); what was done stays in its log."""

    incident: str
    reason: str


class CallBack(Body, frozen=True, kw_only=True):
    """What the caller said when called back after the closing (回访).

    Attributes:
        rating: 1 (worst) to 5, ``None`` if nobody was reached or nothing was said.
    """

    incident: str
    rating: int | None = None
    note: str | None = None


class JoinIncidents(Body, frozen=True, kw_only=True):
    """Make one case of two that are the same matter (并案): ``incident`` goes into ``into``."""

    incident: str
    into: str
    reason: str


class PartIncidents(Body, frozen=True, kw_only=True):
    """Undo a joining: the case that went into another is its own again, with its reports."""

    incident: str


class SplitReport(Body, frozen=True, kw_only=True):
    """Take a report out of the case it was filed under.

    Attributes:
        incident: New id, for the case it becomes.
    """

    report: str
    incident: str


class LinkIncident(Body, frozen=True, kw_only=True):
    """Make a big incident of a case (重大事件), or a case part of one.

    Attributes:
        parent: The big incident it becomes part of; ``None`` makes it one itself.
        reason: Why; kept in the log of both.
    """

    incident: str
    parent: str | None = None
    reason: str = ""


class PutLimitRules(Body, frozen=True, kw_only=True):
    """Enter or replace lines of the table of limits."""

    rules: tuple[LimitRule, ...]


class PutCalendarDays(Body, frozen=True, kw_only=True):
    """Enter or replace days of the working calendar."""

    days: tuple[CalendarDay, ...]
