"""The socket over which the simulated handhelds talk to central; it comes back by itself."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException

from console.city.central_line import CentralLine, LineError, RefusedByCentralError
from console.protocol.codec import MessageError, decode_text, encode_text
from console.protocol.commands import AnyBody
from console.protocol.messages import (
    PROTOCOL,
    Ack,
    AnyMessage,
    Beat,
    Command,
    Deliver,
    Hello,
    Message,
    Refused,
    Result,
    Tell,
    Verdict,
    Welcome,
    ack_command_id,
)
from console.store.trust import context_for

_LOG = logging.getLogger("zhihui.city")
BEAT_S = 2.0
#: Central beats every two seconds; after this long without a word the line counts as dead.
SILENT_S = 8.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.5, 15.0
_MAX_FRAME = 4 * 1024 * 1024


class _GoneError(Exception):
    """The connection is of no use any more, with the reason."""


class HandheldSocket:
    """One socket for many handhelds.

    Steps and commands are kept until their result has come, and sent again, in the order they were
    made, when central is back: an outcome never overtakes the arrival it belongs to.

    Args:
        line: Gives the token, and says where central is.
        units: The units it speaks for.
        on_order: Told of each order.
        on_message: Told of each message of the desk.
        on_result: Told of each command that was settled (not of steps), with its result.
        on_welcome: Told central's epoch whenever it has let the handhelds in.
    """

    def __init__(
        self,
        line: CentralLine,
        *,
        units: Sequence[str],
        on_order: Callable[[Deliver], None],
        on_message: Callable[[Tell], None],
        on_result: Callable[[Command, Result], None],
        on_welcome: Callable[[str], None],
    ) -> None:
        self._line, self._units = line, tuple(units)
        self._on_order, self._on_message = on_order, on_message
        self._on_result, self._on_welcome = on_result, on_welcome
        self._pending: OrderedDict[str, Ack | Command] = OrderedDict()
        self._outgoing: asyncio.Queue[Message] = asyncio.Queue()
        self._seq = 0
        self._is_up = False

    @property
    def is_up(self) -> bool:
        """Whether central has said welcome and not gone since."""
        return self._is_up

    def say(self, ack: Ack) -> None:
        """Send a receipt or step, now or when central is back."""
        self._pending.setdefault(ack_command_id(ack.assignment, ack.state), ack)
        if self._is_up:
            self._outgoing.put_nowait(ack)

    def ask(self, body: AnyBody, *, command_id: str, at: datetime) -> None:
        """Send a command, now or when central is back."""
        if command_id in self._pending:
            return
        self._seq += 1
        command = Command(command_id, self._line.account.device, self._seq, at, body)
        self._pending[command_id] = command
        if self._is_up:
            self._outgoing.put_nowait(command)

    async def run(self) -> None:
        """Talk to central until cancelled."""
        wait_s, told = FIRST_BACK_OFF_S, ""
        while True:
            try:
                await self._talk()
            except (_GoneError, LineError, RefusedByCentralError, MessageError) as error:
                reason = str(error)
            except (OSError, TimeoutError, WebSocketException) as error:
                reason = f"{type(error).__name__}: {error}"
            if self._is_up:
                wait_s = FIRST_BACK_OFF_S
                _LOG.warning("the handhelds have lost central: %s", reason)
            elif reason != told:
                _LOG.warning("the handhelds cannot reach central: %s", reason)
            told = reason
            self._is_up = False
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2.0, LONGEST_BACK_OFF_S)

    async def _talk(self) -> None:
        token = await asyncio.to_thread(self._line.token)
        account = self._line.account
        url = account.url.replace("http", "ws", 1) + "/v1/handheld/stream"
        secure = context_for(account.url, account.ca)
        try:
            socket = await connect(
                url,
                ssl=secure,
                compression=None,
                max_size=_MAX_FRAME,
                proxy=None,
                ping_interval=None,
            )
        except (InvalidHandshake, InvalidURI) as error:
            raise _GoneError(str(error)) from error
        async with socket:
            await self._greet(socket, token)
            await _first_to_end(self._hear(socket), self._speak(socket), self._beat())

    async def _greet(self, socket: ClientConnection, token: str) -> None:
        hello = Hello(PROTOCOL, token, self._line.account.device, units=self._units)
        await socket.send(encode_text(hello))
        answer = await self._receive(socket)
        if isinstance(answer, Refused):
            # A session that has ended is the usual reason: the next try logs on anew.
            await asyncio.to_thread(self._line.token, not_this=token)
            raise _GoneError(answer.reason)
        if not isinstance(answer, Welcome):
            raise _GoneError(f"a {type(answer).__name__} instead of a welcome")
        self._outgoing = asyncio.Queue()
        self._is_up = True
        for message in self._pending.values():
            self._outgoing.put_nowait(message)
        self._on_welcome(answer.epoch)
        _LOG.info("the handhelds of %d units are connected", len(self._units))

    async def _hear(self, socket: ClientConnection) -> None:
        while True:
            message = await self._receive(socket)
            if isinstance(message, Deliver):
                self._on_order(message)
            elif isinstance(message, Tell):
                self._on_message(message)
            elif isinstance(message, Result):
                self._settle(message)
            elif isinstance(message, Refused):
                raise _GoneError(message.reason)

    def _settle(self, result: Result) -> None:
        settled = self._pending.pop(result.command_id, None)
        if isinstance(settled, Command):
            self._on_result(settled, result)
        elif settled is not None and result.verdict is Verdict.REJECTED:
            _LOG.warning("%s is not taken as %s: %s", settled.unit, settled.state, result.reason)

    async def _receive(self, socket: ClientConnection) -> AnyMessage:
        try:
            # Not wait_for: in Python 3.11 it can swallow a cancellation that comes with a frame.
            async with asyncio.timeout(SILENT_S):
                frame = await socket.recv(decode=True)
        except TimeoutError as error:
            raise _GoneError(f"no word for {SILENT_S:.0f} s") from error
        return decode_text(frame)

    async def _speak(self, socket: ClientConnection) -> None:
        outgoing = self._outgoing
        while True:
            await socket.send(encode_text(await outgoing.get()))

    async def _beat(self) -> None:
        outgoing = self._outgoing
        while True:
            outgoing.put_nowait(Beat())
            await asyncio.sleep(BEAT_S)


async def _first_to_end(*parts: Coroutine[None, None, None]) -> None:
    """Run the parts of a conversation until one ends or fails; end the others, pass on why."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
