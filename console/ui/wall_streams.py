"""Which streams a wall wants open: the page's, those still seen, the next page's in time."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from console.domain.ids import CameraId
from console.patrol.leads import MOST_LEAD_S
from console.patrol.plans import Rotation
from console.ui.wall_pool import StreamKey, StreamPool, unique
from console.ui.wall_slots import Slot
from console.video.live import LiveTile

_PREROLL_FPS = 2.0
_MOST_PAGES_AHEAD = 3
#: From this width on (device pixels) a tile is worth the main stream.
MAIN_FROM_PX = 1100
#: A tile that is alone was opened to see more: it is worth it from this width on.
MAIN_ALONE_FROM_PX = 480


class WallStreams:
    """Asks the pool for a wall's streams, each at the size and rate of its tile.

    Args:
        pool: Keeps them open.
    """

    def __init__(self, pool: StreamPool) -> None:
        self._pool = pool
        self._boxes: list[tuple[int, int]] = [(640, 360)]
        self._main_from_px = MAIN_FROM_PX

    def set_boxes(self, boxes: Sequence[tuple[int, int]]) -> None:
        """Say how large each tile's picture may be, in device pixels."""
        self._boxes = list(boxes) or [(640, 360)]
        self._main_from_px = MAIN_ALONE_FROM_PX if len(boxes) == 1 else MAIN_FROM_PX

    def of(self, point: CameraId | None, number: int) -> LiveTile | None:
        """Return the open stream of a point for a tile."""
        return None if point is None else self._pool.get(self._key(point, number))

    def ask(
        self,
        slots: Sequence[Slot],
        rotation: Rotation,
        *,
        fps: float,
        now_s: float,
        more: Iterable[StreamKey] = (),
    ) -> None:
        """Have the streams open that are wanted now.

        Args:
            slots: The tiles.
            rotation: What is on and what comes.
            fps: How often a tile's picture changes.
            now_s: The rotation's clock.
            more: Streams that somebody else wants.
        """
        now = self._keys([slot.point for slot in slots])
        ahead = self._ahead(now, rotation, now_s)
        self._pool.want(unique([*now, *self._still_seen(slots, now), *ahead, *more]))
        for shown, rate in ((now, fps), (ahead, _PREROLL_FPS)):
            for key, number in shown.items():
                tile = self._pool.get(key)
                if tile is not None:
                    tile.show_at(*self._box(number), rate)

    def _key(self, point: CameraId, number: int) -> StreamKey:
        return StreamKey(point, self._box(number)[0] >= self._main_from_px)

    def _box(self, number: int) -> tuple[int, int]:
        return self._boxes[min(number, len(self._boxes) - 1)]

    def _keys(self, points: Sequence[CameraId | None]) -> dict[StreamKey, int]:
        """Return the streams of points and the tile that each is for."""
        return {self._key(point, n): n for n, point in enumerate(points) if point is not None}

    def _ahead(
        self, now: Container[StreamKey], rotation: Rotation, now_s: float
    ) -> dict[StreamKey, int]:
        """Return those of the next pages' streams whose time has come, the soonest first.

        Where pages stay for less than a camera needs, those after the next are opened as well.
        """
        remaining_s = rotation.remaining_s(now_s)
        due: dict[StreamKey, int] = {}
        for steps in range(1, min(_MOST_PAGES_AHEAD, rotation.pages - 1) + 1):
            if remaining_s is None or remaining_s > MOST_LEAD_S:
                break
            coming = self._keys(rotation.upcoming(steps))
            slowest_first = sorted(coming.items(), key=lambda one: -self._pool.lead_s(one[0]))
            for key, number in slowest_first:
                if key not in now and key not in due and self._pool.lead_s(key) >= remaining_s:
                    due[key] = number
            remaining_s += rotation.plan.dwell_s
        return due

    def _still_seen(self, slots: Sequence[Slot], now: Container[StreamKey]) -> list[StreamKey]:
        """A stream whose better one (main for sub) has no frame yet stays open."""
        kept = []
        for slot in slots:
            source = slot.source
            if source is not None and slot.shown == slot.point:
                key = StreamKey(source.camera.id, source.main)
                if key not in now and self._pool.get(key) is source:
                    kept.append(key)
        return kept
