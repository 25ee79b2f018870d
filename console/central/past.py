"""What central remembers of the past so that reports of one matter are found to be one."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from console.dispatch.default_place import COUNTED, PlaceCounts
from console.dispatch.experience import REMEMBERED, Experience
from console.dispatch.merge import plain_place
from console.dispatch.sayings import Sayings, remarks
from console.domain.incidents import Incident, Report
from console.store.tables import INCIDENT, REPORT

#: After a start the remarks of so many of the newest reports are counted.
WORDS_READ = 10_000


@dataclass(slots=True, kw_only=True)
class Past:
    """Counts of positions, of incidents by form and place, and of reports an incident."""

    places: PlaceCounts = field(default_factory=PlaceCounts)
    experience: Experience = field(default_factory=Experience)
    _heard: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)

    @classmethod
    def read(cls, connection: Connection, learnt: Sayings | None = None) -> Past:
        """Return what the last month's rows tell.

        Args:
            connection: To central's database.
            learnt: What is known of remarks; without it they are read from the newest reports,
                which takes longer than all the rest.
        """
        past = cls()
        if learnt is None:
            past._read_words(connection)
        else:
            past.experience.sayings = learnt
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

    def _read_words(self, connection: Connection) -> None:
        """Count what was said in the newest reports, the older ones first."""
        said = select(REPORT.c.text, REPORT.c.place, INCIDENT.c.summary, INCIDENT.c.place)
        together = said.select_from(REPORT.outerjoin(INCIDENT, REPORT.c.incident == INCIDENT.c.id))
        newest = together.order_by(REPORT.c.received_at.desc()).limit(WORDS_READ)
        for text, place, summary, of_case in reversed(connection.execute(newest).all()):
            self._count_words(text, place, summary, of_case)

    def take_report(self, report: Report, incident: Incident | None) -> None:
        """Count a new report; what it says is learnt from when it is on disk (`learn`)."""
        of = (None, None) if incident is None else (incident.summary, incident.place)
        self._heard.append((report.text, report.place, *of))
        if report.lat is not None and report.lon is not None:
            self._count_place(report.lat, report.lon, report.place)

    def learn(self) -> None:
        """Learn from what was said in reports beside the incidents they were filed under."""
        for one in self._heard:
            self._count_words(*one)
        self._heard.clear()

    def take_incident(self, incident: Incident, before: Incident | None) -> None:
        """Count a new incident, or reports that one had more."""
        if incident.version == 1:
            at = incident.opened_at
            self.experience.opened(incident.form, incident.lat, incident.lon, at)
        elif before is not None and incident.reports > before.reports:
            self.experience.joined(incident.form, incident.reports - before.reports)

    def _count_words(self, text: str, place: str, summary: str | None, of_case: str | None) -> None:
        said = remarks(text, place)
        self.experience.sayings.said(said)
        if summary is not None and summary != text:
            self.experience.sayings.said_together(remarks(summary, of_case or ""), said)

    def _count_place(self, lat: float, lon: float, place: str) -> None:
        self.places.take(lat, lon, place)
        if not self.places.is_default(lat, lon):
            self.experience.named(plain_place(place), lat, lon)
