"""What stands at a point, look after look: each thing is named once, when it is plain what it is.

A crowd whose people stand for a moment looks parked, a car that people pass looks like a crowd, and
whatever leaves looks alive for a look or two. So every look only votes; a thing gets its name from
several of them and keeps it until it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from console.domain.hints import Box, HintKind

#: A thing is named after so many looks and seconds, and gone after so many looks without it.
_NAMED_LOOKS, _NAMED_S, _GONE_LOOKS = 5, 45.0, 8
#: How much of what the looks before said counts, and how sure they must be together.
_KEPT, _SURE = 0.85, 1.8
#: What stays doubtful for long is named by what is more likely.
_LATE_LOOKS, _LATE_SURE = 10, 0.5
_SAME = 0.3


@dataclass(frozen=True, slots=True)
class Seen:
    """A box of one kind, before it is a hint of a point."""

    kind: HintKind
    box: Box


@dataclass(frozen=True, slots=True)
class Vote:
    """What a place looks like at one look: −1 nothing moves there, 1 everything does."""

    box: Box
    alive: float


@dataclass(slots=True)
class _Thing:
    box: Box
    since_s: float
    looks: int = 0
    alive: float = 0.0
    missing: int = 0
    kind: HintKind | None = None


class Things:
    """Follows the things of one point."""

    def __init__(self) -> None:
        self._things: list[_Thing] = []

    def look(self, votes: Iterable[Vote], at_s: float) -> list[Seen]:
        """Take what one look makes of what stands there.

        Args:
            votes: Places, each with what it looks like now.
            at_s: When, seconds.

        Returns:
            What is there and has a name, where it was seen now.
        """
        found: dict[int, Seen] = {}
        for thing in self._things:
            thing.missing += 1
        for vote in votes:
            thing = self._same(vote.box) or self._new(vote.box, at_s)
            if not thing.missing:
                thing.box = _around(thing.box, vote.box)
            else:
                thing.box, thing.missing = vote.box, 0
                thing.looks += 1
                thing.alive *= _KEPT
            thing.alive += vote.alive
            self._name(thing, at_s)
            if thing.kind is not None:
                found[id(thing)] = Seen(thing.kind, thing.box)
        self._things = [one for one in self._things if one.missing < _GONE_LOOKS]
        return list(found.values())

    def forget(self, box: Box) -> None:
        """Forget what stands in a box."""
        self._things = [one for one in self._things if not _is_same(one.box, box)]

    def _same(self, box: Box) -> _Thing | None:
        like = [one for one in self._things if _is_same(one.box, box)]
        return max(like, key=lambda one: one.box.shared(box), default=None)

    def _new(self, box: Box, at_s: float) -> _Thing:
        thing = _Thing(box=box, since_s=at_s, missing=1)
        self._things.append(thing)
        return thing

    @staticmethod
    def _name(thing: _Thing, at_s: float) -> None:
        known = thing.looks >= _NAMED_LOOKS and at_s - thing.since_s >= _NAMED_S
        sure = _SURE if thing.looks < _LATE_LOOKS else _LATE_SURE
        if thing.kind is None and known and abs(thing.alive) >= sure:
            thing.kind = HintKind.CROWD if thing.alive > 0 else HintKind.PARKED


def _is_same(one: Box, other: Box) -> bool:
    return one.shared(other) > _SAME * min(one.area, other.area)


def _around(one: Box, other: Box) -> Box:
    """Return the box around two."""
    left, top = min(one.left, other.left), min(one.top, other.top)
    right = max(one.left + one.width, other.left + other.width)
    low = max(one.top + one.height, other.top + other.height)
    return replace(one, left=left, top=top, width=right - left, height=low - top)
