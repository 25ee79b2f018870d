"""Hints on the wall: asks the hint process for them, keeps them, has a person's yes and no."""

from __future__ import annotations

import json
import logging
import multiprocessing
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from console.domain.hints import Hint, HintKind, Measured, PointHints
from console.domain.ids import CameraId
from console.ui.wall_feed import WallFeed
from console.video.detector import Detection, DetectorSettings
from console.video.hinthost import (
    DetectorState,
    Dismiss,
    FoundIn,
    HintOrder,
    LeaveBoard,
    LookAt,
    UseDetector,
    WatchBoard,
)
from console.video.looks import LooksReader
from console.video.starters import Starter, hints_in_process

log = logging.getLogger("zhihui.wall")

_EVERY_MS = 200
_LOOKS_EVERY_S = 2.0
#: What the sweep saw longer ago is told no more.
_SWEPT_FOR_S = 600.0
#: Kinds of which a person is told without asking; motion is everywhere and only drawn.
TOLD = (HintKind.CROWD, HintKind.PARKED, HintKind.DETECTED)


def read_measured(path: Path) -> dict[HintKind, Measured]:
    """Return what `zhihui bench hints` has measured, as it is kept with the release.

    Where the file is missing or damaged nothing is known, and nothing is claimed.
    """
    try:
        kinds = json.loads(path.read_text(encoding="utf-8"))["kinds"]
        return {
            HintKind(name): Measured(
                precision=float(one["precision"]),
                recall=float(one["recall"]),
                hints=int(one["hints"]),
            )
            for name, one in kinds.items()
            if one["precision"] is not None
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the figures of hints in %s cannot be read: %s", path, error)
        return {}


class WallHints(QObject):
    """The hints of the live tiles of one wall.

    Args:
        feed: Whose tiles.
        measured: Precision of each kind on the simulated city's truth.
        looks: What the sweep leaves, its hints among it.
        start: Starts what looks at the pictures, on its end of the line.

    Signals:
        changed: ``CameraId`` of a point whose hints changed.
        state_changed: The detector can or cannot be used, or hints were switched on or off.
        found_in: Number of a request and the ``Detection`` tuple, of a still.
    """

    changed = Signal(str)
    state_changed = Signal()
    found_in = Signal(int, object)

    def __init__(
        self,
        feed: WallFeed,
        measured: Mapping[HintKind, Measured] | None = None,
        *,
        looks: LooksReader | None = None,
        start: Starter = hints_in_process,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._feed, self._start = feed, start
        self.measured = dict(measured or {})
        self.sentence: str | None = None
        self.shown = True
        self._line: Connection | None = None
        self._join: Callable[[], None] = lambda: None
        self._settings: DetectorSettings | None = None
        self._watched: dict[CameraId, Path] = {}
        self._hints: dict[CameraId, PointHints] = {}
        self._looks, self._looked_s = looks, 0.0
        self._swept: dict[CameraId, tuple[Hint, ...]] = {}
        self._answered: dict[CameraId, list[Hint]] = {}
        self._confirmed: dict[CameraId, Hint] = {}
        self._requests = 0
        self._asked: dict[int, None] = {}
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.tick)
        self._timer.start()

    @property
    def has_detector(self) -> bool:
        """Whether a site's own model is set and can be used."""
        return self._settings is not None and self.sentence is None

    def of(self, point: CameraId | None) -> tuple[Hint, ...]:
        """Return the hints of a point, live ones first; none while they are switched off."""
        if point is None or not self.shown:
            return ()
        found = self._hints.get(point)
        live = () if found is None else found.hints
        swept = self._swept.get(point, ())
        return live + tuple(one for one in swept if not any(one.is_like(two) for two in live))

    def told(self, point: CameraId | None) -> tuple[Hint, ...]:
        """Return those of them that a person is to say yes or no to, the oldest first."""
        asked = (hint for hint in self.of(point) if hint.kind in TOLD)
        return tuple(sorted(asked, key=lambda hint: (hint.since, -(hint.score or 0.0))))

    def every(self) -> list[tuple[CameraId, Hint]]:
        """Return every hint that waits for a yes or no, by point."""
        points = dict.fromkeys((*self._watched, *self._swept))
        return [(point, hint) for point in points for hint in self.told(point)]

    def use_detector(self, settings: DetectorSettings | None) -> None:
        """Use a site's own model from now on, or none."""
        if settings != self._settings:
            self._settings, self.sentence = settings, None
            self._send(UseDetector(settings))
            self.state_changed.emit()

    def show(self, shown: bool) -> None:
        """Switch hints on or off; nothing is computed while they are off."""
        if shown == self.shown:
            return
        self.shown = shown
        if not shown:
            self._watch({})
        for point in list(self._hints):
            self.changed.emit(point)
        self.state_changed.emit()

    def confirm(self, number: int) -> Hint | None:
        """Say yes to the first hint of a tile: its picture becomes evidence, its form filled in.

        Returns:
            The hint, ``None`` where the tile has none.
        """
        point = self._feed.tile(number).camera
        told = self.told(point)
        if point is None or not told:
            return None
        self._confirmed[point] = told[0]
        self._feed.take_evidence(number)
        self._drop(point, told[0])
        return told[0]

    def dismiss(self, number: int) -> Hint | None:
        """Say no to the first hint of a tile; it does not come again at that place."""
        point = self._feed.tile(number).camera
        told = self.told(point)
        if point is None or not told:
            return None
        self._drop(point, told[0])
        return told[0]

    def confirmed(self, point: str) -> Hint | None:
        """Return, once, the hint that evidence of a point was taken for."""
        return self._confirmed.pop(CameraId(point), None)

    def look_at(self, picture: bytes) -> int:
        """Have the model look at a still; the answer comes by ``found_in`` with this number."""
        self._requests += 1
        self._asked[self._requests] = None
        self._send(LookAt(self._requests, picture))
        return self._requests

    def tick(self) -> None:
        """Take what was found and have the tiles that are live now looked at."""
        self._take_answers()
        now_s = time.monotonic()
        if self._looks is not None and self.shown and now_s - self._looked_s > _LOOKS_EVERY_S:
            self._looked_s = now_s
            self._take_swept(self._looks)
        tiles = self._feed.live_tiles() if self.shown else {}
        self._watch({point: tile.board.path for point, tile in tiles.items()})

    def stop(self) -> None:
        """End the process and wait for it."""
        self._timer.stop()
        if self._line is not None:
            self._line.close()
            self._line = None
            self._join()

    def _watch(self, wanted: Mapping[CameraId, Path]) -> None:
        for point in [one for one in self._watched if one not in wanted]:
            del self._watched[point]
            self._hints.pop(point, None)
            self._send(LeaveBoard(point))
        tiles = self._feed.live_tiles()
        for point, path in wanted.items():
            if self._watched.get(point) != path and point in tiles:
                self._watched[point] = path
                self._send(WatchBoard(point, path, tiles[point].board.capacity))

    def _drop(self, point: CameraId, hint: Hint) -> None:
        self._answered.setdefault(point, []).append(hint)
        self._send(Dismiss(point, hint))
        self._swept[point] = tuple(
            one for one in self._swept.get(point, ()) if not one.is_like(hint)
        )
        known = self._hints.get(point)
        if known is not None:
            left = tuple(one for one in known.hints if one != hint)
            self._hints[point] = PointHints(point=point, at=known.at, hints=left)
            self.changed.emit(point)

    def _send(self, order: HintOrder) -> None:
        if self._line is None:
            if not self._timer.isActive() or isinstance(order, LeaveBoard):
                return
            self._line, theirs = multiprocessing.Pipe()
            self._join = self._start(theirs)
            if self._settings is not None and not isinstance(order, UseDetector):
                self._line.send(UseDetector(self._settings))
        try:
            self._line.send(order)
        except OSError:
            self._lost()

    def _lost(self) -> None:
        """The process has ended by itself: it is started again with the next order."""
        log.error("The process that looks for hints has ended by itself; it is started again.")
        if self._line is not None:
            self._line.close()
            self._line = None
            self._join()
        self._watched.clear()
        for request in list(self._asked):
            self._answer(FoundIn(request, (), None))

    def _take_swept(self, looks: LooksReader) -> None:
        """Take what the sweep hints at: what stands at points that are not on the wall."""
        swept = {}
        for found in looks.hints(datetime.now(UTC) - timedelta(seconds=_SWEPT_FOR_S)):
            answered = self._answered.get(found.point, ())
            left = tuple(
                one
                for one in found.hints
                if one.kind in TOLD and not any(one.is_like(no) for no in answered)
            )
            if left:
                swept[found.point] = left
        changed = {point for point in {*swept, *self._swept}
                   if swept.get(point) != self._swept.get(point)}  # fmt: skip
        self._swept = swept
        for point in changed:
            self.changed.emit(point)

    def _take(self, found: PointHints) -> None:
        """Keep what was found, but for what a person has answered while it was on its way."""
        answered = self._answered.get(found.point, ())
        left = tuple(one for one in found.hints if not any(one.is_like(no) for no in answered))
        before = self._hints.get(found.point)
        self._hints[found.point] = PointHints(point=found.point, at=found.at, hints=left)
        if before is None or before.hints != left:
            self.changed.emit(found.point)

    def _take_answers(self) -> None:
        if self._line is None:
            return
        try:
            while self._line.poll():
                self._answer(self._line.recv())
        except (EOFError, OSError):
            self._lost()

    def _answer(self, answer: PointHints | DetectorState | FoundIn) -> None:
        match answer:
            case PointHints() if answer.point in self._watched:
                self._take(answer)
            case DetectorState(sentence):
                self.sentence = sentence
                self.state_changed.emit()
            case FoundIn(request, found):
                self._asked.pop(request, None)
                self.found_in.emit(request, found)


__all__ = ["Detection", "Hint", "HintKind", "Measured", "WallHints", "read_measured"]
