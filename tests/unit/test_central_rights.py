"""Who may what, written down once more: every route and every command, denied unless named here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from central_parts import LOGINS, CentralClient, CentralServer, a_city, some_units

from console.domain.ids import new_id
from console.domain.levels import Role
from console.domain.permissions import ALLOWED
from console.domain.places import Camera
from console.protocol.commands import AnyBody, PutCameras
from console.protocol.messages import Changes

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
    ("GET", "/v1/health"): None,
    ("GET", "/v1/city"): EVERYBODY,
    ("GET", "/v1/city/pack"): EVERYBODY,
    ("GET", "/v1/tiles/{theme}/{z}/{x}/{y}.png"): None,
    ("POST", "/v1/commands"): EVERYBODY,  # each command by its own right, below
    ("POST", "/v1/positions"): _STREET,
    ("PUT", "/v1/evidence/{sha256}"): {*_WALL, *_STREET},
    ("GET", "/v1/evidence/{sha256}"): {*_WALL, _R.SUPERVISOR},
    ("GET", "/v1/snapshot"): _SEES_ROWS,
    ("GET", "/v1/handheld/tasks"): _STREET,
}
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
    "SetDuty": _STREET,
    "PutUnits": {_R.ADMINISTRATOR, _R.GATEWAY},
    "PutCameras": {_R.ADMINISTRATOR, _R.GATEWAY},
    "PutJurisdictions": {_R.ADMINISTRATOR},
}
OTHERS: dict[str, set[Role]] = {
    "read:city": EVERYBODY,
    "read:snapshot": _SEES_ROWS,
    "read:evidence": {*_WALL, _R.SUPERVISOR},
    "read:camera_passwords": _WALL,
    "write:evidence": {*_WALL, *_STREET},
    "write:positions": _STREET,
    "stream": _SEES_ROWS,
    "handheld": _STREET,
}
PASSWORD = "hikvision-12345"


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    """A central with a camera that has a password."""
    server = CentralServer(tmp_path / "home")
    server.seed(some_units(), [camera("c1")], a_city())
    server.start()
    yield server
    server.stop()


def camera(row_id: str) -> Camera:
    return Camera(
        id=row_id, name="东单", main_url="rtsp://h/1", username="admin", password=PASSWORD
    )


@pytest.fixture
def clients(central: CentralServer) -> Iterator[dict[Role, CentralClient]]:
    """Somebody of every role."""
    with ExitStack() as open_ones:
        found = {role: central.client(role) for role in LOGINS}
        found[Role.OFFICER] = central.officer("K1")
        for client in found.values():
            open_ones.callback(client.close)
        yield found


def test_that_the_table_of_rights_is_the_one_written_here() -> None:
    assert set(ALLOWED) == set(Role)
    assert set(COMMANDS) == {body.__name__ for body in AnyBody.__args__}
    wanted = {
        role: {name for name, roles in (COMMANDS | OTHERS).items() if role in roles}
        for role in Role
    }
    assert {role: set(allowed) for role, allowed in ALLOWED.items()} == wanted


def test_that_every_route_lets_in_whom_it_should_and_nobody_else(
    central: CentralServer, clients: dict[Role, CentralClient]
) -> None:
    some = clients[Role.DISPATCHER].http
    said = some.get(f"{central.url}/v1/openapi.json", timeout=20).json()["paths"]
    served = {(method.upper(), path) for path, methods in said.items() for method in methods}
    assert served == set(ROUTES), "a route without a line in the table above"
    for (method, path), allowed in ROUTES.items():
        if allowed is None or (method, path) == ("DELETE", "/v1/session"):
            continue
        url = central.url + path.replace("{sha256}", "0" * 64)
        for token in ({}, {"Authorization": "Bearer nonsense"}):
            answer = some.request(method, url, headers={"Authorization": "", **token}, timeout=20)
            assert answer.status_code == 401, (method, path, token)
        for role, client in clients.items():
            status = client.http.request(method, url, timeout=20).status_code
            assert (status == 403) is (role not in allowed), (method, path, role, status)
            assert status < 500, (method, path, role)


def test_that_passwords_of_cameras_go_only_to_those_who_open_streams(
    central: CentralServer, clients: dict[Role, CentralClient], tmp_path: Path
) -> None:
    admin = clients[Role.ADMINISTRATOR]
    for role in sorted(_SEES_ROWS):
        file = tmp_path / f"{role}.sqlite"
        snapshot = clients[role].http.get(f"{central.url}/v1/snapshot", timeout=20)
        file.write_bytes(snapshot.content)
        with closing(sqlite3.connect(file)) as db:
            held = set(db.execute("SELECT username, password FROM camera"))
        may_see = role in _WALL
        assert held == {("admin", PASSWORD if may_see else None)}, role
        assert (PASSWORD.encode() in snapshot.content) is may_see, role
        epoch = clients[role].session["epoch"]
        with clients[role].stream(epoch=epoch, rev=0) as stream:
            missed = stream.until(Changes).changes
            admin.post(PutCameras(cameras=(camera(new_id(datetime.now(UTC))),)))
            news = stream.until(Changes).changes
        shown = [one.patch for one in (*missed, *news) if one.row_kind == "camera"]
        assert len(shown) >= 2
        assert {one["password"] for one in shown} == {PASSWORD if may_see else None}, role
