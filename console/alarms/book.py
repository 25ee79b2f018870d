"""What becomes of conditions: raised, acknowledged, shelved, gone (ISA-18.2, clause 5.3).

A condition becomes an alarm when it has lasted its on-delay, and goes when it has been away for its
off-delay. One that comes and goes again and again (chatter) gets a longer off-delay by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from console.alarms.conditions import Condition, ConditionKind, Priority

#: The operator's own rate is told over this time; more than this many in it is a flood.
RATE_OVER = timedelta(minutes=10)
FLOOD_FROM = 10
#: So many raisings in such a time are chatter; the off-delay is then this long.
CHATTER_TIMES = 3
CHATTER_WITHIN = timedelta(minutes=10)
CHATTER_OFF = timedelta(minutes=15)
#: How long a condition has to last before it is an alarm, and to be away before it is none.
ON_DELAY: Mapping[ConditionKind, timedelta] = {
    ConditionKind.FEED_DEAD: timedelta(seconds=6),
    ConditionKind.OUTSIDE_BEAT: timedelta(minutes=5),
    ConditionKind.CAMERA_DOWN: timedelta(minutes=2),
}
#: A minute off is what ISA-18.2 and EEMUA 191 advise where nothing is measured.
OFF_DELAY: Mapping[ConditionKind, timedelta] = {
    ConditionKind.FEED_DEAD: timedelta(seconds=60),
    ConditionKind.CAMERA_DOWN: timedelta(minutes=2),
    ConditionKind.STOPPED: timedelta(minutes=1),
    ConditionKind.SILENT_ON_SCENE: timedelta(minutes=1),
    ConditionKind.OUTSIDE_BEAT: timedelta(minutes=2),
    ConditionKind.SENSOR_LIMIT: timedelta(minutes=1),
    ConditionKind.SENSOR_SILENT: timedelta(minutes=1),
}


class AlarmState(StrEnum):
    """Where an alarm stands."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    SHELVED = "shelved"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedAlarm:
    """One alarm.

    Attributes:
        raised_at: When it became an alarm, aware UTC.
        is_present: Whether the condition still lasts; one that is gone but was never acknowledged
            stays until somebody has seen it.
        gone_at: When it was last found gone, ``None`` while it lasts.
        shelved_until: Not shown before, aware UTC.
        is_chatter: Whether it came and went too often.
    """

    condition: Condition
    raised_at: datetime
    is_acknowledged: bool = False
    is_present: bool = True
    gone_at: datetime | None = None
    shelved_until: datetime | None = None
    is_chatter: bool = False

    @property
    def state(self) -> AlarmState:
        """Where it stands."""
        if self.shelved_until is not None:
            return AlarmState.SHELVED
        if self.is_acknowledged:
            return AlarmState.ACKNOWLEDGED
        return AlarmState.UNACKNOWLEDGED if self.is_present else AlarmState.RETURNED


def _usual_delay(condition: Condition) -> timedelta:
    return ON_DELAY.get(condition.kind, timedelta())


