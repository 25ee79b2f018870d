"""The wall's model: turns the pages, keeps the streams, and has the newest picture of each tile."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from console.domain.ids import CameraId, PersonId
from console.domain.places import Camera
from console.patrol.ledger import Look, Looker
from console.patrol.plans import PatrolPlan, PatrolPlanError, Rotation, neighbours_first
from console.store.cameraseal import CameraKey
from console.ui.wall_patrol import WallPlans
from console.ui.wall_pool import StreamPool
from console.ui.wall_shots import WallShots
from console.ui.wall_slots import Slot
from console.ui.wall_streams import WallStreams
from console.ui.wall_today import WallToday
from console.ui.wall_values import StripView, TileKind, TileView
from console.video.live import Decoders, LiveTile
from console.video.looks import LooksReader

log = logging.getLogger("zhihui.wall")

_LOOKS_EVERY_S, _ASK_EVERY_S = 2.0, 0.2
_FEW_TILES = 4
_FPS_FEW, _FPS_MANY = 25.0, 12.5


class WallFeed(QObject):
    """Owns the rotation and the streams behind a wall.

    Nothing runs until ``set_watching(True)``; a hidden wall decodes nothing.

    Args:
        cameras: The camera points.
        plan: What is patrolled; all points, neighbours together, where ``None``.
        looks: The sweep's pictures, if there is a sweep.
        person: Who sits at the wall, for the ledger.
        decoders: Keep the streams open; a console's own two where ``None``.

    Signals:
        tile_ready: Number of a tile that has a new picture.
        tile_changed: Number of a tile whose words or marks changed.
        page_turned: Other points are on, or the layout changed.
        strip_changed: The strip's figures changed.
        evidence_taken: An ``EvidenceShot`` of what a tile showed.
        evidence_added: An ``EvidenceShot`` that belongs to it: the clip, the main stream's frame.
        evidence_refused: Number of a tile of which no evidence could be taken, and why.
        plan_refused: Why what a plan promises cannot be kept; it runs as it is.
        point_looked: A ``Look``: a person has had a point's live picture before them.
    """

    tile_ready = Signal(int)
    tile_changed = Signal(int)
    page_turned = Signal()
    strip_changed = Signal()
    evidence_taken = Signal(object)
    evidence_added = Signal(object)
    evidence_refused = Signal(int, str)
    plan_refused = Signal(str)
    point_looked = Signal(object)

    def __init__(
        self,
        cameras: Iterable[Camera],
        *,
        plan: PatrolPlan | None = None,
        tiles: int = 4,
        looks: LooksReader | None = None,
        person: PersonId | None = None,
        decoders: Decoders | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._cameras = {camera.id: camera for camera in cameras}
        self._person = person
        self._home_plan = plan
        self._pool = StreamPool(self._cameras, decoders or Decoders())
        self._streams = WallStreams(self._pool)
        self._shots = WallShots(self._pool, self)
        self._shots.taken.connect(self.evidence_taken)
        self._shots.added.connect(self.evidence_added)
        self._shots.added.connect(self._ask_streams)  # what was opened for it alone goes
        self._shots.refused.connect(self.evidence_refused)
        self.plans = WallPlans()
        self._rotation = Rotation(plan=plan or self._whole_plan(), tiles=tiles)
        self.today = WallToday(self._cameras, looks)
        self.today.count(self.plans.points(self._rotation))
        self._borrowed = False
        self._kinds: list[TileKind] = []
        self._watching, self._second = False, 0
        self._looks_s = self._asked_s = 0.0
        self._slots: list[Slot] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._resize_slots()

    @property
    def tiles(self) -> int:
        """How many tiles there are."""
        return self._rotation.tiles

    @property
    def plan(self) -> PatrolPlan:
        """The plan that runs, with all its points."""
        ordered = self.plans.ordered
        return self._rotation.plan if ordered is None else ordered.plan

    @property
    def held(self) -> bool:
        """Whether the page stays on."""
        return self._rotation.held_s is not None

    @property
    def running_streams(self) -> int:
        """How many streams are open, those that are closing included."""
        return self._pool.running

    @property
    def progress(self) -> float:
        """How much of its dwell the page has had, 0 to 1."""
        return self._rotation.progress(time.monotonic())

    def tile(self, number: int) -> TileView:
        """Return what a tile shows, ``number`` from 0."""
        slot = self._slots[number]
        point = slot.shown or slot.point
        camera = None if point is None else self._cameras.get(point)
        return slot.view(
            name="" if camera is None else camera.name,
            pinned=self._rotation.is_pinned(number),
            finding=None if point is None else self.today.finding(point),
        )

    def live_tiles(self) -> dict[CameraId, LiveTile]:
        """Return the streams whose pictures are on now, by point."""
        return {s.shown: s.source for s in self._slots if s.shown and s.source}

    def points_on(self) -> tuple[CameraId | None, ...]:
        """Return the point that each tile is to show on this page."""
        return self._rotation.on_tiles()

    def strip(self) -> StripView:
        """Return what the strip says."""
        return self.today.strip(self._rotation, self.progress)

    def put_cameras(self, cameras: Iterable[Camera]) -> None:
        """Take new or changed camera points; the pages go on where they are."""
        for camera in cameras:
            if camera.retired:
                self._cameras.pop(camera.id, None)
            else:
                self._cameras[camera.id] = camera
        if self._home_plan is None and not self._borrowed:
            self._run_plan(self._whole_plan())

    def use_key(self, key: CameraKey) -> None:
        """Open the credentials of cameras with this key from now on."""
        self._pool.use_key(key)

    def set_person(self, person: PersonId | None) -> None:
        """Say who sits at the wall from now on."""
        self._person = person

    def remember(self, looks: Iterable[Look]) -> None:
        """Count looks from before this start as well."""
        for look in looks:
            self.today.note(look)
        self.today.count(self.plans.points(self._rotation))
        self.strip_changed.emit()

    def set_plan(self, plan: PatrolPlan | None) -> None:
        """Patrol another plan from its first page; ``None`` means all points."""
        self._home_plan, self._borrowed = plan, False
        self._run(plan or self._whole_plan())

    def show_points(self, points: Sequence[CameraId], *, name: str) -> None:
        """Show these points and hold, until ``resume_plan``: the cameras that look at an incident.

        Args:
            points: The points, nearest first; unknown ones are left out.
            name: What the strip calls it, an incident's number.
        """
        known = tuple(dict.fromkeys(point for point in points if point in self._cameras))
        self._borrowed = True
        self._run(PatrolPlan(name=name, points=known))

    def lend_plan(self, plan: PatrolPlan, first: CameraId) -> None:
        """Run a plan from the page of a point on until ``resume_plan``: another screen's."""
        self._borrowed = True
        self._run(plan)
        self.go_to(first)

    def knows(self, point: CameraId) -> bool:
        """Whether there is such a point."""
        return point in self._cameras

    def _run(self, plan: PatrolPlan) -> None:
        """Begin a plan; one that promises what cannot be kept runs as it is, and says so."""
        now_s = self._now()
        try:
            self._rotation = self.plans.begun(plan, self.tiles, now_s)
        except PatrolPlanError as error:
            self.plan_refused.emit(str(error))
            self._rotation = Rotation(plan=plan, tiles=self.tiles, entered_s=now_s)
        ordered = self.plans.ordered
        if ordered is not None:
            for point, age_s in self.today.person_ages(plan.points):
                ordered.looked((point,), now_s - age_s)
        self._begin_plan()

    @property
    def is_lent(self) -> bool:
        """Whether other points than the plan's are on."""
        return self._borrowed

    def resume_plan(self) -> None:
        """Go back to the plan, if the wall was lent to other points."""
        if self._borrowed:
            self.set_plan(self._home_plan)

    def set_tiles(self, tiles: int) -> None:
        """Show 1 to 36 tiles; what was first stays on."""
        if tiles == self.tiles:
            return
        self._rotation = self._rotation.with_tiles(tiles, self._now())
        self._resize_slots()
        if self.plans.ordered is not None:
            self._run(self.plans.ordered.plan)

    def set_boxes(self, boxes: Sequence[tuple[int, int]]) -> None:
        """Say how large each tile's picture may be, in device pixels."""
        self._streams.set_boxes(boxes)
        self._ask_streams()

    def stream_counts(self) -> tuple[int, int]:
        """Return how many frames the open streams have decoded, and how many were scaled."""
        return self._pool.counts()

    def set_watching(self, watching: bool) -> None:
        """Start, or stop every stream because nobody can see the wall."""
        if watching == self._watching:
            return
        self._watching = watching
        if watching:
            self._rotation = self._rotation.showing((), self._now())
            self._set_rate()
            self._begin_page()
            self._timer.start()
        else:
            self._timer.stop()
            self._pool.want(())

    def stop(self) -> bool:
        """End every stream and wait for it; return whether nothing is left."""
        self._watching = False
        self._timer.stop()
        self._shots.finish()
        return self._pool.close()

    def toggle_hold(self) -> None:
        """Hold the page, or let it go on."""
        now_s = self._now()
        turning = self._rotation
        self._rotation = turning.resumed(now_s) if self.held else turning.held(now_s)
        self.strip_changed.emit()

    def step(self, pages: int) -> None:
        """Turn one page on (+1) or back (-1)."""
        self._rotation = self.plans.turned(self._rotation, self._now(), by=pages)
        self._begin_page()

    def go_to(self, point: CameraId) -> int | None:
        """Turn to the page of a point and return its tile; ``None`` if the plan has it not."""
        if point not in self._rotation.on_tiles():
            self._rotation = self._rotation.showing((point,), self._now())
            self._begin_page()
        points = self._rotation.on_tiles()
        return points.index(point) if point in points else None

    def toggle_pin(self, number: int) -> None:
        """Pin a tile's point, or let it go; a tile without one stays as it is."""
        try:
            self._rotation = self._rotation.pinning(number)
        except PatrolPlanError as error:
            log.info("%s", error)
            return
        self._point_slots()
        self.page_turned.emit()
        self.strip_changed.emit()

    def take_evidence(self, number: int) -> None:
        """Secure the frame a tile shows; only a frame of its stream is evidence."""
        slot = self._slots[number]
        if slot.picture is None or slot.source is None:
            text = self.tr("There is no live picture to take; wait until the tile is live.")
            self.evidence_refused.emit(number, text)
            return
        self._shots.take(number, slot.source, slot.picture)

    def tick(self) -> None:
        """Take new pictures, turn the page when it is due; the one timer calls it."""
        now_s = self._now()
        if self._rotation.remaining_s(now_s) == 0.0:
            self.step(1)
        if now_s - self._asked_s > _ASK_EVERY_S:
            self._ask_streams()
        if now_s - self._looks_s > _LOOKS_EVERY_S:
            self._looks_s = now_s
            self._read_today()
        second = int(now_s)
        for number, slot in enumerate(self._slots):
            if slot.poll(self._streams.of(slot.point, number)):
                self.tile_ready.emit(number)
            if slot.looked():
                self._note_look(slot)
            kind = slot.kind()
            if kind is not self._kinds[number] or second != self._second:
                self._kinds[number] = kind
                self.tile_changed.emit(number)
        if second != self._second:
            self._second = second
            self.strip_changed.emit()

    def _now(self) -> float:
        return time.monotonic()

    def _whole_plan(self) -> PatrolPlan:
        return PatrolPlan(name="all", points=neighbours_first(self._cameras.values()))

    def _run_plan(self, plan: PatrolPlan) -> None:
        if plan.points == self._rotation.plan.points:
            return
        shown = [slot.point for slot in self._slots if slot.point is not None]
        fresh = Rotation(plan=plan, tiles=self.tiles, entered_s=self._rotation.entered_s)
        self._rotation = fresh.showing(shown, self._now())
        self._begin_plan()

    def _resize_slots(self) -> None:
        old = self._slots[: self.tiles]
        fresh = [Slot(self.today.thumbnail) for _ in range(self.tiles - len(old))]
        self._slots = old + fresh
        self._kinds = [TileKind.EMPTY] * self.tiles
        self._set_rate()
        self._begin_page()

    def _set_rate(self) -> None:
        self._fps = _FPS_FEW if self.tiles <= _FEW_TILES else _FPS_MANY
        self._timer.setInterval(round(1000 / self._fps))

    def _begin_plan(self) -> None:
        self.today.count(self.plans.points(self._rotation))
        self._begin_page()

    def _begin_page(self) -> None:
        self._point_slots()
        self._ask_streams()
        self.page_turned.emit()
        self.strip_changed.emit()

    def _point_slots(self) -> None:
        for slot, point in zip(self._slots, self._rotation.on_tiles(), strict=True):
            slot.point_at(point)

    def _ask_streams(self) -> None:
        """Have the streams open that are wanted now; none while nobody sees the wall."""
        if not self._watching:
            return
        self._asked_s = self._now()
        self._streams.ask(
            self._slots,
            self._rotation,
            fps=self._fps,
            now_s=self._asked_s,
            more=self._shots.keys(),
        )

    def _read_today(self) -> None:
        for key, first_s in self.today.read():
            self._pool.know(key, first_s=first_s)
        if self.plans.ordered is not None:
            self.plans.ordered.set_dead(self.today.silent(), self._now())
        self.today.count(self.plans.points(self._rotation))
        for number, slot in enumerate(self._slots):
            if slot.refresh_look():
                self.tile_ready.emit(number)

    def _note_look(self, slot: Slot) -> None:
        if slot.shown is None:
            return
        look = Look(point=slot.shown, at=datetime.now(UTC), by=Looker.PERSON, person=self._person)
        self.today.note(look)
        self.today.count(self.plans.points(self._rotation))
        self.point_looked.emit(look)
