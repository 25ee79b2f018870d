"""Too much is answered with when to come again; guessing takes longer each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from central_parts import CentralServer, a_city, some_units

from console.central.gate import Buckets
from console.central.limits import Limits, Rate
from console.central.tries import FREE_OF_BOTH, FREE_OF_NAME, TooManyTriesError, Tries
from console.domain.levels import Role
from console.protocol.commands import NoteIncident
from console.protocol.messages import Result

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def post(server: CentralServer, path: str, body: object, **more: Any) -> requests.Response:
    return requests.post(server.url + path, json=body, timeout=60, **more)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def test_that_guessing_takes_longer_each_time_and_locks_nobody_out_of_a_known_device() -> None:
    clock = Clock()
    tries = Tries(clock)
    waits: list[int] = []
    for _ in range(FREE_OF_BOTH + 3):
        tries.wrong("lead", "10.0.0.7")
        try:
            tries.check("lead", "10.0.0.7", is_known=False)
        except TooManyTriesError as error:
            waits.append(error.retry_after_s)
            clock.now += timedelta(seconds=error.retry_after_s)
            tries.check("lead", "10.0.0.7", is_known=False)
    assert waits == sorted(waits)
    assert waits[-1] >= 4 * waits[0] > 0
    for number in range(FREE_OF_NAME):
        tries.wrong("lead", f"10.0.1.{number}")
    with pytest.raises(TooManyTriesError, match="ask an administrator"):
        tries.check("lead", "10.9.9.9", is_known=False)
    tries.check("lead", "10.9.9.9", is_known=True)
    tries.check("other", "10.9.9.9", is_known=False)
    assert set(tries.locked()) == {"lead"}
    assert tries.unlock("lead")
    tries.check("lead", "10.9.9.9", is_known=False)
    assert tries.locked() == {}


def test_that_a_bucket_holds_what_it_should() -> None:
    now = [0.0]
    bucket = Buckets(Rate(per_s=2.0, burst=4.0), lambda: now[0])
    assert [bucket.wait_s("a") for _ in range(5)] == [0.0, 0.0, 0.0, 0.0, 0.5]
    assert bucket.wait_s("b") == 0.0
    now[0] = 0.5
    assert [bucket.wait_s("a"), bucket.wait_s("a")] == [0.0, 0.5]
    now[0] = 100.0
    assert bucket.wait_s("a", 10.0) == 0.0  # more than it ever holds goes when it is full
    assert bucket.wait_s("a") > 3.0


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[CentralServer]:
    """A central with very small limits."""
    server = CentralServer(tmp_path / "home")
    slow = Rate(per_s=0.01, burst=6)
    server.change_settings(
        limits=replace(Limits(), session=slow, log_on=Rate(per_s=0.01, burst=3), body_bytes=1000)
    )
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()


def test_that_too_much_is_answered_with_when_to_come_again(limited: CentralServer) -> None:
    with ExitStack() as rest:
        client = rest.enter_context(closing(limited.client()))
        url = f"{limited.url}/v1/snapshot"
        answers = [client.http.get(url, timeout=60) for _ in range(7)]
        assert [one.status_code for one in answers] == [200] * 6 + [429]
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert "wait" in answers[-1].json()["error"]
        other = rest.enter_context(closing(limited.client(Role.SHIFT_LEAD)))
        assert other.http.get(url, timeout=60).status_code == 200  # others are not held up
        for status in (401, 429):
            answer = post(limited, "/v1/session/refresh", {"refresh": "x"})
            assert answer.status_code == status


def test_that_a_body_too_large_is_cut_before_it_is_read(limited: CentralServer) -> None:
    url = f"{limited.url}/v1/session"

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    for data in (b"x" * 1001, endless()):
        answer = requests.post(url, data=data, timeout=60)
        assert answer.status_code == 413
        assert answer.json()["error"].startswith("The request holds more than 1000 bytes")


def test_that_a_fast_sender_on_a_stream_waits_and_loses_nothing(tmp_path: Path) -> None:
    server = CentralServer(tmp_path / "home")
    server.change_settings(limits=replace(Limits(), messages=Rate(per_s=50, burst=5)))
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    with closing(server.client()) as client, client.stream() as stream:
        notes = [client.command(NoteIncident(incident="i", text="t")) for _ in range(30)]
        for note in notes:
            stream.send(note)
        answered = [stream.until(Result).command_id for _ in notes]
        assert answered == [note.command_id for note in notes]
    server.stop()
