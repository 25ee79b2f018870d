"""What a site lets in: which devices, and how much one place and one session may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DevicePolicy(StrEnum):
    """Which unknown devices may be logged on with.

    Attributes:
        OPEN: All of them.
        ASK: Those on central's own machine; others wait for an administrator.
        STRICT: None; all wait.
    """

    OPEN = "open"
    ASK = "ask"
    STRICT = "strict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So much a second, and so much at once."""

    per_s: float
    burst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one place and one session may ask for.

    Attributes:
        host: Requests of one address, logged on or not.
        log_on: Log-ons and renewals of one address.
        session: Requests of one session.
        gateway: Requests of a gateway's session, which speaks for thousands of devices.
        upload: Bytes that one session sends.
        messages: Commands and receipts on one stream; a faster sender waits.
        body_bytes: Largest body of a request that has no larger limit of its own.
        large_bodies: Beginnings of paths that have one.
        headers_s: A request's headers are whole in so long, on a new connection as well.
        body_idle_s: So long the next piece of a body may take; a stranger's body as a whole.
        strangers: Open connections of one address on which nobody showed a token.
        strangers_here: The same of central's own machine, where gateways and proxies are.
    """

    host: Rate = Rate(per_s=2_000, burst=20_000)
    log_on: Rate = Rate(per_s=20, burst=1_000)
    session: Rate = Rate(per_s=300, burst=3_000)
    gateway: Rate = Rate(per_s=3_000, burst=30_000)
    upload: Rate = Rate(per_s=16 << 20, burst=1 << 30)
    messages: Rate = Rate(per_s=1_000, burst=10_000)
    body_bytes: int = 64 << 10
    large_bodies: tuple[str, ...] = ("/v1/commands", "/v1/positions", "/v1/evidence", "/v1/uploads")
    headers_s: float = 20.0
    body_idle_s: float = 60.0
    strangers: int = 2_048
    strangers_here: int = 16_384
