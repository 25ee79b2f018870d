"""Noise limits by class and hour, alarm rules by kind: in force on every desk without a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytestqt.qtbot import QtBot
from rule_rows import PlainRows
from test_sensor_alarms import METER, Clock, Source, Watched, filed_rows, opened

from console.alarms.book import ON_DELAY
from console.alarms.conditions import (
    HEARD_WITHIN,
    STOPPED_FOR,
    ConditionKind,
    Priority,
    of,
)
from console.alarms.siterules import SiteRules
from console.domain.catalogue import CatalogueItem, CatalogueName, item_id
from console.domain.catalogue_seed import seeded
from console.domain.errors import RejectedError
from console.domain.levels import Level, Role
from console.domain.sensors import Sensor, SensorKind, SensorState
from console.protocol.commands import PutCatalogue, PutSensors
from console.sync.state import ChangeBatch, RowChange

CITY = ZoneInfo("Asia/Shanghai")
HELSINKI = ZoneInfo("Europe/Helsinki")
CLASSED = replace(METER, limit=None, noise_class="2", alarm_after_s=None, alarm_silent_s=None)
TODAY = date(2026, 11, 22)


def row(
    table: CatalogueName, code: str, *, district: str | None = None, since: str = "2026-01-01",
    **details: object,
) -> CatalogueItem:  # fmt: skip
    return CatalogueItem(
        id=item_id(table, code, since), catalogue=table, code=code, name_zh=code, name_en=code,
        district=district, valid_from=since, details=details, version=1,  # type: ignore[arg-type]
    )  # fmt: skip


def rule(code: str, **more: object) -> CatalogueItem:
    return row(CatalogueName.ALARM_RULE, code, **{"level": 3, **more})  # type: ignore[arg-type]


def limit_of(sensor: Sensor, at: datetime, zone: ZoneInfo = CITY) -> float | None:
    rules = SiteRules(seeded(), at.astimezone(zone).date())
    return rules.in_force(sensor, at=at, zone=zone).limit


@pytest.mark.parametrize(
    ("clock", "limit"), [("05:59", 50.0), ("06:00", 60.0), ("21:59", 60.0), ("22:00", 50.0)]
)
def test_that_a_meter_has_the_limit_of_its_class_by_the_hour(clock: str, limit: float) -> None:
    at = datetime.fromisoformat(f"2026-11-22T{clock}").replace(tzinfo=CITY)
    assert limit_of(CLASSED, at) == limit
    assert limit_of(replace(CLASSED, noise_class="site"), at) == (70.0 if limit == 60 else 55.0)
    assert limit_of(replace(CLASSED, limit=66.0), at) == 66.0, "its own wins"
    assert limit_of(replace(CLASSED, noise_class="9"), at) is None
    assert limit_of(replace(CLASSED, kind=SensorKind.DUST), at) is None


def test_that_the_night_is_the_citys_own_through_summer_time() -> None:
    """20:30 UTC is 23:30 in Helsinki's summer and 22:30 in its winter; 03:30 is day, then night."""
    for hour, summer, winter in ((3, 60.0, 50.0), (19, 50.0, 60.0), (20, 50.0, 50.0)):
        before = datetime(2026, 10, 24, hour, 30, tzinfo=UTC)
        assert limit_of(CLASSED, before, HELSINKI) == summer
        assert limit_of(CLASSED, before + timedelta(days=1), HELSINKI) == winter


def test_that_the_rules_a_central_begins_with_are_the_programs_own() -> None:
    rules, bare = SiteRules(seeded(), TODAY), SiteRules((), TODAY)
    usual = {
        **ON_DELAY, ConditionKind.SILENT_ON_SCENE: HEARD_WITHIN,
        ConditionKind.VANISHED: HEARD_WITHIN, ConditionKind.STOPPED: STOPPED_FOR,
    }  # fmt: skip
    for kind in ConditionKind:
        began = of(kind, "a", datetime(2026, 11, 22, tzinfo=UTC))
        assert rules.ranked(began, district="cy") == began
        after = usual.get(kind, timedelta())
        assert rules.after(kind, after) == bare.after(kind, after) == after


