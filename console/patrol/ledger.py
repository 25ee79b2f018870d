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
        self._last: dict[Looker, dict[CameraId, Look]] = {kind: {} for kind in Looker}
        for look in looks:
            self.record(look)

    def record(self, look: Look) -> None:
        """Enter a look; one older than what is held changes nothing."""
        looks = self._last[look.by]
        known = looks.get(look.point)
        if known is None or known.at < look.at:
            looks[look.point] = look

    def last(self, point: CameraId, by: Looker | None = None) -> Look | None:
        """Return the latest look at a point, by anyone unless ``by`` says by whom."""
        kinds = tuple(Looker) if by is None else (by,)
        looks = [self._last[kind][point] for kind in kinds if point in self._last[kind]]
        return max(looks, key=lambda look: look.at, default=None)

    def coverage(self, points: Iterable[CameraId], *, since: datetime) -> Coverage:
        """Return what of ``points`` was seen at or after ``since`` (aware UTC)."""
        person, sweep = (self._seen(kind, since) for kind in (Looker.PERSON, Looker.SWEEP))
        by_person = by_sweep = 0
        unseen: list[CameraId] = []
        for point in points:
            if point in person:
                by_person += 1
            elif point in sweep:
                by_sweep += 1
            else:
                unseen.append(point)
        return Coverage(by_person=by_person, by_sweep=by_sweep, unseen=tuple(unseen))

    def _seen(self, by: Looker, since: datetime) -> set[CameraId]:
        return {point for point, look in self._last[by].items() if look.at >= since}
