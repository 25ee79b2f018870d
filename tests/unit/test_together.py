"""What goes to the database past SQLAlchemy: the same rows, the same errors, in few trips."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from central_parts import Database, some_units
from psycopg import pq
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from test_sequencer import Writer, opened

from console.app.cluster import Cluster
from console.domain.ids import IncidentId, new_id
from console.domain.incidents import Incident, Stage
from console.domain.levels import Channel, Level
from console.domain.units import Unit
from console.protocol.messages import Verdict
from console.store.engine import open_engine
from console.store.mapping import put_rows, read_rows, values_of
from console.store.tables import INCIDENT, UNIT
from console.store.together import Among, Writes, ask_together
from console.store.upgrade import upgrade

AT = datetime(2026, 11, 22, 8, 30, 1, 234567, tzinfo=UTC)
CASE = Incident(
    id=IncidentId("i1"), form="0301", level=Level.HIGH, stage=Stage.FILE, channel=Channel.HOTLINE,
    summary="夜间施工 “€𠮷”", place="工体北路", opened_at=AT, lat=39.93, lon=None, reports=2,
    is_major=True,
)  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path, database: Database) -> Iterator[Engine]:
    made = open_engine(database.url(tmp_path))
    upgrade(made)
    yield made
    made.dispose()


@pytest.mark.both_databases
def test_that_rows_lie_as_they_would_one_by_one_and_the_newest_holds(engine: Engine) -> None:
    units, closed = some_units(3), replace(CASE, id=IncidentId("i2"), closed_at=AT, is_major=False)
    with engine.begin() as connection:
        put_rows(connection, [CASE, *units])
        apart = {
            table.name: sorted(map(tuple, connection.execute(text(f"SELECT * FROM {table.name}"))))
            for table in (INCIDENT, UNIT)
        }
        connection.execute(INCIDENT.delete())
        connection.execute(UNIT.delete())
        writes = Writes()
        writes.put_rows([replace(CASE, summary="first"), CASE, *units])
        assert set(writes.tables) == {"incident", "unit"}
        writes.send(connection)
        for name, rows in apart.items():
            found = connection.execute(text(f"SELECT * FROM {name}"))
            assert sorted(map(tuple, found)) == rows
    again = Writes()
    again.put_rows([replace(CASE, summary="anew"), closed])
    with engine.begin() as connection:
        again.send(connection)
    with engine.connect() as connection:
        cases = {one.id: one for one in read_rows(connection, Incident)}
        assert cases == {"i1": replace(CASE, summary="anew"), "i2": closed}
        assert {one.id for one in read_rows(connection, Unit)} == {"u1", "u2", "u3"}


@pytest.mark.both_databases
def test_that_several_questions_are_answered_in_their_order(engine: Engine) -> None:
    odd = ["o'dd", '"', "{a,b}", "\\", "€𠮷", "", "NULL"]
    with engine.begin() as connection:
        put_rows(connection, [replace(CASE, id=IncidentId(one)) for one in odd])
        put_rows(connection, some_units(2))
        incidents, none, units = ask_together(
            connection,
            [
                Among((INCIDENT.c.id, INCIDENT.c.summary), INCIDENT.c.id, [*odd, "unknown"]),
                Among((INCIDENT.c.id,), INCIDENT.c.id, []),
                Among((UNIT.c.no,), UNIT.c.id, ["u2", "u9"]),
            ],
        )
    assert dict(incidents) == dict.fromkeys(odd, CASE.summary)
    assert (list(none), [tuple(row) for row in units]) == ([], [(2,)])


@pytest.mark.both_databases
def test_that_what_cannot_be_written_is_told_as_sqlalchemy_would(engine: Engine) -> None:
    writes = Writes()
    writes.insert(INCIDENT, [values_of(CASE)])
    writes.insert(UNIT, [values_of(one) for one in some_units(2)])
    with engine.begin() as connection:
        writes.send(connection)
    with engine.connect() as connection:
        with pytest.raises(IntegrityError), connection.begin():
            writes.send(connection)
        with connection.begin():  # the connection goes on
            assert len(read_rows(connection, Unit)) == 2


def test_that_a_text_with_nul_is_a_fault_of_the_data(tmp_path: Path, cluster: Cluster) -> None:
    engine = open_engine(Database(cluster).url(tmp_path))
    upgrade(engine)
    writes = Writes()
    writes.put_rows([replace(CASE, summary="a\0b"), *some_units(2)])
    with engine.connect() as connection:
        with pytest.raises(DataError), connection.begin():
            writes.send(connection)
        with pytest.raises(DataError), connection.begin():
            ask_together(connection, [Among((UNIT.c.id,), UNIT.c.id, ["a\0b"])])
        with connection.begin():
            assert read_rows(connection, Unit) == []
    engine.dispose()


def an_asker(connection: Connection) -> None:
    ask_together(connection, [Among((UNIT.c.id,), UNIT.c.id, ["u1"])])


def a_writer(connection: Connection) -> None:
    writes = Writes()
    writes.put_rows(some_units(2))
    writes.send(connection)


@pytest.mark.parametrize("work", [an_asker, a_writer])
def test_that_a_server_that_went_away_leaves_a_connection_that_is_known_as_lost(
    tmp_path: Path, cluster: Cluster, work: Callable[[Connection], None]
) -> None:
    engine = open_engine(Database(cluster).url(tmp_path))
    upgrade(engine)
    with engine.connect() as connection, engine.connect() as other:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        other.execute(text(f"SELECT pg_terminate_backend({pid}, 60000)"))
        with pytest.raises(DBAPIError) as caught:
            work(connection)
        assert caught.value.connection_invalidated
        assert connection.invalidated
    engine.dispose()


@pytest.mark.parametrize("commands", [1, 40])
def test_that_a_group_takes_four_trips_to_the_server(
    tmp_path: Path, cluster: Cluster, commands: int
) -> None:
    name = f"trips_{new_id(datetime.now(UTC))[:8]}{threading.get_native_id()}{commands}"
    writer = Writer(cluster.create(name))
    first = writer.put(opened("before"))  # what is read once is read now
    with writer.sequencer._seat.begin() as connection:
        link = connection.connection.driver_connection
    assert link is not None
    writer.sequencer.start()
    assert first.verdicts() == [Verdict.ACCEPTED]
    with (tmp_path / "trace").open("wb") as trace:
        link.pgconn.trace(trace.fileno())
        link.pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
        waiting = writer.put(*(opened(f"i{no}") for no in range(commands)))
        assert waiting.verdicts() == [Verdict.ACCEPTED] * commands
        link.pgconn.untrace()
    writer.sequencer.stop()
    writer.engine.dispose()
    said = (tmp_path / "trace").read_text(errors="replace")
    assert said.count("ReadyForQuery") == 4, said[:4000]  # begin, look up, write, commit
