"""Whose turn it is in a sweep: every point over and over, dead ones at growing intervals."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.video.trouble import Trouble

#: A first failure is looked at again at once, to be sure; then ever less often.
CONFIRM_S = 0.5
#: What was found in a picture is looked at again when another key picture has come.
LOOK_AGAIN_S = 2.5
#: The pause after the second failure; it grows from there.
_AGAIN_S = 1.0
LONGEST_S = 120.0
_GROWTH = 2.0
#: So many points of one host in a row that cannot even be connected to mean: the host is down.
HOST_DOWN_AFTER = 6
HOST_QUIET_S = 5.0
#: An appointment further off is none; one missed by more, or so often, is not waited for again.
_FAR_S, _MISSED_S, _MOST_MISSED = 6.0, 0.06, 2
#: So much sooner than is due a point is visited for a key picture that comes then.
_EARLY_S = 0.4
#: A handshake, and a loop, that take longer than this are kept waiting by something.
_SLOW_S, _LATE_S = 0.4, 0.15
#: Troubles of the host rather than of the point.
_OF_HOST = frozenset({Trouble.REFUSED, Trouble.UNREACHABLE, Trouble.TIMED_OUT})


@dataclass(slots=True)
class _Turn:
    camera: Camera
    due_s: float = 0.0
    failures: int = 0
    running: bool = False
    began_s: float = 0.0
    begin_s: float | None = None
    missed: int = 0


@dataclass(slots=True)
class _Host:
    failures: int = 0
    trouble: Trouble | None = None
    good_s: float = -1e9
    probe_s: float = 0.0
    pause_s: float = CONFIRM_S


@dataclass(slots=True)
class Rounds:
    """Gives the point that has waited longest; times are seconds of a clock that goes forward.

    A point that fails is looked at again at once, then after 1, 2, 4 … up to 120 s. What is to be
    looked at at once does not wait behind those that are late: where a sweep cannot keep up, every
    other turn is kept for it. Where the last six points of one host could not be connected to, one
    point at a time probes it, the others are told to have the host's trouble without a visit.

    A point whose turn has come, and whose next key picture can be foretold, is visited when that
    comes, its neighbours meanwhile.

    Attributes:
        revisit_s: From the beginning of one look at a point that gave a picture to that of the
            next, at least: few points need no faster rounds.
        begin_s: Foretells from a moment on when a visit had best begin, ``None`` where any moment
            is as good.
        ahead: So many points whose turn has come may wait for their moment.
    """

    revisit_s: float = 0.0
    begin_s: Callable[[CameraId, float], float | None] = lambda point, now_s: None
    ahead: int = 64
    _turns: dict[CameraId, _Turn] = field(default_factory=dict)
    _hosts: dict[str, _Host] = field(default_factory=dict)
    _heap: list[tuple[float, int, CameraId]] = field(default_factory=list)
    _dated: list[tuple[float, int, CameraId]] = field(default_factory=list)
    _present: list[_Turn] = field(default_factory=list)
    _haste: list[tuple[float, int, CameraId]] = field(default_factory=list)
    _was_haste: bool = False
    _count: int = 0

    def set_points(self, cameras: Iterable[Camera]) -> None:
        """Go round these points from now on; what is known of those that stay is kept."""
        wanted = {camera.id: camera for camera in cameras}
        for gone in [point for point in self._turns if point not in wanted]:
            self.drop(gone)
        for point, camera in wanted.items():
            turn = self._turns.get(point)
            if turn is None:
                self._turns[point] = _Turn(camera=camera)
                self._push(point, 0.0)
            elif turn.camera != camera:
                turn.camera, turn.failures = camera, 0
                self._soon(turn)

    def __len__(self) -> int:
        return len(self._turns)

    @property
    def points(self) -> list[CameraId]:
        """All that are gone round."""
        return list(self._turns)

    def next(self, now_s: float) -> Camera | None:
        """Return the next point to visit and take it out of turn, ``None`` if none is due."""
        turn = None if self._was_haste else self._next_doubted(now_s)
        self._was_haste = turn is not None
        turn = turn or self._next_dated(now_s) or self._next_ripe(now_s)
        if turn is None:
            turn = self._next_doubted(now_s)
            self._was_haste = turn is not None
        if turn is None:
            return None
        turn.running, turn.began_s, turn.begin_s, turn.missed = True, now_s, None, 0
        return turn.camera

    def _next_doubted(self, now_s: float) -> _Turn | None:
        """Return the point that has waited longest of those to be looked at again at once."""
        while self._haste and self._haste[0][0] <= now_s:
            due_s, _, point = heapq.heappop(self._haste)
            turn = self._turns.get(point)
            # Else it is gone, or its turn was moved.
            if turn is not None and not turn.running and turn.due_s == due_s:
                return turn
        return None

    def _next_dated(self, now_s: float) -> _Turn | None:
        """Return the one that has waited longest of the points whose moment it is."""
        while self._dated and self._dated[0][0] <= now_s:
            begin_s, _, point = heapq.heappop(self._dated)
            turn = self._turns.get(point)
            # Else it is gone, or it was visited out of turn.
            if turn is not None and not turn.running and turn.begin_s == begin_s:
                self._present.append(turn)
        present, self._present = self._present, []
        for turn in present:
            if turn.running or turn.begin_s is None:
                continue
            if now_s - turn.begin_s > _MISSED_S:
                turn.missed += 1
                if self._date(turn, now_s):
                    continue
                turn.begin_s = now_s  # it is visited now, whatever comes when
            self._present.append(turn)
        if not self._present:
            return None
        first = min(self._present, key=lambda turn: turn.due_s)
        self._present.remove(first)
        return first

    def _next_ripe(self, now_s: float) -> _Turn | None:
        """Return the point that has waited longest and need not, or cannot, be given a moment."""
        while self._heap:
            due_s, _, point = self._heap[0]
            turn = self._turns.get(point)
            if turn is None or turn.running or turn.due_s != due_s or turn.begin_s is not None:
                heapq.heappop(self._heap)  # it is gone, or its turn was moved
                continue
            if due_s > now_s:
                return None
            heapq.heappop(self._heap)
            if len(self._dated) >= self.ahead or not self._date(turn, now_s):
                return turn
        return None

    def _date(self, turn: _Turn, now_s: float) -> bool:
        """Give a point the moment of its next key picture, if that is worth waiting for."""
        turn.begin_s = None
        if turn.failures or turn.missed >= _MOST_MISSED:
            return False
        begin_s = self.begin_s(turn.camera.id, now_s)
        if begin_s is None or not now_s < begin_s <= now_s + _FAR_S:
            return False
        turn.begin_s = begin_s
        self._count += 1
        heapq.heappush(self._dated, (begin_s, self._count, turn.camera.id))
        return True

    def wait_s(self, now_s: float) -> float:
        """Return how long until a point is due, 0 if one is."""
        if self._present:
            return 0.0
        heaps = (self._heap, self._dated, self._haste)
        soonest_s = min((heap[0][0] for heap in heaps if heap), default=None)
        return LONGEST_S if soonest_s is None else max(0.0, soonest_s - now_s)

    def down(self, camera: Camera, now_s: float) -> Trouble | None:
        """Return the host's trouble if a point need not be visited to know it."""
        host = self._hosts.get(host_of(camera))
        if host is None or host.failures < HOST_DOWN_AFTER or now_s - host.good_s < HOST_QUIET_S:
            return None
        if now_s >= host.probe_s:
            host.probe_s = now_s + host.pause_s
            host.pause_s = min(LONGEST_S, host.pause_s * _GROWTH)
            return None
        return host.trouble

    def done(
        self, point: CameraId, trouble: Trouble | None, now_s: float, *, answered: bool = False
    ) -> None:
        """Put a point back in turn after a visit.

        Args:
            point: Which.
            trouble: Why it gave no picture, ``None`` if it gave one.
            now_s: When the visit ended.
            answered: Whether its host had answered anything all the same.
        """
        turn = self._turns.get(point)
        if turn is None:
            return
        turn.running = False
        self._note_host(turn.camera, None if answered else trouble, now_s)
        if trouble is None:
            turn.failures = 0
            turn.due_s = max(now_s, self._again_s(turn))
        else:
            turn.failures += 1
            if turn.failures == 1:
                self._push_haste(turn, now_s + CONFIRM_S)
                return
            turn.due_s = now_s + min(LONGEST_S, _AGAIN_S * _GROWTH ** (turn.failures - 2))
        self._push(point, turn.due_s)

    def _again_s(self, turn: _Turn) -> float:
        """Return when a point is due again: a little sooner where its key picture comes then.

        From when the visit began: of those that come by appointment the next is as late as this
        was, and a moment later it would be another key picture's.
        """
        due_s = turn.began_s + self.revisit_s
        early_s = due_s - min(_EARLY_S, self.revisit_s / 2)
        begin_s = self.begin_s(turn.camera.id, early_s)
        return early_s if begin_s is not None and early_s < begin_s <= due_s else due_s

    def hasten(self, point: CameraId, now_s: float) -> None:
        """Have a point looked at again soon: something was found that is to be confirmed.

        Not at once: a camera that keeps its last key picture would show the same one again.
        """
        turn = self._turns.get(point)
        if turn is not None and not turn.running:
            self._push_haste(turn, now_s + LOOK_AGAIN_S)

    def failures(self, point: CameraId) -> int:
        """Return how many visits of a point have failed in a row."""
        turn = self._turns.get(point)
        return 0 if turn is None else turn.failures

    def drop(self, point: CameraId) -> None:
        """Visit a point no more."""
        turn = self._turns.pop(point, None)
        if turn is not None:
            turn.begin_s = None

    def _soon(self, turn: _Turn) -> None:
        turn.due_s, turn.begin_s = 0.0, None
        self._push(turn.camera.id, 0.0)

    def _push_haste(self, turn: _Turn, due_s: float) -> None:
        turn.due_s, turn.begin_s = due_s, None
        self._count += 1
        heapq.heappush(self._haste, (due_s, self._count, turn.camera.id))

    def _push(self, point: CameraId, due_s: float) -> None:
        self._count += 1
        heapq.heappush(self._heap, (due_s, self._count, point))

    def _note_host(self, camera: Camera, trouble: Trouble | None, now_s: float) -> None:
        host = self._hosts.setdefault(host_of(camera), _Host())
        if trouble in _OF_HOST:
            host.failures += 1
            host.trouble = trouble
        else:
            host.failures, host.trouble, host.good_s = 0, None, now_s
            host.pause_s, host.probe_s = CONFIRM_S, 0.0


