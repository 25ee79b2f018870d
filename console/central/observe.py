"""Around every request: an id for the log, and how long it took."""

from __future__ import annotations

import itertools
import logging
import re
import secrets
import time
from collections.abc import Callable

from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.domain.tracing import REQUEST_ID

HEADER = b"x-request-id"
_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SLOW_S = 1.0
#: FastAPI tells nobody elsewhere about requests, whatever the environment says; `Metrics` has them.
UNTOLD: TelemetryConfig = {
    "tracing": False, "metrics": False, "logs": False, "operation_spans": False,
    "auto_configure": False,
}  # fmt: skip
_log = logging.getLogger("zhihui.access")

#: Told of a request that was answered: method, route, status, seconds.
Observed = Callable[[str, str, int, float], None]


class Observer:
    """ASGI middleware: gives each request its id, says it in the answer, and times it."""

    def __init__(self, app: ASGIApp, *, observed: Observed) -> None:
        """Args are set once."""
        self._app = app
        self._observed = observed
        # Eight digits of this start, eight that count: to ask the system for chance takes longer.
        self._start, self._count = secrets.token_hex(4), itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a stream."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = _id_in(scope) or f"{self._start}{next(self._count) & 0xFFFFFFFF:08x}"
        token = REQUEST_ID.set(request_id)
        began, status = time.monotonic(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {
                    **message,
                    "headers": [*message["headers"], (HEADER, request_id.encode())],
                }
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            if scope["type"] == "http":
                self._tell(scope, status, time.monotonic() - began)
            REQUEST_ID.reset(token)

    def _tell(self, scope: Scope, status: int, took_s: float) -> None:
        route = getattr(scope.get("route"), "path", None) or "other"
        self._observed(scope["method"], route, status, took_s)
        if status >= 400 or took_s >= _SLOW_S:
            _log.info("%s %s %d in %.0f ms", scope["method"], route, status, took_s * 1000)


def _id_in(scope: Scope) -> str | None:
    """Return the id that a client or a proxy gave the request, if it is a harmless one."""
    for name, value in scope["headers"]:
        if name == HEADER and _ACCEPTED.fullmatch(value):
            return str(value.decode("ascii"))
    return None
