"""Connections that say nothing, or stop half-way, are ended; those that go on are not."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from central_parts import CentralClient, CentralServer, a_city, some_units

from console.app.served import own_ca
from console.central.limits import Limits
from console.central.patience import Strangers, site_of
from console.central.tls import make_authority, tls_files
from console.protocol.commands import NoteIncident
from console.protocol.messages import Result
from console.store.trust import context_for

ENDS_WITHIN_S = 60.0
BEGUN = b"POST /v1/session HTTP/1.1\r\nHost: c\r\nContent-Length: 50\r\n"
HEALTH = b"GET /v1/health HTTP/1.1\r\nHost: c\r\n\r\n"
HALVES = {
    "nothing": b"",
    "an empty line": b"\r\n",
    "half a header": BEGUN,
    "half a body": BEGUN + b"\r\n{",
}


def whole_answer(sock: socket.socket) -> bytes:
    """Return the answer to a request for health, which ends with its JSON."""
    came = b""
    while not came.endswith(b"}"):
        piece = sock.recv(65_536)
        assert piece
        came += piece
    return came


def small(home: Path, limits: Limits) -> Iterator[CentralServer]:
    server = CentralServer(home)
    server.change_settings(limits=limits)
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[CentralServer]:
    """A central that waits a moment only."""
    yield from small(tmp_path / "home", replace(Limits(), headers_s=4.0, body_idle_s=4.0))


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[CentralServer]:
    """A central that takes few strangers."""
    yield from small(tmp_path / "home", replace(Limits(), strangers_here=3))


def connected(server: CentralServer) -> socket.socket:
    host, port = server.url.partition("://")[2].split(":")
    sock = socket.create_connection((host, int(port)), timeout=ENDS_WITHIN_S)
    ca = own_ca(server.home)
    context = None if ca is None else context_for(server.url, ca)
    if context is None:
        return sock
    context.set_alpn_protocols(["http/1.1"])
    return context.wrap_socket(sock, server_hostname=host)


def all_of(sock: socket.socket) -> bytes:
    """Return what comes until central ends the connection."""
    came = b""
    while piece := sock.recv(65_536):
        came += piece
    return came


def test_that_a_connection_that_stops_half_way_is_ended(hasty: CentralServer) -> None:
    with ExitStack() as rest:
        begun = {
            name: (rest.enter_context(closing(connected(hasty))), sent)
            for name, sent in HALVES.items()
        }
        for sock, sent in begun.values():
            sock.sendall(sent)
        came = {name: all_of(sock) for name, (sock, _) in begun.items()}
    assert came.pop("nothing") == b""
    for answer in came.values():
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"send it again" in answer


def test_that_later_requests_and_strangers_who_drip_have_a_deadline_as_well(
    hasty: CentralServer,
) -> None:
    with closing(connected(hasty)) as sock:
        sock.sendall(HEALTH)
        assert whole_answer(sock).startswith(b"HTTP/1.1 200 ")
        sock.sendall(b"GET /v1/hea")
        assert b"HTTP/1.1 408 " in all_of(sock)
    with closing(connected(hasty)) as sock:
        sock.sendall(BEGUN + b"\r\n")
        sock.settimeout(0.2)
        end = time.monotonic() + ENDS_WITHIN_S
        came = b""
        while not came:
            assert time.monotonic() < end
            sock.sendall(b" ")
            try:
                came = sock.recv(64)
            except TimeoutError:
                continue
        assert came.startswith(b"HTTP/1.1 4")


def test_that_half_an_upload_ends_and_one_that_flows_slowly_does_not(hasty: CentralServer) -> None:
    data = b"p" * 40
    sha256 = hashlib.sha256(data).hexdigest()
    with closing(hasty.client()) as client:
        url = f"{hasty.url}/v1/evidence/{sha256}"
        token = client.session["token"]
        head = f"PUT /v1/evidence/{sha256} HTTP/1.1\r\nHost: c\r\nAuthorization: Bearer {token}\r\n"
        with closing(connected(hasty)) as sock:
            sock.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data[:10])
            assert all_of(sock).startswith(b"HTTP/1.1 408 ")
        end = time.monotonic() + ENDS_WITHIN_S
        while list((hasty.home / "central").glob("**/incoming/*")):
            assert time.monotonic() < end

        def slowly() -> Iterator[bytes]:
            for first in range(0, len(data), 2):  # longer than the deadline in all
                time.sleep(0.25)
                yield data[first : first + 2]

        assert client.http.put(url, data=slowly(), timeout=60).status_code == 201


def test_that_streams_and_kept_connections_outlive_the_deadlines(hasty: CentralServer) -> None:
    with (
        closing(hasty.client()) as client,
        client.stream() as stream,
        closing(connected(hasty)) as kept,
        closing(connected(hasty)) as silent,
    ):
        kept.sendall(HEALTH)
        assert whole_answer(kept).startswith(b"HTTP/1.1 200 ")
        assert all_of(silent) == b""  # longer than any deadline of this central
        kept.sendall(HEALTH)
        assert whole_answer(kept).startswith(b"HTTP/1.1 200 ")
        note = client.command(NoteIncident(incident="i", text="t"))
        stream.send(note)
        assert stream.until(Result).command_id == note.command_id


def test_that_strangers_are_only_so_many_and_who_is_logged_on_is_none(
    narrow: CentralServer,
) -> None:
    with ExitStack() as rest:
        clients: list[CentralClient] = []
        for _ in range(5):  # more than strangers may be: each has shown its token
            client = rest.enter_context(closing(narrow.client()))
            assert client.http.get(f"{narrow.url}/v1/snapshot", timeout=60).status_code == 200
            clients.append(client)
        silent = [rest.enter_context(closing(connected(narrow))) for _ in range(3)]
        refused = rest.enter_context(closing(connected(narrow)))
        assert all_of(refused).startswith(b"HTTP/1.1 503 ")
        for client in clients:
            assert client.http.get(f"{narrow.url}/v1/snapshot", timeout=60).status_code == 200
        for sock in silent:
            sock.close()
        end = time.monotonic() + ENDS_WITHIN_S
        while not _is_taken(narrow):
            assert time.monotonic() < end


def _is_taken(server: CentralServer) -> bool:
    try:
        return requests.get(f"{server.url}/v1/health", timeout=60).status_code == 200
    except requests.ConnectionError:
        return False


def test_that_half_requests_end_under_tls_and_whole_ones_are_answered(tmp_path: Path) -> None:
    make_authority(tls_files(tmp_path / "home" / "central"), at=datetime.now(UTC))
    for server in small(tmp_path / "home", replace(Limits(), headers_s=2.0, body_idle_s=2.0)):
        for sent in (BEGUN, BEGUN + b"\r\n{"):
            with closing(connected(server)) as sock:
                assert isinstance(sock, ssl.SSLSocket)
                sock.sendall(sent)
                assert all_of(sock).startswith(b"HTTP/1.1 408 ")
        with closing(server.client()) as client:
            url = f"{server.url}/v1/health"
            assert client.http.get(url, timeout=60).status_code == 200


def test_that_strangers_are_counted_by_place() -> None:
    strangers = Strangers(replace(Limits(), strangers=2, strangers_here=3))
    assert [strangers.let_in("10.0.0.7") for _ in range(3)] == [True, True, False]
    assert strangers.let_in("10.0.0.8")
    assert [strangers.let_in("127.0.0.1") for _ in range(4)] == [True, True, True, False]
    strangers.gone("10.0.0.7")
    assert strangers.let_in("10.0.0.7")
    assert [site_of(f"2001:db8::{no}") for no in (1, 2)] == ["2001:db8::"] * 2
    assert [site_of(one) for one in ("::ffff:10.0.0.7", "::1", "")] == ["10.0.0.7", "::1", ""]
