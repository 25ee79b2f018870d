"""Whom to send: by road time, skills, jurisdiction and load, every reason and shortfall told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtWidgets import QApplication

from console.dispatch.near import FixNote, NearUnit
from console.dispatch.pace import Pace
from console.dispatch.recommend import (
    Lack,
    Reason,
    Recommendation,
    RunCard,
    Why,
    card_for,
    recommend,
)
from console.domain.incidents import Incident, Stage
from console.domain.levels import Channel, Level
from console.domain.units import Unit, UnitKind, UnitStatus
from console.roads import Mode
from console.ui.recommendtexts import advice_text

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)


def case(form: str = "0502", level: Level = Level.CAUTION, **more: object) -> Incident:
    return Incident(
        id="i", form=form, level=level, stage=Stage.FILE, channel=Channel.HOTLINE, summary="",
        place="", opened_at=NOW, lat=39.9, lon=116.4, district="D1", street="S1", **more,
    )  # fmt: skip


def unit(name: str, minutes: float | None, **more: object) -> tuple[NearUnit, Unit]:
    values: dict[str, object] = {
        "status": UnitStatus.AVAILABLE, "kind": UnitKind.OFFICER, "district": "D1", **more,
    }  # fmt: skip
    note = values.pop("note", None)
    made = Unit(id=name, no=1, call_sign=name, **values)
    near = NearUnit(
        unit=name, mode=Mode.CAR, is_free=made.is_free,
        seconds=None if minutes is None else minutes * 60, metres_by_air=1.0, age_s=1.0, note=note,
    )  # fmt: skip
    return near, made


def asked(
    *pairs: tuple[NearUnit, Unit], incident: Incident | None = None, card: RunCard | None = None,
    tasks: dict[str, int] | None = None, pace: Pace | None = None,
) -> Recommendation:  # fmt: skip
    return recommend(
        incident or case(), [near for near, _ in pairs], {one.id: one for _, one in pairs},
        tasks=tasks or {}, pace=pace or Pace(zone=ZoneInfo("Asia/Shanghai")), at=NOW, card=card,
    )  # fmt: skip


def signs(advice: Recommendation) -> list[str]:
    return [one.unit.call_sign for one in advice.chosen]


def test_that_the_card_is_the_one_for_the_form_then_for_the_level() -> None:
    assert card_for(case("0401", Level.CRITICAL)).notices == ("gas_company", "fire_service")
    assert card_for(case("0502", Level.CRITICAL)).units == 3
    assert card_for(case("0502", Level.HIGH)).units == 2
    assert card_for(case()).units == 1


def test_that_the_first_there_goes_unless_doubts_weigh_more() -> None:
    assert signs(asked(unit("K1", 4), unit("K2", 3))) == ["K2"]
    assert signs(asked(unit("K1", 4), unit("K2", 3, district="D2"))) == ["K1"]
    assert signs(asked(unit("K1", 9), unit("K2", 3, district="D2"))) == ["K2"]
    assert signs(asked(unit("K1", 4), unit("K2", 3.5, note=FixNote.LATE_FIX))) == ["K1"]
    busy = unit("K2", 1, status=UnitStatus.ON_SCENE)
    assert signs(asked(unit("K1", 10), busy, tasks={"K2": 1})) == ["K1"]
    assert signs(asked(unit("K1", 4), unit("K2", 1, status=UnitStatus.OFF_DUTY))) == ["K1"]


def test_that_a_skill_the_card_asks_for_comes_with_somebody() -> None:
    card = RunCard(units=2, skills=("noise_meter",))
    advice = asked(unit("K1", 1), unit("K2", 2), unit("K9", 9, skills=("noise_meter",)), card=card)
    assert signs(advice) == ["K1", "K9"]
    assert advice.shortfalls == ()
    assert [one.why for one in advice.chosen[0].reasons][:2] == [Why.NEAREST, Why.MINUTES]


def test_that_what_is_missing_is_told() -> None:
    card = RunCard(units=3, skills=("noise_meter",), kinds=("vehicle",))
    advice = asked(unit("K1", 40), card=card)
    assert {one.lack for one in advice.shortfalls} == {
        Lack.UNITS, Lack.SKILL, Lack.KIND, Lack.ALL_LATE,
    }  # fmt: skip
    nobody = asked(card=RunCard())
    assert (nobody.chosen, nobody.shortfalls[0].lack) == ((), Lack.UNITS)
    assert signs(asked(unit("K1", None))) == ["K1"]


def test_that_real_journeys_teach_the_pace_of_the_hour() -> None:
    pace = Pace(zone=ZoneInfo("Asia/Shanghai"))
    for minutes in range(6):
        pace.arrived(Mode.CAR, 300.0, 600.0, set_out=NOW + timedelta(minutes=minutes))
    pace.arrived(Mode.CAR, 300.0, float("nan"), set_out=NOW)
    pace.arrived(Mode.CAR, 300.0, 90_000.0, set_out=NOW)
    assert pace.factor(Mode.CAR, NOW) == 2.0
    assert pace.factor(Mode.CAR, NOW + timedelta(hours=3)) == 2.0  # what other hours tell
    assert pace.factor(Mode.FOOT, NOW) == 1.0
    assert asked(unit("K1", 4), pace=pace).chosen[0].arrives_s == 480.0


def test_that_the_middle_of_all_journeys_is_found_once_until_another_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[float] = []

    def counted(ratios: Iterable[float]) -> float:
        found.append(median(ratios))
        return found[-1]

    monkeypatch.setattr("console.dispatch.pace.median", counted)
    pace = Pace(zone=ZoneInfo("Asia/Shanghai"))
    for minutes in range(6):
        pace.arrived(Mode.CAR, 300.0, 600.0, set_out=NOW + timedelta(minutes=minutes))
    at = NOW + timedelta(hours=3)
    assert [pace.copy().factor(Mode.CAR, at) for _ in range(30)] == [2.0] * 30
    assert len(found) == 1
    before = pace.copy()
    for minutes in range(8):
        pace.arrived(Mode.CAR, 300.0, 300.0, set_out=NOW + timedelta(minutes=minutes))
    assert before.factor(Mode.CAR, at) == 2.0
    assert pace.factor(Mode.CAR, at) == pace.copy().factor(Mode.CAR, at) == 1.0
    assert len(found) == 2


def test_that_an_hour_is_believed_the_more_the_more_it_has_told() -> None:
    pace = Pace(zone=ZoneInfo("Asia/Shanghai"))
    for minutes in range(50):
        set_out = NOW + timedelta(minutes=minutes)
        pace.arrived(Mode.CAR, 300.0, 600.0, set_out=set_out)
        pace.arrived(Mode.CAR, 300.0, 300.0, set_out=set_out + timedelta(hours=5))
    few = NOW + timedelta(hours=9)
    for minutes in range(6):
        pace.arrived(Mode.CAR, 300.0, 600.0, set_out=few + timedelta(minutes=minutes))
    assert pace.factor(Mode.CAR, NOW) == pytest.approx(2.0, rel=0.05)
    assert pace.factor(Mode.CAR, NOW + timedelta(hours=5)) == pytest.approx(1.0, abs=0.15)
    assert pace.factor(Mode.CAR, NOW + timedelta(hours=12)) == 2.0  # the middle of all hours


def test_that_slow_roads_are_a_reason_told_in_words(qapp: QApplication) -> None:
    near, who = unit("K1", 8)
    jammed = asked((replace(near, jam_s=130.0), who), card=RunCard())
    assert Reason(why=Why.SLOW_ROADS, value="2") in jammed.chosen[0].reasons
    assert "slow roads +2 min" in advice_text(jammed)
    hardly = asked((replace(near, jam_s=20.0), who), card=RunCard())
    assert "slow roads" not in advice_text(hardly)


def test_that_a_recommendation_is_told_in_words(qapp: QApplication) -> None:
    card = RunCard(units=2, skills=("noise_meter",), notices=("gas_company",))
    text = advice_text(asked(unit("K1", 4, street="S1"), card=card))
    assert text == (
        "K1 (first there, 4.0 min, own street) · tell gas company · "
        "missing: 1 more units, nobody with noise meter"
    )


@pytest.mark.parametrize("form", ["", "zz", "0401"])
def test_that_any_form_has_a_card(form: str) -> None:
    assert card_for(case(form)).units >= 1
