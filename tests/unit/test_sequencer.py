"""The one writer: groups, failures of the disk, closing; on a real file, without a server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import msgspec
import pytest
from central_parts import Database, some_units
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from console.app.bench import commit
from console.central.acts import Actor
from console.central.group import Committed, Surroundings
from console.central.ledger import Numbers
from console.central.rows import LiveRows
from console.central.sequencer import Job, Sequencer, Submission
from console.central.settings import CentralError
from console.dispatch.sayings import Sayings
from console.domain.assignments import AssignmentState
from console.domain.ids import ReportId, new_id
from console.domain.incidents import Report
from console.domain.levels import Channel, Role
from console.protocol.commands import (
    AddReport,
    AmendIncident,
    AnyBody,
    AssignUnit,
    CancelIncident,
    MoveAssignment,
    NoteIncident,
    OpenIncident,
    PutUnits,
)
from console.protocol.messages import Command, Verdict
from console.store.cameraseal import CameraKey
from console.store.engine import open_engine, sqlite_url
from console.store.seat import Seat
from console.store.tables import CHANGE_LOG
from console.store.upgrade import upgrade

DistrictAt = Callable[[float, float], tuple[str | None, str | None]]


class Writer:
    """A sequencer on a file, and the groups it committed."""

    def __init__(
        self,
        database: str,
        *,
        at: datetime | None = None,
        district_at: Callable[[float, float], tuple[str | None, str | None]] = lambda *_: (
            None,
            None,
        ),
    ) -> None:
        self.engine: Engine = open_engine(database)
        upgrade(self.engine)
        self.groups: list[Committed] = []
        self.sequencer = Sequencer(
            Seat(self.engine),
            Surroundings(
                numbers=Numbers(ZoneInfo("Asia/Shanghai")),
                district_at=district_at,
                evidence_size=lambda _sha256: None,
                sealed=CameraKey(CameraKey.made().decode()).sealed,
            ),
            on_commit=self.groups.append,
            clock=lambda: at or datetime.now(UTC),
        )

    def put(self, *bodies: AnyBody, role: Role = Role.DISPATCHER) -> Waiting:
        waiting = Waiting()
        actor = Actor(person=None, role=role)
        self.sequencer.put(Submission(commands=commands(bodies), actor=actor, done=waiting.done))
        return waiting

    def job(self, run: Callable[[Connection, LiveRows], object]) -> Waiting:
        waiting = Waiting()
        self.sequencer.put(Job(run=run, done=waiting.done))
        return waiting

    def sql(self, statement: str) -> object:
        """Run a statement on the writer's own connection."""

        def run(connection: Connection, _: LiveRows) -> object:
            return connection.exec_driver_sql(statement).scalar()

        return self.job(run).answer()

    def revs(self) -> list[int]:
        with self.engine.connect() as connection:
            return list(
                connection.execute(select(CHANGE_LOG.c.rev).order_by(CHANGE_LOG.c.rev)).scalars()
            )


class Waiting:
    """An answer that is on its way."""

    def __init__(self) -> None:
        self._came = threading.Event()
        self._answer: object = None

    def done(self, answer: object) -> None:
        self._answer = answer
        self._came.set()

    def answer(self) -> object:
        assert self._came.wait(60)
        return self._answer

    def verdicts(self) -> list[Verdict]:
        answer = self.answer()
        assert isinstance(answer, list), answer
        return [one.verdict for one in answer]


def commands(bodies: Sequence[AnyBody]) -> list[Command]:
    now = datetime.now(UTC)
    return [Command(new_id(now), "test", 1, now, body) for body in bodies]


def opened(incident: str, *, summary: str = "s") -> OpenIncident:
    return OpenIncident(incident=incident, form="0301", place="p", summary=summary, channel="12345")


@pytest.fixture
def writer(tmp_path: Path, database: Database) -> Iterator[Writer]:
    made = Writer(database.url(tmp_path))
    yield made
    made.sequencer.stop()
    made.engine.dispose()


@pytest.mark.both_databases
def test_that_what_waits_is_committed_as_one_group_and_sees_itself(writer: Writer) -> None:
    first = writer.put(opened("a"))
    second = writer.put(NoteIncident(incident="a", text="t"), NoteIncident(incident="b", text="t"))
    writer.sequencer.start()
    assert first.verdicts() == [Verdict.ACCEPTED]
    assert second.verdicts() == [Verdict.ACCEPTED, Verdict.REJECTED]
    assert len(writer.groups) == 1
    assert writer.groups[0].head == 4
    assert writer.revs() == [1, 2, 3, 4]


