"""The ground the map lies on: districts and responsibility grids, who answers for a place."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, QThreadPool, QTimer, Signal

from console.domain.catalogue import CatalogueItem, CatalogueName, Grid, item_id
from console.domain.errors import ZhihuiError
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.geo.polygons import PolygonIndex
from console.store.citypack import CityPack
from console.ui.groundshapes import Outline, document, grid_outline, index_of
from console.ui.mapcolours import MapColours
from console.ui.mapsearch import Hit, HitKind
from console.ui.mirror import Mirror
from console.ui.poolwork import PoolWork
from console.ui.words import is_chinese, place_word

_LOG = logging.getLogger("zhihui.map")
#: Grids that change are gathered for so long before their outlines are made anew.
GATHER_MS = 500


class GroundLayer(StrEnum):
    """A layer of outlines, and the name of its file."""

    DISTRICTS = "districts"
    GRIDS = "grids"
    COLOURS = "colours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """An authority whose grids are drawn.

    Attributes:
        code: Its code in the catalogue.
        grids: How many it has.
    """

    code: str
    name_zh: str
    name_en: str
    grids: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Grids:
    """What was made of the grids."""

    authorities: tuple[Authority, ...] = ()
    found_by: Mapping[str, tuple[tuple[str, ...], PolygonIndex]] = field(default_factory=dict)
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    body: bytes = b"[]"


class MapGround(QObject):
    """Outlines for the page, and what they say of a place.

    Signals:
        changed: A document is new; `revisions` has its number.
    """

    changed = Signal()
    _made = Signal(object)

    def __init__(
        self,
        mirror: Mirror,
        pack: CityPack | None,
        colours: MapColours | None = None,
        parent: QObject | None = None,
    ) -> None:
        # Outlines are read from the pack here; it may be closed afterwards. Without one there are
        # only names where the register has places.
        super().__init__(parent)
        self._mirror, self._colours = mirror, colours
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._made.connect(self._take, Qt.ConnectionType.QueuedConnection)
        listed = mirror.jurisdictions() if pack is None else pack.jurisdictions()
        self._known: dict[str, Jurisdiction] = {
            one.id: one for one in listed if one.level is not JurisdictionLevel.CITY
        }
        self._outlines = [
            outline for one in self._known.values() if (outline := _outlined(one, pack)) is not None
        ]
        whole = [one for one in self._outlines if one.rings]
        self._found_by = {
            level: index_of(one for one in whole if self._known[one.id].level is level)
            for level in (JurisdictionLevel.DISTRICT, JurisdictionLevel.STREET)
        }
        self._grids = _Grids()
        self._revisions = {GroundLayer.DISTRICTS: 1, GroundLayer.GRIDS: 0}
        self._gather = QTimer(self, interval=GATHER_MS, singleShot=True)
        self._gather.timeout.connect(self._make)
        mirror.tables_changed.connect(self._note)
        mirror.jurisdictions_changed.connect(self._renamed)
        self._make()
        if colours is not None:
            colours.changed.connect(self.changed)
            colours.watch({one.id: self._district_of(one.id) for one in self._outlines})

    def stop(self) -> None:
        """Wait for what is being made."""
        if self._colours is not None:
            self._colours.stop()
        self._pool.waitForDone()

    # -- what the page draws ------------------------------------------------------------------

    @property
    def outlines(self) -> Sequence[Outline]:
        """The outlines of districts and streets."""
        return self._outlines

    @property
    def authorities(self) -> tuple[Authority, ...]:
        """Whose grids there are, the most divided first."""
        return self._grids.authorities

    @property
    def revisions(self) -> dict[str, int]:
        """Number of each layer's newest document; 0 while there is none."""
        return {layer.value: rev for layer, rev in self._revisions.items()}

    def tones(self) -> dict[str, dict[str, object]]:
        """Return each area's colour and how many incidents it has, as the page draws them."""
        tones = self._colours.tones if self._colours is not None else {}
        return {
            area: {"tone": one.situation.tone.value, "n": one.situation.count}
            for area, one in tones.items()
        }

    def document(self, name: str) -> bytes | None:
        """Return a layer's outlines as JSON, ``None`` where there is no such layer."""
        if name == GroundLayer.GRIDS:
            return self._grids.body
        if name != GroundLayer.DISTRICTS:
            return None
        return document((one, self._said(one.id)) for one in self._outlines)

    def _said(self, thing: str) -> dict[str, object]:
        one = self._jurisdiction(thing)
        return {"id": thing, "of": one.level.value, "zh": one.name_zh, "en": one.name_en}

    def _district_of(self, thing: str) -> str:
        one = self._known[thing]
        return one.parent or one.id if one.level is JurisdictionLevel.STREET else one.id

    def _jurisdiction(self, thing: str) -> Jurisdiction:
        """Return a jurisdiction as the register has it now, else as the pack has it."""
        return self._mirror.jurisdiction(thing) or self._known[thing]

    # -- what is said of a place --------------------------------------------------------------

    def at(self, lat: float, lon: float, hidden: Sequence[str] = ()) -> list[Hit]:
        """Return what lies at a place: district and street, then each authority's grid.

        Args:
            lat: WGS-84 degrees.
            lon: WGS-84 degrees.
            hidden: Layers and authorities that are not shown, by the page's names.
        """
        hits: list[Hit] = []
        if GroundLayer.COLOURS not in hidden:
            hits += self._colours_at(lat, lon)
        if GroundLayer.DISTRICTS not in hidden and not hits:
            hits += self._districts_at(lat, lon)
        if GroundLayer.GRIDS not in hidden:
            hits += self.grids_at(lat, lon, hidden)
        return hits

    def place_ids(self, lat: float, lon: float) -> list[str]:
        """Return the ids of the district and the street that hold a place."""
        found = (_held(index, lat, lon) for index in self._found_by.values())
        return [one for one in found if one is not None]

    def _districts_at(self, lat: float, lon: float) -> list[Hit]:
        names = [place_word(self._jurisdiction(one)) for one in self.place_ids(lat, lon)]
        if not names:
            return []
        return [Hit(kind=HitKind.AREA, text=" · ".join(names), lat=lat, lon=lon)]

    def _colours_at(self, lat: float, lon: float) -> list[Hit]:
        """Return the colour of the district and of the street that hold a place."""
        if self._colours is None:
            return []
        return [
            Hit(
                kind=HitKind.AREA,
                text=place_word(self._jurisdiction(area)),
                more=self._colours.reason(area),
                lat=lat,
                lon=lon,
            )
            for area in self.place_ids(lat, lon)
        ]

    def grids_at(self, lat: float, lon: float, hidden: Sequence[str] = ()) -> list[Hit]:
        """Return the grid of each authority that holds a place, with who answers for it."""
        hits = []
        for authority in self._grids.authorities:
            if f"grid_{authority.code}" in hidden:
                continue
            found = _held(self._grids.found_by[authority.code], lat, lon)
            grid = self._mirror.row_of(Grid, found) if found is not None else None
            if grid is not None:
                hits.append(grid_hit(grid, authority, (lat, lon)))
        return hits

    # -- making -------------------------------------------------------------------------------

    def _note(self, kind: str, _ids: list[str]) -> None:
        if kind in {"grid", "catalogue"}:
            self._gather.start()

    def _renamed(self, _ids: list[str]) -> None:
        self._revisions[GroundLayer.DISTRICTS] += 1
        self.changed.emit()

    def _make(self) -> None:
        grids = [one for one in self._mirror.every(Grid) if not one.retired]
        names = {
            one.id: one
            for one in self._mirror.every(CatalogueItem)
            if one.catalogue is CatalogueName.AUTHORITY
        }
        self._pool.start(PoolWork(lambda: _grids_of(grids, names), self._made.emit))

    def _take(self, made: object) -> None:
        if isinstance(made, _Grids):
            self._grids = made
            self._revisions[GroundLayer.GRIDS] += 1
            self.changed.emit()
        elif isinstance(made, ZhihuiError):
            _LOG.error("the grids cannot be drawn: %s", made)
        elif isinstance(made, Exception):
            raise made


