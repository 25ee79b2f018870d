"""The pending overlay: rows as they would be if central accepted what was typed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from console.dispatch.rules import Rows, decide
from console.domain.errors import ZhihuiError
from console.protocol.codec import Row
from console.store.outbox import OutboxEntry
from console.sync.held import HeldRows, Key
from console.sync.state import Who


def pending_rows(
    entries: Sequence[OutboxEntry], rows: HeldRows, *, who: Who, at: datetime
) -> Mapping[Key, Row]:
    """Return the rows that the commands come to, applied in order over settled rows.

    A command the rules would not carry out as things stand is left out: central decides, and if
    it rejects the command too, that is shown in the tray.

    Args:
        entries: Commands not yet settled, in order.
        rows: The rows held; those settled count, what lies over them now does not.
        who: Who typed them.
        at: Now, aware UTC.
    """
    trial = rows.apart()
    for entry in entries:
        trial.add_over(_outcome(entry, trial, who=who, at=at))
    return trial.over()


def _outcome(entry: OutboxEntry, rows: Rows, *, who: Who, at: datetime) -> tuple[Row, ...]:
    command = entry.command
    try:
        decision = decide(
            command.body,
            rows,
            actor=who.id,
            role=who.role,
            at=min(command.made_at, at),
            base_version=command.base_version,
            command_id=command.command_id,
        )
    except ZhihuiError:
        return ()
    return decision.rows
