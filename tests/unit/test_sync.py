"""The sync client with a real central: in step, whatever happens to the wire."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from central_parts import CentralServer
from sync_parts import Cut, Recorder, console

from console.domain.assignments import AssignmentState
from console.domain.ids import EvidenceId, IncidentId, new_id
from console.domain.incidents import Stage
from console.domain.levels import Role
from console.domain.places import Evidence, EvidenceKind
from console.protocol.commands import (
    AssignUnit,
    CancelIncident,
    CloseIncident,
    NoteIncident,
    OpenIncident,
)
from console.protocol.positions import INGEST
from console.store.outbox import EntryState
from console.sync import SyncClient
from console.sync.state import LinkPhase, LinkTrouble


def opened(place: str = "工体北路 4号") -> OpenIncident:
    return OpenIncident(
        incident=new_id(datetime.now(UTC)), form="0301", place=place, summary="night works",
        channel="12345", lat=39.93, lon=116.44,
    )  # fmt: skip


def assigned(incident: str, unit: str) -> AssignUnit:
    return AssignUnit(assignment=new_id(datetime.now(UTC)), incident=incident, unit=unit)


@pytest.fixture
def desk(central_server: CentralServer, tmp_path: Path) -> Iterator[tuple[SyncClient, Recorder]]:
    password = central_server.password("dispatcher")
    with console(central_server.url, password, tmp_path / "desk") as (client, recorder):
        recorder.live()
        yield client, recorder


@pytest.fixture
def wire(central_server: CentralServer) -> Iterator[Cut]:
    cut = Cut(central_server.url)
    yield cut
    cut.close()


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
    client.submit(body)
    recorder.wait(lambda me: ("incident", body.incident) in me.rows)
    recorder.settled()
    incident = recorder.rows["incident", body.incident]
    assert incident.number is not None
    order = assigned(body.incident, "u7")
    client.submit(order)
    recorder.wait(lambda me: ("assignment", order.assignment) in me.rows)
    assert recorder.rows["incident", body.incident].stage is Stage.DISPATCH
    recorder.settled()
    assert recorder.outbox.tray == ()


def test_that_what_is_typed_offline_waits_and_goes_in_order_when_central_is_back(
    central_server: CentralServer, wire: Cut, tmp_path: Path
) -> None:
    password = central_server.password("dispatcher")
    with console(wire.url, password, tmp_path / "desk") as (client, recorder):
        recorder.live()
        wire.cut()
        recorder.wait(lambda me: me.phase is LinkPhase.DOWN)
        body = opened()
        client.submit(body)
        order = assigned(body.incident, "u1")
        client.submit(order)
        recorder.wait(lambda me: me.outbox.unsent == 2)
        assert [e.state for e in recorder.outbox.pending] == [EntryState.WAITING] * 2
        wire.mend()
        recorder.settled()
        assert recorder.outbox.tray == ()
        assert recorder.rows["assignment", order.assignment].state is AssignmentState.ORDERED


def test_that_a_restart_of_the_console_keeps_what_was_not_sent(
    central_server: CentralServer, tmp_path: Path
) -> None:
    password, home = central_server.password("dispatcher"), tmp_path / "desk"
    bodies = [opened(f"place {n}") for n in range(5)]
    with console("http://127.0.0.1:9", password, home) as (client, recorder):
        for body in bodies:
            client.submit(body)
        recorder.wait(lambda me: bool(me.links) and me.links[-1].trouble is LinkTrouble.UNREACHABLE)
    with console(central_server.url, password, home) as (_, recorder):
        recorder.wait(lambda me: all(("incident", b.incident) in me.rows for b in bodies))
        recorder.settled()
        numbers = [recorder.rows["incident", body.incident].number for body in bodies]
        assert numbers == sorted(numbers)


def test_that_a_wire_cut_in_the_middle_loses_and_doubles_nothing(
    central_server: CentralServer, wire: Cut, tmp_path: Path
) -> None:
    password = central_server.password("dispatcher")
    with console(wire.url, password, tmp_path / "desk") as (client, recorder):
        recorder.live()
        body = opened()
        client.submit(body)
        recorder.settled()
        texts = [f"note {n}" for n in range(40)]
        for number, text in enumerate(texts):
            client.submit(NoteIncident(incident=body.incident, text=text))
            if number % 10 == 5:
                wire.cut_after = wire.bytes_to_console + 100
            if number % 10 == 8:
                recorder.wait(lambda me: me.phase is not LinkPhase.LIVE)
                wire.mend()
        recorder.settled()
        said = [e.detail for (k, _), e in recorder.rows.items() if k == "log" and e.verb == "noted"]
        assert sorted(said) == sorted(texts)
    with closing(sqlite3.connect(central_server.database)) as db:
        kept = db.execute("SELECT detail FROM log_entry WHERE verb = 'noted'").fetchall()
    assert sorted(text for (text,) in kept) == sorted(texts)


def test_that_a_restart_of_central_is_survived_and_two_consoles_agree(
    central_server: CentralServer, tmp_path: Path
) -> None:
    password = central_server.password("dispatcher")
    lead = central_server.password("lead")
    with (
        console(central_server.url, password, tmp_path / "a") as (one, first),
        console(central_server.url, lead, tmp_path / "b", account="lead") as (two, second),
    ):
        first.live()
        second.live()
        body = opened()
        one.submit(body)
        second.wait(lambda me: ("incident", body.incident) in me.rows)
        central_server.stop()
        first.wait(lambda me: me.phase is LinkPhase.DOWN)
        mine, theirs = assigned(body.incident, "u1"), assigned(body.incident, "u2")
        one.submit(mine)
        two.submit(theirs)
        central_server.start()
        for recorder in (first, second):
            recorder.wait(lambda me: ("assignment", mine.assignment) in me.rows)
            recorder.wait(lambda me: ("assignment", theirs.assignment) in me.rows)
            recorder.settled()
        assert first.rows == second.rows


def test_that_two_dispatchers_sending_one_unit_is_put_before_a_person(
    central_server: CentralServer, desk: tuple[SyncClient, Recorder], tmp_path: Path
) -> None:
    client, recorder = desk
    one, two = opened("one"), opened("two")
    client.submit(one)
    client.submit(two)
    client.submit(assigned(one.incident, "u3"))
    recorder.settled()
    lead = central_server.password("lead")
    with console(central_server.url, lead, tmp_path / "b", account="lead") as (other, second):
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


def test_that_an_order_past_its_time_asks_again(
    central_server: CentralServer, wire: Cut, tmp_path: Path
) -> None:
    password = central_server.password("dispatcher")
    with console(
        wire.url, password, tmp_path / "desk", ask_after=timedelta(seconds=0.2)
    ) as (client, recorder):  # fmt: skip
        recorder.live()
        body = opened()
        client.submit(body)
        recorder.settled()
        wire.cut()
        recorder.wait(lambda me: me.phase is LinkPhase.DOWN)
        late = client.submit(assigned(body.incident, "u1"))
        recorder.wait(lambda me: me.outbox.unsent == 1)
        typed_at = recorder.outbox.pending[0].command.made_at
        while datetime.now(UTC) < typed_at + timedelta(seconds=0.25):
            client.evidence_bytes  # noqa: B018 - time passes
        wire.mend()
        recorder.wait(lambda me: me.outbox.tray)
        assert recorder.outbox.tray[0].state is EntryState.NEEDS_ASKING
        assert client.retry(late) == late
        recorder.settled()
        assert recorder.outbox.tray == ()


def test_that_silence_is_seen_and_healed(
    central_server: CentralServer, wire: Cut, tmp_path: Path
) -> None:
    password = central_server.password("dispatcher")
    with console(wire.url, password, tmp_path / "desk") as (_, recorder):
        recorder.live()
        wire.silence()
        recorder.wait(lambda me: me.links[-1].trouble is LinkTrouble.SILENT)
        wire.mend()
        recorder.live()


def test_that_a_gap_in_revisions_is_asked_for(
    central_server: CentralServer, desk: tuple[SyncClient, Recorder], tmp_path: Path
) -> None:
    client, recorder = desk
    body = opened()
    client.submit(body)
    recorder.settled()
    path = tmp_path / "desk" / "console" / "main" / "cache.db"
    client.stop()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE cursor SET rev = rev + 3")
        db.commit()
    password = central_server.password("dispatcher")
    with console(central_server.url, password, tmp_path / "desk") as (again, second):
        second.live()
        note = opened("after")
        again.submit(note)
        second.wait(lambda me: ("incident", note.incident) in me.rows)
        second.wait(lambda me: me.links[-1].behind == 0)


def test_that_a_damaged_cache_is_set_aside_and_built_anew(
    central_server: CentralServer, tmp_path: Path
) -> None:
    password, home = central_server.password("dispatcher"), tmp_path / "desk"
    path = home / "console" / "main" / "cache.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"SQLite format 3\x00" + b"garbage" * 1000)
    with console(central_server.url, password, home) as (client, recorder):
        recorder.live()
        recorder.wait(lambda me: ("unit", "u1") in me.rows)
        damaged = [link for link in recorder.links if link.trouble is LinkTrouble.CACHE_DAMAGED]
        assert damaged
        assert Path(damaged[0].detail).is_file()
        body = opened()
        client.submit(body)
        recorder.settled()


def test_that_a_new_epoch_takes_a_snapshot_and_offers_accepted_commands_again(
    central_server: CentralServer, desk: tuple[SyncClient, Recorder]
) -> None:
    client, recorder = desk
    before, after = opened("before the backup"), opened("after the backup")
    client.submit(before)
    recorder.settled()
    central_server.stop()
    with (
        closing(sqlite3.connect(central_server.database)) as db,
        closing(sqlite3.connect(central_server.home / "backup.db")) as backup,
    ):
        db.backup(backup)
    central_server.start()
    recorder.live()
    client.submit(after)
    recorder.wait(lambda me: ("incident", after.incident) in me.rows)
    recorder.settled()
    central_server.stop()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{central_server.database}{suffix}").unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(central_server.home / "backup.db")) as backup,
        closing(sqlite3.connect(central_server.database)) as db,
    ):
        backup.backup(db)
        db.execute("UPDATE meta SET value = 'restored' WHERE key = 'epoch'")
        db.commit()
    central_server.start()
    recorder.wait(lambda me: len(me.contents) == 3)
    recorder.wait(lambda me: ("incident", after.incident) in me.rows)
    recorder.settled()
    assert recorder.outbox.tray == ()
    assert ("incident", before.incident) in recorder.rows


def test_that_evidence_survives_a_restart_and_reaches_central_before_it_is_named(
    central_server: CentralServer, tmp_path: Path
) -> None:
    password, home = central_server.password("dispatcher"), tmp_path / "desk"
    data = np.random.default_rng(1).bytes(200_000)
    sha256 = hashlib.sha256(data).hexdigest()
    body = opened()
    evidence = Evidence(
        id=EvidenceId(new_id(datetime.now(UTC))), incident=IncidentId(body.incident),
        kind=EvidenceKind.FRAME, media_type="image/jpeg", sha256=sha256, size=len(data),
        captured_at=datetime.now(UTC),
    )  # fmt: skip
    with console("http://127.0.0.1:9", password, home) as (client, _):
        client.submit(body)
        client.submit_evidence(data, evidence)
    with console(central_server.url, password, home) as (client, recorder):
        recorder.wait(lambda me: ("evidence", evidence.id) in me.rows)
        recorder.settled()
        (home / "console" / "main" / "evidence" / sha256).unlink()
        assert client.evidence_bytes(sha256).result(10) == data


def test_that_positions_come_in_columns(
    central_server: CentralServer, desk: tuple[SyncClient, Recorder]
) -> None:
    _, recorder = desk
    gateway = central_server.client(Role.GATEWAY)
    fixes = np.zeros(2, dtype=INGEST)
    fixes["unit"], fixes["lat"], fixes["lon"] = [1, 5], 399_000_000, 1_164_000_000
    fixes["t_ms"] = int(datetime.now(UTC).timestamp() * 1000)
    answer = gateway.http.post(f"{central_server.url}/v1/positions", data=fixes.tobytes())
    assert answer.json()["accepted"] == 2
    recorder.wait(lambda me: me.positions is not None and len(me.positions.nos()) == 2)
    assert recorder.positions.nos().tolist() == [1, 5]
    gateway.close()


@pytest.mark.parametrize(
    ("url", "trouble"),
    [
        ("http://127.0.0.1:9", LinkTrouble.UNREACHABLE),
        ("not an address", LinkTrouble.NOT_CENTRAL),
    ],
)
def test_that_a_wrong_address_is_told(tmp_path: Path, url: str, trouble: LinkTrouble) -> None:
    with console(url, "x", tmp_path / "desk") as (_, recorder):
        recorder.wait(lambda me: me.links and me.links[-1].trouble is trouble)
        assert recorder.phase is LinkPhase.DOWN


def test_that_a_wrong_password_is_told_with_what_central_said(
    central_server: CentralServer, tmp_path: Path
) -> None:
    with console(central_server.url, "wrong", tmp_path / "desk") as (_, recorder):
        recorder.wait(lambda me: me.phase is LinkPhase.REFUSED)
        assert recorder.links[-1].trouble is LinkTrouble.WRONG_PASSWORD
        assert recorder.links[-1].detail


def test_that_who_was_here_last_is_known_without_central(
    central_server: CentralServer, tmp_path: Path
) -> None:
    password, home = central_server.password("dispatcher"), tmp_path / "desk"
    with console(central_server.url, password, home) as (_, recorder):
        recorder.live()
        who, rows = recorder.who, dict(recorder.rows)
    with console("http://127.0.0.1:9", password, home) as (_, recorder):
        recorder.wait(lambda me: me.contents)
        assert recorder.who == who
        assert recorder.rows == rows


def test_that_cancelling_is_one_thing_at_both_ends(desk: tuple[SyncClient, Recorder]) -> None:
    client, recorder = desk
    body = opened()
    client.submit(body)
    recorder.settled()
    version = recorder.rows["incident", body.incident].version
    client.submit(CancelIncident(incident=body.incident, reason="nothing found"), version)
    recorder.wait(lambda me: me.rows["incident", body.incident].stage is Stage.CANCELLED)
