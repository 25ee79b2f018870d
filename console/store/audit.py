"""The audit in the database: appended to, read, never changed; triggers refuse anything else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Select, String, Table, Text, select

from console.domain.audit import GENESIS, Act, AuditEntry, entry_values
from console.store.mapping import insert_all
from console.store.tables import METADATA
from console.store.types import to_microseconds

AUDIT = Table(
    "audit",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("action", String(64), nullable=False),
    Column("person", Text),
    Column("role", String(32)),
    Column("device", Text),
    Column("address", Text),
    Column("outcome", String(16), nullable=False),
    Column("subject_kind", String(32)),
    Column("subject_id", Text),
    Column("rev", BigInteger),
    Column("command_id", Text),
    Column("details", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Index("audit_by_subject", "subject_kind", "subject_id", "seq"),
    Index("audit_by_person", "person", "seq"),
)

#: The heads that were signed, the same as in the file of checkpoints.
AUDIT_CHECKPOINT = Table(
    "audit_checkpoint",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("signature", String(128), nullable=False),
)
_FIELDS = tuple(one.name for one in fields(AuditEntry))
_NEWEST = select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)
_READ_AT_ONCE = 2000
MOST_ENTRIES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The newest entry: its place and hash; place 0 before the first."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are asked for; ``None`` asks for all.

    Attributes:
        person: Id of the person.
        action: Name of the action; with a ``:`` at its end every one that begins so.
        kind: Kind of the row it was done to.
        row_id: Its id.
        since: Not earlier than this, aware UTC.
        until: Earlier than this, aware UTC.
        after: Only entries behind this place.
        before: Only entries ahead of this place.
    """

    person: str | None = None
    action: str | None = None
    outcome: str | None = None
    kind: str | None = None
    row_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: int | None = None
    before: int | None = None

    def told(self) -> dict[str, Any]:
        """Return what is asked for as plain values, for the audit of the audit."""
        return {
            one.name: str(value)
            for one in fields(self)
            if (value := getattr(self, one.name)) is not None
        }


def chain_head(connection: Connection) -> ChainHead:
    """Return the newest entry's place and hash."""
    found = connection.execute(_NEWEST).first()
    if found is None:
        return ChainHead(seq=0, hash=GENESIS)
    return ChainHead(seq=found.seq, hash=found.hash)


def append_acts(connection: Connection, acts: Iterable[Act]) -> ChainHead:
    """Append acts to the chain, in the open transaction of the one writer; return its head."""
    head, rows = chained_acts(chain_head(connection), acts)
    insert_all(connection, AUDIT, rows)
    return head


def chained_acts(head: ChainHead, acts: Iterable[Act]) -> tuple[ChainHead, list[dict[str, Any]]]:
    """Return the head that acts lead to from ``head``, and the entries that are to be written."""
    rows: list[dict[str, Any]] = []
    for act in acts:
        values = entry_values(act, seq=head.seq + 1, before=head.hash)
        head = ChainHead(seq=values["seq"], hash=values["hash"])
        rows.append(values)
    return head, rows


def read_entries(
    connection: Connection, asked: AuditFilter, *, limit: int, newest_first: bool = True
) -> list[AuditEntry]:
    """Return at most ``limit`` of the entries that are asked for."""
    query = _filtered(asked)
    order = AUDIT.c.seq.desc() if newest_first else AUDIT.c.seq
    found = connection.execute(query.order_by(order).limit(limit)).mappings()
    return [_entry(row) for row in found]


def each_entry(connection: Connection, asked: AuditFilter | None = None) -> Iterator[AuditEntry]:
    """Yield the entries that are asked for, oldest first, a few thousand in memory at a time."""
    query = _filtered(asked or AuditFilter())
    last = 0
    while True:
        part = query.where(AUDIT.c.seq > last).order_by(AUDIT.c.seq).limit(_READ_AT_ONCE)
        found = connection.execute(part).mappings().all()
        for row in found:
            yield _entry(row)
        if len(found) < _READ_AT_ONCE:
            return
        last = found[-1]["seq"]


def plain_entry(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry as plain values: its time as RFC 3339 text, its details opened."""
    plain = {name: getattr(entry, name) for name in _FIELDS if name != "at_us"}
    plain["at"] = entry.at.isoformat().replace("+00:00", "Z")
    plain["details"] = json.loads(entry.details)
    return plain


def _filtered(asked: AuditFilter) -> Select[Any]:
    query = select(AUDIT)
    equal = (
        (AUDIT.c.person, asked.person),
        (AUDIT.c.outcome, asked.outcome),
        (AUDIT.c.subject_kind, asked.kind),
        (AUDIT.c.subject_id, asked.row_id),
    )
    for column, value in equal:
        if value is not None:
            query = query.where(column == value)
    if asked.action is not None:
        whole = not asked.action.endswith(":")
        query = query.where(
            AUDIT.c.action == asked.action
            if whole
            else AUDIT.c.action.startswith(asked.action, autoescape=True)
        )
    if asked.since is not None:
        query = query.where(AUDIT.c.at_us >= to_microseconds(asked.since))
    if asked.until is not None:
        query = query.where(AUDIT.c.at_us < to_microseconds(asked.until))
    if asked.after is not None:
        query = query.where(AUDIT.c.seq > asked.after)
    if asked.before is not None:
        query = query.where(AUDIT.c.seq < asked.before)
    return query


def _entry(row: Mapping[Any, Any]) -> AuditEntry:
    return AuditEntry(**{name: row[name] for name in _FIELDS})
