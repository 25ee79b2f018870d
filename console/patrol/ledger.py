"""The coverage ledger (巡查台账): what was seen when, and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.domain.ids import CameraId, PersonId


class Looker(StrEnum):
    """Who looked: the machine's sweep (快巡), or a person at the wall."""

    SWEEP = "sweep"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at one point that showed a picture.

    Attributes:
        at: When the picture was taken, aware UTC.
        person: Who sat at the wall, ``None`` for the sweep or where nobody had logged on.
    """

    point: CameraId
    at: datetime
    by: Looker
    person: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of a plan was seen in a span of time; the three add up to the plan.

    Attributes:
        by_person: Points a person has seen, whatever the sweep did.
        by_sweep: Points only the sweep has seen.
        unseen: Points that nobody has seen, in the plan's order.
    """

    by_person: int
    by_sweep: int
    unseen: tuple[CameraId, ...]

    @property
    def points(self) -> int:
        """How many points the plan has."""
        return self.by_person + self.by_sweep + len(self.unseen)


class Ledger:
    """The latest look at each point, by person and by sweep.

    Looks may come in any order; the latest of each kind is kept.
    """

    def __init__(self, looks: Iterable[Look] = ()) -> None:
        self._last: dict[tuple[CameraId, Looker], Look] = {}
        for look in looks:
            self.record(look)

    def record(self, look: Look) -> None:
        """Enter a look; one older than what is held changes nothing."""
        known = self._last.get((look.point, look.by))
        if known is None or known.at < look.at:
            self._last[look.point, look.by] = look

    def last(self, point: CameraId, by: Looker | None = None) -> Look | None:
        """Return the latest look at a point, by anyone unless ``by`` says by whom."""
        kinds = tuple(Looker) if by is None else (by,)
        looks = [self._last[point, kind] for kind in kinds if (point, kind) in self._last]
        return max(looks, key=lambda look: look.at, default=None)

    def coverage(self, points: Iterable[CameraId], *, since: datetime) -> Coverage:
        """Return what of ``points`` was seen at or after ``since`` (aware UTC)."""
        by_person = by_sweep = 0
        unseen: list[CameraId] = []
        for point in points:
            if self._seen(point, Looker.PERSON, since):
                by_person += 1
            elif self._seen(point, Looker.SWEEP, since):
                by_sweep += 1
            else:
                unseen.append(point)
        return Coverage(by_person=by_person, by_sweep=by_sweep, unseen=tuple(unseen))

    def _seen(self, point: CameraId, by: Looker, since: datetime) -> bool:
        look = self._last.get((point, by))
        return look is not None and look.at >= since