def _outlined(one: Jurisdiction, pack: CityPack | None) -> Outline | None:
    rings = [] if pack is None else pack.rings(one.id)
    if rings:
        return Outline.of(one.id, rings)
    if one.lat is None or one.lon is None:
        return None
    return Outline(id=one.id, rings=(), at=(one.lat, one.lon))


def grid_hit(grid: Grid, authority: Authority, at: tuple[float, float]) -> Hit:
    """Return how a grid is told of: its code, whose it is and who answers for it."""
    whose = authority.name_zh if is_chinese() else authority.name_en
    told = (whose, grid.holder, grid.phone, grid.unit)
    more = " · ".join(part for part in told if part)
    return Hit(kind=HitKind.GRID, id=grid.id, text=grid.code, more=more, lat=at[0], lon=at[1])


def _held(index: tuple[tuple[str, ...], PolygonIndex], lat: float, lon: float) -> str | None:
    number = int(index[1].find([lat], [lon])[0])
    return index[0][number] if number >= 0 else None


def _grids_of(grids: Sequence[Grid], names: Mapping[str, CatalogueItem]) -> _Grids:
    """Make the outlines of grids; called in a thread of the pool."""
    by_authority: dict[str, list[tuple[Outline, Grid]]] = {}
    for grid in grids:
        outline = grid_outline(grid)
        if outline is not None:
            by_authority.setdefault(grid.authority, []).append((outline, grid))
    order = sorted(by_authority, key=lambda code: (-len(by_authority[code]), code))
    authorities = []
    for code in order:
        item = names.get(item_id(CatalogueName.AUTHORITY, code))
        zh, en = (item.name_zh, item.name_en) if item is not None else (code, code)
        count = len(by_authority[code])
        authorities.append(Authority(code=code, name_zh=zh, name_en=en or zh, grids=count))
    every = [pair for code in order for pair in by_authority[code]]
    return _Grids(
        authorities=tuple(authorities),
        found_by={code: index_of(outline for outline, _ in by_authority[code]) for code in order},
        places={grid.id: outline.at for outline, grid in every},
        body=document(
            (outline, {"id": grid.id, "of": grid.authority, "zh": grid.code, "en": grid.code})
            for outline, grid in every
        ),
    )
