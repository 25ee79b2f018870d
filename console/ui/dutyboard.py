"""Who is on duty, where, until when, with what, how reached; and who was planned (勤务报备)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Slot

from console.domain.places import Jurisdiction, JurisdictionLevel
from console.domain.shifts import RosterEntry
from console.domain.units import Unit, UnitStatus
from console.domain.watch import DutyReport
from console.ui.lines import Line, LinesModel
from console.ui.mirror import Mirror
from console.ui.words import age_text, place_word, reach_text, time_text, unit_state_word

SOON_MS = 300
#: A planned unit that has not come on by then is missing.
LATE_AFTER = timedelta(minutes=15)


class Shown(StrEnum):
    """Which units are listed."""

    ON = "on"
    MISSING = "missing"
    BARE = "bare"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyLine:
    """One unit on the board.

    Attributes:
        report: What it said when it came on; ``None`` if it never did.
        turn: Its turn that runs now, or the next that begins within the hour.
        is_missing: It is planned and has not come on.
        is_over: Its end of duty is past and it is still on.
    """

    unit: Unit
    report: DutyReport | None
    turn: RosterEntry | None
    is_missing: bool
    is_over: bool
    place: str
    beat: str

    @property
    def is_on(self) -> bool:
        """Whether it is on duty."""
        return self.unit.status is not UnitStatus.OFF_DUTY

    @property
    def is_bare(self) -> bool:
        """Whether it is on duty without radio, handheld or body camera."""
        report = self.report
        if not self.is_on:
            return False
        return report is None or not (report.radio and report.handheld and report.body_camera)


def turn_now(turns: Iterable[RosterEntry], at: datetime) -> RosterEntry | None:
    """Return the turn that runs at a time, or the next that begins within the hour."""
    soon = at + timedelta(hours=1)
    mine = [one for one in turns if not one.retired and one.ends_at > at and one.starts_at <= soon]
    return min(mine, key=lambda one: one.starts_at, default=None)


def places_of(mirror: Mirror) -> list[tuple[str, str, int]]:
    """Return id, name and depth of the city, its districts and their streets, as a tree."""
    tree = [one for one in mirror.jurisdictions() if not one.retired]
    below: dict[str | None, list[Jurisdiction]] = {}
    for one in tree:
        below.setdefault(one.parent, []).append(one)
    cities = [place_word(one) for one in tree if one.level is JurisdictionLevel.CITY]
    whole = cities[0] if cities else QCoreApplication.translate("DutyBoard", "Whole city")
    found = [("", whole, 0)]
    districts = [one for one in tree if one.level is JurisdictionLevel.DISTRICT]
    for district in sorted(districts, key=place_word):
        found.append((district.id, place_word(district), 1))
        streets = sorted(below.get(district.id, []), key=place_word)
        found += [(street.id, place_word(street), 2) for street in streets]
    return found


class DutyBoard(LinesModel[DutyLine]):
    """The units of a jurisdiction, those missing on top."""

    (UNIT, NAME, PLACE, STATE, SINCE, UNTIL, PLANNED, POST, VEHICLE, RADIO, HANDHELD, CAMERA, FIX,
     REACH) = range(14)  # fmt: skip
    RIGHT = frozenset({FIX})

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self.place = ""
        self.shown = Shown.ON
        self.text = ""
        self.counts = dict.fromkeys(Shown, 0)
        self._soon = QTimer(self, interval=SOON_MS, singleShot=True)
        self._soon.timeout.connect(self.look)
        mirror.units_changed.connect(self._start)
        mirror.tables_changed.connect(self._take)
        mirror.replaced.connect(self._start)
        self._is_watched = False

    def watch(self, is_watched: bool) -> None:
        """Follow what changes only while somebody looks."""
        self._is_watched = is_watched
        if is_watched:
            self.look()

    def titles(self) -> tuple[str, ...]:
        """Return the columns' names."""
        return (
            self.tr("Unit"), self.tr("Name"), self.tr("Place"), self.tr("State"),
            self.tr("Since"), self.tr("Until"), self.tr("Planned"), self.tr("Post / beat"),
            self.tr("Vehicle"), self.tr("Radio"), self.tr("Handheld"), self.tr("Body camera"),
            self.tr("Fix"), self.tr("Reached by"),
        )  # fmt: skip

    def cell(self, value: DutyLine, column: int) -> str:
        """Return what a cell shows."""
        unit, report = value.unit, value.report if value.is_on else None
        if column == self.STATE and value.is_missing:
            return self.tr("not come on")
        if column == self.FIX:
            return age_text(self._fix_age_s(unit))
        if column == self.POST:
            said = "" if report is None or report.post is None else report.post
            planned = "" if value.turn is None else value.turn.post or ""
            return " · ".join(one for one in (said or planned, value.beat) if one)
        words = {
            self.UNIT: unit.call_sign,
            self.NAME: unit.name or "",
            self.PLACE: value.place,
            self.STATE: unit_state_word(unit.status),
            self.SINCE: "" if report is None else time_text(report.since, seconds=False),
            self.UNTIL: "" if report is None else time_text(report.until, seconds=False),
            self.PLANNED: self._planned(value.turn),
            self.VEHICLE: "" if report is None else report.vehicle or "",
            self.RADIO: "" if report is None else report.radio or "—",
            self.HANDHELD: "" if report is None else report.handheld or "—",
            self.CAMERA: "" if report is None else report.body_camera or "—",
            self.REACH: reach_text(unit),
        }
        return words[column]

    def filter(self, *, place: str | None = None, shown: Shown | None = None,
               text: str | None = None) -> None:  # fmt: skip
        """List the units of a place, on duty, missing or all, whose row holds some words."""
        self.place = self.place if place is None else place
        self.shown = shown or self.shown
        self.text = self.text if text is None else text.strip().casefold()
        self.look()

    def places(self) -> list[tuple[str, str, int]]:
        """Return id, name and depth of the city, its districts and their streets, as a tree."""
        return places_of(self._mirror)

    @Slot()
    def look(self) -> None:
        """Look at everything again."""
        now = self._mirror.now()
        turns: dict[str, list[RosterEntry]] = {}
        for one in self._mirror.every(RosterEntry):
            turns.setdefault(one.unit, []).append(one)
        units = [one for one in self._mirror.units() if not one.retired and self._is_here(one)]
        lines = [self._line(one, turns.get(one.id, ()), now) for one in units]
        self.counts = {shown: sum(_fits(one, shown) for one in lines) for shown in Shown}
        found = [one for one in lines if _fits(one, self.shown) and self._has_words(one)]
        found.sort(
            key=lambda one: (not one.is_missing, len(one.unit.call_sign), one.unit.call_sign)
        )
        self.show([Line(one.unit.id, one) for one in found])

    def _is_here(self, unit: Unit) -> bool:
        return not self.place or self.place in (unit.district, unit.street)

    def _has_words(self, line: DutyLine) -> bool:
        if not self.text:
            return True
        columns = (self.UNIT, self.NAME, self.PLACE, self.POST, self.VEHICLE, self.REACH)
        return any(self.text in self.cell(line, column).casefold() for column in columns)

    def _line(self, unit: Unit, turns: Iterable[RosterEntry], now: datetime) -> DutyLine:
        report = self._mirror.row_of(DutyReport, unit.id)
        turn, is_on = turn_now(turns, now), unit.status is not UnitStatus.OFF_DUTY
        places = [self._mirror.jurisdiction(one) for one in (unit.district, unit.street) if one]
        beat = None if turn is None or turn.beat is None else self._mirror.area(turn.beat)
        until = None if report is None else report.until
        return DutyLine(
            unit=unit,
            report=report,
            turn=turn,
            is_missing=turn is not None and not is_on and now > turn.starts_at + LATE_AFTER,
            is_over=is_on and until is not None and now > until,
            place=" · ".join(place_word(one) for one in places if one is not None),
            beat="" if beat is None else beat.name,
        )

    @staticmethod
    def _planned(turn: RosterEntry | None) -> str:
        if turn is None:
            return ""
        begins, ends = turn.starts_at.astimezone(), turn.ends_at.astimezone()
        return f"{begins:%H:%M}–{ends:%H:%M}"

    def _fix_age_s(self, unit: Unit) -> float | None:
        force = self._mirror.force
        if force is None or unit.no >= len(force) or not force.has_fix[unit.no]:
            return None
        return float(self._mirror.now().timestamp() - int(force.t_ms[unit.no]) / 1000)

    @Slot()
    def _start(self, *_: object) -> None:
        if self._is_watched:
            self._soon.start()

    @Slot(str, list)
    def _take(self, kind: str, _ids: list[str]) -> None:
        if kind in ("duty_report", "roster"):
            self._start()


def _fits(line: DutyLine, shown: Shown) -> bool:
    if shown is Shown.ON:
        return line.is_on or line.is_missing
    if shown is Shown.MISSING:
        return line.is_missing
    return line.is_bare if shown is Shown.BARE else True
