"""`zhihui admin` against a real central: what is typed is entered, what cannot be done is said."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from central_parts import CentralClient, CentralServer
from test_administration import SHAPE

from console.app.cli import build_parser
from console.domain.errors import ZhihuiError
from console.domain.ids import CameraId
from console.domain.places import Camera
from console.store.cameraseal import CameraKey


@pytest.fixture
def cli(central_server: CentralServer, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def do(*arguments: str) -> str:
        chosen = build_parser().parse_args(["admin", *arguments])
        chosen.home = central_server.home
        capsys.readouterr()
        assert chosen.handler(chosen) == 0, capsys.readouterr().out
        return capsys.readouterr().out

    return do


def test_that_the_command_line_administers_the_sites_tables(
    cli: Callable[..., str], tmp_path: Path
) -> None:
    do = cli
    assert "form:0301" in do("forms", "list")
    assert "17 rows" in do("forms", "list")
    out = do("forms", "add", "code=0505", "name_zh=单车", "parent=05", "level=3", "limit_h=4")
    assert "Entered form:0505" in out
    do("forms", "set", "0505", "limit_h=8")
    do("forms", "retire", "form:0505")
    assert "17 rows" in do("forms", "list")
    assert "(retired)" in do("forms", "list", "--all")
    history = do("forms", "history", "form:0505").splitlines()
    assert [line.split()[2] for line in history] == ["PutCatalogue"] * 3
    assert '"limit_h": 8.0' in history[1]
    do("forms", "restore", "0505")
    do("forms", "export", str(tmp_path / "f.csv"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "f.csv").read_text("utf-8-sig"))))
    assert len(rows) == 18
    (tmp_path / "g.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": "g1", "geometry": json.loads(SHAPE),
         "properties": {"authority": "cg", "code": "朝-1", "name_zh": "一", "holder": "李"}},
        {"type": "Feature", "id": "g2", "geometry": None, "properties": {"authority": "cg"}},
    ]}))  # fmt: skip
    told = do("grids", "import", str(tmp_path / "g.geojson"))
    assert "1 rows taken, 1 left out" in told
    assert "feature 2" in told
    assert "朝-1" in do("grids", "show", "g1")


def test_that_the_command_line_administers_people_and_devices(
    cli: Callable[..., str], central_server: CentralServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    do = cli
    assert "login=dispatcher" in do("users", "list")
    monkeypatch.setattr("sys.stdin", io.StringIO("a-long-password\n"))
    do("users", "add", "login=li", "name=李", "role=dispatcher")
    client = CentralClient(central_server, "li", "a-long-password")
    client.close()
    assert "sessions were ended" in do("users", "set", "li", "role=shift_lead")
    do("users", "retire", "li")
    monkeypatch.setattr("sys.stdin", io.StringIO("another-password\n"))
    do("users", "set", "li", "password=")
    do("users", "restore", "li")
    CentralClient(central_server, "li", "another-password").close()
    history = do("users", "history", "li")
    assert "person_added" in history
    assert "a-long-password" not in history
    assert "kind=console" in do("devices", "list")
    assert "administrator\n" in do("roles", "list")
    assert "admits one device" in do("devices", "code", "console")


def test_that_the_password_of_a_camera_is_asked_for_and_never_typed_as_an_argument(
    cli: Callable[..., str], central_server: CentralServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def passwords() -> tuple[str | None, str | None]:
        ((user, kept),) = central_server.query("SELECT username, password FROM camera")
        sealed = Camera(id=CameraId("c1"), name="", main_url="", username=user, password=kept)
        opened = key.opened(sealed)
        return opened.username, opened.password

    entered = ("id=c1", "name=西单", "main_url=rtsp://10.0.0.9/1", "username=root")
    monkeypatch.setattr("sys.stdin", io.StringIO("from-a-pipe\n"))
    cli("cameras", "add", *entered, "password=")
    key = CameraKey((central_server.home / "central" / "camera.key").read_text())
    assert passwords() == ("root", "from-a-pipe")
    for typed in ("password=a-long-one", "password=●"):
        chosen = build_parser().parse_args(["admin", "cameras", "set", "c1", typed])
        chosen.home = central_server.home
        with pytest.raises(ZhihuiError, match="password does not belong on the command line"):
            chosen.handler(chosen)
    cli("cameras", "set", "c1", "name=东单")
    assert passwords() == ("root", "from-a-pipe")
    monkeypatch.setattr("sys.stdin", io.StringIO("another\n"))
    cli("cameras", "set", "c1", "password=")
    assert passwords() == ("root", "another")
    cli("cameras", "set", "c1", "password=-", "username=")
    assert passwords() == (None, None)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["boats", "list"], "There is no table 'boats'"),
        (["forms", "add", "code"], "no field=value"),
        (["forms", "set", "9999", "level=2"], "have no '9999'"),
        (["forms", "set"], "needs an id or a file"),
        (["forms", "unlock", "x"], "there are list, show"),
        (["forms", "add", "code=0301", "name_zh=x", "parent=03", "level=2", "limit_h=1"],
         "There is form:0301 already"),
        (["forms", "set", "0301", "code=0999"], "make the id of a row"),
        (["grids", "export", "x.doc"], "written to .csv"),
        (["users", "retire", "nobody"], "There is nobody called"),
        (["users", "add", "login=li", "password=a-long-one"], "password does not belong"),
        (["users", "set", "admin", "password=a-long-one"], "password does not belong"),
        (["cameras", "add", "id=c1", "name=x", "main_url=rtsp://10.0.0.9/1", "password=a-long-one"],
         "password does not belong on the command line"),
        (["officers", "pin", "K1", "pin=83720156"], "A PIN does not belong on the command line"),
    ],
)  # fmt: skip
def test_that_what_cannot_be_done_is_said(
    central_server: CentralServer, arguments: list[str], told: str
) -> None:
    chosen = build_parser().parse_args(["admin", *arguments])
    chosen.home = central_server.home
    with pytest.raises(ZhihuiError, match=told):
        chosen.handler(chosen)
