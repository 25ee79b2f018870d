"""The basemap: tiles drawn from a city pack, kept on disk, safe to ask for from many threads."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import tempfile
import threading
from pathlib import Path

import cv2

from console.domain.errors import ZhihuiError
from console.render.tiles_draw import TilePainter
from console.render.tiles_labels import LabelPlacer
from console.render.tiles_style import MAX_ZOOM, MIN_ZOOM, STYLE_VERSION, Theme, style_of
from console.render.tiles_text import Lettersmith
from console.store.citypack import CityPack

_log = logging.getLogger("zhihui.render")
LANGUAGES = ("zh", "en")
SCALES = (1, 2)
_PNG_EFFORT = 4
#: Tiles are never kept in the last of a disk: commands and evidence need it.
_LEFT_FREE_BYTES = 512 << 20


class TileError(ZhihuiError):
    """A tile that cannot be drawn because it was asked for wrongly.

    Attributes:
        reason: What is wrong with the question.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"This map tile cannot be drawn: {reason}.")
        self.reason = reason


class TileRenderer:
    """Draws basemap tiles of one city pack; a tile drawn once is read from disk afterwards."""

    def __init__(self, pack_path: Path | str, cache_dir: Path | str) -> None:
        """Open the pack.

        Args:
            pack_path: The city pack.
            cache_dir: Folder for finished tiles; each pack has its own folder in it.

        Raises:
            CityPackError: The pack cannot be used.
        """
        cv2.setNumThreads(1)
        self._pack = CityPack.open(pack_path)
        self._folder = Path(cache_dir) / f"{self._pack.sha256[:16]}-{STYLE_VERSION}"
        self._smith = Lettersmith()
        self._painters: dict[tuple[Theme, str], TilePainter] = {}
        self._lock = threading.Lock()
        self._can_keep = True

    @property
    def min_zoom(self) -> int:
        """First zoom that is drawn."""
        return MIN_ZOOM

    @property
    def max_zoom(self) -> int:
        """Last zoom that is drawn."""
        return MAX_ZOOM

    def close(self) -> None:
        """Close the pack; no tile can be asked for afterwards."""
        self._pack.close()

    def png(self, theme: str, lang: str, z: int, x: int, y: int, scale: int = 1) -> bytes:
        """Return a tile as PNG, 256 · ``scale`` pixels a side.

        Args:
            theme: "dark" or "light".
            lang: "zh" or "en".
            z: Zoom, 8 to 18.
            x: Column, counted from the 180th meridian eastwards.
            y: Row, counted from the north.
            scale: 2 for screens with twice the pixels.

        Raises:
            TileError: One of the arguments is none of these.
            CityPackError: The pack turned out damaged.
        """
        checked = checked_tile(theme, lang, (z, x, y), scale)
        path = self._folder / f"{theme}-{lang}-{scale}" / str(z) / f"{x}_{y}.png"
        try:
            return path.read_bytes()
        except OSError as error:  # usually not yet drawn; whatever else it is, drawing helps
            _log.debug("Tile %s is not kept yet (%s)", path, error.strerror)
        tile = self._painter(checked, lang).paint(z, x, y, scale)
        _, encoded = cv2.imencode(".png", tile, [cv2.IMWRITE_PNG_COMPRESSION, _PNG_EFFORT])
        picture = encoded.tobytes()
        self._keep(path, picture)
        return picture

    def _painter(self, theme: Theme, lang: str) -> TilePainter:
        with self._lock:
            painter = self._painters.get((theme, lang))
            if painter is None:
                style = style_of(theme)
                placer = LabelPlacer(self._pack, self._smith, style, lang)
                painter = TilePainter(self._pack, self._smith, style, placer)
                self._painters[theme, lang] = painter
        return painter

    def _keep(self, path: Path, picture: bytes) -> None:
        """Put a tile on disk, whole or not at all; a full disk costs speed, not the map."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(path.parent).free < _LEFT_FREE_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(picture)
            Path(name).replace(path)
        except OSError as error:
            if self._can_keep:
                self._can_keep = False
                _log.warning(
                    "Map tiles cannot be kept in %s (%s): they are drawn anew each time, "
                    "which is slower. Free some space or choose another folder.",
                    self._folder, error.strerror,
                )  # fmt: skip


def checked_tile(theme: str, lang: str, place: tuple[int, int, int], scale: int) -> Theme:
    """Return the theme of a tile that is asked for by zoom, column and row.

    Raises:
        TileError: Something in the question is wrong.
    """
    z, x, y = place
    if theme not in list(Theme):
        raise TileError(f"there is no theme “{theme}”")
    if lang not in LANGUAGES:
        raise TileError(f"there are no names in “{lang}”")
    if scale not in SCALES:
        raise TileError(f"scale {scale} is neither 1 nor 2")
    if not MIN_ZOOM <= z <= MAX_ZOOM:
        raise TileError(f"zoom {z} is not within {MIN_ZOOM} to {MAX_ZOOM}")
    if not (0 <= x < 2**z and 0 <= y < 2**z):
        raise TileError(f"tile {x}, {y} does not exist at zoom {z}")
    return Theme(theme)
