"""A basemap from ready-made tiles: pictures as they are, vector tiles drawn in the theme's colours.

Tiles in GCJ-02 or BD-09 are bent to WGS-84 tile by tile, by a mesh narrow enough for a tenth of a
metre; where a pixel is many metres wide, pixel by pixel.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from console.domain.errors import ZhihuiError
from console.geo.arrays import Floats
from console.geo.coordinates import Datum
from console.geo.datums import wgs84_to_bd09, wgs84_to_gcj02
from console.geo.mercator import TILE_PX, to_degrees, to_pixels
from console.render.mvt import read_tile
from console.render.mvt_draw import draw_tile
from console.render.tilefiles import RawTiles
from console.render.tiles_style import Theme, style_of
from console.render.tiles_text import Lettersmith

_log = logging.getLogger("zhihui.render")
_PNG_EFFORT = 3
_HELD = 256
#: Mesh of the shift: with cells of 4 pixels it is true to 0.03 m from this zoom on.
_MESH_PX, _MESH_FROM_ZOOM = 4.0, 12
Picture = NDArray[np.uint8]
_SHIFT: Mapping[Datum, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    Datum.GCJ02: wgs84_to_gcj02,
    Datum.BD09: wgs84_to_bd09,
}


class SourceTiles:
    """Gives the map tiles from a file or an address; what is missing stays empty.

    Tiles beyond the source's largest zoom are enlarged from it.
    """

    def __init__(self, source: RawTiles, datum: Datum = Datum.WGS84) -> None:
        self._source, self._datum = source, datum
        self._held: OrderedDict[tuple[object, ...], Picture | None] = OrderedDict()
        self._lock = threading.Lock()
        self._smith = Lettersmith()
        self.attribution = source.attribution

    def png(self, theme: str, lang: str, z: int, x: int, y: int, scale: int = 1) -> bytes:
        """Return one tile as PNG, 256 · ``scale`` pixels a side."""
        worn = Theme(theme)
        side = TILE_PX * scale
        if self._datum is Datum.WGS84:
            picture = self._tile(worn, lang, (z, x, y), side)
        else:
            picture = self._bent(worn, lang, (z, x, y), side)
        if picture is None:
            picture = self._empty(worn, side)
        _, encoded = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, _PNG_EFFORT])
        return encoded.tobytes()

    def close(self) -> None:
        """Let go of the source."""
        self._source.close()

    def _empty(self, theme: Theme, side: int) -> Picture:
        return np.full((side, side, 3), style_of(theme).outside[::-1], np.uint8)

    def _tile(
        self, theme: Theme, lang: str, place: tuple[int, int, int], side: int
    ) -> Picture | None:
        """Return a tile of the source's own grid, from a larger one where there is none."""
        key = (theme, lang, *place, side)
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        picture = self._made(theme, lang, place, side)
        with self._lock:
            self._held[key] = picture
            while len(self._held) > _HELD:
                self._held.popitem(last=False)
        return picture

    def _made(
        self, theme: Theme, lang: str, place: tuple[int, int, int], side: int
    ) -> Picture | None:
        z, x, y = place
        up = max(0, z - self._source.max_zoom)
        part = 1 << up
        column, row = x & (part - 1), y & (part - 1)
        try:
            body = self._source.tile(z - up, x >> up, y >> up)
            if body is None:
                return None
            if self._source.is_vector:
                window = (column, row, part)
                layers, style = read_tile(body), style_of(theme)
                return draw_tile(layers, style, z, side, self._smith, window=window, lang=lang)
            return _cut(_decoded(body, theme), (column, row, part), side)
        except (ZhihuiError, cv2.error) as error:
            _log.warning("tile %d/%d/%d of the basemap is left empty: %s", *place, error)
            return None

    def _bent(
        self, theme: Theme, lang: str, place: tuple[int, int, int], side: int
    ) -> Picture | None:
        """Return a WGS-84 tile out of the tiles of another datum that lie there."""
        z = place[0]
        there = shifted_pixels(self._datum, place, side)
        first = np.floor(there.min(axis=(0, 1)) / TILE_PX).astype(int)
        last = np.floor(there.max(axis=(0, 1)) / TILE_PX).astype(int)
        wide, high = (last - first + 1).tolist()
        mosaic = np.full((high * side, wide * side, 3), style_of(theme).outside[::-1], np.uint8)
        found = False
        for row in range(high):
            for column in range(wide):
                one = (z, int(first[0]) + column, int(first[1]) + row)
                picture = self._tile(theme, lang, one, side)
                if picture is not None:
                    found = True
                    top, left = row * side, column * side
                    mosaic[top : top + side, left : left + side] = picture
        if not found:
            return None
        inside = ((there - first * TILE_PX) * (side / TILE_PX) - 0.5).astype(np.float32)
        bent = cv2.remap(
            mosaic,
            inside[..., 0],
            inside[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(bent, np.uint8)


def shifted_pixels(datum: Datum, place: tuple[int, int, int], side: int) -> Floats:
    """Return where each pixel of a WGS-84 tile lies in the pixels of another datum's world.

    Args:
        datum: GCJ-02 or BD-09.
        place: Zoom, column and row.
        side: Pixels of the tile's side; a multiple of 256.

    Returns:
        Columns and rows, 256 a tile, from the world's north-west; shape (side, side, 2).
    """
    z, x, y = place
    step = _MESH_PX if z >= _MESH_FROM_ZOOM else TILE_PX / side
    # The middles of the mesh's cells, and one more cell all round for what lies at the rim.
    middles = (np.arange(-1, round(TILE_PX / step) + 1) + 0.5) * step
    columns, rows = np.meshgrid(middles + x * TILE_PX, middles + y * TILE_PX)
    lat, lon = to_degrees(columns.ravel(), rows.ravel(), z)
    there = np.column_stack(to_pixels(*_SHIFT[datum](lat, lon), z))
    mesh = there.reshape(*columns.shape, 2)
    base = mesh.min(axis=(0, 1))
    rim = round(step * side / TILE_PX)
    whole = (side + 2 * rim, side + 2 * rim)
    fine = cv2.resize((mesh - base).astype(np.float32), whole, interpolation=cv2.INTER_LINEAR)
    return np.asarray(fine[rim : rim + side, rim : rim + side] + base, float)


def _decoded(body: bytes, theme: Theme) -> Picture:
    """Return a picture of a tile; in the dark theme a bright one is turned dark, hues kept."""
    picture = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise _NoPictureError("a tile is no picture that is understood")
    if theme is Theme.DARK and picture.mean() > 110:
        lab = cv2.cvtColor(picture, cv2.COLOR_BGR2LAB)
        lab[..., 0] = (18 + (255 - lab[..., 0].astype(np.float32)) * 0.55).astype(np.uint8)
        picture = cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)
    return np.asarray(picture, np.uint8)


class _NoPictureError(ZhihuiError):
    """A tile that is no picture."""


def _cut(picture: Picture, window: tuple[int, int, int], side: int) -> Picture:
    """Return the part of a picture that a tile of a larger zoom shows, of the size wanted."""
    column, row, part = window
    height, width = picture.shape[:2]
    top, left = row * height // part, column * width // part
    bottom = max(top + 1, (row + 1) * height // part)
    right = max(left + 1, (column + 1) * width // part)
    how = cv2.INTER_AREA if (bottom - top) > side else cv2.INTER_CUBIC
    return np.asarray(
        cv2.resize(picture[top:bottom, left:right], (side, side), interpolation=how), np.uint8
    )
