"""Running central: listening, serving until told to stop, seeding the register."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from argon2 import PasswordHasher

from console.central.acts import Actor
from console.central.central import Central, Foundation
from console.central.sequencer import Sequencer, Submission
from console.central.settings import CentralError, CentralSettings
from console.domain.ids import new_id
from console.domain.levels import Role
from console.domain.places import Camera, Jurisdiction
from console.domain.units import Unit
from console.protocol.commands import AnyBody, PutCameras, PutJurisdictions, PutUnits
from console.protocol.messages import Command, Result, Verdict
from console.store.mapping import R

MAX_FRAME_BYTES = 4 << 20
_SEEDED_AT_ONCE = 500
_GRACE_S = 5
_log = logging.getLogger("zhihui.central")


def run_central(settings: CentralSettings) -> int:
    """Serve until SIGTERM or SIGINT; what was accepted by then is on disk.

    Returns:
        The exit status, 0.

    Raises:
        CentralError: Central cannot start; the sentence says why.
    """
    asyncio.run(_run_until_signal(settings))
    return 0


async def _run_until_signal(settings: CentralSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, stop=stop)


async def serve(
    settings: CentralSettings,
    *,
    stop: asyncio.Event,
    listening: asyncio.Future[str] | None = None,
    hasher: PasswordHasher | None = None,
) -> None:
    """Serve until ``stop`` is set.

    Args:
        settings: What central is started with.
        stop: Set it to end.
        listening: Gets central's address when it listens.
        hasher: Hashes passwords; ``None`` for the cost that is advised today.

    Raises:
        CentralError: Central cannot start.
    """
    sock = _bound(settings.host, settings.port)
    with contextlib.closing(sock):
        foundation = Foundation(settings)
        with contextlib.closing(foundation):
            central = Central(settings, foundation, hasher or PasswordHasher())
            url = f"http://{settings.host}:{sock.getsockname()[1]}"
            central.start()
            try:
                await _serve_http(central, sock, settings, url=url, stop=stop, listening=listening)
            finally:
                await central.stop()
    _log.info("central has stopped")


async def _serve_http(
    central: Central,
    sock: socket.socket,
    settings: CentralSettings,
    *,
    url: str,
    stop: asyncio.Event,
    listening: asyncio.Future[str] | None,
) -> None:
    server = _Server(_config(central))
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    stopping = asyncio.create_task(stop.wait())
    with _announced(settings.folder / "server.json", url=url, port=sock.getsockname()[1]):
        _log.info("central listens on %s", url)
        if listening is not None:
            listening.set_result(url)
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    await central.drain()
    central.hang_up()
    server.should_exit = True
    await serving


class _Server(uvicorn.Server):
    """uvicorn without its own signals: central ends when it is told, with status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to whoever runs central."""
        yield


def _config(central: Central) -> uvicorn.Config:
    return uvicorn.Config(
        central.app,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,  # 13 times the work for half the bytes
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE_S,
    )


def seed_registry(
    settings: CentralSettings,
    *,
    jurisdictions: Sequence[Jurisdiction] = (),
    units: Sequence[Unit] = (),
    cameras: Sequence[Camera] = (),
    replace: bool = False,
) -> None:
    """Enter jurisdictions, units and camera points before the server runs, as commands.

    Args:
        settings: Those of the server.
        jurisdictions: To be entered.
        units: To be entered.
        cameras: To be entered.
        replace: Whether rows that are there already are replaced; else they stay as they are.

    Raises:
        CentralError: Central's database cannot be used, or a row was rejected.
    """
    foundation = Foundation(settings)
    with contextlib.closing(foundation):
        sequencer = foundation.sequencer(lambda _: None)
        if not replace:
            jurisdictions = _missing(sequencer, jurisdictions)
            units = _missing(sequencer, units)
            cameras = _missing(sequencer, cameras)
        bodies: list[AnyBody] = [
            *(PutJurisdictions(jurisdictions=some) for some in _parts(jurisdictions)),
            *(PutUnits(units=some) for some in _parts(units)),
            *(PutCameras(cameras=some) for some in _parts(cameras)),
        ]
        sequencer.start()
        try:
            for body in bodies:
                _enter(sequencer, body)
        finally:
            sequencer.stop()


def _missing(sequencer: Sequencer, rows: Sequence[R]) -> list[R]:
    kept = sequencer.kept(rows)
    return [row for row in rows if row.id not in kept]


def _parts(rows: Sequence[R]) -> list[tuple[R, ...]]:
    firsts = range(0, len(rows), _SEEDED_AT_ONCE)
    return [tuple(rows[first : first + _SEEDED_AT_ONCE]) for first in firsts]


def _enter(sequencer: Sequencer, body: AnyBody) -> None:
    at = datetime.now(UTC)
    command = Command(new_id(at), "central", 0, at, body)
    answered = threading.Event()
    answers: list[list[Result] | CentralError] = []

    def done(answer: list[Result] | CentralError) -> None:
        answers.append(answer)
        answered.set()

    actor = Actor(person=None, role=Role.ADMINISTRATOR, device="central")
    sequencer.put(Submission(commands=(command,), actor=actor, done=done))
    answered.wait()
    answer = answers[0]
    if isinstance(answer, CentralError):
        raise answer
    if answer[0].verdict not in {Verdict.ACCEPTED, Verdict.DUPLICATE}:
        raise CentralError(f"The register was not entered: {answer[0].reason}")


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address, before anything is opened or changed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with the protocol named, asyncio switches Nagle's algorithm off: 40 ms less an answer
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(256)
    except OSError as error:
        sock.close()
        raise CentralError(
            f"Central cannot listen on {host}:{port} ({error.strerror}). Another central may be "
            "running there: stop it, or choose another --port."
        ) from error
    sock.setblocking(False)
    return sock


@contextlib.contextmanager
def _announced(path: Path, *, url: str, port: int) -> Generator[None, None, None]:
    """Say in a file where central listens, for as long as it does."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"pid": os.getpid(), "port": port, "url": url}), encoding="utf-8")
    new.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
