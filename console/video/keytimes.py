"""When each camera's next key picture comes: learned from visits, so that later ones are in time.

A camera that makes its viewers wait sends a key picture every so many seconds, whoever watches. A
visit that begins just before one waits for nothing, and neither camera nor network carries pictures
that nobody looks at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from console.domain.ids import CameraId

#: What cameras are mostly set to (50 frames at 25 a second): taken until a camera shows otherwise.
USUAL_KEY_S = 2.0
#: Shorter ones are not worth an appointment; longer ones are those of "smart" codecs.
_LEAST_KEY_S, _MOST_KEY_S = 0.8, 12.0
#: A key picture that comes further from where it was expected was not the one expected.
_NEAR_S, _JITTER_S = 0.25, 0.04
_KEPT, _SURE = 8, 6
_LONGEST_SPAN_S = 900.0


@dataclass(slots=True)
class _Heard:
    """What one camera has shown.

    Attributes:
        keys_s: When its key pictures came that visits saw, the newest last.
        waited_s: The longest that pictures came without a key picture among them.
        period_s: From one key picture to the next, as far as that is known.
    """

    keys_s: list[float] = field(default_factory=list)
    waited_s: float = 0.0
    period_s: float = USUAL_KEY_S


class KeyTimes:
    """Foretells key pictures; times are seconds of one clock that only goes forward."""

    def __init__(self) -> None:
        self._heard: dict[CameraId, _Heard] = {}

    def note(self, point: CameraId, key_s: float, waited_s: float) -> None:
        """Take when a key picture came.

        Args:
            point: Of which camera.
            key_s: When it came.
            waited_s: How long pictures had come before it, without a key picture among them.
        """
        heard = self._heard.setdefault(point, _Heard())
        heard.waited_s = max(heard.waited_s, waited_s)
        heard.keys_s = [*heard.keys_s[1 - _KEPT :], key_s]
        while key_s - heard.keys_s[0] > _LONGEST_SPAN_S:
            del heard.keys_s[0]
        period_s = _period(heard.keys_s, heard.waited_s)
        if period_s is None:
            # Its setting was changed, its stream began anew, or its key pictures come as they like.
            heard.keys_s, heard.waited_s = [key_s], waited_s
            period_s = _usual(waited_s)
        heard.period_s = period_s

    def next_s(self, point: CameraId, after_s: float) -> float | None:
        """Return when the first key picture after a moment is expected; ``None`` if unknown."""
        heard = self._heard.get(point)
        if heard is None:
            return None
        last_s = heard.keys_s[-1]
        steps = max(1, math.ceil((after_s - last_s) / heard.period_s))
        return last_s + steps * heard.period_s

    def period_s(self, point: CameraId) -> float | None:
        """Return the time from one key picture to the next, ``None`` if unknown."""
        heard = self._heard.get(point)
        return None if heard is None else heard.period_s

    def keep_only(self, points: set[CameraId]) -> None:
        """Forget all others."""
        self._heard = {point: one for point, one in self._heard.items() if point in points}


def _usual(waited_s: float) -> float:
    """Return the shortest multiple of the usual time that a wait does not contradict."""
    steps = math.ceil((waited_s - _NEAR_S) / USUAL_KEY_S)
    return USUAL_KEY_S * max(1, steps)


def _period(keys_s: list[float], waited_s: float) -> float | None:
    """Return a time between key pictures that all that came agree with, ``None`` if there is none.

    Few of them agree with many: then the one nearest to what is usual is taken, for a wrong one
    costs no more than a visit without appointment. Later the longest is: its multiples and parts
    do not agree any more.
    """
    span_s = keys_s[-1] - keys_s[0]
    if span_s < _LEAST_KEY_S:
        return _usual(waited_s)
    least_s = max(_LEAST_KEY_S, waited_s - _NEAR_S)
    few, many = max(1, math.ceil(span_s / _MOST_KEY_S)), math.floor(span_s / least_s)
    apart = [(_off_s(keys_s, span_s / parts), span_s / parts) for parts in range(few, many + 1)]
    best_s = min((off_s for off_s, _ in apart), default=math.inf)
    agreed = [one for off_s, one in apart if off_s <= min(_NEAR_S, 2.0 * best_s + _JITTER_S)]
    if len(keys_s) >= _SURE:
        return max(agreed, default=None)
    return min(agreed, key=lambda one: abs(math.log(one / USUAL_KEY_S)), default=None)


def _off_s(keys_s: list[float], period_s: float) -> float:
    """Return how far the key picture furthest from its time is from it, if that is the period."""
    first_s, worst_s = keys_s[0], 0.0
    for key_s in keys_s[1:-1]:
        off_s = (key_s - first_s) % period_s
        worst_s = max(worst_s, min(off_s, period_s - off_s))
        if worst_s > _NEAR_S:
            break
    return worst_s
