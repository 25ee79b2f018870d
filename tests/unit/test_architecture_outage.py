"""The contract's rules of an outage, each by its number: 2, 4, 5 and 8."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from central_parts import CentralServer
from desk_city import NOW, change, filled_mirror
from PySide6.QtWidgets import QApplication
from sync_parts import Cut, Recorder, assigned, console, opened
from test_cache import an_incident, put

from console.domain.assignments import AssignmentState
from console.domain.ids import CommandId, PersonId
from console.domain.levels import Role
from console.domain.units import UnitStatus
from console.protocol.commands import NoteIncident
from console.protocol.positions import INGEST
from console.store.cache import Cache, GapError, open_cache
from console.store.outbox import Draft, EntryState, open_outbox
from console.sync.keeper import Keeper
from console.sync.state import LinkPhase, LinkState, LinkTrouble, OutboxState, Who
from console.tracking import LiveForce
from console.ui.alarms import AlarmKind
from console.ui.feedalarms import BEAT_S, MISSED_BEATS, POSITIONS_DEAD_S, FeedAlarms
from console.ui.mirror import Mirror
from console.ui.status import StatusModel


@pytest.fixture
def wire(central_server: CentralServer) -> Iterator[Cut]:
    cut = Cut(central_server.url)
    yield cut
    cut.close()


def rows_and_rev(path: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(path)) as db:
        (rows,) = db.execute("SELECT count(*) FROM incident").fetchone()
        found = db.execute("SELECT rev FROM cursor").fetchone()
    return rows, 0 if found is None else found[0]


def test_that_rule_2_moves_changes_and_cursor_together_and_lays_the_outbox_over(
    tmp_path: Path,
) -> None:
    cache: Cache = open_cache(tmp_path / "cache.db").cache
    cache.apply([put(1, an_incident("i1"))], epoch="e")
    statements: list[str] = []
    driver = cache._connection.connection.dbapi_connection
    driver.set_trace_callback(statements.append)
    cache.apply([put(2, an_incident("i2")), put(3, an_incident("i3"))], epoch="e")
    driver.set_trace_callback(None)
    words = [one.split()[0].upper() for one in statements]
    last_write = max(at for at, one in enumerate(words) if one == "INSERT")
    first_write = words.index("INSERT")
    assert "COMMIT" not in words[first_write:last_write], "rows and cursor in one transaction"
    assert words.count("INSERT") >= 2
    assert rows_and_rev(cache.path) == (3, 3)
    with pytest.raises(GapError):
        cache.apply([put(4, an_incident("i4")), put(6, an_incident("i6"))], epoch="e")
    assert rows_and_rev(cache.path) == (3, 3), "all or nothing"
    cache.close()
    mirror = filled_mirror()
    held = mirror.incident("i316")
    outbox = open_outbox(tmp_path / "outbox.db").outbox
    before = rows_and_rev(cache.path)
    draft = Draft(command_id=CommandId("c"), made_at=NOW, body=assigned("i316", "u9"))
    entry = outbox.add(draft)
    mirror.take_outbox(OutboxState(pending=(entry,)))
    assert mirror.is_pending("i316"), "shown at once, and as pending"
    assert mirror.unit("u9").status is UnitStatus.ASSIGNED
    mirror.take_outbox(OutboxState())
    assert mirror.incident("i316") == held, "taken off, nothing of it is left"
    assert rows_and_rev(cache.path) == before
    outbox.close()


def test_that_rule_4_puts_conflicts_before_a_person_and_blocks_nothing(
    central_server: CentralServer, wire: Cut, tmp_path: Path
) -> None:
    password = central_server.password("dispatcher")
    with console(wire.url, password, tmp_path / "desk") as (client, recorder):
        recorder.live()
        mine, theirs = opened("mine"), opened("theirs")
        recorder.open(client, mine)
        recorder.open(client, theirs)
        wire.cut()
        recorder.wait(lambda me: me.phase is LinkPhase.DOWN)
        order = assigned(mine.incident, "u1")
        collides = client.submit(order)
        rejected = client.submit(assigned("nowhere", "u2"))
        client.submit(NoteIncident(incident=mine.incident, text="behind them"))
        lead = central_server.client(Role.SHIFT_LEAD)
        assert lead.post(assigned(theirs.incident, "u1"))[0].verdict == "accepted"
        lead.close()
        wire.mend()
        recorder.wait(lambda me: len(me.outbox.tray) == 2 and not me.outbox.pending)
        assert {one.command_id: one.state for one in recorder.outbox.tray} == {
            collides: EntryState.CONFLICT,
            rejected: EntryState.REJECTED,
        }
        assert all(one.result.reason for one in recorder.outbox.tray)
        notes = [
            row.detail
            for (kind, _), row in recorder.rows.items()
            if kind == "log" and row.verb == "noted"
        ]
        assert notes == ["behind them"], "the queue goes on"
        assert ("assignment", order.assignment) not in recorder.rows, "nothing merged silently"
        assert client.discard(rejected)
        again = client.retry(collides)
        assert again not in (None, collides)
        recorder.wait(lambda me: ("assignment", order.assignment) in me.rows)
        recorder.settled()
        assert recorder.outbox.tray == ()


def test_that_rule_5_asks_again_before_an_old_order_is_sent(
    central_server: CentralServer, tmp_path: Path
) -> None:
    password, late_by = central_server.password("dispatcher"), [timedelta(0)]
    wire = Cut(central_server.url)
    with console(
        wire.url, password, tmp_path / "desk", now=lambda: datetime.now(UTC) + late_by[0]
    ) as (client, recorder):
        recorder.live()
        body = opened()
        recorder.open(client, body)
        wire.cut()
        recorder.wait(lambda me: me.phase is LinkPhase.DOWN)
        order = assigned(body.incident, "u1")
        late = client.submit(order)
        late_by[0] = timedelta(minutes=6)
        recorder.wait(lambda me: [one.state for one in me.outbox.tray] == ["needs_asking"])
        assert recorder.phase is not LinkPhase.LIVE, "said while still offline"
        wire.mend()
        recorder.live()
        note = NoteIncident(incident=body.incident, text="sent after it")
        client.submit(note)
        noted = "log", "noted"
        recorder.wait(
            lambda me: any((k, getattr(r, "verb", "")) == noted for (k, _), r in me.rows.items())
        )
        assert ("assignment", order.assignment) not in recorder.rows, "not sent unasked"
        assert client.retry(late) == late
        recorder.wait(lambda me: ("assignment", order.assignment) in me.rows)
        assert recorder.rows["assignment", order.assignment].state is AssignmentState.ORDERED
    wire.close()


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mirror(qapp: QApplication, clock: Clock) -> Mirror:
    made = filled_mirror()
    made._now = clock
    return made


def live(mirror: Mirror, clock: Clock, **more: object) -> None:
    state = LinkState(phase=LinkPhase.LIVE, since=NOW, url="u", heard_at=clock.now)
    mirror.take_link(replace(state, **more))  # type: ignore[arg-type]  # fields of a test


def seen(mirror: Mirror, clock: Clock) -> None:
    fixes = np.zeros(1, INGEST)
    fixes["unit"], fixes["t_ms"] = 9, int(clock.now.timestamp() * 1000)
    fixes["lat"], fixes["lon"] = 399_000_000, 1_164_000_000
    force = LiveForce()
    force.load(fixes)
    mirror.take_positions(force.columns())


def test_that_rule_8_shows_a_dead_feed_as_dead(mirror: Mirror, clock: Clock) -> None:
    status = StatusModel(mirror)
    feeds = FeedAlarms(mirror, status)

    def kinds() -> list[AlarmKind]:
        status.refresh()
        return [one.kind for one in feeds.alarms]

    live(mirror, clock)
    seen(mirror, clock)
    assert kinds() == []
    clock.tick(BEAT_S * MISSED_BEATS)
    assert kinds() == [], "two beats have not been missed yet"
    clock.tick(0.1)
    assert kinds() == [AlarmKind.LINK], "the link still says live, but nobody was heard"
    assert status.line.heard_age_s == pytest.approx(BEAT_S * MISSED_BEATS + 0.1)
    assert status.line.positions_age_s == pytest.approx(BEAT_S * MISSED_BEATS + 0.1)
    assert feeds.acknowledge(feeds.alarms[0].id)
    assert feeds.alarms[0].is_acknowledged
    live(mirror, clock)
    assert kinds() == []
    clock.tick(POSITIONS_DEAD_S)
    live(mirror, clock)
    assert kinds() == [AlarmKind.POSITIONS], "central lives, positions do not"
    assert not feeds.alarms[0].is_acknowledged
    for unit in mirror.units():
        change(mirror, replace(unit, status=UnitStatus.OFF_DUTY, version=9))
    assert kinds() == [], "nobody is on duty who could be seen"
    seen(mirror, clock)
    live(mirror, clock, phase=LinkPhase.DOWN, trouble=LinkTrouble.GAP)
    assert kinds() == [AlarmKind.CURSOR]
    live(mirror, clock, behind=3)
    assert kinds() == [AlarmKind.CURSOR], "not whole yet"
    live(mirror, clock)
    assert kinds() == []
    live(mirror, clock, full_ms=1_795_858_800_000)
    assert kinds() == [AlarmKind.DISK], "central lives, but takes nothing"
    live(mirror, clock)
    assert kinds() == []


def test_that_a_console_that_never_reached_central_raises_the_alarm_too(
    mirror: Mirror, clock: Clock
) -> None:
    status = StatusModel(mirror)
    feeds = FeedAlarms(mirror, status)
    mirror.take_link(LinkState(phase=LinkPhase.CONNECTING, since=clock.now, url="u"))
    status.refresh()
    assert feeds.alarms == ()
    clock.tick(4.5)
    status.refresh()
    assert [one.kind for one in feeds.alarms] == [AlarmKind.LINK]


def test_that_last_positions_outlive_a_restart_with_the_times_of_their_fixes(
    central_server: CentralServer, tmp_path: Path
) -> None:
    password, home = central_server.password("dispatcher"), tmp_path / "desk"
    gateway = central_server.client(Role.GATEWAY)
    fixes = np.zeros(2, INGEST)
    fixes["unit"], fixes["lat"], fixes["lon"] = [1, 5], 399_000_000, 1_164_000_000
    t_ms = int(datetime.now(UTC).timestamp() * 1000) - 7000
    fixes["t_ms"] = t_ms
    url = f"{central_server.url}/v1/positions"
    assert gateway.http.post(url, data=fixes.tobytes(), timeout=60).json()["accepted"] == 2
    gateway.close()
    with console(central_server.url, password, home) as (_, recorder):
        recorder.wait(lambda me: me.positions is not None and len(me.positions.nos()) == 2)
    central_server.stop()
    with console(central_server.url, password, home) as (_, recorder):
        recorder.wait(lambda me: me.positions is not None)
        kept = recorder.positions
        assert kept.nos().tolist() == [1, 5]
        assert kept.t_ms[[1, 5]].tolist() == [t_ms, t_ms]
        assert kept.lat[1] == pytest.approx(39.9)
    central_server.start()
    lead = central_server.password("hotline")
    with console(central_server.url, lead, home, account="hotline") as (_, recorder):
        recorder.live()
        assert recorder.who.role is Role.HOTLINE_SEAT


def test_that_whoever_logs_on_with_other_rights_begins_without_the_positions_of_before(
    tmp_path: Path,
) -> None:
    outbox = open_outbox(tmp_path / "outbox.db").outbox
    recorder = Recorder()
    keeper = Keeper(tmp_path / "cache.db", outbox, recorder, now=lambda: NOW)
    keeper.take_who(Who(id=PersonId("a"), name="A", role=Role.DISPATCHER))
    fixes = np.zeros(1, INGEST)
    fixes["unit"], fixes["t_ms"] = 3, 1_000
    keeper._force.load(fixes)
    keeper.keep_positions()
    keeper.take_who(Who(id=PersonId("b"), name="B", role=Role.HOTLINE_SEAT))
    assert len(recorder.positions.nos()) == 0
    keeper.close()
    keeper = Keeper(tmp_path / "cache.db", outbox, Recorder(), now=lambda: NOW)
    assert len(keeper._force.live().nos()) == 0
    keeper.close()
    outbox.close()
