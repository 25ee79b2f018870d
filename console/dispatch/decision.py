"""What a rule may look at, what it is asked, and the decision it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from console.dispatch.changed import Changed
from console.dispatch.experience import Experience
from console.dispatch.time_rules import TimeRules, resumed, with_stage_limit
from console.domain.areas import Area, AreaEvent
from console.domain.assignments import Assignment
from console.domain.errors import ConflictError, RejectedError, UnknownRowError
from console.domain.ids import IncidentId, PersonId, UnitId
from console.domain.incidents import Incident, Report
from console.domain.levels import Role
from console.domain.places import Camera, Evidence, Jurisdiction, LogEntry
from console.domain.streetwork import Paper
from console.domain.units import Unit
from console.protocol.codec import Row, kind_of

R = TypeVar("R", bound=Row)


class Rows(Protocol):
    """The rows a rule may look at: central's own, or a console's cache."""

    def incident(self, row_id: str) -> Incident | None:
        """Return the incident with this id."""

    def report(self, row_id: str) -> Report | None:
        """Return the report with this id."""

    def report_from(self, channel: str, external_id: str) -> Report | None:
        """Return the report that a sending system gave this id on this channel."""

    def assignment(self, row_id: str) -> Assignment | None:
        """Return the assignment with this id."""

    def assignments_of_incident(self, row_id: str) -> Sequence[Assignment]:
        """Return every assignment to the incident, running or ended."""

    def assignments_of_unit(self, row_id: str) -> Sequence[Assignment]:
        """Return the assignments of the unit, at least those still running."""

    def unit(self, row_id: str) -> Unit | None:
        """Return the unit with this id."""

    def unit_numbered(self, no: int) -> Unit | None:
        """Return the unit that has this number in packed positions."""

    def unit_called(self, call_sign: str) -> Unit | None:
        """Return the unit with this call sign."""

    def camera(self, row_id: str) -> Camera | None:
        """Return the camera point with this id."""

    def evidence(self, row_id: str) -> Evidence | None:
        """Return the evidence with this id."""

    def jurisdiction(self, row_id: str) -> Jurisdiction | None:
        """Return the jurisdiction with this id."""

    def area(self, row_id: str) -> Area | None:
        """Return the area with this id."""

    def area_event(self, row_id: str) -> AreaEvent | None:
        """Return what happened at an area, by its id."""

    def open_incidents_near(self, lat: float, lon: float, radius_m: float) -> Sequence[Incident]:
        """Return the open incidents within ``radius_m`` of a place (WGS-84)."""

    def open_incidents(self) -> Sequence[Incident]:
        """Return every open incident."""

    def open_unplaced(self) -> Sequence[Incident]:
        """Return the open incidents without a position."""

    def experience(self) -> Experience:
        """Return what the city's past tells."""

    def reports_of(self, row_id: str) -> Sequence[Report]:
        """Return the reports of an incident."""

    def is_default_place(self, lat: float, lon: float) -> bool:
        """Whether a position is one that a geocoder gives for want of a better one."""

    def get(self, row_type: type[R], row_id: str) -> R | None:
        """Return the row of one of the small tables with this id."""

    def every(self, row_type: type[R]) -> Sequence[R]:
        """Return every row of one of the small tables."""

    def of_unit(self, row_type: type[R], unit: str) -> Sequence[R]:
        """Return the rows of receipts or turns of duty that name a unit."""

    def paper_paid_with(self, receipt_no: str) -> Paper | None:
        """Return the document whose fine was paid with a receipt."""

    def changes_since(self, at: datetime) -> Changed:
        """Return what the log says was changed since a time."""

    def time_rules(self) -> TimeRules:
        """Return limits and calendar as they are entered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a command comes to.

    Attributes:
        rows: New or changed rows, their versions already raised by one, log entries included.
        duplicate: The command says what is so already; nothing is changed and nothing is wrong.
    """

    rows: tuple[Row, ...] = ()
    duplicate: bool = False


