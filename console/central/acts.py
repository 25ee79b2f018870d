"""What the audit says of a command: who did it from where, with old and new values of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from console.central.accounts import Session
from console.central.devices import Device, DeviceState
from console.domain.audit import Act, Outcome, masked
from console.domain.ids import PersonId
from console.domain.levels import Role
from console.domain.permissions import WHOLE_CITY, Remit
from console.domain.places import LogEntry
from console.protocol.codec import Row
from console.protocol.commands import name_of
from console.protocol.messages import Change, Command

Changed = tuple[Row | None, Row, Change]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks for a command: a person, or central itself.

    Attributes:
        remit: Where that person works.
        device: Id of the console, handheld or gateway it was typed into.
        address: Network address it came from.
    """

    person: PersonId | None
    role: Role
    remit: Remit = WHOLE_CITY
    device: str | None = None
    address: str | None = None


def actor_of(session: Session, address: str | None) -> Actor:
    """Return who asks, of a session and the address the request came from."""
    person = session.person
    return Actor(
        person=person.id,
        role=person.role,
        remit=person.remit,
        device=session.device,
        address=address,
    )


def act_by(
    actor: Actor,
    action: str,
    *,
    at: datetime,
    outcome: Outcome = Outcome.DONE,
    subject: tuple[str, str] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Act:
    """Return an act that is no command: a log-on, a read, an export.

    Args:
        actor: Who.
        action: A word such as "log_on" or "export:audit".
        at: When, aware UTC.
        outcome: What became of it.
        subject: Kind and id of what it was done to.
        details: Whatever else tells what was done.
    """
    kind, row_id = subject or (None, None)
    return Act(
        at=at,
        action=action,
        person=actor.person,
        role=actor.role,
        device=actor.device,
        address=actor.address,
        outcome=outcome,
        subject_kind=kind,
        subject_id=row_id,
        details=masked(details or {}),
    )


def acts_of(command: Command, actor: Actor, changed: Sequence[Changed], at: datetime) -> list[Act]:
    """Return one act for each row that a command changed; its log lines go with the first.

    Args:
        command: What was asked.
        actor: Who asked.
        changed: Each row before (``None`` if it is new) and after, with its change.
        at: When it was decided, aware UTC.
    """
    lines = [change.patch for _, row, change in changed if isinstance(row, LogEntry)]
    told: list[tuple[tuple[str, str], Change, dict[str, Any]]] = [
        ((change.row_kind, change.row_id), change, _values(before, change))
        for before, row, change in changed
        if not isinstance(row, LogEntry)
    ]
    if not told:
        _, row, change = changed[0]
        if isinstance(row, LogEntry):
            told.append((("incident", row.incident), change, {}))
    if told and lines:
        told[0][2]["log"] = lines
    return [
        Act(
            at=at,
            action=name_of(command.body),
            person=actor.person,
            role=actor.role,
            device=actor.device,
            address=actor.address,
            subject_kind=kind,
            subject_id=row_id,
            rev=change.rev,
            command_id=command.command_id,
            details=details,
        )
        for (kind, row_id), change, details in told
    ]


def _values(before: Row | None, change: Change) -> dict[str, Any]:
    """Return old and new values of the fields that changed, secrets masked."""
    new = masked(change.patch)
    if before is None:
        return {"new": new}
    old = {name: msgspec.to_builtins(getattr(before, name)) for name in change.patch}
    return {"old": masked(old), "new": new}


def not_let_in(
    name: str,
    device: Device,
    host: str,
    *,
    at: datetime,
    state: DeviceState | None = None,
    why: str = "",
) -> Act:
    """Return what the audit says of who was not let in.

    Args:
        name: As typed, or what the audit calls it.
        device: What it was typed into.
        host: Where it came from.
        at: When, aware UTC.
        state: How central stands to the device, where the password was right.
        why: What else was in the way.
    """
    more = {"why": why} if why else {}
    return Act(
        at=at,
        action="log_on",
        outcome=Outcome.FAILED if state is None else Outcome.REFUSED,
        device=device.id,
        address=host,
        details={"name": name[:80], "kind": device.kind, "device": state and state.value, **more},
    )
