"""Points handed from one screen to another (转屏): kept until the other screen asks next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from console.patrol.leases import LEASE_S

#: What is not fetched for so long was meant for a screen that is gone.
KEPT_S = 120.0
_MOST_WAITING = 20
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A console that patrols.

    Attributes:
        name: What people call it.
        person: Who sits there.
    """

    name: str
    person: str


@dataclass(slots=True)
class Handings(Generic[T]):
    """Who patrols, and what waits for each; times are seconds of a clock that goes forward."""

    _seats: dict[str, tuple[Seat, float]] = field(default_factory=dict)
    _waiting: dict[str, list[tuple[T, float]]] = field(default_factory=dict)

    def seen(self, console: str, seat: Seat, now_s: float) -> None:
        """Note that a console patrols."""
        self._seats[console] = seat, now_s

    def left(self, console: str) -> None:
        """Note that a console has ended."""
        self._seats.pop(console, None)
        self._waiting.pop(console, None)

    def others(self, console: str, now_s: float) -> list[tuple[str, Seat]]:
        """Return the other consoles that patrol now, by name."""
        self._seats = {
            one: (seat, at) for one, (seat, at) in self._seats.items() if now_s - at < LEASE_S
        }
        found = [(one, seat) for one, (seat, _) in self._seats.items() if one != console]
        return sorted(found, key=lambda one: (one[1].name, one[0]))

    def give(self, to: str, things: Iterable[T], now_s: float) -> None:
        """Keep things for a console; the oldest of too many fall out."""
        waiting = self._waiting.setdefault(to, [])
        waiting += [(thing, now_s) for thing in things]
        del waiting[:-_MOST_WAITING]

    def take(self, console: str, now_s: float) -> list[T]:
        """Return what waits for a console, the oldest first; it waits no longer."""
        waiting = self._waiting.pop(console, [])
        self._waiting = {
            to: kept
            for to, things in self._waiting.items()
            if (kept := [(thing, at) for thing, at in things if now_s - at < KEPT_S])
        }
        return [thing for thing, at in waiting if now_s - at < KEPT_S]
