"""The two WebSocket streams: consoles in msgpack, handhelds in JSON text."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from console.central.accounts import Session
from console.central.acts import act_by, actor_of
from console.central.auditdesk import AuditDesk
from console.central.consoles import ConsoleHub, ConsoleLine
from console.central.discretion import view_of
from console.central.door import Door
from console.central.gate import Buckets
from console.central.handhelds import HandheldHub, HandheldLine
from console.central.lane import Lane
from console.central.limits import Limits, Rate
from console.central.loop import WriterLink
from console.central.refusals import Refusals
from console.central.settings import CentralError
from console.central.web import host_of
from console.dispatch.rules_assignments import STEPS
from console.domain.permissions import may
from console.protocol.codec import MessageError, decode, decode_text, encode, encode_text
from console.protocol.commands import MoveAssignment, name_of
from console.protocol.messages import (
    MAIN_SHARD,
    PROTOCOL,
    Ack,
    AnyMessage,
    Beat,
    Command,
    Hello,
    Message,
    Refused,
    Result,
    Verdict,
    Welcome,
    ack_command_id,
)

HELLO_WITHIN_S = 10.0
#: Commands of one socket that may wait for their commit; then it is read no further.
_UNANSWERED = 2000
_HANG_UP_S = 2.0
_POLICY, _AGAIN, _BAD_DATA = 1008, 1013, 1007
_log = logging.getLogger("zhihui.central")


class _RefusedError(Exception):
    """The one who said hello may not come in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """The endpoints of both streams."""

    door: Door
    link: WriterLink
    consoles: ConsoleHub
    handhelds: HandheldHub
    audit: AuditDesk
    refusals: Refusals
    limits: Limits

    async def console(self, socket: WebSocket) -> None:
        """Serve one console until it leaves."""
        await socket.accept()
        wire = _Wire(socket, decode_bytes=True)
        greeted = await self._greeted(wire, right="stream")
        if greeted is None:
            return
        hello, session = greeted
        try:
            line = await self.consoles.join(hello, session)
        except CentralError as error:
            await _hang_up(wire, _AGAIN, str(error))  # what it missed cannot be read just now
            return
        sees = view_of(session.person).passwords
        self._note_stream(session, wire.host, {"camera_passwords": sees})
        try:
            await _serve(wire, line.lane, self._hear_console(wire, line))
        finally:
            self.consoles.leave(line)

    async def handheld(self, socket: WebSocket) -> None:
        """Serve one handheld, or a gateway that speaks for many units, until it leaves."""
        await socket.accept()
        wire = _Wire(socket, decode_bytes=False)
        greeted = await self._greeted(wire, right="handheld")
        if greeted is None:
            return
        hello, session = greeted
        own = session.person.unit
        if own is not None and set(hello.units) - {own}:
            await wire.refuse(f"{session.person.name} speaks for one unit only.")
            return
        if not self.handhelds.are_within(hello.units, session.person.remit):
            await wire.refuse("Some of these units belong to districts that are not yours.")
            return
        mark = self.consoles.mark
        welcome = Welcome(
            epoch=mark.epoch,
            heads={MAIN_SHARD: mark.head},
            need_snapshot=False,
            server_ms=time.time_ns() // 1_000_000,
        )
        try:
            line = await self.handhelds.join(session, (own,) if own is not None else hello.units)
        except CentralError as error:
            await _hang_up(wire, _AGAIN, str(error))  # no refusal: it comes back with its session
            return
        try:
            await wire.send(wire.packed(welcome))
            await _serve(wire, line.lane, self._hear_handheld(wire, line))
        except (WebSocketDisconnect, WebSocketDisconnected):
            _log.debug("a handheld left while being welcomed")
        finally:
            self.handhelds.leave(line)

    def _note_stream(self, session: Session, host: str, details: dict[str, bool]) -> None:
        """Have the audit say who listens to the stream from where."""
        at = datetime.now(UTC)
        self.audit.note(act_by(actor_of(session, host), "read:stream", at=at, details=details))

    async def _greeted(self, wire: _Wire, *, right: str) -> tuple[Hello, Session] | None:
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                hello = await wire.receive()
            return self._known(hello, right, wire.host)
        except TimeoutError:
            await wire.refuse("No hello came; say hello first.")
        except MessageError as error:
            await wire.refuse(str(error))
        except _RefusedError as error:
            await wire.refuse(str(error))
        except (WebSocketDisconnect, WebSocketDisconnected):
            _log.debug("somebody left before saying hello")
        return None

    def _known(self, hello: AnyMessage, right: str, host: str) -> tuple[Hello, Session]:
        if not isinstance(hello, Hello):
            raise _RefusedError("The first message must be hello.")
        if hello.proto != PROTOCOL:
            raise _RefusedError(
                f"You speak version {hello.proto} of the protocol, central speaks {PROTOCOL}: "
                "install the same version of the program as central has."
            )
        session = self.door.session(hello.token)
        if session is None:
            raise _RefusedError("Your session has ended; log on again.")
        if not may(session.person.role, right):
            self.refusals.note(session, right, host)
            raise _RefusedError(f"A {session.person.role} may not use this stream.")
        return hello, session

    async def _hear_console(self, wire: _Wire, line: ConsoleLine) -> None:
        answers = _Answers(line.lane, wire, self.limits.messages)
        while True:
            message = await wire.receive()
            line.heard_at = time.monotonic()
            if isinstance(message, Command):
                await self._take(message, line.session, answers)
            elif not isinstance(message, Beat):
                raise MessageError("after hello a console sends commands and heartbeats only")

    async def _hear_handheld(self, wire: _Wire, line: HandheldLine) -> None:
        answers = _Answers(line.lane, wire, self.limits.messages)
        while True:
            message = await wire.receive()
            if isinstance(message, Command):
                await self._take(message, line.session, answers)
            elif isinstance(message, Ack):
                await self._take_ack(message, line, answers)
            elif not isinstance(message, Beat):
                raise MessageError("after hello a handheld sends acks, commands and heartbeats")

    async def _take_ack(self, ack: Ack, line: HandheldLine, answers: _Answers) -> None:
        command_id = ack_command_id(ack.assignment, ack.state)
        if ack.unit not in line.units:
            answers.reject(command_id, "This handheld does not speak for that unit.")
            return
        self.handhelds.acknowledged(ack)
        if ack.state not in STEPS:
            return  # the receipt of a recall, or of a task that is shown only
        command = Command(
            command_id=command_id,
            console_id=line.session.device,
            seq=0,
            made_at=ack.at,
            body=MoveAssignment(
                assignment=ack.assignment, state=ack.state, at=ack.at, note=ack.note
            ),
        )
        await self._take(command, line.session, answers)

    async def _take(self, command: Command, session: Session, answers: _Answers) -> None:
        role = session.person.role
        if not self.door.is_valid(session):
            answers.lane.close("Your session has ended; log on again.")
            return
        if not may(role, name_of(command.body)):
            self.refusals.note(session, name_of(command.body), answers.host)
            answers.reject(command.command_id, f"A {role} may not do {name_of(command.body)}.")
            return
        actor = actor_of(session, answers.host)
        await answers.room()
        try:
            self.link.post(command, actor, answers.told)
        except CentralError as error:
            answers.told(error)


