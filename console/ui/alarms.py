"""What needs a response at this desk, and how many incidents are open by level."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from console.domain.assignments import Assignment, AssignmentState
from console.domain.incidents import Incident, Stage
from console.domain.levels import Level
from console.ui.escalation import USUAL, Escalations, Step
from console.ui.mirror import Mirror
from console.ui.queuetexts import short_number
from console.ui.words import form_word, reach_text

_UNACCEPTED = frozenset({AssignmentState.ORDERED, AssignmentState.DELIVERED, AssignmentState.SEEN})
_URGENT = frozenset({Level.CRITICAL, Level.HIGH})
#: How many waiting incidents are shown as alarms of their own; all of them are counted.
SHOWN = 50
#: Sorts what waits: whether it was seen, level, when opened, id of the incident.
_Waiting = tuple[bool, Level, datetime, str]


class AlarmKind(StrEnum):
    """Why something needs a response."""

    WAITING = "waiting"
    REFUSED = "refused"
    NOT_ACCEPTED = "not_accepted"
    LINK = "link"
    DISK = "disk"
    POSITIONS = "positions"
    CURSOR = "cursor"
    WATCH = "watch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing that needs a response.

    Attributes:
        incident: Id of the incident it is about, empty for the alarm of a feed.
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
    What it costs follows what changes: of the incidents that stay as they are none is looked at.

    Signals:
        changed: Tuple of `Alarm`, the unacknowledged first, the worst of them on top.
        counts_changed: The `AlarmCounts`.
        escalated: Id of an assignment nobody accepted, and the step of the site's table that has
            it on this screen now.
    """

    changed = Signal(object)
    counts_changed = Signal(object)
    escalated = Signal(str, str)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._escalations = Escalations(mirror)
        self._told: set[str] = set()
        self._level_of: dict[str, Level] = {}
        self._levels: Counter[Level] = Counter()
        self._waiting_of: dict[str, _Waiting] = {}
        self._waiting: list[_Waiting] = []
        self._unseen = 0
        self._waiting_alarms: list[Alarm] = []
        self._order_alarms: list[Alarm] = []
        self._next_late: datetime | None = None
        self._is_waiting_stale = self._is_orders_stale = True
        self._ordered: set[str] = set()
        self._refused: set[str] = set()
        self._acknowledged: set[str] = set()
        self.alarms: tuple[Alarm, ...] = ()
        self.counts = AlarmCounts()
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._tick)
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
        incidents = {alarm_id}
        for alarm in self.alarms:
            if alarm_id in (alarm.id, alarm.incident):
                self._acknowledged.add(alarm.id)
                incidents.add(alarm.incident)
        if alarm_id in self._waiting_of:
            self._acknowledged.add(_alarm_id(AlarmKind.WAITING, alarm_id))
        for incident_id in incidents:
            self._wait(incident_id)
        self._is_orders_stale = True
        self.refresh()

    @Slot()
    def acknowledge_top(self) -> None:
        """Say that the topmost alarm was seen."""
        if self.alarms and not self.alarms[0].is_acknowledged:
            self.acknowledge(self.alarms[0].id)

    @Slot()
    def retranslate(self) -> None:
        """Show every sentence in the language shown now."""
        self._is_waiting_stale = self._is_orders_stale = True
        self.refresh()

    @Slot(list)
    def _take_incidents(self, ids: list[str]) -> None:
        for incident_id in ids:
            incident = self._mirror.incident(incident_id)
            before = self._level_of.pop(incident_id, None)
            if before is not None:
                self._levels[before] -= 1
            if incident is not None and incident.is_open:
                self._level_of[incident_id] = incident.level
                self._levels[incident.level] += 1
            self._wait(incident_id)
        self._is_orders_stale = True
        self._soon.start()

    def _wait(self, incident_id: str) -> None:
        """Put an incident where it belongs among those that wait, or take it out."""
        before = self._waiting_of.pop(incident_id, None)
        if before is not None:
            del self._waiting[bisect_left(self._waiting, before)]
            self._unseen -= not before[0]
        alarm_id = _alarm_id(AlarmKind.WAITING, incident_id)
        incident = self._mirror.incident(incident_id)
        if incident is not None and incident.level in _URGENT and incident.stage is Stage.FILE:
            is_seen = alarm_id in self._acknowledged
            key = (is_seen, incident.level, incident.opened_at, incident_id)
            self._waiting_of[incident_id] = key
            insort(self._waiting, key)
            self._unseen += not is_seen
            self._is_waiting_stale = True
        elif before is not None:
            self._acknowledged.discard(alarm_id)
            self._is_waiting_stale = True

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
        self._is_orders_stale = True
        self._soon.start()

    @Slot()
    def _tick(self) -> None:
        """Time alone makes alarms, but only when an order has waited too long."""
        if self._next_late is not None and self._mirror.now() > self._next_late:
            self._is_orders_stale = True
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Look again at what has changed since the last time."""
        if self._is_waiting_stale:
            self._is_waiting_stale = False
            self._waiting_alarms = self._waiting_found()
        if self._is_orders_stale:
            self._is_orders_stale = False
            self._order_alarms = self._orders_found()
            orders = {alarm.id for alarm in self._order_alarms}
            waiting = _alarm_id(AlarmKind.WAITING, "")
            self._acknowledged = {
                one for one in self._acknowledged if one.startswith(waiting) or one in orders
            }
        found = [*self._waiting_alarms, *self._order_alarms]
        alarms = tuple(sorted(found, key=lambda a: (a.is_acknowledged, a.level, a.since, a.id)))
        if alarms != self.alarms:
            self.alarms = alarms
            self.changed.emit(alarms)
        counts = self._counted()
        if counts != self.counts:
            self.counts = counts
            self.counts_changed.emit(counts)

    def _counted(self) -> AlarmCounts:
        return AlarmCounts(
            critical=self._levels[Level.CRITICAL],
            high=self._levels[Level.HIGH],
            caution=self._levels[Level.CAUTION],
            routine=self._levels[Level.ROUTINE],
            unacknowledged=self._unseen
            + sum(not alarm.is_acknowledged for alarm in self._order_alarms),
        )

    def _waiting_found(self) -> list[Alarm]:
        found = []
        for *_, incident_id in self._waiting[:SHOWN]:
            incident = self._mirror.incident(incident_id)
            if incident is not None:
                text = self.tr("{0} {1} at {2} waits — send a unit").format(
                    short_number(incident), form_word(incident.form), incident.place
                )
                found.append(self._alarm(AlarmKind.WAITING, incident, text))
        return found

    def _orders_found(self) -> list[Alarm]:
        found = []
        now = self._mirror.now()
        self._next_late = None
        for assignment_id in sorted(self._ordered | self._refused):
            assignment = self._mirror.assignment(assignment_id)
            incident = self._mirror.incident(assignment.incident) if assignment else None
            if assignment is None or incident is None or not incident.is_open:
                self._refused.discard(assignment_id)
                continue
            step = self._escalations.step_for(incident)
            late_at = None if step is None else _ordered_at(assignment) + step.after
            if assignment_id in self._refused:
                if incident.stage is Stage.FILE:
                    text = self.tr("{0}: {1} refused — choose another unit")
                    found.append(self._of_unit(AlarmKind.REFUSED, incident, assignment, text))
            elif step is None or late_at is None:
                continue
            elif now > late_at:
                text = self.tr("{0}: {1} has not accepted for {3} s — call ({2}) or choose another")
                late = self._of_unit(
                    AlarmKind.NOT_ACCEPTED, incident, assignment, text, after=step.after
                )
                found.append(late)
                self._tell(assignment, step)
            elif self._next_late is None or late_at < self._next_late:
                self._next_late = late_at
        return found

    def _tell(self, assignment: Assignment, step: Step) -> None:
        """Have it kept, once, that this screen says so now."""
        is_kept = step.code is None or f"told_{step.code}" in assignment.times
        if is_kept or assignment.id in self._told or self._mirror.is_pending(assignment.id):
            return
        self._told.add(assignment.id)
        self.escalated.emit(assignment.id, step.code)

    def _of_unit(
        self,
        kind: AlarmKind,
        incident: Incident,
        assignment: Assignment,
        text: str,
        *,
        after: timedelta = USUAL,
    ) -> Alarm:
        unit = self._mirror.unit(assignment.unit)
        name = unit.call_sign if unit is not None else assignment.unit
        after_s = round(after.total_seconds())
        sentence = text.format(short_number(incident), name, reach_text(unit), after_s)
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
