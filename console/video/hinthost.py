"""The hint process (提示进程): looks at the live tiles' boards beside the console, niced.

It reads pictures that the decoders have put on their boards, one after the other, each tile at
most twice a second, and rests three times as long as it has worked: the wall comes first.
"""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
import signal
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from console.domain.hints import Hint, HintKind, PointHints
from console.domain.ids import CameraId
from console.video.board import Board
from console.video.detector import Detection, Detector, DetectorError, DetectorSettings
from console.video.pointwatches import PointWatches, since

log = logging.getLogger("zhihui.video")

NICE = 10
_EVERY_S = 0.5
#: The background models look less often: a page that stays for eight seconds is four pictures.
_WATCH_EVERY_S = 2.0
_IDLE_S = 0.1
_REST = 3.0
_MOST_WATCHED = 400


@dataclass(frozen=True, slots=True)
class WatchBoard:
    """Console to host: look at a point's live pictures."""

    point: CameraId
    board: Path
    capacity: int


@dataclass(frozen=True, slots=True)
class LeaveBoard:
    """Console to host: nobody watches the point any more."""

    point: CameraId


@dataclass(frozen=True, slots=True)
class UseDetector:
    """Console to host: the model to use from now on, ``None`` for none."""

    settings: DetectorSettings | None


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Console to host: a person says that it is none."""

    point: CameraId
    hint: Hint


@dataclass(frozen=True, slots=True)
class LookAt:
    """Console to host: what the model finds in a kept still, any picture file."""

    request: int
    picture: bytes


@dataclass(frozen=True, slots=True)
class DetectorState:
    """Host to console: whether the model can be used; why not, in one sentence."""

    sentence: str | None


@dataclass(frozen=True, slots=True)
class FoundIn:
    """Host to console: what the model found in a still."""

    request: int
    found: tuple[Detection, ...]
    sentence: str | None = None


HintOrder = WatchBoard | LeaveBoard | UseDetector | Dismiss | LookAt
HintAnswer = PointHints | DetectorState | FoundIn


@dataclass(slots=True)
class _Watched:
    board: Board
    number: int = 0
    due_s: float = 0.0


@dataclass(slots=True)
class _Memory:
    """What is known of a point, kept while other pages are on.

    Attributes:
        seen: What its background model said of the latest picture that it was shown.
        watched_s: When that picture was taken, Unix seconds.
    """

    seen: tuple[Hint, ...] = ()
    watched_s: float = -1e9
    hints: tuple[Hint, ...] = ()
    dismissed: list[Hint] = field(default_factory=list)


class HintHost:
    """Carries out a console's orders until the line ends.

    Args:
        line: To the console.
    """

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._watched: dict[CameraId, _Watched] = {}
        self._known: dict[CameraId, _Memory] = {}
        self._watches = PointWatches()
        self._detector: Detector | None = None

    def run(self) -> None:
        """Work until the console lets go of the line."""
        rest_s = 0.0
        try:
            while True:
                while self._line.poll(rest_s):
                    self._obey(self._line.recv())
                    rest_s = 0.0
                began_s = time.monotonic()
                worked = self._look(began_s)
                took_s = time.monotonic() - began_s
                rest_s = _REST * took_s if worked else _IDLE_S
        except (EOFError, OSError):
            return

    def _obey(self, order: HintOrder) -> None:
        match order:
            case WatchBoard(point, path, capacity):
                with contextlib.suppress(OSError):  # it was closed before we came to it
                    self._watched[point] = _Watched(Board(path, capacity))
            case LeaveBoard(point):
                self._watched.pop(point, None)
            case UseDetector(settings):
                self._use(settings)
            case Dismiss(point, hint):
                self._dismiss(point, hint)
            case LookAt(request, picture):
                self._line.send(self._look_at(request, picture))

    def _use(self, settings: DetectorSettings | None) -> None:
        self._detector = None
        sentence = None
        if settings is not None:
            try:
                self._detector = Detector(settings)
            except DetectorError as error:
                sentence = str(error)
                log.warning("%s", sentence)
        self._line.send(DetectorState(sentence))

    def _dismiss(self, point: CameraId, hint: Hint) -> None:
        memory = self._known.setdefault(point, _Memory())
        memory.dismissed.append(hint)
        self._watches.absorb(point, hint)

    def _look(self, now_s: float) -> bool:
        """Look at the tile that has waited longest; return whether there was any to look at."""
        due = [(one.due_s, point) for point, one in self._watched.items() if one.due_s <= now_s]
        for _, point in sorted(due):
            watched = self._watched[point]
            watched.due_s = now_s + _EVERY_S
            painted = watched.board.read(watched.number, take=False)
            if painted is None:
                continue
            watched.number = painted.number
            at = datetime.fromtimestamp(painted.taken_us / 1e6, UTC)
            found = self._hints(point, painted.pixels, at)
            self._line.send(PointHints(point=point, at=at, hints=found))
            return True
        return False

    def _hints(self, point: CameraId, bgra: NDArray[np.uint8], at: datetime) -> tuple[Hint, ...]:
        if len(self._known) > _MOST_WATCHED and point not in self._known:
            self._known.pop(next(iter(self._known)))
        memory = self._known.setdefault(point, _Memory())
        if at.timestamp() - memory.watched_s >= _WATCH_EVERY_S:
            memory.watched_s = at.timestamp()
            memory.seen = self._watches.look(point, bgra, at).hints
        fresh = [*memory.seen, *(_of_detection(one, at) for one in self._detect(bgra))]
        kept = [one for one in fresh if not any(one.is_like(no) for no in memory.dismissed)]
        memory.hints = tuple(since(one, memory.hints) for one in kept)
        return memory.hints

    def _detect(self, bgra: NDArray[np.uint8]) -> tuple[Detection, ...]:
        if self._detector is None:
            return ()
        try:
            return self._detector.detect(bgra)
        except DetectorError as error:
            self._detector = None  # it would fail on every picture
            log.warning("%s", error)
            self._line.send(DetectorState(str(error)))
            return ()

    def _look_at(self, request: int, picture: bytes) -> FoundIn:
        if self._detector is None:
            return FoundIn(request, ())
        try:
            with Image.open(io.BytesIO(picture)) as image:
                rgba = np.asarray(image.convert("RGBA"), np.uint8)
            return FoundIn(request, self._detector.detect(rgba[:, :, [2, 1, 0, 3]]))
        except (OSError, ValueError, DetectorError) as error:
            return FoundIn(request, (), str(error))


def _of_detection(found: Detection, at: datetime) -> Hint:
    return Hint(
        kind=HintKind.DETECTED, box=found.box, since=at, score=found.score,
        word=found.name, form=found.form,
    )  # fmt: skip


def run_hints(line: Connection) -> None:
    """Work in this process until the console lets go of the line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.nice(NICE)
    gc.freeze()
    HintHost(line).run()
    line.close()
