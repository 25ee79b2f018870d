"""The handhelds' hub: tasks delivered to the socket that speaks for a unit, until acknowledged."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import msgspec

from console.central.accounts import Session
from console.central.group import Committed
from console.central.lane import Lane
from console.central.loop import WriterLink
from console.central.tasks import Delivery, deliveries_after_absence, notice_id
from console.central.units import Register
from console.domain.assignments import Assignment, AssignmentState
from console.domain.killpoints import UNARMED, KillPoint, Killpoints
from console.domain.permissions import Remit
from console.domain.telling import Receipt, TextMessage
from console.protocol.codec import encode_text
from console.protocol.messages import MAIN_SHARD, Ack, Beat, Notice, Task

#: Seconds after which a task is sent again, by attempt; the last one repeats.
RESEND_S = (5.0, 10.0, 20.0, 40.0, 60.0)
RECALLS_TOLD_AGAIN = timedelta(hours=2)
#: A message that was not read is told to whoever comes back within this time.
MESSAGES_TOLD_AGAIN = timedelta(hours=24)
_log = logging.getLogger("zhihui.central")


@dataclass(eq=False, slots=True)
class HandheldLine:
    """One handheld, or a gateway that speaks for many.

    Attributes:
        is_own: Whether a unit's own handheld speaks; it goes before any gateway.
    """

    session: Session
    units: frozenset[str]
    lane: Lane
    is_own: bool


@dataclass(slots=True)
class _Pending:
    """A delivery nobody has acknowledged; ``due_at`` is in monotonic seconds."""

    delivery: Delivery
    attempt: int
    due_at: float


class HandheldHub:
    """Everyone who speaks for a unit; belongs to the event loop."""

    def __init__(
        self,
        link: WriterLink,
        register: Register,
        head: int,
        *,
        killpoints: Killpoints = UNARMED,
    ) -> None:
        """Args are set once; ``killpoints`` is where a test ends the process."""
        self._killpoints = killpoints
        self._link = link
        self._register = register
        self._head = head
        self._lines: set[HandheldLine] = set()
        self._claims: dict[str, list[HandheldLine]] = {}
        self._pending: dict[str, _Pending] = {}
        self._about: dict[str, set[str]] = {}

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
        """How many sockets speak for units."""
        return len(self._lines)

    @property
    def unacknowledged(self) -> int:
        """How many deliveries nobody has acknowledged."""
        return len(self._pending)

    def are_within(self, units: Iterable[str], remit: Remit) -> bool:
        """Whether units belong to the districts somebody works for."""
        if remit.is_whole:
            return True
        found = [self._register.unit(unit) for unit in units]
        return all(unit is not None and remit.covers(unit.district) for unit in found)

    def publish(self, committed: Committed) -> None:
        """Deliver what a group made, and let go of what it ended."""
        self._head = committed.head
        for row in committed.rows:
            if isinstance(row, Assignment) and not row.is_running:
                self._drop_orders(row)
            elif isinstance(row, Assignment):
                self._freshen(row)
            elif isinstance(row, Receipt) and row.delivered_at is not None:
                self._forget(notice_id(row))
            elif isinstance(row, TextMessage) and row.ended_at is not None:
                self._end_call(row)
        self._deliver_all(committed.deliveries)

    async def join(self, session: Session, units: Iterable[str]) -> HandheldLine:
        """Take a handheld in, and tell it every task of its units.

        Raises:
            CentralError: Central is closing.
        """
        line = HandheldLine(
            session=session,
            units=frozenset(units),
            lane=Lane(),
            is_own=session.person.unit is not None,
        )
        self._lines.add(line)
        for unit in line.units:
            claims = self._claims.setdefault(unit, [])
            claims.append(line)
            claims.sort(key=lambda one: one.is_own)
        try:
            now = datetime.now(UTC)
            since, told = now - RECALLS_TOLD_AGAIN, now - MESSAGES_TOLD_AGAIN
            await self._link.in_writer(
                lambda _, rows: deliveries_after_absence(
                    rows, line.units, recalled_since=since, told_since=told
                ),
                self._deliver_all,  # before a recall can be published that is newer than these
            )
        except BaseException:
            self.leave(line)
            raise
        return line

    def leave(self, line: HandheldLine) -> None:
        """Let a handheld go; what it has not acknowledged waits for whoever comes next."""
        self._lines.discard(line)
        line.lane.left.set()
        for unit in line.units:
            claims = self._claims[unit]
            claims.remove(line)
            if not claims:
                del self._claims[unit]

    def acknowledged(self, ack: Ack) -> None:
        """Stop sending what was acknowledged, if it was sent to the unit that says so."""
        self._killpoints.reach(KillPoint.ACKNOWLEDGED)
        self._forget(ack.command_id, unit=ack.unit)
        if ack.state is not AssignmentState.WITHDRAWN:
            self._forget(f"{ack.assignment}-order", unit=ack.unit)

    def beat(self) -> None:
        """Send the heartbeat."""
        now_ms = time.time_ns() // 1_000_000
        frame = encode_text(Beat(server_ms=now_ms, heads={MAIN_SHARD: self._head}))
        for line in self._lines:
            line.lane.offer(frame)

    def resend(self) -> None:
        """Send again what has waited for its acknowledgement long enough."""
        now = time.monotonic()
        for pending in list(self._pending.values()):
            if pending.due_at <= now:
                self._send(pending, now)

    def close_all(self, reason: str) -> None:
        """End every line, as when closing."""
        for line in self._lines:
            line.lane.close(reason)

    def end_sessions(self, is_valid: Callable[[Session], bool]) -> None:
        """End the lines of sessions that are over."""
        for line in self._lines:
            if not is_valid(line.session):
                line.lane.close("Your session has ended; log on again.")

    def _deliver_all(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            self._deliver(delivery)

    def _deliver(self, delivery: Delivery) -> None:
        earlier = self._pending.get(delivery.id)
        attempt = earlier.attempt if earlier is not None else 0
        now = time.monotonic()
        pending = _Pending(delivery=delivery, attempt=attempt, due_at=now)
        self._pending[delivery.id] = pending
        self._about.setdefault(delivery.about, set()).add(delivery.id)
        self._send(pending, now)

    def _send(self, pending: _Pending, now: float) -> None:
        claims = self._claims.get(pending.delivery.unit)
        if not claims and isinstance(pending.delivery.content, Notice):
            self._forget(pending.delivery.id)  # whoever joins is told what was not read
            return
        if not claims:
            pending.due_at = now + RESEND_S[-1]  # whoever joins is told everything at once
            return
        pending.due_at = now + RESEND_S[min(pending.attempt, len(RESEND_S) - 1)]
        pending.attempt += 1
        claims[-1].lane.offer(encode_text(pending.delivery.message(pending.attempt)))
        self._killpoints.reach(KillPoint.DELIVERED)

    def _freshen(self, assignment: Assignment) -> None:
        """Have what still waits say how far the unit is: an order given by voice is not new."""
        for one in self._about.get(assignment.id, ()):
            pending = self._pending[one]
            if isinstance(task := pending.delivery.content, Task):
                task = msgspec.structs.replace(task, state=assignment.state)
                pending.delivery = replace(pending.delivery, content=task)

    def _end_call(self, message: TextMessage) -> None:
        """Have a roll call that still waits say that it is over."""
        for one in self._about.get(message.id, ()):
            pending = self._pending[one]
            if isinstance(notice := pending.delivery.content, Notice):
                ended = msgspec.structs.replace(notice, is_ended=True)
                pending.delivery = replace(pending.delivery, content=ended)

    def _drop_orders(self, assignment: Assignment) -> None:
        for one in list(self._about.get(assignment.id, ())):
            if not one.endswith("-withdraw"):
                self._forget(one)

    def _forget(self, delivery_id: str, *, unit: str | None = None) -> None:
        pending = self._pending.get(delivery_id)
        if pending is None or unit not in {None, pending.delivery.unit}:
            return
        del self._pending[delivery_id]
        about = pending.delivery.about
        rest = self._about[about]
        rest.discard(delivery_id)
        if not rest:
            del self._about[about]
