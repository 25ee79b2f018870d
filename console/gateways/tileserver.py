"""A site's own tile server: one address that is allowed, its answers kept on disk."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from string import Formatter
from urllib.parse import urlsplit

import requests

from console.domain.errors import ZhihuiError
from console.geo.coordinates import Datum

_log = logging.getLogger("zhihui.map")
_TIMEOUT_S = (3.0, 8.0)
_MOST_BYTES = 8 << 20
#: After an address did not answer, it is left alone so long; the disk goes on giving.
_REST_S = 20.0
_NAMES = frozenset({"z", "x", "y"})


class TileAddressError(ZhihuiError):
    """An address of tiles that cannot be used."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(
            f"The basemap's address {address} cannot be used: {reason}. Write it as "
            "https://host/{z}/{x}/{y}.png in “basemap” of config.toml."
        )
        self.address = address


class TileServer:
    """Fetches pictures of tiles from one address, nothing else, and keeps them.

    Fulfils what the basemap asks of a source; tiles are pictures.
    """

    is_vector = False

    def __init__(
        self,
        address: str,
        folder: Path,
        *,
        datum: Datum = Datum.WGS84,
        min_zoom: int = 1,
        max_zoom: int = 18,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the address.

        Args:
            address: With ``{z}``, ``{x}`` and ``{y}``.
            folder: Where tiles are kept.
            datum: What the server's tiles are in.
            min_zoom: First zoom it has.
            max_zoom: Last zoom it has.
            clock: Seconds.

        Raises:
            TileAddressError: It is no such address.
        """
        try:
            named = {name for _, name, _, _ in Formatter().parse(address) if name is not None}
            parts = urlsplit(address)
            host = parts.hostname
        except ValueError as error:
            raise TileAddressError(address, str(error)) from error
        if parts.scheme not in ("http", "https") or not host:
            raise TileAddressError(address, "it is no http or https address")
        if named != _NAMES or "{" in parts.netloc:
            raise TileAddressError(address, "it has to hold {z}, {x} and {y}, behind the host")
        self._address, self._folder = address, folder
        self._clock = clock
        self._rests_until = 0.0
        self._local = threading.local()
        self.datum = datum
        self.min_zoom, self.max_zoom, self.attribution = min_zoom, max_zoom, host

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile, from disk where it is, else fetched; ``None`` where it cannot be had."""
        path = self._folder / str(z) / f"{x}_{y}.tile"
        try:
            return path.read_bytes()
        except OSError as error:  # usually not fetched yet
            _log.debug("tile %s is not kept yet (%s)", path, error.strerror)
        if not self.min_zoom <= z <= self.max_zoom or self._clock() < self._rests_until:
            return None
        body = self._fetched(self._address.format(z=z, x=x, y=y))
        if body is not None:
            self._keep(path, body)
        return body

    def close(self) -> None:
        """Nothing is held."""

    def _fetched(self, address: str) -> bytes | None:
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False
        try:
            # Redirects would lead to hosts nobody has allowed.
            with session.get(
                address, timeout=_TIMEOUT_S, allow_redirects=False, stream=True
            ) as answer:
                if answer.status_code != requests.codes.ok:
                    return None
                body = bytes(answer.raw.read(_MOST_BYTES + 1, decode_content=True))
        except (requests.RequestException, OSError) as error:
            self._rests_until = self._clock() + _REST_S
            _log.warning("the basemap's server does not answer: %s", error)
            return None
        return body if len(body) <= _MOST_BYTES else None

    def _keep(self, path: Path, body: bytes) -> None:
        part = path.with_suffix(f".{threading.get_ident()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(body)
            part.replace(path)
        except OSError as error:
            _log.warning("a tile could not be kept: %s", error)
