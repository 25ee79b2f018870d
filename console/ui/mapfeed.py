"""What the map shows: takes domain values and columns, gives packed layers and small events."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from console.dispatch.reach import ReachRing
from console.domain.ids import CameraId, IncidentId, UnitId
from console.domain.incidents import Incident, Stage
from console.domain.places import Camera
from console.domain.sensors import Sensor
from console.domain.units import Unit
from console.tracking import ForceColumns, Freshness
from console.tracking.fresh import KIND_NO
from console.ui.maplayers import LayerRows
from console.ui.mappack import packed_age
from console.ui.mapposts import PostMark
from console.ui.mapriders import Riders
from console.ui.mapsprites import (
    STATUS_NO,
    CameraState,
    MapLayer,
    SensorShown,
    camera_sprites,
    direction_of,
    incident_sprite,
    sensor_sprite,
    unit_sprites,
)

#: How often units that say nothing are looked at again, so that they fade in time.
AGEING_MS = 1000
_NO_HEADING = np.float32(np.nan)
#: Below this speed a heading is noise, metres a second.
HEADING_FROM_MPS = 0.4
_WAITING = frozenset({Stage.COLLECT, Stage.FILE, Stage.DISPATCH})


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMark:
    """One of the units nearest to the picked incident.

    Attributes:
        rank: 1 is the nearest by road.
        text: How long it takes by road, as the badge says it.
    """

    unit: UnitId
    rank: int
    text: str


def clock_ms() -> int:
    """Return the time, Unix milliseconds."""
    return time.time_ns() // 1_000_000


def short_number(incident: Incident) -> str:
    """Return what is written beside an incident: the running number without its date."""
    return incident.short_number or ""


def _moves_row(before: Unit, after: Unit) -> bool:
    """Whether a change of a unit is more than what it is doing."""
    return (before.no, before.kind, before.call_sign) != (after.no, after.kind, after.call_sign)


class MapFeed(QObject):
    """The layers of the map and what is marked on them.

    Signals:
        revision_ready: A layer's name and its new revision.
        marks_changed: Rings, near badges and the reach as JSON.
    """

    revision_ready = Signal(str, int)
    marks_changed = Signal(str)

    def __init__(
        self, *, now_ms: Callable[[], int] = clock_ms, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._now_ms = now_ms
        self._layers = {layer: LayerRows(layer) for layer in MapLayer}
        self._units: dict[UnitId, Unit] = {}
        self._cameras: dict[CameraId, Camera] = {}
        self._incidents: dict[IncidentId, Incident] = {}
        self._camera_states: dict[CameraId, CameraState] = {}
        self._riders = Riders()
        self._sensors: dict[str, SensorShown] = {}
        self._force: ForceColumns | None = None
        self._live: ForceColumns | None = None
        self._past_ms: int | None = None
        self._force_at_ms = 0
        self._nos: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._in_order = True
        self._status: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
        self._kind: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
        self._freshness: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
        self._picked: tuple[MapLayer, str] | None = None
        self._near: tuple[NearMark, ...] = ()
        self._near_to = ""
        self._reach: tuple[ReachRing, ...] = ()
        self._posts: tuple[PostMark, ...] = ()
        self._ageing = QTimer(self)
        self._ageing.setInterval(AGEING_MS)
        self._ageing.timeout.connect(self.refresh_ages)
        self._ageing.start()

    # -- what is known -----------------------------------------------------------------------

    def set_units(self, units: Iterable[Unit]) -> None:
        """Show these units and no others, where the force says they are."""
        self._units = {unit.id: unit for unit in sorted(units, key=lambda unit: unit.no)}
        self._order_units()
        self._place_units()

    def update_units(self, units: Iterable[Unit]) -> None:
        """Take new or changed units."""
        changed = {unit.id: unit for unit in units}
        rows = self._layers[MapLayer.UNITS]
        for unit in changed.values():
            row, known = rows.row_of(unit.id), self._units.get(unit.id)
            if row is None or known is None or _moves_row(known, unit):
                self.set_units({**self._units, **changed}.values())
                return
            self._status[row] = STATUS_NO[unit.status]
        self._units |= changed
        self._place_units()

    def set_force(self, columns: ForceColumns) -> None:
        """Take where every unit is, by unit number; comes up to five times a second."""
        self._live = columns
        if self._past_ms is None:
            self._force, self._force_at_ms = columns, self._now_ms()
            self._place_units()

    def show_past(self, columns: ForceColumns, at_ms: int) -> None:
        """Show where everybody was at a time, Unix milliseconds, until `show_present`."""
        self._past_ms = at_ms
        self._force, self._force_at_ms = self._with_kinds(columns), at_ms
        self._place_units()

    def show_present(self) -> None:
        """Show the newest positions again."""
        self._past_ms = None
        if self._live is not None:
            self.set_force(self._live)

    def _with_kinds(self, columns: ForceColumns) -> ForceColumns:
        """Return columns of the past with the kinds of the units known now."""
        known = self._nos < len(columns)
        columns.kind_no[self._nos[known]] = self._kind[known]
        return columns

    def _clock_ms(self) -> int:
        """Return the time shown."""
        return self._now_ms() if self._past_ms is None else self._past_ms

    def refresh_ages(self) -> None:
        """Fade what has become stale since; nothing is packed again when nothing has."""
        if self._force is None or not self._units:
            return
        moved = self._riders.moved(self._units, self._force, self._freshness_now())
        if moved is not None:
            self._set_rows(MapLayer.CAMERAS, *moved, self._now_ms())
        if not np.array_equal(self._freshness_now(), self._freshness):
            self._place_units()

    def set_cameras(
        self, cameras: Iterable[Camera], states: Mapping[CameraId, CameraState] | None = None
    ) -> None:
        """Show these camera points and no others."""
        self._cameras = {camera.id: camera for camera in cameras if not camera.retired}
        if states is not None:
            self._camera_states = dict(states)
        self._place_cameras()

    def set_camera_states(self, states: Mapping[CameraId, CameraState]) -> None:
        """Take what is known of the cameras' pictures; those not named are unknown."""
        if dict(states) != self._camera_states:
            self._camera_states = dict(states)
            self._place_cameras()

    def set_sensors(self, shown: Sequence[SensorShown]) -> None:
        """Show these sensors and no others, each with what it reads; nothing new draws nothing."""
        sensors = {one.sensor.id: one for one in shown}
        if sensors == self._sensors:
            return
        self._sensors = sensors
        sprites = np.array([sensor_sprite(s.sensor.kind, s.state) for s in shown], dtype=np.uint8)
        values = [f"{s.reading.value:.0f} {s.sensor.unit}" if s.reading else "" for s in shown]
        self._place_listed(MapLayer.SENSORS, [one.sensor for one in shown], values, sprites)

    def set_incidents(self, incidents: Iterable[Incident]) -> None:
        """Show these incidents and no others; those without a place are not drawn."""
        self._incidents = {incident.id: incident for incident in incidents if incident.is_open}
        self._place_incidents()

    # -- what is marked ----------------------------------------------------------------------

    def set_picked(self, layer: MapLayer | None, thing: str = "") -> None:
        """Draw a ring round something, or round nothing."""
        self._picked = (layer, thing) if layer is not None else None
        self._say_marks()

    def set_near(
        self,
        near: Sequence[NearMark],
        reach: Sequence[ReachRing] = (),
        *,
        incident: str = "",
    ) -> None:
        """Number the units nearest to an incident.

        Args:
            near: Nearest first.
            reach: What can be reached in time, the widest ring first.
            incident: Which incident they are near to.
        """
        self._near, self._reach, self._near_to = tuple(near), tuple(reach), incident
        self._say_marks()

    def set_posts(self, posts: Sequence[PostMark]) -> None:
        """Show where big incidents are commanded from."""
        if tuple(posts) != self._posts:
            self._posts = tuple(posts)
            self._say_marks()

    def marks(self) -> str:
        """Return rings, near badges, reach and posts as JSON, rows with the order they are of."""
        rings: list[tuple[str, int, int]] = []
        if self._picked is not None:
            layer, thing = self._picked
            row = self._layers[layer].row_of(thing)
            if row is not None:
                rings.append((layer.value, row, self._layers[layer].order_rev))
        units = self._layers[MapLayer.UNITS]
        near = [
            {"index": row, "order": units.order_rev, "rank": mark.rank, "text": mark.text}
            for mark in self._near
            if (row := units.row_of(mark.unit)) is not None
        ]
        reach = [{"s": ring.limit_s, "outlines": ring.outlines} for ring in self._reach]
        posts = [post.told() for post in self._posts]
        return json.dumps({"rings": rings, "near": near, "reach": reach, "posts": posts})

    def near_places(self, incident: str) -> list[tuple[float, float]]:
        """Return where the numbered units are, if they are those near to this incident."""
        near = self._near if incident == self._near_to else ()
        places = (self._layers[MapLayer.UNITS].place_of(mark.unit) for mark in near)
        return [place for place in places if place is not None]

    # -- what the page asks ------------------------------------------------------------------

    def revisions(self) -> list[tuple[str, int]]:
        """Return each layer's name and revision."""
        return [(layer.value, rows.rev) for layer, rows in self._layers.items()]

    def rows(self, layer: MapLayer) -> LayerRows:
        """Return one layer."""
        return self._layers[layer]

    def unit(self, unit: str) -> Unit | None:
        """Return a unit that is shown."""
        return self._units.get(UnitId(unit))

    def camera(self, camera: str) -> Camera | None:
        """Return a camera that is shown."""
        return self._cameras.get(CameraId(camera))

    def camera_state(self, camera: str) -> CameraState:
        """Return what is known of a camera's picture."""
        return self._camera_states.get(CameraId(camera), CameraState.UNKNOWN)

    def sensor(self, sensor: str) -> SensorShown | None:
        """Return a sensor that is shown."""
        return self._sensors.get(sensor)

    def now(self) -> datetime:
        """Return the present, aware UTC, also while the map shows the past."""
        return datetime.fromtimestamp(self._now_ms() / 1000, tz=UTC)

    def incident(self, incident: str) -> Incident | None:
        """Return an incident that is shown."""
        return self._incidents.get(IncidentId(incident))

    def fix_of(self, unit: str) -> tuple[float | None, Freshness]:
        """Return the age of a unit's fix in seconds and what it is worth."""
        row = self._layers[MapLayer.UNITS].row_of(unit)
        if row is None or self._force is None or self._nos[row] >= len(self._force):
            return None, Freshness.NO_FIX
        t_ms = int(self._force.t_ms[self._nos[row]])
        if t_ms <= 0:
            return None, Freshness.NO_FIX
        return max(0.0, (self._clock_ms() - t_ms) / 1000), Freshness(int(self._freshness[row]))

    # -- packing -----------------------------------------------------------------------------

    def _order_units(self) -> None:
        units = list(self._units.values())
        count = len(units)
        self._nos = np.fromiter((unit.no for unit in units), np.int64, count)
        self._status = np.fromiter((STATUS_NO[unit.status] for unit in units), np.uint8, count)
        self._in_order = bool(np.array_equal(self._nos, np.arange(count)))
        self._kind = np.fromiter((KIND_NO[unit.kind] for unit in units), np.uint8, count)
        rows = self._layers[MapLayer.UNITS]
        if rows.set_order(list(self._units), [unit.call_sign for unit in units]):
            self._say_marks()

    def _freshness_now(self) -> NDArray[np.uint8]:
        """Return what each row's fix is worth now."""
        force = self._force
        if force is None:
            return np.zeros(len(self._nos), dtype=np.uint8)
        fresh = force.freshness(self._clock_ms())
        if self._is_whole(force):
            return fresh[: len(self._nos)]
        within = self._nos < len(force)
        nos = np.where(within, self._nos, 0)
        return np.where(within, fresh[nos] if len(fresh) else 0, 0).astype(np.uint8)

    def _is_whole(self, force: ForceColumns) -> bool:
        """Whether the rows are the force's own in its order: then nothing has to be gathered."""
        return self._in_order and len(self._nos) <= len(force)

    def _place_units(self) -> None:
        force = self._force
        if force is None or not len(force) or not len(self._nos):
            return
        nos: slice | NDArray[np.int64] = slice(len(self._nos))
        self._freshness = self._freshness_now()
        known = self._freshness != Freshness.NO_FIX
        if not self._is_whole(force):
            within = self._nos < len(force)
            nos = np.where(within, self._nos, 0)
            known &= within
        speed = force.speed_mps[nos]
        heading = np.where(speed >= HEADING_FROM_MPS, force.heading_deg[nos], _NO_HEADING)
        sprite = unit_sprites(self._status, self._kind, direction_of(heading), self._freshness)
        self._set_rows(
            MapLayer.UNITS,
            np.where(known, force.lat[nos], np.nan),
            np.where(known, force.lon[nos], np.nan),
            sprite,
            self._force_at_ms,
            packed_age((self._clock_ms() - force.t_ms[nos]) / 1000.0),
        )

    def _place_cameras(self) -> None:
        cameras = list(self._cameras.values())
        states = [self.camera_state(camera.id) for camera in cameras]
        sprites = camera_sprites(states, [camera.bearing_deg for camera in cameras])
        self._riders = Riders.of(cameras, sprites)
        self._place_listed(MapLayer.CAMERAS, cameras, [c.name for c in cameras], sprites)

    def _place_incidents(self) -> None:
        listed = list(self._incidents.values())
        sprites = np.array(
            [incident_sprite(i.level, waits=i.stage in _WAITING) for i in listed], dtype=np.uint8
        )
        self._place_listed(MapLayer.INCIDENTS, listed, [short_number(i) for i in listed], sprites)

    def _place_listed(
        self,
        layer: MapLayer,
        things: Sequence[Camera] | Sequence[Incident] | Sequence[Sensor],
        names: list[str],
        sprites: NDArray[np.uint8],
    ) -> None:
        changed = self._layers[layer].set_order([thing.id for thing in things], names)
        lat = np.array([np.nan if thing.lat is None else thing.lat for thing in things], float)
        lon = np.array([np.nan if thing.lon is None else thing.lon for thing in things], float)
        self._set_rows(layer, lat, lon, sprites, self._now_ms())
        if changed:
            self._say_marks()

    def _set_rows(
        self,
        layer: MapLayer,
        lat: NDArray[np.float64],
        lon: NDArray[np.float64],
        sprite: NDArray[np.uint8],
        time_ms: int,
        age: NDArray[np.uint8] | None = None,
    ) -> None:
        rows = self._layers[layer]
        rows.set_rows(lat, lon, sprite, time_ms=float(time_ms), age=age)
        self.revision_ready.emit(layer.value, rows.rev)

    def _say_marks(self) -> None:
        self.marks_changed.emit(self.marks())
