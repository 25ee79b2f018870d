"""Patrol plans (轮巡计划): which points, in which order, how long each page stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from console.domain.errors import ZhihuiError
from console.domain.ids import CameraId
from console.domain.places import Camera
from console.patrol.layouts import GRIDS

LAYOUTS = GRIDS


class PatrolPlanError(ZhihuiError):
    """A plan or rotation that cannot be run; carries the offending value.

    Attributes:
        value: What was wrong.
    """

    def __init__(self, sentence: str, value: object) -> None:
        super().__init__(sentence)
        self.value = value


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolPlan:
    """An ordered list of points that are looked at in turn.

    Attributes:
        name: What people call it, "chaoyang-night".
        points: The points in the order they are shown; none twice.
        dwell_s: How long a page stays (停留), seconds.
        dwells: Points that ask for longer; a page stays as long as any point on it asks.
        max_revisit_s: Set: pages come by expected yield, and no living point stays unseen for
            longer.
        days: Days of the week on which it runs, 0 is Monday; all where empty.
        from_minute: Minute of the day from which it runs, ``None`` for all day.
        to_minute: Minute until which it runs, over midnight if it is before the other.
        presets: Where moving cameras are sent when their page comes on: point and ONVIF preset.
        tiles: Layout that it is shown in, ``None`` for the one that is on.
    """

    name: str
    points: tuple[CameraId, ...]
    dwell_s: float = 8.0
    dwells: tuple[tuple[CameraId, float], ...] = ()
    max_revisit_s: float | None = None
    days: tuple[int, ...] = ()
    from_minute: int | None = None
    to_minute: int | None = None
    presets: tuple[tuple[CameraId, str], ...] = ()
    tiles: int | None = None

    @property
    def is_timed(self) -> bool:
        """Whether it has days or times of day at which it runs."""
        return bool(self.days) or self.from_minute is not None

    def runs(self, weekday: int, minute: int) -> bool:
        """Whether it runs at a minute of the day, 0 to 1439, of a day of the week, 0 is Monday."""
        if self.from_minute is None or self.to_minute is None:
            return not self.days or weekday in self.days
        if self.from_minute <= self.to_minute:
            within, day = self.from_minute <= minute < self.to_minute, weekday
        else:
            within = minute >= self.from_minute or minute < self.to_minute
            # What runs after midnight belongs to the day on which it began.
            day = weekday if minute >= self.from_minute else (weekday - 1) % 7
        return within and (not self.days or day in self.days)

    def dwell_of(self, points: Iterable[CameraId | None]) -> float:
        """Return how long a page with these points stays, seconds."""
        asked = dict(self.dwells)
        if not asked:
            return self.dwell_s
        return max((asked[p] for p in points if p in asked), default=self.dwell_s)

    def __post_init__(self) -> None:
        for point, dwell_s in self.dwells:
            if dwell_s <= 0:
                raise PatrolPlanError(
                    f"The plan “{self.name}” stays {dwell_s} s at {point}; "
                    "give it a time longer than nothing.",
                    dwell_s,
                )
        if self.dwell_s <= 0:
            raise PatrolPlanError(
                f"The plan “{self.name}” stays {self.dwell_s} s on a page; "
                "give it a time longer than nothing.",
                self.dwell_s,
            )
        if len(set(self.points)) != len(self.points):
            twice = sorted({p for p in self.points if self.points.count(p) > 1})
            raise PatrolPlanError(
                f"The plan “{self.name}” names {', '.join(twice)} more than once; "
                "leave each point in it once.",
                twice,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """A plan running over the tiles of a wall; every change returns a new value.

    Pinned points stay on their tile on every page and drop out of the pages. Times are seconds of
    any clock that only goes forward, the same one in every call.

    Attributes:
        plan: What is patrolled.
        tiles: How many tiles the wall has.
        start: Index of the page's first point among the points that are not pinned.
        entered_s: When the page came on.
        held_s: When it was held, ``None`` while it runs.
        pinned: (tile, point) pairs, by tile.
    """

    plan: PatrolPlan
    tiles: int
    start: int = 0
    entered_s: float = 0.0
    held_s: float | None = None
    pinned: tuple[tuple[int, CameraId], ...] = ()
    #: The points that take part in the rotation: asked many times a second, so told once.
    _rest: tuple[CameraId, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.tiles < 1:
            raise PatrolPlanError(f"A wall cannot have {self.tiles} tiles.", self.tiles)
        rest = self.plan.points
        if self.pinned:
            fixed = {point for _, point in self.pinned}
            rest = tuple(point for point in rest if point not in fixed)
        object.__setattr__(self, "_rest", rest)

    @property
    def free_tiles(self) -> int:
        """How many tiles take part in the rotation."""
        return self.tiles - len(self.pinned)

    @property
    def pages(self) -> int:
        """How many pages a round has, at least one."""
        if not self.free_tiles:
            return 1
        return max(1, -(-len(self._rest) // self.free_tiles))

    @property
    def page(self) -> int:
        """The page that is on, counted from one."""
        return self.start // self.free_tiles + 1 if self.free_tiles else 1

    @property
    def label(self) -> str:
        """Plan and page as the strip shows them: "chaoyang-night 12/63"."""
        return f"{self.plan.name} {self.page}/{self.pages}"

    @property
    def dwell_s(self) -> float:
        """How long this page stays."""
        return self.plan.dwell_of(self.on_tiles()) if self.plan.dwells else self.plan.dwell_s

    @property
    def round_s(self) -> float:
        """How long a whole round takes: no point waits longer to be shown again."""
        if not self.plan.dwells:
            return self.pages * self.plan.dwell_s
        step = max(1, self.free_tiles)
        pages = [self._rest[at : at + step] for at in range(0, len(self._rest), step)]
        return sum(self.plan.dwell_of(page) for page in pages) or self.plan.dwell_s

    def is_pinned(self, tile: int) -> bool:
        """Whether the tile stays on its point."""
        return any(at == tile for at, _ in self.pinned)

    def on_tiles(self) -> tuple[CameraId | None, ...]:
        """Return the point of each tile on this page, ``None`` for a tile left over."""
        return self._placed(self.start)

    def upcoming(self, steps: int = 1) -> tuple[CameraId | None, ...]:
        """Return the point of each tile on the page after this one, or some pages on."""
        ahead = self
        for _ in range(steps - 1):
            ahead = replace(ahead, start=ahead._stepped(1))
        return ahead._placed(ahead._stepped(1))

    def progress(self, now_s: float) -> float:
        """Return how much of its dwell the page has had, 0 to 1; 0 where nothing turns."""
        if self.pages == 1:
            return 0.0
        until_s = now_s if self.held_s is None else self.held_s
        return min(1.0, max(0.0, (until_s - self.entered_s) / self.dwell_s))

    def remaining_s(self, now_s: float) -> float | None:
        """Return the seconds until the page turns, ``None`` while held or with one page only."""
        if self.held_s is not None or self.pages == 1:
            return None
        return max(0.0, self.entered_s + self.dwell_s - now_s)

    def next(self, now_s: float) -> Rotation:
        """Return the rotation one page on; a held one stays held."""
        return self._turned(1, now_s)

    def previous(self, now_s: float) -> Rotation:
        """Return the rotation one page back."""
        return self._turned(-1, now_s)

    def held(self, now_s: float) -> Rotation:
        """Return the rotation stopped on its page."""
        return self if self.held_s is not None else replace(self, held_s=now_s)

    def resumed(self, now_s: float) -> Rotation:
        """Return the rotation running again with the dwell it had left."""
        if self.held_s is None:
            return self
        return replace(self, entered_s=self.entered_s + now_s - self.held_s, held_s=None)

    def with_tiles(self, tiles: int, now_s: float) -> Rotation:
        """Return the rotation on a wall of another size, its first point still on.

        Pins on tiles that are no longer there move to the first tiles that are free.
        """
        kept = [point for _, point in self.pinned][:tiles]
        first = self._rest[self.start : self.start + 1]
        pins = tuple(enumerate(kept)) if tiles < self.tiles else self.pinned
        resized = replace(
            self, tiles=tiles, pinned=pins, start=0, entered_s=now_s, held_s=self._held(now_s)
        )
        return resized._starting_at(first)

    def pinning(self, tile: int) -> Rotation:
        """Return the rotation with the tile's point pinned, or let go if it was.

        Raises:
            PatrolPlanError: There is no such tile, or nothing on it.
        """
        if self.is_pinned(tile):
            first = self._rest[self.start : self.start + 1]
            left = tuple((at, point) for at, point in self.pinned if at != tile)
            return replace(self, pinned=left)._starting_at(first)
        points = self.on_tiles()
        point = points[tile] if 0 <= tile < self.tiles else None
        if point is None:
            raise PatrolPlanError(f"Tile {tile + 1} shows no point that could be pinned.", tile)
        pinned = replace(self, pinned=tuple(sorted((*self.pinned, (tile, point)))))
        return replace(pinned, start=min(self.start, max(0, len(pinned._rest) - 1)))

    def showing(self, points: Sequence[CameraId], now_s: float) -> Rotation:
        """Return the rotation turned to the page that has the first of ``points`` it knows."""
        rest = set(self._rest)
        known = tuple(point for point in points if point in rest)[:1]
        turned = self._starting_at(known) if known else self
        return replace(turned, entered_s=now_s, held_s=self._held(now_s))

    def _held(self, now_s: float) -> float | None:
        return None if self.held_s is None else now_s

    def _starting_at(self, first: tuple[CameraId, ...]) -> Rotation:
        if not first or not self.free_tiles:
            return replace(self, start=0)
        index = self._rest.index(first[0])
        return replace(self, start=index - index % self.free_tiles)

    def _stepped(self, by: int) -> int:
        count = len(self._rest)
        if not self.free_tiles or not count:
            return 0
        start = self.start + by * self.free_tiles
        if start < 0 < self.start:
            return 0
        if start < 0:
            return (count - 1) // self.free_tiles * self.free_tiles
        return start if start < count else 0

    def _turned(self, by: int, now_s: float) -> Rotation:
        return replace(self, start=self._stepped(by), entered_s=now_s, held_s=self._held(now_s))

    def _placed(self, start: int) -> tuple[CameraId | None, ...]:
        placed: list[CameraId | None] = [None] * self.tiles
        for tile, point in self.pinned:
            placed[tile] = point
        free = [tile for tile in range(self.tiles) if not self.is_pinned(tile)]
        page = self._rest[start : start + len(free)]
        for tile, point in zip(free, page, strict=False):
            placed[tile] = point
        return tuple(placed)


def neighbours_first(cameras: Iterable[Camera]) -> tuple[CameraId, ...]:
    """Return the points ordered so that neighbours share a page: district, street, then id."""
    kept = [camera for camera in cameras if not camera.retired]
    kept.sort(key=lambda camera: (camera.district or "~", camera.street or "~", camera.id))
    return tuple(camera.id for camera in kept)
