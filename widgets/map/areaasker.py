"""Areas between the page and their model: shown, drawn, changed, what happened there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog

from console.domain.areas import AreaEvent
from console.ui.mapareas import AreaShown, MapAreas
from console.ui.mapchannel import MapChannel
from console.ui.mapmodel import MapModel
from console.ui.words import moment_text


class AreaAsker(QObject):
    """Carries what is asked of areas from the page to their model, and answers back."""

    def __init__(
        self, channel: MapChannel, model: MapModel, say: Callable[[str], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._channel, self._areas = channel, model.areas
        self._asked = ""
        areas = self._areas
        if areas is None:
            return
        areas.changed.connect(self._show)
        areas.happened.connect(say)
        areas.failed.connect(say)
        areas.events.changed.connect(self._show_history_again)
        if areas.past is not None:
            areas.past.changed.connect(self._show_history)
            channel.area_past_asked.connect(self._ask_past)
        channel.started.connect(lambda: self._show(areas.shown))
        channel.area_drawn.connect(self._draw)
        channel.area_retired.connect(areas.retire)
        channel.area_asked.connect(self._show_history)
        channel.import_wanted.connect(lambda: self._import(areas))

    def _show(self, shown: list[AreaShown]) -> None:
        rows = [self._row(one) for one in shown]
        self._channel.areas_told.emit(json.dumps(rows, ensure_ascii=False))

    def _row(self, one: AreaShown) -> dict[str, object]:
        area = one.area
        return {
            "id": area.id,
            "name": area.name,
            "kind": area.kind.value,
            "outline": area.outline,
            "rules": [rule.value for rule in area.rules],
            "dwell_s": area.dwell_s or 0,
            "absence_s": area.absence_s or 0,
            "plan": area.plan,
            "starts_ms": _ms(area.starts_at),
            "ends_ms": _ms(area.ends_at),
            "times": _times(area.starts_at, area.ends_at),
            "units": ", ".join(one.units),
            "response": area.response or "",
            "holds": one.holds,
            "inside": one.inside,
            "need": area.need or 0,
            "missing": one.missing,
            "people": one.people,
        }

    def _draw(self, text: str) -> None:
        told = json.loads(text)
        outline = [(float(lat), float(lon)) for lat, lon in told.pop("outline")]
        if self._areas is not None and self._areas.draw(outline, told):
            self._channel.area_kept.emit()

    def _show_history(self, area: str) -> None:
        self._asked = area
        if self._areas is None:
            return
        past = self._areas.past
        told: dict[str, object] = {
            "id": area,
            "events": [self._areas.events.sentence(one) for one in self._events_of(area)],
            "older": past is not None and not past.is_whole,
            "whole": past is not None and past.is_whole,
            "why": "" if past is None or not past.is_refused else self._why(),
        }
        self._channel.area_history_told.emit(json.dumps(told, ensure_ascii=False))

    def _events_of(self, area: str) -> list[AreaEvent]:
        if self._areas is None:
            return []
        recent, past = self._areas.events.of_area(area), self._areas.past
        if past is None:
            return recent
        past.begin(area)
        return past.after(recent)

    def _ask_past(self, area: str) -> None:
        events = self._events_of(area)
        if self._areas is not None and self._areas.past is not None:
            self._areas.past.ask(events[-1] if events else None)

    def _why(self) -> str:
        return self.tr("Central is not reached; what happened earlier is kept there.")

    def _show_history_again(self, areas: list[str]) -> None:
        if self._asked in areas:
            self._show_history(self._asked)

    def _import(self, areas: MapAreas) -> None:
        dialog = QFileDialog(None, self.tr("Areas from a file"))
        dialog.setNameFilter(self.tr("Areas (*.geojson *.json *.kml)"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: areas.import_file(Path(name)))
        dialog.open()


def _ms(at: datetime | None) -> int:
    return 0 if at is None else round(at.timestamp() * 1000)


def _times(starts_at: datetime | None, ends_at: datetime | None) -> str:
    if starts_at is None and ends_at is None:
        return ""
    return f"{moment_text(starts_at)[:16]} – {moment_text(ends_at)[:16]}"
