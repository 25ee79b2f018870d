"""PINs of officers: each its own, replaced at the first log-on, given anew, locked one by one."""

from __future__ import annotations

import io
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from alembic import command
from alembic.config import Config
from central_parts import QUICK_HASHER, CentralServer
from sqlalchemy import text

from console.app.admin_base import AdminRequestError
from console.app.cli import build_parser
from console.central.accounts import ensure_accounts
from console.central.limits import DevicePolicy
from console.central.pins import FirstPins, PinError, check_new, pin_of
from console.domain.ids import new_id
from console.domain.levels import Role
from console.domain.units import Unit, UnitKind
from console.store.engine import open_engine, sqlite_url
from console.store.upgrade import _SCRIPTS, upgrade

UNIT = Unit(id="u1", no=1, call_sign="K1", kind=UnitKind.OFFICER)


def log_on(server: CentralServer, name: str, pin: str, new_pin: str = "") -> requests.Response:
    told = {"id": new_id(datetime.now(UTC)), "kind": "handheld", "label": "phone"}
    body = {"name": name, "password": pin, "new_pin": new_pin, "device": told}
    return requests.post(f"{server.url}/v1/session", json=body, timeout=60, verify=server.verify)


def test_that_a_first_pin_is_of_one_unit_and_has_to_be_replaced(
    central_server: CentralServer,
) -> None:
    first, other = central_server.first_pin("K1"), central_server.first_pin("K2")
    assert (len(first), first == other) == (8, False)
    assert log_on(central_server, "K1", other, "k1-of-my-own").status_code == 401
    told = log_on(central_server, "K1", first)
    assert told.status_code == 428
    assert "choose one of your own" in told.json()["error"]
    assert central_server.query("SELECT * FROM session") == []
    assert log_on(central_server, "K1", first, "k1-of-my-own").status_code == 200
    assert log_on(central_server, "K1", first, "something-else").status_code == 401, "used up"
    assert log_on(central_server, "K1", "k1-of-my-own").status_code == 200
    ((kept,),) = central_server.query("SELECT password_hash FROM officer_pin")
    assert kept.startswith("$argon2id$")
    acts = central_server.query("SELECT action, subject_id FROM audit WHERE action = 'pin_chosen'")
    assert acts == [("pin_chosen", "u1")]


@pytest.mark.parametrize(
    ("chosen", "told"),
    [("12345", "6 to 64"), ("123456", "guessed"), ("000000", "guessed"), ("old-pin", "old one"),
     ("9" * 65, "6 to 64")],
)  # fmt: skip
def test_that_a_pin_that_is_guessed_at_once_is_not_taken(chosen: str, told: str) -> None:
    with pytest.raises(PinError, match=told):
        check_new(chosen, unit=UNIT, old="old-pin")


def test_that_a_weak_pin_logs_nobody_on_and_leaves_the_old_one(
    central_server: CentralServer,
) -> None:
    first = central_server.first_pin("K1")
    assert log_on(central_server, "K1", first, "111111").status_code == 422
    assert log_on(central_server, "K1", first).status_code == 428


def test_that_an_officer_who_changes_the_pin_ends_what_was_logged_on_with_the_old_one(
    central_server: CentralServer,
) -> None:
    thief, other = central_server.officer("K1"), central_server.officer("K2")
    own = central_server.own_pin("K1")
    stream = thief.handheld("u1")
    changed = log_on(central_server, "K1", own, "k1-another-one")
    assert changed.status_code == 200
    tasks = f"{central_server.url}/v1/handheld/tasks"
    assert thief.http.get(tasks, timeout=60).status_code == 401
    renewing = {"refresh": thief.session["refresh"]}
    renewed = thief.http.post(f"{central_server.url}/v1/session/refresh", json=renewing, timeout=60)
    assert renewed.status_code == 401
    assert other.http.get(tasks, timeout=60).status_code == 200
    header = {"Authorization": f"Bearer {changed.json()['token']}"}
    answer = requests.get(tasks, headers=header, timeout=60, verify=central_server.verify)
    assert answer.status_code == 200
    kept = central_server.query("SELECT person FROM session ORDER BY person")
    assert kept == [("u1",), ("u2",)], "nor does the old one come back with a restart"
    assert log_on(central_server, "K1", "k1-another-one").status_code == 200
    assert len(central_server.query("SELECT id FROM session WHERE person = 'u1'")) == 2
    stream.close()
    thief.close()
    other.close()


def test_that_a_right_pin_that_lets_nobody_in_is_audited(central_server: CentralServer) -> None:
    first = central_server.first_pin("K1")
    assert log_on(central_server, "K1", first).status_code == 428
    assert log_on(central_server, "K1", first, "111111").status_code == 422
    query = "SELECT outcome, details FROM audit WHERE action = 'log_on' ORDER BY rowid"
    end = time.monotonic() + 60
    while len(told := central_server.query(query)) < 2 and time.monotonic() < end:
        time.sleep(0.05)  # the audit is written a moment after the answer
    assert [(outcome, json.loads(one)["name"]) for outcome, one in told] == [("refused", "K1")] * 2
    assert ["own to log on" in told[0][1], "guessed at once" in told[1][1]] == [True, True]
    assert first not in str(told)


