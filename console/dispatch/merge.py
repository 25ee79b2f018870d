"""Whether a report speaks of an incident that is known already, and why.

The four signs are place, time, form and words. Each adds or takes a weight (natural logarithm of
how much likelier it is of the same matter than of two), as in Fellegi & Sunter (1969), "A Theory
for Record Linkage". Against them stands how much of the form happens at the place anyway, and how
many usually call (`Experience`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from console.dispatch.classify import suggest
from console.dispatch.experience import Experience
from console.dispatch.sayings import remarks
from console.domain.forms import OTHER
from console.domain.incidents import Incident, Report

#: Farther or longer apart nothing is joined.
RADIUS_M = 160.0
WITHIN = timedelta(hours=2, minutes=15)
#: How far apart people place one matter (one sigma on each axis), and how long they go on calling.
_SIGMA_M = 23.0
_DECAY_S = 1500.0
#: How unlike matters are in how many they move to call (shape of the gamma; 1 is exponential).
_SHAPE = 1.0
#: The same where one's position is only what its words usually mean.
_LOOSE_SIGMA_M = 50.0
#: So much likelier than another matter it has to be (natural logarithm), with remarks weighed and
#: while nothing is known of any; and what never fits.
LEAST_SCORE, LEAST_UNTAUGHT = 1.8, 1.2
_NEVER = -50.0
#: What the same words for the place add to a distance; what they are worth without one, and how
#: often something of one form is told of a named place whose position nobody knows, a second.
_SAME_WORDS = 0.7
#: Remarks that speak for one matter by less than this are not told as a reason.
_WORTH_SAYING = 0.3
_SAME_NAME_SHARE = 0.5
_PLACELESS_RATE = 2e-5
_METRES_PER_DEGREE = 111_195.0
_SPACE = re.compile(r"[\s,，。、()（）]+")
#: What people say around an address.
_AROUND = re.compile(r"(附近|旁边|对面|门口|路口|一带|往[东西南北]|周边|near|opposite|corner of)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How like a report is to an incident.

    Attributes:
        score: Above 0 it is likelier the same matter than another one.
        metres: How far apart, ``None`` if one has no position.
        seconds: How much later the report came.
        reasons: What spoke for it, in words for the log.
    """

    incident: Incident
    score: float
    metres: float | None
    seconds: float
    reasons: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What spoke for it, as the log keeps it."""
        return ", ".join(self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one message says, reduced to its signs."""

    form: str | None
    by_words: str | None
    place: str
    lat: float | None
    lon: float | None
    at: datetime
    remarks: frozenset[str] = frozenset()

    def placed(self, experience: Experience) -> tuple[Told, bool]:
        """Return it with a position, and whether that is only the usual one of its words."""
        if self.lat is not None:
            return self, False
        usual = experience.position_of(self.place)
        if usual is None:
            return self, False
        return replace(self, lat=usual[0], lon=usual[1]), True


@lru_cache(maxsize=8192)
def told_by(report: Report, *, placed: bool = True) -> Told:
    """Return the signs of a report; ``placed`` tells whether its position is a place."""
    return Told(
        form=None if report.form == OTHER.code else report.form,
        by_words=suggest(report.text).form,
        place=plain_place(report.place),
        lat=report.lat if placed else None,
        lon=report.lon if placed else None,
        at=report.received_at,
        remarks=remarks(report.text, report.place),
    )


@lru_cache(maxsize=4096)
def told_of(incident: Incident) -> Told:
    """Return the signs of an incident."""
    return Told(
        form=None if incident.form == OTHER.code else incident.form,
        by_words=suggest(incident.summary).form,
        place=plain_place(incident.place),
        lat=incident.lat,
        lon=incident.lon,
        at=incident.opened_at,
        remarks=remarks(incident.summary, incident.place),
    )


def best_match(
    told: Told,
    incidents: Iterable[Incident],
    experience: Experience,
    reports_of: Callable[[str], Sequence[Report]],
) -> Likeness | None:
    """Return the incident that a report most likely speaks of, ``None`` if of none.

    Args:
        told: What the report says.
        incidents: Those that may be meant.
        experience: What the city's past tells.
        reports_of: Gives the reports of an incident; together they place it better than the first.
    """
    likely = (likeness(told, each, experience, reports_of) for each in incidents)
    found = [one for one in likely if one is not None]
    return max(found, key=lambda one: (one.score, one.incident.id), default=None)


