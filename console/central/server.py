"""Running central: listening, serving until told to stop, seeding the register."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import resource
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
from console.central.limits import Limits
from console.central.patience import protocol_of
from console.central.pauses import shorten_pauses
from console.central.sequencer import Sequencer, Submission
from console.central.settings import CentralError, CentralSettings
from console.central.tls import TlsFiles, renew_certificate, tls_files
from console.domain.catalogue import Grid
from console.domain.ids import new_id
from console.domain.levels import Role
from console.domain.places import Camera, Jurisdiction
from console.domain.sensors import Sensor
from console.domain.units import Unit
from console.protocol.commands import (
    AnyBody,
    PutCameras,
    PutGrids,
    PutJurisdictions,
    PutSensors,
    PutUnits,
)
from console.protocol.messages import Command, Result, Verdict
from console.store.mapping import R
from console.store.trust import is_loopback

MAX_FRAME_BYTES = 4 << 20
#: Open files and sockets of central, where the system allows them.
MOST_FILES = 65_536
_SEEDED_AT_ONCE = 500
_GRACE_S = 5
_CERTIFICATE_LOOKED_AT_S = 3600.0
_log = logging.getLogger("zhihui.central")


def run_central(settings: CentralSettings) -> int:
    """Serve until SIGTERM or SIGINT; what was accepted by then is on disk.

    Returns:
        The exit status, 0.

    Raises:
        CentralError: Central cannot start; the sentence says why.
    """
    make_room_for_streams()
    asyncio.run(_run_until_signal(settings))
    return 0


def make_room_for_streams() -> None:
    """Allow this process as many sockets as the system lets it have.

    What it begins with, 1,024 on most systems, is less than a city's handhelds and consoles.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


async def _run_until_signal(settings: CentralSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve_alone(settings, stop=stop)


async def serve_alone(
    settings: CentralSettings, *, stop: asyncio.Event, hasher: PasswordHasher | None = None
) -> None:
    """Serve as `serve`, in a process that does nothing else and is set up for it."""
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    listening.add_done_callback(lambda _url: shorten_pauses())
    await serve(settings, stop=stop, listening=listening, hasher=hasher)


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
    is_secure = _secured(settings)
    sock = _bound(settings.host, settings.port)
    with contextlib.closing(sock):
        foundation = Foundation(settings)
        with contextlib.closing(foundation):
            central = Central(settings, foundation, hasher or PasswordHasher())
            url = _url(settings.host, sock.getsockname()[1], is_secure=is_secure)
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
    files = tls_files(settings.folder) if url.startswith("https:") else None
    config = _config(central, files, settings.limits)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    stopping = asyncio.create_task(stop.wait())
    renewing = asyncio.create_task(_keep_certificate(config, files))
    with _announced(settings.folder / "server.json", url=url, port=sock.getsockname()[1]):
        _log.info("central listens on %s", url)
        central.papers.listens_at(url)
        if listening is not None:
            listening.set_result(url)
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    await central.drain()
    renewing.cancel()
    await central.hang_up()
    server.should_exit = True
    await serving


class _Server(uvicorn.Server):
    """uvicorn without its own signals: central ends when it is told, with status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to whoever runs central."""
        yield


def _secured(settings: CentralSettings) -> bool:
    """Return whether central serves with TLS: it does when it has an authority.

    Raises:
        CentralError: It has none, and others could listen in.
    """
    files = tls_files(settings.folder)
    if files.is_there:
        renew_certificate(files, at=datetime.now(UTC))
        return True
    if not is_loopback(settings.host):
        raise CentralError(
            f"Central is to listen on {settings.host}, where other machines reach it, and has no "
            "certificate: passwords and positions would be readable on the way. Run `zhihui "
            "central init --name HOST` once, with the name or address they reach it by."
        )
    return False


def _url(host: str, port: int, *, is_secure: bool) -> str:
    """Return the address that this machine's own processes reach central by."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    near = everywhere.get(host, host)
    return f"{'https' if is_secure else 'http'}://{f'[{near}]' if ':' in near else near}:{port}"


async def _keep_certificate(config: uvicorn.Config, files: TlsFiles | None) -> None:
    """Renew the certificate before it runs out, without an interruption."""
    while files is not None:
        await asyncio.sleep(_CERTIFICATE_LOOKED_AT_S)
        try:
            is_new = await asyncio.to_thread(renew_certificate, files, at=datetime.now(UTC))
            if is_new and config.ssl is not None:
                config.ssl.load_cert_chain(files.certificate, files.key)
                _log.info("the certificate was renewed")
        except (CentralError, OSError) as error:
            _log.error("the certificate could not be renewed: %s", error)


def _config(central: Central, files: TlsFiles | None, limits: Limits) -> uvicorn.Config:
    return uvicorn.Config(
        central.app,
        ssl_certfile=None if files is None else files.certificate,
        ssl_keyfile=None if files is None else str(files.key),
        http=protocol_of(limits, lambda token: central.door.session(token) is not None),
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
    grids: Sequence[Grid] = (),
    sensors: Sequence[Sensor] = (),
    replace: bool = False,
) -> None:
    """Enter rows in the register before the server runs, as commands.

    Args:
        settings: Those of the server.
        jurisdictions: To be entered.
        units: To be entered.
        cameras: To be entered.
        grids: To be entered.
        sensors: To be entered.
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
            grids = _missing(sequencer, grids)
            sensors = _missing(sequencer, sensors)
        bodies: list[AnyBody] = [
            *(PutJurisdictions(jurisdictions=some) for some in _parts(jurisdictions)),
            *(PutUnits(units=some) for some in _parts(units)),
            *(PutCameras(cameras=some) for some in _parts(cameras)),
            *(PutGrids(grids=some) for some in _parts(grids)),
            *(PutSensors(sensors=some) for some in _parts(sensors)),
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
