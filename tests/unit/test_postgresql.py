"""Central on a PostgreSQL that is killed, taken by another, or none of ours: nothing is lost."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from central_parts import CentralServer, Database, some_units
from sqlalchemy import create_engine, text

from console.app.cluster import Cluster, temporary_cluster
from console.central.server import seed_registry
from console.central.settings import CentralError, CentralSettings
from console.domain.ids import CameraId, new_id
from console.domain.levels import Role
from console.domain.places import Camera
from console.protocol.codec import RECENT_KINDS, TABLE_KINDS
from console.protocol.commands import CancelIncident, NoteIncident, OpenIncident, PutCameras
from console.protocol.messages import Changes, Verdict
from console.store.cache import Cache
from console.store.engine import StoreError, open_engine
from console.store.seat import Seat
from console.store.tables import CACHE_TABLES


def opened(incident: str | None = None, *, summary: str = "夜间施工") -> OpenIncident:
    return OpenIncident(
        incident=incident or new_id(datetime.now(UTC)),
        form="0301",
        place="工体北路",
        summary=summary,
        channel="12345",
    )


@pytest.fixture
def mortal() -> Iterator[Cluster]:
    """A PostgreSQL that a test may kill."""
    with temporary_cluster() as started:
        yield started


def test_that_central_refuses_aloud_while_the_server_is_gone_and_goes_on_afterwards(
    tmp_path: Path, mortal: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    server = CentralServer(tmp_path / "home", database=Database(mortal))
    server.seed(some_units())
    server.start()
    client = server.client()
    incident = new_id(datetime.now(UTC))
    assert client.post(opened(incident))[0].verdict is Verdict.ACCEPTED
    with client.stream(epoch=client.session["epoch"], rev=0) as stream:
        mortal.kill()
        note = client.command(NoteIncident(incident=incident, text="t"))
        refused = client.http.post(
            f"{server.url}/v1/commands", data=msgspec.json.encode([note]), timeout=60
        )
        assert refused.status_code == 503
        assert "database" in refused.json()["error"]
        health = client.http.get(f"{server.url}/v1/health", timeout=60).json()
        assert health["status"] == "failing"
        mortal.start()
        (result,) = client.post_commands([note])
        assert result.verdict in {Verdict.ACCEPTED, Verdict.DUPLICATE}
        seen: list[int] = []
        while result.rev not in seen:
            seen += [one.rev for one in stream.until(Changes).changes]
        assert seen == list(range(1, (result.rev or 0) + 1))
    assert client.http.get(f"{server.url}/v1/health", timeout=60).json()["status"] == "ok"
    revs = [row[0] for row in server.query("SELECT rev FROM change_log ORDER BY rev")]
    assert revs == list(range(1, len(revs) + 1))
    client.close()
    server.stop()
    assert "rolled back" in caplog.text


def test_that_a_second_central_on_the_database_is_kept_out(
    tmp_path: Path, cluster: Cluster
) -> None:
    database = Database(cluster)
    first = CentralServer(tmp_path / "a", database=database)
    first.seed(some_units())
    first.start()
    second = CentralSettings(
        home=tmp_path / "b", resources_dir=tmp_path, database_url=first.database_url
    )
    with pytest.raises(CentralError, match="Another central works on the database"):
        seed_registry(second, units=some_units())
    first.stop()
    seed_registry(second, units=some_units())


def test_that_a_writer_whose_connection_broke_does_not_write_beside_another(
    cluster: Cluster,
) -> None:
    url = cluster.create(f"s_{new_id(datetime.now(UTC))[:8]}{threading.get_native_id()}")
    ours, theirs = Seat(open_engine(url)), Seat(open_engine(url))
    ours.take()
    with pytest.raises(StoreError, match="Another central"):
        theirs.take()
    with theirs.engine.connect() as other:
        other.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND "
                "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )
    theirs.take()
    with pytest.raises(Exception, match=r"terminat|closed"), ours.begin() as connection:
        connection.execute(text("SELECT 1"))
    with pytest.raises(StoreError, match="Another central"), ours.begin():
        pytest.fail("two writers")
    for seat in (ours, theirs):
        seat.close()
        seat.engine.dispose()


def test_that_what_no_text_column_holds_is_rejected_and_blocks_nobody(
    tmp_path: Path, cluster: Cluster
) -> None:
    server = CentralServer(tmp_path / "home", database=Database(cluster))
    server.seed(some_units())
    server.start()
    client = server.client()
    results = client.post(opened(summary="a\0b"), opened(), opened(summary="€𠮷"))
    assert [one.verdict for one in results] == [
        Verdict.REJECTED, Verdict.ACCEPTED, Verdict.ACCEPTED
    ]  # fmt: skip
    assert "NUL" in (results[0].reason or "") or "kept" in (results[0].reason or "")
    client.close()
    server.stop()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql+pymysql://root@localhost/x", "SQLite or PostgreSQL"),
        ("no address", "cannot be read"),
        ("postgresql://nobody@127.0.0.1:9/none", "cannot be reached"),
    ],
)
def test_that_an_address_that_cannot_be_used_is_said(url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says):
        open_engine(url)


def test_that_the_database_of_another_program_is_left_alone(
    tmp_path: Path, cluster: Cluster
) -> None:
    url = Database(cluster).url(tmp_path)
    other = create_engine(url)
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE incident (mine int)"))
    other.dispose()
    settings = CentralSettings(home=tmp_path, resources_dir=tmp_path, database_url=url)
    with pytest.raises(CentralError, match="tables of another program"):
        seed_registry(settings, units=some_units())


def test_that_an_address_without_a_driver_finds_ours(tmp_path: Path, cluster: Cluster) -> None:
    url = Database(cluster).url(tmp_path).replace("+psycopg", "")
    settings = CentralSettings(home=tmp_path, resources_dir=tmp_path, database_url=url)
    seed_registry(settings, units=some_units(2))
    seed_registry(settings, units=some_units(3))
    server = CentralServer(tmp_path, database=None)
    server.database_url = url
    assert server.query("SELECT count(*) FROM unit") == [(3,)]


#: Tables into which nothing was put here.
EMPTY = {
    "report", "assignment", "evidence", "area", "area_event", *TABLE_KINDS, *RECENT_KINDS,
}  # fmt: skip


@pytest.mark.both_databases
def test_that_a_snapshot_holds_the_rows_that_central_holds(
    central_server: CentralServer, tmp_path: Path
) -> None:
    client = central_server.client(Role.ADMINISTRATOR)
    camera = Camera(
        id=CameraId("cam"), name="工体北路 1", main_url="rtsp://h/1", lat=39.9, lon=116.4,
        password="秘", retired=True,
    )  # fmt: skip
    (put,) = client.post(PutCameras(cameras=(camera,)))
    dispatcher = central_server.client()
    kept, gone = new_id(datetime.now(UTC)), new_id(datetime.now(UTC))
    last = dispatcher.post(opened(kept), opened(gone), CancelIncident(incident=gone, reason="none"))
    answer = dispatcher.http.get(
        f"{central_server.url}/v1/snapshot?min_rev={last[-1].rev}", timeout=60
    )
    file = tmp_path / "snapshot.sqlite"
    file.write_bytes(answer.content)
    cache = Cache(tmp_path / "cache.db")
    cursor = cache.import_snapshot(file, sha256=answer.headers["X-Zhihui-Sha256"])
    cache.close()
    assert put.verdict is Verdict.ACCEPTED
    assert cursor.rev == last[-1].rev
    with closing(sqlite3.connect(tmp_path / "cache.db")) as ours:
        for table in CACHE_TABLES:
            columns = ", ".join(
                "NULL"
                if (table.name, column.name) == ("camera", "password")
                else f'"{column.name}"'
                for column in table.columns
            )
            query = f"SELECT {columns} FROM {table.name} ORDER BY 1"
            there = [tuple(row) for row in central_server.query(query)]
            assert ours.execute(query).fetchall() == there, table.name
            assert table.name in EMPTY or there, table.name
    client.close()
    dispatcher.close()
