"""The map's search: everything that has a name or a number, and coordinates in any datum."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot

from console.domain.catalogue import Grid
from console.domain.incidents import Incident
from console.domain.places import Camera
from console.domain.sensors import Sensor
from console.domain.units import Unit
from console.geo.coordinates import read_coordinates
from console.store.citypack import CityPack
from console.store.nameindex import NameIndex
from console.ui.groundshapes import grid_outline
from console.ui.mirror import Mirror
from console.ui.words import form_word, is_chinese, stage_word, unit_kind_word, unit_state_word

_LOG = logging.getLogger("zhihui.map")
#: How many of each kind are offered at the most.
OFFERED = {"unit": 4, "incident": 4, "camera": 4, "grid": 4, "sensor": 3, "place": 8}


class HitKind(StrEnum):
    """What was found."""

    COORDINATES = "coordinates"
    UNIT = "unit"
    INCIDENT = "incident"
    CAMERA = "camera"
    AREA = "area"
    ROAD = "road"
    PLACE = "place"
    ADDRESS = "address"
    GRID = "grid"
    SENSOR = "sensor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing the search offers.

    Attributes:
        id: Of a unit, incident or camera; empty for a place.
        text: What it is called.
        more: What else helps to tell it from others.
        lat: WGS-84 degrees, ``None`` for what moves or has no place.
        lon: WGS-84 degrees.
    """

    kind: HitKind
    text: str
    more: str = ""
    id: str = ""
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class _Names:
    """Hits with the index that finds them; ``texts`` are in the order of the index's rows."""

    hits: tuple[Hit, ...]
    index: NameIndex

    @classmethod
    def of(cls, rows: Sequence[tuple[Hit, tuple[str, ...]]]) -> _Names:
        return cls(tuple(hit for hit, _ in rows), NameIndex([texts for _, texts in rows]))

    def find(self, text: str, limit: int) -> list[Hit]:
        return [self.hits[row] for row in self.index.find(text, limit)]


