"""What a desk does with units beyond one order: transfers, stand-by, help, big incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal

from console.dispatch.eventplans import plan_from
from console.domain.assignments import Assignment
from console.domain.catalogue import CatalogueItem, CatalogueName
from console.domain.command import CommandPost, HelpRequest, HelpSide, HelpState, Sector
from console.domain.ids import IncidentId, UnitId
from console.domain.incidents import Incident
from console.domain.levels import Channel
from console.protocol import commands as c
from console.ui.caseactions import CaseActions


class DispatchActions(CaseActions):
    """Everything the desk does.

    Signals:
        board_wanted: Id of the incident whose command is to be shown.
    """

    board_wanted = Signal(str)

    def stand_by(self, incident: str, units: Sequence[str]) -> bool:
        """Have units stand by for an incident."""
        return len(self.dispatch(incident, units, standby=True)) == len(units)

    def call_up(self, assignment: str) -> bool:
        """Send a unit that stands by."""
        return self._submit(c.CallUp(assignment=assignment, to=self._new_id()))

    def explain(self, assignment: str, reason: str) -> bool:
        """Say why another unit was sent than recommended."""
        return self._submit(c.ExplainChoice(assignment=assignment, reason=reason))

    def transfer(self, assignment: str, unit_id: str, reason: str) -> bool:
        """Hand a task to another unit; a busy one is sent as it was seen, busy."""
        unit = self._mirror.unit(unit_id)
        if unit is None:
            self.refused.emit(self.tr("There is no unit with the id {0}.").format(unit_id))
            return False
        body = c.TransferTask(assignment=assignment, to=self._new_id(), unit=unit_id, reason=reason)
        return self._submit(body, None if unit.is_free else unit.version)

    def escalate(self, assignment: str, step: str) -> bool:
        """Keep that an order nobody accepted came onto this screen."""
        return self._submit(c.EscalateOrder(assignment=assignment, step=step))

    # help across districts

    def ask_help(self, incident: str, district: str, wanted: int, reason: str) -> bool:
        """Ask another district for units."""
        body = c.AskHelp(
            help=self._new_id(), incident=incident, district=district, wanted=wanted, reason=reason
        )
        return self._submit(body)

    def lend(self, help_: str, units: Sequence[str], answer: str) -> bool:
        """Send own units to where they were asked for."""
        ids = tuple(self._new_id() for _ in units)
        body = c.AnswerHelp(help=help_, assignments=ids, units=tuple(units), answer=answer)
        return self._submit(body)

    def decline(self, help_: str, answer: str) -> bool:
        """Say that no help can be sent, and why."""
        return self._submit(c.AnswerHelp(help=help_, answer=answer))

    def end_help(self, help_: str, reason: str) -> bool:
        """Take a request for help back."""
        return self._submit(c.EndHelp(help=help_, reason=reason))

    def open_requests(self, side: HelpSide) -> list[HelpRequest]:
        """Return the requests nobody has answered, the oldest first."""
        found = [
            one
            for one in self._mirror.every(HelpRequest)
            if one.side is side and one.state is HelpState.ASKED
        ]
        return sorted(found, key=lambda one: (one.asked_at, one.id))

    # big incidents

    def plans(self) -> list[CatalogueItem]:
        """Return the event plans that can be opened, by code."""
        rows = self._mirror.every(CatalogueItem)
        found = [one for one in rows if one.catalogue is CatalogueName.EVENT_PLAN]
        return sorted((one for one in found if not one.retired), key=lambda one: one.code)

    def open_event(
        self, item: CatalogueItem, place: str, reason: str, at: tuple[float, float] | None
    ) -> str | None:
        """Open a big incident from a plan; return its id, ``None`` if it could not be kept."""
        plan, incident = plan_from(item), self._new_id()
        body = c.OpenEvent(
            incident=incident,
            plan=item.code,
            place=place,
            reason=reason,
            cases=tuple(self._new_id() for _ in plan.tasks),
            sectors=tuple(self._new_id() for _ in plan.sectors),
            lat=None if at is None else at[0],
            lon=None if at is None else at[1],
        )
        if not self._submit(body):
            return None
        self.incident_opened.emit(incident)
        return incident

    def sectors_of(self, incident: str) -> list[Sector]:
        """Return the sectors of a big incident, in the order they were made."""
        rows = [one for one in self._mirror.every(Sector) if one.incident == incident]
        return sorted((one for one in rows if not one.retired), key=lambda one: one.id)

    def put_sector(self, incident: str, name: str, units: Sequence[str]) -> bool:
        """Make a sector of a big incident, or find it by name, and put units to work in it.

        The first unit leads a sector that has no lead yet.
        """
        held = next((one for one in self.sectors_of(incident) if one.name == name), None)
        lead = UnitId(units[0]) if units else None
        sector = held or Sector(id=self._new_id(), incident=IncidentId(incident), name=name)
        if held is None or (held.lead is None and lead is not None):
            led = Sector(
                id=sector.id,
                incident=sector.incident,
                name=name,
                lead=sector.lead or lead,
                task=sector.task,
            )
            if not self._submit(c.PutSector(sector=led)):
                return False
        tasks = [self._task_at(incident, unit) for unit in units]
        done = [
            self._submit(c.PlaceInSector(assignment=one.id, sector=sector.id))
            for one in tasks
            if one is not None
        ]
        return all(done) and len(done) == len(units)

    def add_sector(self, incident: str, name: str, task: str | None = None) -> bool:
        """Make a sector of a big incident."""
        sector = Sector(
            id=self._new_id(), incident=IncidentId(incident), name=name, task=task or None
        )
        return self._submit(c.PutSector(sector=sector))

    def change_sector(self, sector: Sector, **changed: Any) -> bool:
        """Change a sector: name, task, lead, or that it is no more."""
        return self._submit(c.PutSector(sector=replace(sector, **changed)))

    def put_post(self, post: CommandPost) -> bool:
        """Set up, move or end a command post, or say who commands there.

        A post that another desk changed since the one seen here stays, and this is a conflict.
        """
        held = self._mirror.row_of(CommandPost, post.id)
        return self._submit(c.PutPost(post=post), 0 if held is None else held.version)

    def add_case(self, big: Incident, form: str, text: str) -> bool:
        """Open a case of a big incident, at its place."""
        case = self._new_id()
        body = c.OpenIncident(
            incident=case,
            form=form,
            place=big.place,
            summary=text,
            channel=Channel.LEADER,
            lat=big.lat,
            lon=big.lon,
        )
        return self._submit(body) and self._submit(c.LinkIncident(incident=case, parent=big.id))

    def show_board(self, incident: str) -> bool:
        """Have the desk show what a big incident is commanded with."""
        if self._mirror.incident(incident) is None:
            return False
        self.board_wanted.emit(incident)
        return True

    def _task_at(self, incident: str, unit: str) -> Assignment | None:
        """Return a unit's running task at a big incident or one of its cases."""
        for one in reversed(self._mirror.assignments_of_unit(unit)):
            case = self._mirror.incident(one.incident)
            if one.is_running and case is not None and incident in {case.id, case.parent}:
                return one
        sign = self._mirror.unit(unit)
        text = self.tr("{0} has no task at this big incident; send it first.")
        self.refused.emit(text.format(unit if sign is None else sign.call_sign))
        return None
