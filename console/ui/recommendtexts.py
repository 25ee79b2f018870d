"""A recommendation in words: whom, why, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from console.dispatch.recommend import Choice, Lack, Reason, Recommendation, Shortfall, Why
from console.domain.units import UnitKind
from console.ui.words import unit_kind_word


def _noop(context: str, source: str) -> str:
    return source


_WHY: Mapping[Why, str] = {
    Why.NEAREST: _noop("Recommend", "first there"),
    Why.MINUTES: _noop("Recommend", "{0} min"),
    Why.OWN_STREET: _noop("Recommend", "own street"),
    Why.OTHER_DISTRICT: _noop("Recommend", "another district"),
    Why.HAS_SKILL: _noop("Recommend", "has {0}"),
    Why.BUSY: _noop("Recommend", "busy with {0}"),
    Why.LATE_FIX: _noop("Recommend", "late fix"),
    Why.NO_ROAD_TIME: _noop("Recommend", "no road time"),
    Why.SLOW_ROADS: _noop("Recommend", "slow roads +{0} min"),
}
_LACKS: Mapping[Lack, str] = {
    Lack.UNITS: _noop("Recommend", "{0} more units"),
    Lack.SKILL: _noop("Recommend", "nobody with {0}"),
    Lack.EQUIPMENT: _noop("Recommend", "nobody brings {0}"),
    Lack.KIND: _noop("Recommend", "no {0}"),
    Lack.ALL_LATE: _noop("Recommend", "nobody within half an hour"),
    Lack.NO_PLACE: _noop("Recommend", "the place is not known"),
}
_SKILLS: Mapping[str, str] = {
    "noise_meter": _noop("Recommend", "noise meter"),
    "legal": _noop("Recommend", "legal officer"),
    "crane": _noop("Recommend", "crane"),
    "gas_detector": _noop("Recommend", "gas detector"),
    "cones": _noop("Recommend", "traffic cones"),
}
_NOTICES: Mapping[str, str] = {
    "shift_lead": _noop("Recommend", "shift lead"),
    "site_office": _noop("Recommend", "site office"),
    "traffic_police": _noop("Recommend", "traffic police"),
    "gas_company": _noop("Recommend", "gas company"),
    "fire_service": _noop("Recommend", "fire service"),
    "road_authority": _noop("Recommend", "road authority"),
}


def _say(text: str) -> str:
    return QCoreApplication.translate("Recommend", text)


def advice_text(advice: Recommendation) -> str:
    """Return whom to send with every reason, whom to tell, and what is missing."""
    parts = [" + ".join(_choice(one) for one in advice.chosen)] if advice.chosen else []
    if advice.card.notices:
        told = ", ".join(_say(_NOTICES.get(one, one)) for one in advice.card.notices)
        parts.append(_say("tell {0}").format(told))
    if advice.shortfalls:
        missing = ", ".join(_lack(one) for one in advice.shortfalls)
        parts.append(_say("missing: {0}").format(missing))
    return " · ".join(parts)


def _choice(one: Choice) -> str:
    reasons = ", ".join(_reason(each) for each in one.reasons)
    return f"{one.unit.call_sign} ({reasons})" if reasons else one.unit.call_sign


def _reason(reason: Reason) -> str:
    value = _say(_SKILLS.get(reason.value, reason.value)) if reason.value else ""
    return _say(_WHY[reason.why]).format(value)


def _lack(one: Shortfall) -> str:
    value = one.value
    if one.lack is Lack.KIND:
        value = unit_kind_word(UnitKind(one.value))
    elif one.lack in {Lack.SKILL, Lack.EQUIPMENT}:
        value = _say(_SKILLS.get(one.value, one.value))
    return _say(_LACKS[one.lack]).format(value)