class _Work(QRunnable):
    """One piece of work for the pool."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self._work = work

    def run(self) -> None:
        """Do it; what fails is logged, the search goes on with what it has."""
        try:
            self._work()
        except Exception:  # noqa: BLE001 - logged with its cause
            _LOG.exception("the map's search could not do its work")


class MapSearch(QObject):
    """Answers what is typed, off the GUI thread; of several questions only the last.

    Signals:
        found: The text asked for, and a list of `Hit`.
    """

    found = Signal(str, object)
    _answered = Signal(int, str, object)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._asked = 0
        self._places: _Names | None = None
        self._live: dict[str, _Names] = {}
        self._old = {"unit", "camera", "incident", "grid", "sensor"}
        self._answered.connect(self._take, Qt.ConnectionType.QueuedConnection)
        mirror.units_changed.connect(lambda _ids: self._old.add("unit"))
        mirror.cameras_changed.connect(lambda _ids: self._old.add("camera"))
        mirror.incidents_changed.connect(lambda _ids: self._old.add("incident"))
        mirror.tables_changed.connect(lambda kind, _ids: self._old.add(kind))

    @Slot(object)
    def take_pack(self, path: Path) -> None:
        """Learn the names of a city pack, in the background."""

        def work() -> None:
            with CityPack.open(path) as pack:
                self._places = _Names.of(list(pack_rows(pack)))

        self._pool.start(_Work(work))

    def stop(self) -> None:
        """Wait for what is being done."""
        self._asked += 1
        self._pool.waitForDone()

    def find(self, text: str) -> None:
        """Look for what a text means; the answer is signalled."""
        self._asked += 1
        number = self._asked
        grids = self._mirror.every(Grid) if "grid" in self._old else None
        rows = self._live_rows()

        def work() -> None:
            if grids is not None:  # their outlines are looked through: not in the GUI thread
                rows["grid"] = [row for one in grids if (row := _grid_row(one)) is not None]
            for name, fresh in rows.items():
                self._live[name] = _Names.of(fresh)
            # A question that is not the last any more is not worth its answer.
            self._answered.emit(number, text, self._find(text) if number == self._asked else [])

        self._pool.start(_Work(work))

    def _live_rows(self) -> dict[str, list[tuple[Hit, tuple[str, ...]]]]:
        """Return the rows of what has changed since they were last asked for."""
        mirror, old, self._old = self._mirror, self._old, set()
        made: dict[str, list[tuple[Hit, tuple[str, ...]]]] = {}
        if "unit" in old:
            units = sorted(mirror.units(), key=lambda unit: len(unit.call_sign))
            made["unit"] = [_unit_row(unit) for unit in units]
        if "camera" in old:
            cameras = (one for one in mirror.cameras() if not one.retired)
            made["camera"] = [_camera_row(one) for one in sorted(cameras, key=_by_name)]
        if "incident" in old:
            newest = sorted(mirror.incidents(), key=lambda one: one.opened_at, reverse=True)
            made["incident"] = [_incident_row(one) for one in newest]
        if "sensor" in old:
            sensors = (one for one in mirror.every(Sensor) if not one.retired)
            made["sensor"] = [_sensor_row(one) for one in sensors]
        return made

    def _find(self, text: str) -> list[Hit]:
        hits = [
            Hit(
                kind=HitKind.COORDINATES,
                text=f"{one.lat:.6f}, {one.lon:.6f}",
                more=str(one.datum),
                lat=one.lat,
                lon=one.lon,
            )
            for one in read_coordinates(text)
        ]
        for name in ("unit", "incident", "camera", "grid", "sensor"):
            names = self._live.get(name)
            hits += names.find(text, OFFERED[name]) if names is not None else []
        if self._places is not None:
            hits += self._places.find(text, OFFERED["place"])
        return hits

    @Slot(int, str, object)
    def _take(self, number: int, text: str, hits: list[Hit]) -> None:
        if number == self._asked:
            self.found.emit(text, hits)


def _by_name(camera: Camera) -> tuple[int, str]:
    return len(camera.name), camera.name


def _unit_row(unit: Unit) -> tuple[Hit, tuple[str, ...]]:
    more = " · ".join(
        part
        for part in (unit.name, unit_kind_word(unit.kind), unit_state_word(unit.status))
        if part
    )
    hit = Hit(kind=HitKind.UNIT, id=unit.id, text=unit.call_sign, more=more)
    return hit, (unit.call_sign, unit.name or "", unit.phone or "", unit.radio or "")


def _camera_row(camera: Camera) -> tuple[Hit, tuple[str, ...]]:
    hit = Hit(
        kind=HitKind.CAMERA, id=camera.id, text=camera.name, more=camera.id, lat=camera.lat,
        lon=camera.lon,
    )  # fmt: skip
    return hit, (camera.name, camera.id)


def _incident_row(incident: Incident) -> tuple[Hit, tuple[str, ...]]:
    number = incident.number or "—"
    more = f"{form_word(incident.form)} · {stage_word(incident.stage)} · {incident.place}"
    hit = Hit(
        kind=HitKind.INCIDENT, id=incident.id, text=number, more=more, lat=incident.lat,
        lon=incident.lon,
    )  # fmt: skip
    return hit, (incident.short_number or "", number, incident.place, incident.summary)


def _sensor_row(sensor: Sensor) -> tuple[Hit, tuple[str, ...]]:
    hit = Hit(
        kind=HitKind.SENSOR, id=sensor.id, text=sensor.name, more=sensor.id, lat=sensor.lat,
        lon=sensor.lon,
    )  # fmt: skip
    return hit, (sensor.name, sensor.id)


def _grid_row(grid: Grid) -> tuple[Hit, tuple[str, ...]] | None:
    outline = None if grid.retired else grid_outline(grid)
    if outline is None:
        return None
    home = grid.name_zh if is_chinese() else grid.name_en
    more = " · ".join(part for part in (home, grid.holder, grid.phone) if part)
    lat, lon = outline.at
    hit = Hit(kind=HitKind.GRID, id=grid.id, text=grid.code, more=more, lat=lat, lon=lon)
    return hit, (grid.code, grid.code.replace("-", ""), grid.holder or "", grid.phone or "")


def pack_rows(pack: CityPack) -> Iterable[tuple[Hit, tuple[str, ...]]]:
    """Return the names in a city pack: areas, roads, places, then addresses."""
    chinese = is_chinese()

    def row(
        kind: HitKind, zh: str | None, en: str | None, address: str, lat: float, lon: float
    ) -> tuple[Hit, tuple[str, ...]]:
        names = [name for name in ((zh, en) if chinese else (en, zh)) if name]
        text = names[0] if names else address
        more = " · ".join(part for part in [*names[1:], address] if part and part != text)
        return Hit(kind=kind, text=text, more=more, lat=lat, lon=lon), (zh or "", en or "", address)

    for area in pack.jurisdictions():
        if area.lat is not None and area.lon is not None:
            yield row(HitKind.AREA, area.name_zh, area.name_en, "", area.lat, area.lon)
    for road in pack.named_roads():
        yield row(HitKind.ROAD, road.name_zh, road.name_en, "", road.lat, road.lon)
    places = sorted(
        pack.all_places(), key=lambda one: (one.kind == "address", len(one.name_zh or one.name_en))
    )
    for one in places:
        kind = HitKind.ADDRESS if one.kind == "address" else HitKind.PLACE
        yield row(kind, one.name_zh, one.name_en, one.address, one.lat, one.lon)
