"""What the sync thread keeps: the cache, the outbox, the live force; it tells the listener."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy.exc import DatabaseError

from console.domain.killpoints import UNARMED, KillPoint, Killpoints
from console.domain.units import Unit
from console.protocol.codec import MessageError
from console.protocol.messages import (
    BYTES_MISSING,
    MAIN_SHARD,
    Change,
    Command,
    Forget,
    Op,
    Result,
    Skip,
)
from console.protocol.positions import PositionFrame, decode_ingest
from console.store.cache import Cache, Cursor, open_cache
from console.store.outbox import TRAY, UNSETTLED, EntryState, Outbox, OutboxEntry
from console.sync.state import (
    ChangeBatch,
    Contents,
    OutboxState,
    RowChange,
    SyncListener,
    Who,
)
from console.tracking import LiveForce

_log = logging.getLogger("zhihui.sync")
_WHO = "who"
#: A central that loses the same bytes so often has a trouble that sending them does not mend.
_MOST_UPLOADS_AGAIN = 3


class Keeper:
    """Cache, outbox and live force; belongs to the sync thread, but for the outbox."""

    def __init__(
        self,
        cache_path: Path,
        outbox: Outbox,
        listener: SyncListener,
        *,
        now: Callable[[], datetime],
        key: str | None = None,
        killpoints: Killpoints = UNARMED,
    ) -> None:
        """Open the cache and tell what is in it.

        Raises:
            CacheError: The cache cannot be used at all.
        """
        self._outbox = outbox
        self._listener = listener
        self._now = now
        self._cache_path, self._key = cache_path, key
        self._killpoints = killpoints
        opened = open_cache(cache_path, key, killpoints=killpoints)
        self._cache: Cache = opened.cache
        self.damaged = opened.damaged
        self._force = LiveForce()
        self._unseen: dict[str, OutboxEntry] = {}
        self._uploaded_again: Counter[str] = Counter()
        self._cache.prune(now=now())
        self.cursor: Cursor | None = self._cache.cursor()
        if self.cursor is not None:
            self._take_epoch(self.cursor.epoch)  # a crash may have come before it was
        self._tell_who()
        self._tell_contents(damaged=opened.damaged)
        self._kept_mark = 0
        self._load_positions()
        self.tell_outbox()

    def close(self) -> None:
        """Let go of the cache; where the units were last is in it."""
        try:
            self.keep_positions()
        except DatabaseError as error:
            _log.warning("the last positions could not be kept: %s", error)
        self._cache.close()

    @property
    def rev(self) -> int:
        """The revision the cache holds."""
        return self.cursor.rev if self.cursor is not None else 0

    @property
    def lost_frames(self) -> int:
        """Position frames that did not arrive."""
        return self._force.lost_frames

    # rows

    def take_changes(self, changes: Sequence[Change], *, epoch: str) -> None:
        """Keep changes, and tell the rows that differ.

        Raises:
            GapError: Revisions are missing before these.
            MissingRowError: A patch has no row to be laid on.
            MessageError: A row is none of this schema.
        """
        touched = self._cache.apply(changes, epoch=epoch)
        self.cursor = self._cache.cursor()
        if not touched:
            return
        rows = tuple(RowChange(kind=kind, id=id_, row=row) for (kind, id_), row in touched.items())
        self._force.know(change.row for change in rows if isinstance(change.row, Unit))
        self._listener.on_changes(ChangeBatch(rev=self.rev, rows=rows))
        self._see()

    def take_skip(self, skip: Skip, *, epoch: str) -> None:
        """Pass over revisions that this console may not see.

        Raises:
            GapError: Revisions are missing before these.
        """
        if skip.shard == MAIN_SHARD:
            self._cache.skip(first=skip.first, last=skip.last, epoch=epoch)
            self.cursor = self._cache.cursor()
            self._see()

    def take_forget(self, forget: Forget, *, epoch: str) -> None:
        """Drop a row that went where this console may not see it.

        Raises:
            GapError: Revisions are missing before this one.
        """
        dropped = Change(
            shard=forget.shard,
            rev=forget.rev,
            row_kind=forget.row_kind,
            row_id=forget.row_id,
            version=0,
            op=Op.DROP,
            patch={},
        )
        self.take_changes((dropped,), epoch=epoch)

    def replace_by(self, snapshot: Path, *, sha256: str) -> None:
        """Take all rows from a snapshot; on a new epoch, offer accepted commands again.

        Raises:
            SnapshotError: The snapshot is not what central made; nothing was changed.
        """
        self.cursor = self._cache.import_snapshot(snapshot, sha256=sha256)
        self._killpoints.reach(KillPoint.IMPORTED)
        self._take_epoch(self.cursor.epoch)
        self._tell_contents(damaged=None)
        self._see(always=True)

    def _take_epoch(self, epoch: str) -> None:
        again = self._outbox.of_epoch(epoch)
        if again:
            self._unseen.clear()
            _log.warning("central has a new epoch; %d accepted commands are offered again", again)

    def start_anew(self) -> None:
        """Forget how far the rows are known, so that all of them are fetched."""
        self.cursor = None

    def reopen_damaged(self) -> None:
        """Set the damaged cache aside and begin an empty one.

        Raises:
            CacheError: Not even that can be done.
        """
        self._cache.close()
        opened = open_cache(self._cache_path, self._key, killpoints=self._killpoints)
        self._cache, self.damaged = opened.cache, opened.damaged
        self.cursor = None

    # positions

    def take_frame(self, frame: PositionFrame) -> None:
        """Keep positions and tell them."""
        if self._force.apply_frame(frame):
            self._listener.on_positions(self._force.columns())

    def keep_positions(self) -> None:
        """Keep where the units are, if any has moved since: a start without central shows it."""
        if self._force.mark != self._kept_mark:
            self._cache.keep_positions(self._force.packed().tobytes())
            self._kept_mark = self._force.mark

    def _load_positions(self) -> None:
        """Tell where the units were last, with the times of their fixes: they are old by now."""
        try:
            fixes = decode_ingest(self._cache.kept_positions())
        except MessageError as error:
            _log.warning("the last positions that were kept are none: %s", error)
            return
        self._force.load(fixes)
        self._kept_mark = self._force.mark
        if len(fixes):
            self._listener.on_positions(self._force.columns())

    def _forget_positions(self) -> None:
        """Begin with no position: who is logged on now may see others."""
        self._force = LiveForce()
        self._cache.keep_positions(b"")
        self._kept_mark = 0
        self._listener.on_positions(self._force.columns())

    # commands

    def unsettled(self) -> list[OutboxEntry]:
        """Return what central has not answered and has the bytes for, in order."""
        return [one for one in self._outbox.in_state(*UNSETTLED) if one.upload is None]

    def take_result(self, result: Result) -> bool:
        """Keep central's answer; what it changed is shown until the change itself comes.

        It is told with the next `tell_outbox`: many answers come together after a time offline.

        Returns:
            Whether the command waits for its bytes to be sent again: central kept no answer, for
            it has lost them since they came.
        """
        self._killpoints.reach(KillPoint.ANSWERED)
        if result.cause == BYTES_MISSING and self._upload_again(result.command_id):
            return True
        entry = self._outbox.settle(result, at=self._now())
        self._killpoints.reach(KillPoint.SETTLED)
        if entry is None:
            _log.warning("central answered a command that is not kept here: %s", result.command_id)
        elif entry.state is EntryState.ACCEPTED and (result.rev or 0) > self.rev:
            self._unseen[result.command_id] = entry
        self._uploaded_again.pop(result.command_id, None)
        return False

    def _upload_again(self, command_id: str) -> bool:
        """Have the bytes of a command sent again, some times; then a person decides."""
        if self._uploaded_again[command_id] >= _MOST_UPLOADS_AGAIN:
            return False
        self._uploaded_again[command_id] += 1
        _log.warning("central has lost the bytes that %s names; they are sent again", command_id)
        return self._outbox.upload_again(command_id)

    def expire(self) -> None:
        """Set apart what may no longer be sent without asking; drop what is long settled."""
        if self._outbox.expire(now=self._now()):
            self.tell_outbox()
        self._outbox.forget_settled(now=self._now())

    def commands_to_send(self, sent: set[str]) -> list[Command]:
        """Return the commands not in ``sent``, noted as sent before they are."""
        entries = [one for one in self.unsettled() if one.command_id not in sent]
        going = self._outbox.mark_sent([one.command_id for one in entries]) if entries else set()
        if going:
            self._killpoints.reach(KillPoint.SENDING)
        return [one.command for one in entries if one.command_id in going]

    def tell_outbox(self) -> None:
        """Tell what is not settled."""
        kept = self._outbox.in_state(*UNSETTLED, *TRAY)
        unsettled = [one for one in kept if one.state in UNSETTLED]
        pending = sorted((*self._unseen.values(), *unsettled), key=lambda one: one.command.seq)
        tray = tuple(one for one in kept if one.state in TRAY)
        state = OutboxState(pending=tuple(pending), tray=tray, rev=self.rev)
        self._listener.on_outbox(state)

    # who is logged on

    def take_who(self, who: Who) -> None:
        """Remember who is logged on, for the next start without central.

        Another role, or another district, may see other things: all rows are then fetched anew.
        """
        before = self._kept_who()
        if before is not None and (before.role, before.districts) != (who.role, who.districts):
            self.start_anew()
            self._forget_positions()
        self._outbox.remember(_WHO, msgspec.json.encode(who).decode())
        self._listener.on_who(who)

    def _tell_who(self) -> None:
        who = self._kept_who()
        if who is not None:
            self._listener.on_who(who)

    def _kept_who(self) -> Who | None:
        kept = self._outbox.remembered(_WHO)
        try:
            return None if kept is None else msgspec.json.decode(kept, type=Who)
        except msgspec.MsgspecError as error:
            _log.warning("who was logged on last is not known: %s", error)
            return None

    def _tell_contents(self, *, damaged: Path | None) -> None:
        rows = tuple(self._cache.contents())
        self._force.know(row for row in rows if isinstance(row, Unit))
        self._listener.on_cache_replaced(Contents(rev=self.rev, rows=rows, damaged=damaged))

    def _see(self, *, always: bool = False) -> None:
        """Let go of accepted commands whose changes have come."""
        seen = [
            command_id
            for command_id, entry in self._unseen.items()
            if entry.result is not None and (entry.result.rev or 0) <= self.rev
        ]
        for command_id in seen:
            del self._unseen[command_id]
        if seen or always:
            self.tell_outbox()
