"""A sensor beyond its limit for too long, or silent for too long, is an alarm at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from desk_city import NOW, Desk, Held, districts, units
from pytestqt.qtbot import QtBot
from real_data import ROOT
from rule_rows import PlainRows, filed_rows
from test_alarm_desk import Clock

from console.alarms.conditions import ConditionKind, Priority
from console.alarms.sensorrules import SENSORS_APART, SensorSeen, beyond_since, sensor_alarms
from console.dispatch.remits import OutsideRemitError, check_named
from console.domain.errors import RejectedError
from console.domain.ids import JurisdictionId, PersonId
from console.domain.levels import Level, Role
from console.domain.permissions import Remit
from console.domain.sensors import Reading, Sensor, SensorKind, Side
from console.domain.watch import AlarmMark
from console.protocol.commands import MarkAlarm, PutSensors
from console.protocol.readings import PastOfSensor, ReadingsTold
from console.sync.http import LinkError
from console.sync.state import Contents, LinkPhase, LinkState, Who
from console.ui.alarmdesk import AlarmDesk
from console.ui.alarms import AlarmList
from console.ui.feedalarms import FeedAlarms
from console.ui.mirror import Mirror
from console.ui.sensorreadings import SensorReadings
from console.ui.status import StatusModel
from console.ui.watchalarms import WatchAlarms
from widgets.common.appearance import Appearance

CITY = ZoneInfo("Asia/Shanghai")
METER = Sensor(
    id="n1", kind=SensorKind.NOISE, name="家园工地", limit=70.0, alarm_after_s=300,
    alarm_silent_s=1800, district=JurisdictionId("cy"),
)  # fmt: skip
MINUTE = timedelta(minutes=1)


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def seen(
    sensor: Sensor, value: float | None, *, ago_s: float = 10, beyond_s: float | None = None
) -> SensorSeen:
    return SensorSeen(
        sensor=sensor,
        reading=None
        if value is None
        else Reading(sensor=sensor.id, at=NOW - timedelta(seconds=ago_s), value=value),
        beyond_since=None if beyond_s is None else NOW - timedelta(seconds=beyond_s),
        known_since=NOW - timedelta(hours=1),
    )


def found(*sensors: SensorSeen, at: datetime = NOW) -> list[tuple[str, datetime]]:
    conditions, _ = sensor_alarms(sensors, at=at, zone=CITY)
    return [(one.id, one.since) for one in conditions]


def test_that_a_value_beyond_either_limit_is_an_alarm_once_it_has_lasted() -> None:
    both = replace(METER, low_limit=20.0)
    assert [both.side(value) for value in (20.0, 20.1, 69.9, 70.0)] == [
        Side.BELOW, None, None, Side.ABOVE,
    ]  # fmt: skip
    assert found(seen(METER, 71.0, beyond_s=299)) == []
    assert found(seen(METER, 71.0, beyond_s=330)) == [
        ("sensor_limit:n1", NOW - timedelta(seconds=30))
    ]
    assert found(seen(both, 12.0, beyond_s=330)) != []
    assert found(seen(METER, 65.0)) == []
    assert found(seen(replace(METER, alarm_after_s=None), 71.0, beyond_s=9999)) == []
    # its last value says nothing of the present any more
    assert found(seen(METER, 71.0, ago_s=200, beyond_s=330)) == []


def test_that_an_alarm_of_the_night_is_none_by_day_and_counts_from_the_evening() -> None:
    night = replace(METER, alarm_from="22:00", alarm_until="06:00")
    for clock, is_watched in (
        ("21:59", False), ("22:00", True), ("23:30", True), ("05:59", True), ("06:00", False),
    ):  # fmt: skip
        hour, minute = (int(part) for part in clock.split(":"))
        at = datetime(2026, 11, 28, hour, minute, tzinfo=CITY)
        assert (night.watched_since(at, CITY) is not None) is is_watched, clock
    evening = datetime(2026, 11, 28, 22, 4, tzinfo=CITY)
    loud = SensorSeen(
        sensor=night, reading=Reading(sensor="n1", at=evening, value=80.0),
        beyond_since=evening - timedelta(hours=3), known_since=evening - timedelta(hours=5),
    )  # fmt: skip
    assert found(loud, at=evening) == []
    assert found(loud, at=evening + MINUTE) == [
        ("sensor_limit:n1", datetime(2026, 11, 28, 22, 5, tzinfo=CITY))
    ]
    after_midnight = datetime(2026, 11, 29, 2, 0, tzinfo=CITY)
    assert night.watched_since(after_midnight, CITY) == datetime(2026, 11, 28, 22, tzinfo=CITY)


def test_that_a_sensor_silent_for_too_long_is_an_alarm_of_its_own_priority() -> None:
    assert found(seen(METER, 60.0, ago_s=1799)) == []
    assert found(seen(METER, 60.0, ago_s=1801)) == [
        ("sensor_silent:n1", NOW - timedelta(seconds=1))
    ]
    assert found(seen(METER, None)) == [("sensor_silent:n1", NOW - timedelta(minutes=30))]
    urgent = replace(METER, alarm_priority=1)
    (one,), _ = sensor_alarms([seen(urgent, None)], at=NOW, zone=CITY)
    assert one.priority is Priority.HIGH


def test_that_many_sensors_at_once_are_a_few_alarms_and_one_of_all_others() -> None:
    many = [
        seen(replace(METER, id=f"n{no}", alarm_priority=2 if no == 40 else None), None)
        for no in range(60)
    ]
    conditions, more = sensor_alarms(many, at=NOW, zone=CITY)
    assert [one.subject for one in conditions[:2]] == ["n40", "n0"]
    assert len(conditions) == SENSORS_APART + 1
    assert conditions[-1].subject == "others"
    assert more == {ConditionKind.SENSOR_SILENT: 60 - SENSORS_APART}


def test_that_what_was_before_a_gap_or_on_the_other_side_does_not_count() -> None:
    both = replace(METER, low_limit=20.0)

    def since(*values: tuple[int, float]) -> int | None:
        told = beyond_since(both, [(ms(NOW) + at * 60_000, value) for at, value in values])
        return None if told is None else round((told - NOW).total_seconds() / 60)

    assert since((0, 60.0), (1, 71.0), (2, 72.0), (3, 73.0)) == 1
    assert since((0, 71.0), (1, 72.0), (5, 73.0)) == 5
    assert since((0, 15.0), (1, 72.0)) == 1
    assert since((0, 72.0), (1, 60.0)) is None
    assert beyond_since(both, []) is None


@dataclass
class Source:
    """Gives readings as central would."""

    rows: list[tuple[str, int, float]] = field(default_factory=list)
    past: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    mark: int = 0
    trouble: LinkError | None = None

    def readings(self, after: int) -> Future[ReadingsTold]:
        self.mark += 1
        done: Future[ReadingsTold] = Future()
        done.set_result(ReadingsTold(mark=self.mark, rows=self.rows))
        return done

    def past_readings(
        self, sensors: Sequence[str], from_ms: int, to_ms: int
    ) -> Future[list[PastOfSensor]]:
        self.asked.append(tuple(sensors))
        done: Future[list[PastOfSensor]] = Future()
        if self.trouble is not None:
            done.set_exception(self.trouble)
            return done
        done.set_result([
            PastOfSensor(
                sensor=one, rows=[row for row in self.past.get(one, []) if from_ms <= row[0]]
            )
            for one in sensors
        ])  # fmt: skip
        return done


@dataclass
class Watched:
    """A desk's alarms with sensors."""

    mirror: Mirror
    clock: Clock
    desk: Desk
    source: Source
    readings: SensorReadings
    watch: WatchAlarms
    alarms: AlarmDesk

    def read(self, qtbot: QtBot, **values: float) -> list[str]:
        """Let sensors say something now, ask central, and return the ids of the alarms."""
        now = ms(self.clock.at)
        self.source.rows = [(one, now, value) for one, value in values.items()]
        for one, value in values.items():
            self.source.past.setdefault(one, []).append((now, value))
        before = self.source.mark
        self.readings.ask()
        qtbot.waitUntil(lambda: self.source.mark > before)
        qtbot.waitUntil(lambda: self.readings.answered_at == self.clock.at)
        self.watch.look()
        self.alarms.look()
        return [one.id for one in self.alarms.alarms]