#: Said to be done already.
NOTHING_NEW = Decision(duplicate=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Who asks, when, looking at what.

    Attributes:
        actor: The person who asks; the account of a unit has the unit's own id.
        at: When it is decided, aware UTC.
        base_version: Version of the target row (see `rules.target_of`) the sender saw.
    """

    rows: Rows
    actor: PersonId | None
    role: Role
    at: datetime
    base_version: int | None
    command_id: str

    def incident(self, row_id: str) -> Incident:
        """Return the incident.

        Raises:
            UnknownRowError: There is none with this id.
        """
        found = self.rows.incident(row_id)
        if found is None:
            raise UnknownRowError("incident", row_id)
        return found

    def assignment(self, row_id: str) -> Assignment:
        """Return the assignment.

        Raises:
            UnknownRowError: There is none with this id.
        """
        found = self.rows.assignment(row_id)
        if found is None:
            raise UnknownRowError("assignment", row_id)
        return found

    def unit(self, row_id: str) -> Unit:
        """Return the unit.

        Raises:
            UnknownRowError: There is none with this id.
        """
        found = self.rows.unit(row_id)
        if found is None:
            raise UnknownRowError("unit", row_id)
        return found

    def check_version(self, row: Incident | Assignment | Unit, name: str) -> None:
        """Check that nobody changed the target row meanwhile.

        Raises:
            ConflictError: The row has another version than the sender saw.
        """
        if self.base_version is not None and self.base_version != row.version:
            raise ConflictError(
                kind_of(row), row.id, present=row.version, based_on=self.base_version, name=name
            )

    def check_speaks_for(self, unit: str, call_sign: str) -> None:
        """Check that an officer speaks for the own unit only.

        Raises:
            RejectedError: The officer's account belongs to another unit.
        """
        if self.role is Role.OFFICER and str(self.actor) != unit:
            raise RejectedError(f"Only {call_sign} itself can say this; log on as that unit.")

    def device_time(self, at: datetime) -> datetime:
        """Return a device's time, but never one later than now: device clocks run ahead."""
        return min(at, self.at)


class Draft:
    """Collects the rows of one decision, raising each version once."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._rows: dict[tuple[str, str], Row] = {}
        self._log: list[LogEntry] = []

    def put(self, row: Row) -> None:
        """Add a new or changed row as it was read, its version not yet raised."""
        key = kind_of(row), row.id
        earlier = self._rows.get(key)
        version = row.version + 1 if earlier is None else earlier.version
        self._rows[key] = replace(row, version=version)

    def log(
        self,
        incident: IncidentId,
        verb: str,
        *,
        detail: str | None = None,
        unit: UnitId | None = None,
        at: datetime | None = None,
    ) -> None:
        """Add a line to the incident's log; its id follows from the command's."""
        entry = LogEntry(
            id=f"{self._ask.command_id}.{len(self._log)}",
            incident=incident,
            at=at or self._ask.at,
            actor=self._ask.actor,
            verb=verb,
            detail=detail,
            unit=unit,
            version=1,
        )
        self._log.append(entry)

    @property
    def has_rows(self) -> bool:
        """Whether anything was put."""
        return bool(self._rows)

    def decision(self) -> Decision:
        """Return what was collected, rows first, log lines after them.

        An incident that has come to another stage gets that stage's limit.
        """
        rows = [
            self._timed(row) if isinstance(row, Incident) else row for row in self._rows.values()
        ]
        return Decision(rows=(*rows, *self._log))

    def _timed(self, incident: Incident) -> Incident:
        earlier = self._ask.rows.incident(incident.id)
        if earlier is not None and earlier.stage is incident.stage:
            return incident
        rules, at = self._ask.rows.time_rules(), self._ask.at
        if earlier is not None and incident.paused_at is not None:
            # Work goes on, so do the clocks.
            incident = resumed(incident, rules, at=at)
        return with_stage_limit(incident, rules, at=at)
