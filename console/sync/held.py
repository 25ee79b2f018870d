"""The rows a console works on, in memory: as the cache has them, with the pending over them."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from console.dispatch.changed import Changed
from console.dispatch.experience import Experience
from console.dispatch.forms import forms_by_code
from console.dispatch.time_rules import TimeRules
from console.domain.areas import Area, AreaEvent
from console.domain.assignments import Assignment
from console.domain.catalogue import CatalogueItem
from console.domain.incidents import Incident, Report
from console.domain.limits import CalendarDay, LimitRule
from console.domain.places import USUAL_ZONE, Camera, Evidence, Jurisdiction, LogEntry
from console.domain.streetwork import Paper
from console.domain.units import Unit
from console.protocol.codec import RECENT_KINDS, TABLE_KINDS, Row, kind_of, kind_of_type
from console.sync.state import ChangeBatch, Contents, RowChange

#: Kinds of rows that are held; the others are read when an incident is looked at.
HELD = frozenset(
    {
        "incident",
        "assignment",
        "unit",
        "camera",
        "jurisdiction",
        "area",
        *TABLE_KINDS,
        *RECENT_KINDS,
    }
)
_METRES_PER_DEGREE = 111_195.0
Key = tuple[str, str]
R = TypeVar("R", bound=Row)


class DetailReader(Protocol):
    """Reads of the rows that are not held."""

    def report(self, row_id: str) -> Report | None:
        """Return the report with this id."""

    def report_from(self, channel: str, external_id: str) -> Report | None:
        """Return the report that a sending system gave this id on this channel."""

    def reports_by_phone(self, number: str) -> Sequence[Report]:
        """Return the reports of a caller's number, the newest first."""

    def evidence(self, row_id: str) -> Evidence | None:
        """Return the evidence with this id."""

    def details_of(self, incident: str) -> Sequence[Report | Evidence | LogEntry]:
        """Return reports, evidence and log lines of an incident, oldest first."""


@dataclass(slots=True, kw_only=True)
class Touched:
    """Ids of rows that differ from before, by kind.

    Attributes:
        details: Incidents whose reports, evidence or log differ.
        tables: Rows of the small tables, by kind.
    """

    incidents: set[str] = field(default_factory=set)
    assignments: set[str] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    cameras: set[str] = field(default_factory=set)
    jurisdictions: set[str] = field(default_factory=set)
    areas: set[str] = field(default_factory=set)
    details: set[str] = field(default_factory=set)
    tables: dict[str, set[str]] = field(default_factory=dict)

    def note(self, kind: str, row_id: str) -> None:
        """Note a held row."""
        names = {
            "incident": self.incidents,
            "assignment": self.assignments,
            "unit": self.units,
            "camera": self.cameras,
            "jurisdiction": self.jurisdictions,
            "area": self.areas,
        }
        (names[kind] if kind in names else self.tables.setdefault(kind, set())).add(row_id)


