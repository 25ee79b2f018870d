"""Draws vector tiles of the two usual schemas (OpenMapTiles, Protomaps) in the theme's colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from console.render.mvt import Feature, Geometry, Layer
from console.render.mvt_names import NameSettings, write_names
from console.render.tiles_style import Colour, MapStyle
from console.render.tiles_text import Lettersmith

Picture = NDArray[np.uint8]
#: Layers by what they are in both schemas; drawn in this order.
_WATER = ("water", "ocean")
_GREEN = ("landcover", "landuse", "park", "natural")
_ROADS = ("transportation", "roads", "road")
_BUILDINGS = ("building", "buildings")
_BOUNDARIES = ("boundary", "boundaries")
_GREEN_WORDS = frozenset({
    "park", "wood", "forest", "grass", "garden", "cemetery", "nature_reserve", "meadow", "scrub",
    "farmland", "recreation_ground", "village_green", "pitch", "golf_course", "national_park",
})  # fmt: skip
_ROAD_CLASSES = {
    "motorway": "motorway", "highway": "motorway", "trunk": "motorway", "primary": "arterial",
    "major_road": "arterial", "secondary": "secondary", "medium_road": "secondary",
    "tertiary": "tertiary", "minor": "residential", "minor_road": "residential",
    "residential": "residential", "service": "residential", "path": "footway",
    "footway": "footway", "track": "footway", "other": "footway",
}  # fmt: skip
_LINES_FIRST = ("footway", "residential", "tertiary", "secondary", "arterial", "motorway")
_OVER = 2
_SUB = 4  # cv2 draws to a sixteenth of a pixel


def draw_tile(
    layers: Sequence[Layer],
    style: MapStyle,
    zoom: int,
    side: int,
    smith: Lettersmith,
    *,
    window: tuple[int, int, int] = (0, 0, 1),
    lang: str = "zh",
) -> Picture:
    """Return a tile, or a part of it, as a picture of ``side`` pixels.

    Args:
        layers: As `read_tile` gives them.
        style: The theme's.
        zoom: Zoom it is seen at, for widths.
        side: Pixels.
        smith: Sets the names.
        window: Column and row of the part, and into how many a side is cut.
        lang: "zh" or "en": which name comes first.
    """
    canvas = np.full((side * _OVER, side * _OVER, 3), style.land[::-1], np.uint8)
    pen = _Pen(canvas, window, side * _OVER)
    by_name = {layer.name: layer for layer in layers}
    for name in _GREEN:
        for layer, feature in _of(by_name, (name,), Geometry.AREA):
            if _GREEN_WORDS & _classes(feature) or name == "park":
                pen.fill(layer, feature, style.fill("green", ""))
    for layer, feature in _of(by_name, _WATER, Geometry.AREA):
        pen.fill(layer, feature, style.fill("water", ""))
    for layer, feature in _of(by_name, ("waterway",), Geometry.LINE):
        pen.line(layer, feature, style.fill("water", ""), max(1.0, zoom - 11.0))
    for layer, feature in _of(by_name, _BUILDINGS, Geometry.AREA):
        pen.fill(layer, feature, style.fill("building", ""))
    for layer, feature in _of(by_name, _BOUNDARIES, Geometry.LINE):
        stroke = style.boundaries.get("district")
        if stroke is not None:
            pen.line(layer, feature, stroke.colour, stroke.width_px(zoom))
    _draw_roads(pen, by_name, style, zoom, side)
    small = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)
    told = NameSettings(style=style, zoom=zoom, window=window, lang=lang, smith=smith)
    return write_names(np.asarray(small, np.uint8), layers, _road_class, told)


def _draw_roads(
    pen: _Pen, by_name: dict[str, Layer], style: MapStyle, zoom: int, side: int
) -> None:
    roads = [(_road_class(feature), layer, feature) for layer, feature in
             _of(by_name, _ROADS, Geometry.LINE)]  # fmt: skip
    for road_class in _LINES_FIRST:
        stroke = style.roads.get(road_class)
        if stroke is None or stroke.width_px(zoom) <= 0:
            continue
        mine = [(layer, feature) for of, layer, feature in roads if of == road_class]
        width = stroke.width_px(zoom) * side / 256
        if stroke.casing is not None and zoom >= stroke.casing_from:
            for layer, feature in mine:
                pen.line(layer, feature, stroke.casing, width + 1.5)
        for layer, feature in mine:
            pen.line(layer, feature, stroke.colour, width)


def _of(
    by_name: dict[str, Layer], names: Iterable[str], kind: Geometry
) -> list[tuple[Layer, Feature]]:
    return [
        (by_name[name], feature)
        for name in names
        if name in by_name
        for feature in by_name[name].features
        if feature.kind is kind
    ]


def _classes(feature: Feature) -> set[str]:
    return {str(feature.tags[key]) for key in ("class", "subclass", "kind", "pmap:kind")
            if key in feature.tags}  # fmt: skip


def _road_class(feature: Feature) -> str:
    for key in ("kind_detail", "pmap:kind_detail", "class", "kind", "pmap:kind"):
        found = _ROAD_CLASSES.get(str(feature.tags.get(key)))
        if found is not None:
            return found
    return ""


class _Pen:
    """Draws features of a tile into the part that is shown."""

    def __init__(self, canvas: Picture, window: tuple[int, int, int], side: int) -> None:
        self._canvas, self._side = canvas, side
        self._column, self._row, self._part = window

    def fill(self, layer: Layer, feature: Feature, colour: Colour) -> None:
        """Fill an area; its holes stay what they were."""
        rings = [self.place(layer, part) for part in feature.parts if len(part) > 2]
        if rings:
            cv2.fillPoly(self._canvas, rings, colour[::-1], lineType=cv2.LINE_8, shift=_SUB)

    def line(self, layer: Layer, feature: Feature, colour: Colour, width_px: float) -> None:
        """Draw a line."""
        lines = [self.place(layer, part) for part in feature.parts if len(part) > 1]
        thick = max(1, round(width_px * _OVER))
        cv2.polylines(self._canvas, lines, isClosed=False, color=colour[::-1], thickness=thick,
                      lineType=cv2.LINE_8, shift=_SUB)  # fmt: skip

    def place(self, layer: Layer, part: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return where corners lie in the picture, in sixteenths of a pixel."""
        share = part.astype(float) / layer.extent * self._part - (self._column, self._row)
        far = np.clip(share, -40.0, 40.0)  # cv2 counts in 32 bits
        return np.rint(far * self._side * (1 << _SUB)).astype(np.int32)
