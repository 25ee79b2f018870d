"""Who is planned when (排班), standing instructions, and the hand-over between shifts (交接班)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from console.domain.ids import IncidentId, JurisdictionId, PersonId, UnitId
from console.domain.incidents import Stage
from console.domain.levels import Level

HandoverId = NewType("HandoverId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterEntry:
    """A unit planned for one turn of duty.

    Attributes:
        starts_at: From when, aware UTC.
        ends_at: Until when, aware UTC.
        post: Where it stands, in words (岗位).
        beat: Id of the area it keeps to (巡区); outside of it an alarm is raised.
        retired: Taken out of the plan.
    """

    id: str
    unit: UnitId
    starts_at: datetime
    ends_at: datetime
    post: str | None = None
    beat: str | None = None
    note: str | None = None
    retired: bool = False
    version: int = 0

    def holds_at(self, at: datetime) -> bool:
        """Whether the turn runs at a time."""
        return not self.retired and self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """A standing instruction (常设指令): every shift reads it until it is taken back.

    Attributes:
        district: Whose it is; ``None`` for the whole city.
        until: When it ends by itself, aware UTC; ``None`` for when it is taken back.
    """

    id: str
    text: str
    since: datetime
    by: PersonId | None = None
    district: JurisdictionId | None = None
    until: datetime | None = None
    retired: bool = False
    version: int = 0

    def holds_at(self, at: datetime) -> bool:
        """Whether it is to be followed at a time."""
        return not self.retired and (self.until is None or at < self.until)


class HandoverKind(StrEnum):
    """What an item of a hand-over is.

    Attributes:
        OPEN: A case with something left to be done.
        ENDED: A case that was closed or cancelled in the shift.
        INSTRUCTION: A standing instruction.
        WORD: What the one who goes says besides.
    """

    OPEN = "open"
    ENDED = "ended"
    INSTRUCTION = "instruction"
    WORD = "word"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverItem:
    """One thing handed over.

    Attributes:
        events: Verbs of the log lines that were written in the shift, in order.
        is_changed: Whether anything of the case changed in the shift.
        units: Units with a running task for it.
        text: Words of an instruction, or of the one who goes.
    """

    kind: HandoverKind
    incident: IncidentId | None = None
    number: str | None = None
    form: str | None = None
    place: str | None = None
    level: Level | None = None
    stage: Stage | None = None
    events: tuple[str, ...] = ()
    is_changed: bool = False
    units: tuple[UnitId, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A hand-over packet (交接班单): read back item by item and signed by both.

    Attributes:
        district: Of which district; ``None`` for the whole city.
        since: When the shift began, aware UTC.
        rev: Newest revision of the change log that it tells of.
        given_by: Who prepared it and goes.
        read_back: Numbers of the items that who comes has read back, from 0, sorted.
        taken_by: Who reads it back and comes.
        given_at: When who goes signed; ``None`` before.
        taken_at: When who comes signed; ``None`` before.
    """

    id: HandoverId
    since: datetime
    prepared_at: datetime
    given_by: PersonId | None
    items: tuple[HandoverItem, ...]
    district: JurisdictionId | None = None
    rev: int = 0
    read_back: tuple[int, ...] = ()
    taken_by: PersonId | None = None
    given_at: datetime | None = None
    taken_at: datetime | None = None
    version: int = 0

    @property
    def is_read(self) -> bool:
        """Whether every item was read back."""
        return len(self.read_back) == len(self.items)

    @property
    def is_signed(self) -> bool:
        """Whether both have signed."""
        return self.given_at is not None and self.taken_at is not None
