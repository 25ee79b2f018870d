"""Who works for a district sees and changes what lies there, and nothing of the others."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from central_parts import CentralClient, CentralServer, Database, Stream
from district_parts import (
    EAST,
    WEST,
    at_work,
    closing_engine,
    fresh,
    of_the_east,
    opened,
    seeded,
)
from sync_parts import console

from console.dispatch.remits import PUBLIC_KINDS
from console.domain.command import CommandPost, Sector
from console.domain.ids import IncidentId, UnitId
from console.domain.levels import Role
from console.domain.limits import CalendarDay
from console.domain.permissions import WHOLE_CITY, Remit
from console.domain.places import Evidence, EvidenceKind
from console.domain.shifts import RosterEntry
from console.domain.streetwork import SubjectKind
from console.domain.telling import MessageKind
from console.protocol import commands as c
from console.protocol.codec import ROW_TYPES, encode
from console.protocol.messages import (
    AnyMessage,
    Change,
    Changes,
    Forget,
    Op,
    Refused,
    Result,
    Skip,
    Verdict,
)
from console.protocol.positions import INGEST, decode_frame, is_position_frame
from console.store import snapshot
from console.store.tables import ROW_TABLES

OUTSIDE = "outside the districts you work for"
BYTES = b"what was seen"
HASH = sha256(BYTES).hexdigest()


@pytest.fixture
def server(tmp_path: Path, database: Database) -> Iterator[CentralServer]:
    """A central of two districts, with somebody of every role in the east."""
    central = CentralServer(tmp_path / "home", database=database)
    seeded(central)
    central.start()
    yield central
    central.stop()


def evidence(incident: str) -> c.AttachEvidence:
    return c.AttachEvidence(
        evidence=Evidence(
            id=fresh(), incident=incident, kind=EvidenceKind.PHOTO, media_type="image/png",
            sha256=HASH, size=len(BYTES), captured_at=datetime.now(UTC),
        )
    )  # fmt: skip


def test_that_a_place_in_another_district_cannot_be_reached_by_its_neighbours_name(
    server: CentralServer,
) -> None:
    lead, east = server.client(Role.SHIFT_LEAD), of_the_east(server, Role.DISPATCHER)
    mine, _ = at_work(lead, EAST, "u1")
    (sent,) = east.post(c.AssignUnit(assignment=fresh(), incident=mine, unit="u2"))
    assert sent.verdict is Verdict.REJECTED
    assert OUTSIDE in (sent.reason or "")
    assert "West" in (sent.reason or "")
    theirs, _ = at_work(lead, WEST, "u4")
    stale = c.AmendIncident(incident=theirs, summary="x")
    (refused,) = east.post(stale, base_version=1)
    assert refused.verdict is Verdict.REJECTED  # no conflict, which would show the row
    assert refused.current is None
    for one in (lead, east):
        one.close()


def told(stream: Stream, up_to: int) -> list[AnyMessage]:
    """Return what a stream is told until a revision, each revision once and in order."""
    heard: list[AnyMessage] = []
    rev = None
    while rev is None or rev < up_to:
        message = stream.receive()
        if isinstance(message, Result):
            continue
        heard.append(message)
        if isinstance(message, Changes):
            revs = [one.rev for one in message.changes]
        elif isinstance(message, Skip):
            revs = list(range(message.first, message.last + 1))
        else:
            assert isinstance(message, Forget)
            revs = [message.rev]
        if rev is not None:
            assert revs[0] == rev + 1
        assert revs == list(range(revs[0], revs[-1] + 1))
        rev = revs[-1]
    assert rev == up_to
    return heard


def rows_in(heard: list[AnyMessage]) -> list[Change]:
    return [one for message in heard if isinstance(message, Changes) for one in message.changes]


@pytest.mark.both_databases
def test_that_the_stream_skips_what_lies_elsewhere_live_and_in_catching_up(
    server: CentralServer,
) -> None:
    lead, east = server.client(Role.SHIFT_LEAD), of_the_east(server, Role.DISPATCHER)
    with east.stream() as stream:
        epoch, left_at = stream.welcomed.epoch, stream.welcomed.heads["main"]
        mine, _ = at_work(lead, EAST, "u1")
        theirs, _ = at_work(lead, WEST, "u2")
        (last,) = lead.post(c.NoteIncident(incident=mine, text="end"))
        live = told(stream, last.rev or 0)
    with east.stream(epoch=epoch, rev=left_at) as stream:
        assert not stream.welcomed.need_snapshot
        missed = told(stream, last.rev or 0)
    for heard in (live, missed):
        rows = rows_in(heard)
        assert any(isinstance(one, Skip) for one in heard)
        assert {one.row_id for one in rows if one.row_kind == "incident"} == {mine}
        assert {one.row_id for one in rows if one.row_kind == "unit"} == {"u1"}
        assert theirs.encode() not in b"".join(encode(one) for one in heard)  # type: ignore[arg-type]
    for one in (lead, east):
        one.close()


@pytest.mark.both_databases
def test_that_an_incident_that_moves_is_shown_to_one_district_and_forgotten_by_the_other(
    server: CentralServer,
) -> None:
    lead, east = server.client(Role.SHIFT_LEAD), of_the_east(server, Role.DISPATCHER)
    with east.stream() as stream:
        epoch = stream.welcomed.epoch
        body = opened(EAST)
        note = c.NoteIncident(incident=body.incident, text="before it moved")
        (*_, noted) = lead.post(body, note)
        told(stream, noted.rev or 0)
        away = c.AmendIncident(incident=body.incident, lat=39.9, lon=116.4)
        (left,) = lead.post(away)
        gone = told(stream, left.rev or 0)
        forgotten = {(one.row_kind, one.row_id) for one in gone if isinstance(one, Forget)}
        assert ("incident", body.incident) in forgotten
        assert len([one for one in forgotten if one[0] == "log"]) >= 2
        assert rows_in(gone) == []
    with east.stream(epoch=epoch, rev=noted.rev) as stream:
        assert stream.welcomed.need_snapshot  # what moved meanwhile is only in a snapshot
    with server.client(Role.DISPATCHER).stream(epoch=epoch, rev=noted.rev) as stream:
        assert not stream.welcomed.need_snapshot  # to the whole city it moved nowhere
        changes = rows_in(told(stream, left.rev or 0))
        assert {one.op for one in changes if one.row_kind == "log" and not one.patch} == {Op.PATCH}
    for one in (lead, east):
        one.close()


@pytest.mark.both_databases
def test_that_snapshots_positions_and_evidence_are_those_of_the_district(
    server: CentralServer, tmp_path: Path
) -> None:
    lead, east = server.client(Role.SHIFT_LEAD), of_the_east(server, Role.DISPATCHER)
    gateway = server.client(Role.GATEWAY)
    mine, _ = at_work(lead, EAST, "u1")
    theirs, _ = at_work(lead, WEST, "u2")
    url = f"{server.url}/v1/evidence/{HASH}"
    assert lead.http.put(url, data=BYTES, timeout=60).status_code == 201
    lead.post(evidence(theirs))
    assert east.http.get(url, timeout=60).status_code == 404
    lead.post(evidence(mine))
    assert east.http.get(url, timeout=60).content == BYTES
    file = tmp_path / "east.sqlite"
    file.write_bytes(east.http.get(f"{server.url}/v1/snapshot", timeout=60).content)
    with closing(sqlite3.connect(file)) as db:
        for table in ("incident", "unit", "camera"):
            assert set(db.execute(f"SELECT DISTINCT district FROM {table}")) == {(EAST,)}, table
        for table in ("assignment", "evidence", "log_entry"):
            assert set(db.execute(f"SELECT DISTINCT incident FROM {table}")) == {(mine,)}, table
        assert db.execute("SELECT count(*) FROM jurisdiction").fetchone() == (3,)
    assert theirs.encode() not in file.read_bytes()
    fixes = np.zeros(2, INGEST)
    fixes["unit"], fixes["t_ms"] = (1, 2), int(datetime.now(UTC).timestamp() * 1000)
    fixes["lat"], fixes["lon"] = 399_000_000, 1_164_000_000
    with east.stream() as stream:
        posted = gateway.http.post(f"{server.url}/v1/positions", data=fixes.tobytes(), timeout=60)
        assert posted.status_code == 200
        while not is_position_frame(frame := stream.frame()):  # type: ignore[arg-type]
            pass
        assert set(decode_frame(frame).fixes["unit"]) == {1}  # type: ignore[arg-type]
    for one in (lead, east, gateway):
        one.close()


def told_and_planned(lead: CentralClient, unit: str, now: datetime) -> set[Verdict]:
    """Write to a unit, plan a turn for it and prepare its district's hand-over."""
    turn = RosterEntry(
        id=f"t{unit}", unit=UnitId(unit), starts_at=now, ends_at=now + timedelta(hours=8)
    )
    results = lead.post(
        c.SendMessage(message=f"m{unit}", kind=MessageKind.TEXT, text="注意安全", units=(unit,)),
        c.PutRoster(entries=(turn,)),
        c.PrepareHandover(
            handover=f"h{unit}",
            since=now - timedelta(hours=8),
            district=EAST if unit == "u1" else WEST,
        ),
    )
    return {one.verdict for one in results}


