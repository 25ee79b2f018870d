"""Areas on the map: drawn, imported; what central says happened there, who is at a post."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from console.dispatch.rules_areas import check_area
from console.domain.areas import Area, AreaEvent, AreaId, AreaKind, FenceRule
from console.domain.errors import RejectedError, ZhihuiError
from console.domain.ids import new_id
from console.domain.units import UnitStatus
from console.gateways.areafiles import read_areas
from console.tracking import ForceColumns
from console.tracking.fences import FenceWatch, FixRows
from console.ui.actions import DeskActions
from console.ui.areaevents import AreaEvents
from console.ui.areapast import AreaEventSource, AreaPast
from console.ui.mirror import Mirror
from console.ui.nearfinder import NearFinder
from console.ui.reasons import reason_text

TICK_MS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaShown:
    """One area as the map shows it.

    Attributes:
        holds: Whether it is in use now.
        inside: How many units are in it; those off duty do not count.
        missing: How many people a post still needs.
        people: How many people are there.
        units: Call signs of the units it is meant for, none for all.
    """

    area: Area
    holds: bool
    inside: int
    missing: int
    people: int = 0
    units: tuple[str, ...] = ()


class MapAreas(QObject):
    """Follows areas and positions; draws, changes and retires areas by command.

    Signals:
        changed: List of `AreaShown`.
        happened: A sentence about what happened at an area.
        failed: A sentence: why a file was not imported.
    """

    changed = Signal(object)
    happened = Signal(str)
    failed = Signal(str)

    def __init__(
        self,
        mirror: Mirror,
        actions: DeskActions,
        finder: NearFinder | None = None,
        parent: QObject | None = None,
        *,
        source: AreaEventSource | None = None,
    ) -> None:
        super().__init__(parent)
        self._mirror, self._actions, self._finder = mirror, actions, finder
        self.past = None if source is None else AreaPast(mirror, source, self)
        self._watch = FenceWatch()
        self._mark = -1
        self._shown: list[AreaShown] = []
        self._closures: tuple[Area, ...] = ()
        self.events = AreaEvents(mirror, self)
        self.events.happened.connect(self._tell)
        mirror.areas_changed.connect(self._take_areas)
        mirror.positions_changed.connect(self._take_positions)
        self._clock = QTimer(self, interval=TICK_MS)
        self._clock.timeout.connect(self._say)
        self._clock.start()
        self._take_areas([])

    @property
    def shown(self) -> list[AreaShown]:
        """What the map shows now."""
        return self._shown

    def draw(self, outline: list[tuple[float, float]], what: Mapping[str, object]) -> bool:
        """Enter an area that was drawn, or change one.

        Args:
            outline: Corners, WGS-84.
            what: "id" (of one that is there), "name", "kind", "rules", "dwell_s", "absence_s",
                "need", "plan", "starts_ms", "ends_ms", "units" (call signs with commas),
                "response" as the page's form has them; what is missing is none.

        Returns:
            Whether it is on its way; if not, `failed` said why.
        """
        held = self._mirror.area(str(what.get("id") or ""))
        try:
            area = Area(
                id=held.id if held is not None else AreaId(new_id(self._mirror.now())),
                name=str(what.get("name") or ""),
                kind=AreaKind(str(what.get("kind") or AreaKind.FENCE)),
                outline=tuple(outline),
                rules=tuple(FenceRule(rule) for rule in _words(what.get("rules"))),
                dwell_s=_number(what.get("dwell_s")),
                absence_s=_number(what.get("absence_s")),
                need=_number(what.get("need")),
                plan=AreaId(str(what["plan"])) if what.get("plan") else None,
                starts_at=_time(what.get("starts_ms")),
                ends_at=_time(what.get("ends_ms")),
                units=self._units_called(str(what.get("units") or "")),
                response=str(what.get("response") or "") or None,
                version=held.version if held is not None else 0,
            )
            check_area(area, self._mirror.area(area.plan) if area.plan is not None else None)
        except RejectedError as error:
            self.failed.emit(reason_text(str(error)))
            return False
        return self._actions.put_areas([area])

    def _units_called(self, text: str) -> tuple[str, ...]:
        """Return the ids of units named by their call signs.

        Raises:
            RejectedError: Nobody is called that.
        """
        found = []
        for name in re.split(r"[,，、;；\s]+", text.strip()):
            unit = self._mirror.unit_called(name) if name else None
            if name and unit is None:
                raise RejectedError(f"No unit is called {name}.")
            if unit is not None:
                found.append(str(unit.id))
        return tuple(dict.fromkeys(found))

    def retire(self, area_id: str) -> bool:
        """Take an area out of use."""
        area = self._mirror.area(area_id)
        return area is not None and self._actions.put_areas([replace(area, retired=True)])

    def import_file(self, path: Path) -> int:
        """Enter the polygons of a GeoJSON or KML file as fences; return how many."""
        try:
            drawn = read_areas(path)
        except ZhihuiError as error:
            self.failed.emit(reason_text(str(error)))
            return 0
        areas = [
            Area(
                id=AreaId(new_id(self._mirror.now())),
                name=one.name,
                kind=AreaKind.FENCE,
                outline=one.outline,
            )
            for one in drawn
        ]
        return len(areas) if self._actions.put_areas(areas) else 0

    def _take_areas(self, _ids: list[str]) -> None:
        now = self._mirror.now()
        # Central tells what happens; here it is counted who is inside.
        areas = [replace(area, rules=()) for area in self._mirror.areas()]
        numbers: dict[str, int] = {}
        if any(area.units for area in areas):
            numbers = {unit.id: unit.no for unit in self._mirror.units()}
        force = self._mirror.force
        seen = None if force is None else _fixes(force, np.flatnonzero(force.t_ms > 0))
        self._watch.set_areas(areas, numbers, now_ms=int(now.timestamp() * 1000), seen=seen)
        self._say()

    @Slot(object)
    def _take_positions(self, columns: ForceColumns) -> None:
        nos = columns.changed_since(self._mark)
        self._mark = columns.newest_mark
        fixes = _fixes(columns, nos[columns.t_ms[nos] > 0])
        self._watch.take(fixes.no, fixes.t_ms, fixes.lat, fixes.lon)

    @Slot(object)
    def _tell(self, event: AreaEvent) -> None:
        self.happened.emit(self.events.sentence(event))

    @Slot()
    def _say(self) -> None:
        now = self._mirror.now()
        shown = [self._of(area, now) for area in self._mirror.areas() if not area.retired]
        if shown != self._shown:
            self._shown = shown
            self.changed.emit(shown)
        closures = tuple(one.area for one in shown if one.area.shuts_roads and one.holds)
        if closures != self._closures:
            self._closures = closures
            if self._finder is not None:
                outlines = [np.array(area.outline) for area in closures]
                self._finder.set_closures(outlines)

    def _of(self, area: Area, now: datetime) -> AreaShown:
        units = (self._mirror.unit_numbered(no) for no in self._watch.inside(area.id))
        present = [one for one in units if one and one.status is not UnitStatus.OFF_DUTY]
        people = sum(max(1, one.officers) for one in present)
        return AreaShown(
            area=area,
            holds=area.holds_at(now),
            inside=len(present),
            missing=max(0, (area.need or 0) - people),
            people=people,
            units=tuple(unit.call_sign for one in area.units if (unit := self._mirror.unit(one))),
        )


def _fixes(columns: ForceColumns, nos: NDArray[np.int64]) -> FixRows:
    return FixRows(no=nos, t_ms=columns.t_ms[nos], lat=columns.lat[nos], lon=columns.lon[nos])


def _words(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _number(value: object) -> int | None:
    return round(float(value)) if isinstance(value, int | float) and value else None


def _time(value: object) -> datetime | None:
    return datetime.fromtimestamp(value / 1000, UTC) if isinstance(value, int) and value else None
