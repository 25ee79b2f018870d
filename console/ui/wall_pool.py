"""The streams a wall has open: those on its page, and the next page's ahead of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.video.live import LiveTile
from console.video.rtsp import Patience

_JOIN_S = 8.0
_OPENED_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class StreamKey:
    """One stream of one point."""

    camera: CameraId
    main: bool


class StreamPool:
    """Opens and closes live tiles so that exactly the wanted ones run.

    Args:
        cameras: The points by id, a living mapping.
        patience: How long a camera may take, the usual times where ``None``.
    """

    def __init__(
        self, cameras: Mapping[CameraId, Camera], patience: Patience | None = None
    ) -> None:
        self._cameras, self._patience = cameras, patience
        self._tiles: dict[StreamKey, LiveTile] = {}
        self._ending: list[LiveTile] = []

    def get(self, key: StreamKey) -> LiveTile | None:
        """Return the tile of a stream, if it is open."""
        return self._tiles.get(key)

    @property
    def running(self) -> int:
        """How many threads there are, those that are ending included."""
        return len(self._tiles) + len(self._ending)

    def want(self, keys: Sequence[StreamKey]) -> None:
        """Open what is missing of ``keys``, the first first, and close what is not wanted.

        A few are opened a call, so that thirty handshakes at once do not hold up the screen.
        """
        self._ending = [tile for tile in self._ending if not tile.join(0)]
        for key in [key for key in self._tiles if key not in keys]:
            self._end(key)
        opened = 0
        for key in keys:
            if opened == _OPENED_AT_ONCE:
                break
            camera = self._cameras.get(key.camera)
            if camera is None:
                continue
            known = self._tiles.get(key)
            if known is not None and known.camera != camera:
                self._end(key)  # its address or password was changed
                known = None
            if known is None:
                tile = LiveTile(camera, main=key.main, patience=self._patience)
                self._tiles[key] = tile
                tile.start()
                opened += 1

    def close(self) -> bool:
        """Close all and wait; return whether every thread has ended."""
        self.want(())
        ended = [tile.join(_JOIN_S) for tile in self._ending]
        self._ending = []
        return all(ended)

    def _end(self, key: StreamKey) -> None:
        tile = self._tiles.pop(key)
        tile.stop()
        self._ending.append(tile)
