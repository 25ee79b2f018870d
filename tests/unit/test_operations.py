"""Operations: figures, logs without secrets, the reserve, retention, a graceful stop."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import sqlite3
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from central_parts import QUICK_HASHER, CentralClient, CentralServer, Stream
from sqlalchemy.exc import OperationalError
from websockets.exceptions import ConnectionClosed

from console.app.config import Config, ConfigError, load_config
from console.app.logs import JsonLines, TextLines, without_secrets
from console.app.retention import retain
from console.app.wiring import central_settings
from console.central.central import Central, Foundation
from console.central.consoles import MAX_CATCH_UP
from console.central.disk import RETRY_S, DiskGuard, is_full_error
from console.central.operations import RETENTION_AT, seconds_until
from console.central.settings import CentralSettings
from console.domain.levels import Role
from console.domain.retention import RetentionError, RetentionRules
from console.domain.tracing import REQUEST_ID
from console.protocol.commands import NoteIncident, OpenIncident
from console.protocol.messages import Result, Verdict

MB = 1 << 20


@pytest.fixture
def admin(central_server: CentralServer) -> Iterator[CentralClient]:
    client = central_server.client(Role.ADMINISTRATOR)
    yield client
    client.close()


def opened(incident: str) -> OpenIncident:
    return OpenIncident(incident=incident, form="0301", place="p", summary="s", channel="12345")


def test_that_prometheus_is_told_what_matters(
    central_server: CentralServer, admin: CentralClient
) -> None:
    desk = central_server.client()
    desk.post(opened("i1"), NoteIncident(incident="none", text="t"))
    desk.http.get(f"{central_server.url}/v1/evidence/nonsense", timeout=60)
    text = desk.http.get(f"{central_server.url}/metrics", timeout=60).text
    desk.close()
    found = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(found['zhihui_verdicts_total{verdict="accepted"}']) == 1
    assert float(found['zhihui_verdicts_total{verdict="rejected"}']) == 1
    assert float(found["zhihui_commit_seconds_count"]) >= 1
    assert float(found["zhihui_command_seconds_count"]) >= 1
    assert float(found["zhihui_revision"]) >= 12
    assert float(found["zhihui_disk_free_bytes"]) > 0
    assert float(found["zhihui_disk_is_full"]) == 0
    assert float(found["zhihui_disk_reserve_held"]) == 1
    for name in ("zhihui_waiting", "zhihui_consoles", "zhihui_handhelds", "zhihui_fixes_total",
                 "zhihui_unacknowledged_deliveries", "zhihui_sessions"):  # fmt: skip
        assert name in found, name
    route = 'method="GET",route="/v1/evidence/{sha256}",status="404"'
    assert float(found[f"zhihui_request_seconds_count{{{route}}}"]) == 1


async def _asked(tmp_path: Path, address: str, token: str | None) -> int:
    settings = CentralSettings(home=tmp_path, resources_dir=tmp_path)
    foundation = Foundation(settings)
    central = Central(settings, foundation, QUICK_HASHER)
    transport = httpx.ASGITransport(central.app, client=(address, 4711))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(transport=transport, base_url="http://c") as client:
        answer = await client.get("/metrics", headers=headers)
    central.sequencer.start()
    await central.stop()
    foundation.close()
    return answer.status_code


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("127.0.0.1", 200),
        ("::1", 200),
        ("10.1.2.3", 401),
        ("testclient", 401),
        ("2001:db8::1", 401),
    ],
)
def test_that_figures_are_given_to_this_machine_alone_without_a_right(
    tmp_path: Path, address: str, status: int
) -> None:
    assert asyncio.run(_asked(tmp_path, address, None)) == status


def test_that_a_request_has_an_id_of_its_own_or_the_one_it_came_with(
    central_server: CentralServer, admin: CentralClient
) -> None:
    url = f"{central_server.url}/v1/health"
    given = admin.http.get(url, headers={"X-Request-Id": "proxy-17.a"}, timeout=60)
    assert given.headers["X-Request-Id"] == "proxy-17.a"
    bad = admin.http.get(url, headers={"X-Request-Id": "a b;<c>"}, timeout=60)
    assert len(bad.headers["X-Request-Id"]) == 16


def test_that_log_lines_are_json_with_the_request_and_without_secrets() -> None:
    record = logging.LogRecord(
        "zhihui.central", logging.ERROR, "f.py", 1,
        "opening %s with Authorization: Bearer %s", ("rtsp://admin:hik-12345@h/1", "abc.def-g"),
        None,
    )  # fmt: skip
    token = REQUEST_ID.set("r-1")
    line = json.loads(JsonLines().format(record))
    text = TextLines("%(message)s").format(record)
    REQUEST_ID.reset(token)
    assert (line["level"], line["logger"], line["request_id"]) == ("error", "zhihui.central", "r-1")
    assert datetime.fromisoformat(line["at"]).tzinfo is not None
    for one in (line["message"], text):
        assert "hik-12345" not in one
        assert "abc.def" not in one
        assert "rtsp://admin:●@h/1" in one
    assert text.endswith("[r-1]")


@pytest.mark.parametrize(
    "secret",
    ['{"password": "s3cret!"}', "password=s3cret!", "token: s3cret!", "Bearer s3cret-token",
     "postgresql://u:s3cret!@h/db", "'secret': 's3cret!'", "passphrase = s3cret!"],
)  # fmt: skip
def test_that_no_secret_gets_into_a_log(secret: str) -> None:
    assert "s3cret" not in without_secrets(f"before {secret} after")
    assert without_secrets("a password is missing, tokens are 3") == (
        "a password is missing, tokens are 3"
    )


def guard_on(folder: Path, free: list[int], now: list[float]) -> DiskGuard:
    class Guard(DiskGuard):
        @property
        def free_bytes(self) -> int:
            return free[0]

    return Guard(folder, reserve_bytes=MB, spare_bytes=MB, clock=lambda: now[0])


def test_that_the_reserve_is_given_up_and_taken_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    free, now = [100 * MB], [0.0]
    guard = guard_on(tmp_path, free, now)
    guard.open()
    assert (guard.is_full, guard.holds_reserve) == (False, True)
    free[0] = MB - 1
    assert guard.look() is True
    assert (guard.is_full, guard.holds_reserve, guard.times_full) == (True, False, 1)
    assert "disk is full" in caplog.text
    free[0] = 3 * MB
    guard.look()
    assert guard.is_full  # too soon: a server's disk would be asked without end
    now[0] = RETRY_S
    free[0] = 3 * MB - 1
    guard.look()
    assert guard.is_full  # no room for the reserve and some more
    free[0] = 3 * MB
    guard.look()
    assert (guard.is_full, guard.holds_reserve) == (False, True)
    assert "there is room" in caplog.text


def test_that_an_error_of_the_disk_is_told_from_others(tmp_path: Path) -> None:
    def error_of(name: str) -> sqlite3.OperationalError:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = name
        return error

    full = OperationalError("INSERT", {}, error_of("SQLITE_FULL"))
    assert is_full_error(full)
    assert is_full_error(OSError(errno.ENOSPC, "No space left on device"))
    assert is_full_error(OSError(errno.EDQUOT, "Quota exceeded"))
    assert not is_full_error(OperationalError("INSERT", {}, error_of("SQLITE_BUSY")))
    assert not is_full_error(OSError(errno.EACCES, "Permission denied"))
    assert not is_full_error(ValueError("x"))
    guard = DiskGuard(tmp_path, reserve_bytes=0)
    assert guard.failed(ValueError("x")) is False
    assert guard.failed(full) is True
    assert guard.is_full


def aged(server: CentralServer, days: int) -> None:
    """Make everything that central keeps so many days older."""
    import sqlite3 as db  # noqa: PLC0415

    us = days * 86_400_000_000
    connection = db.connect(server.database)
    for statement in (
        f"UPDATE change_log SET at = at - {us}",
        f"UPDATE result SET at = at - {us}",
        f"UPDATE incident SET closed_at = closed_at - {us}",
    ):
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_that_what_is_outdated_is_said_and_taken_out_and_audited(
    central_server: CentralServer, admin: CentralClient
) -> None:
    desk = central_server.client()
    desk.post(*(opened(f"i{no}") for no in range(5)))
    desk.close()
    central_server.stop()
    aged(central_server, 500)
    _many_changes(central_server)
    central_server.start()
    client = central_server.client(Role.ADMINISTRATOR)
    url = f"{central_server.url}/v1/retention"
    before = central_server.query("SELECT count(*) FROM change_log")[0][0]
    dry = client.http.get(url, timeout=60).json()
    assert [(dry["results"],)] == central_server.query("SELECT count(*) FROM result")
    assert dry["changes"] == before - MAX_CATCH_UP
    assert central_server.query("SELECT count(*) FROM change_log") == [(before,)]
    assert client.http.post(url, timeout=120).json()["changes"] == dry["changes"]
    revs = central_server.query("SELECT min(rev), max(rev), count(*) FROM change_log")[0]
    assert revs[1] - revs[0] + 1 == revs[2] == MAX_CATCH_UP
    entry = client.http.get(
        f"{central_server.url}/v1/audit", params={"action": "retention"}, timeout=60
    ).json()["entries"][0]
    client.close()
    assert entry["details"]["results"] == dry["results"] > 5
    assert (entry["person"], entry["details"]["rules"]["changes_days"]) == ("admin", 90)


def _many_changes(server: CentralServer) -> None:
    """Append old changes, as after years of work."""
    import sqlite3 as db  # noqa: PLC0415

    connection = db.connect(server.database)
    (head,) = connection.execute("SELECT max(rev) FROM change_log").fetchone()
    connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "INSERT INTO change_log (shard, rev, row_kind, row_id, version, op, patch, command_id, "
        "at) SELECT shard, ? + i, row_kind, row_id, version, op, patch, "
        "command_id, at FROM n JOIN (SELECT * FROM change_log WHERE rev = ?)",
        (MAX_CATCH_UP, head, head),
    )
    connection.execute("UPDATE cursor SET rev = ?", (head + MAX_CATCH_UP,))
    connection.commit()
    connection.close()


def test_that_the_command_line_says_what_would_go_with_central_running_or_not(
    central_server: CentralServer,
) -> None:
    settings = central_settings(central_server.home, Config(keep_results_days=7))
    desk = central_server.client()
    desk.post(opened("i1"))
    desk.close()
    assert "Would be taken out: 0 last positions" in retain(settings, dry_run=True)
    central_server.stop()
    aged(central_server, 8)
    assert "3 results" in retain(settings, dry_run=True)
    assert retain(settings, dry_run=False).startswith("Taken out")
    assert "0 results" in retain(settings, dry_run=True)
    assert central_server.query("SELECT count(*) FROM audit WHERE action = 'retention'") == [(1,)]


def test_that_wrong_times_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RetentionError, match="7 days at least"):
        RetentionRules(results_days=3)
    with pytest.raises(RetentionError, match="or 0 for ever"):
        RetentionRules(changes_days=-1)
    (tmp_path / "config.toml").write_text('log_format = "xml"')
    with pytest.raises(ConfigError, match="text or json"):
        load_config(tmp_path, {})


def test_that_retention_is_due_once_a_day_by_the_citys_clock() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    for hour, minute, hours in ((3, 39, 1 / 60), (3, 40, 24.0), (3, 41, 24 - 1 / 60)):
        now = datetime(2026, 11, 27, hour, minute, tzinfo=zone)
        assert seconds_until(RETENTION_AT, now) == pytest.approx(hours * 3600)
    spring = datetime(2026, 3, 28, 4, 0, tzinfo=ZoneInfo("Europe/Helsinki"))
    assert timedelta(seconds=seconds_until(time(3, 40), spring)) < timedelta(hours=24)


def take_results(stream: Stream, answered: dict[str, Verdict]) -> None:
    """Take every result until the stream ends."""
    while True:
        result = stream.until(Result)
        answered[result.command_id] = result.verdict


def test_that_a_command_on_its_way_is_answered_before_central_closes(
    central_server: CentralServer,
) -> None:
    desk = central_server.client()
    with desk.stream(epoch=desk.session["epoch"], rev=0) as stream:
        sent = [desk.command(opened(f"i{no}")) for no in range(200)]
        for command in sent:
            stream.send(command)
        first = stream.until(Result)
        central_server.stop()
        answered = {first.command_id: first.verdict}
        with pytest.raises(ConnectionClosed, match="Central is closing"):
            take_results(stream, answered)
    desk.close()
    kept = {row[0] for row in central_server.query("SELECT command_id FROM result")}
    mine = {one.command_id for one in sent}
    assert kept & mine == set(answered), "something was done and not said"
    assert set(answered.values()) == {Verdict.ACCEPTED}
