"""Central and console with one rule switched off each: the harness has to catch every one.

A child process of the bench `commands` calls one of these first (`prepare`); the product knows
nothing of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from console.central import group as group_module
from console.central import ledger
from console.central.group import Committed, Group
from console.central.sequencer import Sequencer, Submission
from console.domain.killpoints import UNARMED, KillPoint
from console.protocol.messages import Change, Command, Result
from console.store.cache import Cache, _move_cursor
from console.store.outbox import Outbox
from console.store.together import Writes
from console.sync.stream import Stream

#: Long enough for an answer to leave the process that is about to die.
_LEAVE_S = 0.2


def rule_1_reply_before_commit() -> None:
    """Central says “accepted” before it is on disk."""
    whole = Sequencer._commit

    def commit(
        self: Sequencer, taken: Sequence[Submission]
    ) -> tuple[Committed, list[list[Result]]]:
        write, told = Group.write, [False]

        def write_and_tell(group: Group) -> None:
            write(group)
            if not told[0]:
                told[0] = True
                for one in taken:
                    one.done([group.decide(command, one.actor) for command in one.commands])
                time.sleep(_LEAVE_S)

        Group.write = write_and_tell  # type: ignore[method-assign]
        try:
            committed, answers = whole(self, taken)
        finally:
            Group.write = write  # type: ignore[method-assign]
        return committed, answers

    def decide_again(group: Group, command: Command, actor: Any) -> Result:
        known = group._known.get(command.command_id)
        return (
            known if known is not None and known.rev is not None else decide(group, command, actor)
        )

    decide = Group.decide
    Group.decide = decide_again  # type: ignore[method-assign]
    Sequencer._commit = commit  # type: ignore[method-assign]


def rule_1_results_forgotten() -> None:
    """Central keeps no results: what is sent again is done again."""

    def read(
        connection: Connection, command_ids: Sequence[str], incident_ids: Sequence[str]
    ) -> tuple[dict[str, Result], set[str]]:
        return {}, read_known(connection, command_ids, incident_ids)[1]

    def write(
        writes: Writes, results: Sequence[tuple[Result, str | None]], *, at: datetime
    ) -> None:
        values = {
            one.command_id: {
                "command_id": one.command_id, "result": ledger._pack.encode(one),
                "actor": actor, "at": at,
            }
            for one, actor in results
        }  # fmt: skip
        writes.put(ledger.RESULT, list(values.values()))

    read_known = group_module.read_known
    group_module.read_known = read
    group_module.write_results = write


def rule_2_cursor_apart() -> None:
    """A console keeps how far it came before it keeps what it came by."""
    apply = Cache.apply

    def cursor_first(self: Cache, changes: Sequence[Change], *, epoch: str) -> Any:
        cursor = self.cursor()
        # what no later change speaks of: else the console notices a missing row, and mends itself
        kinds = {one.row_kind for one in changes}
        if cursor is not None and "evidence" in kinds and kinds <= {"evidence", "log"}:
            self.skip(first=cursor.rev + 1, last=changes[-1].rev, epoch=epoch)
            self._killpoints.reach(KillPoint.APPLYING)
            self.skip_back(cursor.rev, epoch)  # type: ignore[attr-defined]
        killpoints, self._killpoints = self._killpoints, UNARMED
        try:
            return apply(self, changes, epoch=epoch)
        finally:
            self._killpoints = killpoints

    def skip_back(self: Cache, rev: int, epoch: str) -> None:
        with self._transaction() as connection:
            _move_cursor(connection, rev, epoch)

    Cache.skip_back = skip_back  # type: ignore[attr-defined]
    Cache.apply = cursor_first  # type: ignore[method-assign]


def rule_4_merged_silently() -> None:
    """Central does not look at the version that a dispatcher saw."""
    decide = Group.decide

    def blindly(group: Group, command: Command, actor: Any) -> Result:
        return decide(group, msgspec.structs.replace(command, base_version=None), actor)

    Group.decide = blindly  # type: ignore[method-assign]


def rule_5_sent_unasked() -> None:
    """A console sends an order past its time without asking, and central takes it."""
    check = Group._check

    def lenient(group: Group, command: Command) -> None:
        check(group, msgspec.structs.replace(command, not_after=None))

    Group._check = lenient  # type: ignore[method-assign]
    Outbox.expire = lambda _self, *, now: []  # type: ignore[method-assign,assignment]


def rule_8_silence_unnoticed() -> None:
    """A console does not notice that central has fallen silent."""

    async def asleep(_self: Stream) -> None:
        await asyncio.Event().wait()

    Stream._watch = asleep  # type: ignore[method-assign]