@dataclass(slots=True)
class AlarmBook:
    """The alarms of one desk.

    Attributes:
        raised: Alarms raised since the book was opened.
        on_delay: How long a condition has to last before it is an alarm.
    """

    raised: int = 0
    on_delay: Callable[[Condition], timedelta] = _usual_delay
    _alarms: dict[str, BookedAlarm] = field(default_factory=dict)
    _waiting: dict[str, tuple[Condition, datetime]] = field(default_factory=dict)
    _history: dict[str, deque[datetime]] = field(default_factory=dict)
    _lately: deque[datetime] = field(default_factory=deque)

    def take(self, conditions: Iterable[Condition], *, at: datetime) -> list[BookedAlarm]:
        """Take everything that is the matter now; return the alarms just raised.

        Args:
            conditions: All conditions, not only new ones.
            at: Now, aware UTC; never earlier than before.
        """
        present = {one.id: one for one in conditions}
        raised = []
        for condition in present.values():
            held = self._alarms.get(condition.id)
            if held is not None:
                self._alarms[condition.id] = replace(
                    held, condition=condition, is_present=True, gone_at=None
                )
                continue
            _, since = self._waiting.setdefault(condition.id, (condition, at))
            if at - since >= self.on_delay(condition):
                raised.append(self._raise(condition, at))
        for waiting in [one for one in self._waiting if one not in present]:
            del self._waiting[waiting]
        for held in [one for key, one in self._alarms.items() if key not in present]:
            self._leave(held, at)
        self._unshelve(at)
        return raised

    def acknowledge(self, alarm_id: str) -> bool:
        """Say that an alarm was seen; return whether there was one."""
        held = self._alarms.get(alarm_id)
        if held is None:
            return False
        if held.is_present:
            self._alarms[alarm_id] = replace(held, is_acknowledged=True)
        else:
            del self._alarms[alarm_id]
        return True

    def shelve(self, alarm_id: str, until: datetime) -> bool:
        """Put an alarm aside until a time; return whether there was one."""
        held = self._alarms.get(alarm_id)
        if held is None:
            return False
        self._alarms[alarm_id] = replace(held, shelved_until=until)
        return True

    def shown(self) -> list[BookedAlarm]:
        """Return the alarms that are not shelved: not seen ones first, then the worst, oldest."""
        shown = [one for one in self._alarms.values() if one.shelved_until is None]
        return sorted(
            shown,
            key=lambda one: (
                one.is_acknowledged, one.condition.priority, one.raised_at, one.condition.id,
            ),
        )  # fmt: skip

    def shelved(self) -> list[BookedAlarm]:
        """Return the alarms put aside, the first to come back first."""
        shelved = [one for one in self._alarms.values() if one.shelved_until is not None]
        return sorted(shelved, key=lambda one: (one.shelved_until, one.condition.id))

    def rate(self, *, at: datetime) -> int:
        """Return how many alarms were raised in the last ten minutes."""
        while self._lately and self._lately[0] <= at - RATE_OVER:
            self._lately.popleft()
        return len(self._lately)

    def is_flood(self, *, at: datetime) -> bool:
        """Whether more comes than one person can answer."""
        return self.rate(at=at) > FLOOD_FROM

    def counts(self) -> dict[Priority, int]:
        """Return how many alarms of each priority are shown and not acknowledged."""
        open_ones = [one for one in self.shown() if not one.is_acknowledged]
        return {
            priority: sum(one.condition.priority is priority for one in open_ones)
            for priority in Priority
        }

    def _raise(self, condition: Condition, at: datetime) -> BookedAlarm:
        self._waiting.pop(condition.id, None)
        times = self._history.setdefault(condition.id, deque(maxlen=CHATTER_TIMES))
        times.append(at)
        is_chatter = len(times) == CHATTER_TIMES and at - times[0] <= CHATTER_WITHIN
        alarm = BookedAlarm(condition=condition, raised_at=at, is_chatter=is_chatter)
        self._alarms[condition.id] = alarm
        self._lately.append(at)
        self.raised += 1
        return alarm

    def _leave(self, held: BookedAlarm, at: datetime) -> None:
        """Note that a condition is gone; the alarm goes after its off-delay, once it was seen."""
        key = held.condition.id
        gone_at = held.gone_at or at
        off = CHATTER_OFF if held.is_chatter else OFF_DELAY.get(held.condition.kind, timedelta())
        if at - gone_at < off:
            self._alarms[key] = replace(held, gone_at=gone_at)
        elif held.is_acknowledged or held.condition.priority is not Priority.HIGH:
            del self._alarms[key]
        else:
            self._alarms[key] = replace(held, gone_at=gone_at, is_present=False)

    def _unshelve(self, at: datetime) -> None:
        for key, held in list(self._alarms.items()):
            if held.shelved_until is not None and held.shelved_until <= at:
                # What comes back has to be seen again.
                self._alarms[key] = replace(held, shelved_until=None, is_acknowledged=False)
