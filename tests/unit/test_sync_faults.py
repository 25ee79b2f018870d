"""The sync client when wires, servers and files fail: nothing lost, nothing doubled."""

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
from sync_parts import Cut, Recorder, assigned, console, opened

from console.domain.assignments import AssignmentState
from console.domain.ids import EvidenceId, IncidentId, new_id
from console.domain.places import Evidence, EvidenceKind
from console.protocol.commands import (
    NoteIncident,
)
from console.store.outbox import EntryState
from console.sync import SyncClient
from console.sync.state import LinkPhase, LinkTrouble


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
        recorder.open(client, body)
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


def test_that_an_order_past_its_time_asks_again(
    central_server: CentralServer, wire: Cut, tmp_path: Path
) -> None:
    password = central_server.password("dispatcher")
    late_by = [timedelta(0)]
    with console(
        wire.url, password, tmp_path / "desk", now=lambda: datetime.now(UTC) + late_by[0]
    ) as (client, recorder):
        recorder.live()
        body = opened()
        recorder.open(client, body)
        wire.cut()
        recorder.wait(lambda me: me.phase is LinkPhase.DOWN)
        late = client.submit(assigned(body.incident, "u1"))
        note = client.submit(NoteIncident(incident=body.incident, text="a fact stays true"))
        recorder.wait(lambda me: me.outbox.unsent == 2)
        late_by[0] = timedelta(minutes=6)
        wire.mend()
        recorder.wait(lambda me: me.outbox.tray)
        assert [(e.command_id, e.state) for e in recorder.outbox.tray] == [
            (late, EntryState.NEEDS_ASKING)
        ]
        assert note not in [e.command_id for e in recorder.outbox.tray]
        assert client.retry(late) == late
        recorder.wait(lambda me: not me.outbox.tray and not me.outbox.pending)
        assert any(kind == "assignment" for kind, _ in recorder.rows)


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
    recorder.open(client, body)
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
        recorder.open(client, body)


def test_that_a_cache_damaged_while_running_is_built_anew(
    desk: tuple[SyncClient, Recorder], tmp_path: Path
) -> None:
    client, recorder = desk
    with closing(sqlite3.connect(tmp_path / "desk" / "console" / "main" / "cache.db")) as db:
        db.execute("DROP TABLE incident")
    body = opened()
    client.submit(body)
    recorder.wait(lambda me: ("incident", body.incident) in me.rows, "the incident")
    recorder.settled()
    recorder.live()
    assert LinkTrouble.CACHE_DAMAGED in [link.trouble for link in recorder.links]


def test_that_a_new_epoch_takes_a_snapshot_and_offers_accepted_commands_again(
    central_server: CentralServer, desk: tuple[SyncClient, Recorder]
) -> None:
    client, recorder = desk
    before, after = opened("before the backup"), opened("after the backup")
    recorder.open(client, before)
    central_server.stop()
    with (
        closing(sqlite3.connect(central_server.database)) as db,
        closing(sqlite3.connect(central_server.home / "backup.db")) as backup,
    ):
        db.backup(backup)
    central_server.start()
    recorder.live()
    recorder.open(client, after)
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
    recorder.wait(lambda me: len(me.contents) >= 3)
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
        assert client.evidence_bytes(sha256).result(60) == data
