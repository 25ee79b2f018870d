"""Whom to send (推荐派单): by road time, status, skills, jurisdiction and load, with every reason.

What a form at a level needs stands on a run card (预案); what the recommendation lacks is told as a
shortfall, never papered over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.dispatch.near import FixNote, NearUnit
from console.dispatch.pace import Pace
from console.domain.incidents import Incident
from console.domain.levels import Level
from console.domain.units import Unit, UnitStatus

#: What a doubt about a unit is worth, in seconds of road time.
_OTHER_DISTRICT_S, _OTHER_STREET_S = 180.0, 20.0
_LATE_FIX_S, _EACH_TASK_S, _EN_ROUTE_S = 60.0, 240.0, 420.0
#: Whoever arrives later than this is help, not an answer.
TOO_LATE_S = 1800.0
#: Slow roads that cost less than this are not mentioned.
WORTH_SAYING_S = 45.0


class Why(StrEnum):
    """What speaks for or against a unit."""

    NEAREST = "nearest"
    MINUTES = "minutes"
    OWN_STREET = "own_street"
    OTHER_DISTRICT = "other_district"
    HAS_SKILL = "has_skill"
    BUSY = "busy"
    LATE_FIX = "late_fix"
    NO_ROAD_TIME = "no_road_time"
    SLOW_ROADS = "slow_roads"


class Lack(StrEnum):
    """What a recommendation does not give."""

    UNITS = "units"
    SKILL = "skill"
    EQUIPMENT = "equipment"
    KIND = "kind"
    ALL_LATE = "all_late"
    NO_PLACE = "no_place"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCard:
    """What goes to a form at a level.

    Attributes:
        form: Code of the form, or the first digits of several; "" for every form.
        level: The level and all more urgent ones; ``None`` for every level.
        units: How many units.
        skills: Skills that have to come, each with at least one unit.
        kinds: Kinds of units that have to come.
        equipment: What has to be brought, each by at least one unit; units name it among skills.
        notices: Whom to tell besides.
    """

    form: str = ""
    level: Level | None = None
    units: int = 1
    skills: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


#: Cards to begin with; a site enters its own.
RUN_CARDS: tuple[RunCard, ...] = (
    RunCard(),
    RunCard(level=Level.HIGH, units=2),
    RunCard(level=Level.CRITICAL, units=3, kinds=("vehicle",), notices=("shift_lead",)),
    RunCard(form="0301", units=2, skills=("noise_meter",), notices=("site_office",)),
    RunCard(form="0303", units=2, kinds=("vehicle",), notices=("traffic_police",)),
    RunCard(form="0401", units=3, kinds=("vehicle",), notices=("gas_company", "fire_service")),
    RunCard(form="0402", units=3, kinds=("vehicle",), notices=("road_authority", "traffic_police")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason, with what it is about: minutes, a skill, a count."""

    why: Why
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One unit recommended.

    Attributes:
        arrives_s: Seconds until it is there, at the pace the city has now; ``None`` if not known.
        cost_s: The same with every doubt in it; they are ranked by it.
    """

    unit: Unit
    arrives_s: float | None
    cost_s: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """One thing the card asks for and nobody gives."""

    lack: Lack
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """Whom to send, whom else, and what is missing.

    Attributes:
        chosen: Those to be sent, the first there first.
        others: The next best.
    """

    card: RunCard
    chosen: tuple[Choice, ...]
    others: tuple[Choice, ...]
    shortfalls: tuple[Shortfall, ...]


def card_for(incident: Incident, cards: Iterable[RunCard] = RUN_CARDS) -> RunCard:
    """Return the card that fits best: the longest form, then the narrowest level."""
    fitting = [
        card
        for card in cards
        if incident.form.startswith(card.form)
        and (card.level is None or incident.level <= card.level)
    ]
    return max(
        fitting,
        key=lambda card: (len(card.form), -(card.level or Level.ROUTINE + 1)),
        default=RunCard(),
    )


def recommend(
    incident: Incident,
    near: Sequence[NearUnit],
    units: Mapping[str, Unit],
    *,
    tasks: Mapping[str, int],
    pace: Pace,
    at: datetime,
    card: RunCard | None = None,
) -> Recommendation:
    """Return whom to send.

    Args:
        incident: What happened.
        near: Units ranked by road time, busy ones as well.
        units: The units by id.
        tasks: How many tasks each unit has, by id.
        pace: How long journeys really take now.
        at: Now, aware UTC.
        card: What has to go; by default the card that fits.
    """
    card = card or card_for(incident)
    known = [(one, units[one.unit]) for one in near if one.unit in units]
    usable = [pair for pair in known if pair[1].status is not UnitStatus.OFF_DUTY]
    choices = sorted(
        (
            _choice(
                incident,
                one,
                unit,
                card,
                tasks=tasks.get(unit.id, 0),
                factor=pace.factor(one.mode, at),
            )
            for one, unit in usable
        ),
        key=lambda each: (each.cost_s, each.unit.call_sign),
    )
    chosen = _filled(card, choices)
    rest = tuple(one for one in choices if one not in chosen)
    return Recommendation(
        card=card,
        chosen=tuple(_with_first(chosen)),
        others=rest[:5],
        shortfalls=tuple(_lacks(incident, card, chosen)),
    )


def _choice(
    incident: Incident,
    near: NearUnit,
    unit: Unit,
    card: RunCard,
    *,
    tasks: int,
    factor: float,
) -> Choice:
    reasons: list[Reason] = []
    arrives_s = None if near.seconds is None else near.seconds * factor
    cost_s = TOO_LATE_S * 4 if arrives_s is None else arrives_s
    if arrives_s is None:
        reasons.append(Reason(why=Why.NO_ROAD_TIME))
    else:
        reasons.append(Reason(why=Why.MINUTES, value=f"{arrives_s / 60:.1f}"))
        if near.jam_s * factor >= WORTH_SAYING_S:
            minutes = round(near.jam_s * factor / 60)
            reasons.append(Reason(why=Why.SLOW_ROADS, value=f"{max(minutes, 1)}"))
    doubts = (
        (incident.district is not None and unit.district not in (None, incident.district),
         Reason(why=Why.OTHER_DISTRICT, value=unit.district or ""), _OTHER_DISTRICT_S),
        (near.note is FixNote.LATE_FIX, Reason(why=Why.LATE_FIX), _LATE_FIX_S),
        (unit.status is not UnitStatus.AVAILABLE,
         Reason(why=Why.BUSY, value=str(max(tasks, 1))),
         _EN_ROUTE_S + _EACH_TASK_S * max(tasks, 1)),
    )  # fmt: skip
    for holds, reason, seconds in doubts:
        if holds:
            reasons.append(reason)
            cost_s += seconds
    if incident.street is not None and unit.street == incident.street:
        reasons.append(Reason(why=Why.OWN_STREET))
        cost_s -= _OTHER_STREET_S
    skills = [one for one in (*card.skills, *card.equipment) if one in unit.skills]
    reasons += [Reason(why=Why.HAS_SKILL, value=skill) for skill in skills]
    return Choice(unit=unit, arrives_s=arrives_s, cost_s=cost_s, reasons=tuple(reasons))


def _filled(card: RunCard, choices: Sequence[Choice]) -> list[Choice]:
    """Return the best units, with those the card's skills and kinds need among them."""
    wanted: list[Choice] = []
    for needs in (
        *(_with_skill(skill) for skill in (*card.skills, *card.equipment)),
        *(_of_kind(kind) for kind in card.kinds),
    ):
        if any(needs(one) for one in wanted):
            continue
        best = next((one for one in choices if needs(one)), None)
        if best is not None and best.cost_s < TOO_LATE_S * 2:
            wanted.append(best)
    for one in choices:
        if len(wanted) >= card.units:
            break
        if one not in wanted:
            wanted.append(one)
    return sorted(wanted, key=lambda one: (one.cost_s, one.unit.call_sign))


