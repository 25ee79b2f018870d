"""What visits have taught of each camera's times, and what the next visit makes of it."""

from __future__ import annotations

from dataclasses import replace

from console.domain.ids import CameraId
from console.video.keytimes import KeyTimes
from console.video.visit import Visit, VisitSettings
from console.video.waits import Waits

_KEPT = 0.5
_USUALLY_OPEN_S, _LONGEST_OPENING_S = 0.3, 1.5
#: A visit is there so long before the key picture it has come for.
_EARLY_S = 0.1


class Habits:
    """Learns how long each point takes, and when its key pictures come."""

    def __init__(self) -> None:
        self._first_s: dict[CameraId, float] = {}
        self._opening_s: dict[CameraId, float] = {}
        self._keys, self._waits = KeyTimes(), Waits()

    def note(self, seen: Visit, failures: int = 0) -> None:
        """Learn from a visit, after so many in a row that failed."""
        point = seen.camera
        if seen.trouble is not None and seen.ran_out:
            self._waits.note_failure(point, failures)
        if seen.first_frame_s is not None:
            # The longest, slowly forgotten.
            self._first_s[point] = max(seen.first_frame_s, 0.95 * self._first_s.get(point, 0.0))
        if seen.opening_s is not None:
            before_s = self._opening_s.get(point, seen.opening_s)
            faded_s = _KEPT * before_s + (1 - _KEPT) * seen.opening_s
            self._opening_s[point] = max(seen.opening_s, faded_s)
        if seen.trouble is None:
            self._waits.note(point, answer_s=seen.answer_s, silence_s=seen.silence_s)
        if seen.key_s is not None:
            self._keys.note(point, seen.key_s, seen.waited_s)

    def begin_s(self, point: CameraId, now_s: float) -> float | None:
        """Return when to begin so as to be there for a key picture, not before ``now_s``.

        Returns:
            Seconds of ``time.monotonic``; ``None`` for a point that sends one whenever it is asked,
            or of which nothing is known.
        """
        lead_s = min(_LONGEST_OPENING_S, self._opening_s.get(point, _USUALLY_OPEN_S)) + _EARLY_S
        key_s = self._keys.next_s(point, now_s + lead_s)
        return None if key_s is None else key_s - lead_s

    def fitted(self, point: CameraId, settings: VisitSettings, *, failures: int) -> VisitSettings:
        """Return how long to wait for a point: less for one that usually answers at once.

        Args:
            point: Which.
            settings: With all the patience there is.
            failures: Looks that have failed in a row.
        """
        patience = self._waits.patience(settings.patience, point, failures)
        return replace(settings, patience=patience)

    def feel(self, late_s: float) -> None:
        """Take how late this machine itself is, seconds."""
        self._waits.feel(late_s)

    def first_s(self, point: CameraId) -> float | None:
        """Return how long who comes at any moment waits for a picture at most, as far as known."""
        seen_s, opening_s = self._first_s.get(point), self._opening_s.get(point)
        key_s = self._keys.period_s(point)
        if seen_s is None or opening_s is None or key_s is None:
            return seen_s
        return max(seen_s, opening_s + key_s)

    def key_due_s(self, point: CameraId, now_s: float) -> float | None:
        """Return when the next key picture is expected, ``None`` if that is not known."""
        return self._keys.next_s(point, now_s)

    def keep_only(self, points: set[CameraId]) -> None:
        """Forget all others."""
        self._first_s = {point: s for point, s in self._first_s.items() if point in points}
        self._opening_s = {point: s for point, s in self._opening_s.items() if point in points}
        self._keys.keep_only(points)
        self._waits.keep_only(points)