@pytest.mark.both_databases
def inspected(server: CentralServer, unit: str, at: datetime) -> Verdict:
    """Have a unit's officer check a shop together with K3."""
    officer = server.officer(unit.replace("u", "K"))
    body = c.RecordInspection(
        inspection=f"n{unit}", unit=unit, kind=SubjectKind.SHOP, key="", name="店", at=at,
        place="p", findings="f", second="K3",
    )  # fmt: skip
    (result,) = officer.post(body)
    officer.close()
    return result.verdict


def test_that_duty_and_alarms_are_the_districts_and_rules_everybodys(
    server: CentralServer, tmp_path: Path
) -> None:
    east, lead = of_the_east(server, Role.DISPATCHER), server.client(Role.SHIFT_LEAD)
    gateway, admin = server.client(Role.GATEWAY), server.client(Role.ADMINISTRATOR)
    now = datetime.now(UTC)
    day = CalendarDay(id="2027-01-01", works=False)
    with east.stream() as stream:
        for unit in ("u1", "u2"):
            gateway.post(c.SetDuty(unit=unit, on_duty=False, at=now))
            on = c.SetDuty(unit=unit, on_duty=True, at=now, vehicle=f"京A{unit}")
            seen = c.MarkAlarm(alarm=f"not_accepted:{unit}")
            assert gateway.post(on)[0].verdict is Verdict.ACCEPTED
            assert lead.post(seen)[0].verdict is Verdict.ACCEPTED
            assert told_and_planned(lead, unit, now) == {Verdict.ACCEPTED}
            assert inspected(server, unit, now) is Verdict.ACCEPTED
        (last,) = admin.post(c.PutCalendarDays(days=(day,)))
        assert last.verdict is Verdict.ACCEPTED, last.reason
        rows = rows_in(told(stream, last.rev or 0))
    live = {(one.row_kind, one.row_id) for one in rows if one.row_kind in PUBLIC_KINDS | OF_UNITS}
    wanted = {
        ("duty_report", "u1"), ("alarm_mark", "not_accepted:u1"), ("calendar_day", day.id),
        ("message", "mu1"), ("receipt", "mu1:u1"), ("roster", "tu1"), ("handover", "hu1"),
        ("inspection", "nu1"),
    }  # fmt: skip
    assert live == wanted
    file = tmp_path / "east.sqlite"
    file.write_bytes(east.http.get(f"{server.url}/v1/snapshot", timeout=60).content)
    with closing(sqlite3.connect(file)) as db:
        held = {(kind, row_id) for kind, row_id in wanted if db.execute(
            f"SELECT 1 FROM {kind} WHERE id = ?", (row_id,)).fetchone()}  # fmt: skip
        assert held == wanted
        for kind in sorted(OF_UNITS):
            assert db.execute(f"SELECT count(*) FROM {kind}").fetchone() == (1,)
    assert "京Au2".encode() not in file.read_bytes()
    for one in (east, lead, gateway, admin):
        one.close()


