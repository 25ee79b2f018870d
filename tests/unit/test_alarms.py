"""Alarms: what rules find, what becomes of it, what nobody is bothered with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alarms.book import AlarmBook, AlarmState
from console.alarms.conditions import (
    Condition,
    ConditionKind,
    Motion,
    feeds_dead,
    not_accepted,
    of,
    outside_beat,
    overdue,
    silent_on_scene,
    stopped,
)
from console.domain.assignments import Assignment, AssignmentState
from console.domain.incidents import Incident, Stage
from console.domain.levels import Channel, Level

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def sent(state: AssignmentState, ago: timedelta) -> Assignment:
    return Assignment(
        id="a", incident="i", unit="u", state=state, ordered_by=None, changed_at=NOW - ago,
        times={"ordered": NOW - ago},
    )  # fmt: skip


def case(name: str, level: Level, late: timedelta, **more: object) -> Incident:
    return Incident(
        id=name, form="0301", level=level, stage=Stage.FILE, channel=Channel.HOTLINE, summary="",
        place="", opened_at=NOW - timedelta(hours=3), due_at=NOW - late, **more,
    )  # fmt: skip


@pytest.mark.parametrize(("seconds", "found"), [(59, 0), (60, 0), (61, 1)])
def test_that_an_order_not_accepted_for_a_minute_is_an_alarm(seconds: int, found: int) -> None:
    order = sent(AssignmentState.SEEN, seconds * SECOND)
    assert len(not_accepted([order], at=NOW)) == found
    taken = sent(AssignmentState.ACCEPTED, seconds * SECOND)
    assert not_accepted([taken], at=NOW) == []


def test_that_silence_on_scene_counts_from_the_last_thing_heard() -> None:
    there = [sent(AssignmentState.ON_SCENE, timedelta(minutes=30))]
    assert len(silent_on_scene(there, {}, at=NOW)) == 1
    fixes = {"u": Motion(heard_at=NOW - timedelta(minutes=3))}
    assert silent_on_scene(there, fixes, at=NOW) == []


def test_that_standing_still_counts_on_the_way_only() -> None:
    still = {"u": Motion(still_since=NOW - timedelta(minutes=20))}
    on_the_way = sent(AssignmentState.EN_ROUTE, timedelta(minutes=6))
    assert [one.since for one in stopped([on_the_way], still, at=NOW)] == [
        NOW - timedelta(minutes=1)
    ]
    assert stopped([sent(AssignmentState.ON_SCENE, timedelta(minutes=6))], still, at=NOW) == []
    assert stopped([on_the_way], {}, at=NOW) == []
    assert len(outside_beat({"u": Motion(is_inside=False)}, at=NOW)) == 1


def test_that_many_late_cases_are_a_few_alarms() -> None:
    cases = [case(f"i{n:02d}", Level.HIGH, timedelta(minutes=n + 1)) for n in range(40)]
    cases += [case(f"r{n}", Level.ROUTINE, timedelta(hours=2)) for n in range(40)]
    found = overdue(cases, at=NOW)
    assert len(found) == 7
    assert found[0].incident == "i39"
    held = case("h", Level.HIGH, timedelta(hours=1), paused_at=NOW, pause_reason="waits")
    assert overdue([held], at=NOW) == []


def test_that_a_feed_is_dead_after_two_missed_beats() -> None:
    heard = {"central": NOW - timedelta(seconds=5), "noise": NOW - timedelta(seconds=3)}
    dead = feeds_dead(heard, {"central": 2.0, "noise": 2.0}, at=NOW)
    assert [one.subject for one in dead] == ["central"]


def panic() -> Condition:
    return of(ConditionKind.PANIC, "u", NOW, unit="u")


def test_that_an_alarm_goes_from_raised_to_seen_to_gone() -> None:
    book = AlarmBook()
    (raised,) = book.take([panic()], at=NOW)
    assert raised.state is AlarmState.UNACKNOWLEDGED
    assert book.take([panic()], at=NOW + SECOND) == []
    assert book.acknowledge("panic:u")
    assert book.shown()[0].state is AlarmState.ACKNOWLEDGED
    book.take([], at=NOW + 2 * SECOND)
    assert book.shown() == []
    assert not book.acknowledge("panic:u")


def test_that_what_is_urgent_stays_until_seen_even_if_it_is_gone() -> None:
    book = AlarmBook()
    book.take([panic()], at=NOW)
    book.take([], at=NOW + SECOND)
    assert [one.state for one in book.shown()] == [AlarmState.RETURNED]
    book.acknowledge("panic:u")
    assert book.shown() == []


def test_that_what_is_put_aside_comes_back_and_has_to_be_seen_again() -> None:
    book = AlarmBook()
    book.take([panic()], at=NOW)
    book.acknowledge("panic:u")
    book.shelve("panic:u", NOW + timedelta(minutes=10))
    assert (book.shown(), len(book.shelved())) == ([], 1)
    book.take([panic()], at=NOW + timedelta(minutes=11))
    assert [one.state for one in book.shown()] == [AlarmState.UNACKNOWLEDGED]


def test_that_chatter_is_one_alarm_after_a_few() -> None:
    book = AlarmBook()
    flapping = of(ConditionKind.NOT_ACCEPTED, "a", NOW)
    for second in range(0, 1200, 2):
        book.take([flapping] if second % 4 == 0 else [], at=NOW + second * SECOND)
    assert book.raised == 3
    assert book.shown()[0].is_chatter


def test_that_the_desk_knows_its_own_rate_and_a_flood() -> None:
    book = AlarmBook()
    many = [of(ConditionKind.OVERDUE, f"i{n}", NOW) for n in range(11)]
    book.take(many, at=NOW)
    assert book.is_flood(at=NOW)
    assert book.rate(at=NOW + timedelta(minutes=10)) == 0


@given(st.lists(st.tuples(st.integers(1, 90), st.booleans()), max_size=60))
def test_that_nothing_present_is_ever_hidden(steps: list[tuple[int, bool]]) -> None:
    """Whatever comes and goes: what is the matter now is shown, unless a person put it aside."""
    book, at = AlarmBook(), NOW
    for seconds, is_there in steps:
        at += seconds * SECOND
        book.take([panic()] if is_there else [], at=at)
        shown = {one.condition.id for one in book.shown()}
        assert not is_there or "panic:u" in shown
