"""What is usual at each point by day and by night, and faults confirmed by a second look."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.video.diagnosis import Finding, Known, Metrics
from console.video.trouble import Trouble

#: So many good pictures of a time of day are needed before they are taken as usual.
LEAST_PICTURES = 12
#: How much a good picture counts against those before it, once there are many.
_WEIGHT = 0.04
#: How slowly it is forgotten how flat a block has been: what passes rarely passes again.
_FORGOTTEN = 0.002
_NAMES = tuple(one.name for one in fields(Metrics) if one.name not in ("structure", "light"))
#: A fault begins when it is seen so often in a row, and ends when it is missing so often.
CONFIRMED_AFTER, ENDED_AFTER = 2, 2


def is_day(at: datetime, lat: float, lon: float) -> bool:
    """Whether the sun is above the horizon, to some minutes (declination by Cooper 1969).

    Args:
        at: Aware UTC.
        lat: WGS-84.
        lon: WGS-84.
    """
    day = at.timetuple().tm_yday
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + day) / 365)
    hours = at.hour + at.minute / 60 + lon / 15 - 12
    angle = math.radians(15 * hours)
    height = math.sin(math.radians(lat)) * math.sin(declination)
    height += math.cos(math.radians(lat)) * math.cos(declination) * math.cos(angle)
    return height > 0.0


def is_day_at(camera: Camera, at: datetime) -> bool:
    """Whether it is day where a camera stands; one that stands nowhere is judged by noon.

    Args:
        camera: The point.
        at: Aware UTC.
    """
    if camera.lat is None or camera.lon is None:
        return True
    return is_day(at, camera.lat, camera.lon)


@dataclass(slots=True)
class _Learned:
    """Means and variances of one point at one time of day, the past slowly forgotten."""

    count: int = 0
    mean: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    variance: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    flattest: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def take(self, metrics: Metrics) -> None:
        values = np.asarray(
            [*(getattr(metrics, n) for n in _NAMES), *metrics.structure, *metrics.light]
        )
        if len(values) != len(self.mean):
            self.count, self.mean, self.variance = 0, np.zeros(len(values)), np.zeros(len(values))
            self.flattest = np.full(len(metrics.structure), np.inf)
        self.count += 1
        self._note_flat(np.asarray(metrics.structure) / max(1.0, metrics.contrast))
        weight = max(_WEIGHT, 1 / self.count)
        away = values - self.mean
        self.mean += weight * away
        self.variance = (1 - weight) * (self.variance + weight * away * away)

    def _note_flat(self, relief: NDArray[np.float64]) -> None:
        if self.count > 1:
            self.flattest += _FORGOTTEN * np.maximum(0.0, relief - self.flattest)
        self.flattest = np.minimum(self.flattest, relief)


class Baselines:
    """Learns what is usual from pictures that were found good.

    A point is judged by its own day and night; after its first pictures a change is a fault until
    a person says otherwise (`forget`), however long it lasts.
    """

    def __init__(self) -> None:
        self._learned: dict[tuple[CameraId, bool], _Learned] = {}
        self._last: dict[CameraId, Metrics] = {}
        self._latest: dict[CameraId, tuple[bool, Metrics]] = {}

    def known(self, point: CameraId, *, day: bool) -> Known | None:
        """Return what is known, ``None`` while that is too little."""
        learned = self._learned.get((point, day))
        if learned is None or learned.count < LEAST_PICTURES:
            return None
        return Known(
            mean=_metrics(learned.mean),
            spread=_metrics(np.sqrt(learned.variance)),
            last=self._last.get(point),
            flattest=tuple(learned.flattest.tolist()),
            pictures=learned.count,
        )

    def note(self, point: CameraId, metrics: Metrics, *, day: bool, good: bool) -> None:
        """Take the figures of a picture; those of good ones count as usual.

        They do once the next is good too: a fault that takes two looks to be seen began with one.
        """
        self._last[point] = metrics
        before = self._latest.pop(point, None)
        if not good:
            return
        if before is not None:
            self._learned.setdefault((point, before[0]), _Learned()).take(before[1])
        self._latest[point] = day, metrics

    def forget(self, point: CameraId) -> None:
        """Learn a point anew: it was moved or cleaned."""
        for day in (True, False):
            self._learned.pop((point, day), None)
        self._latest.pop(point, None)

    def keep_only(self, points: Iterable[CameraId]) -> None:
        """Forget the points that are gone."""
        kept = set(points)
        self._learned = {key: one for key, one in self._learned.items() if key[0] in kept}
        self._last = {point: one for point, one in self._last.items() if point in kept}
        self._latest = {point: one for point, one in self._latest.items() if point in kept}


def _metrics(values: NDArray[np.float64]) -> Metrics:
    count = len(_NAMES)
    named = dict(zip(_NAMES, values[:count].tolist(), strict=True))
    blocks = values[count:].tolist()
    half = len(blocks) // 2
    return Metrics(**named, structure=tuple(blocks[:half]), light=tuple(blocks[half:]))


Fault = Finding | Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultEvent:
    """A fault of a point has begun or ended.

    Attributes:
        since_s: When it was first seen.
        at_s: When that was sure (it began), or when it was last seen missing (it ended).
        ended: Whether it ended.
    """

    point: CameraId
    fault: Fault
    since_s: float
    at_s: float
    ended: bool = False


@dataclass(slots=True)
class _Seen:
    since_s: float
    times: int = 1
    missing: int = 0
    sure: bool = False


class FaultBook:
    """Turns looks into faults: sure at the second look, over when two looks do not show it.

    Times are seconds of any one clock.
    """

    def __init__(self) -> None:
        self._faults: dict[CameraId, dict[Fault, _Seen]] = {}

    def look(self, point: CameraId, found: Iterable[Fault], at_s: float) -> list[FaultEvent]:
        """Enter what one look found.

        Returns:
            The faults that have begun or ended by it.
        """
        seen = self._faults.setdefault(point, {})
        now = set(found)
        events = []
        for fault in now:
            known = seen.get(fault)
            if known is None:
                known = seen[fault] = _Seen(since_s=at_s)
            else:
                known.times, known.missing = known.times + 1, 0
            if not known.sure and known.times >= CONFIRMED_AFTER:
                known.sure = True
                events.append(
                    FaultEvent(point=point, fault=fault, since_s=known.since_s, at_s=at_s)
                )
        for fault in [one for one in seen if one not in now]:
            known = seen[fault]
            known.missing += 1
            if not known.sure or known.missing >= ENDED_AFTER:
                del seen[fault]
                if known.sure:
                    events.append(
                        FaultEvent(
                            point=point, fault=fault, since_s=known.since_s, at_s=at_s, ended=True
                        )
                    )
        return events

    def is_doubtful(self, point: CameraId) -> bool:
        """Whether a second look is to settle something."""
        return any(not one.sure or one.missing for one in self._faults.get(point, {}).values())
