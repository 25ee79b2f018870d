"""What a desk does to a case as a whole, and how it takes back what it did last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from console.domain.ids import ReportId
from console.domain.incidents import Incident, Report
from console.domain.levels import Level
from console.domain.streetwork import Paper, PaperKind, SubjectKind
from console.protocol import commands as c
from console.protocol.commands import AnyBody
from console.ui.actions import DeskActions
from console.ui.intake import IntakeDraft, answers_text

#: So many of the last commands can be taken back.
_KEPT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What takes a command back.

    Attributes:
        body: The command that was given.
        inverse: Gives the command that takes it back, as things stand when it is asked for.
    """

    body: AnyBody
    inverse: Callable[[], AnyBody | None]


class CaseActions(DeskActions):
    """Everything the desk does, with a memory of how it is undone."""

    _undos: list[Undo]

    def hold(self, incident: str, reason: str) -> bool:
        """Hold the clocks of a case."""
        body = c.PauseIncident(incident=incident, reason=reason)
        return self._submit(body, self._version(incident))

    def go_on(self, incident: str) -> bool:
        """Let the clocks of a case go on."""
        return self._submit(c.ResumeIncident(incident=incident), self._version(incident))

    def reopen(self, incident: str, reason: str) -> bool:
        """Open a closed case again."""
        body = c.ReopenIncident(incident=incident, reason=reason)
        return self._submit(body, self._version(incident))

    def rate(self, incident: str, rating: int | None, note: str) -> bool:
        """Keep what the caller said when called back."""
        return self._submit(c.CallBack(incident=incident, rating=rating, note=note or None))

    def decide_fine(self, incident: str, *, law: str, fen: int, party: str, facts: str) -> bool:
        """Decide a penalty after a case; central numbers it."""
        body = c.IssuePaper(
            paper=self._new_id(),
            kind=PaperKind.DECISION,
            incident=incident,
            party_kind=SubjectKind.SHOP,
            party=party,
            facts=facts,
            law=law,
            amount_fen=fen,
        )
        return self._submit(body)

    def fines_due(self, number: str) -> list[Paper]:
        """Return the fines of the last days that are due and have this whole or running number."""
        return [
            one
            for one in self._mirror.every(Paper)
            if one.amount_fen is not None and one.paid_at is None and one.voided_at is None
            if number in {one.number, str(one.running)}
        ]

    def enter_paid(self, paper: Paper, receipt: str) -> bool:
        """Enter that a fine was paid in full."""
        fen, at = paper.amount_fen or 0, self._mirror.now()
        return self._submit(c.PayFine(paper=paper.id, receipt_no=receipt, amount_fen=fen, at=at))

    def join(self, incident: str, into: str, reason: str) -> bool:
        """Make one case of two."""
        body = c.JoinIncidents(incident=incident, into=into, reason=reason)
        return self._submit(body, self._version(incident))

    def make_major(self, incident: str, reason: str) -> bool:
        """Make a big incident of a case."""
        body = c.LinkIncident(incident=incident, reason=reason)
        return self._submit(body, self._version(incident))

    def make_part_of(self, incident: str, parent: str) -> bool:
        """Make a case part of a big incident."""
        body = c.LinkIncident(incident=incident, parent=parent)
        return self._submit(body, self._version(incident))

    def part(self, incident: str) -> bool:
        """Give a case that went into another its reports back."""
        return self._submit(c.PartIncidents(incident=incident), self._version(incident))

    def split_last(self, incident: str) -> bool:
        """Make a case of its own of the report that was joined to this one last."""
        reports = sorted(self._mirror.reports_of(incident), key=lambda one: one.received_at)
        if len(reports) < 2:
            self.refused.emit(self.tr("There is only one report in this case; nothing to part."))
            return False
        return self._submit(c.SplitReport(report=reports[-1].id, incident=self._new_id()))

    def take_report(self, draft: IntakeDraft) -> str | None:
        """Enter what a seat took down; return the id it opens if it goes into no other case."""
        now, incident = self._mirror.now(), self._new_id()
        report = Report(
            id=ReportId(self._new_id()),
            channel=draft.channel,
            received_at=now,
            text=draft.text,
            place=draft.place,
            form=draft.form,
            lat=draft.lat,
            lon=draft.lon,
            caller=draft.caller or None,
            phone=draft.phone or None,
        )
        body = c.TakeReport(
            report=report,
            incident=incident,
            level=None if draft.level is None else int(draft.level),
            into=draft.into,
            apart=draft.apart,
            urgent=draft.urgent,
            answers=answers_text(draft.answers) or None,
        )
        if not self._submit(body):
            return None
        self.incident_opened.emit(incident)
        return incident

    def note_place(self, draft: IntakeDraft, kind: str, text: str) -> bool:
        """Write down what is to be known of the place of a draft."""
        if draft.lat is None or draft.lon is None:
            self.refused.emit(self.tr("A note needs a place that the map knows; choose one."))
            return False
        body = c.NotePlace(
            note=self._new_id(),
            place=draft.place,
            kind=kind,
            text=text,
            lat=draft.lat,
            lon=draft.lon,
        )
        return self._submit(body)

    def undo(self) -> bool:
        """Take back what was done last here."""
        while self._memory:
            last = self._memory.pop()
            inverse = last.inverse()
            if inverse is not None:
                return super()._submit(inverse, self._base_of(inverse))
        self.refused.emit(self.tr("There is nothing here that could be taken back."))
        return False

    def undo_of(self) -> AnyBody | None:
        """Return the command that `undo` would take back."""
        return self._memory[-1].body if self._memory else None

    @property
    def _memory(self) -> list[Undo]:
        if not hasattr(self, "_undos"):
            self._undos = []
        return self._undos

    def _submit(self, body: AnyBody, base_version: int | None = None) -> bool:
        inverse = self._inverse_of(body)
        done = super()._submit(body, base_version)
        if done and inverse is not None:
            self._memory.append(Undo(body=body, inverse=inverse))
            del self._memory[:-_KEPT]
        return done

    def _base_of(self, body: AnyBody) -> int | None:
        if isinstance(body, c.WithdrawAssignment):
            held = self._mirror.assignment(body.assignment)
            return None if held is None else held.version
        named = getattr(body, "incident", None)
        return self._version(named) if isinstance(named, str) else None

    def _inverse_of(self, body: AnyBody) -> Callable[[], AnyBody | None] | None:
        """Return what makes the command that takes this one back, ``None`` where nothing does."""
        why = self.tr("taken back by the desk")
        makers: Mapping[type, Callable[[Any], Callable[[], AnyBody | None] | None]] = {
            c.AssignUnit: lambda one: lambda: self._recall(one, why),
            c.AmendIncident: lambda one: _amended_back(self._mirror.incident(one.incident), one),
            c.CancelIncident: lambda one: _reopened(one.incident, why),
            c.CloseIncident: lambda one: _reopened(one.incident, why),
            c.PauseIncident: lambda one: lambda: c.ResumeIncident(incident=one.incident),
            c.JoinIncidents: lambda one: lambda: c.PartIncidents(incident=one.incident),
            c.SplitReport: lambda one: self._joined_again(one, why),
        }
        maker = makers.get(type(body))
        return None if maker is None else maker(body)

    def _joined_again(self, body: c.SplitReport, why: str) -> Callable[[], AnyBody | None] | None:
        held = self._mirror.incident_of_report(body.report)
        if held is None:
            return None
        return lambda: c.JoinIncidents(incident=body.incident, into=held, reason=why)

    def _recall(self, body: c.AssignUnit, why: str) -> AnyBody | None:
        held = self._mirror.assignment(body.assignment)
        if held is not None and not held.is_running:
            return None  # it ended meanwhile: nothing is left to be taken back
        return c.WithdrawAssignment(assignment=body.assignment, reason=why)


def _reopened(incident: str, why: str) -> Callable[[], AnyBody | None]:
    return lambda: c.ReopenIncident(incident=incident, reason=why)


def _amended_back(
    before: Incident | None, body: c.AmendIncident
) -> Callable[[], AnyBody | None] | None:
    if before is None:
        return None
    level = int(before.level) if body.level is not None else None
    back = c.AmendIncident(
        incident=body.incident,
        level=None if level is None else Level(level),
        form=before.form if body.form else None,
        place=before.place if body.place else None,
        summary=before.summary if body.summary else None,
    )
    return lambda: back
