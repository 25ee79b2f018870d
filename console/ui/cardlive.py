"""The live picture on the incident card: one camera near the case, the next by a key."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from console.domain.ids import CameraId
from console.domain.incidents import Incident
from console.domain.places import Camera
from console.ui.nearcameras import NearCamera
from console.ui.wall_slots import Slot
from console.ui.wall_values import TileKind, TileView
from console.video.board import BoardError
from console.video.live import Decoders, LiveTile
from console.video.looks import Thumbnail

TICK_MS, AGAIN_S = 80, 5.0
_FPS = 12.5
_CLOSE_S = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPicture:
    """What the card shows.

    Attributes:
        tile: The picture, or why there is none; ``None`` where no camera is near.
        near: The camera.
        at: Its place among those that could be shown, from 1.
        of: How many those are.
        has_place: Whether it is known where the incident is.
        trouble: Why no stream could be opened on this machine, "" where one was.
    """

    tile: TileView | None = None
    near: NearCamera | None = None
    at: int = 0
    of: int = 0
    has_place: bool = True
    trouble: str = ""


class CardLive(QObject):
    """Keeps one stream open while the card's picture can be seen, and none otherwise.

    Cameras come in the order given: those of units sent, then those that see the place. One that
    fails gives way to the next until a person has chosen.

    Args:
        incident: Gives an incident as it is now.
        camera: Gives a camera point as it is now.
        near: Gives the cameras of an incident, the best first.
        decoders: Keep the stream open; the wall's own.
        look_of: Gives the sweep's latest picture of a point.

    Signals:
        changed: Words, or which camera is shown.
        picture_ready: A newer picture of the same camera.
    """

    changed = Signal()
    picture_ready = Signal()

    def __init__(
        self,
        incident: Callable[[str], Incident | None],
        camera: Callable[[str], Camera | None],
        near: Callable[[Incident], list[NearCamera]],
        decoders: Decoders,
        look_of: Callable[[CameraId], Thumbnail | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._incident_of, self._camera_of, self._near_of = incident, camera, near
        self._decoders, self._look_of = decoders, look_of
        self._picked: str | None = None
        self._has_place = True
        self._near: list[NearCamera] = []
        self._chosen: CameraId | None = None
        self._by_hand = False
        self._failed: set[CameraId] = set()
        self._slot = Slot(look_of)
        self._tile: LiveTile | None = None
        self._ending: list[LiveTile] = []
        self._box = (320, 180)
        self._trouble = ""
        self._watching = self._is_seen = self._is_locked = False
        self._again_s = 0.0
        self._second, self._kind = 0, TileKind.EMPTY
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)

    @property
    def is_open(self) -> bool:
        """Whether a stream is open."""
        return self._tile is not None

    @property
    def camera(self) -> CameraId | None:
        """The camera that is shown."""
        return self._chosen

    def picture(self) -> CardPicture:
        """Return what the card shows."""
        at = next((n for n, one in enumerate(self._near, 1) if one.camera == self._chosen), 0)
        if not at:
            return CardPicture(has_place=self._has_place)
        near = self._near[at - 1]
        tile = self._slot.view(name=near.name, pinned=False, finding=None)
        return CardPicture(tile=tile, near=near, at=at, of=len(self._near), trouble=self._trouble)

    def pick(self, incident: str | None) -> None:
        """Show a camera of another incident; ``None`` shows none."""
        if incident == self._picked:
            return
        self._picked, self._by_hand = incident, False
        self._failed.clear()
        self._chosen = None
        self.look_again()

    def look_again(self) -> None:
        """Take the cameras that are near now; the one that is shown stays while it is."""
        self._again_s = time.monotonic()
        incident = None if self._picked is None else self._incident_of(self._picked)
        self._has_place = incident is None or incident.lat is not None
        found = [] if incident is None else self._near_of(incident)
        known = [one.camera for one in found]
        sent_before = {one.camera for one in self._near if one.is_sent}
        living = [one.camera for one in found if one.camera not in self._failed]
        newly_sent = [
            one.camera
            for one in found
            if one.is_sent and one.camera not in sent_before | self._failed
        ]
        self._near = found
        if newly_sent and not self._by_hand:
            self._choose(newly_sent[0])
        elif self._chosen not in known:
            self._by_hand = False
            self._choose(next(iter(living or known), None))
        else:
            self._open()
        self.changed.emit()

    def step(self, by: int) -> None:
        """Show the next camera (1) or the one before (-1)."""
        known = [one.camera for one in self._near]
        if len(known) < 2 or self._chosen not in known:
            return
        self._by_hand = True
        self._choose(known[(known.index(self._chosen) + by) % len(known)])
        self.changed.emit()

    def set_box(self, width: int, height: int) -> None:
        """Say how large the picture may be, device pixels."""
        self._box = (width, height)
        if self._tile is not None:
            self._tile.show_at(*self._box, _FPS)

    def set_watching(self, watching: bool) -> None:
        """Open the stream, or close it because nobody can see the picture."""
        self._is_seen = watching
        self._watch()

    def set_locked(self, is_locked: bool) -> None:
        """Have no stream open while the console is locked: its cover is before the card."""
        self._is_locked = is_locked
        self._watch()

    def _watch(self) -> None:
        watching = self._is_seen and not self._is_locked
        if watching == self._watching:
            return
        self._watching = watching
        if watching:
            self.look_again()
            self._timer.start()
        else:
            self._timer.stop()
            self._close()

    def use_key(self) -> None:
        """Credentials are opened with another key: the stream is opened anew."""
        self._close()
        self._open()

    def stop(self) -> None:
        """End the stream and wait for it."""
        self.set_watching(False)
        until_s = time.monotonic() + _CLOSE_S
        for tile in self._ending:
            tile.join(max(0.0, until_s - time.monotonic()))
        self._ending = []

    def tick(self) -> None:
        """Take the newest picture; look for other cameras now and then."""
        self._ending = [tile for tile in self._ending if not tile.join()]
        if time.monotonic() - self._again_s > AGAIN_S:
            self.look_again()
        if self._slot.poll(self._tile) or self._slot.refresh_look():
            self.picture_ready.emit()
        kind, second = self._slot.kind(), int(time.monotonic())
        if kind is not self._kind or second != self._second:
            self._kind, self._second = kind, second
            self.changed.emit()
        if self._slot.view(name="", pinned=False, finding=None).trouble is not None:
            self._pass_over()

    def _pass_over(self) -> None:
        """Go on from a camera that gives nothing, unless a person chose it or all give nothing."""
        if self._by_hand or self._chosen is None:
            return
        self._failed.add(self._chosen)
        living = [one.camera for one in self._near if one.camera not in self._failed]
        if living:
            self._choose(living[0])
            self.changed.emit()

    def _choose(self, point: CameraId | None) -> None:
        if point == self._chosen and self._tile is not None:
            return
        self._close()
        self._chosen = point
        self._slot = Slot(self._look_of)
        self._slot.point_at(point)
        self._open()

    def _open(self) -> None:
        """Have the stream of the chosen camera open; anew where its address was changed."""
        camera = None if self._chosen is None else self._camera_of(self._chosen)
        if self._tile is not None and self._tile.camera != camera:
            self._close()
        if camera is None or not self._watching or self._tile is not None:
            return
        try:
            self._tile = self._decoders.open(camera, main=False)
        except BoardError as error:
            self._trouble = str(error)
            return
        self._trouble = ""
        self._tile.show_at(*self._box, _FPS)

    def _close(self) -> None:
        if self._tile is not None:
            self._tile.stop()
            self._ending.append(self._tile)
            self._tile = None


def points_of(near: Sequence[NearCamera], most: int) -> list[CameraId]:
    """Return the first cameras of a list, as a wall takes them."""
    return [one.camera for one in near[:most]]
