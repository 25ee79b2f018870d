"""Backup and restore: whole or not at all, online, and nothing lost that a console still holds."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from central_parts import CentralClient, CentralServer, Database, some_units
from sync_parts import assigned, console, opened

from console.central.backup import NUMBERS_LEFT_OUT, checked_backup, make_backup, restore_backup
from console.central.settings import CentralError, CentralSettings
from console.domain.assignments import Assignment
from console.domain.ids import CommandId, EvidenceId, IncidentId, new_id
from console.domain.places import Evidence, EvidenceKind
from console.protocol.commands import NoteIncident
from console.protocol.messages import Result, Verdict
from console.store.outbox import Draft, EntryState, open_outbox

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)


def settings_of(server: CentralServer, home: Path | None = None) -> CentralSettings:
    url = server.database_url
    return CentralSettings(
        home=home or server.home,
        resources_dir=server.home,
        database_url=None if url.startswith("sqlite") else url,
    )


def restored(server: CentralServer, folder: Path, database: Database) -> None:
    """Put a backup in the place of a server that stands still."""
    if database.cluster is not None:  # a server's database has to be empty: another one
        server.move_to(database.url(server.home / "restored"))
    restore_backup(settings_of(server), folder, at=datetime.now(UTC), replace=True)


def photo_of(body_incident: str, data: bytes) -> Evidence:
    return Evidence(
        id=EvidenceId(new_id(datetime.now(UTC))), incident=IncidentId(body_incident),
        kind=EvidenceKind.FRAME, media_type="image/jpeg",
        sha256=hashlib.sha256(data).hexdigest(), size=len(data), captured_at=datetime.now(UTC),
    )  # fmt: skip


@pytest.fixture
def client(central_server: CentralServer) -> Iterator[CentralClient]:
    client = central_server.client()
    yield client
    client.close()


@pytest.mark.both_databases
def test_that_rule_3_a_restore_loses_nothing_that_a_console_still_holds(
    central_server: CentralServer, database: Database, tmp_path: Path
) -> None:
    server, data = central_server, b"a photo taken after the backup" * 500
    before, after = opened("before the backup"), opened("after the backup")
    order = assigned(after.incident, "u3")
    photo = photo_of(after.incident, data)
    with console(server.url, server.password("dispatcher"), tmp_path / "desk") as (
        client,
        recorder,
    ):
        recorder.live()
        recorder.open(client, before)
        made = make_backup(settings_of(server), tmp_path / "backups", at=NOW)
        recorder.open(client, after)
        client.submit(order, 1)
        client.submit_evidence(data, photo)
        client.submit(NoteIncident(incident=after.incident, text="after the photo"))
        recorder.settled()
        numbers = {row.number for (kind, _), row in recorder.rows.items() if kind == "incident"}
        server.stop()
        restored(server, made.folder, database)
        server.evidence(photo.sha256).unlink()  # its disk burnt down
        server.start()
        recorder.wait(lambda me: len(me.contents) >= 3, "the new snapshot")
        recorder.wait(lambda me: ("evidence", photo.id) in me.rows, "the evidence")
        recorder.settled()
        assert recorder.outbox.tray == ()
        assert {before.incident, after.incident} == {
            row_id for kind, row_id in recorder.rows if kind == "incident"
        }
        assignment = recorder.rows["assignment", order.assignment]
        assert isinstance(assignment, Assignment)
        assert assignment.unit == "u3"
        texts = [row.detail for (kind, _), row in recorder.rows.items() if kind == "log"]
        assert texts.count("after the photo") == 1
        again = {row.number for (kind, _), row in recorder.rows.items() if kind == "incident"}
        assert len(numbers & again) == 1, "a number given twice"
        assert int(max(again)[-5:]) > NUMBERS_LEFT_OUT
    assert server.evidence(photo.sha256).read_bytes() == data
    revs = [row[0] for row in server.query("SELECT rev FROM change_log ORDER BY rev")]
    assert revs == list(range(1, len(revs) + 1))


def test_that_rule_3_holds_whenever_the_console_is_cut_off(tmp_path: Path) -> None:
    """The note of the epoch lies with the commands: a crash, or a lost cache, changes nothing."""
    outbox = open_outbox(tmp_path / "outbox.db").outbox
    body = opened()
    draft = Draft(
        command_id=CommandId(new_id(NOW)), made_at=NOW, body=body, not_after=NOW, upload=None
    )
    outbox.add(draft)
    outbox.mark_sent([draft.command_id])
    outbox.settle(Result(command_id=draft.command_id, verdict=Verdict.ACCEPTED, rev=3), at=NOW)
    assert [outbox.of_epoch("first") for _ in range(2)] == [0, 0]
    outbox.close()
    outbox = open_outbox(tmp_path / "outbox.db").outbox  # cut off before it took the new epoch
    assert [outbox.of_epoch("second") for _ in range(2)] == [1, 0]
    (entry,) = outbox.in_state(EntryState.WAITING)
    assert entry.command.not_after is None, "what was accepted in time would be refused for its age"
    assert outbox.expire(now=NOW + timedelta(hours=1)) == []
    outbox.close()


def test_that_rule_3_offers_again_although_the_cache_was_lost(
    central_server: CentralServer, database: Database, tmp_path: Path
) -> None:
    home, password = tmp_path / "desk", central_server.password("dispatcher")
    made = make_backup(settings_of(central_server), tmp_path / "backups", at=NOW)
    body = opened("after the backup")
    with console(central_server.url, password, home) as (client, recorder):
        recorder.live()
        recorder.open(client, body)
    central_server.stop()
    restored(central_server, made.folder, database)
    for left in (home / "console" / "main").glob("cache.db*"):
        left.unlink()
    central_server.start()
    with console(central_server.url, password, home) as (_, recorder):
        recorder.wait(lambda me: ("incident", body.incident) in me.rows, "the incident")


@pytest.mark.both_databases
def test_that_a_backup_is_made_while_central_works_and_holds_what_was_accepted(
    central_server: CentralServer, client: CentralClient, database: Database, tmp_path: Path
) -> None:
    data = b"\xff\xd8 photo" * 1000
    body = opened()
    photo = photo_of(body.incident, data)
    put = f"{central_server.url}/v1/evidence/{photo.sha256}"
    assert client.http.put(put, data=data, timeout=60).status_code == 201
    (first,) = client.post(body)
    made = make_backup(settings_of(central_server), tmp_path / "backups", at=NOW)
    assert made.manifest.head == first.rev
    assert made.manifest.evidence == 1
    assert client.post(NoteIncident(incident=body.incident, text="t"))[0].verdict is (
        Verdict.ACCEPTED
    )
    later = make_backup(settings_of(central_server), tmp_path / "backups", at=NOW + timedelta(1))
    kept = f"evidence/{photo.sha256[:2]}/{photo.sha256[2:4]}/{photo.sha256}"
    assert (later.folder / kept).stat().st_ino == (made.folder / kept).stat().st_ino
    central_server.stop()
    restored(central_server, made.folder, database)
    central_server.start()
    again = central_server.client()
    assert again.session["epoch"] != client.session["epoch"]
    assert again.http.get(put, timeout=60).content == data
    assert client.http.get(put, timeout=60).status_code == 401  # old sessions are over
    assert central_server.query("SELECT max(rev) FROM change_log") == [(first.rev,)]
    again.close()


def test_that_a_backup_of_sqlite_moves_a_city_to_postgresql(
    central_server: CentralServer, client: CentralClient, database: Database, tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    client.post(opened())
    made = make_backup(settings_of(central_server), tmp_path / "backups", at=NOW)
    tables = ("incident", "unit", "log_entry", "change_log", "result", "person")
    before = {name: central_server.query(f"SELECT count(*) FROM {name}") for name in tables}
    central_server.stop()
    moved = Database(request.getfixturevalue("cluster"))
    central_server.move_to(moved.url(tmp_path / "moved"))
    restore_backup(settings_of(central_server), made.folder, at=NOW)
    assert {name: central_server.query(f"SELECT count(*) FROM {name}") for name in tables} == before
    with pytest.raises(CentralError, match="holds rows already"):
        restore_backup(settings_of(central_server), made.folder, at=NOW)
    central_server.start()
    again = central_server.client()
    assert again.post(opened())[0].verdict is Verdict.ACCEPTED
    again.close()
    central_server.stop()
    moved.drop()


def test_that_a_damaged_backup_is_refused_and_touches_nothing(
    central_server: CentralServer, client: CentralClient, tmp_path: Path
) -> None:
    client.post(opened())
    made = make_backup(settings_of(central_server), tmp_path / "backups", at=NOW)
    central_server.stop()
    before = central_server.database.read_bytes()
    whole = (made.folder / "central.db").read_bytes()
    (made.folder / "central.db").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(CentralError, match=r"damaged \(central.db\)"):
        restore_backup(settings_of(central_server), made.folder, at=NOW, replace=True)
    assert central_server.database.read_bytes() == before
    (made.folder / "central.db").write_bytes(whole)
    assert checked_backup(made.folder).format == 1
    with pytest.raises(CentralError, match="no backup"):
        restore_backup(settings_of(central_server), tmp_path, at=NOW)


def test_that_a_central_that_runs_or_is_there_is_not_replaced_unasked(
    central_server: CentralServer, client: CentralClient, tmp_path: Path
) -> None:
    made = make_backup(settings_of(central_server), tmp_path / "backups", at=NOW)
    with pytest.raises(CentralError, match="Another central is running"):
        restore_backup(settings_of(central_server), made.folder, at=NOW, replace=True)
    central_server.stop()
    with pytest.raises(CentralError, match="--replace"):
        restore_backup(settings_of(central_server), made.folder, at=NOW)
    restore_backup(settings_of(central_server), made.folder, at=NOW, replace=True)
    assert list((central_server.home / "central").glob("central-*.db"))


def test_that_the_command_line_backs_up_and_restores(tmp_path: Path) -> None:
    server = CentralServer(tmp_path / "home")

    def said(*words: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "console.app", "central", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    status, text = said("--home", str(server.home), "backup", str(tmp_path / "b"))
    assert (status, "There is no central" in text) == (2, True), text
    server.seed(some_units())
    status, text = said("backup", "--home", str(server.home), str(tmp_path / "b"))
    (folder,) = (tmp_path / "b").iterdir()
    assert (status, str(folder) in text) == (0, True), text
    there = ("restore", str(folder), "--home", str(tmp_path / "other"))
    assert said(*there)[0] == 0
    status, text = said(*there)
    assert (status, "--replace" in text) == (2, True), text
    verify = [sys.executable, "-m", "console.app", "audit", "verify", "--home"]
    for home in (server.home, tmp_path / "other"):
        done = subprocess.run([*verify, str(home)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
