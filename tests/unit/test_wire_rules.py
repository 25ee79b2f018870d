"""The wire's rules that central keeps, each by name (the others: outbox, tray, link, alarms)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from central_parts import CentralServer
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sync_parts import console, opened

from console.central import routes_work
from console.central.sequencer import Job, Sequencer, Submission
from console.dispatch import rules
from console.domain.ids import new_id
from console.domain.levels import Role
from console.protocol.commands import CancelIncident, OpenIncident
from console.protocol.messages import Verdict
from console.store.together import Writes


def test_that_rule_1_a_retry_gets_the_stored_result_after_a_restart(
    central_server: CentralServer,
) -> None:
    client = central_server.client()
    command = client.command(opened())
    (first,) = client.post_commands([command])
    stored = central_server.query(
        f"SELECT count(*) FROM result WHERE command_id = '{command.command_id}'"
    )
    client.close()
    central_server.stop()
    central_server.start()
    again_client = central_server.client()
    (again,) = again_client.post_commands([command])
    again_client.close()
    assert stored == [(1,)]
    assert (first.verdict, again.verdict) == (Verdict.ACCEPTED, Verdict.DUPLICATE)
    assert (again.rev, again.version, again.numbers) == (first.rev, first.version, first.numbers)


def cancelled_by_a_seat(server: CentralServer) -> bool:
    """Whether what a dispatcher typed is done though it arrives with a hotline seat's session."""
    lead, seat = server.client(), server.client(Role.HOTLINE_SEAT)
    (done,) = lead.post(opened())
    assert done.verdict is Verdict.ACCEPTED
    ((incident,),) = server.query("SELECT id FROM incident")
    typed = lead.command(CancelIncident(incident=incident, reason="typed as a dispatcher"))
    seat.http.post(f"{server.url}/v1/commands", data=msgspec.json.encode([typed]), timeout=60)
    lead.close()
    seat.close()
    return server.query("SELECT stage FROM incident") == [("cancelled",)]


def test_that_rule_6_a_command_is_authorised_when_it_arrives(
    central_server: CentralServer,
) -> None:
    """Whoever typed it, and when: the session it arrives with decides."""
    assert not cancelled_by_a_seat(central_server)


def test_that_rule_6_switched_off_is_caught(
    central_server: CentralServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes_work, "check_may", lambda *_: None)
    monkeypatch.setattr(rules, "may", lambda *_: True)
    assert cancelled_by_a_seat(central_server)


def writers_of(
    server: CentralServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, set[str]]:
    """Return which threads write each table while a console works, central's and its own."""
    writers: dict[str, set[str]] = {}
    send = Writes.send

    def note_and_send(writes: Writes, connection: Connection) -> None:
        for table in writes.tables:  # a group goes past SQLAlchemy, straight to the driver
            writers.setdefault(table, set()).add(threading.current_thread().name)
        send(writes, connection)

    monkeypatch.setattr(Writes, "send", note_and_send)

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        word = statement.split(None, 1)[0].upper()
        if word in {"INSERT", "UPDATE", "DELETE"}:
            table = statement.split('"')[1] if '"' in statement else statement.split()[2]
            writers.setdefault(table, set()).add(threading.current_thread().name)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        password = server.password("dispatcher")
        with console(server.url, password, folder / "desk") as (client, recorder):
            recorder.live()
            recorder.open(client, opened())
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return writers


def test_that_rule_7_one_thread_writes_each_file(
    central_server: CentralServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writers = writers_of(central_server, tmp_path, monkeypatch)
    assert writers["change_log"] == {"central-writer"}
    assert writers["result"] == {"central-writer"}
    assert writers["incident"] <= {"central-writer", "sync"}


def test_that_rule_7_switched_off_is_caught(
    central_server: CentralServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Sequencer.put

    def write_here(sequencer: Sequencer, item: Submission | Job) -> None:
        if isinstance(item, Submission):
            sequencer._work(item)
        else:
            put(sequencer, item)

    monkeypatch.setattr(Sequencer, "put", write_here)
    assert writers_of(central_server, tmp_path, monkeypatch)["change_log"] != {"central-writer"}


def test_that_order_is_centrals_whoever_has_the_wrong_time(central_server: CentralServer) -> None:
    """A clock two hours off, either way, moves nothing: revisions and log follow the commits."""
    client = central_server.client()
    made: list[str] = []
    for hours in (2, -2, 0, -2, 2):
        at = datetime.now(UTC) + timedelta(hours=hours)
        incident = new_id(at)
        body = OpenIncident(incident=incident, form="0301", place="p", summary="s", channel="12345")
        command = client.command(body, command_id=new_id(at))
        (result,) = client.post_commands([msgspec.structs.replace(command, made_at=at)])
        assert result.verdict is Verdict.ACCEPTED
        made.append(incident)
    client.close()
    rows = central_server.query(
        "SELECT row_id FROM change_log WHERE row_kind = 'incident' ORDER BY rev"
    )
    assert [row[0] for row in rows] == made
    times = [
        row[0]
        for one in made
        for row in central_server.query(f"SELECT opened_at FROM incident WHERE id = '{one}'")
    ]
    assert times == sorted(times)
