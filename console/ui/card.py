"""Everything the card shows of the incident that is picked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from console.dispatch.rules_assignments import TOLD_BY_VOICE
from console.domain.assignments import TAKEN_STATES, UNACCEPTED_STATES, Assignment, AssignmentState
from console.domain.command import CommandPost, HelpRequest, HelpSide, Sector
from console.domain.incidents import NEXT_STAGES, Incident, Report, Stage
from console.domain.levels import Role
from console.domain.permissions import may
from console.domain.places import Evidence, EvidenceKind, Jurisdiction, LogEntry
from console.domain.units import Unit
from console.ui.mirror import Mirror
from console.ui.words import is_gateway

#: What is done to a unit, not by it.
_ORDERS = frozenset(
    {
        "assigned", "withdrawn", TOLD_BY_VOICE, "stood_by", "called_up", "overrode",
        "overrode_because", "transfer_ordered", "handed_over", "escalated", "sector_put",
        "sector_ended", "placed",
    }
)  # fmt: skip
#: The seven stages, in the order an incident goes through them.
TRACK = tuple(stage for stage in Stage if stage is not Stage.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentLine:
    """One unit sent, with when it reached each state.

    Attributes:
        unit: ``None`` if the unit is not known here.
        pending: Whether central has not confirmed what is shown.
        told: The newest line of the log about an order by voice, ``None`` if there was none.
        sector: Name of the sector it works in, ``None`` if it works in none.
        lent_as: Call sign of a unit of another district, which this console does not see.
    """

    assignment: Assignment
    unit: Unit | None
    pending: bool
    told: LogEntry | None = None
    sector: str | None = None
    lent_as: str | None = None

    @property
    def call_sign(self) -> str:
        """What people call the unit."""
        if self.unit is not None:
            return self.unit.call_sign
        return self.lent_as or self.assignment.unit

    def time_of(self, state: AssignmentState) -> datetime | None:
        """Return when the state was reached, aware UTC."""
        return self.assignment.times.get(state.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMark:
    """One stage on the track: done, present, or to come."""

    stage: Stage
    is_done: bool
    is_present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One step of an incident, with the names of who did it.

    Attributes:
        actor: Name, call sign, or id of who did it; ``None`` if nobody is known.
    """

    entry: LogEntry
    actor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCard:
    """An incident with all that belongs to it.

    Attributes:
        can: Names of commands that the person logged on may give and the stage allows.
        sectors: Of a big incident, in the order they were made.
        post: Where it is commanded from, ``None`` while that is nowhere.
        parts: The cases of a big incident, in the order they were opened.
        help: What other districts were asked for.
        pending: Whether central has not confirmed what is shown.
    """

    incident: Incident
    district: Jurisdiction | None
    street: Jurisdiction | None
    reports: tuple[Report, ...]
    assignments: tuple[AssignmentLine, ...]
    evidence: tuple[Evidence, ...]
    log: tuple[LogLine, ...]
    track: tuple[StageMark, ...]
    can: frozenset[str]
    pending: bool
    sectors: tuple[Sector, ...] = ()
    post: CommandPost | None = None
    parts: tuple[Incident, ...] = ()
    help: tuple[HelpRequest, ...] = ()
    row_no: int | None = None

    @property
    def unexplained(self) -> tuple[AssignmentLine, ...]:
        """The units sent in the stead of those recommended, nobody having said why."""
        return tuple(
            line
            for line in self.assignments
            if line.assignment.instead_of is not None and line.assignment.because is None
        )

    @property
    def standing_by(self) -> tuple[AssignmentLine, ...]:
        """The units that wait to be called up."""
        return tuple(line for line in self.running if line.assignment.standby)

    @property
    def unaccepted(self) -> tuple[AssignmentLine, ...]:
        """The units that have not said yes."""
        return tuple(
            line for line in self.assignments if line.assignment.state in UNACCEPTED_STATES
        )

    @property
    def running(self) -> tuple[AssignmentLine, ...]:
        """The units that still have something to do."""
        return tuple(line for line in self.assignments if line.assignment.is_running)


