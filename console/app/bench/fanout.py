"""What it costs central to show a moving force to many consoles, and how old a fix is then."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import requests
from websockets.asyncio.client import ClientConnection, connect

from console.app.bench._figures import machine, percentiles
from console.app.bench._served import Served, served
from console.protocol.codec import decode, encode
from console.protocol.messages import MAIN_SHARD, PROTOCOL, Beat, Hello, Welcome
from console.protocol.positions import INGEST, decode_frame, is_position_frame

_UNITS = 7000
_PARTS = 10
_BEAT_S = 2.0


def run(*, consoles: int = 200, per_s: int = 2000, seconds: float = 20.0) -> dict[str, object]:
    """Send positions and have every console hear them.

    Returns:
        Age of a fix when a console has it, from its being sent (`p50_ms`, `p99_ms`; central packs
        once a second, so half a second is the least that is possible); the processor time that
        central takes for it, in cores, and what it takes with nobody listening.
    """
    with served(_UNITS) as central:
        alone = asyncio.run(_measured(central, 0, per_s, seconds / 2))
        heard = asyncio.run(_measured(central, consoles, per_s, seconds))
    ages_ms, cores, frames = heard
    return {
        **percentiles(ages_ms, 50, 99),
        "server_cores": round(cores, 3),
        "server_cores_alone": round(alone[1], 3),
        "consoles": consoles,
        "positions_per_s": per_s,
        "frames": frames,
        **machine(),
    }


async def _measured(
    central: Served, consoles: int, per_s: int, seconds: float
) -> tuple[list[float], float, int]:
    token = central.token("dispatcher", kind="console")
    ages_ms: list[float] = []
    sockets = [await _joined(central, token, number) for number in range(consoles)]
    # One console in twenty is looked at closely; the others only read, as cheaply as can be.
    hearing = [
        asyncio.create_task(_hear(socket, ages_ms if number % 20 == 0 else None))
        for number, socket in enumerate(sockets)
    ]
    beating = asyncio.create_task(_beat(sockets))
    sending = asyncio.create_task(asyncio.to_thread(_send, central, per_s, seconds))
    before_s, began = central.cpu_s(), time.monotonic()
    sent_cpu = await sending
    took_s = time.monotonic() - began
    cores = (central.cpu_s() - before_s) / took_s
    for task in (*hearing, beating):
        task.cancel()
    await asyncio.gather(*hearing, beating, return_exceptions=True)
    for socket in sockets:
        await socket.close()
    return ages_ms, cores, sent_cpu


async def _joined(central: Served, token: str, number: int) -> ClientConnection:
    socket = await connect(f"ws://127.0.0.1:{central.port}/v1/stream", compression=None,
                           proxy=None, max_size=None, ping_interval=None)  # fmt: skip
    hello = Hello(PROTOCOL, token, f"bench-{number}", epoch=central.epoch,
                  revs={MAIN_SHARD: central.head})  # fmt: skip
    await socket.send(encode(hello))
    welcome = decode(_bytes(await socket.recv()))
    if not isinstance(welcome, Welcome):
        raise RuntimeError(f"no welcome: {welcome}")
    return socket


async def _hear(socket: ClientConnection, ages_ms: list[float] | None) -> None:
    async for frame in socket:
        data = _bytes(frame)
        if ages_ms is None or not is_position_frame(data):
            continue
        now_ms = time.time() * 1000.0
        positions = decode_frame(data)
        if not positions.is_keyframe:  # that holds old ones too
            made = positions.t0_ms + positions.fixes["dt_ms"].astype(np.int64)
            ages_ms.extend((now_ms - made).tolist()[::50])


async def _beat(sockets: list[ClientConnection]) -> None:
    frame = encode(Beat())
    while True:
        await asyncio.sleep(_BEAT_S)
        for socket in sockets:
            await socket.send(frame)


def _send(central: Served, per_s: int, seconds: float) -> int:
    """Send fixes in ten parts a second; return how many parts."""
    wire = requests.Session()
    wire.headers["Authorization"] = f"Bearer {central.token('city', kind='gateway')}"
    part, sent = per_s // _PARTS, 0
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        fixes = np.zeros(part, dtype=INGEST)
        fixes["unit"] = (np.arange(part) + sent * part) % _UNITS + 1
        fixes["t_ms"] = time.time_ns() // 1_000_000
        fixes["lat"], fixes["lon"] = 399_000_000 + sent, 1_164_000_000 + sent
        answer = wire.post(f"{central.url}/v1/positions", data=fixes.tobytes(), timeout=30)
        answer.raise_for_status()
        sent += 1
        time.sleep(max(began + sent / _PARTS - time.monotonic(), 0.0))
    wire.close()
    return sent


def _bytes(frame: str | bytes) -> bytes:
    return frame if isinstance(frame, bytes) else frame.encode()