@pytest.fixture
def watched(qapp: object, qtbot: QtBot) -> Watched:
    Appearance(qapp, ROOT / "resources", language="en")  # type: ignore[arg-type]
    return opened(Source(), Clock())


def opened(source: Source, clock: Clock, zone: ZoneInfo = CITY, **who: object) -> Watched:
    desk = Desk()
    mirror = Mirror(Held([]), now=clock, zone=zone)
    mirror.take_contents(Contents(rev=1, rows=(*districts(), *units(), METER)))
    mirror.take_who(Who(id=PersonId("p1"), name="李敏", role=Role.DISPATCHER, **who))  # type: ignore[arg-type]
    mirror.take_link(LinkState(phase=LinkPhase.LIVE, since=clock.at, url="x"))
    readings = SensorReadings(mirror, source)
    watch = WatchAlarms(mirror, desk, readings=readings)
    sources = AlarmList(mirror), FeedAlarms(mirror, StatusModel(mirror)), watch
    return Watched(
        mirror=mirror, clock=clock, desk=desk, source=source, readings=readings, watch=watch,
        alarms=AlarmDesk(mirror, desk, sources),
    )  # fmt: skip


def test_that_the_desk_hears_of_night_works_sees_to_it_and_shelves_it(
    watched: Watched, qtbot: QtBot
) -> None:
    assert watched.read(qtbot, n1=61.0) == []
    for _ in range(5):
        watched.clock.on(60)
        assert watched.read(qtbot, n1=82.5) == []
    watched.clock.on(60)
    assert watched.read(qtbot, n1=82.5) == ["sensor_limit:n1"]
    (alarm,) = watched.alarms.alarms
    assert alarm.level is Level.CAUTION
    assert alarm.text.startswith("Noise at 家园工地: 82.5 dB(A), over its limit 70 since ")
    assert alarm.text.endswith("— look at its camera, send somebody to the place")
    assert watched.source.asked == [], "that it has begun was seen here"
    watched.alarms.acknowledge("sensor_limit:n1")
    assert [one for one in watched.desk.bodies if isinstance(one, MarkAlarm)]
    assert watched.alarms.alarms[0].is_acknowledged
    assert watched.alarms.shelve("sensor_limit:n1", 30, "施工许可")
    assert watched.alarms.alarms == ()
    watched.readings.stop()


