"""Sessions are short, renewed, ended at once; devices wait; who guesses waits longer each time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from central_parts import LOGINS, CentralClient, CentralServer, a_city, some_units
from sync_parts import console
from test_central_streams import closing as hung_up

from console.central.devices import Device, DeviceState, greet, is_local, use_code
from console.central.limits import DevicePolicy
from console.central.tokens import ACCESS_LASTS, TokenMint, hash_of
from console.central.tries import FREE_OF_BOTH
from console.domain.ids import DeviceId, PersonId, new_id
from console.domain.levels import Role
from console.store.engine import open_engine, sqlite_url
from console.store.secretfile import SecretFileError, read_or_make
from console.store.upgrade import upgrade
from console.sync.state import LinkPhase

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def asked(server: CentralServer, login: str, **device: str) -> dict[str, Any]:
    told = {"id": new_id(datetime.now(UTC)), "kind": "console", "label": "desk 4", **device}
    return {"name": login, "password": server.password(login), "device": told}


def handheld(server: CentralServer, call_sign: str, **device: str) -> dict[str, Any]:
    told = {"id": new_id(datetime.now(UTC)), "label": "phone", **device}
    first, own = server.first_pin(call_sign), server.own_pin(call_sign)
    return {"name": call_sign, "password": first, "new_pin": own, "device": told}


def post(server: CentralServer, path: str, body: object, **more: Any) -> requests.Response:
    return requests.post(server.url + path, json=body, timeout=60, **more)


def test_that_a_token_is_ours_and_holds_for_minutes(tmp_path: Path) -> None:
    mint = TokenMint(tmp_path / "token.key")
    token = mint.token("s1", at=NOON)
    assert mint.session_in(token, at=NOON) == "s1"
    assert mint.session_in(token, at=NOON + ACCESS_LASTS) is None
    assert TokenMint(tmp_path / "token.key").session_in(token, at=NOON) == "s1"
    assert TokenMint(tmp_path / "other.key").session_in(token, at=NOON) is None
    head, body, sign = token.split(".")
    none = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    for made_up in (
        f"{head}.{body}.",
        f"{none}.{body}.",
        f"{none}.{body}.{sign}",
        "",
        "a.b.c",
        "é",
    ):
        assert mint.session_in(made_up, at=NOON) is None, made_up


def test_that_a_secret_others_can_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "token.key"
    made = read_or_make(path, lambda: b"secret")
    assert (made, path.stat().st_mode & 0o777) == (b"secret", 0o600)
    path.chmod(0o644)
    with pytest.raises(SecretFileError, match="others can read it"):
        read_or_make(path, lambda: b"another")
    path.chmod(0o600)
    path.write_bytes(b"")
    with pytest.raises(SecretFileError, match="empty"):
        read_or_make(path, lambda: b"another")


def test_that_a_session_is_renewed_once_and_a_stolen_token_ends_it(
    central_server: CentralServer,
) -> None:
    first = post(central_server, "/v1/session", asked(central_server, "lead")).json()
    assert 0 < first["lasts_s"] <= ACCESS_LASTS.total_seconds()
    again = post(central_server, "/v1/session/refresh", {"refresh": first["refresh"]})
    assert again.status_code == 200
    second = again.json()
    assert second["refresh"] != first["refresh"]
    assert second["person"] == first["person"]
    # the answer got lost on its way: what renewed it last does once more
    third = post(central_server, "/v1/session/refresh", {"refresh": first["refresh"]})
    assert third.status_code == 200
    for token in (first["token"], second["token"], third.json()["token"]):
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(f"{central_server.url}/v1/snapshot", headers=headers, timeout=60)
        assert answer.status_code == 200
    lost = post(central_server, "/v1/session/refresh", {"refresh": second["refresh"]})
    assert lost.status_code == 401
    central_server.stop()
    central_server.start()  # sessions outlive central
    kept = post(central_server, "/v1/session/refresh", {"refresh": third.json()["refresh"]})
    assert kept.status_code == 200
    for body, status in (({"refresh": "made up"}, 401), ({}, 422), ({"refresh": ""}, 422)):
        answer = post(central_server, "/v1/session/refresh", body)
        assert answer.status_code == status
        assert answer.json()["error"].endswith(".")


def test_that_log_off_disabling_a_role_and_a_device_end_sessions_and_streams_at_once(
    central_server: CentralServer,
) -> None:
    admin = central_server.client(Role.ADMINISTRATOR)
    url = central_server.url

    def shut_device(client: CentralClient) -> None:
        device = f"{url}/v1/devices/{client.console_id}"
        assert admin.http.patch(device, json={"state": "blocked"}, timeout=60).status_code == 200

    def log_off(client: CentralClient) -> None:
        assert client.http.delete(f"{url}/v1/session", timeout=60).status_code == 204

    def change(**what: object) -> Any:
        def done(client: CentralClient) -> None:
            person = f"{url}/v1/people/{client.session['person']['id']}"
            assert admin.http.patch(person, json=what, timeout=60).status_code == 200

        return done

    for role, end in (
        (Role.DISPATCHER, log_off),
        (Role.DISPATCHER, shut_device),
        (Role.DISPATCHER, change(role="supervisor")),
        (Role.SHIFT_LEAD, change(active=False)),
        (Role.HOTLINE_SEAT, change(districts=["D-east"])),
        (Role.VIDEO_OPERATOR, change(password="another password")),
    ):
        client = central_server.client(role)
        with client.stream() as stream:
            assert stream.welcomed
            end(client)
            assert hung_up(stream) == (1013, "Your session has ended; log on again.")
        refreshed = post(
            central_server, "/v1/session/refresh", {"refresh": client.session["refresh"]}
        )
        assert refreshed.status_code == 401, role
        assert client.http.get(f"{url}/v1/snapshot", timeout=60).status_code == 401, role
        client.close()
    closed = post(central_server, "/v1/session", asked(central_server, "lead"))
    assert closed.status_code == 401  # the account is shut
    mine = f"{url}/v1/people/admin"
    assert admin.http.patch(mine, json={"role": "dispatcher"}, timeout=60).status_code == 409
    assert admin.http.patch(f"{url}/v1/people/x", json={"name": "x"}, timeout=60).status_code == 404
    admin.close()


def test_that_people_are_entered_and_seen_without_their_hashes(
    central_server: CentralServer,
) -> None:
    admin = central_server.client(Role.ADMINISTRATOR)
    url = f"{central_server.url}/v1/people"
    new = {
        "login": "wang", "name": "王", "role": "dispatcher", "password": "long enough",
        "districts": ["D-east"],
    }  # fmt: skip
    assert admin.http.post(url, json=new, timeout=60).status_code == 201
    assert admin.http.post(url, json=new, timeout=60).status_code == 409
    assert admin.http.post(url, json={**new, "password": "short"}, timeout=60).status_code == 422
    told = admin.http.get(url, timeout=60)
    assert "argon2" not in told.text
    assert {"wang", *LOGINS.values()} <= {one["login"] for one in told.json()["people"]}
    with closing(CentralClient(central_server, "wang", "long enough")) as wang:
        assert wang.session["person"]["districts"] == ["D-east"]
    admin.close()


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[CentralServer]:
    """A central that knows no device and trusts no place."""
    server = CentralServer(tmp_path / "home")
    server.change_settings(devices=DevicePolicy.STRICT)
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()


def test_that_an_unknown_device_waits_for_an_administrator_or_brings_a_code(
    strict: CentralServer,
) -> None:
    home_code = (strict.home / "central" / "devices.code").read_text()
    of_admin = asked(strict, "admin", secret="a", code=home_code)
    admin = requests.Session()
    token = post(strict, "/v1/session", of_admin).json()["token"]
    admin.headers["Authorization"] = f"Bearer {token}"
    desk = asked(strict, "dispatcher", secret="s")
    waiting = post(strict, "/v1/session", desk)
    assert waiting.status_code == 403
    assert "waits for an administrator's yes" in waiting.json()["error"]
    listed = admin.get(f"{strict.url}/v1/devices", timeout=60).json()["devices"]
    assert (listed[0]["id"], listed[0]["state"]) == (desk["device"]["id"], "waiting")
    assert all("secret_hash" not in one for one in listed)
    admitting = f"{strict.url}/v1/devices/{desk['device']['id']}"
    assert admin.patch(admitting, json={"state": "admitted"}, timeout=60).status_code == 200
    assert post(strict, "/v1/session", desk).status_code == 200
    desk["device"]["secret"] = "somebody else's"
    other = post(strict, "/v1/session", desk)
    assert (other.status_code, "does not have the key" in other.text) == (403, True)
    made = admin.post(f"{strict.url}/v1/devices/codes", json={"kind": "handheld"}, timeout=60)
    code = made.json()["code"]
    phone = {"kind": "handheld", "secret": "p", "code": code}
    k1 = handheld(strict, "K1", **phone)
    assert post(strict, "/v1/session", k1).status_code == 200
    k1 |= {"password": k1.pop("new_pin")}
    assert post(strict, "/v1/session", k1).status_code == 200  # it is known now
    k2 = handheld(strict, "K2", **phone)
    assert post(strict, "/v1/session", k2).status_code == 403  # a code admits one device
    admin.close()


def test_that_a_code_outlives_the_question_for_a_new_pin_on_its_own_device_only(
    strict: CentralServer,
) -> None:
    home_code = (strict.home / "central" / "devices.code").read_text()
    token = post(strict, "/v1/session", asked(strict, "admin", code=home_code)).json()["token"]
    made = post(
        strict, "/v1/devices/codes", {"kind": "handheld"},
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip
    phone = {"kind": "handheld", "code": made.json()["code"]}
    mine, other = handheld(strict, "K1", **phone), handheld(strict, "K2", **phone)
    for first_step, status in (("", 428), ("111111", 422)):
        told = post(strict, "/v1/session", {**mine, "new_pin": first_step})
        assert told.status_code == status, told.text
    assert post(strict, "/v1/session", {**other, "new_pin": ""}).status_code == 403
    assert post(strict, "/v1/session", other).status_code == 403
    # A device without a secret proves nothing: the code alone admits it, in the second step too.
    assert post(strict, "/v1/session", mine).status_code == 200
    assert strict.query("SELECT * FROM enrolment") == []
    assert post(strict, "/v1/session", other).status_code == 403


def test_that_a_console_says_that_it_waits_and_comes_in_once_it_is_admitted(
    strict: CentralServer, tmp_path: Path
) -> None:
    home_code = (strict.home / "central" / "devices.code").read_text()
    password = strict.password("dispatcher")
    with console(strict.url, password, tmp_path / "a") as (_, recorder):
        recorder.wait(lambda me: me.phase is LinkPhase.REFUSED)
        assert "waits for an administrator" in recorder.links[-1].detail
    with console(strict.url, password, tmp_path / "a", device_code=home_code) as (_, recorder):
        recorder.live()
    with console(strict.url, password, tmp_path / "a") as (_, recorder):
        recorder.live()  # it proves to be the one that was admitted


def test_that_the_place_decides_only_where_it_may(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "central.db"))
    upgrade(engine)
    rules = (
        (DevicePolicy.ASK, "127.0.0.1", DeviceState.ADMITTED),
        (DevicePolicy.ASK, "::1", DeviceState.ADMITTED),
        (DevicePolicy.ASK, "10.0.0.7", DeviceState.WAITING),
        (DevicePolicy.ASK, "", DeviceState.WAITING),
        (DevicePolicy.STRICT, "127.0.0.1", DeviceState.WAITING),
        (DevicePolicy.OPEN, "10.0.0.7", DeviceState.ADMITTED),
    )
    with engine.begin() as connection:
        for number, (policy, host, wanted) in enumerate(rules):
            device = Device(id=DeviceId(f"d{number}"), kind="console", label="", secret_hash="h")
            for _ in range(2):
                state = greet(
                    connection, device, PersonId("p"), host=host, policy=policy,
                    is_enrolled=False, at=NOON,
                )  # fmt: skip
                assert state is wanted, (policy, host)
        assert not use_code(connection, "1234-5678-9012", device, at=NOON)
    engine.dispose()
    assert not is_local("127.0.0.1.example")


def test_that_an_administrator_unlocks_a_name(central_server: CentralServer) -> None:
    wrong = {**asked(central_server, "lead"), "password": "wrong"}
    answers = [post(central_server, "/v1/session", wrong) for _ in range(FREE_OF_BOTH + 1)]
    assert answers[-1].status_code == 429
    assert "administrator" in answers[-1].json()["error"]
    right = asked(central_server, "lead")
    assert post(central_server, "/v1/session", right).status_code == 429
    admin = central_server.client(Role.ADMINISTRATOR)
    people = admin.http.get(f"{central_server.url}/v1/people", timeout=60).json()["people"]
    assert [one["login"] for one in people if one["locked_until"]] == ["lead"]
    unlock = f"{central_server.url}/v1/people/lead/unlock"
    assert admin.http.post(unlock, timeout=60).json() == {"was_locked": True}
    assert post(central_server, "/v1/session", right).status_code == 200
    admin.close()


def test_that_strangers_behind_the_same_address_do_not_have_a_known_device_wait(
    central_server: CentralServer,
) -> None:
    known = asked(central_server, "lead", secret="secret-of-the-desk")
    assert post(central_server, "/v1/session", known).status_code == 200
    stranger = {**asked(central_server, "lead"), "password": "wrong"}
    tried = [post(central_server, "/v1/session", stranger) for _ in range(FREE_OF_BOTH + 1)]
    assert tried[-1].status_code == 429
    claimed = {**stranger, "device": {**known["device"], "secret": "guessed"}}
    assert post(central_server, "/v1/session", claimed).status_code == 429
    assert post(central_server, "/v1/session", known).status_code == 200
    own = {**known, "password": "wrong"}
    answers = [post(central_server, "/v1/session", own) for _ in range(FREE_OF_BOTH + 1)]
    assert [one.status_code for one in answers] == [401] * FREE_OF_BOTH + [429]
    assert post(central_server, "/v1/session", known).status_code == 429


def test_that_a_password_uncovers_the_screen_and_wrong_ones_are_counted(
    central_server: CentralServer,
) -> None:
    client = central_server.client(Role.SHIFT_LEAD)
    url = f"{central_server.url}/v1/session/unlock"

    def tried(password: str) -> int:
        return client.http.post(url, json={"password": password}, timeout=60).status_code

    assert tried(central_server.password("lead")) == 204
    assert [tried("wrong") for _ in range(FREE_OF_BOTH + 1)] == [403] * FREE_OF_BOTH + [429]
    assert tried(central_server.password("lead")) == 429
    client.close()


def test_that_what_is_kept_of_secrets_is_their_hash(central_server: CentralServer) -> None:
    body = asked(central_server, "lead", secret="secret-of-the-device")
    said = post(central_server, "/v1/session", body).json()
    folder = central_server.home / "central"
    held = b"".join(path.read_bytes() for path in folder.glob("central.db*"))
    assert said["refresh"].encode() not in held
    assert b"secret-of-the-device" not in held
    assert hash_of("secret-of-the-device").encode() in held


def test_that_a_console_renews_its_session_and_logs_on_anew_when_it_was_ended(
    central_server: CentralServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.central.tokens.ACCESS_LASTS", timedelta(seconds=2))
    monkeypatch.setattr("console.central.door.ACCESS_LASTS", timedelta(seconds=2))
    password = central_server.password("dispatcher")
    admin = central_server.client(Role.ADMINISTRATOR)

    def renewed() -> datetime:
        with closing(sqlite3.connect(central_server.database)) as db:
            query = "SELECT max(renewed_at - created_at) FROM session WHERE person = 'dispatcher'"
            return db.execute(query).fetchone()[0]

    with console(central_server.url, password, tmp_path / "a", beat_s=0.2) as (client, recorder):
        recorder.live()
        recorder.wait(lambda _: renewed() > 0, "a renewal")
        token = client._worker.token()
        recorder.wait(lambda _: client._worker.token() != token, "another token")
        assert len(recorder.links) > 0
        shut = f"{central_server.url}/v1/people/dispatcher"
        monkeypatch.undo()
        again = central_server.client(Role.ADMINISTRATOR)
        recorder.links.clear()
        answer = again.http.patch(shut, json={"name": "D"}, timeout=60)
        assert answer.json()["ended_sessions"] >= 1  # more where a renewal came too late
        recorder.wait(lambda me: any(not one.is_live for one in me.links), "the end")
        recorder.live()
        again.close()
    admin.close()
