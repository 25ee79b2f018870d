"""What a desk has said about alarms, and how units reported for duty (勤务报备)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.domain.ids import PersonId, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmMark:
    """What was said about one alarm; every desk sees it.

    Attributes:
        id: The alarm's id, "panic:u7".
        raised_at: When an officer pressed the button, aware UTC; ``None`` for what rules find.
        acknowledged_at: When somebody said to have seen it; ``None`` before.
        shelved_until: Not shown before; ``None`` if it is not put aside.
        cleared_at: When what a person raised was over; ``None`` before.
        reason: Why it was put aside, or how it ended.
    """

    id: str
    raised_at: datetime | None = None
    unit: UnitId | None = None
    lat: float | None = None
    lon: float | None = None
    acknowledged_by: PersonId | None = None
    acknowledged_at: datetime | None = None
    shelved_until: datetime | None = None
    cleared_at: datetime | None = None
    reason: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyReport:
    """With what, where and until when a unit is on duty: seen, heard and reachable.

    Attributes:
        id: The unit's id; its next report takes this one's place, the change log keeps both.
        since: When it came on, aware UTC.
        until: When it goes off by its own word, aware UTC.
        vehicle: Number plate; ``None`` without a car.
        handheld: Number of the handheld, or the phone's.
        post: Post or beat it stands on.
        answered_at: When it last answered a roll call; ``None`` before the first.
    """

    id: str
    unit: UnitId
    since: datetime
    until: datetime | None = None
    vehicle: str | None = None
    radio: str | None = None
    handheld: str | None = None
    body_camera: str | None = None
    post: str | None = None
    answered_at: datetime | None = None
    version: int = 0
