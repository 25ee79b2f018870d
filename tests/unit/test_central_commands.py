"""Commands at a real central: carried out once, in order, on disk before they are accepted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from central_parts import LOGINS, CentralClient, CentralServer

from console.domain.ids import new_id
from console.domain.levels import Role
from console.domain.permissions import may
from console.protocol.commands import (
    AmendIncident,
    AnyBody,
    AssignUnit,
    CloseIncident,
    NoteIncident,
    OpenIncident,
    PutUnits,
    SetDuty,
    VerifyIncident,
    name_of,
)
from console.protocol.messages import Changes, Result, Verdict

pytestmark = pytest.mark.both_databases


def fresh() -> str:
    return new_id(datetime.now(UTC))


def opened(incident: str) -> OpenIncident:
    return OpenIncident(
        incident=incident, form="0301", place="工体北路", summary="夜间施工", channel="12345"
    )


def revs_in(server: CentralServer) -> list[int]:
    return [row[0] for row in server.query("SELECT rev FROM change_log ORDER BY rev")]


def test_that_a_command_sent_again_is_carried_out_once(central_server: CentralServer) -> None:
    client = central_server.client()
    incident = fresh()
    command = client.command(opened(incident))
    first, again = (client.post_commands([command])[0] for _ in range(2))
    assert (first.verdict, again.verdict) == (Verdict.ACCEPTED, Verdict.DUPLICATE)
    assert first.numbers[incident].endswith("-00001")
    assert (again.rev, again.version, again.numbers) == (first.rev, first.version, first.numbers)
    in_one_group = client.post_commands([client.command(opened(fresh()), command_id="x")] * 2)
    assert [one.verdict for one in in_one_group] == [Verdict.ACCEPTED, Verdict.DUPLICATE]
    central_server.stop()
    central_server.start()
    assert client.post_commands([command])[0] == again
    client.close()


def test_that_a_conflict_gives_the_row_as_it_is_and_stays_a_conflict(
    central_server: CentralServer,
) -> None:
    client = central_server.client()
    incident = fresh()
    client.post(opened(incident))
    client.post(AmendIncident(incident=incident, level=1), base_version=1)
    late = client.command(AmendIncident(incident=incident, level=2), base_version=1)
    first, again = (client.post_commands([late])[0] for _ in range(2))
    assert first == again
    assert first.verdict is Verdict.CONFLICT
    assert first.version == 2
    assert first.current is not None
    assert first.current["level"] == 1
    client.close()


def test_that_a_command_that_waited_too_long_is_not_carried_out(
    central_server: CentralServer,
) -> None:
    client = central_server.client()
    command = client.command(opened(fresh()))
    over = msgspec.structs.replace(command, not_after=datetime.now(UTC) - timedelta(seconds=1))
    (result,) = client.post_commands([over])
    assert result.verdict is Verdict.REJECTED
    assert "waited" in str(result.reason)
    client.close()


def test_that_revisions_are_contiguous_under_eight_submitters(
    central_server: CentralServer,
) -> None:
    watcher = central_server.client(Role.SHIFT_LEAD)
    clients = [central_server.client() for _ in range(8)]

    def submit(client: CentralClient) -> list[Result]:
        return [client.post(opened(fresh()))[0] for _ in range(20)]

    with watcher.stream() as stream:
        before = stream.welcomed.heads["main"]
        with ThreadPoolExecutor(8) as pool:
            results = [one for some in pool.map(submit, clients) for one in some]
        assert {one.verdict for one in results} == {Verdict.ACCEPTED}
        head = max(one.rev or 0 for one in results)
        seen: list[int] = []
        while not seen or seen[-1] < head:
            seen += [change.rev for change in stream.until(Changes).changes]
    assert seen == list(range(before + 1, head + 1))
    assert revs_in(central_server) == list(range(1, head + 1))
    numbers = [number for one in results for number in one.numbers.values()]
    assert len(set(numbers)) == len(numbers) == 160
    for client in (watcher, *clients):
        client.close()


def body_for(name: str) -> AnyBody:
    bodies: dict[str, AnyBody] = {
        "OpenIncident": opened(fresh()),
        "AmendIncident": AmendIncident(incident="i", level=1),
        "NoteIncident": NoteIncident(incident="i", text="t"),
        "AssignUnit": AssignUnit(assignment=fresh(), incident="i", unit="u1"),
        "VerifyIncident": VerifyIncident(incident="i", passed=True),
        "CloseIncident": CloseIncident(incident="i"),
        "SetDuty": SetDuty(unit="u1", on_duty=True, at=datetime.now(UTC)),
        "PutUnits": PutUnits(units=()),
    }
    return bodies[name]


def test_that_every_role_is_kept_to_its_commands(central_server: CentralServer) -> None:
    names = ("OpenIncident", "AmendIncident", "NoteIncident", "AssignUnit", "VerifyIncident",
             "CloseIncident", "SetDuty", "PutUnits")  # fmt: skip
    clients = {role: central_server.client(role) for role in LOGINS}
    clients[Role.OFFICER] = central_server.officer("K1")
    for role, client in clients.items():
        for name in names:
            body = body_for(name)
            answer = client.http.post(
                f"{central_server.url}/v1/commands",
                data=msgspec.json.encode(client.command(body)),
                timeout=60,
            )
            assert (answer.status_code == 403) is not may(role, name_of(body)), (role, name)
            if answer.status_code == 403:
                assert name in answer.json()["error"]
        client.close()


def test_that_rights_hold_on_the_stream_too(central_server: CentralServer) -> None:
    supervisor, city = central_server.client(Role.SUPERVISOR), central_server.client(Role.GATEWAY)
    with supervisor.stream() as stream:
        command = supervisor.command(opened(fresh()))
        stream.send(command)
        result = stream.until(Result)
        assert (result.command_id, result.verdict) == (command.command_id, Verdict.REJECTED)
    with city.stream() as refused:
        assert "may not use this stream" in str(refused.welcome)
    for client in (supervisor, city):
        client.close()


GARBAGE = (
    b"",
    b"[]x",
    b"{}",
    b'["command"]',
    b'["beat"]',
    b"[[[[",
    b"\xff\xfe",
    b"[" * 5000,
    b'[["command","x","c",1,"2026-11-22T08:00:00Z",{"type":"Nothing"}]]',
    b'["command","x","c",1,"yesterday",{"type":"CloseIncident","incident":"i"}]',
)


def test_that_garbage_is_answered_with_a_sentence(central_server: CentralServer) -> None:
    client = central_server.client()
    for body in GARBAGE:
        answer = client.http.post(f"{central_server.url}/v1/commands", data=body, timeout=60)
        assert answer.status_code == 422, body
        assert answer.json()["error"].endswith(".")
    client.close()


def test_that_times_without_a_zone_are_rejected_not_guessed(central_server: CentralServer) -> None:
    client = central_server.client(Role.GATEWAY)
    naive = datetime(2026, 11, 22, 8, 0)
    result = client.post(SetDuty(unit="u1", on_duty=False, at=naive))[0]
    assert result.verdict is Verdict.REJECTED
    assert "zone" in str(result.reason)
    not_after = msgspec.structs.replace(
        client.command(SetDuty(unit="u1", on_duty=False, at=datetime.now(UTC))), not_after=naive
    )
    assert client.post_commands([not_after])[0].verdict is Verdict.REJECTED
    client.close()
