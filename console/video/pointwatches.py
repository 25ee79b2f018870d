"""The background models of many points, and what they hint at with the time since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from console.domain.hints import Hint, HintKind, PointHints
from console.domain.ids import CameraId
from console.video.scenewatch import SceneWatch

#: About 110 kB a point.
_MOST_POINTS = 4_000


class PointWatches:
    """One background model a point, each with the hints of its last picture."""

    def __init__(self) -> None:
        self._watches: dict[CameraId, SceneWatch] = {}
        self._hints: dict[CameraId, tuple[Hint, ...]] = {}

    def look(self, point: CameraId, bgra: NDArray[np.uint8], at: datetime) -> PointHints:
        """Take a point's next picture.

        Args:
            point: Which.
            bgra: Shape (height, width, 4), blue first.
            at: When it was taken, aware UTC.
        """
        watch = self._watches.get(point)
        if watch is None:
            if len(self._watches) >= _MOST_POINTS:
                return PointHints(point=point, at=at)
            watch = self._watches[point] = SceneWatch()
        before = self._hints.get(point, ())
        seen = watch.look(bgra, at.timestamp())
        fresh = (Hint(kind=one.kind, box=one.box, since=at) for one in seen)
        found = tuple(since(hint, before) for hint in fresh)
        self._hints[point] = found
        return PointHints(point=point, at=at, hints=found)

    def absorb(self, point: CameraId, hint: Hint) -> None:
        """Take what a hint is of as usual: a person has answered it."""
        watch = self._watches.get(point)
        if watch is not None and hint.kind is not HintKind.DETECTED:
            watch.absorb(hint.box)

    def keep_only(self, points: Iterable[CameraId]) -> None:
        """Forget the points that are gone."""
        kept = set(points)
        self._watches = {point: one for point, one in self._watches.items() if point in kept}
        self._hints = {point: one for point, one in self._hints.items() if point in kept}


def since(hint: Hint, before: Iterable[Hint]) -> Hint:
    """Return a hint with the time since when the same thing has been seen."""
    return next((replace(hint, since=one.since) for one in before if one.is_like(hint)), hint)
