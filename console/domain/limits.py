"""Limits (时限): how long a case or a stage may take, in plain or in working time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from console.domain.errors import ZhihuiError
from console.domain.ids import JurisdictionId
from console.domain.incidents import Stage

_TEXT = re.compile(r"(\d+(?:\.\d+)?)(h|wh|wd)", re.ASCII)
#: Nothing is given longer than this, in any unit; more is a slip of the finger.
_LARGEST = 1000.0


class LimitUnit(StrEnum):
    """What a limit counts (紧急工作时 hours round the clock, 工作时 office hours, 工作日)."""

    HOURS = "h"
    WORK_HOURS = "wh"
    WORK_DAYS = "wd"


class LimitError(ZhihuiError):
    """A limit that is none."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"“{text[:40]}” is no limit; write 2h (round the clock), 4wh (office hours) "
            "or 3wd (working days), more than 0 and at most 1000."
        )
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """An amount of plain or working time.

    Attributes:
        amount: In `unit`; working days are whole.
    """

    amount: float
    unit: LimitUnit

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Return the limit written as "2h", "4wh" or "3wd".

        Raises:
            LimitError: It is none.
        """
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise LimitError(text)
        amount, unit = float(found[1]), LimitUnit(found[2])
        if not 0 < amount <= _LARGEST:
            raise LimitError(text)
        if unit is LimitUnit.WORK_DAYS and amount != math.floor(amount):
            raise LimitError(text)
        return cls(amount=amount, unit=unit)

    def __str__(self) -> str:
        """Return it as `parse` reads it."""
        return f"{self.amount:g}{self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRule:
    """One line of the site's table of limits.

    Attributes:
        limit: As `Limit.parse` reads it.
        stage: The stage it limits; ``None`` for the case as a whole.
        form: Code of the form it holds for; ``None`` for every form.
        district: District it holds for; ``None`` for all.
        retired: Whether it no longer holds.
    """

    id: str
    limit: str
    stage: Stage | None = None
    form: str | None = None
    district: JurisdictionId | None = None
    retired: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """A day that is not what weekday and national calendar make it (调休, a local holiday).

    Attributes:
        id: The day, "2027-02-06".
        works: Whether it is worked; ``None`` takes the line back.
        note: Why, "make-up day for the Spring Festival".
    """

    id: str
    works: bool | None
    note: str | None = None
    version: int = 0

    @property
    def day(self) -> date:
        """The day itself."""
        return date.fromisoformat(self.id)
