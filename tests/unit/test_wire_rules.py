"""The wire's rules that central keeps, each by name (the others: outbox, tray, link, alarms)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from central_parts import CentralServer
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sync_parts import console, opened

from console.domain.ids import new_id
from console.domain.levels import Role
from console.protocol.commands import CancelIncident, OpenIncident
from console.protocol.messages import Verdict


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


def test_that_rule_6_a_command_is_authorised_when_it_arrives(
    central_server: CentralServer,
) -> None:
    """Whoever typed it, and when: the session it arrives with decides."""
    lead, seat = central_server.client(), central_server.client(Role.HOTLINE_SEAT)
    (done,) = lead.post(opened())
    incident = str(central_server.query("SELECT id FROM incident")[0][0])
    typed = lead.command(CancelIncident(incident=incident, reason="typed as a dispatcher"))
    answer = seat.http.post(
        f"{central_server.url}/v1/commands", data=msgspec.json.encode([typed]), timeout=60
    )
    assert done.verdict is Verdict.ACCEPTED
    assert answer.status_code == 403, answer.text
    assert central_server.query("SELECT stage FROM incident") == [("file",)]
    lead.close()
    seat.close()


def test_that_rule_7_one_thread_writes_each_file(
    central_server: CentralServer, tmp_path: Path
) -> None:
    writers: dict[str, set[str]] = {}

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        word = statement.split(None, 1)[0].upper()
        if word in {"INSERT", "UPDATE", "DELETE"}:
            table = statement.split('"')[1] if '"' in statement else statement.split()[2]
            writers.setdefault(table, set()).add(threading.current_thread().name)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        password = central_server.password("dispatcher")
        with console(central_server.url, password, tmp_path / "desk") as (client, recorder):
            recorder.live()
            recorder.open(client, opened())
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert writers["change_log"] == {"central-writer"}
    assert writers["result"] == {"central-writer"}
    assert writers["incident"] <= {"central-writer", "sync"}


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
