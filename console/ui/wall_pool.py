"""The streams a wall has open: those on its page, and the next page's ahead of time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.patrol.leads import Lead
from console.store.cameraseal import CameraKey
from console.video.board import BoardError
from console.video.live import Decoders, LiveTile, NoShot, Shot

_JOIN_S = 8.0
_OPENED_AT_ONCE = 6


class StreamKey(NamedTuple):
    """One stream of one point; a tuple, for it is looked up at every tick of every tile."""

    camera: CameraId
    main: bool


class StreamPool:
    """Opens and closes live tiles so that exactly the wanted ones run.

    Args:
        cameras: The points by id, a living mapping.
        decoders: Keep the streams open.

    Attributes:
        trouble: Why a stream could not be opened on this machine, ``None`` where all were.
    """

    def __init__(self, cameras: Mapping[CameraId, Camera], decoders: Decoders) -> None:
        self._cameras, self._decoders = cameras, decoders
        self._tiles: dict[StreamKey, LiveTile] = {}
        self._ending: list[LiveTile] = []
        self._leads: dict[StreamKey, Lead] = {}
        self.trouble: BoardError | None = None

    def get(self, key: StreamKey) -> LiveTile | None:
        """Return the tile of a stream, if it is open."""
        return self._tiles.get(key)

    def use_key(self, key: CameraKey) -> None:
        """Open credentials with this key from now on; what is open is opened anew."""
        if self._decoders.use_key(key):
            self.want(())

    @property
    def running(self) -> int:
        """How many streams are open, those that are ending included."""
        return len(self._tiles) + len(self._ending)

    def lead_s(self, key: StreamKey) -> float:
        """Return how long before it is to be seen a stream is opened."""
        return self._leads.get(key, Lead()).seconds

    def know(self, key: StreamKey, *, first_s: float) -> None:
        """Learn what the sweep has seen of a stream."""
        self._leads[key] = self._leads.get(key, Lead()).told(first_s)

    def want(self, keys: Sequence[StreamKey]) -> None:
        """Open what is missing of ``keys``, the first first, and close what is not wanted.

        A few are opened a call, so that thirty handshakes at once do not hold up the others.
        """
        self._ending = [tile for tile in self._ending if not tile.join()]
        wanted = set(keys)
        for key in [key for key in self._tiles if key not in wanted]:
            self._end(key)
        opened = 0
        for key in keys:
            camera = self._cameras.get(key.camera)
            if camera is None:
                continue
            known = self._tiles.get(key)
            if known is not None and known.camera != camera:
                self._end(key)  # its address or password was changed
                known = None
            if known is None and opened < _OPENED_AT_ONCE:
                opened += self._open(key, camera)

    def answers(self) -> list[Shot | NoShot]:
        """Return what was secured since the last call, or why it was not."""
        return self._decoders.answers()

    def counts(self) -> tuple[int, int]:
        """Return how many frames the open streams have decoded, and how many of them scaled."""
        pairs = [tile.board.counts for tile in self._tiles.values()]
        return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)

    def close(self) -> bool:
        """Close all and wait; return whether everything has ended."""
        self.want(())
        until_s = time.monotonic() + _JOIN_S
        ended = [tile.join(max(0.0, until_s - time.monotonic())) for tile in self._ending]
        self._ending = []
        self._decoders.close()
        return all(ended)

    def _open(self, key: StreamKey, camera: Camera) -> bool:
        try:
            self._tiles[key] = self._decoders.open(camera, main=key.main)
        except BoardError as error:
            self.trouble = error
            return False
        self.trouble = None
        return True

    def _end(self, key: StreamKey) -> None:
        tile = self._tiles.pop(key)
        opening_s, first_s, key_s = tile.board.times_s
        if first_s is not None:
            lead = self._leads.get(key, Lead())
            self._leads[key] = lead.seen(opening_s=opening_s, first_s=first_s, key_s=key_s)
        tile.stop()
        self._ending.append(tile)


def unique(keys: Iterable[StreamKey]) -> list[StreamKey]:
    """Return the keys in order, each once."""
    return list(dict.fromkeys(keys))
