"""The plans a wall can run, and the pages of one that is ordered by expected yield."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.patrol.plans import PatrolPlan, PatrolPlanError, Rotation, neighbours_first
from console.patrol.schedule import Seen, YieldSchedule, hourly_rates
from console.protocol.patrol import PlanSent

#: Pages that an ordered plan is known ahead, for their streams to be opened.
PAGES_AHEAD = 4
#: Pages behind that a person can step back to.
_PAGES_BACK = 6
#: Days that the past violations given to an ordered plan are from.
HISTORY_DAYS = 60


def plan_of(sent: PlanSent, known: Mapping[CameraId, Camera]) -> PatrolPlan | None:
    """Return a plan as it is kept with the points that there still are, ``None`` if none are."""
    points = tuple(CameraId(one) for one in sent.points if CameraId(one) in known)
    if not points:
        return None
    dwells = tuple((CameraId(p), s) for p, s in sent.dwells.items() if CameraId(p) in known)
    return PatrolPlan(
        name=sent.name,
        points=points,
        dwell_s=sent.dwell_s,
        dwells=dwells,
        max_revisit_s=sent.max_revisit_s,
        days=sent.days,
        from_minute=sent.from_minute,
        to_minute=sent.to_minute,
        presets=tuple((CameraId(p), name) for p, name in sent.presets.items() if p in known),
        tiles=sent.tiles,
    )


def plan_of_points(name: str, points: Iterable[CameraId]) -> PatrolPlan:
    """Return a plan that looks at points in turn, for as long as a person wants it."""
    return PatrolPlan(name=name, points=tuple(dict.fromkeys(points)))


def district_plans(
    cameras: Iterable[Camera], names: Mapping[str, str], *, dwell_s: float = 8.0
) -> list[PatrolPlan]:
    """Return a plan for each district that has points, by the district's name."""
    by_district: dict[str, list[Camera]] = {}
    for camera in cameras:
        if camera.district is not None and not camera.retired:
            by_district.setdefault(camera.district, []).append(camera)
    plans = [
        PatrolPlan(
            name=names.get(district, district), points=neighbours_first(found), dwell_s=dwell_s
        )
        for district, found in by_district.items()
    ]
    return sorted(plans, key=lambda plan: plan.name)


def due_plan(plans: Sequence[PatrolPlan], at: datetime) -> PatrolPlan | None:
    """Return the first plan with times of day that runs now, by the clock on the wall."""
    minute = at.hour * 60 + at.minute
    timed = (plan for plan in plans if plan.is_timed)
    return next((plan for plan in timed if plan.runs(at.weekday(), minute)), None)


