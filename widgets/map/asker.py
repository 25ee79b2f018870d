"""What is asked in the map: the search and the menu at a place, answered by the models."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, SignalInstance

from console.ui.mapchannel import MapChannel
from console.ui.mapground import MapGround
from console.ui.mapmodel import MapModel
from console.ui.mapplace import PlaceAction, WayFound
from console.ui.mapsearch import Hit, HitKind
from console.ui.mapsprites import MapLayer
from console.ui.mapviews import MapViews, SavedView, view_from
from widgets.map.areaasker import AreaAsker
from widgets.map.replayasker import ReplayAsker

if TYPE_CHECKING:
    from widgets.map.sensorasker import SensorAsker

#: How near places are looked at, by what they are.
_ZOOMS = {HitKind.AREA: 13.0, HitKind.ROAD: 15.0, HitKind.GRID: 15.0}
_PLACE_ZOOM = 17.0


class AskedMap(Protocol):
    """The map widget, as far as questions go; its signals and slots by their names there."""

    channel: MapChannel
    unit_picked: SignalInstance
    incident_picked: SignalInstance
    camera_picked: SignalInstance
    place_picked: SignalInstance
    send_wanted: SignalInstance
    send_at_wanted: SignalInstance
    escaped: SignalInstance

    @property
    def model(self) -> MapModel:
        """What the map is built on."""

    def say(self, sentence: str) -> None:
        """Show a sentence over the map for a while."""

    def show_unit(self, unit: str) -> bool:
        """Ring a unit and look at it."""

    def show_incident(self, incident: str) -> bool:
        """Ring an incident and look at it."""

    def show_camera(self, camera: str) -> bool:
        """Ring a camera point and look at it."""

    def show_sensor(self, sensor: str) -> bool:
        """Ring a sensor and look at it."""

    def centre_on(self, lat: float, lon: float, zoom: float = 0.0) -> None:
        """Look at a place."""


class MapAsker(QObject):
    """Carries questions from the page to the models of its map, and answers back."""

    def __init__(self, widget: AskedMap, parent: QObject) -> None:
        super().__init__(parent)
        self._widget, self._channel = widget, widget.channel
        self._hits: list[Hit] = []
        self._sensors: SensorAsker | None = None
        channel, search, places = self._channel, widget.model.search, widget.model.places
        channel.acted.connect(self._act)
        channel.escaped.connect(self.escape)
        channel.chosen.connect(self._choose)
        if search is not None:
            channel.searched.connect(search.find)
            search.found.connect(self._show_found)
        if places is not None:
            places.listed.connect(self._show_list)
            places.said.connect(widget.say)
            places.way_found.connect(self._show_way)
            channel.heat_wanted.connect(lambda: channel.heat_told.emit(json.dumps(places.heat())))
            channel.routed.connect(
                lambda lat, lon, to_lat, to_lon: places.route((lat, lon), (to_lat, to_lon))
            )

        self._areas = AreaAsker(channel, widget.model, widget.say, self)
        self._replay = ReplayAsker(channel, widget.model, widget.say, self)
        widget.unit_picked.connect(self._replay.trace)
        self._join_views(widget.model.views)
        self._join_ground(widget.model.ground)

    def _join_views(self, views: MapViews | None) -> None:
        if views is None:
            return
        channel = self._channel
        views.changed.connect(self._show_views)
        channel.started.connect(lambda: self._show_views(views.views))
        channel.view_saved.connect(lambda text: views.save(view_from(text)))
        channel.view_dropped.connect(views.drop)

    def _join_ground(self, ground: MapGround | None) -> None:
        if ground is None:
            return
        channel = self._channel
        ground.changed.connect(lambda: self._show_ground(ground))
        channel.started.connect(lambda: self._show_ground(ground))
        channel.place_hovered.connect(
            lambda lat, lon, hidden: channel.hint_ready.emit(
                self._hint_at(ground, (lat, lon), json.loads(hidden))
            )
        )
        channel.place_asked.connect(
            lambda lat, lon, hidden: self._list_ground(ground.at(lat, lon, json.loads(hidden)))
        )

    def _hint_at(self, ground: MapGround, at: tuple[float, float], hidden: list[str]) -> str:
        lines = [place_hint(ground.at(*at, hidden))]
        places = self._widget.model.places
        if "heat" not in hidden and places is not None:
            lines.append(places.heat_near(*at))
        return "\n".join(line for line in lines if line)

    def _show_ground(self, ground: MapGround) -> None:
        told = {
            "revs": ground.revisions,
            "colours": ground.tones(),
            "authorities": [
                {"code": one.code, "zh": one.name_zh, "en": one.name_en, "grids": one.grids}
                for one in ground.authorities
            ],
        }
        self._channel.ground_told.emit(json.dumps(told, ensure_ascii=False))

    def _list_ground(self, hits: list[Hit]) -> None:
        if hits:
            self._show_list(self.tr("Who answers for this place"), hits)

    def _show_views(self, views: list[SavedView]) -> None:
        rows = [asdict(view) for view in views]
        self._channel.views_told.emit(json.dumps(rows, ensure_ascii=False))

    def _show_found(self, text: str, hits: list[Hit]) -> None:
        self._say_hits({"text": text}, hits)

    def _show_list(self, heading: str, hits: list[Hit]) -> None:
        self._say_hits({"heading": heading}, hits)

    def _say_hits(self, head: dict[str, str], hits: list[Hit]) -> None:
        self._hits = hits
        said = {**head, "hits": [asdict(hit) for hit in hits]}
        self._channel.search_found.emit(json.dumps(said, ensure_ascii=False))

    def _show_way(self, way: WayFound) -> None:
        self._channel.way_found.emit(json.dumps({"points": way.points, "text": way.text}))

    def tell_pick(self, layer: MapLayer, thing: str) -> None:
        """Tell the world what was picked; what a sensor says is shown here."""
        widget = self._widget
        if layer is MapLayer.SENSORS:
            self.open_sensor(thing)
            return
        signal = {
            MapLayer.UNITS: widget.unit_picked,
            MapLayer.INCIDENTS: widget.incident_picked,
            MapLayer.CAMERAS: widget.camera_picked,
        }[layer]
        signal.emit(thing)

    def open_sensor(self, sensor: str) -> None:
        """Show what a sensor reads and has read, over the map."""
        if self._sensors is None:
            # What draws its plots takes a third of a second to import.
            from widgets.map.sensorasker import SensorAsker  # noqa: PLC0415

            self._sensors = SensorAsker(self._widget.model, self._widget)  # type: ignore[arg-type]
        self._sensors.open(sensor)

    def escape(self) -> None:
        """Close the sensor that is shown, else leave the map."""
        if self._sensors is None or not self._sensors.close():
            self._widget.escaped.emit()

    def _choose(self, number: int) -> None:
        if not 0 <= number < len(self._hits):
            return
        hit, widget = self._hits[number], self._widget
        if hit.kind is HitKind.UNIT:
            widget.show_unit(hit.id)
            widget.unit_picked.emit(hit.id)
        elif hit.kind is HitKind.INCIDENT:
            widget.incident_picked.emit(hit.id)
            widget.show_incident(hit.id)
        elif hit.kind is HitKind.CAMERA:
            widget.show_camera(hit.id)
            widget.camera_picked.emit(hit.id)
        elif hit.kind is HitKind.SENSOR:
            widget.show_sensor(hit.id)
        if hit.lat is not None and hit.lon is not None and hit.kind is not HitKind.UNIT:
            widget.centre_on(hit.lat, hit.lon, _ZOOMS.get(hit.kind, _PLACE_ZOOM))
            if not hit.id or hit.kind is HitKind.GRID:
                self._channel.pin_wanted.emit(hit.lat, hit.lon, hit.text)

    def _act(self, action: str, lat: float, lon: float) -> None:
        places = self._widget.model.places
        if action == PlaceAction.INCIDENT or places is None:
            self._widget.place_picked.emit(lat, lon)
        elif action == PlaceAction.NEAR:
            places.near(lat, lon)
        elif action == PlaceAction.CAMERAS:
            seen = places.cameras(lat, lon)
            if seen:
                self._widget.camera_picked.emit(seen[0])
        elif action == PlaceAction.HISTORY:
            places.history(lat, lon)
        elif action == PlaceAction.SEND:
            incident = places.incident_at(lat, lon)
            if incident is None:
                self._widget.send_at_wanted.emit(lat, lon)
            else:
                self._widget.send_wanted.emit(incident)


def place_hint(hits: list[Hit]) -> str:
    """Return what is said of a place under the pointer, a line each."""
    return "\n".join(" · ".join(part for part in (hit.text, hit.more) if part) for hit in hits)
