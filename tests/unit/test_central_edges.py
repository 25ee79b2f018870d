"""Central where two things meet: log-ons and changes, restores cut short, retention and work."""

from __future__ import annotations

import asyncio
import hashlib
import resource
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from central_parts import CentralServer, some_units
from district_parts import WEST, fresh, of_the_east, opened, seeded

from console.central import backup, credentials
from console.central.backup import make_backup, restore_backup
from console.central.central import Foundation
from console.central.evidence import EvidenceStore
from console.central.gate import Gate
from console.central.limits import Limits, Rate
from console.central.retention import Retention
from console.central.server import MOST_FILES, make_room_for_streams
from console.central.settings import CentralError, CentralSettings
from console.domain.ids import ReportId
from console.domain.incidents import Incident, Report, Stage
from console.domain.levels import Channel, Level, Role
from console.domain.places import Evidence, EvidenceKind
from console.domain.retention import RetentionRules
from console.protocol.commands import AddReport
from console.protocol.messages import Verdict
from console.store.engine import open_engine, sqlite_url
from console.store.mapping import put_rows
from console.store.upgrade import upgrade
from console.sync.evidence import EvidenceFiles
from console.sync.http import CentralHttp

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


def settings_in(home: Path) -> CentralSettings:
    return CentralSettings(home=home, resources_dir=home / "none", reserve_bytes=1 << 20)


def log_on(server: CentralServer, name: str, password: str) -> requests.Response:
    device = {"id": "edge", "kind": "console"}
    body = {"name": name, "password": password, "device": device}
    return requests.post(f"{server.url}/v1/session", json=body, timeout=60)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CentralServer]:
    """A central with a unit that is called as an account is."""
    central = CentralServer(tmp_path / "home")
    central.seed([replace(some_units(1)[0], call_sign="lead")])
    central.start()
    yield central
    central.stop()


def test_that_a_unit_called_as_an_account_shuts_nobody_out(server: CentralServer) -> None:
    answer = log_on(server, "lead", server.password("lead"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["person"]["role"] == Role.SHIFT_LEAD


def test_that_an_account_changed_while_its_password_is_looked_at_is_not_let_in(
    server: CentralServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    password, right = server.password("dispatcher"), credentials.matches

    def changed_meanwhile(*asked: Any) -> bool:
        with closing(sqlite3.connect(server.database, timeout=60)) as db:
            db.execute("UPDATE person SET role = 'supervisor' WHERE login = 'dispatcher'")
            db.commit()
        return right(*asked)

    with monkeypatch.context() as patched:
        patched.setattr(credentials, "matches", changed_meanwhile)
        answer = log_on(server, "dispatcher", password)
    assert (answer.status_code, "changed just now" in answer.text) == (401, True), answer.text
    again = log_on(server, "dispatcher", password)
    assert again.json()["person"]["role"] == Role.SUPERVISOR


def test_that_a_person_is_unlocked_by_id(server: CentralServer) -> None:
    admin = server.client(Role.ADMINISTRATOR)
    people = f"{server.url}/v1/people"
    asked = {"login": "wang", "name": "王", "role": "dispatcher", "password": "x" * 12}
    person = admin.http.post(people, json=asked, timeout=60).json()["id"]
    while log_on(server, "wang", "wrong").status_code == 401:
        """Guess until it has to wait."""
    answer = admin.http.post(f"{people}/{person}/unlock", timeout=60)
    assert answer.json() == {"was_locked": True}
    assert log_on(server, "wang", "x" * 12).status_code == 200
    admin.close()


def test_that_a_report_across_the_border_is_filed_there_and_nothing_is_told(
    tmp_path: Path,
) -> None:
    server = CentralServer(tmp_path / "home")
    seeded(server)
    server.start()
    lead, hotline = server.client(Role.SHIFT_LEAD), of_the_east(server, Role.HOTLINE_SEAT)
    theirs = msgspec.structs.replace(opened(WEST), lat=39.9, lon=116.4)
    assert lead.post(theirs)[0].verdict is Verdict.ACCEPTED
    report = Report(
        id=ReportId(fresh()), channel=Channel.HOTLINE, received_at=datetime.now(UTC),
        text="夜间施工", place="东单", form="0301", lat=39.9, lon=116.4,
    )  # fmt: skip
    (result,) = hotline.post(AddReport(report=report, incident=fresh()))
    assert result.verdict is Verdict.ACCEPTED, result
    assert (result.numbers, result.current) == ({}, None)
    filed = server.query(f"SELECT incident FROM report WHERE id = '{report.id}'")
    assert filed == [(theirs.incident,)]
    for times in ("from_ms=99999999999999999&to_ms=99999999999999999", "from_ms=-9&to_ms=-9"):
        answer = lead.http.get(f"{server.url}/v1/trails?{times}", timeout=60)
        assert answer.status_code == 422, answer.text
    for client in (lead, hotline):
        client.close()
    server.stop()


def test_that_streams_are_counted_by_place_as_requests_are() -> None:
    passed: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])

    async def opened(times: int) -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        gate = Gate(app, Limits(host=Rate(per_s=0.001, burst=2)))
        for _ in range(times):
            scope = {"type": "websocket", "path": "/v1/stream", "client": ("10.0.0.7", 1),
                     "headers": [], "extensions": {"websocket.http.response": {}}}  # fmt: skip
            await gate(scope, receive, send)
        return sent

    sent = asyncio.run(opened(3))
    assert passed == ["websocket"] * 2
    assert sent[0]["status"] == 429
    assert b"retry-after" in {name for name, _ in sent[0]["headers"]}


def test_that_central_takes_as_many_sockets_as_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most - 1, hard))
        make_room_for_streams()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_that_central_does_not_start_on_a_restore_that_was_cut_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(tmp_path / "home")
    Foundation(settings).close()
    with closing(Foundation(settings)) as foundation:
        foundation.sequencer(lambda _: None)  # gives it its epoch
    made = make_backup(settings, tmp_path / "backups", at=NOW)

    def cut(*_: object) -> None:
        raise OSError("the disk went away")

    with monkeypatch.context() as patched:
        patched.setattr(backup, "_restore_files", cut)
        with pytest.raises(CentralError, match="the disk went away"):
            restore_backup(settings, made.folder, at=NOW, replace=True)
    with pytest.raises(CentralError, match="cut short"):
        Foundation(settings)
    restore_backup(settings, made.folder, at=NOW)
    Foundation(settings).close()
    assert not list(settings.folder.glob("restore.db*"))


