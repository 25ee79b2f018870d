"""Rows in plain dictionaries, for tests of the rules."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from console.dispatch.changed import Changed
from console.dispatch.experience import Experience
from console.dispatch.rules import Decision, decide
from console.dispatch.time_rules import TimeRules
from console.domain.areas import Area, AreaEvent
from console.domain.assignments import Assignment
from console.domain.ids import PersonId
from console.domain.incidents import Incident, Report
from console.domain.levels import Role
from console.domain.limits import CalendarDay, LimitRule
from console.domain.places import Camera, Evidence, EvidenceKind, Jurisdiction, LogEntry
from console.domain.streetwork import Paper
from console.domain.units import Unit, UnitKind, UnitStatus
from console.protocol.codec import Row
from console.protocol.commands import AnyBody, OpenIncident

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@dataclass
class PlainRows:
    """Every row there is, and a clock that moves on with each command."""

    rows: dict[tuple[type, str], Row] = field(default_factory=dict)
    at: datetime = START
    defaults: set[tuple[float, float]] = field(default_factory=set)
    past: Experience = field(default_factory=Experience)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def do(
        self,
        body: AnyBody,
        *,
        role: Role = Role.DISPATCHER,
        actor: str | None = "dispatcher",
        base_version: int | None = None,
    ) -> Decision:
        """Decide a command and take what it comes to."""
        self.at += timedelta(seconds=1)
        decision = decide(
            body,
            self,
            actor=None if actor is None else PersonId(actor),
            role=role,
            at=self.at,
            base_version=base_version,
            command_id=f"c{next(self.numbers)}",
        )
        for row in decision.rows:
            before = self.rows.get((type(row), row.id))
            assert row.version == (0 if before is None else before.version) + 1
            self.rows[type(row), row.id] = row
        return decision

    def put(self, *rows: Row) -> None:
        """Have rows there from the beginning."""
        for row in rows:
            self.rows[type(row), row.id] = row

    def log(self, incident: str) -> list[str]:
        """Return the verbs in the log of an incident, in order."""
        return [
            row.verb
            for row in self.rows.values()
            if isinstance(row, LogEntry) and row.incident == incident
        ]

    def all(self, kind: type) -> list[Row]:
        return [row for (type_, _), row in self.rows.items() if type_ is kind]

    def incident(self, row_id: str) -> Incident | None:
        return self.rows.get((Incident, row_id))  # type: ignore[return-value]

    def report(self, row_id: str) -> Report | None:
        return self.rows.get((Report, row_id))  # type: ignore[return-value]

    def report_from(self, channel: str, external_id: str) -> Report | None:
        found = (
            one
            for one in self.all(Report)
            if (one.channel, one.external_id) == (channel, external_id)
        )
        return next(found, None)

    def assignment(self, row_id: str) -> Assignment | None:
        return self.rows.get((Assignment, row_id))  # type: ignore[return-value]

    def assignments_of_incident(self, row_id: str) -> list[Assignment]:
        return [one for one in self.all(Assignment) if one.incident == row_id]

    def assignments_of_unit(self, row_id: str) -> list[Assignment]:
        return [one for one in self.all(Assignment) if one.unit == row_id]

    def unit(self, row_id: str) -> Unit | None:
        return self.rows.get((Unit, row_id))  # type: ignore[return-value]

    def unit_numbered(self, no: int) -> Unit | None:
        return next((one for one in self.all(Unit) if one.no == no), None)

    def unit_called(self, call_sign: str) -> Unit | None:
        return next((one for one in self.all(Unit) if one.call_sign == call_sign), None)

    def camera(self, row_id: str) -> Camera | None:
        return self.rows.get((Camera, row_id))  # type: ignore[return-value]

    def evidence(self, row_id: str) -> Evidence | None:
        return self.rows.get((Evidence, row_id))  # type: ignore[return-value]

    def jurisdiction(self, row_id: str) -> Jurisdiction | None:
        return self.rows.get((Jurisdiction, row_id))  # type: ignore[return-value]

    def open_incidents(self) -> list[Incident]:
        return [one for one in self.all(Incident) if one.is_open]

    def reports_of(self, row_id: str) -> list[Report]:
        return [one for one in self.all(Report) if one.incident == row_id]

    def open_unplaced(self) -> list[Incident]:
        return [one for one in self.open_incidents() if one.lat is None]

    def experience(self) -> Experience:
        return self.past

    def is_default_place(self, lat: float, lon: float) -> bool:
        return (lat, lon) in self.defaults

    def get(self, row_type: type, row_id: str) -> Row | None:
        return self.rows.get((row_type, row_id))

    def every(self, row_type: type) -> list[Row]:
        return self.all(row_type)

    def of_unit(self, row_type: type, unit: str) -> list[Row]:
        return [one for one in self.all(row_type) if getattr(one, "unit", None) == unit]

    def changes_since(self, at: datetime) -> Changed:
        lines = [one for one in self.all(LogEntry) if one.at >= at]
        found = {one.incident: self.incident(one.incident) for one in lines}
        return Changed(
            incidents=tuple(found.values()), changed=frozenset(found), lines=tuple(lines)
        )

    def paper_paid_with(self, receipt_no: str) -> Paper | None:
        return next((one for one in self.all(Paper) if one.receipt_no == receipt_no), None)

    def time_rules(self) -> TimeRules:
        return TimeRules.of(
            self.all(LimitRule), self.all(CalendarDay), zone=ZoneInfo("Asia/Shanghai")
        )

    def area(self, row_id: str) -> Area | None:
        return self.rows.get((Area, row_id))  # type: ignore[return-value]

    def area_event(self, row_id: str) -> AreaEvent | None:
        return self.rows.get((AreaEvent, row_id))  # type: ignore[return-value]

    def open_incidents_near(self, lat: float, lon: float, radius_m: float) -> list[Incident]:
        return [
            one
            for one in self.all(Incident)
            if one.is_open and one.lat is not None and abs(one.lat - lat) < 0.1
        ]


#: A photo at the incident of `filed_rows`.
A_PHOTO = Evidence(
    id="e",
    incident="i",
    kind=EvidenceKind.PHOTO,
    media_type="image/jpeg",
    sha256="0" * 64,
    size=1,
    captured_at=START,
)


def filed_rows() -> PlainRows:
    """Return two units on duty, K1 and K2, and one incident "i" that is filed."""
    plain = PlainRows()
    for no in (1, 2):
        plain.put(
            Unit(
                id=f"u{no}",
                no=no,
                call_sign=f"K{no}",
                kind=UnitKind.OFFICER,
                status=UnitStatus.AVAILABLE,
                version=1,
            )
        )
    plain.do(opened("i"))
    return plain


def opened(incident: str, **changed: object) -> OpenIncident:
    """Return the command that opens an incident of night construction."""
    body = OpenIncident(
        incident=incident,
        form="0301",
        place="工体北路 4号",
        summary="夜间施工",
        channel="12345",
        lat=39.93,
        lon=116.44,
    )
    return msgspec.structs.replace(body, **changed)
