"""What happened at areas, as central tells it: the newest ones for alarms, all of an area's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from PySide6.QtCore import QObject, Signal, Slot

from console.alarms.conditions import EVENT_SHOWN_FOR, Condition, area_events
from console.domain.areas import AreaEvent, FenceRule
from console.domain.units import Unit
from console.domain.watch import AlarmMark
from console.ui.mirror import Mirror
from console.ui.words import reach_text, time_text

#: What is older when it comes was missed while this console was away; it is listed, not announced.
_NEWS_FOR = timedelta(minutes=2)
#: So many of an area's are listed, the newest first.
LISTED = 100


def _noop(context: str, source: str) -> str:
    return source


_TEXTS: Mapping[FenceRule, str] = {
    FenceRule.ENTER: _noop("AreaEvents", "{unit} entered “{area}” at {since}"),
    FenceRule.LEAVE: _noop("AreaEvents", "{unit} left “{area}” at {since}"),
    FenceRule.DWELL: _noop("AreaEvents", "{unit} stays in “{area}” too long, at {since}"),
    FenceRule.ABSENCE: _noop(
        "AreaEvents", "Nobody has been in “{area}” for {minutes} min at {since}"
    ),
}
_TO_DO: Mapping[FenceRule, str] = {
    FenceRule.ENTER: _noop("AreaEvents", "ask why ({reach})"),
    FenceRule.LEAVE: _noop("AreaEvents", "call it back ({reach})"),
    FenceRule.DWELL: _noop("AreaEvents", "ask what keeps it ({reach})"),
    FenceRule.ABSENCE: _noop("AreaEvents", "send somebody"),
}


class AreaEvents(QObject):
    """Follows what happened at areas.

    Signals:
        happened: An `AreaEvent` that is news.
        changed: List of ids of areas at which more has happened.
    """

    happened = Signal(object)
    changed = Signal(list)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._recent: dict[str, AreaEvent] = {}
        mirror.tables_changed.connect(self._take)
        self._read([event.id for event in mirror.every(AreaEvent)])

    def conditions(self) -> list[Condition]:
        """Return what needs a response now."""
        at = self._mirror.now()
        self._recent = {
            key: one for key, one in self._recent.items() if at - one.at < EVENT_SHOWN_FOR
        }
        marks = {
            mark.id
            for mark in self._mirror.every(AlarmMark)
            if mark.acknowledged_at is not None and mark.shelved_until is None
        }
        return area_events(self._recent.values(), marks, at=at)

    def of_area(self, area_id: str) -> list[AreaEvent]:
        """Return what happened at an area in the last three days, the newest first."""
        mine = [event for event in self._mirror.every(AreaEvent) if event.area == area_id]
        return sorted(mine, key=lambda one: (one.at, one.id), reverse=True)[:LISTED]

    def text(self, event_id: str, response: str = "") -> str:
        """Return the sentence of an alarm: what happened and what is to be done.

        Args:
            event_id: The event.
            response: What the site's rules say is to be done, if they say something.
        """
        event = self._recent.get(event_id) or self._mirror.row_of(AreaEvent, event_id)
        if event is None:
            return ""
        unit = self._unit(event)
        area = self._mirror.area(event.area)
        to_do = area.response if area is not None and area.response else self.tr(_TO_DO[event.rule])
        to_do = response or to_do.replace("{reach}", reach_text(unit))
        return f"{self.sentence(event)} — {to_do}"

    def sentence(self, event: AreaEvent) -> str:
        """Return what happened."""
        unit, area = self._unit(event), self._mirror.area(event.area)
        seconds = 0 if area is None else area.absence_s or 0
        return self.tr(_TEXTS[event.rule]).format(
            unit=unit.call_sign if unit is not None else event.unit or "",
            area=area.name if area is not None else event.area,
            since=self._when(event),
            minutes=round(seconds / 60),
        )

    def _when(self, event: AreaEvent) -> str:
        """Return the time of day, with its date where that is not today's, or its year not this."""
        local, now = event.at.astimezone(), self._mirror.now().astimezone()
        if local.date() == now.date():
            return time_text(event.at)
        return local.strftime("%m-%d %H:%M" if local.year == now.year else "%Y-%m-%d %H:%M")

    @Slot(str, list)
    def _take(self, kind: str, ids: list[str]) -> None:
        if kind == "area_event":
            self._read(ids)

    def _read(self, ids: list[str]) -> None:
        at, areas = self._mirror.now(), set()
        for event_id in ids:
            event = self._mirror.row_of(AreaEvent, event_id)
            if event is None:
                self._recent.pop(event_id, None)
                continue
            areas.add(str(event.area))
            if at - event.at >= EVENT_SHOWN_FOR:
                continue
            is_new = event_id not in self._recent
            self._recent[event_id] = event
            if is_new and at - event.at < _NEWS_FOR:
                self.happened.emit(event)
        if areas:
            self.changed.emit(sorted(areas))

    def _unit(self, event: AreaEvent) -> Unit | None:
        return self._mirror.unit(event.unit) if event.unit is not None else None
