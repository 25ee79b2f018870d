"""The rows the screen shows, held in the GUI thread: the cache with the pending over it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from console.domain.areas import Area
from console.domain.assignments import Assignment
from console.domain.incidents import Incident, Report
from console.domain.places import Camera, Evidence, Jurisdiction, LogEntry
from console.domain.units import Unit
from console.protocol.codec import Row
from console.store.outbox import OutboxEntry
from console.sync.held import DetailReader, HeldRows, Touched
from console.sync.overlay import pending_rows
from console.sync.state import ChangeBatch, Contents, LinkState, OutboxState, Who
from console.tracking import ForceColumns
from console.ui.bridge import Bridge

#: One kind of row, the same in and out.
R = TypeVar("R", bound=Row)
#: Clocks that differ by less count as one.
CLOCK_OFF_S = 2.0


class ReopeningReader(DetailReader, Protocol):
    """Reads of the cache that can be pointed at the file anew."""

    def reopen(self) -> None:
        """Read from the file that bears the cache's name now."""


def utc_now() -> datetime:
    """Return the time now, aware UTC."""
    return datetime.now(UTC)


class Mirror(QObject):
    """What is known of the city now, for models and widgets.

    Signals:
        incidents_changed: List of ids of incidents that differ.
        assignments_changed: List of ids of assignments that differ.
        units_changed: List of ids of units that differ.
        cameras_changed: List of ids of camera points that differ.
        details_changed: List of ids of incidents whose reports, evidence or log differ.
        jurisdictions_changed: List of ids of jurisdictions that differ.
        areas_changed: List of ids of areas that differ.
        tables_changed: Kind of one of the small tables, and list of ids of its rows that differ.
        replaced: All rows were read anew; the signals above name those that differ.
        positions_changed: The `ForceColumns`.
        link_changed: The `LinkState`.
        outbox_changed: The `OutboxState`.
        who_changed: The `Who`.
        zone_changed: The city's clocks are in another zone.
    """

    incidents_changed = Signal(list)
    assignments_changed = Signal(list)
    units_changed = Signal(list)
    cameras_changed = Signal(list)
    details_changed = Signal(list)
    jurisdictions_changed = Signal(list)
    areas_changed = Signal(list)
    tables_changed = Signal(str, list)
    replaced = Signal()
    positions_changed = Signal(object)
    link_changed = Signal(object)
    outbox_changed = Signal(object)
    who_changed = Signal(object)
    zone_changed = Signal()

    def __init__(
        self,
        reader: ReopeningReader,
        *,
        now: Callable[[], datetime] = utc_now,
        zone: ZoneInfo | None = None,
        parent: QObject | None = None,
    ) -> None:
        """``zone`` is that of the city's clocks, see `use_zone`."""
        super().__init__(parent)
        self._reader = reader
        self._rows = HeldRows(reader, zone)
        self._now = now
        self.who: Who | None = None
        self.link: LinkState | None = None
        self.outbox = OutboxState()
        self.force: ForceColumns | None = None
        self.is_loaded = False
        self._again = QTimer(self, interval=0, singleShot=True)
        self._again.timeout.connect(self._lay_over)

    def follow(self, bridge: Bridge) -> None:
        """Take everything the bridge brings from now on."""
        bridge.link_changed.connect(self.take_link)
        bridge.who_changed.connect(self.take_who)
        bridge.changes_arrived.connect(self.take_changes)
        bridge.positions_arrived.connect(self.take_positions)
        bridge.outbox_changed.connect(self.take_outbox)
        bridge.cache_replaced.connect(self.take_contents)

    # what comes in

    @Slot(object)
    def take_contents(self, contents: Contents) -> None:
        """Take all rows anew."""
        self._reader.reopen()
        touched = self._rows.replace_all(contents)
        self.is_loaded = True
        self._tell(touched)
        self._lay_over()
        self.replaced.emit()

    @Slot(object)
    def take_changes(self, batch: ChangeBatch) -> None:
        """Take rows that changed."""
        self._tell(self._rows.apply(batch))
        if self.outbox.pending:
            self._again.start()

    @Slot(object)
    def take_outbox(self, state: OutboxState) -> None:
        """Take what is not settled; what it comes to is laid over the rows at once."""
        self.outbox = state
        self._lay_over()
        self.outbox_changed.emit(state)

    @Slot(object)
    def take_who(self, who: Who) -> None:
        """Take who is logged on."""
        self.who = who
        self._lay_over()
        self.who_changed.emit(who)

    @Slot(object)
    def take_link(self, state: LinkState) -> None:
        """Take the state of the link."""
        self.link = state
        self.link_changed.emit(state)

    @Slot(object)
    def take_positions(self, columns: ForceColumns) -> None:
        """Take where the units are."""
        self.force = columns
        self.positions_changed.emit(columns)

    @Slot()
    def _lay_over(self) -> None:
        self._again.stop()
        entries = self.outbox.pending
        if self.who is None or not entries:
            self._tell(self._rows.lay_over({}))
            return
        rows = pending_rows(entries, self._rows, who=self.who, at=self._now())
        self._tell(self._rows.lay_over(rows))

    def _tell(self, touched: Touched) -> None:
        for signal, ids in (
            (self.jurisdictions_changed, touched.jurisdictions),
            (self.areas_changed, touched.areas),
            (self.units_changed, touched.units),
            (self.cameras_changed, touched.cameras),
            (self.assignments_changed, touched.assignments),
            (self.incidents_changed, touched.incidents),
            (self.details_changed, touched.details),
        ):
            if ids:
                signal.emit(sorted(ids))
        for kind, ids in touched.tables.items():
            self.tables_changed.emit(kind, sorted(ids))

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the city's clocks."""
        return self._rows.zone

    def use_zone(self, zone: ZoneInfo) -> None:
        """Reckon by the clocks of this zone from now on."""
        if zone.key != self._rows.zone.key:
            self._rows.zone = zone
            self.zone_changed.emit()

    # what is asked

    def now(self) -> datetime:
        """Return the time by which ages are told, aware UTC: central's, while it is known.

        This machine's clock may be wrong; by a slow one an old position would look fresh.
        """
        ahead_s = self.link.clock_ahead_s if self.link is not None else None
        off = ahead_s is not None and abs(ahead_s) > CLOCK_OFF_S
        return self._now() - timedelta(seconds=ahead_s) if off and ahead_s else self._now()

    def own_now(self) -> datetime:
        """Return the time by this machine's clock, aware UTC, for what it has stamped itself."""
        return self._now()

    def incident(self, incident_id: str) -> Incident | None:
        """Return an incident as it is, or would be."""
        return self._rows.incident(incident_id)

    def open_incidents(self) -> list[Incident]:
        """Return the incidents with something left to be done, in no order."""
        return [row for row in self._rows.incidents() if row.is_open]

    def incidents(self) -> list[Incident]:
        """Return every incident held, closed ones too, in no order."""
        return list(self._rows.incidents())

    def assignment(self, assignment_id: str) -> Assignment | None:
        """Return an assignment as it is, or would be."""
        return self._rows.assignment(assignment_id)

    def assignments_of(self, incident_id: str) -> list[Assignment]:
        """Return the assignments to an incident, oldest first."""
        return list(self._rows.assignments_of_incident(incident_id))

    def assignments_of_unit(self, unit_id: str) -> list[Assignment]:
        """Return the assignments of a unit, oldest first."""
        return list(self._rows.assignments_of_unit(unit_id))

    def running_assignments(self) -> list[Assignment]:
        """Return the assignments of every unit that still has something to do."""
        return [row for row in self._rows.assignments() if row.is_running]

    def unit(self, unit_id: str) -> Unit | None:
        """Return a unit."""
        return self._rows.unit(unit_id)

    def unit_called(self, call_sign: str) -> Unit | None:
        """Return the unit with this call sign, in capitals or not."""
        return self._rows.unit_called(call_sign) or self._rows.unit_called(call_sign.upper())

    def unit_numbered(self, no: int) -> Unit | None:
        """Return the unit with this number in packed positions."""
        return self._rows.unit_numbered(no)

    def units(self) -> list[Unit]:
        """Return every unit, in no order."""
        return self._rows.units()

    def camera(self, camera_id: str) -> Camera | None:
        """Return a camera point."""
        return self._rows.camera(camera_id)

    def cameras(self) -> list[Camera]:
        """Return every camera point, in no order."""
        return self._rows.cameras()

    def jurisdiction(self, jurisdiction_id: str) -> Jurisdiction | None:
        """Return a jurisdiction."""
        return self._rows.jurisdiction(jurisdiction_id)

    def jurisdictions(self) -> list[Jurisdiction]:
        """Return every jurisdiction, in no order."""
        return self._rows.jurisdictions()

    def area(self, area_id: str) -> Area | None:
        """Return an area."""
        return self._rows.area(area_id)

    def areas(self) -> list[Area]:
        """Return every area, retired ones too, in no order."""
        return self._rows.areas()

    def details_of(self, incident_id: str) -> list[Report | Evidence | LogEntry]:
        """Return reports, evidence and log lines of an incident; read from disk when asked."""
        return self._rows.details_of(incident_id)

    def row_of(self, row_type: type[R], row_id: str) -> R | None:
        """Return the row of one of the small tables with this id."""
        return self._rows.get(row_type, row_id)

    def every(self, row_type: type[R]) -> list[R]:
        """Return every row of one of the small tables."""
        return self._rows.every(row_type)

    def reports_of(self, incident_id: str) -> list[Report]:
        """Return the reports of an incident; read from disk when asked."""
        return list(self._rows.reports_of(incident_id))

    def reports_by_phone(self, number: str) -> list[Report]:
        """Return the reports kept here of a caller's number; read from disk when asked."""
        return self._rows.reports_by_phone(number)

    def incident_of_report(self, report_id: str) -> str | None:
        """Return the incident a report belongs to."""
        report = self._rows.report(report_id)
        return None if report is None else report.incident

    def incidents_numbered(self, number: str) -> list[Incident]:
        """Return the incidents held, closed ones as well, with this whole or running number."""
        return [
            row
            for row in self._rows.incidents()
            if row.number is not None and number in (row.number, row.short_number)
        ]

    def is_pending(self, row_id: str) -> bool:
        """Whether what is shown of an incident, assignment or unit is not yet settled."""
        return any(
            self._rows.is_pending(kind, row_id) for kind in ("incident", "assignment", "unit")
        )

    def tray(self) -> tuple[OutboxEntry, ...]:
        """Return the commands that wait for a person."""
        return self.outbox.tray
