"""The past between the page and its model: a stretch for the time bar, trails of units."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from PySide6.QtCore import QObject, Slot

from console.ui.mapchannel import MapChannel
from console.ui.mapmodel import MapModel
from console.ui.mapreplay import ReplayPlace, ReplayState, ShownTrail, moment
from console.ui.mapsprites import MapLayer
from console.ui.words import moment_text

#: The longest stretch central gives of all units.
MOST_HOURS = 3.0


class ReplayAsker(QObject):
    """Carries what is asked of the past from the page to its model, and answers back."""

    def __init__(
        self, channel: MapChannel, model: MapModel, say: Callable[[str], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._channel, self._model = channel, model
        self._replay = replay = model.replay
        if replay is None:
            return
        replay.changed.connect(self._show)
        replay.trails_changed.connect(self._show_trails)
        replay.failed.connect(say)
        channel.sought.connect(lambda at_ms: replay.seek(round(at_ms)))
        channel.replay_wanted.connect(
            lambda ends_ms, hours: (
                replay.open(round(ends_ms) or None, min(hours, MOST_HOURS))
                if hours
                else replay.close()
            )
        )
        channel.place_replay_wanted.connect(self._open_at)
        channel.trail_kept.connect(self._keep)

    @Slot(str)
    def trace(self, unit: str) -> None:
        """Show the trail of the picked unit."""
        if self._replay is not None:
            self._replay.trace(unit)

    def _open_at(self, area: str, outline: str, ends_ms: float, hours: float) -> None:
        if self._replay is None:
            return
        ends = round(ends_ms) or (self._replay.state.ends_ms if self._replay.state.is_on else 0)
        self._replay.open_at(self._place(area, outline), ends or None, min(hours, MOST_HOURS))

    def _place(self, area_id: str, outline: str) -> ReplayPlace | None:
        areas = self._model.areas
        shown = [] if areas is None or not area_id else areas.shown
        for one in shown:
            if one.area.id == area_id:
                return ReplayPlace(name=one.area.name, outline=one.area.outline)
        if not outline:
            return None
        corners = tuple((float(lat), float(lon)) for lat, lon in json.loads(outline))
        return ReplayPlace(name=self.tr("the rectangle"), outline=corners)

    def _keep(self, layer: str, row: int, order_rev: int) -> None:
        if self._replay is None:
            return
        if not layer:
            self._replay.keep()
        elif layer == MapLayer.UNITS:
            unit = self._model.feed.rows(MapLayer.UNITS).thing_at(row, order_rev)
            if unit is not None:
                self._replay.keep(unit)

    def _show(self, state: ReplayState) -> None:
        told = asdict(state) | {"text": moment_text(moment(state.at_ms)) if state.at_ms else ""}
        self._channel.replay_told.emit(json.dumps(told, ensure_ascii=False))

    def _show_trails(self, trails: list[ShownTrail]) -> None:
        rows = [asdict(trail) for trail in trails]
        self._channel.trails_told.emit(json.dumps(rows, ensure_ascii=False))
