"""The patrol plans (轮巡计划) of a console: kept at central, made and changed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot

from console.domain.areas import AreaKind
from console.domain.errors import ZhihuiError
from console.domain.ids import CameraId
from console.domain.places import Camera, JurisdictionLevel
from console.geo.polygons import in_ring
from console.patrol.plans import PatrolPlan, neighbours_first
from console.protocol.patrol import PatrolPast, PlanSent
from console.ui.formnames import SiteForms
from console.ui.mirror import Mirror
from console.ui.plandraft import PlanDraft, PlanDraftError, draft_of, read_draft
from console.ui.reasons import reason_text
from console.ui.wall_patrol import HISTORY_DAYS, plan_of
from console.ui.words import form_word, place_word

#: Points that a plan by form takes, those with the most incidents first.
MOST_BY_FORM = 400


class PlanSource(Protocol):
    """Keeps plans and knows the past: the sync client."""

    def put_plan(self, plan: PlanSent) -> Future[PlanSent]:
        """Enter or change a plan."""

    def retire_plan(self, plan: str) -> Future[dict[str, str]]:
        """Take a plan away."""

    def patrol_past(self, days: int, form: str | None = None) -> Future[PatrolPast]:
        """Return where incidents were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a plan can be made from.

    Attributes:
        kind: "district", "form" or "event".
        key: Id of the district or area, code of the form.
        name: In the language shown.
    """

    kind: str
    key: str
    name: str

    @property
    def code(self) -> str:
        """How it stands in a plan."""
        return f"{self.kind}:{self.key}"


class PlanBook(QObject):
    """Holds the plans, saves and retires them, finds the points of what one is made from.

    Signals:
        changed: Other plans are there, or a plan is another.
        saved: Id of a plan that central has taken, and its name.
        failed: A sentence: why something could not be done.
        points_found: Code of a base and the ids of its points, in order.
    """

    changed = Signal()
    saved = Signal(str, str)
    failed = Signal(str)
    points_found = Signal(str, list)
    _came = Signal(object)

    def __init__(
        self,
        mirror: Mirror,
        forms: SiteForms,
        source: PlanSource,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._mirror, self._forms, self._source = mirror, forms, source
        self.plans: tuple[PlanSent, ...] = ()
        self._came.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def take(self, plans: Iterable[PlanSent]) -> None:
        """Take the plans as central keeps them."""
        self.plans = tuple(plans)
        self.changed.emit()

    def runnable(self) -> tuple[PatrolPlan, ...]:
        """Return the plans as a wall runs them, with the points there still are."""
        known = {one.id: one for one in self._mirror.cameras() if not one.retired}
        found = (plan_of(sent, known) for sent in self.plans)
        return tuple(plan for plan in found if plan is not None)

    def draft(self, plan_id: str) -> PlanDraft | None:
        """Return a plan as it stands on the form."""
        return next((draft_of(one) for one in self.plans if one.id == plan_id), None)

    def bases(self) -> list[Base]:
        """Return what a plan can be made from: districts, forms of violation, events."""
        districts = [
            Base(kind="district", key=one.id, name=place_word(one))
            for one in self._mirror.jurisdictions()
            if one.level is JurisdictionLevel.DISTRICT and not one.retired
        ]
        forms = [
            Base(kind="form", key=form.code, name=form_word(form.code))
            for form in self._forms.forms
        ]
        events = [
            Base(kind="event", key=area.id, name=area.name)
            for area in self._mirror.areas()
            if area.kind in (AreaKind.EVENT, AreaKind.CORDON) and not area.retired
        ]
        return [*sorted(districts, key=lambda one: one.name), *forms, *events]

    def find_points(self, code: str) -> None:
        """Find the points of a base; `points_found` brings them."""
        kind, _, key = code.partition(":")
        standing = [one for one in self._mirror.cameras() if not one.retired and one.unit is None]
        if kind == "district":
            self._found(code, neighbours_first(one for one in standing if one.district == key))
        elif kind == "event":
            self._found(code, neighbours_first(self._inside(standing, key)))
        elif kind == "form":
            known = {one.id for one in standing}
            asked = self._source.patrol_past(HISTORY_DAYS, key)
            self._when(asked, lambda past: self._found(code, _busiest(past, known)))

    def save(self, draft: PlanDraft) -> PlanDraftError | None:
        """Have central keep a plan; return what of it cannot be read, if anything."""
        try:
            plan = read_draft(draft)
        except PlanDraftError as error:
            return error
        self._when(self._source.put_plan(plan), self._take_saved)
        return None

    def retire(self, plan_id: str) -> None:
        """Have central take a plan away."""

        def gone(_answer: Mapping[str, str]) -> None:
            self.take(one for one in self.plans if one.id != plan_id)

        self._when(self._source.retire_plan(plan_id), gone)

    def _take_saved(self, kept: PlanSent) -> None:
        others = [one for one in self.plans if one.id != kept.id]
        self.take(sorted((*others, kept), key=lambda one: one.name))
        self.saved.emit(kept.id, kept.name)

    def _found(self, code: str, points: Iterable[str]) -> None:
        found = list(points)
        if not found:
            self.failed.emit(self.tr("No camera points belong to that; choose something else."))
        self.points_found.emit(code, found)

    def _inside(self, cameras: list[Camera], key: str) -> list[Camera]:
        area = self._mirror.area(key)
        placed = [one for one in cameras if one.lat is not None and one.lon is not None]
        if area is None or not placed:
            return []
        lats = [one.lat or 0.0 for one in placed]
        lons = [one.lon or 0.0 for one in placed]
        inside = in_ring(lats, lons, np.array(area.outline, float))
        return [placed[row] for row in np.flatnonzero(inside).tolist()]

    def _when(self, asked: Future[Any], take: Callable[[Any], None]) -> None:
        """Have an answer taken in Qt's thread; what central refuses is said."""

        def done(future: Future[Any]) -> None:
            try:
                answer = future.result()
            except CancelledError:
                return
            except (ZhihuiError, OSError) as error:
                sentence = str(getattr(error, "detail", "") or error)
                self._came.emit(lambda: self.failed.emit(reason_text(sentence)))
            else:
                self._came.emit(lambda: take(answer))

        asked.add_done_callback(done)

    @Slot(object)
    def _tell(self, tell: Callable[[], None]) -> None:
        tell()


def _busiest(past: PatrolPast, known: set[CameraId]) -> list[CameraId]:
    """Return the points with incidents in the past, those with the most first."""
    counts = [(-sum(hours), CameraId(point)) for point, hours in past.counts.items()]
    return [point for _, point in sorted(counts) if point in known][:MOST_BY_FORM]
