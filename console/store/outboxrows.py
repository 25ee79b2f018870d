"""Rows of the outbox's file: a command, what has become of it, and how both are written."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from console.domain.ids import CommandId
from console.protocol.codec import decode, encode
from console.protocol.messages import Command, Result
from console.store.cipher import connect
from console.store.cipher import dbapi as sqlite3

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    command_id TEXT NOT NULL UNIQUE,
    command BLOB NOT NULL,
    state TEXT NOT NULL,
    upload TEXT,
    bytes TEXT,
    media_type TEXT,
    was_sent INTEGER NOT NULL DEFAULT 0,
    settled_us INTEGER,
    result BLOB
);
CREATE INDEX IF NOT EXISTS entry_state ON entry (state, seq);
"""


class EntryState(StrEnum):
    """What has become of a command so far."""

    WAITING = "waiting"
    SENT = "sent"
    NEEDS_ASKING = "needs_asking"
    ACCEPTED = "accepted"
    CONFLICT = "conflict"
    REJECTED = "rejected"


UNSETTLED = (EntryState.WAITING, EntryState.SENT)
#: What waits for a person, in the tray.
TRAY = (EntryState.NEEDS_ASKING, EntryState.CONFLICT, EntryState.REJECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """One command and what has become of it.

    Attributes:
        upload: SHA-256 of bytes central must hold before the command is sent.
        media_type: What those bytes are.
        was_sent: Whether it ever went over the wire, so that central may have carried it out.
        settled_at: When central answered, by our clock, aware UTC.
    """

    command: Command
    state: EntryState
    upload: str | None = None
    media_type: str | None = None
    was_sent: bool = False
    settled_at: datetime | None = None
    result: Result | None = None

    @property
    def command_id(self) -> CommandId:
        """Id of the command."""
        return CommandId(self.command.command_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A command as it is typed, before the outbox gives it its number.

    Attributes:
        not_after: After this time it is not sent without asking again; ``None`` for never.
        upload: SHA-256 of bytes that have to be at central first.
    """

    command_id: CommandId
    made_at: datetime
    body: Any
    base_version: int | None = None
    not_after: datetime | None = None
    upload: str | None = None
    media_type: str | None = None


def connected(path: Path, key: str | None = None) -> tuple[sqlite3.Connection, str]:
    """Return the file opened for the one thread that writes it, and the console's id in it.

    Raises:
        sqlite3.Error: It is damaged, held by another console, or cannot be written.
    """
    db = connect(path, key, timeout_s=2.0)
    try:
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        if db.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("the file is damaged")
        db.executescript(_TABLES)
        db.execute("BEGIN IMMEDIATE")
        console_id = _console_id(db)
        db.commit()
    except sqlite3.Error:
        db.close()
        raise
    return db, console_id


def _console_id(db: sqlite3.Connection) -> str:
    db.execute(
        "INSERT OR IGNORE INTO meta VALUES ('console_id', ?)", (f"console-{secrets.token_hex(8)}",)
    )
    return str(db.execute("SELECT value FROM meta WHERE key = 'console_id'").fetchone()[0])


def put_in_place(
    db: sqlite3.Connection, command_id: str, draft: Draft, console_id: str
) -> OutboxEntry:
    """Write a command in the place of one that was never sent, else behind all others."""
    found = db.execute(
        "SELECT seq FROM entry WHERE command_id = ? AND was_sent = 0 AND state IN (?, ?)",
        (command_id, EntryState.WAITING, EntryState.NEEDS_ASKING),
    ).fetchone()
    if found is None:
        return added(db, draft, console_id)
    db.execute("DELETE FROM entry WHERE seq = ?", found)
    return _insert(db, draft, console_id, seq=found[0])


def added(db: sqlite3.Connection, draft: Draft, console_id: str) -> OutboxEntry:
    """Write a command behind all others; one that is there already stays as it is."""
    known = read_entries(db, "command_id = ?", (draft.command_id,))
    if known:
        return known[0]
    last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entry'").fetchone()
    return _insert(db, draft, console_id, seq=(last[0] if last else 0) + 1)


def asked_anew(db: sqlite3.Connection, command_id: str, draft: Draft, console_id: str) -> bool:
    """Write a command instead of one that was answered; return whether that one was there."""
    gone = db.execute(
        "DELETE FROM entry WHERE command_id = ? AND state IN ('conflict', 'rejected')",
        (command_id,),
    ).rowcount
    if gone:
        added(db, draft, console_id)
    return gone > 0


def _insert(db: sqlite3.Connection, draft: Draft, console_id: str, *, seq: int) -> OutboxEntry:
    command = Command(
        command_id=draft.command_id,
        console_id=console_id,
        seq=seq,
        made_at=draft.made_at,
        body=draft.body,
        base_version=draft.base_version,
        not_after=draft.not_after,
    )
    db.execute(
        "INSERT INTO entry (seq, command_id, command, state, upload, bytes, media_type) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (seq, draft.command_id, encode(command), EntryState.WAITING, draft.upload, draft.upload,
         draft.media_type),
    )  # fmt: skip
    return read_entries(db, "command_id = ?", (draft.command_id,))[0]


def offered_again(db: sqlite3.Connection) -> int:
    """Let accepted commands wait once more, without a last time; return how many."""
    dated = [one for one in read_entries(db, "state = 'accepted'", ()) if one.command.not_after]
    db.executemany(
        "UPDATE entry SET command = ? WHERE command_id = ?",
        [
            (encode(msgspec.structs.replace(one.command, not_after=None)), one.command_id)
            for one in dated
        ],
    )
    return db.execute(
        "UPDATE entry SET state = 'waiting', was_sent = 1, settled_us = NULL, result = NULL, "
        "upload = bytes WHERE state = 'accepted'"
    ).rowcount


def taken_to_epoch(db: sqlite3.Connection, epoch: str) -> int:
    """Note central's epoch, offering again if it is another; return how many are offered."""
    known = db.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    if known is not None and known[0] == epoch:
        return 0
    db.execute("INSERT OR REPLACE INTO meta VALUES ('epoch', ?)", (epoch,))
    return 0 if known is None else offered_again(db)


def read_entries(db: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[OutboxEntry]:
    """Return the commands that meet a condition, in the order they were typed."""
    rows = db.execute(
        "SELECT command, state, upload, media_type, was_sent, settled_us, result "
        f"FROM entry WHERE {where} ORDER BY seq",
        tuple(values),
    )
    return [_entry(row) for row in rows]


def _entry(row: tuple[Any, ...]) -> OutboxEntry:
    command, state, upload, media_type, was_sent, settled_us, result = row
    decoded = decode(command)
    answer = decode(result) if result is not None else None
    if not isinstance(decoded, Command) or not isinstance(answer, Result | None):
        raise sqlite3.DatabaseError("an entry is no command")
    return OutboxEntry(
        command=decoded,
        state=EntryState(state),
        upload=upload,
        media_type=media_type,
        was_sent=bool(was_sent),
        settled_at=_at(settled_us),
        result=answer,
    )


def is_late(entry: OutboxEntry, now: datetime) -> bool:
    """Whether a command that never went over the wire has passed its time."""
    limit = entry.command.not_after
    return limit is not None and limit < now and not entry.was_sent


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def to_us(at: datetime) -> int:
    """Return a time as the file holds it, Unix microseconds."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def _at(us: int | None) -> datetime | None:
    return None if us is None else _EPOCH + timedelta(microseconds=us)