@pytest.mark.both_databases
def test_that_numbers_follow_the_local_day_and_go_on_after_a_restart(
    tmp_path: Path, database: Database
) -> None:
    late = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # 00:30 on the 23rd in Beijing
    for incident, number in (("a", "20261123-00001"), ("b", "20261123-00002")):
        writer = Writer(database.url(tmp_path), at=late)
        writer.sequencer.start()
        answer = writer.put(opened(incident)).answer()
        assert isinstance(answer, list)
        assert answer[0].numbers == {incident: number}
        writer.sequencer.stop()
        writer.engine.dispose()


def test_that_a_full_disk_is_said_loses_nothing_and_passes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = Writer(sqlite_url(tmp_path / "central.db"))
    writer.sequencer.start()
    assert writer.put(opened("a")).verdicts() == [Verdict.ACCEPTED]
    before = writer.revs()
    pages = writer.sql("PRAGMA page_count")
    writer.sql(f"PRAGMA max_page_count={pages}")
    large = [opened(f"b{no}", summary="x" * 4000) for no in range(60)]
    answer = writer.put(*large).answer()
    assert isinstance(answer, CentralError)
    assert "nothing was done" in str(answer)
    assert "rolled back" in caplog.text
    assert writer.revs() == before
    writer.sql("PRAGMA max_page_count=1000000")
    again = writer.put(*large, NoteIncident(incident="a", text="t"))
    assert again.verdicts() == [Verdict.ACCEPTED] * 61
    assert writer.revs() == list(range(1, len(writer.revs()) + 1))
    numbers = [row.number for row in writer.groups[-1].rows if hasattr(row, "number")]
    assert len(set(numbers)) == 60
    writer.sequencer.stop()
    writer.engine.dispose()


