"""What not everybody may see: other districts' rows, passwords of cameras, who called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, select

from console.central.accounts import Person
from console.dispatch.remits import PUBLIC_KINDS
from console.domain.errors import ZhihuiError
from console.domain.permissions import Remit, may
from console.protocol.codec import Row, row_to_builtins
from console.protocol.messages import MAIN_SHARD, Change, Changes, Forget, Message, Op, Skip
from console.store.tables import EVIDENCE, INCIDENT

#: Fields that are masked, by kind of row: passwords of cameras, names and numbers of callers.
_PASSWORDS: tuple[str, tuple[str, ...]] = ("camera", ("password",))
_CALLERS: tuple[str, tuple[str, ...]] = ("report", ("caller", "phone"))


class ComesIntoSightError(ZhihuiError):
    """A row came into sight with a change that does not hold all of it; a snapshot does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a session sees; two sessions with equal views get equal frames."""

    remit: Remit
    passwords: bool
    callers: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether rows of every district are seen."""
        return self.remit.is_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A change, and where its row lay before and lies after it.

    Attributes:
        before: District, ``None`` if in none, or if there was no row.
        after: District, ``None`` if in none.
        row: The row as it is after the change; ``None`` where it is read from the log.
    """

    change: Change
    before: str | None
    after: str | None
    row: Row | None = None


def view_of(person: Person) -> View:
    """Return what a person sees."""
    return View(
        remit=person.remit,
        passwords=may(person.role, "read:camera_passwords"),
        callers=may(person.role, "read:callers"),
    )


def lies_within(connection: Connection, sha256: str, remit: Remit) -> bool:
    """Whether bytes of evidence belong to an incident in these districts."""
    query = (
        select(INCIDENT.c.district)
        .join(EVIDENCE, EVIDENCE.c.incident == INCIDENT.c.id)
        .where(EVIDENCE.c.sha256 == sha256)
    )
    return any(remit.covers(one) for one in connection.execute(query).scalars())


def masked(changes: Iterable[Change], *, passwords: bool, callers: bool) -> tuple[Change, ...]:
    """Return changes as they go to those who may not see everything; none is left out.

    Args:
        changes: The changes.
        passwords: Whether passwords of cameras are seen.
        callers: Whether names and numbers of callers are seen.
    """
    hidden = dict(
        one for one, is_seen in ((_PASSWORDS, passwords), (_CALLERS, callers)) if not is_seen
    )
    if not hidden:
        return tuple(changes)
    return tuple(_bare(change, hidden.get(change.row_kind, ())) for change in changes)


def shown(placed: Sequence[Placed], view: View) -> list[Message]:
    """Return what a view is told of changes, every revision accounted for, in order.

    Raises:
        ComesIntoSightError: A row came into sight and is not at hand as a whole.
    """
    told: list[Message] = []
    run: list[Change] = []
    hidden: list[int] = []

    def end_runs() -> None:
        if run:
            told.append(Changes(masked(run, passwords=view.passwords, callers=view.callers)))
            run.clear()
        if hidden:
            told.append(Skip(MAIN_SHARD, hidden[0], hidden[-1]))
            hidden.clear()

    for one in placed:
        change = one.change
        is_public = change.row_kind in PUBLIC_KINDS
        sees = is_public or view.remit.covers(one.after)
        saw = change.op is not Op.PUT and (is_public or view.remit.covers(one.before))
        if sees:
            if hidden:
                end_runs()
            run.append(change if saw or change.op is Op.PUT else _whole(one))
        elif saw:
            end_runs()
            told.append(Forget(change.shard, change.rev, change.row_kind, change.row_id))
        else:
            if run:
                end_runs()
            hidden.append(change.rev)
    end_runs()
    return told


def _whole(placed: Placed) -> Change:
    if placed.row is None:
        raise ComesIntoSightError("A row came into sight; all rows are fetched anew.")
    patch = row_to_builtins(placed.row)
    return msgspec.structs.replace(placed.change, op=Op.PUT, patch=patch)


def _bare(change: Change, names: tuple[str, ...]) -> Change:
    held = [name for name in names if change.patch.get(name) is not None]
    if not held:
        return change
    return msgspec.structs.replace(change, patch={**change.patch, **dict.fromkeys(held)})
