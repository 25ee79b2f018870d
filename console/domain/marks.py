"""Marks (标注) on a copy of a picture: boxes, arrows, words, and regions made unrecognisable.

Places are shares of the picture's width and height, so that they hold at any size.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum

from console.domain.errors import ZhihuiError

#: Sides of a box or a region, and length of an arrow, that can still be meant.
LEAST_SHARE = 0.004
MOST_MARKS = 200
MOST_LETTERS = 120


class MarkKind(StrEnum):
    """What a mark is (方框, 箭头, 文字, 遮盖)."""

    BOX = "box"
    ARROW = "arrow"
    TEXT = "text"
    BLUR = "blur"


class MarkError(ZhihuiError):
    """A mark that cannot be made; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One mark.

    Attributes:
        x: Of the first corner, of an arrow's foot, or of the left of words.
        y: Likewise, from the top.
        to_x: Of the opposite corner, or of an arrow's head; words have none of their own.
        to_y: Likewise.
        text: Of words.
    """

    kind: MarkKind
    x: float
    y: float
    to_x: float
    to_y: float
    text: str = ""

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        return (
            min(self.x, self.to_x), min(self.y, self.to_y),
            max(self.x, self.to_x), max(self.y, self.to_y),
        )  # fmt: skip


def checked(mark: Mark) -> Mark:
    """Return a mark that lies in its picture.

    Raises:
        MarkError: It lies outside, is too small to be meant, or has no words.
    """
    places = (mark.x, mark.y, mark.to_x, mark.to_y)
    if not all(0.0 <= one <= 1.0 for one in places):
        raise MarkError("The mark lies outside the picture; nothing was marked.")
    left, top, right, bottom = mark.corners
    wide, high = right - left >= LEAST_SHARE, bottom - top >= LEAST_SHARE
    if mark.kind is MarkKind.TEXT:
        if not mark.text.strip() or len(mark.text) > MOST_LETTERS:
            raise MarkError(f"Words on a picture are 1 to {MOST_LETTERS} letters.")
    elif not (wide or high if mark.kind is MarkKind.ARROW else wide and high):
        raise MarkError("The mark is too small to be seen; draw it larger.")
    return mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """The marks of one copy, and those that were taken back."""

    marks: tuple[Mark, ...] = ()
    undone: tuple[Mark, ...] = ()

    def with_mark(self, mark: Mark) -> Marking:
        """Return it with one more mark.

        Raises:
            MarkError: The mark cannot be made, or there are too many.
        """
        if len(self.marks) >= MOST_MARKS:
            raise MarkError(f"A copy bears at most {MOST_MARKS} marks.")
        return replace(self, marks=(*self.marks, checked(mark)), undone=())

    def taken_back(self) -> Marking:
        """Return it without the last mark; nothing changes where there is none."""
        if not self.marks:
            return self
        return Marking(marks=self.marks[:-1], undone=(*self.undone, self.marks[-1]))

    def again(self) -> Marking:
        """Return it with the mark that was taken back last."""
        if not self.undone:
            return self
        return Marking(marks=(*self.marks, self.undone[-1]), undone=self.undone[:-1])

    @property
    def done(self) -> str:
        """What was done to the copy, in codes: "blur 2, box 1"."""
        counts = Counter(mark.kind for mark in self.marks)
        return ", ".join(f"{kind.value} {counts[kind]}" for kind in MarkKind if counts[kind])