def test_that_a_device_that_is_not_admitted_hears_nothing_of_the_pin(tmp_path: Path) -> None:
    server = CentralServer(tmp_path / "home")
    server.change_settings(devices=DevicePolicy.STRICT)
    server.seed([UNIT])
    server.start()
    try:
        first = server.first_pin("K1")
        for new_pin in ("", "111111"):
            refused = log_on(server, "K1", first, new_pin)
            assert refused.status_code == 403, refused.text
            assert "waits for an administrator" in refused.json()["error"]
    finally:
        server.stop()


def test_that_an_administrator_gives_a_new_pin_which_ends_what_was_logged_on(
    central_server: CentralServer,
) -> None:
    officer = central_server.officer("K1")
    other = central_server.officer("K2")
    admin = central_server.client(Role.ADMINISTRATOR)
    url = f"{central_server.url}/v1/officers"
    given = admin.http.post(f"{url}/K1/pin", json={}, timeout=60).json()
    assert (given["call_sign"], given["ended_sessions"], len(given["pin"])) == ("K1", 1, 8)
    tasks = f"{central_server.url}/v1/handheld/tasks"
    assert officer.http.get(tasks, timeout=60).status_code == 401
    assert other.http.get(tasks, timeout=60).status_code == 200
    assert log_on(central_server, "K1", central_server.own_pin("K1")).status_code == 401
    assert log_on(central_server, "K1", given["pin"]).status_code == 428
    listed = {one["call_sign"]: one for one in admin.http.get(url, timeout=60).json()["officers"]}
    assert [listed[name]["state"] for name in ("K1", "K2", "K3")] == ["given", "own", "first"]
    assert "pin" not in json.dumps(listed["K1"]).replace("pin_", "")
    assert admin.http.post(f"{url}/K99/pin", json={}, timeout=60).status_code == 404
    weak = admin.http.post(f"{url}/K1/pin", json={"pin": "123"}, timeout=60)
    assert (weak.status_code, "6 to 64" in weak.json()["error"]) == (422, True)
    told = central_server.query("SELECT details FROM audit WHERE action = 'pin_given'")
    assert given["pin"] not in str(told)
    for client in (officer, other, admin):
        client.close()


def test_that_wrong_pins_lock_one_officer_and_no_other(central_server: CentralServer) -> None:
    tries = [log_on(central_server, "K1", f"wrong-{n}").status_code for n in range(6)]
    assert tries == [401] * 5 + [429]
    central_server.officer("K2").close()
    admin = central_server.client(Role.ADMINISTRATOR)
    url = f"{central_server.url}/v1/officers"
    listed = admin.http.get(url, timeout=60).json()["officers"]
    assert [one["call_sign"] for one in listed if one["locked_until"]] == ["K1"]
    done = admin.http.post(f"{central_server.url}/v1/people/K1/unlock", timeout=60).json()
    assert done == {"was_locked": True}
    central_server.officer("K1").close()
    admin.close()


def test_that_the_command_line_hands_out_slips_and_gives_pins(
    central_server: CentralServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(*arguments: str) -> Any:
        chosen = build_parser().parse_args(["admin", "officers", *arguments])
        chosen.home = central_server.home
        assert chosen.handler(chosen) == 0
        return capsys.readouterr().out

    central_server.officer("K1").close()
    slips = {one["call_sign"]: one["pin"] for one in json.loads(run("slips", "--json"))}
    assert "K1" not in slips, "it has chosen its own"
    assert slips["K2"] == central_server.first_pin("K2")
    assert "state=own" in run("list")
    name, pin, *_ = run("pin", "K1").split()
    assert (name, log_on(central_server, "K1", pin, "k1-once-more").status_code) == ("K1", 200)
    assert "pin_given" in run("history", "K1")
    monkeypatch.setattr("sys.stdin", io.StringIO("k1-from-a-file\n"))
    run("pin", "K1", "pin=")
    assert log_on(central_server, "K1", "k1-from-a-file").status_code == 428
    with pytest.raises(AdminRequestError, match="No PIN came"):
        run("pin", "K1", "pin=")
    told = central_server.query("SELECT details FROM audit WHERE action = 'export:first_pins'")
    assert slips["K2"] not in str(told)


def test_that_the_shared_account_of_an_older_home_ends(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "central.db"))
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0020")
        connection.execute(text(
            "INSERT INTO person (id, login, name, role, password_hash, active) "
            "VALUES ('officers', 'officers', 'Officers', 'officer', 'x', 1)"
        ))  # fmt: skip
    upgrade(engine)
    accounts = tmp_path / "accounts.json"
    accounts.write_text(json.dumps({"officers": "12345678", "admin": "kept"}))
    with engine.begin() as connection:
        assert connection.execute(text("SELECT id FROM person")).all() == []
        ensure_accounts(connection, accounts, QUICK_HASHER)
        assert pin_of(connection, "u1") is None
    engine.dispose()
    left = json.loads(accounts.read_text())
    assert ("officers" in left, left["admin"]) == (False, "kept")


def test_that_first_pins_stay_the_same_over_a_restart_and_differ_between_homes(
    tmp_path: Path,
) -> None:
    one = FirstPins(tmp_path / "a").of("u1")
    assert FirstPins(tmp_path / "a").of("u1") == one != FirstPins(tmp_path / "b").of("u1")
