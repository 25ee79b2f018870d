"""Background models (背景模型): what is usual at a point, and what differs from it.

Two memories of one small grey picture: the *usual*, learned from medians and changed slowly, and
the *lately*, the average of about a minute. What differs from the usual now and goes again is
motion; what differs for long and does not change any more is a parked object; what differs for
long and keeps changing, over more room than one person takes, is a crowd.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from console.domain.hints import Box, HintKind
from console.video.things import Seen, Things, Vote

Plane = NDArray[np.float32]
_SIZE = (128, 72)
_CELL = 4
_CELLS = (_SIZE[0] // _CELL, _SIZE[1] // _CELL)
_HALF = np.float16
#: Change, brightness steps, that half of a crowd goes through at least.
_ALIVE = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """Where a difference becomes a hint.

    Attributes:
        first_looks: Pictures whose median is the first usual.
        lately_s: Time constant of the lately; a thing has stood for about 1.4 of it when it is
            called parked.
        most_weight: Most that one picture counts in the lately, however long after the last.
        usual_s: Time constant of the usual where nothing is seen.
        absorbed_s: And where something stands: after that it belongs to the place.
        least_step: Brightness steps that a difference has at least.
        spreads: And so many of the pixel's usual deviations.
        stands: Share of the lately that a pixel must have differed to be called standing.
        filled: Share of a cell of 4 × 4 pixels that differs where a cell is called filled.
        crowd_stands: Share of the lately that a cell is filled in a crowd, whose people move.
        more_than_usual: And so much more than it usually is.
        wanders: And so many standard deviations of what chance makes of it.
        sure_looks, sure_s: Parked objects and crowds are called from so many pictures on, and so
            long after the first usual: before, what is usual is hardly known.
        calm: Most change, brightness steps, of what stands still.
        lively: Least change of what does not.
        motion_share, parked_share, crowd_share: Least share of the picture that each takes.
        most_boxes: Of each kind.
        changed_share: A picture that differs in more than this is another light or another view.
    """

    first_looks: int = 7
    lately_s: float = 45.0
    most_weight: float = 0.25
    usual_s: float = 600.0
    absorbed_s: float = 3_600.0
    least_step: float = 12.0
    spreads: float = 4.0
    stands: float = 0.82
    filled: float = 0.3
    crowd_stands: float = 0.8
    more_than_usual: float = 0.4
    wanders: float = 3.5
    sure_looks: int = 20
    sure_s: float = 180.0
    calm: float = 7.0
    lively: float = 6.0
    motion_share: float = 0.0016
    parked_share: float = 0.003
    crowd_share: float = 0.010
    most_boxes: int = 8
    changed_share: float = 0.45
    relearn_after: int = 4


WATCH = WatchSettings()


class SceneWatch:
    """Follows the pictures of one point, at whatever pace they come."""

    def __init__(self, settings: WatchSettings = WATCH) -> None:
        self._settings = settings
        self._first: list[NDArray[np.uint8]] = []
        self._odd = 0
        self._at_s = 0.0
        self._usual: NDArray[np.float16] | None = None
        self._spread = self._parted = self._lately = self._jitter = np.zeros(0, _HALF)
        self._filled = self._often = np.zeros(0, np.float32)
        self._looks, self._since_s = 0, 0.0
        self._things = Things()

    @property
    def knows(self) -> bool:
        """Whether enough was seen to say what is usual."""
        return self._usual is not None

    def look(self, bgra: NDArray[np.uint8], at_s: float) -> tuple[Seen, ...]:
        """Take the next picture and return what differs from the usual.

        Args:
            bgra: Shape (height, width, 4), blue first; any size, always the same view.
            at_s: When it was taken, seconds of a clock that goes forward.
        """
        grey = _small(bgra)
        if self._usual is None:
            self._learn(grey, at_s)
            return ()
        usual, spread = self._usual.astype(np.float32), self._spread.astype(np.float32)
        light = _in_the_same_light(grey, usual)
        away = np.abs(light - usual)
        differs = away > np.maximum(self._settings.least_step, self._settings.spreads * spread)
        if float(differs.mean()) > self._settings.changed_share:
            self._take_odd()
            return ()
        self._odd = 0
        differs = cv2.medianBlur(differs.astype(np.uint8), 3).astype(bool)
        return self._compare(light, differs, away, at_s)

    def absorb(self, box: Box) -> None:
        """Take what stands in a box as usual from now on: a person has dismissed it."""
        if self._usual is None:
            return
        part = _rows_and_columns(box)
        self._usual[part] = self._lately[part]
        self._parted[part] = 0
        self._things.forget(box)

    def _learn(self, grey: NDArray[np.uint8], at_s: float) -> None:
        self._first.append(grey)
        self._at_s = at_s
        if len(self._first) < self._settings.first_looks:
            return
        stack = np.stack(self._first).astype(np.float32)
        usual = np.median(stack, axis=0)
        spread = 1.48 * np.median(np.abs(stack - usual), axis=0)
        self._usual = usual.astype(_HALF)
        self._spread = np.clip(spread, 2.5, 30.0).astype(_HALF)
        self._lately = usual.astype(_HALF)
        self._parted, self._jitter = np.zeros(usual.shape, _HALF), self._spread.copy()
        self._filled = np.zeros(_CELLS[::-1], np.float32)
        self._often = self._filled.copy()
        self._first, self._looks, self._since_s = [], 0, at_s

    def _take_odd(self) -> None:
        """Learn anew when the view has changed for good."""
        self._odd += 1
        if self._odd >= self._settings.relearn_after:
            self._usual, self._odd = None, 0

    def _compare(
        self, light: Plane, differs: NDArray[np.bool_], away: Plane, at_s: float
    ) -> tuple[Seen, ...]:
        settings = self._settings
        step_s, self._at_s = max(0.0, at_s - self._at_s), max(at_s, self._at_s)
        share = min(settings.most_weight, 1.0 - float(np.exp(-step_s / settings.lately_s)))
        lately, jitter = self._lately.astype(np.float32), self._jitter.astype(np.float32)
        parted = self._parted.astype(np.float32)
        # What has just come is lately at once: it need not fade in.
        fresh = differs & (parted < 0.2)
        apart = np.where(fresh, 0.0, np.abs(light - lately))
        stood = parted > settings.stands
        parted += share * (differs - parted)
        jitter += share * (apart - jitter)
        # What passed before something stood there tells nothing of it.
        newly = (parted > settings.stands) & ~stood
        jitter[newly] = _ALIVE
        lately = np.where(fresh, light, lately + max(share, 0.2) * (light - lately))
        self._parted, self._lately = parted.astype(_HALF), lately.astype(_HALF)
        self._jitter = jitter.astype(_HALF)
        self._looks += 1
        standing = parted > settings.stands
        votes = self._crowd(self._count_filled(differs, share, step_s), jitter)
        votes += self._parked(standing & (jitter < settings.calm) & ~_within(votes), light)
        if self._looks < settings.sure_looks or at_s - self._since_s < settings.sure_s:
            votes = []
        found = self._things.look([_vote(one.box, standing, jitter) for one in votes], at_s)
        found += self._moving(differs & (parted < settings.stands), found)
        self._go_on_learning(light, differs, away, step_s)
        return tuple(found)

    def _parked(self, still: NDArray[np.bool_], light: Plane) -> list[Seen]:
        assert self._usual is not None
        usual = self._usual.astype(np.float32)
        joined = cv2.morphologyEx(still.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3)))
        found = []
        for box, part in _parts(joined, self._settings.parked_share, self._settings.most_boxes):
            # Where something was taken away, the edges are in the usual picture.
            rim = cv2.morphologyEx(part, cv2.MORPH_GRADIENT, np.ones((3, 3))).astype(bool)
            if _edges(light)[rim].sum() > _edges(usual)[rim].sum():
                found.append(Seen(HintKind.PARKED, box))
        return found

    def _count_filled(
        self, differs: NDArray[np.bool_], share: float, step_s: float
    ) -> NDArray[np.bool_]:
        """Return the cells that are filled for long, more than they usually are."""
        settings = self._settings
        full = cv2.resize(differs.astype(np.float32), _CELLS, interpolation=cv2.INTER_AREA)
        now = np.asarray(full > settings.filled)
        slow = max(1.0 - float(np.exp(-step_s / settings.usual_s)), 1.0 / (self._looks + 1))
        long = self._filled > settings.crowd_stands
        self._filled += np.float32(share) * (now - self._filled)
        self._often += np.float32(slow) * np.where(long, 0.0, now - self._often)
        # How far the lately wanders by chance where traffic fills a cell now and then.
        chance = np.sqrt(self._often * (1 - self._often) * settings.most_weight / 1.75)
        least = np.maximum(settings.more_than_usual, settings.wanders * chance)
        more = self._filled - self._often > least
        return np.asarray((self._filled > settings.crowd_stands) & more)

    def _crowd(self, standing: NDArray[np.bool_], jitter: Plane) -> list[Seen]:
        settings = self._settings
        lively = cv2.resize(jitter, _CELLS, interpolation=cv2.INTER_AREA) > settings.lively
        joined = cv2.morphologyEx(
            (standing & lively).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3))
        )
        parts = _parts(joined, settings.crowd_share, settings.most_boxes)
        return [Seen(HintKind.CROWD, box) for box, _ in parts]

    def _moving(self, moves: NDArray[np.bool_], found: Iterable[Seen]) -> list[Seen]:
        free = moves & ~_within(found)
        parts = _parts(
            free.astype(np.uint8), self._settings.motion_share, self._settings.most_boxes
        )
        return [Seen(HintKind.MOTION, box) for box, _ in parts]

    def _go_on_learning(
        self, light: Plane, differs: NDArray[np.bool_], away: Plane, step_s: float
    ) -> None:
        assert self._usual is not None
        settings = self._settings
        slow = 1.0 - float(np.exp(-step_s / settings.usual_s))
        slower = 1.0 - float(np.exp(-step_s / settings.absorbed_s))
        usual, spread = self._usual.astype(np.float32), self._spread.astype(np.float32)
        usual += np.where(differs, slower, slow) * (light - usual)
        wide = np.minimum(1.25 * away, 30.0)
        spread += np.where(self._parted > 0.5, 0.0, slow) * (wide - spread)
        self._usual, self._spread = usual.astype(_HALF), np.clip(spread, 2.5, 30.0).astype(_HALF)


def _vote(box: Box, standing: NDArray[np.bool_], jitter: Plane) -> Vote:
    """Return how alive most of what stands in a box is."""
    part = _rows_and_columns(box)
    stands = jitter[part][standing[part]]
    typical = float(np.median(stands)) if len(stands) else _ALIVE
    return Vote(box, float(np.clip(np.log2(max(0.1, typical) / _ALIVE), -1.0, 1.0)))


def _small(bgra: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(bgra, cv2.COLOR_BGRA2GRAY)
    return np.asarray(cv2.resize(grey, _SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def _in_the_same_light(grey: NDArray[np.uint8], usual: Plane) -> Plane:
    """Return a picture as bright as the usual one: clouds and exposure change all alike."""
    values = grey.astype(np.float32)
    gain = float(np.median((usual + 8.0) / (values + 8.0)))
    return np.asarray((values + 8.0) * min(2.0, max(0.5, gain)) - 8.0, np.float32)


def _edges(values: Plane) -> Plane:
    across = cv2.Sobel(values, cv2.CV_32F, 1, 0)
    along = cv2.Sobel(values, cv2.CV_32F, 0, 1)
    return np.asarray(np.abs(across) + np.abs(along), np.float32)


def _parts(
    mask: NDArray[np.uint8] | cv2.typing.MatLike, least_share: float, most: int
) -> list[tuple[Box, NDArray[np.uint8]]]:
    """Return the connected parts of a mask, the largest first, each with its box and mask."""
    plane = np.asarray(mask, np.uint8)
    height, width = plane.shape
    count, labels, about, _ = cv2.connectedComponentsWithStats(plane)
    order = sorted(range(1, count), key=lambda one: -int(about[one, cv2.CC_STAT_AREA]))
    found = []
    for one in order[:most]:
        left, top, wide, high, area = (int(value) for value in about[one])
        if area < least_share * width * height:
            break
        box = Box(left=left / width, top=top / height, width=wide / width, height=high / height)
        found.append((box, (labels == one).astype(np.uint8)))
    return found


def _within(found: Iterable[Seen]) -> NDArray[np.bool_]:
    """Return the pixels inside boxes."""
    inside = np.zeros(_SIZE[::-1], bool)
    for one in found:
        inside[_rows_and_columns(one.box)] = True
    return inside


def _rows_and_columns(box: Box) -> tuple[slice, slice]:
    width, height = _SIZE
    rows = slice(round(box.top * height), round((box.top + box.height) * height))
    return rows, slice(round(box.left * width), round((box.left + box.width) * width))
