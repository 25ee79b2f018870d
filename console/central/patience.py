"""How long central waits for what a connection sends, and how many strangers may be connected.

A connection that says nothing holds a socket; enough of them would leave none for who works here.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from console.central.devices import is_local
from console.central.limits import Limits

#: So long an answer may take to leave a connection that is given up.
_LEAVE_WITHIN_S = 5.0
#: One site has all addresses with the same first half.
_SITE_BITS = 64


class Strangers:
    """Open connections that nobody has proved a log-on on, by address; of the event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: Counter[str] = Counter()

    def let_in(self, place: str) -> bool:
        """Count a connection from a place; return whether there is room for it."""
        most = self._limits.strangers_here if is_local(place) else self._limits.strangers
        if self._open[place] >= most:
            return False
        self._open[place] += 1
        return True

    def gone(self, place: str) -> None:
        """Count a connection no more: it has ended, or is a stranger's no longer."""
        self._open[place] -= 1
        if self._open[place] <= 0:
            del self._open[place]


def protocol_of(limits: Limits, is_token: Callable[[str], bool]) -> type[asyncio.Protocol]:
    """Return uvicorn's HTTP protocol with an end to its patience.

    Args:
        limits: How long it waits, and how many strangers it takes.
        is_token: Whether a token is one that somebody is logged on with.
    """
    counted = Strangers(limits)

    class Protocol(_PatientProtocol):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self.limits, self.strangers, self.is_token = limits, counted, is_token

    return Protocol


class _PatientProtocol(HttpToolsProtocol):
    """HTTP on one connection, ended when what should come does not.

    The next request's headers have to be whole in ``limits.headers_s``. Between pieces of a body
    ``limits.body_idle_s`` may pass; a stranger's body is whole within that.
    """

    limits: Limits
    strangers: Strangers
    is_token: Callable[[str], bool]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._place: str | None = None  # where it is counted, while it is a stranger's
        self._deadline: asyncio.TimerHandle | None = None
        self._is_in_body = False
        self._has_spoken = False
        self._is_upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or answer it that there are too many from there."""
        super().connection_made(transport)
        place = site_of(self.client[0] if self.client else "")
        if self.strangers.let_in(place):
            self._place = place
            self._wait(self.limits.headers_s)
        else:
            self._leave(
                "503 Service Unavailable",
                "Too many connections from your address have not logged on; close some, then "
                "come again.",
            )

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        self._be_counted_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, and wait for what has to follow."""
        if self.transport.is_closing():
            return
        self._has_spoken = True
        super().data_received(data)
        if self._is_upgraded or self.transport.is_closing():
            return
        if self._is_in_body:
            if self._place is None or self._deadline is None:
                self._wait(self.limits.body_idle_s)
        elif self._deadline is None and self._is_idle and self.timeout_keep_alive_task is None:
            self._wait(self.limits.headers_s)  # for the rest of a request's headers

    def on_headers_complete(self) -> None:
        """Begin a request."""
        self._stop_waiting()
        self._is_in_body = True
        if self._place is not None and self._bears_token():
            self._be_counted_no_more()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is here as a whole."""
        self._stop_waiting()
        self._is_in_body = False
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand over to the stream, which has a deadline of its own for its first message."""
        self._is_upgraded = True
        self._stop_waiting()
        self._be_counted_no_more()
        super().handle_websocket_upgrade()

    @property
    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _bears_token(self) -> bool:
        for name, value in self.headers:
            scheme, _, token = value.decode("latin-1").partition(" ")
            if name == b"authorization" and scheme.lower() == "bearer":
                return self.is_token(token.strip())
        return False

    def _be_counted_no_more(self) -> None:
        if self._place is not None:
            self.strangers.gone(self._place)
            self._place = None

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        """End the connection, unless it is central that does not go on."""
        self._deadline = None
        cycle = self.cycle
        if self._is_in_body and (self.flow.read_paused or cycle.waiting_for_100_continue):
            self._wait(self.limits.body_idle_s)
            return
        if not self._is_in_body and not self._is_idle:
            self._wait(self.limits.headers_s)  # an answer to an earlier request is on its way
            return
        is_answered = self._is_in_body and cycle.response_started
        if self._is_in_body:
            cycle.disconnected = True  # whoever reads the body hears of it at once
            cycle.message_event.set()
        if is_answered or not self._has_spoken:
            self._leave()
        else:
            self._leave(
                "408 Request Timeout",
                "Your request did not come to its end in time; send it again.",
            )

    def _leave(self, status: str = "", sentence: str = "") -> None:
        if status:
            body = json.dumps({"error": sentence}).encode()
            head = (
                f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode("ascii") + body)
        self.transport.close()
        self._deadline = self.loop.call_later(_LEAVE_WITHIN_S, self.transport.abort)


def site_of(host: str) -> str:
    """Return what the connections of one place are counted under."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if address.is_loopback:
        return host
    return str(ipaddress.ip_network((address.packed, _SITE_BITS), strict=False).network_address)