def likeness(
    told: Told,
    incident: Incident,
    experience: Experience,
    reports_of: Callable[[str], Sequence[Report]],
) -> Likeness | None:
    """Return how like a report is to an incident; ``None`` when it speaks of another matter."""
    seconds = (told.at - incident.opened_at).total_seconds()
    if abs(seconds) > WITHIN.total_seconds():
        return None
    told, told_loosely = told.placed(experience)
    other, held_loosely = told_of(incident).placed(experience)
    metres = metres_between(told, other)
    variance_m2 = _variance(told_loosely) + _variance(held_loosely)
    if metres is not None and metres <= RADIUS_M and incident.reports > 1 and not held_loosely:
        other, count = _amid(other, reports_of(incident.id))
        metres = metres_between(told, other)
        variance_m2 = _variance(told_loosely) + _variance(held_loosely) / count
    same_place = bool(told.place) and told.place == other.place
    if metres is None and not same_place:
        return None
    if metres is not None and metres > RADIUS_M:
        return None
    form, why_form = _form_weight(told, other)
    if form <= _NEVER:
        return None
    code = incident.form
    score = form + math.log(_callers(incident, abs(seconds), experience))
    score += _place_weight(told, other, (metres, variance_m2), code, experience)
    if same_place and metres is not None:
        score += _SAME_WORDS
    alike = experience.sayings.weight(other.remarks, told.remarks)
    score += alike
    if score <= (LEAST_SCORE if experience.sayings.has_learnt else LEAST_UNTAUGHT):
        return None
    place = () if metres is None else (f"{metres:.0f} m",)
    words = ["same words for the place"] if same_place else []
    if alike > _WORTH_SAYING:
        words.append("remarks that go together")
    minutes = f"{abs(seconds) / 60:.0f} min apart"
    return Likeness(
        incident=incident,
        score=score,
        metres=metres,
        seconds=seconds,
        reasons=(*place, *words, minutes, why_form),
    )


def metres_between(one: Told, other: Told) -> float | None:
    """Return the distance of two messages, ``None`` if one has no position."""
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    east = (other.lon - one.lon) * math.cos(math.radians((one.lat + other.lat) / 2))
    return math.hypot(other.lat - one.lat, east) * _METRES_PER_DEGREE


def plain_place(words: str) -> str:
    """Return the words for a place without what people say around it."""
    return _SPACE.sub("", _AROUND.sub("", words.casefold()))


def _variance(loosely: bool) -> float:
    """Return how far off a position may be, on each axis: m²."""
    return (_LOOSE_SIGMA_M if loosely else _SIGMA_M) ** 2


def _amid(other: Told, reports: Sequence[Report]) -> tuple[Told, int]:
    """Return an incident's signs with the middle of its reports for a position, and their count."""
    near = [
        (one.lat, one.lon)
        for one in reports
        if one.lat is not None
        and one.lon is not None
        and (metres_between(told_by(one), other) or 0.0) <= RADIUS_M
    ]
    if not near:
        return other, 1
    lat = sum(one for one, _ in near) / len(near)
    lon = sum(one for _, one in near) / len(near)
    return replace(other, lat=lat, lon=lon), len(near)


def _callers(incident: Incident, seconds: float, experience: Experience) -> float:
    """Return how many further reports of an incident are to be expected a second.

    Some things move many to call and most nobody but one (a gamma mixture of Poissons): who has
    had more callers so far is likelier to have another.
    """
    usual = experience.more_reports(incident.form)
    passed = 1.0 - math.exp(-seconds / _DECAY_S)
    so_far = max(incident.reports - 1, 0)
    expected = usual * (_SHAPE + so_far) / (_SHAPE + usual * passed)
    return expected * (1.0 - passed) / _DECAY_S


def _form_weight(told: Told, other: Told) -> tuple[float, str]:
    """Return the weight of the forms told, and what it is in words."""
    forms = {told.form, told.by_words} - {None}
    others = {other.form, other.by_words} - {None}
    if told.form is not None and told.form == other.form:
        words_differ = None not in (told.by_words, other.by_words) and (
            told.by_words != other.by_words
        )
        return (-1.5, "same form") if words_differ else (0.0, "same form")
    if told.by_words is not None and told.by_words == other.by_words:
        return -0.4, "same form by its words"
    if forms & others:
        return -1.2, "same form by the words of one"
    if not forms or not others:
        return -9.0, "form not told"
    return _NEVER, "another form"


def _place_weight(
    told: Told, other: Told, apart: tuple[float | None, float], form: str, experience: Experience
) -> float:
    """Return the weight of the places: against how much of the form happens there anyway."""
    lat, lon = (other.lat, other.lon) if other.lat is not None else (told.lat, told.lon)
    if lat is None or lon is None:
        return -math.log(_PLACELESS_RATE)
    metres, spread_m2 = apart
    if metres is None:
        at_place = _SAME_NAME_SHARE / (math.pi * RADIUS_M * RADIUS_M)
    else:
        at_place = math.exp(-metres * metres / (2 * spread_m2)) / (2 * math.pi * spread_m2)
    return math.log(at_place / experience.rate(form, lat, lon, told.at))