def card_of(mirror: Mirror, incident_id: str) -> IncidentCard | None:
    """Return the card of an incident, ``None`` if it is not known here."""
    incident = mirror.incident(incident_id)
    if incident is None:
        return None
    details = mirror.details_of(incident_id)
    assignments = mirror.assignments_of(incident_id)
    entries = sorted(
        (one for one in details if isinstance(one, LogEntry)), key=lambda one: (one.at, one.id)
    )
    asked = sorted(
        (
            one
            for one in mirror.every(HelpRequest)
            if one.incident == incident_id and one.side is HelpSide.ASKING
        ),
        key=lambda one: one.asked_at,
    )
    lent = {
        unit: sign for one in asked for unit, sign in zip(one.units, one.call_signs, strict=False)
    }
    sectors = {one.id: one for one in mirror.every(Sector)}
    lines = tuple(
        AssignmentLine(
            assignment=one,
            unit=mirror.unit(one.unit),
            pending=mirror.is_pending(one.id),
            told=_told(one, entries),
            sector=sectors[one.sector].name if one.sector in sectors else None,
            lent_as=lent.get(one.unit),
        )
        for one in assignments
    )
    return IncidentCard(
        incident=incident,
        district=mirror.jurisdiction(incident.district) if incident.district else None,
        street=mirror.jurisdiction(incident.street) if incident.street else None,
        reports=tuple(one for one in details if isinstance(one, Report)),
        assignments=lines,
        evidence=tuple(one for one in details if isinstance(one, Evidence)),
        log=tuple(LogLine(entry=one, actor=_name_of(mirror, one)) for one in entries),
        track=track_of(incident, entries),
        can=allowed(incident, assignments, mirror),
        pending=mirror.is_pending(incident_id),
        sectors=_sectors(sectors.values(), incident_id),
        post=_post(mirror, incident),
        parts=_parts(mirror, incident),
        help=tuple(asked),
    )


def _sectors(among: Iterable[Sector], incident: str) -> tuple[Sector, ...]:
    found = [one for one in among if one.incident == incident and not one.retired]
    return tuple(sorted(found, key=lambda one: one.id))


def _post(mirror: Mirror, incident: Incident) -> CommandPost | None:
    post = mirror.row_of(CommandPost, incident.id) if incident.is_major else None
    return None if post is None or post.retired else post


def _parts(mirror: Mirror, incident: Incident) -> tuple[Incident, ...]:
    if not incident.is_major:
        return ()
    found = [one for one in mirror.incidents() if one.parent == incident.id]
    return tuple(sorted(found, key=lambda one: (one.opened_at, one.id)))


def _told(assignment: Assignment, entries: list[LogEntry]) -> LogEntry | None:
    """Return the line that says that this very order was given by voice."""
    ordered_at = assignment.times.get(AssignmentState.ORDERED.value, assignment.changed_at)
    about = [
        one
        for one in entries
        if one.verb == TOLD_BY_VOICE and one.unit == assignment.unit and one.at >= ordered_at
    ]
    return about[-1] if about else None


def still_of(evidence: Evidence, among: tuple[Evidence, ...]) -> Evidence | None:
    """Return the still taken with a camera's own bytes, ``None`` for anything else."""
    if evidence.kind is not EvidenceKind.VIDEO or evidence.camera is None:
        return None
    moment = evidence.camera, evidence.captured_at
    return next(
        (
            one
            for one in among
            if one.kind is EvidenceKind.FRAME
            and not one.is_copy
            and (one.camera, one.captured_at) == moment
        ),
        None,
    )


def track_of(incident: Incident, entries: list[LogEntry]) -> tuple[StageMark, ...]:
    """Return the seven stages; of a cancelled incident those that it reached are done."""
    if incident.stage is Stage.CANCELLED:
        reached = Stage.DISPATCH if any(one.verb == "assigned" for one in entries) else Stage.FILE
        last = TRACK.index(reached)
        return tuple(
            StageMark(stage=stage, is_done=at <= last, is_present=False)
            for at, stage in enumerate(TRACK)
        )
    present = TRACK.index(incident.stage)
    ended = incident.stage is Stage.EVALUATE
    return tuple(
        StageMark(
            stage=stage, is_done=at < present or ended, is_present=at == present and not ended
        )
        for at, stage in enumerate(TRACK)
    )


