"""What central writes into the audit, and who reads it; on a real server."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from central_parts import CentralClient, CentralServer, Database, a_city, some_units

from console.app.audit import verified_home
from console.app.cli import build_parser
from console.central.central import Foundation
from console.central.settings import CentralError, CentralSettings
from console.domain.errors import ZhihuiError
from console.domain.levels import Role
from console.domain.permissions import ALLOWED
from console.domain.places import Camera
from console.protocol.commands import (
    AmendIncident,
    AnyBody,
    AssignUnit,
    NoteIncident,
    OpenIncident,
    PutCameras,
)

SECRET = "hikvision-12345"


@pytest.fixture
def central(tmp_path: Path, database: Database) -> Iterator[CentralServer]:
    server = CentralServer(tmp_path / "home", database=database)
    server.seed(some_units(2), [], a_city())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def admin(central: CentralServer) -> Iterator[CentralClient]:
    client = central.client(Role.ADMINISTRATOR)
    yield client
    client.close()


@pytest.fixture
def desk(central: CentralServer) -> Iterator[CentralClient]:
    client = central.client(Role.DISPATCHER)
    yield client
    client.close()


def cli(home: Path, *arguments: str) -> int:
    """Do what the command line does, short of starting a log of its own."""
    chosen = build_parser().parse_args(arguments)
    chosen.home = home
    return int(chosen.handler(chosen))


def entries(admin: CentralClient, **asked: object) -> list[dict[str, Any]]:
    answer = admin.http.get(f"{admin.server.url}/v1/audit", params=asked, timeout=60)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


def until(admin: CentralClient, wanted: Callable[[dict[str, Any]], bool], **asked: object) -> Any:
    """Return the first entry that is wanted; those of reads are written a moment later."""
    while True:
        for entry in entries(admin, **asked):
            if wanted(entry):
                return entry


@pytest.mark.both_databases
def test_that_a_command_is_audited_with_old_and_new_values(
    admin: CentralClient, desk: CentralClient
) -> None:
    opened = OpenIncident(incident="i1", form="0301", place="p", summary="旧", channel="12345")
    results = desk.post(
        opened,
        AmendIncident(incident="i1", summary="新", level=1),
        AssignUnit(assignment="a1", incident="i1", unit="u1"),
        NoteIncident(incident="i1", text="再看一次"),
    )
    assert all(one.rev for one in results)
    new, amended, sent, noted = reversed(entries(admin, kind="incident", row_id="i1"))
    assert (new["action"], new["details"]["new"]["summary"]) == ("OpenIncident", "旧")
    assert "old" not in new["details"]
    assert [line["verb"] for line in new["details"]["log"]] == ["opened", "filed"]
    assert amended["details"]["old"]["summary"] == "旧"
    assert amended["details"]["new"]["summary"] == "新"
    assert (amended["person"], amended["role"]) == ("dispatcher", "dispatcher")
    assert (amended["device"], amended["address"]) == (desk.console_id, "127.0.0.1")
    assert sent["details"]["new"]["stage"] == "dispatch"
    assert (noted["action"], noted["details"]["log"][0]["detail"]) == ("NoteIncident", "再看一次")
    (of_unit,) = entries(admin, kind="unit", row_id="u1", action="AssignUnit")
    assert of_unit["details"]["old"]["status"] == "available"
    assert of_unit["details"]["new"]["status"] == "assigned"
    assert of_unit["command_id"] == results[2].command_id


def test_that_a_retry_and_a_refusal_change_nothing_and_are_no_entries(
    admin: CentralClient, desk: CentralClient
) -> None:
    command = desk.command(
        OpenIncident(incident="i1", form="0301", place="p", summary="s", channel="12345")
    )
    desk.post_commands([command])
    desk.post_commands([command])
    desk.post(NoteIncident(incident="none", text="t"))
    assert len(entries(admin, person="dispatcher", kind="incident")) == 1


def test_that_who_lacks_a_right_is_told_and_noted_once_a_minute(
    central: CentralServer, admin: CentralClient, desk: CentralClient
) -> None:
    for _ in range(3):
        answer = desk.http.get(f"{central.url}/v1/people", timeout=60)
        assert answer.status_code == 403
    desk.http.get(f"{central.url}/v1/devices", timeout=60)
    noted = until(
        admin, lambda one: one["details"]["right"] == "read:devices", action="not_allowed"
    )
    assert (noted["person"], noted["outcome"]) == ("dispatcher", "refused")
    rights = [one["details"]["right"] for one in entries(admin, action="not_allowed")]
    assert sorted(rights) == ["read:devices", "read:people"]


def test_that_log_ons_good_and_bad_and_log_offs_are_audited(
    central: CentralServer, admin: CentralClient
) -> None:
    tried = {
        "name": "dispatcher",
        "password": "not-the-password",
        "device": {"id": "d-9", "kind": "console", "label": ""},
    }
    answer = requests.post(f"{central.url}/v1/session", json=tried, timeout=60)
    assert answer.status_code == 401
    failed = until(admin, lambda one: one["outcome"] == "failed", action="log_on")
    assert (failed["details"]["name"], failed["device"]) == ("dispatcher", "d-9")
    assert failed["person"] is None
    client = central.client(Role.SHIFT_LEAD)
    client.http.delete(f"{central.url}/v1/session", timeout=60)
    client.close()
    on_off = entries(admin, person="lead")
    assert [one["action"] for one in on_off] == ["log_off", "log_on"]
    assert "not-the-password" not in json.dumps(entries(admin, limit=5000))


def test_that_a_password_typed_as_a_name_is_not_kept(
    central: CentralServer, admin: CentralClient
) -> None:
    typed = ("K-7 harbour!", "K-7 harbour?", "K-7 harbour!", "k1", "K1", "lead")
    for name in typed:
        tried = {
            "name": name,
            "password": "lead",
            "device": {"id": "d-9", "kind": "console", "label": ""},
        }
        answer = requests.post(f"{central.url}/v1/session", json=tried, timeout=60)
        assert answer.status_code == 401
    until(admin, lambda one: one["details"]["name"] == "lead", action="log_on", outcome="failed")
    failed = entries(admin, action="log_on", outcome="failed")
    names = [one["details"]["name"] for one in reversed(failed)]
    assert "harbour" not in json.dumps(entries(admin, limit=5000))
    assert names[-2:] == ["K1", "lead"]
    assert all(one.startswith("unknown name ") for one in names[:3])
    assert names[0] == names[2] != names[1]  # told apart, and found again when typed again


def test_that_reads_that_matter_are_audited(
    central: CentralServer, admin: CentralClient, desk: CentralClient
) -> None:
    data = b"picture"
    sha256 = hashlib.sha256(data).hexdigest()
    desk.http.put(f"{central.url}/v1/evidence/{sha256}", data=data, timeout=60)
    desk.http.get(f"{central.url}/v1/evidence/{sha256}", timeout=60)
    desk.http.get(f"{central.url}/v1/snapshot", timeout=60)
    with desk.stream(epoch=desk.session["epoch"], rev=0):
        read = until(admin, lambda one: one["person"] == "dispatcher", action="read:evidence")
        held = until(admin, lambda one: one["person"] == "dispatcher", action="read:snapshot")
        heard = until(admin, lambda one: one["person"] == "dispatcher", action="read:stream")
    assert read["subject_id"] == sha256
    assert held["details"]["camera_passwords"] is True
    assert heard["details"]["camera_passwords"] is True
    assert entries(admin, person="nobody") == []
    own = entries(admin, action="read:audit")
    assert {"person": "nobody", "limit": 200} in [one["details"] for one in own]
    assert {one["person"] for one in own} == {"admin"}


def test_that_no_password_of_a_camera_gets_into_the_audit(
    central: CentralServer, admin: CentralClient
) -> None:
    camera = Camera(id="c1", name="东单", main_url="rtsp://h/1", username="u", password=SECRET)
    admin.post(PutCameras(cameras=(camera,)))
    (entry,) = entries(admin, kind="camera", row_id="c1")
    assert entry["details"]["new"]["password"] == "●"
    exported = admin.http.get(f"{central.url}/v1/audit/export", timeout=60)
    assert SECRET not in exported.text
    assert len(exported.text.splitlines()) == json.loads(exported.text.splitlines()[-1])["seq"]


def test_that_the_start_the_end_and_changed_settings_are_audited(central: CentralServer) -> None:
    central.stop()
    central.start()
    admin = central.client(Role.ADMINISTRATOR)
    actions = [one["action"] for one in reversed(entries(admin, limit=5000))]
    configured = entries(admin, action="configuration")
    admin.close()
    assert actions.count("central_started") == 2
    assert "central_stopped" in actions
    assert configured[-1]["details"]["old"] == {}
    assert configured[-1]["details"]["new"]["time_zone"] == "Asia/Shanghai"


@pytest.mark.both_databases
def test_that_nothing_changes_the_audit_neither_a_route_nor_a_command(
    central: CentralServer, admin: CentralClient
) -> None:
    paths = admin.http.get(f"{central.url}/v1/openapi.json", timeout=60).json()["paths"]
    of_audit = {path: set(methods) for path, methods in paths.items() if "audit" in path}
    assert len(of_audit) == 3
    assert all(methods == {"get"} for methods in of_audit.values())
    for path in of_audit:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = admin.http.request(method, central.url + path, timeout=60)
            assert answer.status_code == 405, (method, path)
    assert not [one.__name__ for one in AnyBody.__args__ if re.search("audit", one.__name__, re.I)]
    rights = {right for allowed in ALLOWED.values() for right in allowed if "audit" in right}
    assert rights == {"read:audit"}
    assert [role for role, allowed in ALLOWED.items() if "read:audit" in allowed] == [
        Role.ADMINISTRATOR
    ]


def test_that_bad_filters_are_refused_with_a_sentence(admin: CentralClient) -> None:
    for asked in (
        {"since": "yesterday"}, {"since": "2026-11-22T08:00:00"}, {"limit": "0"},
        {"after": "-1"}, {"person": "\0"}, {"until": "2026-11-22T08:00:00"}, {"action": "x" * 200},
    ):  # fmt: skip
        answer = admin.http.get(f"{admin.server.url}/v1/audit", params=asked, timeout=60)
        assert answer.status_code == 422, asked
        assert "could not be understood" in answer.json()["error"]


def test_that_a_running_and_a_stopped_central_verify_and_a_change_is_found(
    central: CentralServer, admin: CentralClient, desk: CentralClient,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    desk.post(OpenIncident(incident="i1", form="0301", place="p", summary="s", channel="12345"))
    told = admin.http.get(f"{central.url}/v1/audit/verify", timeout=60).json()
    assert told["whole"] is True, told
    assert verified_home(central.home).is_whole
    central.stop()
    found = verified_home(central.home)
    assert found.is_whole, found.text()
    assert cli(central.home, "audit", "verify") == 0
    assert "The audit is whole" in capsys.readouterr().out
    _change(central, "UPDATE audit SET person='nobody' WHERE seq=4")
    assert cli(central.home, "audit", "verify") == 1
    assert "Entry 4 (" in capsys.readouterr().out
    central.start()
    client = central.client(Role.ADMINISTRATOR)
    assert (
        "Entry 4 (" in client.http.get(f"{central.url}/v1/audit/verify", timeout=60).json()["text"]
    )
    client.close()


def _change(central: CentralServer, statement: str) -> None:
    import sqlite3  # noqa: PLC0415

    connection = sqlite3.connect(central.database)
    for table in ("audit", "audit_checkpoint"):
        for event in ("update", "delete"):
            connection.execute(f"DROP TRIGGER {table}_no_{event}")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_that_the_command_line_shows_and_exports_and_says_so_in_the_audit(
    central: CentralServer, desk: CentralClient, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    desk.post(OpenIncident(incident="i1", form="0301", place="p", summary="=1+1", channel="12345"))
    home = central.home
    assert cli(home, "audit", "show", "--kind", "incident") == 0
    assert "OpenIncident  incident i1  dispatcher (dispatcher)" in capsys.readouterr().out
    for form in ("jsonl", "csv"):
        out = tmp_path / f"audit.{form}"
        assert cli(home, "audit", "export", "--out", str(out), "--format", form) == 0
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    with (tmp_path / "audit.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [one["seq"] for one in lines] == list(range(1, len(lines) + 1))
    assert [row["hash"] for row in rows[: len(lines)]] == [one["hash"] for one in lines]
    assert "export:audit" in {row["action"] for row in rows}
    with pytest.raises(ZhihuiError, match="is no time"):
        cli(home, "audit", "show", "--since", "yesterday")
    central.stop()
    with pytest.raises(ZhihuiError, match="No central runs"):
        cli(home, "audit", "show")


def test_that_central_refuses_to_start_without_its_key(central: CentralServer) -> None:
    central.stop()
    key = central.home / "central" / "audit" / "signing.key"
    key.write_text("damaged")
    settings = CentralSettings(home=central.home, resources_dir=central.home)
    with pytest.raises(CentralError, match="The audit cannot be kept"):
        Foundation(settings)
    assert key.read_text() == "damaged"
