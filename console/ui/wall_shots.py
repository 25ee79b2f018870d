"""Evidence on its way from a decoder: asked for by a key, brought when it is secured."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal

from console.ui.wall_pool import StreamKey, StreamPool
from console.video.live import LiveTile, Picture, Shot

#: How often answers are looked for while some are due, milliseconds.
_LOOK_MS = 2
#: How long the main stream may take to bring its frame.
MAIN_WAIT_S = 15.0
#: How long a wall that closes waits for pictures that were asked for.
_FINISH_S = 3.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request was about: the tile, and which part of the evidence."""

    tile: int
    part: str
    stream: LiveTile
    picture: int


@dataclass(frozen=True, slots=True)
class _MainDue:
    tile: int
    key: StreamKey
    until_s: float


class WallShots(QObject):
    """Asks for what was seen, then for the seconds before it, then for the main stream's frame.

    Args:
        pool: The open streams.

    Signals:
        taken: An ``EvidenceShot`` of the picture seen.
        added: An ``EvidenceShot`` that belongs to the one taken: with its clip, or the main
            stream's frame with its own time.
        refused: Number of a tile and why nothing of it could be secured.
    """

    taken = Signal(object)
    added = Signal(object)
    refused = Signal(int, str)

    def __init__(self, pool: StreamPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._asked: dict[int, _Asked] = {}
        self._mains: list[_MainDue] = []
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def take(self, tile: int, stream: LiveTile, picture: Picture) -> None:
        """Ask for the evidence of a picture that is shown."""
        self._ask(_Asked(tile, "still", stream, picture.number), clip=False)

    def keys(self) -> list[StreamKey]:
        """Return the streams that evidence still waits for."""
        now_s = time.monotonic()
        self._mains = [due for due in self._mains if due.until_s > now_s]
        return [due.key for due in self._mains]

    def look(self) -> None:
        """Take what has come; the wall's own timer calls it as well."""
        self._look()

    def finish(self) -> None:
        """Bring the pictures asked for so far, then wait for nothing any more: the wall closes."""
        until_s = time.monotonic() + _FINISH_S
        while time.monotonic() < until_s and self._is_due():
            self._look()
            time.sleep(_LOOK_MS / 1000)
        self._timer.stop()
        self._asked.clear()
        self._mains.clear()

    def _is_due(self) -> bool:
        return any(asked.part == "still" for asked in self._asked.values())

    def _ask(self, asked: _Asked, *, clip: bool) -> None:
        request = asked.stream.ask_shot(asked.picture, clip=clip)
        self._asked[request] = asked
        self._timer.start()

    def _look(self) -> None:
        for answer in self._pool.answers():
            asked = self._asked.pop(answer.request, None)
            if asked is None:
                continue
            if isinstance(answer, Shot):
                self._bring(asked, answer)
            elif asked.part == "still":
                self.refused.emit(asked.tile, answer.sentence)
        self._look_at_mains()
        if not self._asked and not self._mains:
            self._timer.stop()

    def _bring(self, asked: _Asked, answer: Shot) -> None:
        if asked.part != "still":
            self.added.emit(answer.shot)
            return
        self.taken.emit(answer.shot)
        self._ask(replace(asked, part="clip"), clip=True)
        camera = asked.stream.camera
        if not asked.stream.main and camera.sub_url is not None:
            key = StreamKey(camera.id, True)
            self._mains.append(_MainDue(asked.tile, key, time.monotonic() + MAIN_WAIT_S))

    def _look_at_mains(self) -> None:
        """Ask for the main stream's frame as soon as it has one."""
        waiting: list[_MainDue] = []
        for due in self._mains:
            stream = self._pool.get(due.key)
            picture = None if stream is None else stream.newest()
            if stream is not None and picture is not None:
                self._ask(_Asked(due.tile, "main", stream, picture.number), clip=False)
            elif due.until_s > time.monotonic():
                waiting.append(due)
        self._mains = waiting
