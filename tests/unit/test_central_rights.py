"""Who may what, written down once more: every route and every command, denied unless named here."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from central_parts import (
    LOGINS,
    QUICK_HASHER,
    CentralClient,
    CentralServer,
    Stream,
    a_city,
    some_units,
)
from command_samples import samples
from fastapi import FastAPI
from handheld_rights import HANDHELD_COMMANDS, HANDHELD_OWN, HANDHELD_PAGES, HANDHELD_ROUTES
from message_samples import others
from other_rights import OTHERS
from real_data import ROOT
from websockets.exceptions import ConnectionClosed

from console.central.central import Central, Foundation
from console.central.rights import ROUTE_RIGHTS, check_every_route, routes_of
from console.central.settings import CentralError, CentralSettings
from console.domain.assignments import AssignmentState
from console.domain.audit import SEALED
from console.domain.ids import new_id
from console.domain.levels import Role
from console.domain.permissions import ALLOWED, Reach
from console.domain.places import Camera
from console.protocol import commands as c
from console.protocol.commands import AnyBody, PutCameras, name_of
from console.protocol.messages import (
    Ack,
    AnyMessage,
    Beat,
    Changes,
    Command,
    Message,
    Refused,
    Result,
    Verdict,
    Welcome,
)
from console.store.cameraseal import CameraKey

_R = Role
_DESK = {_R.DISPATCHER, _R.SHIFT_LEAD}
_WALL = {*_DESK, _R.VIDEO_OPERATOR}
_STREET = {_R.OFFICER, _R.GATEWAY}
_SEES_ROWS = {*_WALL, _R.HOTLINE_SEAT, _R.SUPERVISOR, _R.ADMINISTRATOR}
EVERYBODY = set(Role)
#: Who may ask for what; ``None`` for what needs no token.
ROUTES: dict[tuple[str, str], set[Role] | None] = {
    ("POST", "/v1/session"): None,
    ("DELETE", "/v1/session"): EVERYBODY,
    ("POST", "/v1/session/refresh"): None,
    ("POST", "/v1/session/unlock"): EVERYBODY,
    ("GET", "/v1/people"): {_R.ADMINISTRATOR},
    ("POST", "/v1/people"): {_R.ADMINISTRATOR},
    ("PATCH", "/v1/people/{person}"): {_R.ADMINISTRATOR},
    ("POST", "/v1/people/{person}/unlock"): {_R.ADMINISTRATOR},
    ("GET", "/v1/officers"): {_R.ADMINISTRATOR},
    ("POST", "/v1/officers/slips"): {_R.ADMINISTRATOR},
    ("POST", "/v1/officers/{call_sign}/pin"): {_R.ADMINISTRATOR},
    ("GET", "/v1/devices"): {_R.ADMINISTRATOR},
    ("PATCH", "/v1/devices/{device}"): {_R.ADMINISTRATOR},
    ("POST", "/v1/devices/codes"): {_R.ADMINISTRATOR},
    ("GET", "/v1/health"): None,
    ("GET", "/v1/city"): EVERYBODY,
    ("GET", "/v1/city/pack"): EVERYBODY,
    ("GET", "/v1/tiles/{theme}/{z}/{x}/{y}.png"): None,
    ("POST", "/v1/commands"): EVERYBODY,  # each command by its own right, below
    ("POST", "/v1/positions"): _STREET,
    ("PUT", "/v1/evidence/{sha256}"): {*_WALL, *_STREET},
    ("PATCH", "/v1/evidence/{sha256}"): {*_WALL, *_STREET},
    ("GET", "/v1/evidence/{sha256}/upload"): {*_WALL, *_STREET},
    ("GET", "/v1/evidence/{sha256}"): {*_WALL, _R.SUPERVISOR},
    ("GET", "/v1/snapshot"): _SEES_ROWS,
    **HANDHELD_ROUTES,
    ("GET", "/v1/situation"): _SEES_ROWS,
    ("GET", "/v1/handheld/tasks"): _STREET,
    ("GET", "/v1/intake/history"): {*_DESK, _R.HOTLINE_SEAT, _R.SUPERVISOR},
    ("GET", "/v1/readings"): _SEES_ROWS,
    ("GET", "/v1/areas/{area}/events"): _SEES_ROWS,
    ("GET", "/v1/readings/past"): _SEES_ROWS,
    ("POST", "/v1/readings"): {_R.GATEWAY},
    ("GET", "/v1/admin/rows/{kind}"): {_R.ADMINISTRATOR},
    ("GET", "/v1/admin/roles"): {_R.ADMINISTRATOR},
    ("GET", "/metrics"): None,
    ("GET", "/v1/retention"): {_R.ADMINISTRATOR},
    ("POST", "/v1/retention"): {_R.ADMINISTRATOR},
    ("GET", "/v1/trails"): {*_DESK, _R.SUPERVISOR},
    ("POST", "/v1/patrol/turn"): _WALL,
    ("GET", "/v1/patrol/plans"): _WALL,
    ("PUT", "/v1/patrol/plans/{plan}"): _WALL,
    ("DELETE", "/v1/patrol/plans/{plan}"): _WALL,
    ("GET", "/v1/patrol/looks"): _WALL,
    ("GET", "/v1/patrol/past"): _WALL,
    ("GET", "/v1/cameras/key"): _WALL,
    ("GET", "/v1/audit"): {_R.ADMINISTRATOR},
    ("GET", "/v1/audit/export"): {_R.ADMINISTRATOR},
    ("GET", "/v1/audit/verify"): {_R.ADMINISTRATOR},
}
STREAMS: dict[tuple[str, str], set[Role]] = {
    ("WS", "/v1/stream"): _SEES_ROWS,
    ("WS", "/v1/handheld/stream"): _STREET,
}
OPEN_PAGES = {*HANDHELD_PAGES, ("GET", "/v1/openapi.json")}
COMMANDS: dict[str, set[Role]] = {
    "OpenIncident": {*_WALL, _R.HOTLINE_SEAT, *_STREET},
    "AmendIncident": _DESK,
    "NoteIncident": {*_WALL, _R.HOTLINE_SEAT, _R.SUPERVISOR},
    "AddReport": {*_WALL, _R.HOTLINE_SEAT, _R.GATEWAY},
    "AssignUnit": _DESK,
    "OrderByVoice": _DESK,
    "WithdrawAssignment": _DESK,
    "MoveAssignment": {*_DESK, *_STREET},
    "ReportOutcome": _STREET,
    "VerifyIncident": {*_DESK, _R.SUPERVISOR},
    "CloseIncident": _DESK,
    "CancelIncident": _DESK,
    "AttachEvidence": {*_WALL, *_STREET},
    "SetDuty": {*_DESK, *_STREET},
    "PutUnits": {_R.ADMINISTRATOR, _R.GATEWAY},
    "PutCameras": {_R.ADMINISTRATOR, _R.GATEWAY},
    "PutJurisdictions": {_R.ADMINISTRATOR},
    "PutAreas": _DESK,
    "TellAreaEvents": {_R.ADMINISTRATOR},
    "PauseIncident": _DESK,
    "ResumeIncident": _DESK,
    "ReopenIncident": {*_DESK, _R.HOTLINE_SEAT, _R.SUPERVISOR},
    "CallBack": {*_DESK, _R.HOTLINE_SEAT, _R.SUPERVISOR},
    "JoinIncidents": _DESK,
    "PartIncidents": _DESK,
    "SplitReport": _DESK,
    "LinkIncident": _DESK,
    "MarkAlarm": _DESK,
    "PressPanic": _STREET,
    "AnswerRoll": {*_DESK, *_STREET},
    "PutLimitRules": {_R.ADMINISTRATOR},
    "PutCalendarDays": {_R.ADMINISTRATOR},
    "PutCatalogue": {_R.ADMINISTRATOR},
    "PutGrids": {_R.ADMINISTRATOR},
    "PutSensors": {_R.ADMINISTRATOR},
    "SendMessage": _DESK,
    "MarkMessage": {*_DESK, *_STREET},
    "ReplyMessage": _STREET,
    "SeeReply": _DESK,
    "EndRollCall": _DESK,
    "PutRoster": {*_DESK, _R.GATEWAY},
    "PutInstructions": _DESK,
    "PrepareHandover": _DESK,
    "ReadBack": _DESK,
    "SignHandover": _DESK,
    "TakeReport": {*_DESK, _R.HOTLINE_SEAT},
    "ExplainChoice": _DESK,
    "TransferTask": _DESK,
    "CallUp": _DESK,
    "EscalateOrder": {*_DESK, _R.SUPERVISOR},
    "AskHelp": _DESK,
    "AnswerHelp": _DESK,
    "EndHelp": _DESK,
    "PutSector": _DESK,
    "PutPost": _DESK,
    "PlaceInSector": _DESK,
    "OpenEvent": _DESK,
    "NotePlace": {*_DESK, _R.HOTLINE_SEAT},
    **HANDHELD_COMMANDS,
}
PASSWORD = "hikvision-12345"
RESOURCES = ROOT / "resources"


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    """A central with a camera that has a password."""
    server = CentralServer(tmp_path / "home")
    server.seed(some_units(), [camera("c1")], a_city())
    server.start()
    yield server
    server.stop()


def camera(row_id: str) -> Camera:
    at = "rtsp://h/1"
    return Camera(id=row_id, name="东单", main_url=at, username="admin", password=PASSWORD)


@pytest.fixture
def clients(central: CentralServer) -> Iterator[dict[Role, CentralClient]]:
    """Somebody of every role."""
    with ExitStack() as open_ones:
        found = {role: central.client(role) for role in LOGINS}
        found[Role.OFFICER] = central.officer("K1")
        for client in found.values():
            open_ones.callback(client.close)
        yield found


#: What reaches no further than its own unit, or is about no place; the rest is by district.
OWN = {(_R.OFFICER, name) for name in (
    "MoveAssignment", "ReportOutcome", "SetDuty", "AttachEvidence", "OpenIncident",
    "PressPanic", "AnswerRoll", "MarkMessage", "ReplyMessage", "write:positions", "handheld",
    *HANDHELD_OWN,
)}  # fmt: skip
ANYWHERE = {"read:city", "write:evidence", "read:metrics", "NotePlace", "write:readings"}
WHOLE_CITY_ONLY = {
    "TellAreaEvents", "PutCatalogue", "PutGrids", "PutSensors",
    "PutJurisdictions", "PutLimitRules", "PutCalendarDays", "read:audit", "retention",
    "read:people", "write:people", "read:devices", "write:devices",
}  # fmt: skip


def test_that_the_table_of_rights_is_the_one_written_here() -> None:
    assert set(ALLOWED) == set(Role)
    assert set(COMMANDS) == {body.__name__ for body in AnyBody.__args__}
    for role, allowed in ALLOWED.items():
        for name, reach in allowed.items():
            wanted = Reach.REMIT
            if (role, name) in OWN:
                wanted = Reach.OWN
            elif name in ANYWHERE:
                wanted = Reach.ANYWHERE
            elif name in WHOLE_CITY_ONLY:
                wanted = Reach.CITY
            assert reach is wanted, (role, name)
    wanted = {
        role: {name for name, roles in (COMMANDS | OTHERS).items() if role in roles}
        for role in Role
    }
    assert {role: set(allowed) for role, allowed in ALLOWED.items()} == wanted


def test_that_every_route_the_server_has_is_walked_here(tmp_path: Path) -> None:
    async def served() -> set[tuple[str, str]]:
        settings = CentralSettings(home=tmp_path, resources_dir=RESOURCES)
        with closing(Foundation(settings)) as foundation:
            central = Central(settings, foundation, QUICK_HASHER)
            app: FastAPI = central.app
            app.add_api_route("/v1/new", served)
            with pytest.raises(CentralError, match="/v1/new"):
                check_every_route(app)
            return routes_of(app) - {("GET", "/v1/new")}

    walked = set(ROUTES) | set(STREAMS) | set(OPEN_PAGES)
    assert asyncio.run(served()) == walked
    assert set(ROUTE_RIGHTS) == walked


def test_that_every_route_lets_in_whom_it_should_and_nobody_else(
    central: CentralServer, clients: dict[Role, CentralClient]
) -> None:
    some = clients[Role.DISPATCHER].http
    for (method, path), allowed in ROUTES.items():
        if allowed is None or (method, path) == ("DELETE", "/v1/session"):
            continue
        url = central.url + path.replace("{sha256}", "0" * 64)
        for token in ({}, {"Authorization": "Bearer nonsense"}):
            answer = some.request(method, url, headers={"Authorization": "", **token}, timeout=60)
            assert answer.status_code == 401, (method, path, token)
        for role, client in clients.items():
            status = client.http.request(method, url, timeout=60).status_code
            assert (status == 403) is (role not in allowed), (method, path, role, status)
            assert status < 500, (method, path, role)


def test_that_passwords_of_cameras_go_only_to_those_who_open_streams(
    central: CentralServer, clients: dict[Role, CentralClient], tmp_path: Path
) -> None:
    admin = clients[Role.ADMINISTRATOR]
    for role in sorted(_SEES_ROWS):
        file = tmp_path / f"{role}.sqlite"
        snapshot = clients[role].http.get(f"{central.url}/v1/snapshot", timeout=60)
        file.write_bytes(snapshot.content)
        with closing(sqlite3.connect(file)) as db:
            held = set(db.execute("SELECT id, username, password FROM camera"))
        may_see = role in _WALL
        assert PASSWORD.encode() not in snapshot.content, role
        assert {name[:9] for _, name, _ in held} == {SEALED}, role
        assert {word is None for *_, word in held} == {not may_see}, role
        if may_see:
            given = clients[role].http.get(f"{central.url}/v1/cameras/key", timeout=60).json()
            for row_id, name, word in held:
                sealed = replace(camera(row_id), username=name, password=word)
                assert CameraKey(given["key"]).opened(sealed) == camera(row_id)
        epoch = clients[role].session["epoch"]
        with clients[role].stream(epoch=epoch, rev=0) as stream:
            missed = stream.until(Changes).changes
            admin.post(PutCameras(cameras=(camera(new_id(datetime.now(UTC))),)))
            news = stream.until(Changes).changes
        shown = [one.patch for one in (*missed, *news) if one.row_kind == "camera"]
        assert len(shown) >= 2
        assert all((one["password"] is None) is not may_see for one in shown), role
        assert PASSWORD not in str(shown), role


def test_that_every_command_is_refused_whoever_may_not_give_it_by_either_way(
    clients: dict[Role, CentralClient],
) -> None:
    assert {type(body) for body in samples()} == set(AnyBody.__args__)
    for role, client in clients.items():
        for body in samples():
            denied = role not in COMMANDS[name_of(body)]
            answer = client.http.post(
                f"{client.server.url}/v1/commands",
                data=msgspec.json.encode(client.command(body)),
                timeout=60,
            )
            assert (answer.status_code == 403) is denied, (role, body)
    for (_, path), allowed in STREAMS.items():
        for role in sorted(allowed):
            client = clients[role]
            with opened_stream(client, path) as stream:
                for body in samples():
                    stream.send(client.command(body))
                    result = stream.until(Result)
                    said = f"A {role} may not do" in (result.reason or "")
                    assert said is (role not in COMMANDS[name_of(body)]), (role, body)


def opened_stream(client: CentralClient, path: str) -> Stream:
    if path == "/v1/stream":
        return client.stream()
    return client.handheld()


def code_after(stream: Stream, message: Message) -> int | None:
    """Return the code central hangs up with when a message comes."""

    def send_and_wait() -> None:
        stream.send(message)
        stream.until(Result)

    with pytest.raises(ConnectionClosed) as caught:
        send_and_wait()
    return None if caught.value.rcvd is None else caught.value.rcvd.code


def test_that_every_message_is_heard_from_whom_it_should_be_and_nobody_else(
    central: CentralServer, clients: dict[Role, CentralClient]
) -> None:
    assert {type(one) for one in others()} | {Command} == set(AnyMessage.__args__)
    for (_, path), allowed in STREAMS.items():
        heard = {Beat} if path == "/v1/stream" else {Beat, Ack}
        for role, client in clients.items():
            with opened_stream(client, path) as stream:
                assert isinstance(stream.welcome, Welcome) is (role in allowed), (role, path)
        for role in sorted(allowed):
            client = clients[role]
            for message in others():
                with opened_stream(client, path) as stream:
                    note = client.command(c.NoteIncident(incident="i", text="t"))
                    if type(message) in heard:
                        stream.send(message)
                        stream.send(note)
                        assert stream.until(Result).command_id, (role, message)
                        continue
                    assert code_after(stream, message) == 1007, (role, message)
        for first in [*others(), client.command(c.NoteIncident(incident="i", text="t"))]:
            is_binary = path == "/v1/stream"
            with Stream(central.ws_url + path, None, is_binary=is_binary) as stream:
                stream.send(first)
                assert isinstance(stream.receive(), Refused), (path, first)


def test_that_an_officer_speaks_for_one_unit_whatever_is_asked(
    central: CentralServer, clients: dict[Role, CentralClient]
) -> None:
    lead, officer = clients[Role.SHIFT_LEAD], clients[Role.OFFICER]
    body = c.OpenIncident(
        incident=new_id(datetime.now(UTC)), form="0301", place="p", summary="s", channel="12345"
    )
    sent = c.AssignUnit(assignment="a2", incident=body.incident, unit="u2")
    assert {one.verdict for one in lead.post(body, sent)} == {Verdict.ACCEPTED}
    now = datetime.now(UTC)
    for other in (
        c.MoveAssignment(assignment="a2", state=AssignmentState.SEEN, at=now),
        c.ReportOutcome(assignment="a2", outcome="o", at=now),
        c.SetDuty(unit="u2", on_duty=False, at=now),
    ):
        (result,) = officer.post(other)
        assert result.verdict is Verdict.REJECTED, other
        assert "Only K2 itself" in (result.reason or "")
    with officer.handheld("u2") as stream:
        assert isinstance(stream.welcome, Refused)
