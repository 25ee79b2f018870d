"""Alarms of the feeds: central is silent or full, positions have stopped, changes stand still."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QObject, Signal, Slot

from console.domain.levels import Level
from console.domain.units import UnitStatus
from console.sync.state import LinkPhase, LinkTrouble
from console.ui.alarms import Alarm, AlarmKind
from console.ui.mirror import Mirror
from console.ui.status import StatusLine, StatusModel
from console.ui.words import time_text

#: Both sides say every so often that they are there; two missed are an alarm.
BEAT_S = 2.0
MISSED_BEATS = 2
#: A handheld says every ten seconds where it is; when nobody has for two and a half of these, the
#: feed is dead, not the officers.
POSITIONS_DEAD_S = 25.0


class FeedAlarms(QObject):
    """Raises an alarm when a feed is dead, and takes it back when it lives again.

    Signals:
        changed: Tuple of `Alarm`.
    """

    changed = Signal(object)

    def __init__(self, mirror: Mirror, status: StatusModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror, self._status = mirror, status
        self._acknowledged: set[str] = set()
        self._stood_since: datetime | None = None
        self.alarms: tuple[Alarm, ...] = ()
        status.changed.connect(self._look)
        self._look(status.line)

    @Slot(str)
    def acknowledge(self, alarm_id: str) -> bool:
        """Say that an alarm was seen; return whether it is one of these."""
        is_ours = any(alarm.id == alarm_id for alarm in self.alarms)
        if is_ours:
            self._acknowledged.add(alarm_id)
            self._look(self._status.line)
        return is_ours

    @Slot(object)
    def _look(self, line: StatusLine) -> None:
        looks = self._link(line), self._disk(line), self._positions(line), self._cursor()
        found = [one for one in looks if one]
        self._acknowledged &= {one.id for one in found}
        alarms = tuple(replace(one, is_acknowledged=one.id in self._acknowledged) for one in found)
        if alarms != self.alarms:
            self.alarms = alarms
            self.changed.emit(alarms)

    def _link(self, line: StatusLine) -> Alarm | None:
        link = self._mirror.link
        if link is None or link.phase is LinkPhase.STOPPED:
            return None
        now = self._mirror.own_now()
        heard_at = link.heard_at if link.heard_at is not None else link.since
        is_missed = (now - heard_at).total_seconds() > BEAT_S * MISSED_BEATS
        if not is_missed or (line.is_live and line.heard_age_s is None):
            return None
        text = self.tr(
            "Central not heard since {0} — what you do is kept; tell units by phone or radio"
        )
        return self._alarm(AlarmKind.LINK, Level.HIGH, heard_at, text.format(time_text(heard_at)))

    def _disk(self, line: StatusLine) -> Alarm | None:
        link = self._mirror.link
        if link is None or not line.is_live or not link.full_ms:
            return None
        since = datetime.fromtimestamp(link.full_ms / 1000, UTC)
        text = self.tr(
            "Central's disk is full since {0}: it takes no commands (yours wait here) and keeps no "
            "trails — have an administrator free some space"
        )
        return self._alarm(AlarmKind.DISK, Level.HIGH, since, text.format(time_text(since)))

    def _positions(self, line: StatusLine) -> Alarm | None:
        age_s = line.positions_age_s
        if not line.is_live or age_s is None or age_s <= POSITIONS_DEAD_S:
            return None
        if not any(one.status is not UnitStatus.OFF_DUTY for one in self._mirror.units()):
            return None
        newest = self._mirror.now() - timedelta(seconds=age_s)
        text = self.tr("No position since {0} — the map shows where units were; ask by radio")
        text = text.format(time_text(newest))
        return self._alarm(AlarmKind.POSITIONS, Level.HIGH, newest, text)

    def _cursor(self) -> Alarm | None:
        """Look whether central was ahead and nothing came, until what is here is whole again."""
        link = self._mirror.link
        if link is None:
            return None
        if link.trouble is LinkTrouble.GAP:
            self._stood_since = self._stood_since or self._mirror.own_now()
        elif link.is_live and link.behind == 0:
            self._stood_since = None
        if self._stood_since is None:
            return None
        text = self.tr("Changes stood still since {0} — what is missing is fetched anew")
        text = text.format(time_text(self._stood_since))
        return self._alarm(AlarmKind.CURSOR, Level.CAUTION, self._stood_since, text)

    @staticmethod
    def _alarm(kind: AlarmKind, level: Level, since: datetime, text: str) -> Alarm:
        return Alarm(id=str(kind), kind=kind, level=level, incident="", since=since, text=text)
