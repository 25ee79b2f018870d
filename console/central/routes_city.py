"""Routes of the city itself: its pack, and the officers' page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from xstatic.pkg import leaflet

from console.central.door import Door
from console.central.settings import Basemap
from console.central.web import AnswerError, permitted
from console.domain.errors import ZhihuiError
from console.domain.places import USUAL_ZONE
from console.render.tiles import TileError, TileRenderer, checked_tile
from console.store.citypack import CityPack

_NO_PACK = "Central was started without a city pack: start it with one, or import a city first."


#: Tiles drawn at once; the rest of a small machine is for commands.
_DRAWN_AT_ONCE = 1
_TILE_KEPT_S = 86_400


class CityRoutes:
    """The city pack and its basemap, and the officers' page."""

    def __init__(
        self,
        door: Door,
        *,
        pack: CityPack | None,
        tiles_dir: Path,
        resources_dir: Path,
        zone: str = USUAL_ZONE,
        basemap: Callable[[Path | None, Path], Basemap] | None = None,
    ) -> None:
        """Args are set once.

        Args:
            door: Knows who asks.
            pack: The city pack that is served, if there is one.
            tiles_dir: Where basemap tiles are kept.
            basemap: Opens what tiles are drawn from; without it they are drawn from the pack.
            resources_dir: Where the officers' page lies, under ``handheld``.
            zone: IANA name of the zone of the city's clocks.
        """
        self.door = door
        self.pack = pack
        self.resources_dir = resources_dir
        self._zone = zone
        self._tiles_dir = tiles_dir
        self._open_basemap = basemap
        self._basemap: Basemap | None = None
        self._drawing = asyncio.Semaphore(_DRAWN_AT_ONCE)

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["city"])
        router.add_api_route("/v1/city", self.city, methods=["GET"])
        router.add_api_route("/v1/city/pack", self.file, methods=["GET"], response_model=None)
        router.add_api_route(
            "/v1/tiles/{theme}/{z}/{x}/{y}.png", self.tile, methods=["GET"], response_model=None
        )
        return router

    def close(self) -> None:
        """Let go of what tiles are drawn from."""
        if self._basemap is not None:
            self._basemap.close()

    def mount_pages(self, app: FastAPI) -> None:
        """Serve the officers' page, if it ships with the program."""
        folder = self.resources_dir / "handheld"
        if folder.is_dir():
            leaflet_folder = Path(leaflet.BASE_DIR)
            app.mount("/handheld/leaflet", StaticFiles(directory=leaflet_folder), name="leaflet")
            app.mount("/handheld", StaticFiles(directory=folder, html=True), name="handheld")
            app.add_route("/", _to_handheld, include_in_schema=False)

    async def city(self, request: Request) -> dict[str, str | int]:
        """Say which city this is: the zone of its clocks; of its pack meta, size and hash."""
        permitted(self.door, request, "read:city")
        if self.pack is None:
            return {"time_zone": self._zone}
        pack = self._pack()
        sha256 = await asyncio.to_thread(lambda: pack.sha256)
        size = pack.path.stat().st_size
        return {**pack.meta, "sha256": sha256, "size": size, "time_zone": self._zone}

    async def file(self, request: Request) -> Response:
        """Give the city pack as a file."""
        permitted(self.door, request, "read:city")
        pack = self._pack()
        return FileResponse(pack.path, media_type="application/vnd.sqlite3")

    async def tile(
        self, theme: str, z: int, x: int, y: int, lang: str = "zh", scale: int = 1
    ) -> Response:
        """Give a basemap tile; no token is needed, a map shows nobody's doings."""
        if self._open_basemap is None:
            self._pack()
        try:
            checked_tile(theme, lang, (z, x, y), scale)
            async with self._drawing:
                picture = await asyncio.to_thread(self._drawn, theme, lang, (z, x, y), scale)
        except TileError as error:
            raise AnswerError(404, str(error)) from error
        except ZhihuiError as error:
            raise AnswerError(503, str(error)) from error
        headers = {"Cache-Control": f"public, max-age={_TILE_KEPT_S}"}
        return Response(picture, media_type="image/png", headers=headers)

    def _drawn(self, theme: str, lang: str, place: tuple[int, int, int], scale: int) -> bytes:
        """Return a tile; in a thread of its own, one at a time."""
        if self._basemap is None:
            path = None if self.pack is None else self.pack.path
            if self._open_basemap is None:
                self._basemap = TileRenderer(self._pack().path, self._tiles_dir)
            else:
                self._basemap = self._open_basemap(path, self._tiles_dir)
        z, x, y = place
        return self._basemap.png(theme, lang, z, x, y, scale)

    def _pack(self) -> CityPack:
        if self.pack is None:
            raise AnswerError(404, _NO_PACK)
        return self.pack


async def _to_handheld(_: Request) -> Response:
    return RedirectResponse("/handheld/")