def _with_first(chosen: Sequence[Choice]) -> list[Choice]:
    """Mark the one that is there first."""
    if not chosen:
        return []
    first = min(chosen, key=lambda one: (one.arrives_s is None, one.arrives_s or 0.0))
    marked = []
    for one in chosen:
        nearest = (Reason(why=Why.NEAREST),) if one is first and one.arrives_s is not None else ()
        marked.append(
            Choice(
                unit=one.unit,
                arrives_s=one.arrives_s,
                cost_s=one.cost_s,
                reasons=(*nearest, *one.reasons),
            )
        )
    return marked


def _lacks(incident: Incident, card: RunCard, chosen: Sequence[Choice]) -> list[Shortfall]:
    lacks = []
    if incident.lat is None:
        lacks.append(Shortfall(lack=Lack.NO_PLACE))
    if len(chosen) < card.units:
        lacks.append(Shortfall(lack=Lack.UNITS, value=str(card.units - len(chosen))))
    for skill in card.skills:
        if not any(skill in one.unit.skills for one in chosen):
            lacks.append(Shortfall(lack=Lack.SKILL, value=skill))
    for thing in card.equipment:
        if not any(thing in one.unit.skills for one in chosen):
            lacks.append(Shortfall(lack=Lack.EQUIPMENT, value=thing))
    for kind in card.kinds:
        if not any(one.unit.kind == kind for one in chosen):
            lacks.append(Shortfall(lack=Lack.KIND, value=kind))
    times = [one.arrives_s for one in chosen if one.arrives_s is not None]
    if chosen and (not times or min(times) > TOO_LATE_S):
        lacks.append(Shortfall(lack=Lack.ALL_LATE))
    return lacks


def _with_skill(skill: str) -> Callable[[Choice], bool]:
    return lambda one: skill in one.unit.skills


def _of_kind(kind: str) -> Callable[[Choice], bool]:
    return lambda one: one.unit.kind == kind
