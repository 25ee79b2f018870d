"""What a seat sees while somebody speaks: who calls, what is known of the place, what is like it.

Pure: rows in, what the form shows out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.dispatch.experience import Experience
from console.dispatch.merge import Likeness, likeness, told_by
from console.domain.catalogue import CatalogueItem, CatalogueName
from console.domain.incidents import Incident, Report
from console.domain.levels import Channel, Level

#: What happened so near is the history of a place.
PLACE_RADIUS_M = 200.0
_METRES_PER_DEGREE = 111_195.0
#: Codes of a template that is for every form.
_EVERY = frozenset({"*", ""})
_NO_DIGIT = re.compile(r"[^\d+]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceNote:
    """Something to know about a place.

    Attributes:
        metres: How far the note's middle is from the place asked about.
    """

    id: str
    kind: str
    name: str
    text: str
    metres: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PastReport:
    """An earlier message of a caller.

    Attributes:
        number: Of the incident it went into, ``None`` while it has none.
        rating: What the caller said when called back, 1 (worst) to 5.
    """

    received_at: datetime
    channel: Channel
    form: str | None
    place: str
    text: str
    incident: str | None
    number: str | None
    stage: str | None
    rating: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCase:
    """An incident at, or near, a place, open or closed."""

    incident: str
    number: str | None
    form: str
    level: Level
    stage: str
    place: str
    opened_at: datetime
    outcome: str | None
    metres: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened before.

    Attributes:
        caller: Messages from the same number, the newest first.
        place: Incidents within `PLACE_RADIUS_M`, the newest first.
        is_whole: Whether central has told all of it; else it is what this console keeps.
    """

    caller: tuple[PastReport, ...] = ()
    place: tuple[PastCase, ...] = ()
    is_whole: bool = False


def plain_number(typed: str) -> str:
    """Return a telephone number as it is compared: digits only, without the country's code."""
    digits = _NO_DIGIT.sub("", typed)
    for code in ("+86", "0086"):
        digits = digits.removeprefix(code)
    return digits.replace("+", "")


def masked_number(number: str) -> str:
    """Return a number that is told to nobody who does not have it: "138****1234"."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 8 else "****"


def metres_from(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Return the distance between two near places (WGS-84)."""
    east = (to_lon - lon) * math.cos(math.radians((lat + to_lat) / 2))
    return math.hypot(to_lat - lat, east) * _METRES_PER_DEGREE


def place_notes(
    items: Iterable[CatalogueItem], lat: float | None, lon: float | None
) -> list[PlaceNote]:
    """Return what is written down about a place: hazards first, then the nearest."""
    if lat is None or lon is None:
        return []
    found = []
    for item in items:
        if item.catalogue is not CatalogueName.PLACE_NOTE or item.retired:
            continue
        told = item.details
        metres = metres_from(lat, lon, float(told["lat"] or 0.0), float(told["lon"] or 0.0))
        if metres <= float(told.get("radius_m") or 0.0):
            found.append(
                PlaceNote(
                    id=item.code,
                    kind=str(told.get("kind") or "note"),
                    name=item.name_zh or item.name_en,
                    text=str(told.get("text") or ""),
                    metres=metres,
                )
            )
    return sorted(found, key=lambda one: (one.kind != "hazard", one.metres))


def template_for(items: Iterable[CatalogueItem], form: str | None) -> CatalogueItem | None:
    """Return the template that fits a form best: the longest code that begins it."""
    fitting = [
        item
        for item in items
        if item.catalogue is CatalogueName.INTAKE
        and not item.retired
        and (item.code in _EVERY or (form is not None and form.startswith(item.code)))
    ]
    return max(fitting, key=lambda one: 0 if one.code in _EVERY else len(one.code), default=None)


def questions_of(
    items: Sequence[CatalogueItem], form: str | None, *, in_chinese: bool
) -> list[str]:
    """Return what a seat has to ask: the form's own questions, then those of every form."""
    own, general = template_for(items, form), template_for(items, None)
    asked: dict[str, None] = {}
    for template in (own, general):
        if template is not None:
            asked |= dict.fromkeys(_lines(template, "questions", in_chinese=in_chinese))
    return list(asked)


def text_of(items: Sequence[CatalogueItem], form: str | None, *, in_chinese: bool) -> str:
    """Return the words a form's message begins with, "" for none."""
    template = template_for(items, form)
    return "" if template is None else "\n".join(_lines(template, "text", in_chinese=in_chinese))


def near_cases(
    incidents: Iterable[Incident], lat: float | None, lon: float | None
) -> list[PastCase]:
    """Return incidents within `PLACE_RADIUS_M`, the newest first."""
    if lat is None or lon is None:
        return []
    placed = (
        (one, metres_from(lat, lon, one.lat, one.lon))
        for one in incidents
        if one.lat is not None and one.lon is not None
    )
    found = [case_of(one, metres) for one, metres in placed if metres <= PLACE_RADIUS_M]
    return sorted(found, key=lambda one: one.opened_at, reverse=True)


def case_of(incident: Incident, metres: float | None) -> PastCase:
    """Return an incident as the history of a place shows it."""
    return PastCase(
        incident=incident.id,
        number=incident.number,
        form=incident.form,
        level=incident.level,
        stage=incident.stage.value,
        place=incident.place,
        opened_at=incident.opened_at,
        outcome=incident.outcome,
        metres=metres,
    )


def likely_same(
    draft: Report,
    incidents: Iterable[Incident],
    reports_of: Callable[[str], Sequence[Report]],
    *,
    experience: Experience | None = None,
) -> list[Likeness]:
    """Return the open incidents that a message may be about, the likeliest first.

    Args:
        draft: The message as far as it is typed.
        incidents: Open incidents near it, or without a position.
        reports_of: Gives the reports of an incident.
        experience: What the city's past tells, where it is known.
    """
    told, past = told_by(draft), experience or Experience()
    found = [likeness(told, one, past, reports_of) for one in incidents]
    like = [one for one in found if one is not None]
    return sorted(like, key=lambda one: (-one.score, one.incident.id))


def _lines(template: CatalogueItem, name: str, *, in_chinese: bool) -> list[str]:
    first, other = ("_zh", "_en") if in_chinese else ("_en", "_zh")
    told = template.details.get(name + first) or template.details.get(name + other) or ""
    return [line.strip() for line in str(told).splitlines() if line.strip()]
