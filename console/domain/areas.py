"""Areas drawn on the map: fences (电子围栏), closures, cordons, events with their posts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from console.domain.ids import UnitId

AreaId = NewType("AreaId", str)


class AreaKind(StrEnum):
    """What an area is for.

    Attributes:
        FENCE: Units that enter, leave, stay or stay away are told of (围栏).
        CLOSURE: Roads inside are shut to everybody (封路).
        CORDON: The same, for an incident (警戒区).
        EVENT: A planned event (重大活动); its posts name it as their plan.
        POST: Where people have to stand during an event (岗位).
        BEAT: Where a unit keeps to in its turn of duty (巡区).
    """

    FENCE = "fence"
    CLOSURE = "closure"
    CORDON = "cordon"
    EVENT = "event"
    POST = "post"
    BEAT = "beat"


class FenceRule(StrEnum):
    """What a fence tells of."""

    ENTER = "enter"
    LEAVE = "leave"
    DWELL = "dwell"
    ABSENCE = "absence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One area.

    Attributes:
        outline: Corners as latitude and longitude, WGS-84, not closed; three at least.
        rules: What is told of units here.
        dwell_s: Staying longer than this is told of (`FenceRule.DWELL`).
        absence_s: Staying away longer than this is told of, once somebody was here or the area's
            time began (`FenceRule.ABSENCE`).
        units: Only these units; empty for all on duty.
        starts_at: From when it holds, aware UTC; ``None`` for always.
        ends_at: Until when it holds, aware UTC; ``None`` for always.
        plan: The event a post or a closure belongs to.
        need: How many people a post needs.
        retired: No longer in use; it stays for what was told of it.
        response: What is to be done when something is told of it; alarms say it.
        districts: Ids of the districts it reaches into, as central found them; empty if it lies in
            none that is known.
    """

    id: AreaId
    name: str
    kind: AreaKind
    outline: tuple[tuple[float, float], ...]
    rules: tuple[FenceRule, ...] = ()
    dwell_s: int | None = None
    absence_s: int | None = None
    units: tuple[str, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    plan: AreaId | None = None
    need: int | None = None
    retired: bool = False
    response: str | None = None
    districts: tuple[str, ...] = ()
    version: int = 0

    def holds_at(self, at: datetime) -> bool:
        """Whether the area is in use at a time."""
        begun = self.starts_at is None or at >= self.starts_at
        return begun and not self.retired and (self.ends_at is None or at < self.ends_at)

    @property
    def shuts_roads(self) -> bool:
        """Whether nobody may drive or walk through while it holds."""
        return self.kind in (AreaKind.CLOSURE, AreaKind.CORDON)


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaEvent:
    """Something that happened at an area (围栏事件), found by central in the stream of positions.

    Attributes:
        id: Follows from what happened, so that saying it twice is saying the same.
        unit: Who; ``None`` where nobody was there.
        at: When, aware UTC: of the fix that showed it, or when the time was up.
        district: The unit's, or the area's if it lies in one; whose people see it.
    """

    id: str
    area: AreaId
    rule: FenceRule
    at: datetime
    unit: UnitId | None = None
    district: str | None = None
    version: int = 0