@pytest.mark.both_databases
def test_that_a_group_with_one_bad_submission_keeps_the_others(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    writer = Writer(database.url(tmp_path), district_at=_stumbling)
    here, bad = (39.9, 116.4), (0.0, 0.0)
    waiting = [
        writer.put(msgspec.structs.replace(opened(name), lat=place[0], lon=place[1]))
        for name, place in (("a", here), ("b", bad), ("c", here))
    ]
    writer.sequencer.start()
    assert waiting[0].verdicts() == waiting[2].verdicts() == [Verdict.ACCEPTED]
    assert isinstance(waiting[1].answer(), CentralError)
    assert "rolled back" in caplog.text
    assert writer.revs() == list(range(1, 7))
    writer.sequencer.stop()
    writer.engine.dispose()


def test_that_what_was_learnt_of_remarks_outlives_a_group_that_failed(
    tmp_path: Path, database: Database
) -> None:
    writer = Writer(database.url(tmp_path), district_at=_stumbling)
    said = "居民意见很大"
    waiting = [
        writer.put(_told(name, said, lat), role=Role.GATEWAY)
        for name, lat in (("a", 39.9), ("b", 0.0), ("c", 39.9))
    ]

    def learnt(_: Connection, rows: LiveRows) -> Sayings:
        return rows.experience().sayings

    before = writer.sequencer._learnt
    writer.sequencer.start()
    assert waiting[0].verdicts() == waiting[2].verdicts() == [Verdict.ACCEPTED]
    assert isinstance(waiting[1].answer(), CentralError)
    assert writer.job(learnt).answer() is before
    with writer.engine.connect() as connection:
        anew = LiveRows(connection).experience().sayings
    assert before.counted(said) == anew.counted(said) == 2
    writer.sequencer.stop()
    writer.engine.dispose()


def _told(name: str, text: str, lat: float) -> AddReport:
    report = Report(
        id=ReportId(name), channel=Channel.HOTLINE, received_at=datetime.now(UTC), text=text,
        place="", form="0503", lat=lat, lon=116.4,
    )  # fmt: skip
    return AddReport(report=report, incident=f"i{name}")


def _stumbling(lat: float, _lon: float) -> tuple[str | None, str | None]:
    if lat == 0.0:
        raise OSError(5, "Input/output error")
    return "D01", None


@pytest.mark.both_databases
def test_that_a_command_nothing_can_be_made_of_is_rejected_and_blocks_nobody(
    writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    writer.sequencer.start()
    huge = replace(some_units(1)[0], name="\ud800")  # half a letter: no database takes it
    alone = writer.put(PutUnits(units=(huge,)), role=Role.ADMINISTRATOR).answer()
    among = writer.put(opened("a"), opened("b"), NoteIncident(incident="b", text="t"))
    many = writer.put(
        PutUnits(units=tuple(some_units(3))), PutUnits(units=(huge,)), role=Role.ADMINISTRATOR
    )
    assert isinstance(alone, list)
    assert (alone[0].verdict, "nothing was done" in alone[0].reason) == (Verdict.REJECTED, True)
    assert among.verdicts() == [Verdict.ACCEPTED] * 3
    assert many.verdicts() == [Verdict.ACCEPTED, Verdict.REJECTED]
    assert writer.revs() == list(range(1, len(writer.revs()) + 1))
    assert "rolled back" in caplog.text


@pytest.mark.both_databases
def test_that_what_is_on_disk_is_never_called_undone(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    writer = Writer(database.url(tmp_path))

    def deaf(_committed: object) -> None:
        raise RuntimeError("Event loop is closed")

    writer.sequencer.stop()
    unheard = Sequencer(
        Seat(writer.engine),
        Surroundings(
            numbers=Numbers(ZoneInfo("Asia/Shanghai")),
            district_at=lambda *_: (None, None),
            evidence_size=lambda _sha256: None,
            sealed=CameraKey(CameraKey.made().decode()).sealed,
        ),
        on_commit=deaf,
    )
    unheard.start()
    actor = Actor(person=None, role=Role.DISPATCHER)
    unheard.put(Submission(commands=commands([opened("a")]), actor=actor, done=deaf))
    waiting = Waiting()
    unheard.put(Submission(commands=commands([opened("b")]), actor=actor, done=waiting.done))
    assert waiting.verdicts() == [Verdict.ACCEPTED]
    unheard.stop()
    assert unheard.mark.head == max(writer.revs()) == 6
    assert "could not be told" in caplog.text
    writer.engine.dispose()


@pytest.mark.both_databases
def test_that_the_writer_outlives_a_database_that_cannot_even_be_read(
    writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    writer.sequencer.start()
    assert writer.put(opened("a")).verdicts() == [Verdict.ACCEPTED]
    with writer.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE incident RENAME TO hidden")
    assert isinstance(writer.put(opened("b")).answer(), CentralError)
    assert isinstance(writer.put(opened("b")).answer(), CentralError)
    with writer.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO incident")
    assert writer.put(NoteIncident(incident="a", text="t")).verdicts() == [Verdict.ACCEPTED]
    assert "rolled back" in caplog.text


@pytest.mark.both_databases
def test_that_closing_commits_what_was_put_and_refuses_what_comes_later(writer: Writer) -> None:
    writer.sequencer.start()
    waiting = [writer.put(opened(f"i{no}")) for no in range(300)]
    writer.sequencer.stop()
    assert [one.verdicts() for one in waiting] == [[Verdict.ACCEPTED]] * 300
    with pytest.raises(CentralError, match="closing"):
        writer.put(opened("late"))
    assert writer.revs() == list(range(1, 901))


def test_that_the_bench_of_commits_measures_what_it_says() -> None:
    measured = commit.run(submitters=2, commands=20)
    assert measured["errors"] == 0
    assert isinstance(measured["p99_ms"], float)
    assert measured["p99_ms"] > 0


def held_by(rows: LiveRows) -> dict[str, object]:
    """Return every row that is held in memory; what is only counted or worked out is no row."""
    apart = {"_connection", "_past", "_rules"}
    return {name: value for name, value in vars(rows).items() if name not in apart}


@pytest.mark.both_databases
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_that_what_is_held_in_memory_is_what_would_be_read_anew(
    database: Database, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        writer = Writer(database.url(Path(folder)))
        writer.sequencer.start()
        writer.put(PutUnits(units=tuple(some_units(3))), role=Role.ADMINISTRATOR).answer()
        incident = st.sampled_from(["i0", "i1", "i2"])
        assignment = st.sampled_from([f"a{no}" for no in range(5)])
        unit = st.sampled_from(["u1", "u2", "u3"])
        place = st.sampled_from([39.9, 39.95])
        at = datetime.now(UTC)
        bodies = st.one_of(
            st.builds(_placed, incident, place),
            st.builds(
                lambda i, lat: AmendIncident(incident=i, lat=lat, lon=116.4), incident, place
            ),
            st.builds(
                lambda a, i, u: AssignUnit(assignment=a, incident=i, unit=u),
                assignment, incident, unit,
            ),
            st.builds(
                lambda a, s: MoveAssignment(assignment=a, state=s, at=at),
                assignment, st.sampled_from(list(AssignmentState)),
            ),
            st.builds(lambda i: CancelIncident(incident=i, reason="none"), incident),
        )  # fmt: skip
        for body in data.draw(st.lists(bodies, min_size=5, max_size=40)):
            writer.put(body).answer()

        def compare(connection: Connection, rows: LiveRows) -> bool:
            return held_by(rows) == held_by(LiveRows(connection))

        assert writer.job(compare).answer() is True
        writer.sequencer.stop()
        writer.engine.dispose()


def _placed(incident: str, lat: float) -> OpenIncident:
    return msgspec.structs.replace(opened(incident), lat=lat, lon=116.4)
