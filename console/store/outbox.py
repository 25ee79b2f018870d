"""The outbox (待发箱): commands kept on disk until central has settled them.

A file of its own that outlives every snapshot. One connection writes it, for one thread at a time;
a command is on disk before `Outbox.add` returns, is settled once, and its order is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from console.domain.errors import ZhihuiError
from console.protocol.codec import encode
from console.protocol.messages import Result, Verdict
from console.store.cipher import dbapi as sqlite3
from console.store.cipher import unlock
from console.store.outboxrows import (
    TRAY,
    UNSETTLED,
    Draft,
    EntryState,
    OutboxEntry,
    added,
    asked_anew,
    connected,
    is_late,
    offered_again,
    put_in_place,
    read_entries,
    taken_to_epoch,
    to_us,
)
from console.store.setaside import set_aside

__all__ = [
    "TRAY",
    "UNSETTLED",
    "Draft",
    "EntryState",
    "OpenedOutbox",
    "Outbox",
    "OutboxEntry",
    "OutboxError",
    "open_outbox",
]

T = TypeVar("T")
#: How long accepted commands are kept, to be offered again if central is restored.
KEPT = timedelta(hours=72)


class OutboxError(ZhihuiError):
    """The outbox cannot be opened or written; nothing may be typed that would be lost.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"Commands cannot be kept in {path}: {reason}.")
        self.path = path