def test_that_a_district_and_a_later_day_have_their_own_line() -> None:
    limits = {"day_dba": 52.0, "night_dba": 42.0, "night_from": "22:00", "night_until": "06:00"}
    own = row(CatalogueName.NOISE_LIMIT, "2/cy", district="cy", **limits)
    later = row(CatalogueName.NOISE_LIMIT, "2", since="2026-11-23", **{**limits, "day_dba": 58.0})
    noon = datetime(2026, 11, 22, 12, tzinfo=CITY)
    other = replace(CLASSED, district=None)

    def limits_on(day: int) -> list[float | None]:
        at = noon.replace(day=day)
        rules = SiteRules([*seeded(), later, own], at.date())
        return [rules.in_force(one, at=at, zone=CITY).limit for one in (CLASSED, other)]

    assert limits_on(22) == [52.0, 60.0]
    assert limits_on(23) == [52.0, 58.0]


def test_that_a_rule_of_what_is_measured_comes_before_one_of_all_sensors() -> None:
    rules = SiteRules(
        [
            rule("sensor-limit", value=10, unit="min"),
            rule("sensor-limit-noise", value=90, unit="s", level=1),
            rule("sensor-silent", value=30, unit="s", level=2),
            rule("stopped", value=1, unit="h", level=1),
            replace(rule("vanished", value=1, unit="s"), retired=True),
        ],
        TODAY,
    )
    at = datetime(2026, 11, 22, 12, tzinfo=CITY)
    bare = replace(METER, alarm_after_s=None, alarm_silent_s=None)
    noise = rules.in_force(bare, at=at, zone=CITY)
    dust = rules.in_force(replace(bare, kind=SensorKind.DUST), at=at, zone=CITY)
    assert (noise.alarm_after_s, dust.alarm_after_s) == (90, 600)
    assert noise.alarm_silent_s == 120, "two of its own intervals at least"
    assert rules.in_force(METER, at=at, zone=CITY) == METER, "what it has of its own wins"
    no_limit = rules.in_force(replace(bare, limit=None), at=at, zone=CITY)
    assert no_limit.alarm_after_s is None
    assert rules.after(ConditionKind.STOPPED, timedelta(minutes=5)) == timedelta(hours=1)
    assert rules.after(ConditionKind.VANISHED, timedelta(minutes=5)) == timedelta(minutes=5)
    still = of(ConditionKind.STOPPED, "a1", at)
    assert rules.ranked(still, district="cy").priority is Priority.HIGH
    down = of(ConditionKind.CAMERA_DOWN, "c1", at)
    assert rules.ranked(down, district="cy") == down


@pytest.mark.parametrize(
    ("unit", "after"),
    [
        ("s", timedelta(seconds=2)),
        ("Seconds", timedelta(seconds=2)),
        ("秒", timedelta(seconds=2)),
        ("minutes", timedelta(minutes=2)),
        (" Min. ", timedelta(minutes=2)),
        ("分钟", timedelta(minutes=2)),
        ("hours", timedelta(hours=2)),
        ("小时", timedelta(hours=2)),
        ("刻", STOPPED_FOR),
        (None, STOPPED_FOR),
    ],
)
def test_that_units_from_when_they_were_free_text_are_no_seconds(
    unit: str | None, after: timedelta
) -> None:
    rules = SiteRules([rule("stopped", value=2.0, unit=unit)], TODAY)
    assert rules.after(ConditionKind.STOPPED, STOPPED_FOR) == after


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (rule("not-accepted", value=60, unit="s"), "table of escalations"),
        (rule("fire"), "which is no alarm"),
        (rule("sensor-limit-music"), "which is no alarm"),
        (rule("stopped", value=5), "value and unit"),
        (rule("overdue", value=5, unit="s"), "no time that could be set"),
        (rule("stopped", value=5, unit="years"), "cannot be"),
        (rule("stopped", value=-5, unit="s"), "cannot be"),
    ],
)
def test_that_a_rule_that_nobody_could_keep_is_refused(bad: CatalogueItem, told: str) -> None:
    rows: PlainRows = filed_rows()
    with pytest.raises(RejectedError, match=told):
        rows.do(PutCatalogue(items=(replace(bad, version=0),)), role=Role.ADMINISTRATOR)


