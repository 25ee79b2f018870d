"""All alarms of a desk in one place: what is shown, what is put aside until when, how many come."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance, Slot

from console.alarms.book import FLOOD_FROM, RATE_OVER
from console.alarms.conditions import Priority
from console.domain.levels import Level
from console.domain.watch import AlarmMark
from console.protocol.commands import MarkAlarm
from console.ui.actions import Submitter
from console.ui.alarms import Alarm, AlarmKind, AlarmList
from console.ui.feedalarms import FeedAlarms
from console.ui.mirror import Mirror
from console.ui.watchalarms import WatchAlarms

#: More than one in ten minutes is more than an operator is meant to get (ISA-18.2, EEMUA 191).
STEADY_AT_MOST = 1
#: The same alarm that comes back within this time is neither counted nor heard again.
CHATTER = timedelta(minutes=2)
#: The voice of a high alarm that nobody acknowledges comes again this often.
AGAIN_MS = 12_000
TICK_MS = 1000
_PRIORITY = {Level.CRITICAL: Priority.HIGH, Level.HIGH: Priority.MEDIUM}
_OF_FEEDS = frozenset({AlarmKind.LINK, AlarmKind.DISK, AlarmKind.POSITIONS, AlarmKind.CURSOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """An alarm that is put aside.

    Attributes:
        until: When it comes back, aware UTC.
        reason: Why it was put aside.
    """

    alarm: Alarm
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRate:
    """How many alarms came to this desk in the last ten minutes.

    Attributes:
        is_steady: Not more than an operator is meant to get.
        is_flood: More than one person can answer.
    """

    count: int = 0

    @property
    def is_steady(self) -> bool:
        """Whether it is within the bound for normal operation."""
        return self.count <= STEADY_AT_MOST

    @property
    def is_flood(self) -> bool:
        """Whether it is above the bound of a flood."""
        return self.count > FLOOD_FROM


def priority_of(alarm: Alarm) -> Priority:
    """Return how soon somebody has to respond to an alarm."""
    return _PRIORITY.get(alarm.level, Priority.LOW)


class AlarmSource(Protocol):
    """Whatever else raises alarms and is told that they were seen."""

    alarms: tuple[Alarm, ...]
    changed: SignalInstance

    def acknowledge(self, alarm_id: str) -> bool:
        """Say that an alarm was seen; return whether it is one of these."""


class AlarmDesk(QObject):
    """Brings the alarms of incidents, of the watch and of feeds together.

    Signals:
        changed: Tuple of `Alarm` that are shown, the unacknowledged and worst first.
        shelved_changed: Tuple of `Shelved`, the first to come back first.
        rate_changed: The `AlarmRate`.
        raised: Priority of an alarm that has just come, for the voice.
        refused: A sentence: why an alarm was not put aside.
    """

    changed = Signal(object)
    shelved_changed = Signal(object)
    rate_changed = Signal(object)
    raised = Signal(int)
    refused = Signal(str)

    def __init__(
        self,
        mirror: Mirror,
        submitter: Submitter,
        sources: tuple[AlarmList, FeedAlarms, WatchAlarms],
        *more: AlarmSource,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._mirror, self._submitter = mirror, submitter
        self._list, self._feeds, self._watch = sources
        self._more = more
        self.alarms: tuple[Alarm, ...] = ()
        self.shelved: tuple[Shelved, ...] = ()
        self.rate = AlarmRate()
        self._came: deque[datetime] = deque()
        self._last: dict[str, datetime] = {}
        self._present: set[str] = set()
        self._is_first = True
        self._clock = QTimer(self, interval=TICK_MS)
        self._clock.timeout.connect(self.look)
        self._again = QTimer(self, interval=AGAIN_MS)
        self._again.timeout.connect(self._sound_again)
        for changed in (*(one.changed for one in sources), *(one.changed for one in more)):
            changed.connect(self.look)
        mirror.tables_changed.connect(self._take)
        self._clock.start()
        self._again.start()
        self.look()

    @Slot(str)
    def acknowledge(self, alarm_id: str) -> None:
        """Say that an alarm was seen."""
        seen = [self._feeds.acknowledge, self._watch.acknowledge]
        seen += [one.acknowledge for one in self._more]
        if not any(see(alarm_id) for see in seen):
            self._list.acknowledge(alarm_id)

    def shelve(self, alarm_id: str, minutes: int, reason: str) -> bool:
        """Put an alarm aside for some minutes, for every desk; return whether it was."""
        alarm = next((one for one in self.alarms if one.id == alarm_id), None)
        if alarm is None:
            return False
        if alarm.kind in _OF_FEEDS:
            self.refused.emit(self.tr("A dead feed is not put aside: see to the link."))
            return False
        if not reason.strip():
            self.refused.emit(self.tr("Say why it is put aside; whoever comes next reads it."))
            return False
        if not self._watch.shelve(alarm_id, minutes, reason.strip()):
            until = self._mirror.now() + timedelta(minutes=minutes)
            body = MarkAlarm(alarm=alarm_id, shelved_until=until, reason=reason.strip())
            self._submitter.submit(body)
        self.look()
        return True

    def bring_back(self, alarm_id: str) -> None:
        """Show an alarm again that was put aside."""
        held = next((one for one in self.shelved if one.alarm.id == alarm_id), None)
        if held is not None:
            now = self._mirror.now()
            self._submitter.submit(
                MarkAlarm(alarm=alarm_id, shelved_until=now, reason=held.reason or "—")
            )
            self._watch.unshelve(alarm_id)
            self.look()

    @Slot()
    def look(self) -> None:
        """Look at all alarms again."""
        at = self._mirror.now()
        more = [alarm for source in self._more for alarm in source.alarms]
        found = (*self._feeds.alarms, *self._watch.alarms, *more, *self._list.alarms)
        aside: list[Shelved] = []
        shown: list[Alarm] = []
        for alarm in found:
            mark = self._mirror.row_of(AlarmMark, alarm.id)
            if mark is not None and mark.shelved_until is not None and mark.shelved_until > at:
                until, reason = mark.shelved_until, mark.reason or ""
                aside.append(Shelved(alarm=alarm, until=until, reason=reason))
            else:
                shown.append(alarm)
        for alarm, until in self._watch.shelved():
            mark = self._mirror.row_of(AlarmMark, alarm.id)
            reason = "" if mark is None else mark.reason or ""
            aside.append(Shelved(alarm=alarm, until=until, reason=reason))
        self._note_new(shown, at)
        shown.sort(key=lambda one: (one.is_acknowledged, one.level, one.since, one.id))
        self._tell(tuple(shown), tuple(sorted(aside, key=lambda one: (one.until, one.alarm.id))))

    def _tell(self, shown: tuple[Alarm, ...], aside: tuple[Shelved, ...]) -> None:
        is_shown_new, is_aside_new = shown != self.alarms, aside != self.shelved
        self.alarms, self.shelved = shown, aside
        if is_shown_new:
            self.changed.emit(shown)
        if is_aside_new:
            self.shelved_changed.emit(aside)

    def _note_new(self, shown: list[Alarm], at: datetime) -> None:
        """Count and sound what has come; what comes and goes is one alarm."""
        worst: Priority | None = None
        for alarm in shown:
            last = self._last.get(alarm.id)
            self._last[alarm.id] = at
            is_back = last is not None and at - last <= CHATTER
            if alarm.id in self._present or is_back or alarm.is_acknowledged:
                continue
            if not self._is_first:
                self._came.append(at)
                worst = min(worst or Priority.LOW, priority_of(alarm))
        self._present = {alarm.id for alarm in shown}
        self._is_first = self._is_first and not self._mirror.is_loaded
        for gone in [one for one, seen in self._last.items() if at - seen > CHATTER]:
            del self._last[gone]
        while self._came and self._came[0] <= at - RATE_OVER:
            self._came.popleft()
        rate = AlarmRate(count=len(self._came))
        if rate != self.rate:
            self.rate = rate
            self.rate_changed.emit(rate)
        if worst is not None:
            self.raised.emit(int(worst))

    @Slot()
    def _sound_again(self) -> None:
        waits = [one for one in self.alarms if not one.is_acknowledged]
        if any(priority_of(one) is Priority.HIGH for one in waits):
            self.raised.emit(int(Priority.HIGH))

    @Slot(str, list)
    def _take(self, kind: str, _ids: list[str]) -> None:
        if kind == "alarm_mark":
            self.look()
