"""Event plans and run cards as the site's tables hold them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from console.dispatch.recommend import RUN_CARDS, RunCard
from console.domain.catalogue import CatalogueItem, CatalogueName, Detail
from console.domain.forms import OTHER
from console.domain.levels import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTask:
    """One task of a plan: it becomes a case of the big incident."""

    form: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPlan:
    """A big incident ready to be opened (重大事件预案)."""

    code: str
    form: str
    text_zh: str
    text_en: str
    sectors: tuple[str, ...]
    tasks: tuple[EventTask, ...]


def plan_from(item: CatalogueItem) -> EventPlan:
    """Return the plan that a row of the table describes; a task without a form is "other"."""
    told = item.details
    return EventPlan(
        code=item.code,
        form=str(told.get("form") or OTHER.code),
        text_zh=str(told.get("text_zh") or item.name_zh),
        text_en=str(told.get("text_en") or item.name_en),
        sectors=tuple(_lines(told.get("sectors"))),
        tasks=tuple(_task(line) for line in _lines(told.get("tasks"))),
    )


def run_cards(items: Iterable[CatalogueItem]) -> tuple[RunCard, ...]:
    """Return the site's run cards; the program's own while the table is empty."""
    rows = [one for one in items if one.catalogue is CatalogueName.RUN_CARD]
    return tuple(_card(one) for one in rows if not one.retired) if rows else RUN_CARDS


def _card(item: CatalogueItem) -> RunCard:
    told = item.details
    level = told.get("level")
    return RunCard(
        form=str(told.get("form") or ""),
        level=None if level is None else Level(int(level)),
        units=int(told.get("units") or 1),
        skills=_words(told.get("skills")),
        kinds=_words(told.get("kinds")),
        equipment=_words(told.get("equipment")),
        notices=_words(told.get("notices")),
    )


def _task(line: str) -> EventTask:
    form, semicolon, text = line.replace("；", ";").partition(";")
    if not semicolon:
        return EventTask(form=OTHER.code, text=line)
    return EventTask(form=form.strip(), text=text.strip())


def _lines(told: Detail) -> list[str]:
    return [line.strip() for line in str(told or "").splitlines() if line.strip()]


def _words(told: Detail) -> tuple[str, ...]:
    return tuple(str(told or "").replace(",", " ").replace("，", " ").split())