def test_that_a_class_is_one_that_has_limits_and_of_noise() -> None:
    rows: PlainRows = filed_rows()
    rows.put(*seeded())
    here = replace(CLASSED, district=None)
    rows.do(PutSensors(sensors=(here,)), role=Role.ADMINISTRATOR)
    for change, told in (
        ({"noise_class": "9"}, "no noise limits are entered"),
        ({"kind": SensorKind.DUST}, "measures no noise"),
    ):
        with pytest.raises(RejectedError, match=told):
            rows.do(
                PutSensors(sensors=(replace(here, id="n2", **change),)),  # type: ignore[arg-type]
                role=Role.ADMINISTRATOR,
            )


def changed(watched: Watched, rev: int, *rows: CatalogueItem | Sensor) -> None:
    kinds = {CatalogueItem: "catalogue", Sensor: "sensor"}
    changes = tuple(RowChange(kind=kinds[type(one)], id=one.id, row=one) for one in rows)
    watched.mirror.take_changes(ChangeBatch(rev=rev, rows=changes))


def shown(watched: Watched) -> list[tuple[str, Level]]:
    watched.watch.look()
    watched.alarms.look()
    return [(one.id, one.level) for one in watched.alarms.alarms]


def test_that_rules_hold_at_a_desk_from_the_moment_they_are_entered(qtbot: QtBot) -> None:
    clock = Clock()
    clock.at = datetime(2026, 11, 22, 21, 50, tzinfo=CITY).astimezone(UTC)
    watched = opened(Source(), clock)
    changed(watched, 2, *seeded(), CLASSED)
    for minute in range(3):
        clock.on(60 if minute else 0)
        watched.read(qtbot, n1=55.0)
    (meter,) = watched.readings.sensors()
    assert (meter.limit, meter.state(watched.readings.newest("n1"), clock.at)) == (
        60.0, SensorState.NORMAL,
    )  # fmt: skip
    clock.on(9 * 60)  # ten o'clock has passed: what was within the limit is beyond it
    watched.read(qtbot, n1=55.0)
    (meter,) = watched.readings.sensors()
    assert (meter.limit, meter.state(watched.readings.newest("n1"), clock.at)) == (
        50.0, SensorState.OVER,
    )  # fmt: skip
    assert shown(watched) == [], "no rule makes it an alarm yet"
    noisy = rule("sensor-limit-noise", value=0, unit="s", level=2, response_en="measure by hand")
    changed(watched, 3, noisy)
    assert shown(watched) == [("sensor_limit:n1", Level.HIGH)]
    (alarm,) = watched.alarms.alarms
    assert "over its limit 50" in alarm.text
    assert alarm.text.endswith("— measure by hand")
    urgent = replace(noisy, details={**noisy.details, "level": 1}, version=2)
    changed(watched, 4, urgent)
    assert shown(watched) == [("sensor_limit:n1", Level.CRITICAL)]
    assert watched.readings.seen()[0].peak == 65.0
    watched.readings.stop()


def test_that_a_single_loud_reading_of_the_night_is_an_alarm_at_once(qtbot: QtBot) -> None:
    told = {}
    for value in (64.9, 65.0):
        clock = Clock()
        clock.at = datetime(2026, 11, 22, 23, 30, tzinfo=CITY).astimezone(UTC)
        watched = opened(Source(), clock)
        waits = rule("sensor-limit-noise", value=6, unit="h")
        changed(watched, 2, *seeded(), waits, CLASSED)
        watched.read(qtbot, n1=50.5)
        clock.on(60)
        watched.read(qtbot, n1=value)
        told[value] = [one for one, _ in shown(watched)]
        watched.readings.stop()
    assert told == {64.9: [], 65.0: ["sensor_limit:n1"]}
