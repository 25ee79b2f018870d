"""What needs a response at this desk, and how many incidents are open by level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import nsmallest

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from console.domain.assignments import Assignment, AssignmentState
from console.domain.incidents import Incident, Stage
from console.domain.levels import Level
from console.ui.mirror import Mirror
from console.ui.queuetexts import short_number
from console.ui.words import form_word

#: A unit that has not accepted for this long is asked again, or another is sent.
ACCEPT_WITHIN = timedelta(seconds=60)
_UNACCEPTED = frozenset({AssignmentState.ORDERED, AssignmentState.DELIVERED, AssignmentState.SEEN})
_URGENT = frozenset({Level.CRITICAL, Level.HIGH})
#: How many waiting incidents are shown as alarms of their own; all of them are counted.
SHOWN = 50


class AlarmKind(StrEnum):
    """Why something needs a response."""

    WAITING = "waiting"
    REFUSED = "refused"
    NOT_ACCEPTED = "not_accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing that needs a response.

    Attributes:
        incident: Id of the incident it is about.
        unit: Id of the unit it is about, if it is about one.
        since: When it began, aware UTC.
        text: A sentence: what is wrong, what can be done.
    """

    id: str
    kind: AlarmKind
    level: Level
    incident: str
    since: datetime
    text: str
    unit: str | None = None
    is_acknowledged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCounts:
    """Open incidents by level, and alarms nobody has acknowledged."""

    critical: int = 0
    high: int = 0
    caution: int = 0
    routine: int = 0
    unacknowledged: int = 0

    def by_level(self) -> dict[Level, int]:
        """Return the open incidents of each level."""
        return {
            Level.CRITICAL: self.critical,
            Level.HIGH: self.high,
            Level.CAUTION: self.caution,
            Level.ROUTINE: self.routine,
        }


