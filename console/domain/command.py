"""Help across districts (跨区增援), sectors (分区) and command post (指挥部) of a big incident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.domain.ids import IncidentId, JurisdictionId, PersonId, UnitId
from console.domain.levels import Level


class HelpState(StrEnum):
    """How far a request for help has come."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class HelpSide(StrEnum):
    """Whose copy of a request it is: each of the two districts sees its own."""

    ASKING = "asking"
    ASKED = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpRequest:
    """One district asks another's dispatchers for units; each sees its own copy of it.

    Attributes:
        id: Id of the request and whose copy it is, see `help_id`.
        help: Id of the request.
        district: Whose copy it is.
        other: The other district.
        incident: What help is for; the district that is asked need not see it.
        number: Of the incident, as people call it.
        lat: WGS-84 degrees, ``None`` while nobody knows.
        lon: WGS-84 degrees, ``None`` while nobody knows.
        wanted: How many units are asked for.
        reason: Why they are needed.
        answer: What the other district said.
        units: Ids of the units that were sent.
        call_signs: What people call them, in the same order.
    """

    id: str
    help: str
    side: HelpSide
    district: JurisdictionId | None
    other: JurisdictionId | None
    incident: IncidentId
    number: str | None
    form: str
    level: Level
    place: str
    wanted: int
    reason: str
    asked_by: PersonId | None
    asked_at: datetime
    state: HelpState = HelpState.ASKED
    lat: float | None = None
    lon: float | None = None
    answered_by: PersonId | None = None
    answered_at: datetime | None = None
    answer: str | None = None
    units: tuple[str, ...] = ()
    call_signs: tuple[str, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """One part of a big incident with its own lead: "Inner", "Evacuation".

    Attributes:
        incident: The big incident.
        lead: The unit that leads it, ``None`` while nobody does.
        task: What has to be done there.
        retired: It is no more.
    """

    id: str
    incident: IncidentId
    name: str
    lead: UnitId | None = None
    task: str | None = None
    retired: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandPost:
    """Where a big incident is commanded from and by whom (指挥部); there is one, or none.

    Attributes:
        id: Id of the big incident.
        place: In words.
        lat: WGS-84 degrees, ``None`` where the place is only words.
        lon: WGS-84 degrees, ``None`` where the place is only words.
        commander: Who commands, as called on the radio; ``None`` while nobody was named.
        set_up_at: Since when it is there, aware UTC; central says it.
        since: Since when that person commands, aware UTC; central says it.
        retired: It is no more.
    """

    id: str
    incident: IncidentId
    place: str
    lat: float | None = None
    lon: float | None = None
    commander: str | None = None
    set_up_at: datetime | None = None
    since: datetime | None = None
    retired: bool = False
    version: int = 0


def help_id(help_: str, side: HelpSide) -> str:
    """Return the id of one district's copy of a request."""
    return f"{help_}.{side}"
