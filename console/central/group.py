"""One group of commands: decided one after the other, written in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from console.central.acts import Actor, acts_of
from console.central.discretion import Placed, masked
from console.central.ledger import (
    Mark,
    Numbers,
    change_of,
    read_known,
    write_changes,
    write_results,
)
from console.central.papernumbers import numbered_paper
from console.central.rows import LiveRows
from console.central.tasks import Delivery, deliveries_for
from console.dispatch.checks import checked_id
from console.dispatch.remits import check_made, check_named, district_of
from console.dispatch.rules import Decision, decide
from console.dispatch.time_rules import with_case_limit
from console.domain.areas import Area
from console.domain.audit import Act
from console.domain.errors import ConflictError, RejectedError, ZhihuiError
from console.domain.ids import JurisdictionId
from console.domain.incidents import Incident
from console.domain.permissions import Remit
from console.domain.places import Camera
from console.domain.streetwork import Paper
from console.protocol.codec import Row, encode, kind_of, row_to_builtins
from console.protocol.commands import (
    AddReport,
    AttachEvidence,
    MoveAssignment,
    OpenIncident,
    PutCameras,
    ReportOutcome,
    TakeReport,
)
from console.protocol.messages import BYTES_MISSING, Changes, Command, Result, Verdict
from console.store.audit import AUDIT, ChainHead, chained_acts
from console.store.together import Writes

Outline = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a group left on disk.

    Attributes:
        head: Newest revision after it.
        frame: Its changes as one message of the stream, ``None`` if it made none.
        bare_frames: The same where something is masked, by whether passwords of cameras and
            names and numbers of callers are seen.
        placed: The changes one by one, for those who may not see every district.
        rows: New and changed rows, log entries included.
        deliveries: What units have to be told.
    """

    head: int
    frame: bytes | None
    bare_frames: Mapping[tuple[bool, bool], bytes | None]
    placed: tuple[Placed, ...]
    rows: tuple[Row, ...]
    deliveries: tuple[Delivery, ...]


class EvidenceMissingError(RejectedError):
    """Evidence is named whose bytes are not here (any more); the same command may come again."""


class CommandIdError(RejectedError):
    """A command whose id is none; there is nothing its result could be kept under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a decision needs besides rows.

    Attributes:
        numbers: Gives incidents their numbers.
        district_at: District and street of a place (WGS-84), ``None`` outside.
        districts_of: Districts that an outline (WGS-84) reaches into, in order of their ids.
        evidence_size: Size of the bytes held under a hash, ``None`` if there are none.
        sealed: A camera with its credentials sealed: readable ones go no further than here.
    """

    numbers: Numbers
    district_at: Callable[[float, float], tuple[str | None, str | None]]
    evidence_size: Callable[[str], int | None]
    sealed: Callable[[Camera], Camera]
    districts_of: Callable[[Outline], tuple[str, ...]] = lambda _outline: ()