OF_UNITS = {
    "duty_report", "alarm_mark", "message", "receipt", "roster", "handover", "inspection",
}  # fmt: skip


def test_that_every_kind_of_row_is_public_or_lies_somewhere() -> None:
    """A kind that nobody has thought about is seen by the whole city's people alone."""
    of_places = {"incident", "unit", "camera", "report", "assignment", "evidence", "log"}
    of_places |= {"area_event", "paper", "help_request", "sector", "command_post"}
    assert set(ROW_TYPES) == PUBLIC_KINDS | OF_UNITS | of_places


def test_that_a_districts_snapshot_has_a_rule_for_every_kind_of_row() -> None:
    """A kind without one would silently be left out of it."""
    ruled = {one.name for one in (*snapshot._OF_INCIDENTS, *snapshot._IN_DISTRICTS)}
    ruled |= set(snapshot._LIMITED)
    assert {kind for kind in ROW_TYPES if ROW_TABLES[kind].name not in ruled} == set()


@pytest.mark.both_databases
def test_that_a_districts_snapshot_holds_its_big_incidents_command(
    server: CentralServer, tmp_path: Path
) -> None:
    """And none that was closed longer ago than incidents are kept, nor one of elsewhere."""
    lead = server.client(Role.SHIFT_LEAD)
    mine, theirs, ended = (big(lead, district) for district in (EAST, WEST, EAST))
    (closed,) = lead.post(c.CancelIncident(incident=ended, reason="over"))
    assert closed.verdict is Verdict.ACCEPTED, closed.reason
    lead.close()
    late = datetime.now(UTC) + 2 * snapshot.KEPT
    east = Remit(districts=frozenset({EAST}))
    for remit, wanted in ((east, {mine}), (WHOLE_CITY, {mine, theirs})):
        file = tmp_path / "snapshot.sqlite"
        with closing_engine(server) as engine:
            snapshot.write_snapshot(engine, file, at=late, remit=remit)
        with closing(sqlite3.connect(file)) as db:
            assert {one for (one,) in db.execute("SELECT id FROM incident")} == wanted
            for table in ("sector", "command_post"):
                held = {one for (one,) in db.execute(f"SELECT incident FROM {table}")}
                assert held == wanted, (remit, table)


