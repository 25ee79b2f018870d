"""Turns of duty of a day: listed, made, imported, changed, taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal, Slot

from console.domain.areas import Area, AreaKind
from console.domain.errors import ZhihuiError
from console.domain.ids import new_id
from console.domain.shifts import RosterEntry
from console.domain.units import Unit
from console.gateways.rosters import PlannedTurn, read_roster
from console.ui.dutyactions import DutyActions
from console.ui.dutyboard import places_of
from console.ui.lines import Line, LinesModel
from console.ui.mirror import Mirror
from console.ui.reasons import reason_text
from console.ui.words import place_word

SOON_MS = 300
#: Turns that go to central with one command.
_AT_ONCE = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterLine:
    """One turn as it is listed."""

    entry: RosterEntry
    unit: Unit | None
    place: str
    beat: str


class RosterModel(LinesModel[RosterLine]):
    """The turns that run on one local day, of a jurisdiction.

    Signals:
        told: A sentence: what became of an import.
        failed: A sentence: why something was not done.
    """

    told = Signal(str)
    failed = Signal(str)
    UNIT, PLACE, BEGIN, END, POST, BEAT, NOTE = range(7)

    def __init__(self, mirror: Mirror, actions: DutyActions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror, self._actions = mirror, actions
        self.day = mirror.now().astimezone().date()
        self.place = ""
        self._soon = QTimer(self, interval=SOON_MS, singleShot=True)
        self._soon.timeout.connect(self.look)
        mirror.tables_changed.connect(self._take)
        mirror.replaced.connect(self._soon.start)
        self.look()

    def titles(self) -> tuple[str, ...]:
        """Return the columns' names."""
        return (
            self.tr("Unit"), self.tr("Place"), self.tr("From"), self.tr("Until"),
            self.tr("Post"), self.tr("Beat"), self.tr("Note"),
        )  # fmt: skip

    def cell(self, value: RosterLine, column: int) -> str:
        """Return what a cell shows."""
        entry = value.entry
        words = {
            self.UNIT: entry.unit if value.unit is None else value.unit.call_sign,
            self.PLACE: value.place,
            self.BEGIN: f"{entry.starts_at.astimezone():%m-%d %H:%M}",
            self.END: f"{entry.ends_at.astimezone():%m-%d %H:%M}",
            self.POST: entry.post or "",
            self.BEAT: value.beat,
            self.NOTE: entry.note or "",
        }
        return words[column]

    def show_day(self, day: datetime) -> None:
        """List the turns of another local day."""
        self.day = day.date()
        self.look()

    def show_place(self, place: str) -> None:
        """List the turns of a district or street; "" for the city."""
        self.place = place
        self.look()

    def places(self) -> list[tuple[str, str, int]]:
        """Return id, name and depth of the city, its districts and their streets, as a tree."""
        return places_of(self._mirror)

    def beats(self) -> list[Area]:
        """Return the beats that are drawn, by name."""
        areas = (one for one in self._mirror.areas() if one.kind is AreaKind.BEAT)
        return sorted((one for one in areas if not one.retired), key=lambda one: one.name)

    def put(self, turn: PlannedTurn, held: RosterEntry | None = None) -> bool:
        """Enter a turn, or change one."""
        try:
            entry = self._entry(turn, held)
        except ZhihuiError as error:
            self.failed.emit(reason_text(str(error)))
            return False
        return self._actions.put_turns([entry])

    def take_out(self, entry: RosterEntry) -> bool:
        """Take a turn out of the plan."""
        return self._actions.put_turns([replace(entry, retired=True)])

    def import_file(self, path: Path) -> int:
        """Enter the turns of a table; return how many."""
        zone = self._mirror.now().astimezone().tzinfo
        try:
            if zone is None:
                raise _TurnError(self.tr("This machine's clock has no time zone."))
            beats = {one.name for one in self.beats()}
            turns, report = read_roster(
                path,
                zone=zone,
                knows=lambda sign: self._mirror.unit_called(sign) is not None,
                has_beat=beats.__contains__,
            )
            entries = [self._entry(turn, None) for turn in turns]
        except ZhihuiError as error:
            self.failed.emit(reason_text(str(error)))
            return 0
        for first in range(0, len(entries), _AT_ONCE):
            self._actions.put_turns(entries[first : first + _AT_ONCE])
        text = self.tr("{0}: {1} turns taken, {2} rows left out")
        self.told.emit(text.format(path.name, report.taken, report.bad))
        if report.bad:
            self.failed.emit(report.text(most=3))
        return len(entries)

    @Slot()
    def look(self) -> None:
        """Look at everything again."""
        zone = self._mirror.now().astimezone().tzinfo
        begins = datetime(self.day.year, self.day.month, self.day.day, tzinfo=zone)
        ends = begins + timedelta(days=1)
        mine = [
            self._line(one)
            for one in self._mirror.every(RosterEntry)
            if not one.retired and one.starts_at < ends and one.ends_at > begins
        ]
        found = [one for one in mine if self._is_here(one.unit)]
        found.sort(key=lambda one: (one.entry.starts_at, self.cell(one, self.UNIT), one.entry.id))
        self.show([Line(one.entry.id, one) for one in found])

    def _is_here(self, unit: Unit | None) -> bool:
        if not self.place:
            return True
        return unit is not None and self.place in (unit.district, unit.street)

    def _line(self, entry: RosterEntry) -> RosterLine:
        unit = self._mirror.unit(entry.unit)
        wanted = () if unit is None else (unit.district, unit.street)
        places = [self._mirror.jurisdiction(one) for one in wanted if one]
        beat = None if entry.beat is None else self._mirror.area(entry.beat)
        return RosterLine(
            entry=entry,
            unit=unit,
            place=" · ".join(place_word(one) for one in places if one is not None),
            beat="" if beat is None else beat.name,
        )

    def _entry(self, turn: PlannedTurn, held: RosterEntry | None) -> RosterEntry:
        unit = self._mirror.unit_called(turn.unit)
        if unit is None:
            raise _TurnError(self.tr("No unit is called {0}.").format(turn.unit))
        beat = next((one.id for one in self.beats() if one.name == turn.beat), None)
        if turn.beat and beat is None:
            raise _TurnError(
                self.tr("No beat is called {0}; draw it on the map.").format(turn.beat)
            )
        return RosterEntry(
            id=new_id(self._mirror.now()) if held is None else held.id,
            unit=unit.id,
            starts_at=turn.starts_at,
            ends_at=turn.ends_at,
            post=turn.post,
            beat=beat,
            note=turn.note,
        )

    @Slot(str, list)
    def _take(self, kind: str, _ids: list[str]) -> None:
        if kind == "roster":
            self._soon.start()


class _TurnError(ZhihuiError):
    """A turn that cannot be entered, with the sentence that helps."""


def turn_of(typed: Mapping[str, str], *, beat: str) -> PlannedTurn:
    """Return the turn that was typed, its times by the clock on the wall.

    Raises:
        ValueError: A time is none, or no unit is named; the sentence helps.
    """
    times = []
    for name in ("starts_at", "ends_at"):
        try:
            times.append(datetime.fromisoformat(typed[name].strip()).astimezone(UTC))
        except ValueError as error:
            text = QCoreApplication.translate("RosterModel", "“{0}” is no time; write {1}.")
            raise ValueError(text.format(typed[name], "2026-11-28 06:00")) from error
    if not typed["unit"].strip():
        raise ValueError(
            QCoreApplication.translate("RosterModel", "Name the unit by its call sign.")
        )
    return PlannedTurn(
        unit=typed["unit"].strip(),
        starts_at=times[0],
        ends_at=times[1],
        post=typed["post"].strip() or None,
        beat=beat or None,
        note=typed["note"].strip() or None,
    )
