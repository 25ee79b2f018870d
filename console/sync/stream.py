"""One connection to central's stream, from hello to its end."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from typing import Protocol

from sqlalchemy.exc import DatabaseError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidURI,
    WebSocketException,
)

from console.protocol.codec import MessageError, decode, encode
from console.protocol.messages import (
    MAIN_SHARD,
    PROTOCOL,
    SCHEMA,
    AnyMessage,
    Beat,
    Change,
    Changes,
    Forget,
    Hello,
    Refused,
    Result,
    Skip,
    Welcome,
)
from console.protocol.positions import decode_frame, is_position_frame
from console.store.cache import GapError, MissingRowError
from console.store.outbox import OutboxError
from console.store.trust import context_for
from console.sync.http import LinkError
from console.sync.keeper import Keeper
from console.sync.login import Login
from console.sync.settings import SyncSettings
from console.sync.state import LinkTrouble

MAX_FRAME_BYTES = 64 << 20
#: Beats in which central may be ahead and our revision stand still before we ask again.
_BEATS_BEHIND = 3
#: Answers that come together are told together: between two tellings lies so many times what the
#: last one took, and no longer than this.
_TOLD_SHARE, _TOLD_WITHIN_S = 4.0, 0.02
_log = logging.getLogger("zhihui.sync")


class SnapshotNeededError(Exception):
    """All rows have to be fetched before changes make sense."""

    def __init__(self, min_rev: int) -> None:
        super().__init__(f"a snapshot of revision {min_rev} or later is needed")
        self.min_rev = min_rev


#: What ends a connection in a way that the worker knows.
_ENDINGS = (
    LinkError,
    SnapshotNeededError,
    ConnectionClosed,
    OSError,
    OutboxError,
    DatabaseError,
)


class StreamWatcher(Protocol):
    """Whoever wants to know how the connection goes."""

    def went_live(self) -> None:
        """Changes come in from now on."""

    def heard(self, *, clock_ahead_s: float | None, behind: int, full_ms: int) -> None:
        """Central has said that it is there, and since when its disk is full (0: it is not)."""

    def bytes_wanted(self) -> None:
        """Bytes that were at central have to go there again."""


class Stream:
    """Speaks with central over one WebSocket until it ends."""

    def __init__(
        self,
        settings: SyncSettings,
        keeper: Keeper,
        watcher: StreamWatcher,
        *,
        console_id: str,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._keeper = keeper
        self._watcher = watcher
        self._console_id = console_id
        self._clock_s = clock_s
        self._heard_at_s = clock_s()
        self._epoch = ""
        self._behind_beats = 0
        self._rev_at_beat = -1
        self._sent: set[str] = set()
        self._more = asyncio.Event()
        self._answered = asyncio.Event()

    def wake(self) -> None:
        """Look for commands to be sent; call it in the loop."""
        self._more.set()

    async def run(self, login: Login) -> None:
        """Speak until the connection ends.

        Raises:
            LinkError: It ended, or never began, and why.
            SnapshotNeededError: All rows have to be fetched first.
        """
        try:
            async with connect(
                self._settings.stream_url,
                ssl=context_for(self._settings.url, self._settings.ca),
                compression=None,
                proxy=None,
                max_size=MAX_FRAME_BYTES,
                max_queue=256,
                ping_interval=None,
                open_timeout=self._settings.timeout_s,
                close_timeout=1.0,
            ) as socket:
                await self._greet(socket, login)
                # In a task of its own: until Python 3.11.4 a group that fails leaves its task
                # counted as cancelled, and closing within a limit would end as cancelled too.
                await asyncio.create_task(self._speak(socket))
        except ssl.SSLCertVerificationError as error:
            raise LinkError(LinkTrouble.NOT_TRUSTED, str(error)) from error
        except (OSError, TimeoutError) as error:
            raise LinkError(LinkTrouble.UNREACHABLE, str(error)) from error
        except ConnectionClosed as error:
            raise LinkError(LinkTrouble.CLOSED, _reason(error)) from error
        except (InvalidURI, InvalidHandshake) as error:
            raise LinkError(LinkTrouble.NOT_CENTRAL, str(error)) from error
        except WebSocketException as error:
            raise LinkError(LinkTrouble.CLOSED, str(error)) from error

    async def _greet(self, socket: ClientConnection, login: Login) -> None:
        cursor = self._keeper.cursor
        hello = Hello(
            proto=PROTOCOL,
            token=login.token,
            console_id=self._console_id,
            epoch=cursor.epoch if cursor is not None else None,
            revs={MAIN_SHARD: cursor.rev} if cursor is not None else {},
            schema=SCHEMA,
        )
        await socket.send(encode(hello))
        async with asyncio.timeout(self._settings.timeout_s):
            welcome = _message(await socket.recv())
        if isinstance(welcome, Refused):
            raise LinkError(LinkTrouble.NOT_ALLOWED, welcome.reason)
        if not isinstance(welcome, Welcome):
            raise LinkError(LinkTrouble.PROTOCOL, f"{type(welcome).__name__} instead of welcome")
        head = welcome.heads.get(MAIN_SHARD, 0)
        if welcome.need_snapshot or cursor is None or cursor.epoch != welcome.epoch:
            raise SnapshotNeededError(head)
        self._epoch = welcome.epoch
        self._heard(welcome.server_ms, head)

    async def _speak(self, socket: ClientConnection) -> None:
        self._watcher.went_live()
        self._more.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear(socket))
                tasks.create_task(self._send(socket))
                tasks.create_task(self._beat(socket))
                tasks.create_task(self._watch())
                tasks.create_task(self._tell())
        # Not `except*`: what is raised in one comes out in a group of its own on Python 3.11.2.
        except ExceptionGroup as errors:
            known, unknown = errors.split(_ENDINGS)
            if known is None or unknown is not None:
                raise
            raise _first(known) from None
        finally:
            if self._answered.is_set():
                self._keeper.tell_outbox()

    async def _hear(self, socket: ClientConnection) -> None:
        async for frame in socket:
            self._heard_at_s = self._clock_s()
            if isinstance(frame, bytes) and is_position_frame(frame):
                self._take_positions(frame)
            else:
                self._take(_message(frame))
        raise LinkError(LinkTrouble.CLOSED, "Central hung up.")

    def _take_positions(self, frame: bytes) -> None:
        try:
            self._keeper.take_frame(decode_frame(frame))
        except MessageError as error:
            raise LinkError(LinkTrouble.PROTOCOL, str(error)) from error

    def _take(self, message: AnyMessage) -> None:
        try:
            if isinstance(message, Changes):
                self._keeper.take_changes(message.changes, epoch=self._epoch)
            elif isinstance(message, Change):
                self._keeper.take_changes((message,), epoch=self._epoch)
            elif isinstance(message, Skip):
                self._keeper.take_skip(message, epoch=self._epoch)
            elif isinstance(message, Forget):
                self._keeper.take_forget(message, epoch=self._epoch)
            elif isinstance(message, Result):
                if self._keeper.take_result(message):
                    self._watcher.bytes_wanted()
                self._sent.discard(message.command_id)
                self._answered.set()
            elif isinstance(message, Beat):
                self._heard(message.server_ms, message.heads.get(MAIN_SHARD, 0), message.full_ms)
            elif isinstance(message, Refused):
                raise LinkError(LinkTrouble.NOT_ALLOWED, message.reason)
            else:
                _log.warning("central said %s, which is not for consoles", type(message).__name__)
        except GapError as error:
            raise LinkError(LinkTrouble.GAP, str(error)) from error
        except MissingRowError as error:
            _log.warning("%s", error)
            raise SnapshotNeededError(self._keeper.rev) from error
        except MessageError as error:
            raise LinkError(LinkTrouble.PROTOCOL, str(error)) from error

    async def _send(self, socket: ClientConnection) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            self._keeper.expire()
            commands = self._keeper.commands_to_send(self._sent)
            if commands:
                self._keeper.tell_outbox()
            for command in commands:
                await socket.send(encode(command))
                self._sent.add(command.command_id)

    async def _beat(self, socket: ClientConnection) -> None:
        while True:
            await socket.send(encode(Beat(heads={MAIN_SHARD: self._keeper.rev})))
            await asyncio.sleep(self._settings.beat_s)

    async def _tell(self) -> None:
        """Tell what became of commands at once, those behind it together with one another."""
        while True:
            await self._answered.wait()
            self._answered.clear()
            began_s = time.perf_counter()
            self._keeper.tell_outbox()
            took_s = time.perf_counter() - began_s
            await asyncio.sleep(min(_TOLD_SHARE * took_s, _TOLD_WITHIN_S))

    async def _watch(self) -> None:
        """Raise when central has not been heard for two beats and a little."""
        limit_s = self._settings.beat_s * 2.25
        while True:
            silent_s = self._clock_s() - self._heard_at_s
            if silent_s > limit_s:
                raise LinkError(LinkTrouble.SILENT, f"{silent_s:.0f}")
            await asyncio.sleep(max(limit_s - silent_s, 0.05))

    def _heard(self, server_ms: int, head: int, full_ms: int = 0) -> None:
        behind = max(head - self._keeper.rev, 0)
        stands = behind > 0 and self._keeper.rev == self._rev_at_beat
        self._behind_beats = self._behind_beats + 1 if stands else 0
        self._rev_at_beat = self._keeper.rev
        if self._behind_beats > _BEATS_BEHIND:
            raise LinkError(LinkTrouble.GAP, f"{behind} revisions did not come")
        ahead_s = time.time() - server_ms / 1000.0 if server_ms else None
        self._watcher.heard(clock_ahead_s=ahead_s, behind=behind, full_ms=full_ms)


def _message(frame: str | bytes) -> AnyMessage:
    if isinstance(frame, str):
        raise LinkError(LinkTrouble.PROTOCOL, "a text frame on the consoles' stream")
    try:
        return decode(frame)
    except MessageError as error:
        raise LinkError(LinkTrouble.PROTOCOL, str(error)) from error


def _reason(error: ConnectionClosed) -> str:
    return error.rcvd.reason if error.rcvd is not None else ""


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what ended the connection: what we made of it before what the socket says."""
    flat: list[BaseException] = []
    for error in errors.exceptions:
        flat.append(_first(error) if isinstance(error, BaseExceptionGroup) else error)
    told = [one for one in flat if isinstance(one, LinkError | SnapshotNeededError)]
    return (told or flat)[0]