def host_of(camera: Camera) -> str:
    """Return host and port of a camera's stream, as its address has them."""
    rest = (camera.sub_url or camera.main_url).partition("://")[2]
    try:
        return urlsplit(f"//{rest}").netloc.rpartition("@")[2]
    except ValueError:
        return rest[:80]


@dataclass(slots=True)
class Crowd:
    """How many visits run at once, fitted to the source while they run.

    Cameras that send at once keep server, network or processor busy with a few visits; cameras
    that make their viewers wait leave all of them idle, and hundreds can wait together. The time a
    handshake takes tells one from the other: it grows when something is busy, and does not while
    pictures are only waited for.
    """

    least: int = 8
    most: int = 512
    now: int = 24
    _quickest_s: float = 10.0
    _openings: list[float] = field(default_factory=list)

    def note(self, opening_s: float) -> None:
        """Take how long one handshake took."""
        self._openings.append(opening_s)
        self._quickest_s = min(self._quickest_s, opening_s)

    def feel(self, late_s: float, *, full: bool) -> None:
        """Fit the number, once in a while.

        Args:
            late_s: How late the event loop was.
            full: Whether every place was taken.
        """
        openings, self._openings = sorted(self._openings), []
        if not openings:
            # Nobody came through: all wait for pictures, or all wait for an answer.
            if full and late_s < _LATE_S / 2:
                self.now = min(self.most, self.now + max(1, self.now // 4))
            return
        typical_s = openings[len(openings) // 2]
        busy = typical_s > max(_SLOW_S, 6 * self._quickest_s) or late_s > _LATE_S
        if busy:
            self.now = max(self.least, min(self.now - 1, int(self.now * 0.85)))
        elif full:
            self.now = min(self.most, self.now + max(2, self.now // 2))
