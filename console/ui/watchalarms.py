"""Alarms found by looking at the whole watch again and again: panic, silence, limits, areas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from console.alarms.book import ON_DELAY, AlarmBook, BookedAlarm
from console.alarms.conditions import (
    HEARD_WITHIN,
    STOPPED_FOR,
    STOPPED_M,
    Condition,
    ConditionKind,
    Motion,
    Priority,
    camera_down,
    of,
    outside_beat,
    overdue,
    silent_on_scene,
    stopped,
    vanished,
)
from console.domain.assignments import Assignment, AssignmentState
from console.domain.levels import Level
from console.domain.watch import AlarmMark
from console.geo.distance import flat_distance_m
from console.protocol.commands import MarkAlarm
from console.ui.actions import Submitter
from console.ui.alarms import Alarm, AlarmKind
from console.ui.areaevents import AreaEvents
from console.ui.beatwatch import BeatWatch
from console.ui.mirror import Mirror
from console.ui.queuetexts import short_number
from console.ui.rulebook import RuleBook
from console.ui.sensorreadings import SensorReadings
from console.ui.sensorwatch import KINDS as SENSOR_KINDS
from console.ui.sensorwatch import SensorWatch
from console.ui.words import reach_text, time_text

LOOK_MS = 2000
_LEVELS: Mapping[Priority, Level] = {
    Priority.HIGH: Level.CRITICAL,
    Priority.MEDIUM: Level.HIGH,
    Priority.LOW: Level.CAUTION,
}
_WATCHED = frozenset({AssignmentState.ACCEPTED, AssignmentState.EN_ROUTE, AssignmentState.ON_SCENE})


def _noop(context: str, source: str) -> str:
    return source


_TEXTS: Mapping[ConditionKind, str] = {
    ConditionKind.PANIC: _noop(
        "WatchAlarms", "{unit} calls for help since {since} — call ({reach}), send the nearest two"
    ),
    ConditionKind.SILENT_ON_SCENE: _noop(
        "WatchAlarms", "{unit} on scene of {number} not heard since {since} — call ({reach})"
    ),
    ConditionKind.VANISHED: _noop(
        "WatchAlarms",
        "{unit} took {number} and was not heard of since {since} — call ({reach}), send another",
    ),
    ConditionKind.STOPPED: _noop(
        "WatchAlarms", "{unit} on the way to {number} stands still since {since} — call ({reach})"
    ),
    ConditionKind.OUTSIDE_BEAT: _noop(
        "WatchAlarms", "{unit} is outside its beat “{place}” since {since} — call it back ({reach})"
    ),
    ConditionKind.CAMERA_DOWN: _noop(
        "WatchAlarms",
        "Key point {place} has no picture since {since} — send somebody to look, report the fault",
    ),
    ConditionKind.OVERDUE: _noop(
        "WatchAlarms", "{number} is past its limit since {since} — send, hold or hand over"
    ),
}


class WatchAlarms(QObject):
    """Looks at the watch every two seconds; what desks say of alarms is shared through central.

    Signals:
        changed: Tuple of `Alarm`.
        rate_changed: Alarms raised here in the last ten minutes, and whether it is a flood.
        raised: Priority of an alarm just raised, 1 to 3, for the voice.
    """

    changed = Signal(object)
    rate_changed = Signal(int, bool)
    raised = Signal(int)

    def __init__(
        self,
        mirror: Mirror,
        submitter: Submitter,
        parent: QObject | None = None,
        *,
        readings: SensorReadings | None = None,
    ) -> None:
        """Without ``readings`` no sensor raises an alarm."""
        super().__init__(parent)
        self._mirror, self._submitter = mirror, submitter
        self._sensors = None if readings is None else SensorWatch(mirror, readings)
        self._events, self._beats = AreaEvents(mirror, self), BeatWatch(mirror, self)
        self._silent: dict[str, datetime] = {}
        self._book, self._rules = AlarmBook(on_delay=self._on_delay), RuleBook(mirror)
        self._anchors: dict[str, tuple[float, float, datetime]] = {}
        self._rate = (0, False)
        self.alarms: tuple[Alarm, ...] = ()
        self._clock = QTimer(self, interval=LOOK_MS)
        self._clock.timeout.connect(self.look)
        mirror.tables_changed.connect(self._take_table)
        self._clock.start()

    @Slot(str)
    def acknowledge(self, alarm_id: str) -> bool:
        """Say that an alarm was seen, here and on every desk; return whether it is one of these."""
        held = next((one for one in self.alarms if one.id == alarm_id), None)
        if held is None:
            return False
        self._book.acknowledge(alarm_id)
        self._submitter.submit(MarkAlarm(alarm=alarm_id))
        self.look()
        return True

    def shelve(self, alarm_id: str, minutes: int, reason: str) -> bool:
        """Put an alarm aside for some minutes; return whether it is one of these."""
        if not any(one.id == alarm_id for one in self.alarms):
            return False
        until = self._mirror.now() + timedelta(minutes=minutes)
        self._submitter.submit(MarkAlarm(alarm=alarm_id, shelved_until=until, reason=reason))
        self._book.shelve(alarm_id, until)
        self.look()
        return True

    def unshelve(self, alarm_id: str) -> None:
        """Show an alarm again that was put aside."""
        self._book.shelve(alarm_id, self._mirror.now())
        self.look()

    def shelved(self) -> list[tuple[Alarm, datetime]]:
        """Return the alarms put aside, with when each comes back."""
        return [
            (self._alarm(one), one.shelved_until)
            for one in self._book.shelved()
            if one.shelved_until is not None
        ]

    def take_silent(self, cameras: Iterable[str]) -> None:
        """Take the camera points that gave no picture when the sweep was last there."""
        at = self._mirror.now()
        self._silent = {one: self._silent.get(one, at) for one in cameras}

    @Slot()
    def look(self) -> None:
        """Look at everything again."""
        at, rules = self._mirror.now(), self._rules.rules
        found = [rules.ranked(one, district=self._district(one)) for one in self._conditions(at)]
        for alarm in self._book.take(found, at=at):
            self.raised.emit(int(alarm.condition.priority))
        self._apply_marks(at)
        alarms = tuple(self._alarm(one) for one in self._book.shown())
        if alarms != self.alarms:
            self.alarms = alarms
            self.changed.emit(alarms)
        rate = self._book.rate(at=at), self._book.is_flood(at=at)
        if rate != self._rate:
            self._rate = rate
            self.rate_changed.emit(*rate)

    @Slot(str, list)
    def _take_table(self, kind: str, _ids: list[str]) -> None:
        if kind in {"alarm_mark", "area_event"}:
            self.look()

    def _conditions(self, at: datetime) -> list[Condition]:
        mirror = self._mirror
        panics = [
            of(ConditionKind.PANIC, mark.unit, mark.raised_at, unit=mark.unit)
            for mark in mirror.every(AlarmMark)
            if mark.unit is not None and mark.raised_at is not None and mark.cleared_at is None
        ]
        return [
            *panics,
            *self._on_the_job(at),
            *overdue(mirror.open_incidents(), at=at),
            *self._events.conditions(),
            *outside_beat(self._beats.motions(at), at=at),
            *camera_down(self._silent, self._is_key),
            *(() if self._sensors is None else self._sensors.conditions()),
        ]

    def _on_the_job(self, at: datetime) -> list[Condition]:
        """Return what is the matter with units that have a task, by the times of its district."""
        running = [one for one in self._mirror.running_assignments() if one.state in _WATCHED]
        motions = {str(one.unit): self._motion(one.unit, at) for one in running}
        by_district: dict[str | None, list[Assignment]] = {}
        for one in running:
            by_district.setdefault(self._district_of(one.incident, one.unit), []).append(one)
        found: list[Condition] = []
        for district, some in by_district.items():
            after = partial(self._rules.rules.after, district=district)
            heard = after(ConditionKind.SILENT_ON_SCENE, HEARD_WITHIN)
            lost = after(ConditionKind.VANISHED, HEARD_WITHIN)
            still = after(ConditionKind.STOPPED, STOPPED_FOR)
            found += silent_on_scene(some, motions, at=at, within=heard)
            found += vanished(some, motions, at=at, within=lost)
            found += stopped(some, motions, at=at, within=still)
        return found

    def _on_delay(self, condition: Condition) -> timedelta:
        usual = ON_DELAY.get(condition.kind)
        if usual is None:
            return timedelta()
        return self._rules.rules.after(condition.kind, usual, district=self._district(condition))

    def _district(self, condition: Condition) -> str | None:
        """Return the district of what an alarm is about, ``None`` where it lies in none."""
        return self._district_of(condition.incident, condition.unit, condition.subject)

    def _district_of(self, incident: str | None, unit: str | None, camera: str = "") -> str | None:
        mirror = self._mirror
        rows = mirror.incident(incident or ""), mirror.unit(unit or ""), mirror.camera(camera)
        return next((row.district for row in rows if row is not None), None)

    def _is_key(self, camera_id: str) -> bool:
        camera = self._mirror.camera(camera_id)
        return camera is not None and camera.is_key and not camera.retired

    def _place(self, condition: Condition) -> str:
        """Return the name of the beat or of the camera point an alarm is about."""
        beat = self._beats.beat_of(condition.subject)
        camera = self._mirror.camera(condition.subject)
        return beat.name if beat is not None else "" if camera is None else camera.name

    def _motion(self, unit_id: str, at: datetime) -> Motion:
        """Return how a unit moved; without fresh positions it is not said to stand still."""
        unit, force = self._mirror.unit(unit_id), self._mirror.force
        if unit is None or force is None or unit.no >= len(force) or not force.has_fix[unit.no]:
            return Motion()
        heard_at = datetime.fromtimestamp(int(force.t_ms[unit.no]) / 1000, UTC)
        lat, lon = float(force.lat[unit.no]), float(force.lon[unit.no])
        anchor = self._anchors.get(unit_id)
        if anchor is None or float(flat_distance_m(lat, lon, anchor[0], anchor[1])) > STOPPED_M:
            anchor = self._anchors[unit_id] = lat, lon, heard_at
        is_fresh = at - heard_at < timedelta(minutes=1)
        return Motion(heard_at=heard_at, still_since=anchor[2] if is_fresh else None)

    def _apply_marks(self, at: datetime) -> None:
        for one in self._book.shown():
            mark = self._mirror.row_of(AlarmMark, one.condition.id)
            if mark is None:
                continue
            if mark.shelved_until is not None and mark.shelved_until > at:
                self._book.shelve(mark.id, mark.shelved_until)
            seen_at = mark.acknowledged_at
            if seen_at is not None and seen_at >= one.condition.since and not one.is_acknowledged:
                self._book.acknowledge(mark.id)

    def _template(self, condition: Condition) -> str:
        """Return an alarm's sentence; after its dash what the site's rules say is to be done."""
        text = self.tr(_TEXTS[condition.kind])
        done = self._rules.response(condition.kind, district=self._district(condition))
        if not done:
            return text
        return _with_response(text, done.replace("{", "{{").replace("}", "}}"))

    def _alarm(self, booked: BookedAlarm) -> Alarm:
        condition = booked.condition
        incident = self._mirror.incident(condition.incident or "")
        unit = self._mirror.unit(condition.unit or "")
        if condition.kind in _TEXTS:
            text = self._template(condition).format(
                unit=unit.call_sign if unit is not None else condition.unit,
                number="—" if incident is None else short_number(incident),
                since=time_text(condition.since),
                reach=reach_text(unit),
                place=self._place(condition),
            )
        elif self._sensors is not None and condition.kind in SENSOR_KINDS:
            text = self._sensors.text(condition)
        else:
            done = self._rules.response(condition.kind, district=self._district(condition))
            text = self._events.text(condition.subject, done)
        return Alarm(
            id=condition.id,
            kind=AlarmKind.WATCH,
            level=_LEVELS[condition.priority],
            incident=condition.incident or "",
            since=condition.since,
            text=text,
            unit=condition.unit,
            is_acknowledged=booked.is_acknowledged,
        )


def _with_response(text: str, done: str) -> str:
    """Return a template with another response after its dash, which is longer in Chinese."""
    dash = "——" if "——" in text else " — "
    return f"{text.partition('—')[0].rstrip()}{dash}{done}"