def big(lead: CentralClient, district: str) -> str:
    """Open a big incident with a sector and a command post; return its id."""
    body = opened(district)
    post = CommandPost(id=body.incident, incident=IncidentId(body.incident), place="gate")
    sector = Sector(id=fresh(), incident=post.incident, name="inner")
    results = lead.post(
        body,
        c.LinkIncident(incident=body.incident, reason="many places"),
        c.PutSector(sector=sector),
        c.PutPost(post=post),
    )
    assert {one.verdict for one in results} == {Verdict.ACCEPTED}, results
    return body.incident


def test_that_a_gateway_of_a_district_speaks_for_its_units_only(server: CentralServer) -> None:
    with ExitStack() as rest:
        east = rest.enter_context(closing(of_the_east(server, Role.GATEWAY)))
        with east.handheld("u1", "u3") as stream:
            assert stream.welcomed
        with east.handheld("u1", "u2") as stream:
            assert isinstance(stream.welcome, Refused)
        fix = np.zeros(1, INGEST)
        fix["unit"], fix["t_ms"] = 2, int(datetime.now(UTC).timestamp() * 1000)
        url = f"{server.url}/v1/positions"
        assert east.http.post(url, data=fix.tobytes(), timeout=60).status_code == 403


def test_that_a_console_given_another_district_fetches_all_rows_anew(
    server: CentralServer, tmp_path: Path
) -> None:
    from district_parts import PASSWORD  # noqa: PLC0415 - beside its only use

    lead = server.client(Role.SHIFT_LEAD)
    mine, _ = at_work(lead, EAST, "u1")
    theirs, _ = at_work(lead, WEST, "u2")
    home = tmp_path / "console"
    with console(server.url, server.password("lead"), home, account="lead") as (_, recorder):
        recorder.live()
        assert {("incident", mine), ("incident", theirs)} <= set(recorder.rows)
    login = f"east-{Role.SHIFT_LEAD}"
    with console(server.url, PASSWORD, home, account=login) as (_, recorder):
        recorder.live()
        assert ("incident", mine) in recorder.rows
        assert ("incident", theirs) not in recorder.rows
        body = opened(EAST)
        lead.post(body)
        recorder.wait(lambda me: ("incident", body.incident) in me.rows)
        lead.post(c.AmendIncident(incident=body.incident, lat=39.9, lon=116.4))
        recorder.wait(lambda me: ("incident", body.incident) not in me.rows)
        assert recorder.is_live
    lead.close()


def test_that_what_lies_nowhere_is_the_citys_alone() -> None:
    east = Remit(districts=frozenset({EAST}))
    assert not east.covers(None)
    assert not Remit(districts=frozenset()).covers(EAST)
    assert Remit().covers(None)
