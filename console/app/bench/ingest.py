"""How many positions a processor-second of central takes in: the whole way of a request.

Central runs in a process of its own; its processor time is what the system says of it. Each fix is
authenticated, decoded, ordered, freed of doubles and put into the columns; beside it the same for
requests of one fix each, and the columns alone without HTTP as the floor.
"""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from console.app.bench import BenchError
from console.app.bench._figures import machine
from console.app.bench._served import Served, served, some_units
from console.central.positions import PositionHub
from console.protocol.positions import INGEST, decode_ingest

_UNITS = 7000
_DEVICES = 16


def run(*, batches: int = 3000, singles: int = 3000, batch: int = 100) -> dict[str, object]:
    """Send positions over connections kept open, in batches and one by one.

    Returns:
        Positions a processor-second of central: `batch100_per_cpu_s`, `single_per_cpu_s`;
        `columns_per_cpu_s` without HTTP.
    """
    with served(_UNITS) as central:
        token = central.token("city", kind="gateway")
        many, took_many = _sent(central, token, _bodies(batches, batch))
        one, took_one = _sent(central, token, _bodies(singles, 1, later_ms=10_000_000))
    return {
        f"batch{batch}_per_cpu_s": round(many),
        "single_per_cpu_s": round(one),
        "columns_per_cpu_s": round(_columns_alone(batches, batch)),
        "requests": batches + singles,
        "took_s": round(took_many + took_one, 1),
        **machine(),
    }


def _sent(central: Served, token: str, bodies: list[bytes]) -> tuple[float, float]:
    """Return positions a processor-second, and how long it took.

    Sixteen devices send at once and wait for their answers, as many do in earnest.
    """
    requests = [_request(central.port, token, body) for body in bodies]
    with ExitStack() as closing:
        wires = [_Wire(central.port) for _ in range(_DEVICES)]
        for wire in wires:
            closing.callback(wire.close)
        before_s, began, taken = central.cpu_s(), time.perf_counter(), 0
        for first in range(0, len(requests), _DEVICES):
            asked = list(zip(wires, requests[first : first + _DEVICES], strict=False))
            for wire, request in asked:
                wire.send(request)
            taken += sum(wire.taken() for wire, _ in asked)
        cpu_s = central.cpu_s() - before_s
    return taken / max(cpu_s, 1e-3), time.perf_counter() - began


class _Wire:
    """One connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._socket.makefile("rb")

    def send(self, request: bytes) -> None:
        """Send a request."""
        self._socket.sendall(request)

    def taken(self) -> int:
        """Read the answer; return how many fixes central says it took."""
        status, length = self._reader.readline(), 0
        while (line := self._reader.readline()) not in {b"\r\n", b""}:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = self._reader.read(length)
        if b" 200 " not in status:
            raise BenchError(f"central answered {status!r} {body!r}")
        return int(json.loads(body)["accepted"])

    def close(self) -> None:
        """Hang up."""
        self._reader.close()
        self._socket.close()


def _request(port: int, token: str, body: bytes) -> bytes:
    head = (
        f"POST /v1/positions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/octet-stream\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _bodies(count: int, batch: int, *, later_ms: int = 0) -> list[bytes]:
    """Return bodies of fixes, each newer than the one before of its unit."""
    chance = np.random.default_rng(1)
    now_ms = time.time_ns() // 1_000_000 - 3_600_000 + later_ms // 10
    bodies = []
    for number in range(count):
        fixes = np.zeros(batch, dtype=INGEST)
        fixes["unit"] = (np.arange(batch) + number * batch) % _UNITS + 1
        fixes["t_ms"] = now_ms + number * 100
        fixes["lat"] = 399_000_000 + chance.integers(0, 2_000_000, batch)
        fixes["lon"] = 1_163_000_000 + chance.integers(0, 2_000_000, batch)
        bodies.append(fixes.tobytes())
    return bodies


def _columns_alone(batches: int, batch: int) -> float:
    """Return positions a processor-second without HTTP."""
    hub = PositionHub(some_units(_UNITS), np.zeros(0, dtype=INGEST))
    parts: list[NDArray[np.void]] = [decode_ingest(body) for body in _bodies(batches, batch)]
    began = time.process_time()
    taken = sum(hub.take(fixes).accepted for fixes in parts)
    return taken / max(time.process_time() - began, 1e-3)
