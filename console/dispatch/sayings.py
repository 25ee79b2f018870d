"""Which remarks go together: what several callers say of one matter, learnt from past cases.

Callers do not speak of a matter in the same words, but a gas leak that frightens one frightens the
next. Which remarks are of one kind is not written down anywhere: it is counted in cases that had
several reports, against how often each remark is made at all.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from console.dispatch.classify import suggest

_BETWEEN = re.compile(r"[\s,.;:!?，。；：！？、…]+")
#: Remarks of other lengths are names, greetings, or sentences that nobody says twice.
_SHORTEST, _LONGEST = 4, 40
#: So many pairs a pair that was never counted is worth, and so many times a remark must have been
#: made before it says something.
_WORTH, _LEAST = 4.0, 15
#: All remarks together never weigh more than this (natural logarithm).
_MOST_FOR, _MOST_AGAINST = 2.0, 4.0
#: Of more remarks than the first only the second are kept: made once are let go of first, then
#: those made least.
_MOST, _KEPT = 20_000, 10_000


@lru_cache(maxsize=16_384)
def remarks(text: str, place: str) -> frozenset[str]:
    """Return the remarks in a message, without what tells of the place and the form.

    Args:
        text: The message.
        place: Its words for the place; they are weighed elsewhere, and so is the form.
    """
    said = text.casefold()
    if place:
        said = said.replace(place.casefold(), " ")
    parts = {part for part in _BETWEEN.split(said) if _SHORTEST <= len(part) <= _LONGEST}
    return frozenset(part for part in parts if not _tells_form(part))


@lru_cache(maxsize=32_768)
def _tells_form(part: str) -> bool:
    """Whether a remark tells the form; many are made again and again."""
    return suggest(part).form is not None


class Sayings:
    """Counts of remarks, and of pairs of them in two reports of one case."""

    def __init__(self) -> None:
        self._made: Counter[str] = Counter()
        self._reports = 0
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._cases: Counter[str] = Counter()

    def said(self, remarks: Iterable[str]) -> None:
        """Count the remarks of a report."""
        self._reports += 1
        self._made.update(remarks)
        if len(self._made) > _MOST:
            self._forget_rare()

    @property
    def has_learnt(self) -> bool:
        """Whether it is known of any remarks how often they go together."""
        return bool(self._pairs)

    def counted(self, remark: str) -> int:
        """Return how often a remark was made, as far as it is remembered."""
        return self._made.get(remark, 0)

    def said_together(self, first: Iterable[str], second: Iterable[str]) -> None:
        """Count the remarks of two reports of one case."""
        ours, theirs = self._known(first), self._known(second)
        self._cases.update([*ours, *theirs])
        for one in ours:
            for other in theirs:
                self._pairs[one, other] += 1
                self._pairs[other, one] += 1

    def weight(self, first: Iterable[str], second: Iterable[str]) -> float:
        """Return how much likelier one case makes these remarks than two (natural logarithm)."""
        ours, theirs = self._known(first), self._known(second)
        total = sum(self._pair_weight(one, other) for one in ours for other in theirs)
        return min(max(total, -_MOST_AGAINST), _MOST_FOR)

    def _forget_rare(self) -> None:
        kept = {one: n for one, n in self._made.items() if n > 1}
        if len(kept) > _KEPT:
            kept = dict(Counter(kept).most_common(_KEPT))
        self._made = Counter(kept)
        self._cases = Counter({one: n for one, n in self._cases.items() if one in kept})
        self._pairs = Counter(
            {pair: n for pair, n in self._pairs.items() if kept.keys() >= set(pair)}
        )

    def _pair_weight(self, one: str, other: str) -> float:
        usual = self._cases[one] * self._made[other] / max(self._reports, 1)
        held = self._pairs.get((one, other), 0)
        return math.log((held + _WORTH) / (usual + _WORTH))

    def _known(self, remarks: Iterable[str]) -> list[str]:
        return [one for one in remarks if self._made.get(one, 0) >= _LEAST]
