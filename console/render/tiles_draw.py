"""Drawing one basemap tile with OpenCV: areas, roads with their edges, borders, names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from console.domain.places import JurisdictionLevel
from console.geo.arrays import Floats, Ints
from console.geo.bounds import Bounds
from console.geo.mercator import TILE_PX, tile_bounds, to_pixels
from console.render.tiles_labels import Label, LabelPlacer
from console.render.tiles_style import Colour, MapStyle, Stroke
from console.render.tiles_text import Lettersmith, stamp
from console.store.citypack import CityPack, Shape

#: Tiles are drawn this much larger and shrunk, for even edges and widths of half a pixel.
_OVERSAMPLE = 2
_SHIFT = 4  # sixteenths of a pixel, as OpenCV counts
_REACH_PX = 14.0
_AREA_LAYERS = ("green", "water", "building")
_LINE_LAYERS = ("rail", "road", "boundary")
_GRATICULE_STEPS_DEG = (5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
_GRATICULE_APART_PX = 180.0
#: Zoom from which borders are dashed, and the lengths of a dash and of dash and gap.
_DASHED_FROM = 11
_DASH_PX, _DASH_STEP_PX = 7.0, 12.0

Canvas = NDArray[np.uint8]


class TilePainter:
    """Paints tiles of one pack in one theme and language."""

    def __init__(
        self, pack: CityPack, smith: Lettersmith, style: MapStyle, placer: LabelPlacer
    ) -> None:
        self._pack, self._smith, self._style, self._placer = pack, smith, style, placer
        self._city = [
            ring
            for jurisdiction in pack.jurisdictions()
            if jurisdiction.level is JurisdictionLevel.CITY
            for ring in pack.rings(jurisdiction.id)
        ]
        self._is_bare = not pack.has_layer("road")

    def paint(self, zoom: int, x: int, y: int, scale: int) -> Canvas:
        """Return a tile, shape (256 · scale, 256 · scale, 3), blue-green-red."""
        sheet = _Sheet(zoom, x, y, scale)
        self._ground(sheet)
        bounds = tile_bounds(zoom, x, y, margin_px=_REACH_PX)
        shapes = self._pack.shapes((*_AREA_LAYERS, *_LINE_LAYERS), bounds, zoom=zoom)
        by_layer: dict[str, list[Shape]] = {}
        for shape in shapes:
            by_layer.setdefault(shape.layer, []).append(shape)
        for layer in _AREA_LAYERS:
            self._areas(sheet, layer, by_layer.get(layer, []))
        if self._is_bare:
            self._graticule(sheet, bounds)
        self._rail(sheet, by_layer.get("rail", []))
        self._roads(sheet, by_layer.get("road", []))
        self._boundaries(sheet, by_layer.get("boundary", []))
        tile = sheet.finished()
        for label in self._placer.labels(zoom, x, y):
            self._name(tile, label, (x, y), scale)
        return tile

    def _ground(self, sheet: _Sheet) -> None:
        if not self._city:
            sheet.canvas[:] = self._style.land[::-1]
            return
        sheet.canvas[:] = self._style.outside[::-1]
        sheet.fill([sheet.place(ring) for ring in self._city], self._style.land)

    def _areas(self, sheet: _Sheet, layer: str, shapes: list[Shape]) -> None:
        for shape_class, group in groupby(shapes, key=lambda shape: shape.shape_class):
            lines = sheet.place_all(list(group))
            colour = self._style.fill(layer, shape_class)
            if layer == "building":  # buildings stand apart, so all go in one call
                sheet.fill(lines, colour)
                if sheet.zoom >= 16:
                    sheet.stroke(lines, self._style.building_edge, 1.0, closed=True)
                continue
            for line in lines:  # each by itself: where two overlap, both are drawn
                sheet.fill([line], colour)

    def _graticule(self, sheet: _Sheet, bounds: Bounds) -> None:
        degree_px = TILE_PX * 2.0**sheet.zoom / 360.0
        steps = [s for s in _GRATICULE_STEPS_DEG if s * degree_px >= _GRATICULE_APART_PX]
        step = steps[-1] if steps else _GRATICULE_STEPS_DEG[0]
        lines = []
        for lat in np.arange(np.ceil(bounds.south / step), bounds.north / step) * step:
            lines.append(np.array([[lat, bounds.west], [lat, bounds.east]]))
        for lon in np.arange(np.ceil(bounds.west / step), bounds.east / step) * step:
            lines.append(np.array([[bounds.south, lon], [bounds.north, lon]]))
        sheet.stroke([sheet.place(line) for line in lines], self._style.graticule, 1.0)

    def _rail(self, sheet: _Sheet, shapes: list[Shape]) -> None:
        lines = sheet.place_all(shapes)
        rail = self._style.rail
        sheet.stroke(lines, rail.colour, rail.width_px(sheet.zoom))
        if sheet.zoom >= 14:  # sleepers show as a lighter core
            sheet.stroke(lines, self._style.land, max(0.5, rail.width_px(sheet.zoom) - 1.2))

    def _roads(self, sheet: _Sheet, shapes: list[Shape]) -> None:
        by_class: dict[str, list[Ints]] = {}
        for shape, line in zip(shapes, sheet.place_all(shapes), strict=True):
            by_class.setdefault(shape.shape_class, []).append(line)
        known = [(by_class[name], s) for name, s in self._style.roads.items() if name in by_class]
        for lines, stroke in known:
            if stroke.casing is not None and sheet.zoom >= stroke.casing_from:
                sheet.stroke(lines, stroke.casing, _cased_px(stroke, sheet.zoom))
        for lines, stroke in known:
            sheet.stroke(lines, stroke.colour, stroke.width_px(sheet.zoom))

    def _boundaries(self, sheet: _Sheet, shapes: list[Shape]) -> None:
        for shape, line in zip(shapes, sheet.place_all(shapes), strict=True):
            stroke = self._style.boundaries.get(shape.shape_class)
            if stroke is not None:
                lines = sheet.dashes(line) if sheet.zoom >= _DASHED_FROM else [line]
                sheet.stroke(lines, stroke.colour, stroke.width_px(sheet.zoom))

    def _name(self, tile: Canvas, label: Label, place: tuple[int, int], scale: int) -> None:
        x = (label.x - place[0] * TILE_PX) * scale
        y = (label.y - place[1] * TILE_PX) * scale
        lettering = label.lettering
        if scale != 1:
            lettering = lettering.scaled(scale)
        if label.has_dot:
            spot = (round((x - label.half_width_px * scale + 2 * scale) * 16), round(y * 16))
            for radius, colour in ((3.0, lettering.halo), (2.0, lettering.colour)):
                cv2.circle(
                    tile, spot, round(radius * scale * 16), colour[::-1], -1, cv2.LINE_AA, _SHIFT
                )
            x += 6 * scale
        stamp(tile, self._smith.sprite(label.words, lettering), x, y)


class _Sheet:
    """A tile being drawn, larger than it will be."""

    def __init__(self, zoom: int, x: int, y: int, scale: int) -> None:
        self.zoom = zoom
        self._size = TILE_PX * scale
        self._times = scale * _OVERSAMPLE
        self._left, self._top = x * TILE_PX, y * TILE_PX
        side = TILE_PX * self._times
        self.canvas: Canvas = np.empty((side, side, 3), np.uint8)

    def place(self, points: Floats) -> Ints:
        """Return sixteenths of the sheet's pixels for latitudes and longitudes, shape (n, 2)."""
        x, y = to_pixels(points[:, 0], points[:, 1], self.zoom)
        spots = np.column_stack([x - self._left, y - self._top])
        return np.rint(spots * (self._times * (1 << _SHIFT))).astype(np.int32)

    def place_all(self, shapes: Sequence[Shape]) -> list[Ints]:
        """Return the spots of many shapes, without the points that fall on the one before."""
        if not shapes:
            return []
        counts = [len(shape.points) for shape in shapes]
        spots = self.place(np.concatenate([shape.points for shape in shapes]))
        lines = np.split(spots, np.cumsum(counts)[:-1])
        return [
            _thinned(line) if len(line) > 8 and shape.layer != "boundary" else line
            for line, shape in zip(lines, shapes, strict=True)
        ]

    def fill(self, lines: list[Ints], colour: Colour) -> None:
        """Fill rings; where they lie in each other, by the even-odd rule."""
        if lines:
            cv2.fillPoly(self.canvas, lines, colour[::-1], cv2.LINE_AA, _SHIFT)

    def stroke(
        self, lines: list[Ints], colour: Colour, width_px: float, *, closed: bool = False
    ) -> None:
        """Draw lines; ``width_px`` counts pixels of the finished tile at scale 1."""
        if lines:
            width = max(1, round(width_px * self._times))
            cv2.polylines(self.canvas, lines, closed, colour[::-1], width, cv2.LINE_AA, _SHIFT)

    def dashes(self, line: Ints) -> list[Ints]:
        """Return the dashes of a line that may be seen.

        They are counted from its start, so that they meet at the edges of tiles.
        """
        unit = self._times * (1 << _SHIFT)
        spots = line.astype(float)
        gone = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(spots, axis=0).T))])
        starts = np.arange(0.0, gone[-1], _DASH_STEP_PX * unit)
        at = np.column_stack([starts, np.minimum(starts + _DASH_PX * unit, gone[-1])])
        ends = np.stack([np.interp(at, gone, spots[:, axis]) for axis in (0, 1)], axis=-1)
        reach, side = _REACH_PX * unit, self.canvas.shape[0] << _SHIFT
        seen = np.all((ends[:, 0] > -reach) & (ends[:, 0] < side + reach), axis=1)
        return list(np.rint(ends[seen]).astype(np.int32))

    def finished(self) -> Canvas:
        """Return the tile in its own size."""
        small = cv2.resize(self.canvas, (self._size, self._size), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8)


def _thinned(line: Ints) -> Ints:
    """Return a line without the points less than a pixel of the sheet from the one before."""
    coarse = line >> _SHIFT
    keep = np.ones(len(line), bool)
    keep[1:-1] = np.any(coarse[1:-1] != coarse[:-2], axis=1)
    return line[keep]


def _cased_px(stroke: Stroke, zoom: int) -> float:
    width = stroke.width_px(zoom)
    return width + (1.3 if width < 6 else 2.0)
