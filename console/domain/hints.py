"""Hints (提示): what a machine believes to see in a picture, for a person to confirm or dismiss."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.domain.ids import CameraId


class HintKind(StrEnum):
    """What a hint is of: motion, a crowd (人群聚集), a parked object (停放物), a model's class."""

    MOTION = "motion"
    CROWD = "crowd"
    PARKED = "parked"
    DETECTED = "detected"


#: Boxes that are so much alike (intersection over union) are of the same thing.
ALIKE = 0.3
#: The form of violation that a confirmed hint is entered as, where its model names none.
FORM_OF_KIND = {HintKind.CROWD: "0501", HintKind.PARKED: "0503"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of a picture, in shares of its width and height, from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Share of the picture."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle."""
        return self.left + self.width / 2, self.top + self.height / 2

    def shared(self, other: Box) -> float:
        """Return the area that two boxes share, as a share of the picture."""
        width = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        height = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    def likeness(self, other: Box) -> float:
        """Return intersection over union, 0 to 1."""
        shared = self.shared(other)
        both = self.area + other.area - shared
        return shared / both if both > 0 else 0.0

    def grown(self, share: float) -> Box:
        """Return it larger by a share of its sides on every side, cut at the picture's edges."""
        left = max(0.0, self.left - share * self.width)
        top = max(0.0, self.top - share * self.height)
        right = min(1.0, self.left + (1 + share) * self.width)
        bottom = min(1.0, self.top + (1 + share) * self.height)
        return Box(left=left, top=top, width=right - left, height=bottom - top)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One hint.

    Attributes:
        score: How sure its model is, 0 to 1; ``None`` where the model does not say.
        word: The model's own class name; "" for background models.
        form: Code of the form of violation that it would be entered as, ``None`` for none.
        since: When it was first seen, aware UTC.
    """

    kind: HintKind
    box: Box
    since: datetime
    score: float | None = None
    word: str = ""
    form: str | None = None

    def is_like(self, other: Hint) -> bool:
        """Whether two hints are of the same thing at the same place."""
        same = (self.kind, self.word) == (other.kind, other.word)
        return same and self.box.likeness(other.box) > ALIKE

    @property
    def likely_form(self) -> str | None:
        """The form to be filled in when it is confirmed."""
        return self.form or FORM_OF_KIND.get(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointHints:
    """The hints of one point's picture.

    Attributes:
        at: When the picture was taken, aware UTC.
    """

    point: CameraId
    at: datetime
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How often hints of one kind were right on the simulated city's known truth.

    Attributes:
        precision: Share of the hints that were right, 0 to 1.
        recall: Share of what was there that was hinted at, 0 to 1.
        hints: How many hints the precision is from.
    """

    precision: float
    recall: float
    hints: int
