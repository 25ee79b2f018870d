"""Leases of points (点位租约): one sweeper a point, however many consoles sweep."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

#: A sweeper that has not asked for so long has lost its points to the others.
LEASE_S = 30.0


@dataclass(slots=True)
class Leases:
    """Who sweeps which point; times are seconds of one clock that only goes forward.

    Every point has one rightful sweeper among those that ask, told by a hash (rendezvous hashing,
    Thaler & Ravishankar 1998), so that one that comes or goes moves no more points than it must. A
    point changes hands only when its holder has let it go or has not asked for a whole lease: at
    no time do two sweep it.
    """

    _asked_s: dict[str, float] = field(default_factory=dict)
    _held: dict[str, tuple[str, float]] = field(default_factory=dict)

    def renew(self, sweeper: str, points: Iterable[str], now_s: float) -> list[str]:
        """Return the points that a sweeper may visit for the next ``LEASE_S``.

        Args:
            sweeper: Who asks; asks again well before its lease ends.
            points: What there is to sweep.
            now_s: The clock.
        """
        self._asked_s[sweeper] = now_s
        alive = sorted(one for one, at in self._asked_s.items() if now_s - at < LEASE_S)
        self._asked_s = {one: self._asked_s[one] for one in alive}
        granted = []
        for point in points:
            holder, until_s = self._held.get(point, ("", 0.0))
            rightful = max(alive, key=lambda one: _weight(one, point))
            if holder not in ("", sweeper) and until_s > now_s:
                continue
            if rightful == sweeper:
                self._held[point] = sweeper, now_s + LEASE_S
                granted.append(point)
            elif holder == sweeper:
                del self._held[point]  # let go: the rightful one gets it when it asks next
        return granted

    def leave(self, sweeper: str) -> None:
        """Let go of everything a sweeper holds: it has ended in good order."""
        self._asked_s.pop(sweeper, None)
        self._held = {point: held for point, held in self._held.items() if held[0] != sweeper}

    def holder(self, point: str, now_s: float) -> str | None:
        """Return who may sweep a point now."""
        holder, until_s = self._held.get(point, ("", 0.0))
        return holder if holder and until_s > now_s else None


def _weight(sweeper: str, point: str) -> bytes:
    return hashlib.blake2b(f"{sweeper}\0{point}".encode(), digest_size=8).digest()
