"""Central's rows as its rules see them: what is open in memory, the rest read when asked for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from console.central.ledger import read_changed
from console.central.past import Past
from console.dispatch.changed import Changed
from console.dispatch.experience import Experience
from console.dispatch.forms import forms_by_code
from console.dispatch.sayings import Sayings
from console.dispatch.time_rules import TimeRules
from console.domain.areas import Area, AreaEvent
from console.domain.assignments import Assignment, AssignmentState
from console.domain.catalogue import CatalogueItem
from console.domain.incidents import CLOSED_STAGES, Incident, Report
from console.domain.limits import CalendarDay, LimitRule
from console.domain.places import USUAL_ZONE, Camera, Evidence, Jurisdiction, LogEntry
from console.domain.streetwork import Paper
from console.domain.telling import Receipt
from console.domain.units import Unit
from console.protocol.codec import ROW_TYPES, TABLE_KINDS, Row, kind_of, kind_of_type
from console.store.dutytables import RECEIPT
from console.store.mapping import read_row, read_rows, table_of
from console.store.streettables import PAPER
from console.store.tables import ASSIGNMENT, INCIDENT, PERSON, REPORT

R = TypeVar("R", bound=Row)
_CELL_DEG = 0.002
_METRES_PER_DEGREE = 111_195.0


class LiveRows:
    """The rows as they are inside the writer's transaction.

    Units, open incidents and their assignments are held; everything else is read through the
    connection of the transaction. What was applied and is not written yet is seen as well.
    Used by the writer's thread alone.
    """

    def __init__(
        self, connection: Connection, zone: ZoneInfo | None = None, learnt: Sayings | None = None
    ) -> None:
        """Read what is held, and remarks unless they were ``learnt``; ``zone``: the city's."""
        self._connection = connection
        self._zone = zone or ZoneInfo(USUAL_ZONE)
        self._fresh: dict[tuple[str, str], Row] = {}
        self._senders: dict[tuple[str, str], Report] = {}
        self._absent: set[str] = set()
        self._names: dict[str, str | None] = {}
        self._rules: TimeRules | None = None
        self._load(learnt)

    def use(self, connection: Connection) -> None:
        """Read through another transaction from now on; the last one is on disk."""
        self._connection = connection
        self._past.learn()

    def not_held(self, incidents: Iterable[str]) -> list[str]:
        """Return those of these ids that no open incident bears."""
        return [one for one in incidents if one not in self._incidents]

    def take_absent(self, incidents: set[str]) -> None:
        """Take note of ids that no incident bears yet; holds until `settle`."""
        self._absent = incidents

    def apply(self, rows: Iterable[Row]) -> None:
        """Take new and changed rows, to be written when the group is."""
        for row in rows:
            self._fresh[kind_of(row), row.id] = row
            if isinstance(row, Unit):
                self._hold_unit(row)
            elif isinstance(row, Incident):
                self._past.take_incident(row, self._incidents.get(row.id))
                self._hold_incident(row)
            elif isinstance(row, Assignment):
                self._hold_assignment(row)
            elif isinstance(row, Report):
                if row.external_id is not None:
                    self._senders[row.channel, row.external_id] = row
                if row.version == 1:
                    self._past.take_report(row, self._incidents.get(row.incident or ""))
            elif (kind := kind_of(row)) in TABLE_KINDS:
                self._tables[kind][row.id] = row
                self._rules = None

    def fresh(self) -> list[Row]:
        """Return what was applied since the last `settle`."""
        return list(self._fresh.values())

    def settle(self) -> None:
        """Let go of what was written and is no longer open."""
        for row in self._fresh.values():
            if isinstance(row, Incident) and row.stage in CLOSED_STAGES:
                self._release(row)
        self._fresh.clear()
        self._senders.clear()
        self._absent.clear()
        self._names.clear()

    def find(self, kind: str, row_id: str) -> Row | None:
        """Return the row of this kind and id."""
        held: dict[str, Mapping[str, Row]] = {
            "unit": self._units,
            "incident": self._incidents,
            "assignment": self._assignments,
            **self._tables,
        }
        found = held.get(kind, {}).get(row_id)
        return found if found is not None else self._get(ROW_TYPES[kind], row_id)

    def units(self) -> list[Unit]:
        """Return every unit."""
        return list(self._units.values())

    def running_assignments(self, unit: str) -> list[Assignment]:
        """Return the running assignments of a unit, oldest first."""
        mine = self.assignments_of_unit(unit)
        return sorted((one for one in mine if one.is_running), key=lambda one: one.id)

    def withdrawn_since(self, at: datetime) -> list[Assignment]:
        """Return the assignments called back after ``at``, of closed incidents as well."""
        query = select(ASSIGNMENT).where(
            ASSIGNMENT.c.state == AssignmentState.WITHDRAWN, ASSIGNMENT.c.changed_at > at
        )
        return read_rows(self._connection, Assignment, query)

    def unread_since(self, at: datetime) -> list[Receipt]:
        """Return the receipts of messages sent after ``at`` that nobody has read."""
        query = select(RECEIPT).where(RECEIPT.c.sent_at > at, RECEIPT.c.read_at.is_(None))
        return read_rows(self._connection, Receipt, query.order_by(RECEIPT.c.sent_at))

    def name_of(self, person: str | None) -> str | None:
        """Return the name of a person with an account."""
        if person is not None and person not in self._names:
            query = select(PERSON.c.name).where(PERSON.c.id == person)
            self._names[person] = self._connection.execute(query).scalar()
        return None if person is None else self._names[person]

    @property
    def open_count(self) -> int:
        """How many incidents are open."""
        return len(self._incidents)

    def incident(self, row_id: str) -> Incident | None:
        """Return the incident with this id."""
        held = self._incidents.get(row_id)
        if held is None and row_id in self._absent and ("incident", row_id) not in self._fresh:
            return None
        return held or self._get(Incident, row_id)

    def report(self, row_id: str) -> Report | None:
        """Return the report with this id."""
        return self._get(Report, row_id)

    def report_from(self, channel: str, external_id: str) -> Report | None:
        """Return the report that a sending system gave this id on this channel."""
        fresh = self._senders.get((channel, external_id))
        if fresh is not None:
            return fresh
        query = select(REPORT).where(
            REPORT.c.channel == channel, REPORT.c.external_id == external_id
        )
        return next(iter(read_rows(self._connection, Report, query)), None)

    def assignment(self, row_id: str) -> Assignment | None:
        """Return the assignment with this id."""
        return self._assignments.get(row_id) or self._get(Assignment, row_id)

    def assignments_of_incident(self, row_id: str) -> Sequence[Assignment]:
        """Return every assignment to the incident, running or ended."""
        if row_id in self._incidents:
            return [self._assignments[one] for one in self._by_incident.get(row_id, ())]
        query = select(ASSIGNMENT).where(ASSIGNMENT.c.incident == row_id).order_by(ASSIGNMENT.c.id)
        return read_rows(self._connection, Assignment, query)

    def rows_of_incident(self, row_id: str) -> list[Row]:
        """Return everything that belongs to an incident."""
        found: dict[tuple[str, str], Row] = {}
        for row_type in (Report, Assignment, Evidence, LogEntry):
            table = table_of(row_type)
            query = select(table).where(table.c.incident == row_id)
            for row in read_rows(self._connection, row_type, query):
                found[kind_of(row), row.id] = row
        for key, fresh in self._fresh.items():
            if getattr(fresh, "incident", None) == row_id:
                found[key] = fresh
        return list(found.values())

    def assignments_of_unit(self, row_id: str) -> Sequence[Assignment]:
        """Return the assignments of the unit to incidents that are open."""
        return [self._assignments[one] for one in self._by_unit.get(row_id, ())]

    def unit(self, row_id: str) -> Unit | None:
        """Return the unit with this id."""
        return self._units.get(row_id)

    def unit_numbered(self, no: int) -> Unit | None:
        """Return the unit that has this number in packed positions."""
        return self._by_no.get(no)

    def unit_called(self, call_sign: str) -> Unit | None:
        """Return the unit with this call sign."""
        return self._by_call_sign.get(call_sign)

    def camera(self, row_id: str) -> Camera | None:
        """Return the camera point with this id."""
        return self._get(Camera, row_id)

    def evidence(self, row_id: str) -> Evidence | None:
        """Return the evidence with this id."""
        return self._get(Evidence, row_id)

    def jurisdiction(self, row_id: str) -> Jurisdiction | None:
        """Return the jurisdiction with this id."""
        return self._get(Jurisdiction, row_id)

    def area(self, row_id: str) -> Area | None:
        """Return the area with this id."""
        return self._get(Area, row_id)

    def area_event(self, row_id: str) -> AreaEvent | None:
        """Return what happened at an area, by its id."""
        return self._get(AreaEvent, row_id)

    def open_incidents_near(self, lat: float, lon: float, radius_m: float) -> Sequence[Incident]:
        """Return the open incidents in the grid cells that ``radius_m`` reaches (a superset)."""
        high = radius_m / _METRES_PER_DEGREE
        wide = high / max(math.cos(math.radians(lat)), 0.01)
        first_row, first_column = _cell(lat - high, lon - wide)
        last_row, last_column = _cell(lat + high, lon + wide)
        return [
            self._incidents[one]
            for row in range(first_row, last_row + 1)
            for column in range(first_column, last_column + 1)
            for one in self._cells.get((row, column), ())
        ]

    def open_incidents(self) -> Sequence[Incident]:
        """Return every open incident."""
        return [one for one in self._incidents.values() if one.is_open]

    def reports_of(self, row_id: str) -> Sequence[Report]:
        """Return the reports of an incident."""
        query = select(REPORT).where(REPORT.c.incident == row_id)
        found = {one.id: one for one in read_rows(self._connection, Report, query)}
        for (kind, _), row in self._fresh.items():
            if kind == "report" and isinstance(row, Report):
                found.pop(row.id, None)
                if row.incident == row_id:
                    found[row.id] = row
        return sorted(found.values(), key=lambda one: (one.received_at, one.id))

    def open_unplaced(self) -> Sequence[Incident]:
        """Return the open incidents without a position."""
        return [self._incidents[one] for one in self._unplaced]

    def experience(self) -> Experience:
        """Return what the city's past tells."""
        return self._past.experience

    def is_default_place(self, lat: float, lon: float) -> bool:
        """Whether a position is one that a geocoder gives for want of a better one."""
        return self._past.places.is_default(lat, lon)

    def get(self, row_type: type[R], row_id: str) -> R | None:
        """Return the row of one of the small tables with this id."""
        table = self._tables.get(kind_of_type(row_type))
        return self._get(row_type, row_id) if table is None else cast(R | None, table.get(row_id))

    def every(self, row_type: type[R]) -> Sequence[R]:
        """Return every row of one of the small tables."""
        return cast(list[R], list(self._tables[kind_of_type(row_type)].values()))

    def of_unit(self, row_type: type[R], unit: str) -> Sequence[R]:
        """Return the rows of receipts or turns of duty that name a unit."""
        kind, table = kind_of_type(row_type), table_of(row_type)
        query = select(table).where(table.c.unit == unit)
        found = {one.id: one for one in read_rows(self._connection, row_type, query)}
        for (of_kind, row_id), row in self._fresh.items():
            if of_kind == kind and getattr(row, "unit", None) == unit:
                found[row_id] = cast(R, row)
        return list(found.values())

    def paper_paid_with(self, receipt_no: str) -> Paper | None:
        """Return the document whose fine was paid with a receipt."""
        for row in self._fresh.values():
            if isinstance(row, Paper) and row.receipt_no == receipt_no:
                return row
        query = select(PAPER).where(PAPER.c.receipt_no == receipt_no)
        return next(iter(read_rows(self._connection, Paper, query)), None)

    def changes_since(self, at: datetime) -> Changed:
        """Return what the log says was changed since a time, and what is not in it yet."""
        rev, changed, lines = read_changed(self._connection, since=at)
        for row in self._fresh.values():
            if isinstance(row, Incident):
                changed.add(row.id)
            elif isinstance(row, LogEntry):
                lines.append(row)
        ids = dict.fromkeys([*sorted(changed), *(line.incident for line in lines)])
        found = [one for row_id in ids if (one := self.incident(row_id)) is not None]
        return Changed(
            rev=rev, incidents=tuple(found), changed=frozenset(changed), lines=tuple(lines)
        )

    def time_rules(self) -> TimeRules:
        """Return limits and calendar as they are entered."""
        if self._rules is None:
            limits, days = self.every(LimitRule), self.every(CalendarDay)
            forms = forms_by_code(self.every(CatalogueItem))
            self._rules = TimeRules.of(limits, days, zone=self._zone, forms=forms)
        return self._rules

    def _get(self, row_type: type[R], row_id: str) -> R | None:
        fresh = self._fresh.get((kind_of_type(row_type), row_id))
        return cast(R, fresh) if fresh is not None else read_row(self._connection, row_type, row_id)

    def _load(self, learnt: Sayings | None) -> None:
        self._units: dict[str, Unit] = {}
        self._by_no: dict[int, Unit] = {}
        self._by_call_sign: dict[str, Unit] = {}
        self._incidents: dict[str, Incident] = {}
        self._cells: dict[tuple[int, int], set[str]] = {}
        self._assignments: dict[str, Assignment] = {}
        self._by_incident: dict[str, dict[str, None]] = {}
        self._by_unit: dict[str, dict[str, None]] = {}
        self._tables: dict[str, dict[str, Row]] = {
            kind: {row.id: row for row in read_rows(self._connection, ROW_TYPES[kind])}
            for kind in TABLE_KINDS
        }
        self._unplaced: set[str] = set()
        self._past = Past.read(self._connection, learnt)
        for unit in read_rows(self._connection, Unit):
            self._hold_unit(unit)
        is_open = INCIDENT.c.stage.not_in(list(CLOSED_STAGES))
        for incident in read_rows(self._connection, Incident, select(INCIDENT).where(is_open)):
            self._hold_incident(incident)
        of_open = ASSIGNMENT.c.incident.in_(select(INCIDENT.c.id).where(is_open))
        query = select(ASSIGNMENT).where(of_open).order_by(ASSIGNMENT.c.id)
        for assignment in read_rows(self._connection, Assignment, query):
            self._hold_assignment(assignment)

    def _hold_unit(self, unit: Unit) -> None:
        earlier = self._units.get(unit.id)
        if earlier is not None:
            self._by_call_sign.pop(earlier.call_sign, None)
        self._units[unit.id] = unit
        self._by_no[unit.no] = unit
        self._by_call_sign[unit.call_sign] = unit

    def _hold_incident(self, incident: Incident) -> None:
        earlier = self._incidents.get(incident.id)
        if earlier is not None:
            self._leave_cell(earlier)
        elif not incident.is_open:
            return
        elif incident.version > 1:
            for assignment in self.assignments_of_incident(incident.id):
                self._hold_assignment(assignment)  # it was closed, and is open again
        self._incidents[incident.id] = incident
        if incident.is_open and incident.lat is not None and incident.lon is not None:
            self._cells.setdefault(_cell(incident.lat, incident.lon), set()).add(incident.id)
        elif incident.is_open:
            self._unplaced.add(incident.id)

    def _hold_assignment(self, assignment: Assignment) -> None:
        self._assignments[assignment.id] = assignment
        self._by_incident.setdefault(assignment.incident, {})[assignment.id] = None
        self._by_unit.setdefault(assignment.unit, {})[assignment.id] = None

    def _leave_cell(self, incident: Incident) -> None:
        self._unplaced.discard(incident.id)
        if incident.lat is None or incident.lon is None:
            return
        cell = _cell(incident.lat, incident.lon)
        inside = self._cells.get(cell, set())
        inside.discard(incident.id)
        if not inside:
            self._cells.pop(cell, None)

    def _release(self, incident: Incident) -> None:
        self._incidents.pop(incident.id, None)
        for one in self._by_incident.pop(incident.id, {}):
            assignment = self._assignments.pop(one)
            mine = self._by_unit[assignment.unit]
            del mine[one]
            if not mine:
                del self._by_unit[assignment.unit]


def _cell(lat: float, lon: float) -> tuple[int, int]:
    return math.floor(lat / _CELL_DEG), math.floor(lon / _CELL_DEG)
