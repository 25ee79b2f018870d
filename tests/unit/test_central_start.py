"""Central starts, or says in a sentence why not; and what it does not hand to everybody."""

from __future__ import annotations

import logging
import socket
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from central_parts import CentralServer, some_units
from sqlalchemy import event

from console.central.past import Past
from console.central.server import run_central, seed_registry
from console.central.settings import CentralError, CentralSettings
from console.domain.units import UnitStatus
from console.store.engine import open_engine, sqlite_url
from console.store.tables import METADATA
from console.store.upgrade import upgrade


def settings(home: Path, **changed: object) -> CentralSettings:
    plain = CentralSettings(home=home, resources_dir=home, port=0)
    return replace(plain, **changed)  # type: ignore[arg-type]


def refusal(given: CentralSettings) -> str:
    """Return the sentence with which central does not start."""
    with pytest.raises(CentralError) as caught:
        run_central(given)
    return str(caught.value)


def test_that_a_port_taken_is_said_before_anything_is_touched(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port}" in refusal(settings(tmp_path / "home", port=port))
    assert not (tmp_path / "home").exists()


def test_that_a_file_that_is_no_database_of_ours_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "central"
    folder.mkdir()
    database = folder / "central.db"
    database.write_bytes(b"not a database " * 1000)
    assert "damaged" in refusal(settings(tmp_path))
    assert database.read_bytes() == b"not a database " * 1000
    database.unlink()
    with sqlite3.connect(database) as other:
        other.execute("CREATE TABLE recipes (name)")
    other.close()
    assert "another program" in refusal(settings(tmp_path))


def test_that_a_database_cut_short_is_said_to_be_damaged(tmp_path: Path) -> None:
    seed_registry(settings(tmp_path), units=some_units(200))
    database = tmp_path / "central" / "central.db"
    whole = database.read_bytes()
    database.write_bytes(whole[: len(whole) // 2])
    assert "damaged" in refusal(settings(tmp_path))
    assert database.stat().st_size == len(whole) // 2


def test_that_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    seed_registry(settings(tmp_path))
    database = tmp_path / "central" / "central.db"
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer version" in refusal(settings(tmp_path))


def test_that_two_centrals_do_not_share_a_folder(central_server: CentralServer) -> None:
    assert "Another central" in refusal(settings(central_server.home))


def test_that_wrong_settings_are_said(tmp_path: Path) -> None:
    assert "time zone" in refusal(settings(tmp_path, time_zone="Mars/Olympus"))
    assert "city pack" in refusal(settings(tmp_path, pack_path=tmp_path / "none.citypack"))
    (tmp_path / "file").write_text("x")
    assert "cannot write" in refusal(settings(tmp_path / "file"))


def test_that_migrations_lead_to_the_tables_as_they_are_written_down(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    engine = open_engine(sqlite_url(tmp_path / "x.db"))
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_that_what_is_read_of_the_newest_reports_sorts_no_older_ones(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "x.db"))
    asked: list[tuple[str, tuple[object, ...]]] = []
    upgrade(engine)

    def note(
        _connection: object, _cursor: object, sql: str, values: tuple[object, ...], *_: object
    ) -> None:
        if "ORDER BY report.received_at DESC" in sql:
            asked.append((sql, values))

    with engine.connect() as connection:
        event.listen(engine, "before_cursor_execute", note)
        Past.read(connection)
        event.remove(engine, "before_cursor_execute", note)
        plans = [
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all())
            for sql, values in asked
        ]
    assert len(plans) == 2
    assert not [plan for plan in plans if "TEMP B-TREE" in plan]
    engine.dispose()


def test_that_the_register_is_entered_once_and_replaced_when_asked(tmp_path: Path) -> None:
    server = CentralServer(tmp_path)
    server.seed(some_units(3))
    renamed = [replace(one, name="王", status=UnitStatus.OFF_DUTY) for one in some_units(4)]
    server.seed(renamed)
    with sqlite3.connect(server.database) as connection:
        query = "SELECT id, name, status, version FROM unit ORDER BY no"
        kept = connection.execute(query).fetchall()
        server.seed(renamed, replace=True)
        replaced = connection.execute(query).fetchall()
    connection.close()
    assert [row[1] for row in kept] == [None, None, None, "王"]
    assert replaced[0] == ("u1", "王", "available", 2)
    assert replaced[3] == ("u4", "王", "off_duty", 1)


def test_that_passwords_are_private_hashed_and_guessed_slowly(
    central_server: CentralServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    folder = central_server.home / "central"
    assert stat.S_IMODE((folder / "accounts.json").stat().st_mode) == 0o600
    password = central_server.password("dispatcher")
    client = central_server.client()
    database = (folder / "central.db").read_bytes() + (folder / "central.db-wal").read_bytes()
    assert password.encode() not in database
    assert client.token.encode() not in database
    assert password not in caplog.text
    assert client.token not in caplog.text
    client.close()
    asked = {
        "name": "dispatcher",
        "password": "wrong",
        "device": {"id": "d", "kind": "console", "label": ""},
    }
    url = f"{central_server.url}/v1/session"
    answers = [requests.post(url, json=asked, timeout=60) for _ in range(6)]
    assert [one.status_code for one in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) <= 30
    assert answers[0].json() == {
        "error": "Name and password do not belong together; nobody was logged on."
    }
    asked["name"] = "officers"  # the account that officers once shared
    assert requests.post(url, json=asked, timeout=60).status_code == 401
    asked["device"] = {"id": "d", "kind": "toaster"}
    wrong = requests.post(url, json=asked, timeout=60)
    assert wrong.status_code == 422
    assert "device.kind" in wrong.json()["error"]


def test_that_every_error_is_a_sentence(central_server: CentralServer) -> None:
    url = central_server.url
    for method, path, status in (
        ("GET", "/v1/nothing", 404),
        ("PUT", "/v1/health", 405),
        ("GET", "/v1/snapshot", 401),
        ("POST", "/v1/commands", 401),
        ("GET", "/v1/handheld/tasks", 401),
        ("POST", "/v1/session", 422),
        ("GET", "/v1/tiles/dark/10/1/1.png", 404),
    ):
        answer = requests.request(method, url + path, timeout=60)
        assert answer.status_code == status, path
        assert answer.json()["error"].endswith(".")
    health = requests.get(f"{url}/v1/health", timeout=60).json()
    assert (health["status"], health["head"]) == ("ok", 9)
