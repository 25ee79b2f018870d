"""The page's own addresses, ``zhihui://map/…``: the scheme, who answers, the fence round it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from typing import Protocol

from PySide6.QtCore import QBuffer, QByteArray, QFile, QIODevice, QObject, QUrl, QUrlQuery, Signal
from PySide6.QtWebChannel import QWebChannel
from PySide6.QtWebEngineCore import (
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
    QWebEngineUrlRequestJob,
    QWebEngineUrlSchemeHandler,
)

from console.render.pagefile import CONTENT_POLICY, PageFile
from console.render.tiles import TileRenderer
from console.ui.mapfeed import MapFeed
from console.ui.mapgraphics import SCHEME, register_scheme
from console.ui.mapsprites import MapLayer

__all__ = [
    "SCHEME",
    "AddressFence",
    "MapAddresses",
    "TileSource",
    "channel_script",
    "register_scheme",
]

HOST = "map"
PAGE_URL = "zhihui://map/index.html"
REFUSED_KEPT = 100
_LOG = logging.getLogger("zhihui.map")


class TileSource(Protocol):
    """Draws the basemap."""

    def png(self, theme: str, lang: str, z: int, x: int, y: int, scale: int = 1) -> bytes:
        """Return one tile; called in threads of a pool."""
        ...


def channel_script() -> bytes:
    """Return Qt's ``qwebchannel.js``, which ships inside the library `QWebChannel` is in."""
    file = QFile(f":/qtwebchannel/{QWebChannel.__name__.lower()}.js")
    if not file.open(QIODevice.OpenModeFlag.ReadOnly):
        raise FileNotFoundError(file.fileName())
    return bytes(file.readAll().data())


class GroundSource(Protocol):
    """Gives the outlines of the ground."""

    def document(self, name: str) -> bytes | None:
        """Return a layer's outlines as JSON, ``None`` where there is no such layer."""
        ...


class AddressFence(QWebEngineUrlRequestInterceptor):
    """Refuses every address but the page's own, and keeps what was refused."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.refused: deque[str] = deque(maxlen=REFUSED_KEPT)
        self.passed = 0

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:  # noqa: N802
        """Let the page's own addresses and inline data through."""
        url = info.requestUrl()
        ours = url.scheme().encode() == SCHEME and url.host() == HOST
        if ours or url.scheme() == "data":
            self.passed += 1
            return
        info.block(True)
        self.refused.append(url.toString())
        _LOG.warning("the map asked for %s, which was refused", url.toString())


class MapAddresses(QWebEngineUrlSchemeHandler):
    """Answers the page's addresses: its files, the packed layers, the basemap's tiles.

    Tiles are drawn in the executor's threads; the answer is given in the GUI thread, unless the
    page has given the request up by then.
    """

    _tile_drawn = Signal(int, object)

    def __init__(
        self,
        *,
        files: Mapping[str, PageFile],
        feed: MapFeed,
        tiles: TileSource | None,
        executor: Executor,
        ground: GroundSource | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._ground = ground
        self._files, self._feed, self._tiles, self._executor = files, feed, tiles, executor
        self._waiting: dict[int, QWebEngineUrlRequestJob] = {}
        self._drawing: dict[int, Future[None]] = {}
        self._next = 0
        self._tile_drawn.connect(self._answer_tile)

    @property
    def has_tiles(self) -> bool:
        """Whether there is a basemap."""
        return self._tiles is not None

    @property
    def basemap(self) -> str:
        """What the basemap is to the page.

        "named" is the city pack's own, which bears the names of its districts, "other" somebody
        else's; empty without one.
        """
        named = isinstance(self._tiles, TileRenderer)
        return "named" if named else "other" if self.has_tiles else ""

    def requestStarted(self, job: QWebEngineUrlRequestJob) -> None:  # noqa: N802
        """Answer one request."""
        url = job.requestUrl()
        path = url.path().lstrip("/")
        if path in self._files:
            file = self._files[path]
            self._reply(job, file.media_type, file.body)
        elif path.startswith("data/"):
            self._answer_data(job, path.removeprefix("data/"))
        elif path.startswith("tiles/"):
            self._start_tile(job, path.removeprefix("tiles/"), url)
        else:
            job.fail(QWebEngineUrlRequestJob.Error.UrlNotFound)

    def _answer_data(self, job: QWebEngineUrlRequestJob, name: str) -> None:
        stem, _, suffix = name.partition(".")
        if stem.startswith("ground-") and self._ground is not None:
            body = self._ground.document(stem.removeprefix("ground-"))
            if body is not None and suffix == "json":
                self._reply(job, "application/json", body)
                return
        if stem not in list(MapLayer) or suffix not in ("bin", "json"):
            job.fail(QWebEngineUrlRequestJob.Error.UrlNotFound)
            return
        rows = self._feed.rows(MapLayer(stem))
        if suffix == "bin":
            self._reply(job, "application/octet-stream", rows.body())
        else:
            self._reply(job, "application/json", rows.names())

    def _start_tile(self, job: QWebEngineUrlRequestJob, path: str, url: QUrl) -> None:
        parts = path.removesuffix(".png").split("/")
        numbers = parts[2:]
        wrong = len(parts) != 5 or not all(part.isdecimal() for part in numbers)
        if self._tiles is None or wrong:
            job.fail(QWebEngineUrlRequestJob.Error.UrlNotFound)
            return
        z, x, y = (int(part) for part in numbers)
        scale = 2 if QUrlQuery(url).queryItemValue("scale") == "2" else 1
        self._next += 1
        number = self._next
        self._waiting[number] = job
        job.destroyed.connect(lambda: self._give_up(number))
        work = self._executor.submit(
            self._draw_tile, number, self._tiles, (parts[0], parts[1], z, x, y, scale)
        )
        self._drawing[number] = work

    def _draw_tile(
        self, number: int, tiles: TileSource, what: tuple[str, str, int, int, int, int]
    ) -> None:
        """Draw a tile in a thread of the pool and hand it to the GUI thread."""
        theme, lang, z, x, y, scale = what
        result: bytes | Exception
        try:
            result = tiles.png(theme, lang, z, x, y, scale)
        except Exception as error:  # noqa: BLE001 - reported where the request is answered
            result = error
        self._tile_drawn.emit(number, result)

    def _give_up(self, number: int) -> None:
        """The page wants a tile no more: do not draw it if that has not begun."""
        self._waiting.pop(number, None)
        work = self._drawing.pop(number, None)
        if work is not None:
            work.cancel()

    def _answer_tile(self, number: int, result: object) -> None:
        self._drawing.pop(number, None)
        job = self._waiting.pop(number, None)
        if isinstance(result, Exception):
            _LOG.warning("a tile of the basemap could not be drawn: %r", result)
        if job is None:
            return
        if isinstance(result, bytes):
            self._reply(job, "image/png", result)
        else:
            job.fail(QWebEngineUrlRequestJob.Error.RequestFailed)

    def _reply(self, job: QWebEngineUrlRequestJob, media_type: str, body: bytes) -> None:
        buffer = QBuffer(job)
        buffer.setData(QByteArray(body))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        if media_type == "text/html":
            policy = QByteArray(b"Content-Security-Policy")
            # The stub says one value a header; the wrapper takes the multi-map's list of them.
            headers = {policy: [QByteArray(CONTENT_POLICY.encode())]}
            job.setAdditionalResponseHeaders(headers)  # type: ignore[arg-type]
        job.reply(QByteArray(media_type.encode()), buffer)