def test_that_a_console_that_has_just_begun_asks_since_when_it_is_loud(qtbot: QtBot) -> None:
    source, clock = Source(), Clock()
    began = ms(clock.at)
    source.past["n1"] = [
        (began - minute * 60_000, 80.0 if minute < 12 else 55.0) for minute in range(20, 0, -1)
    ]
    watched = opened(source, clock)
    watched.read(qtbot, n1=81.0)
    qtbot.waitUntil(lambda: bool(source.asked))

    def is_told() -> bool:
        watched.watch.look()
        return [one.id for one in watched.watch.alarms] == ["sensor_limit:n1"]

    qtbot.waitUntil(is_told)
    assert source.asked == [("n1",)]
    # six minutes ago it had been loud for five
    assert watched.watch.alarms[0].since == clock.at - 6 * MINUTE
    watched.readings.stop()


def test_that_silence_is_told_of_a_sensor_but_not_of_a_dead_link(
    watched: Watched, qtbot: QtBot
) -> None:
    assert watched.read(qtbot, n1=60.0) == []
    dead = LinkState(phase=LinkPhase.DOWN, since=watched.clock.at, url="x")
    live = replace(dead, phase=LinkPhase.LIVE)
    watched.mirror.take_link(dead)
    watched.clock.on(3600)
    watched.watch.look()
    assert [one.id for one in watched.watch.alarms] == []
    watched.mirror.take_link(live)
    assert watched.read(qtbot) == ["sensor_silent:n1"]
    assert "reads nothing since" in watched.alarms.alarms[0].text
    watched.readings.stop()


