"""Central's ledger: epoch, revisions, incident numbers, results of commands; one transaction each.

Everything here is called by the writer inside the transaction of a group, so that rows, their
revisions and the answers to the commands that made them are on disk together or not at all.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, func, select

from console.central.discretion import Placed
from console.domain.places import LogEntry
from console.protocol.codec import (
    PUT_KINDS,
    Row,
    kind_of,
    patch_between,
    row_from_builtins,
    row_to_builtins,
)
from console.protocol.messages import MAIN_SHARD, SCHEMA, Change, Op, Result
from console.store.mapping import set_value, upsert
from console.store.streettables import PAPER
from console.store.tables import CHANGE_LOG, CURSOR, INCIDENT, META, NUMBERING, RESULT
from console.store.together import Among, Writes, ask_together

_pack = msgspec.msgpack.Encoder()
_unpack_patch = msgspec.msgpack.Decoder(dict[str, object])
_unpack_result = msgspec.msgpack.Decoder(Result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where the ledger stands.

    Attributes:
        epoch: Changes when the database is restored from a backup.
        head: Newest revision, 0 when there is none.
    """

    epoch: str
    head: int


def open_ledger(connection: Connection) -> Mark:
    """Return where the ledger stands, giving a new database its epoch."""
    epoch = connection.execute(select(META.c.value).where(META.c.key == "epoch")).scalar()
    if epoch is None:
        epoch = secrets.token_hex(8)
        set_value(connection, META, "epoch", epoch)
    mark = read_mark(connection)
    upsert(connection, CURSOR, [_cursor(epoch=mark.epoch, rev=mark.head)])
    return mark


def read_mark(connection: Connection) -> Mark:
    """Return where a ledger stands that has its epoch already."""
    epoch = connection.execute(select(META.c.value).where(META.c.key == "epoch")).scalar_one()
    head = connection.execute(
        select(func.max(CHANGE_LOG.c.rev)).where(CHANGE_LOG.c.shard == MAIN_SHARD)
    ).scalar()
    return Mark(epoch=epoch, head=head or 0)


def change_of(rev: int, before: Row | None, after: Row) -> Change:
    """Return the change that leads from ``before`` (``None`` if it is new) to ``after``."""
    kind = kind_of(after)
    is_put = before is None or kind in PUT_KINDS
    return Change(
        shard=MAIN_SHARD,
        rev=rev,
        row_kind=kind,
        row_id=after.id,
        version=after.version,
        op=Op.PUT if is_put else Op.PATCH,
        patch=row_to_builtins(after) if before is None or is_put else patch_between(before, after),
    )


def write_changes(
    writes: Writes, changes: Iterable[tuple[Placed, str]], *, epoch: str, at: datetime
) -> None:
    """Have changes written with the ids of the commands that made them, and the cursor moved."""
    values: list[dict[str, Any]] = [
        {
            "shard": placed.change.shard,
            "rev": placed.change.rev,
            "row_kind": placed.change.row_kind,
            "row_id": placed.change.row_id,
            "version": placed.change.version,
            "op": placed.change.op.value,
            "patch": _pack.encode(placed.change.patch),
            "command_id": command_id,
            "at": at,
            "district_before": placed.before,
            "district_after": placed.after,
        }
        for placed, command_id in changes
    ]
    if not values:
        return
    writes.insert(CHANGE_LOG, values)
    writes.put(CURSOR, [_cursor(epoch=epoch, rev=values[-1]["rev"])])


def read_changes(connection: Connection, *, after: int, up_to: int) -> list[Placed]:
    """Return the changes with revisions in ``(after, up_to]``, in order, and where they lay."""
    query = (
        select(CHANGE_LOG)
        .where(
            CHANGE_LOG.c.shard == MAIN_SHARD,
            CHANGE_LOG.c.rev > after,
            CHANGE_LOG.c.rev <= up_to,
        )
        .order_by(CHANGE_LOG.c.rev)
    )
    return [
        Placed(
            change=Change(
                shard=row.shard,
                rev=row.rev,
                row_kind=row.row_kind,
                row_id=row.row_id,
                version=row.version,
                op=Op(row.op),
                patch=_unpack_patch.decode(row.patch),
            ),
            before=row.district_before,
            after=row.district_after,
        )
        for row in connection.execute(query)
    ]


def read_changed(
    connection: Connection, *, since: datetime
) -> tuple[int, set[str], list[LogEntry]]:
    """Return the newest revision, ids of incidents that changed since a time, and log lines."""
    head = read_mark(connection).head
    query = (
        select(CHANGE_LOG.c.rev, CHANGE_LOG.c.row_kind, CHANGE_LOG.c.row_id, CHANGE_LOG.c.patch)
        .where(
            CHANGE_LOG.c.shard == MAIN_SHARD,
            CHANGE_LOG.c.rev >= _first_rev(connection, since, head),
            CHANGE_LOG.c.row_kind.in_(["incident", "log"]),
        )
        .order_by(CHANGE_LOG.c.rev)
    )
    changed: set[str] = set()
    lines: dict[str, LogEntry] = {}
    for row in connection.execute(query):
        patch = _unpack_patch.decode(row.patch)
        if not patch:
            continue  # it went into another district, with its case
        if row.row_kind == "incident":
            changed.add(row.row_id)
        elif isinstance(line := row_from_builtins("log", patch), LogEntry):
            lines[line.id] = line
    return head, changed, list(lines.values())