class AlarmList(QObject):
    """Urgent incidents nobody is sent to, refusals, and orders nobody accepts.

    An alarm goes when what it is about is dealt with; acknowledging only says it was seen here.

    Signals:
        changed: Tuple of `Alarm`, the unacknowledged first, the worst of them on top.
        counts_changed: The `AlarmCounts`.
    """

    changed = Signal(object)
    counts_changed = Signal(object)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._level_of: dict[str, Level] = {}
        self._waiting: dict[str, tuple[bool, Level, datetime, str]] = {}
        self._ordered: set[str] = set()
        self._refused: set[str] = set()
        self._acknowledged: set[str] = set()
        self.alarms: tuple[Alarm, ...] = ()
        self.counts = AlarmCounts()
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self.refresh)
        self._soon = QTimer(self, interval=0, singleShot=True)
        self._soon.timeout.connect(self.refresh)
        mirror.incidents_changed.connect(self._take_incidents)
        mirror.assignments_changed.connect(self._take_assignments)
        self._take_incidents([incident.id for incident in mirror.open_incidents()])
        self._take_assignments([one.id for one in mirror.running_assignments()])
        self._clock.start()

    @Slot(str)
    def acknowledge(self, alarm_id: str) -> None:
        """Say that an alarm was seen; an incident's id acknowledges all of its alarms."""
        for alarm in self.alarms:
            if alarm_id in (alarm.id, alarm.incident):
                self._acknowledged.add(alarm.id)
        if alarm_id in self._waiting:
            self._acknowledged.add(_alarm_id(AlarmKind.WAITING, alarm_id))
        for incident_id, (_, level, opened_at, _) in self._waiting.items():
            is_seen = _alarm_id(AlarmKind.WAITING, incident_id) in self._acknowledged
            self._waiting[incident_id] = (is_seen, level, opened_at, incident_id)
        self.refresh()

    @Slot()
    def acknowledge_top(self) -> None:
        """Say that the topmost alarm was seen."""
        if self.alarms and not self.alarms[0].is_acknowledged:
            self.acknowledge(self.alarms[0].id)

    @Slot()
    def retranslate(self) -> None:
        """Show every sentence in the language shown now."""
        self.refresh()

    @Slot(list)
    def _take_incidents(self, ids: list[str]) -> None:
        for incident_id in ids:
            incident = self._mirror.incident(incident_id)
            self._level_of.pop(incident_id, None)
            self._waiting.pop(incident_id, None)
            if incident is None or not incident.is_open:
                continue
            self._level_of[incident_id] = incident.level
            if incident.level in _URGENT and incident.stage is Stage.FILE:
                is_seen = _alarm_id(AlarmKind.WAITING, incident_id) in self._acknowledged
                key = (is_seen, incident.level, incident.opened_at, incident_id)
                self._waiting[incident_id] = key
        self._soon.start()

    @Slot(list)
    def _take_assignments(self, ids: list[str]) -> None:
        for assignment_id in ids:
            assignment = self._mirror.assignment(assignment_id)
            self._ordered.discard(assignment_id)
            self._refused.discard(assignment_id)
            if assignment is not None and assignment.state in _UNACCEPTED:
                self._ordered.add(assignment_id)
            if assignment is not None and assignment.state is AssignmentState.REFUSED:
                self._refused.add(assignment_id)
        self._soon.start()

    @Slot()
    def refresh(self) -> None:
        """Look again: time alone makes alarms."""
        found = [*self._waiting_alarms(), *self._order_alarms()]
        waiting = {_alarm_id(AlarmKind.WAITING, one) for one in self._waiting}
        self._acknowledged &= waiting | {alarm.id for alarm in found}
        alarms = tuple(sorted(found, key=lambda a: (a.is_acknowledged, a.level, a.since, a.id)))
        if alarms != self.alarms:
            self.alarms = alarms
            self.changed.emit(alarms)
        counts = self._counted()
        if counts != self.counts:
            self.counts = counts
            self.counts_changed.emit(counts)

    def _counted(self) -> AlarmCounts:
        levels = list(self._level_of.values())
        others = (one for one in self.alarms if one.kind is not AlarmKind.WAITING)
        return AlarmCounts(
            critical=levels.count(Level.CRITICAL),
            high=levels.count(Level.HIGH),
            caution=levels.count(Level.CAUTION),
            routine=levels.count(Level.ROUTINE),
            unacknowledged=sum(not is_seen for is_seen, *_ in self._waiting.values())
            + sum(not alarm.is_acknowledged for alarm in others),
        )

    def _waiting_alarms(self) -> list[Alarm]:
        found = []
        for *_, incident_id in nsmallest(SHOWN, self._waiting.values()):
            incident = self._mirror.incident(incident_id)
            if incident is not None:
                text = self.tr("{0} {1} at {2} waits — send a unit").format(
                    short_number(incident), form_word(incident.form), incident.place
                )
                found.append(self._alarm(AlarmKind.WAITING, incident, text))
        return found

    def _order_alarms(self) -> list[Alarm]:
        found = []
        now = self._mirror.now()
        for assignment_id in sorted(self._ordered | self._refused):
            assignment = self._mirror.assignment(assignment_id)
            incident = self._mirror.incident(assignment.incident) if assignment else None
            if assignment is None or incident is None or not incident.is_open:
                self._refused.discard(assignment_id)
                continue
            waited = now - _ordered_at(assignment)
            if assignment_id in self._refused and incident.stage is Stage.FILE:
                text = self.tr("{0}: {1} refused — choose another unit")
                found.append(self._of_unit(AlarmKind.REFUSED, incident, assignment, text))
            elif assignment_id in self._ordered and waited > ACCEPT_WITHIN:
                text = self.tr("{0}: {1} has not accepted for over 60 s — call or choose another")
                found.append(self._of_unit(AlarmKind.NOT_ACCEPTED, incident, assignment, text))
        return found

    def _of_unit(
        self, kind: AlarmKind, incident: Incident, assignment: Assignment, text: str
    ) -> Alarm:
        unit = self._mirror.unit(assignment.unit)
        name = unit.call_sign if unit is not None else assignment.unit
        sentence = text.format(short_number(incident), name)
        return self._alarm(kind, incident, sentence, assignment=assignment)

    def _alarm(
        self,
        kind: AlarmKind,
        incident: Incident,
        text: str,
        *,
        assignment: Assignment | None = None,
    ) -> Alarm:
        alarm_id = _alarm_id(kind, assignment.id if assignment is not None else incident.id)
        return Alarm(
            id=alarm_id,
            kind=kind,
            level=incident.level,
            incident=incident.id,
            unit=assignment.unit if assignment is not None else None,
            since=_ordered_at(assignment) if assignment is not None else incident.opened_at,
            text=text,
            is_acknowledged=alarm_id in self._acknowledged,
        )


def _alarm_id(kind: AlarmKind, row_id: str) -> str:
    return f"{kind}:{row_id}"


def _ordered_at(assignment: Assignment) -> datetime:
    return assignment.times.get(AssignmentState.ORDERED.value, assignment.changed_at)
