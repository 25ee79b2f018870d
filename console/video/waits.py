"""How long each point usually keeps a visit waiting, and how long a visit waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from console.domain.ids import CameraId
from console.video.address import Patience

#: Least times: a first look waits so long for an answer or a packet, the one that confirms longer.
_FIRST_S, _SECOND_S = 1.0, 2.0
#: And so many times the longest it has waited for, the one that confirms half as long again.
_TIMES, _SECOND_TIMES = 3.0, 4.5
#: A system asks a second time for a connection after 1 s (RFC 6298, 2.1): one lost packet is none.
_CONNECT_S = 1.4
_KEPT, _EVERYBODYS_KEPT = 0.95, 0.99
#: Where more of the points that were well than this fail of late, it is not they that fail.
_MOST_FAILING, _FAILING_WEIGHT = 0.1, 0.05


@dataclass(slots=True)
class Waits:
    """Learns from every visit: the longest waits, slowly forgotten.

    A camera that answers within hundredths of a second and sends 25 pictures in each is missed
    after one; its failure is a doubt only, and the look that settles it has longer. What keeps
    points waiting longer than they used to (a busy network, this machine itself) makes every look
    more patient; one that is slow by nature does not. Where patience ends with many at a time each
    gets all there is: those that refuse or break off would not answer any better for it.
    """

    _answers: dict[CameraId, float] = field(default_factory=dict)
    _silences: dict[CameraId, float] = field(default_factory=dict)
    _everybodys_s: float = 0.0
    _failing: float = 0.0

    def note(self, point: CameraId, *, answer_s: float | None, silence_s: float | None) -> None:
        """Take what a visit that gave a picture has waited for.

        Args:
            point: Whose.
            answer_s: For the whole handshake.
            silence_s: At most, from one packet of the stream to the next.
        """
        if answer_s is not None:
            longer_s = answer_s - self._answers.get(point, answer_s)
            self._everybodys_s = max(longer_s, _EVERYBODYS_KEPT * self._everybodys_s)
        for known, took_s in ((self._answers, answer_s), (self._silences, silence_s)):
            if took_s is not None:
                known[point] = max(took_s, _KEPT * known.get(point, 0.0))
        self._failing *= 1.0 - _FAILING_WEIGHT

    def note_failure(self, point: CameraId, failures: int) -> None:
        """Take that patience has ended at a visit, the first after so many failures."""
        if not failures and point in self._answers:
            self._failing += _FAILING_WEIGHT * (1.0 - self._failing)

    def feel(self, late_s: float) -> None:
        """Take how late this machine itself is, seconds."""
        self._everybodys_s = max(self._everybodys_s, late_s)

    def patience(self, whole: Patience, point: CameraId, failures: int) -> Patience:
        """Return how long to wait for a point.

        Args:
            whole: The longest.
            point: Which; all of that for one that has never shown a picture.
            failures: Looks that have failed in a row; all of it from the third on.
        """
        if failures > 1 or point not in self._answers or self._failing > _MOST_FAILING:
            return whole
        least_s, times = (_FIRST_S, _TIMES) if not failures else (_SECOND_S, _SECOND_TIMES)
        least_s = max(least_s, times / _TIMES * 2.0 * self._everybodys_s)
        answer_s = max(least_s, times * self._answers[point])
        silence_s = max(least_s, times * self._silences.get(point, whole.silence_s))
        return replace(
            whole,
            connect_s=min(whole.connect_s, max(_CONNECT_S, answer_s)),
            answer_s=min(whole.answer_s, answer_s),
            silence_s=min(whole.silence_s, silence_s),
        )

    def keep_only(self, points: Iterable[CameraId]) -> None:
        """Forget the points that are gone."""
        kept = set(points)
        self._answers = {point: one for point, one in self._answers.items() if point in kept}
        self._silences = {point: one for point, one in self._silences.items() if point in kept}
