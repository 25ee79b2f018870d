"""Which remarks go together is learnt from past cases, and speaks for or against one matter."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from console.dispatch.experience import Experience
from console.dispatch.merge import LEAST_SCORE, LEAST_UNTAUGHT, best_match, told_by
from console.dispatch.sayings import Sayings, remarks
from console.domain.ids import IncidentId, ReportId
from console.domain.incidents import Incident, Report, Stage
from console.domain.levels import Channel, Level

BAD, WORSE = ("居民意见很大", "每天都这样"), ("情况很严重了", "周围居民都在骂")


def learnt(cases: int = 200) -> Sayings:
    """Return what cases told in which remarks of one kind came together."""
    sayings = Sayings()
    for no in range(cases):
        kind = (BAD, WORSE)[no % 2]
        first, second = {kind[no // 2 % 2]}, {kind[no // 4 % 2]}
        sayings.said(first)
        sayings.said(second)
        sayings.said_together(first, second)
    return sayings


def test_that_remarks_leave_out_the_place_the_form_and_what_is_too_short() -> None:
    text = "市民反映团结湖路9号门口，有人推车卖水果堵住路口，居民意见很大。"
    assert remarks(text, "团结湖路9号门口") == {"市民反映", "居民意见很大"}
    assert remarks("", "") == frozenset()
    assert remarks("😡😡😡", "x") == frozenset()


def test_that_remarks_of_one_kind_speak_for_one_matter_and_others_against() -> None:
    sayings = learnt()
    assert sayings.weight({BAD[0]}, {BAD[1]}) > 0.5
    assert sayings.weight({WORSE[0]}, {WORSE[0]}) > 0.5
    assert sayings.weight({BAD[0]}, {WORSE[1]}) < -1.0
    assert sayings.weight({BAD[0]}, {WORSE[1]}) == sayings.weight({WORSE[1]}, {BAD[0]})


def test_that_what_was_never_or_hardly_said_says_nothing() -> None:
    assert Sayings().weight({BAD[0]}, {BAD[1]}) == 0.0
    sayings = learnt(4)
    assert sayings.weight({BAD[0]}, {WORSE[1]}) == 0.0
    assert learnt().weight({"从来没有人说过的话"}, {BAD[0]}) == 0.0


def test_that_remarks_alone_decide_nothing() -> None:
    sayings = learnt(4000)
    everything = {*BAD, *WORSE}
    for one in (BAD, WORSE):
        assert math.isfinite(sayings.weight(everything, set(one)))
        assert -4.0 <= sayings.weight(everything, set(one)) <= 2.0
    assert sayings.weight(set(BAD), set(WORSE)) == -4.0


def test_that_remarks_made_at_random_weigh_next_to_nothing() -> None:
    sayings = Sayings()
    said = ("希望有人来看看", "要求尽快处理", "请依职责处理")
    for no in range(900):
        first, second = {said[no % 3]}, {said[no // 3 % 3]}
        sayings.said(first)
        sayings.said(second)
        sayings.said_together(first, second)
    assert sayings.weight({said[0]}, {said[1]}) == pytest.approx(0.0, abs=0.05)


def test_that_new_remarks_are_learnt_when_very_many_others_were_made_before() -> None:
    sayings = Sayings()
    for no in range(41_000):
        sayings.said({f"说过两次的话{no // 2}"})
    for no in range(60):
        sayings.said({BAD[no % 2]})
        sayings.said({BAD[1]})
        sayings.said_together({BAD[no % 2]}, {BAD[1]})
    assert sayings.weight({BAD[0]}, {BAD[1]}) > 0.5


def test_that_remarks_made_often_outlive_very_many_others() -> None:
    sayings = learnt()
    before = sayings.weight({BAD[0]}, {BAD[1]})
    for no in range(75_000):
        sayings.said({f"说过三次的话{no // 3}"})
    assert sayings.weight({BAD[0]}, {BAD[1]}) >= before


def test_that_before_anything_was_learnt_less_is_enough_for_one_matter() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    incident = Incident(
        id=IncidentId("i"), form="0503", level=Level.ROUTINE, stage=Stage.FILE,
        channel=Channel.APP, summary="", place="", opened_at=at, lat=39.9, lon=116.4,
    )  # fmt: skip
    report = Report(
        id=ReportId("r"), channel=Channel.APP, received_at=at + timedelta(minutes=75), text="",
        place="", form="0503", lat=39.9009, lon=116.4,
    )  # fmt: skip
    new, old = Experience(), Experience()
    old.sayings = learnt()
    found = best_match(told_by(report), [incident], new, lambda _: [])
    assert found is not None
    assert LEAST_UNTAUGHT < found.score < LEAST_SCORE
    assert best_match(told_by(report), [incident], old, lambda _: []) is None
