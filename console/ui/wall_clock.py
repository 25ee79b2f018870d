"""Plans at their times of day, and moving cameras at their places: what a wall does by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from console.domain.ids import CameraId
from console.patrol.plans import PatrolPlan
from console.ui.wall_feed import WallFeed
from console.ui.wall_patrol import due_plan

LOOK_MS = 5_000


def local_now() -> datetime:
    """Return the time by the clock on the wall."""
    return datetime.now().astimezone()


class PagePresets(QObject):
    """Sends the moving cameras of each page that comes on to the plan's places.

    Args:
        feed: The wall.

    Signals:
        wanted: ``CameraId`` of a point that has come on, and the preset it is sent to.
    """

    wanted = Signal(str, str)

    def __init__(self, feed: WallFeed, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._feed = feed
        self._turned_to: dict[CameraId, str] = {}
        feed.page_turned.connect(self.send)

    def send(self) -> None:
        """Send those that have come on since the last page; others are there already."""
        asked = dict(self._feed.plan.presets)
        if not asked:
            self._turned_to = {}
            return
        shown = [point for point in self._feed.points_on() if point is not None]
        for point in shown:
            if point in asked and self._turned_to.get(point) != asked[point]:
                self.wanted.emit(point, asked[point])
        self._turned_to = {point: asked[point] for point in shown if point in asked}


class WallClock(QObject):
    """Starts a plan when its time comes and nobody has chosen another; else offers it.

    Args:
        feed: The wall.
        now: Time by the clock on the wall.

    Signals:
        plan_started: Name of a plan that the clock has started.
        plan_offered: Name of a plan whose time has come while another one runs.
        plan_ended: Name of a plan that the clock had started and whose time is over.
        preset_wanted: ``CameraId`` of a point that has come on, and the preset it is sent to.
    """

    plan_started = Signal(str)
    plan_offered = Signal(str)
    plan_ended = Signal(str)
    preset_wanted = Signal(str, str)

    def __init__(
        self,
        feed: WallFeed,
        now: Callable[[], datetime] = local_now,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._feed, self._now = feed, now
        self._told: str | None = None
        self._started: str | None = None
        self.offered: PatrolPlan | None = None
        self.presets = PagePresets(feed, self)
        self.presets.wanted.connect(self.preset_wanted)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Start, offer or end what the time of day says."""
        due = due_plan(self._feed.plans.given, self._now())
        name = None if due is None else due.name
        if self._started is not None and name != self._started:
            self._end()
        if due is None:
            self._told, self.offered = None, None
            return
        if name == self._told:
            return
        self._told = name
        if self._feed.plan.name == due.name:
            self._started = due.name
        elif self._feed.plan.name == "all" and not self._feed.is_lent:
            self._start(due)
        else:
            self.offered = due
            self.plan_offered.emit(due.name)

    def accept(self) -> bool:
        """Run the plan on offer; return whether there was one."""
        offered, self.offered = self.offered, None
        if offered is not None:
            self._start(offered)
        return offered is not None

    def _start(self, plan: PatrolPlan) -> None:
        self._started = plan.name
        if plan.tiles is not None:
            self._feed.set_tiles(plan.tiles)
        self._feed.set_plan(plan)
        self.plan_started.emit(plan.name)

    def _end(self) -> None:
        ended, self._started = self._started or "", None
        if self._feed.plan.name == ended:
            self._feed.set_plan(None)
            self.plan_ended.emit(ended)