def allowed(incident: Incident, assignments: list[Assignment], mirror: Mirror) -> frozenset[str]:
    """Return which commands make sense on an incident for who is logged on.

    Central decides in the end; this is for what is offered and what is greyed.
    """
    who = mirror.who
    if who is None:
        return frozenset()
    then = NEXT_STAGES[incident.stage]
    handlers = {one.unit for one in assignments if one.state in TAKEN_STATES}
    makes_sense = {
        "AssignUnit": incident.stage
        in {Stage.FILE, Stage.DISPATCH, Stage.HANDLE, Stage.REPORT_BACK},
        "OrderByVoice": any(one.state in UNACCEPTED_STATES for one in assignments),
        "VerifyIncident": Stage.VERIFY in then and who.unit not in handlers,
        "CloseIncident": Stage.EVALUATE in then,
        "CancelIncident": Stage.CANCELLED in then,
        "AmendIncident": incident.is_open,
        "PutSector": incident.is_open and incident.number is not None and incident.parent is None,
        "NoteIncident": True,
        "WithdrawAssignment": any(one.is_running for one in assignments),
        "TransferTask": any(one.is_running and not one.standby for one in assignments),
        "CallUp": any(one.is_running and one.standby for one in assignments),
        "ExplainChoice": any(one.instead_of and not one.because for one in assignments),
    }
    return frozenset(
        name for name, sense in makes_sense.items() if sense and may(Role(who.role), name)
    )


def _name_of(mirror: Mirror, entry: LogEntry) -> str | None:
    by_unit = entry.actor is None or str(entry.actor) == entry.unit or is_gateway(entry.actor)
    if entry.unit is not None and by_unit and entry.verb not in _ORDERS:
        unit = mirror.unit(entry.unit)
        return unit.call_sign if unit is not None else entry.unit
    if mirror.who is not None and entry.actor == mirror.who.id:
        return mirror.who.name
    unit = mirror.unit(entry.actor) if entry.actor else None
    return unit.call_sign if unit is not None else entry.actor


class CardModel(QObject):
    """Keeps the card of the picked incident up to date.

    Signals:
        changed: The `IncidentCard`, or ``None`` when nothing is picked.
    """

    changed = Signal(object)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._card: IncidentCard | None = None
        self._picked: str | None = None
        # One change tells of its incident, tasks, units and log one after the other: read once.
        self._soon = QTimer(self, interval=0, singleShot=True)
        self._soon.timeout.connect(self._read)
        mirror.incidents_changed.connect(self._if_picked)
        mirror.details_changed.connect(self._if_picked)
        mirror.assignments_changed.connect(self._take_assignments)
        mirror.units_changed.connect(self._take_units)
        mirror.tables_changed.connect(self._take_tables)
        mirror.replaced.connect(self._read)
        mirror.who_changed.connect(self._read)

    @property
    def picked(self) -> str | None:
        """Id of the incident that is picked."""
        return self._picked

    @property
    def card(self) -> IncidentCard | None:
        """The card as the rows are now."""
        if self._soon.isActive():
            self._read()
        return self._card

    @Slot(str)
    def pick(self, incident_id: str) -> None:
        """Show an incident; an empty id shows none."""
        self._picked = incident_id or None
        self._read()

    @Slot()
    def _read(self) -> None:
        self._soon.stop()
        card = card_of(self._mirror, self._picked) if self._picked is not None else None
        if card != self._card or card is None:
            self._card = card
            self.changed.emit(card)

    @Slot(list)
    def _if_picked(self, ids: list[str]) -> None:
        if self._picked in ids or (self._card and self._card.incident.is_major and self._has(ids)):
            self._soon.start()

    def _has(self, ids: list[str]) -> bool:
        """Whether one of these is a case of the big incident that is picked."""
        named = (self._mirror.incident(one) for one in ids)
        return any(one is not None and one.parent == self._picked for one in named)

    @Slot(list)
    def _take_assignments(self, ids: list[str]) -> None:
        ours = {one.assignment.id for one in self._card.assignments} if self._card else set()
        named = (self._mirror.assignment(one) for one in ids)
        if ours.intersection(ids) or any(
            one is not None and one.incident == self._picked for one in named
        ):
            self._soon.start()

    @Slot(str, list)
    def _take_tables(self, kind: str, _ids: list[str]) -> None:
        if kind in {"sector", "help_request", "command_post"} and self._picked is not None:
            self._soon.start()

    @Slot(list)
    def _take_units(self, ids: list[str]) -> None:
        card = self._card
        if card and {one.assignment.unit for one in card.assignments}.intersection(ids):
            self._soon.start()