def test_that_other_districts_sensors_are_no_alarms_here(qtbot: QtBot) -> None:
    watched = opened(Source(), Clock(), districts=frozenset({JurisdictionId("dc")}))
    watched.read(qtbot, n1=60.0)
    watched.clock.on(3600)
    assert watched.read(qtbot) == []
    watched.readings.stop()


def test_that_a_district_marks_alarms_of_its_own_sensors_only() -> None:
    rows: PlainRows = filed_rows()
    here = next(iter(rows.rows.values()))
    assert here is not None
    rows.do(PutSensors(sensors=(replace(METER, district=None),)), role=Role.ADMINISTRATOR)
    body = MarkAlarm(alarm="sensor_limit:n1")
    check_named(body, rows, role=Role.DISPATCHER, remit=Remit())
    with pytest.raises(OutsideRemitError, match="家园工地"):
        check_named(
            body, rows, role=Role.DISPATCHER, remit=Remit(districts=(JurisdictionId("dc"),))
        )


def test_that_an_alarm_that_came_back_is_seen_again() -> None:
    rows: PlainRows = filed_rows()
    rows.do(MarkAlarm(alarm="sensor_limit:n1"))
    first = rows.get(AlarmMark, "sensor_limit:n1")
    rows.do(MarkAlarm(alarm="sensor_limit:n1"))
    assert rows.get(AlarmMark, "sensor_limit:n1") == first
    rows.at += timedelta(hours=20)
    rows.do(MarkAlarm(alarm="sensor_limit:n1"), actor="lead")
    again = rows.get(AlarmMark, "sensor_limit:n1")
    assert again is not None
    assert again.acknowledged_by == PersonId("lead")
    assert again.acknowledged_at == rows.at


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"low_limit": 70.0}, "not above its lower one"),
        ({"low_limit": float("inf")}, "is no number"),
        ({"limit": None}, "no limit that an alarm could tell of"),
        ({"alarm_after_s": -1}, "after -1 s"),
        ({"alarm_silent_s": 60}, "are no alarm yet"),
        ({"alarm_from": "22:00"}, "lack their beginning or end"),
        ({"alarm_from": "22:00", "alarm_until": "6"}, "no time of day"),
        ({"alarm_priority": 4}, "has the priority 4"),
    ],
)
def test_that_an_alarm_that_cannot_be_is_refused(change: dict[str, object], told: str) -> None:
    rows: PlainRows = filed_rows()
    bad = replace(METER, district=None, **change)  # type: ignore[arg-type]
    with pytest.raises(RejectedError, match=told):
        rows.do(PutSensors(sensors=(bad,)), role=Role.ADMINISTRATOR)


def test_that_nothing_is_known_before_central_has_answered(qtbot: QtBot) -> None:
    mirror = Mirror(Held([]), now=lambda: datetime.now(UTC))
    mirror.take_contents(Contents(rev=1, rows=(METER,)))
    readings = SensorReadings(mirror, Source())
    watch = WatchAlarms(mirror, Desk(), readings=readings)
    watch.look()
    assert readings.seen() == []
    assert watch.alarms == ()
    told: list[object] = []
    readings.past("n1", timedelta(days=1), told.append)
    assert told == [None]
    readings.stop()
