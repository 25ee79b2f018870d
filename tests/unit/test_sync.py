"""The sync client with a real central: rows, commands, conflicts, what is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from central_parts import CentralServer, a_city, some_units
from sync_parts import Recorder, assigned, console, opened

from console.domain.incidents import Stage
from console.domain.levels import Role
from console.protocol.commands import (
    CancelIncident,
    CloseIncident,
    NoteIncident,
)
from console.protocol.positions import INGEST
from console.store.outbox import EntryState
from console.store.trust import TrustError
from console.sync import SyncClient
from console.sync.state import LinkPhase, LinkTrouble


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    """One central for all tests here: each uses units and incidents of its own."""
    server = CentralServer(tmp_path_factory.mktemp("central") / "home")
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def desk(shared: CentralServer, tmp_path: Path) -> Iterator[tuple[SyncClient, Recorder]]:
    password = shared.password("dispatcher")
    with console(shared.url, password, tmp_path / "desk") as (client, recorder):
        recorder.live()
        yield client, recorder


def test_that_a_new_console_has_all_rows_and_knows_who_it_is(
    desk: tuple[SyncClient, Recorder],
) -> None:
    _, recorder = desk
    assert {row.call_sign for (kind, _), row in recorder.rows.items() if kind == "unit"} == {
        f"K{no}" for no in range(1, 9)
    }
    assert recorder.who is not None
    assert recorder.who.role is Role.DISPATCHER
    recorder.wait(lambda me: me.links[-1].heard_at is not None and me.links[-1].behind == 0)


def test_that_a_command_comes_back_as_rows(desk: tuple[SyncClient, Recorder]) -> None:
    client, recorder = desk
    body = opened()
    recorder.open(client, body)
    incident = recorder.rows["incident", body.incident]
    assert incident.number is not None
    order = assigned(body.incident, "u7")
    client.submit(order)
    recorder.wait(lambda me: ("assignment", order.assignment) in me.rows)
    assert recorder.rows["incident", body.incident].stage is Stage.DISPATCH
    recorder.settled()
    assert recorder.outbox.tray == ()


def test_that_two_dispatchers_sending_one_unit_is_put_before_a_person(
    shared: CentralServer, desk: tuple[SyncClient, Recorder], tmp_path: Path
) -> None:
    client, recorder = desk
    one, two = opened("one"), opened("two")
    client.submit(one)
    client.submit(two)
    client.submit(assigned(one.incident, "u3"))
    recorder.settled()
    lead = shared.password("lead")
    with console(shared.url, lead, tmp_path / "b", account="lead") as (other, second):
        second.live()
        late = other.submit(assigned(two.incident, "u3"))
        second.wait(lambda me: me.outbox.tray)
        entry = second.outbox.tray[0]
        assert (entry.command_id, entry.state) == (late, EntryState.CONFLICT)
        assert entry.result is not None
        assert "K3" in (entry.result.reason or "")
        other.submit(NoteIncident(incident=two.incident, text="the queue goes on"))
        second.settled()
        assert other.discard(late)
        second.wait(lambda me: me.outbox.tray == ())


def test_that_a_rejection_can_be_tried_again_under_a_new_id(
    desk: tuple[SyncClient, Recorder],
) -> None:
    client, recorder = desk
    body = opened()
    client.submit(body)
    refused = client.submit(CloseIncident(incident=body.incident))
    recorder.wait(lambda me: me.outbox.tray)
    assert recorder.outbox.tray[0].state is EntryState.REJECTED
    again = client.retry(refused)
    assert again is not None
    assert again != refused
    recorder.wait(lambda me: me.outbox.tray and me.outbox.tray[0].command_id == again)


def test_that_positions_come_in_columns(
    shared: CentralServer, desk: tuple[SyncClient, Recorder]
) -> None:
    _, recorder = desk
    gateway = shared.client(Role.GATEWAY)
    fixes = np.zeros(2, dtype=INGEST)
    fixes["unit"], fixes["lat"], fixes["lon"] = [1, 5], 399_000_000, 1_164_000_000
    fixes["t_ms"] = int(datetime.now(UTC).timestamp() * 1000)
    answer = gateway.http.post(f"{shared.url}/v1/positions", data=fixes.tobytes())
    assert answer.json()["accepted"] == 2
    recorder.wait(lambda me: me.positions is not None and len(me.positions.nos()) == 2)
    assert recorder.positions.nos().tolist() == [1, 5]
    gateway.close()


def test_that_a_wrong_address_is_told(tmp_path: Path) -> None:
    with console("http://127.0.0.1:9", "x", tmp_path / "desk") as (_, recorder):
        recorder.wait(lambda me: me.links and me.links[-1].trouble is LinkTrouble.UNREACHABLE)
        assert recorder.phase is LinkPhase.DOWN
    nonsense = console("not an address", "x", tmp_path / "desk")
    with pytest.raises(TrustError, match="no address of a central server"), nonsense:
        pass


def test_that_a_wrong_password_is_told_with_what_central_said(
    shared: CentralServer, tmp_path: Path
) -> None:
    with console(shared.url, "wrong", tmp_path / "desk") as (_, recorder):
        recorder.wait(lambda me: me.phase is LinkPhase.REFUSED)
        assert recorder.links[-1].trouble is LinkTrouble.WRONG_PASSWORD
        assert recorder.links[-1].detail


def test_that_who_was_here_last_is_known_without_central(
    shared: CentralServer, tmp_path: Path
) -> None:
    password, home = shared.password("dispatcher"), tmp_path / "desk"
    with console(shared.url, password, home) as (_, recorder):
        recorder.live()
        who, rows = recorder.who, dict(recorder.rows)
    with console("http://127.0.0.1:9", password, home) as (_, recorder):
        recorder.wait(lambda me: me.contents)
        assert recorder.who == who
        assert recorder.rows == rows


def test_that_cancelling_is_one_thing_at_both_ends(desk: tuple[SyncClient, Recorder]) -> None:
    client, recorder = desk
    body = opened()
    recorder.open(client, body)
    version = recorder.rows["incident", body.incident].version
    client.submit(CancelIncident(incident=body.incident, reason="nothing found"), version)
    recorder.wait(lambda me: me.rows["incident", body.incident].stage is Stage.CANCELLED)
