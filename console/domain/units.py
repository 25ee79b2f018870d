"""Units (力量): what can be sent, and where it stands with its work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.domain.ids import JurisdictionId, UnitId


class UnitKind(StrEnum):
    """What a unit is; it decides how it travels."""

    OFFICER = "officer"
    PATROL = "patrol"
    VEHICLE = "vehicle"


class UnitStatus(StrEnum):
    """What a unit is doing (the busiest of its assignments decides)."""

    AVAILABLE = "available"
    ASSIGNED = "assigned"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    OFF_DUTY = "off_duty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit that can be sent to an incident.

    Attributes:
        no: Small number used in packed positions, 0 ≤ no < 2³², never given to another unit.
        call_sign: What people call it on the radio, "K7".
        district: District it belongs to.
        street: Street or town it belongs to.
        officers: How many people come with it.
        skills: What it can do beyond the ordinary, "noise_meter", "legal", "crane" …
        retired: Whether it is no more; its number and its past stay its own.
        version: Raised by one with every change.
    """

    id: UnitId
    no: int
    call_sign: str
    kind: UnitKind
    name: str | None = None
    district: JurisdictionId | None = None
    street: JurisdictionId | None = None
    phone: str | None = None
    radio: str | None = None
    officers: int = 1
    skills: tuple[str, ...] = ()
    status: UnitStatus = UnitStatus.OFF_DUTY
    retired: bool = False
    version: int = 0

    @property
    def is_free(self) -> bool:
        """Whether it is on duty with nothing to do."""
        return self.status is UnitStatus.AVAILABLE
