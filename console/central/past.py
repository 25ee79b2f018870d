"""What central remembers of the past so that reports of one matter are found to be one."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from console.dispatch.default_place import COUNTED, PlaceCounts
from console.dispatch.experience import REMEMBERED, Experience
from console.dispatch.merge import plain_place
from console.domain.incidents import Incident, Report
from console.store.tables import INCIDENT, REPORT


@dataclass(slots=True, kw_only=True)
class Past:
    """Counts of positions, of incidents by form and place, and of reports an incident."""

    places: PlaceCounts = field(default_factory=PlaceCounts)
    experience: Experience = field(default_factory=Experience)

    @classmethod
    def read(cls, connection: Connection) -> Past:
        """Return what the last month's rows tell."""
        past = cls()
        columns = select(REPORT.c.lat, REPORT.c.lon, REPORT.c.place)
        placed = columns.where(REPORT.c.lat.is_not(None))
        newest = placed.order_by(REPORT.c.received_at.desc()).limit(COUNTED)
        for lat, lon, place in reversed(connection.execute(newest).all()):
            past._count_place(lat, lon, place)
        last = connection.execute(select(func.max(INCIDENT.c.opened_at))).scalar()
        if last is None:
            return past
        of_incidents = select(
            INCIDENT.c.form,
            INCIDENT.c.lat,
            INCIDENT.c.lon,
            INCIDENT.c.opened_at,
            INCIDENT.c.reports,
        )
        query = of_incidents.where(INCIDENT.c.opened_at > last - REMEMBERED)
        for form, lat, lon, at, reports in connection.execute(query.order_by(INCIDENT.c.opened_at)):
            past.experience.opened(form, lat, lon, at)
            past.experience.joined(form, max(reports - 1, 0))
        return past

    def take_report(self, report: Report) -> None:
        """Count a new report."""
        if report.lat is not None and report.lon is not None:
            self._count_place(report.lat, report.lon, report.place)

    def take_incident(self, incident: Incident, before: Incident | None) -> None:
        """Count a new incident, or reports that one had more."""
        if incident.version == 1:
            at = incident.opened_at
            self.experience.opened(incident.form, incident.lat, incident.lon, at)
        elif before is not None and incident.reports > before.reports:
            self.experience.joined(incident.form, incident.reports - before.reports)

    def _count_place(self, lat: float, lon: float, place: str) -> None:
        self.places.take(lat, lon, place)
        if not self.places.is_default(lat, lon):
            self.experience.named(plain_place(place), lat, lon)
