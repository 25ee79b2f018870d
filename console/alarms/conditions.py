"""What needs a response: conditions found by pure rules over rows, times and fixes.

An alarm needs somebody to do something (ISA-18.2, 3.1.7); what needs nothing is a line in a log.
Each kind has its priority and what is to be done about it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from console.domain.areas import AreaEvent, FenceRule
from console.domain.assignments import UNACCEPTED_STATES, Assignment, AssignmentState
from console.domain.incidents import Incident
from console.domain.levels import Level


class Priority(IntEnum):
    """How soon somebody has to respond; ISA-18.2 asks for about 5 / 15 / 80 per cent."""

    HIGH = 1
    MEDIUM = 2
    LOW = 3


class ConditionKind(StrEnum):
    """What is the matter."""

    PANIC = "panic"
    NOT_ACCEPTED = "not_accepted"
    SILENT_ON_SCENE = "silent_on_scene"
    VANISHED = "vanished"
    STOPPED = "stopped"
    OUTSIDE_BEAT = "outside_beat"
    OVERDUE = "overdue"
    FEED_DEAD = "feed_dead"
    CAMERA_DOWN = "camera_down"
    AREA_CROSSED = "area_crossed"
    AREA_TIME = "area_time"
    SENSOR_LIMIT = "sensor_limit"
    SENSOR_SILENT = "sensor_silent"


PRIORITY: Mapping[ConditionKind, Priority] = {
    ConditionKind.PANIC: Priority.HIGH,
    ConditionKind.FEED_DEAD: Priority.MEDIUM,
    ConditionKind.SILENT_ON_SCENE: Priority.MEDIUM,
    ConditionKind.VANISHED: Priority.MEDIUM,
    ConditionKind.NOT_ACCEPTED: Priority.LOW,
    ConditionKind.STOPPED: Priority.LOW,
    ConditionKind.OUTSIDE_BEAT: Priority.LOW,
    ConditionKind.OVERDUE: Priority.LOW,
    ConditionKind.CAMERA_DOWN: Priority.LOW,
    ConditionKind.AREA_CROSSED: Priority.LOW,
    ConditionKind.AREA_TIME: Priority.MEDIUM,
    ConditionKind.SENSOR_LIMIT: Priority.LOW,
    ConditionKind.SENSOR_SILENT: Priority.LOW,
}
#: An order is accepted within this time, or somebody calls.
ACCEPT_WITHIN = timedelta(seconds=60)
#: Who is on scene is heard from this often: a fix, a step, a word.
HEARD_WITHIN = timedelta(minutes=10)
#: Who is on the way moves at least so far in such a time.
STOPPED_FOR = timedelta(minutes=5)
STOPPED_M = 60.0
#: So many cases past their limit are alarms of their own; more at once would be a flood.
OVERDUE_APART = 6
#: A feed that has missed so many of its own intervals is dead.
MISSED_BEATS = 2
#: What happened at an area is an alarm for so long, or until somebody has seen it.
EVENT_SHOWN_FOR = timedelta(minutes=30)
#: So many of one area and rule are alarms of their own, the newest; the area's list has all.
EVENTS_APART = 3
_CROSSINGS = frozenset({FenceRule.ENTER, FenceRule.LEAVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that needs a response, as long as it lasts.

    Attributes:
        id: The kind with what it is about; the same matter has the same id.
        since: When it began, aware UTC.
        subject: Id of what it is about (an assignment, a unit, an incident, a feed, a camera, a
            sensor).
    """

    id: str
    kind: ConditionKind
    priority: Priority
    since: datetime
    subject: str
    incident: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """How a unit moved lately.

    Attributes:
        heard_at: When its last fix was taken, aware UTC; ``None`` without one.
        still_since: Since when it has stayed within 60 m; ``None`` while it moves.
        is_inside: Whether it is on its beat; ``None`` if it has none.
        left_at: When it left its beat, aware UTC.
    """

    heard_at: datetime | None = None
    still_since: datetime | None = None
    is_inside: bool | None = None
    left_at: datetime | None = None


def of(
    kind: ConditionKind,
    subject: str,
    since: datetime,
    *,
    incident: str | None = None,
    unit: str | None = None,
    priority: Priority | None = None,
) -> Condition:
    """Return a condition with its kind's priority, or one of its own."""
    return Condition(
        id=f"{kind}:{subject}",
        kind=kind,
        priority=priority or PRIORITY[kind],
        since=since,
        subject=subject,
        incident=incident,
        unit=unit,
    )


def not_accepted(assignments: Iterable[Assignment], *, at: datetime) -> list[Condition]:
    """Return the orders nobody has accepted in time."""
    found = []
    for one in assignments:
        if one.state not in UNACCEPTED_STATES:
            continue
        ordered_at = one.times.get(AssignmentState.ORDERED.value, one.changed_at)
        if at - ordered_at > ACCEPT_WITHIN:
            since = ordered_at + ACCEPT_WITHIN
            kind = ConditionKind.NOT_ACCEPTED
            found.append(of(kind, one.id, since, incident=one.incident, unit=one.unit))
    return found


