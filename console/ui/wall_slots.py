"""One tile's memory: which point it should show, and what it shows until that is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtGui import QImage

from console.domain.ids import CameraId
from console.ui.wall_values import Finding, TileKind, TileView
from console.video.live import STALE_AFTER_S, LiveTile, Picture, TileState, TileStatus
from console.video.looks import Thumbnail

#: How long the last point stays on when the next has neither frame nor look nor fault yet: a page
#: that was turned is there at once, and a tile without a picture says why.
GRACE_S = 0.0
#: How long a live picture must have been on to count as a person's look.
LOOKED_S = 1.0


def image_of(picture: Picture) -> QImage:
    """Return a picture as an image that owns its pixels."""
    height, width = picture.pixels.shape[:2]
    view = QImage(picture.pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    return view.copy()


class Slot:
    """One tile.

    Args:
        look_of: Gives the sweep's latest picture of a point.
        clock_s: Seconds that only go forward, the live tiles' own clock.
    """

    def __init__(
        self,
        look_of: Callable[[CameraId], Thumbnail | None],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_of, self._clock_s = look_of, clock_s
        self.point: CameraId | None = None
        self.shown: CameraId | None = None
        self.source: LiveTile | None = None
        self.picture: Picture | None = None
        self._image: QImage | None = None
        self._look: Thumbnail | None = None
        self._status = TileStatus(state=TileState.CONNECTING)
        self._pointed_s = 0.0
        self._live_since_s: float | None = None

    def point_at(self, point: CameraId | None) -> None:
        """Show another point as soon as there is something of it to show."""
        if point == self.point:
            return
        self.point = point
        self._pointed_s = self._clock_s()
        self._live_since_s = None
        if point is None:
            self._switch(None)

    def poll(self, tile: LiveTile | None) -> bool:
        """Take what the point's stream has; return whether the picture changed.

        Args:
            tile: The stream of ``point``, ``None`` while nothing is watched.
        """
        if tile is None or self.point is None:
            return False
        status = tile.status()
        after = self.picture.number if self._is_from(tile) and self.picture is not None else 0
        picture = tile.take(after)
        if picture is not None:
            self._show_picture(tile, picture)
        elif self.shown != self.point:
            self._try_without_picture(status)
        if self.shown == self.point and (self.source is None or self._is_from(tile)):
            self._status = status
        return picture is not None

    def refresh_look(self) -> bool:
        """Look for a newer picture of the sweep while no live one is on; return if there was."""
        if self.shown is None or self.picture is not None:
            return False
        look = self._look_of(self.shown)
        if look is None or (self._look is not None and look.taken_at <= self._look.taken_at):
            return False
        return self._show_look(look)

    def looked(self) -> bool:
        """Say, once a page, that the point was on live for long enough to have been looked at."""
        if self._live_since_s is None or self.kind() is not TileKind.LIVE:
            return False
        if self._clock_s() - self._live_since_s < LOOKED_S:
            return False
        self._live_since_s = None
        return True

    def kind(self) -> TileKind:
        """Return what the tile shows."""
        if self.shown is None:
            return TileKind.EMPTY if self.point is None else TileKind.CONNECTING
        if self.picture is not None:
            late = self._clock_s() - self.picture.taken_s > STALE_AFTER_S
            return TileKind.STALE if late else TileKind.LIVE
        if self._look is not None:
            return TileKind.LOOK
        failed = self._status.state is TileState.FAILED
        return TileKind.FAILED if failed else TileKind.CONNECTING

    def view(self, *, name: str, pinned: bool, finding: Finding | None) -> TileView:
        """Return what to paint."""
        taken_at, age_s = None, None
        if self.picture is not None:
            taken_at = self.picture.taken_at
            age_s = self._clock_s() - self.picture.taken_s
        elif self._look is not None:
            taken_at = self._look.taken_at
            age_s = max(0.0, (datetime.now(UTC) - taken_at).total_seconds())
        return TileView(
            kind=self.kind(),
            camera=self.shown or self.point,
            name=name,
            image=self._image,
            taken_at=taken_at,
            age_s=age_s,
            trouble=self._status.trouble,
            sentence=self._status.sentence,
            finding=finding,
            pinned=pinned,
        )

    def _is_from(self, tile: LiveTile) -> bool:
        return self.source is tile

    def _switch(self, point: CameraId | None) -> None:
        self.shown, self.source, self.picture = point, None, None
        self._image, self._look = None, None
        self._status = TileStatus(state=TileState.CONNECTING)

    def _show_picture(self, tile: LiveTile, picture: Picture) -> None:
        if self.shown != self.point:
            self._switch(self.point)
        if self._live_since_s is None and not self._is_from(tile):
            self._live_since_s = self._clock_s()
        self.source, self.picture, self._look = tile, picture, None
        self._image = image_of(picture)

    def _show_look(self, look: Thumbnail) -> bool:
        image = QImage.fromData(look.jpeg)
        if image.isNull():
            return False
        self._look, self._image = look, image
        return True

    def _try_without_picture(self, status: TileStatus) -> None:
        """Swap to the sweep's picture or to words, but keep the last point on for a moment."""
        point = self.point
        waited_s = self._clock_s() - self._pointed_s
        look = None if point is None else self._look_of(point)
        give_up = status.state is TileState.FAILED or waited_s >= GRACE_S or self.shown is None
        if look is not None or give_up:
            self._switch(point)
            self._status = status
            if look is not None:
                self._show_look(look)