def _first_rev(connection: Connection, since: datetime, head: int) -> int:
    """Return the first revision made at a time or later; times rise with revisions."""
    of_shard = select(func.min(CHANGE_LOG.c.rev)).where(CHANGE_LOG.c.shard == MAIN_SHARD)
    low = connection.execute(of_shard).scalar() or 1
    high = head + 1
    while low < high:
        middle = (low + high) // 2
        at = connection.execute(
            select(CHANGE_LOG.c.at).where(
                CHANGE_LOG.c.shard == MAIN_SHARD, CHANGE_LOG.c.rev == middle
            )
        ).scalar_one()
        low, high = (low, middle) if at >= since else (middle + 1, high)
    return low


def has_moves(connection: Connection, *, after: int, up_to: int) -> bool:
    """Whether rows went from one district to another with revisions in ``(after, up_to]``."""
    before, then = CHANGE_LOG.c.district_before, CHANGE_LOG.c.district_after
    query = select(CHANGE_LOG.c.rev).where(
        CHANGE_LOG.c.shard == MAIN_SHARD,
        CHANGE_LOG.c.rev > after,
        CHANGE_LOG.c.rev <= up_to,
        CHANGE_LOG.c.op != Op.PUT.value,
        func.coalesce(before, "") != func.coalesce(then, ""),
    )
    return connection.execute(query.limit(1)).first() is not None


def write_results(
    writes: Writes, results: Sequence[tuple[Result, str | None]], *, at: datetime
) -> None:
    """Have the results of commands written, each with who asked."""
    values = [
        {
            "command_id": result.command_id,
            "result": _pack.encode(result),
            "actor": actor,
            "at": at,
        }
        for result, actor in results
    ]
    writes.insert(RESULT, values)


def read_known(
    connection: Connection, command_ids: Sequence[str], incident_ids: Sequence[str]
) -> tuple[dict[str, Result], set[str]]:
    """Return what is on disk of these ids, in one trip.

    Returns:
        The stored results of those commands that were decided before, and those of the ids that
        an incident bears.
    """
    asked = [Among((RESULT.c.command_id, RESULT.c.result), RESULT.c.command_id, command_ids)]
    if incident_ids:
        asked.append(Among((INCIDENT.c.id,), INCIDENT.c.id, incident_ids))
    decided, *known = ask_together(connection, asked)
    results = {command_id: _unpack_result.decode(result) for command_id, result in decided}
    return results, {row_id for rows in known for (row_id,) in rows}


class Numbers:
    """Gives incidents their numbers: local date and running number, "20261122-00317".

    Documents count within their kind, district and year; none is left out, none given twice.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._last: dict[str, int] = {}
        self._changed: set[str] = set()
        self._running: dict[tuple[str, str | None, int], int] = {}

    def next_paper(
        self, connection: Connection, kind: str, district: str | None, at: datetime
    ) -> tuple[int, int]:
        """Return the local year of ``at`` and the next number of its series of documents."""
        year = at.astimezone(self.zone).year
        series = (kind, district, year)
        if series not in self._running:
            query = select(func.max(PAPER.c.running)).where(
                PAPER.c.kind == kind, PAPER.c.district.is_not_distinct_from(district),
                PAPER.c.year == year,
            )  # fmt: skip
            self._running[series] = connection.execute(query).scalar() or 0
        self._running[series] += 1
        return year, self._running[series]

    def next(self, connection: Connection, at: datetime) -> str:
        """Return the next number of the local day of ``at``."""
        day = at.astimezone(self.zone).strftime("%Y%m%d")
        if day not in self._last:
            query = select(NUMBERING.c.last).where(NUMBERING.c.day == day)
            self._last[day] = connection.execute(query).scalar() or 0
        self._last[day] += 1
        self._changed.add(day)
        return f"{day}-{self._last[day]:05d}"

    def write(self, writes: Writes) -> None:
        """Have written how far the numbers have come."""
        last = [{"day": day, "last": self._last[day]} for day in sorted(self._changed)]
        writes.put(NUMBERING, last)
        self._changed.clear()

    def forget(self) -> None:
        """Go back to what is on disk, after a transaction was rolled back."""
        self._last.clear()
        self._changed.clear()
        self._running.clear()


def _cursor(*, epoch: str, rev: int) -> dict[str, Any]:
    """Return what says up to where the rows are, for the snapshots that are made of them."""
    return {"shard": MAIN_SHARD, "rev": rev, "epoch": epoch, "schema": SCHEMA}
