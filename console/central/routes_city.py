"""Routes of the city itself: its pack, and the officers' page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from console.central.door import Door
from console.central.web import AnswerError, permitted
from console.store.citypack import CityPack

_NO_PACK = "Central was started without a city pack: start it with one, or import a city first."


@dataclass(frozen=True, slots=True, kw_only=True)
class CityRoutes:
    """The city pack, and the officers' page.

    Attributes:
        pack: The city pack that is served, if there is one.
    """

    door: Door
    pack: CityPack | None
    resources_dir: Path

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["city"])
        router.add_api_route("/v1/city", self.city, methods=["GET"])
        router.add_api_route("/v1/city/pack", self.file, methods=["GET"], response_model=None)
        return router

    def mount_pages(self, app: FastAPI) -> None:
        """Serve the officers' page, if it ships with the program."""
        folder = self.resources_dir / "handheld"
        if folder.is_dir():
            app.mount("/handheld", StaticFiles(directory=folder, html=True), name="handheld")
            app.add_route("/", _to_handheld, include_in_schema=False)

    async def city(self, request: Request) -> dict[str, str | int]:
        """Say which city this is: the pack's meta, its size in bytes and its hash."""
        permitted(self.door, request, "read:city")
        pack = self._pack()
        sha256 = await asyncio.to_thread(lambda: pack.sha256)
        return {**pack.meta, "sha256": sha256, "size": pack.path.stat().st_size}

    async def file(self, request: Request) -> Response:
        """Give the city pack as a file."""
        permitted(self.door, request, "read:city")
        pack = self._pack()
        return FileResponse(pack.path, media_type="application/vnd.sqlite3")

    def _pack(self) -> CityPack:
        if self.pack is None:
            raise AnswerError(404, _NO_PACK)
        return self.pack


async def _to_handheld(_: Request) -> Response:
    return RedirectResponse("/handheld/")