def silent_on_scene(
    assignments: Iterable[Assignment],
    motions: Mapping[str, Motion],
    *,
    at: datetime,
    within: timedelta = HEARD_WITHIN,
) -> list[Condition]:
    """Return the units on scene that nothing was heard of ``within`` a time."""
    found = []
    for one in assignments:
        if one.state is not AssignmentState.ON_SCENE:
            continue
        motion = motions.get(one.unit, Motion())
        heard_at = max(motion.heard_at or one.changed_at, one.changed_at)
        if at - heard_at > within:
            since = heard_at + within
            kind = ConditionKind.SILENT_ON_SCENE
            found.append(of(kind, one.id, since, incident=one.incident, unit=one.unit))
    return found


def vanished(
    assignments: Iterable[Assignment],
    motions: Mapping[str, Motion],
    *,
    at: datetime,
    within: timedelta = HEARD_WITHIN,
) -> list[Condition]:
    """Return the units that took a task and were not heard ``within`` a time before arriving."""
    found = []
    for one in assignments:
        if one.state not in (AssignmentState.ACCEPTED, AssignmentState.EN_ROUTE) or one.standby:
            continue
        motion = motions.get(one.unit, Motion())
        heard_at = max(motion.heard_at or one.changed_at, one.changed_at)
        if at - heard_at > within:
            since = heard_at + within
            kind = ConditionKind.VANISHED
            found.append(of(kind, one.id, since, incident=one.incident, unit=one.unit))
    return found


def stopped(
    assignments: Iterable[Assignment],
    motions: Mapping[str, Motion],
    *,
    at: datetime,
    within: timedelta = STOPPED_FOR,
) -> list[Condition]:
    """Return the units that are on the way and have not moved ``within`` a time."""
    found = []
    for one in assignments:
        still_since = motions.get(one.unit, Motion()).still_since
        if one.state is not AssignmentState.EN_ROUTE or still_since is None:
            continue
        began = max(still_since, one.changed_at)
        if at - began > within:
            since = began + within
            kind = ConditionKind.STOPPED
            found.append(of(kind, one.id, since, incident=one.incident, unit=one.unit))
    return found


def outside_beat(motions: Mapping[str, Motion], *, at: datetime) -> list[Condition]:
    """Return the units that left their beat; those with a task are not asked about."""
    return [
        of(ConditionKind.OUTSIDE_BEAT, unit, motion.left_at or at, unit=unit)
        for unit, motion in motions.items()
        if motion.is_inside is False
    ]


def camera_down(silent: Mapping[str, datetime], is_key: Callable[[str], bool]) -> list[Condition]:
    """Return the key points without a picture; of other points the repair list tells.

    Args:
        silent: Points whose last look gave none, with since when, aware UTC.
        is_key: Whether a point is one that must never be blind.
    """
    return [
        of(ConditionKind.CAMERA_DOWN, point, since)
        for point, since in silent.items()
        if is_key(point)
    ]


def overdue(incidents: Iterable[Incident], *, at: datetime) -> list[Condition]:
    """Return what is past its limit: the longest urgent cases one by one, all others as one."""
    late = [
        (due_at, one)
        for one in incidents
        if one.is_open and (due_at := one.next_due_at) is not None and due_at < at
    ]
    late.sort(key=lambda each: (each[1].level > Level.HIGH, each[0], each[1].id))
    urgent = [each for each in late if each[1].level <= Level.HIGH][:OVERDUE_APART]
    kind = ConditionKind.OVERDUE
    found = [of(kind, one.id, due_at, incident=one.id) for due_at, one in urgent]
    rest = late[len(urgent) :]
    if rest:
        due_at, worst = rest[0]
        found.append(of(kind, "others", due_at, incident=worst.id))
    return found


def feeds_dead(
    heard_at: Mapping[str, datetime], every_s: Mapping[str, float], *, at: datetime
) -> list[Condition]:
    """Return the feeds that have missed their own intervals.

    Args:
        heard_at: When each was last heard, aware UTC, by its name.
        every_s: How often each is to be heard.
        at: Now, aware UTC.
    """
    found = []
    for feed, heard in heard_at.items():
        dead_at = heard + timedelta(seconds=MISSED_BEATS * every_s[feed])
        if at > dead_at:
            found.append(of(ConditionKind.FEED_DEAD, feed, dead_at))
    return found


def area_events(
    events: Iterable[AreaEvent], seen: Collection[str], *, at: datetime
) -> list[Condition]:
    """Return what happened at areas lately and nobody has seen.

    Who has seen one has seen what happened before under the same rule of the same area.

    Args:
        events: What happened.
        seen: Ids of alarms somebody has seen.
        at: Now, aware UTC.
    """
    by_rule: dict[tuple[str, FenceRule], list[AreaEvent]] = {}
    for event in events:
        if at - event.at < EVENT_SHOWN_FOR:
            by_rule.setdefault((event.area, event.rule), []).append(event)
    found = []
    for (_, rule), mine in by_rule.items():
        kind = ConditionKind.AREA_CROSSED if rule in _CROSSINGS else ConditionKind.AREA_TIME
        mine.sort(key=lambda one: (one.at, one.id), reverse=True)
        for event in mine[:EVENTS_APART]:
            if f"{kind}:{event.id}" in seen:
                break
            found.append(of(kind, event.id, event.at, unit=event.unit))
    return found
