"""What happens at areas: watched by central over restarts, rows told once, alarms of desks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from rule_rows import PlainRows

from console.alarms.conditions import EVENT_SHOWN_FOR, ConditionKind, Priority, area_events
from console.app.bench.fences import run
from console.central.fences import LATE_MS, LONGEST_GAP_MS, FenceKeeper, read_areas, read_kept
from console.central.group import Surroundings
from console.central.ledger import Numbers
from console.central.loop import WriterLink
from console.central.positions import PositionHub
from console.central.sequencer import Sequencer
from console.dispatch.remits import check_made
from console.domain.areas import Area, AreaEvent, AreaId, AreaKind, FenceRule
from console.domain.errors import RejectedError, UnknownRowError
from console.domain.ids import JurisdictionId, UnitId
from console.domain.levels import Role
from console.domain.permissions import Remit
from console.domain.units import Unit, UnitKind, UnitStatus
from console.protocol import commands as c
from console.protocol.positions import INGEST
from console.store.cameraseal import CameraKey
from console.store.engine import open_engine, sqlite_url
from console.store.mapping import put_rows, read_rows
from console.store.seat import Seat
from console.store.upgrade import upgrade

SQUARE = ((39.90, 116.40), (39.91, 116.40), (39.91, 116.41), (39.90, 116.41))
IN, OUT = (39.905, 116.405), (39.95, 116.405)
FENCE = Area(
    id=AreaId("a1"), name="工体", kind=AreaKind.FENCE, outline=SQUARE, rules=tuple(FenceRule),
    dwell_s=60, absence_s=120, version=1, districts=("D-east",),
)  # fmt: skip
NOW = datetime.now(UTC).replace(microsecond=0)
#: The watch of a test lives two hours ago: fixes from the future are refused.
T0_MS = int((NOW - timedelta(hours=2)).timestamp() * 1000)


def a_unit(no: int, status: UnitStatus = UnitStatus.AVAILABLE) -> Unit:
    return Unit(
        id=UnitId(f"u{no}"), no=no, call_sign=f"K{no}", kind=UnitKind.PATROL, status=status,
        district=JurisdictionId("D-east"), version=1,
    )  # fmt: skip


class Central:
    """A watch on a database that outlives it, with a clock of its own."""

    def __init__(self, folder: Path) -> None:
        self.at_ms = T0_MS
        self.engine = open_engine(sqlite_url(folder / "central.db"))
        upgrade(self.engine)
        with self.engine.begin() as connection:
            put_rows(connection, [a_unit(1), a_unit(2), FENCE])
        self.sequencer: Sequencer | None = None
        self.start()

    def start(self) -> None:
        surroundings = Surroundings(
            numbers=Numbers(ZoneInfo("Asia/Shanghai")),
            district_at=lambda _lat, _lon: (None, None),
            evidence_size=lambda _sha256: None,
            sealed=CameraKey(CameraKey.made().decode()).sealed,
        )
        self.sequencer = Sequencer(Seat(self.engine), surroundings, on_commit=lambda _: None)
        self.sequencer.start()
        with self.engine.connect() as connection:
            units, kept = read_rows(connection, Unit), read_kept(connection)
            areas = read_areas(connection)
        self.hub = PositionHub(units, np.zeros(0, INGEST))
        link = WriterLink(self.sequencer, self.engine)
        self.keeper = FenceKeeper(link, self.hub, clock_ms=lambda: self.at_ms)
        self.keeper.open(areas, units, kept)

    def stop(self) -> None:
        assert self.sequencer is not None
        self.sequencer.stop()

    def close(self) -> None:
        self.stop()
        self.engine.dispose()

    def fix(self, unit: int, where: tuple[float, float], at_s: float) -> None:
        """Take a fix of so many seconds after the beginning; the clock goes there."""
        row = np.zeros(1, INGEST)
        row["unit"], row["t_ms"] = unit, T0_MS + round(at_s * 1000)
        row["lat"], row["lon"] = (round(one * 1e7) for one in where)
        self.at_ms = max(self.at_ms, T0_MS + round(at_s * 1000))
        self.hub.take(row)

    def beat(self, at_s: float | None = None) -> None:
        if at_s is not None:
            self.at_ms = T0_MS + round(at_s * 1000)
        asyncio.run(self.keeper.beat())

    def told(self) -> list[tuple[str, str | None, int]]:
        """Return rule, unit and seconds of everything told, in order of time."""
        with self.engine.connect() as connection:
            events = read_rows(connection, AreaEvent)
        events.sort(key=lambda one: one.at)
        return [
            (one.rule.value, one.unit, round(one.at.timestamp()) - T0_MS // 1000) for one in events
        ]


@pytest.fixture
def central(tmp_path: Path) -> Iterator[Central]:
    made = Central(tmp_path)
    yield made
    made.close()


def test_that_a_simulated_force_is_told_of_exactly_over_restarts() -> None:
    told = run(units=150, areas=12, seconds=900, restarts=3, seed=4)
    assert (told["missed"], told["invented"], told["told_twice"]) == (0, 0, 0), told
    assert set(told["by_rule"]) == {rule.value for rule in FenceRule}  # type: ignore[call-overload]
    assert told["events"] > 200  # type: ignore[operator]


def test_that_who_was_in_before_a_restart_has_not_entered_after_it(central: Central) -> None:
    central.fix(1, OUT, 0)
    central.fix(2, OUT, 0)
    central.fix(1, IN, 10)
    central.beat()
    central.stop()
    central.start()
    central.fix(1, IN, 20)
    central.fix(2, IN, 21)  # went in while central was away
    central.beat()
    central.fix(1, OUT, 30)
    central.beat()
    central.beat()
    assert central.told() == [("enter", "u1", 10), ("enter", "u2", 21), ("leave", "u1", 30)]


def test_that_a_long_time_without_central_counts_for_nobody(central: Central) -> None:
    central.fix(1, OUT, 0)
    central.fix(1, IN, 10)
    central.beat()
    central.stop()
    gap_s = LONGEST_GAP_MS / 1000 + 100
    central.at_ms += round(gap_s * 1000)
    central.start()
    central.beat(gap_s + 10 + LATE_MS / 1000)
    assert [rule for rule, _, _ in central.told()] == ["enter"]
    central.beat(gap_s + 10 + 60 + LATE_MS / 1000)
    assert central.told()[1:] == [("dwell", "u1", round(gap_s) + 10 + 60)]


def test_that_who_goes_off_duty_inside_has_not_left(central: Central) -> None:
    central.fix(1, OUT, 0)
    central.fix(1, IN, 10)
    central.beat()
    central.keeper.follow([a_unit(1, UnitStatus.OFF_DUTY)])
    central.fix(1, OUT, 20)
    central.beat()
    central.fix(1, IN, 30)
    central.beat(200)
    assert [rule for rule, _, _ in central.told()] == ["enter", "absence"]


def test_that_an_area_drawn_later_tells_of_who_comes_after(central: Central) -> None:
    later = replace(FENCE, id=AreaId("a2"), rules=(FenceRule.ENTER, FenceRule.LEAVE))
    central.fix(1, IN, 0)
    central.fix(2, OUT, 0)
    central.beat()
    with central.engine.begin() as connection:
        put_rows(connection, [later])
    central.keeper.follow([later])
    central.fix(1, IN, 10)
    central.fix(2, IN, 10)
    central.beat()
    with central.engine.connect() as connection:
        mine = [one for one in read_rows(connection, AreaEvent) if one.area == "a2"]
    assert [(one.rule, one.unit, one.district) for one in mine] == [
        (FenceRule.ENTER, "u2", "D-east")
    ]
    central.keeper.follow([replace(later, retired=True), replace(FENCE, retired=True)])
    central.beat()
    with central.engine.connect() as connection:
        assert set(read_kept(connection).states) == set()


def test_that_several_fixes_at_once_and_late_ones_are_all_looked_at(central: Central) -> None:
    for at_s, where in ((0, OUT), (20, OUT), (10, IN), (10, IN)):
        central.fix(1, where, at_s)
    central.beat()
    assert central.told() == [("enter", "u1", 10), ("leave", "u1", 20)]


# the rule


def an_event(at: datetime, **more: object) -> AreaEvent:
    made = AreaEvent(id="e1", area=AreaId("a1"), rule=FenceRule.ENTER, at=at, unit=UnitId("u1"))
    return replace(made, **more)


def test_that_nobody_but_central_tells_and_nothing_is_told_twice() -> None:
    rows = PlainRows()
    rows.put(FENCE)
    body = c.TellAreaEvents(events=(an_event(NOW),))
    with pytest.raises(RejectedError, match="Only central itself"):
        rows.do(body, role=Role.ADMINISTRATOR)
    with pytest.raises(RejectedError, match="not among the things"):
        rows.do(body, role=Role.SHIFT_LEAD)
    assert not rows.do(body, role=Role.ADMINISTRATOR, actor=None).duplicate
    assert rows.do(body, role=Role.ADMINISTRATOR, actor=None).duplicate
    gone = c.TellAreaEvents(events=(an_event(NOW, id="e2", area=AreaId("x")),))
    with pytest.raises(UnknownRowError):
        rows.do(gone, role=Role.ADMINISTRATOR, actor=None)


def test_that_an_area_over_the_border_is_not_drawn_by_one_district() -> None:
    rows, east = PlainRows(), Remit(districts=frozenset({"D-east"}))
    body = c.PutAreas(areas=(FENCE,))
    check_made(body, [FENCE], rows, role=Role.DISPATCHER, remit=east)
    for districts in ((), ("D-east", "D-west")):
        over = replace(FENCE, districts=districts)
        with pytest.raises(RejectedError, match=r"“工体” lies in .*outside the districts"):
            check_made(body, [over], rows, role=Role.DISPATCHER, remit=east)
        check_made(body, [over], rows, role=Role.DISPATCHER, remit=Remit())


def test_that_where_an_area_lies_is_not_for_its_drawer_to_say() -> None:
    rows = PlainRows()
    drawn = rows.do(c.PutAreas(areas=(replace(FENCE, version=0),)), role=Role.SHIFT_LEAD).rows[0]
    assert isinstance(drawn, Area)
    assert drawn.districts == ()


# alarms


def test_that_what_happened_is_an_alarm_until_somebody_has_seen_it() -> None:
    events = [an_event(NOW - timedelta(minutes=no), id=f"e{no}") for no in range(6)]
    found = area_events(events, set(), at=NOW)
    assert [one.subject for one in found] == ["e0", "e1", "e2"]
    assert {one.priority for one in found} == {Priority.LOW}
    assert area_events(events, {found[0].id}, at=NOW) == []
    assert [one.subject for one in area_events(events, {found[1].id}, at=NOW)] == ["e0"]
    old = an_event(NOW - EVENT_SHOWN_FOR)
    stays = an_event(NOW, id="s", rule=FenceRule.DWELL)
    (one,) = area_events([old, stays], set(), at=NOW)
    assert (one.kind, one.priority) == (ConditionKind.AREA_TIME, Priority.MEDIUM)
