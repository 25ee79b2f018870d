"""A patrol plan as it is typed: every field a text, read into the plan that is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from PySide6.QtCore import QCoreApplication

from console.domain.errors import ZhihuiError
from console.domain.ids import new_id
from console.patrol.layouts import MOST_TILES
from console.protocol.patrol import PlanSent

_TIME = re.compile(r"(\d{1,2})[:：.]?(\d{2})")
_MINUTES_A_DAY = 24 * 60
USUAL_DWELL_S = 8.0


class PlanDraftError(ZhihuiError):
    """What was typed is no plan; says what to type, in the language shown.

    Attributes:
        field: Name of the field.
    """

    def __init__(self, sentence: str, field: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDraft:
    """A plan on the form.

    Attributes:
        id: Empty for a new one.
        version: That was seen; somebody else may have changed it meanwhile.
        base: "district:…", "form:…", "event:…" and an id; empty where points were picked by hand.
        points: Ids of the points, in order.
        dwell: Seconds a page stays.
        dwells: Seconds by point, for points that ask for longer.
        presets: ONVIF preset by point.
        revisit: Minutes no living point stays unseen for; empty for plain rotation.
        days: Days of the week, 0 is Monday; none for all.
        from_time: "22:00", empty for all day.
        to_time: "06:00".
        tiles: Layout, 0 for the one that is on.
    """

    id: str = ""
    version: int = 0
    name: str = ""
    base: str = ""
    points: tuple[str, ...] = ()
    dwell: str = f"{USUAL_DWELL_S:g}"
    dwells: Mapping[str, str] = field(default_factory=dict)
    presets: Mapping[str, str] = field(default_factory=dict)
    revisit: str = ""
    days: tuple[int, ...] = ()
    from_time: str = ""
    to_time: str = ""
    tiles: int = 0


def draft_of(plan: PlanSent) -> PlanDraft:
    """Return a plan as it stands on the form."""
    return PlanDraft(
        id=plan.id,
        version=plan.version,
        name=plan.name,
        base=plan.base or "",
        points=plan.points,
        dwell=f"{plan.dwell_s:g}",
        dwells={point: f"{seconds:g}" for point, seconds in plan.dwells.items()},
        presets=dict(plan.presets),
        revisit="" if plan.max_revisit_s is None else f"{plan.max_revisit_s / 60:g}",
        days=plan.days,
        from_time=time_of(plan.from_minute),
        to_time=time_of(plan.to_minute),
        tiles=plan.tiles or 0,
    )


def read_draft(draft: PlanDraft) -> PlanSent:
    """Return the plan that was typed.

    Raises:
        PlanDraftError: It is none; says which field and what it takes.
    """
    if not draft.name.strip():
        sentence = QCoreApplication.translate(
            "PlanDraft", "Give the plan a name; the strip shows it."
        )
        raise PlanDraftError(sentence, "name")
    if not draft.points:
        sentence = QCoreApplication.translate(
            "PlanDraft", "The plan has no points yet: choose what it is made from, or add some."
        )
        raise PlanDraftError(sentence, "points")
    kept = set(draft.points)
    if bool(draft.from_time.strip()) != bool(draft.to_time.strip()):
        sentence = QCoreApplication.translate(
            "PlanDraft", "Type both times of day, or leave both empty."
        )
        raise PlanDraftError(sentence, "from_time")
    revisit = draft.revisit.strip()
    return PlanSent(
        id=draft.id or f"plan-{new_id(datetime.now(UTC))}",
        version=draft.version,
        name=draft.name.strip()[:60],
        base=draft.base or None,
        points=draft.points,
        dwell_s=_seconds(draft.dwell, "dwell"),
        dwells={
            point: _seconds(typed, "dwells")
            for point, typed in draft.dwells.items()
            if typed.strip() and point in kept
        },
        presets={
            point: typed.strip()[:80]
            for point, typed in draft.presets.items()
            if typed.strip() and point in kept
        },
        max_revisit_s=None if not revisit else _seconds(revisit, "revisit") * 60.0,
        days=tuple(sorted(set(draft.days))),
        from_minute=_minute(draft.from_time, "from_time"),
        to_minute=_minute(draft.to_time, "to_time"),
        tiles=draft.tiles if 1 <= draft.tiles <= MOST_TILES else None,
    )


def time_of(minute: int | None) -> str:
    """Return a minute of the day as a clock shows it."""
    return "" if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"


def _seconds(typed: str, name: str) -> float:
    try:
        seconds = float(typed.strip().replace(",", "."))
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= 86_400.0:
        sentence = QCoreApplication.translate(
            "PlanDraft", "“{0}” is no time; type a number above 0, such as 8."
        )
        raise PlanDraftError(sentence.format(typed.strip()), name)
    return seconds


def _minute(typed: str, name: str) -> int | None:
    if not typed.strip():
        return None
    found = _TIME.fullmatch(typed.strip())
    minute = _MINUTES_A_DAY if found is None else int(found[1]) * 60 + int(found[2])
    if found is None or int(found[2]) >= 60 or minute >= _MINUTES_A_DAY:
        sentence = QCoreApplication.translate(
            "PlanDraft", "“{0}” is no time of day; type it as 22:30."
        )
        raise PlanDraftError(sentence.format(typed.strip()), name)
    return minute
