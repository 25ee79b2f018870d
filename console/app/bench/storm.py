"""How soon a whole bureau's consoles are back after central was gone: all of them at once."""

from __future__ import annotations

import asyncio
import random
import time

import requests
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from console.app.bench._figures import machine, percentiles
from console.app.bench._served import Served, port_of, served
from console.protocol.codec import decode, encode
from console.protocol.messages import MAIN_SHARD, PROTOCOL, Changes, Hello, Welcome

_UNITS = 2000
_MISSED = 400
#: What a console of ours waits between two tries, see `SyncSettings`.
_AGAIN_S = 0.5


def run(*, consoles: int = 500) -> dict[str, object]:
    """Kill central under many consoles, start it again, and time their coming back.

    Each has missed some hundred revisions and has them when it is counted as back.

    Returns:
        Seconds from central's listening again to the last console's having caught up
        (`storm_s`), and of one console in the middle and the last percent.
    """
    with served(_UNITS) as central:
        token = central.token("dispatcher", kind="console")
        backs_s, started_s = asyncio.run(_stormed(central, token, consoles))
    return {
        "storm_s": round(max(backs_s), 2),
        **percentiles(backs_s, 50, 99, unit="s"),
        "consoles": consoles,
        "missed_revisions": _MISSED * 2,
        "central_started_s": round(started_s, 2),
        **machine(),
    }


async def _stormed(central: Served, token: str, consoles: int) -> tuple[list[float], float]:
    sockets = [await _join(central, token, number, central.head) for number in range(consoles)]
    head = await asyncio.to_thread(_work, central, token)
    central.party.kill()
    gone = [asyncio.create_task(_until_closed(socket)) for socket in sockets]
    await asyncio.gather(*gone)
    began = time.monotonic()
    known: dict[bytes, int] = {}
    coming = [
        asyncio.create_task(_come_back(central, token, number, head=head, known=known))
        for number in range(consoles)
    ]
    central.party.start()
    await asyncio.to_thread(port_of, central.home, central.party)
    listening = time.monotonic()
    backs = await asyncio.gather(*coming)
    return [max(back - listening, 0.0) for back in backs], listening - began


def _work(central: Served, token: str) -> int:
    """Have something done that the consoles will have missed; return the newest revision."""
    commands = [
        ["command", f"storm-{number:06d}", "storm", number, "2026-11-27T00:00:00Z",
         {"type": "OpenIncident", "incident": f"storm-incident-{number:06d}", "form": "0301",
          "place": "p", "summary": "storm", "channel": "12345"}]
        for number in range(_MISSED)
    ]  # fmt: skip
    answer = requests.post(f"{central.url}/v1/commands", json=commands, timeout=60,
                           headers={"Authorization": f"Bearer {token}"})  # fmt: skip
    answer.raise_for_status()
    return max(int(result[3]) for result in answer.json())


async def _join(central: Served, token: str, number: int, rev: int) -> ClientConnection:
    socket = await connect(f"ws://127.0.0.1:{central.port}/v1/stream", compression=None,
                           proxy=None, max_size=None, ping_interval=None)  # fmt: skip
    hello = Hello(PROTOCOL, token, f"bench-{number}", epoch=central.epoch, revs={MAIN_SHARD: rev})
    await socket.send(encode(hello))
    welcome = decode(await socket.recv(decode=False))
    if not isinstance(welcome, Welcome) or welcome.need_snapshot:
        raise RuntimeError(f"no welcome: {welcome}")
    return socket


def _reached_by(frame: bytes, known: dict[bytes, int]) -> int:
    """Return the revision a frame leads to; all consoles get the same ones, read once here."""
    if frame not in known:
        message = decode(frame)
        known[frame] = message.changes[-1].rev if isinstance(message, Changes) else 0
    return known[frame]


async def _until_closed(socket: ClientConnection) -> None:
    await socket.wait_closed()


async def _come_back(
    central: Served, token: str, number: int, *, head: int, known: dict[bytes, int]
) -> float:
    """Try until central is there and everything missed has come; return when that was."""
    while True:
        try:
            socket = await _join(central, token, number, central.head)
            async with asyncio.timeout(30):
                reached = central.head
                while reached < head:
                    reached = max(reached, _reached_by(await socket.recv(decode=False), known))
        except (OSError, WebSocketException, TimeoutError):
            await asyncio.sleep(_AGAIN_S * random.uniform(0.5, 1.0))
            continue
        at = time.monotonic()
        await socket.close()
        return at