_STATE_OF = {
    Verdict.ACCEPTED: EntryState.ACCEPTED,
    Verdict.DUPLICATE: EntryState.ACCEPTED,
    Verdict.CONFLICT: EntryState.CONFLICT,
    Verdict.REJECTED: EntryState.REJECTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedOutbox:
    """An outbox, and what had to be set aside to open it.

    Attributes:
        damaged: Where the damaged file was put, if there was one.
    """

    outbox: Outbox
    damaged: Path | None = field(default=None)


def open_outbox(path: Path, key: str | None = None) -> OpenedOutbox:
    """Open the outbox at ``path``; a damaged file is kept aside and a new one begun.

    Args:
        path: The file.
        key: What it is encrypted with, see `cipher`; a plain one is encrypted first.

    Raises:
        OutboxError: The file cannot be used at all, or another console holds it.
        WrongKeyError: It is locked with another key.
    """
    try:
        unlock(path, key)
        return OpenedOutbox(outbox=Outbox(path, key))
    except OSError as error:
        raise OutboxError(path, f"{error.strerror}; check the folder's rights") from error
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise _explained(path, error) from error
        damaged = set_aside(path)
    try:
        return OpenedOutbox(outbox=Outbox(path, key), damaged=damaged)
    except sqlite3.DatabaseError as error:
        raise _explained(path, error) from error


def _explained(path: Path, error: sqlite3.Error) -> OutboxError:
    if "locked" in str(error):
        return OutboxError(path, "another console of this name is running; close it or give --name")
    return OutboxError(path, f"{error}; check the folder's rights and free space")


class Outbox:
    """Commands kept until settled; every method may be called from any thread."""

    def __init__(self, path: Path, key: str | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        # Whoever asks does the work, one at a time: to hand it to a thread of its own and back
        # takes longer than the work where many threads want the interpreter.
        self._lock = threading.Lock()
        self._db, self.console_id = connected(path, key)

    def close(self) -> None:
        """Let go of the file, when whoever is at it has ended."""
        with self._lock:
            self._db.close()

    def add(self, draft: Draft) -> OutboxEntry:
        """Keep a command; it is on disk when this returns. The same id twice is kept once.

        Raises:
            OutboxError: It could not be written; nothing was kept.
        """
        return self._do(lambda db: added(db, draft, self.console_id))

    def add_all(self, drafts: Sequence[Draft]) -> list[OutboxEntry]:
        """Keep commands in their order; all of them are on disk when this returns, or none.

        Raises:
            OutboxError: They could not be written.
        """
        return self._do(lambda db: [added(db, draft, self.console_id) for draft in drafts])

    def put_in_place(self, command_id: str, draft: Draft) -> OutboxEntry:
        """Keep a command in the place of one that was never sent; one or the other is on disk.

        What was typed after the one replaced still comes after. If it went over the wire, or was
        settled, or is not here, it stays as it is and the new command is the last.

        Raises:
            OutboxError: It could not be written; the one that was there still is.
        """
        return self._do(lambda db: put_in_place(db, command_id, draft, self.console_id))

    def entry(self, command_id: str) -> OutboxEntry | None:
        """Return one command, if it is kept."""
        found = self._do(lambda db: read_entries(db, "command_id = ?", (command_id,)))
        return found[0] if found else None

    def in_state(self, *states: EntryState) -> list[OutboxEntry]:
        """Return the commands in these states, in the order they were typed."""
        marks = ",".join("?" * len(states))
        return self._do(lambda db: read_entries(db, f"state IN ({marks})", states))

    def mark_sent(self, command_ids: Sequence[str]) -> set[str]:
        """Note that commands go over the wire; they stay until central answers.

        Returns:
            Which of them may go: not those that were thrown away or set apart meanwhile.
        """
        return self._do(lambda db: {
            one for one in command_ids
            if db.execute(
                "UPDATE entry SET state = ?, was_sent = 1 "
                "WHERE command_id = ? AND state IN ('waiting', 'sent')", (EntryState.SENT, one)
            ).rowcount
        })  # fmt: skip

    def mark_uploaded(self, sha256: str) -> None:
        """Note that central holds these bytes; what waited for them may go."""
        self._do(
            lambda db: db.execute("UPDATE entry SET upload = NULL WHERE upload = ?", (sha256,))
        )

    def settle(self, result: Result, *, at: datetime) -> OutboxEntry | None:
        """Note central's answer; a second answer changes nothing.

        Returns:
            The command as it is now, or ``None`` if it is not kept here.
        """
        values = (_STATE_OF[result.verdict], to_us(at), encode(result), result.command_id)

        def settled(db: sqlite3.Connection) -> list[OutboxEntry]:
            db.execute(
                "UPDATE entry SET state = ?, settled_us = ?, result = ? "
                "WHERE command_id = ? AND state IN ('waiting', 'sent')",
                values,
            )
            return read_entries(db, "command_id = ?", (result.command_id,))

        return next(iter(self._do(settled)), None)

    def upload_again(self, command_id: str) -> bool:
        """Let a command wait until its bytes are at central once more.

        Returns:
            Whether it waits: not if it names no bytes, or was settled.
        """
        return self._do(lambda db: db.execute(
            "UPDATE entry SET state = 'waiting', upload = bytes "
            "WHERE command_id = ? AND bytes IS NOT NULL AND state IN ('waiting', 'sent')",
            (command_id,)).rowcount > 0
        )  # fmt: skip

    def expire(self, *, now: datetime) -> list[OutboxEntry]:
        """Set apart the commands never sent whose time has passed; they ask again."""
        late = [e for e in self.in_state(EntryState.WAITING) if is_late(e, now)]
        rows = [(EntryState.NEEDS_ASKING, e.command_id) for e in late]
        if rows:
            self._do(lambda db: db.executemany(
                "UPDATE entry SET state = ? WHERE command_id = ? AND state = 'waiting'", rows
            ))  # fmt: skip
        return late

    def confirm(self, command_id: str, *, not_after: datetime | None) -> None:
        """Let a command that asked again be sent, under its own id."""
        entry = self.entry(command_id)
        if entry is None or entry.state is not EntryState.NEEDS_ASKING:
            return
        command = msgspec.structs.replace(entry.command, not_after=not_after)
        values = (EntryState.WAITING, encode(command), command_id)
        self._do(lambda db: db.execute(
            "UPDATE entry SET state = ?, command = ? WHERE command_id = ?", values
        ))  # fmt: skip

    def discard(self, command_id: str) -> bool:
        """Throw away what is in the tray, or was never sent; else it is too late.

        Returns:
            Whether it was thrown away.
        """
        return self._do(lambda db: db.execute(
            "DELETE FROM entry WHERE command_id = ? AND (state IN (?, ?, ?) OR "
            "(state = 'waiting' AND was_sent = 0))", (command_id, *TRAY)).rowcount > 0
        )  # fmt: skip

    def ask_anew(self, command_id: str, draft: Draft) -> bool:
        """Keep a command and let the answered one go whose place it takes, or do neither.

        Returns:
            Whether that was done: not if the answered one is no longer in the tray.

        Raises:
            OutboxError: It could not be written; the tray is as it was.
        """
        return self._do(lambda db: asked_anew(db, command_id, draft, self.console_id))

    def offer_again(self) -> int:
        """After central came back as of an earlier day: accepted commands wait once more.

        Bytes of evidence are taken there again too. What was accepted in time is not late now:
        nobody is asked again, and central does not refuse it for its age.

        Returns:
            How many.
        """
        return self._do(offered_again)

    def of_epoch(self, epoch: str) -> int:
        """Note the epoch of central that the rows are of; on a new one, offer again.

        Note and offer are one transaction, and the note outlives a cache that was lost: whatever
        a crash cuts off, what was accepted in an earlier epoch is offered in the new one.

        Returns:
            How many commands are offered again.
        """
        return self._do(lambda db: taken_to_epoch(db, epoch))

    def forget_settled(self, *, now: datetime) -> int:
        """Drop accepted commands older than 72 hours; return how many."""
        before = to_us(now - KEPT)
        return self._do(lambda db: db.execute(
            "DELETE FROM entry WHERE state = 'accepted' AND settled_us < ?", (before,)).rowcount
        )  # fmt: skip

    def kept_bytes(self) -> set[str]:
        """Return the hashes of all bytes that a command kept here needs, or may need again."""
        found = self._do(lambda db: db.execute(
            "SELECT DISTINCT bytes FROM entry WHERE bytes IS NOT NULL").fetchall()
        )  # fmt: skip
        return {str(row[0]) for row in found}

    def remember(self, key: str, value: str) -> None:
        """Keep a small value with the commands."""
        self._do(lambda db: db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value)))

    def remembered(self, key: str) -> str | None:
        """Return a value kept with the commands."""
        found = self._do(
            lambda db: db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        )
        return None if found is None else str(found[0])

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with self._lock, self._db:
                return work(self._db)
        except sqlite3.Error as error:
            raise _explained(self._path, error) from error
