"""What was seen today and what needs repair: the ledger and the sweep's looks behind a wall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.patrol.ledger import Coverage, Ledger, Look, Looker
from console.patrol.plans import Rotation
from console.ui.wall_pool import StreamKey
from console.ui.wall_values import Finding, Repair, StripView, Unseen
from console.video.looks import LooksReader, SweepLook, Thumbnail


def midnight() -> datetime:
    """Return when today began by the clock on the wall."""
    return datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)


class WallToday:
    """Follows the sweep's looks and the operator's own.

    Args:
        cameras: The points by id, a living mapping.
        looks: The sweep's pictures, if there is a sweep.

    Attributes:
        coverage: What of the points was seen today.
        repairs: Points with faults, those without a picture first.
        slowed: Whether the sweep goes slower than it may.
    """

    def __init__(self, cameras: Mapping[CameraId, Camera], looks: LooksReader | None) -> None:
        self._cameras, self._looks = cameras, looks
        self._ledger = Ledger()
        self._states: dict[CameraId, SweepLook] = {}
        self._visited_at: datetime | None = None
        self.coverage = Coverage(by_person=0, by_sweep=0, unseen=())
        self.repairs: tuple[Repair, ...] = ()
        self.slowed = False

    @property
    def sweep_age_s(self) -> float | None:
        """Seconds since the sweep's latest visit, ``None`` where there was none."""
        if self._visited_at is None:
            return None
        return max(0.0, (datetime.now(UTC) - self._visited_at).total_seconds())

    def strip(self, turning: Rotation, progress: float) -> StripView:
        """Return what the strip says of a rotation."""
        return StripView(
            plan=turning.plan.name,
            page=turning.page,
            pages=turning.pages,
            round_s=turning.round_s,
            progress=progress,
            held=turning.held_s is not None,
            points=self.coverage.points,
            by_person=self.coverage.by_person,
            by_sweep=self.coverage.by_sweep,
            unseen=len(self.coverage.unseen),
            sweep_age_s=self.sweep_age_s,
            sweep_slowed=self.slowed,
            repairs=self.repairs,
        )

    def finding(self, point: CameraId) -> Finding | None:
        """Return the worst the diagnosis found at a point."""
        state = self._states.get(point)
        return state.findings[0] if state is not None and state.findings else None

    def silent(self) -> list[CameraId]:
        """Return the points that gave no picture when the sweep was last there."""
        return [point for point, state in self._states.items() if state.trouble is not None]

    def answering(self) -> dict[CameraId, bool]:
        """Return of each point the sweep was at whether it had a picture then."""
        return {point: state.trouble is None for point, state in self._states.items()}

    def person_ages(self, points: Sequence[CameraId]) -> list[tuple[CameraId, float]]:
        """Return for points that people have seen how long ago that was, seconds."""
        now = datetime.now(UTC)
        looks = [self._ledger.last(point, Looker.PERSON) for point in points]
        return [(look.point, (now - look.at).total_seconds()) for look in looks if look]

    def thumbnail(self, point: CameraId) -> Thumbnail | None:
        """Return the sweep's latest picture of a point."""
        return None if self._looks is None else self._looks.thumbnail(point)

    def last(self, point: CameraId) -> Look | None:
        """Return a person's latest look at a point."""
        return self._ledger.last(point, Looker.PERSON)

    def every_point(self) -> tuple[CameraId, ...]:
        """Return all points there are."""
        return tuple(self._cameras)

    def unseen(self, points: Sequence[CameraId], *, by_person: bool) -> list[Unseen]:
        """Return the points that nobody, or no person, has looked at since midnight.

        Those that were not seen for the longest come first, those never seen before them.
        """
        since, never = midnight(), datetime.min.replace(tzinfo=UTC)
        found = []
        for point in points:
            person = self._ledger.last(point, Looker.PERSON)
            sweep = self._ledger.last(point, Looker.SWEEP)
            counted = [person] if by_person else [person, sweep]
            if any(look is not None and look.at >= since for look in counted):
                continue
            camera, state = self._cameras.get(point), self._states.get(point)
            found.append(
                Unseen(
                    camera=point,
                    name=point if camera is None else camera.name,
                    district=None if camera is None else camera.district,
                    by_person_at=None if person is None else person.at,
                    by_sweep_at=None if sweep is None else sweep.at,
                    trouble=None if state is None else state.trouble,
                )
            )
        return sorted(
            found,
            key=lambda one: (max(one.by_person_at or never, one.by_sweep_at or never), one.name),
        )

    def read(self) -> list[tuple[StreamKey, float]]:
        """Take what the sweep has left since the last reading.

        Returns:
            The streams it had a picture of, each with the seconds to its first frame.
        """
        if self._looks is None:
            return []
        learned: list[tuple[StreamKey, float]] = []
        self.slowed = any(sweep.slowed for sweep in self._looks.sweeps())
        for state in self._looks.states(self._visited_at):
            self._states[state.point] = state
            self._visited_at = max(self._visited_at or state.visited_at, state.visited_at)
            if state.picture_at is not None:
                look = Look(point=state.point, at=state.picture_at, by=Looker.SWEEP)
                self._ledger.record(look)
            if state.first_frame_s is not None:
                learned += self._streams_of(state.point, state.first_frame_s)
        return learned

    def _streams_of(self, point: CameraId, first_s: float) -> list[tuple[StreamKey, float]]:
        """Return which streams the sweep has seen: the sub one, or the only one there is."""
        camera = self._cameras.get(point)
        only = camera is not None and camera.sub_url is None
        return [(StreamKey(point, main), first_s) for main in (False, True) if only or not main]

    def note(self, look: Look) -> None:
        """Enter a person's look."""
        self._ledger.record(look)

    def count(self, points: Sequence[CameraId]) -> None:
        """Count anew what of these points was seen since midnight, and what needs repair."""
        self.coverage = self._ledger.coverage(points, since=midnight())
        found = []
        for point in points:
            state, camera = self._states.get(point), self._cameras.get(point)
            if state is None or camera is None or not (state.trouble or state.findings):
                continue
            repair = Repair(
                camera=point,
                name=camera.name,
                trouble=state.trouble,
                finding=state.findings[0] if state.findings else None,
            )
            found.append(repair)
        found.sort(key=lambda one: (one.trouble is None, one.camera))
        self.repairs = tuple(found)
