"""The consoles' hub: committed changes, positions and heartbeats to everyone on the stream."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from console.central.accounts import Session
from console.central.catchup import CatchUp, end_of
from console.central.discretion import (
    ComesIntoSightError,
    View,
    shown,
    view_of,
)
from console.central.group import Committed
from console.central.lane import Lane
from console.central.ledger import Mark, has_moves
from console.central.loop import WriterLink
from console.central.positions import PositionHub
from console.domain.permissions import WHOLE_CITY, Remit
from console.protocol.codec import encode
from console.protocol.messages import (
    MAIN_SHARD,
    SCHEMA,
    Beat,
    Hello,
    Welcome,
)

#: A console that is further behind gets a snapshot: faster for both than so many changes.
MAX_CATCH_UP = 20_000
#: A console that has not been heard of for so long is taken for dead.
SILENT_S = 30.0
_log = logging.getLogger("zhihui.central")


@dataclass(eq=False, slots=True)
class ConsoleLine:
    """One console on the stream.

    Attributes:
        heard_at: Monotonic seconds when it was last heard of.
        held: Frames committed while it is still catching up, ``None`` afterwards.
    """

    console_id: str
    session: Session
    lane: Lane
    heard_at: float
    held: list[bytes] | None = field(default_factory=list)

    @property
    def view(self) -> View:
        """What it may see."""
        return view_of(self.session.person)


class ConsoleHub:
    """Everyone on the stream; belongs to the event loop."""

    def __init__(self, link: WriterLink, positions: PositionHub, mark: Mark) -> None:
        self._link = link
        self._past = CatchUp(link)
        self._positions = positions
        self._mark = mark
        self._lines: set[ConsoleLine] = set()
        self._full_since: datetime | None = None

    @property
    def mark(self) -> Mark:
        """Epoch and newest revision that was sent out."""
        return self._mark

    async def drained(self) -> None:
        """Wait until everybody was given what was offered to them."""
        for line in list(self._lines):
            await line.lane.drained.wait()

    async def emptied(self) -> None:
        """Wait until everybody who is here has left."""
        for line in list(self._lines):
            await line.lane.left.wait()

    @property
    def count(self) -> int:
        """How many consoles are on the stream."""
        return len(self._lines)

    def publish(self, committed: Committed) -> None:
        """Send a group's changes to every console."""
        self._mark = Mark(epoch=self._mark.epoch, head=committed.head)
        if committed.frame is None:
            return
        made: dict[View, list[bytes]] = {}
        for line in self._lines:
            view = line.view
            if view not in made:
                made[view] = _frames_for(committed, view)
            if line.held is not None:
                line.held += made[view]
                continue
            for frame in made[view]:
                line.lane.offer(frame)

    async def join(self, hello: Hello, session: Session) -> ConsoleLine:
        """Take a console in: welcome it, give it what it missed, then what comes.

        What is committed meanwhile is held back, so that revisions arrive in order, none twice.
        """
        line = ConsoleLine(
            console_id=hello.console_id, session=session, lane=Lane(), heard_at=time.monotonic()
        )
        known = hello.revs.get(MAIN_SHARD)
        moved = not line.view.is_whole and await self._has_moves(known)
        at = self._mark
        need_snapshot = (
            known is None
            or moved
            or hello.epoch != at.epoch
            or hello.schema != SCHEMA
            or known < 0
            or not 0 <= at.head - known <= MAX_CATCH_UP
        )
        welcome = Welcome(
            epoch=at.epoch,
            heads={MAIN_SHARD: at.head},
            need_snapshot=need_snapshot,
            server_ms=_now_ms(),
        )
        line.lane.offer(encode(welcome))
        self._lines.add(line)
        try:
            if known is not None and not need_snapshot:
                await self._catch_up(line, after=known, up_to=at.head)
        except BaseException:
            self._lines.discard(line)
            raise
        for frame in line.held or ():
            line.lane.offer(frame)
        line.held = None
        self._offer_keyframe(line)
        _log.info("console %s joined at revision %s", line.console_id, known)
        return line

    def leave(self, line: ConsoleLine) -> None:
        """Let a console go."""
        self._lines.discard(line)
        line.lane.left.set()
        _log.info("console %s left", line.console_id)

    def beat(self) -> None:
        """Send the heartbeat, and close consoles that have fallen silent."""
        full_ms = 0 if self._full_since is None else round(self._full_since.timestamp() * 1000)
        heads = {MAIN_SHARD: self._mark.head}
        frame = encode(Beat(server_ms=_now_ms(), heads=heads, full_ms=full_ms))
        silent_since = time.monotonic() - SILENT_S
        for line in self._lines:
            if line.heard_at < silent_since:
                line.lane.close("Nothing was heard from you for too long.")
            else:
                line.lane.offer(frame)

    def tell_full(self, at: datetime | None) -> None:
        """Have the heartbeat say since when central's disk is full; ``None``: it is not."""
        self._full_since = None if at is None else self._full_since or at

    def send_positions(self) -> None:
        """Send what has moved, once a second."""
        packed = self._positions.next_frame()
        if packed is None:
            return
        frame, is_keyframe = packed
        made: dict[Remit, bytes] = {WHOLE_CITY: frame}
        for line in self._lines:
            if line.held is not None:
                continue
            remit = line.view.remit
            if remit not in made:
                made[remit] = self._positions.within(frame, remit)
            line.lane.offer_positions(made[remit], is_keyframe=is_keyframe)
            if line.lane.lost_positions:
                self._offer_keyframe(line)

    def close_all(self, reason: str) -> None:
        """End every line, as when closing."""
        for line in self._lines:
            line.lane.close(reason)

    def end_sessions(self, is_valid: Callable[[Session], bool]) -> None:
        """End the lines of sessions that are over."""
        for line in self._lines:
            if not is_valid(line.session):
                line.lane.close("Your session has ended; log on again.")

    async def _catch_up(self, line: ConsoleLine, *, after: int, up_to: int) -> None:
        while after < up_to:
            try:
                for frame in await self._past.frames(line.view, after=after, up_to=up_to):
                    line.lane.offer(frame)
            except ComesIntoSightError as error:
                line.lane.close(str(error))  # it comes back, and is given a snapshot
                return
            after = end_of(after, up_to)

    async def _has_moves(self, known: int | None) -> bool:
        """Whether rows came into sight or left it since a console was here."""
        if known is None or not 0 <= known < self._mark.head:
            return False
        up_to = self._mark.head
        return await self._link.reading(partial(has_moves, after=known, up_to=up_to))

    def _offer_keyframe(self, line: ConsoleLine) -> None:
        frame = self._positions.keyframe()
        if frame is not None:
            remit = line.view.remit
            seen = frame if remit.is_whole else self._positions.within(frame, remit)
            line.lane.offer_positions(seen, is_keyframe=True)


def _frames_for(committed: Committed, view: View) -> list[bytes]:
    """Return the frames that tell a view of a group."""
    if view.is_whole:
        seen = view.passwords, view.callers
        frame = committed.frame if all(seen) else committed.bare_frames[seen]
        return [] if frame is None else [frame]
    return [encode(message) for message in shown(committed.placed, view)]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
