"""Areas between the page and their model: shown, drawn, changed, what happened there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog

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
        if self._areas is not None:
            events = [self._areas.events.sentence(one) for one in self._areas.events.of_area(area)]
            told = json.dumps({"id": area, "events": events}, ensure_ascii=False)
            self._channel.area_history_told.emit(told)

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