@pytest.mark.parametrize("plane", ["trails", "readings"])
def test_that_files_of_days_written_meanwhile_go_whole_into_a_backup(
    tmp_path: Path, plane: str
) -> None:
    settings = settings_in(tmp_path / "home")
    with closing(Foundation(settings)) as foundation:
        foundation.sequencer(lambda _: None)
    day = settings.folder / plane / f"20261128.{plane}"
    day.parent.mkdir()
    with closing(sqlite3.connect(day)) as held:
        held.execute("PRAGMA journal_mode = WAL")
        held.execute("CREATE TABLE chunk (slot INTEGER)")
        held.execute("INSERT INTO chunk VALUES (7)")
        held.commit()
        made = make_backup(settings, tmp_path / "backups", at=NOW)
    assert [one for one in made.manifest.files if one.startswith(plane)] == [
        f"{plane}/20261128.{plane}"
    ]
    with closing(sqlite3.connect(made.folder / plane / day.name)) as kept:
        assert kept.execute("SELECT slot FROM chunk").fetchall() == [(7,)]


def test_that_retention_throws_nothing_away_that_is_needed_again(tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"seen").hexdigest()
    store = EvidenceStore(tmp_path / "evidence")
    file = store.path_of(sha256)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"seen")
    incident = Incident(
        id="i", form="0301", level=Level.HIGH, stage=Stage.FILE, channel=Channel.HOTLINE,
        summary="", place="", opened_at=NOW, changed_at=NOW, version=1,
    )  # fmt: skip
    photo = Evidence(
        id="e", incident="i", kind=EvidenceKind.PHOTO, media_type="image/png", sha256=sha256,
        size=4, captured_at=NOW, version=1,
    )  # fmt: skip
    retention = Retention(
        rules=RetentionRules(evidence_days=1), link=None,  # type: ignore[arg-type]
        evidence=store, clock=lambda: NOW,
    )  # fmt: skip
    engine = open_engine(sqlite_url(tmp_path / "central.db"))
    try:
        upgrade(engine)
        for closed, is_kept in ((None, True), (datetime(2026, 1, 1, tzinfo=UTC), False)):
            with engine.begin() as connection:
                put_rows(connection, [replace(incident, closed_at=closed), photo])
                retention._drop_evidence((sha256,), NOW, connection, None)  # type: ignore[arg-type]
            assert file.exists() is is_kept
    finally:
        engine.dispose()


def test_that_the_audit_is_told_no_password_of_the_database(tmp_path: Path) -> None:
    for url in ("postgresql+psycopg://z:s3cret@h/n", "postgresql+psycopg://z@h/n?password=s3cret"):
        settings = replace(settings_in(tmp_path), database_url=url)
        assert "s3cret" not in str(settings.told())


def test_that_evidence_asked_for_twice_at_once_comes_whole(tmp_path: Path) -> None:
    blocks = [b"a" * 1000, b"b" * 1000]
    sha256 = hashlib.sha256(b"".join(blocks)).hexdigest()
    both = threading.Barrier(2, timeout=60)

    class Answer:
        """Comes block by block, each asker's beside the other's."""

        def __enter__(self) -> Answer:
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing to close."""

        def iter_content(self, _size: int) -> Iterator[bytes]:
            for block in blocks:
                yield block
                both.wait()

    class Http(CentralHttp):
        def __init__(self) -> None:
            """Ask nobody."""

        def _ask(self, *_: Any, **__: Any) -> Any:
            return Answer()

    failed: list[Exception] = []
    files = EvidenceFiles(tmp_path)

    def fetch() -> None:
        try:
            Http().evidence("token", sha256, lambda got: files.keep_blocks(got, sha256))
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert (tmp_path / sha256).read_bytes() == b"".join(blocks)
    assert [path.name for path in tmp_path.iterdir()] == [sha256]
