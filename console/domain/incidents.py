"""Incidents (案件) in their seven stages, and the reports they grew from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from console.domain.errors import IllegalTransitionError
from console.domain.ids import IncidentId, JurisdictionId, PersonId, ReportId
from console.domain.levels import Channel, Level


class Stage(StrEnum):
    """What is being done with an incident now (阶段, GB/T 30428.8).

    A message that has just come in is being collected; once filed it waits for dispatch; it is in
    ``DISPATCH`` while a unit has been ordered and none has accepted, in ``HANDLE`` once one has,
    in ``REPORT_BACK`` when every unit sent has reported its outcome, in ``VERIFY`` when someone
    has checked that outcome, and in ``EVALUATE`` when it is closed.
    """

    COLLECT = "collect"
    FILE = "file"
    DISPATCH = "dispatch"
    HANDLE = "handle"
    REPORT_BACK = "report_back"
    VERIFY = "verify"
    EVALUATE = "evaluate"
    CANCELLED = "cancelled"


NEXT_STAGES: dict[Stage, frozenset[Stage]] = {
    Stage.COLLECT: frozenset({Stage.FILE, Stage.CANCELLED}),
    Stage.FILE: frozenset({Stage.DISPATCH, Stage.CANCELLED}),
    Stage.DISPATCH: frozenset({Stage.HANDLE, Stage.REPORT_BACK, Stage.FILE, Stage.CANCELLED}),
    Stage.HANDLE: frozenset({Stage.REPORT_BACK, Stage.DISPATCH, Stage.FILE}),
    Stage.REPORT_BACK: frozenset({Stage.VERIFY, Stage.DISPATCH, Stage.FILE}),
    Stage.VERIFY: frozenset({Stage.EVALUATE, Stage.FILE}),
    Stage.EVALUATE: frozenset({Stage.FILE}),
    Stage.CANCELLED: frozenset({Stage.FILE}),
}
CLOSED_STAGES = frozenset({Stage.EVALUATE, Stage.CANCELLED})
#: Stages in which the street has done its part: the case's own limit no longer runs.
_AFTER_HANDLING = frozenset({Stage.REPORT_BACK, Stage.VERIFY, Stage.EVALUATE, Stage.CANCELLED})
#: Stages in which clocks may be held.
PAUSABLE = frozenset({Stage.FILE, Stage.DISPATCH, Stage.HANDLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something to be dealt with, from first word to closing.

    Attributes:
        number: What people call it, "20261122-00317"; ``None`` until central has given one.
        form: Code of the violation form in the catalogue.
        place: Where, in words.
        lat: WGS-84 degrees, ``None`` while nobody knows.
        lon: WGS-84 degrees, ``None`` while nobody knows.
        opened_at: When the first word of it came, aware UTC.
        due_at: When it has to be handled by, aware UTC.
        reports: How many reports belong to it.
        verified_by: Who checked the outcome; never one who handled it.
        limit: The case's limit as the table had it, "2h", "4wh" or "3wd" (`limits.Limit`).
        stage_at: When it came to its present stage, aware UTC.
        stage_due_at: When it has to leave its present stage, aware UTC; ``None`` without a limit.
        paused_at: Since when its clocks are held; ``None`` while they run.
        pause_reason: Why they are held.
        reopened: How often it was opened again after its closing or sent back after its outcome.
        rating: What the caller said when called back, 1 (worst) to 5.
        joined_to: The incident it turned out to be the same as.
        parent: The big incident it is part of.
        is_major: Whether it is a big incident with a command post.
        version: Raised by one with every change.
    """

    id: IncidentId
    form: str
    level: Level
    stage: Stage
    channel: Channel
    summary: str
    place: str
    opened_at: datetime
    number: str | None = None
    lat: float | None = None
    lon: float | None = None
    district: JurisdictionId | None = None
    street: JurisdictionId | None = None
    due_at: datetime | None = None
    opened_by: PersonId | None = None
    reports: int = 0
    outcome: str | None = None
    verified_by: PersonId | None = None
    closed_at: datetime | None = None
    changed_at: datetime | None = None
    limit: str | None = None
    stage_at: datetime | None = None
    stage_due_at: datetime | None = None
    paused_at: datetime | None = None
    pause_reason: str | None = None
    reopened: int = 0
    rating: int | None = None
    joined_to: IncidentId | None = None
    parent: IncidentId | None = None
    is_major: bool = False
    version: int = 0

    @property
    def is_open(self) -> bool:
        """Whether anything is left to be done."""
        return self.stage not in CLOSED_STAGES

    @property
    def short_number(self) -> str | None:
        """The running number without its date, "00317"; ``None`` until central has given one."""
        return self.number.rpartition("-")[2] if self.number is not None else None

    @property
    def next_due_at(self) -> datetime | None:
        """When the limit that counts now ends, the case's or its stage's; ``None`` while held."""
        if self.paused_at is not None:
            return None
        if self.stage in _AFTER_HANDLING and self.stage_due_at is not None:
            return self.stage_due_at
        return min((at for at in (self.due_at, self.stage_due_at) if at is not None), default=None)

    def moved_to(self, stage: Stage, *, at: datetime) -> Incident:
        """Return the incident in another stage.

        Raises:
            IllegalTransitionError: ``stage`` is not reachable from here.
        """
        if stage not in NEXT_STAGES[self.stage]:
            raise IllegalTransitionError(self.number or self.id, self.stage, stage)
        closed_at = at if stage in CLOSED_STAGES else None
        return replace(self, stage=stage, changed_at=at, closed_at=closed_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One message on one channel (来件); many may belong to one incident.

    Attributes:
        external_id: The id the sending system gave it; the same id twice is the same report.
        received_at: When it came in, aware UTC.
        joined_from: The incident it belonged to before that one was joined to `incident`.
    """

    id: ReportId
    channel: Channel
    received_at: datetime
    text: str
    place: str
    incident: IncidentId | None = None
    external_id: str | None = None
    form: str | None = None
    lat: float | None = None
    lon: float | None = None
    caller: str | None = None
    phone: str | None = None
    joined_from: IncidentId | None = None
    version: int = 0
