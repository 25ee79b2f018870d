"""Requests for help that wait for an answer here, and answers that were no: both are alarms."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from console.domain.command import HelpRequest, HelpSide, HelpState
from console.domain.levels import Level
from console.ui.alarms import Alarm, AlarmKind
from console.ui.mirror import Mirror
from console.ui.words import form_word, place_word


class HelpAlarms(QObject):
    """One alarm for each request that nobody has answered, and for each that was declined.

    Signals:
        changed: Tuple of `Alarm`.
    """

    changed = Signal(object)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._seen: set[str] = set()
        self.alarms: tuple[Alarm, ...] = ()
        mirror.tables_changed.connect(self._take_table)
        mirror.replaced.connect(self.look)

    def acknowledge(self, alarm_id: str) -> bool:
        """Say that an alarm was seen; return whether it is one of these."""
        if not any(one.id == alarm_id for one in self.alarms):
            return False
        self._seen.add(alarm_id)
        self.look()
        return True

    @Slot()
    def look(self) -> None:
        """Look at every request again."""
        found = [self._alarm(one) for one in self._mirror.every(HelpRequest)]
        alarms = tuple(
            sorted((one for one in found if one is not None), key=lambda one: (one.since, one.id))
        )
        if alarms != self.alarms:
            self.alarms = alarms
            self.changed.emit(alarms)

    def _take_table(self, kind: str, _ids: list[str]) -> None:
        if kind == "help_request":
            self.look()

    def _alarm(self, one: HelpRequest) -> Alarm | None:
        who = self._mirror.who
        mine = who is None or who.districts is None or one.district in who.districts
        alarm_id = f"help:{one.id}:{one.state}"
        is_seen = alarm_id in self._seen
        other = self._mirror.jurisdiction(one.other or "")
        district = "—" if other is None else place_word(other)
        number = (one.number or "—").rpartition("-")[2]
        if one.state is HelpState.ASKED and one.side is HelpSide.ASKED and mine:
            text = self.tr("{0} asks for {1} units: {2} {3} · {4} ({5}) — /lend or /decline")
            told = text.format(
                district, one.wanted, number, form_word(one.form), one.place, one.reason
            )
        elif one.state is HelpState.DECLINED and one.side is HelpSide.ASKING and not is_seen:
            text = self.tr("{0} sends no help to {1}: {2} — ask another district")
            told = text.format(district, number, one.answer or "—")
        else:
            return None
        return Alarm(
            id=alarm_id,
            kind=AlarmKind.WATCH,
            level=min(one.level, Level.HIGH),
            incident=one.incident if self._mirror.incident(one.incident) is not None else "",
            since=one.answered_at or one.asked_at,
            text=told,
            is_acknowledged=is_seen,
        )
