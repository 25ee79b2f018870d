"""Which basemap the map wears: the city pack's own, a file of tiles, or a site's tile server."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from console.domain.errors import ZhihuiError
from console.gateways.tileserver import TileServer
from console.geo.coordinates import Datum
from console.render.tilefiles import open_tiles
from console.render.tiles import TileRenderer
from console.render.tilesource import SourceTiles

_log = logging.getLogger("zhihui.map")


class Basemap(Protocol):
    """Draws tiles, and is let go of in the end."""

    def png(self, theme: str, lang: str, z: int, x: int, y: int, scale: int = 1) -> bytes:
        """Return one tile."""

    def close(self) -> None:
        """Let go of what tiles are drawn from."""


class NoBasemapError(ZhihuiError):
    """There is nothing to draw tiles from."""

    def __init__(self) -> None:
        super().__init__(
            "There is no basemap: neither a city pack nor “basemap” in config.toml. Import a city, "
            "or name a file or an address there."
        )


def open_basemap(
    where: str, datum: str, *, pack_path: Path | None, cache: Path
) -> tuple[Basemap, str | None, str]:
    """Return the basemap, whose its data is, and why it is not the one that was wanted.

    Args:
        where: A file or an address; empty for the pack's own.
        datum: What a file's or a server's tiles are in.
        pack_path: The city pack, if there is one.
        cache: Folder for tiles.

    Returns:
        The basemap; whose its data is (``None``: the pack's); a sentence, empty when all is well.

    Raises:
        ZhihuiError: Neither can be used.
    """
    trouble = ""
    if where:
        try:
            tiles = _source(where, Datum(datum), cache)
            return tiles, tiles.attribution, ""
        except ZhihuiError as error:
            if pack_path is None:
                raise
            _log.error("%s", error)
            trouble = str(error)
    if pack_path is None:
        raise NoBasemapError
    return TileRenderer(pack_path, cache), None, trouble


def served_basemap(where: str, datum: str) -> Callable[[Path | None, Path], Basemap] | None:
    """Return what opens the basemap that central serves; ``None`` for the pack's own."""
    if not where:
        return None

    def opened(pack_path: Path | None, cache: Path) -> Basemap:
        return open_basemap(where, datum, pack_path=pack_path, cache=cache)[0]

    return opened


def _source(where: str, datum: Datum, cache: Path) -> SourceTiles:
    if "://" in where:
        folder = cache / f"server-{hashlib.sha256(where.encode()).hexdigest()[:16]}"
        return SourceTiles(TileServer(where, folder, datum=datum), datum)
    return SourceTiles(open_tiles(Path(where).expanduser()), datum)