@dataclass(slots=True)
class Group:
    """The commands that one transaction carries.

    Attributes:
        mark: Where the ledger stood before.
        chain: Where the audit ends, as far as it is written.
        knows_all: Whether each command looked up was decided before.
        at: When the group is decided, aware UTC.
    """

    connection: Connection
    rows: LiveRows
    surroundings: Surroundings
    mark: Mark
    chain: ChainHead
    at: datetime
    knows_all: bool = field(default=False, init=False)
    _known: dict[str, Result] = field(default_factory=dict, init=False)
    _results: list[tuple[Result, str | None]] = field(default_factory=list, init=False)
    _changes: list[tuple[Placed, str]] = field(default_factory=list, init=False)
    _deliveries: list[Delivery] = field(default_factory=list, init=False)
    _acts: list[Act] = field(default_factory=list, init=False)

    def look_up(self, commands: Sequence[Command]) -> None:
        """Find out which of these commands were decided before, and which ids are new."""
        asked = {one.command_id for one in commands}
        opened = self.rows.not_held(
            one.body.incident
            for one in commands
            if isinstance(one.body, OpenIncident | AddReport | TakeReport)
        )
        self._known, known = read_known(self.connection, sorted(asked), opened)
        self.knows_all = asked <= self._known.keys()
        self.rows.take_absent(set(opened) - known)

    def decide(self, command: Command, actor: Actor) -> Result:
        """Return what becomes of a command; said aloud only after `write` and the commit."""
        command = self._without_secrets(command)
        earlier = self._known.get(command.command_id)
        if earlier is not None:
            was_done = earlier.verdict is Verdict.ACCEPTED
            return _as_duplicate(earlier) if was_done else earlier
        try:
            result = self._decided(command, actor)
        except ConflictError as error:
            result = self._conflict(command, error)
        except EvidenceMissingError as error:
            return msgspec.structs.replace(_rejection(command, str(error)), cause=BYTES_MISSING)
        except CommandIdError as error:
            return _rejection(command, str(error))
        except ZhihuiError as error:
            result = _rejection(command, str(error))
            if self._is_early(command):
                return result
        self._known[command.command_id] = result
        self._results.append((result, actor.person))
        return result

    def _without_secrets(self, command: Command) -> Command:
        """Return a command with the credentials of cameras sealed."""
        if not isinstance(command.body, PutCameras):
            return command
        cameras = tuple(self.surroundings.sealed(camera) for camera in command.body.cameras)
        body = msgspec.structs.replace(command.body, cameras=cameras)
        return msgspec.structs.replace(command, body=body)

    def _is_early(self, command: Command) -> bool:
        """Whether this is a unit's step with a task that is not known here, or not yet.

        After a restore a handheld may speak before the console that gave the order offers it
        again. Steps have ids that follow from what they say: a rejection that was kept would keep
        the unit from ever saying it.
        """
        body = command.body
        if not isinstance(body, MoveAssignment | ReportOutcome):
            return False
        return self.rows.assignment(body.assignment) is None

    def write(self) -> None:
        """Write rows, revisions, results, numbers and audit, all in the open transaction."""
        writes = Writes()
        writes.put_rows(self.rows.fresh())
        write_changes(writes, self._changes, epoch=self.mark.epoch, at=self.at)
        write_results(writes, self._results, at=self.at)
        self.surroundings.numbers.write(writes)
        self.chain, entries = chained_acts(self.chain, self._acts)
        writes.insert(AUDIT, entries)
        writes.send(self.connection)

    def committed(self) -> Committed:
        """Return what the group left on disk; its rows settle in memory."""
        rows = tuple(self.rows.fresh())
        self.rows.settle()
        placed = tuple(one for one, _ in self._changes)
        changes = tuple(one.change for one in placed)
        frame = encode(Changes(changes)) if changes else None
        bare_frames: dict[tuple[bool, bool], bytes | None] = {}
        for passwords, callers in ((False, False), (False, True), (True, False)):
            bare = masked(changes, passwords=passwords, callers=callers)
            differs = bare != changes
            bare_frames[passwords, callers] = encode(Changes(bare)) if differs else frame
        return Committed(
            head=self._head,
            frame=frame,
            bare_frames=bare_frames,
            placed=placed,
            rows=rows,
            deliveries=tuple(self._deliveries),
        )

    @property
    def _head(self) -> int:
        return self._changes[-1][0].change.rev if self._changes else self.mark.head

    def _decided(self, command: Command, actor: Actor) -> Result:
        self._check(command)
        check_named(command.body, self.rows, role=actor.role, remit=actor.remit)
        decision = decide(
            command.body,
            self.rows,
            actor=actor.person,
            role=actor.role,
            at=self.at,
            base_version=command.base_version,
            command_id=command.command_id,
        )
        if decision.duplicate:
            return Result(command_id=command.command_id, verdict=Verdict.DUPLICATE)
        return self._take(command, decision, actor)

    def _check(self, command: Command) -> None:
        try:
            checked_id(command.command_id, "a command")
        except RejectedError as error:
            raise CommandIdError(str(error)) from error
        if command.not_after is not None:
            if command.not_after.tzinfo is None:
                raise RejectedError("The command's last time has no zone: send it as UTC.")
            if command.not_after < self.at:
                raise RejectedError(
                    "The command waited longer than it was meant to; nothing was done. "
                    "Look at the situation as it is now and give it again if it still holds."
                )
        if isinstance(command.body, AttachEvidence):
            evidence = command.body.evidence
            size = self.surroundings.evidence_size(evidence.sha256)
            if size is None:
                raise EvidenceMissingError(
                    "The bytes of this evidence have not come yet; send them first, then name it."
                )
            if size != evidence.size:
                raise RejectedError(
                    f"The evidence is said to have {evidence.size} bytes; {size} were received."
                )

    def _take(self, command: Command, decision: Decision, actor: Actor) -> Result:
        located = [self._located(row, actor.remit) for row in decision.rows]
        check_made(command.body, located, self.rows, role=actor.role, remit=actor.remit)
        numbers: dict[str, str] = {}
        rows = [self._numbered(row, numbers) for row in located]
        befores = [
            None if row.version == 1 else self.rows.find(kind_of(row), row.id) for row in rows
        ]
        was_in = [None if one is None else district_of(one, self.rows) for one in befores]
        self.rows.apply(rows)
        for before, lay_in, row in zip(befores, was_in, rows, strict=True):
            self._note(command, before, row, lay_in=lay_in)
            self._deliveries += deliveries_for(self.rows, before, row)
        made = [placed.change for placed, _ in self._changes[-len(rows) :]]
        self._acts += acts_of(command, actor, list(zip(befores, rows, made, strict=True)), self.at)
        for before, row in zip(befores, rows, strict=True):
            if isinstance(row, Incident) and isinstance(before, Incident):
                self._move_what_belongs(command, before, row, changed={one.id for one in rows})
        return Result(
            command_id=command.command_id,
            verdict=Verdict.ACCEPTED,
            rev=self._head,
            version=rows[0].version,
            numbers=numbers,
        )

    def _note(self, command: Command, before: Row | None, row: Row, *, lay_in: str | None) -> None:
        """Give a change its revision, and say where it took place."""
        placed = Placed(
            change=change_of(self._head + 1, before, row),
            before=lay_in,
            after=district_of(row, self.rows),
            row=row,
        )
        self._changes.append((placed, command.command_id))

    def _move_what_belongs(
        self, command: Command, before: Incident, after: Incident, *, changed: set[str]
    ) -> None:
        """Note that what belongs to an incident went with it into another district.

        Nothing in those rows changes; their revisions tell consoles of either district.
        """
        if before.district == after.district:
            return
        for row in self.rows.rows_of_incident(after.id):
            if row.id not in changed:
                self._note(command, row, row, lay_in=before.district)

    def _numbered(self, row: Row, numbers: dict[str, str]) -> Row:
        """Return a new incident or document with its number."""
        if isinstance(row, Paper) and row.number is None:
            return numbered_paper(row, self.rows, self.surroundings.numbers, self.connection)
        if not isinstance(row, Incident) or row.number is not None:
            return row
        number = self.surroundings.numbers.next(self.connection, self.at)
        numbers[row.id] = number
        return replace(row, number=number)

    def _located(self, row: Row, remit: Remit) -> Row:
        """Return an incident with the district it lies in.

        One without a place belongs to the only district of whoever opens it.
        """
        if isinstance(row, Area) and not row.districts:
            return replace(row, districts=self.surroundings.districts_of(row.outline))
        if not isinstance(row, Incident) or row.district is not None:
            return row
        district = street = None
        if row.lat is not None and row.lon is not None:
            district, street = self.surroundings.district_at(row.lat, row.lon)
        elif remit.districts is not None and len(remit.districts) == 1:
            (district,) = remit.districts
        located = replace(
            row,
            district=JurisdictionId(district) if district else None,
            street=JurisdictionId(street) if street else row.street,
        )
        if row.version == 1 and district:
            return with_case_limit(located, self.rows.time_rules())
        return located

    def _conflict(self, command: Command, error: ConflictError) -> Result:
        current = self.rows.find(error.kind, error.row_id)
        return Result(
            command_id=command.command_id,
            verdict=Verdict.CONFLICT,
            version=error.present,
            reason=str(error),
            current=None if current is None else row_to_builtins(current),
        )


def _as_duplicate(earlier: Result) -> Result:
    return Result(
        command_id=earlier.command_id,
        verdict=Verdict.DUPLICATE,
        rev=earlier.rev,
        version=earlier.version,
        numbers=earlier.numbers,
    )


def _rejection(command: Command, reason: str) -> Result:
    return Result(command_id=command.command_id, verdict=Verdict.REJECTED, reason=reason)