class HeldRows:
    """Rows by kind and id, with indices; fulfils what the rules may look at (`Rows`).

    Attributes:
        zone: Of the city's clocks.
    """

    def __init__(self, reader: DetailReader, zone: ZoneInfo | None = None) -> None:
        self._reader = reader
        self.zone = zone or ZoneInfo(USUAL_ZONE)
        self._base: dict[str, dict[str, Row]] = {kind: {} for kind in HELD}
        self._over: dict[Key, Row] = {}
        self._of_incident: dict[str, set[str]] = {}
        self._of_unit: dict[str, set[str]] = {}
        self._called: dict[str, str] = {}
        self._numbered: dict[int, str] = {}

    # what changes them

    def replace_all(self, contents: Contents) -> Touched:
        """Take all rows anew; return what differs."""
        wanted: dict[Key, Row] = {(kind_of(row), row.id): row for row in contents.rows}
        gone = [
            RowChange(kind=kind, id=row_id, row=None)
            for kind, rows in self._base.items()
            for row_id in rows
            if (kind, row_id) not in wanted
        ]
        new = [RowChange(kind=kind, id=row_id, row=row) for (kind, row_id), row in wanted.items()]
        return self.apply(ChangeBatch(rev=contents.rev, rows=(*gone, *new)))

    def apply(self, batch: ChangeBatch) -> Touched:
        """Take changed rows; return what differs."""
        touched = Touched()
        for change in batch.rows:
            if change.kind not in HELD:
                incident = getattr(change.row, "incident", None)
                if incident is not None:
                    touched.details.add(incident)
                continue
            rows = self._base[change.kind]
            before = rows.get(change.id)
            if before == change.row:
                continue
            touched.note(change.kind, change.id)
            self._unindex(before)
            if change.row is None:
                rows.pop(change.id, None)
            else:
                rows[change.id] = change.row
                self._index(change.row)
        return touched

    def apart(self) -> HeldRows:
        """Return the same settled rows with nothing over them, to try commands on."""
        other = copy.copy(self)
        other._over = {}
        return other

    def add_over(self, rows: Iterable[Row]) -> None:
        """Lay more rows over those that are there."""
        self._over.update({(kind_of(row), row.id): row for row in rows})

    def over(self) -> dict[Key, Row]:
        """Return the rows that lie over the settled ones."""
        return dict(self._over)

    def lay_over(self, rows: Mapping[Key, Row]) -> Touched:
        """Lay the rows as they would be over those that are; return what differs."""
        touched = Touched()
        before, self._over = self._over, dict(rows)
        for key in before.keys() | rows.keys():
            if before.get(key) == rows.get(key):
                continue
            kind, row_id = key
            if kind in HELD:
                touched.note(kind, row_id)
            row = rows.get(key) or before.get(key)
            if kind not in HELD and row is not None and not isinstance(row, Unit | Camera):
                touched.details.add(str(getattr(row, "incident", "")))
        return touched

    # what the rules may look at

    def incident(self, row_id: str) -> Incident | None:
        """Return the incident with this id."""
        row = self._row("incident", row_id)
        return row if isinstance(row, Incident) else None

    def assignment(self, row_id: str) -> Assignment | None:
        """Return the assignment with this id."""
        row = self._row("assignment", row_id)
        return row if isinstance(row, Assignment) else None

    def unit(self, row_id: str) -> Unit | None:
        """Return the unit with this id."""
        row = self._row("unit", row_id)
        return row if isinstance(row, Unit) else None

    def unit_numbered(self, no: int) -> Unit | None:
        """Return the unit with this number in packed positions."""
        return self.unit(self._numbered.get(no, ""))

    def unit_called(self, call_sign: str) -> Unit | None:
        """Return the unit with this call sign."""
        return self.unit(self._called.get(call_sign, ""))

    def camera(self, row_id: str) -> Camera | None:
        """Return the camera point with this id."""
        row = self._row("camera", row_id)
        return row if isinstance(row, Camera) else None

    def jurisdiction(self, row_id: str) -> Jurisdiction | None:
        """Return the jurisdiction with this id."""
        row = self._row("jurisdiction", row_id)
        return row if isinstance(row, Jurisdiction) else None

    def report(self, row_id: str) -> Report | None:
        """Return the report with this id."""
        row = self._over.get(("report", row_id))
        return row if isinstance(row, Report) else self._reader.report(row_id)

    def report_from(self, channel: str, external_id: str) -> Report | None:
        """Return the report that a sending system gave this id on this channel."""
        for row in self._over.values():
            if isinstance(row, Report) and (row.channel, row.external_id) == (channel, external_id):
                return row
        return self._reader.report_from(channel, external_id)

    def reports_by_phone(self, number: str) -> list[Report]:
        """Return the reports of a caller's number, those not yet sent first."""
        fresh = [
            row for row in self._over.values() if isinstance(row, Report) and row.phone == number
        ]
        known = {row.id for row in fresh}
        kept = self._reader.reports_by_phone(number)
        return [*fresh, *(row for row in kept if row.id not in known)]

    def evidence(self, row_id: str) -> Evidence | None:
        """Return the evidence with this id."""
        row = self._over.get(("evidence", row_id))
        return row if isinstance(row, Evidence) else self._reader.evidence(row_id)

    def assignments_of_incident(self, row_id: str) -> Sequence[Assignment]:
        """Return every assignment to the incident, oldest first."""
        return self._assignments(self._of_incident.get(row_id, ()), incident=row_id)

    def assignments_of_unit(self, row_id: str) -> Sequence[Assignment]:
        """Return the assignments of the unit, oldest first."""
        return self._assignments(self._of_unit.get(row_id, ()), unit=row_id)

    def open_incidents_near(self, lat: float, lon: float, radius_m: float) -> Sequence[Incident]:
        """Return the open incidents within ``radius_m`` of a place (WGS-84)."""
        shrink = math.cos(math.radians(lat))
        reach = radius_m / _METRES_PER_DEGREE
        found = []
        for row in self.incidents():
            if row.lat is None or row.lon is None or abs(row.lat - lat) > reach or not row.is_open:
                continue
            if math.hypot(row.lat - lat, (row.lon - lon) * shrink) <= reach:
                found.append(row)
        return found

    def get(self, row_type: type[R], row_id: str) -> R | None:
        """Return the row of one of the small tables with this id."""
        row = self._row(kind_of_type(row_type), row_id)
        return row if isinstance(row, row_type) else None

    def every(self, row_type: type[R]) -> list[R]:
        """Return every row of one of the small tables."""
        return [row for row in self._all(kind_of_type(row_type)) if isinstance(row, row_type)]

    def of_unit(self, row_type: type[R], unit: str) -> list[R]:
        """Return the rows of messages, receipts or turns of duty that name a unit."""
        return [row for row in self.every(row_type) if getattr(row, "unit", None) == unit]

    def paper_paid_with(self, receipt_no: str) -> Paper | None:
        """Return the document whose fine was paid with a receipt, among those held."""
        return next((one for one in self.every(Paper) if one.receipt_no == receipt_no), None)

    def changes_since(self, at: datetime) -> Changed:
        """Return none: central alone has the log of all changes."""
        return Changed()

    def reports_of(self, row_id: str) -> Sequence[Report]:
        """Return the reports of an incident."""
        return [row for row in self.details_of(row_id) if isinstance(row, Report)]

    def open_incidents(self) -> Sequence[Incident]:
        """Return every open incident."""
        return [row for row in self.incidents() if row.is_open]

    def open_unplaced(self) -> Sequence[Incident]:
        """Return the open incidents without a position."""
        return [row for row in self.open_incidents() if row.lat is None]

    def experience(self) -> Experience:
        """Return none: central alone has counted, and files what is reported."""
        return Experience()

    def is_default_place(self, lat: float, lon: float) -> bool:
        """Return no: central alone has counted where reports are placed for want of better."""
        return False

    def time_rules(self) -> TimeRules:
        """Return limits and calendar as they are entered."""
        return TimeRules.of(
            self.every(LimitRule),
            self.every(CalendarDay),
            zone=self.zone,
            forms=forms_by_code(self.every(CatalogueItem)),
        )

    # what the screen asks besides

    def incidents(self) -> Iterable[Incident]:
        """Return every incident held, in no order."""
        return [row for row in self._all("incident") if isinstance(row, Incident)]

    def units(self) -> list[Unit]:
        """Return every unit, in no order."""
        return [row for row in self._all("unit") if isinstance(row, Unit)]

    def cameras(self) -> list[Camera]:
        """Return every camera point, in no order."""
        return [row for row in self._all("camera") if isinstance(row, Camera)]

    def area(self, row_id: str) -> Area | None:
        """Return the area with this id."""
        row = self._row("area", row_id)
        return row if isinstance(row, Area) else None

    def area_event(self, row_id: str) -> AreaEvent | None:
        """Return what happened at an area, by its id."""
        return self.get(AreaEvent, row_id)

    def areas(self) -> list[Area]:
        """Return every area held, retired ones too, in no order."""
        return [row for row in self._all("area") if isinstance(row, Area)]

    def jurisdictions(self) -> list[Jurisdiction]:
        """Return every jurisdiction, in no order."""
        return [row for row in self._all("jurisdiction") if isinstance(row, Jurisdiction)]

    def assignments(self) -> list[Assignment]:
        """Return every assignment held, in no order."""
        return [row for row in self._all("assignment") if isinstance(row, Assignment)]

    def details_of(self, incident: str) -> list[Report | Evidence | LogEntry]:
        """Return reports, evidence and log lines of an incident, the pending ones last."""
        kept = {(kind_of(row), row.id): row for row in self._reader.details_of(incident)}
        for key, row in self._over.items():
            if isinstance(row, Report | Evidence | LogEntry) and row.incident == incident:
                kept[key] = row
        return list(kept.values())

    def is_pending(self, kind: str, row_id: str) -> bool:
        """Whether what is shown of this row is not yet settled by central."""
        return (kind, row_id) in self._over

    def _row(self, kind: str, row_id: str) -> Row | None:
        return self._over.get((kind, row_id)) or self._base[kind].get(row_id)

    def _all(self, kind: str) -> Iterable[Row]:
        base = self._base[kind]
        over = {row_id: row for (of_kind, row_id), row in self._over.items() if of_kind == kind}
        return base.values() if not over else {**base, **over}.values()

    def _assignments(
        self, ids: Iterable[str], *, incident: str | None = None, unit: str | None = None
    ) -> list[Assignment]:
        found = {row_id: self.assignment(row_id) for row_id in ids}
        for (_, row_id), row in self._over.items():
            if not isinstance(row, Assignment):
                continue
            if row.incident == incident or row.unit == unit:
                found[row_id] = row
        return sorted((row for row in found.values() if row is not None), key=lambda row: row.id)

    def _index(self, row: Row) -> None:
        if isinstance(row, Assignment):
            self._of_incident.setdefault(row.incident, set()).add(row.id)
            self._of_unit.setdefault(row.unit, set()).add(row.id)
        elif isinstance(row, Unit):
            self._called[row.call_sign] = row.id
            self._numbered[row.no] = row.id

    def _unindex(self, row: Row | None) -> None:
        if isinstance(row, Assignment):
            self._of_incident.get(row.incident, set()).discard(row.id)
            self._of_unit.get(row.unit, set()).discard(row.id)
        elif isinstance(row, Unit):
            self._called.pop(row.call_sign, None)
            self._numbered.pop(row.no, None)
