"""What a big incident is commanded with: plans to open it by, sectors, cases, its log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from console.dispatch.eventplans import plan_from
from console.dispatch.intake import metres_from
from console.domain.assignments import Assignment
from console.domain.catalogue import CatalogueItem
from console.domain.command import CommandPost, Sector
from console.domain.incidents import Incident
from console.ui.card import CardModel, IncidentCard
from console.ui.dispatchactions import DispatchActions
from console.ui.logtexts import detail_text
from console.ui.mirror import Mirror
from console.ui.places import FoundPlace, PlaceFinder
from console.ui.queuetexts import short_number
from console.ui.words import form_word, is_chinese, stage_word, time_text, verb_word

#: A command post is looked for on the map within this of its incident.
_POST_WITHIN_M = 5_000.0
#: A sector of this name was the command post before that was a row of its own.
_POST_SECTOR = "指挥部 Command post"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """An event plan as it is chosen from.

    Attributes:
        code: As the site's table has it; empty for "without a plan".
        tasks: Words of the cases it opens, each with its form.
    """

    code: str
    name: str
    text: str
    sectors: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorLine:
    """A sector as it is shown.

    Attributes:
        lead: Call sign of the unit that leads it, empty while nobody does.
        units: Call signs of the units that work there.
    """

    id: str
    name: str
    lead: str
    task: str
    units: tuple[str, ...]


class MajorBoard(QObject):
    """Follows the picked incident and changes what belongs to its command.

    Signals:
        changed: Something of it is different.
        refused: A sentence: why something was not done.
    """

    changed = Signal()
    refused = Signal(str)

    def __init__(
        self,
        mirror: Mirror,
        card: CardModel,
        actions: DispatchActions,
        parent: QObject | None = None,
        *,
        places: PlaceFinder | None = None,
    ) -> None:
        super().__init__(parent)
        self._places = places
        self._mirror, self._model, self._actions = mirror, card, actions
        card.changed.connect(lambda _card: self.changed.emit())

    @property
    def card(self) -> IncidentCard | None:
        """The picked incident with all that belongs to it."""
        return self._model.card

    @property
    def incident(self) -> Incident | None:
        """The picked incident."""
        return None if self.card is None else self.card.incident

    # what is shown

    def plans(self) -> list[PlanLine]:
        """Return what it can be made big by: every plan of the site, and none."""
        return [_plan_line(one) for one in self._actions.plans()] + [
            PlanLine(
                code="",
                name=self.tr("Without a plan"),
                text=self.tr("Sectors and cases are made as they are needed."),
            )
        ]

    def sectors(self) -> list[SectorLine]:
        """Return the sectors in the order they were made."""
        card = self.card
        return [] if card is None else [self._sector_line(one) for one in card.sectors]

    @property
    def post(self) -> CommandPost | None:
        """Where it is commanded from, ``None`` while that is nowhere."""
        return None if self.card is None else self.card.post

    @property
    def offered_place(self) -> str:
        """Where the post is, or was while it was a sector: what `set_post` is begun with."""
        if self.post is not None:
            return self.post.place
        sector = self._post_sector()
        return "" if sector is None else sector.task

    def cases(self) -> list[tuple[str, str]]:
        """Return the cases of it: id, and what is shown."""
        parts = () if self.card is None else self.card.parts
        return [
            (
                one.id,
                f"{short_number(one)}  {form_word(one.form)} · {stage_word(one.stage)} · "
                f"{one.summary[:80]}",
            )
            for one in parts
        ]

    def log(self) -> list[str]:
        """Return its log, the newest first."""
        lines = () if self.card is None else self.card.log
        return [
            " · ".join(
                filter(None, (time_text(one.entry.at), one.actor, verb_word(one.entry.verb),
                              detail_text(one.entry)))
            )
            for one in reversed(lines)
        ]  # fmt: skip

    # what is done

    def make_major(self, code: str, reason: str) -> bool:
        """Make a big incident of the picked one, with the sectors and cases of a plan."""
        incident = self.incident
        if incident is None:
            return False
        plan = next((one for one in self._actions.plans() if one.code == code), None)
        if not self._actions.make_major(incident.id, reason):
            return False
        if plan is None:
            return True
        told = plan_from(plan)
        made = [self._actions.add_sector(incident.id, name) for name in told.sectors]
        made += [self._actions.add_case(incident, one.form, one.text) for one in told.tasks]
        return all(made)

    def add_sector(self, name: str) -> bool:
        """Make a sector."""
        incident = self.incident
        if incident is None:
            return False
        if any(one.name == name for one in self.sectors()):
            return self._refuse(self.tr("There is a sector {0} already.").format(name))
        return self._actions.add_sector(incident.id, name)

    def set_post(self, place: str) -> bool:
        """Say where the command post is; "" ends it.

        A place that the map knows has a position; of several, the one with just these words.
        A sector that was the post is so no longer: its lead commands, and it is ended.
        """
        incident, held = self.incident, self.post
        if incident is None:
            return False
        if not place:
            return held is not None and self._actions.put_post(replace(held, retired=True))
        spot, sector = self._place_of(place), self._post_sector()
        lead = None if sector is None else sector.lead or None
        is_put = self._actions.put_post(
            CommandPost(
                id=incident.id,
                incident=incident.id,
                place=place if spot is None else spot.text,
                lat=None if spot is None else spot.lat,
                lon=None if spot is None else spot.lon,
                commander=lead if held is None else held.commander,
            )
        )
        return self.end_sector(sector.id) if is_put and sector is not None else is_put

    def set_commander(self, name: str) -> bool:
        """Say who commands at the command post; "" says that nobody does."""
        held = self.post
        if held is None:
            return self._refuse(self.tr("Say first where the command post is: P."))
        return self._actions.put_post(replace(held, commander=name or None))

    def _post_sector(self) -> SectorLine | None:
        """Return the sector that is the post of an incident from before there were such rows."""
        if self.post is not None:
            return None
        return next((one for one in self.sectors() if one.name == _POST_SECTOR), None)

    def _place_of(self, words: str) -> FoundPlace | None:
        """Return the place near the incident that the words can only mean."""
        incident = self.incident
        if self._places is None or incident is None:
            return None
        lat, lon = incident.lat, incident.lon
        if lat is None or lon is None:
            return None
        found = [
            one
            for one in self._places.find(words)
            if metres_from(one.lat, one.lon, lat, lon) <= _POST_WITHIN_M
        ]
        just = [one for one in found if one.text == words] or found
        return just[0] if len(just) == 1 else None

    def change(self, sector: str, *, name: str | None = None, task: str | None = None) -> bool:
        """Call a sector otherwise, or say what has to be done there; "" takes the task away."""
        held = self._held(sector)
        return held is not None and self._actions.change_sector(
            held,
            name=held.name if name is None else name,
            task=held.task if task is None else task or None,
        )

    def set_lead(self, sector: str, call_sign: str) -> bool:
        """Have a unit lead a sector."""
        held, unit = self._held(sector), self._mirror.unit_called(call_sign.strip().upper())
        if unit is None:
            return self._refuse(self.tr("There is no unit {0}.").format(call_sign))
        return held is not None and self._actions.change_sector(held, lead=unit.id)

    def place(self, sector: str, call_signs: str) -> bool:
        """Have units work in a sector that have a task at the incident or one of its cases."""
        incident, held = self.incident, self._held(sector)
        if incident is None or held is None:
            return False
        units = []
        for sign in call_signs.replace(",", " ").replace("，", " ").split():
            unit = self._mirror.unit_called(sign.upper())
            if unit is None:
                return self._refuse(self.tr("There is no unit {0}.").format(sign))
            units.append(unit.id)
        if not self._actions.put_sector(incident.id, held.name, units):
            sentence = self.tr("Only units with a task here can work in a sector; send them first.")
            return self._refuse(sentence)
        return True

    def end_sector(self, sector: str) -> bool:
        """End a sector."""
        held = self._held(sector)
        return held is not None and self._actions.change_sector(held, retired=True)

    def add_case(self, words: str) -> bool:
        """Open a case of the big incident: "form; what has to be done", or only the latter."""
        incident = self.incident
        form, semicolon, text = words.replace("；", ";").partition(";")
        if incident is None:
            return False
        if not semicolon:
            form, text = incident.form, form
        return self._actions.add_case(incident, form.strip(), text.strip())

    def note(self, words: str) -> bool:
        """Write a line into its log."""
        incident = self.incident
        return incident is not None and self._actions.note(incident.id, words)

    def _refuse(self, sentence: str) -> bool:
        self.refused.emit(sentence)
        return False

    def _held(self, sector: str) -> Sector | None:
        card = self.card
        held: Iterable[Sector] = () if card is None else card.sectors
        return next((one for one in held if one.id == sector), None)

    def _sector_line(self, sector: Sector) -> SectorLine:
        lead = None if sector.lead is None else self._mirror.unit(sector.lead)
        at_work = [
            self._mirror.unit(one.unit)
            for one in self._tasks()
            if one.is_running and one.sector == sector.id
        ]
        return SectorLine(
            id=sector.id,
            name=sector.name,
            lead="" if lead is None else lead.call_sign,
            task=sector.task or "",
            units=tuple(unit.call_sign for unit in at_work if unit is not None),
        )

    def _tasks(self) -> Iterable[Assignment]:
        card = self.card
        if card is not None:
            for one in (card.incident, *card.parts):
                yield from self._mirror.assignments_of(one.id)


def _plan_line(item: CatalogueItem) -> PlanLine:
    plan = plan_from(item)
    return PlanLine(
        code=plan.code,
        name=item.name_zh if is_chinese() else item.name_en,
        text=plan.text_zh if is_chinese() else plan.text_en,
        sectors=plan.sectors,
        tasks=tuple(f"{form_word(one.form)}: {one.text}" for one in plan.tasks),
    )
