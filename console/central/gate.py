"""The gate: token buckets by place and session, bodies of bounded size."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from console.central.accounts import Session
from console.central.limits import Limits, Rate
from console.central.web import AnswerError, answer_of
from console.domain.levels import Role

_MOST_KEPT = 20_000


class TooFastError(AnswerError):
    """More was asked for than one place or session may."""

    def __init__(self, wait_s: float) -> None:
        wait = max(math.ceil(wait_s), 1)
        super().__init__(
            429,
            f"Too much at once from here: wait {wait} s, then send it again.",
            retry_after_s=wait,
        )


class Buckets:
    """Token buckets by key; those that are full again are forgotten first."""

    def __init__(self, rate: Rate, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock_s = clock_s
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str, amount: float = 1.0) -> float:
        """Take ``amount`` out of a bucket; return 0, or how long to wait if it holds too little.

        More than a bucket ever holds is let through when it is full.
        """
        now = self._clock_s()
        level, at = self._levels.pop(key, (self._rate.burst, now))
        level = min(level + (now - at) * self._rate.per_s, self._rate.burst)
        needed = min(amount, self._rate.burst)
        enough = level >= needed
        self._levels[key] = (level - amount if enough else level), now
        if len(self._levels) > _MOST_KEPT:
            self._levels.popitem(last=False)
        return 0.0 if enough else (needed - level) / self._rate.per_s

    def owe_s(self, key: str, amount: float = 1.0) -> float:
        """Take ``amount`` out of a bucket, be it empty; return how long to wait for that."""
        now = self._clock_s()
        level, at = self._levels.pop(key, (self._rate.burst, now))
        level = min(level + (now - at) * self._rate.per_s, self._rate.burst) - amount
        self._levels[key] = level, now
        return max(-level / self._rate.per_s, 0.0)

    def take(self, key: str, amount: float = 1.0) -> None:
        """Take ``amount`` out of a bucket.

        Raises:
            TooFastError: It holds too little.
        """
        wait_s = self.wait_s(key, amount)
        if wait_s > 0.0:
            raise TooFastError(wait_s)


@dataclass(slots=True)
class Meter:
    """What sessions have asked for; belongs to the event loop."""

    limits: Limits
    _requests: Buckets = field(init=False)
    _of_gateways: Buckets = field(init=False)
    _bytes: Buckets = field(init=False)

    def __post_init__(self) -> None:
        self._requests = Buckets(self.limits.session)
        self._of_gateways = Buckets(self.limits.gateway)
        self._bytes = Buckets(self.limits.upload)

    def count(self, session: Session, size: int) -> None:
        """Count a request of a session and the bytes it sends.

        Raises:
            TooFastError: It has to wait.
        """
        is_gateway = session.person.role is Role.GATEWAY
        (self._of_gateways if is_gateway else self._requests).take(session.id)
        if size:
            self._bytes.take(session.id, size)


class Gate:
    """Stands before the app: counts requests by address, cuts bodies that are too large."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._hosts = Buckets(limits.host)
        self._log_ons = Buckets(limits.log_on)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request or stream on, or answer it."""
        if scope["type"] != "http":
            await self._stream(scope, receive, send)
            return
        try:
            self._count(scope)
            heard = await self._whole(scope, receive)
        except AnswerError as error:
            await answer_of(error)(scope, receive, send)
            return
        await self._app(scope, heard, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a stream on; too many at once from one place are told when to come again."""
        try:
            if scope["type"] == "websocket":
                self._count(scope)
        except AnswerError as error:
            await WebSocket(scope, receive, send).send_denial_response(answer_of(error))
            return
        await self._app(scope, receive, send)

    def _count(self, scope: Scope) -> None:
        host = scope["client"][0] if scope.get("client") else ""
        self._hosts.take(host)
        if scope.get("method") == "POST" and scope["path"].startswith("/v1/session"):
            self._log_ons.take(host)

    async def _whole(self, scope: Scope, receive: Receive) -> Receive:
        """Return what gives the body, read here already unless it may be large."""
        if scope["path"].startswith(self._limits.large_bodies):
            return receive
        most = self._limits.body_bytes
        said = Headers(scope=scope).get("content-length", "0")
        if said.isdigit() and int(said) > most:
            raise _too_large(most)
        read: deque[Message] = deque()
        size, is_whole = 0, False
        while not is_whole:
            message = await receive()
            read.append(message)
            size += len(message.get("body", b""))
            if size > most:
                raise _too_large(most)
            is_whole = not message.get("more_body", False)

        async def heard() -> Message:
            return read.popleft() if read else await receive()

        return heard


def _too_large(most: int) -> AnswerError:
    return AnswerError(413, f"The request holds more than {most} bytes; nothing was done.")