class OrderedPages:
    """Turns an ordered plan into a rotation whose pages are found one by one.

    The rotation's plan is a window of pages: some that were on, the one that is, some to come. No
    point is twice in it.

    Args:
        plan: With its longest time unseen.
        past: Violations of the last ``HISTORY_DAYS``.
        free_tiles: Tiles that take part.
        now_s: The rotation's clock.

    Raises:
        PatrolPlanError: So many points cannot be seen in that time.
    """

    def __init__(
        self, plan: PatrolPlan, past: Iterable[Seen], *, free_tiles: int, now_s: float
    ) -> None:
        if plan.max_revisit_s is None:
            raise PatrolPlanError(f"The plan “{plan.name}” promises no time.", plan.name)
        self.plan = plan
        self._places = max(1, free_tiles)
        self._schedule = YieldSchedule(
            plan.points,
            hourly_rates(plan.points, past, days=float(HISTORY_DAYS)),
            max_revisit_s=plan.max_revisit_s,
            looks_per_s=self._places / plan.dwell_s,
            now_s=now_s,
        )
        self._pages: list[tuple[CameraId, ...]] = []
        self._at = 0
        self._pinned: tuple[tuple[int, CameraId], ...] = ()

    def looked(self, points: Iterable[CameraId], at_s: float) -> None:
        """Take looks from before, and of other walls."""
        self._schedule.looked(points, at_s)

    def set_dead(self, points: Iterable[CameraId], now_s: float) -> None:
        """Say which points give no picture: they take no place until they live again."""
        self._schedule.set_dead(points, now_s)

    def begun(self, rotation: Rotation, now_s: float, hour: int) -> Rotation:
        """Return the rotation on its first page."""
        self._fill(now_s, hour)
        return self._shown(rotation, now_s)

    def turned(self, rotation: Rotation, now_s: float, hour: int, *, by: int) -> Rotation:
        """Return the rotation a page on, or back as far as pages are remembered."""
        self._at = max(0, self._at + by)
        if rotation.pinned != self._pinned:
            # Pages have fewer places now, or more: those to come are found anew.
            self._pinned, self._pages, self._at = rotation.pinned, [], 0
            self._places = max(1, rotation.free_tiles)
        self._fill(now_s, hour)
        drop = max(0, self._at - _PAGES_BACK)
        self._pages, self._at = self._pages[drop:], self._at - drop
        return self._shown(rotation, now_s)

    def _fill(self, now_s: float, hour: int) -> None:
        while len(self._pages) <= self._at + PAGES_AHEAD:
            ahead_s = (len(self._pages) - self._at) * self.plan.dwell_s
            shown = [point for page in self._pages for point in page]
            shown += [point for _, point in self._pinned]
            page = self._schedule.page(self._places, now_s + ahead_s, hour, but=shown)
            if not page and self._pages:
                return
            self._pages.append(page or self.plan.points[: self._places])

    def _shown(self, rotation: Rotation, now_s: float) -> Rotation:
        self._at = min(self._at, len(self._pages) - 1)
        window = dict.fromkeys(point for page in self._pages for point in page)
        return Rotation(
            plan=PatrolPlan(name=self.plan.name, points=tuple(window), dwell_s=self.plan.dwell_s),
            tiles=rotation.tiles,
            start=sum(len(page) for page in self._pages[: self._at]),
            entered_s=now_s,
            held_s=None if rotation.held_s is None else now_s,
            pinned=self._pinned,
        )


class WallPlans:
    """The plans a wall may run, and the one that is ordered by yield, if one is.

    Attributes:
        given: Plans kept at central, made by people.
        ordered: The ordered plan that runs.
    """

    def __init__(self) -> None:
        self.given: tuple[PatrolPlan, ...] = ()
        self.ordered: OrderedPages | None = None
        self._past: tuple[Seen, ...] = ()

    def set_past(self, past: Iterable[Seen]) -> None:
        """Say where and when violations were in the last ``HISTORY_DAYS``."""
        self._past = tuple(past)

    def begun(self, plan: PatrolPlan, tiles: int, now_s: float) -> Rotation:
        """Return a plan's rotation on its first page.

        Raises:
            PatrolPlanError: What it promises cannot be kept.
        """
        self.ordered = None
        rotation = Rotation(plan=plan, tiles=tiles, entered_s=now_s)
        if plan.max_revisit_s is None:
            return rotation
        ordered = OrderedPages(plan, self._past, free_tiles=tiles, now_s=now_s)
        rotation = ordered.begun(rotation, now_s, datetime.now().astimezone().hour)
        self.ordered = ordered
        return rotation

    def turned(self, rotation: Rotation, now_s: float, *, by: int) -> Rotation:
        """Return the rotation a page on (1) or back (-1)."""
        if self.ordered is None:
            return rotation.next(now_s) if by > 0 else rotation.previous(now_s)
        return self.ordered.turned(rotation, now_s, datetime.now().astimezone().hour, by=by)

    def points(self, rotation: Rotation) -> tuple[CameraId, ...]:
        """Return all points of the plan that runs."""
        return rotation.plan.points if self.ordered is None else self.ordered.plan.points