class _Wire:
    """One socket: messages in and out in its own encoding."""

    def __init__(self, socket: WebSocket, *, decode_bytes: bool) -> None:
        self._socket = socket
        self.host = host_of(socket)
        self._is_binary = decode_bytes

    def packed(self, message: Message) -> bytes | str:
        """Return a message as a frame."""
        return encode(message) if self._is_binary else encode_text(message)

    async def receive(self) -> AnyMessage:
        """Return the next message.

        Raises:
            MessageError: What came is none, or came as the wrong kind of frame.
            WebSocketDisconnect: The other side has left.
        """
        event = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005), event.get("reason"))
        if self._is_binary:
            if event.get("bytes") is None:
                raise MessageError("consoles speak in binary frames")
            return decode(event["bytes"])
        if event.get("text") is None:
            raise MessageError("handhelds speak in text frames")
        return decode_text(event["text"])

    async def send(self, frame: bytes | str) -> None:
        """Send a frame."""
        if isinstance(frame, str):
            await self._socket.send_text(frame)
        else:
            await self._socket.send_bytes(frame)

    async def refuse(self, reason: str) -> None:
        """Say why not, and hang up."""
        try:
            await self.send(self.packed(Refused(reason)))
            await self.close(_POLICY, reason)
        except (WebSocketDisconnect, WebSocketDisconnected):
            _log.debug("somebody left while being refused: %s", reason)

    async def close(self, code: int, reason: str) -> None:
        """Hang up, with a reason that fits into a close frame."""
        short = reason.encode()[:120].decode(errors="ignore")
        await self._socket.close(code, short)


class _Answers:
    """Results on their way back to one socket."""

    def __init__(self, lane: Lane, wire: _Wire, rate: Rate) -> None:
        self.lane = lane
        self.host = wire.host
        self._wire = wire
        self._bucket = Buckets(rate)
        self._waiting = 0
        self._fewer = asyncio.Event()

    async def room(self) -> None:
        """Wait until one more command may be handed in; the sender is read no faster."""
        owed_s = self._bucket.owe_s("")
        if owed_s > 0.0:
            await asyncio.sleep(owed_s)
        while self._waiting >= _UNANSWERED:
            self._fewer.clear()
            await self._fewer.wait()
        self._waiting += 1

    def told(self, answer: Result | CentralError) -> None:
        """Pass on what became of a command; if central failed, hang up: it is sent again."""
        self._waiting -= 1
        self._fewer.set()
        if isinstance(answer, CentralError):
            self.lane.close(str(answer))
        else:
            self.lane.offer(self._wire.packed(answer))

    def reject(self, command_id: str, reason: str) -> None:
        """Refuse a command that was not even handed in."""
        result = Result(command_id=command_id, verdict=Verdict.REJECTED, reason=reason)
        self.lane.offer(self._wire.packed(result))


async def _serve(wire: _Wire, lane: Lane, hearing: Awaitable[None]) -> None:
    """Send and hear at the same time, until either ends; then hang up in good order."""
    sender = asyncio.ensure_future(lane.run(wire.send))
    hearer = asyncio.ensure_future(hearing)
    closed = asyncio.ensure_future(lane.closed.wait())
    code, reason = 1000, ""
    try:
        await asyncio.wait({sender, hearer, closed}, return_when=asyncio.FIRST_COMPLETED)
        if lane.closed_for is not None:
            code, reason = _AGAIN, lane.closed_for
        error = _error_of(hearer) or _error_of(sender)
        if isinstance(error, MessageError):
            code, reason = _BAD_DATA, str(error)
        elif error is not None and not _is_departure(error):
            raise error
    finally:
        lane.close("gone")
        await _ended(sender, hearer, closed)
        await _hang_up(wire, code, reason)


async def _ended(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _hang_up(wire: _Wire, code: int, reason: str) -> None:
    try:
        async with asyncio.timeout(_HANG_UP_S):
            await wire.close(code, reason)
    except (RuntimeError, WebSocketDisconnect, TimeoutError):
        _log.debug("the other side had hung up already")


def _error_of(task: asyncio.Future[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


def _is_departure(error: BaseException) -> bool:
    return isinstance(error, WebSocketDisconnect | WebSocketDisconnected)
